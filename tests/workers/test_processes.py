"""Web, worker and beat as processes over Redis: killed, emptied and doubled, and every mail still once."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from flask import Flask

from tests import servers
from tests.conftest import Database
from tests.deadlines.desk import rows
from tests.sink import Sink
from tests.workers.processes import Process, serves, wait_for
from tracker.core import clock
from tracker.core.db import db, transaction
from tracker.notify.service import queue

pytestmark = pytest.mark.postgresql


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[servers.Redis]:
    """A Redis of this test's own, to be hurt."""
    server = servers.Redis(tmp_path)
    server.start()
    yield server
    server.close()


def settings_of(database: Database, redis: servers.Redis, sink: Sink, folder: Path) -> dict[str, str]:
    return {
        "TRACKER_DATABASE_URL": database.url,
        "TRACKER_BROKER_URL": redis.url,
        "TRACKER_SMTP_URL": sink.url,
        "TRACKER_DATA_DIR": str(folder),
    }


def put(count: int, name: str = "p") -> None:
    """So many mails into the outbox, as a web process would, and without ringing."""
    now = clock.now()
    with transaction():
        for n in range(count):
            queue(
                "accepted", recipient_id=None, name="", address=f"{name}{n}@xa.example", dedupe_key=f"{name}{n}",
                now=now, context={"number": "1", "unit": "x", "at": now.isoformat()},
            )  # fmt: skip
    db.session.remove()


def all_sent(count: int) -> bool:
    return len([row for row in rows() if row.sent_at is not None]) == count


def once_each(sink: Sink, count: int) -> None:
    """Every mail is there, under one Message-ID; what came twice is listed as in doubt."""
    mails = sink.mails
    assert len({mail.message_id for mail in mails}) == count
    assert len(mails) - count <= len(rows("ambiguous"))


def test_a_worker_and_two_beats_send_what_waits_once(
    app: Flask, database: Database, redis: servers.Redis, sink: Sink, tmp_path: Path
) -> None:
    env = settings_of(database, redis, sink, tmp_path)
    put(40)
    with ExitStack() as stack:
        for n, command in enumerate(("worker", "beat", "beat")):
            stack.enter_context(Process(tmp_path / f"{n}.log", command, **env))
        wait_for(lambda: all_sent(40), 60, "not sent")
        once_each(sink, 40)
        redis.client().flushall()
        put(5, "after-flush")
        wait_for(lambda: all_sent(45), 60, "not sent after the broker was emptied")
    once_each(sink, 45)


def test_a_worker_killed_on_the_way_is_followed_by_one_that_makes_good(
    app: Flask, database: Database, redis: servers.Redis, sink: Sink, tmp_path: Path
) -> None:
    env = settings_of(database, redis, sink, tmp_path)
    put(600)
    with Process(tmp_path / "beat.log", "beat", **env):
        for n in range(3):
            with Process(tmp_path / f"worker{n}.log", "worker", **env) as worker:
                begun = len(sink.mails)
                wait_for(lambda begun=begun: len(sink.mails) > begun + 5 or all_sent(600), 60, "no worker works")
                worker.kill()
        with Process(tmp_path / "worker.log", "worker", **env):
            # What was in doubt waits its fifteen minutes; all else is there.
            wait_for(
                lambda: {row.status for row in rows()} <= {"sent", "ambiguous"}, 150, "not made good"
            )  # fmt: skip
    assert len({mail.message_id for mail in sink.mails}) >= 600 - len(rows("ambiguous"))
    assert len(sink.mails) - len({mail.message_id for mail in sink.mails}) <= len(rows("ambiguous"))


def test_redis_killed_and_back_empty_costs_delay_and_nothing_else(
    app: Flask, database: Database, own_redis: servers.Redis, sink: Sink, tmp_path: Path
) -> None:
    env = settings_of(database, own_redis, sink, tmp_path)
    with Process(tmp_path / "worker.log", "worker", **env), Process(tmp_path / "beat.log", "beat", **env):
        put(3, "before")
        wait_for(lambda: all_sent(3), 60, "not sent")
        own_redis.stop()
        put(3, "meanwhile")
        time.sleep(2)
        own_redis.start()
        wait_for(lambda: all_sent(6), 90, "the worker did not wake")
    once_each(sink, 6)


def test_worker_and_beat_stop_when_they_are_asked(
    app: Flask, database: Database, redis: servers.Redis, sink: Sink, tmp_path: Path
) -> None:
    env = settings_of(database, redis, sink, tmp_path)
    db.session.remove()
    put(1)
    with (
        Process(tmp_path / "worker.log", "worker", **env) as worker,
        Process(tmp_path / "beat.log", "beat", **env) as beat,
    ):
        wait_for(lambda: all_sent(1), 60)
        assert beat.stop() == 0
        assert worker.stop() == 0


def test_web_serves_by_two_workers_and_stops(
    app: Flask, database: Database, redis: servers.Redis, sink: Sink, tmp_path: Path
) -> None:
    env = settings_of(database, redis, sink, tmp_path)
    bind = f"127.0.0.1:{port()}"
    with Process(tmp_path / "web.log", "web", TRACKER_BIND=bind, **env) as web:
        wait_for(lambda: serves(f"http://{bind}"), 30, "does not serve")
        assert web.stop() == 0


@pytest.mark.parametrize("command", ["web", "worker", "beat"])
def test_apart_they_ask_for_a_broker_that_all_reach(tmp_path: Path, command: str) -> None:
    with Process(tmp_path / "out.log", command, TRACKER_DATA_DIR=str(tmp_path)) as process:
        assert process.process.wait(30) == 1
        assert "TRACKER_BROKER_URL" in process.said
        assert len(process.said.strip().splitlines()) == 1


def port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number: int = probe.getsockname()[1]
        return number
