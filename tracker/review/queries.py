"""Reading the lead office's desk: the queue, remarks, marks."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import func, select

from tracker.core.db import session
from tracker.reports.models import Report
from tracker.reports.rules import State
from tracker.review.models import PartMark, Remark


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


def next_waiting(campaign_id: int, after_position: int, but: int) -> int | None:
    """The next report in the queue after a place, round to its beginning; None if no other waits."""
    statement = (
        select(Report.id)
        .where(Report.campaign_id == campaign_id, Report.state == State.SUBMITTED, Report.id != but)
        .order_by((Report.position <= after_position), Report.position, Report.id)
        .limit(1)
    )
    return session().execute(statement).scalar()
