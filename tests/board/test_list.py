"""The list of units: what it says, how an address narrows it, how it goes on, and that it is asked cheaply."""

from __future__ import annotations

import re
from html import unescape
from urllib.parse import quote

import pytest

from tests import factories, people
from tests.board.conftest import NOW, UNITS, Town, poll_of, rows_of, statements, text_of, tomorrow
from tests.factories import OFFICE
from tests.operate.test_fixture import make
from tracker.accounts.models import Unit
from tracker.core import clock
from tracker.core.db import session, transaction
from tracker.core.people import Role
from tracker.reports.models import Report
from tracker.reports.rules import Step

EVERY_VIEW = pytest.mark.parametrize("view", ["", "map"])


def test_it_says_how_each_unit_stands(town: Town) -> None:
    page = text_of(town.browser(town.lead).get(town.path))
    assert "Ban Tuyên giáo Huyện ủy Đã duyệt Đã gửi lúc 09:00 ngày 08/5, đúng hạn 100 %" in page
    assert "Mặt trận Tổ quốc Chờ duyệt Đã gửi lúc 16:40 ngày 10/5, muộn 1 ngày làm việc" in page
    assert "Đảng bộ xã Bản Lang Bị trả lại Còn 2 ngày làm việc" in page
    assert "Đảng bộ xã Dào San Trễ hạn Trễ 2 ngày làm việc" in page
    assert "Đảng bộ xã Mồ Sì San Trễ hạn Trễ 2 ngày làm việc 0 % 0 % chưa mở báo cáo" in page


def test_it_begins_with_the_counts(town: Town) -> None:
    page = text_of(town.browser(town.lead).get(town.path))
    assert "5 đơn vị phải báo cáo Hạn gửi 09/5, đã qua 2 ngày làm việc. Hạn tổng kết 31/5" in page
    for count in ("1 đã duyệt", "1 chờ duyệt gửi muộn cả đợt: 1", "1 bị trả lại đang soạn: 3", "2 trễ hạn"):
        assert count in page


def test_it_names_the_late_with_whom_to_call(town: Town) -> None:
    with transaction():
        unit = session().get_one(Unit, town.opened.units["DB-DS"])
        unit.contact_name, unit.contact_phone = "Tẩn Thị Dao", "0912 000 401"
    answer = town.browser(town.lead).get(town.path)
    assert "2 đơn vị trễ, cần gọi" in text_of(answer)
    assert 'href="tel:0912000401"' in answer.text
    assert "Tẩn Thị Dao, viết được 0 %" in text_of(answer)
    assert "chưa có người phụ trách, chưa mở báo cáo" in text_of(answer)


@pytest.mark.parametrize(
    ("wanted", "names"),
    [
        ("state=reviewed", ["BTG"]),
        ("state=submitted", ["MTTQ"]),
        ("state=sent_back", ["DB-BL"]),
        ("state=overdue", ["DB-DS", "DB-MSS"]),
        ("state=drafting", ["DB-BL", "DB-DS", "DB-MSS"]),
        ("q=" + quote("dao san"), ["DB-DS"]),
        ("q=" + quote("ĐẢNG BỘ"), ["DB-BL", "DB-DS", "DB-MSS"]),
        ("q=" + quote("%"), []),
        ("state=overdue&q=" + quote("mồ sì"), ["DB-MSS"]),
        ("state=consolidated", []),
    ],
)
def test_the_address_narrows_the_rows(town: Town, wanted: str, names: list[str]) -> None:
    browser = town.browser(town.lead)
    codes = {name: code for code, name, _ in UNITS}
    for view in ("", "map"):
        answer = browser.get(f"{town.path}?view={view}&{wanted}")
        assert [codes.get(name, name) for name in rows_of(answer)] == names
        assert ("Không có đơn vị nào khớp bộ lọc" in answer.text) is (not names)


def test_a_group_of_units_can_be_asked_for(town: Town) -> None:
    group = factories.plan().unit_groups[2]
    answer = town.browser(town.lead).get(f"{town.path}?group={quote(group)}")
    assert rows_of(answer) == ["Mặt trận Tổ quốc"]
    assert f'<option value="{group}" selected>' in answer.text


def test_an_unknown_state_is_refused(town: Town) -> None:
    assert town.browser(town.lead).get(f"{town.path}?state=lost").status_code == 422


@pytest.mark.sqlite
@EVERY_VIEW
def test_the_other_view_keeps_the_filters(town: Town, view: str) -> None:
    answer = town.browser(town.lead).get(f"{town.path}?view={view}&state=overdue&q=san")
    tabs = re.search(r'<nav class="tabs.*?</nav>', answer.text, re.DOTALL)
    assert tabs is not None
    links = [unescape(link) for link in re.findall(r'href="([^"]+)"', tabs[0])]
    assert links == [f"{town.path}?state=overdue&q=san", f"{town.path}?view=map&state=overdue&q=san"]
    assert tabs[0].index('aria-current="page"') > tabs[0].index(links[bool(view)].split("?")[0])
    assert ('<input type="hidden" name="view" value="map">' in answer.text) is bool(view)


