"""Who is told of a step, and with what facts. The words are in templates/emails/, the sending in notify/."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time
from typing import Any

from tracker.accounts.queries import Person, people_of_units, people_with
from tracker.core.calendar import WorkingCalendar
from tracker.core.people import Actor, Role
from tracker.notify.service import queue
from tracker.reports.queries import Found
from tracker.reports.rules import Step

DIGEST_HOUR = time(16, 30)


def tell(
    found: Found,
    step: Step,
    actor: Actor,
    now: datetime,
    days: WorkingCalendar,
    note: str | None,
    facts: Mapping[str, Any],
) -> None:
    """Queue what a step asks for: sent back and accepted to the unit, a submission to the lead's daily digest."""
    match step:
        case Step.SUBMIT:
            _digest_for_lead(found, now, days)
        case Step.SEND_BACK:
            last = found.report.resubmit_by
            told = {"note": note, "by": actor.name, "resubmit_by": last and last.isoformat(), **facts}
            _to_unit(found, "sent_back", now, told)
        case Step.ACCEPT:
            _to_unit(found, "accepted", now, {"by": actor.name})
        case _:
            pass


def tell_extended(found: Found, now: datetime, days: WorkingCalendar, reason: str) -> None:
    """Queue the answer to a unit that asked for time."""
    last = days.last_day_before(found.report.due_before)
    _to_unit(found, "extended", now, {"reason": reason, "last_day": last.isoformat()})


def digest_slot(now: datetime, days: WorkingCalendar) -> datetime:
    """When the lead's digest of the submissions of this moment leaves: 16:30 of this or the next working day."""
    local = days.local(now)
    day = local.date()
    if days.is_working_day(day) and local.time() < DIGEST_HOUR:
        return days.at(day, DIGEST_HOUR.hour, DIGEST_HOUR.minute)
    return days.at(days.add_working_days(day, 1), DIGEST_HOUR.hour, DIGEST_HOUR.minute)


def previous_slot(slot: datetime, days: WorkingCalendar) -> datetime:
    """The digest moment before `slot`: a digest tells of what was submitted in between."""
    day = days.add_working_days(days.local_day(slot), -1)
    return days.at(day, DIGEST_HOUR.hour, DIGEST_HOUR.minute)


def _digest_for_lead(found: Found, now: datetime, days: WorkingCalendar) -> None:
    slot = digest_slot(now, days)
    for person in people_with(Role.LEAD):
        queue(
            "submissions",
            recipient_id=person.id,
            name=person.name,
            address=person.email,
            dedupe_key=f"submissions:{found.campaign.id}:{person.id}:{slot.isoformat()}",
            now=now,
            campaign_id=found.campaign.id,
            context={"slot": slot.isoformat()},
            not_before=slot,
        )


def _to_unit(found: Found, kind: str, now: datetime, facts: dict[str, Any]) -> None:
    report = found.report
    context = {
        "number": found.campaign.number,
        "unit": found.unit.name,
        "report_id": report.id,
        "at": now.isoformat(),
        **facts,
    }
    people = {person.id: person for person in people_of_units([report.unit_id])}
    nobody = [Person(0, "", "", "", Role.REPORTER, report.unit_id)]
    for person in people.values() or nobody:
        queue(
            kind,
            recipient_id=person.id or None,
            name=person.name,
            address=person.email,
            dedupe_key=f"{kind}:{report.id}:{report.version}:{person.id}",
            now=now,
            about=f"report:{report.id}",
            campaign_id=found.campaign.id,
            context=context,
        )
