"""A unit, a reporter with a password, and the door."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from tests.people import BORN
from tracker.accounts.models import Unit
from tracker.accounts.service import add_user
from tracker.core.db import session, transaction
from tracker.core.people import Actor, Role
from tracker.notify.models import OutboxMail

NOW = datetime(2023, 5, 11, 2, 0, tzinfo=UTC)
OFFICE = Actor(user_id=None, name="tracker", roles=frozenset({Role.LEAD, Role.ADMIN}))
PASSWORD = "suối chảy qua bản"


@pytest.fixture
def unit(app: Flask) -> str:
    """The code of a unit."""
    with transaction():
        session().add(
            Unit(code="DB-BL", name="Đảng bộ xã Bản Lang", short_name="Bản Lang", group_name="Các chi, đảng bộ cơ sở")
        )
    return "DB-BL"


@pytest.fixture
def mai(unit: str) -> int:
    """A reporter with a password; her id."""
    with transaction():
        found = add_user(
            "mai.lt@banlang.example", "reporter", unit, "Lò Thị Mai", "0213 000 001", PASSWORD, OFFICE, BORN
        )
        return found.id


def page_token(client: FlaskClient, path: str = "/sign-in") -> str:
    """The CSRF token that a page carries."""
    body = client.get(path).get_data(as_text=True)
    return body.split('name="csrf-token" content="', 1)[1].split('"', 1)[0]


@pytest.fixture
def knock(client: FlaskClient) -> Callable[..., TestResponse]:
    """knock(email, password): the answer of the sign-in form."""

    def try_it(email: str, password: str, *, by: FlaskClient | None = None, **more: str) -> TestResponse:
        who = by or client
        token = page_token(who)
        return who.post("/sign-in", data={"email": email, "password": password, "csrf_token": token, **more})

    return try_it


def mails(kind: str) -> list[OutboxMail]:
    """The queued mails of a kind, oldest first."""
    session().rollback()
    return list(session().scalars(select(OutboxMail).where(OutboxMail.kind == kind).order_by(OutboxMail.id)))
