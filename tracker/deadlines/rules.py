"""The ladder as data: which reminder, overdue notice or escalation goes to whom, and at which working 08:00.

Nothing here knows reports, addresses or mail; whether a milestone is met is asked of the rooms below.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Protocol

from tracker.core.calendar import OPENS, WorkingCalendar, last_day

__all__ = [
    "LADDER",
    "Audience",
    "Ladder",
    "Milestone",
    "Nudge",
    "NudgeKind",
    "NudgeStatus",
    "Rung",
    "Tail",
    "ladder",
    "last_day",
    "next_at",
    "passed",
    "rung_at",
    "timeline",
]


class NudgeKind(enum.StrEnum):
    """What a nudge says: it will be due, it is late, others have to know."""

    REMINDER = "reminder"
    OVERDUE = "overdue"
    ESCALATION = "escalation"


class Audience(enum.StrEnum):
    """Whom a nudge is for: a unit's reporters (its head if it has none), its head, the lead office, Thường trực."""

    UNIT = "unit"
    UNIT_HEAD = "unit_head"
    LEAD = "lead"
    OVERSIGHT = "oversight"


class NudgeStatus(enum.StrEnum):
    """What has become of a rung of a campaign."""

    PLANNED = "planned"
    BEFORE_OPENING = "before_opening"
    DONE = "done"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Rung:
    """One step of a ladder: `number` working days before (≤ 0) or after the deadline."""

    number: int
    kind: NudgeKind
    to: tuple[Audience, ...]


@dataclass(frozen=True, slots=True)
class Tail:
    """Rungs that repeat for as long as anything is missing: `first`, `first + every`, …"""

    first: int
    every: int
    steps: tuple[tuple[NudgeKind, tuple[Audience, ...]], ...]


@dataclass(frozen=True, slots=True)
class Ladder:
    """The rungs of one kind of milestone, in rising order, and its tail if it has one."""

    rungs: tuple[Rung, ...]
    tail: Tail | None = None

    def numbered(self, upto: int | None = None) -> Iterator[tuple[int, tuple[Rung, ...]]]:
        """(number, the rungs of that number) in rising order; endless if there is a tail and no `upto`."""
        for number in sorted({rung.number for rung in self.rungs}):
            if upto is not None and number > upto:
                return
            yield number, tuple(rung for rung in self.rungs if rung.number == number)
        if self.tail is None:
            return
        number = self.tail.first
        while upto is None or number <= upto:
            yield number, tuple(Rung(number, kind, to) for kind, to in self.tail.steps)
            number += self.tail.every


def _reminders(to: Audience) -> tuple[Rung, ...]:
    return tuple(Rung(number, NudgeKind.REMINDER, (to,)) for number in (-14, -7, -3, -1, 0))


LADDER: Final[Mapping[str, Ladder]] = {
    "complete": Ladder(_reminders(Audience.UNIT)),
    "submit": Ladder(
        (
            *_reminders(Audience.UNIT),
            Rung(1, NudgeKind.OVERDUE, (Audience.UNIT, Audience.UNIT_HEAD)),
            Rung(2, NudgeKind.OVERDUE, (Audience.LEAD,)),
            Rung(3, NudgeKind.ESCALATION, (Audience.OVERSIGHT,)),
        ),
        Tail(
            6,
            3,
            (
                (NudgeKind.OVERDUE, (Audience.LEAD,)),
                (NudgeKind.ESCALATION, (Audience.OVERSIGHT,)),
            ),
        ),
    ),
    "consolidate": Ladder(
        (
            *_reminders(Audience.LEAD),
            Rung(1, NudgeKind.OVERDUE, (Audience.LEAD,)),
            Rung(3, NudgeKind.ESCALATION, (Audience.OVERSIGHT,)),
        ),
    ),
    # Shown on the timeline, chased by nobody.
    "other": Ladder(()),
}


@dataclass(frozen=True, slots=True)
class Nudge:
    """One rung for one audience, at an instant."""

    milestone_kind: str
    kind: NudgeKind
    rung: int
    at: datetime
    to: Audience


class Milestone(Protocol):
    """What a timeline needs of a milestone; a row and a spec both have it."""

    @property
    def id(self) -> object: ...
    @property
    def kind(self) -> str: ...
    @property
    def wording(self) -> str: ...
    @property
    def operator(self) -> str: ...
    @property
    def named_date(self) -> date: ...
    @property
    def due_before(self) -> datetime: ...


