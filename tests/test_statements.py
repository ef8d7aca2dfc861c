"""At most six SQL statements a page, whatever the number of units: every page that can be opened is opened twice."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, select, update

from tests import people
from tracker.accounts.models import Membership
from tracker.accounts.queries import actor_of_user
from tracker.campaigns.queries import by_number
from tracker.core import clock
from tracker.core.db import changed, db, session, transaction
from tracker.core.people import Actor, Role
from tracker.operate import fixture
from tracker.reports.models import Report

MOST = 6
NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
OFFICE = Actor(user_id=None, name="tracker", roles=frozenset({Role.LEAD, Role.ADMIN}))

# Address → who asks.
PAGES: dict[str, Role] = {
    "/campaigns/": Role.LEAD,
    "/campaigns/{campaign}": Role.LEAD,
    "/campaigns/{campaign}/assembly": Role.LEAD,
    "/campaigns/{campaign}/board": Role.LEAD,
    "/campaigns/{campaign}/board?state=overdue": Role.LEAD,
    "/campaigns/{campaign}/mails": Role.LEAD,
    "/campaigns/{campaign}/overview": Role.OVERSIGHT,
    "/campaigns/{campaign}/review": Role.LEAD,
    "/reports/{submitted}/review": Role.LEAD,
    "/reports/{drafting}": Role.REPORTER,
    "/reports/{drafting}/document": Role.REPORTER,
    "/reports/{drafting}/files": Role.REPORTER,
    "/reports/{drafting}/sections/I.1": Role.REPORTER,
    "/reports/{drafting}/tables/1": Role.REPORTER,
    "/reports/{drafting}/word": Role.REPORTER,
    "/account": Role.REPORTER,
    "/desk": Role.REPORTER,
    "/admin/": Role.ADMIN,
    "/admin/audit": Role.ADMIN,
    "/admin/bodies": Role.ADMIN,
    "/admin/bodies/new": Role.ADMIN,
    "/admin/calendar": Role.ADMIN,
    "/admin/people": Role.ADMIN,
    "/admin/people/{user}": Role.ADMIN,
    "/admin/people/new": Role.ADMIN,
    "/admin/units": Role.ADMIN,
    "/admin/units/{unit}": Role.ADMIN,
    "/admin/units/import": Role.ADMIN,
    "/campaigns/new/": Role.LEAD,
    "/api/v1/campaigns": Role.LEAD,
    "/api/v1/campaigns/{campaign}": Role.LEAD,
    "/api/v1/campaigns/{campaign}/board": Role.LEAD,
    "/api/v1/campaigns/{campaign}/notices": Role.LEAD,
    "/api/v1/campaigns/{campaign}/reports": Role.LEAD,
    "/api/v1/reports/{submitted}": Role.LEAD,
    "/api/v1/reports/{submitted}/document": Role.LEAD,
    "/api/v1/reports/{submitted}/history": Role.LEAD,
}

# A debt, not a right: the ledger counts, lists, warns and looks ahead by a statement each. It may only shrink.
MORE: dict[str, int] = {"/campaigns/{campaign}/mails": 11}

# Routes that show nothing of a campaign's units, or whose thing must first be made: one by one, why.
OTHERS: dict[str, str] = {
    "/": "goes on to another page",
    "/go/<place>": "goes on to another page",
    "/admin/bodies/<int:body_id>": "one body, no unit",
    "/api/v1/assemblies/<int:assembly_id>": "one row",
    "/api/v1/assemblies/<int:assembly_id>/files/<format>": "one file",
    "/api/v1/openapi.json": "no database",
    "/campaigns/<int:campaign_id>/assembly/<int:assembly_id>/figures/<table_number>": "read from its file",
    "/campaigns/<int:campaign_id>/assembly/<int:assembly_id>/files/<format>": "one file",
    "/forgot": "nobody signed in",
    "/healthz": "no database",
    "/invite/<token>": "nobody signed in",
    "/mailbox": "the sample alone",
    "/mailbox/<int:mail_id>": "the sample alone",
    "/mailbox/<int:mail_id>/page": "the sample alone",
    "/metrics": "off",
    "/readyz": "asks whether they answer",
    "/reports/<int:report_id>/files/<int:file_id>": "one file",
    "/reports/<int:report_id>/word/<int:file_id>": "one file",
    "/reset/<token>": "nobody signed in",
    "/sign-in": "nobody signed in",
    "/sign-in/<token>": "nobody signed in",
    "/sign-in/link": "nobody signed in",
    "/static/<path:filename>": "no database",
    "/xem/<token>": "the overview by its signed address",
}


@contextmanager
def counted() -> Iterator[list[str]]:
    """The statements of a block."""
    statements: list[str] = []

    def heard(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        statements.append(statement)

    event.listen(db.engine, "before_cursor_execute", heard)
    try:
        yield statements
    finally:
        event.remove(db.engine, "before_cursor_execute", heard)


def campaign(units: int) -> dict[str, int]:
    """A synthetic campaign after its deadline: who is late, who waits, who is done."""
    with transaction():
        found = by_number(fixture.make(units, OFFICE, NOW, filled=100)).id
        changed(update(Report).where(Report.state == "drafting").values(due_before=NOW))
    first = {
        state: session()
        .execute(select(Report.id, Report.unit_id).where(Report.campaign_id == found, Report.state == state).limit(1))
        .one()
        for state in ("drafting", "submitted")
    }
    reporter = select(Membership.user_id).where(Membership.unit_id.is_not(None)).limit(1)
    return {
        "campaign": found,
        "drafting": first["drafting"].id,
        "submitted": first["submitted"].id,
        "unit": first["drafting"].unit_id,
        "user": session().execute(reporter).scalar_one(),
    }


@pytest.mark.postgresql
@pytest.mark.parametrize("path", PAGES)
def test_a_page_asks_at_most_six_statements_however_many_units_there_are(app: Flask, path: str) -> None:
    clock.start_at(NOW)
    small, large = campaign(20), campaign(400)
    asked = []
    for made in (small, large):
        if PAGES[path] is Role.ADMIN and made is small:
            people.person("quantri@office.example", Role.ADMIN)
        statement = select(Membership.user_id).where(Membership.role == PAGES[path])
        if PAGES[path] is Role.REPORTER:
            statement = statement.where(Membership.unit_id == made["unit"])
        actor = actor_of_user(session().execute(statement.limit(1)).scalar_one())
        assert actor is not None
        client = app.test_client()
        headers = {}
        if path.startswith("/api/"):
            headers = people.api_token(actor) if made is small or PAGES[path] is Role.REPORTER else headers_of(actor)
        else:
            people.sign_in(client, actor, f"{path}-{made['campaign']}")
        address = path.format(**made)
        assert client.get(address, headers=headers).status_code == 200  # what a process keeps is kept from here on
        with counted() as statements:
            assert client.get(address, headers=headers).status_code == 200
        asked.append(statements)
    few, many = asked
    assert len(many) <= MORE.get(path, MOST), many
    assert len(many) <= len(few), "more units, more statements"


def test_every_page_is_counted_or_named_with_a_reason(app: Flask) -> None:
    routes = {rule.rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())}
    shape = {re.sub(r"\?.*", "", re.sub(r"\{\w+\}", "<>", page)) for page in PAGES}
    shape = {re.sub(r"/(sections|tables)/[^/]+$", r"/\1/<>", page) for page in shape}
    counted_or_named = {route for route in routes if re.sub(r"<[^>]*>", "<>", route) in shape} | set(OTHERS)
    assert routes - counted_or_named == set()
    assert set(OTHERS) - routes == set()


def headers_of(actor: Actor) -> dict[str, str]:
    """The token that the person got before."""
    return {"Authorization": f"Bearer test-token-{actor.user_id}"}
