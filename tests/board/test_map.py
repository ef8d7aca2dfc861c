"""The map of parts: the right mark in every cell, told in words, and read as a table."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape

import pytest

from tests import factories
from tests.board.conftest import LATE, NOW, Town, text_of
from tests.factories import OFFICE
from tests.operate.test_fixture import make
from tests.people import person, sign_in
from tracker.accounts.models import Unit
from tracker.board.heat import Mark, heads_of, map_of
from tracker.board.views import Line
from tracker.core.db import session, transaction
from tracker.core.people import Role
from tracker.plans.spec import writable_sections
from tracker.reports.rules import Step
from tracker.reports.service import take_step
from tracker.reports.writing import save_section, save_table
from tracker.review.service import remark

SECTIONS = [section.number for section in writable_sections(factories.plan())]
COLUMNS = [*SECTIONS, "table:1", "table:2", "table:3"]


def marks(town: Town, code: str) -> dict[str, str]:
    """What the map says of one unit, by part."""
    page = town.browser(town.lead).get(f"{town.path}?view=map").text
    row = next(row for row in re.findall(r"<tr.*?</tr>", page, re.DOTALL) if f"<span>{code}</span>" in row)
    words = re.findall(r'<td class="hm[^"]*"><span class="vh">(.*?)</span></td>', row)
    return dict(zip(COLUMNS, map(unescape, words), strict=True))


def test_a_table_with_heads_for_every_part(town: Town) -> None:
    page = town.browser(town.lead).get(f"{town.path}?view=map").text
    assert "5 đơn vị × 13 mục và 3 phụ lục" in page
    table = page[page.index('<table class="map">') : page.index("</table>")]
    heads = [
        re.sub("<[^>]+>", "", head)
        for head in re.findall(r'<th scope="col" title="[^"]+">(.*?)</th>', table, re.DOTALL)
    ]
    assert heads == [*SECTIONS, "Phụ lục 1", "Phụ lục 2", "Phụ lục 3"]
    assert re.findall(r'<th colspan="(\d)" scope="colgroup"', table) == ["4", "4", "3", "2", "3"]
    assert '<th scope="row"><a href=' in table
    assert 'scope="rowgroup" colspan="17"' in table


def test_what_is_accepted_is_full(town: Town) -> None:
    assert {marks(town, "BTG")[number] for number in SECTIONS} == {"đủ"}


def test_what_waits_is_full_and_waiting(town: Town) -> None:
    found = marks(town, "MTTQ")
    assert {found[number] for number in SECTIONS if found[number] != "không thuộc diện"} == {"đủ, chờ duyệt"}


def test_what_nobody_wrote_is_empty(town: Town) -> None:
    found = marks(town, "DB-MSS")
    assert set(found.values()) <= {"chưa viết", "không thuộc diện"}
    assert found["I.1"] == found["table:1"] == "chưa viết"


def test_a_written_section_is_full_and_the_rest_is_not(town: Town) -> None:
    found = marks(town, "DB-DS")
    assert (found["I.1"], found["I.2"]) == ("đủ", "chưa viết")


def test_a_table_with_some_of_its_cells_is_being_written(town: Town) -> None:
    spec = factories.plan()
    table = spec.tables[0]
    key = next(column.key for column in table.columns if column.over_units == "sum")
    with transaction():
        save_table(town.opened.reports["DB-DS"], "1", OFFICE, NOW, cells={table.rows[0]: {key: 5}}, version=2)
    assert marks(town, "DB-DS")["table:1"] == "đang viết"


def test_nothing_to_report_is_said(town: Town) -> None:
    with transaction():
        save_section(town.opened.reports["DB-DS"], "I.2", OFFICE, NOW, nothing_to_report=True, version=2)
    assert marks(town, "DB-DS")["I.2"] == "không phát sinh"


def test_what_the_unit_is_not_asked_is_none_of_its_business(town: Town) -> None:
    with transaction():
        session().get_one(Unit, town.opened.units["DB-MSS"]).submits_figures = False
    found = marks(town, "DB-MSS")
    assert [found[f"table:{n}"] for n in (1, 2, 3)] == ["không thuộc diện"] * 3


def test_the_owner_of_a_figure_is_asked_for_it_although_it_submits_none(town: Town) -> None:
    with transaction():
        session().get_one(Unit, town.opened.units["BTG"]).submits_figures = False
    found = marks(town, "BTG")
    assert [found[f"table:{n}"] for n in (1, 2, 3)] == ["không thuộc diện", "đủ", "không thuộc diện"]


# --- what must be fixed --------------------------------------------------------------------------


def test_a_remark_that_was_told_must_be_fixed(town: Town) -> None:
    found = marks(town, "DB-BL")
    assert [part for part, word in found.items() if word == "phải sửa"] == ["II.3", "table:1"]
    assert found["I.1"] == "đủ"


def test_it_holds_until_the_part_is_changed(town: Town) -> None:
    with transaction():
        save_section(town.opened.reports["DB-BL"], "II.3", OFFICE, NOW, html="<p>Bổ sung.</p>", version=10**6)
    found = marks(town, "DB-BL")
    assert (found["II.3"], found["table:1"]) == ("đủ", "phải sửa")


def test_it_is_over_when_the_report_is_sent_again(town: Town) -> None:
    with transaction():
        take_step(town.opened.reports["DB-BL"], Step.SUBMIT, OFFICE, NOW, note="Bản giấy")
    assert "phải sửa" not in marks(town, "DB-BL").values()


def test_a_remark_not_yet_told_marks_nothing(town: Town) -> None:
    with transaction():
        remark(town.opened.reports["MTTQ"], "I.1", "Nháp của người duyệt", town.lead, LATE)
    assert set(marks(town, "MTTQ").values()) <= {"đủ, chờ duyệt", "không thuộc diện"}


def test_the_map_and_the_units_desk_agree(town: Town) -> None:
    reporter = person("mai@banlang.vn", (Role.REPORTER, town.opened.units["DB-BL"]))
    browser = town.app.test_client()
    sign_in(browser, reporter)
    assert "Phải sửa 2 phần" in text_of(browser.get("/desk"))
    assert list(marks(town, "DB-BL").values()).count("phải sửa") == 2


# --- side by side --------------------------------------------------------------------------------


@pytest.mark.sqlite
@pytest.mark.parametrize(("units", "tables"), [(5, 1), (17, 3), (58, 3), (100, 3)])
def test_tables_stand_side_by_side_at_the_same_height(town: Town, units: int, tables: int) -> None:
    page = town.browser(town.lead).get(f"/campaigns/{make(units)}/board?view=map").text
    found = re.findall(r'<table class="map">.*?</table>', page, re.DOTALL)
    heights = [table.count("<tr") - 2 for table in found]
    assert len(found) == tables
    assert max(heights) - min(heights) <= 4, heights
    assert sum(table.count('<th scope="row">') for table in found) == units
    assert all('scope="rowgroup"' in table for table in found)


def test_an_item_of_the_plan_without_parts_of_its_own_is_one_column() -> None:
    spec = factories.plan()
    alone = replace(spec, outline=(replace(spec.outline[0], children=()),), tables=())
    (head,) = heads_of(alone)
    assert (head.alone, head.label, [column.key for column in head.columns]) == (True, "I", ["I"])


def test_no_unit_is_no_table() -> None:
    lines: list[Line] = []
    assert map_of(factories.plan(), lines).tables == []


def test_seven_marks_with_seven_fills() -> None:
    assert len({mark.css for mark in Mark}) == len({mark.word for mark in Mark}) == 7
