"""A Word file reads as its readers see it: order, numbers that Word prints, merged cells, emphasis."""

from __future__ import annotations

import io
from pathlib import Path

import docx
import pytest

from tests.documents.helpers import FIGURE_COLUMNS, VIETNAMESE, plain_docx, sample_document, word
from tracker.documents.blocks import Block, Grid, Paragraph
from tracker.documents.docx import write_docx
from tracker.documents.numbering import number_text
from tracker.documents.pdf import write_pdf
from tracker.documents.reader import open_document, rich_blocks
from tracker.documents.richblocks import RichParagraph, RichTable, rich_html
from tracker.documents.richtext import clean

PLAN = Path(__file__).parents[2] / "tracker" / "operate" / "sample" / "271-KH-HU.txt"


def _p(text: str, properties: str = "", face: str = "") -> str:
    return (
        f"<w:p><w:pPr>{properties}</w:pPr><w:r><w:rPr>{face}</w:rPr><w:t xml:space='preserve'>{text}</w:t></w:r></w:p>"
    )


def _texts(data: bytes) -> list[str]:
    return [block.text if isinstance(block, Paragraph) else str(block.rows) for block in open_document(data, "a.docx")]


def _content(blocks: list[Block]) -> list[object]:
    return [block.plain if isinstance(block, Paragraph) else block.rows for block in blocks]


def test_the_plan_as_word_reads_like_the_plan_as_text() -> None:
    text = open_document(PLAN.read_bytes(), "271-KH-HU.txt")
    assert len(text) > 80
    assert _content(open_document(plain_docx(text), "271-KH-HU.docx")) == _content(text)


def test_lines_count_paragraphs_and_rows() -> None:
    table = "<w:tbl>" + "<w:tr><w:tc><w:p><w:r><w:t>x</w:t></w:r></w:p></w:tc></w:tr>" * 2 + "</w:tbl>"
    blocks = open_document(word(_p("một") + "<w:p/>" + _p("hai") + table + _p("ba")), "a.docx")
    assert [block.line for block in blocks] == [1, 3, 4, 6]
    assert isinstance(blocks[2], Grid)
    assert blocks[2].lines == (4, 5)


def test_what_was_deleted_or_hidden_is_not_read_and_what_was_inserted_is() -> None:
    body = (
        "<w:p><w:r><w:t>giữ </w:t></w:r><w:del><w:r><w:delText>xóa</w:delText></w:r></w:del>"
        "<w:ins><w:r><w:t>thêm</w:t></w:r></w:ins><w:r><w:rPr><w:vanish/></w:rPr><w:t>ẩn</w:t></w:r>"
        "<w:hyperlink><w:r><w:t> nối</w:t></w:r></w:hyperlink><w:r><w:noBreakHyphen/><w:tab/><w:t>hết</w:t></w:r></w:p>"
    )
    assert _texts(word(body)) == ["giữ thêm nối- hết"]


def test_a_line_broken_by_hand_is_a_line_of_its_own() -> None:
    body = "<w:p><w:r><w:t>Phụ lục số 1:</w:t><w:br/><w:t>KẾT QUẢ</w:t><w:br w:type='page'/></w:r></w:p>"
    assert _texts(word(body)) == ["Phụ lục số 1:", "KẾT QUẢ"]


def test_text_is_nfc_and_capitals_by_format_are_capitals() -> None:
    assert _texts(word(_p("Tiê\u0301ng"))) == ["Tiếng"]
    assert _texts(word(_p("Đặc điểm", face="<w:caps/>"))) == ["ĐẶC ĐIỂM"]


def test_bold_is_a_whole_paragraph_in_bold_by_run_or_by_style() -> None:
    styles = (
        '<w:styles xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">'
        '<w:style w:type="paragraph" w:styleId="A"><w:name w:val="Mục"/><w:rPr><w:b/></w:rPr></w:style>'
        '<w:style w:type="paragraph" w:styleId="B"><w:name w:val="heading 2"/><w:basedOn w:val="A"/></w:style>'
        '<w:style w:type="paragraph" w:styleId="C"><w:name w:val="vòng"/><w:basedOn w:val="C"/></w:style></w:styles>'
    )
    rels = (
        '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="a"'
        ' Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/>'
        "</Relationships>"
    )
    body = (
        _p("đậm", face="<w:b/>")
        + _p("thường", face='<w:b w:val="0"/>')
        + _p("theo kiểu", '<w:pStyle w:val="B"/>')
        + _p("bỏ đậm", '<w:pStyle w:val="B"/>', '<w:b w:val="false"/>')
        + _p("vòng", '<w:pStyle w:val="C"/>')
    )
    blocks = open_document(
        word(body, parts={"word/styles.xml": styles, "word/_rels/document.xml.rels": rels}), "a.docx"
    )
    assert [(block.bold, block.style) for block in blocks if isinstance(block, Paragraph)] == [
        (True, None), (False, None), (True, "Heading 2"), (False, "Heading 2"), (False, "vòng"),
    ]  # fmt: skip


