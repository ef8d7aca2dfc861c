"""The editor: what it shows, saving with and without script, and two people in one section."""

from __future__ import annotations

import html
import re
from types import ModuleType

import pytest
from flask import Flask

from tests.reports.conftest import FRIDAY, World
from tests.reports.web import browser
from tracker.core.db import transaction
from tracker.reports.queries import sections
from tracker.reports.writing import save_section


@pytest.fixture(autouse=True)
def _friday(clock: ModuleType) -> None:
    clock.start_at(FRIDAY)


def path_of(world: World, number: str = "I.1", report: int | None = None) -> str:
    return f"/reports/{report or world.report}/sections/{number}"


def write(world: World, text: str, number: str = "I.1", version: int = 10**6, **more: object) -> None:
    with transaction():
        save_section(world.report, number, world.sa, world.at(-1), html=text, version=version, **more)  # type: ignore[arg-type]  # named as there


def test_saving_goes_on_to_the_next_part(app: Flask, world: World) -> None:
    who = browser(app, world.mai)
    fields = who.form(path_of(world))
    answer = who.post(path_of(world), {**fields, "html": "Đoạn một.\n\nĐoạn hai.", "go": "next"})
    assert (answer.status_code, answer.headers["Location"]) == (303, path_of(world, "I.2"))
    assert sections(world.report)["I.1"].html == "<p>Đoạn một.</p><p>Đoạn hai.</p>"
    assert "Đã lưu mục I.1 lúc 09:00" in who.get(path_of(world, "I.2"))


def test_saving_may_go_back_to_the_report(app: Flask, world: World) -> None:
    who = browser(app, world.mai)
    answer = who.post(path_of(world), {**who.form(path_of(world)), "html": "Có.", "go": "report"})
    assert answer.headers["Location"] == f"/reports/{world.report}"


def test_without_script_plain_paragraphs_are_plain_lines(app: Flask, world: World) -> None:
    write(world, "<p>Một &amp; hai</p><p>Ba</p>")
    fields = browser(app, world.mai).form(path_of(world))
    assert fields["html"] == "Một & hai\n\nBa"


def test_without_script_a_formatted_text_survives_being_sent_as_it_is(app: Flask, world: World) -> None:
    text = "<p>Có <strong>14</strong> báo cáo viên</p><ul><li>nữ 5</li></ul>"
    write(world, text)
    who = browser(app, world.mai)
    version = world.row().version
    assert who.post(path_of(world), who.form(path_of(world))).status_code == 303
    assert sections(world.report)["I.1"].html == text
    assert world.row().version == version


@pytest.mark.parametrize("text", ["x &lt;b&gt; y", "2 &lt; 3", "&amp;lt;script&gt;"])
def test_what_looks_like_a_tag_but_is_text_stays_text(app: Flask, world: World, text: str) -> None:
    write(world, f"<p>{text}</p>")
    who = browser(app, world.mai)
    before = sections(world.report)["I.1"].html
    assert who.post(path_of(world), who.form(path_of(world))).status_code == 303
    assert sections(world.report)["I.1"].html == before


def test_the_guidance_is_the_units_own(app: Flask, world: World) -> None:
    commune = html.unescape(browser(app, world.mai).get(path_of(world, "II.2")))
    assert "Đối với cấp ủy, chính quyền các cấp" in commune
    assert "Mặt trận Tổ quốc và các đoàn thể chính trị - xã hội: Kết quả" not in commune
    front = html.unescape(browser(app, world.hanh).get(path_of(world, "II.2", world.opened.reports["MTTQ"])))
    assert "Mặt trận Tổ quốc và các đoàn thể chính trị - xã hội: Kết quả" in front
    assert "Cần số liệu" in front


def test_headings_without_a_number_are_hints_inside_the_section(app: Flask, world: World) -> None:
    assert "Đối với tỉnh; Đối với huyện." in browser(app, world.mai).get(path_of(world, "IV.2"))


def test_nothing_to_report_is_one_tick(app: Flask, world: World) -> None:
    who = browser(app, world.mai)
    who.post(path_of(world), {**who.form(path_of(world)), "nothing_to_report": "y"})
    assert sections(world.report)["I.1"].nothing_to_report is True
    assert who.form(path_of(world))["nothing_to_report"] == "y"


def test_a_refused_text_comes_back_as_it_was_typed(app: Flask, world: World) -> None:
    who = browser(app, world.mai)
    typed = {**who.form(path_of(world)), "html": "Đã viết dài.", "nothing_to_report": "y"}
    answer = who.post(path_of(world), typed)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "Đã viết dài." in page
    assert 'href="#noi-dung-muc"' in page
    assert sections(world.report) == {}


