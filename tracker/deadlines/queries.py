"""Reading for the clock's desk: what is due, who is late, what a digest holds, and the send ledger."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, exists, func, or_, select

from tracker.accounts.models import Unit
from tracker.accounts.queries import Person, people_of_units, people_with
from tracker.campaigns.models import Campaign
from tracker.campaigns.queries import spec_of
from tracker.core.calendar import WorkingCalendar
from tracker.core.db import session
from tracker.core.errors import Invalid
from tracker.core.people import Role
from tracker.core.text import N_
from tracker.deadlines.forecast import Owed
from tracker.deadlines.models import Nudge
from tracker.deadlines.planning import due_of, is_met
from tracker.deadlines.rules import Audience
from tracker.notify.models import OutboxMail
from tracker.reports.models import Report, ReportEvent
from tracker.reports.rules import State

AnyRow = Row[*tuple[Any, ...]]
STATUSES: Final = ("pending", "sending", "sent", "failed", "ambiguous", "cancelled", "no_recipient")
_AT_ONCE: Final = 1000  # ids in one statement: drivers limit its parameters


# What is due.


def due_reports(now: datetime, limit: int = 1000) -> Sequence[int]:
    """Ids of reports whose `look_again_at` has come, the longest waiting first. Costs by what is due."""
    return (
        session()
        .scalars(
            select(Report.id)
            .where(Report.look_again_at.is_not(None), Report.look_again_at <= now)
            .order_by(Report.look_again_at)
            .limit(limit)
        )
        .all()
    )


def due_campaigns(now: datetime, limit: int = 1000) -> Sequence[int]:
    """Ids of campaigns whose `look_again_at` has come."""
    return (
        session()
        .scalars(select(Campaign.id).where(Campaign.look_again_at <= now).order_by(Campaign.look_again_at).limit(limit))
        .all()
    )


def any_due(now: datetime) -> bool:
    """True while the sweep of this moment is not complete: digests wait for it."""
    return bool(due_reports(now, 1)) or bool(due_campaigns(now, 1))


# Who receives.


def recipients(audience: Audience, unit_ids: Collection[int]) -> dict[int, list[Person]]:
    """Unit id -> the people of an audience of that unit, each once; lead and oversight under 0.

    A unit's nudge goes to its reporters, or if there are none to its head (contract: "the ladder").
    """
    if audience is Audience.LEAD or audience is Audience.OVERSIGHT:
        return {0: people_with(Role(audience.value))}
    found: dict[int, list[Person]] = {unit_id: [] for unit_id in unit_ids}
    heads: dict[int, list[Person]] = {unit_id: [] for unit_id in unit_ids}
    ids = sorted(found)
    for start in range(0, len(ids), _AT_ONCE):
        for person in people_of_units(ids[start : start + _AT_ONCE]):
            (heads if person.role is Role.UNIT_HEAD else found)[person.unit_id or 0].append(person)
    if audience is Audience.UNIT_HEAD:
        return heads
    return {unit_id: people or heads[unit_id] for unit_id, people in found.items()}


# Who is late.


@dataclass(frozen=True, slots=True)
class LateReport:
    """A report past its own `due_before` that is still being written, and whom to call about it."""

    report_id: int
    unit: str
    due_before: datetime
    filled: int
    required: int
    opened: bool
    contact: str
    phone: str


@dataclass(frozen=True, slots=True)
class Tally:
    """How far a campaign is: units asked, arrived (submitted or beyond), reviewed (or beyond)."""

    total: int
    arrived: int
    reviewed: int


def late_reports(campaign_id: int, now: datetime) -> list[LateReport]:
    """Every report of a campaign past its own `due_before`, in protocol order, with the unit's contact.

    Whom to call: the unit's own contact; what is missing of it is filled from its reporter, else its head.
    """
    rows = (
        session()
        .execute(
            select(
                Report.id, Report.unit_id, Report.due_before, Report.filled, Report.required, Report.first_edit_at,
                Unit.name, Unit.contact_name, Unit.contact_phone,
            )
            .join(Unit, Unit.id == Report.unit_id)
            .where(Report.campaign_id == campaign_id, Report.state == State.DRAFTING, Report.due_before <= now)
            .order_by(Report.position, Report.id)
        )
        .all()
    )  # fmt: skip
    people: dict[int, Person] = {}
    wanting = [row.unit_id for row in rows if not (row.contact_name and row.contact_phone)]
    if wanting:
        for unit_id, found in recipients(Audience.UNIT, wanting).items():
            if found:
                people[unit_id] = next((person for person in found if person.phone), found[0])
    late = []
    for row in rows:
        name, phone = row.contact_name, row.contact_phone
        person = people.get(row.unit_id)
        if person is not None and not phone:
            # A name beside another person's number would send the call to the wrong one.
            name, phone = (person.name, person.phone) if person.phone or not name else (name, "")
        elif person is not None:
            name = name or person.name
        late.append(
            LateReport(
                row.id, row.name, row.due_before, row.filled, row.required, row.first_edit_at is not None, name, phone
            )
        )
    return late


def tally(campaign_id: int) -> Tally:
    """How many reports there are, arrived and reviewed."""
    rows = session().execute(
        select(Report.state, func.count()).where(Report.campaign_id == campaign_id).group_by(Report.state)
    )
    by_state = {state: count for state, count in rows}
    total = sum(by_state.values())
    waiting = by_state.get(State.DRAFTING, 0)
    return Tally(total, total - waiting, total - waiting - by_state.get(State.SUBMITTED, 0))


def met_at(campaign_id: int) -> dict[str, datetime]:
    """Milestone kind -> when every report had met it; kinds that somebody still owes are not there."""
    count, there, last = (
        session()
        .execute(
            select(func.count(), func.count(Report.submitted_at), func.max(Report.submitted_at)).where(
                Report.campaign_id == campaign_id
            )
        )
        .one()
    )
    drafting = (
        session()
        .execute(select(exists().where(Report.campaign_id == campaign_id, Report.state == State.DRAFTING)))
        .scalar_one()
    )
    met: dict[str, datetime] = {}
    if last is not None and there == count and not drafting:
        met |= {"complete": last, "submit": last}
    consolidated = session().execute(select(Campaign.consolidated_at).where(Campaign.id == campaign_id)).scalar()
    if consolidated is not None:
        met["consolidate"] = consolidated
    return met


# What a digest holds.


def nudges_of(mail_ids: Collection[int]) -> Sequence[AnyRow]:
    """(Nudge columns, report's and unit's facts) of some digests; the campaign is loaded apart."""
    return (
        session()
        .execute(
            select(
                Nudge.mail_id, Nudge.campaign_id, Nudge.report_id, Nudge.milestone, Nudge.due_before, Nudge.rung,
                Nudge.kind, Nudge.audience, Report.state, Report.due_before.label("own_due"), Report.filled,
                Report.required, Report.extended_due_before, Report.resubmit_by, Report.sent_back_at,
                Report.unit_id, Unit.name.label("unit"),
            )
            .outerjoin(Report, Report.id == Nudge.report_id)
            .outerjoin(Unit, Unit.id == Report.unit_id)
            .where(Nudge.mail_id.in_(mail_ids))
            .order_by(Nudge.campaign_id, Report.position, Nudge.id)
        )
        .all()
    )  # fmt: skip


def campaigns(ids: Collection[int]) -> dict[int, Campaign]:
    """Campaigns by id."""
    return {found.id: found for found in session().scalars(select(Campaign).where(Campaign.id.in_(ids)))}


def unreachable(since: datetime, until: datetime) -> Sequence[AnyRow]:
    """(campaign id, unit's name or None for an office, audience) of nudges planned in between that nobody receives."""
    return (
        session()
        .execute(
            select(Nudge.campaign_id, Unit.name, Nudge.audience)
            .join(OutboxMail, OutboxMail.id == Nudge.mail_id)
            .outerjoin(Report, Report.id == Nudge.report_id)
            .outerjoin(Unit, Unit.id == Report.unit_id)
            .where(OutboxMail.status == "no_recipient", OutboxMail.not_before >= since, OutboxMail.not_before <= until)
            .order_by(Nudge.campaign_id, Report.position, Nudge.id)
        )
        .all()
    )


def told_on(campaign_id: int, report_ids: Collection[int], audience: Audience) -> datetime | None:
    """When an overdue nudge about these reports first left for an audience."""
    return (
        session()
        .execute(
            select(func.min(OutboxMail.sent_at))
            .join(Nudge, Nudge.mail_id == OutboxMail.id)
            .where(
                Nudge.campaign_id == campaign_id,
                Nudge.report_id.in_(report_ids),
                Nudge.audience == audience.value,
                Nudge.kind == "overdue",
            )
        )
        .scalar()
    )


def submissions_between(campaign_id: int, after: datetime, until: datetime) -> Sequence[AnyRow]:
    """(unit's name, instant, was it late, report id) of what was submitted in (after, until], the first first."""
    return (
        session()
        .execute(
            select(Unit.name, ReportEvent.at, Report.due_before, Report.id)
            .join(Report, Report.id == ReportEvent.report_id)
            .join(Unit, Unit.id == Report.unit_id)
            .where(
                Report.campaign_id == campaign_id,
                ReportEvent.step == "submit",
                ReportEvent.at > after,
                ReportEvent.at <= until,
            )
            .order_by(ReportEvent.at, ReportEvent.id)
        )
        .all()
    )


# The ledger.


@dataclass(frozen=True, slots=True)
class Notice:
    """One line of the send ledger. `rungs` and `reports` are empty for mails that are no nudges."""

    id: int
    recipient: str
    address: str
    kind: str
    rungs: tuple[tuple[str, str, int], ...]
    reports: tuple[int, ...]
    planned_at: datetime
    not_before: datetime
    sent_at: datetime | None
    message_id: str | None
    status: str
    error: str
    subject: str
    resend: bool
    local_day: date | None

    def to_json(self, days: WorkingCalendar) -> dict[str, Any]:
        """The fields of the contract, and a few more; of a digest with several rungs the highest stands for all."""
        first = max(self.rungs, key=lambda each: each[2], default=None)
        return {
            "id": str(self.id),
            "recipient": self.address or self.recipient or None,
            "name": self.recipient,
            "kind": first[1] if first else self.kind,
            "rung": first[2] if first else None,
            "milestones": [{"milestone": m, "kind": k, "rung": r} for m, k, r in self.rungs],
            "reports": list(self.reports),
            "planned_at": days.local(self.planned_at).isoformat(),
            "sent_at": days.local(self.sent_at).isoformat() if self.sent_at else None,
            "message_id": self.message_id,
            "status": self.status,
            "error": self.error or None,
        }


def notices(
    campaign_id: int, status: str | None = None, cursor: str | None = None, limit: int = 100
) -> tuple[list[Notice], str | None]:
    """The send ledger of a campaign, the newest first, and the cursor of the next page or None.

    Invalid if `status` or `cursor` is none.
    """
    if status is not None and status not in STATUSES:
        raise Invalid("bad_status", N_("Không có tình trạng thư «%(raw)s»."), raw=status)
    if cursor is not None and not (cursor.isdigit() and len(cursor) < 19):
        raise Invalid("bad_cursor", N_("Trang «%(raw)s» không có trong sổ thư."), raw=cursor)
    statement = select(OutboxMail).where(_of_campaign(campaign_id))
    if status is not None:
        statement = statement.where(OutboxMail.status == status)
    if cursor is not None:
        statement = statement.where(OutboxMail.id < int(cursor))
    mails = session().scalars(statement.order_by(OutboxMail.id.desc()).limit(limit + 1)).all()
    more = len(mails) > limit
    mails = mails[:limit]
    return _with_nudges(campaign_id, mails), str(mails[-1].id) if more else None


def counts(campaign_id: int) -> dict[str, int]:
    """How many mails of a campaign stand in each status."""
    rows = session().execute(
        select(OutboxMail.status, func.count()).where(_of_campaign(campaign_id)).group_by(OutboxMail.status)
    )
    return {status: count for status, count in rows}


def troubled(campaign_id: int, limit: int = 50) -> list[Notice]:
    """What may not have reached its people: refused or in doubt; the newest first."""
    mails = session().scalars(
        select(OutboxMail)
        .where(_of_campaign(campaign_id), OutboxMail.status.in_(("failed", "ambiguous")))
        .order_by(OutboxMail.id.desc())
        .limit(limit)
    )
    return _with_nudges(campaign_id, mails.all())


@dataclass(frozen=True, slots=True)
class Unreached:
    """A unit that some mails could not be addressed to: nobody there has an address."""

    report_id: int
    unit: str
    mails: int
    last: datetime


def without_recipient(campaign_id: int) -> list[Unreached]:
    """The units with nobody to receive, one line each, the most recent first."""
    rows = session().execute(
        select(Report.id, Unit.name, func.count(OutboxMail.id.distinct()), func.max(OutboxMail.planned_at))
        .join(Unit, Unit.id == Report.unit_id)
        .join(Nudge, Nudge.report_id == Report.id)
        .join(OutboxMail, OutboxMail.id == Nudge.mail_id)
        .where(Report.campaign_id == campaign_id, OutboxMail.status == "no_recipient")
        .group_by(Report.id, Unit.name)
        .order_by(func.max(OutboxMail.planned_at).desc())
        .limit(50)
    )
    return [Unreached(*row) for row in rows]


def is_of_campaign(mail_id: int, campaign_id: int) -> bool:
    """True if the mail stands in that campaign's ledger."""
    return session().execute(select(exists().where(OutboxMail.id == mail_id, _of_campaign(campaign_id)))).scalar_one()


def _of_campaign(campaign_id: int) -> ColumnElement[bool]:
    about = select(Nudge.id).where(Nudge.mail_id == OutboxMail.id, Nudge.campaign_id == campaign_id)
    return or_(OutboxMail.campaign_id == campaign_id, about.exists())


def _with_nudges(campaign_id: int, mails: Sequence[OutboxMail]) -> list[Notice]:
    rungs: dict[int, dict[tuple[str, str, int], None]] = {mail.id: {} for mail in mails}
    reports: dict[int, dict[int, None]] = {mail.id: {} for mail in mails}
    for row in session().execute(
        select(Nudge.mail_id, Nudge.milestone, Nudge.kind, Nudge.rung, Nudge.report_id)
        .where(Nudge.mail_id.in_(list(rungs)), Nudge.campaign_id == campaign_id)
        .order_by(Nudge.id)
    ):
        rungs[row.mail_id][row.milestone, row.kind, row.rung] = None
        if row.report_id is not None:
            reports[row.mail_id][row.report_id] = None
    return [
        Notice(
            mail.id, mail.recipient_name, mail.address, mail.kind, tuple(rungs[mail.id]),
            tuple(reports[mail.id]) or _report_in(mail.about), mail.planned_at, mail.not_before, mail.sent_at,
            mail.message_id, mail.status, mail.error, mail.subject, mail.resend, mail.local_day,
        )
        for mail in mails
    ]  # fmt: skip


def _report_in(about: str | None) -> tuple[int, ...]:
    kind, _, number = (about or "").partition(":")
    return (int(number),) if kind == "report" and number.isdigit() else ()


def owing(campaign: Campaign) -> list[Owed]:
    """Who still owes what in an open campaign: for the dry run of the mails to come."""
    if campaign.closed_at is not None:
        return []
    spec = spec_of(campaign)
    complete = next((item for item in spec.milestones if item.kind == "complete"), None)
    consolidate = next((item for item in spec.milestones if item.kind == "consolidate"), None)
    rows = session().execute(
        select(
            Unit.name,
            Report.state,
            Report.filled,
            Report.required,
            Report.due_before.label("own_due"),
            Report.extended_due_before,
            Report.resubmit_by,
            Report.group_name,
        )
        .join(Unit, Unit.id == Report.unit_id)
        .where(Report.campaign_id == campaign.id, Report.state == State.DRAFTING)
        .order_by(Report.position)
    )
    owed: list[Owed] = []
    for row in rows:
        for kind in ("complete", "submit"):
            due = due_of(kind, row, complete, row.group_name)
            if due is not None and not is_met(kind, row):
                owed.append(Owed(kind, due, row.name))
    if consolidate is not None and campaign.consolidated_at is None:
        owed.append(Owed("consolidate", consolidate.due_before, campaign.number))
    return owed
