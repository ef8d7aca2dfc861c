"""Files through the API: a Word report split or attached, the report given out as Word, the send ledger."""

from __future__ import annotations

import hashlib
import io
from datetime import datetime
from typing import Any
from urllib.parse import quote

import docx
import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from tests import factories, people
from tests.deadlines.desk import post
from tests.reports.words import Report, bodies
from tracker.core import clock
from tracker.core.db import session
from tracker.core.people import Role
from tracker.deadlines.tick import tick
from tracker.files.models import Attachment
from tracker.files.store import store
from tracker.reports.models import ReportSection

NOW = datetime.fromisoformat("2023-04-20T09:00:00+07:00")
PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


class Scene:
    """Two units, a reporter of the first, lead, oversight and admin; the clock at 09:00 on 20/4/2023."""

    def __init__(self) -> None:
        clock.start_at(NOW)
        self.opened = factories.open_campaign(2)
        self.mine, self.other = self.opened.reports["U01"], self.opened.reports["U02"]
        self.reporter = people.person("bc@u01.example", (Role.REPORTER, self.opened.units["U01"]))
        self.r = people.api_token(self.reporter)
        self.lead = people.api_token(people.person("lead@office.example", Role.LEAD))
        self.oversight = people.api_token(people.person("gs@office.example", Role.OVERSIGHT))
        self.admin = people.api_token(people.person("qt@office.example", Role.ADMIN))


@pytest.fixture
def scene(app: object) -> Scene:
    return Scene()


def send(client: FlaskClient, report: int, who: dict[str, str], name: str, data: bytes, purpose: str) -> Any:
    form = {"file": (io.BytesIO(data), name), "purpose": purpose}
    return client.post(f"/api/v1/reports/{report}/files", data=form, headers=who, content_type="multipart/form-data")


def word() -> bytes:
    return Report("Đảng bộ xã số 1").write(bodies()).sign().data()


def test_a_word_report_is_split_and_nothing_is_saved(client: FlaskClient, scene: Scene) -> None:
    answer = send(client, scene.mine, scene.r, "bao-cao.docx", word(), "split")
    assert answer.status_code == 200, answer.text
    spec = answer.get_json()
    assert (spec["campaign"], spec["unit"], len(spec["sections"])) == ("271-KH/HU", "U01", 13)
    assert spec["missing"]["sections"] == []
    assert len(spec["missing"]["rows"]) == 33
    session().rollback()
    assert session().scalar(select(func.count()).select_from(ReportSection)) == 0
    assert session().scalar(select(func.count()).select_from(Attachment)) == 0


