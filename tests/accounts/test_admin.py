"""The administration of people and units: who may, what it does, what it writes down."""

from __future__ import annotations

import io
import re
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from tests.accounts.conftest import NOW, OFFICE, mails, page_token
from tests.people import person, sign_in
from tracker.accounts import service, sessions
from tracker.accounts.models import Membership, SignIn, Unit, User
from tracker.audit.models import AuditEntry
from tracker.core.db import session, transaction
from tracker.core.errors import Conflict, Forbidden, Invalid, NotFound
from tracker.core.people import Actor, Role


@pytest.fixture
def admin(app: Flask, client: FlaskClient) -> Actor:
    """Somebody who administers, signed in."""
    found = person("quan.tri@huyenuy.example", Role.ADMIN)
    sign_in(client, found)
    return found


def send(client: FlaskClient, path: str, **data: str) -> TestResponse:
    return client.post(path, data={"csrf_token": page_token(client, "/account"), **data})


def test_a_person_is_added_invited_and_found(admin: Actor, unit: str, client: FlaskClient) -> None:
    answer = send(
        client,
        "/admin/people/new",
        email="Tam@BanLang.example",
        name="Tẩn Thị Tâm",
        role="reporter",
        unit_code=unit,
        send="y",
    )
    assert answer.status_code == 303
    assert "Tẩn Thị Tâm" in client.get("/admin/people?q=tan thi").get_data(as_text=True)
    assert "Tẩn Thị Tâm" in client.get("/admin/people?q=ban lang").get_data(as_text=True)
    assert "Tẩn Thị Tâm" not in client.get("/admin/people?q=sin suoi").get_data(as_text=True)
    assert len(mails("invite")) == 1
    verbs = set(session().scalars(select(AuditEntry.verb)))
    assert {"user.add", "user.role", "user.invite"} <= verbs


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"email": "tam@x.example", "role": "reporter", "unit_code": "KHONG"}, "KHONG"),
        ({"email": "tam@x.example", "role": "reporter"}, "phải kèm mã đơn vị"),
        ({"email": "không phải thư", "role": "lead"}, "Địa chỉ thư"),
        ({"email": "tam@x.example", "role": "boss"}, "Chọn một mục"),
    ],
)
def test_a_person_who_does_not_fit_is_refused_beside_the_field(
    admin: Actor, client: FlaskClient, data: dict[str, str], words: str
) -> None:
    answer = send(client, "/admin/people/new", **data)
    assert answer.status_code == 422
    assert words in answer.get_data(as_text=True)
    assert len(session().scalars(select(User)).all()) == 1


def test_shutting_somebody_out_ends_their_sessions(admin: Actor, mai: int, client: FlaskClient, app: Flask) -> None:
    hers = app.test_client()
    with transaction():
        session().add(SignIn(token_hash="x", user_id=mai, created_at=NOW, seen_at=NOW, expires_at=NOW))
    assert send(client, f"/admin/people/{mai}/active", active="0").status_code == 303
    assert session().scalars(select(SignIn).where(SignIn.user_id == mai)).all() == []
    assert "Đã khóa" in client.get(f"/admin/people/{mai}").get_data(as_text=True)
    assert send(client, f"/admin/people/{mai}/active", active="1").status_code == 303
    assert hers.get("/account").status_code == 303


def test_the_last_administrator_stays(admin: Actor) -> None:
    assert admin.user_id is not None
    with pytest.raises(Conflict), transaction():
        service.set_active(admin.user_id, False, OFFICE, NOW)
    post = session().scalars(select(Membership.id)).one()
    with pytest.raises(Conflict), transaction():
        service.remove_role(admin.user_id, post, OFFICE, NOW)
    second = person("hai@huyenuy.example", Role.ADMIN)
    with pytest.raises(Conflict, match="Không tự khóa"), transaction():
        service.set_active(admin.user_id, False, admin, NOW)
    with transaction():
        service.set_active(admin.user_id, False, second, NOW)


