"""The entry table: what it shows, saving it whole, refusals cell by cell, and two people in one table."""

from __future__ import annotations

import html
import re
from types import ModuleType

import pytest
from flask import Flask

from tests.reports.conftest import FRIDAY, World
from tests.reports.web import browser
from tracker.core.db import transaction
from tracker.reports.queries import tables
from tracker.reports.writing import save_table


@pytest.fixture(autouse=True)
def _friday(clock: ModuleType) -> None:
    clock.start_at(FRIDAY)


def path_of(world: World, number: str = "1", report: int | None = None) -> str:
    return f"/reports/{report or world.report}/tables/{number}"


def write(world: World, cells: dict[str, dict[str, object]], number: str = "1") -> None:
    with transaction():
        save_table(world.report, number, world.sa, world.at(-1), cells=cells, version=10**6)


def cell(page: str, row: str, key: str) -> str:
    """What a computed cell shows."""
    found = re.search(rf'<td class="calc"[^>]*data-row="{row}" data-col="{key}"[^>]*><b data-out>([^<]*)</b>', page)
    assert found
    return found[1]


def test_the_table_is_saved_whole_and_goes_on(app: Flask, world: World) -> None:
    who = browser(app, world.mai)
    fields = who.form(path_of(world))
    assert len([name for name in fields if name.startswith("o-")]) == 66
    typed = {"o-2-conferences": "1.234", "o-2-members_learnt": "104", "o-2-members_total": "109",
             "o-2-documents": "Không", "o-3-documents": "x", "o-4-documents": "-"}  # fmt: skip
    answer = who.post(path_of(world), {**fields, **typed, "go": "next"})
    assert (answer.status_code, answer.headers["Location"]) == (303, path_of(world, "2"))
    assert tables(world.report)["1"].cells == {
        "2015": {"conferences": 1234, "members_learnt": 104, "members_total": 109, "documents": "nothing_to_report"},
        "2016": {"documents": "not_applicable"},
        "2017": {"documents": "nothing_to_report"},
    }


def test_sending_it_again_unchanged_changes_nothing(app: Flask, world: World) -> None:
    write(world, {"2015": {"conferences": 1234, "documents": "nothing_to_report", "members_total": "not_applicable"}})
    version, who = world.row().version, browser(app, world.mai)
    fields = who.form(path_of(world))
    assert (fields["o-2-conferences"], fields["o-2-documents"], fields["o-2-members_total"]) == ("1.234", "Không", "x")
    assert who.post(path_of(world), fields).status_code == 303
    assert world.row().version == version


def test_percentages_sums_and_totals_are_computed_and_never_typed(app: Flask, world: World) -> None:
    write(world, {
        "2013": {"members_learnt": 104, "members_total": 109, "non_members_learnt": 21, "non_members_total": 24},
        "2014": {"members_learnt": 110, "members_total": 114},
    })  # fmt: skip
    page = browser(app, world.mai).get(path_of(world))
    assert (cell(page, "2013", "members_percent"), cell(page, "2013", "people_total")) == ("95,4", "125")
    assert cell(page, "2014", "people_total") == "–"
    foot = page[page.index("<tfoot") : page.index("</tfoot>")]
    assert re.search(r'data-col="members_percent"[^>]*>96,0<', foot)
    assert re.search(r'data-col="members_learnt"[^>]*>214 lượt<', foot)
    assert "members_total" not in re.sub(r'data-formula="[^"]*"', "", foot)  # a stock has no total
    assert 'name="o-0-members_percent"' not in page


def test_two_numbers_stand_in_one_cell_under_one_head(app: Flask, world: World) -> None:
    page = html.unescape(browser(app, world.mai).get(path_of(world)))
    assert 'aria-label="2013, Đảng viên, Số được học tập"' in page
    assert 'aria-label="2013, Đảng viên, tổng số"' in page
    assert page.count("Số được học tập / tổng số</th>") == 2
    assert re.search(r'<th colspan="2" scope="colgroup">Đảng viên</th>', page)


def test_only_the_units_own_columns_are_there(app: Flask, world: World) -> None:
    page = browser(app, world.mai).get(path_of(world, "3"))
    assert len(re.findall(r"<input[^>]*data-col=", page)) == 132
    assert "district_committee" not in page
    assert "do đơn vị khác nhập" in page
    owner = browser(app, world.hanh).get(path_of(world, "3", world.opened.reports["UBKT"]))
    assert len(re.findall(r"<input[^>]*data-col=", owner)) == 264


def test_a_wide_table_is_shown_body_by_body(app: Flask, world: World) -> None:
    page = html.unescape(browser(app, world.mai).get(path_of(world, "3")))
    assert page.count("<table") == 2
    assert re.findall(r"<h2>([^<]*)</h2>", page) == ["Cấp ủy cơ sở", "Cấp ủy trực thuộc"]


def test_every_box_has_a_name_and_an_id_of_its_own(app: Flask, world: World) -> None:
    for number in ("1", "2", "3"):
        page = browser(app, world.mai).get(path_of(world, number))
        ids = re.findall(r'\bid="([^"]+)"', page)
        assert len(ids) == len(set(ids))
        boxes = re.findall(r"<input[^>]*data-col=[^>]*>", page)
        names = [re.search(r'aria-label="([^"]+)"', box) for box in boxes]
        assert all(names)
        assert len({name[1] for name in names if name}) == len(boxes)


