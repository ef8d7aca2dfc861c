"""The Word file: python-docx opens it, Word's own means are used, and the bytes are the same each time."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from typing import Any

import docx
import pytest
from docx.document import Document as WordDocument
from docx.enum.section import WD_ORIENTATION
from lxml import etree

from tests.documents.helpers import VIETNAMESE, letter, sample_document
from tracker.documents.docx import write_docx
from tracker.documents.model import Heading, Para, text_runs
from tracker.documents.profiles import PROFILES

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


def _open(data: bytes) -> WordDocument:
    return docx.Document(io.BytesIO(data))


def _part(data: bytes, name: str = "word/document.xml") -> Any:
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        return etree.fromstring(package.read(name))


@pytest.mark.parametrize("key", sorted(PROFILES))
def test_python_docx_opens_every_profile_with_its_page_set_up(key: str) -> None:
    word = _open(write_docx(sample_document(key)))
    main, *appendices = word.sections
    assert (round(main.page_width.mm), round(main.page_height.mm)) == (210, 297)
    assert [round(side.mm) for side in (main.top_margin, main.bottom_margin, main.left_margin, main.right_margin)] == [
        20, 20, 30, 15,
    ]  # fmt: skip
    assert round(main.header_distance.mm) == 10
    assert main.different_first_page_header_footer
    assert [section.orientation for section in appendices] == [WD_ORIENTATION.LANDSCAPE] * 3
    assert word.core_properties.title.startswith("BÁO CÁO Tổng kết 10 năm")
    assert word.core_properties.language == "vi-VN"


def test_headings_are_real_styles_so_that_the_navigation_pane_works() -> None:
    word = _open(write_docx(sample_document()))
    headings = [(p.style.name, p.text) for p in word.paragraphs if p.style and p.style.name.startswith("Heading")]
    assert ("Heading 1", "I. ĐẶC ĐIỂM TÌNH HÌNH") in headings
    assert ("Heading 2", "1. Về đổi mới, nâng cao chất lượng công tác tuyên truyền") in headings
    assert ("Heading 3", "Đảng ủy xã mẫu số 2") in headings


def test_table_headers_repeat_and_no_row_is_split() -> None:
    root = _part(write_docx(sample_document()))
    big = next(table for table in root.iter(f"{W}tbl") if len(table.find(f"{W}tblGrid")) == 25)
    rows = big.findall(f"{W}tr")
    assert [row.find(f"{W}trPr/{W}tblHeader") is not None for row in rows] == [True] * 3 + [False] * 12
    assert all(row.find(f"{W}trPr/{W}cantSplit") is not None for row in rows)
    for row in rows:
        spans = [cell.find(f"{W}tcPr/{W}gridSpan") for cell in row.findall(f"{W}tc")]
        assert sum(1 if span is None else int(span.get(f"{W}val")) for span in spans) == 25


def test_merged_headers_read_back_as_merged() -> None:
    word = _open(write_docx(sample_document()))
    table = next(table for table in word.tables if len(table.columns) == 7)
    assert table.cell(0, 2).text == table.cell(0, 3).text == "Đảng viên"
    assert table.cell(0, 0).text == table.cell(1, 0).text == "Năm"
    assert table.cell(13, 1).text == "7.898"


def test_the_page_number_is_centred_in_the_header_and_not_on_the_first_page() -> None:
    word = _open(write_docx(sample_document()))
    header = word.sections[0].header._element
    assert "PAGE" in "".join(node.text or "" for node in header.iter(f"{W}instrText"))
    assert "".join(node.text or "" for node in word.sections[0].first_page_header._element.iter(f"{W}instrText")) == ""


def test_the_font_is_times_and_the_language_vietnamese() -> None:
    styles = _part(write_docx(sample_document()), "word/styles.xml")
    fonts = styles.find(f"{W}docDefaults/{W}rPrDefault/{W}rPr/{W}rFonts")
    assert {fonts.get(f"{W}{name}") for name in ("ascii", "hAnsi", "cs")} == {"Times New Roman"}
    assert styles.find(f".//{W}lang").get(f"{W}val") == "vi-VN"
    body = next(style for style in styles.iter(f"{W}style") if style.get(f"{W}styleId") == "BodyText")
    assert body.find(f"{W}pPr/{W}spacing").get(f"{W}line") == "360"
    assert body.find(f"{W}pPr/{W}spacing").get(f"{W}lineRule") == "exact"


def test_party_and_state_heads_differ_as_their_rules_say() -> None:
    party, state = (_open(write_docx(sample_document(key))) for key in ("dang_hd36", "nd30"))

    def cells(word: WordDocument) -> list[str]:
        return [cell.text for row in word.tables[0].rows for cell in row.cells]

    assert cells(party)[0].splitlines() == ["ĐẢNG BỘ TỈNH LAI CHÂU", "HUYỆN ỦY PHONG THỔ", "*"]
    assert cells(party)[1].strip() == "ĐẢNG CỘNG SẢN VIỆT NAM"
    assert cells(party)[2] == "Số       -BC/HU"
    assert "Độc lập - Tự do - Hạnh phúc" in cells(state)[1]
    assert cells(state)[2] == "Số:       /BC-UBND"
    assert "*" not in cells(state)[0]
    texts = [p.text for p in party.paragraphs]
    assert texts[texts.index(next(t for t in texts if t.startswith("Tổng kết"))) + 1] == "-----"
    assert "-----" not in [p.text for p in state.paragraphs]


def test_a_letter_names_its_addressees_and_its_subject_under_the_number() -> None:
    word = _open(write_docx(letter()))
    number = word.tables[0].rows[1].cells[0].text
    assert number.splitlines() == ["Số 07-CV/HU", "đôn đốc gửi báo cáo tổng kết 10 năm thực hiện Đề án 1327"]
    assert word.tables[0].rows[1].cells[1].text == "Phong Thổ, ngày 12 tháng 5 năm 2023"
    texts = [p.text for p in word.paragraphs]
    assert "Kính gửi:" in texts
    assert "- Chi bộ Trung tâm Y tế huyện." in texts


def test_every_vietnamese_letter_and_hostile_text_come_back_as_they_went_in() -> None:
    hostile = "a < b & c > \"d\" 'e' ]]> <w:t>=1+1</w:t>"
    text = f"{VIETNAMESE} {VIETNAMESE.upper()} {hostile}"
    document = replace(
        sample_document(), body=(Para(text_runs(text)), Para(text_runs("hỏng\x00\x0b\ud800\uffff xong")))
    )
    texts = [p.text for p in _open(write_docx(document)).paragraphs]
    assert text in texts
    assert "hỏng xong" in texts


def test_the_same_document_gives_the_same_bytes_and_well_formed_parts() -> None:
    data = write_docx(sample_document())
    assert data == write_docx(sample_document())
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        for name in package.namelist():
            etree.fromstring(package.read(name))


def test_state_appendices_start_their_own_page_numbers_and_party_ones_go_on() -> None:
    party, state = (_part(write_docx(sample_document(key))) for key in ("dang_hd36", "nd30"))
    assert len(list(party.iter(f"{W}pgNumType"))) == 0
    assert len(list(state.iter(f"{W}pgNumType"))) == 3


def test_headings_deeper_than_six_are_still_headings() -> None:
    document = replace(sample_document(), body=(Heading(9, "sâu"),), appendices=())
    (deep,) = [p for p in _open(write_docx(document)).paragraphs if p.text == "sâu"]
    assert deep.style is not None
    assert deep.style.name == "Heading 6"
