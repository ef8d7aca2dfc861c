"""The entry table of an appendix as it is shown: which cells a unit types, which are computed, and their heads.

How a figure is read and added up is plans/figures.py's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tracker.core.errors import Invalid, Refusal
from tracker.core.sentences import Sentence
from tracker.core.text import N_
from tracker.plans.figures import NOT_APPLICABLE, NOTHING, Cells, Figure, Quotient, Sum, derive, parse_formula, totals
from tracker.plans.spec import Column, Table

Typed = Mapping[str, Mapping[str, str]]  # row → column key → as typed
WIDE = 8  # more inputs in a row than this are shown body by body


@dataclass(frozen=True, slots=True)
class Slot:
    """One column as it is shown: one input, two with "/" between, or a computed one."""

    columns: tuple[Column, ...]
    path: tuple[str, ...]
    names: tuple[str, ...]

    @property
    def computed(self) -> bool:
        """Nobody types into it."""
        return self.columns[0].over_units == "derived"

    def label(self, title: str = "") -> str:
        """What stands beside the input where there is no head above it (a phone), under the block's `title`."""
        if self.computed and self.columns[0].type == "percent":
            return "%"
        return ", ".join(self.path[1:] if title else self.path)


@dataclass(frozen=True, slots=True)
class Head:
    """One cell of the table's head."""

    text: str
    colspan: int
    rowspan: int


@dataclass(frozen=True, slots=True)
class Input:
    """One box: its place, its name for those who hear the page, what stands in it."""

    key: str
    id: str
    name: str
    value: str
    wrong: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """One cell of a row."""

    slot: Slot
    inputs: tuple[Input, ...]
    figure: Figure
    error: Sentence | None


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the table."""

    row: str
    cells: tuple[Shown, ...]


@dataclass(frozen=True, slots=True)
class Total:
    """One cell of the Tổng row: (column, figure, suffix) of each column in it."""

    slot: Slot
    figures: tuple[tuple[Column, Figure, str], ...]


@dataclass(frozen=True, slots=True)
class Block:
    """One table on the page: all of an appendix, or one body's columns of a wide one."""

    title: str
    heads: tuple[tuple[Head, ...], ...]
    lines: tuple[Line, ...]
    totals: tuple[Total, ...]


@dataclass(frozen=True, slots=True)
class Problem:
    """A cell that must be fixed: where, and the words that stand in it."""

    row: str
    column: str
    id: str
    place: str
    text: Sentence


@dataclass(frozen=True, slots=True)
class Difference:
    """A cell that two people filled differently."""

    row: str
    name: str
    mine: str
    stored: str


@dataclass(frozen=True, slots=True)
class Grid:
    """An appendix as one unit fills it."""

    table: Table
    blocks: tuple[Block, ...]
    problems: tuple[Problem, ...]
    others: tuple[str, ...]

    @property
    def attendances(self) -> bool:
        """Its Tổng row adds people up over the years."""
        return any(suffix for block in self.blocks for total in block.totals for *_, suffix in total.figures)


def grid(
    table: Table, ours: Sequence[str], cells: Cells, typed: Typed | None = None, refused: Invalid | None = None
) -> Grid:
    """The table for a unit that fills the columns `ours`; `typed` and `refused` after a save that was refused."""
    slots = slots_of(table, ours)
    problems = tuple(problems_of(table, refused)) if refused else ()
    blocks = tuple(
        Block(
            title,
            tuple(tuple(level) for level in heads(chosen, 1 if title else 0)),
            tuple(
                _line(table, row, chosen, cells.get(row, {}), (typed or {}).get(row), problems) for row in table.rows
            ),
            tuple(_totals(table, chosen, cells)) if table.total_row else (),
        )
        for title, chosen in split(slots)
    )
    hidden = [c.path[0] for c in table.columns if c.over_units == "single_source" and c.key not in ours]
    return Grid(table, blocks, problems, tuple(dict.fromkeys(hidden)))


def slots_of(table: Table, ours: Sequence[str]) -> list[Slot]:
    """The columns to show: the unit's own, those computed from them, "98/120" as one."""
    slots: list[Slot] = []
    pairs = {f.numerator: f.denominator for c in table.columns if isinstance(f := parse_formula(c.formula), Quotient)}
    skip = ""
    for place, column in enumerate(table.columns):
        if column.key == skip:
            continue
        if column.over_units == "derived":
            if _inputs_of(column) <= set(ours) and _inputs_of(column):
                slots.append(Slot((column,), column.path, ("",)))
        elif column.key in ours:
            after = table.columns[place + 1] if place + 1 < len(table.columns) else None
            if after is not None and pairs.get(column.key) == after.key and after.key in ours:
                path, names = _pair(column, after)
                slots.append(Slot((column, after), path, names))
                skip = after.key
            else:
                slots.append(Slot((column,), column.path, (", ".join(column.path),)))
    return slots


def _inputs_of(column: Column) -> set[str]:
    match parse_formula(column.formula):
        case Quotient(numerator, denominator):
            return {numerator, denominator}
        case Sum(terms):
            return set(terms)
    return set()


