"""Signing in and out: the password at the door, the wait after wrong ones, sessions as rows.

People, roles, links and tokens are service.py's.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete

from tracker.accounts import passwords, rules
from tracker.accounts.models import FailedSignIn, SignIn
from tracker.accounts.queries import door, find_user, token_hash, user_by_email
from tracker.audit.service import record
from tracker.core.db import changed, session
from tracker.core.errors import Forbidden, Invalid, NotFound
from tracker.core.people import Actor, Role
from tracker.core.text import N_, one_line


@dataclass(frozen=True, slots=True)
class Refused:
    """A wrong address or password. `tries_left` before a wait; `opens_at`: the wait has begun and ends then."""

    tries_left: int
    opens_at: datetime | None


def check_password(email: str, password: str, address: str, now: datetime) -> int | Refused:
    """The id of the person whose address and password these are, or the refusal. Reads only.

    An unknown address, an inactive person and one without a password take as long as a wrong password. While a
    wait runs no password is looked at.
    """
    try:
        email = rules.clean_email(email)
    except Invalid:
        email = ""
    found = door(email, address, now)
    # Hashing takes a while; on SQLite an open transaction would make every writer wait for it.
    session().rollback()
    if found.opens_at is not None:
        return Refused(0, found.opens_at)
    right = passwords.matches(found.password_hash, password)
    if right and found.active and found.user_id is not None:
        return found.user_id
    return Refused(rules.tries_left(found.failures + 1), None)


def failed(email: str, address: str, now: datetime) -> Refused:
    """Write a wrong try down; the refusal says how many are left, or until when to wait."""
    email = email.strip().lower()[:254]
    session().add(FailedSignIn(email=email, address=address[:60], at=now))
    session().flush()
    found = door(email, address[:60], now)
    user = user_by_email(email)
    if user is not None:
        record(
            "sign_in.failed",
            f"user:{user.id}",
            rules.myself(user.id, user.name, user.email),
            now,
            {"address": address[:60]},
        )
    return Refused(rules.tries_left(found.failures), found.opens_at)


def start_session(user_id: int, address: str, agent: str, now: datetime, password: str | None = None) -> str:
    """A new session of a person; its token, for the cookie, is given once and stored as its SHA-256.

    `password`: the one just checked, to hash it anew if its hash is of an older kind.
    """
    user = find_user(user_id)
    token = secrets.token_urlsafe(32)
    session().add(
        SignIn(
            token_hash=token_hash(token),
            user_id=user_id,
            created_at=now,
            seen_at=now,
            expires_at=rules.expires(now, now),
            address=address[:60],
            agent=one_line(agent)[:200],
        )
    )
    if password is not None and user.password_hash and passwords.is_old(user.password_hash):
        user.password_hash = passwords.make_hash(password)
    changed(delete(FailedSignIn).where(FailedSignIn.email == user.email, FailedSignIn.address == address[:60]))
    session().flush()
    record("sign_in", f"user:{user_id}", rules.myself(user.id, user.name, user.email), now, {"address": address[:60]})
    return token


def touch_session(session_id: int, now: datetime) -> None:
    """The session was used: it lives on, never beyond 14 days from signing in."""
    row = session().get(SignIn, session_id)
    if row is not None:
        row.seen_at = now
        row.expires_at = max(row.expires_at, rules.expires(row.created_at, now))
        session().flush()


def end_session(token: str, actor: Actor, now: datetime) -> None:
    """Sign out: the session's row is gone, so that a copy of the cookie opens nothing."""
    if changed(delete(SignIn).where(SignIn.token_hash == token_hash(token))):
        record("sign_out", f"user:{actor.user_id}", actor, now)


def end_one(session_id: int, user_id: int, actor: Actor, now: datetime) -> None:
    """End one session of a person: their own, or an administrator's doing."""
    if user_id != actor.user_id:
        need_admin(actor)
    if not changed(delete(SignIn).where(SignIn.id == session_id, SignIn.user_id == user_id)):
        raise NotFound("no_session", N_("Phiên làm việc này đã kết thúc."))
    record("session.end", f"user:{user_id}", actor, now)


def end_others(user_id: int, keep: int | None, actor: Actor, now: datetime) -> int:
    """End every session of a person but `keep`; how many."""
    if user_id != actor.user_id:
        need_admin(actor)
    count = changed(delete(SignIn).where(SignIn.user_id == user_id, SignIn.id != (keep or 0)))
    if count:
        record("session.end_all", f"user:{user_id}", actor, now, {"count": count})
    return count


def need_admin(actor: Actor) -> None:
    """Refuse whoever does not administer."""
    if not actor.has(Role.ADMIN):
        raise Forbidden("not_admin", N_("Chỉ người quản trị làm được việc này."))
