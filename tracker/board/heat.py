"""The heat map of the board: a unit a row, a part of the report a column, a mark a cell, in tables side by side.

What is stored is read in queries.py; what a mark looks like is the sheet's.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from math import ceil
from typing import Any

from tracker.board.queries import unpacked
from tracker.core.text import N_
from tracker.plans.spec import PlanSpec, walk, writable_sections
from tracker.reports.rules import Concern, State, concerns
from tracker.reports.titles import calm, shortened

# A mark is this many pixels wide, a unit's name about that many, the page that many.
_MARK, _NAME, _PAGE = 11, 180, 1200


class Mark(enum.Enum):
    """Where a part of a report stands: the class that fills its mark, and the word that readers hear."""

    FULL = ("h-f", N_("đủ"))
    WAITING = ("h-s", N_("đủ, chờ duyệt"))
    FIX = ("h-r", N_("phải sửa"))
    PARTIAL = ("h-p", N_("đang viết"))
    EMPTY = ("h-e", N_("chưa viết"))
    NOTHING = ("h-n", N_("không phát sinh"))
    OUT = ("h-x", N_("không thuộc diện"))

    def __init__(self, css: str, said: str) -> None:
        self.css, self.word = css, said


@dataclass(frozen=True, slots=True)
class Column:
    """A part of the report. `before` is what stands over it already: of "II.3" the head "II" and the column "3"."""

    key: str
    before: str
    label: str
    title: str
    is_table: bool


@dataclass(frozen=True, slots=True)
class Head:
    """Columns that stand under one number; `alone`: the plan's item is itself the only part."""

    label: str
    columns: Sequence[Column]
    alone: bool = False

    @property
    def is_tables(self) -> bool:
        """The appendices."""
        return self.columns[0].is_table


@dataclass(frozen=True, slots=True)
class Cells:
    """One unit's row: the line of the list that it is, and its marks in the order of the columns."""

    line: Any
    marks: Sequence[Mark]


@dataclass(frozen=True, slots=True)
class Map:
    """`tables` stand side by side, each a list of (group of units, its rows); a group may go on in the next.

    `room`: how many the page is wide enough for, 1 to 3.
    """

    heads: Sequence[Head]
    room: int
    tables: Sequence[Sequence[tuple[str, Sequence[Cells]]]]
    sections: int
    appendices: int

    @property
    def columns(self) -> Sequence[Column]:
        """All of them, in order."""
        return [column for head in self.heads for column in head.columns]


def heads_of(spec: PlanSpec) -> list[Head]:
    """The columns in the order of the plan: its writable sections under their first number, then its tables."""
    writable = {item.number for item in writable_sections(spec)}
    heads = []
    for top in spec.outline:
        columns = []
        for item in walk([top]):
            if item.number in writable:
                before, dot, label = item.number.rpartition(".")
                columns.append(Column(item.number, before + dot, label, shortened(calm(item.title, spec)), False))
        if columns:
            heads.append(Head(top.number, columns, alone=columns[0].key == top.number))
    tables = [
        Column(f"table:{table.number}", "", table.number, shortened(calm(table.title, spec)), True)
        for table in spec.tables
    ]
    return [*heads, Head("", tables)] if tables else heads


def map_of(spec: PlanSpec, lines: Sequence[Any]) -> Map:
    """The map of some lines of the list, whose rows were read with their parts."""
    heads = heads_of(spec)
    columns = [column for head in heads for column in head.columns]
    known: dict[tuple[str, str, bool], Concern] = {}
    owners = {column.source_unit for table in spec.tables for column in table.columns if column.source_unit}
    found = []
    for line in lines:
        row = line.row
        kind = (row.group_name, row.code if row.code in owners else "", row.submits_figures)
        if kind not in known:
            known[kind] = concerns(spec, row.group_name, row.code, row.submits_figures)
        found.append(Cells(line, marks_of(columns, row, known[kind])))
    tables = len(spec.tables)
    room = max(min(_PAGE // (_NAME + _MARK * len(columns)), 3), 1)
    return Map(heads, room, _side_by_side(found, room), len(columns) - tables, tables)


def marks_of(columns: Sequence[Column], row: Any, concern: Concern) -> list[Mark]:
    """One unit's marks. A remark holds until the part is changed after the sending back."""
    required: dict[str, int] = dict.fromkeys(concern.sections, 1)
    for table, (rows, inputs) in concern.cells.items():
        required[f"table:{table}"] = len(rows) * len(inputs)
    stored = {number: rest for number, *rest in unpacked(row.stored_sections)}
    stored.update({f"table:{number}": rest for number, *rest in unpacked(row.stored_tables)})
    told = {part for (part,) in unpacked(row.told)} if row.state == State.DRAFTING else set()
    waiting = row.state == State.SUBMITTED
    return [
        _mark(required.get(column.key, 0), stored.get(column.key), column.key in told, waiting) for column in columns
    ]


def _mark(required: int, stored: Sequence[str] | None, told: bool, waiting: bool) -> Mark:
    if not required:
        return Mark.OUT
    filled, nothing, changed = stored or ("0", "0", "0")
    if told and changed == "0":
        return Mark.FIX
    if nothing == "1":
        return Mark.NOTHING
    if int(filled) >= required:
        return Mark.WAITING if waiting else Mark.FULL
    return Mark.PARTIAL if filled != "0" else Mark.EMPTY


def _side_by_side(found: Sequence[Cells], room: int) -> list[list[tuple[str, Sequence[Cells]]]]:
    """As many tables as there is room for, of the same height: the heads of groups count as rows."""
    many = min(room, ceil(len(found) / 8))
    if not many:
        return []
    heads = sum(1 for _ in groupby(found, key=_group))
    height = ceil((len(found) + heads + many - 1) / many)
    tables: list[list[Cells]] = [[]]
    used, last = 0, None
    for cells in found:
        name = _group(cells)
        takes = 1 if name == last else 2
        if used + takes > height and len(tables) < many:
            tables.append([])
            used, takes = 0, 2
        tables[-1].append(cells)
        used, last = used + takes, name
    return [[(name, list(rows)) for name, rows in groupby(table, key=_group)] for table in tables]


def _group(cells: Cells) -> str:
    name: str = cells.line.row.group_name
    return name
