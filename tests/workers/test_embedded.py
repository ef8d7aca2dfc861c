"""Worker and beat within the process: the same tasks over the broker in memory."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from celery import Celery, current_app
from flask import Flask
from sqlalchemy import select

from config import Settings
from tests.deadlines.desk import local, rows
from tests.factories import open_campaign
from tests.people import person
from tests.workers.processes import wait_for
from tracker.core import clock
from tracker.core.db import db, session, set_bell, transaction
from tracker.core.people import Role
from tracker.notify.service import queue
from tracker.office.models import Heartbeat
from workers import schedule, tasks
from workers.bell import bell_of
from workers.celery_app import FlaskTask, make_celery
from workers.embedded import Embedded

pytestmark = pytest.mark.sqlite


@pytest.fixture
def celery(app: Flask, settings: Settings) -> Celery:
    """Celery over the broker in memory; nothing runs yet."""
    made = make_celery(settings, app)
    made.conf.task_default_queue = f"tracker-{time.monotonic_ns()}"
    return made


@pytest.fixture
def embedded(celery: Celery) -> Iterator[Embedded]:
    """Worker and beat, running."""
    session().rollback()
    running = Embedded(celery)
    set_bell(bell_of(celery))
    running.start()
    yield running
    set_bell(None)
    assert running.stop()


def put(address: str) -> None:
    with transaction():
        queue(
            "accepted",
            recipient_id=None,
            name="",
            address=address,
            dedupe_key=address,
            now=clock.now(),
            context={"number": "1", "unit": "x", "at": clock.now().isoformat()},
        )


def test_a_commit_wakes_the_worker_at_once(embedded: Embedded) -> None:
    time.sleep(1)  # past the first sweeps: nothing but the bell can be as quick as this
    put("mai@xa.example")
    wait_for(lambda: rows("sent"), 4)


def test_what_nobody_was_woken_for_is_found_by_the_sweep(app: Flask, celery: Celery) -> None:
    put("mai@xa.example")
    db.session.remove()
    running = Embedded(celery)
    running.start()
    try:
        wait_for(lambda: rows("sent"), 25)
    finally:
        assert running.stop()


def test_a_rung_that_has_come_is_climbed_and_mailed(app: Flask, celery: Celery) -> None:
    opened = open_campaign(3, at=local("2023-02-20 14:00"))
    for code, unit in opened.units.items():
        person(f"{code}@xa.example", (Role.REPORTER, unit))
    clock.start_at(local("2023-05-09 08:00"))
    db.session.remove()
    running = Embedded(celery)
    set_bell(bell_of(celery))
    running.start()
    try:
        wait_for(lambda: len(rows("sent")) == 3, 40)
    finally:
        set_bell(None)
        assert running.stop()
    assert len(rows()) == 3


def test_every_task_run_twice_sends_one_mail(app: Flask, celery: Celery) -> None:
    opened = open_campaign(2, at=local("2023-02-20 14:00"))
    for code, unit in opened.units.items():
        person(f"{code}@xa.example", (Role.REPORTER, unit))
    clock.start_at(local("2023-05-09 08:00"))
    ids = list(opened.reports.values())
    for _ in range(2):
        for run, arguments in (
            (tasks.sweep_deadlines, ()),
            (tasks.look_at_reports, (ids,)),
            (tasks.look_at_campaign, (opened.campaign_id,)),
            (tasks.send_mail, ()),
            (tasks.sweep_assemblies, ()),
            (tasks.build_assembly, (123,)),
            (tasks.canary, ()),
        ):
            db.session.remove()
            run.apply(arguments, throw=True)
    assert sorted(row.address for row in rows("sent")) == ["U01@xa.example", "U02@xa.example"]


def test_signs_of_life_are_written(embedded: Embedded) -> None:
    def seen() -> set[str]:
        return {part for part in ("worker", "beat") if heartbeats(part)}

    wait_for(lambda: {"worker", "beat"} <= seen())
    details = session().scalars(select(Heartbeat.detail)).all()
    session().rollback()
    for real in details:
        assert abs((datetime.now(UTC) - datetime.fromisoformat(real["real"])).total_seconds()) < 60


def test_it_stops_quickly_and_takes_its_sign_of_life_along(app: Flask, celery: Celery) -> None:
    session().rollback()
    running = Embedded(celery)
    running.start()
    wait_for(lambda: heartbeats("worker"))
    began = time.monotonic()
    assert running.stop()
    assert time.monotonic() - began < 3
    assert heartbeats("worker") == []


def heartbeats(part: str) -> list[str]:
    session().rollback()
    names = session().scalars(select(Heartbeat.name)).all()
    session().rollback()
    return [name for name in names if name.startswith(part)]


def test_the_settings_answer_the_known_faults(celery: Celery, settings: Settings, app: Flask) -> None:
    conf = make_celery(settings.with_(broker_url="redis://127.0.0.1:6379/0"), app).conf
    assert (conf.task_acks_late, conf.task_reject_on_worker_lost, conf.worker_prefetch_multiplier) == (True, True, 1)
    assert conf.task_time_limit < conf.broker_transport_options["visibility_timeout"] == conf.visibility_timeout == 900
    assert conf.broker_transport_options["unacked_restore_throttle"] == 1
    assert (list(conf.accept_content), conf.task_serializer) == (["json"], "json")
    assert (conf.task_ignore_result, conf.timezone, conf.enable_utc) == (True, "UTC", True)
    assert (conf.worker_soft_shutdown_timeout, conf.worker_enable_remote_control) == (30.0, False)


def test_the_timetable_knows_no_wall_time_and_every_wake_has_a_task() -> None:
    known = set(current_app.tasks)
    assert {entry["task"] for entry in schedule.TIMETABLE.values()} <= known
    assert set(schedule.WAKES.values()) <= {entry["task"] for entry in schedule.TIMETABLE.values()}
    assert all(isinstance(entry["schedule"], float) for entry in schedule.TIMETABLE.values())
    assert all(entry["options"]["expires"] <= entry["schedule"] for entry in schedule.TIMETABLE.values())
    assert FlaskTask.abstract
