"""The aggregate's tables: a unit's report, its sections and tables, and its history."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Date, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from tracker.core.db import BigId, Instant, Model

_SENT_BACK = text("state = 'drafting' AND sent_back_at IS NOT NULL")
_LATE = text("first_submitted_at >= first_due_before")


class Report(Model):
    """One unit's answer to one campaign.

    `due_before` is the report's own (reports/rules.py due_before). Overdue, late and due soon are computed, never
    stored. `filled` of `required` parts are there: completeness. `version` counts every change.
    """

    __tablename__ = "report"

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"))
    unit_id: Mapped[int] = mapped_column(ForeignKey("unit.id"), index=True)
    group_name: Mapped[str] = mapped_column(String(300))
    group_no: Mapped[int]
    position: Mapped[int]
    search: Mapped[str] = mapped_column(String(400), default="")
    state: Mapped[str] = mapped_column(String(12), default="drafting")
    version: Mapped[int] = mapped_column(default=1)
    due_before: Mapped[datetime] = mapped_column(Instant)
    extended_due_before: Mapped[datetime | None] = mapped_column(Instant)
    resubmit_by: Mapped[date | None] = mapped_column(Date)
    chased_from: Mapped[datetime] = mapped_column(Instant)
    sent_back_at: Mapped[datetime | None] = mapped_column(Instant)
    filled: Mapped[int] = mapped_column(default=0)
    required: Mapped[int] = mapped_column(default=0)
    first_edit_at: Mapped[datetime | None] = mapped_column(Instant)
    last_activity_at: Mapped[datetime] = mapped_column(Instant)
    first_submitted_at: Mapped[datetime | None] = mapped_column(Instant)
    first_due_before: Mapped[datetime | None] = mapped_column(Instant)
    submitted_at: Mapped[datetime | None] = mapped_column(Instant)
    submitted_by: Mapped[int | None]
    submissions: Mapped[int] = mapped_column(default=0)
    taken_by: Mapped[int | None]
    taken_at: Mapped[datetime | None] = mapped_column(Instant)
    reviewed_at: Mapped[datetime | None] = mapped_column(Instant)
    consolidated_at: Mapped[datetime | None] = mapped_column(Instant)
    assembly_id: Mapped[int | None]
    look_again_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (
        UniqueConstraint("campaign_id", "unit_id"),
        CheckConstraint("state IN ('drafting','submitted','reviewed','consolidated')", name="state"),
        CheckConstraint("state = 'drafting' OR submitted_at IS NOT NULL", name="submitted"),
        CheckConstraint("state NOT IN ('reviewed','consolidated') OR reviewed_at IS NOT NULL", name="reviewed"),
        CheckConstraint("(state = 'consolidated') = (assembly_id IS NOT NULL)", name="consolidated"),
        CheckConstraint("filled >= 0 AND filled <= required", name="completeness"),
        CheckConstraint("(first_submitted_at IS NULL) = (first_due_before IS NULL)", name="first"),
        Index("ix_report_list", "campaign_id", "position", "id"),
        Index("ix_report_by_state", "campaign_id", "state", "position"),
        # The board counts from these three alone, without a look at the rows.
        Index("ix_report_counts", "campaign_id", "group_no", "state", "due_before"),
        Index("ix_report_sent_back", "campaign_id", "group_no", postgresql_where=_SENT_BACK, sqlite_where=_SENT_BACK),
        Index("ix_report_late", "campaign_id", "group_no", postgresql_where=_LATE, sqlite_where=_LATE),
        Index(
            "ix_report_look_again",
            "look_again_at",
            postgresql_where=text("look_again_at IS NOT NULL"),
            sqlite_where=text("look_again_at IS NOT NULL"),
        ),
    )


class ReportSection(Model):
    """The text of one writable section: sanitised HTML, or the declaration that there is nothing to report."""

    __tablename__ = "report_section"

    report_id: Mapped[int] = mapped_column(ForeignKey("report.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[str] = mapped_column(String(20), primary_key=True)
    html: Mapped[str] = mapped_column(Text, default="")
    nothing_to_report: Mapped[bool] = mapped_column(default=False)
    filled: Mapped[int] = mapped_column(default=0)
    version: Mapped[int] = mapped_column(default=0)
    changed_at: Mapped[datetime] = mapped_column(Instant)
    changed_by: Mapped[int | None]
    changed_by_name: Mapped[str] = mapped_column(String(200), default="")

    __table_args__ = (CheckConstraint("NOT (nothing_to_report AND html <> '')", name="declared"),)


class ReportTable(Model):
    """The cells of one appendix table: {"2015": {"key": int | null | "nothing_to_report" | "not_applicable"}}.

    `entered` tells of each cell who entered it and when: {"2015": {"key": [name, ISO instant]}}.
    """

    __tablename__ = "report_table"

    report_id: Mapped[int] = mapped_column(ForeignKey("report.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[str] = mapped_column(String(20), primary_key=True)
    cells: Mapped[dict[str, dict[str, Any]]] = mapped_column(JSON, default=dict)
    entered: Mapped[dict[str, dict[str, Any]]] = mapped_column(JSON, default=dict)
    nothing_to_report: Mapped[bool] = mapped_column(default=False)
    filled: Mapped[int] = mapped_column(default=0)
    version: Mapped[int] = mapped_column(default=0)
    changed_at: Mapped[datetime] = mapped_column(Instant)
    changed_by: Mapped[int | None]
    changed_by_name: Mapped[str] = mapped_column(String(200), default="")


class ReportEvent(Model):
    """The history of a report: every step, and every extension (step "extend", from = to)."""

    __tablename__ = "report_event"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    report_id: Mapped[int] = mapped_column(ForeignKey("report.id", ondelete="CASCADE"))
    step: Mapped[str] = mapped_column(String(20))
    from_state: Mapped[str] = mapped_column(String(12))
    to_state: Mapped[str] = mapped_column(String(12))
    by_id: Mapped[int | None]
    by_name: Mapped[str] = mapped_column(String(200), default="")
    at: Mapped[datetime] = mapped_column(Instant)
    note: Mapped[str | None] = mapped_column(Text)
    resubmit_by: Mapped[date | None] = mapped_column(Date)
    version: Mapped[int]

    __table_args__ = (
        UniqueConstraint("report_id", "version"),
        Index("ix_report_event_step", "step", "at"),
    )
