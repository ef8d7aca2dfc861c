"""The desk and the report's page: what is owed, by when, what is wrong with it, and the steps."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from types import ModuleType

import pytest
from flask import Flask
from sqlalchemy import event

from tests.factories import fill
from tests.reports.conftest import World
from tests.reports.web import Browser, browser
from tracker.core.db import db, session, transaction
from tracker.office.models import Body
from tracker.reports.models import Report, ReportEvent, ReportSection, ReportTable
from tracker.reports.rules import Step
from tracker.reports.writing import save_section
from tracker.review.service import remark
from tracker.review.service import take_step as verdict

NOW = datetime(2023, 5, 5, 2, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _friday(clock: ModuleType) -> None:
    clock.start_at(NOW)


def words(page: str) -> str:
    """A page as a person reads it."""
    body = page[page.index("<main") : page.index("</main>")]
    return html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body)))


def send(who: Browser, report: int, step: str = "submit", page: str = "") -> str:
    """Press a step's button on a page; the text of what comes back."""
    fields = who.form(page or f"/reports/{report}", f"/reports/{report}/steps")
    answer = who.post(f"/reports/{report}/steps", {**fields, "step": step})
    return answer.get_data(as_text=True) if answer.status_code != 303 else who.get(answer.headers["Location"])


def send_back(world: World, *remarks: tuple[str, str]) -> None:
    world.submitted()
    with transaction():
        for part, text in remarks:
            remark(world.report, part, text, world.hanh, world.at(-0.5))
        verdict(world.report, Step.SEND_BACK, world.hanh, world.at(-0.4), note="Xem từng phần")


def test_the_desk_says_what_is_owed_and_by_when(app: Flask, world: World) -> None:
    page = words(browser(app, world.mai).get("/desk"))
    assert "Còn 1 báo cáo phải gửi" in page
    assert "Còn 2 ngày làm việc" in page
    assert "Hết thứ Ba, ngày 09/5/2023" in page
    assert "Đã đủ 0 trên 16 phần" in page
    assert "Bắt đầu với I.1" in page


def test_the_desk_quotes_the_reviewer_and_puts_first_what_must_be_fixed(app: Flask, world: World) -> None:
    send_back(world, ("III.2", "Trùng báo cáo năm 2018"), ("table:1", "Xem lại năm 2016"))
    page = words(browser(app, world.sa).get("/desk"))
    assert "Còn 1 báo cáo phải gửi lại" in page
    assert "Phải sửa 2 phần" in page
    assert "Trùng báo cáo năm 2018 Nguyễn Thị Hạnh" in page
    assert "Đã đủ 14 trên 16 phần" in page
    assert page.index("Phải sửa 2 phần") < page.index("Toàn bộ báo cáo")


def test_a_part_changed_after_the_sending_back_is_no_longer_to_be_fixed(app: Flask, world: World) -> None:
    send_back(world, ("III.2", "Trùng báo cáo năm 2018"))
    with transaction():
        save_section(world.report, "III.2", world.mai, world.at(), html="<p>Viết lại.</p>", version=10**6)
    page = words(browser(app, world.mai).get("/desk"))
    assert "Phải sửa" not in page
    assert "Gửi lại báo cáo" in page


def test_remarks_that_were_not_sent_yet_stay_with_the_reviewer(app: Flask, world: World) -> None:
    world.submitted()
    with transaction():
        remark(world.report, "I.1", "Nháp của người duyệt", world.hanh, world.at())
    who = browser(app, world.mai)
    for path in ("/desk", f"/reports/{world.report}", f"/reports/{world.report}/sections/I.1"):
        assert "Nháp của người duyệt" not in who.get(path)


def test_submitting_what_is_missing_lists_every_place_with_a_link(app: Flask, world: World) -> None:
    fill(world.report, world.mai, world.at(-1))
    with transaction():
        save_section(world.report, "II.3", world.mai, world.at(), html="", version=10**6)
    who = browser(app, world.mai)
    fields = who.form(f"/reports/{world.report}", f"/reports/{world.report}/steps")
    answer = who.post(f"/reports/{world.report}/steps", {**fields, "step": "submit"})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "Chưa gửi được, còn 1 phần" in page
    link = f"/reports/{world.report}/sections/II.3#noi-dung-muc"
    assert f'href="{link}"' in page
    assert 'id="noi-dung-muc"' in who.get(link.partition("#")[0])
    assert world.row().state == "drafting"


def test_a_missing_cell_is_linked_to_its_box(app: Flask, world: World) -> None:
    page = send(browser(app, world.mai), world.report)
    found = re.search(rf'href="(/reports/{world.report}/tables/1)#([^"]+)"', page)
    assert found
    assert f'id="{found[2]}"' in browser(app, world.mai).get(found[1])


