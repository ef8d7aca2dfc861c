"""The clock's verbs: look at what is due, plan its nudges, carry late digests over, tell the timeline.

Which rung goes to whom is rules.py's, the words are mailer.py's, and sending is notify's.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import insert, select, update

from tracker.accounts.queries import Person, people_with
from tracker.campaigns.models import Campaign
from tracker.campaigns.queries import milestone, spec_of
from tracker.core.calendar import WorkingCalendar
from tracker.core.db import changed, insert_many_once, session, transaction, wake
from tracker.core.people import Role
from tracker.deadlines import planning
from tracker.deadlines.models import Nudge
from tracker.deadlines.queries import campaigns, due_campaigns, due_reports, met_at, recipients
from tracker.deadlines.rules import Audience, timeline
from tracker.deadlines.rules import Nudge as Planned
from tracker.notify.models import OutboxMail
from tracker.office.queries import calendar
from tracker.reports.models import Report
from tracker.reports.rules import State

log = logging.getLogger(__name__)

POISONED: Final = timedelta(minutes=10)


def look(report_id: int, now: datetime) -> int:
    """Look at one report whose moment has come; how many nudges were planned. See `look_many`."""
    return look_many([report_id], now)


def look_many(report_ids: Collection[int], now: datetime) -> int:
    """Look at some reports whose moment has come; how many nudges were planned.

    1. Lock those of them that are still due and that nobody else is looking at.
    2. For each milestone that is not met: the newest passed rung since its opening, extension or sending back.
       Passed rungs of one milestone become one (contract: "After an outage").
    3. If there is something to send and the office is closed: look again when it opens.
    4. What is not there yet becomes nudges, one a recipient, each on the recipient's digest of this local day;
       with nobody to receive it, it goes into the ledger as `no_recipient` and the lead office is told.
    5. Look again at the next rung, or never when all is met or the campaign is closed.
    """
    rows = (
        session()
        .execute(
            select(
                Report.id, Report.campaign_id, Report.unit_id, Report.group_name, Report.state, Report.filled,
                Report.required, Report.due_before.label("own_due"), Report.extended_due_before, Report.resubmit_by,
                Report.chased_from,
            )
            .where(Report.id.in_(report_ids), Report.look_again_at <= now)
            .order_by(Report.id)
            .with_for_update(skip_locked=True)
        )
        .all()
    )  # fmt: skip
    if not rows:
        return 0
    days = calendar()
    opened = campaigns({row.campaign_id for row in rows})
    opens = days.sending_time(now)
    wanted: list[_Wanted] = []
    looks: dict[datetime | None, list[int]] = {}
    for row in rows:
        campaign = opened[row.campaign_id]
        if campaign.closed_at is not None:
            looks.setdefault(None, []).append(row.id)
            continue
        spec = spec_of(campaign)
        plan = planning.of_report(
            row,
            milestone(spec, "complete"),
            row.group_name,
            milestone(spec, "submit") is not None,
            days,
            now,
            max(row.chased_from, campaign.opened_at),
        )
        asked = [
            _Wanted(f"report:{row.id}", campaign.id, row.id, row.unit_id, nudge, due) for nudge, due in plan.nudges
        ]
        looks.setdefault(opens if asked and opens > now else plan.look_again_at, []).append(row.id)
        if opens <= now:
            wanted += asked
    planned = _plan(wanted, days, now)
    for moment, ids in looks.items():
        changed(update(Report).where(Report.id.in_(ids)).values(look_again_at=moment))
    return planned


def look_campaign(campaign_id: int, now: datetime) -> int:
    """Look at a campaign's own milestone, the consolidated report, as `look_many` does at the units'."""
    campaign = (
        session()
        .scalars(
            select(Campaign)
            .where(Campaign.id == campaign_id, Campaign.look_again_at <= now)
            .with_for_update(skip_locked=True)
            .execution_options(populate_existing=True)
        )
        .first()
    )
    if campaign is None:
        return 0
    days = calendar()
    asked = milestone(spec_of(campaign), "consolidate")
    plan = planning.of_campaign(
        asked.due_before if asked else None, campaign.consolidated_at is not None, days, now, campaign.opened_at
    )
    opens = days.sending_time(now)
    later = plan.nudges and opens > now
    campaign.look_again_at = opens if later else plan.look_again_at
    session().flush()
    if later:
        return 0
    subject = f"campaign:{campaign.id}"
    return _plan([_Wanted(subject, campaign.id, None, 0, nudge, due) for nudge, due in plan.nudges], days, now)


def sweep(ids: Sequence[int], now: datetime) -> int:
    """`look_many` in a transaction of its own; how many nudges were planned.

    If one of them fails, each is looked at by itself; the poisoned one is pushed forward, reported, and stops nobody.
    """
    try:
        with transaction():
            return look_many(ids, now)
    except Exception:
        if len(ids) > 1:
            return sum(sweep([each], now) for each in ids)
        log.exception("report %s cannot be looked at; again in ten minutes", ids[0])
        with transaction():
            changed(
                update(Report)
                .where(Report.id == ids[0], Report.look_again_at <= now)
                .values(look_again_at=now + POISONED)
            )
        return 0


def sweep_campaign(campaign_id: int, now: datetime) -> int:
    """`look_campaign` in a transaction of its own; a poisoned one is pushed forward and reported."""
    try:
        with transaction():
            return look_campaign(campaign_id, now)
    except Exception:
        log.exception("campaign %s cannot be looked at; again in ten minutes", campaign_id)
        with transaction():
            changed(
                update(Campaign)
                .where(Campaign.id == campaign_id, Campaign.look_again_at <= now)
                .values(look_again_at=now + POISONED)
            )
        return 0


def carry_over(now: datetime) -> int:
    """Digests that did not leave on their day (an outage) move to the next sending day; how many.

    1. Each pending digest of an earlier day is locked.
    2. If its person has no digest on the new day, it becomes that; else its nudges join that one, and it is cancelled.
    So a person still gets one mail a day at most.
    """
    days = calendar()
    opens = days.sending_time(now)
    day = days.local_day(opens)
    rows = (
        session()
        .execute(
            select(
                OutboxMail.id, OutboxMail.recipient_id, OutboxMail.recipient_name, OutboxMail.address,
                OutboxMail.campaign_id, OutboxMail.context, OutboxMail.ambiguous_at,
            )
            .where(
                OutboxMail.status == "pending",
                OutboxMail.not_before <= now,
                OutboxMail.kind == _DIGEST,
                OutboxMail.local_day < day,
            )
            .order_by(OutboxMail.recipient_id, OutboxMail.id)
            .with_for_update(skip_locked=True)
        )
        .all()
    )  # fmt: skip
    for row in rows:
        taken = select(OutboxMail.id).where(OutboxMail.recipient_id == row.recipient_id, OutboxMail.local_day == day)
        if session().execute(taken).first() is None:
            values = {"local_day": day, "not_before": max(opens, now), "dedupe_key": _digest_key(row.recipient_id, day)}
            changed(update(OutboxMail).where(OutboxMail.id == row.id).values(**values))
            continue
        person = Person(row.recipient_id, row.recipient_name, row.address, "", Role.REPORTER, None)
        mail_id = _digests([person], {row.recipient_id: row.campaign_id}, days, now, opens)[row.recipient_id]
        if mail_id != row.id:
            changed(update(Nudge).where(Nudge.mail_id == row.id).values(mail_id=mail_id))
            _tell(mail_id, row.context.get("unreachable"))
            over = "cancelled" if row.ambiguous_at is None else "ambiguous"
            changed(update(OutboxMail).where(OutboxMail.id == row.id).values(status=over, resend=False))
    return len(rows)


def look_at_all(now: datetime) -> None:
    """Working days changed: every report and campaign that is still chased is looked at again."""
    open_now = select(Campaign.id).where(Campaign.closed_at.is_(None))
    changed(
        update(Report).where(Report.state == State.DRAFTING, Report.campaign_id.in_(open_now)).values(look_again_at=now)
    )
    changed(update(Campaign).where(Campaign.closed_at.is_(None)).values(look_again_at=now))
    wake("deadlines")


def timeline_json(campaign: Campaign, now: datetime) -> dict[str, object]:
    """Every milestone and every rung up to +9, with what has become of it (contract: `tracker timeline --json`)."""
    spec = spec_of(campaign)
    met = met_at(campaign.id)
    return timeline(
        campaign.number,
        spec.milestones,
        calendar(),
        campaign.opened_at,
        now,
        met_at={item.id: met[item.kind] for item in spec.milestones if item.kind in met},
        closed_at=campaign.closed_at,
    )


def due(now: datetime, limit: int = 1000) -> tuple[Sequence[int], Sequence[int]]:
    """Ids of the reports and of the campaigns whose moment has come."""
    return due_reports(now, limit), due_campaigns(now, limit)


# --- planning ------------------------------------------------------------------------------------

_DIGEST: Final = "nudges"


@dataclass(frozen=True, slots=True)
class _Wanted:
    """One rung for one audience of one report or campaign."""

    subject: str
    campaign_id: int
    report_id: int | None
    unit_id: int
    nudge: Planned
    due: datetime

    @property
    def key(self) -> tuple[str, str, datetime, int]:
        """A rung of a subject: planned as a whole or not at all."""
        return self.subject, self.nudge.milestone_kind, self.due, self.nudge.rung


def _plan(wanted: Sequence[_Wanted], days: WorkingCalendar, now: datetime) -> int:
    """Write the nudges that are not there yet, each on a mail of its recipient."""
    there = _there(wanted)
    wanted = [each for each in wanted if each.key not in there]
    if not wanted:
        return 0
    people = {
        audience: recipients(audience, {each.unit_id for each in wanted if each.nudge.to is audience})
        for audience in {each.nudge.to for each in wanted}
    }
    rows: list[tuple[_Wanted, Person]] = []
    nobody: dict[tuple[Any, ...], _Wanted] = {}
    for each in wanted:
        office = each.nudge.to in (Audience.LEAD, Audience.OVERSIGHT)
        found = people[each.nudge.to].get(0 if office else each.unit_id, [])
        rows += [(each, person) for person in found]
        if not found:
            nobody.setdefault(each.key, each)
    # A head who also reports has one nudge of a rung.
    chosen = {(each.key, person.id): (each, person) for each, person in reversed(rows)}
    leads = people_with(Role.LEAD) if nobody else []
    addressed = {person.id: person for _, person in chosen.values()} | {person.id: person for person in leads}
    campaign_of = {person.id: each.campaign_id for each, person in chosen.values()}
    opens = days.sending_time(now)
    mails = _digests(
        sorted(addressed.values(), key=lambda person: person.id),
        {person_id: campaign_of.get(person_id, wanted[0].campaign_id) for person_id in addressed},
        days,
        now,
        opens,
    )
    nudges = [_row(each, person.id, mails[person.id], now) for each, person in chosen.values()]
    unheard = _unreachable(list(nobody.values()), now)
    nudges += [_row(each, 0, mail_id, now) for each, mail_id in unheard]
    for person in leads:
        _tell(mails[person.id], now.isoformat())
    nudges.sort(key=lambda row: (row["subject"], row["milestone"], row["rung"], row["recipient"]))
    planned = insert_many_once(Nudge, nudges)
    wake("outbox")
    return planned


def _there(wanted: Sequence[_Wanted]) -> set[tuple[str, str, datetime, int]]:
    """The rungs that were planned before. The subject's row is locked, so nobody plans them meanwhile."""
    subjects = {each.subject for each in wanted}
    if not subjects:
        return set()
    rows = session().execute(
        select(Nudge.subject, Nudge.milestone, Nudge.due_before, Nudge.rung)
        .where(Nudge.subject.in_(subjects))
        .distinct()
    )
    return {(row.subject, row.milestone, row.due_before, row.rung) for row in rows}


