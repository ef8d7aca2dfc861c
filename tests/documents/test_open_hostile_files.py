"""Files that are not what they say, or that would hurt: each is refused with a sentence, before any parser sees it."""

from __future__ import annotations

import io
import resource
import struct
import time
import zipfile
from collections.abc import Callable

import pytest

from tests.documents.helpers import W, plain_docx, sample_document, word
from tracker.core.errors import Invalid, Refusal, TooLarge
from tracker.documents.blocks import Paragraph
from tracker.documents.docx import write_docx
from tracker.documents.docx_parts import zip_parts
from tracker.documents.model import Column
from tracker.documents.package import MAX_MEMBERS, check_package
from tracker.documents.reader import MAX_FILE, open_document, rich_blocks
from tracker.documents.sheet import MAX_COLUMNS, MAX_ROWS, read_rows
from tracker.documents.workbook import Sheet, write_workbook

RELS = "http://schemas.openxmlformats.org/package/2006/relationships"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
GOOD = "<w:p><w:r><w:t>Nội dung</w:t></w:r></w:p>"


def _refusal(data: bytes, name: str = "bao-cao.docx") -> Refusal:
    with pytest.raises(Refusal) as caught:
        open_document(data, name)
    assert name in str(caught.value), "the sentence names the file"
    return caught.value


def _raw_zip(entries: list[tuple[str, bytes]], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", compression) as package:
        for name, content in entries:
            package.writestr(name, content)
    return out.getvalue()


def _relations(*rows: str) -> bytes:
    return f'<Relationships xmlns="{RELS}">{"".join(rows)}</Relationships>'.encode()


def _relation(kind: str, target: str, mode: str = "External") -> str:
    return f'<Relationship Id="x1" Type="{OFFICE}/{kind}" Target="{target}" TargetMode="{mode}"/>'


def test_the_hand_made_document_itself_is_fine() -> None:
    (block,) = open_document(word(GOOD), "a.docx")
    assert isinstance(block, Paragraph)
    assert block.text == "Nội dung"


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("a.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 600, "legacy_doc"),
        ("a.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"x" * 600, "legacy_doc"),
        ("a.docx", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "encrypted"),
        ("a.docm", word(GOOD), "macro_file"),
        ("a.exe", b"MZ", "unknown_kind"),
        ("a", b"x", "unknown_kind"),
        ("a.docx", b"MZ" + b"x" * 100, "not_office"),
        ("a.docx", b"%PDF-1.7\n", "not_office"),
        ("a.pdf", word(GOOD), "not_pdf"),
        ("a.pdf", b"\n%PDF-1.7", "not_pdf"),
        ("a.pdf", b"%PDF-1.7\nnothing here", "unreadable"),
        ("a.txt", b"\xff\xfe\x00", "not_text"),
        ("a.txt", "Báo cáo".encode("utf-16-le"), "not_text"),
        ("a.txt", b"a\x00b", "not_text"),
        ("a.docx", b"  \n", "empty_file"),
        ("a.docx", write_workbook([Sheet("x", "", [Column(("A",))], [["1"]])]), "not_office"),
    ],
)  # fmt: skip
def test_content_must_be_what_the_ending_says(name: str, data: bytes, code: str) -> None:
    assert _refusal(data, name).code == code


def test_one_byte_too_many_is_refused_before_anything_is_read() -> None:
    with pytest.raises(TooLarge) as caught:
        open_document(b"P" * (MAX_FILE + 1), "a.docx")
    assert caught.value.code == "file_too_large"


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: b"x" + data,
        lambda data: data + b"x",
        lambda data: data[:-1],
        lambda data: data[:200] + b"\xff" * 40 + data[240:],
        lambda data: data[:-2] + struct.pack("<H", 1) + b"c",
    ],
    ids=["before", "after", "cut", "overwritten", "comment"],
)
def test_the_zip_runs_from_the_first_byte_to_the_last(spoil: Callable[[bytes], bytes]) -> None:
    assert _refusal(spoil(word(GOOD))).code in {"bad_package", "not_office"}


def test_a_name_twice_is_refused() -> None:
    with zipfile.ZipFile(io.BytesIO(word(GOOD))) as package:
        entries = [(name, package.read(name)) for name in package.namelist()]
    with pytest.warns(UserWarning, match="Duplicate name"):
        data = _raw_zip([*entries, ("word/document.xml", b"<x/>")])
    assert _refusal(data).code == "bad_package"
    assert _refusal(_raw_zip([*entries, ("word/DOCUMENT.xml", b"<x/>")])).code == "bad_package"


