"""Assemblies through the API: asked for, followed, downloaded; by the lead office alone, read by oversight too."""

from __future__ import annotations

import io
import json

import openpyxl
import pypdf
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from tests import people
from tests.assembly.rows import LEAD, NOW, OVERSIGHT, REPORTER, Ticking, make
from tracker.accounts.models import Membership
from tracker.assembly import running
from tracker.assembly.models import Assembly
from tracker.core import clock
from tracker.core.db import db, transaction
from tracker.core.people import Actor, Role
from tracker.files.store import store

LATE = {"CB-BQLDA": "drafting", "CB-NH": "drafting"}


@pytest.fixture
def campaign(app: Flask) -> int:
    clock.start_at(NOW)
    made = make(LATE, filled=False)
    with transaction():
        db.session.add(Membership(user_id=LEAD.user_id, role=Role.LEAD))
        db.session.add(Membership(user_id=OVERSIGHT.user_id, role=Role.OVERSIGHT))
        db.session.add(Membership(user_id=REPORTER.user_id, role=Role.REPORTER, unit_id=1))
    return made


def headers(actor: Actor) -> dict[str, str]:
    return people.api_token(actor)


def test_it_is_asked_for_followed_and_downloaded(client: FlaskClient, campaign: int) -> None:
    lead = headers(LEAD)
    asked = client.post(f"/api/v1/campaigns/{campaign}/assemblies", json={"provisional": False}, headers=lead)
    assert asked.status_code == 202
    body = asked.get_json()
    assert (body["state"], body["progress"], body["included"], body["missing"]) == ("waiting", 0.0, [], [])
    where = f"/api/v1/assemblies/{body['id']}"
    assert asked.headers["Location"] == where
    early = client.get(f"{where}/files/docx", headers=lead)
    assert (early.status_code, early.get_json()["code"]) == (409, "assembly_not_done")
    running.run(body["id"], store(), Ticking())
    done = client.get(where, headers=lead).get_json()
    assert (done["state"], done["progress"], done["missing"]) == ("done", 1.0, ["CB-BQLDA", "CB-NH"])
    assert done["included"][0] == {"unit": "BTC", "report": 1, "version": 7, "state": "reviewed"}
    files = {kind: client.get(f"{where}/files/{kind}", headers=lead) for kind in ("docx", "xlsx", "pdf", "json")}
    assert all(answer.status_code == 200 for answer in files.values())
    assert "271-KH-HU.docx" in files["docx"].headers["Content-Disposition"]
    assert files["docx"].data.startswith(b"PK")
    assert openpyxl.load_workbook(io.BytesIO(files["xlsx"].data)).sheetnames[0] == "Phụ lục 1"
    assert len(pypdf.PdfReader(io.BytesIO(files["pdf"].data)).pages) > 3
    assert json.loads(files["json"].data)["missing"] == ["CB-BQLDA", "CB-NH"]
    assert client.get(f"{where}/files/sources", headers=lead).status_code == 404
    assert client.get(f"{where}/files/..%2F..", headers=lead).status_code == 404


def test_only_the_lead_asks_and_others_see_what_is_theirs(client: FlaskClient, campaign: int) -> None:
    path = f"/api/v1/campaigns/{campaign}/assemblies"
    reporter, oversight = headers(REPORTER), headers(OVERSIGHT)
    for who in (reporter, oversight):
        refused = client.post(path, json={"provisional": True}, headers=who)
        assert (refused.status_code, refused.get_json()["code"]) == (403, "not_lead")
    assert client.post(path, json={"provisional": True}).status_code == 401
    made = client.post(path, json={"provisional": True}, headers=headers(LEAD)).get_json()["id"]
    assert client.get(f"/api/v1/assemblies/{made}", headers=oversight).status_code == 404
    running.run(made, store(), Ticking())
    assert client.get(f"/api/v1/assemblies/{made}", headers=oversight).status_code == 200
    assert client.get(f"/api/v1/assemblies/{made}/files/json", headers=oversight).status_code == 200
    assert client.get(f"/api/v1/assemblies/{made}", headers=reporter).status_code == 404
    assert client.get(f"/api/v1/assemblies/{made}/files/json", headers=reporter).status_code == 404


def test_what_is_asked_wrongly_is_refused_with_a_code(client: FlaskClient, campaign: int) -> None:
    lead, path = headers(LEAD), f"/api/v1/campaigns/{campaign}/assemblies"
    for json_body, status in (
        ({"provisional": False, "include_submitted": True}, 422),
        ({"provisional": "yes"}, 422),
        ([], 422),
    ):
        assert client.post(path, json=json_body, headers=lead).status_code == status
    assert client.post("/api/v1/campaigns/999/assemblies", json={"provisional": True}, headers=lead).status_code == 404
    assert client.get("/api/v1/assemblies/999", headers=lead).status_code == 404
    assert client.post(path, json={"provisional": False}, headers=lead).status_code == 202
    again = client.post(path, json={"provisional": False}, headers=lead)
    assert (again.status_code, again.get_json()["code"]) == (409, "assembly_under_way")


def test_a_repeated_request_under_one_key_is_one_assembly(client: FlaskClient, campaign: int) -> None:
    lead, path = {**headers(LEAD), "Idempotency-Key": "k-1"}, f"/api/v1/campaigns/{campaign}/assemblies"
    first = client.post(path, json={"provisional": False}, headers=lead)
    again = client.post(path, json={"provisional": False}, headers=lead)
    assert (first.status_code, again.status_code) == (202, 202)
    assert first.get_json() == again.get_json()
    assert db.session.scalar(select(func.count()).select_from(Assembly)) == 1
