"""Figures of the appendix tables: reading a cell, checking it, deriving and adding up.

Nothing is stored or fetched here; who typed a figure and when lives in reports/, sums over units in assembly/.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Final, Literal, TypeGuard

from tracker.core.errors import Invalid, Refusal
from tracker.core.text import N_, fold, one_line
from tracker.plans.spec import Column, Table, derived_columns

NOTHING: Final = "nothing_to_report"
NOT_APPLICABLE: Final = "not_applicable"
Cell = int | None | Literal["nothing_to_report", "not_applicable"]
Cells = Mapping[str, Mapping[str, Cell]]  # row → column key → cell
Figure = int | float | None

MAX_VALUE: Final = 10**9

_WHOLE = re.compile(r"[0-9]+")
# 1.234 and 1 234, one kind of separator throughout (domain, section 6: dot for thousands).
_THOUSANDS = re.compile(r"[0-9]{1,3}([. \u00a0\u202f])[0-9]{3}(?:\1[0-9]{3})*")
_DECIMAL = re.compile(r"[0-9]+[.,][0-9]+")
_NEGATIVE = re.compile(r"[-–—−][ ]?[0-9].*")
_NOTHING_WORDS = frozenset({"khong", "khong co", "khong phat sinh", "-", "–", "—", "−"})
_NOT_APPLICABLE_WORDS = frozenset({"khong ap dung", "x"})
_QUOTIENT = re.compile(r"(\w+) / (\w+) × 100")


def read_cell(raw: str, where: str = "này") -> Cell:
    """What a person typed into a cell, as a cell.

    1234, 1 234 and 1.234 are one number; blank is None; "Không" or "-" says there is nothing to report;
    "không áp dụng" or "x" that the cell does not concern the unit. Everything else is refused, never guessed:
    12.5 may be 12,5 or a slip for 125. `where` names the cell in the refusal. Raises Invalid.
    """
    text = raw.replace("\u00a0", " ").replace("\u202f", " ").strip()
    if not text:
        return None
    word = fold(text).rstrip(".")
    if word in _NOTHING_WORDS:
        return NOTHING
    if word in _NOT_APPLICABLE_WORDS:
        return NOT_APPLICABLE
    shown = _shown(raw)
    if _WHOLE.fullmatch(text) or _THOUSANDS.fullmatch(text):
        digits = re.sub(r"[. ]", "", text).lstrip("0") or "0"
        if len(digits) > len(str(MAX_VALUE)) or int(digits) > MAX_VALUE:
            raise Invalid(
                "number_too_big",
                N_("Ô %(where)s ghi «%(raw)s»: số quá lớn, tối đa là 1.000.000.000. Kiểm tra lại chữ số."),
                where=where,
                raw=shown,
            )
        return int(digits)
    if _NEGATIVE.fullmatch(text):
        raise Invalid(
            "negative_number",
            N_("Ô %(where)s ghi «%(raw)s»: không nhận số âm. Ghi số nguyên từ 0 trở lên."),
            where=where,
            raw=shown,
        )
    if _DECIMAL.fullmatch(text):
        raise Invalid(
            "decimal_number",
            N_(
                "Ô %(where)s ghi «%(raw)s»: không rõ là số lẻ hay dấu ngăn nghìn. "
                "Ô này chỉ nhận số nguyên, ví dụ 1234 hoặc 1.234."
            ),
            where=where,
            raw=shown,
        )
    raise Invalid(
        "bad_number",
        N_(
            "Ô %(where)s ghi «%(raw)s»: không phải số. Ghi số nguyên, ví dụ 1.234; "
            "ghi «Không» nếu không phát sinh, «x» nếu không áp dụng, hoặc để trống."
        ),
        where=where,
        raw=shown,
    )


def check_cells(table: Table, cells: Cells) -> list[Refusal]:
    """Every place at which cells cannot be stored: unknown row or column, a computed column, no whole number
    from 0 to 1.000.000.000, or a part greater than its whole in one row. Empty if all is well.
    """
    refusals: list[Refusal] = []
    for row, by_column in cells.items():
        if row not in table.rows:
            refusals.append(
                Invalid(
                    "unknown_row",
                    N_("Phụ lục số %(table)s không có dòng «%(row)s». Các dòng: %(rows)s."),
                    {"table": table.number, "row": row},
                    table=table.number,
                    row=_shown(row),
                    rows=", ".join(table.rows),
                )
            )
            continue
        for key, cell in by_column.items():
            refusal = _check_cell(table, row, key, cell)
            if refusal:
                refusals.append(refusal)
        for column in derived_columns(table):
            refusal = _check_pair(table, row, column, by_column)
            if refusal:
                refusals.append(refusal)
    return refusals


def _check_cell(table: Table, row: str, key: str, cell: object) -> Refusal | None:
    extra = {"table": table.number, "row": row, "column": key}
    column = table.column(key)
    if column is None:
        return Invalid(
            "unknown_column",
            N_("Phụ lục số %(table)s, dòng %(row)s: không có cột «%(column)s»."),
            extra,
            table=table.number,
            row=row,
            column=_shown(key),
        )
    if column.over_units == "derived":
        code = "computed_column"
        message = N_("Phụ lục số %(table)s, dòng %(row)s, cột «%(name)s»: ô này được tính từ các ô khác, không nhập.")
    elif cell is None or cell in (NOTHING, NOT_APPLICABLE):
        return None
    elif isinstance(cell, bool) or not isinstance(cell, int):  # bool is an int in Python, and true is no figure
        code = "bad_number"
        message = N_("Phụ lục số %(table)s, dòng %(row)s, cột «%(name)s»: «%(raw)s» không phải số nguyên.")
    elif cell < 0:
        code = "negative_number"
        message = N_("Phụ lục số %(table)s, dòng %(row)s, cột «%(name)s»: không nhận số âm.")
    elif cell > MAX_VALUE:
        code = "number_too_big"
        message = N_("Phụ lục số %(table)s, dòng %(row)s, cột «%(name)s»: số quá lớn, tối đa là 1.000.000.000.")
    else:
        return None
    name = " – ".join(column.path)
    return Invalid(code, message, extra, table=table.number, row=row, name=name, raw=_shown(str(cell)))


def _check_pair(table: Table, row: str, percent: Column, cells: Mapping[str, Cell]) -> Refusal | None:
    formula = parse_formula(percent.formula)
    if not isinstance(formula, Quotient):
        return None
    part, whole = cells.get(formula.numerator), cells.get(formula.denominator)
    if not _is_number(part) or not _is_number(whole) or part <= whole:
        return None
    return Invalid(
        "part_exceeds_whole",
        N_(
            "Phụ lục số %(table)s, dòng %(row)s, cột «%(name)s»: "
            "số đứng trước (%(part)s) lớn hơn tổng số (%(whole)s). Kiểm tra lại hai số."
        ),
        {"table": table.number, "row": row, "column": formula.numerator},
        table=table.number,
        row=row,
        name=percent.path[0],
        part=part,
        whole=whole,
    )


@dataclass(frozen=True, slots=True)
class Quotient:
    """a / b × 100, in percent points."""

    numerator: str
    denominator: str


@dataclass(frozen=True, slots=True)
class Sum:
    """a + b + …"""

    terms: tuple[str, ...]


def parse_formula(formula: str | None) -> Quotient | Sum | None:
    """The formula of a derived column; None if it has none or one that is not known here."""
    if not formula:
        return None
    quotient = _QUOTIENT.fullmatch(formula)
    if quotient:
        return Quotient(quotient.group(1), quotient.group(2))
    terms = tuple(term.strip() for term in formula.split("+"))
    return Sum(terms) if all(re.fullmatch(r"\w+", term) for term in terms) else None


def percent(numerator: int, denominator: int) -> float | None:
    """Percent points, half up to one decimal; None on a zero denominator."""
    if denominator == 0:
        return None
    exact = Decimal(numerator) * 100 / Decimal(denominator)
    return float(exact.quantize(Decimal("0.1"), rounding=ROUND_HALF_UP))


def derive(table: Table, row_cells: Mapping[str, Cell]) -> dict[str, Figure]:
    """The derived columns of one row, by key.

    A percentage needs both its numbers. A sum takes what is declared absent as 0 beside at least one number;
    a blank input makes it None, for then it is not known yet.
    """
    return {column.key: _derive(column, row_cells) for column in derived_columns(table)}


def _derive(column: Column, cells: Mapping[str, Cell]) -> Figure:
    formula = parse_formula(column.formula)
    if isinstance(formula, Quotient):
        part, whole = cells.get(formula.numerator), cells.get(formula.denominator)
        return percent(part, whole) if _is_number(part) and _is_number(whole) else None
    if isinstance(formula, Sum):
        values = [cells.get(term) for term in formula.terms]
        return None if None in values else _sum(values)
    return None


def totals(table: Table, cells_by_row: Cells) -> dict[str, Figure]:
    """The Tổng row, by key, each column by its `over_rows`.

    A stock has none; a percentage is the years' numerators over the years' denominators, taken over the rows
    in which both are numbers, although the denominators themselves have no total.
    """
    rows = [cells_by_row[row] for row in table.rows if row in cells_by_row]
    result: dict[str, Figure] = {}
    for column in table.columns:
        values: list[Figure | str]
        if column.over_units == "derived":
            values = [_derive(column, row) for row in rows]
        else:
            values = [row.get(column.key) for row in rows]
        result[column.key] = _total(column, values, rows, result)
    return result


def _total(
    column: Column, values: list[Figure | str], rows: list[Mapping[str, Cell]], so_far: Mapping[str, Figure]
) -> Figure:
    if column.over_rows == "sum":
        return _sum(values)
    if column.over_rows == "latest":
        return next((value for value in reversed(values) if _is_number(value)), None)
    if column.over_rows == "none":
        return None
    formula = parse_formula(column.formula)
    if isinstance(formula, Quotient):
        pairs = [(row.get(formula.numerator), row.get(formula.denominator)) for row in rows]
        known = [(part, whole) for part, whole in pairs if _is_number(part) and _is_number(whole)]
        return percent(sum(part for part, _ in known), sum(whole for _, whole in known)) if known else None
    if isinstance(formula, Sum):
        return _sum(so_far.get(term) for term in formula.terms)
    return None


def _sum(values: Iterable[object]) -> int | None:
    numbers = [value for value in values if _is_number(value)]
    return sum(numbers) if numbers else None


def _shown(raw: str) -> str:
    text = one_line(raw)
    return text if len(text) <= 40 else text[:39] + "…"


def _is_number(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool)
