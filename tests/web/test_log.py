"""The log tells one line a request, and no secret."""

from __future__ import annotations

import json
import logging

import pytest
from flask.testing import FlaskClient

from tests.web.conftest import TOKEN


@pytest.fixture(autouse=True)
def _heard(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "tracker.request")


def lines(caplog: pytest.LogCaptureFixture) -> list[dict[str, object]]:
    return [json.loads(record.getMessage()) for record in caplog.records if record.name == "tracker.request"]


def test_a_request_is_one_line_with_its_id(ask: FlaskClient, caplog: pytest.LogCaptureFixture) -> None:
    answer = ask.get("/demo")
    (line,) = lines(caplog)
    assert line["id"] == answer.headers["X-Request-Id"]
    assert (line["method"], line["path"], line["status"]) == ("GET", "/demo", 200)
    assert isinstance(line["ms"], float)


def test_the_line_names_the_person_and_never_the_key(ask: FlaskClient, caplog: pytest.LogCaptureFixture) -> None:
    ask.get("/api/v1/things?password=hunter2", headers={"Authorization": f"Bearer {TOKEN}"})
    ask.get("/link/very-secret-token")
    with_person, link = lines(caplog)
    assert with_person["user"] == 2
    assert link["path"] == "/link/<token>"
    assert TOKEN not in caplog.text
    assert "hunter2" not in caplog.text
    assert "very-secret-token" not in caplog.text


def test_an_exception_is_logged_with_its_request_and_without_the_key(
    ask: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    answer = ask.get("/link/broken-secret-token")
    assert answer.status_code == 500
    assert "/link/<token>" in caplog.text
    assert answer.headers["X-Request-Id"] in caplog.text
    assert "broken-secret-token" not in caplog.text


def test_a_path_cannot_forge_a_line(ask: FlaskClient, caplog: pytest.LogCaptureFixture) -> None:
    ask.get('/none%0A{"event":"request","user":1}%0D%1B[31m')
    (record,) = [r for r in caplog.records if r.name == "tracker.request"]
    message = record.getMessage()
    assert all(character.isprintable() for character in message)
    assert len(message.splitlines()) == 1


def test_a_harmless_id_of_the_proxy_is_kept_and_a_harmful_one_replaced(ask: FlaskClient) -> None:
    assert ask.get("/demo", headers={"X-Request-Id": "abc-12345678"}).headers["X-Request-Id"] == "abc-12345678"
    for given in ("short", "x" * 65, 'a"b,c: d12345', "<script>12345"):
        assert ask.get("/demo", headers={"X-Request-Id": given}).headers["X-Request-Id"] != given
