"""A Word body, once read, as plain blocks or as rich blocks; line numbers count paragraphs and table rows.

The XML is read in wordml.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from html import escape

from tracker.core.text import one_line
from tracker.documents.blocks import Block, Grid, Paragraph
from tracker.documents.model import Run
from tracker.documents.richblocks import RULE, Rich, RichParagraph, RichTable
from tracker.documents.wordml import WordCell, WordParagraph, WordTable

_TYPED_BULLET = re.compile(r"^([-–—•+*])[ \t\u00a0]+(?=\S)")
_LAYOUT_ROWS, _LAYOUT_COLUMNS = 3, 3
_MAX_COLUMNS = 400


def word_blocks(body: Iterable[WordParagraph | WordTable]) -> list[Block]:
    """Plain blocks; a line broken by hand is a paragraph of its own, as in the same document saved as text."""
    out: list[Block] = []
    line = 0
    for block in _flowing(body):
        if isinstance(block, WordTable):
            grid = word_grid(block, line + 1)
            line += len(grid.rows)
            if grid.rows:
                out.append(grid)
            continue
        for text in block.text.split("\n"):
            line += 1
            bare = one_line(text)
            if bare and not RULE.match(bare):
                out.append(Paragraph(line, bare, block.bold, block.style))
    return out


def word_rich(body: Iterable[WordParagraph | WordTable]) -> list[Rich]:
    """Rich blocks; a line broken by hand stays inside its paragraph as <br>."""
    out: list[Rich] = []
    line = 0
    for block in _flowing(body):
        if isinstance(block, WordTable):
            grid = word_grid(block, line + 1)
            line += len(grid.rows)
            if grid.rows:
                out.append(RichTable(grid, _table_html(block)))
            continue
        line += 1
        if block.runs and not RULE.match(block.text):
            out.append(_rich(block, line))
    return out


def word_grid(table: WordTable, line: int) -> Grid:
    """The table as a rectangular grid; a cell that a merge covers is empty."""
    rows: list[list[str]] = []
    for row in table.rows:
        cells: list[str] = []
        for cell in row:
            text = "" if cell.covered else one_line(" ".join(paragraph.text for paragraph in cell.paragraphs))
            cells.append(text)
            cells.extend("" for _ in range(cell.colspan - 1))
        rows.append(cells[:_MAX_COLUMNS])
    width = max((len(row) for row in rows), default=0)
    square = tuple(tuple(row + [""] * (width - len(row))) for row in rows)
    return Grid(line, square, tuple(range(line, line + len(square))))


def _flowing(body: Iterable[WordParagraph | WordTable]) -> Iterator[WordParagraph | WordTable]:
    """Tables that only place text side by side (the head, the signature) flow as paragraphs, cell by cell."""
    for block in body:
        if isinstance(block, WordTable) and _is_layout(block):
            for row in block.rows:
                for cell in row:
                    yield from cell.paragraphs
        else:
            yield block


def _is_layout(table: WordTable) -> bool:
    columns = max((sum(cell.colspan for cell in row) for row in table.rows), default=0)
    if len(table.rows) > _LAYOUT_ROWS or columns > _LAYOUT_COLUMNS:
        return False
    return any(_lines(cell) > 1 for row in table.rows for cell in row)


def _lines(cell: WordCell) -> int:
    return sum(1 for paragraph in cell.paragraphs for line in paragraph.text.split("\n") if line.strip())


def _rich(paragraph: WordParagraph, line: int) -> RichParagraph:
    text = paragraph.text
    heading = paragraph.level is not None
    if paragraph.marker and not paragraph.ordered and not heading:
        html = _runs_html(paragraph.runs)
        depth = min(paragraph.list_depth, 1)
        return RichParagraph(line, text, html, paragraph.bold, paragraph.style, None, "ul", depth)
    typed = None if paragraph.marker or heading else _TYPED_BULLET.match(text)
    if typed:
        html = _runs_html(_without(paragraph.runs, typed.end()))
        depth = 1 if typed.group(1) == "+" else 0
        return RichParagraph(line, text, html, paragraph.bold, paragraph.style, None, "ul", depth)
    marker = f"{escape(paragraph.marker, quote=False)} " if paragraph.marker else ""
    html = marker + _runs_html(paragraph.runs)
    return RichParagraph(line, text, html, paragraph.bold, paragraph.style, paragraph.level)


def _without(runs: Sequence[Run], count: int) -> list[Run]:
    """The runs without their first `count` characters."""
    out: list[Run] = []
    for run in runs:
        cut = min(count, len(run.text))
        count -= cut
        if run.text[cut:]:
            out.append(Run(run.text[cut:], run.bold, run.italic, run.underline, run.strike, run.script))
    return out


def _runs_html(runs: Iterable[Run]) -> str:
    out: list[str] = []
    for run in runs:
        html = escape(run.text, quote=False).replace("\t", " ").replace("\n", "<br>")
        for tag, on in (
            ("sub", run.script == "sub"),
            ("sup", run.script == "sup"),
            ("s", run.strike),
            ("u", run.underline),
            ("em", run.italic),
            ("strong", run.bold),
        ):
            if on and html.strip():
                html = f"<{tag}>{html}</{tag}>"
        out.append(html)
    return "".join(out)


def _table_html(table: WordTable) -> str:
    """The table with its spans as HTML; spans are at most 50, as the product's cleaner allows."""
    starts: list[dict[int, WordCell]] = []
    for row in table.rows:
        at = 0
        line: dict[int, WordCell] = {}
        for cell in row:
            line[at] = cell
            at += cell.colspan
        starts.append(line)
    rows: list[str] = []
    for index, line in enumerate(starts):
        cells: list[str] = []
        for at, cell in line.items():
            if cell.covered:
                continue
            down = 1
            while index + down < len(starts):
                below = starts[index + down].get(at)
                if below is None or not below.covered or below.colspan != cell.colspan or down >= 50:
                    break
                down += 1
            spans = (f' colspan="{min(cell.colspan, 50)}"' if cell.colspan > 1 else "") + (
                f' rowspan="{down}"' if down > 1 else ""
            )
            content = "<br>".join(
                (f"{escape(paragraph.marker, quote=False)} " if paragraph.marker else "") + _runs_html(paragraph.runs)
                for paragraph in cell.paragraphs
            )
            cells.append(f"<td{spans}>{content}</td>")
        rows.append(f"<tr>{''.join(cells)}</tr>")
    return f"<table><tbody>{''.join(rows)}</tbody></table>"
