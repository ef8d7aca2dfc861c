"""Reading reports: load and authorise in one statement; a stranger's report does not exist."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, bindparam, false, literal, select, true, union_all

from tracker.accounts.models import Unit
from tracker.campaigns.models import Campaign
from tracker.campaigns.queries import spec_of
from tracker.core.db import session
from tracker.core.errors import NotFound
from tracker.core.people import Actor
from tracker.core.text import N_
from tracker.documents.richtext import visible_text
from tracker.reports.models import Report, ReportEvent, ReportSection, ReportTable
from tracker.reports.rules import Concern, SectionAnswer, Standing, State, TableAnswer, concerns


@dataclass(frozen=True, slots=True)
class StoredPart:
    """How far one part of a report is, without what it says. `filled`: sections 0 or 1, tables their cells."""

    filled: int
    nothing_to_report: bool
    version: int
    changed_at: datetime
    changed_by: str


@dataclass(frozen=True, slots=True)
class Found:
    """A report that the actor may see, with its unit and its campaign."""

    report: Report
    unit: Unit
    campaign: Campaign

    @property
    def standing(self) -> Standing:
        """What the rules need to know of it."""
        return standing_of(self.report)


def standing_of(report: Report) -> Standing:
    """What the rules need to know of one report row."""
    return Standing(
        state=State(report.state),
        unit_id=report.unit_id,
        sent_back=report.sent_back_at is not None and report.state == State.DRAFTING,
        taken=report.taken_at is not None,
    )


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """The reports that an actor may read: their units', or every one for lead and oversight; admin none."""
    if actor.reads_all:
        return true()
    return Report.unit_id.in_(actor.units) if actor.units else false()


def find(report_id: int, actor: Actor) -> Found:
    """The report, if it exists and is the actor's to see; else NotFound, the same for both. One statement."""
    row = session().execute(_FIND[actor.reads_all], _whose(report_id, actor)).first()
    if row is None:
        raise no_report()
    return Found(row[0], row[1], row[2])


def find_to_change(report_id: int, actor: Actor) -> Found:
    """As `find`, with the report's row locked until the transaction ends: two writers take turns."""
    row = session().execute(_FIND_TO_CHANGE[actor.reads_all], _whose(report_id, actor)).first()
    if row is None:
        raise no_report()
    return Found(row[0], row[1], row[2])


def of_units(actor: Actor) -> list[Found]:
    """The reports that the actor's own units owe, the newest campaign first."""
    if not actor.units:
        return []
    rows = session().execute(
        _whole().where(Report.unit_id.in_(actor.units)).order_by(Campaign.opened_at.desc(), Report.position, Report.id)
    )
    return [Found(row[0], row[1], row[2]) for row in rows]


def of_campaign(campaign_id: int, states: Collection[State] | None = None) -> list[Found]:
    """Every report of a campaign in protocol order, in some states or all."""
    statement = _whole().where(Report.campaign_id == campaign_id).order_by(Report.position, Report.id)
    if states is not None:
        statement = statement.where(Report.state.in_(states))
    return [Found(row[0], row[1], row[2]) for row in session().execute(statement)]


def sections(report_id: int) -> dict[str, ReportSection]:
    """The stored sections by number; what was never touched is not there."""
    rows = session().scalars(select(ReportSection).where(ReportSection.report_id == report_id))
    return {row.number: row for row in rows}


def tables(report_id: int) -> dict[str, ReportTable]:
    """The stored tables by number; what was never touched is not there."""
    return {row.number: row for row in session().scalars(select(ReportTable).where(ReportTable.report_id == report_id))}


def concern_of(found: Found) -> Concern:
    """What of the plan this report must answer."""
    return concerns(spec_of(found.campaign), found.report.group_name, found.unit.code, found.unit.submits_figures)


def section_answers(report_id: int) -> dict[str, SectionAnswer]:
    """The sections as the rules of completeness read them."""
    return {
        number: SectionAnswer(visible_text(row.html), row.nothing_to_report)
        for number, row in sections(report_id).items()
    }


def table_answers(report_id: int) -> dict[str, TableAnswer]:
    """The tables as the rules of completeness read them."""
    return {number: TableAnswer(row.cells, row.nothing_to_report) for number, row in tables(report_id).items()}


def stored_parts(report_ids: Collection[int]) -> dict[int, dict[str, StoredPart]]:
    """How far every touched part is, by report and by part ("II.3", "table:1"). One statement."""
    wanted = union_all(
        *(
            select(
                row.report_id,
                (literal(prefix) + row.number).label("part"),
                row.filled,
                row.nothing_to_report,
                row.version,
                row.changed_at,
                row.changed_by_name,
            ).where(row.report_id.in_(report_ids))
            for row, prefix in ((ReportSection, ""), (ReportTable, "table:"))
        )
    )
    parts: dict[int, dict[str, StoredPart]] = {report_id: {} for report_id in report_ids}
    for row in session().execute(wanted):
        parts[row[0]][row[1]] = StoredPart(*row[2:])
    return parts


def histories(report_ids: Collection[int]) -> dict[int, list[ReportEvent]]:
    """What happened to some reports, by report, the oldest first. One statement."""
    events: dict[int, list[ReportEvent]] = {report_id: [] for report_id in report_ids}
    for event in session().scalars(
        select(ReportEvent).where(ReportEvent.report_id.in_(report_ids)).order_by(ReportEvent.id)
    ):
        events[event.report_id].append(event)
    return events


def history(report_id: int) -> Sequence[ReportEvent]:
    """What happened to a report, the oldest first."""
    return (
        session().scalars(select(ReportEvent).where(ReportEvent.report_id == report_id).order_by(ReportEvent.id)).all()
    )


def no_report() -> NotFound:
    """The one answer for "does not exist" and "not yours to see"."""
    return NotFound("no_report", N_("Không có báo cáo này."))


def _whole() -> Select[Report, Unit, Campaign]:
    return (
        select(Report, Unit, Campaign)
        .join(Unit, Unit.id == Report.unit_id)
        .join(Campaign, Campaign.id == Report.campaign_id)
    )


def _one(reads_all: bool) -> Select[Report, Unit, Campaign]:
    whose = true() if reads_all else Report.unit_id.in_(bindparam("units", expanding=True))
    return _whole().where(Report.id == bindparam("report"), whose)


def _whose(report_id: int, actor: Actor) -> dict[str, object]:
    return {"report": report_id} if actor.reads_all else {"report": report_id, "units": list(actor.units)}


# The two that every page and every change begin with, made once: by whether the reader reads every report.
_FIND = {reads_all: _one(reads_all) for reads_all in (False, True)}
_FIND_TO_CHANGE = {
    reads_all: statement.with_for_update(of=Report).execution_options(populate_existing=True)
    for reads_all, statement in _FIND.items()
}
