"""What may be attached, what it is called, and that rows and files go together."""

from __future__ import annotations

import io
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import docx
import openpyxl
import pytest
from flask import Flask

from tracker.core.db import session, transaction
from tracker.core.errors import NotFound, Refusal
from tracker.core.people import Actor
from tracker.files import store as stores
from tracker.files.models import Attachment
from tracker.files.queries import attachments, find
from tracker.files.rules import LARGEST, display_name
from tracker.files.service import attach, detach, forget_orphans
from tracker.files.store import FolderStore, open_store
from tracker.files.views import disposition, download

NOW = datetime(2023, 5, 9, 9, 40, tzinfo=UTC)
MAI = Actor(user_id=7, name="Lò Thị Mai")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path) -> Iterator[Path]:
    """A store of this test's own."""
    before = stores._store
    stores.use_store(f"file://{tmp_path}/files")
    yield tmp_path / "files"
    stores._store = before


def a_docx() -> bytes:
    made, out = docx.Document(), io.BytesIO()
    made.add_paragraph("Báo cáo của xã Bản Lang")
    made.save(out)
    return out.getvalue()


def a_png(width: int = 2, height: int = 2) -> bytes:
    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 6)) + chunk(b"IEND", b"")


PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"


def test_a_file_comes_back_as_it_went_in(app: Flask) -> None:
    data = a_docx()
    with transaction():
        row = attach("report:12", "Báo cáo Đề án.docx", data, MAI, NOW)
        key = row.id
    found = find(key, "report:12")
    assert (found.name, found.size, found.uploaded_by_name) == ("Báo cáo Đề án.docx", len(data), "Lò Thị Mai")
    assert stores.store().get(found.sha256) == data


def test_another_things_file_is_not_there(app: Flask) -> None:
    with transaction():
        key = attach("report:12", "a.pdf", PDF, MAI, NOW).id
    with pytest.raises(NotFound):
        find(key, "report:13")
    assert attachments("report:13") == []


def refused(name: str, data: bytes) -> str:
    with pytest.raises(Refusal) as refusal:
        attach("report:12", name, data, MAI, NOW)
    return refusal.value.code


def zipped(**parts: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, data in parts.items():
            made.writestr(name, data)
    return out.getvalue()


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("a.exe", b"MZ\x90\x00", "file_type"),
        ("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "file_type"),
        ("a.html", b"<script>alert(1)</script>", "file_type"),
        ("a.docm", b"PK\x03\x04", "file_type"),
        ("khong-duoi", b"PK\x03\x04", "file_type"),
        ("a.docx", b"MZ\x90\x00" + b"\0" * 100, "file_content"),
        ("a.pdf", b"PK\x03\x04", "file_content"),
        ("a.png", b"\xff\xd8\xff", "file_content"),
        ("a.pdf", b"%PDF-1.4 /OpenAction << /S /JavaScript >> %%EOF", "pdf_acts"),
        ("a.pdf", b"%PDF-1.4 cut in the middle", "pdf_acts"),
        ("a.pdf", b"", "empty_file"),
        ("a.jpg", b"\xff\xd8\xff\xe0\x00\x10JFIF", "bad_image"),
        ("a.png", a_png(60_000, 60_000), "bad_image"),
    ],
)
def test_it_refuses(app: Flask, folder: Path, name: str, data: bytes, code: str) -> None:
    assert refused(name, data) == code
    assert not folder.exists() or not list(folder.rglob("*"))


def test_it_refuses_one_byte_too_many(app: Flask) -> None:
    assert refused("a.pdf", PDF + b"\0" * (LARGEST - len(PDF) + 1)) == "file_too_large"


def test_it_refuses_a_word_file_with_a_macro_a_bomb_or_a_plain_zip(app: Flask) -> None:
    with zipfile.ZipFile(io.BytesIO(a_docx())) as good:
        parts = {name: good.read(name) for name in good.namelist()}
    assert refused("a.docx", zipped(**parts, **{"word/vbaProject.bin": b"macro"})) == "active_content"
    bomb = {**parts, "word/document.xml": b"<a>" + b" " * 30_000_000 + b"</a>"}
    assert refused("a.docx", zipped(**bomb)) == "too_big_unpacked"
    assert refused("a.docx", zipped(a=b"x")) in {"not_office", "bad_package"}
    book, out = openpyxl.Workbook(), io.BytesIO()
    book.save(out)
    assert refused("a.docx", out.getvalue()) in {"not_office", "bad_package"}


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\mai\\Báo cáo.docx", "Báo cáo.docx"),
        (unicodedata.normalize("NFD", "Đề án số 06.docx"), "Đề án số 06.docx"),
        ("bao\u202excod.exe", "baoxcod.exe"),
        ("a\x00b\r\nSet-Cookie: x.pdf", "ab Set-Cookie: x.pdf"),
        ("CON.docx", "tep-CON.docx"),
        ("...", "tep"),
        ("", "tep"),
        ("x" * 200 + ".pdf", "x" * 146 + ".pdf"),
    ],
)
def test_the_name_is_made_safe_and_stays_vietnamese(given: str, shown: str) -> None:
    assert display_name(given) == shown


def test_a_download_is_an_attachment_in_a_sandbox(app: Flask) -> None:
    with transaction():
        row = attach("report:12", "Báo cáo «Đề án».pdf", PDF, MAI, NOW)
        answer = download(row)
    assert answer.get_data() == PDF
    assert answer.headers["Content-Security-Policy"].startswith("sandbox")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    said = answer.headers["Content-Disposition"]
    assert said.startswith('attachment; filename="B_o c_o ')
    assert "filename*=UTF-8''B%C3%A1o%20c%C3%A1o%20%C2%AB%C4%90%E1%BB%81%20%C3%A1n%C2%BB.pdf" in said


def test_no_name_can_start_another_header() -> None:
    value = disposition('a"; filename="evil.exe\r\nX: y')
    assert value.count('"') == 2
    assert "\r" not in value
    assert "\n" not in value


def test_a_key_is_never_a_path(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("x")
    for key in ("../secret", "/etc/passwd", "", "a" * 63, "A" * 64, "a" * 64 + "\n"):
        with pytest.raises(NotFound):
            FolderStore(tmp_path / "files").get(key)


def test_the_same_bytes_are_kept_once_and_a_failed_write_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = open_store(f"file://{tmp_path}/s")
    assert kept.put(b"abc") == kept.put(b"abc")
    monkeypatch.setattr("os.fsync", _disk_full)
    with pytest.raises(OSError, match="full"):
        kept.put(b"other")
    assert [p.name for p in (tmp_path / "s").rglob("*") if p.is_file()] == [kept.put(b"abc")]


def _disk_full(_handle: int) -> None:
    raise OSError("the disk is full")


def test_bytes_without_a_row_are_swept_and_the_others_stay(app: Flask) -> None:
    real_now = datetime.now(UTC)
    with transaction():
        row = attach("report:12", "a.pdf", PDF, MAI, NOW)
        key = row.sha256
    orphan = stores.store().put(b"written, then the transaction failed")
    assembled = stores.store().put(b"what another room keeps")
    assert forget_orphans({assembled}, real_now) == 0
    assert forget_orphans({assembled}, real_now + timedelta(days=2)) == 1
    assert not stores.store().exists(orphan)
    assert stores.store().exists(key)
    assert stores.store().exists(assembled)
    with transaction():
        detach(session().get_one(Attachment, find(1, "report:12").id), MAI, NOW)
    assert forget_orphans({assembled}, real_now + timedelta(days=2)) == 1
    assert not stores.store().exists(key)
