"""Reading the grid of a Word table as cells of an appendix: what is sure, what is doubtful, what disagrees. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from tracker.core.errors import Invalid
from tracker.core.text import N_, fold, one_line
from tracker.documents.blocks import Grid
from tracker.plans.figures import check_cells, derive, read_cell, totals
from tracker.plans.spec import Column, Table
from tracker.reports.intake_headings import alike

TOTAL = "total"
_TOTAL_WORDS = {"tong", "tong so", "tong cong", "cong"}
_YEAR = re.compile(r"^(?:nam )?(?P<year>(?:19|20)\d\d)(?!\d)(?:\s*\(.{0,60}\)?|[^\d]{0,40})$")
_SIGNS = {"", "-", "–", "—", "khong", "khong ap dung", "x", "khong phat sinh"}
_NEAR = 0.85


@dataclass(slots=True)
class ReadTable:
    """The cells of one appendix as a file gives them. `left`: (line, text) of what has no place in the plan's table."""

    number: str
    cells: dict[str, dict[str, Any]] = field(default_factory=dict)
    doubtful: list[dict[str, str]] = field(default_factory=list)
    disagrees: list[dict[str, Any]] = field(default_factory=list)
    left: list[tuple[int, str]] = field(default_factory=list)

    def has(self, row: str) -> bool:
        """True if the file has something in that row."""
        return any(cell is not None for cell in self.cells.get(row, {}).values())

    def to_json(self) -> dict[str, Any]:
        """The contract's shape."""
        return {
            "number": self.number,
            "cells": self.cells,
            "doubtful": self.doubtful,
            "disagrees": self.disagrees,
        }


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where a grid has what: row label → grid row, the first row of figures, grid column → the plan's columns in it."""

    labels: int
    first: int
    rows: Mapping[str, int]
    places: Mapping[int, Sequence[Column]]
    score: float


def fit(grid: Grid, table: Table) -> float:
    """0–1: how well the heads of a grid are those of a table; 0 if it has not its rows or its columns."""
    layout = _layout(grid, table)
    return layout.score if layout else 0.0


def read_table(grid: Grid, table: Table) -> ReadTable | None:
    """The grid as cells of `table`; None if it has not the table's rows or columns.

    Columns are met by their header words, the rest by position when there are as many. One cell of a file may hold
    two numbers of the plan ("98/120").
    """
    layout = _layout(grid, table)
    if layout is None:
        return None
    found = ReadTable(table.number)
    for row, at in layout.rows.items():
        if row != TOTAL:
            _read_row(found, row, grid.rows[at], layout)
    _hold_to_checks(found, table, grid, layout)
    for row in table.rows:
        if row in layout.rows:
            _compare(found, row, grid.rows[layout.rows[row]], layout, derive(table, found.cells.get(row, {})), False)
    if TOTAL in layout.rows:
        _compare(found, TOTAL, grid.rows[layout.rows[TOTAL]], layout, totals(table, found.cells), True)
    found.left = _left(grid, layout)
    return found


# --- where things are -----------------------------------------------------------------------------


