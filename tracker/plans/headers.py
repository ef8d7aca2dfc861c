"""Table headers: rows of merged cells become one path of texts a leaf column, rebuilt where the spans were lost.

What a column means and how it adds up is read in tables.py.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from tracker.core.text import fold
from tracker.documents.blocks import Grid, plain
from tracker.plans.lexicon import ABBREVIATIONS

_YEAR = re.compile(r"^(?:19|20)\d{2}$")
_SERIAL = re.compile(r"^\d{1,3}$")
_TOTAL = re.compile(r"^(?:tong|tong cong|tong so|cong|toan huyen|toan tinh)$")
_COLUMN_NUMBER = re.compile(r"^\(?(?:\d{1,2}|[A-Z])\)?(?:\s*=.*)?$")
_LONE_FINAL = re.compile(r"(?<=[^\W\d_]) (?=(?:ng|nh|ch|n|g|c|m|p|t|h)(?![\w/.)]))")
_BROKEN_YEAR = re.compile(r"^(?=[12][\d ]{4,6}$)(?:\d ?){3}\d$")
_BROKEN_CAPITALS = re.compile(r"\b([A-ZĐ]{2,}) ([A-ZĐ]{1,2})\b")
_SERIAL_HEAD = re.compile(r"^(?:so )?(?:stt|tt|so thu tu)$")


@dataclass(frozen=True, slots=True)
class Leaf:
    """One leaf column of a header: its texts from the top down as written, and where its lowest text stands."""

    path: tuple[str, ...]
    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Form:
    """A table to fill in. `found` < len(leaves) where the lowest header row has fewer cells than the rest asks for."""

    head: str
    head_line: int
    leaves: tuple[Leaf, ...]
    rows: tuple[str, ...]
    total_row: bool
    header_rows: int
    header_lines: tuple[int, ...]
    merged: bool
    rebuilt: bool
    found: int
    cycle: tuple[int, ...]


def read_form(grid: Grid) -> Form | None:
    """The grid as a form; None if it has no header, no rows, or is filled in already."""
    rows = [[whole_words(plain(cell)) for cell in row] + [""] * (grid.width - len(row)) for row in grid.rows]
    first = _first_body_row(rows)
    if first == 0 or first >= len(rows):
        return None
    header, body = rows[:first], rows[first:]
    body = [row for row in body if not all(_COLUMN_NUMBER.match(cell) for cell in row)]
    labels = 2 if len(header[0]) > 2 and _SERIAL_HEAD.match(fold(header[0][0])) else 1
    filled = sum(bool(cell) for row in body for cell in row[labels:])
    if filled * 2 > sum(len(row) - labels for row in body):
        return None
    names = [row[labels - 1] or row[0] for row in body]
    total = bool(names) and bool(_TOTAL.match(fold(names[-1]).rstrip(":. ")))
    kept = tuple(name for name in (names[:-1] if total else names) if name)
    leaves, merged, rebuilt, found, cycle = _leaves([row[labels:] for row in header], grid.lines[:first])
    if not leaves:
        return None
    return Form(
        head=header[0][labels - 1],
        head_line=grid.lines[0],
        leaves=leaves,
        rows=kept,
        total_row=total,
        header_rows=first,
        header_lines=grid.lines[:first],
        merged=merged,
        rebuilt=rebuilt,
        found=found,
        cycle=cycle,
    )


def whole_words(text: str) -> str:
    """A cell whose words a narrow column broke: 'huyệ n' is 'huyện', 'UBK T' is 'UBKT', '201 3' is '2013'.

    No Vietnamese syllable is a consonant alone, so a lone final consonant belongs to the piece before it.
    """
    text = _LONE_FINAL.sub("", text)
    if _BROKEN_YEAR.match(text):
        return text.replace(" ", "")
    return _BROKEN_CAPITALS.sub(
        lambda found: "".join(found.groups()) if fold("".join(found.groups())) in ABBREVIATIONS else found.group(), text
    )


def _first_body_row(rows: Sequence[Sequence[str]]) -> int:
    for index, row in enumerate(rows):
        if index and (_YEAR.match(row[0]) or _SERIAL.match(row[0]) or _TOTAL.match(fold(row[0]))):
            return index
    # No years and no serial numbers: the header ends where the first column speaks again.
    return next((index for index, row in enumerate(rows) if index and row[0] and row[0] != rows[0][0]), len(rows))


def _leaves(
    header: Sequence[Sequence[str]], lines: Sequence[int]
) -> tuple[tuple[Leaf, ...], bool, bool, int, tuple[int, ...]]:
    """(leaves, whether cells are merged, whether spans were rebuilt, leaf cells found, sizes of the levels)."""
    merged = len(header) > 1
    naive = _by_position(header, lines)
    rebuilt = _by_cycle(header, lines) if len(header) > 1 else None
    if rebuilt is None:
        return naive, merged, False, len(naive), ()
    leaves, found, cycle = rebuilt
    same = [leaf.path for leaf in leaves] == [leaf.path for leaf in naive]
    return leaves, merged, not same, found, cycle


def _by_position(header: Sequence[Sequence[str]], lines: Sequence[int]) -> tuple[Leaf, ...]:
    """Paths by column: an empty cell over a filled one belongs to the text at its left, if they share what is above."""
    width = max(len(row) for row in header)
    seen: list[list[str]] = [["" for _ in range(width)] for _ in header]
    leaves: list[Leaf] = []
    for column in range(width):
        path: list[str] = []
        line, lowest = lines[0], ""
        for level, row in enumerate(header):
            text = row[column] if column < len(row) else ""
            below = any(column < len(lower) and lower[column] for lower in header[level + 1 :])
            above_same = column > 0 and all(seen[up][column] == seen[up][column - 1] for up in range(level))
            if not text and below and above_same:
                text = seen[level][column - 1]
            elif text:
                line, lowest = lines[level], text
            seen[level][column] = text
            if text and (not path or path[-1] != text):
                path.append(text)
        if path:
            leaves.append(Leaf(tuple(path), line, lowest or path[-1]))
    return tuple(leaves)


def _by_cycle(
    header: Sequence[Sequence[str]], lines: Sequence[int]
) -> tuple[tuple[Leaf, ...], int, tuple[int, ...]] | None:
    """Paths by counting, for a header whose lowest row repeats the same few texts ("Số cuộc, Tập thể, Cá nhân").

    Each text above gets one whole round of those below, whatever the merged cells look like: a scan loses spans,
    seldom texts. None if the header is not of that kind.
    """
    levels = [[(text, line) for text in _texts(row)] for row, line in zip(header[:-1], lines[:-1], strict=True)]
    lowest = list(header[-1])
    round_ = _period(lowest) if all(lowest) else None
    if round_ is None or any(not level for level in levels):
        return None
    sizes = [len(levels[0])]
    for above, level in pairwise(levels):
        if len(level) % len(above):
            return None
        sizes.append(len(level) // len(above))
    sizes.append(round_)
    if len(levels[-1]) * round_ < len(lowest):
        return None
    leaves: list[Leaf] = []
    for index in range(len(levels[-1])):
        path = tuple(level[index * len(level) // len(levels[-1])][0] for level in levels)
        leaves += [Leaf((*path, text), lines[-1], text) for text in lowest[:round_]]
    return tuple(leaves), len(lowest), tuple(sizes)


def _texts(row: Sequence[str]) -> list[str]:
    """The texts of a header row, a merged cell that is given once for every column it covers taken once."""
    return [text for index, text in enumerate(row) if text and (index == 0 or text != row[index - 1])]


def _period(texts: Sequence[str]) -> int | None:
    """The length of the round that the texts repeat at least twice, of two texts or more."""
    for size in range(2, len(texts) // 2 + 1):
        distinct = len(texts) % size == 0 and len(set(texts[:size])) == size
        if distinct and all(text == texts[index % size] for index, text in enumerate(texts)):
            return size
    return None
