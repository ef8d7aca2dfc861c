"""The consolidation pages say what is built and missing, follow the work, and open every figure to its cells."""

from __future__ import annotations

import re
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests import people
from tests.assembly import sample
from tests.assembly.rows import LEAD, NOW, OVERSIGHT, REPORTER, Ticking, make
from tracker.accounts.models import Membership
from tracker.assembly import queries, running
from tracker.assembly.models import Assembly
from tracker.assembly.views import compare
from tracker.core import clock
from tracker.core.db import db, transaction
from tracker.core.people import Role
from tracker.files.store import store

LATE = {"CB-BQLDA": "drafting", "CB-NH": "submitted"}


@pytest.fixture
def campaign(app: Flask) -> int:
    clock.start_at(NOW)
    made = make(LATE)
    with transaction():
        db.session.add(Membership(user_id=LEAD.user_id, role=Role.LEAD))
        db.session.add(Membership(user_id=OVERSIGHT.user_id, role=Role.OVERSIGHT))
        db.session.add(Membership(user_id=REPORTER.user_id, role=Role.REPORTER, unit_id=1))
    return made


def text(html: str) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", html))).strip()


def ask(client: FlaskClient, path: str, **fields: str) -> int:
    page = client.get(path).get_data(as_text=True)
    token = page.split('name="csrf-token" content="', 1)[1].split('"', 1)[0]
    return client.post(path, data={"csrf_token": token, **fields}).status_code


def test_the_lead_builds_follows_and_takes_the_files(client: FlaskClient, campaign: int) -> None:
    people.sign_in(client, LEAD)
    path = f"/campaigns/{campaign}/assembly"
    page = client.get(path).get_data(as_text=True)
    assert "56 trên 58 báo cáo đã duyệt" in text(page)
    assert "1 báo cáo còn chờ duyệt" in text(page)
    assert "Chi bộ Ngân hàng trên địa bàn huyện" in text(page)
    assert page.count("btn go") == 1
    assert ask(client, path, kind="provisional", include_submitted="1") == 303
    page = client.get(path).get_data(as_text=True)
    assert "Đang chờ đến lượt" in text(page)
    version = re.search(r"assembly\?v=([^\"]+)\"", page)
    assert version
    htmx = {"HX-Request": "true"}
    assert client.get(f"{path}?v={version[1]}", headers=htmx).status_code == 204
    (made,) = queries.waiting(NOW)
    running.run(made, store(), Ticking())
    changed = client.get(f"{path}?v={version[1]}", headers=htmx)
    assert changed.status_code == 200
    piece = changed.get_data(as_text=True)
    assert "<html" not in piece
    assert "hx-get" not in piece
    assert "Dựng từ 57 trên 58 đơn vị. Trong đó 1 báo cáo chưa duyệt" in text(piece)
    for format in ("docx", "xlsx", "pdf", "json"):
        answer = client.get(f"{path}/{made}/files/{format}")
        assert answer.status_code == 200
        assert "attachment" in answer.headers["Content-Disposition"]
    assert len(client.get(path, headers={"Accept-Encoding": "gzip"}).data) < 30_000


def test_a_failed_one_says_what_to_do(client: FlaskClient, campaign: int) -> None:
    with transaction():
        db.session.add(
            Assembly(campaign_id=campaign, provisional=True, state="failed", requested_at=NOW, finished_at=NOW,
                     error=running.BROKEN)
        )  # fmt: skip
    people.sign_in(client, LEAD)
    assert running.BROKEN in text(client.get(f"/campaigns/{campaign}/assembly").get_data(as_text=True))


def test_every_figure_opens_to_its_units_the_cell_who_and_when(client: FlaskClient, campaign: int) -> None:
    people.sign_in(client, LEAD)
    path = f"/campaigns/{campaign}/assembly"
    ask(client, path, kind="provisional")
    (made,) = queries.waiting(NOW)
    running.run(made, store(), Ticking())
    table = client.get(f"{path}/{made}/figures/1")
    page = table.get_data(as_text=True)
    assert len(re.findall(r"column=\w+#nguon", page)) == 12 * 9
    assert len(client.get(f"{path}/{made}/figures/1", headers={"Accept-Encoding": "gzip"}).data) < 30_000
    opened = text(client.get(f"{path}/{made}/figures/1?row=2015&column=conferences").get_data(as_text=True))
    cell = sample.tables_of("DB-MS")["1"]["2015"]["conferences"]
    name = next(unit["ten_don_vi"] for unit in sample.units() if unit["ma"] == "DB-MS")
    assert f"{name} {cell} Lò Thị Mai 09:12 ngày 08/5/2023" in opened
    assert "Cộng từ" in opened
    derived = text(client.get(f"{path}/{made}/figures/1?row=2015&column=members_percent").get_data(as_text=True))
    assert "«Đảng viên – Số được học tập» / «Đảng viên – Tổng số» × 100" in derived
    total = text(client.get(f"{path}/{made}/figures/1?row=total&column=members_total").get_data(as_text=True))
    assert "không cộng qua các năm" in total
    single = text(client.get(f"{path}/{made}/figures/2?row=2023&column=people_district").get_data(as_text=True))
    assert "Chỉ Ban Tuyên giáo Huyện ủy báo cáo số này" in single
    assert client.get(f"{path}/{made}/figures/9").status_code == 404
    assert client.get(f"{path}/{made}/figures/1?row=x&column=y").status_code == 200


def test_oversight_reads_what_is_done_and_asks_nothing(client: FlaskClient, campaign: int) -> None:
    people.sign_in(client, OVERSIGHT)
    path = f"/campaigns/{campaign}/assembly"
    page = client.get(path)
    assert page.status_code == 200
    assert "Dựng bản tạm tính" not in page.get_data(as_text=True)
    assert ask(client, path, kind="provisional") == 403


def test_people_of_units_find_no_such_page(client: FlaskClient, campaign: int) -> None:
    people.sign_in(client, REPORTER)
    assert client.get(f"/campaigns/{campaign}/assembly").status_code == 404
    assert client.get(f"/campaigns/{campaign}/assembly/1/files/docx").status_code == 404
    assert client.get(f"/campaigns/{campaign}/assembly/1/figures/1").status_code == 404


def test_an_assembly_is_found_under_its_own_campaign_only(client: FlaskClient, campaign: int) -> None:
    people.sign_in(client, LEAD)
    path = f"/campaigns/{campaign}/assembly"
    ask(client, path, kind="provisional")
    (made,) = queries.waiting(NOW)
    running.run(made, store(), Ticking())
    assert client.get(f"/campaigns/{campaign + 1}/assembly/{made}/files/docx").status_code == 404


def test_two_assemblies_are_compared_by_unit_and_version() -> None:
    def one(provisional: bool, **versions: int) -> Assembly:
        rows = [{"unit": u, "report": 1, "version": v, "state": "reviewed"} for u, v in versions.items()]
        return Assembly(provisional=provisional, included=rows)

    found = compare(one(True, A=7, B=9, D=1), one(True, A=7, B=8, C=3))
    assert (found.added, found.changed, found.gone) == (["D"], ["B"], ["C"])
    # Consolidating is itself a version: the text that was merged is the same.
    assert compare(one(True, A=8), one(False, A=7)).changed == []
