"""`tracker doctor`: each part, well and ill, and what it says to do."""

from __future__ import annotations

import json
import os
import shutil
import socket
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest
from flask import Flask
from sqlalchemy import insert

from config import Settings
from tests import servers
from tests.conftest import SECRET
from tests.sink import Sink
from tracker.cli import main
from tracker.core.db import transaction
from tracker.core.schema import head
from tracker.notify.models import OutboxMail
from tracker.office.models import Heartbeat
from tracker.operate import doctor
from tracker.operate.doctor import Finding, Surroundings, examine

NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
PARTS = ["database", "schema", "worker", "beat", "mail", "broker", "smtp", "store", "clock", "disk"]


@pytest.fixture
def place(app: Flask, settings: Settings) -> Surroundings:
    """An installation in which nobody works yet."""
    return surroundings(settings)


def surroundings(settings: Settings, **changes: str) -> Surroundings:
    s = settings.with_(**changes)
    return Surroundings(s.database_url, s.broker_url, s.smtp_url, s.store_url, s.data_dir)


def found(place: Surroundings, now: datetime = NOW, machine_now: datetime = NOW) -> dict[str, Finding]:
    with transaction():
        return {one.part: one for one in examine(place, now, machine_now)}


def alive(part: str, at: datetime) -> None:
    """A sign of life, as the processes write it."""
    with transaction() as session:
        detail = {"real": at.isoformat(), "pid": 1, "host": "a"}
        session.execute(insert(Heartbeat), {"name": f"{part}@a:{at.timestamp()}", "at": at, "detail": detail})


def well(one: Finding) -> bool:
    """All is well and there is nothing to do; otherwise it says what."""
    assert bool(one.remedy) is not one.ok
    return one.ok


def test_it_looks_at_every_part_once(place: Surroundings) -> None:
    with transaction():
        assert [one.part for one in examine(place, NOW, NOW)] == PARTS


def test_all_is_well_where_all_is_there(place: Surroundings) -> None:
    for part in ("worker", "beat"):
        alive(part, NOW - timedelta(seconds=20))
    assert all(well(one) for one in found(place).values())


def test_a_worker_and_a_beat_that_are_not_there_are_missed(place: Surroundings) -> None:
    alive("queue", NOW)
    assert not well(found(place)["worker"])
    assert not well(found(place)["beat"])
    alive("beat", NOW)
    assert not well(found(place)["worker"])
    assert well(found(place)["beat"])


def test_one_of_many_workers_is_enough_and_none_for_three_minutes_is_not(place: Surroundings) -> None:
    alive("worker", NOW - timedelta(days=1))
    alive("worker", NOW - timedelta(minutes=2))
    assert well(found(place)["worker"])
    assert not well(found(place, machine_now=NOW + timedelta(minutes=2))["worker"])


def test_signs_of_life_are_read_by_the_machines_clock(place: Surroundings) -> None:
    alive("worker", NOW)
    assert well(found(place, now=NOW - timedelta(days=900))["worker"])


def test_a_simulated_clock_is_said(place: Surroundings) -> None:
    assert well(found(place, now=NOW + timedelta(seconds=5))["clock"])
    for away in (timedelta(days=-900), timedelta(minutes=5)):
        assert not well(found(place, now=NOW + away)["clock"])


@pytest.mark.parametrize("status", ["failed", "ambiguous"])
def test_mail_that_failed_or_is_in_doubt_is_counted(place: Surroundings, status: str) -> None:
    assert well(found(place)["mail"])
    values = {"kind": "accepted", "context": {}, "planned_at": NOW, "not_before": NOW, "address": "a@b.example"}
    with transaction() as session:
        session.execute(insert(OutboxMail), {**values, "dedupe_key": "1", "status": "sent", "sent_at": NOW})
        session.execute(insert(OutboxMail), {**values, "dedupe_key": "2", "status": status, "ambiguous_at": NOW})
    one = found(place)["mail"]
    assert not well(one)
    assert one.detail == f"{status} 1, sent 1" if status < "sent" else True


@pytest.mark.parametrize(
    "where",
    ["postgresql+psycopg://nobody:secret-word@127.0.0.1:1/none", "sqlite:////nonexistent/folder/tracker.db"],
)
def test_a_database_that_is_away_ends_the_questions_about_it(
    place: Surroundings, settings: Settings, where: str
) -> None:
    told = found(surroundings(settings, database_url=where))
    assert not well(told["database"])
    assert "secret-word" not in told["database"].detail
    assert list(told) == ["database", "broker", "smtp", "store", "clock", "disk"]


def test_an_old_schema_is_told_with_the_command(place: Surroundings, settings: Settings, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "old.db")) as old:
        old.execute("CREATE TABLE alembic_version (version_num VARCHAR(32))")
        old.execute("INSERT INTO alembic_version VALUES ('0000')")
        old.commit()
    told = found(surroundings(settings, database_url=f"sqlite:///{tmp_path / 'old.db'}"))
    assert not well(told["schema"])
    assert told["schema"].detail == f"0000 / {head()}"
    assert "tracker db upgrade" in told["schema"].remedy
    assert "worker" not in told


def test_an_empty_database_is_told_with_the_command(
    place: Surroundings, settings: Settings, postgres_server: str
) -> None:
    told = found(surroundings(settings, database_url=servers.database(postgres_server)))
    assert not well(told["schema"])
    assert "tracker db upgrade" in told["schema"].remedy


