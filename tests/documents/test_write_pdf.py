"""The PDF: PDF/A-2b, in Tinos alone, every Vietnamese letter, nothing of a person's text read as markup."""

from __future__ import annotations

import hashlib
import io
import json
import subprocess
import unicodedata
from dataclasses import replace
from pathlib import Path

import pytest
from pypdf import PdfReader

from tests.documents.helpers import VIETNAMESE, letter, sample_document
from tracker.documents.glyphs import FONTS, coverage, printable
from tracker.documents.model import Document, Para, text_runs
from tracker.documents.pdf import write_pdf
from tracker.documents.profiles import PROFILES


def _poppler(tool: str, data: bytes, tmp_path: Path, *options: str) -> str:
    path = tmp_path / "document.pdf"
    path.write_bytes(data)
    arguments = [tool, *options, str(path)]
    if tool == "pdftotext":
        arguments.append("-")
    done = subprocess.run(arguments, capture_output=True, text=True, check=True, timeout=60)
    return unicodedata.normalize("NFC", done.stdout)


def _with(text: str) -> Document:
    return replace(letter(), body=(Para(text_runs(text)),))


@pytest.mark.parametrize("key", sorted(PROFILES))
def test_every_profile_gives_pdf_a_with_tinos_alone(key: str, tmp_path: Path) -> None:
    data = write_pdf(sample_document(key))
    fonts = _poppler("pdffonts", data, tmp_path).splitlines()[2:]
    assert fonts
    assert all(line.split()[0].partition("+")[2].startswith("Tinos") for line in fonts)
    assert all(line.split()[-5:-2] == ["yes", "yes", "yes"] for line in fonts), "embedded, subset, with Unicode table"
    metadata = PdfReader(io.BytesIO(data)).xmp_metadata
    assert metadata is not None
    raw = metadata.stream.get_data().decode()
    assert "<pdfaid:part>2</pdfaid:part>" in raw
    assert "<pdfaid:conformance>B</pdfaid:conformance>" in raw


def test_every_vietnamese_letter_comes_back_from_the_pdf(tmp_path: Path) -> None:
    lines = [VIETNAMESE[at : at + 20] for at in range(0, len(VIETNAMESE), 20)]
    text = _poppler("pdftotext", write_pdf(_with("\n".join(lines + [line.upper() for line in lines]))), tmp_path)
    for line in lines:
        assert line in text
        assert line.upper() in text


def test_text_is_never_read_as_markup(tmp_path: Path) -> None:
    hostile = r'=1+1 #read("/etc/passwd") #strong[x] $x^2$ \ *b* _c_ `d` <l> @ref // c /* */ https://x.vn "q" -- ...'
    text = _poppler("pdftotext", write_pdf(_with(hostile)), tmp_path, "-layout")
    assert " ".join(hostile.split()) in " ".join(text.split())


def test_a_letter_that_the_fonts_lack_prints_as_a_box_and_stops_nothing(tmp_path: Path) -> None:
    text = _poppler("pdftotext", write_pdf(_with("Cười 😀 chữ 中 ô ☐ dấu ✓ xong")), tmp_path)
    assert "Cười □ chữ □ ô □ dấu √ xong" in text


def test_the_fonts_print_every_letter_that_is_taken_for_granted() -> None:
    granted = [chr(code) for code in range(0x20, 0x1F00) if printable(chr(code)) == chr(code)]
    assert {ord(char) for char in granted} <= coverage()
    assert {ord(char) for char in VIETNAMESE + VIETNAMESE.upper()} <= coverage()


def test_page_numbers_skip_the_first_page_and_restart_in_state_appendices(tmp_path: Path) -> None:
    def numbers(key: str) -> list[str]:
        pages = _poppler("pdftotext", write_pdf(sample_document(key)), tmp_path, "-layout").split("\f")
        firsts = [page.strip().splitlines()[0].strip() if page.strip() else "" for page in pages]
        return [first for first in firsts if first.isdecimal()]

    assert numbers("dang_hd36") == ["2", "3", "4", "5"]
    assert numbers("nd30") == ["2"]


def test_headings_are_bookmarks_and_appendices_lie_on_landscape_pages() -> None:
    reader = PdfReader(io.BytesIO(write_pdf(sample_document())))
    titles = json.dumps([str(item) for item in reader.outline], ensure_ascii=False)
    assert "ĐẶC ĐIỂM TÌNH HÌNH" in titles
    assert "Phụ lục số 3" in titles
    sizes = [(round(float(page.mediabox.width)), round(float(page.mediabox.height))) for page in reader.pages]
    assert sizes[0] == (595, 842)
    assert sizes[-1] == (842, 595)


def test_the_same_document_gives_the_same_bytes() -> None:
    assert write_pdf(sample_document()) == write_pdf(sample_document())


def test_the_vendored_fonts_are_the_ones_named_in_vendor() -> None:
    lines = (FONTS / "VENDOR").read_text().splitlines()
    sums = dict(reversed(line.split("  ")) for line in lines if line.endswith(".ttf"))
    assert set(sums) == {path.name for path in FONTS.glob("*.ttf")}
    for name, digest in sums.items():
        assert hashlib.sha256((FONTS / name).read_bytes()).hexdigest() == digest
