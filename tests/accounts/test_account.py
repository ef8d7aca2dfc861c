"""One's own account: password, sessions, tokens."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from tests.accounts.conftest import NOW, OFFICE, PASSWORD, page_token
from tracker.accounts import service
from tracker.accounts.models import ApiToken, SignIn
from tracker.core.db import session, transaction

Knock = Callable[..., TestResponse]
NEW = "mây phủ đỉnh núi cao"


def change(client: FlaskClient, **data: str) -> TestResponse:
    return client.post("/account/password", data={"csrf_token": page_token(client, "/account"), **data})


def test_changing_the_password_needs_the_current_one(mai: int, knock: Knock, client: FlaskClient, app: Flask) -> None:
    knock("mai.lt@banlang.example", PASSWORD)
    assert change(client, password=NEW).status_code == 422
    wrong = change(client, current="không phải nó", password=NEW)
    assert "Mật khẩu đang dùng chưa đúng" in wrong.get_data(as_text=True)
    assert knock("mai.lt@banlang.example", PASSWORD, by=app.test_client()).status_code == 303


def test_a_changed_password_ends_the_other_sessions_and_keeps_this_one(
    mai: int, knock: Knock, client: FlaskClient, app: Flask
) -> None:
    other = app.test_client()
    knock("mai.lt@banlang.example", PASSWORD, by=other)
    knock("mai.lt@banlang.example", PASSWORD)
    assert change(client, current=PASSWORD, password=NEW).status_code == 303
    assert client.get("/account").status_code == 200
    assert other.get("/account").status_code == 303


def test_sessions_are_listed_and_one_can_be_ended(mai: int, knock: Knock, client: FlaskClient, app: Flask) -> None:
    other = app.test_client()
    other.environ_base["REMOTE_ADDR"] = "203.0.113.9"
    knock("mai.lt@banlang.example", PASSWORD, by=other)
    knock("mai.lt@banlang.example", PASSWORD)
    assert "203.0.113.9" in client.get("/account").get_data(as_text=True)
    key = session().scalars(select(SignIn.id).where(SignIn.address == "203.0.113.9")).one()
    form = {"csrf_token": page_token(client, "/account")}
    assert client.post(f"/account/sessions/{key}/end", data=form).status_code == 303
    assert other.get("/account").status_code == 303


def test_somebody_elses_session_is_not_there(
    mai: int, unit: str, knock: Knock, client: FlaskClient, app: Flask
) -> None:
    with transaction():
        service.add_user("tam@banlang.example", "reporter", unit, "Tâm", "", PASSWORD, OFFICE, NOW)
        service.create_token("tam@banlang.example", OFFICE, NOW)
    other = app.test_client()
    knock("tam@banlang.example", PASSWORD, by=other)
    knock("mai.lt@banlang.example", PASSWORD)
    theirs = session().scalars(select(SignIn.id).where(SignIn.user_id != mai)).one()
    token = session().scalars(select(ApiToken.id)).one()
    form = {"csrf_token": page_token(client, "/account")}
    there = client.post(f"/account/sessions/{theirs}/end", data=form)
    nowhere = client.post("/account/sessions/99999/end", data=form)
    assert there.status_code == nowhere.status_code == 404
    assert client.post(f"/account/tokens/{token}/revoke", data=form).status_code == 404
    assert other.get("/account").status_code == 200


def test_a_form_field_more_changes_nothing_more(mai: int, knock: Knock, client: FlaskClient) -> None:
    knock("mai.lt@banlang.example", PASSWORD)
    form = {
        "csrf_token": page_token(client, "/account"),
        "name": "Lò Thị Mai",
        "phone": "0213",
        "email": "x@evil.example",
        "role": "admin",
        "active": "0",
        "user_id": "1",
    }
    assert client.post("/account", data=form).status_code == 303
    page = client.get("/account").get_data(as_text=True)
    assert "mai.lt@banlang.example" in page
    assert client.get("/admin/").status_code == 403


def test_a_name_is_shown_and_never_run(mai: int, knock: Knock, client: FlaskClient) -> None:
    knock("mai.lt@banlang.example", PASSWORD)
    nasty = '<script>alert(1)</script>{{7*7}}"\u202e'
    client.post("/account", data={"csrf_token": page_token(client, "/account"), "name": nasty, "phone": ""})
    page = client.get("/account").get_data(as_text=True)
    assert "<script>alert(1)" not in page
    assert "{{7*7}}" in page
