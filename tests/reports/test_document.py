"""A unit's report as a Word file, opened with another program: its sections, tables and receipt."""

from __future__ import annotations

import io
from datetime import datetime

import docx
import pytest
from docx.enum.section import WD_ORIENT
from flask import Flask

from tests.factories import Opened, fill, open_campaign
from tests.people import person
from tracker.campaigns.queries import spec_of
from tracker.core.db import session, transaction
from tracker.core.people import Actor, Role
from tracker.office.queries import calendar
from tracker.reports import queries
from tracker.reports.render import report_docx
from tracker.reports.rules import Step
from tracker.reports.service import take_step
from tracker.reports.writing import save_section, save_table

pytestmark = pytest.mark.usefixtures("app")

SENT = datetime.fromisoformat("2023-05-09T16:40:00+07:00")
UNITS = [("DB-BL", "Đảng bộ xã Bản Lang", 3), ("BTG", "Ban Tuyên giáo Huyện ủy", 0)]


@pytest.fixture
def opened(app: Flask) -> Opened:
    return open_campaign(UNITS)


@pytest.fixture
def mai(opened: Opened) -> Actor:
    return person("mai@banlang.example", (Role.REPORTER, opened.units["DB-BL"]), name="Lò Thị Mai")


def built(report_id: int, actor: Actor) -> bytes:
    session().rollback()
    found = queries.find(report_id, actor)
    spec = spec_of(found.campaign)
    return report_docx(found, queries.sections(report_id), queries.tables(report_id), spec, calendar())


def opened_again(data: bytes) -> docx.document.Document:
    return docx.Document(io.BytesIO(data))


def lines(document: docx.document.Document) -> list[str]:
    return [paragraph.text for paragraph in document.paragraphs]


def test_it_says_when_it_was_received_and_whether_in_time(opened: Opened, mai: Actor) -> None:
    report = opened.reports["DB-BL"]
    fill(report, mai, SENT)
    with transaction():
        take_step(report, Step.SUBMIT, mai, SENT)
    found = lines(opened_again(built(report, mai)))
    assert "(Đã nhận lúc 16:40 ngày 09/5/2023, đúng hạn)" in found
    assert "BÁO CÁO" in found


def test_a_late_one_says_by_how_many_working_days(opened: Opened, mai: Actor) -> None:
    report, late = opened.reports["DB-BL"], datetime.fromisoformat("2023-05-11T09:00:00+07:00")
    fill(report, mai, SENT)
    with transaction():
        take_step(report, Step.SUBMIT, mai, late)
    assert "(Đã nhận lúc 09:00 ngày 11/5/2023, muộn 2 ngày làm việc)" in lines(opened_again(built(report, mai)))


def test_a_draft_says_that_it_was_not_sent_and_what_is_not_written(opened: Opened, mai: Actor) -> None:
    report = opened.reports["DB-BL"]
    with transaction():
        version = save_section(report, "I.1", mai, SENT, html="<p>Xã có <strong>12</strong> bản.</p>", version=1)
        save_section(report, "I.2", mai, SENT, nothing_to_report=True, version=version)
    found = lines(opened_again(built(report, mai)))
    assert "(Chưa gửi, bản đang soạn)" in found
    at = found.index("1. Đặc điểm tình hình chung")
    assert found[at : at + 6] == [
        "1. Đặc điểm tình hình chung",
        "Xã có 12 bản.",
        "2. Thuận lợi, khó khăn",
        "Không phát sinh.",
        "3. Việc tổ chức học tập, quán triệt Đề án",
        "(Chưa viết)",
    ]


def test_one_sent_back_is_no_longer_shown_as_received(opened: Opened, mai: Actor) -> None:
    report, lead = opened.reports["DB-BL"], person("hanh@office.example", Role.LEAD)
    fill(report, mai, SENT)
    with transaction():
        take_step(report, Step.SUBMIT, mai, SENT)
    with transaction():
        take_step(report, Step.SEND_BACK, lead, SENT, note="Bổ sung số liệu.")
    found = lines(opened_again(built(report, mai)))
    assert "(Đang sửa, chưa gửi lại; lần gửi trước nhận lúc 16:40 ngày 09/5/2023)" in found


def test_its_tables_are_landscape_with_shares_and_totals_computed(opened: Opened, mai: Actor) -> None:
    report = opened.reports["DB-BL"]
    with transaction():
        version = save_table(
            report,
            "1",
            mai,
            SENT,
            cells={
                "2022": {"members_learnt": 98, "members_total": 120, "non_members_learnt": "Không", "documents": 1148},
                "2023": {"members_learnt": 1, "members_total": 80, "non_members_learnt": 2, "documents": "x"},
            },
            version=1,
        )
        save_table(report, "3", mai, SENT, nothing_to_report=True, version=version)
    document = opened_again(built(report, mai))
    assert [s.orientation for s in document.sections] == [WD_ORIENT.PORTRAIT] + [WD_ORIENT.LANDSCAPE] * 3
    first = document.tables[2]
    rows = {row.cells[0].text: [cell.text for cell in row.cells] for row in first.rows}
    assert rows["2022"] == ["2022", "", "98/120", "81,7", "-", "", "98", "1.148"]
    assert rows["2023"] == ["2023", "", "1/80", "1,3", "2", "", "3", "x"]
    assert rows["Tổng"] == ["Tổng", "", "99", "49,5", "2", "", "101", "1.148"]
    found = lines(document)
    assert any("«-»: không phát sinh. «x»: không áp dụng." in line for line in found)
    assert found[-1] == "Không phát sinh."


def test_a_unit_sees_only_the_sections_and_columns_that_concern_it(opened: Opened) -> None:
    report = opened.reports["BTG"]
    someone = person("btg@office.example", (Role.REPORTER, opened.units["BTG"]))
    found = lines(opened_again(built(report, someone)))
    concern = queries.concern_of(queries.find(report, someone))
    numbered = [line for line in found if line[:1].isdigit() and ". " in line[:4]]
    assert len(numbered) == len(concern.sections)


def test_the_units_name_heads_it_and_number_day_and_signature_stay_open(opened: Opened, mai: Actor) -> None:
    document = opened_again(built(opened.reports["DB-BL"], mai))
    head = "\n".join(cell.text for row in document.tables[0].rows for cell in row.cells)
    assert "Đảng bộ xã Bản Lang" in head
    assert "Số       -BC/" in head
    assert "năm 2023" in head
    foot = "\n".join(cell.text for row in document.tables[1].rows for cell in row.cells)
    assert "- Ban Thường vụ Huyện ủy (qua Ban Tuyên giáo Huyện ủy)." in foot


def test_the_same_rows_give_the_same_bytes(opened: Opened, mai: Actor) -> None:
    report = opened.reports["DB-BL"]
    fill(report, mai, SENT)
    assert built(report, mai) == built(report, mai)
