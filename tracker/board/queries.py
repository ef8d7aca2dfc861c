"""Reading everybody: totals by state and group, and the list of reports. Writes nothing.

Overdue, late and due soon are computed here from stored dates and the given instant, never stored.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    Row,
    Select,
    String,
    and_,
    bindparam,
    case,
    cast,
    extract,
    func,
    literal_column,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import aliased

from tracker.accounts.models import Unit
from tracker.core.db import session
from tracker.core.people import Actor
from tracker.core.text import fold
from tracker.reports.models import Report, ReportSection, ReportTable
from tracker.reports.queries import visible_to
from tracker.reports.rules import State
from tracker.review.models import Remark

# Characters that no number of a part can hold.
_RECORD, _UNIT = "\x1e", "\x1f"


@dataclass(slots=True)
class Totals:
    """Counts of some reports. `overdue`: past their own deadline and drafting; `late`: first submitted after it."""

    total: int = 0
    by_state: dict[str, int] = field(default_factory=lambda: {state.value: 0 for state in State})
    overdue: int = 0
    late: int = 0
    sent_back: int = 0


@dataclass(frozen=True, slots=True)
class Board:
    """The whole campaign and each group of units in the plan's order: (group name, totals)."""

    all: Totals
    groups: Sequence[tuple[str, Totals]]


@dataclass(frozen=True, slots=True)
class Filters:
    """What of the list is wanted; None or "": everything."""

    state: str | None = None
    group: str | None = None
    overdue: bool | None = None
    sent_back: bool = False
    q: str = ""


@dataclass(frozen=True, slots=True)
class Progress:
    """How many reports were first submitted, and how many of those accepted were, in each quarter of an hour (UTC).

    Every zone's midnight falls between two quarters, so whoever reads this knows the local day.
    """

    sent: Mapping[datetime, int]
    reviewed: Mapping[datetime, int]


def _counts(*, progress: bool) -> Select[*tuple[Any, ...]]:
    """Three counts, each from an index of its own and nothing else (reports/models.py); names come last, one a line."""
    ours = Report.campaign_id == bindparam("campaign")
    none: ColumnElement[int] = literal_column("0", Integer)
    no_state: ColumnElement[str] = literal_column("''", String)
    past = func.count().filter(Report.due_before <= bindparam("now"))
    by_state = select(
        Report.group_no, Report.state, func.count().label("n"), past.label("past"), none.label("back"),
        none.label("late"), none.label("quarter"),
    ).where(ours).group_by(Report.group_no, Report.state)  # fmt: skip
    back = (
        select(Report.group_no, no_state.label("state"), none, none, func.count(), none, none)
        .where(ours, Report.state == literal_column("'drafting'"), Report.sent_back_at.is_not(None))
        .group_by(Report.group_no)
    )
    late = (
        select(Report.group_no, no_state.label("state"), none, none, none, func.count(), none)
        .where(ours, Report.first_submitted_at >= Report.first_due_before)
        .group_by(Report.group_no)
    )
    branches: list[Select[*tuple[Any, ...]]] = [by_state, back, late]
    if progress:
        branches += [
            _by_quarter(ours, Report.first_submitted_at, _SENT),
            _by_quarter(ours, Report.reviewed_at, _REVIEWED),
        ]
    counted = union_all(*branches).subquery("counted")
    anyone = aliased(Report)
    name = (
        select(anyone.group_name)
        .where(anyone.campaign_id == bindparam("campaign"), anyone.group_no == counted.c.group_no)
        .limit(1)
        .scalar_subquery()
    )
    return select(counted, name).order_by(counted.c.group_no)


def _by_quarter(ours: ColumnElement[bool], moment: Any, kind: str) -> Select[*tuple[Any, ...]]:
    none: ColumnElement[int] = literal_column("0", Integer)
    # Written out: as a parameter PostgreSQL would not know it again in the GROUP BY.
    seconds: ColumnElement[int] = literal_column(str(_QUARTER), Integer)
    quarter = cast(extract("epoch", moment), BigInteger) // seconds
    return (
        select(none, literal_column(f"'{kind}'", String), func.count(), none, none, none, quarter)
        .where(ours, moment.is_not(None))
        .group_by(quarter)
    )


_QUARTER = 900  # seconds
_SENT, _REVIEWED = "first sent", "accepted"
_TOTALS, _STORY = _counts(progress=False), _counts(progress=True)


def totals(campaign_id: int, now: datetime) -> Board:
    """Every count of the board in one statement."""
    return _counted(_TOTALS, campaign_id, now)[0]


def totals_and_progress(campaign_id: int, now: datetime) -> tuple[Board, Progress]:
    """As `totals`, and what the chart is drawn from. One statement."""
    return _counted(_STORY, campaign_id, now)


