"""One-time links: an HMAC over a row, so that the database never holds what opens a door."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta

from sqlalchemy import update

from tracker.accounts.models import OneTimeLink
from tracker.core.db import changed, session
from tracker.core.errors import NotFound
from tracker.core.text import N_


def make_link(purpose: str, subject: str, user_id: int | None, now: datetime, days: float) -> OneTimeLink:
    """A row for a link that works once within `days`; its token comes from `token_of`."""
    link = OneTimeLink(
        nonce=secrets.token_hex(16),
        purpose=purpose,
        subject=subject,
        user_id=user_id,
        created_at=now,
        expires_at=now + timedelta(days=days),
    )
    session().add(link)
    session().flush()
    return link


def token_of(link: OneTimeLink, secret: str) -> str:
    """The token that goes into the URL: the row's id and 256 bits of HMAC."""
    body = f"{link.id}:{link.nonce}:{link.purpose}:{link.subject}"
    return f"{link.id}-{hmac.new(secret.encode(), body.encode(), hashlib.sha256).hexdigest()}"


def find_link(token: str, purpose: str, secret: str, now: datetime) -> OneTimeLink:
    """The link that a token opens; NotFound if it is wrong, used or expired (one answer for all three)."""
    head = token.partition("-")[0]
    link = session().get(OneTimeLink, int(head)) if head.isascii() and head.isdigit() and len(head) < 10 else None
    if (
        link is None
        or link.purpose != purpose
        or not hmac.compare_digest(token_of(link, secret).encode(), token.encode())
        or link.used_at is not None
        or link.expires_at <= now
    ):
        raise NotFound(
            "link_dead",
            N_("Liên kết không đúng, đã dùng hoặc đã hết hạn. Xin liên kết mới ở trang đăng nhập."),
        )
    return link


def use_link(link: OneTimeLink, now: datetime) -> None:
    """Spend it: two uses at once, one wins."""
    spent = update(OneTimeLink).where(OneTimeLink.id == link.id, OneTimeLink.used_at.is_(None)).values(used_at=now)
    if changed(spent) != 1:
        raise NotFound("link_dead", N_("Liên kết này vừa được dùng."))
