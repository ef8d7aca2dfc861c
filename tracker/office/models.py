"""Tables of the office: bodies and their names over time, calendar rows, settings, heartbeats."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Date, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from tracker.core.db import Instant, Model


class Body(Model):
    """A body (cơ quan) with its name at a time. `duty`: issuer, lead or oversight, or none."""

    __tablename__ = "body"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(300))
    parent_name: Mapped[str] = mapped_column(String(300), default="")
    place: Mapped[str] = mapped_column(String(200), default="")
    duty: Mapped[str | None] = mapped_column(String(20), index=True)
    kind: Mapped[str] = mapped_column(String(10), default="party")
    phone: Mapped[str] = mapped_column(String(40), default="")
    aliases: Mapped[list[str]] = mapped_column(JSON, default=list)
    valid_from: Mapped[date | None] = mapped_column(Date)
    valid_to: Mapped[date | None] = mapped_column(Date)
    predecessor_id: Mapped[int | None] = mapped_column(ForeignKey("body.id"))

    __table_args__ = (
        CheckConstraint("duty IN ('issuer', 'lead', 'oversight')", name="duty"),
        CheckConstraint("kind IN ('party', 'state')", name="kind"),
    )


class CalendarDay(Model):
    """A day that the office decides: off (nghỉ) or a make-up working day (làm bù). Wins over the built-in holidays."""

    __tablename__ = "calendar_day"

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    working: Mapped[bool]
    name: Mapped[str] = mapped_column(String(200))
    source: Mapped[str] = mapped_column(String(300), default="")


class Setting(Model):
    """One setting of the office, by key (product name, layout profile, mail policy, simulated instant …)."""

    __tablename__ = "setting"

    key: Mapped[str] = mapped_column(String(60), primary_key=True)
    value: Mapped[Any] = mapped_column(JSON)


class Heartbeat(Model):
    """When a process of a kind was last seen alive (`worker`, `beat`), by its own clock and the machine's."""

    __tablename__ = "heartbeat"

    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    at: Mapped[datetime] = mapped_column(Instant)
    detail: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
