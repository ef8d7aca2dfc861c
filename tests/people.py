"""People that tests act as, made through the tables; sign-in itself is tested in accounts/."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from flask.testing import FlaskClient

from tracker.accounts.models import ApiToken, Membership, SignIn, User
from tracker.accounts.queries import actor_of_user, token_hash
from tracker.core.db import session, transaction
from tracker.core.people import Actor, Role

BORN = datetime(2023, 1, 2, 1, 0, tzinfo=UTC)


def person(email: str, *roles: tuple[Role, int | None] | Role, name: str = "", phone: str = "") -> Actor:
    """A new person with roles: Role.LEAD, or (Role.REPORTER, unit id)."""
    with transaction():
        user = User(email=email, name=name or email.split("@")[0], phone=phone, active=True, created_at=BORN)
        session().add(user)
        session().flush()
        for role in roles:
            named, unit = role if isinstance(role, tuple) else (role, None)
            session().add(Membership(user_id=user.id, role=named, unit_id=unit))
        user_id = user.id
    actor = actor_of_user(user_id)
    assert actor is not None
    return actor


def sign_in(client: FlaskClient, actor: Actor, token: str | None = None) -> str:
    """Give the client a session cookie of this person, as signing in would."""
    token = token or f"test-session-{actor.user_id}"
    assert actor.user_id is not None
    with transaction():
        session().add(
            SignIn(
                token_hash=token_hash(token),
                user_id=actor.user_id,
                created_at=BORN,
                seen_at=BORN,
                expires_at=BORN + timedelta(days=365 * 50),
            )
        )
    with client.session_transaction() as cookie:
        cookie["_user_id"] = token
        cookie["_fresh"] = True
    return token


def api_token(actor: Actor) -> dict[str, str]:
    """Headers with a bearer token of this person."""
    token = f"test-token-{actor.user_id}"
    assert actor.user_id is not None
    with transaction():
        session().add(ApiToken(token_hash=token_hash(token), user_id=actor.user_id, created_at=BORN))
    return {"Authorization": f"Bearer {token}"}