NUMBERING = (
    '<w:abstractNum w:abstractNumId="1">'
    '<w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="upperRoman"/><w:lvlText w:val="%1."/></w:lvl>'
    '<w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%2."/></w:lvl>'
    '<w:lvl w:ilvl="2"><w:start w:val="1"/><w:numFmt w:val="lowerLetter"/><w:lvlText w:val="%3)"/></w:lvl>'
    '<w:lvl w:ilvl="3"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%2.%4"/></w:lvl>'
    "</w:abstractNum>"
    '<w:abstractNum w:abstractNumId="2"><w:lvl w:ilvl="0"><w:numFmt w:val="bullet"/><w:lvlText w:val="\uf0b7"/></w:lvl>'
    '<w:lvl w:ilvl="1"><w:numFmt w:val="bullet"/><w:lvlText w:val="+"/></w:lvl></w:abstractNum>'
    '<w:num w:numId="1"><w:abstractNumId w:val="1"/></w:num><w:num w:numId="2"><w:abstractNumId w:val="2"/></w:num>'
    '<w:num w:numId="3"><w:abstractNumId w:val="1"/>'
    '<w:lvlOverride w:ilvl="0"><w:startOverride w:val="4"/></w:lvlOverride></w:num>'
)
NUMBERING_RELS = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="a"'
    ' Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/numbering" Target="numbering.xml"/>'
    "</Relationships>"
)


def _numbered(*items: tuple[int, int, str]) -> bytes:
    body = "".join(
        _p(text, f'<w:numPr><w:ilvl w:val="{depth}"/><w:numId w:val="{number}"/></w:numPr>')
        for number, depth, text in items
    )
    return word(body, numbering=NUMBERING, parts={"word/_rels/document.xml.rels": NUMBERING_RELS})


def test_automatic_numbers_are_read_as_word_prints_them() -> None:
    data = _numbered(
        (1, 0, "A"), (1, 1, "B"), (1, 1, "C"), (1, 2, "D"), (1, 2, "E"), (1, 3, "F"), (1, 0, "G"), (1, 1, "H"),
        (2, 0, "I"), (2, 1, "J"), (3, 0, "K"), (9, 0, "L"),
    )  # fmt: skip
    assert _texts(data) == [
        "I. A", "1. B", "2. C", "a) D", "b) E", "2.1 F", "II. G", "1. H", "- I", "+ J", "IV. K", "L",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("number", "form", "text"),
    [
        (4, "upperRoman", "IV"),
        (9, "lowerRoman", "ix"),
        (27, "lowerLetter", "aa"),
        (3, "decimalZero", "03"),
        (5, "x", "5"),
    ],
)
def test_number_formats(number: int, form: str, text: str) -> None:
    assert number_text(number, form) == text


def test_merged_cells_leave_empty_cells_and_the_grid_stays_rectangular() -> None:
    table = (
        "<w:tbl><w:tr><w:tc><w:tcPr><w:vMerge w:val='restart'/></w:tcPr>" + _p("Năm") + "</w:tc>"
        "<w:tc><w:tcPr><w:gridSpan w:val='2'/></w:tcPr>" + _p("Đảng viên") + "</w:tc></w:tr>"
        "<w:tr><w:tc><w:tcPr><w:vMerge/></w:tcPr><w:p/></w:tc><w:tc>"
        + _p("Số")
        + "</w:tc><w:tc>"
        + _p("%")
        + "</w:tc></w:tr>"
        "<w:tr><w:tc>" + _p("2013") + "</w:tc><w:tc>" + _p("98/120") + "</w:tc></w:tr></w:tbl>"
    )
    (grid,) = open_document(word(table), "a.docx")
    assert isinstance(grid, Grid)
    assert grid.rows == (("Năm", "Đảng viên", ""), ("", "Số", "%"), ("2013", "98/120", ""))
    (rich,) = rich_blocks(word(table), "a.docx")
    assert isinstance(rich, RichTable)
    assert '<td rowspan="2">Năm</td><td colspan="2">Đảng viên</td>' in rich.html


def test_a_head_set_in_a_table_reads_as_paragraphs() -> None:
    texts = _texts(write_docx(sample_document()))
    assert texts[:6] == [
        "ĐẢNG BỘ TỈNH LAI CHÂU", "HUYỆN ỦY PHONG THỔ", "*", "ĐẢNG CỘNG SẢN VIỆT NAM", "Số -BC/HU",
        "Phong Thổ, ngày tháng năm 2023",
    ]  # fmt: skip
    assert "-----" not in texts
    assert "- Lưu Văn phòng Huyện ủy." in texts


