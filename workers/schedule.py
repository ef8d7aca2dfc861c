"""The timetable of the sweeps. What each does is in tasks.py.

Every sweep finds its work in the database: a wake-up that was lost (bell.py) costs one interval, and two beats at
once cost a few empty queries. Intervals, never wall times: a clock that jumps must not skip or double a sweep.
"""

from __future__ import annotations

from typing import Any, Final

SWEEP_DEADLINES: Final = "tracker.sweep_deadlines"
LOOK_AT_REPORTS: Final = "tracker.look_at_reports"
LOOK_AT_CAMPAIGN: Final = "tracker.look_at_campaign"
SEND_MAIL: Final = "tracker.send_mail"
SWEEP_ASSEMBLIES: Final = "tracker.sweep_assemblies"
BUILD_ASSEMBLY: Final = "tracker.build_assembly"
TIDY: Final = "tracker.tidy"
CANARY: Final = "tracker.canary"

# name: every so many seconds; what still waits after that long is stale, since the next sweep finds the same work.
TIMETABLE: Final[dict[str, dict[str, Any]]] = {
    "deadlines that have come": {"task": SWEEP_DEADLINES, "schedule": 10.0, "options": {"expires": 10}},
    "mail that waits": {"task": SEND_MAIL, "schedule": 10.0, "options": {"expires": 10}},
    "assemblies that wait": {"task": SWEEP_ASSEMBLIES, "schedule": 10.0, "options": {"expires": 10}},
    "what nobody needs any more": {"task": TIDY, "schedule": 3600.0, "options": {"expires": 3600}},
    "a sign of life through the broker": {"task": CANARY, "schedule": 15.0, "options": {"expires": 15}},
}

# What a committed change wakes (core.db.wake).
WAKES: Final[dict[str, str]] = {
    "deadlines": SWEEP_DEADLINES,
    "outbox": SEND_MAIL,
    "assembly": SWEEP_ASSEMBLIES,
}
