"""The consolidated figures as a workbook: one sheet a table, one of the units, one of where every figure comes from.

The figures themselves come from rules.py; the report on paper is render.py.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final
from zoneinfo import ZoneInfo

from tracker.assembly.render import Draft
from tracker.assembly.rules import TOTAL
from tracker.core.sentences import date_short, time_hm
from tracker.documents.model import Column as Printed
from tracker.documents.model import header_cells
from tracker.plans.spec import Column, Table
from tracker.reports.render import row_label

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.worksheet import Worksheet

_STATE_WORDS: Final = {"submitted": "Đã gửi, chưa duyệt", "reviewed": "Đã duyệt", "consolidated": "Đã tổng hợp"}
_ORIGIN_HEAD: Final = (
    ("Phụ lục", 9), ("Dòng", 9), ("Cột", 48), ("Số tổng hợp", 13), ("Mã đơn vị", 13), ("Đơn vị", 42),
    ("Số của đơn vị", 13), ("Người nhập", 26), ("Lúc nhập", 17), ("Trạng thái báo cáo", 19),
)  # fmt: skip

Sources = Mapping[str, Mapping[str, Mapping[str, Sequence[Sequence[Any]]]]]


def leaf_paths(table: Table) -> list[tuple[str, ...]]:
    """Header path of every column, twins told apart: "Số được học tập/ tổng số" over two columns becomes two words."""
    paths: list[tuple[str, ...]] = []
    for column in table.columns:
        twins = [c for c in table.columns if c.path == column.path]
        parts = [part.strip() for part in column.path[-1].split("/")]
        if len(twins) > 1 and len(parts) == len(twins):
            word = parts[twins.index(column)]
            paths.append((*column.path[:-1], word[:1].upper() + word[1:]))
        else:
            paths.append(column.path)
    return paths


def column_name(table: Table, column: Column) -> str:
    """A column in one line: "Đảng viên – Tổng số"."""
    return " – ".join(leaf_paths(table)[table.columns.index(column)])


def workbook(draft: Draft, sources: Sources, zone: ZoneInfo) -> bytes:
    """The workbook as .xlsx bytes; numbers are numbers, instants are dates, text is never a formula."""
    from xlsxwriter import Workbook

    out = io.BytesIO()
    book = Workbook(out, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
    book.set_properties({"title": draft.spec.title, "created": draft.as_of.replace(tzinfo=None, microsecond=0)})
    formats = _formats(book)
    for table in draft.spec.tables:
        _table_sheet(book.add_worksheet(_sheet_name(f"Phụ lục {table.number}")), table, draft, formats)
    _units_sheet(book.add_worksheet("Đơn vị"), draft, formats)
    _origin_sheet(book.add_worksheet("Nguồn số liệu"), draft, sources, zone, formats)
    book.close()
    return out.getvalue()


def _formats(book: Workbook) -> dict[str, Any]:
    base = {"font_name": "Times New Roman", "font_size": 11, "valign": "vcenter"}
    ruled = {**base, "border": 1}
    return {
        "title": book.add_format({**base, "bold": True, "font_size": 13, "text_wrap": True, "align": "center"}),
        "note": book.add_format({**base, "italic": True}),
        "head": book.add_format({**ruled, "bold": True, "text_wrap": True, "align": "center"}),
        "label": book.add_format({**ruled, "align": "center"}),
        "integer": book.add_format({**ruled, "num_format": "#,##0"}),
        "percent": book.add_format({**ruled, "num_format": "0.0"}),
        "total_label": book.add_format({**ruled, "bold": True, "align": "center"}),
        "total_integer": book.add_format({**ruled, "bold": True, "num_format": "#,##0"}),
        "total_percent": book.add_format({**ruled, "bold": True, "num_format": "0.0"}),
        "text": book.add_format({**base}),
        "number": book.add_format({**base, "num_format": "#,##0"}),
        "instant": book.add_format({**base, "num_format": "dd/mm/yyyy hh:mm"}),
    }


def _status(draft: Draft) -> str:
    at = f"{time_hm(draft.as_of)} ngày {date_short(draft.as_of.date())}"
    total = len(draft.contributions) + len(draft.missing)
    kind = "Bản tạm tính" if draft.provisional else "Bản tổng hợp"
    return f"{kind}, số liệu lúc {at}, từ {len(draft.contributions)} trên {total} đơn vị."


def _table_sheet(sheet: Worksheet, table: Table, draft: Draft, formats: Mapping[str, Any]) -> None:
    columns = [Printed(path) for path in leaf_paths(table)]
    last = len(columns)
    sheet.merge_range(0, 0, 0, last, "", formats["title"])
    sheet.write_string(0, 0, f"Phụ lục số {table.number}: {table.title}", formats["title"])
    sheet.set_row(0, 36)
    sheet.write_string(1, 0, _status(draft), formats["note"])
    first = 2
    levels = header_cells(columns)
    depth = len(levels)
    _spread(sheet, first, 0, depth, 1, row_label(table), formats["head"])
    for level in levels:
        for cell in level:
            _spread(sheet, first + cell.row, 1 + cell.column, cell.rowspan, cell.colspan, cell.text, formats["head"])
    at = first + depth
    merged = draft.figures[table.number]
    rows = [(row, row, "") for row in table.rows] + ([("Tổng", TOTAL, "total_")] if table.total_row else [])
    for label, key, face in rows:
        if label.isdecimal() and len(label) < 10:
            sheet.write_number(at, 0, int(label), formats["label"])
        else:
            sheet.write_string(at, 0, label, formats[f"{face}label"])
        for index, column in enumerate(table.columns, 1):
            value = merged[key][column.key]["value"]
            style = formats[face + column.type]
            if value is None:
                sheet.write_blank(at, index, None, style)
            else:
                sheet.write_number(at, index, value, style)
        at += 1
    if table.note:
        sheet.write_string(at, 0, table.note, formats["note"])
    sheet.set_column(0, 0, 8)
    sheet.set_column(1, last, 13 if last < 13 else 8)
    sheet.freeze_panes(first + depth, 1)
    sheet.repeat_rows(first, first + depth - 1)
    _paper(sheet)


def _spread(sheet: Worksheet, row: int, column: int, rows: int, columns: int, text: str, style: Any) -> None:
    if rows > 1 or columns > 1:
        sheet.merge_range(row, column, row + rows - 1, column + columns - 1, "", style)
    sheet.write_string(row, column, text, style)


def _paper(sheet: Worksheet) -> None:
    """A4 landscape, the Party's margins, one page wide."""
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.set_margins(left=30 / 25.4, right=15 / 25.4, top=20 / 25.4, bottom=20 / 25.4)
    sheet.fit_to_pages(1, 0)


