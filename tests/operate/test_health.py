"""Is it alive, is it ready, what does it count: for the machines that watch over it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from config import Settings
from tests import servers
from tests.factories import open_campaign
from tests.people import api_token, person
from tracker.app import create_app
from tracker.core import clock
from tracker.core.db import db
from tracker.core.people import Role

Make = Callable[..., Settings]
NOWHERE = "postgresql+psycopg://nobody@127.0.0.1:1/none"


@contextmanager
def serving(settings: Settings) -> Iterator[FlaskClient]:
    app = create_app(settings)
    yield app.test_client()
    with app.app_context():
        db.engine.dispose()


def test_it_is_alive_and_ready(client: FlaskClient) -> None:
    for path, word in (("/healthz", "ok\n"), ("/readyz", "ready\n")):
        answer = client.get(path)
        assert (answer.status_code, answer.text, answer.mimetype) == (200, word, "text/plain")


@pytest.mark.parametrize("where", [NOWHERE, "sqlite:////nonexistent/folder/tracker.db"])
def test_without_its_database_it_is_alive_and_not_ready(make_settings: Make, where: str) -> None:
    with serving(make_settings(where)) as client:
        assert client.get("/healthz").status_code == 200
        answer = client.get("/readyz")
        assert (answer.status_code, answer.text) == (503, "not ready: database\n")
        assert int(answer.headers["Retry-After"]) > 0


def test_without_its_broker_it_is_alive_and_not_ready_until_it_is_back(
    app: Flask, settings: Settings, tmp_path: Path
) -> None:
    broker = servers.Redis(tmp_path)
    try:
        with serving(settings.with_(broker_url=broker.url)) as client:
            assert client.get("/healthz").status_code == 200
            answer = client.get("/readyz")
            assert (answer.status_code, answer.text) == (503, "not ready: broker\n")
            broker.start()
            assert client.get("/readyz").status_code == 200
    finally:
        broker.close()


def test_both_away_are_both_named(make_settings: Make) -> None:
    with serving(make_settings(NOWHERE, broker_url="redis://127.0.0.1:1/0")) as client:
        assert client.get("/readyz").text == "not ready: database, broker\n"


def test_metrics_are_off_unless_asked_for(client: FlaskClient) -> None:
    assert client.get("/metrics").status_code == 404


def test_metrics_count_reports_and_mails(app: Flask, settings: Settings) -> None:
    open_campaign(3)
    with serving(settings.with_(metrics=True)) as client:
        answer = client.get("/metrics")
    assert answer.status_code == 200
    assert answer.content_type.startswith("text/plain; version=0.0.4")
    assert 'tracker_reports{state="drafting"} 3' in answer.text.splitlines()
    assert answer.text.endswith("\n")


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
def test_asking_leaves_no_cookie(client: FlaskClient, path: str) -> None:
    assert "Set-Cookie" not in client.get(path).headers


def test_nobody_moves_the_clock_outside_the_sample(app: Flask, client: FlaskClient) -> None:
    allowed = api_token(person("a@x.example", Role.LEAD, Role.ADMIN))
    assert client.post("/sample/forward", headers=allowed).status_code == 404
    assert not clock.simulated()