def _counted(statement: Select[*tuple[Any, ...]], campaign_id: int, now: datetime) -> tuple[Board, Progress]:
    whole = Totals()
    groups: dict[int, tuple[str, Totals]] = {}
    quarters: dict[str, dict[datetime, int]] = {_SENT: {}, _REVIEWED: {}}
    for number, state, count, past, back, late, quarter, name in session().execute(
        statement, {"campaign": campaign_id, "now": now}
    ):
        if state in quarters:
            quarters[state][datetime.fromtimestamp(quarter * _QUARTER, UTC)] = count
            continue
        for part in (whole, groups.setdefault(number, (name, Totals()))[1]):
            if state:
                part.by_state[state] += count
                part.total += count
            part.overdue += past if state == State.DRAFTING else 0
            part.sent_back += back
            part.late += late
    return Board(whole, list(groups.values())), Progress(quarters[_SENT], quarters[_REVIEWED])


def rows(
    campaign_id: int,
    filters: Filters,
    now: datetime,
    *,
    reader: Actor,
    after: tuple[int, int] | None = None,
    limit: int = 100,
    parts: bool = False,
) -> Sequence[Row[Any]]:
    """The reports that `reader` may read, in protocol order, from after (position, id).

    Up to `limit` + 1 of them: one more tells that there is more. With `parts` each also says how far its sections
    and tables are and what the last remarks are about: `stored_sections`, `stored_tables`, `told` (see `unpacked`).
    """
    statement = _narrowed(
        select(
            Report.id,
            Report.state,
            Report.version,
            Report.due_before,
            Report.filled,
            Report.required,
            Report.position,
            Report.group_name,
            Report.last_activity_at,
            Report.first_edit_at,
            Report.first_submitted_at,
            Report.first_due_before,
            Report.submitted_at,
            Report.sent_back_at,
            Report.resubmit_by,
            Report.taken_at,
            Unit.code,
            Unit.name,
            Unit.short_name,
            Unit.contact_name,
            Unit.contact_phone,
            Unit.id.label("unit_id"),
            Unit.submits_figures,
            *(_parts() if parts else ()),
        ).join(Unit, Unit.id == Report.unit_id),
        campaign_id,
        filters,
        now,
    ).where(visible_to(reader))
    if after is not None:
        statement = statement.where(
            or_(Report.position > after[0], and_(Report.position == after[0], Report.id > after[1]))
        )
    return session().execute(statement.order_by(Report.position, Report.id).limit(limit + 1)).all()


def unpacked(packed: str | None) -> list[list[str]]:
    """One of the packed columns of `rows`: for a section or a table [number, filled, "1" if declared to have nothing
    to report, "1" if changed after the sending back], for `told` [part]."""
    return [line.split(_UNIT) for line in packed.split(_RECORD)] if packed else []


def _parts() -> list[ColumnElement[str | None]]:
    """What `rows` packs, so that a page of a hundred units reads a hundred rows and not 1,600 more."""

    def packed(table: type[ReportSection] | type[ReportTable], name: str) -> ColumnElement[str | None]:
        line = (
            table.number
            + _UNIT
            + cast(table.filled, String)
            + case((table.nothing_to_report, f"{_UNIT}1{_UNIT}"), else_=f"{_UNIT}0{_UNIT}")
            + case((table.changed_at > Report.sent_back_at, "1"), else_="0")
        )
        return (
            select(func.aggregate_strings(line, _RECORD))
            .where(table.report_id == Report.id)
            .correlate(Report)
            .scalar_subquery()
            .label(name)
        )

    told = (
        select(func.aggregate_strings(Remark.part, _RECORD))
        .where(
            Remark.report_id == Report.id,
            Remark.told_at.is_not(None),
            Remark.submission == Report.submissions,
            Report.sent_back_at.is_not(None),
        )
        .correlate(Report)
        .scalar_subquery()
        .label("told")
    )
    return [packed(ReportSection, "stored_sections"), packed(ReportTable, "stored_tables"), told]


def _narrowed(
    statement: Select[*tuple[Any, ...]], campaign_id: int, filters: Filters, now: datetime
) -> Select[*tuple[Any, ...]]:
    statement = statement.where(Report.campaign_id == campaign_id)
    if filters.state:
        statement = statement.where(Report.state == filters.state)
    if filters.group:
        statement = statement.where(Report.group_name == filters.group)
    if filters.overdue is not None:
        past = and_(Report.state == State.DRAFTING, Report.due_before <= now)
        statement = statement.where(past if filters.overdue else ~past)
    if filters.sent_back:
        statement = statement.where(Report.state == State.DRAFTING, Report.sent_back_at.is_not(None))
    if filters.q.strip():
        pattern = fold(filters.q).replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        statement = statement.where(Report.search.like(f"%{pattern}%", escape="\\"))
    return statement
