"""What a digest of nudges holds: chapter by chapter, with what was met meanwhile left out.

How it is worded is the templates'; which nudges there are is service.py's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final

from tracker.campaigns.models import Campaign
from tracker.campaigns.queries import milestone, spec_of
from tracker.core.calendar import WorkingCalendar
from tracker.core.sentences import Sentence, date_short, how_long, which_day
from tracker.core.text import N_
from tracker.deadlines import planning, queries
from tracker.deadlines.queries import AnyRow, LateReport, Tally
from tracker.deadlines.rules import LADDER, Audience, rung_at
from tracker.notify.mailer import Claimed

_OWN: Final = frozenset({Audience.UNIT.value, Audience.UNIT_HEAD.value})


@dataclass(frozen=True, slots=True)
class Owed:
    """One thing that the reader's unit owes. `late`: its date has passed; `returned`: it was sent back."""

    report_id: int
    unit: str
    milestone: str
    how_long: Sentence
    which_day: Sentence
    due_before: datetime
    filled: int
    required: int
    late: bool
    returned: bool

    @property
    def percent(self) -> int:
        """How much is written, in whole percent points, rounded down."""
        return self.filled * 100 // self.required if self.required else 0


@dataclass(frozen=True, slots=True)
class Late:
    """One unit that is late: by how many working days, and whom to call."""

    report_id: int
    unit: str
    days: int
    contact: str
    phone: str
    percent: int
    opened: bool

    @property
    def dial(self) -> str:
        """The number as a telephone takes it."""
        return "".join(char for char in self.phone if char.isdigit() or char == "+")


@dataclass(frozen=True, slots=True)
class Chapter:
    """One campaign in somebody's digest. `audience`: "unit", "lead" or "oversight"."""

    audience: str
    campaign_id: int
    number: str
    owed: tuple[Owed, ...] = ()
    late: tuple[Late, ...] = ()
    tally: Tally | None = None
    asked: Sentence | None = None
    consolidate: tuple[Sentence, Sentence] | None = None
    consolidate_late: bool = False
    unreachable: tuple[tuple[str | None, str], ...] = ()
    unit_told: datetime | None = None
    lead_told: datetime | None = None
    next_at: datetime | None = None

    @property
    def headline(self) -> Sentence:
        """The first fact: what a subject line and a heading say."""
        if self.late:
            return late_in_words([each.days for each in self.late])
        if self.owed:
            first = self.owed[0]
            if len(self.owed_reports) > 1:
                return Sentence(
                    N_("%(n)s báo cáo, gấp nhất: %(first)s"), {"n": len(self.owed_reports), "first": first.how_long}
                )
            return Sentence(
                N_("%(how_long)s · %(which_day)s"), {"how_long": first.how_long, "which_day": first.which_day}
            )
        if self.consolidate is not None:
            return Sentence(N_("Báo cáo tổng hợp: %(how_long)s"), {"how_long": self.consolidate[0]})
        return Sentence(N_("%(n)s thư nhắc chưa có người nhận"), {"n": len(self.unreachable)})

    @property
    def owed_reports(self) -> frozenset[int]:
        """Ids of the reports that the reader owes."""
        return frozenset(each.report_id for each in self.owed)


def late_in_words(days: Sequence[int]) -> Sentence:
    """How many units are late and by how much; never "0 ngày"."""
    if not max(days):
        return Sentence(N_("%(units)s đơn vị quá hạn"), {"units": len(days)})
    if min(days) == max(days):
        return Sentence(N_("%(units)s đơn vị trễ %(days)s ngày làm việc"), {"units": len(days), "days": days[0]})
    return Sentence(
        N_("%(units)s đơn vị trễ, lâu nhất %(days)s ngày làm việc"), {"units": len(days), "days": max(days)}
    )


def chapters(mails: Sequence[Claimed], days: WorkingCalendar, now: datetime) -> dict[int, list[Chapter]]:
    """Mail id -> the chapters of its digest, the most pressing first; none left: the mail is no longer wanted.

    1. Each mail's nudges are read with what their reports are now.
    2. What is met, closed, or has a new date meanwhile falls away.
    3. A unit's people read what they owe; lead and oversight read every report past its own `due_before`.
    """
    rows: dict[int, list[AnyRow]] = {mail.id: [] for mail in mails}
    for row in queries.nudges_of(list(rows)):
        rows[row.mail_id].append(row)
    told = {mail.id: _unreachable(mail, now) for mail in mails}
    ids = {row.campaign_id for found in rows.values() for row in found} | {
        key for each in told.values() for key in each
    }
    campaigns = queries.campaigns(ids)
    desk = _Desk(days, now)
    return {
        mail.id: _pressing_first(
            [
                chapter
                for campaign_id in sorted({row.campaign_id for row in rows[mail.id]} | set(told[mail.id]))
                for chapter in desk.chapters_of(campaigns[campaign_id], rows[mail.id], told[mail.id])
            ]
        )
        for mail in mails
    }


def _unreachable(mail: Claimed, now: datetime) -> dict[int, list[tuple[str | None, str]]]:
    since = mail.context.get("unreachable")
    found: dict[int, list[tuple[str | None, str]]] = {}
    if since is not None:
        for campaign_id, unit, audience in queries.unreachable(datetime.fromisoformat(since), now):
            found.setdefault(campaign_id, []).append((unit, audience))
    return found


