"""A campaign: a plan made live. What is asked stands in the plan's own JSON (`spec`, contract.md PlanSpec)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from tracker.core.db import Instant, Model


class Campaign(Model):
    """One plan, opened for its units. Closed campaigns are read, never chased."""

    __tablename__ = "campaign"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(80), unique=True)
    title: Mapped[str] = mapped_column(Text)
    spec: Mapped[dict[str, Any]] = mapped_column(JSON, deferred=True)
    before_inclusive: Mapped[bool] = mapped_column(default=False)
    spec_hash: Mapped[str] = mapped_column(String(64), default="")
    opened_at: Mapped[datetime] = mapped_column(Instant)
    opened_by: Mapped[int | None]
    closed_at: Mapped[datetime | None] = mapped_column(Instant)
    consolidated_at: Mapped[datetime | None] = mapped_column(Instant)
    look_again_at: Mapped[datetime | None] = mapped_column(Instant, index=True)

    __table_args__ = (
        CheckConstraint("closed_at IS NULL OR look_again_at IS NULL", name="closed"),
        Index("ix_campaign_opened", "opened_at"),
    )
