"""The consolidated report opened with other programs: headings, names, appendices, numbers, provenance."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import docx
import openpyxl
import pypdf
import pytest
from docx.enum.section import WD_ORIENT

from tests.assembly import sample
from tracker.assembly.render import Draft, Letterhead, district_document, figures_json, symbol
from tracker.assembly.rules import sources
from tracker.assembly.sheets import workbook
from tracker.core.calendar import OFFICE_ZONE
from tracker.documents.docx import write_docx
from tracker.documents.pdf import write_pdf
from tracker.reports.render import kind_of_number

NAMES = {unit["ma"]: unit["ten_don_vi"] for unit in sample.units()}


@pytest.fixture(scope="module")
def final() -> Draft:
    return sample.draft(sample.contributions([code for code in NAMES if code not in ("CB-BQLDA", "CB-NH")]))


@pytest.fixture(scope="module")
def word(final: Draft) -> docx.document.Document:
    return docx.Document(io.BytesIO(write_docx(district_document(final))))


def lines(document: docx.document.Document) -> list[str]:
    return [paragraph.text for paragraph in document.paragraphs]


def test_the_head_is_the_issuers_and_number_day_and_signature_stay_open(word: docx.document.Document) -> None:
    head = "\n".join(cell.text for row in word.tables[0].rows for cell in row.cells)
    assert "Huyện ủy Phong Thổ" in head
    assert "Đảng bộ tỉnh Lai Châu" in head
    assert "ĐẢNG CỘNG SẢN VIỆT NAM" in head
    assert re.search(r"Số +-BC/HU", head)
    assert re.search(r"Phong Thổ, ngày +tháng +năm 2023", head)
    foot = "\n".join(cell.text for row in word.tables[1].rows for cell in row.cells)
    assert "Nơi nhận" in foot
    assert "Thường trực Tỉnh ủy (B/c);" in foot
    assert "Nguyễn Văn Thanh" not in foot
    assert "BÍ THƯ" not in foot


def test_the_title_is_the_plans_and_the_missing_units_are_named_first(word: docx.document.Document) -> None:
    found = lines(word)
    assert found.index("BÁO CÁO") < found.index(sample.spec().title)
    assert "Báo cáo được tổng hợp từ báo cáo của 56 trên 58 đơn vị." in found
    missing = f"Chưa có báo cáo của 2 đơn vị: {NAMES['CB-BQLDA']}; {NAMES['CB-NH']}."
    assert missing in found


def test_headings_follow_the_outline_with_real_styles(word: docx.document.Document) -> None:
    first = [p.text for p in word.paragraphs if p.style.name in ("heading 1", "Heading 1")]
    second = [p.text for p in word.paragraphs if p.style.name in ("heading 2", "Heading 2")]
    assert [text.split(". ")[0] for text in first] == ["I", "II", "III", "IV"]
    assert [text.split(". ")[0] for text in second] == ["1", "2", "3", "4", "1", "2", "3", "4", "1", "2", "3", "1", "2"]
    assert second[6] == "3. Việc đổi mới, nâng cao chất lượng đội ngũ báo cáo viên"
    third = [p.text for p in word.paragraphs if p.style.name in ("heading 3", "Heading 3")]
    assert third == ["Đối với tỉnh", "Đối với huyện"]


def test_every_unit_stands_under_every_section_by_its_name_in_protocol_order(
    final: Draft, word: docx.document.Document
) -> None:
    paragraphs = word.paragraphs
    at = next(i for i, p in enumerate(paragraphs) if p.text.startswith("3. Việc đổi mới"))
    until = next(i for i, p in enumerate(paragraphs) if i > at and p.text.startswith("4. "))
    bold = [p.runs[0].text.rstrip(" :") for p in paragraphs[at + 1 : until] if p.runs and p.runs[0].bold]
    assert [name for name in bold if name in NAMES.values()] == [each.name for each in final.contributions]


def test_the_texts_are_those_of_the_versions_merged(final: Draft, word: docx.document.Document) -> None:
    whole = "\n".join(lines(word))
    for each in final.contributions[::7]:
        for html in each.sections.values():
            words = re.sub(r"<[^>]+>", "\n", html).replace("&amp;", "&").split("\n")
            for piece in (piece.strip() for piece in words):
                if piece and not piece.startswith("Đối với"):
                    assert piece in whole


def test_what_a_unit_proposes_to_the_province_stands_under_that_heading(final: Draft) -> None:
    proposals = {
        "BTC": "<p>Đề nghị:</p><p><strong>Đối với tỉnh:</strong> thêm kinh phí.</p>"
        "<h3>Đối với huyện</h3><ul><li>thêm người</li></ul>",
        "BTG": "<p>Đối với tỉnh.</p><p>thêm lớp học</p>",
    }
    two = [replace(each, sections={"IV.2": proposals[each.unit]}) for each in final.contributions[:2]]
    document = docx.Document(io.BytesIO(write_docx(district_document(sample.draft(two)))))
    found = lines(document)
    start = found.index("2. Đề xuất, kiến nghị")
    assert found[start + 1 : start + 8] == [
        f"{NAMES['BTC']}: Đề nghị:",
        "Đối với tỉnh",
        f"{NAMES['BTC']}: thêm kinh phí.",
        f"{NAMES['BTG']}: thêm lớp học",
        "Đối với huyện",
        f"{NAMES['BTC']}:",
        "- thêm người",
    ]


def test_units_with_nothing_to_report_are_one_sentence(final: Draft) -> None:
    some = [
        replace(each, sections={**each.sections, "II.3": "nothing_to_report"}) if each.unit in ("BTC", "BDV") else each
        for each in final.contributions[:5]
    ]
    document = docx.Document(io.BytesIO(write_docx(district_document(sample.draft(some)))))
    sentence = f"Không phát sinh nội dung này ở 2 đơn vị: {NAMES['BTC']}; {NAMES['BDV']}."
    assert lines(document).count(sentence) == 1


def test_a_provisional_one_says_so_and_marks_what_is_not_yet_accepted() -> None:
    chosen = [replace(each, state="submitted") if each.unit == "DB-MS" else each for each in sample.contributions()]
    document = docx.Document(io.BytesIO(write_docx(district_document(sample.draft(chosen, provisional=True)))))
    found = lines(document)
    assert "BÁO CÁO (BẢN TẠM TÍNH)" in found
    assert "(Bản tạm tính, số liệu lúc 15:30 ngày 31/5/2023, chưa phải bản chính thức)" in found
    assert any(text.startswith(f"{NAMES['DB-MS']} (chưa duyệt):") for text in found)
    assert any("trong đó 1 báo cáo đã gửi, chưa duyệt: " + NAMES["DB-MS"] in text for text in found)


def test_the_appendices_are_landscape_with_repeated_header_rows(word: docx.document.Document) -> None:
    assert [s.orientation for s in word.sections] == [WD_ORIENT.PORTRAIT] + [WD_ORIENT.LANDSCAPE] * 3
    first, second, third = word.tables[-3:]
    for table, rows in ((first, 2), (second, 3), (third, 3)):
        headers = [row for row in table.rows if row._tr.xpath("./w:trPr/w:tblHeader")]
        assert len(headers) == rows
    assert [len(t.columns) for t in (first, second, third)] == [8, 7, 25]
    cells = [cell.text for cell in first.rows[2].cells]
    assert cells[0] == "2013"
    assert re.fullmatch(r"3\.\d{3}/3\.\d{3}", cells[2])
    total = [cell.text for cell in first.rows[-1].cells]
    assert total == ["Tổng", "3.563", "47.725", "95,8", "20.786", "88,9", "68.511", "53.100"]


def test_the_pdf_has_the_same_words_and_only_the_vendored_font(final: Draft) -> None:
    reader = pypdf.PdfReader(io.BytesIO(write_pdf(district_document(final))))
    first = reader.pages[0].extract_text()
    assert "HUYỆN ỦY PHONG THỔ" in first
    assert "BÁO CÁO" in first
    last = reader.pages[-3]
    assert "68.511" in last.extract_text()
    assert last.mediabox.width > last.mediabox.height


def test_the_workbook_holds_numbers_as_numbers_and_every_figures_origin(final: Draft) -> None:
    origins = sources(final.spec, final.contributions, final.figures)
    book = openpyxl.load_workbook(io.BytesIO(workbook(final, origins, OFFICE_ZONE)))
    assert book.sheetnames == ["Phụ lục 1", "Phụ lục 2", "Phụ lục 3", "Đơn vị", "Nguồn số liệu"]
    sheet = book["Phụ lục 1"]
    header = [[cell.value for cell in row] for row in sheet.iter_rows(min_row=3, max_row=4)]
    assert header[1][2:5] == ["Số được học tập", "Tổng số", "%"]
    rows = {row[0].value: [cell.value for cell in row[1:]] for row in sheet.iter_rows(min_row=5, max_row=16)}
    assert rows["Tổng"] == [3563, 47725, None, 95.8, 20786, None, 88.9, 68511, 53100]
    assert list(rows)[:2] == [2013, 2014]
    assert sheet.print_title_rows == "$3:$4"
    assert sheet.page_setup.orientation == "landscape"
    units = [[cell.value for cell in row] for row in book["Đơn vị"].iter_rows(min_row=3)]
    assert len(units) == 58
    assert [row[1] for row in units if row[2] == "Chưa có"] == [NAMES["CB-BQLDA"], NAMES["CB-NH"]]
    lines_ = list(book["Nguồn số liệu"].iter_rows(min_row=2, values_only=True))
    mine = [line for line in lines_ if line[:3] == ("1", "2015", "Tổng số Hội nghị đã tổ chức")]
    assert sum(line[6] for line in mine) == mine[0][3] == final.figures["1"]["2015"]["conferences"]["value"]
    assert [line[4] for line in mine] == final.figures["1"]["2015"]["conferences"]["from"]
    assert mine[0][7:9] == ("Lò Thị Mai", datetime(2023, 5, 8, 9, 12))


def test_text_that_looks_like_a_formula_stays_text(final: Draft) -> None:
    first = replace(final.contributions[0], name="=1+1")
    some = sample.draft([first, *final.contributions[1:3]])
    book = openpyxl.load_workbook(
        io.BytesIO(workbook(some, sources(some.spec, some.contributions, some.figures), OFFICE_ZONE))
    )
    cell = book["Đơn vị"]["B3"]
    assert (cell.value, cell.data_type) == ("=1+1", "s")


def test_figures_json_is_in_the_contracts_shape(final: Draft) -> None:
    data = json.loads(figures_json(final))
    assert data["as_of"] == "2023-05-31T15:30:00+07:00"
    assert data["missing"] == ["CB-BQLDA", "CB-NH"]
    assert data["tables"]["1"]["total"]["members_percent"]["value"] == 95.8


def test_a_second_build_is_byte_equal(final: Draft) -> None:
    document = district_document(final)
    assert write_docx(document) == write_docx(district_document(final))
    assert write_pdf(document) == write_pdf(district_document(final))
    origins = sources(final.spec, final.contributions, final.figures)
    assert workbook(final, origins, OFFICE_ZONE) == workbook(final, origins, OFFICE_ZONE)


def test_without_a_known_issuer_only_what_the_plan_says_is_printed() -> None:
    document = district_document(sample.draft(sample.contributions(["BTC"]), head=Letterhead("Ban Thường vụ Huyện ủy")))
    assert (document.head.issuer, document.head.parent, document.head.place) == ("Ban Thường vụ Huyện ủy", "", "")


@pytest.mark.parametrize(
    ("number", "kind", "mark"),
    [
        ("271-KH/HU", "party", "BC/HU"),
        ("15/KH-UBND", "state", "BC-UBND"),
        ("3-CTr/ĐU", "party", "BC/ĐU"),
        ("x", "party", "BC"),
    ],
)
def test_a_reports_symbol_is_that_of_the_body_that_numbered_the_plan(number: str, kind: str, mark: str) -> None:
    assert kind_of_number(number) == kind
    assert symbol(number, kind) == mark  # type: ignore[arg-type]  # str for Literal


BUILD = """
import re, time
from pathlib import Path
from tests.assembly import sample
from tracker.assembly.running import Material, _build
from tracker.core.calendar import WorkingCalendar
whole = sample.draft(sample.contributions())
begun = time.process_time()
_build(Material(whole, WorkingCalendar()), lambda share: None)
# Not ru_maxrss: a child begins with its parent's.
peak = re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())
print(time.process_time() - begun, int(peak[1]) // 1024)
"""


def test_58_full_reports_take_less_than_200_megabytes_and_few_seconds() -> None:
    made = subprocess.run(
        [sys.executable, "-c", BUILD],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=Path(__file__).parents[2],
        check=True,
    )
    seconds, megabytes = made.stdout.split()
    assert int(megabytes) <= 200
    # The target is 3 s; twice that leaves room for a loaded machine, and still fails on anything quadratic.
    assert float(seconds) <= 6
