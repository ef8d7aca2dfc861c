"""Tables from outside, .xlsx and .csv, as rows of text; guarded like every other file.

What the columns mean is read elsewhere; writing workbooks is workbook.py's.
"""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import date, datetime, time, timedelta
from pathlib import Path

from tracker.core.errors import Invalid, TooLarge
from tracker.core.text import N_, one_line
from tracker.documents.guard import MIB, run
from tracker.documents.package import legacy, open_package
from tracker.documents.reader import decode

MAX_SHEET = 10 * MIB
"""The largest table file, in bytes."""
MAX_ROWS, MAX_COLUMNS = 20_000, 200
_CELL = re.compile(rb"<(?:[A-Za-z0-9]+:)?c\s[^>]{0,300}?\br\s*=\s*[\"']([A-Za-z]{1,4})(\d{1,9})[\"']")
_ROW = re.compile(rb"<(?:[A-Za-z0-9]+:)?row\b(?:[^>]{0,300}?\br\s*=\s*[\"'](\d{1,9})[\"'])?")
_MAX_FIELD = 100_000


def read_rows(source: bytes | Path, name: str = "") -> list[list[str]]:
    """Rows of the first sheet that holds anything, or of a CSV (comma, semicolon or tab); all cells text.

    Whole numbers come without a point, other numbers with a decimal comma, dates as dd/mm/yyyy. Ends of rows and
    of the table that hold nothing are cut off. Raises TooLarge or Invalid; at most 20,000 rows and 200 columns.
    """
    if isinstance(source, Path):
        name = name or source.name
        if source.stat().st_size > MAX_SHEET:
            raise _too_large(name)
        source = source.read_bytes()
    kind = name.rpartition(".")[2].strip().lower()
    if len(source) > MAX_SHEET:
        raise _too_large(name)
    if not source.strip():
        raise Invalid("empty_file", N_("Tệp «%(name)s» trống. Chọn tệp có nội dung."), name=name)
    if kind == "xls":
        raise legacy(name)
    if kind == "xlsx":
        rows: list[list[str]] = json.loads(run("rows", source, one_line(name)))
        return rows
    if kind in {"csv", "tsv", "txt"}:
        return _trimmed(_csv(source, name), name)
    raise Invalid(
        "unknown_table_kind",
        N_("Không đọc được bảng trong «%(name)s». Dùng tệp .xlsx hoặc .csv."),
        name=name,
    )


def rows_here(data: bytes, name: str) -> list[list[str]]:
    """The rows of an .xlsx, parsed in this process: for the child alone."""
    from python_calamine import CalamineError, CalamineWorkbook

    package = open_package(data, "xlsx", name)
    for part, content in package.parts.items():
        if part.startswith("xl/worksheets/") and part.endswith(".xml"):
            _measure(content, name)
    try:
        book = CalamineWorkbook.from_filelike(io.BytesIO(data))
        for sheet in book.sheet_names:
            rows = book.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
            shown = _trimmed([[_text(cell) for cell in row] for row in rows], name)
            if shown:
                return shown
    except CalamineError as error:
        raise Invalid(
            "unreadable",
            N_("Không đọc được tệp «%(name)s»: nội dung bị hỏng. Mở tệp, lưu lại thành tệp mới rồi tải lên."),
            name=name,
        ) from error
    return []


def _measure(sheet: bytes, name: str) -> None:
    """Refuse before parsing: one cell at XFD1048576 makes a table of 17 milliards of cells."""
    for rows, match in enumerate(_ROW.finditer(sheet), 1):
        if rows > MAX_ROWS or int(match.group(1) or 0) > MAX_ROWS:
            raise _too_many(name)
    for match in _CELL.finditer(sheet):
        column = 0
        for letter in match.group(1).upper():
            column = column * 26 + letter - ord("A") + 1
        if column > MAX_COLUMNS or int(match.group(2)) > MAX_ROWS:
            raise _too_many(name)


def _csv(data: bytes, name: str) -> list[list[str]]:
    text = decode(data, name)
    head = text[:4096]
    first = next((line for line in head.splitlines() if line.strip()), "")
    delimiter = max(",;\t", key=first.count)
    csv.field_size_limit(_MAX_FIELD)
    try:
        rows: list[list[str]] = []
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True):
            if len(rows) >= MAX_ROWS or len(row) > MAX_COLUMNS:
                raise _too_many(name)
            rows.append([one_line(cell) for cell in row])
    except csv.Error as error:
        raise Invalid(
            "bad_csv",
            N_("Tệp «%(name)s» sai dấu ngoặc kép hoặc dấu phân cách ở dòng %(line)s. Lưu lại dạng .xlsx rồi tải lên."),
            name=name,
            line=len(rows) + 1,
        ) from error
    return rows


def _text(cell: object) -> str:
    if isinstance(cell, bool):
        return "1" if cell else "0"
    if isinstance(cell, float):
        if cell.is_integer() and abs(cell) < 1e15:
            return str(int(cell))
        return repr(cell).replace(".", ",")
    if isinstance(cell, datetime):
        shown = cell.strftime("%d/%m/%Y")
        return shown if cell.time() == time() else f"{shown} {cell:%H:%M}"
    if isinstance(cell, date):
        return cell.strftime("%d/%m/%Y")
    if isinstance(cell, time):
        return cell.strftime("%H:%M")
    if isinstance(cell, timedelta):
        return str(cell)
    return one_line(str(cell))


def _trimmed(rows: list[list[str]], name: str) -> list[list[str]]:
    for row in rows:
        while row and not row[-1]:
            row.pop()
    while rows and not rows[-1]:
        rows.pop()
    if len(rows) > MAX_ROWS or any(len(row) > MAX_COLUMNS for row in rows):
        raise _too_many(name)
    return rows


def _too_large(name: str) -> TooLarge:
    return TooLarge(
        "file_too_large",
        N_("Tệp «%(name)s» lớn hơn %(limit)s MB. Bỏ bớt hình ảnh hoặc chia thành nhiều tệp rồi tải lên."),
        name=name,
        limit=MAX_SHEET // MIB,
    )


def _too_many(name: str) -> Invalid:
    return Invalid(
        "too_many_cells",
        N_("Bảng trong «%(name)s» vượt quá %(rows)s dòng hoặc %(columns)s cột. Xóa dòng, cột thừa rồi tải lên."),
        name=name,
        rows=MAX_ROWS,
        columns=MAX_COLUMNS,
    )