@pytest.mark.parametrize("path", ["../../etc/x.xml", "/etc/x.xml", "word\\x.xml"])
def test_names_that_climb_are_refused(path: str) -> None:
    assert _refusal(word(GOOD, parts={path: "<x/>"})).code == "bad_package"


def test_an_encrypted_entry_is_refused() -> None:
    data = bytearray(word(GOOD))
    for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        start = data.index(mark)
        data[start + at] |= 1
    assert _refusal(bytes(data)).code == "encrypted"


def test_too_many_members_are_refused() -> None:
    parts: dict[str, str | bytes] = {f"word/x{index}.xml": "<x/>" for index in range(MAX_MEMBERS + 1)}
    assert _refusal(word(GOOD, parts=parts)).code == "too_big_unpacked"


def test_a_bomb_is_refused_by_its_directory() -> None:
    text = "<w:p><w:r><w:t>" + "a" * 19_000_000 + "</w:t></w:r></w:p>"
    assert _refusal(word(text)).code == "too_big_unpacked"
    parts: dict[str, str | bytes] = {f"word/media/{index}.bin": b"\x01" * 16_000_000 for index in range(7)}
    assert _refusal(word(GOOD, parts=parts)).code == "too_big_unpacked"


def test_a_bomb_that_lies_about_its_size_is_refused() -> None:
    honest = zip_parts({"big.xml": b"<x>" + b"a" * 3_000_000 + b"</x>"})
    with zipfile.ZipFile(io.BytesIO(word(GOOD))) as package:
        entries = [(name, package.read(name)) for name in package.namelist()]
    data = bytearray(_raw_zip([*entries, ("big.xml", b"<x>" + b"a" * 3_000_000 + b"</x>")]))
    size = struct.pack("<I", 3_000_007)
    assert size in honest
    at = data.rindex(size)
    data[at : at + 4] = struct.pack("<I", 100)
    assert _refusal(bytes(data)).code in {"bad_package", "too_big_unpacked"}


def test_a_million_empty_paragraphs_in_a_small_file_are_refused_quickly() -> None:
    """faults.md measured 185 kB with 1.5 million paragraphs: python-docx took 821 MiB for it."""
    data = word("<w:p/>" * 1_500_000)
    assert len(data) < 200_000
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    started = time.monotonic()
    assert _refusal(data).code == "too_big_unpacked"
    assert time.monotonic() - started < 5
    assert max(before, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss) < 600 * 1024


def test_overlapping_entries_are_refused() -> None:
    data = bytearray(word(GOOD))
    first = data.index(b"PK\x01\x02")
    second = data.index(b"PK\x01\x02", first + 4)
    data[second + 42 : second + 46] = data[first + 42 : first + 46]
    assert _refusal(bytes(data)).code == "bad_package"


@pytest.mark.parametrize(
    "part",
    [
        '<!DOCTYPE w:document [<!ENTITY e SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>',
        "<!doctype x>",
    ],
)
def test_a_dtd_in_any_part_is_refused(part: str) -> None:
    document = f'{part}<w:document xmlns:w="{W}"><w:body>{GOOD}</w:body></w:document>'
    assert _refusal(word(GOOD, parts={"word/document.xml": document})).code == "entity"
    assert _refusal(word(GOOD, parts={"docProps/custom.xml": f"{part}<x/>"})).code == "entity"
    assert _refusal(word(GOOD, parts={"word/media/image1.svg": f"{part}<svg/>"})).code == "entity"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-7", "latin-1"])
def test_an_encoding_that_could_hide_a_dtd_is_refused(encoding: str) -> None:
    text = f'<?xml version="1.0" encoding="{encoding}"?><x/>'
    assert _refusal(word(GOOD, parts={"docProps/app.xml": text.encode(encoding)})).code == "bad_package"


@pytest.mark.parametrize(
    "path",
    ["word/vbaProject.bin", "word/vbaData.xml", "word/activeX/activeX1.xml", "word/embeddings/oleObject1.bin"],
)
def test_macros_controls_and_embedded_files_are_refused(path: str) -> None:
    assert _refusal(word(GOOD, parts={path: "<x/>"})).code == "active_content"


