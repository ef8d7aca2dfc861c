"""Every answer carries its headers, whatever its status."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from tests.web.conftest import Store, demo
from tracker.web.security import CSP

STATUSES = {
    "/demo": 200,
    "/no-such-page": 404,
    "/inside": 303,
    "/refuse/forbidden": 403,
    "/refuse/conflict": 409,
    "/refuse/invalid": 422,
    "/boom": 500,
    "/database-away": 503,
    "/api/v1/things": 401,
    "/api/v1/boom": 500,
    "/static/app.css": 200,
    "/static/none.css": 404,
}


@pytest.mark.parametrize(("path", "status"), STATUSES.items())
def test_the_policy_is_on_every_answer(ask: FlaskClient, path: str, status: int) -> None:
    answer = ask.get(path)
    assert answer.status_code == status
    assert answer.headers["Content-Security-Policy"] == CSP
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "camera=()" in answer.headers["Permissions-Policy"]
    assert len(answer.headers["X-Request-Id"]) >= 8
    assert "Strict-Transport-Security" not in answer.headers


def test_the_policy_allows_nothing_inline_and_nothing_from_elsewhere() -> None:
    assert "unsafe" not in CSP
    assert "http" not in CSP
    for directive in ("default-src 'none'", "script-src 'self'", "style-src 'self'", "font-src 'self'",
                      "img-src 'self' data:", "connect-src 'self'", "form-action 'self'", "base-uri 'none'",
                      "object-src 'none'", "frame-ancestors 'none'"):  # fmt: skip
        assert directive in CSP


@pytest.mark.parametrize("path", STATUSES)
def test_over_https_every_answer_asks_for_a_year_of_it(store: Store, path: str) -> None:
    answer = demo(store, https=True).test_client().get(path, base_url="https://tracker.example")
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"


def test_the_session_cookie_is_bound_to_the_host_over_https(store: Store) -> None:
    answer = demo(store, https=True).test_client().get("/demo", base_url="https://tracker.example")
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("__Host-tracker=")
    assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= {part.strip() for part in cookie.split(";")}
    assert "Domain" not in cookie


def test_the_session_cookie_is_closed_to_scripts_over_http(ask: FlaskClient) -> None:
    cookie = ask.get("/demo").headers["Set-Cookie"]
    assert cookie.startswith("tracker=")
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Secure" not in cookie


def test_pages_are_never_kept(ask: FlaskClient) -> None:
    for path in ("/demo", "/boom", "/no-such-page", "/api/v1/things"):
        assert ask.get(path).headers["Cache-Control"] == "no-store"


def test_a_static_file_is_kept_for_a_year_only_under_its_own_hash(ask: FlaskClient) -> None:
    page = ask.get("/demo").text
    address = page.split('<link rel="stylesheet" href="')[1].split('"')[0]
    assert ask.get(address).headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert ask.get("/static/app.css").headers["Cache-Control"] == "no-cache"
    assert ask.get("/static/app.css?v=000000000000").headers["Cache-Control"] == "no-cache"


def test_pages_hold_no_inline_script_or_style(ask: FlaskClient) -> None:
    for path in ("/demo", "/form", "/editor", "/table", "/board", "/no-such-page"):
        page = ask.get(path).text
        assert "<style" not in page
        assert " style=" not in page
        assert "javascript:" not in page
        assert " on" not in "".join(part.split("=")[0] for part in page.split("<") if part.startswith("button"))
        assert all(piece.startswith(' src="/static/') for piece in page.split("<script")[1:])
