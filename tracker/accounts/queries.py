"""Reading people: who a session or a token is, who stands for a unit, who holds a role."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, bindparam, or_, select

from tracker.accounts import rules
from tracker.accounts.models import ApiToken, FailedSignIn, Membership, SignIn, Unit, User
from tracker.core.db import session
from tracker.core.errors import NotFound
from tracker.core.people import UNIT_ROLES, Actor, Role
from tracker.core.text import N_, fold, one_line, sort_key


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who can be written to or called, in one role."""

    id: int
    name: str
    email: str
    phone: str
    role: Role
    unit_id: int | None


def token_hash(token: str) -> str:
    """SHA-256 in hex: what is stored of a session or API token (256 random bits need no salt)."""
    return hashlib.sha256(token.encode()).hexdigest()


def actor_of_session(token: str, now: datetime) -> tuple[Actor, int, datetime] | None:
    """The actor of a session cookie, the session's id and when it was last written down as used.

    None if it ended, expired or its person is inactive.
    """
    rows = session().execute(_OF_SESSION, {"hash": token_hash(token), "now": now}).all()
    return (_actor(rows), rows[0][-2], rows[0][-1]) if rows else None


def actor_of_token(token: str) -> Actor | None:
    """The actor of an API token; None if unknown, revoked or its person is inactive."""
    rows = session().execute(_OF_TOKEN, {"hash": token_hash(token)}).all()
    return _actor(rows) if rows else None


def actor_of_user(user_id: int) -> Actor | None:
    """The actor of a person by id; None if there is none or inactive."""
    rows = session().execute(_people(User.id).where(User.id == user_id, User.active)).all()
    return _actor(rows) if rows else None


def actor_of_email(email: str) -> Actor | None:
    """The actor of a person by address; None if there is none or inactive."""
    rows = session().execute(_people(User.id).where(User.email == email.strip().lower(), User.active)).all()
    return _actor(rows) if rows else None


def people_of_units(unit_ids: Collection[int], roles: Collection[Role] = UNIT_ROLES) -> list[Person]:
    """Active people of some units in some unit roles, by unit and name."""
    return _persons(
        select(User.id, User.name, User.email, User.phone, Membership.role, Membership.unit_id)
        .join(Membership, Membership.user_id == User.id)
        .where(User.active, Membership.unit_id.in_(unit_ids), Membership.role.in_(roles))
        .order_by(Membership.unit_id, User.name, User.id)
    )


def people_with(role: Role) -> list[Person]:
    """Active people who hold an office role (lead, oversight, admin), by name."""
    return _persons(
        select(User.id, User.name, User.email, User.phone, Membership.role, Membership.unit_id)
        .join(Membership, Membership.user_id == User.id)
        .where(User.active, Membership.role == role)
        .order_by(User.name, User.id)
    )


def units() -> Sequence[Unit]:
    """Every unit, in protocol order."""
    return session().scalars(select(Unit).order_by(Unit.position, Unit.id)).all()


def _people(*last: Any) -> Select[Any]:
    return (
        select(User.id, User.name, User.email, Membership.role, Membership.unit_id, Unit.name.label("unit"), *last)
        .outerjoin(Membership, Membership.user_id == User.id)
        .outerjoin(Unit, Unit.id == Membership.unit_id)
    )


# Every request asks one of these: made once.
_OF_SESSION = (
    _people(SignIn.id, SignIn.seen_at)
    .join(SignIn, SignIn.user_id == User.id)
    .where(SignIn.token_hash == bindparam("hash"), SignIn.expires_at > bindparam("now"), User.active)
)
_OF_TOKEN = (
    _people(ApiToken.id)
    .join(ApiToken, ApiToken.user_id == User.id)
    .where(ApiToken.token_hash == bindparam("hash"), ApiToken.revoked_at.is_(None), User.active)
)


def _actor(rows: Sequence[Row[Any]]) -> Actor:
    first = rows[0]
    return Actor(
        user_id=first.id,
        name=first.name or first.email,
        email=first.email,
        roles=frozenset(Role(row.role) for row in rows if row.role),
        reporter_of=frozenset(row.unit_id for row in rows if row.role == Role.REPORTER),
        head_of=frozenset(row.unit_id for row in rows if row.role == Role.UNIT_HEAD),
        unit_names=tuple(dict.fromkeys(row.unit for row in rows if row.unit)),
    )


def _persons(statement: Select[int, str, str, str, str, int | None]) -> list[Person]:
    return [
        Person(row.id, row.name or row.email, row.email, row.phone, Role(row.role), row.unit_id)
        for row in session().execute(statement)
    ]


# --- signing in -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Door:
    """What is known before a password is looked at. `opens_at`: no try is taken before it; None: now."""

    user_id: int | None
    password_hash: str | None
    active: bool
    failures: int
    opens_at: datetime | None


