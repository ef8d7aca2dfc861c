"""Many reports to one: adding figures up with their origin, and laying units' texts side by side.

How the result is stored or printed is not here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from tracker.plans.figures import (
    NOT_APPLICABLE,
    NOTHING,
    Cell,
    Cells,
    Quotient,
    Sum,
    derive,
    parse_formula,
    totals,
)
from tracker.plans.spec import Column, PlanSpec, Table, input_columns, writable_sections

TOTAL: Final = "total"
LEASE_SECONDS: Final = 60
ATTEMPTS: Final = 5
CONTENT_TYPES: Final[Mapping[str, str]] = {
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
    "json": "application/json",
}
FORMATS: Final = tuple(CONTENT_TYPES)

TableAnswer = Cells | Literal["nothing_to_report"]
Origin = dict[str, Any]  # {"value": figure, "from": [unit codes]}
Figures = dict[str, dict[str, dict[str, Origin]]]  # table → row or "total" → column key → origin


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one unit brings: its report as of one version, in values.

    `sections`: number → HTML, or "nothing_to_report"; `tables`: number → cells, or "nothing_to_report";
    `entered`: number → row → column → [who, ISO instant]. `state`: reviewed, consolidated, or submitted.
    """

    unit: str
    name: str
    report: int
    version: int
    state: str
    sections: Mapping[str, str] = field(default_factory=dict)
    tables: Mapping[str, TableAnswer] = field(default_factory=dict)
    entered: Mapping[str, Mapping[str, Mapping[str, Sequence[str]]]] = field(default_factory=dict)

    @property
    def accepted(self) -> bool:
        """Accepted by the lead office; a provisional report may also hold what only waits for it."""
        return self.state != "submitted"

    def cell(self, table: str, row: str, column: str) -> Cell:
        """One cell as the unit left it; a table declared empty is declared so in every cell."""
        answer = self.tables.get(table)
        if answer is None:
            return None
        return NOTHING if isinstance(answer, str) else answer.get(row, {}).get(column)


def merge_tables(spec: PlanSpec, reports: Sequence[tuple[str, Mapping[str, TableAnswer]]]) -> Figures:
    """Consolidated figures of every table, each with the units it came from, in the order of `reports`.

    Over units (contract.md, `over_units`): `sum` adds whole numbers and counts neither a blank nor a declaration,
    None if nobody gave a number; `single_source` takes its owner's cell alone; `derived` is computed again from
    the sums, percent points half up to one decimal, None on a zero denominator. The row "total" follows each
    column's `over_rows`; it is there if the plan's table has one.
    """
    return {table.number: _merge_table(table, reports) for table in spec.tables}


def _merge_table(
    table: Table, reports: Sequence[tuple[str, Mapping[str, TableAnswer]]]
) -> dict[str, dict[str, Origin]]:
    merged: dict[str, dict[str, Origin]] = {}
    cells_by_row: dict[str, dict[str, Cell]] = {}
    order = [unit for unit, _ in reports]
    answers = [(unit, tables[table.number]) for unit, tables in reports if table.number in tables]
    for row in table.rows:
        origins: dict[str, Origin] = {}
        cells: dict[str, Cell] = {}
        for column in input_columns(table):
            origins[column.key], cells[column.key] = _merge_cell(column, row, answers)
        for key, value in derive(table, cells).items():
            origins[key] = {"value": value, "from": []}
            if value is not None:
                origins[key]["from"] = _ordered(order, (origins[k] for k in _inputs_of(table, key)))
        merged[row] = {column.key: origins[column.key] for column in table.columns}
        cells_by_row[row] = cells
    if table.total_row:
        merged[TOTAL] = _total_row(table, merged, cells_by_row, order)
    return merged


def _merge_cell(column: Column, row: str, answers: Iterable[tuple[str, TableAnswer]]) -> tuple[Origin, Cell]:
    total: int | None = None
    units: list[str] = []
    declared = False
    for unit, answer in answers:
        if column.over_units == "single_source" and unit != column.source_unit:
            continue
        cell = NOTHING if isinstance(answer, str) else answer.get(row, {}).get(column.key)
        if isinstance(cell, int) and not isinstance(cell, bool):
            total = (total or 0) + cell
            units.append(unit)
        elif cell in (NOTHING, NOT_APPLICABLE):
            declared = True
    # Declared by those who answered, the figure is absent, not unknown: a derived sum goes on without it.
    return {"value": total, "from": units}, total if total is not None else NOTHING if declared else None


