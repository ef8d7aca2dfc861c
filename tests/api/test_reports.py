"""The API as a client meets it: reading, writing, steps, versions, idempotency keys."""

from __future__ import annotations

from datetime import datetime

import pytest
from flask.testing import FlaskClient

from tests import factories, people
from tracker.core import clock
from tracker.core.people import Role

NOW = datetime.fromisoformat("2023-04-20T09:00:00+07:00")


class Scene:
    """Two units, a reporter of the first, the lead office; the clock at 09:00 on 20/4/2023."""

    def __init__(self) -> None:
        clock.start_at(NOW)
        self.opened = factories.open_campaign(2)
        self.campaign = self.opened.campaign_id
        self.mine, self.other = self.opened.reports["U01"], self.opened.reports["U02"]
        self.reporter = people.person("bc@u01.example", (Role.REPORTER, self.opened.units["U01"]))
        self.lead = people.person("lead@office.example", Role.LEAD)
        self.r, self.l = people.api_token(self.reporter), people.api_token(self.lead)


@pytest.fixture
def scene(app: object) -> Scene:
    return Scene()


def get(client: FlaskClient, path: str, who: dict[str, str]) -> dict:
    answer = client.get("/api/v1" + path, headers=who)
    assert answer.status_code == 200, answer.text
    return answer.get_json()


def test_it_asks_for_a_token(client: FlaskClient, scene: Scene) -> None:
    for headers in ({}, {"Authorization": "Bearer nonsense"}):
        answer = client.get(f"/api/v1/reports/{scene.mine}", headers=headers)
        assert answer.status_code == 401
        assert answer.mimetype == "application/problem+json"
        assert answer.get_json()["code"] == "not_signed_in"


def test_it_gives_a_report_with_its_sections_tables_and_steps(client: FlaskClient, scene: Scene) -> None:
    report = get(client, f"/reports/{scene.mine}", scene.r)
    assert report["unit"] == {"code": "U01", "name": "Đảng bộ xã số 1"}
    assert (report["state"], report["version"], report["completeness"]) == ("drafting", 1, 0.0)
    assert report["due_before"] == "2023-05-10T00:00:00+07:00"
    assert [s["number"] for s in report["sections"]][:2] == ["I.1", "I.2"]
    assert len(report["sections"]) == 13
    assert [t["number"] for t in report["tables"]] == ["1", "2", "3"]
    assert report["steps"] == ["submit"]
    assert "reporters_district" not in report["tables"][1]["cells"]["2015"]


def test_another_units_report_does_not_exist(client: FlaskClient, scene: Scene) -> None:
    stranger = client.get(f"/api/v1/reports/{scene.other}", headers=scene.r)
    nobody = client.get("/api/v1/reports/99999", headers=scene.r)
    assert stranger.status_code == nobody.status_code == 404
    assert stranger.get_json()["detail"] == nobody.get_json()["detail"]


def test_it_writes_a_section_and_refuses_a_stale_one(client: FlaskClient, scene: Scene) -> None:
    path = f"/api/v1/reports/{scene.mine}/sections/II.3"
    first = client.put(path, json={"html": "<p>Một</p>", "version": 1}, headers=scene.r)
    assert first.get_json() == {"version": 2}
    elsewhere = client.put(
        f"/api/v1/reports/{scene.mine}/sections/I.1", json={"nothing_to_report": True, "version": 1}, headers=scene.r
    )
    assert elsewhere.get_json() == {"version": 3}
    stale = client.put(path, json={"html": "<p>Hai</p>", "version": 1}, headers=scene.r)
    assert stale.status_code == 409
    assert (stale.get_json()["code"], stale.get_json()["version"]) == ("stale_version", 3)
    assert get(client, f"/reports/{scene.mine}", scene.r)["sections"][6]["html"] == "<p>Một</p>"


def test_it_refuses_bad_cells_with_their_places_and_stores_none(client: FlaskClient, scene: Scene) -> None:
    path = f"/api/v1/reports/{scene.mine}/tables/1"
    cells = {"2015": {"conferences": "N/A", "documents": 5}, "2016": {"members_learnt": 131, "members_total": 128}}
    refused = client.put(path, json={"cells": cells, "version": 1}, headers=scene.r)
    assert refused.status_code == 422
    assert refused.get_json()["code"] == "bad_cells"
    assert {"table": "1", "row": "2015", "column": "conferences"}.items() <= refused.get_json()["problems"][0].items()
    more = client.put(path, json={"cells": {"2016": cells["2016"]}, "version": 1}, headers=scene.r)
    assert more.status_code == 422
    assert "131" in more.get_json()["problems"][0]["detail"]
    assert get(client, f"/reports/{scene.mine}", scene.r)["version"] == 1
    fine = client.put(path, json={"cells": {"2015": {"conferences": "1.234"}}, "version": 1}, headers=scene.r)
    assert fine.get_json() == {"version": 2}
    assert get(client, f"/reports/{scene.mine}", scene.r)["tables"][0]["cells"]["2015"]["conferences"] == 1234


