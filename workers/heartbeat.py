"""Signs of life: a row for each worker and beat, written anew every fifteen seconds, read by `tracker doctor`."""

from __future__ import annotations

import logging
import os
import platform
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from flask import Flask
from sqlalchemy import delete, select, update

from tracker.core import clock
from tracker.core.db import changed, db, insert_once, session, transaction
from tracker.office.models import Heartbeat

log = logging.getLogger(__name__)

EVERY: Final = 15.0
FORGET: Final = timedelta(days=1)


def write(part: str) -> None:
    """This process is alive as `part` (worker, beat, queue) now, by its own clock and by the machine's."""
    detail = {"real": clock.machine_now().isoformat(), "pid": os.getpid(), "host": platform.node()}
    name = _name(part)
    with transaction():
        if not insert_once(Heartbeat, {"name": name, "at": clock.now(), "detail": detail}):
            changed(update(Heartbeat).where(Heartbeat.name == name).values(at=clock.now(), detail=detail))


def forget(part: str) -> None:
    """This process stops being `part`."""
    with transaction():
        changed(delete(Heartbeat).where(Heartbeat.name == _name(part)))


def forget_the_dead() -> None:
    """Rows that nobody has touched for a day go."""
    before = clock.machine_now() - FORGET
    with transaction():
        rows = session().execute(select(Heartbeat.name, Heartbeat.detail)).all()
        old = [row.name for row in rows if datetime.fromisoformat(str(row.detail["real"])) <= before]
        changed(delete(Heartbeat).where(Heartbeat.name.in_(old)))


class Pulse:
    """Writes on its own thread until `stop`; a database that is away for a while only leaves a gap."""

    def __init__(self, app: Flask, part: str) -> None:
        self._app, self._part = app, part
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._beat, name=f"pulse-{part}", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End, and take the row away."""
        self._over.set()
        self._thread.join(2)

    def _beat(self) -> None:
        while True:
            self._do(write)
            if self._over.wait(EVERY):
                self._do(forget)
                return

    def _do(self, what: Callable[[str], None]) -> None:
        with self._app.app_context():
            try:
                what(self._part)
            except Exception:
                log.warning("no sign of life could be written", exc_info=True)
            finally:
                db.session.remove()


def _name(part: str) -> str:
    return f"{part}@{platform.node()}:{os.getpid()}"[:80]