def test_what_is_no_report_is_refused(client: FlaskClient, scene: Scene) -> None:
    letter = docx.Document()
    letter.add_paragraph("Kính gửi các đồng chí, mời họp giao ban.")
    kept = io.BytesIO()
    letter.save(kept)
    for name, data, code in (
        ("thu.docx", kept.getvalue(), "not_a_report"),
        ("cu.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "legacy_doc"),
        ("bao-cao.docx", b"khong phai zip", None),
        ("bao-cao.exe", b"MZ", "unknown_kind"),
    ):
        answer = send(client, scene.mine, scene.r, name, data, "split")
        assert answer.status_code == 422, (name, answer.text)
        assert answer.mimetype == "application/problem+json"
        assert code is None or answer.get_json()["code"] == code


def test_files_go_to_ones_own_report_alone(client: FlaskClient, scene: Scene) -> None:
    for purpose in ("split", "attachment"):
        assert send(client, scene.other, scene.r, "a.docx", word(), purpose).status_code == 404
        assert send(client, scene.mine, scene.oversight, "a.docx", word(), purpose).status_code == 403
        assert send(client, scene.mine, scene.admin, "a.docx", word(), purpose).status_code == 404
        assert send(client, scene.mine, {}, "a.docx", word(), purpose).status_code == 401
    assert send(client, scene.mine, scene.r, "a.docx", word(), "keep").get_json()["code"] == "bad_field"
    nothing = client.post(f"/api/v1/reports/{scene.mine}/files", data={"purpose": "split"}, headers=scene.r)
    assert (nothing.status_code, nothing.get_json()["code"]) == (422, "no_file_sent")


def test_an_attachment_is_kept_by_the_hash_of_its_bytes(client: FlaskClient, scene: Scene) -> None:
    answer = send(client, scene.mine, scene.r, "Biên bản họp.pdf", PDF, "attachment")
    assert answer.status_code == 201, answer.text
    kept = answer.get_json()
    assert kept["name"] == "Biên bản họp.pdf"
    assert kept["sha256"] == hashlib.sha256(PDF).hexdigest()
    assert store().get(kept["sha256"]) == PDF
    session().rollback()
    assert session().get_one(Attachment, kept["id"]).about == f"report:{scene.mine}"


def test_a_dangerous_attachment_is_refused(client: FlaskClient, scene: Scene) -> None:
    for name, data, status in (
        ("a.exe", b"MZ", 422),
        ("a.pdf", b"PK\x03\x04", 422),
        ("a.pdf", b"%PDF-1.4 /JavaScript %%EOF", 422),
        ("a.pdf", PDF + b"0" * (26 * 1024 * 1024), 413),
    ):
        assert send(client, scene.mine, scene.r, name, data, "attachment").status_code == status
    session().rollback()
    assert session().scalar(select(func.count()).select_from(Attachment)) == 0


def test_the_same_key_attaches_once_whatever_the_boundary(client: FlaskClient, scene: Scene) -> None:
    key = {**scene.r, "Idempotency-Key": "tep-1"}
    first = send(client, scene.mine, key, "a.pdf", PDF, "attachment")
    again = send(client, scene.mine, key, "a.pdf", PDF, "attachment")
    assert first.status_code == again.status_code == 201
    assert first.get_json() == again.get_json()
    assert again.headers["Idempotency-Replayed"] == "true"
    for name, data, purpose in (("b.pdf", PDF, "attachment"), ("a.pdf", PDF + b"\n", "attachment")):
        other = send(client, scene.mine, key, name, data, purpose)
        assert (other.status_code, other.get_json()["code"]) == (409, "idempotency_key_reused")
    session().rollback()
    assert session().scalar(select(func.count()).select_from(Attachment)) == 1


def test_a_split_may_carry_a_key_too(client: FlaskClient, scene: Scene) -> None:
    key, data = {**scene.r, "Idempotency-Key": "tach-1"}, word()
    first = send(client, scene.mine, key, "a.docx", data, "split")
    again = send(client, scene.mine, key, "a.docx", data, "split")
    assert first.status_code == again.status_code == 200
    assert first.get_json() == again.get_json()


def test_nothing_is_attached_to_what_was_sent(client: FlaskClient, scene: Scene) -> None:
    version = factories.fill(scene.mine, scene.reporter, NOW)
    path = f"/api/v1/reports/{scene.mine}"
    assert client.post(f"{path}/steps", json={"step": "submit", "version": version}, headers=scene.r).status_code == 200
    answer = send(client, scene.mine, scene.r, "a.pdf", PDF, "attachment")
    assert (answer.status_code, answer.get_json()["code"]) == (409, "not_drafting")


def test_the_report_comes_back_as_word_and_splits_into_itself(client: FlaskClient, scene: Scene) -> None:
    factories.fill(scene.mine, scene.reporter, NOW, text="<p>Xã có <strong>12</strong> bản.</p>", number=7)
    path = f"/api/v1/reports/{scene.mine}"
    given = client.get(f"{path}/document", headers=scene.r)
    assert given.status_code == 200
    name = "Báo cáo 271-KH-HU - Đảng bộ xã số 1.docx"
    assert f"filename*=UTF-8''{quote(name, safe='')}" in given.headers["Content-Disposition"]
    texts = [paragraph.text for paragraph in docx.Document(io.BytesIO(given.data)).paragraphs]
    assert "(Chưa gửi, bản đang soạn)" in texts
    spec = send(client, scene.mine, scene.r, name, given.data, "split").get_json()
    stored = client.get(path, headers=scene.r).get_json()
    assert {s["number"]: s["html"] for s in spec["sections"]} == {s["number"]: s["html"] for s in stored["sections"]}
    for table, own in zip(spec["tables"], stored["tables"], strict=True):
        assert (table["doubtful"], table["disagrees"]) == ([], [])
        read = {row: {key: table["cells"][row][key] for key in named} for row, named in own["cells"].items()}
        assert read == own["cells"]
    assert client.get(f"{path}/document", headers=scene.admin).status_code == 404


def test_the_send_ledger_is_for_lead_and_oversight(client: FlaskClient, scene: Scene) -> None:
    tick(NOW, post())
    path = f"/api/v1/campaigns/{scene.opened.campaign_id}/notices"
    for who in (scene.lead, scene.oversight):
        ledger = client.get(path, headers=who)
        assert ledger.status_code == 200, ledger.text
        assert {"recipient", "kind", "rung", "reports", "planned_at", "sent_at", "message_id", "status"} <= set(
            ledger.get_json()["items"][0]
        )
    every = client.get(path, headers=scene.lead).get_json()["items"]
    first = client.get(path, query_string={"limit": 1}, headers=scene.lead).get_json()
    assert first["items"] == every[:1]
    if len(every) > 1:
        rest = client.get(path, query_string={"cursor": first["next"]}, headers=scene.lead).get_json()
        assert rest["items"] == every[1:]
    status = every[0]["status"]
    assert {
        n["status"] for n in client.get(path, query_string={"status": status}, headers=scene.lead).get_json()["items"]
    } == {status}
    assert client.get(path, query_string={"status": "lost"}, headers=scene.lead).status_code == 422
    assert client.get(path, query_string={"cursor": "x"}, headers=scene.lead).status_code == 422
    for who in (scene.r, scene.admin):
        assert client.get(path, headers=who).status_code == 404
