"""A PDF reads in paragraphs, not in lines; its ruled tables are grids; scans and active files are refused."""

from __future__ import annotations

import io
import zlib
from pathlib import Path

import pytest
import typst
from pypdf import PdfWriter
from pypdf.generic import DictionaryObject, NameObject, TextStringObject

from tests.documents.helpers import VIETNAMESE, letter
from tracker.core.errors import Invalid
from tracker.documents.blocks import Block, Grid, Paragraph
from tracker.documents.glyphs import FONTS
from tracker.documents.guard import MIB
from tracker.documents.pdf import write_pdf
from tracker.documents.pdfcells import CellLine, cell_text, is_syllable
from tracker.documents.reader import open_document
from tracker.documents.textfile import blocks_from_text

PLAN = Path(__file__).parents[2] / "tracker" / "operate" / "sample" / "271-KH-HU.txt"


def _pdf(source: str, **inputs: str) -> bytes:
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(FONTS)])
    head = '#set text(font: "Tinos", size: 13pt, lang: "vi", hyphenate: false)\n'
    return typst.compile((head + source).encode(), font_paths=fonts, sys_inputs=inputs, format="pdf", timestamp=0)


def _read(data: bytes) -> list[Block]:
    return open_document(data, "ke-hoach.pdf")


def _texts(data: bytes) -> list[str]:
    return [block.text for block in _read(data) if isinstance(block, Paragraph)]


PLAN_PAGE = """
#let lines = sys.inputs.text.split("\\n")
#set page(paper: "PAPER", margin: MARGIN)
#set par(justify: JUSTIFY, first-line-indent: (amount: INDENT, all: true), spacing: SPACING, leading: 0.6em)
#for line in lines { par(text(line)) }
"""


@pytest.mark.parametrize(
    ("paper", "margin", "justify", "indent", "spacing"),
    [
        ("a4", "(left: 30mm, right: 15mm, y: 20mm)", "true", "10mm", "1.1em"),
        ("a4", "25mm", "false", "0pt", "1.4em"),
        ("us-letter", "1in", "false", "12.7mm", "0.6em"),
    ],
)
def test_wrapped_lines_become_the_paragraphs_they_were(
    paper: str, margin: str, justify: str, indent: str, spacing: str
) -> None:
    text = [block.plain for block in blocks_from_text(PLAN.read_text("utf-8")) if isinstance(block, Paragraph)]
    # The scan broke two sentences over a page; a reader of the PDF joins them again.
    text = [line for line in text if not line[0].islower() and not line.endswith(("hạn", "việc tổ"))]
    source = PLAN_PAGE
    for word, value in (
        ("PAPER", paper),
        ("MARGIN", margin),
        ("JUSTIFY", justify),
        ("INDENT", indent),
        ("SPACING", spacing),
    ):
        source = source.replace(word, value)
    assert _texts(_pdf(source, text="\n".join(text))) == text


def test_every_letter_comes_back() -> None:
    source = '#for part in sys.inputs.text.split("|") { par(text(part)) }'
    lines = [VIETNAMESE[at : at + 30] for at in range(0, len(VIETNAMESE), 30)]
    lines += [line.upper() for line in lines]
    assert "".join(_texts(_pdf(source, text="|".join(lines)))).replace(" ", "") == "".join(lines)


def test_a_table_over_two_pages_is_one_grid_without_its_repeated_header() -> None:
    source = """
#set page(height: 120mm, width: 120mm, margin: 20mm)
#table(columns: 3, table.header([Năm], [Số], [Người]), ..range(2013, 2033).map(y => ([#y], [#(y * 2)], [])).flatten())
Ghi chú: hết.
"""
    (grid, note) = _read(_pdf(source))
    assert isinstance(grid, Grid)
    assert len(grid.rows) == 21
    assert grid.rows[0] == ("Năm", "Số", "Người")
    assert grid.rows[-1] == ("2032", "4064", "")
    assert isinstance(note, Paragraph)
    assert note.text == "Ghi chú: hết."


def test_page_numbers_are_not_text() -> None:
    data = _pdf('#set page(numbering: "1")\nMột đoạn.\n#pagebreak()\nHai đoạn.')
    assert _texts(data) == ["Một đoạn.", "Hai đoạn."]


