"""The app in tests behaves as in a server."""

from __future__ import annotations

from flask import Flask, g
from playwright.sync_api import Page

from tests.conftest import Client


def test_requests_share_nothing_with_the_test(app: Flask, client: Client) -> None:
    g.left_by_the_test = True
    seen: list[bool] = []
    app.before_request_funcs.setdefault(None, []).insert(0, lambda: seen.append("left_by_the_test" in g))
    try:
        assert client.get("/healthz").status_code == 200
    finally:
        del app.before_request_funcs[None][0]
    assert seen == [False]


def test_a_browser_reaches_the_app(page: Page) -> None:
    answer = page.goto("/healthz")
    assert answer is not None
    assert answer.status == 200
