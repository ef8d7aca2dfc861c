"""The bell: quick when all is well, and never in anybody's way when it is not."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from config import Settings
from tests import servers
from tests.workers.processes import wait_for
from tracker.core.db import session, set_bell, transaction, wake
from workers import bell as bells
from workers.bell import Bell, bell_of
from workers.celery_app import make_publisher


def test_it_rings_once_for_topics_that_come_together() -> None:
    rung: list[str] = []
    bell = Bell(rung.append)
    bell(frozenset({"outbox", "deadlines", "nothing we know"}))
    wait_for(lambda: len(rung) == 2)
    assert sorted(rung) == ["tracker.send_mail", "tracker.sweep_deadlines"]


def test_a_slow_broker_makes_nobody_wait() -> None:
    holding = threading.Event()
    bell = Bell(lambda _task: holding.wait(5) and None)
    began = time.monotonic()
    for _ in range(100):
        bell(frozenset({"outbox"}))
    assert time.monotonic() - began < 0.5
    holding.set()


def test_after_a_broker_that_does_not_answer_it_is_quiet_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[str] = []

    def fails(task: str) -> None:
        tried.append(task)
        raise OSError("no broker")

    monkeypatch.setattr(bells, "REST", 0.4)
    bell = Bell(fails)
    bell(frozenset({"outbox"}))
    wait_for(lambda: tried)
    time.sleep(0.05)
    for _ in range(20):
        bell(frozenset({"outbox"}))
    time.sleep(0.1)
    assert len(tried) == 1
    time.sleep(0.4)
    bell(frozenset({"outbox"}))
    wait_for(lambda: len(tried) == 2)


def test_a_forked_child_rings_on_its_own_thread() -> None:
    rung: list[str] = []
    bell = Bell(rung.append)
    bell(frozenset({"outbox"}))
    wait_for(lambda: rung)
    child = os.fork()
    if child == 0:
        bell(frozenset({"deadlines"}))
        deadline = time.monotonic() + 5
        while len(rung) < 2 and time.monotonic() < deadline:
            time.sleep(0.01)
        os._exit(0 if rung[1:] == ["tracker.sweep_deadlines"] else 1)
    assert os.waitpid(child, 0)[1] == 0


def publish(redis: servers.Redis, make_settings: Callable[..., Settings]) -> Bell:
    return bell_of(make_publisher(make_settings("sqlite://", broker_url=redis.url)))


def test_it_reaches_the_queue_in_redis(redis: servers.Redis, make_settings: Callable[..., Settings]) -> None:
    publish(redis, make_settings)(frozenset({"outbox"}))
    wait_for(lambda: redis.client().llen("tracker") == 1)


@pytest.mark.sqlite
def test_a_frozen_redis_delays_no_commit(app: object, tmp_path: Path, make_settings: Callable[..., Settings]) -> None:
    server = servers.Redis(tmp_path)
    server.start()
    assert server.process is not None
    bell = publish(server, make_settings)
    set_bell(bell)
    try:
        ring()
        wait_for(lambda: server.client().llen("tracker") == 1)
        server.process.send_signal(signal.SIGSTOP)
        began = time.monotonic()
        for _ in range(20):
            ring()
        assert time.monotonic() - began < 0.5
    finally:
        set_bell(None)
        server.process.send_signal(signal.SIGCONT)
        server.close()


def ring() -> None:
    with transaction():
        session().connection()
        wake("outbox")
