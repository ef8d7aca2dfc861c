"""The outbox: one row a mail, the truth of what was, is and will be sent. Knows no reports."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Date, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from tracker.core.db import BigId, Instant, Model


class OutboxMail(Model):
    """One mail to one person. `about` is opaque; `dedupe_key` holds "once" where no local day does.

    Status: pending, sending, sent, failed, ambiguous, cancelled, no_recipient.
    Phase of the last attempt: "" before MAIL, "data" from just before DATA, "done" after the 250.
    `ambiguous_at`: the connection broke after the final dot, nobody can know; `resend`: one more try is owed.
    `local_day`: for the digest of nudges alone, the local day on which it goes out, one a person a day.
    """

    __tablename__ = "outbox_mail"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    kind: Mapped[str] = mapped_column(String(40))
    dedupe_key: Mapped[str] = mapped_column(String(160), unique=True)
    recipient_id: Mapped[int | None]
    recipient_name: Mapped[str] = mapped_column(String(200), default="")
    address: Mapped[str] = mapped_column(String(254), default="")
    about: Mapped[str | None] = mapped_column(String(80), index=True)
    campaign_id: Mapped[int | None]
    local_day: Mapped[date | None] = mapped_column(Date)
    context: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    status: Mapped[str] = mapped_column(String(15), default="pending")
    phase: Mapped[str] = mapped_column(String(5), default="")
    planned_at: Mapped[datetime] = mapped_column(Instant)
    not_before: Mapped[datetime] = mapped_column(Instant)
    lease_until: Mapped[datetime | None] = mapped_column(Instant)
    lease_token: Mapped[str | None] = mapped_column(String(80))
    attempts: Mapped[int] = mapped_column(default=0)
    message_id: Mapped[str | None] = mapped_column(String(200), unique=True)
    subject: Mapped[str] = mapped_column(String(300), default="")
    body_text: Mapped[str | None] = mapped_column(Text)
    body_html: Mapped[str | None] = mapped_column(Text)
    error: Mapped[str] = mapped_column(String(500), default="")
    sent_at: Mapped[datetime | None] = mapped_column(Instant)
    ambiguous_at: Mapped[datetime | None] = mapped_column(Instant)
    resend: Mapped[bool] = mapped_column(default=False)

    __table_args__ = (
        UniqueConstraint("recipient_id", "local_day"),
        CheckConstraint(
            "status IN ('pending','sending','sent','failed','ambiguous','cancelled','no_recipient')", name="status"
        ),
        CheckConstraint("(status = 'sending') = (lease_until IS NOT NULL)", name="lease"),
        CheckConstraint("status <> 'sent' OR sent_at IS NOT NULL", name="sent"),
        CheckConstraint("status <> 'ambiguous' OR ambiguous_at IS NOT NULL", name="ambiguous"),
        Index("ix_outbox_mail_due", "status", "not_before", "id"),
        Index("ix_outbox_mail_campaign", "campaign_id", "id"),
    )
