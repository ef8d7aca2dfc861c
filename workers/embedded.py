"""Worker and beat as threads of the process that serves: `tracker up`, with no broker installed."""

from __future__ import annotations

import logging
import time
from threading import Thread
from typing import Any

from celery import Celery
from celery.beat import Scheduler, Service
from flask import Flask

from tracker.core.db import db
from workers import heartbeat
from workers.celery_app import application

log = logging.getLogger(__name__)


class Beat(Scheduler):  # type: ignore[misc]  # Celery ships no types
    """Keeps the timetable in memory, and shows that it does: the sign of life comes from the loop itself."""

    _shown = 0.0

    def setup_schedule(self) -> None:
        """Everything is due at the start: what happened while nobody swept is found at once, not an interval later."""
        super().setup_schedule()
        for entry in self.schedule.values():
            entry.last_run_at -= entry.schedule.run_every

    def tick(self, *args: Any, **kwargs: Any) -> Any:
        """Send what is due; how long until the next."""
        if time.monotonic() - self._shown >= heartbeat.EVERY or not self._shown:
            self._shown = time.monotonic()
            self._show(application(self.app))
        return super().tick(*args, **kwargs)

    def _show(self, app: Flask) -> None:
        with app.app_context():
            try:
                heartbeat.write("beat")
            except Exception:
                log.warning("no sign of life could be written", exc_info=True)
            finally:
                db.session.remove()


class Embedded:
    """A worker with threads and a beat, started and stopped with the process around them."""

    def __init__(self, celery: Celery, threads: int = 4) -> None:
        self._worker = celery.WorkController(
            pool="threads",
            concurrency=threads,
            hostname="embedded@localhost",
            without_heartbeat=True,
            without_mingle=True,
            without_gossip=True,
        )
        self._beat = Service(celery, max_interval=1, scheduler_cls=Beat)
        self._threads = [
            Thread(target=self._worker.start, name="worker", daemon=True),
            Thread(target=self._beat.start, kwargs={"embedded_process": False}, name="beat", daemon=True),
        ]
        self._pulse = heartbeat.Pulse(application(celery), "worker")

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()
        self._pulse.start()

    def stop(self, timeout: float = 10.0) -> bool:
        """End: what is under way is finished if it takes no longer than `timeout` seconds. True if it did."""
        self._pulse.stop()
        self._beat.stop(wait=False)
        stopping = Thread(target=self._worker.stop, name="worker-stop", daemon=True)
        stopping.start()
        stopping.join(timeout)
        self._threads[0].join(1)
        return not stopping.is_alive()
