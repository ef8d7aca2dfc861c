"""Tables written as an Excel workbook: numbers as numbers, text never as a formula, ready to print on A4 landscape.

What stands in the tables comes from the caller; reading workbooks is sheet.py's.
"""

from __future__ import annotations

import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from tracker.core.text import nfc
from tracker.documents.model import Align, Column, Value, header_cells
from tracker.documents.profiles import PROFILES, Profile

Cell = Value | date
_MM_PER_CHARACTER = 1.9
_NEVER = re.compile("[\ud800-\udfff\ufffe\uffff]")
_SHEET_NAME = re.compile(r"[\[\]:*?/\\']")
_MAX_CELL = 32_767  # Excel's limit of a cell's text


@dataclass(frozen=True, slots=True)
class Sheet:
    """One sheet: a title over a table. `columns` carry their header from top to leaf; every row is as wide.

    `comments`: text by (row, column) of `rows`, from 0. `total`: the last row is bold. `attached`: the line
    "(kèm theo …)" below the title; `note`: below the table.
    """

    name: str
    title: str
    columns: Sequence[Column]
    rows: Sequence[Sequence[Cell]]
    total: bool = False
    attached: str = ""
    note: str = ""
    comments: Mapping[tuple[int, int], str] = field(default_factory=dict)
    landscape: bool = True


def write_workbook(
    sheets: Sequence[Sheet],
    *,
    title: str = "",
    author: str = "",
    created: datetime | None = None,
    profile: Profile = PROFILES["dang_hd36"],
) -> bytes:
    """The sheets as .xlsx bytes; the same sheets give the same bytes. Raises ValueError on a row of another width."""
    import xlsxwriter

    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
    book = xlsxwriter.Workbook(out, options)
    instant = (created or datetime(1980, 1, 1, tzinfo=UTC)).astimezone(UTC).replace(tzinfo=None)
    book.set_properties({"title": _text(title), "author": _text(author), "created": instant})
    book.set_size(2400, 1600)
    formats = _Formats(book, profile)
    taken: set[str] = set()
    for sheet in sheets:
        _write(book.add_worksheet(_sheet_name(sheet.name, taken)), sheet, formats, profile)
    book.close()
    return out.getvalue()


class _Formats:
    """The cell formats of a workbook, each made once."""

    def __init__(self, book: Any, profile: Profile) -> None:
        base = {"font_name": profile.font, "font_size": 11, "valign": "vcenter"}
        self.title = book.add_format(base | {"bold": True, "font_size": 13, "align": "center", "text_wrap": True})
        self.italic = book.add_format(base | {"italic": True, "align": "center", "text_wrap": True})
        self.note = book.add_format(base | {"italic": True})
        self.head = book.add_format(base | {"bold": True, "align": "center", "text_wrap": True, "border": 1})
        self._book = book
        self._base = base | {"border": 1}
        self._made: dict[tuple[str, str, bool], Any] = {}

    def cell(self, number: str, align: Align, bold: bool) -> Any:
        """The format of a table cell; `number`: Excel's number format, empty for text."""
        key = (number, align, bold)
        if key not in self._made:
            side = "left" if align == "justify" else align
            look: dict[str, object] = {"align": side, "bold": bold}
            look |= {"num_format": number} if number else {"num_format": "@", "text_wrap": True}
            self._made[key] = self._book.add_format(self._base | look)
        return self._made[key]


def _write(page: Any, sheet: Sheet, formats: _Formats, profile: Profile) -> None:
    last = max(len(sheet.columns) - 1, 0)
    at = 0
    for text, look in ((sheet.title, formats.title), (sheet.attached, formats.italic)):
        if text:
            _merged(page, at, 0, at, last, text, look)
            page.set_row(at, 15.0 * (1 + len(text) // max(_characters(sheet.columns), 20)) + 3)
            at += 1
    at += 1 if at else 0
    first_header = at
    levels = header_cells(sheet.columns)
    for cells in levels:
        for cell in cells:
            row, column = first_header + cell.row, cell.column
            _merged(page, row, column, row + cell.rowspan - 1, column + cell.colspan - 1, cell.text, formats.head)
    at += len(levels)
    if levels:
        page.freeze_panes(at, 1)
        page.repeat_rows(first_header, at - 1)
    for index, values in enumerate(sheet.rows):
        if len(values) != len(sheet.columns):
            raise ValueError(f"row of {len(values)} cells under {len(sheet.columns)} columns")
        bold = sheet.total and index == len(sheet.rows) - 1
        for column, value in enumerate(values):
            _cell(page, at + index, column, value, sheet.columns[column].align, bold, formats)
    for (row, column), text in sheet.comments.items():
        page.write_comment(at + row, column, _text(text), {"x_scale": 2, "y_scale": 1.5})
    at += len(sheet.rows)
    if sheet.note:
        page.write_string(at + 1, 0, _text(sheet.note), formats.note)
    for index, each in enumerate(sheet.columns):
        page.set_column(index, index, _width(each))
    _page_set_up(page, sheet, profile)


def _cell(page: Any, row: int, column: int, value: Cell, align: Align, bold: bool, formats: _Formats) -> None:
    if value is None or value == "":
        page.write_blank(row, column, None, formats.cell("", align, bold))
    elif isinstance(value, str):
        page.write_string(row, column, _text(value), formats.cell("", align, bold))
    elif isinstance(value, date):
        day = value.replace(tzinfo=None) if isinstance(value, datetime) else value
        form = "dd/mm/yyyy hh:mm" if isinstance(value, datetime) else "dd/mm/yyyy"
        page.write_datetime(row, column, day, formats.cell(form, align, bold))
    elif isinstance(value, int):
        page.write_number(row, column, value, formats.cell("#,##0", align, bold))
    else:
        whole = value == int(value)
        number = float(value) if isinstance(value, Decimal) else value
        page.write_number(row, column, number, formats.cell("#,##0" if whole else "#,##0.0#", align, bold))


def _merged(page: Any, row: int, column: int, last_row: int, last_column: int, text: str, look: Any) -> None:
    if (row, column) == (last_row, last_column):
        page.write_string(row, column, _text(text), look)
    else:
        page.merge_range(row, column, last_row, last_column, "", look)
        page.write_string(row, column, _text(text), look)


def _page_set_up(page: Any, sheet: Sheet, profile: Profile) -> None:
    if sheet.landscape:
        page.set_landscape()
    page.set_paper(9)  # A4
    inch = 25.4
    page.set_margins(
        profile.margin_left / inch, profile.margin_right / inch, profile.margin_top / inch, profile.margin_bottom / inch
    )
    page.set_header("&C&P", {"margin": profile.page_number_from_edge / inch})
    page.fit_to_pages(1, 0)
    page.center_horizontally()


def _width(column: Column) -> float:
    if column.width is not None:
        return max(column.width / _MM_PER_CHARACTER, 5.0)
    return min(max(len(column.path[-1]) / 3 if column.path else 0.0, 11.0), 24.0)


def _characters(columns: Sequence[Column]) -> int:
    return int(sum(_width(column) for column in columns))


def _text(text: str) -> str:
    return _NEVER.sub("", nfc(text))[:_MAX_CELL]


def _sheet_name(name: str, taken: set[str]) -> str:
    """A name Excel allows: at most 31 characters, none of []:*?/\\, and not yet taken."""
    base = _SHEET_NAME.sub(" ", _text(name)).strip()[:31] or "Bảng"
    made, count = base, 2
    while made.lower() in taken:
        made = f"{base[:27]} ({count})"
        count += 1
    taken.add(made.lower())
    return made
