"""Files that people attached, by the hash of their bytes; the bytes live in the store."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import CheckConstraint, String
from sqlalchemy.orm import Mapped, mapped_column

from tracker.core.db import Instant, Model


class Attachment(Model):
    """One file attached to something. `about` is opaque: "report:12". `sha256` is the store's key."""

    __tablename__ = "attachment"

    id: Mapped[int] = mapped_column(primary_key=True)
    about: Mapped[str] = mapped_column(String(80), index=True)
    name: Mapped[str] = mapped_column(String(150))
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int]
    content_type: Mapped[str] = mapped_column(String(120))
    uploaded_by: Mapped[int | None]
    uploaded_by_name: Mapped[str] = mapped_column(String(200), default="")
    uploaded_at: Mapped[datetime] = mapped_column(Instant)

    __table_args__ = (CheckConstraint("size >= 0", name="size"),)
