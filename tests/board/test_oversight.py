"""One page for the standing committee, signed in or by the address of an escalation mail."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest

from tests import people
from tests.board.conftest import NOW, Town, statements, text_of
from tracker.board.links import read_view, sign_view
from tracker.board.queries import totals_and_progress
from tracker.core import clock
from tracker.core.errors import NotFound
from tracker.core.people import Role

UNTIL = NOW + timedelta(days=3)


def token(town: Town, campaign: int | None = None, secret: str | None = None) -> str:
    return sign_view(campaign or town.opened.campaign_id, UNTIL, secret or town.app.config["SECRET_KEY"])


def test_a_sentence_first_then_the_numbers_then_whom_to_call(town: Town) -> None:
    browser = town.browser(people.person("thuongtruc@phongtho.vn", Role.OVERSIGHT))
    page = text_of(browser.get(town.path.replace("/board", "/overview")))
    assert "Kế hoạch 271-KH/HU, lúc 09:00 ngày 11/5/2023" in page
    sentence = (
        "3 trên 5 đơn vị đã gửi báo cáo , 1 đã duyệt. 2 đơn vị trễ hạn . Còn 14 ngày làm việc đến hạn tổng kết (31/5)."
    )
    assert page.index(sentence) < page.index("2 đơn vị trễ, người cần gọi") < page.index("Đảng bộ xã Mồ Sì San")
    assert "Đến hôm nay 3 trên 5 đơn vị đã gửi, 1 đã duyệt." in page
    assert "Xem bảng đầy đủ" in page


def test_the_chart_counts_by_the_offices_days(town: Town) -> None:
    _, progress = totals_and_progress(town.opened.campaign_id, NOW)
    assert sum(progress.sent.values()) == 3
    assert sum(progress.reviewed.values()) == 1
    assert {moment.astimezone(NOW.tzinfo).isoformat() for moment in progress.sent} == {
        "2023-05-08T09:00:00+07:00",
        "2023-05-10T16:30:00+07:00",  # 16:40 lies in that quarter of an hour
    }


# --- the signed address --------------------------------------------------------------------------


def test_it_opens_without_signing_in_and_says_until_when(town: Town) -> None:
    answer = town.browser(None).get(f"/xem/{token(town)}")
    assert answer.status_code == 200
    page = text_of(answer)
    assert "Trang chỉ để xem, mở được đến 09:00 ngày 14/5/2023." in page
    assert "2 đơn vị trễ, người cần gọi" in page


def test_it_leads_nowhere_into_the_product(town: Town) -> None:
    body = town.browser(None).get(f"/xem/{token(town)}").text
    main = body.partition("<main")[2].partition("</main>")[0]
    assert [link for link in re.findall(r'(?:href|hx-get|action)="([^"]+)"', main) if not link.startswith("tel:")] == []
    head = body.partition("<header")[2].partition("</header>")[0]
    assert "<nav" not in head
    assert re.findall(r'<form[^>]*action="([^"]+)"', body) == ["/lang"]


def test_it_ends_by_itself(town: Town) -> None:
    address, browser = f"/xem/{token(town)}", town.browser(None)
    clock.start_at(UNTIL - timedelta(minutes=1))
    assert browser.get(address).status_code == 200
    clock.start_at(UNTIL)
    answer = browser.get(address)
    assert answer.status_code == 404
    assert "Đảng bộ xã Mồ Sì San" not in answer.text


def test_a_changed_or_forged_address_is_404(town: Town) -> None:
    good = token(town)
    campaign, until, mac = good.split("-")
    later = f"{campaign}-{int(until) + 86400}-{mac}"
    other = f"{int(campaign) + 1}-{until}-{mac}"
    forged = token(town, secret="another secret")
    for wrong in (later, other, forged, good[:-1], f"{good}0", "1", "1-2", "1-2-", "--", "một-hai-ba", "²-²-x"):
        assert town.browser(None).get(f"/xem/{wrong}").status_code == 404, wrong


def test_a_good_address_of_a_campaign_that_is_gone_is_404(town: Town) -> None:
    assert town.browser(None).get(f"/xem/{token(town, 987654)}").status_code == 404


def test_it_opens_nothing_but_its_page(town: Town) -> None:
    browser = town.browser(None)
    browser.get(f"/xem/{token(town)}")
    report = town.opened.reports["DB-DS"]
    for path in (
        town.path,
        town.path.replace("/board", "/overview"),
        f"/reports/{report}",
        f"/reports/{report}/review",
    ):
        assert browser.get(path).status_code in (302, 303), path


def test_it_writes_nothing(town: Town) -> None:
    browser = town.browser(None)
    browser.get(f"/xem/{token(town)}")
    with statements() as seen:
        browser.get(f"/xem/{token(town)}")
    assert len(seen) <= 6
    assert [said for said in seen if not said.lstrip().upper().startswith("SELECT")] == []


@pytest.mark.parametrize("zone", ["+00:00", "+07:00"])
def test_a_token_carries_the_campaign_and_the_instant(zone: str) -> None:
    until = datetime.fromisoformat(f"2023-05-14T09:00:00{zone}")
    assert read_view(sign_view(7, until, "s"), "s", until - timedelta(seconds=1)) == (7, until)
    with pytest.raises(NotFound):
        read_view(sign_view(7, until, "s"), "s", until)
