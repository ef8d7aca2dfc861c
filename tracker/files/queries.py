"""Reading attachments. Whether the reader may see what they are about is asked in the room of that thing."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from tracker.core.db import session
from tracker.core.errors import NotFound
from tracker.core.text import N_
from tracker.files.models import Attachment


def attachments(about: str) -> Sequence[Attachment]:
    """What is attached to something, oldest first."""
    return session().scalars(select(Attachment).where(Attachment.about == about).order_by(Attachment.id)).all()


def find(attachment_id: int, about: str) -> Attachment:
    """One attachment of a thing; NotFound if it is not there or belongs to something else."""
    found = session().get(Attachment, attachment_id)
    if found is None or found.about != about:
        raise NotFound("no_file", N_("Không có tệp này."))
    return found


def known_keys() -> set[str]:
    """Every key in the store that an attachment names."""
    return set(session().scalars(select(Attachment.sha256)))
