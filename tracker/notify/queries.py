"""Reading the built-in mailbox: what was sent with no mail server, as it was written."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, or_, select

from tracker.core.db import session
from tracker.core.errors import NotFound
from tracker.core.text import N_
from tracker.notify.models import OutboxMail


def newest(before: int | None, search: str, limit: int) -> Sequence[Row[*tuple[Any, ...]]]:
    """Mails that were sent, the newest first, without their bodies; `limit` + 1 tells that there are more."""
    statement = select(
        OutboxMail.id,
        OutboxMail.kind,
        OutboxMail.recipient_name,
        OutboxMail.address,
        OutboxMail.subject,
        OutboxMail.sent_at,
        OutboxMail.status,
    ).where(OutboxMail.sent_at.is_not(None))
    if before is not None:
        statement = statement.where(OutboxMail.id < before)
    if search:
        like = f"%{search.lower()}%"
        statement = statement.where(or_(OutboxMail.address.ilike(like), OutboxMail.subject.ilike(like)))
    return session().execute(statement.order_by(OutboxMail.id.desc()).limit(limit + 1)).all()


def find(mail_id: int) -> OutboxMail:
    """One mail; NotFound if there is none or it was never written."""
    mail = session().get(OutboxMail, mail_id)
    if mail is None or mail.sent_at is None:
        raise NotFound("no_mail", N_("Không có thư này."))
    return mail