def test_our_own_appendix_table_reads_back_cell_for_cell() -> None:
    grids = [block for block in open_document(write_docx(sample_document()), "a.docx") if isinstance(block, Grid)]
    assert [grid.width for grid in grids] == [7, 5, 25]
    assert grids[0].rows[0] == (
        "Năm",
        FIGURE_COLUMNS[1].path[0],
        "Đảng viên",
        "",
        "Cán bộ chưa là đảng viên",
        "",
        "Tổng số người được học tập",
    )
    assert grids[0].rows[-1][:3] == ("Tổng", "7.898", "1.496")


def test_text_in_a_text_box_is_read_once() -> None:
    box = "<w:txbxContent>" + _p("trong khung") + "</w:txbxContent>"
    both = (
        '<w:p xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"><w:r><mc:AlternateContent>'
        f"<mc:Choice Requires='wps'><w:drawing>{box}</w:drawing></mc:Choice>"
        f"<mc:Fallback><w:pict>{box}</w:pict></mc:Fallback></mc:AlternateContent></w:r><w:r><w:t>ngoài</w:t></w:r></w:p>"
    )
    assert _texts(word(both)) == ["ngoài", "trong khung"]


def test_python_docx_files_read_like_what_was_put_in() -> None:
    made = docx.Document()
    made.add_heading("I. KẾT QUẢ", 1)
    made.add_paragraph(VIETNAMESE + VIETNAMESE.upper())
    made.add_paragraph("mục", style="List Bullet")
    made.add_paragraph("số", style="List Number")
    table = made.add_table(2, 3)
    table.cell(0, 0).merge(table.cell(0, 1)).text = "gộp"
    table.cell(1, 2).text = "1.148"
    out = io.BytesIO()
    made.save(out)
    blocks = open_document(out.getvalue(), "a.docx")
    assert _content(blocks) == [
        "I. KẾT QUẢ", VIETNAMESE + VIETNAMESE.upper(), "- mục", "1. số", (("gộp", "", ""), ("", "", "1.148")),
    ]  # fmt: skip
    assert isinstance(blocks[0], Paragraph)
    assert blocks[0].style == "Heading 1"


def test_rich_text_keeps_emphasis_and_lists_and_escapes_the_rest() -> None:
    body = (
        "<w:p><w:r><w:t xml:space='preserve'>Kết &lt;b&gt; </w:t></w:r><w:r><w:rPr><w:b/><w:i/></w:rPr><w:t>quả</w:t>"
        "<w:br/><w:t>x</w:t></w:r></w:p>" + _p("- một") + _p("+ hai") + _p("- ba") + _p("hết")
    )
    blocks = rich_blocks(word(body), "a.docx")
    assert [block.text for block in blocks if isinstance(block, RichParagraph)][1:] == ["- một", "+ hai", "- ba", "hết"]
    html = rich_html(blocks)
    assert html == (
        "<p>Kết &lt;b&gt; <strong><em>quả<br>x</em></strong></p>"
        "<ul><li>một<ul><li>hai</li></ul></li><li>ba</li></ul><p>hết</p>"
    )
    assert clean(html) == html, "nothing in it that the product's cleaner would take out"


def test_rich_headings_carry_their_level_and_printed_number() -> None:
    body = _p("Đặc điểm", '<w:numPr><w:ilvl w:val="0"/><w:numId w:val="1"/></w:numPr><w:outlineLvl w:val="0"/>')
    (block,) = rich_blocks(
        word(body, numbering=NUMBERING, parts={"word/_rels/document.xml.rels": NUMBERING_RELS}), "a.docx"
    )
    assert isinstance(block, RichParagraph)
    assert (block.text, block.level, block.html) == ("I. Đặc điểm", 1, "I. Đặc điểm")


def test_text_and_pdf_come_as_rich_blocks_too() -> None:
    (para, table) = rich_blocks(b"a < b\n\nx\ty\tz\n1\t2\t3\n", "a.txt")
    assert isinstance(para, RichParagraph)
    assert para.html == "a &lt; b"
    assert isinstance(table, RichTable)
    assert "<td>3</td>" in table.html


def test_our_own_pdf_reads_back_paragraph_for_paragraph() -> None:
    document = sample_document()
    by_word = [text for text in _content(open_document(write_docx(document), "a.docx")) if isinstance(text, str)]
    by_pdf = [text for text in _content(open_document(write_pdf(document), "a.pdf")) if isinstance(text, str)]
    assert set(by_word[:6]) == set(by_pdf[:6]), "the head's two columns, in either order"
    assert by_pdf[6:] == by_word[6:]


def test_our_own_pdf_tables_read_back_with_their_headers() -> None:
    grids = [block for block in open_document(write_pdf(sample_document()), "a.pdf") if isinstance(block, Grid)]
    assert [grid.width for grid in grids] == [7, 5, 25]
    assert grids[0].rows[1][2:4] == ("Số được học tập/ tổng số", "%")
    assert grids[0].rows[-1][1] == "7.898"