def _total_row(
    table: Table, merged: Mapping[str, Mapping[str, Origin]], cells: Cells, order: Sequence[str]
) -> dict[str, Origin]:
    found = totals(table, cells)
    row: dict[str, Origin] = {}
    for column in table.columns:
        value = found[column.key]
        origins: list[Origin] = []
        if value is not None and column.over_rows == "latest":
            origins = [merged[r][column.key] for r in table.rows if merged[r][column.key]["value"] is not None][-1:]
        elif value is not None:
            origins = [merged[r][column.key] for r in table.rows]
        row[column.key] = {"value": value, "from": _ordered(order, origins)}
    return row


def _inputs_of(table: Table, key: str) -> tuple[str, ...]:
    """The input columns in a derived one."""
    column = table.column(key)
    formula = parse_formula(column.formula) if column else None
    keys = (
        (formula.numerator, formula.denominator)
        if isinstance(formula, Quotient)
        else formula.terms
        if isinstance(formula, Sum)
        else ()
    )
    inputs = {c.key for c in input_columns(table)}
    return tuple(k for k in keys if k in inputs)


def inputs_of(table: Table, column: Column) -> tuple[str, ...]:
    """The input columns whose cells are in a column: itself, or those of its formula."""
    return (column.key,) if column.over_units != "derived" else _inputs_of(table, column.key)


def _ordered(order: Sequence[str], origins: Iterable[Origin]) -> list[str]:
    units = {unit for origin in origins for unit in origin["from"]}
    return [unit for unit in order if unit in units]


@dataclass(frozen=True, slots=True)
class SectionTexts:
    """One writable section of all units, in their protocol order: who wrote what, and who had nothing to report."""

    number: str
    written: tuple[tuple[str, str], ...]
    nothing: tuple[str, ...]


def merge_text(spec: PlanSpec, reports: Sequence[tuple[str, Mapping[str, str]]]) -> dict[str, SectionTexts]:
    """Writable section → the units' texts in the order of `reports`. An empty text is nobody's."""
    merged = {}
    for section in writable_sections(spec):
        answers = [(unit, sections.get(section.number, "")) for unit, sections in reports]
        merged[section.number] = SectionTexts(
            section.number,
            tuple((unit, text) for unit, text in answers if text and text != NOTHING),
            tuple(unit for unit, text in answers if text == NOTHING),
        )
    return merged


def sources(
    spec: PlanSpec, contributions: Sequence[Contribution], figures: Figures
) -> dict[str, dict[str, dict[str, list[list[Any]]]]]:
    """Where each consolidated input figure comes from: table → row → column → [[unit, cell, who, ISO instant], …]."""
    by_unit = {each.unit: each for each in contributions}
    found: dict[str, dict[str, dict[str, list[list[Any]]]]] = {}
    for table in spec.tables:
        rows = found.setdefault(table.number, {})
        for row in table.rows:
            columns = rows.setdefault(row, {})
            for column in input_columns(table):
                lines = []
                for unit in figures[table.number][row][column.key]["from"]:
                    each = by_unit[unit]
                    who, at = _entered(each, table.number, row, column.key)
                    lines.append([unit, each.cell(table.number, row, column.key), who, at])
                columns[column.key] = lines
    return found


def _entered(each: Contribution, table: str, row: str, column: str) -> tuple[str, str]:
    stamp = each.entered.get(table, {}).get(row, {}).get(column)
    return (str(stamp[0]), str(stamp[1])) if stamp else ("", "")


def file_stem(number: str) -> str:
    """The plan's number as a file name: '271-KH/HU' -> '271-KH-HU'."""
    return "-".join(part for part in number.replace("\\", "/").replace(" ", "").split("/") if part.strip("."))


def file_name(number: str, format: str, provisional: bool) -> str:
    """What a downloaded file is called: "Báo cáo tổng hợp 271-KH-HU (tạm tính).docx"; the figures are figures.json."""
    if format == "json":
        return "figures.json"
    return f"Báo cáo tổng hợp {file_stem(number)}{' (tạm tính)' if provisional else ''}.{format}"
