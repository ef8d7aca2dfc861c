"""A consolidated report in the making: a row that a worker takes, with its progress and its files."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from tracker.core.db import Instant, Model


class Assembly(Model):
    """One run of "many reports to one". State: waiting, running, done, failed.

    `included`: [{"unit", "report", "version"}]; `missing`: [unit codes]; `files`: {"docx": sha256, …} in the store.
    """

    __tablename__ = "assembly"

    id: Mapped[int] = mapped_column(primary_key=True)
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"))
    provisional: Mapped[bool]
    include_submitted: Mapped[bool] = mapped_column(default=False)
    state: Mapped[str] = mapped_column(String(10), default="waiting")
    progress: Mapped[float] = mapped_column(default=0.0)
    requested_by: Mapped[int | None]
    requested_by_name: Mapped[str] = mapped_column(String(200), default="")
    requested_at: Mapped[datetime] = mapped_column(Instant)
    as_of: Mapped[datetime | None] = mapped_column(Instant)
    finished_at: Mapped[datetime | None] = mapped_column(Instant)
    lease_until: Mapped[datetime | None] = mapped_column(Instant)
    lease_token: Mapped[str | None] = mapped_column(String(40))
    attempts: Mapped[int] = mapped_column(default=0)
    included: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    missing: Mapped[list[str]] = mapped_column(JSON, default=list)
    files: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    error: Mapped[str] = mapped_column(Text, default="")

    __table_args__ = (
        CheckConstraint("state IN ('waiting','running','done','failed')", name="state"),
        CheckConstraint("(state = 'running') = (lease_until IS NOT NULL)", name="lease"),
        CheckConstraint("state <> 'done' OR finished_at IS NOT NULL", name="done"),
        CheckConstraint("progress >= 0 AND progress <= 1", name="progress"),
        Index("ix_assembly_campaign", "campaign_id", "id"),
        Index(
            "ix_assembly_open",
            "state",
            postgresql_where=text("state IN ('waiting','running')"),
            sqlite_where=text("state IN ('waiting','running')"),
        ),
    )
