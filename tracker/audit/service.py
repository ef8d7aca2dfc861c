"""Writing to the trail. Nothing here reads it back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import insert

from tracker.audit.models import AuditEntry
from tracker.core.db import session
from tracker.core.people import Actor


def record(verb: str, about: str, actor: Actor, now: datetime, detail: Mapping[str, Any] | None = None) -> None:
    """Append one entry in the transaction of the change it tells of. Never put a secret into `detail`."""
    session().execute(
        insert(AuditEntry),
        [
            {
                "at": now,
                "actor_id": actor.user_id,
                "actor_name": actor.name,
                "verb": verb,
                "about": about,
                "detail": dict(detail or {}),
            }
        ],
    )