def test_a_macro_document_under_another_name_is_refused() -> None:
    with zipfile.ZipFile(io.BytesIO(word(GOOD))) as package:
        types = package.read("[Content_Types].xml").decode()
    macro = types.replace(
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml",
        "application/vnd.ms-word.document.macroEnabled.main+xml",
    )
    assert _refusal(word(GOOD, parts={"[Content_Types].xml": macro})).code == "active_content"


@pytest.mark.parametrize(
    ("kind", "target"),
    [
        ("attachedTemplate", "http://127.0.0.1:9/x.dotm"),
        ("image", "http://127.0.0.1:9/x.png"),
        ("oleObject", "file:///c:/x"),
        ("hyperlink", "file:///c:/x"),
        ("hyperlink", "javascript:alert(1)"),
        ("hyperlink", "\\\\host\\share"),
    ],
)
def test_what_points_outside_is_refused(kind: str, target: str) -> None:
    data = word(GOOD, parts={"word/_rels/document.xml.rels": _relations(_relation(kind, target))})
    assert _refusal(data).code in {"external_link", "active_content"}
    inner = word(
        GOOD, parts={"word/_rels/document.xml.rels": _relations(_relation("image", "http://x.vn/a", "Internal"))}
    )
    assert _refusal(inner).code == "external_link"


@pytest.mark.parametrize("target", ["https://dangcongsan.vn/a?b=1", "http://x.vn", "mailto:a@x.vn"])
def test_ordinary_links_are_let_in(target: str) -> None:
    rels = _relations(_relation("hyperlink", target))
    assert open_document(word(GOOD, parts={"word/_rels/document.xml.rels": rels}), "a.docx")


def test_inserted_chunks_of_other_formats_are_refused() -> None:
    rels = _relations(_relation("aFChunk", "chunk.html", "Internal"))
    data = word(GOOD, parts={"word/_rels/document.xml.rels": rels, "word/chunk.html": "<html/>"})
    assert _refusal(data).code == "active_content"


def test_a_dde_field_is_refused_even_when_it_is_cut_in_pieces() -> None:
    field = (
        '<w:p><w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText>DD</w:instrText></w:r>'
        '<w:r><w:instrText>EAUTO c:\\\\x "cmd"</w:instrText></w:r><w:r><w:fldChar w:fldCharType="end"/></w:r></w:p>'
    )
    assert _refusal(word(field)).code == "active_content"


@pytest.mark.parametrize("missing", ["word/document.xml", "[Content_Types].xml", "_rels/.rels"])
def test_a_package_without_its_required_parts_is_refused(missing: str) -> None:
    with zipfile.ZipFile(io.BytesIO(word(GOOD))) as package:
        entries = [(name, package.read(name)) for name in package.namelist() if name != missing]
    assert _refusal(_raw_zip(entries)).code == "not_office"


def test_broken_xml_is_refused_with_a_sentence() -> None:
    assert _refusal(word("<w:p>")).code == "bad_package"
    assert _refusal(word(GOOD, parts={"word/_rels/document.xml.rels": "<Relationships>"})).code == "bad_package"


def test_nesting_too_deep_is_refused_and_not_dropped_in_silence() -> None:
    assert _refusal(word("<w:sdt><w:sdtContent>" * 70 + GOOD + "</w:sdtContent></w:sdt>" * 70)).code == "bad_package"
    assert _refusal(word("<w:p>" + "<w:ins>" * 70 + "</w:ins>" * 70 + "</w:p>")).code == "bad_package"
    assert _refusal(word("<w:tbl><w:tr><w:tc>" * 70 + GOOD + "</w:tc></w:tr></w:tbl>" * 70)).code == "bad_package"
    assert _refusal(word("<w:p>" * 300 + "</w:p>" * 300)).code == "bad_package"


@pytest.mark.parametrize(
    ("font", "text"), [(".VnTime", "T×nh h×nh kinh tÕ-x· héi"), ("VNI-Times", "Ñaûng boä"), (".VnTimeH", "§¶ng")]
)
def test_a_document_in_a_legacy_font_is_refused_and_says_what_to_do(font: str, text: str) -> None:
    run = f'<w:p><w:r><w:rPr><w:rFonts w:ascii="{font}" w:hAnsi="{font}"/></w:rPr><w:t>{text}</w:t></w:r></w:p>'
    refusal = _refusal(word(GOOD + run))
    assert refusal.code == "legacy_font"
    assert "Unicode" in str(refusal)