def test_a_full_report_is_sent_from_the_desk_and_taken_back_from_its_page(app: Flask, world: World) -> None:
    fill(world.report, world.mai, world.at(-1))
    who = browser(app, world.sa)
    page = words(send(who, world.report, page="/desk"))
    assert "Đã gửi báo cáo lúc 09:00 ngày 05/5" in page
    assert "Đã gửi, đúng hạn" in page
    assert world.row().state == "submitted"
    page = words(send(who, world.report, "withdraw"))
    assert "Đã rút lại báo cáo" in page
    assert world.row().state == "drafting"


def test_a_step_from_a_page_that_is_old_is_refused_with_the_new_state_below(app: Flask, world: World) -> None:
    fill(world.report, world.mai, world.at(-1))
    who = browser(app, world.mai)
    fields = who.form(f"/reports/{world.report}", f"/reports/{world.report}/steps")
    with transaction():
        save_section(world.report, "I.1", world.sa, world.at(), html="<p>Sửa sau.</p>", version=10**6)
    answer = who.post(f"/reports/{world.report}/steps", {**fields, "step": "submit"})
    assert answer.status_code == 409
    assert "Báo cáo đã thay đổi từ lúc mở trang này" in answer.get_data(as_text=True)
    assert world.row().state == "drafting"


def test_the_lead_sends_for_a_unit_with_the_paper_named(app: Flask, world: World) -> None:
    fill(world.report, world.hanh, world.at(-1))
    who = browser(app, world.hanh)
    path = f"/reports/{world.report}"
    fields = who.form(path, f"{path}/steps")
    assert "note" in fields
    answer = who.post(f"{path}/steps", {**fields, "step": "submit"})
    assert answer.status_code == 422
    assert "Ghi rõ bản giấy" in answer.get_data(as_text=True)
    answer = who.post(f"{path}/steps", {**fields, "step": "submit", "note": "Bản giấy số 12"})
    assert answer.status_code == 303
    assert "Bản giấy số 12" in words(who.get(path))


def test_a_step_that_no_page_offers_is_refused(app: Flask, world: World) -> None:
    who = browser(app, world.mai)
    fields = who.form(f"/reports/{world.report}", f"/reports/{world.report}/steps")
    for step, status in (("accept", 403), ("explode", 422), ("", 422)):
        assert who.post(f"/reports/{world.report}/steps", {**fields, "step": step}).status_code == status
    fields["version"] = "một"
    assert who.post(f"/reports/{world.report}/steps", {**fields, "step": "submit"}).status_code == 422


def test_whom_to_ring_for_more_time_is_on_the_page(app: Flask, world: World) -> None:
    with transaction():
        session().add(Body(name="Ban Tuyên giáo Huyện ủy", duty="lead", phone="0213 3 896 001", aliases=[]))
    assert 'href="tel:02133896001"' in browser(app, world.mai).get("/desk")


def test_one_filled_button_a_page(app: Flask, world: World) -> None:
    who = browser(app, world.mai)
    pages = ["/desk", f"/reports/{world.report}", f"/reports/{world.report}/sections/I.1"]
    for path in [*pages, f"/reports/{world.report}/tables/1"]:
        assert len(re.findall(r'class="btn go"', who.get(path))) == 1, path
    fill(world.report, world.mai, world.at(-1))
    for path in pages[:2]:
        assert len(re.findall(r'class="btn go"', who.get(path))) == 1, path


def test_no_button_is_ever_disabled(app: Flask, world: World) -> None:
    who = browser(app, world.mai)
    for path in ("/desk", f"/reports/{world.report}", f"/reports/{world.report}/tables/1"):
        assert " disabled" not in who.get(path)


@contextmanager
def statements(app: Flask) -> Iterator[list[str]]:
    heard: list[str] = []

    def hear(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        if statement.lstrip().upper().startswith(("SELECT", "INSERT", "UPDATE", "DELETE", "WITH")):
            heard.append(statement)

    event.listen(db.engine, "before_cursor_execute", hear)
    yield heard
    event.remove(db.engine, "before_cursor_execute", hear)


# What surrounds every page asks for itself: who is signed in, whose office it is.
SHELL = ("FROM body", "FROM setting", "FROM user_account", "FROM sign_in", "FROM membership")


def test_a_page_takes_six_statements_and_writes_nothing(app: Flask, world: World) -> None:
    send_back(world, ("III.2", "Trùng báo cáo năm 2018"))
    who = browser(app, world.mai)
    base = f"/reports/{world.report}"
    paths = ["/desk", base, f"{base}/sections/III.2", f"{base}/tables/1"]
    for path in paths:
        who.get(path)
    session().rollback()
    before = [
        session().query(table).order_by(*table.__mapper__.primary_key).all()
        for table in (Report, ReportSection, ReportTable, ReportEvent)
    ]
    assert len(before[1]) == 13
    for path in paths:
        with statements(app) as heard:
            who.get(path)
        own = [each for each in heard if not any(name in each.replace("\n", " ") for name in SHELL)]
        assert len(own) <= 6, (path, own)
        assert [each for each in heard if not each.lstrip().upper().startswith(("SELECT", "WITH"))] == [], path
