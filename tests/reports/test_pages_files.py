"""Attachments of a report, and the report as a Word document."""

from __future__ import annotations

import io
import zipfile
from types import ModuleType

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.reports.conftest import FRIDAY, World
from tests.reports.web import Browser, browser
from tracker.files.queries import attachments

PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"


@pytest.fixture(autouse=True)
def _friday(clock: ModuleType) -> None:
    clock.start_at(FRIDAY)


def attach(who: Browser, report: int, name: str = "Danh sách.pdf", data: bytes = PDF) -> TestResponse:
    body = {"csrf_token": who.token(), "file": (io.BytesIO(data), name)}
    return who.client.post(f"/reports/{report}/files", data=body, content_type="multipart/form-data")


def test_a_file_is_attached_listed_and_given_back_as_a_download(app: Flask, world: World) -> None:
    who = browser(app, world.mai)
    assert attach(who, world.report).status_code == 303
    (kept,) = attachments(f"report:{world.report}")
    assert (kept.name, kept.uploaded_by_name) == ("Danh sách.pdf", "Lò Thị Mai")
    assert "Danh sách.pdf" in who.get(f"/reports/{world.report}/files")
    answer = who.client.get(f"/reports/{world.report}/files/{kept.id}")
    assert answer.data == PDF
    assert answer.headers["Content-Disposition"].startswith("attachment;")


def test_a_file_that_is_not_what_its_name_says_is_refused_with_a_sentence(app: Flask, world: World) -> None:
    who = browser(app, world.mai)
    for name, data in (("x.pdf", b"<html>"), ("x.exe", b"MZ"), ("", b"")):
        answer = attach(who, world.report, name, data)
        assert answer.status_code == 422
        assert "Chưa đính kèm được" in answer.get_data(as_text=True)
    assert attachments(f"report:{world.report}") == []


def test_a_file_is_taken_away_again(app: Flask, world: World) -> None:
    who = browser(app, world.mai)
    attach(who, world.report)
    (kept,) = attachments(f"report:{world.report}")
    path = f"/reports/{world.report}/files/{kept.id}/delete"
    assert who.post(path, {"csrf_token": who.token()}).status_code == 303
    assert attachments(f"report:{world.report}") == []


def test_another_reports_file_is_not_found_through_ones_own(app: Flask, world: World) -> None:
    attach(browser(app, world.mai), world.report)
    (kept,) = attachments(f"report:{world.report}")
    other, theirs = browser(app, world.dao_san), world.opened.reports["DB-DS"]
    for report in (theirs, world.report):
        assert other.client.get(f"/reports/{report}/files/{kept.id}").status_code == 404
        assert other.post(f"/reports/{report}/files/{kept.id}/delete", {"csrf_token": other.token()}).status_code == 404


def test_nothing_is_attached_to_a_report_that_was_sent(app: Flask, world: World) -> None:
    who = browser(app, world.mai)
    attach(who, world.report)
    (kept,) = attachments(f"report:{world.report}")
    number = kept.id
    world.submitted()
    assert attach(who, world.report).status_code == 409
    path = f"/reports/{world.report}/files/{number}/delete"
    assert who.post(path, {"csrf_token": who.token()}).status_code == 409
    assert len(attachments(f"report:{world.report}")) == 1


def test_the_report_comes_as_a_word_document(app: Flask, world: World) -> None:
    world.submitted()
    answer = browser(app, world.oversight).client.get(f"/reports/{world.report}/document")
    assert answer.status_code == 200
    with zipfile.ZipFile(io.BytesIO(answer.data)) as package:
        assert "Nội dung của mục." in package.read("word/document.xml").decode()