# --- pages ---------------------------------------------------------------------------------------


@pytest.mark.sqlite
@EVERY_VIEW
def test_it_goes_on_page_by_page_without_losing_or_repeating_a_unit(town: Town, view: str) -> None:
    campaign_id = make(230)
    browser = town.browser(town.lead)
    url, seen, pages = f"/campaigns/{campaign_id}/board?view={view}", [], 0
    while url:
        answer = browser.get(url)
        seen += rows_of(answer)
        pages += 1
        following = re.search(r'href="([^"]+)" rel="next"', answer.text)
        url = unescape(following[1]) if following else ""
        assert not following or (("view=map" in url) is bool(view))
    assert pages == 3
    assert len(seen) == len(set(seen)) == 230


# --- polling -------------------------------------------------------------------------------------


@EVERY_VIEW
def test_nothing_changed_is_204_and_a_change_is_a_fragment(town: Town, view: str) -> None:
    browser = town.browser(town.lead)
    poll = poll_of(browser.get(f"{town.path}?view={view}"))
    assert ("view=map" in poll) is bool(view)
    assert browser.get(poll, headers={"HX-Request": "true"}).status_code == 204
    town.step("MTTQ", Step.ACCEPT, NOW)
    answer = browser.get(poll, headers={"HX-Request": "true"})
    assert answer.status_code == 200
    assert answer.text.lstrip().startswith('<div id="bang"')
    assert "<html" not in answer.text
    assert poll_of(answer) != poll


def test_a_day_that_has_turned_is_a_change(town: Town) -> None:
    browser = town.browser(town.lead)
    poll = poll_of(browser.get(town.path))
    clock.start_at(NOW.replace(hour=23, minute=59))
    assert browser.get(poll).status_code == 204
    clock.start_at(tomorrow())
    assert "Trễ 3 ngày làm việc" in browser.get(poll, headers={"HX-Request": "true"}).text


def test_a_change_elsewhere_is_none_for_a_narrowed_list_but_for_the_counts(town: Town) -> None:
    browser = town.browser(town.lead)
    poll = poll_of(browser.get(f"{town.path}?state=reviewed"))
    factories.fill(town.opened.reports["DB-MSS"], OFFICE, NOW)
    assert browser.get(poll).status_code == 204
    town.step("MTTQ", Step.ACCEPT, NOW)
    assert browser.get(poll).status_code == 200


# --- who, and at what price ----------------------------------------------------------------------


@EVERY_VIEW
def test_oversight_reads_it_and_the_reports_behind_it(town: Town, view: str) -> None:
    browser = town.browser(people.person("thuongtruc@phongtho.vn", Role.OVERSIGHT))
    answer = browser.get(f"{town.path}?view={view}")
    assert answer.status_code == 200
    links = re.findall(r'<th scope="row"><a href="([^"]+)"', answer.text)
    assert len(links) == 5
    assert [browser.get(link).status_code for link in links] == [200] * 5
    main = answer.text.partition("<main")[2].partition("</main>")[0]
    assert 'method="post"' not in main


@EVERY_VIEW
def test_to_others_there_is_no_board(town: Town, view: str) -> None:
    others = [
        people.person("mai@banlang.vn", (Role.REPORTER, town.opened.units["DB-BL"])),
        people.person("sa@banlang.vn", (Role.UNIT_HEAD, town.opened.units["DB-BL"])),
        people.person("quantri@phongtho.vn", Role.ADMIN),
    ]
    overview = town.path.replace("/board", "/overview")
    for who in others:
        browser = town.browser(who)
        assert browser.get(f"{town.path}?view={view}").status_code == 404
        assert browser.get(overview).status_code == 404
    assert town.browser(None).get(f"{town.path}?view={view}").status_code in (302, 303)


def test_an_unknown_campaign_is_404(town: Town) -> None:
    assert town.browser(town.lead).get("/campaigns/987654/board").status_code == 404


@pytest.mark.parametrize("units", [58, 1000])
def test_a_page_takes_six_statements_and_writes_nothing(town: Town, units: int) -> None:
    campaign_id = make(units, filled=50)
    browser = town.browser(town.lead)
    for path in ("board", "board?view=map", "overview"):
        browser.get(f"/campaigns/{campaign_id}/{path}")
        with statements() as seen:
            assert browser.get(f"/campaigns/{campaign_id}/{path}").status_code == 200
        assert len(seen) <= 6, (path, seen)
        assert [said for said in seen if not said.lstrip().upper().startswith("SELECT")] == []


def test_looking_changes_no_report(town: Town) -> None:
    def versions() -> list[tuple[int, int]]:
        session().rollback()
        return [(row.id, row.version) for row in session().query(Report.id, Report.version).order_by(Report.id)]

    before = versions()
    browser = town.browser(town.lead)
    for path in (town.path, f"{town.path}?view=map", town.path.replace("/board", "/overview")):
        browser.get(path)
    assert versions() == before
