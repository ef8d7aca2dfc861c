"""In the browser, with the 58 units of the real plan: one sheet of paper each, and no sideways scroll on a phone."""

from __future__ import annotations

import csv
from io import BytesIO
from secrets import token_urlsafe

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from pypdf import PdfReader
from sqlalchemy import update

from tests import factories, people
from tests.board.conftest import IN_TIME, NOW
from tests.factories import OFFICE, SAMPLE, Opened
from tracker.accounts.models import Unit
from tracker.core import clock
from tracker.core.db import session, transaction
from tracker.core.people import Role
from tracker.reports.models import Report
from tracker.reports.rules import Step
from tracker.review.service import take_step


@pytest.fixture
def district(app: Flask, page: Page, live: str) -> Opened:
    """All units, 50 of which have sent theirs; the page is the lead office's."""
    with (SAMPLE / "units-phong-tho-2023.csv").open(encoding="utf-8-sig", newline="") as file:
        listed = list(csv.DictReader(file))
    groups = list(dict.fromkeys(row["nhom"] for row in listed))  # the plan's four, in its order, by other names
    opened = factories.open_campaign([(row["ma"], row["ten_don_vi"], groups.index(row["nhom"])) for row in listed])
    sent = [opened.reports[row["ma"]] for row in listed[:50]]
    with transaction():
        session().execute(
            update(Unit).values(short_name="", contact_name="Hoàng Thị Hòa", contact_phone="0912 000 200")
        )
        # What they wrote is not on these pages, so that only the facts of sending are set.
        session().execute(
            update(Report)
            .where(Report.id.in_(sent))
            .values(state="submitted", submitted_at=IN_TIME, first_submitted_at=IN_TIME, submissions=1)
            .values(first_due_before=Report.due_before, first_edit_at=IN_TIME)
        )
    clock.start_at(NOW)
    client = app.test_client()
    people.sign_in(client, people.person("hanh@phongtho.vn", Role.LEAD), token_urlsafe())
    name = app.config["SESSION_COOKIE_NAME"]
    cookie = client.get_cookie(name)
    assert cookie is not None
    page.context.add_cookies([{"name": name, "value": cookie.value, "url": live}])
    return opened


@pytest.mark.parametrize(
    ("path", "size"), [("board", (842, 595)), ("board?view=map", (842, 595)), ("overview", (595, 842))]
)
def test_58_units_are_one_sheet(district: Opened, page: Page, path: str, size: tuple[int, int]) -> None:
    page.goto(f"/campaigns/{district.campaign_id}/{path}")
    printed = PdfReader(BytesIO(page.pdf(prefer_css_page_size=True)))
    assert len(printed.pages) == 1
    box = printed.pages[0].mediabox
    assert (round(float(box.width)), round(float(box.height))) == size
    # The spaces that pypdf finds in a Vietnamese word are not there.
    said = "".join(printed.pages[0].extract_text().split())
    assert "sốliệulúc09:00ngày11/5/2023" in said
    assert "0912000200" in said
    assert "Đăngxuất" not in said


def test_nothing_scrolls_sideways_on_a_phone(district: Opened, page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    for path in ("board", "board?view=map", "board?view=map&q=none", "overview"):
        page.goto(f"/campaigns/{district.campaign_id}/{path}")
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, path


def test_the_page_brings_itself_up_to_date(district: Opened, page: Page) -> None:
    page.goto(f"/campaigns/{district.campaign_id}/board?view=map&state=submitted")
    expect(page.locator(".map th[scope=row]")).to_have_count(50)
    with transaction():
        take_step(next(iter(district.reports.values())), Step.ACCEPT, OFFICE, NOW)
    page.evaluate("document.querySelector('#bang').dispatchEvent(new CustomEvent('every'))")
    expect(page.locator(".map th[scope=row]")).to_have_count(49)
    expect(page.locator(".map")).to_have_count(3)
