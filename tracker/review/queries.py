"""Reading the lead office's desk: the queue, remarks, marks."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, Integer, Select, Text, and_, cast, func, literal, null, select, union_all
from sqlalchemy.orm import aliased

from tracker.accounts.models import Unit, User
from tracker.campaigns.models import Campaign
from tracker.core.db import Instant, session
from tracker.core.people import Actor
from tracker.reports.models import Report, ReportEvent, ReportSection, ReportTable
from tracker.reports.queries import Found, StoredPart, no_report
from tracker.reports.rules import State
from tracker.review.models import PartMark, Remark


@dataclass(frozen=True, slots=True)
class Waiting:
    """A report on the desk of the lead office, and by name who has taken it ("" for nobody)."""

    report: Report
    unit: Unit
    taken_by: str


@dataclass(frozen=True, slots=True)
class Opened:
    """One report as a reviewer opens it. `last`: its last step. `place` of `waiting`: where it stands in the queue."""

    found: Found
    last: ReportEvent | None
    taken_by: str
    submitted_by: str
    waiting: int
    place: int


@dataclass(frozen=True, slots=True)
class Marked:
    """Who found a part good, and when."""

    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Said:
    """A remark as the desk shows it; `told_at` None: the unit has not been told."""

    id: int
    part: str
    row: str | None
    column: str | None
    text: str
    by_id: int | None
    by: str
    at: datetime
    told_at: datetime | None


@dataclass(slots=True)
class Papers:
    """What lies on the desk of one report: how far each part is, the marks of this submission, every remark."""

    stored: dict[str, StoredPart] = field(default_factory=dict)
    marks: dict[str, Marked] = field(default_factory=dict)
    remarks: list[Said] = field(default_factory=list)


def remarks(report_id: int) -> Sequence[Remark]:
    """Every remark on a report, the oldest first."""
    return session().scalars(select(Remark).where(Remark.report_id == report_id).order_by(Remark.id)).all()


def told_remarks(report_ids: Collection[int]) -> Sequence[Remark]:
    """The remarks that went to the units with the last sending back, by report: what their people may read."""
    if not report_ids:
        return []
    return (
        session()
        .scalars(
            select(Remark)
            .join(Report, Report.id == Remark.report_id)
            .where(
                Remark.report_id.in_(report_ids),
                Remark.told_at.is_not(None),
                Remark.submission == Report.submissions,
            )
            .order_by(Remark.report_id, Remark.id)
        )
        .all()
    )


def untold(report_id: int) -> Sequence[Remark]:
    """The remarks that would go with a sending back now."""
    return (
        session()
        .scalars(select(Remark).where(Remark.report_id == report_id, Remark.told_at.is_(None)).order_by(Remark.id))
        .all()
    )


def marks(report_id: int, submission: int) -> dict[str, PartMark]:
    """The parts marked "đạt" in this submission."""
    found = session().scalars(
        select(PartMark).where(PartMark.report_id == report_id, PartMark.submission == submission)
    )
    return {mark.part: mark for mark in found}


def waiting(campaign_id: int) -> int:
    """How many reports of a campaign wait for a verdict."""
    return (
        session()
        .execute(select(func.count()).where(Report.campaign_id == campaign_id, Report.state == State.SUBMITTED))
        .scalar_one()
    )


def next_waiting(campaign_id: int, but: int) -> int | None:
    """The report that has waited longest, other than `but`; None if no other waits."""
    statement = (
        select(Report.id)
        .where(Report.campaign_id == campaign_id, Report.state == State.SUBMITTED, Report.id != but)
        .order_by(Report.submitted_at, Report.id)
        .limit(1)
    )
    return session().execute(statement).scalar()


def in_line(campaign_id: int, limit: int) -> list[Waiting]:
    """The reports that wait for a verdict, the oldest submission first; up to `limit`."""
    return _desk(
        select(Report, Unit, User.name)
        .where(Report.campaign_id == campaign_id, Report.state == State.SUBMITTED)
        .order_by(Report.submitted_at, Report.id)
        .limit(limit)
    )


def reviewed(campaign_id: int, limit: int) -> list[Waiting]:
    """The reports accepted last and not yet consolidated, the newest first; up to `limit`."""
    return _desk(
        select(Report, Unit, User.name)
        .where(Report.campaign_id == campaign_id, Report.state == State.REVIEWED)
        .order_by(Report.reviewed_at.desc(), Report.id)
        .limit(limit)
    )


def open_for(report_id: int, actor: Actor) -> Opened:
    """A report for those who read every report; to anybody else it does not exist. One statement."""
    if not actor.reads_all:
        raise no_report()
    taker, sender, other = aliased(User), aliased(User), aliased(Report)
    others = select(func.count()).where(other.campaign_id == Report.campaign_id, other.state == State.SUBMITTED)
    # The queue's order: submitted earlier, or at the same instant with a lower id.
    earlier = (other.submitted_at < Report.submitted_at) | and_(
        other.submitted_at == Report.submitted_at, other.id <= Report.id
    )
    newest = (
        select(func.max(ReportEvent.id)).where(ReportEvent.report_id == Report.id).correlate(Report).scalar_subquery()
    )
    row = (
        session()
        .execute(
            select(
                Report,
                Unit,
                Campaign,
                ReportEvent,
                taker.name,
                sender.name,
                others.correlate(Report).scalar_subquery(),
                others.where(earlier).correlate(Report).scalar_subquery(),
            )
            .join(Unit, Unit.id == Report.unit_id)
            .join(Campaign, Campaign.id == Report.campaign_id)
            .outerjoin(ReportEvent, ReportEvent.id == newest)
            .outerjoin(taker, taker.id == Report.taken_by)
            .outerjoin(sender, sender.id == Report.submitted_by)
            .where(Report.id == report_id)
        )
        .first()
    )
    if row is None:
        raise no_report()
    return Opened(Found(row[0], row[1], row[2]), row[3], row[4] or "", row[5] or "", row[6], row[7])


def papers(report_id: int, submission: int) -> Papers:
    """How far every touched part is, the marks of a submission and every remark. One statement."""
    rows = session().execute(
        union_all(
            *(
                _paper(
                    kind, prefix + table.number, table.filled, table.nothing_to_report, table.version,
                    at=table.changed_at, by=table.changed_by_name,
                ).where(table.report_id == report_id)
                for table, kind, prefix in (
                    (ReportSection, "stored", literal("")),
                    (ReportTable, "stored", literal("table:")),
                )
            ),
            _paper("mark", PartMark.part, at=PartMark.at, by=PartMark.by_name).where(
                PartMark.report_id == report_id, PartMark.submission == submission
            ),
            _paper(
                "remark", Remark.part, at=Remark.at, by=Remark.by_name, id=Remark.id, by_id=Remark.by_id,
                row=Remark.row, column=Remark.column, text=Remark.text, told_at=Remark.told_at,
            ).where(Remark.report_id == report_id),
        )
    )  # fmt: skip
    found = Papers()
    for line in rows:
        match line.kind:
            case "stored":
                found.stored[line.part] = StoredPart(line.filled, bool(line.declared), line.version, line.at, line.by)
            case "mark":
                found.marks[line.part] = Marked(line.by, line.at)
            case _:
                found.remarks.append(
                    Said(
                        line.id, line.part, line.cell_row, line.cell_column, line.text,
                        line.by_id, line.by, line.at, line.told_at,
                    )
                )  # fmt: skip
    found.remarks.sort(key=lambda remark: remark.id)
    return found


def section_text(report_id: int, number: str) -> ReportSection | None:
    """One stored section, if it was ever touched."""
    return session().get(ReportSection, (report_id, number))


def table_cells(report_id: int, number: str) -> ReportTable | None:
    """One stored table, if it was ever touched."""
    return session().get(ReportTable, (report_id, number))


def _paper(
    kind: str,
    part: Any,
    filled: Any = None,
    nothing: Any = None,
    version: Any = None,
    *,
    at: Any,
    by: Any,
    id: Any = None,
    by_id: Any = None,
    row: Any = None,
    column: Any = None,
    text: Any = None,
    told_at: Any = None,
) -> Select[Any]:
    """One branch of the union; what a branch lacks is a NULL of the right type, as PostgreSQL wants it."""
    numbers = {"filled": filled, "version": version, "id": id, "by_id": by_id}
    words = {"cell_row": row, "cell_column": column, "text": text}
    return select(
        literal(kind).label("kind"),
        cast(part, Text).label("part"),
        at.label("at"),
        by.label("by"),
        (cast(null(), Boolean) if nothing is None else nothing).label("declared"),
        (cast(null(), Instant) if told_at is None else told_at).label("told_at"),
        *((cast(null(), Integer) if value is None else value).label(name) for name, value in numbers.items()),
        *((cast(null(), Text) if value is None else cast(value, Text)).label(name) for name, value in words.items()),
    )


def _desk(statement: Select[Report, Unit, str]) -> list[Waiting]:
    found = session().execute(
        statement.join(Unit, Unit.id == Report.unit_id).outerjoin(User, User.id == Report.taken_by)
    )
    return [Waiting(row[0], row[1], row[2] or "") for row in found]
