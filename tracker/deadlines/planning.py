"""Which nudges a report or a campaign owes at a moment, and when to look again: the ladder put to live rows.

Pure: rows come from queries.py, and service.py writes what comes out.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from tracker.core.calendar import WorkingCalendar
from tracker.deadlines.rules import Nudge, next_at, passed
from tracker.plans.spec import Milestone
from tracker.reports.rules import State


class Standing(Protocol):
    """What of a report the ladder depends on; a row of a query has it."""

    @property
    def state(self) -> str: ...
    @property
    def filled(self) -> int: ...
    @property
    def required(self) -> int: ...
    @property
    def own_due(self) -> datetime: ...
    @property
    def extended_due_before(self) -> datetime | None: ...
    @property
    def resubmit_by(self) -> date | None: ...


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be sent now, each nudge with the `due_before` it is about, and when to look again."""

    nudges: tuple[tuple[Nudge, datetime], ...]
    look_again_at: datetime | None


def due_of(kind: str, report: Standing, complete: Milestone | None, group: str | None = None) -> datetime | None:
    """Until when a report must meet `complete` or `submit`; None: that is not asked of it (any more).

    `submit` has the report's own date. `complete` is the plan's date alone: who was given a date of their own, by an
    extension or a sending back, is chased to that date and to no other.
    """
    if kind == "submit":
        return report.own_due
    if complete is None or report.extended_due_before is not None or report.resubmit_by is not None:
        return None
    if complete.groups and group is not None and group not in complete.groups:
        return None
    return complete.due_before


def is_met(kind: str, report: Standing) -> bool:
    """`submit`: submitted or beyond. `complete`: all of it is there, or it was submitted."""
    return report.state != State.DRAFTING or (kind == "complete" and report.filled >= report.required)


def of_report(
    report: Standing,
    complete: Milestone | None,
    group: str,
    asks_submit: bool,
    calendar: WorkingCalendar,
    now: datetime,
    not_before: datetime,
) -> Plan:
    """What a report owes. `not_before`: its opening, extension or sending back, whichever came last."""
    if report.state != State.DRAFTING:
        return Plan((), None)
    owed = []
    for kind in ("complete", "submit") if asks_submit else ("complete",):
        due = due_of(kind, report, complete, group)
        if due is not None:
            # A part may be emptied again: the rungs to come are looked at even while the milestone is met.
            owed.append((kind, due, is_met(kind, report)))
    return _plan(owed, calendar, now, not_before)


def of_campaign(due: datetime | None, met: bool, calendar: WorkingCalendar, now: datetime, opened: datetime) -> Plan:
    """What the lead office owes: the consolidated report."""
    if due is None or met:
        return Plan((), None)
    return _plan([("consolidate", due, False)], calendar, now, opened)


def _plan(
    owed: Iterable[tuple[str, datetime, bool]], calendar: WorkingCalendar, now: datetime, not_before: datetime
) -> Plan:
    nudges: list[tuple[Nudge, datetime]] = []
    moments: list[datetime] = []
    for kind, due, met in owed:
        if not met:
            nudges += [(nudge, due) for nudge in passed(kind, due, calendar, now, not_before)]
        coming = next_at(kind, due, calendar, now, not_before)
        if coming is not None:
            moments.append(coming)
    return Plan(tuple(nudges), min(moments, default=None))
