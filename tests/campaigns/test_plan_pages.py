"""Opening a plan in the browser: read back beside its sentences, confirmed, opened."""

from __future__ import annotations

import io
import re
from html import unescape
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from tests.people import person, sign_in
from tracker.campaigns.models import Campaign
from tracker.core.db import session
from tracker.core.people import Actor, Role
from tracker.reports.models import Report

SAMPLE = Path(__file__).parents[2] / "tracker" / "operate" / "sample"


def lead(client: FlaskClient) -> Actor:
    actor = person("lan@huyenuy.example", Role.LEAD)
    sign_in(client, actor)
    return actor


def token(client: FlaskClient) -> str:
    body = client.get("/account").get_data(as_text=True)
    return body.split('name="csrf-token" content="', 1)[1].split('"', 1)[0]


def upload(client: FlaskClient, units: bytes | None = None) -> str:
    data: dict[str, object] = {
        "csrf_token": token(client),
        "plan": (io.BytesIO((SAMPLE / "271-KH-HU.txt").read_bytes()), "271-KH-HU.txt"),
        "units": (io.BytesIO(units or (SAMPLE / "units-phong-tho-2023.csv").read_bytes()), "units.csv"),
    }
    answer = client.post("/campaigns/new/", data=data, content_type="multipart/form-data")
    assert answer.status_code in {200, 422}
    return answer.get_data(as_text=True)


def confirmed(client: FlaskClient, page: str) -> dict[str, str]:
    given = {"csrf_token": token(client), "before": "strict", "minor": "1"}
    given["carried"] = unescape(re.search(r'name="carried" value="([^"]+)"', page).group(1))  # type: ignore[union-attr]  # the page has it
    given.update(dict.fromkeys(re.findall(r'name="(r-\d+)"', page), "1"))
    for name, options in re.findall(r'<select id="(owner-\d+)".*?>(.*?)</select>', page, flags=re.S):
        chosen = re.search(r'value="([^"]*)" selected', options)
        given[name] = chosen.group(1) if chosen else ""
    return given


def test_the_plan_is_read_back_with_its_lines_and_nothing_is_written(app: Flask, client: FlaskClient) -> None:
    lead(client)
    page = upload(client)
    assert "58 đơn vị sẽ nhận việc" in page
    assert "dòng 33" in page
    assert "hết Chủ nhật, ngày 30/4/2023" in page
    assert "Số liệu năm 2013" in page
    assert session().scalar(select(func.count(Campaign.id))) == 0


def test_an_unconfirmed_reading_stops_it_and_keeps_what_was_ticked(app: Flask, client: FlaskClient) -> None:
    lead(client)
    given = confirmed(client, upload(client))
    left_out = sorted(name for name in given if name.startswith("r-"))[0]
    del given[left_out]
    del given["before"]
    answer = client.post("/campaigns/new/open", data=given)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert f'href="#{left_out}"' in page
    assert 'href="#before-strict"' in page
    assert 'id="minor" name="minor" value="1" checked' in page
    assert session().scalar(select(func.count(Campaign.id))) == 0


def test_confirmed_it_opens_and_shows_the_plan(app: Flask, client: FlaskClient) -> None:
    lead(client)
    answer = client.post("/campaigns/new/open", data=confirmed(client, upload(client)))
    assert answer.status_code == 303
    session().rollback()
    assert session().scalar(select(func.count(Report.id))) == 58
    page = client.get(answer.location).get_data(as_text=True)
    assert "271-KH/HU" in page
    assert "chỉ một đơn vị nhập: UBKT" in page
    assert "271-KH/HU" in client.get("/campaigns/").get_data(as_text=True)


def test_a_changed_plan_is_refused(app: Flask, client: FlaskClient) -> None:
    lead(client)
    given = confirmed(client, upload(client))
    given["carried"] = given["carried"][:-3] + "abc"
    answer = client.post("/campaigns/new/open", data=given)
    assert answer.status_code == 422
    assert session().scalar(select(func.count(Campaign.id))) == 0


def test_a_unit_without_a_group_is_named(app: Flask, client: FlaskClient) -> None:
    lead(client)
    page = upload(client, "ma,ten_don_vi,nhom\nHTX,Hợp tác xã Chè,Hợp tác xã\n".encode())
    assert "Hợp tác xã Chè" in page
    assert "Chưa đọc được" in page


def test_others_may_not_open_or_close(app: Flask, client: FlaskClient) -> None:
    for role in (Role.ADMIN, Role.OVERSIGHT):
        sign_in(client, person(f"{role}@x.example", role))
        form = {"csrf_token": token(client)}
        assert client.get("/campaigns/new/").status_code == 403
        assert client.post("/campaigns/new/", data=form).status_code == 403
        assert client.post("/campaigns/new/open", data=form).status_code == 403
        assert client.post("/campaigns/1/close", data=form).status_code == 403


def test_closing_is_said_and_done_once(app: Flask, client: FlaskClient) -> None:
    lead(client)
    place = client.post("/campaigns/new/open", data=confirmed(client, upload(client))).location
    form = {"csrf_token": token(client)}
    assert client.post(f"{place}/close", data=form).status_code == 303
    assert "Đã đóng lúc" in client.get(place).get_data(as_text=True)
    assert client.post(f"{place}/close", data=form).status_code == 409