def test_roles_come_and_go(admin: Actor, mai: int, unit: str, client: FlaskClient) -> None:
    assert send(client, f"/admin/people/{mai}/roles", role="unit_head", unit_code=unit).status_code == 303
    posts = session().scalars(select(Membership).where(Membership.user_id == mai)).all()
    assert {post.role for post in posts} == {"reporter", "unit_head"}
    head = next(post.id for post in posts if post.role == "unit_head")
    assert send(client, f"/admin/people/{mai}/roles/{head}/remove").status_code == 303
    assert send(client, f"/admin/people/{admin.user_id}/roles/{head}/remove").status_code == 404


def test_only_an_administrator_does_any_of_it(mai: int, unit: str) -> None:
    for role in (Role.LEAD, Role.OVERSIGHT):
        other = person(f"{role}@x.example", role)
        for verb in (
            lambda who=other: service.add_user("a@b.example", "admin", None, "", "", None, who, NOW),
            lambda who=other: service.set_active(mai, False, who, NOW),
            lambda who=other: service.remove_role(mai, 1, who, NOW),
            lambda who=other: service.create_token("mai.lt@banlang.example", who, NOW),
            lambda who=other: service.save_person(mai, "x", "", who, NOW),
            lambda who=other: sessions.end_others(mai, None, who, NOW),
        ):
            with pytest.raises(Forbidden), transaction():
                verb()


def test_a_list_is_previewed_then_written(admin: Actor, unit: str, client: FlaskClient) -> None:
    listed = "ma,ten_don_vi,nhom,cum\nDB-BL,Đảng bộ xã Bản Lang mới,Nhóm,1\nX1,=HYPERLINK(1),Nhóm,2\n"
    page = client.post(
        "/admin/units/import",
        data={"csrf_token": page_token(client, "/account"), "file": (io.BytesIO(listed.encode()), "u.csv")},
        content_type="multipart/form-data",
    ).get_data(as_text=True)
    assert "2 đơn vị: 1 mới, 1 sửa" in page
    assert len(session().scalars(select(Unit)).all()) == 1
    carried = unescape(re.search(r'name="rows" value="([^"]+)"', page).group(1))  # type: ignore[union-attr]  # the page has it
    assert send(client, "/admin/units/import/confirm", rows=carried[:-2] + "xx").status_code == 422
    session().rollback()
    assert len(session().scalars(select(Unit)).all()) == 1
    assert send(client, "/admin/units/import/confirm", rows=carried).status_code == 303
    session().rollback()
    assert {u.code: u.name for u in session().scalars(select(Unit))} == {
        "DB-BL": "Đảng bộ xã Bản Lang mới",
        "X1": "=HYPERLINK(1)",
    }


def test_a_list_with_mistakes_names_every_place(admin: Actor, client: FlaskClient) -> None:
    listed = "ma,ten_don_vi,nhom,nop_so_lieu,thu_tu\nA,Ban A,Nhóm,có lẽ,x\n,Ban B,,1,2\nA,Ban C,Nhóm,0,3\n"
    answer = client.post(
        "/admin/units/import",
        data={"csrf_token": page_token(client, "/account"), "file": (io.BytesIO(listed.encode()), "u.csv")},
        content_type="multipart/form-data",
    )
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    for place in (
        "Dòng 2, cột nop_so_lieu",
        "Dòng 2, cột thu_tu",
        "Dòng 3, cột ma",
        "Dòng 3, cột nhom",
        "Dòng 4, cột ma",
    ):
        assert place in page


def test_what_is_not_there_is_not_found(admin: Actor, client: FlaskClient) -> None:
    for path in ("/admin/people/99999", "/admin/units/99999", "/admin/bodies/99999", f"/admin/people/{10**20}"):
        assert client.get(path).status_code == 404
    with pytest.raises(NotFound):
        service.create_token("ai@do.example", OFFICE, NOW)


def test_names_with_line_breaks_stay_on_one_line(unit: str) -> None:
    with transaction():
        user = service.add_user(
            "a@b.example", "reporter", unit, "Mai\r\nBcc: x@y.example", "0213\n1", None, OFFICE, NOW
        )
    assert user.name == "Mai Bcc: x@y.example"
    assert user.phone == "0213 1"
    with pytest.raises(Invalid):
        service.add_user("a@b.example\r\nBcc: x@y.example", "lead", None, "", "", None, OFFICE, NOW)
