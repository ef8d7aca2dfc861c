"""The Excel file: numbers are numbers, text stays text, headers are merged, frozen and repeated."""

from __future__ import annotations

import io
import zipfile
from datetime import date
from decimal import Decimal
from typing import Any

import openpyxl
import pytest

from tests.documents.helpers import FIGURE_COLUMNS, VIETNAMESE, figure_rows
from tracker.documents.model import Column
from tracker.documents.sheet import read_rows
from tracker.documents.workbook import Sheet, write_workbook

HOSTILE = ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", '=HYPERLINK("http://x.vn";"y")', "http://x.vn", "{=1}", "0012"]


def _open(data: bytes) -> Any:
    return openpyxl.load_workbook(io.BytesIO(data))


def _figures() -> Sheet:
    rows = figure_rows(FIGURE_COLUMNS)
    return Sheet(
        "Phụ lục số 1",
        "Kết quả tổ chức học tập",
        FIGURE_COLUMNS,
        rows,
        total=True,
        attached="(kèm theo Báo cáo)",
        note="Ghi chú: năm không trọn",
        comments={(0, 1): "Từ: Đảng ủy xã Ma Li Pho, 12"},
    )


def test_numbers_are_numbers_and_years_are_text() -> None:
    page = _open(write_workbook([_figures()])).worksheets[0]
    year, conferences = page.cell(6, 1), page.cell(6, 2)
    assert (year.value, year.data_type) == ("2013", "s")
    assert (conferences.value, conferences.data_type) == (713, "n")
    assert conferences.number_format == "#,##0"
    assert page.cell(17, 2).font.bold
    assert conferences.comment.text.startswith("Từ: Đảng ủy xã Ma Li Pho")


def test_text_is_never_a_formula_or_a_link() -> None:
    sheet = Sheet(
        "=1+1", "=2+2", [Column(("=3+3",)), Column(("B", "=4"))], [[text, None] for text in HOSTILE], note="=5"
    )
    data = write_workbook([sheet])
    page = _open(data).worksheets[0]
    assert [page.cell(row, 1).value for row in range(5, 5 + len(HOSTILE))] == HOSTILE
    assert all(cell.data_type in {"s", "n"} for row in page.iter_rows() for cell in row)
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        everything = b"".join(package.read(name) for name in package.namelist())
    assert b"<f>" not in everything
    assert b"<hyperlink" not in everything


def test_headers_are_merged_frozen_and_repeated_on_landscape_a4() -> None:
    page = _open(write_workbook([_figures()])).worksheets[0]
    assert {str(area) for area in page.merged_cells.ranges} >= {"A4:A5", "C4:D4", "E4:F4", "B4:B5"}
    assert page.cell(4, 3).value == "Đảng viên"
    assert page.freeze_panes == "B6"
    assert page.print_title_rows == "$4:$5"
    assert (page.page_setup.orientation, page.page_setup.paperSize) == ("landscape", 9)


def test_decimals_and_dates_keep_their_kind() -> None:
    columns = [Column(("A",)), Column(("B",)), Column(("C",))]
    page = _open(write_workbook([Sheet("x", "", columns, [[95.4, Decimal("12.0"), date(2023, 5, 9)]])])).worksheets[0]
    assert page["A2"].value == 95.4
    assert page["B2"].value == 12
    assert page["C2"].value.date() == date(2023, 5, 9)
    assert page["C2"].number_format == "dd/mm/yyyy"


def test_sheet_names_are_made_legal_and_different() -> None:
    sheets = [Sheet("Phụ lục: [1]/2", "", [Column(("A",))], []), Sheet("Phụ lục   1  2", "", [Column(("A",))], [])]
    assert len(set(_open(write_workbook(sheets + sheets)).sheetnames)) == 4


def test_the_same_sheets_give_the_same_bytes() -> None:
    assert write_workbook([_figures()]) == write_workbook([_figures()])


def test_what_was_written_reads_back() -> None:
    columns = [Column(("A",)), Column(("B",))]
    data = write_workbook(
        [Sheet("x", "", columns, [[VIETNAMESE, VIETNAMESE.upper()], ["=1+1", 1148], ["81,7 %", 81.7]])]
    )
    assert read_rows(data, "x.xlsx") == [
        ["A", "B"], [VIETNAMESE, VIETNAMESE.upper()], ["=1+1", "1148"], ["81,7 %", "81,7"],
    ]  # fmt: skip


def test_a_row_of_another_width_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="row of 1 cells under 2 columns"):
        write_workbook([Sheet("x", "", [Column(("A",)), Column(("B",))], [["1"]])])