def test_submitting_lists_what_is_missing(client: FlaskClient, scene: Scene) -> None:
    answer = client.post(f"/api/v1/reports/{scene.mine}/steps", json={"step": "submit", "version": 1}, headers=scene.r)
    assert answer.status_code == 422
    missing = answer.get_json()["missing"]
    assert {"section": "II.3"} in missing
    assert {"table": "1", "row": "2015", "column": "conferences"} in missing


def test_a_report_goes_the_whole_way(client: FlaskClient, scene: Scene) -> None:
    version = factories.fill(scene.mine, scene.reporter, NOW)
    steps = f"/api/v1/reports/{scene.mine}/steps"
    done = client.post(steps, json={"step": "submit", "version": version}, headers=scene.r)
    assert done.status_code == 200, done.text
    assert (done.get_json()["state"], done.get_json()["steps"]) == ("submitted", ["withdraw"])
    version = done.get_json()["version"]
    assert client.post(steps, json={"step": "accept", "version": version}, headers=scene.r).status_code == 403
    stale = client.post(steps, json={"step": "accept", "version": version - 1}, headers=scene.l)
    assert (stale.status_code, stale.get_json()["version"]) == (409, version)
    assert client.post(steps, json={"step": "send_back", "version": version}, headers=scene.l).status_code == 422
    back = client.post(
        steps, json={"step": "send_back", "note": "Thiếu số liệu.", "version": version}, headers=scene.l
    ).get_json()
    assert (back["state"], back["resubmit_by"]) == ("drafting", "2023-05-09")
    assert back["due_before"] == "2023-05-10T00:00:00+07:00"
    again = client.post(steps, json={"step": "submit", "version": back["version"]}, headers=scene.r).get_json()
    good = client.post(steps, json={"step": "accept", "version": again["version"]}, headers=scene.l).get_json()
    assert (good["state"], good["steps"]) == ("reviewed", ["reopen"])
    assert client.post(steps, json={"step": "submit", "version": good["version"]}, headers=scene.r).status_code == 409
    history = get(client, f"/reports/{scene.mine}/history", scene.r)["items"]
    assert [item["step"] for item in history] == ["submit", "send_back", "submit", "accept"]
    assert history[1]["note"] == "Thiếu số liệu."


def test_the_same_key_gives_the_first_answer(client: FlaskClient, scene: Scene) -> None:
    path = f"/api/v1/reports/{scene.mine}/sections/II.3"
    key = {**scene.r, "Idempotency-Key": "k-1"}
    body = {"html": "<p>Một</p>", "version": 1}
    first, second = client.put(path, json=body, headers=key), client.put(path, json=body, headers=key)
    assert first.get_json() == second.get_json() == {"version": 2}
    assert second.headers["Idempotency-Replayed"] == "true"
    other = client.put(path, json={"html": "<p>Khác</p>", "version": 2}, headers=key)
    assert (other.status_code, other.get_json()["code"]) == (409, "idempotency_key_reused")
    assert get(client, f"/reports/{scene.mine}", scene.r)["version"] == 2


def test_a_refused_write_may_be_mended_under_its_key(client: FlaskClient, scene: Scene) -> None:
    path = f"/api/v1/reports/{scene.mine}/sections/II.3"
    key = {**scene.r, "Idempotency-Key": "k-2"}
    assert client.put(path, json={"html": 5, "version": 1}, headers=key).status_code == 422
    assert client.put(path, json={"html": "<p>Một</p>", "version": 1}, headers=key).status_code == 200


def test_an_extension_moves_the_reports_own_deadline(client: FlaskClient, scene: Scene) -> None:
    path = f"/api/v1/reports/{scene.mine}/extension"
    body = {"due_before": "2023-05-18T00:00:00+07:00", "reason": "Mưa lũ"}
    assert client.post(path, json=body, headers=scene.r).status_code == 403
    done = client.post(path, json=body, headers=scene.l)
    assert done.status_code == 200, done.text
    assert done.get_json()["due_before"] == "2023-05-18T00:00:00+07:00"
    earlier = client.post(path, json={**body, "due_before": "2023-05-12T00:00:00+07:00"}, headers=scene.l)
    assert (earlier.status_code, earlier.get_json()["code"]) == (422, "extension_not_later")