def _digests(
    people: Sequence[Person],
    campaign_of: Mapping[int, int | None],
    days: WorkingCalendar,
    now: datetime,
    opens: datetime,
) -> dict[int, int]:
    """Person id -> the digest that takes more nudges: today's while it has not left, else the next working day's.

    `people` in the order of their ids, in which every process locks: no two wait for one another.
    """
    found: dict[int, int] = {}
    left = list(people)
    day, moment = days.local_day(opens), max(opens, now)
    while left:
        insert_many_once(
            OutboxMail,
            [
                {
                    "kind": _DIGEST,
                    "dedupe_key": _digest_key(person.id, day),
                    "recipient_id": person.id,
                    "recipient_name": person.name,
                    "address": person.email,
                    "campaign_id": campaign_of[person.id],
                    "local_day": day,
                    "context": {},
                    "status": "pending",
                    "phase": "",
                    "planned_at": now,
                    "not_before": moment,
                    "attempts": 0,
                    "subject": "",
                    "error": "",
                    "resend": False,
                }
                for person in left
            ],
        )
        rows = (
            session()
            .execute(
                select(OutboxMail.id, OutboxMail.recipient_id, OutboxMail.status)
                .where(OutboxMail.recipient_id.in_([person.id for person in left]), OutboxMail.local_day == day)
                .order_by(OutboxMail.recipient_id)
                .with_for_update()
            )
            .all()
        )
        # What was cancelled has not left: it can still be this day's one mail.
        again = [row.id for row in rows if row.status == "cancelled"]
        if again:
            values = {"status": "pending", "phase": "", "not_before": moment, "context": {}, "error": ""}
            changed(update(OutboxMail).where(OutboxMail.id.in_(again)).values(**values))
        found |= {row.recipient_id: row.id for row in rows if row.status in ("pending", "cancelled")}
        left = [person for person in left if person.id not in found]
        day = days.add_working_days(day, 1)
        moment = days.sending_time(days.at(day, 8))
    return found


