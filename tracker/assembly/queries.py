"""Reading assemblies, and everything that goes into one, as values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, and_, false, or_, select, true

from tracker.accounts.models import Unit
from tracker.assembly.models import Assembly
from tracker.assembly.rules import FORMATS, Contribution, TableAnswer
from tracker.campaigns.models import Campaign
from tracker.core.db import read_only, session
from tracker.core.errors import Conflict, NotFound
from tracker.core.people import Actor, Role
from tracker.core.text import N_
from tracker.office.models import Body
from tracker.office.queries import body_with
from tracker.plans.figures import NOTHING
from tracker.plans.spec import PlanSpec
from tracker.reports.models import Report, ReportSection, ReportTable
from tracker.reports.rules import State, concerns

ACCEPTED = (State.REVIEWED, State.CONSOLIDATED)


@dataclass(frozen=True, slots=True)
class Standing:
    """One unit of a campaign as far as an assembly cares."""

    unit: str
    name: str
    report: int
    state: State
    sent_back: bool


def visible_to(actor: Actor) -> ColumnElement[bool]:
    """The lead office sees every assembly, oversight those that are done, nobody else any."""
    if actor.has(Role.LEAD):
        return true()
    return Assembly.state == "done" if actor.has(Role.OVERSIGHT) else false()


def find(assembly_id: int, actor: Actor) -> Assembly:
    """The assembly, if it exists and is the actor's to see; else NotFound, the same for both."""
    found = session().scalars(select(Assembly).where(Assembly.id == assembly_id, visible_to(actor))).first()
    if found is None:
        raise NotFound("no_assembly", N_("Không có bản tổng hợp này."))
    return found


def history(campaign_id: int, actor: Actor, limit: int = 30) -> Sequence[Assembly]:
    """The assemblies of a campaign that the actor may see, the newest first."""
    return (
        session()
        .scalars(
            select(Assembly)
            .where(Assembly.campaign_id == campaign_id, visible_to(actor))
            .order_by(Assembly.id.desc())
            .limit(limit)
        )
        .all()
    )


def last_final(campaign_id: int) -> Assembly | None:
    """The newest final assembly that is done."""
    return (
        session()
        .scalars(
            select(Assembly)
            .where(Assembly.campaign_id == campaign_id, Assembly.state == "done", ~Assembly.provisional)
            .order_by(Assembly.id.desc())
            .limit(1)
        )
        .first()
    )


def waiting(now: datetime) -> list[int]:
    """Ids of the assemblies to work on: waiting, or running under a lease that has ended. The oldest first."""
    return list(
        session().scalars(
            select(Assembly.id)
            .where(or_(Assembly.state == "waiting", and_(Assembly.state == "running", Assembly.lease_until <= now)))
            .order_by(Assembly.id)
        )
    )


def file_key(assembly: Assembly, format: str) -> str:
    """The store's key of one file; NotFound for a name that there is not, Conflict while there is no result."""
    if format not in FORMATS:
        raise NotFound("no_file", N_("Bản tổng hợp không có tệp này."))
    if assembly.state != "done":
        raise Conflict(
            "assembly_not_done",
            N_("Bản tổng hợp này chưa dựng xong nên chưa có tệp."),
            {"state": assembly.state, "progress": assembly.progress},
        )
    return str(assembly.files[format])


def standings(campaign_id: int) -> list[Standing]:
    """Every unit of a campaign in protocol order, and where its report stands."""
    rows = session().execute(
        select(Unit.code, Unit.name, Report.id, Report.state, Report.sent_back_at)
        .join(Unit, Unit.id == Report.unit_id)
        .where(Report.campaign_id == campaign_id)
        .order_by(Report.position, Report.id)
    )
    return [
        Standing(code, name, report, State(state), sent_back is not None and state == State.DRAFTING)
        for code, name, report, state, sent_back in rows
    ]


def snapshot() -> None:
    """Let what this transaction reads be of one instant: a report is never half of before and half of after."""
    read_only()
    current = session()
    if not current.in_transaction() and current.get_bind().dialect.name == "postgresql":
        current.connection(execution_options={"isolation_level": "REPEATABLE READ"})


def contributions(
    campaign: Campaign, spec: PlanSpec, *, include_submitted: bool
) -> tuple[list[Contribution], list[tuple[str, str]]]:
    """What goes into an assembly, and (code, name) of the units without an included report; in protocol order.

    Accepted reports are those reviewed and those consolidated before. Cells that do not concern a unit are left
    out (a unit that submits no figures counts only in the columns that name it). Three statements.
    """
    wanted = [*ACCEPTED, State.SUBMITTED] if include_submitted else list(ACCEPTED)
    rows = (
        session()
        .execute(
            select(
                Report.id, Report.version, Report.state, Report.group_name, Unit.code, Unit.name, Unit.submits_figures
            )
            .join(Unit, Unit.id == Report.unit_id)
            .where(Report.campaign_id == campaign.id)
            .order_by(Report.position, Report.id)
        )
        .all()
    )
    chosen = select(Report.id).where(Report.campaign_id == campaign.id, Report.state.in_(wanted))
    sections: dict[int, dict[str, str]] = {}
    for report, number, html, nothing in session().execute(
        select(ReportSection.report_id, ReportSection.number, ReportSection.html, ReportSection.nothing_to_report)
        .where(ReportSection.report_id.in_(chosen))
    ):  # fmt: skip
        sections.setdefault(report, {})[number] = NOTHING if nothing else html
    tables: dict[int, dict[str, ReportTable]] = {}
    for table in session().scalars(select(ReportTable).where(ReportTable.report_id.in_(chosen))):
        tables.setdefault(table.report_id, {})[table.number] = table
    found, missing = [], []
    for report, version, state, group, code, name, submits in rows:
        if state not in wanted:
            missing.append((code, name))
            continue
        concern = concerns(spec, group, code, submits)
        kept = {n: t for n, t in tables.get(report, {}).items() if n in concern.cells}
        answers: dict[str, TableAnswer] = {n: _answer(t, *concern.cells[n]) for n, t in kept.items()}
        texts = {n: text for n, text in sections.get(report, {}).items() if n in concern.sections}
        entered = {n: t.entered for n, t in kept.items()}
        found.append(Contribution(code, name, report, version, str(state), texts, answers, entered))
    return found, missing


def _answer(table: ReportTable, rows: Sequence[str], columns: Sequence[str]) -> TableAnswer:
    if table.nothing_to_report:
        # Declared for the cells that concern the unit, and for these alone.
        return {row: dict.fromkeys(columns, NOTHING) for row in rows}
    return {row: {key: table.cells.get(row, {}).get(key) for key in columns} for row in rows}


def versions(report_ids: Sequence[int]) -> dict[int, int]:
    """Current versions of some reports, their rows locked until the transaction ends."""
    rows = session().execute(select(Report.id, Report.version).where(Report.id.in_(report_ids)).with_for_update())
    return {report: version for report, version in rows}


def issuer_on(day: date) -> Body | None:
    """The body that issues the consolidated report on a day, if the office has told."""
    return body_with("issuer", day)


def known_files() -> set[str]:
    """Every key in the store that an assembly names (for the sweep of bytes that no row names)."""
    rows = session().scalars(select(Assembly.files).where(Assembly.state == "done"))
    return {str(key) for files in rows for key in files.values()}
