"""The reader chooses the language; sentences of refusals follow."""

from __future__ import annotations

from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from flask import Flask
from flask.testing import FlaskClient

from tests.web.conftest import Store, demo
from tracker.core.errors import Refusal
from tracker.web import i18n

ENGLISH = {
    "Vừa có người sửa ngày %(day)s.": "Somebody changed it on %(day)s.",
    "Nội dung vừa có thay đổi": "The content has just changed",
    "Chưa điền ô này.": "Fill this in.",
    "%(gio)s ngày %(ngay)s": "%(gio)s on %(ngay)s",
    "Đến nội dung chính": "Skip to the content",
}


@pytest.fixture
def english(store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Flask:
    """The demo with a small English catalogue of its own."""
    catalog = Catalog(locale="en")
    for source, target in ENGLISH.items():
        catalog.add(source, target, flags=["python-format"] if "%(" in source else [])
    folder = tmp_path / "en" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    with (folder / "messages.mo").open("wb") as out:
        write_mo(out, catalog)
    monkeypatch.setattr("tracker.web.install.TRANSLATIONS", tmp_path)
    return demo(store)


def choose(ask: FlaskClient, lang: str, back: str = "/editor") -> str:
    token = ask.get("/demo").text.split('name="csrf-token" content="')[1].split('"')[0]
    answer = ask.post("/lang", data={"csrf_token": token, "lang": lang, "next": back})
    assert answer.status_code == 303
    return answer.headers["Location"]


def test_a_refusal_speaks_the_readers_language(english: Flask) -> None:
    ask = english.test_client()
    assert "Vừa có người sửa ngày 09/5/2023." in ask.get("/refuse/conflict").text
    choose(ask, "en")
    page = ask.get("/refuse/conflict").text
    assert "Somebody changed it on 09/5/2023." in page
    assert "The content has just changed" in page
    assert '<html lang="en">' in page
    body = ask.get("/api/v1/refuse/conflict").json
    assert body is not None
    assert body["detail"] == "Somebody changed it on 09/5/2023."
    choose(ask, "vi")
    assert '<html lang="vi">' in ask.get("/demo").text


def test_forms_speak_it_too(english: Flask) -> None:
    ask = english.test_client()
    choose(ask, "en")
    token = ask.get("/demo").text.split('name="csrf-token" content="')[1].split('"')[0]
    assert "Fill this in." in ask.post("/form", data={"csrf_token": token}).text


def test_the_choice_returns_to_the_page_it_was_made_on_and_nowhere_else(ask: FlaskClient) -> None:
    assert choose(ask, "en", "/editor?x=1") == "/editor?x=1"
    assert choose(ask, "en", "//evil.example/") == "/"
    assert choose(ask, "en", "https://evil.example/") == "/"


def test_an_unknown_language_changes_nothing(ask: FlaskClient) -> None:
    choose(ask, "xx")
    assert ask.get_cookie("lang") is None
    ask.set_cookie("lang", "../../etc")
    assert '<html lang="vi">' in ask.get("/demo").text


def test_outside_a_request_the_installations_language_holds(store: Store) -> None:
    app = demo(store)
    with app.app_context():
        assert i18n.chosen_locale() == "vi"
        assert i18n.translate_refusal(Refusal("x", "Còn %(n)s", n=2)) == "Còn 2"


def test_a_sentence_without_places_keeps_its_percent_sign(demo_app: Flask) -> None:
    with demo_app.test_request_context("/"):
        assert i18n.translate_refusal(Refusal("x", "Đã đủ 100 %")) == "Đã đủ 100 %"