def _unreachable(wanted: Sequence[_Wanted], now: datetime) -> list[tuple[_Wanted, int]]:
    """A ledger row for each nudge that nobody receives."""
    made = []
    for each in wanted:
        ident = (
            session()
            .execute(
                insert(OutboxMail).returning(OutboxMail.id),
                {
                    "kind": _DIGEST,
                    "dedupe_key": ":".join(["nobody", *map(str, each.key)]),
                    "recipient_id": None,
                    "recipient_name": "",
                    "address": "",
                    "campaign_id": each.campaign_id,
                    "context": {},
                    "status": "no_recipient",
                    "planned_at": now,
                    "not_before": now,
                },
            )
            .scalar_one()
        )
        made.append((each, ident))
    return made


def _tell(mail_id: int, since: str | None) -> None:
    """Let a lead's digest name whom nobody could reach since that instant."""
    if since is None:
        return
    context = session().execute(select(OutboxMail.context).where(OutboxMail.id == mail_id)).scalar_one()
    earliest = min(since, context.get("unreachable", since))
    changed(update(OutboxMail).where(OutboxMail.id == mail_id).values(context={**context, "unreachable": earliest}))


def _row(each: _Wanted, recipient: int, mail_id: int, now: datetime) -> dict[str, Any]:
    return {
        "subject": each.subject,
        "campaign_id": each.campaign_id,
        "report_id": each.report_id,
        "milestone": each.nudge.milestone_kind,
        "due_before": each.due,
        "rung": each.nudge.rung,
        "kind": each.nudge.kind.value,
        "audience": each.nudge.to.value,
        "recipient": recipient,
        "at": each.nudge.at,
        "planned_at": now,
        "mail_id": mail_id,
    }


def _digest_key(person_id: int, day: date) -> str:
    return f"nudges:{person_id}:{day.isoformat()}"
