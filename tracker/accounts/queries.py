"""Reading people: who a session or a token is, who stands for a unit, who holds a role."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, select

from tracker.accounts.models import ApiToken, Membership, SignIn, Unit, User
from tracker.core.db import session
from tracker.core.people import UNIT_ROLES, Actor, Role


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


def actor_of_session(token: str, now: datetime) -> tuple[Actor, int] | None:
    """The actor of a session cookie and the session's id; None if it ended, expired or its person is inactive."""
    rows = (
        session()
        .execute(
            _people(SignIn.id)
            .join(SignIn, SignIn.user_id == User.id)
            .where(SignIn.token_hash == token_hash(token), SignIn.expires_at > now, User.active)
        )
        .all()
    )
    return (_actor(rows), rows[0][-1]) if rows else None


def actor_of_token(token: str) -> Actor | None:
    """The actor of an API token; None if unknown, revoked or its person is inactive."""
    rows = (
        session()
        .execute(
            _people(ApiToken.id)
            .join(ApiToken, ApiToken.user_id == User.id)
            .where(ApiToken.token_hash == token_hash(token), ApiToken.revoked_at.is_(None), User.active)
        )
        .all()
    )
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


def _people(last: Any) -> Select[Any]:
    return select(User.id, User.name, User.email, Membership.role, Membership.unit_id, last).outerjoin(
        Membership, Membership.user_id == User.id
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
    )


def _persons(statement: Select[int, str, str, str, str, int | None]) -> list[Person]:
    return [
        Person(row.id, row.name or row.email, row.email, row.phone, Role(row.role), row.unit_id)
        for row in session().execute(statement)
    ]