def test_the_signature_beside_the_recipients_does_not_mix_into_them() -> None:
    texts = _texts(write_pdf(letter()))
    at = texts.index("Nơi nhận:")
    assert texts[at : at + 5] == [
        "Nơi nhận:", "- Thường trực Tỉnh ủy (B/c);", "- Các ban đảng huyện;", "- Lưu Văn phòng Huyện ủy.",
        "T/M BAN THƯỜNG VỤ",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("lines", "letters", "text"),
    [
        ("tươn|g|đươn|g", 4, "tương đương"),
        ("C|ấ|p|ủ|y|c|ơ|s|ở", 1, "Cấp ủy cơ sở"),
        ("Cấp|ủy|cấp|huyệ|n|và", 4, "Cấp ủy cấp huyện và"),
        ("UBK|T|cấp", 3, "UBKT cấp"),
        ("UBKT|cấp ủy", 5, "UBKT cấp ủy"),
        ("Tập|thể", 3, "Tập thể"),
        ("Số|cuộc", 4, "Số cuộc"),
        ("CB,|công|chức", 4, "CB, công chức"),
        ("20|23", 2, "2023"),
        ("1.148|2", 9, "1.148 2"),
    ],
)
def test_words_cut_by_a_narrow_column_are_mended_and_words_are_not_glued(lines: str, letters: int, text: str) -> None:
    cell = [CellLine(line, 5.0 * len(line)) for line in lines.split("|")]
    assert cell_text(cell, 5.0 * letters) == text


@pytest.mark.parametrize(
    ("word", "yes"), [("vàt", False), ("nghiệp", True), ("tương", True), ("ủyc", False), ("T", False)]
)
def test_what_can_be_one_syllable(word: str, yes: bool) -> None:
    assert is_syllable(word) is yes


# --- refused ---


def _refused(data: bytes) -> Invalid:
    with pytest.raises(Invalid) as caught:
        _read(data)
    assert "ke-hoach.pdf" in str(caught.value)
    return caught.value


def _written(writer: PdfWriter) -> bytes:
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


def _writer() -> PdfWriter:
    return PdfWriter(clone_from=io.BytesIO(_pdf("Xin chào.")))


def test_a_scan_is_refused_and_says_what_to_do() -> None:
    writer = PdfWriter()
    writer.add_blank_page(595, 842)
    refusal = _refused(_written(writer))
    assert refusal.code == "scanned"
    assert "Gõ lại" in str(refusal)


def test_a_locked_pdf_is_refused() -> None:
    writer = _writer()
    writer.encrypt("mat-khau", algorithm="RC4-128")
    assert _refused(_written(writer)).code == "encrypted"


def test_scripts_launches_and_files_inside_are_refused() -> None:
    script, launch = _writer(), _writer()
    for writer, kind, key, text in (
        (script, "/JavaScript", "/JS", "app.alert(1)"),
        (launch, "/Launch", "/F", "cmd.exe"),
    ):
        action = {NameObject("/S"): NameObject(kind), NameObject(key): TextStringObject(text)}
        writer.root_object[NameObject("/OpenAction")] = DictionaryObject(action)
    attached = _writer()
    attached.add_attachment("x.exe", b"MZ")
    for writer in (script, launch, attached):
        assert _refused(_written(writer)).code == "active_content"


def test_garbage_behind_a_pdf_header_is_refused() -> None:
    good = _pdf("Xin chào.")
    for data in (b"%PDF-1.7\n" + b"\x00" * 5000, good[: len(good) // 2], good.replace(b"obj", b"xxx")):
        assert _refused(data).code in {"unreadable", "scanned"}


def test_a_stream_that_swells_past_the_memory_limit_is_refused() -> None:
    packer = zlib.compressobj(1)
    swollen = b"".join(packer.compress(b" " * MIB) for _ in range(900)) + packer.flush()
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 99 99]/Contents 4 0 R>>",
        b"<</Length %d/Filter/FlateDecode>>stream\n%s\nendstream" % (len(swollen), swollen),
    ]
    out, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj%s endobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 5\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer<</Size 5/Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n" % start
    assert _refused(out).code == "too_heavy"