def rung_at(calendar: WorkingCalendar, due_before: datetime, n: int) -> datetime:
    """08:00 local of rung n: 0 the last working day whose 08:00 lies before `due_before`,
    −n that many working days earlier, +n the n-th working day whose 08:00 is at or after it."""
    return calendar.at(calendar.add_working_days(calendar.last_working_day(due_before), n), OPENS)


def ladder(kind: str, due_before: datetime, calendar: WorkingCalendar, upto: int = 9) -> list[Nudge]:
    """Every nudge of a milestone up to rung `upto`, in the order of the timeline."""
    return [
        nudge
        for number, rungs in LADDER[kind].numbered(upto)
        for nudge in _nudges(kind, rungs, rung_at(calendar, due_before, number))
    ]


def passed(
    kind: str,
    due_before: datetime,
    calendar: WorkingCalendar,
    now: datetime,
    not_before: datetime,
) -> tuple[Nudge, ...]:
    """The newest rung that has come at `now`, one nudge an audience; empty if there is none to send.

    After an outage the passed rungs become one, the newest. A rung strictly before `not_before` (the opening,
    the extension, the sending back) is never sent, nor is a reminder once its date has passed.
    """
    newest: tuple[Nudge, ...] = ()
    for number, rungs in LADDER[kind].numbered():
        at = rung_at(calendar, due_before, number)
        if at > now:
            break
        newest = _nudges(kind, rungs, at)
    if not newest or newest[0].at < not_before:
        return ()
    return tuple(nudge for nudge in newest if nudge.kind is not NudgeKind.REMINDER or now < due_before)


def next_at(
    kind: str,
    due_before: datetime,
    calendar: WorkingCalendar,
    after: datetime,
    not_before: datetime,
) -> datetime | None:
    """The next rung strictly after `after` and not before `not_before`; None at the end of a ladder without tail."""
    for number, _ in LADDER[kind].numbered():
        at = rung_at(calendar, due_before, number)
        if at > after and at >= not_before:
            return at
    return None


def timeline(
    campaign: str,
    milestones: Sequence[Milestone],
    calendar: WorkingCalendar,
    opened_at: datetime,
    now: datetime,
    *,
    met_at: Mapping[object, datetime] | None = None,
    closed_at: datetime | None = None,
) -> dict[str, object]:
    """Every milestone and every rung up to +9: the JSON of `tracker timeline --json`.

    `met_at`: milestone id → when it was met by all. A rung before the opening is `before_opening`; one after its
    milestone was met or the campaign closed is `cancelled`; one that has come is `done`; the rest are `planned`.
    """
    nudges: list[dict[str, object]] = []
    for milestone in milestones:
        ended = min(filter(None, (closed_at, (met_at or {}).get(milestone.id))), default=None)
        for nudge in ladder(milestone.kind, milestone.due_before, calendar):
            nudges.append(
                {
                    "milestone": milestone.kind,
                    "kind": nudge.kind.value,
                    "rung": nudge.rung,
                    "at": nudge.at.isoformat(),
                    "to": nudge.to.value,
                    "status": _status(nudge.at, opened_at, ended, now).value,
                }
            )
    return {
        "campaign": campaign,
        "timezone": str(calendar.tz),
        "milestones": [_milestone(milestone, calendar) for milestone in milestones],
        "nudges": nudges,
    }


def _nudges(kind: str, rungs: Sequence[Rung], at: datetime) -> tuple[Nudge, ...]:
    return tuple(Nudge(kind, rung.kind, rung.number, at, to) for rung in rungs for to in rung.to)


def _status(at: datetime, opened_at: datetime, ended: datetime | None, now: datetime) -> NudgeStatus:
    if at < opened_at:
        return NudgeStatus.BEFORE_OPENING
    if ended is not None and ended <= at:
        return NudgeStatus.CANCELLED
    return NudgeStatus.DONE if at <= now else NudgeStatus.PLANNED


def _milestone(milestone: Milestone, calendar: WorkingCalendar) -> dict[str, object]:
    return {
        "id": milestone.id,
        "kind": str(milestone.kind),
        "wording": milestone.wording,
        "operator": str(milestone.operator),
        "named_date": milestone.named_date.isoformat(),
        "last_day": calendar.last_day_before(milestone.due_before).isoformat(),
        "last_working_day": calendar.last_working_day(milestone.due_before).isoformat(),
        "due_before": calendar.local(milestone.due_before).isoformat(),
    }
