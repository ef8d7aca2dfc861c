"""Reading the trail, newest first, a page at a time."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from tracker.audit.models import AuditEntry
from tracker.core.db import session


def page(before: int | None, about: str = "", size: int = 100) -> Sequence[AuditEntry]:
    """`size` entries older than entry `before` (None: the newest), about one thing ("report:12") or all."""
    statement = select(AuditEntry).order_by(AuditEntry.id.desc()).limit(size)
    if before is not None:
        statement = statement.where(AuditEntry.id < before)
    if about:
        statement = statement.where(AuditEntry.about == about)
    return session().scalars(statement).all()