def test_a_stale_text_is_kept_and_both_versions_are_shown(app: Flask, world: World) -> None:
    who = browser(app, world.mai)
    typed = {**who.form(path_of(world)), "html": "Bản của Mai."}
    write(world, "<p>Bản của Sà.</p>")
    answer = who.post(path_of(world), typed)
    page = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert "Lý A Sà sửa lúc 08:00" in page
    assert "Bản của Mai." in page
    assert "Bản của Sà." in page
    assert sections(world.report)["I.1"].html == "<p>Bản của Sà.</p>"
    # "Giữ bản của tôi" sends the same text against the version that was shown.
    version = re.search(r'name="version" value="(\d+)"', page)
    assert version
    assert who.post(path_of(world), {**typed, "version": version[1]}).status_code == 303
    assert sections(world.report)["I.1"].html == "<p>Bản của Mai.</p>"


def test_what_was_typed_into_a_report_that_was_sent_meanwhile_is_shown_for_copying(app: Flask, world: World) -> None:
    who = browser(app, world.mai)
    typed = {**who.form(path_of(world)), "html": "Bản gõ dở."}
    world.submitted()
    answer = who.post(path_of(world), typed)
    assert answer.status_code == 409
    assert "Bản gõ dở." in answer.get_data(as_text=True)


def test_the_script_saves_and_is_told_the_time(app: Flask, world: World) -> None:
    who = browser(app, world.mai)
    answer = who.put(path_of(world), {"html": "<p>Đang gõ</p>", "version": 1})
    assert answer.get_json() == {"version": 2, "saved_at": "09:00"}
    assert who.put(path_of(world), {"nothing_to_report": True, "version": 2}).get_json()["version"] == 3


def test_the_script_is_given_the_other_text_when_it_is_stale(app: Flask, world: World) -> None:
    write(world, "<p>Bản của Sà.</p>")
    answer = browser(app, world.mai).put(path_of(world), {"html": "<p>Bản của Mai</p>", "version": 1})
    said = answer.get_json()
    assert answer.status_code == 409
    assert (said["code"], said["version"], said["html"], said["by"]) == (
        "stale_version", 2, "<p>Bản của Sà.</p>", "Lý A Sà",
    )  # fmt: skip


@pytest.mark.parametrize("body", [[], {}, {"html": 1, "version": 1}, {"html": "x"}, {"html": "x", "version": "1"}])
def test_what_the_script_would_never_send_is_refused(app: Flask, world: World, body: object) -> None:
    assert browser(app, world.mai).put(path_of(world), body).status_code == 422


def test_a_stranger_to_the_form_is_refused(app: Flask, world: World) -> None:
    who = browser(app, world.mai)
    without = {k: v for k, v in who.form(path_of(world)).items() if k != "csrf_token"}
    assert who.post(path_of(world), {**without, "html": "Lừa"}).status_code == 400
    assert who.client.put(path_of(world), json={"html": "Lừa", "version": 1}).status_code == 400
    assert sections(world.report) == {}


def test_a_sent_report_is_read_and_not_written(app: Flask, world: World) -> None:
    world.submitted()
    page = browser(app, world.mai).get(path_of(world))
    assert "<textarea" not in page
    assert "Nội dung của mục." in page
    assert "rút lại báo cáo trước" in page


def test_oversight_reads_without_a_form(app: Flask, world: World) -> None:
    write(world, "<p>Nội dung.</p>")
    page = browser(app, world.oversight).get(path_of(world))
    assert "Nội dung." in page
    assert "<textarea" not in page


def test_the_lead_writes_for_a_unit_and_is_told_so(app: Flask, world: World) -> None:
    who = browser(app, world.hanh)
    assert "Đang nhập thay đơn vị" in who.get(path_of(world))
    who.post(path_of(world), {**who.form(path_of(world)), "html": "Theo bản giấy."})
    assert sections(world.report)["I.1"].changed_by_name == "Nguyễn Thị Hạnh"


def test_a_section_that_is_not_there_is_not_found(app: Flask, world: World) -> None:
    who = browser(app, world.mai)
    for number in ("IX.1", "II", "IV.2.1"):
        assert who.client.get(path_of(world, number)).status_code == 404


def test_what_a_person_wrote_never_runs(app: Flask, world: World) -> None:
    write(world, "<p>Xin <img src=x onerror=alert(1)><script>alert(2)</script>chào</p>")
    page = browser(app, world.oversight).get(path_of(world))
    assert "onerror" not in page
    assert "alert(2)" not in page
