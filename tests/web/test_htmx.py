"""Pages and fragments come from one view; no redirect leaves the site."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tracker.web.htmx import here, safe_next

HTMX = {"HX-Request": "true"}


@pytest.mark.parametrize(
    ("target", "allowed"),
    [
        ("/desk", True),
        ("/desk?a=1&b=//x", True),
        ("//evil.example", False),
        ("/\\evil.example", False),
        ("\\\\evil.example", False),
        ("https://evil.example", False),
        ("javascript:alert(1)", False),
        ("desk", False),
        ("/a\r\nSet-Cookie: x=1", False),
        ("/a\\..\\b", False),
        ("", False),
        (None, False),
    ],
)
def test_the_way_back_stays_on_this_site(target: str | None, allowed: bool) -> None:
    assert safe_next(target) == (target if allowed else None)


def test_htmx_gets_the_fragment_and_a_browser_the_page(ask: FlaskClient) -> None:
    fragment = ask.get("/poll", headers=HTMX)
    page = ask.get("/poll")
    assert fragment.text.startswith('<div id="so"')
    assert page.text.startswith("<!doctype html>")
    assert "HX-Request" in fragment.vary
    assert "HX-Request" in page.vary


def test_a_boosted_link_gets_the_page(ask: FlaskClient) -> None:
    assert ask.get("/poll", headers={**HTMX, "HX-Boosted": "true"}).text.startswith("<!doctype html>")


def test_a_poll_that_is_up_to_date_gets_204(ask: FlaskClient, demo_app: Flask) -> None:
    assert ask.get("/poll?v=1", headers=HTMX).status_code == 204
    demo_app.extensions["polls"]["version"] = 2
    answer = ask.get("/poll?v=1", headers=HTMX)
    assert answer.status_code == 200
    assert "v=2" in answer.text


def test_here_is_the_page_around_the_fragment(demo_app: Flask) -> None:
    with demo_app.test_request_context("/poll?v=1", headers={**HTMX, "HX-Current-URL": "http://x/bang?nhom=2"}):
        assert here() == "/bang?nhom=2"
    with demo_app.test_request_context("/bang?nhom=2"):
        assert here() == "/bang?nhom=2"
    with demo_app.test_request_context("/", headers={**HTMX, "HX-Current-URL": "http://x//evil.example"}):
        assert here() == "/"
    with demo_app.test_request_context("/submit", method="POST"):
        assert here() == "/"
