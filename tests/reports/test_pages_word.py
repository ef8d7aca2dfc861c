"""A unit's Word report on the page: looked at first, saved as chosen, nothing overwritten unasked."""

from __future__ import annotations

import io
import re
from types import ModuleType

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from tests.factories import plan
from tests.reports.conftest import FRIDAY, World
from tests.reports.web import Browser, browser, fields_of
from tests.reports.words import HABITS, Report, bodies
from tracker.core.db import session, transaction
from tracker.documents.richtext import visible_text
from tracker.files.queries import attachments
from tracker.reports import queries
from tracker.reports.rules import Step
from tracker.reports.writing import save_section, save_table

TABLE = plan().tables[0]


@pytest.fixture(autouse=True)
def _friday(clock: ModuleType) -> None:
    clock.start_at(FRIDAY)


def word(without: tuple[str, ...] = (), **cells: str) -> bytes:
    """Bản Lang's report with Phụ lục 1, some cells of 2015 typed."""
    typed = {"2015": cells or {"conferences": "4", "members_learnt": "118/123", "members_percent": "96,9"}}
    return Report().write(bodies(), without=without).sign().appendix(TABLE, typed).data()


def upload(who: Browser, report: int, data: bytes, name: str = "bao-cao.docx") -> TestResponse:
    body = {"csrf_token": who.token(), "file": (io.BytesIO(data), name)}
    return who.client.post(f"/reports/{report}/word", data=body, content_type="multipart/form-data")


def looked_at(who: Browser, report: int, data: bytes) -> str:
    """The address of the preview of an uploaded file."""
    answer = upload(who, report, data)
    assert answer.status_code == 303, answer.get_data(as_text=True)
    return answer.headers["Location"]


def form_of(who: Browser, address: str) -> dict[str, str]:
    return who.form(address)


def stored(report: int) -> dict[str, str]:
    session().rollback()
    return {number: visible_text(row.html) for number, row in queries.sections(report).items()}


def lines(number: str) -> str:
    return "".join("".join(bodies()[number]).split())


def same(text: str, number: str) -> bool:
    return "".join(text.split()) == lines(number)


def test_the_report_page_leads_to_it(app: Flask, world: World) -> None:
    assert f'href="/reports/{world.report}/word"' in browser(app, world.mai).get(f"/reports/{world.report}")
    assert "/word" not in browser(app, world.oversight).get(f"/reports/{world.report}")


def test_what_was_found_is_shown_and_nothing_is_saved(app: Flask, world: World) -> None:
    who = browser(app, world.mai)
    page = who.get(looked_at(who, world.report, word(without=("III.3",))))
    assert "Tìm thấy 12 mục và 1 phụ lục" in page
    assert "Không có trong tệp" in page
    assert "III.3 Bài học kinh nghiệm" in page
    assert "Bản Word ghi 96,9; tính ra 95,9" in page
    assert "118 / 123" in page
    assert stored(world.report) == {}
    assert queries.tables(world.report) == {}
    assert world.row().version == 1


def test_the_chosen_parts_are_saved_together(app: Flask, world: World) -> None:
    who = browser(app, world.mai)
    address = looked_at(who, world.report, word())
    fields = form_of(who, address)
    assert {name for name in fields if name[:2] in ("s-", "t-")} == {f"s-{number}" for number in bodies()} | {"t-1"}
    del fields["s-II.3"]
    answer = who.post(address, fields)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/reports/{world.report}")
    found = stored(world.report)
    assert set(found) == set(bodies()) - {"II.3"}
    assert all(same(text, number) for number, text in found.items())
    assert queries.tables(world.report)["1"].cells == {
        "2015": {"conferences": 4, "members_learnt": 118, "members_total": 123}
    }
    assert "Đã đưa 12 mục, 1 phụ lục từ bản Word vào báo cáo." in who.get(f"/reports/{world.report}")
    assert attachments(f"report:{world.report}:intake") == []