def _pressing_first(found: list[Chapter]) -> list[Chapter]:
    return sorted(found, key=lambda each: (not each.late, not each.owed, each.consolidate is None, each.campaign_id))


@dataclass(slots=True)
class _Desk:
    """What several digests of one moment share: a campaign's late reports are read once."""

    days: WorkingCalendar
    now: datetime
    late: dict[int, list[LateReport]] = field(default_factory=dict)
    tallies: dict[int, Tally] = field(default_factory=dict)

    def chapters_of(
        self, campaign: Campaign, rows: Sequence[AnyRow], told: Mapping[int, list[tuple[str | None, str]]]
    ) -> list[Chapter]:
        """The chapters of one campaign in one digest: what is owed, and what the office is told."""
        if campaign.closed_at is not None:
            return []
        mine = [row for row in rows if row.campaign_id == campaign.id and self._wanted(row, campaign)]
        found = []
        owed = self._owed([row for row in mine if row.audience in _OWN], campaign)
        if owed:
            found.append(Chapter("unit", campaign.id, campaign.number, owed=owed))
        unheard = tuple(told.get(campaign.id, ()))
        for audience in (Audience.LEAD, Audience.OVERSIGHT):
            heard = [row for row in mine if row.audience == audience.value]
            if heard or (unheard and audience is Audience.LEAD):
                extra = unheard if audience is Audience.LEAD else ()
                nudged = any(row.report_id is None for row in heard)
                found.append(self._office(campaign, audience, extra, nudged))
        return found

    def _wanted(self, row: AnyRow, campaign: Campaign) -> bool:
        """Not met meanwhile, and still about the same date."""
        if row.report_id is None:
            return campaign.consolidated_at is None
        complete = milestone(spec_of(campaign), "complete")
        due = planning.due_of(row.milestone, row, complete)
        return bool(due == row.due_before and not planning.is_met(row.milestone, row))

    def _owed(self, rows: Sequence[AnyRow], campaign: Campaign) -> tuple[Owed, ...]:
        found = {}
        for row in rows:
            found[row.report_id, row.milestone] = Owed(
                report_id=row.report_id,
                unit=row.unit,
                milestone=row.milestone,
                how_long=how_long(self.days, row.due_before, self.now),
                which_day=which_day(self.days, row.due_before, self.now),
                due_before=row.due_before,
                filled=row.filled,
                required=row.required,
                late=row.due_before <= self.now,
                returned=row.sent_back_at is not None,
            )
        return tuple(sorted(found.values(), key=lambda each: (each.due_before, each.unit)))

    def _office(
        self,
        campaign: Campaign,
        audience: Audience,
        unreachable: tuple[tuple[str | None, str], ...],
        asked_of_office: bool,
    ) -> Chapter:
        late = self._late(campaign.id)
        spec = spec_of(campaign)
        asked = milestone(spec, "submit") or milestone(spec, "complete")
        consolidate = milestone(spec, "consolidate")
        due = consolidate.due_before if consolidate and campaign.consolidated_at is None else None
        if not asked_of_office and (audience is Audience.OVERSIGHT or not late):
            due = None
        ids = [each.report_id for each in late[:500]]
        return Chapter(
            audience.value,
            campaign.id,
            campaign.number,
            late=tuple(self._line(each) for each in late),
            tally=self._tally(campaign.id),
            asked=_asked(asked.operator, asked.named_date, asked.last_day) if asked else None,
            consolidate=(how_long(self.days, due, self.now), which_day(self.days, due, self.now)) if due else None,
            consolidate_late=due is not None and due <= self.now,
            unreachable=unreachable,
            unit_told=queries.told_on(campaign.id, ids, Audience.UNIT) if late else None,
            lead_told=queries.told_on(campaign.id, ids, Audience.LEAD) if late else None,
            next_at=self._next([each.due_before for each in late], audience),
        )

    def _late(self, campaign_id: int) -> list[LateReport]:
        if campaign_id not in self.late:
            found = queries.late_reports(campaign_id, self.now)
            self.late[campaign_id] = sorted(found, key=lambda each: each.due_before)
        return self.late[campaign_id]

    def _tally(self, campaign_id: int) -> Tally:
        if campaign_id not in self.tallies:
            self.tallies[campaign_id] = queries.tally(campaign_id)
        return self.tallies[campaign_id]

    def _line(self, each: LateReport) -> Late:
        percent = each.filled * 100 // each.required if each.required else 0
        days = self.days.days_late(each.due_before, self.now)
        return Late(each.report_id, each.unit, days, each.contact, each.phone, percent, each.opened)

    def _next(self, dues: Sequence[datetime], audience: Audience) -> datetime | None:
        """When the next mail of this kind would leave if nothing came in."""
        moments = []
        for due in set(dues):
            for number, rungs in LADDER["submit"].numbered():
                at = rung_at(self.days, due, number)
                if at > self.now and any(audience in rung.to for rung in rungs):
                    moments.append(at)
                    break
        return min(moments, default=None)


def _asked(operator: str, named: date, last: date) -> Sentence:
    """Until when the plan asks for the reports, in its own terms."""
    if operator == "before":
        return Sentence(N_("yêu cầu gửi báo cáo trước ngày %(date)s"), {"date": date_short(named)})
    return Sentence(N_("yêu cầu gửi báo cáo chậm nhất hết ngày %(date)s"), {"date": date_short(last)})