def test_a_redis_that_is_away_or_forgets_is_told(
    place: Surroundings, settings: Settings, redis: servers.Redis, tmp_path: Path
) -> None:
    assert well(found(surroundings(settings, broker_url=redis.url))["broker"])
    redis.client().config_set("maxmemory-policy", "allkeys-lru")
    try:
        one = found(surroundings(settings, broker_url=redis.url))["broker"]
        assert not well(one)
        assert "allkeys-lru" in one.detail
    finally:
        redis.client().config_set("maxmemory-policy", "noeviction")
    away = servers.Redis(tmp_path)
    try:
        for url in (away.url, "redis://:secret-word@127.0.0.1:1/0"):
            one = found(surroundings(settings, broker_url=url))["broker"]
            assert not well(one)
            assert "secret-word" not in one.detail
    finally:
        away.close()


def test_a_mail_server_that_is_away_silent_or_busy_is_told(
    place: Surroundings, settings: Settings, sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(doctor, "SMTP_PATIENCE", 0.5)
    assert well(found(place)["smtp"])
    with_mail = surroundings(settings, smtp_url=sink.url)
    one = found(with_mail)["smtp"]
    assert well(one)
    assert one.detail == f"127.0.0.1:{sink.port}"
    assert sink.mails == []
    sink.silence("connect")
    assert not well(found(with_mail)["smtp"])
    sink.heal()
    sink.fail("421 4.3.2 Not now", None, "connect")
    assert not well(found(with_mail)["smtp"])
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    for url in (f"smtp://127.0.0.1:{port}", f"smtps://u:secret-word@127.0.0.1:{port}", "smtp://127.0.0.1:99999"):
        one = found(surroundings(settings, smtp_url=url))["smtp"]
        assert not well(one)
        assert "secret-word" not in one.detail
    assert not well(found(surroundings(settings, smtp_url=f"smtps://127.0.0.1:{sink.port}"))["smtp"])


def test_a_server_without_starttls_is_told(place: Surroundings, settings: Settings, sink: Sink) -> None:
    assert not well(found(surroundings(settings, smtp_url=f"smtp+starttls://127.0.0.1:{sink.port}"))["smtp"])


@pytest.mark.sqlite
def test_a_store_that_takes_no_file_is_told(place: Surroundings, settings: Settings, tmp_path: Path) -> None:
    assert well(found(place)["store"])
    (tmp_path / "a file").write_bytes(b"")
    assert not well(found(surroundings(settings, store_url=f"file://{tmp_path}/a%20file"))["store"])
    assert not well(found(surroundings(settings, store_url="ftp://somewhere/x"))["store"])
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        bucket = f"s3://key:secret-word@127.0.0.1:{closed.getsockname()[1]}/bucket?secure=0"
    one = found(surroundings(settings, store_url=bucket))["store"]
    assert not well(one)
    assert "secret-word" not in one.detail


def test_a_full_disk_is_told(place: Surroundings, monkeypatch: pytest.MonkeyPatch) -> None:
    assert well(found(place)["disk"])
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: SimpleNamespace(free=100 * 1024 * 1024))
    one = found(place)["disk"]
    assert not well(one)
    assert one.detail == "100 MiB"


# The command.


@pytest.fixture
def installation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The environment of an installation whose data folder does not exist yet."""
    for name in [name for name in os.environ if name.startswith("TRACKER_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("TRACKER_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("TRACKER_SECRET_KEY", SECRET)
    return tmp_path / "data"


def test_the_command_answers_one_json_document_and_one_line(
    installation: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["doctor", "--json"]) == 1
    said = capsys.readouterr()
    document = json.loads(said.out)
    assert [one["part"] for one in document["findings"]] == PARTS
    assert document["ok"] is False
    ill = [one["part"] for one in document["findings"] if not one["ok"]]
    assert ill == ["worker", "beat"]
    assert said.err.count("\n") == 1
    assert all(part in said.err for part in ill)


def test_the_command_is_content_where_all_is_well(
    installation: Path,
    capsys: pytest.CaptureFixture[str],
    make_settings: Callable[..., Settings],
    clock: ModuleType,
) -> None:
    assert main(["doctor"]) == 1
    capsys.readouterr()
    with closing(sqlite3.connect(installation / "tracker.db")) as database:
        for part in ("worker", "beat"):
            detail = json.dumps({"real": clock.machine_now().isoformat()})
            at = clock.now().replace(tzinfo=None).isoformat(" ")
            database.execute("INSERT INTO heartbeat (name, at, detail) VALUES (?, ?, ?)", (f"{part}@a:1", at, detail))
        database.commit()
    assert main(["doctor"]) == 0
    said = capsys.readouterr()
    assert said.err == ""
    assert [line.split(":")[0] for line in said.out.splitlines()] == [f"✓ {part}" for part in PARTS]


def test_the_command_says_so_when_the_database_is_none(installation: Path, capsys: pytest.CaptureFixture[str]) -> None:
    installation.mkdir()
    (installation / "tracker.db").write_bytes(b"no database at all, but long enough to be looked at" * 100)
    assert main(["doctor", "--json"]) == 1
    said = capsys.readouterr()
    document = json.loads(said.out)
    assert document["findings"][0] | {"detail": ""} == {
        "part": "database", "ok": False, "detail": "", "remedy": document["findings"][0]["remedy"],
    }  # fmt: skip
    assert said.err.count("\n") == 1


def test_a_simulated_clock_fails_the_command(
    installation: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TRACKER_CLOCK", "2023-05-11T09:00:00+07:00")
    assert main(["doctor", "--json"]) == 1
    document = json.loads(capsys.readouterr().out)
    (clock,) = [one for one in document["findings"] if one["part"] == "clock"]
    assert clock["ok"] is False
    assert "TRACKER_CLOCK" in clock["remedy"]