def test_a_section_with_text_is_replaced_only_when_that_is_asked(app: Flask, world: World) -> None:
    with transaction():
        version = save_section(world.report, "I.2", world.mai, FRIDAY, html="<p>Bài đã viết.</p>", version=1)
        save_section(world.report, "I.3", world.mai, FRIDAY, nothing_to_report=True, version=version)
    who = browser(app, world.mai)
    address = looked_at(who, world.report, word())
    fields = form_of(who, address)
    assert "s-I.2" not in fields
    assert "s-I.3" not in fields
    assert who.get(address).count("Thay nội dung đang có của mục này") == 2
    assert who.post(address, fields).status_code == 303
    assert stored(world.report)["I.2"] == "Bài đã viết."
    assert queries.sections(world.report)["I.3"].nothing_to_report
    again = looked_at(who, world.report, word())
    assert who.post(again, {**form_of(who, again), "s-I.2": "y", "s-I.3": "y"}).status_code == 303
    assert same(stored(world.report)["I.2"], "I.2")
    assert not queries.sections(world.report)["I.3"].nothing_to_report


def test_figures_that_differ_are_replaced_only_when_that_is_asked(app: Flask, world: World) -> None:
    with transaction():
        save_table(world.report, "1", world.mai, FRIDAY, cells={"2015": {"conferences": 9, "documents": 3}}, version=1)
    who = browser(app, world.mai)
    address = looked_at(who, world.report, word())
    fields = form_of(who, address)
    assert "t-1" not in fields
    assert "thay 1 ô đang có số khác" in who.get(address)
    assert who.post(address, {**fields, "t-1": "y"}).status_code == 303
    session().rollback()
    assert queries.tables(world.report)["1"].cells["2015"] == {
        "conferences": 4, "documents": 3, "members_learnt": 118, "members_total": 123
    }  # fmt: skip


def test_doubtful_cells_are_shown_and_left_blank(app: Flask, world: World) -> None:
    who = browser(app, world.mai)
    address = looked_at(who, world.report, word(conferences="12.5", documents="7"))
    page = who.get(address)
    assert "1 ô chưa rõ" in page
    assert "«12.5»" in page
    assert "không rõ là số lẻ hay dấu ngăn nghìn" in page
    assert who.post(address, form_of(who, address)).status_code == 303
    session().rollback()
    assert queries.tables(world.report)["1"].cells == {"2015": {"documents": 7}}


def test_left_over_text_goes_where_it_is_put_after_what_is_there(app: Flask, world: World) -> None:
    report = Report().write(bodies(), without=("III.3",))
    report.say("V. NỘI DUNG KHÁC", bold=True)
    report.say("Điều rút ra là phải làm gương.")
    with transaction():
        save_section(world.report, "IV.2", world.mai, FRIDAY, html="<p>Bài đã viết.</p>", version=1)
    who = browser(app, world.mai)
    address = looked_at(who, world.report, report.data())
    page = who.get(address)
    places = re.findall(r'<select id="(u-\d+)"', page)
    assert len(places) == 2
    assert "Đứng sau mục IV.2" in page
    for target in ("III.3", "IV.2"):
        assert who.post(address, {**form_of(who, address), places[1]: target}).status_code == 303
        address = looked_at(who, world.report, report.data())
    found = stored(world.report)
    assert "Điều rút ra là phải làm gương." in found["III.3"]
    assert found["IV.2"].startswith("Bài đã viết.")
    assert "Điều rút ra là phải làm gương." in found["IV.2"]
    assert "ĐẢNG BỘ XÃ BẢN LANG" not in "".join(found.values())