def test_refused_cells_come_back_as_typed_with_their_words_and_links(app: Flask, world: World) -> None:
    write(world, {"2014": {"conferences": 2}})
    who = browser(app, world.mai)
    typed = {"o-3-members_learnt": "131", "o-3-members_total": "128", "o-4-documents": "12.5", "o-0-conferences": "7"}
    answer = who.post(path_of(world), {**who.form(path_of(world)), **typed})
    page = html.unescape(answer.get_data(as_text=True))
    assert answer.status_code == 422
    assert "Chưa lưu được, còn 2 ô phải sửa" in page
    said = "Số được học tập (131) lớn hơn tổng số (128)"
    assert f'<a href="#o-3-members_learnt">Năm 2016, Đảng viên: {said}</a>' in page
    assert f'<span class="err" id="o-3-members_learnt-loi">{said}</span>' in page
    assert '<a href="#o-4-documents">' in page
    assert 'name="o-4-documents" value="12.5"' in page
    assert 'name="o-0-conferences" value="7"' in page
    assert tables(world.report)["1"].cells == {"2014": {"conferences": 2}}


def test_nothing_to_report_for_the_whole_table(app: Flask, world: World) -> None:
    who = browser(app, world.mai)
    who.post(path_of(world), {**who.form(path_of(world)), "nothing_to_report": "y"})
    assert tables(world.report)["1"].nothing_to_report is True
    assert "Không phát sinh" in who.get(f"/reports/{world.report}")
    fields = {**who.form(path_of(world)), "o-0-conferences": "3"}
    assert who.post(path_of(world), fields).status_code == 422
    del fields["nothing_to_report"]
    assert who.post(path_of(world), fields).status_code == 303
    assert tables(world.report)["1"].cells == {"2013": {"conferences": 3}}


def test_a_stale_table_is_kept_and_the_cells_that_differ_are_listed(app: Flask, world: World) -> None:
    who = browser(app, world.mai)
    typed = {**who.form(path_of(world)), "o-0-conferences": "5"}
    write(world, {"2013": {"conferences": 7}})
    answer = who.post(path_of(world), typed)
    page = html.unescape(answer.get_data(as_text=True))
    assert answer.status_code == 409
    assert "Lý A Sà sửa lúc 08:00" in page
    row = re.search(r'<tr><th scope="row">2013</th><td data-l="Ô">Tổng số Hội nghị đã tổ chức</td>.*?</tr>', page)
    assert row
    assert re.findall(r">([^<]*)</td>", row[0])[1:] == ["5", "7"]
    assert 'name="o-0-conferences" value="5"' in page
    assert tables(world.report)["1"].cells == {"2013": {"conferences": 7}}
    version = re.search(r'name="version" value="(\d+)"', page)
    assert version
    assert who.post(path_of(world), {**typed, "version": version[1]}).status_code == 303
    assert tables(world.report)["1"].cells == {"2013": {"conferences": 5}}


def test_the_script_saves_the_cells_that_changed(app: Flask, world: World) -> None:
    write(world, {"2014": {"conferences": 2}})
    who = browser(app, world.mai)
    answer = who.put(path_of(world), {"cells": {"2013": {"conferences": "3", "documents": None}}, "version": 2})
    assert answer.get_json() == {"version": 3, "saved_at": "09:00"}
    assert tables(world.report)["1"].cells == {"2014": {"conferences": 2}, "2013": {"conferences": 3}}


def test_the_script_is_told_every_bad_cell(app: Flask, world: World) -> None:
    answer = browser(app, world.mai).put(path_of(world), {"cells": {"2013": {"conferences": "ba"}}, "version": 1})
    assert answer.status_code == 422
    assert [(p["row"], p["column"]) for p in answer.get_json()["problems"]] == [("2013", "conferences")]


@pytest.mark.parametrize("cells", [[], {"2013": []}, {"2013": 3}, "x"])
def test_what_the_script_would_never_send_is_refused(app: Flask, world: World, cells: object) -> None:
    assert browser(app, world.mai).put(path_of(world), {"cells": cells, "version": 1}).status_code == 422


def test_cells_of_others_are_not_taken_from_a_form(app: Flask, world: World) -> None:
    who = browser(app, world.mai)
    who.post(path_of(world, "3"), {**who.form(path_of(world, "3")), "o-0-district_committee_inspection_count": "9"})
    assert tables(world.report).get("3") is None or tables(world.report)["3"].cells == {}


def test_a_sent_report_shows_figures_and_no_boxes(app: Flask, world: World) -> None:
    world.submitted()
    page = browser(app, world.mai).get(path_of(world))
    assert "data-autosave" not in page
    assert re.findall(r"<input[^>]*data-col=", page) == []
    assert "100,0" in page


def test_an_unknown_table_is_not_found(app: Flask, world: World) -> None:
    who = browser(app, world.mai)
    assert who.client.get(path_of(world, "9")).status_code == 404
    assert who.post(path_of(world, "9"), {"csrf_token": who.token(), "version": "1"}).status_code == 404
