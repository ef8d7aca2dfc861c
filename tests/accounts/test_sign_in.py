"""Signing in and out: the door, the wait, the session at the server."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from types import ModuleType

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from tests.accounts.conftest import NOW, OFFICE, PASSWORD, page_token
from tracker.accounts import service, sessions
from tracker.accounts.models import FailedSignIn, SignIn, User
from tracker.core.db import session, transaction

Knock = Callable[..., TestResponse]


def test_the_right_password_opens_and_the_page_knows_who_it_is(mai: int, knock: Knock, client: FlaskClient) -> None:
    answer = knock("Mai.LT@banlang.example ", PASSWORD)
    assert answer.status_code == 303
    assert "Lò Thị Mai" in client.get("/account").get_data(as_text=True)


def test_an_unknown_address_and_a_wrong_password_get_the_same_answer(mai: int, knock: Knock) -> None:
    known = knock("mai.lt@banlang.example", "không phải mật khẩu")
    unknown = knock("ai.do@banlang.example", "không phải mật khẩu")
    assert known.status_code == unknown.status_code == 422
    said = "Thư điện tử hoặc mật khẩu chưa đúng. Còn 4 lần thử."
    assert said in known.get_data(as_text=True)
    assert said in unknown.get_data(as_text=True)


def test_an_unknown_address_takes_a_hash_as_a_known_one_does(
    mai: int, app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed: list[str] = []
    right = sessions.passwords.matches
    monkeypatch.setattr(sessions.passwords, "_hasher", _Counting(sessions.passwords._hasher, hashed))
    assert right is sessions.passwords.matches
    sessions.check_password("mai.lt@banlang.example", "sai hoàn toàn", "::1", NOW)
    sessions.check_password("khong.co@banlang.example", "sai hoàn toàn", "::1", NOW)
    sessions.check_password("không phải địa chỉ", "sai hoàn toàn", "::1", NOW)
    assert len(hashed) == 3


class _Counting:
    def __init__(self, inner: object, seen: list[str]) -> None:
        self.inner, self.seen = inner, seen

    def verify(self, stored: str, password: str) -> bool:
        self.seen.append(stored)
        return bool(self.inner.verify(stored, password))  # type: ignore[attr-defined]  # argon2's hasher

    def hash(self, password: str) -> str:
        return str(self.inner.hash(password))  # type: ignore[attr-defined]  # argon2's hasher


def test_twenty_wrong_tries_wait_and_others_come_in(
    mai: int, unit: str, knock: Knock, app: Flask, clock: ModuleType
) -> None:
    with transaction():
        service.add_user("tam@banlang.example", "reporter", unit, "Tẩn Thị Tâm", "", PASSWORD, OFFICE, NOW)
    clock.start_at(NOW)
    answers = [knock("mai.lt@banlang.example", "đoán mò lần nữa") for _ in range(20)]
    assert "Còn 4 lần thử" in answers[0].get_data(as_text=True)
    assert "Còn 1 lần thử" in answers[3].get_data(as_text=True)
    assert "Đợi 1 phút rồi thử lại" in answers[4].get_data(as_text=True)
    assert "Đợi 1 phút rồi thử lại" in answers[19].get_data(as_text=True)
    assert knock("mai.lt@banlang.example", PASSWORD).status_code == 422
    other = app.test_client()
    assert knock("tam@banlang.example", PASSWORD, by=other).status_code == 303

    clock.start_at(NOW + timedelta(minutes=2))
    assert knock("mai.lt@banlang.example", PASSWORD).status_code == 303
    assert session().scalars(select(FailedSignIn).where(FailedSignIn.email == "mai.lt@banlang.example")).all() == []


def test_the_wait_grows(mai: int, knock: Knock, clock: ModuleType) -> None:
    clock.start_at(NOW)
    for _ in range(5):
        knock("mai.lt@banlang.example", "đoán mò lần nữa")
    clock.start_at(NOW + timedelta(minutes=1, seconds=5))
    assert "Đợi 2 phút" in knock("mai.lt@banlang.example", "đoán mò lần nữa").get_data(as_text=True)


def test_another_machine_is_not_made_to_wait(mai: int, knock: Knock, app: Flask) -> None:
    for _ in range(6):
        knock("mai.lt@banlang.example", "đoán mò lần nữa")
    elsewhere = app.test_client()
    elsewhere.environ_base["REMOTE_ADDR"] = "203.0.113.9"
    assert knock("mai.lt@banlang.example", PASSWORD, by=elsewhere).status_code == 303


def test_wrong_tries_of_a_later_clock_lock_nobody_out(mai: int, knock: Knock, clock: ModuleType) -> None:
    clock.start_at(NOW + timedelta(days=30))
    for _ in range(6):
        knock("mai.lt@banlang.example", "đoán mò lần nữa")
    clock.start_at(NOW)
    assert knock("mai.lt@banlang.example", PASSWORD).status_code == 303


def test_a_session_of_a_later_clock_still_opens(mai: int, knock: Knock, client: FlaskClient, clock: ModuleType) -> None:
    clock.start_at(NOW + timedelta(days=2))
    knock("mai.lt@banlang.example", PASSWORD)
    clock.start_at(NOW)
    assert client.get("/account").status_code == 200


def test_signing_out_ends_the_session_at_the_server(mai: int, knock: Knock, client: FlaskClient) -> None:
    knock("mai.lt@banlang.example", PASSWORD)
    kept = client.get_cookie("tracker")
    assert kept is not None
    client.post("/sign-out", data={"csrf_token": page_token(client, "/account")})
    client.set_cookie("tracker", kept.value)
    answer = client.get("/account")
    assert answer.status_code == 303
    assert "/sign-in" in answer.location


def test_a_planted_cookie_is_worth_nothing_afterwards(mai: int, knock: Knock, client: FlaskClient) -> None:
    page_token(client)
    planted = client.get_cookie("tracker")
    assert planted is not None
    knock("mai.lt@banlang.example", PASSWORD)
    now = client.get_cookie("tracker")
    assert now is not None
    assert now.value != planted.value
    client.set_cookie("tracker", planted.value)
    assert client.get("/account").status_code == 303


def test_a_session_in_use_ends_after_fourteen_days(
    mai: int, knock: Knock, client: FlaskClient, clock: ModuleType
) -> None:
    clock.start_at(NOW)
    knock("mai.lt@banlang.example", PASSWORD)
    at = NOW
    while at < NOW + timedelta(days=13, hours=18):
        at += timedelta(hours=6)
        clock.start_at(at)
        assert client.get("/account").status_code == 200
    clock.start_at(NOW + timedelta(days=14, minutes=1))
    assert client.get("/account").status_code == 303


def test_a_session_ends_after_twelve_idle_hours(mai: int, knock: Knock, client: FlaskClient, clock: ModuleType) -> None:
    clock.start_at(NOW)
    knock("mai.lt@banlang.example", PASSWORD)
    clock.start_at(NOW + timedelta(hours=12, minutes=1))
    assert client.get("/account").status_code == 303


def test_somebody_shut_out_is_out_with_the_next_request(mai: int, knock: Knock, client: FlaskClient) -> None:
    knock("mai.lt@banlang.example", PASSWORD)
    with transaction():
        service.set_active(mai, False, OFFICE, NOW)
    assert client.get("/account").status_code == 303
    assert knock("mai.lt@banlang.example", PASSWORD).status_code == 422


def test_the_cookie_is_http_only_lax_and_kept(mai: int, knock: Knock) -> None:
    cookie = next(c for c in knock("mai.lt@banlang.example", PASSWORD).headers.getlist("Set-Cookie") if "tracker=" in c)
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert "Path=/" in cookie
    assert "Expires=" in cookie


@pytest.mark.sqlite
def test_over_https_the_cookie_is_secure_and_bound_to_the_host(
    database: object, make_settings: Callable[..., object]
) -> None:
    from tracker.app import create_app

    app = create_app(make_settings(database.url, base_url="https://theo-doi.example"))  # type: ignore[attr-defined, arg-type]  # the fixture's Database
    cookie = app.test_client().get("/sign-in", base_url="https://theo-doi.example").headers["Set-Cookie"]
    assert cookie.startswith("__Host-tracker=")
    assert "Secure" in cookie


@pytest.mark.parametrize("target", ["//evil.example", "/\\evil.example", "https://evil.example", "javascript:alert(1)"])
def test_signing_in_never_leads_off_the_site(mai: int, knock: Knock, target: str) -> None:
    assert knock("mai.lt@banlang.example", PASSWORD, next=target).location == "/"


def test_signing_in_leads_back_to_where_one_was_going(mai: int, knock: Knock, client: FlaskClient) -> None:
    door = client.get("/account").location
    assert door.endswith("/sign-in?next=/account") or door.endswith("next=%2Faccount")
    assert knock("mai.lt@banlang.example", PASSWORD, next="/account").location == "/account"


def test_the_form_needs_its_token(mai: int, client: FlaskClient) -> None:
    answer = client.post("/sign-in", data={"email": "mai.lt@banlang.example", "password": PASSWORD})
    assert answer.status_code == 400
    assert session().scalars(select(SignIn)).all() == []


def test_there_is_no_account_that_came_with_the_product(app: Flask, knock: Knock) -> None:
    assert session().scalars(select(User)).all() == []
    assert knock("admin@localhost", "admin").status_code == 422


def test_the_stored_hash_is_argon2id_and_the_token_is_not_stored(mai: int, knock: Knock, client: FlaskClient) -> None:
    knock("mai.lt@banlang.example", PASSWORD)
    with client.session_transaction() as cookie:
        token = str(cookie["_user_id"])
    assert len(token) >= 43
    stored = session().scalars(select(User.password_hash)).one()
    assert stored is not None
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert token not in session().scalars(select(SignIn.token_hash)).one()


def test_a_guess_from_many_machines_slows_strangers_and_not_the_owner(mai: int, app: Flask, knock: Knock) -> None:
    knock("mai.lt@banlang.example", PASSWORD)
    from tracker.core import clock as real

    now = real.now()
    with transaction():
        for n in range(100):
            session().add(FailedSignIn(email="mai.lt@banlang.example", address=f"198.51.100.{n}", at=now))
    stranger = app.test_client()
    stranger.environ_base["REMOTE_ADDR"] = "203.0.113.7"
    assert "Đợi" in knock("mai.lt@banlang.example", PASSWORD, by=stranger).get_data(as_text=True)
    owner = app.test_client()
    assert knock("mai.lt@banlang.example", PASSWORD, by=owner).status_code == 303
