"""Mails to come: the ladder played forward over what is not there yet. A dry run; nothing is planned by it. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from tracker.core.calendar import WorkingCalendar
from tracker.deadlines.rules import ladder

FAR = 60


@dataclass(frozen=True, slots=True)
class Owed:
    """Somebody who has a milestone to meet: its kind, their own deadline, and their name."""

    milestone: str
    due_before: datetime
    name: str


@dataclass(frozen=True, slots=True)
class Coming:
    """One rung to come for everybody whom it would reach if nothing changed before."""

    at: datetime
    milestone: str
    kind: str
    rung: int
    to: str
    names: tuple[str, ...]


def to_come(owed: Iterable[Owed], calendar: WorkingCalendar, now: datetime, until: datetime) -> list[Coming]:
    """The rungs in (now, until], by moment; those of one moment, milestone and audience are one line."""
    by_due: dict[tuple[str, datetime], list[str]] = {}
    for each in owed:
        by_due.setdefault((each.milestone, each.due_before), []).append(each.name)
    lines: dict[tuple[datetime, str, str, int, str], list[str]] = {}
    for (milestone, due), names in by_due.items():
        for nudge in ladder(milestone, due, calendar, FAR):
            if now < nudge.at <= until:
                key = (nudge.at, milestone, nudge.kind.value, nudge.rung, nudge.to.value)
                lines.setdefault(key, []).extend(names)
    return [Coming(*key, tuple(_unique(names))) for key, names in sorted(lines.items())]


def _unique(names: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(names))
