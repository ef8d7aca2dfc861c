"""Reading everybody: totals by state and group, and the list of reports. Writes nothing.

Overdue, late and due soon are computed here from stored dates and the given instant, never stored.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, and_, case, func, or_, select

from tracker.accounts.models import Unit
from tracker.core.db import session
from tracker.core.people import Actor
from tracker.core.text import fold
from tracker.reports.models import Report
from tracker.reports.queries import visible_to
from tracker.reports.rules import State


@dataclass(slots=True)
class Totals:
    """Counts of some reports. `overdue`: past their own deadline and drafting; `late`: first submitted after it.

    `changes` grows with every change of any of them: what a page compares to know whether it is up to date.
    """

    total: int = 0
    by_state: dict[str, int] = field(default_factory=lambda: {state.value: 0 for state in State})
    overdue: int = 0
    late: int = 0
    sent_back: int = 0
    changes: int = 0


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


def totals(campaign_id: int, now: datetime) -> Board:
    """Every count of the board in one statement."""
    overdue = and_(Report.state == State.DRAFTING, Report.due_before <= now)
    rows = (
        session()
        .execute(
            select(
                Report.group_no,
                func.min(Report.group_name),
                Report.state,
                func.count(),
                func.sum(case((overdue, 1), else_=0)),
                func.sum(case((Report.first_submitted_at >= Report.first_due_before, 1), else_=0)),
                func.sum(case((and_(Report.state == State.DRAFTING, Report.sent_back_at.is_not(None)), 1), else_=0)),
            func.sum(Report.version),
            )
            .where(Report.campaign_id == campaign_id)
            .group_by(Report.group_no, Report.state)
            .order_by(Report.group_no)
        )
        .all()
    )
    whole = Totals()
    groups: dict[int, tuple[str, Totals]] = {}
    for number, name, state, count, n_overdue, n_late, n_back, n_changes in rows:
        for part in (whole, groups.setdefault(number, (name, Totals()))[1]):
            part.total += count
            part.by_state[state] += count
            part.overdue += n_overdue
            part.late += n_late
            part.sent_back += n_back
            part.changes += n_changes
    return Board(whole, list(groups.values()))


def rows(
    campaign_id: int,
    filters: Filters,
    now: datetime,
    *,
    reader: Actor,
    after: tuple[int, int] | None = None,
    limit: int = 100,
) -> Sequence[Row[Any]]:
    """The reports that `reader` may read, in protocol order, from after (position, id).

    Up to `limit` + 1 of them: one more tells that there is more.
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


def progress_days(campaign_id: int) -> tuple[list[datetime], list[datetime]]:
    """When the reports of a campaign were first submitted, and when those now accepted were: for the chart."""
    found = (
        session()
        .execute(
            select(Report.first_submitted_at, Report.reviewed_at).where(
                Report.campaign_id == campaign_id, Report.first_submitted_at.is_not(None)
            )
        )
        .all()
    )
    return [row[0] for row in found if row[0]], [row[1] for row in found if row[1]]
