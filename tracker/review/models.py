"""The lead office's desk: remarks on a section or a cell, and the reviewers' shared mark of a part."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from tracker.core.db import Instant, Model


class Remark(Model):
    """What a reviewer says about a place. `part` is "II.3" or "table:1"; a cell also names row and column.

    `submission` is the report's count of submissions when it was written; `told_at` when it went to the unit.
    """

    __tablename__ = "remark"

    id: Mapped[int] = mapped_column(primary_key=True)
    report_id: Mapped[int] = mapped_column(ForeignKey("report.id", ondelete="CASCADE"), index=True)
    part: Mapped[str] = mapped_column(String(30))
    row: Mapped[str | None] = mapped_column(String(40))
    column: Mapped[str | None] = mapped_column(String(80))
    text: Mapped[str] = mapped_column(Text)
    submission: Mapped[int]
    by_id: Mapped[int | None]
    by_name: Mapped[str] = mapped_column(String(200), default="")
    at: Mapped[datetime] = mapped_column(Instant)
    told_at: Mapped[datetime | None] = mapped_column(Instant)

    __table_args__ = (CheckConstraint("text <> ''", name="text"),)


class PartMark(Model):
    """ "Đạt" on a part of a submission: shared by the reviewers, no step."""

    __tablename__ = "part_mark"

    report_id: Mapped[int] = mapped_column(ForeignKey("report.id", ondelete="CASCADE"), primary_key=True)
    part: Mapped[str] = mapped_column(String(30), primary_key=True)
    submission: Mapped[int] = mapped_column(primary_key=True)
    by_id: Mapped[int | None]
    by_name: Mapped[str] = mapped_column(String(200), default="")
    at: Mapped[datetime] = mapped_column(Instant)