def door(email: str, address: str, now: datetime) -> Door:
    """What stands between this machine and this account, known or not: the same three questions for both."""
    user = session().execute(select(User.id, User.password_hash, User.active).where(User.email == email)).first()
    recent = (
        session()
        .execute(
            select(FailedSignIn.email, FailedSignIn.address, FailedSignIn.at).where(
                or_(FailedSignIn.email == email, FailedSignIn.address == address),
                FailedSignIn.at > now - rules.WATCHED,
                FailedSignIn.at <= now,
            )
        )
        .all()
    )
    mine = [row.at for row in recent if row.email == email and row.address == address]
    opens = rules.wait_until(mine)
    from_here = [row.at for row in recent if row.address == address]
    if len(from_here) >= rules.ADDRESS_TRIES:
        opens = max(opens or now, max(from_here) + rules.LONGEST_WAIT)
    # Guessing from many machines: those from which this person never came must wait, the person's own go on.
    at_mail = [row.at for row in recent if row.email == email]
    if len(at_mail) >= rules.MAIL_TRIES and not (user and _came_from(user.id, address)):
        opens = max(opens or now, max(at_mail) + rules.LONGEST_WAIT)
    return Door(
        user_id=user.id if user else None,
        password_hash=user.password_hash if user else None,
        active=bool(user and user.active),
        failures=len(mine),
        opens_at=opens if opens and opens > now else None,
    )


def _came_from(user_id: int, address: str) -> bool:
    return (
        session()
        .execute(select(SignIn.id).where(SignIn.user_id == user_id, SignIn.address == address).limit(1))
        .first()
        is not None
    )


def user_by_email(email: str) -> User | None:
    """The person of an address, active or not."""
    return session().scalars(select(User).where(User.email == email.strip().lower())).first()


def find_user(user_id: int) -> User:
    """A person by id; NotFound if there is none."""
    found = session().get(User, user_id)
    if found is None:
        raise no_user()
    return found


def no_user() -> NotFound:
    """The answer for a person who is not there."""
    return NotFound("no_user", N_("Không có người này."))


def sessions_of(user_id: int, now: datetime) -> Sequence[SignIn]:
    """A person's open sessions, the last used first."""
    return (
        session()
        .scalars(
            select(SignIn).where(SignIn.user_id == user_id, SignIn.expires_at > now).order_by(SignIn.seen_at.desc())
        )
        .all()
    )


def tokens_of(user_id: int) -> Sequence[ApiToken]:
    """A person's API tokens that still open something."""
    return (
        session()
        .scalars(
            select(ApiToken).where(ApiToken.user_id == user_id, ApiToken.revoked_at.is_(None)).order_by(ApiToken.id)
        )
        .all()
    )


# --- administration -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Post:
    """A role of a person with the unit it is for."""

    id: int
    role: Role
    unit_id: int | None
    unit_code: str
    unit_name: str


@dataclass(frozen=True, slots=True)
class Listed:
    """A person as the administration lists them."""

    user: User
    posts: tuple[Post, ...]


def posts_of(user_id: int | None = None) -> dict[int, list[Post]]:
    """The roles of one person, or of everybody, by person."""
    found: dict[int, list[Post]] = {}
    statement = (
        select(Membership.user_id, Membership.id, Membership.role, Unit.id, Unit.code, Unit.name)
        .outerjoin(Unit, Unit.id == Membership.unit_id)
        .order_by(Unit.position, Membership.id)
    )
    if user_id is not None:
        statement = statement.where(Membership.user_id == user_id)
    for whose, post_id, role, unit_id, code, name in session().execute(statement):
        found.setdefault(whose, []).append(Post(post_id, Role(role), unit_id, code or "", name or ""))
    return found


def person(user_id: int) -> tuple[User, list[Post]]:
    """A person and their roles, in one statement; NotFound if there is none."""
    rows = (
        session()
        .execute(
            select(User, Membership.id, Membership.role, Unit.id, Unit.code, Unit.name)
            .outerjoin(Membership, Membership.user_id == User.id)
            .outerjoin(Unit, Unit.id == Membership.unit_id)
            .where(User.id == user_id)
            .order_by(Unit.position, Membership.id)
        )
        .all()
    )
    if not rows:
        raise no_user()
    return rows[0][0], [
        Post(post_id, Role(role), unit_id, code or "", name or "")
        for _, post_id, role, unit_id, code, name in rows
        if post_id is not None
    ]


def people(words: str, page: int, size: int = 50) -> tuple[list[Listed], int]:
    """People whose name, address or unit holds the words, folded, in Vietnamese order; and how many in all."""
    wanted = fold(words)
    users = session().scalars(select(User)).all()
    posts = posts_of()
    found = []
    for user in users:
        theirs = tuple(posts.get(user.id, ()))
        text = " ".join([user.name, user.email, user.phone, *(f"{post.unit_code} {post.unit_name}" for post in theirs)])
        if not wanted or wanted in fold(text):
            found.append(Listed(user, theirs))
    found.sort(
        key=lambda one: (
            not one.user.active,
            sort_key((one.user.name or one.user.email).split(" ")[-1]),
            sort_key(one.user.name or one.user.email),
        )
    )
    return found[page * size : (page + 1) * size], len(found)


def find_unit(unit_id: int) -> Unit:
    """A unit by id; NotFound if there is none."""
    found = session().get(Unit, unit_id)
    if found is None:
        raise NotFound("no_unit", N_("Không có đơn vị này."))
    return found


def unit_by_code(code: str) -> Unit:
    """A unit by its code; NotFound if there is none."""
    found = session().scalars(select(Unit).where(Unit.code == one_line(code))).first()
    if found is None:
        raise NotFound("no_unit_code", N_("Không có đơn vị nào mang mã %(unit)s."), unit=code)
    return found


def units_like(words: str, page: int, size: int = 50) -> tuple[list[Unit], int]:
    """Units whose code, name or group holds the words, folded, in protocol order; and how many in all."""
    wanted = fold(words)
    found = [unit for unit in units() if wanted in fold(f"{unit.code} {unit.name} {unit.short_name} {unit.group_name}")]
    return found[page * size : (page + 1) * size], len(found)
