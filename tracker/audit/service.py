"""Writing to the trail. Nothing here reads it back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast

from sqlalchemy import Table, insert, inspect

from tracker.audit.models import AuditEntry
from tracker.core.db import session
from tracker.core.people import Actor

# The table, not the class: no unit of work for a row that nobody holds.
_APPEND = insert(cast("Table", inspect(AuditEntry).local_table))


def record(verb: str, about: str, actor: Actor, now: datetime, detail: Mapping[str, Any] | None = None) -> None:
    """Append one entry in the transaction of the change it tells of. Never put a secret into `detail`."""
    session().execute(
        _APPEND,
        {
            "at": now,
            "actor_id": actor.user_id,
            "actor_name": actor.name,
            "verb": verb,
            "about": about,
            "detail": dict(detail or {}),
        },
    )
