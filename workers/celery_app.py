"""Celery as the tracker uses it: a bell and hands, never a record. The settings answer known faults one by one.

Which tasks there are is tasks.py's, when they run schedule.py's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from celery import Celery, Task
from celery.signals import worker_process_init
from flask import Flask

from config import Settings
from tracker.core.db import db
from workers import tasks
from workers.schedule import TIMETABLE

VISIBILITY = 900
TIME_LIMIT = 600

# Short, so that a web request never waits for a broker that is down or frozen.
IMPATIENT = {"socket_timeout": 0.5, "socket_connect_timeout": 0.5}


class FlaskTask(Task):  # type: ignore[misc]  # Celery ships no types
    """A task inside the application's context, its session handed back at the end."""

    abstract = True

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run it."""
        with application(self.app).app_context():
            try:
                return self.run(*args, **kwargs)
            finally:
                db.session.remove()


def make_celery(settings: Settings, app: Flask) -> Celery:
    """The Celery application of a worker, a beat, or the one process that is both."""
    celery = Celery("tracker", broker=settings.broker_url, task_cls=FlaskTask, include=[tasks.__name__])
    # Without it the worker's threads ran tasks of another application, without the context above.
    celery.set_default()
    celery.conf.update(
        _common(settings),
        beat_schedule=TIMETABLE,
        # A worker that dies leaves the task to another; tasks may therefore run twice, and do no harm by it.
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        worker_prefetch_multiplier=1,
        # A task must end before Redis thinks its worker is gone and hands it to the next.
        task_time_limit=TIME_LIMIT,
        task_soft_time_limit=TIME_LIMIT - 30,
        worker_soft_shutdown_timeout=30.0,
        worker_enable_soft_shutdown_on_idle=True,
        worker_max_tasks_per_child=500,
        worker_cancel_long_running_tasks_on_connection_loss=True,
        worker_enable_remote_control=False,
        worker_hijack_root_logger=False,
        worker_send_task_events=False,
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
    )
    celery.flask_app = app
    return celery


def make_publisher(settings: Settings) -> Celery:
    """The Celery application of a web process: it only rings, and gives up after half a second."""
    publisher = Celery("tracker-web", broker=settings.broker_url, set_as_current=False)
    publisher.conf.update(
        _common(settings),
        broker_connection_timeout=0.5,
        broker_pool_limit=1,
        task_publish_retry=False,
    )
    options = publisher.conf.broker_transport_options
    publisher.conf.broker_transport_options = {**options, **(IMPATIENT if not settings.in_process else {})}
    return publisher


def application(celery: Any) -> Flask:
    """The web application that a Celery application works for."""
    found = getattr(celery, "flask_app", None)
    if not isinstance(found, Flask):
        raise TypeError("no application")
    return found


def _common(settings: Settings) -> dict[str, Any]:
    if settings.in_process:
        transport: dict[str, Any] = {"polling_interval": 0.02}
    else:
        # How soon the task of a killed worker is found again: kombu's own default is a hundred seconds more.
        transport = {"visibility_timeout": VISIBILITY, "unacked_restore_interval": 2, "unacked_restore_throttle": 1}
    return {
        "broker_transport_options": transport,
        "visibility_timeout": VISIBILITY,
        "task_default_queue": "tracker",
        "accept_content": ["json"],
        "task_serializer": "json",
        "task_ignore_result": True,
        "timezone": "UTC",
        "enable_utc": True,
    }


def own_connections(app: Flask) -> None:
    """Call it in a forked child: it must not speak on its parent's connections."""
    with app.app_context():
        db.engine.dispose(close=False)


def after_fork(do: Callable[[], None]) -> None:
    """Have every child that the worker forks do this first."""

    def begin(**_: object) -> None:
        do()

    worker_process_init.connect(begin, weak=False)