def test_a_legacy_font_over_unicode_text_or_digits_is_harmless() -> None:
    run = '<w:p><w:r><w:rPr><w:rFonts w:ascii=".VnTime"/></w:rPr><w:t>Hội nghị năm 2013 ở huyện á à</w:t></w:r></w:p>'
    (block,) = open_document(word(run), "a.docx")
    assert isinstance(block, Paragraph)
    assert block.text == "Hội nghị năm 2013 ở huyện á à"


def test_a_file_that_is_only_kept_passes_the_same_checks() -> None:
    check_package(word(GOOD), "docx", "a.docx")
    for parts, code in (
        ({"word/vbaProject.bin": b"x"}, "active_content"),
        ({"docProps/app.xml": b"<!DOCTYPE x><x/>"}, "entity"),
        ({"word/_rels/document.xml.rels": _relations(_relation("image", "http://x.vn"))}, "external_link"),
        ({"word/_rels/x.xml.rels": b"<x>" + b"y" * 3_000_000 + b"</x>"}, "too_big_unpacked"),
    ):
        with pytest.raises(Invalid) as caught:
            check_package(word(GOOD, parts=dict(parts)), "docx", "a.docx")
        assert caught.value.code == code


def test_rich_reading_stands_behind_the_same_door() -> None:
    for data in (word(GOOD, parts={"word/vbaProject.bin": b"x"}), word(GOOD) + b"x"):
        with pytest.raises(Invalid):
            rich_blocks(data, "a.docx")


# --- tables ---


def _sheet_with(cells: str, parts: dict[str, bytes] | None = None) -> bytes:
    data = write_workbook([Sheet("x", "", [Column(("A",))], [["1"]])])
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        everything: dict[str, str | bytes] = {name: package.read(name) for name in package.namelist()}
    space = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    everything["xl/worksheets/sheet1.xml"] = f'<worksheet xmlns="{space}"><sheetData>{cells}</sheetData></worksheet>'
    return zip_parts(everything | (parts or {}))


def _table_refusal(data: bytes, name: str = "bang.xlsx") -> Refusal:
    with pytest.raises(Refusal) as caught:
        read_rows(data, name)
    assert name in str(caught.value)
    return caught.value


def test_a_far_away_cell_is_refused_before_a_table_of_milliards_is_made() -> None:
    """faults.md: 4.8 kB with one cell at XFD1048576."""
    far = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    assert _table_refusal(_sheet_with(far)).code == "too_many_cells"
    wide = '<row r="1"><c t="n" r="XFD1"><v>1</v></c></row>'
    assert _table_refusal(_sheet_with(wide)).code == "too_many_cells"
    assert read_rows(_sheet_with('<row r="2"><c r="B2"><v>7</v></c></row>'), "a.xlsx") == [[], ["", "7"]]


def test_workbooks_pass_the_same_guards() -> None:
    one = '<row r="1"><c r="A1"><v>1</v></c></row>'
    assert _table_refusal(_sheet_with(one, {"xl/vbaProject.bin": b"x"})).code == "active_content"
    assert _table_refusal(_sheet_with(one, {"xl/x.xml": b"<!DOCTYPE x><x/>"})).code == "entity"
    assert _table_refusal(_sheet_with(one) + b"x").code == "bad_package"
    assert _table_refusal(word(GOOD)).code == "not_office"
    assert _table_refusal(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "bang.xls").code == "legacy_doc"
    assert _table_refusal(b"x", "bang.ods").code == "unknown_table_kind"


def test_csv_limits_and_bad_quotes_are_refused_with_the_line() -> None:
    assert _table_refusal(b"a\n" * (MAX_ROWS + 1), "a.csv").code == "too_many_cells"
    assert _table_refusal(b"," * (MAX_COLUMNS + 1), "a.csv").code == "too_many_cells"
    refusal = _table_refusal(b'a,b\n"x"y,z\n', "a.csv")
    assert refusal.code == "bad_csv"
    assert "dòng 2" in str(refusal)


def test_a_docx_of_ours_is_let_in() -> None:
    assert open_document(write_docx(sample_document()), "a.docx")
    assert open_document(plain_docx([Paragraph(1, "a")]), "a.docx")
