"""Plain text and markdown as blocks: tab-separated runs and pipe tables become grids.

Reading bytes from disk and guessing their encoding is left to the caller.
"""

from __future__ import annotations

import re

from tracker.core.text import nfc
from tracker.documents.blocks import Block, Grid, Paragraph

_NEWLINE = re.compile(r"\r\n|\r|\n")
_HEADING = re.compile(r"^(#{1,6})\s+(.*?)\s*#*$")
_RULE = re.compile(r"^\s*\|?\s*:?-{2,}:?\s*(\|\s*:?-{2,}:?\s*)*\|?\s*$")
_MARKER = re.compile(r"^(?:[IVX]{1,5}|\d{1,2}|[a-zđ])[.)/-]$|^[-–—+*•]$")
_WHOLE_BOLD = re.compile(r"^\*\*[^*]+\*\*[.:;,]?$")


def blocks_from_text(text: str) -> list[Block]:
    """Blocks of a .txt or .md document, line numbers from 1, empty lines dropped.

    Neither CRLF, NFD, a byte order mark nor doubled empty lines change what is read. Empty lines
    inside a run of equally wide rows do not cut a table in two.
    """
    lines = [nfc(line) for line in _NEWLINE.split(text.removeprefix("\ufeff"))]
    blocks: list[Block] = []
    at = 0
    while at < len(lines):
        cells = _cells(lines[at])
        if cells is not None:
            grid, at = _grid(lines, at)
            if grid is not None:
                blocks.append(grid)
            continue
        stripped = lines[at].strip()
        if stripped:
            blocks.append(_paragraph(at + 1, stripped))
        at += 1
    return blocks


def _paragraph(line: int, text: str) -> Paragraph:
    heading = _HEADING.match(text)
    if heading:
        return Paragraph(line, heading.group(2), bold=True, style=f"Heading {len(heading.group(1))}")
    return Paragraph(line, text, bold=bool(_WHOLE_BOLD.match(text)))


def _cells(line: str, width: int = 0) -> tuple[str, ...] | None:
    """The cells of a table line, or None if the line is no table line. `width`: of the table it may go on with."""
    stripped = line.strip()
    if stripped.startswith("|") and stripped.count("|") > 1:
        return tuple(cell.strip() for cell in stripped[1:].removesuffix("|").split("|"))
    if "\t" not in line or not stripped:
        return None
    cells = tuple(cell.strip() for cell in line.split("\t"))
    if len(cells) == width:
        return cells
    if line.endswith(stripped) and "\t" not in stripped:
        return None  # tabs before the first word only: an indent
    if len(cells) == 2 and (not cells[1] or _MARKER.match(cells[0])):
        return None  # a tab left at the end, or one between a number and its title
    return cells


def _grid(lines: list[str], start: int) -> tuple[Grid | None, int]:
    rows: list[tuple[str, ...]] = []
    numbers: list[int] = []
    at = start
    after = start
    while at < len(lines):
        if _RULE.match(lines[at]) and "|" in lines[at]:
            at += 1
            after = at
            continue
        cells = _cells(lines[at], len(rows[-1]) if rows else 0)
        if cells is None:
            if lines[at].strip():
                break
            at += 1
            continue
        if rows and at > after and len(cells) != len(rows[-1]):
            break  # empty lines and another width: another table
        rows.append(cells)
        numbers.append(at + 1)
        at += 1
        after = at
    if not rows:
        return None, after
    width = max(len(row) for row in rows)
    padded = tuple(row + ("",) * (width - len(row)) for row in rows)
    return Grid(numbers[0], padded, tuple(numbers)), after
