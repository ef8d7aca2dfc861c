"""The office's own pages: calendar, bodies, the trail, the front; and who may open any of it."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select, text
from sqlalchemy.exc import DatabaseError
from werkzeug.test import TestResponse

from tests.accounts.conftest import page_token
from tests.people import person, sign_in
from tracker.audit.models import AuditEntry
from tracker.audit.service import record
from tracker.core.db import session, transaction
from tracker.core.errors import Forbidden
from tracker.core.people import Actor, Role
from tracker.office import service
from tracker.office.models import Body
from tracker.office.queries import body_with, calendar

NOW = datetime(2023, 5, 11, 2, 0, tzinfo=UTC)


@pytest.fixture
def admin(app: Flask, client: FlaskClient) -> Actor:
    """Somebody who administers, signed in."""
    found = person("quan.tri@huyenuy.example", Role.ADMIN)
    sign_in(client, found)
    return found


def send(client: FlaskClient, path: str, **data: str) -> TestResponse:
    return client.post(path, data={"csrf_token": page_token(client, "/account"), **data})


def test_a_day_off_moves_the_working_calendar_and_back(admin: Actor, client: FlaskClient) -> None:
    assert calendar().is_working_day(date(2023, 5, 8))
    assert (
        send(client, "/admin/calendar", day="08/5/2023", working="0", name="Nghỉ lũ", source="CV 12").status_code == 303
    )
    session().rollback()
    assert not calendar().is_working_day(date(2023, 5, 8))
    page = client.get("/admin/calendar?year=2023").get_data(as_text=True)
    assert "Nghỉ lũ" in page
    assert "thứ Hai, ngày 08/5/2023" in page
    assert "thứ Ba, ngày 02/5/2023" in page
    assert send(client, "/admin/calendar", day="13/5/2023", working="1", name="Làm bù").status_code == 303
    session().rollback()
    assert calendar().is_working_day(date(2023, 5, 13))
    assert send(client, "/admin/calendar/drop", day="08/5/2023").status_code == 303
    session().rollback()
    assert calendar().is_working_day(date(2023, 5, 8))


@pytest.mark.parametrize("day", ["5-8", "31/2/2023", "2023-05-08", "08/5/1823", ""])
def test_a_day_that_is_none_is_refused(admin: Actor, client: FlaskClient, day: str) -> None:
    assert send(client, "/admin/calendar", day=day, working="0", name="Nghỉ").status_code == 422


def test_a_body_changes_its_name_over_time(admin: Actor, client: FlaskClient) -> None:
    send(
        client,
        "/admin/bodies/new",
        name="Ban Tuyên giáo Huyện ủy",
        duty="lead",
        kind="party",
        valid_to="30/6/2025",
        phone="0213 000 271",
    )
    send(
        client, "/admin/bodies/new", name="Ban Tuyên giáo và Dân vận", duty="lead", kind="party", valid_from="01/7/2025"
    )
    session().rollback()
    then, later = body_with("lead", date(2023, 5, 11)), body_with("lead", date(2026, 1, 1))
    assert then is not None
    assert later is not None
    assert (then.name, later.name) == ("Ban Tuyên giáo Huyện ủy", "Ban Tuyên giáo và Dân vận")
    wrong = send(
        client, "/admin/bodies/new", name="X", duty="", kind="party", valid_from="02/7/2025", valid_to="01/7/2025"
    )
    assert wrong.status_code == 422
    key = session().scalars(select(Body.id).order_by(Body.id)).first()
    assert "Ban Tuyên giáo Huyện ủy" in client.get(f"/admin/bodies/{key}").get_data(as_text=True)


def test_the_trail_is_paged_and_cannot_be_changed(admin: Actor, client: FlaskClient) -> None:
    with transaction():
        for n in range(130):
            record("test.verb", f"thing:{n}", admin, NOW)
    first = client.get("/admin/audit").get_data(as_text=True)
    assert "thing:129" in first
    assert "thing:3<" not in first
    older = first.split('rel="next"')[0].rsplit('href="', 1)[1].split('"')[0].replace("&amp;", "&")
    assert "thing:3<" in client.get(older).get_data(as_text=True)
    assert "thing:7<" in client.get("/admin/audit?about=thing:7").get_data(as_text=True)
    for statement in ("UPDATE audit_entry SET verb='x'", "DELETE FROM audit_entry"):
        with pytest.raises(DatabaseError), transaction():
            session().execute(text(statement))
    assert len(session().scalars(select(AuditEntry.id)).all()) >= 130


@pytest.mark.parametrize("before", ["x", "-1", "9" * 40, "1;drop table", "²"])
def test_a_made_up_page_is_a_page(admin: Actor, client: FlaskClient, before: str) -> None:
    assert client.get("/admin/audit", query_string={"before": before}).status_code == 200
    assert client.get("/admin/people", query_string={"page": before}).status_code == 200
    assert client.get("/admin/calendar", query_string={"year": before}).status_code == 200


def test_the_product_gets_its_name(admin: Actor, client: FlaskClient) -> None:
    assert send(client, "/admin/", product_name="Sổ việc Phong Thổ").status_code == 303
    assert "Sổ việc Phong Thổ" in client.get("/admin/").get_data(as_text=True)


@pytest.mark.parametrize("role", [Role.LEAD, Role.OVERSIGHT, None])
def test_every_administration_page_is_the_administrators(app: Flask, client: FlaskClient, role: Role | None) -> None:
    sign_in(client, person("ai@x.example", *([role] if role else [])))
    token = page_token(client, "/account")
    checked = 0
    for rule in app.url_map.iter_rules():
        if not rule.rule.startswith("/admin"):
            continue
        path = rule.rule
        for name in rule.arguments:
            path = path.replace(f"<int:{name}>", "1")
        for method in rule.methods & {"GET", "POST"}:  # type: ignore[operator]  # every rule has methods
            answer = client.open(path, method=method, data={"csrf_token": token} if method == "POST" else None)
            assert answer.status_code == 403, (method, path)
            checked += 1
    assert checked >= 25
    stranger = app.test_client()
    assert stranger.get("/admin/").status_code == 303


def test_only_an_administrator_changes_the_office(app: Flask) -> None:
    lead = person("lan@x.example", Role.LEAD)
    with pytest.raises(Forbidden):
        service.set_day(date(2023, 5, 8), False, "x", "", lead, NOW)
    with pytest.raises(Forbidden):
        service.drop_day(date(2023, 5, 8), lead, NOW)
    with pytest.raises(Forbidden):
        service.save_setting("product_name", "x", lead, NOW)


def test_no_get_changes_anything(admin: Actor, app: Flask, client: FlaskClient) -> None:
    posts = [
        r
        for r in app.url_map.iter_rules()
        if r.rule.startswith(("/admin", "/account", "/sign")) and "POST" in (r.methods or ())
    ]
    gets = {r.rule for r in app.url_map.iter_rules() if "GET" in (r.methods or ())}
    for rule in posts:
        if rule.rule in gets or "<token>" in rule.rule:
            continue
        path = rule.rule.replace("<int:user_id>", "1").replace("<int:membership_id>", "1")
        path = path.replace("<int:session_id>", "1").replace("<int:token_id>", "1").replace("<int:body_id>", "1")
        assert client.get(path).status_code in {404, 405}, path
        assert client.post(path).status_code == 400, path
