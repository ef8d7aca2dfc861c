"""The one clock. Everything else takes `now` as an argument.

A simulated clock starts from a given instant and runs on at the speed of the real one
(contract.md, TRACKER_CLOCK).
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_offset: timedelta | None = None


def now() -> datetime:
    """The present instant, aware, in UTC, to the microsecond."""
    real = datetime.now(UTC)
    return real if _offset is None else real + _offset


def start_at(instant: datetime) -> None:
    """From here on the clock reads `instant` and runs on."""
    global _offset
    _offset = instant.astimezone(UTC) - datetime.now(UTC)


def real_time() -> None:
    """Back to the machine's own clock."""
    global _offset
    _offset = None


def simulated() -> bool:
    """True if the clock was set by `start_at`."""
    return _offset is not None


def machine_now() -> datetime:
    """The machine's own instant, whatever the clock says: for heartbeats and for whoever looks after the machine."""
    return datetime.now(UTC)