def _layout(grid: Grid, table: Table) -> _Layout | None:
    for labels in (0, 1):
        rows: dict[str, int] = {}
        for at, row in enumerate(grid.rows):
            label = _label(row[labels], table) if len(row) > labels else None
            if label is not None and label not in rows:
                rows[label] = at
        if len(rows.keys() - {TOTAL}) >= max(1, len(table.rows) // 3):
            first = min(rows.values())
            places, score = _places(grid, first, labels, table)
            return _Layout(labels, first, rows, places, score) if places else None
    return None


def _label(text: str, table: Table) -> str | None:
    folded = fold(one_line(text)).strip(" .:*")
    if folded in _TOTAL_WORDS:
        return TOTAL
    exact = next((row for row in table.rows if folded in (fold(row), f"nam {fold(row)}")), None)
    year = _YEAR.fullmatch(folded)
    return exact or (year["year"] if year and year["year"] in table.rows else None)


def _places(grid: Grid, first: int, labels: int, table: Table) -> tuple[dict[int, Sequence[Column]], float]:
    """Grid column → columns of the plan, and how much the heads agree (0–1)."""
    groups = [list(group) for _, group in groupby(table.columns, key=lambda column: column.path)]
    count = grid.width - labels - 1
    heads = _heads(grid.rows[:first], grid.width)
    met = _met(heads, labels, groups)
    agreed = len(met) / max(count, 1)
    if len(met) == len(groups):
        return met, min(agreed, 1.0)
    if count == len(groups) and all(_may_stand(met, group, labels + 1 + at) for at, group in enumerate(groups)):
        return dict(enumerate(groups, labels + 1)), max(agreed, 0.1)
    if count == len(table.columns) and count != len(groups):
        # Two numbers that the plan sets in one cell, each in a column of its own.
        return {at: [column] for at, column in enumerate(table.columns, labels + 1)}, max(agreed, 0.1)
    # A body's own excerpt: the columns that concern it and no others.
    return (met, agreed) if len(met) > 1 and agreed >= 0.6 else ({}, 0.0)


def _may_stand(met: Mapping[int, Sequence[Column]], group: Sequence[Column], place: int) -> bool:
    """True unless the heads say that the group stands elsewhere, or that something else stands there."""
    return all((found == group) == (at == place) for at, found in met.items() if at == place or found == group)


def _met(heads: Sequence[str], labels: int, groups: Sequence[Sequence[Column]]) -> dict[int, Sequence[Column]]:
    """The grid columns whose head is that of a group: first word for word, then nearly."""
    free = {place: head for place, head in enumerate(heads) if place > labels and head}
    met: dict[int, Sequence[Column]] = {}
    rest = []
    for group in groups:
        wanted = _bare(" ".join(group[0].path))
        same = [place for place, head in free.items() if head == wanted]
        if len(same) == 1:
            met[same[0]] = group
            free.pop(same[0])
        else:
            rest.append((wanted, group))
    scored = sorted(
        ((alike(head, wanted), place, at) for place, head in free.items() for at, (wanted, _) in enumerate(rest)),
        reverse=True,
    )
    taken: set[int] = set()
    for score, place, at in scored:
        if score >= _NEAR and place in free and at not in taken:
            met[place] = rest[at][1]
            free.pop(place)
            taken.add(at)
    return dict(sorted(met.items()))


def _heads(rows: Sequence[Sequence[str]], width: int) -> list[str]:
    """The header words above each grid column, merged cells filled from the left on all but the last row."""
    # A line that numbers the columns is no head.
    worded = [row for row in rows if any(re.search(r"[^\W\d]", cell) for cell in row)]
    filled: list[list[str]] = []
    for place, row in enumerate(worded):
        line, held = [], ""
        for column in range(width):
            text = one_line(row[column]) if column < len(row) else ""
            # A merge of the row above ends where the next cell of that row begins.
            if text or (filled and _broken_above(worded[:place], column)):
                held = text
            line.append(text if place == len(worded) - 1 else held)
        filled.append(line)
    return [_bare(" ".join(dict.fromkeys(line[column] for line in filled if line[column]))) for column in range(width)]


def _broken_above(above: Sequence[Sequence[str]], column: int) -> bool:
    """True if a cell of a row above begins at this column."""
    return any(column < len(row) and one_line(row[column]) for row in above)


def _bare(text: str) -> str:
    return re.sub(r"[^\w%]+", " ", fold(text)).strip()


# --- what the cells say ---------------------------------------------------------------------------


def _read_row(found: ReadTable, row: str, raw: Sequence[str], layout: _Layout) -> None:
    for place, columns in layout.places.items():
        if columns[0].over_units == "derived":
            continue
        text = one_line(raw[place])
        parts = _parts(text, len(columns))
        named = found.cells.setdefault(row, {})
        for at, column in enumerate(columns):
            named[column.key] = None
            if parts is None:
                _doubt(found, row, column, text, N_("Ô này cần hai số, số đứng trước trên tổng số, ví dụ 98/120."))
                continue
            try:
                named[column.key] = read_cell(parts[at])
            except Invalid as problem:
                _doubt(found, row, column, parts[at], str(problem))


def _parts(text: str, count: int) -> list[str] | None:
    """The numbers of one cell; None if they are not as many as its columns."""
    if count == 1:
        return [text]
    parts = [part.strip() for part in text.split("/")]
    if len(parts) == count:
        return parts
    return [text] * count if fold(text).strip(" .") in _SIGNS else None


def _hold_to_checks(found: ReadTable, table: Table, grid: Grid, layout: _Layout) -> None:
    """What the product would not store is doubtful: a part greater than its whole."""
    for refusal in check_cells(table, found.cells):
        row, key = str(refusal.extra.get("row")), str(refusal.extra.get("column"))
        place = next((p for p, columns in layout.places.items() if key in [c.key for c in columns]), None)
        column = table.column(key)
        if place is not None and column is not None and found.cells.get(row, {}).get(key) is not None:
            found.cells[row][key] = None
            _doubt(found, row, column, one_line(grid.rows[layout.rows[row]][place]), str(refusal))


def _doubt(found: ReadTable, row: str, column: Column, raw: str, reason: str) -> None:
    found.doubtful.append({"row": row, "column": column.key, "raw": raw, "reason": reason})


def _compare(
    found: ReadTable, row: str, raw: Sequence[str], layout: _Layout, computed: Mapping[str, Any], every: bool
) -> None:
    """Hold what was typed into computed places against what is computed; `every`: in this row all places are."""
    for place, columns in layout.places.items():
        text = one_line(raw[place])
        if not every and columns[0].over_units != "derived":
            continue
        parts = _parts(text, len(columns)) or [text]
        for column, part in zip(columns, parts, strict=False):
            typed = _typed(part, column.type == "percent")
            if typed is not None:
                _disagree(found, row, column.key, typed, computed.get(column.key))
            elif fold(part).strip(" .") not in _SIGNS:
                _doubt(found, row, column, part, N_("Ô này được tính từ các ô khác; chữ ghi ở đây không phải số."))


def _disagree(found: ReadTable, row: str, key: str, typed: float | int, computed: Any) -> None:
    if computed is None or abs(float(typed) - float(computed)) >= 0.1 - 1e-9:
        found.disagrees.append({"row": row, "column": key, "typed": typed, "computed": computed})


def _typed(text: str, percent: bool) -> float | int | None:
    """A number as typed into a computed place: "96,9", "96,9 %", "1.234"; None if it is none."""
    bare = re.sub(r"[%\s\u00a0\u202f]", "", text)
    if not re.fullmatch(r"[0-9]+(?:[.,][0-9]+)*", bare):
        return None
    whole, comma, rest = bare.partition(",")
    if not comma and bare.count(".") == 1 and (percent or len(bare.rpartition(".")[2]) != 3):
        whole, _, rest = bare.partition(".")
    whole = whole.replace(".", "")
    if not whole.isdigit() or (rest and not rest.isdigit()):
        return None
    return float(f"{whole}.{rest}") if rest else int(whole)


def _left(grid: Grid, layout: _Layout) -> list[tuple[int, str]]:
    """Rows under the heads that are none of the plan's, and columns that are none of it, as lines of text."""
    known = set(layout.rows.values())
    left = [
        (grid.lines[at], " | ".join(cell for cell in row if cell))
        for at, row in enumerate(grid.rows)
        if at not in known and at >= layout.first and any(cell.strip() for cell in row)
    ]
    heads = _shown_heads(grid, layout.first)
    for place in range(grid.width):
        if place in layout.places or place <= layout.labels:
            continue
        cells = [(grid.rows[at][layout.labels], one_line(grid.rows[at][place])) for at in sorted(known)]
        said = [f"{label}: {text}" for label, text in cells if text]
        if said:
            left.append((grid.line, " | ".join([heads[place], *said])))
    return left


def _shown_heads(grid: Grid, first: int) -> list[str]:
    return [
        " ".join(dict.fromkeys(one_line(row[place]) for row in grid.rows[:first] if row[place].strip()))
        for place in range(grid.width)
    ]
