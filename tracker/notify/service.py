"""Putting mail into the outbox and taking it back. Sending is mailer.py's; what is in a mail is the rooms' above."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, update

from tracker.audit.service import record
from tracker.core.db import changed, insert_once, session, wake
from tracker.core.errors import Conflict, NotFound
from tracker.core.people import Actor
from tracker.core.text import N_
from tracker.notify.models import OutboxMail

_CANCEL = (
    update(OutboxMail)
    .where(OutboxMail.about == bindparam("this"), OutboxMail.status == "pending")
    .values(status="cancelled")
    .execution_options(synchronize_session=False)
)


def queue(
    kind: str,
    *,
    recipient_id: int | None,
    name: str,
    address: str,
    dedupe_key: str,
    now: datetime,
    about: str | None = None,
    campaign_id: int | None = None,
    context: Mapping[str, Any] | None = None,
    not_before: datetime | None = None,
) -> bool:
    """One mail, once for its `dedupe_key`; True if it is new. `context` is for templates/emails/<kind>.*"""
    new = insert_once(
        OutboxMail,
        {
            "kind": kind,
            "dedupe_key": dedupe_key,
            "recipient_id": recipient_id,
            "recipient_name": name,
            "address": address,
            "about": about,
            "campaign_id": campaign_id,
            "context": dict(context or {}),
            "status": "pending" if address else "no_recipient",
            "phase": "",
            "planned_at": now,
            "not_before": not_before or now,
            "attempts": 0,
            "subject": "",
            "error": "",
        },
    )
    if new:
        wake("outbox")
    return new


def cancel(about: str) -> int:
    """Take back what waits and is about this (it changed meanwhile); how many. What is on its way stays."""
    return changed(_CANCEL, {"this": about})


def send_again(mail_id: int, actor: Actor, now: datetime) -> None:
    """Try once more what was refused or is in doubt, under the same Message-ID.

    Raises NotFound, or Conflict if the mail is neither.
    """
    mail = session().get(OutboxMail, mail_id, with_for_update=True, populate_existing=True)
    if mail is None:
        raise NotFound("no_mail", N_("Không có thư này."))
    if mail.status == "failed":
        mail.status, mail.attempts = "pending", 0
    elif mail.status == "ambiguous":
        mail.resend = True
        if mail.local_day is not None:
            # A digest leaves on one day alone; as a waiting one it is carried over to this day (deadlines/).
            mail.status = "pending"
    else:
        raise Conflict("not_again", N_("Chỉ gửi lại được thư không gửi được hoặc chưa rõ đã tới hay chưa."))
    mail.not_before = now
    session().flush()
    record("mail.again", f"mail:{mail.id}", actor, now, {"kind": mail.kind})
    wake("outbox")