def _pair(first: Column, second: Column) -> tuple[tuple[str, ...], tuple[str, str]]:
    """Head and names of a two-number cell: the plan writes both in one head, or each in its own."""
    if first.path == second.path:
        *above, last = first.path
        left, _, right = last.partition("/")
        one, two = (left.strip(), right.strip()) if right.strip() else (last, last)
    else:
        above, one, two = list(first.path[:-1]), first.path[-1], second.path[-1]
    prefix = ", ".join(above)
    return (*above, f"{one} / {two}"), (f"{prefix}, {one}" if prefix else one, f"{prefix}, {two}" if prefix else two)


def split(slots: Sequence[Slot]) -> list[tuple[str, list[Slot]]]:
    """A wide table body by body, by the top of the heads; any other as it is (one block without a title)."""
    if sum(len(slot.columns) for slot in slots if not slot.computed) <= WIDE or any(len(s.path) < 2 for s in slots):
        return [("", list(slots))]
    blocks: dict[str, list[Slot]] = {}
    for slot in slots:
        blocks.setdefault(slot.path[0], []).append(slot)
    return list(blocks.items())


def heads(slots: Sequence[Slot], skip: int = 0) -> list[list[Head]]:
    """The rows of the table's head, equal heads side by side joined; `skip`: levels said elsewhere."""
    paths = [slot.path[skip:] for slot in slots]
    depth = max((len(path) for path in paths), default=1)
    rows: list[list[Head]] = [[] for _ in range(depth)]
    for level in range(depth):
        place = 0
        while place < len(paths):
            path = paths[place]
            if level >= len(path):
                place += 1
                continue
            last = level == len(path) - 1
            end = place + 1
            while (
                not last
                and end < len(paths)
                and len(paths[end]) > level + 1
                and paths[end][: level + 1] == path[: level + 1]
            ):
                end += 1
            rows[level].append(Head(path[level], end - place, depth - level if last else 1))
            place = end
    return rows


def _line(
    table: Table,
    row: str,
    slots: Sequence[Slot],
    cells: Mapping[str, Any],
    typed: Mapping[str, str] | None,
    problems: Sequence[Problem],
) -> Line:
    figures = derive(table, cells)
    said = {problem.column: problem.text for problem in problems if problem.row == row}
    shown = []
    for slot in slots:
        if slot.computed:
            shown.append(Shown(slot, (), figures.get(slot.columns[0].key), None))
            continue
        error = next((said[column.key] for column in slot.columns if column.key in said), None)
        inputs = tuple(
            Input(
                column.key,
                cell_id(table, row, column.key),
                f"{row}, {name}",
                typed.get(column.key, "") if typed is not None else as_typed(cells.get(column.key)),
                error is not None,
            )
            for column, name in zip(slot.columns, slot.names, strict=True)
        )
        shown.append(Shown(slot, inputs, None, error))
    return Line(row, tuple(shown))


def _totals(table: Table, slots: Sequence[Slot], cells: Cells) -> list[Total]:
    figures = totals(table, cells)
    people = {f.numerator for c in table.columns if isinstance(f := parse_formula(c.formula), Quotient)}

    def suffix(column: Column) -> str:
        # People counted year after year are attendances (lượt), not persons.
        attended = column.key in people or (
            isinstance(parse_formula(column.formula), Sum) and _inputs_of(column) <= people
        )
        return N_(" lượt") if attended else ""

    return [Total(slot, tuple((c, figures.get(c.key), suffix(c)) for c in slot.columns)) for slot in slots]


def cell_id(table: Table, row: str, key: str) -> str:
    """Id and name of a cell's box on the page; rows may be called anything, so by their place."""
    return f"o-{table.rows.index(row)}-{key}"


def as_typed(cell: object) -> str:
    """A stored cell as a person would type it."""
    if cell == NOTHING:
        return "Không"
    if cell == NOT_APPLICABLE:
        return "x"
    return "" if cell is None else f"{cell:,}".replace(",", ".")


def problems_of(table: Table, refused: Invalid) -> list[Problem]:
    """The refused cells, each with its place and words short enough to stand in it."""
    listed = []
    for problem in refused.problems:
        row, key = str(problem.extra.get("row", "")), str(problem.extra.get("column", ""))
        column = table.column(key)
        if column is not None and row in table.rows:
            listed.append(Problem(row, key, cell_id(table, row, key), column.path[0], _words(table, problem)))
    return listed


def _words(table: Table, problem: Refusal) -> Sentence:
    if problem.code == "part_exceeds_whole":
        column = table.column(str(problem.extra["column"]))
        name = column.path[-1].partition("/")[0].strip() if column else ""
        values = {"name": name, "part": problem.params["part"], "whole": problem.params["whole"]}
        return Sentence(N_("%(name)s (%(part)s) lớn hơn tổng số (%(whole)s)"), values)
    inner = problem.problems[0] if isinstance(problem, Invalid) and problem.problems else problem
    return Sentence(inner.message, inner.params)


def differences(table: Table, ours: Sequence[str], typed: Typed, stored: Cells) -> list[Difference]:
    """The cells in which what was typed is not what somebody else has stored."""
    found = []
    for slot in slots_of(table, ours):
        for column, name in zip(slot.columns, slot.names, strict=True):
            for row in table.rows:
                mine, theirs = (
                    typed.get(row, {}).get(column.key, "").strip(),
                    as_typed(stored.get(row, {}).get(column.key)),
                )
                if not slot.computed and mine.replace(".", "") != theirs.replace(".", ""):
                    found.append(Difference(row, name, mine, theirs))
    return sorted(found, key=lambda each: table.rows.index(each.row))
