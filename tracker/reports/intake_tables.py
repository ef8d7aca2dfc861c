"""Reading the grid of a Word table as cells of an appendix: what is sure, what is doubtful, what disagrees. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from tracker.core.errors import Invalid
from tracker.core.text import fold, one_line
from tracker.documents.blocks import Grid
from tracker.plans.figures import derive, read_cell, totals
from tracker.plans.spec import Column, Table

TOTAL = "total"


@dataclass(slots=True)
class ReadTable:
    """The cells of one appendix as a file gives them."""

    number: str
    cells: dict[str, dict[str, Any]] = field(default_factory=dict)
    doubtful: list[dict[str, str]] = field(default_factory=list)
    disagrees: list[dict[str, Any]] = field(default_factory=list)

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


def read_table(grid: Grid, table: Table) -> ReadTable | None:
    """The grid as cells of `table`; None if it has not the table's rows or columns.

    Columns are met by position when there are as many, else by their header words. One cell of a file may hold
    two numbers of the plan ("98/120").
    """
    labels = {fold(row): row for row in table.rows} | {
        "tong": TOTAL,
        "tong so": TOTAL,
        "tong cong": TOTAL,
        "cong": TOTAL,
    }
    body = [(labels[label], row) for row in grid.rows if (label := _label(row[0] if row else "")) in labels]
    if len([row for row, _ in body if row != TOTAL]) < max(1, len(table.rows) // 3):
        return None
    first = next(place for place, row in enumerate(grid.rows) if _label(row[0] if row else "") in labels)
    places = _places(grid, first, table)
    if places is None:
        return None
    found = ReadTable(table.number)
    for row, raw in body:
        typed = _read_row(found, table, row, raw, places)
        if row != TOTAL:
            _compare(found, table, row, typed)
    _compare_total(found, table, [raw for row, raw in body if row == TOTAL], places)
    return found


Places = Sequence[tuple[int, Sequence[Column]]]


def _places(grid: Grid, first: int, table: Table) -> Places | None:
    """(grid column, the plan's columns in it): columns of one path share a cell."""
    groups = [list(group) for _, group in groupby(table.columns, key=lambda column: column.path)]
    if grid.width == len(groups) + 1:
        return list(enumerate(groups, 1))
    heads = _heads(grid.rows[:first], grid.width)
    places: list[tuple[int, Sequence[Column]]] = []
    for group in groups:
        wanted = fold(" ".join(group[0].path))
        met = [place for place, head in enumerate(heads) if place and head == wanted]
        if len(met) == 1:
            places.append((met[0], group))
    return places if len(places) * 5 >= len(groups) * 3 else None


def _heads(rows: Sequence[Sequence[str]], width: int) -> list[str]:
    """The header words above each grid column, merged cells filled from the left on all but the last row."""
    filled: list[list[str]] = []
    for place, row in enumerate(rows):
        line, held = [], ""
        for column in range(width):
            text = one_line(row[column]) if column < len(row) else ""
            held = text or held
            line.append(text if place == len(rows) - 1 else held)
        filled.append(line)
    return [fold(" ".join(dict.fromkeys(line[column] for line in filled if line[column]))) for column in range(width)]


def _read_row(
    found: ReadTable, table: Table, row: str, raw: Sequence[str], places: Places
) -> Mapping[str, tuple[str, float | int | None]]:
    """Put the inputs of a row into `found`; gives what was typed into derived columns."""
    typed: dict[str, tuple[str, float | int | None]] = {}
    for place, columns in places:
        text = one_line(raw[place]) if place < len(raw) else ""
        derived = columns[0].over_units == "derived"
        if derived:
            typed[columns[0].key] = (text, _typed(text))
        elif row != TOTAL:
            for column, part in zip(columns, _parts(text, len(columns)), strict=True):
                found.cells.setdefault(row, {})[column.key] = _cell(found, row, column, part, text)
    return typed


def _parts(text: str, count: int) -> list[str]:
    if count == 1:
        return [text]
    parts = [part.strip() for part in text.split("/")]
    if len(parts) == count:
        return parts
    return [text] * count if fold(text) in {"", "-", "khong", "khong ap dung", "x"} else [text] + [""] * (count - 1)


def _cell(found: ReadTable, row: str, column: Column, part: str, whole: str) -> Any:
    if part != whole and "/" not in whole and whole:
        _doubt(found, row, column, whole, "pair")
        return None
    try:
        return read_cell(part)
    except Invalid as problem:
        _doubt(found, row, column, part, str(problem))
        return None


def _doubt(found: ReadTable, row: str, column: Column, raw: str, reason: str) -> None:
    found.doubtful.append({"row": row, "column": column.key, "raw": raw, "reason": reason})


def _compare(found: ReadTable, table: Table, row: str, typed: Mapping[str, tuple[str, float | int | None]]) -> None:
    computed = derive(table, found.cells.get(row, {}))
    for key, (_text, value) in typed.items():
        _disagree(found, row, key, value, computed.get(key))


def _compare_total(found: ReadTable, table: Table, rows: Sequence[Sequence[str]], places: Places) -> None:
    if not rows:
        return
    computed = totals(table, found.cells)
    for place, columns in places:
        text = one_line(rows[0][place]) if place < len(rows[0]) else ""
        for column, part in zip(columns, _parts(text, len(columns)), strict=True):
            _disagree(found, TOTAL, column.key, _typed(part), computed.get(column.key))


def _disagree(found: ReadTable, row: str, key: str, typed: float | int | None, computed: Any) -> None:
    if typed is None or isinstance(computed, str):
        return
    if computed is None or abs(float(typed) - float(computed)) >= 0.1 - 1e-9:
        found.disagrees.append({"row": row, "column": key, "typed": typed, "computed": computed})


def _typed(text: str) -> float | int | None:
    """A number as typed into a computed column: "96,9", "96,9 %", "1.234"; None if it is none."""
    bare = text.replace("%", "").replace(" ", "").replace("\u00a0", "")
    if not bare or not all(char.isascii() and (char.isdigit() or char in ".,") for char in bare):
        return None
    whole, comma, rest = bare.partition(",")
    if not comma and bare.count(".") == 1 and len(bare.rpartition(".")[2]) != 3:
        whole, rest = bare.split(".")
    whole = whole.replace(".", "")
    if not whole.isdigit() or (rest and not rest.isdigit()):
        return None
    return float(f"{whole}.{rest}") if rest else int(whole)


def _label(text: str) -> str:
    return fold(one_line(text)).removeprefix("nam ").strip(" .:")
