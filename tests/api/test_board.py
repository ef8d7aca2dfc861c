"""Counts and lists through the API."""

from __future__ import annotations

from datetime import datetime

from flask import Flask
from flask.testing import FlaskClient

from tests import factories, people
from tracker.core import clock
from tracker.core.people import Role


def test_it_counts_by_state_and_group(client: FlaskClient, app: Flask) -> None:
    clock.start_at(datetime.fromisoformat("2023-05-10T09:00:00+07:00"))
    opened = factories.open_campaign([("A", "Đảng bộ A", 3), ("B", "Đảng bộ B", 3), ("M", "Mặt trận", 2)])
    reporter = people.person("bc@a.example", (Role.REPORTER, opened.units["A"]))
    lead = people.api_token(people.person("lead@office.example", Role.LEAD))
    version = factories.fill(opened.reports["A"], reporter, clock.now())
    client.post(
        f"/api/v1/reports/{opened.reports['A']}/steps",
        json={"step": "submit", "version": version},
        headers=people.api_token(reporter),
    )
    board = client.get(f"/api/v1/campaigns/{opened.campaign_id}/board", headers=lead).get_json()
    assert (board["total"], board["overdue"], board["late"]) == (3, 2, 1)
    assert board["by_state"] == {"drafting": 2, "submitted": 1, "reviewed": 0, "consolidated": 0}
    assert [(g["total"], g["overdue"]) for g in board["groups"]] == [(1, 1), (2, 1)]


def test_it_lists_by_pages_and_filters(client: FlaskClient, app: Flask) -> None:
    clock.start_at(datetime.fromisoformat("2023-04-10T09:00:00+07:00"))
    opened = factories.open_campaign(5)
    lead = people.api_token(people.person("lead@office.example", Role.LEAD))
    path = f"/api/v1/campaigns/{opened.campaign_id}/reports"
    seen, cursor = [], ""
    while True:
        page = client.get(f"{path}?limit=2&cursor={cursor}", headers=lead).get_json()
        seen += [item["unit"]["code"] for item in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert seen == ["U01", "U02", "U03", "U04", "U05"]
    found = client.get(f"{path}?q=dang bo xa so 3", headers=lead).get_json()["items"]
    assert [item["unit"]["code"] for item in found] == ["U03"]
    assert client.get(f"{path}?state=reviewed", headers=lead).get_json()["items"] == []
    assert client.get(f"{path}?overdue=true", headers=lead).get_json()["items"] == []
    assert client.get(f"{path}?state=nonsense", headers=lead).status_code == 422
    assert client.get(f"{path}?cursor=zzz", headers=lead).status_code == 422


def test_a_reporter_lists_only_their_own(client: FlaskClient, app: Flask) -> None:
    opened = factories.open_campaign(3)
    reporter = people.api_token(people.person("bc@u02.example", (Role.REPORTER, opened.units["U02"])))
    items = client.get(f"/api/v1/campaigns/{opened.campaign_id}/reports", headers=reporter).get_json()["items"]
    assert [item["unit"]["code"] for item in items] == ["U02"]
    assert client.get(f"/api/v1/campaigns/{opened.campaign_id}/board", headers=reporter).status_code == 404
