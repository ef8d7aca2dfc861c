"""Attaching a file to something and taking it away. What the thing is, and who may, is decided by its own room."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Literal, cast

from tracker.audit.service import record
from tracker.core.db import session
from tracker.core.people import Actor
from tracker.documents.package import check_package
from tracker.files.models import Attachment
from tracker.files.queries import known_keys
from tracker.files.rules import TYPES, check_outside, display_name
from tracker.files.store import store

_KEPT = timedelta(days=1)


def attach(about: str, name: str, data: bytes, actor: Actor, now: datetime) -> Attachment:
    """Attach a file. Raises TooLarge or Invalid: size, kind, content unlike its ending, macros, bombs, links out.

    The bytes are kept before the row is written, so that no row is without its file; bytes whose transaction
    failed are found by `forget_orphans`.
    """
    shown = display_name(name)
    suffix = check_outside(shown, data)
    if suffix in {"docx", "xlsx"}:
        check_package(data, cast("Literal['docx', 'xlsx']", suffix), shown)
    row = Attachment(
        about=about,
        name=shown,
        sha256=store().put(data),
        size=len(data),
        content_type=TYPES[suffix],
        uploaded_by=actor.user_id,
        uploaded_by_name=actor.name,
        uploaded_at=now,
    )
    session().add(row)
    session().flush()
    record("file.attach", about, actor, now, {"name": shown, "sha256": row.sha256, "size": row.size})
    return row


def detach(attachment: Attachment, actor: Actor, now: datetime) -> None:
    """Take an attachment away; its bytes go with the next sweep, if nothing else names them."""
    session().delete(attachment)
    session().flush()
    record("file.detach", attachment.about, actor, now, {"name": attachment.name, "sha256": attachment.sha256})


def forget_orphans(also_known: Collection[str], now: datetime) -> int:
    """Delete bytes older than a day that no row names; how many. `also_known`: keys that other rooms' rows name."""
    known = known_keys() | set(also_known)
    orphans = [key for key, put_at in store().every() if key not in known and put_at < now - _KEPT]
    for key in orphans:
        store().delete(key)
    return len(orphans)
