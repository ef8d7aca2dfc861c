"""Nudges: what was planned for whom, once. The mail that carries them is a row of the outbox."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from tracker.core.db import BigId, Instant, Model


class Nudge(Model):
    """One rung of the ladder for one person. `subject`: "report:12" or "campaign:1"; recipient 0: nobody."""

    __tablename__ = "nudge"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    subject: Mapped[str] = mapped_column(String(40))
    campaign_id: Mapped[int] = mapped_column(ForeignKey("campaign.id"))
    report_id: Mapped[int | None] = mapped_column(ForeignKey("report.id", ondelete="CASCADE"), index=True)
    milestone: Mapped[str] = mapped_column(String(30))
    due_before: Mapped[datetime] = mapped_column(Instant)
    rung: Mapped[int]
    kind: Mapped[str] = mapped_column(String(12))
    audience: Mapped[str] = mapped_column(String(12))
    recipient: Mapped[int]
    at: Mapped[datetime] = mapped_column(Instant)
    planned_at: Mapped[datetime] = mapped_column(Instant)
    mail_id: Mapped[int] = mapped_column(ForeignKey("outbox_mail.id"), index=True)

    __table_args__ = (
        UniqueConstraint("subject", "milestone", "due_before", "rung", "recipient"),
        CheckConstraint("kind IN ('reminder','overdue','escalation')", name="kind"),
        CheckConstraint("audience IN ('unit','unit_head','lead','oversight')", name="audience"),
        Index("ix_nudge_campaign", "campaign_id", "id"),
    )
