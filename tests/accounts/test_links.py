"""One-time links: invitations, resets and sign-in links by mail. Opening one spends nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from types import ModuleType

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from tests.accounts.conftest import NOW, OFFICE, PASSWORD, mails, page_token
from tests.conftest import SECRET
from tracker.accounts import service
from tracker.accounts.links import token_of
from tracker.accounts.models import OneTimeLink, SignIn, User
from tracker.accounts.queries import find_user
from tracker.core.db import session, transaction

Knock = Callable[..., TestResponse]
NEW = "mây phủ đỉnh núi cao"


def link_of(kind: str) -> str:
    """The token that the newest mail of a kind carries."""
    return token_of(session().get_one(OneTimeLink, mails(kind)[-1].context["link_id"]), SECRET)


@pytest.fixture
def invited(unit: str) -> int:
    """A person with an invitation and without a password."""
    with transaction():
        user = service.add_user("tam@banlang.example", "reporter", unit, "", "", None, OFFICE, NOW)
        service.invite(user, OFFICE, NOW)
        return user.id


def ask(client: FlaskClient, path: str, email: str) -> TestResponse:
    return client.post(path, data={"email": email, "csrf_token": page_token(client, path)})


def send(client: FlaskClient, path: str, **data: str) -> TestResponse:
    return client.post(path, data={"csrf_token": page_token(client), **data})


def test_an_invitation_sets_name_and_password_and_lets_in_once(
    invited: int, client: FlaskClient, app: Flask, clock: ModuleType
) -> None:
    clock.start_at(NOW)
    path = f"/invite/{link_of('invite')}"
    for _ in range(3):
        assert client.get(path).status_code == 200
    answer = send(client, path, name="Tẩn Thị Tâm", phone="0213 000 002", password=NEW)
    assert answer.status_code == 303
    assert "Tẩn Thị Tâm" in client.get("/account").get_data(as_text=True)
    again = app.test_client()
    assert again.get(path).status_code == 404
    assert send(again, path, name="X", password=NEW).status_code == 404


def test_a_weak_password_spends_no_invitation(invited: int, client: FlaskClient, clock: ModuleType) -> None:
    clock.start_at(NOW)
    path = f"/invite/{link_of('invite')}"
    answer = send(client, path, name="Tẩn Thị Tâm", password="ngan")
    assert answer.status_code == 422
    assert "ít nhất 10 ký tự" in answer.get_data(as_text=True)
    assert send(client, path, name="Tẩn Thị Tâm", password="Đảng bộ xã Bản Lang").status_code == 422
    assert send(client, path, name="Tẩn Thị Tâm", password=NEW).status_code == 303


def test_links_end_in_time(invited: int, mai: int, client: FlaskClient, clock: ModuleType) -> None:
    clock.start_at(NOW)
    ask(client, "/forgot", "mai.lt@banlang.example")
    ask(client, "/sign-in/link", "mai.lt@banlang.example")
    places = {
        f"/invite/{link_of('invite')}": timedelta(days=14),
        f"/reset/{link_of('reset')}": timedelta(minutes=60),
        f"/sign-in/{link_of('sign_in_link')}": timedelta(minutes=30),
    }
    for path, life in places.items():
        clock.start_at(NOW + life - timedelta(minutes=1))
        assert client.get(path).status_code == 200
        clock.start_at(NOW + life + timedelta(minutes=1))
        assert client.get(path).status_code == 404


def test_a_newer_invitation_ends_the_older(invited: int, client: FlaskClient, clock: ModuleType) -> None:
    clock.start_at(NOW)
    older = link_of("invite")
    with transaction():
        service.invite(find_user(invited), OFFICE, NOW)
    assert client.get(f"/invite/{older}").status_code == 404
    assert client.get(f"/invite/{link_of('invite')}").status_code == 200


@pytest.mark.parametrize("path", ["/forgot", "/sign-in/link"])
def test_asking_for_a_link_never_tells_who_is_known(mai: int, client: FlaskClient, path: str) -> None:
    known = ask(client, path, "mai.lt@banlang.example")
    known_page = client.get("/sign-in").get_data(as_text=True)
    unknown = ask(client, path, "ai.do@banlang.example")
    unknown_page = client.get("/sign-in").get_data(as_text=True)
    assert (known.status_code, known.location) == (unknown.status_code, unknown.location)
    said = "Nếu địa chỉ này có tài khoản"
    assert said in known_page
    assert said in unknown_page
    assert len(mails("reset") + mails("sign_in_link")) == 1


def test_asking_twice_at_once_sends_one_mail(mai: int, client: FlaskClient) -> None:
    for _ in range(3):
        ask(client, "/forgot", "mai.lt@banlang.example")
    assert len(mails("reset")) == 1


def test_a_reset_ends_every_session_and_every_other_link(
    mai: int, knock: Knock, client: FlaskClient, app: Flask
) -> None:
    knock("mai.lt@banlang.example", PASSWORD)
    elsewhere = app.test_client()
    ask(elsewhere, "/forgot", "mai.lt@banlang.example")
    ask(elsewhere, "/sign-in/link", "mai.lt@banlang.example")
    other_link = link_of("sign_in_link")
    assert send(elsewhere, f"/reset/{link_of('reset')}", password=NEW).status_code == 303
    assert client.get("/account").status_code == 303
    assert elsewhere.get("/account").status_code == 200
    stranger = app.test_client()
    assert stranger.get(f"/sign-in/{other_link}").status_code == 404
    assert knock("mai.lt@banlang.example", PASSWORD, by=stranger).status_code == 422
    assert knock("mai.lt@banlang.example", NEW, by=stranger).status_code == 303


def test_a_sign_in_link_signs_in_once_and_only_by_its_button(mai: int, client: FlaskClient, app: Flask) -> None:
    ask(client, "/sign-in/link", "mai.lt@banlang.example")
    path = f"/sign-in/{link_of('sign_in_link')}"
    client.get(path)
    assert session().scalars(select(SignIn)).all() == []
    assert send(client, path).status_code == 303
    assert client.get("/account").status_code == 200
    assert send(app.test_client(), path).status_code == 404


def test_a_link_of_one_purpose_opens_no_other(mai: int, client: FlaskClient) -> None:
    ask(client, "/sign-in/link", "mai.lt@banlang.example")
    token = link_of("sign_in_link")
    assert client.get(f"/reset/{token}").status_code == 404
    assert client.get(f"/invite/{token}").status_code == 404


@pytest.mark.parametrize("token", ["1-", "1-" + "0" * 64, "x", "999999-" + "a" * 64, "1-Ă", "²-" + "0" * 64])
def test_a_made_up_token_opens_nothing(mai: int, client: FlaskClient, token: str) -> None:
    ask(client, "/forgot", "mai.lt@banlang.example")
    assert client.get(f"/reset/{token}").status_code == 404


def test_somebody_shut_out_gets_in_by_no_link(mai: int, client: FlaskClient) -> None:
    ask(client, "/sign-in/link", "mai.lt@banlang.example")
    token = link_of("sign_in_link")
    with transaction():
        service.set_active(mai, False, OFFICE, NOW)
    assert client.get(f"/sign-in/{token}").status_code == 404
    assert send(client, f"/sign-in/{token}").status_code == 404
    ask(client, "/forgot", "mai.lt@banlang.example")
    assert mails("reset") == []


def test_no_link_can_be_made_from_the_database_alone(mai: int, client: FlaskClient) -> None:
    ask(client, "/forgot", "mai.lt@banlang.example")
    row = session().scalars(select(OneTimeLink)).one()
    token = link_of("reset")
    assert token.partition("-")[2] not in str(vars(row)) + str(mails("reset")[0].context)
    assert session().scalars(select(User.password_hash)).one()
