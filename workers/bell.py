"""The bell after a commit: wakes the workers at once if the broker answers, and never makes a request wait.

What is woken is also found by a sweep (schedule.py): a bell that does not ring costs seconds and nothing else.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable
from typing import Any, Final

from celery import Celery

from workers.schedule import WAKES

log = logging.getLogger(__name__)

# After a broker that did not answer, it is left alone for so long (seconds).
REST: Final = 30.0
# Between two rings: a ring costs as much as half a request, and one wakes the workers for all that came before it.
GAP: Final = 0.1


class Bell:
    """Rings on a thread of its own, one for each process; topics that come while it rings are rung together."""

    def __init__(self, send: Callable[[str], None]) -> None:
        """`send(task name)` may take a while, and may fail."""
        self._send = send
        self._waiting: set[str] = set()
        self._lock = threading.Lock()
        self._some = threading.Event()
        self._pid = 0
        self._quiet_until = 0.0

    def __call__(self, topics: frozenset[str]) -> None:
        """Ring for these topics, soon."""
        if time.monotonic() < self._quiet_until:
            return
        if self._pid != os.getpid():
            self._begin()
        with self._lock:
            self._waiting |= {WAKES[topic] for topic in topics if topic in WAKES}
        self._some.set()

    def _begin(self) -> None:
        # A forked child inherits no threads; its locks may have been copied while they were held.
        self._pid = os.getpid()
        self._lock, self._some, self._waiting = threading.Lock(), threading.Event(), set()
        threading.Thread(target=self._ring, name="bell", daemon=True).start()

    def _ring(self) -> None:
        some = self._some
        while True:
            some.wait()
            some.clear()
            with self._lock:
                tasks, self._waiting = self._waiting, set()
            for task in sorted(tasks):
                try:
                    self._send(task)
                except Exception as error:
                    self._quiet_until = time.monotonic() + REST
                    log.warning("the broker does not answer (%s); the sweeps go on", type(error).__name__)
                    break
            time.sleep(GAP)


def bell_of(celery: Celery) -> Bell:
    """A bell that rings through this Celery application."""

    def send(task: str) -> None:
        options: dict[str, Any] = {"retry": False, "expires": 60, "ignore_result": True}
        celery.send_task(task, **options)

    return Bell(send)
