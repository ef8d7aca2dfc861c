"""A signed-in browser without a browser, for the pages of reports: reads the form of a page and sends it as it is."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.people import sign_in
from tracker.core.people import Actor

_INPUT = re.compile(r"<input\b[^>]*>")
_AREA = re.compile(r'<textarea\b[^>]*name="(\w+)"[^>]*>(.*?)</textarea>', re.DOTALL)


def _attribute(tag: str, name: str) -> str | None:
    found = re.search(rf'\b{name}="([^"]*)"', tag)
    return html.unescape(found[1]) if found else None


def fields_of(form: str) -> dict[str, str]:
    """What the browser would send of a form's own fields (no button)."""
    fields = {}
    for tag in _INPUT.findall(form):
        name = _attribute(tag, "name")
        if name is None or (_attribute(tag, "type") == "checkbox" and " checked" not in tag):
            continue
        fields[name] = _attribute(tag, "value") or ""
    for name, text in _AREA.findall(form):
        fields[name] = html.unescape(text).removeprefix("\n")
    return fields


@dataclass
class Browser:
    """One person's browser."""

    client: FlaskClient

    def get(self, path: str, status: int = 200) -> str:
        """The page's text."""
        answer = self.client.get(path)
        assert answer.status_code == status, (path, answer.status_code)
        return answer.get_data(as_text=True)

    def token(self) -> str:
        """The CSRF token of this session, from the sign-in page's neighbour: any page of ours carries it."""
        page = self.client.get("/lang-no-such-page").get_data(as_text=True)
        found = re.search(r'name="csrf-token" content="([^"]+)"', page)
        assert found
        return found[1]

    def form(self, path: str, action: str | None = None) -> dict[str, str]:
        """The fields of the form on a page that posts to `action` (the page itself)."""
        page = self.get(path)
        for form in re.findall(r"<form\b.*?</form>", page, re.DOTALL):
            if _attribute(form[: form.index(">") + 1], "action") == (action or path):
                return fields_of(form)
        raise AssertionError(f"no form to {action or path} on {path}")

    def post(self, path: str, fields: dict[str, str]) -> TestResponse:
        """Send a form."""
        return self.client.post(path, data=fields)

    def put(self, path: str, body: object) -> TestResponse:
        """What the page's script sends."""
        headers = {"X-CSRFToken": self.token(), "Accept": "application/json"}
        return self.client.put(path, json=body, headers=headers)


def browser(app: Flask, actor: Actor) -> Browser:
    """A browser in which this person is signed in."""
    client = app.test_client()
    sign_in(client, actor, token=f"test-{actor.user_id}-{id(client)}")
    return Browser(client)