def _units_sheet(sheet: Worksheet, draft: Draft, formats: Mapping[str, Any]) -> None:
    sheet.write_string(0, 0, _status(draft), formats["note"])
    for index, word in enumerate(("Mã đơn vị", "Đơn vị", "Báo cáo", "Lần sửa")):
        sheet.write_string(1, index, word, formats["head"])
    row = 2
    for each in draft.contributions:
        sheet.write_string(row, 0, each.unit, formats["text"])
        sheet.write_string(row, 1, each.name, formats["text"])
        sheet.write_string(row, 2, _STATE_WORDS.get(each.state, each.state), formats["text"])
        sheet.write_number(row, 3, each.version, formats["number"])
        row += 1
    for code, name in draft.missing:
        sheet.write_string(row, 0, code, formats["text"])
        sheet.write_string(row, 1, name, formats["text"])
        sheet.write_string(row, 2, "Chưa có", formats["text"])
        row += 1
    sheet.set_column(0, 0, 13)
    sheet.set_column(1, 1, 48)
    sheet.set_column(2, 2, 20)
    sheet.freeze_panes(2, 0)
    _paper(sheet)


def _origin_sheet(sheet: Worksheet, draft: Draft, sources: Sources, zone: ZoneInfo, formats: Mapping[str, Any]) -> None:
    names, states = draft.names, {each.unit: each.state for each in draft.contributions}
    for index, (word, width) in enumerate(_ORIGIN_HEAD):
        sheet.write_string(0, index, word, formats["head"])
        sheet.set_column(index, index, width)
    text, number, instant = formats["text"], formats["number"], formats["instant"]
    times: dict[str, datetime] = {}
    at = 1
    for table in draft.spec.tables:
        for row, columns in sources[table.number].items():
            for key, lines in columns.items():
                column = table.column(key)
                label = column_name(table, column) if column else key
                value = draft.figures[table.number][row][key]["value"]
                for unit, cell, who, entered in lines:
                    sheet.write_string(at, 0, table.number, text)
                    sheet.write_string(at, 1, row, text)
                    sheet.write_string(at, 2, label, text)
                    sheet.write_number(at, 3, value, number)
                    sheet.write_string(at, 4, unit, text)
                    sheet.write_string(at, 5, names[unit], text)
                    sheet.write_number(at, 6, cell, number)
                    sheet.write_string(at, 7, who, text)
                    if entered:
                        if entered not in times:
                            times[entered] = datetime.fromisoformat(entered).astimezone(zone).replace(tzinfo=None)
                        sheet.write_datetime(at, 8, times[entered], instant)
                    sheet.write_string(at, 9, _STATE_WORDS.get(states[unit], states[unit]), text)
                    at += 1
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, max(at - 1, 0), len(_ORIGIN_HEAD) - 1)
    sheet.repeat_rows(0)
    _paper(sheet)


def _sheet_name(name: str) -> str:
    return "".join("-" if letter in "[]:*?/\\" else letter for letter in name)[:31]