def test_all_or_nothing_when_somebody_else_wrote_meanwhile(app: Flask, world: World) -> None:
    who = browser(app, world.mai)
    address = looked_at(who, world.report, word())
    fields = form_of(who, address)
    with transaction():
        save_section(world.report, "IV.2", world.sa, FRIDAY, html="<p>Bí thư viết.</p>", version=1)
    answer = who.post(address, fields)
    assert answer.status_code == 409
    page = answer.get_data(as_text=True)
    assert "Chưa lưu phần nào" in page
    assert "Mục này vừa được" in page
    assert stored(world.report) == {"IV.2": "Bí thư viết."}
    (form,) = [f for f in re.findall(r"<form\b.*?</form>", page, re.DOTALL) if f'action="{address}"' in f]
    again = fields_of(form)
    assert "s-I.1" in again
    assert who.post(address, {k: v for k, v in again.items() if k != "s-IV.2"}).status_code == 303
    assert stored(world.report)["IV.2"] == "Bí thư viết."


def test_choosing_nothing_is_said(app: Flask, world: World) -> None:
    who = browser(app, world.mai)
    address = looked_at(who, world.report, word())
    kept = {name: value for name, value in form_of(who, address).items() if name in ("csrf_token", "version")}
    answer = who.post(address, kept)
    assert answer.status_code == 422
    assert "Chưa chọn phần nào" in answer.get_data(as_text=True)
    assert who.post(address, {**kept, "version": "x"}).status_code == 422


def test_a_file_that_cannot_be_read_is_refused_and_not_kept(app: Flask, world: World) -> None:
    who = browser(app, world.mai)
    other = Report()
    other.say("Giấy mời họp.")
    for data, name in ((other.data(), "moi.docx"), (b"\xd0\xcf\x11\xe0" + b"\0" * 600, "cu.doc"), (b"", "")):
        answer = upload(who, world.report, data, name)
        assert answer.status_code == 422
        assert "Chưa đọc được tệp" in answer.get_data(as_text=True)
    assert attachments(f"report:{world.report}:intake") == []


def test_another_units_report_is_named(app: Flask, world: World) -> None:
    who = browser(app, world.mai)
    data = Report("Đảng bộ xã Dào San").write(bodies(), HABITS["slashes"]).data()
    page = who.get(looked_at(who, world.report, data))
    assert "Đầu tệp ghi tên «Đảng bộ xã Dào San»" in page


def test_only_who_may_write_brings_a_file_in_and_sees_it(app: Flask, world: World) -> None:
    mai = browser(app, world.mai)
    address = looked_at(mai, world.report, word())
    path = f"/reports/{world.report}/word"
    for actor, status in ((world.dao_san, 404), (world.oversight, 403), (world.admin, 404)):
        who = browser(app, actor)
        assert upload(who, world.report, word()).status_code == status
        for each in (path, address):
            who.get(each, status)
        assert who.post(address, {"csrf_token": who.token(), "version": "1"}).status_code == status
    browser(app, world.sa).get(address, 404)
    assert stored(world.report) == {}


def test_what_was_sent_is_not_overwritten(app: Flask, world: World) -> None:
    mai = browser(app, world.mai)
    address = looked_at(mai, world.report, word())
    fields = form_of(mai, address)
    world.submitted()
    assert mai.client.get(f"/reports/{world.report}/word").status_code == 409
    assert mai.post(address, fields).status_code == 409
    assert upload(mai, world.report, word()).status_code == 409
    assert stored(world.report)["I.1"] == "Nội dung của mục."
    world.step(Step.WITHDRAW, world.sa)
    assert mai.client.get(f"/reports/{world.report}/word").status_code == 200


def test_what_is_already_there_is_not_offered_again(app: Flask, world: World) -> None:
    who = browser(app, world.mai)
    address = looked_at(who, world.report, word())
    assert who.post(address, form_of(who, address)).status_code == 303
    again = looked_at(who, world.report, word())
    assert who.get(again).count("Giống bản đang lưu") == 14
    assert {name for name in form_of(who, again) if name[:2] in ("s-", "t-")} == set()
