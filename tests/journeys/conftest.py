"""A town for journeys: plan 271 for four units on a Friday before the deadline, and people with passwords."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from flask import Flask

from tests.factories import OFFICE, Opened, fill, open_campaign
from tracker.accounts.queries import actor_of_user
from tracker.accounts.service import add_user
from tracker.core import clock
from tracker.core.db import db, session, transaction
from tracker.core.people import Actor, Role
from tracker.reports.models import Report
from tracker.reports.rules import Step
from tracker.reports.service import take_step
from tracker.reports.writing import save_section, save_table

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

FRIDAY = datetime(2023, 5, 5, 2, 0, tzinfo=UTC)  # 09:00 in Phong Thổ, two working days before the deadline
PASSWORD = "suối chảy qua bản"
UNITS = [
    ("MTTQ", "Ủy ban Mặt trận Tổ quốc huyện", 2),
    ("DB-BL", "Đảng bộ xã Bản Lang", 3),
    ("DB-DS", "Đảng bộ xã Dào San", 3),
    ("DB-HL", "Đảng bộ xã Huổi Luông", 3),
]
SignIn = Callable[..., "Page"]


@dataclass
class Town:
    """Bản Lang lacks section II.3 and one cell; Dào San is reviewed; the other two have written nothing."""

    opened: Opened
    people: dict[str, Actor]

    @property
    def report(self) -> int:
        """Bản Lang's."""
        return self.opened.reports["DB-BL"]

    @property
    def campaign(self) -> int:
        return self.opened.campaign_id

    def state(self, code: str = "DB-BL") -> str:
        """As stored now."""
        session().rollback()
        return session().get_one(Report, self.opened.reports[code]).state


def _person(email: str, name: str, role: Role, unit: str | None = None, phone: str = "") -> Actor:
    with transaction():
        user_id = add_user(email, role.value, unit, name, phone, PASSWORD, OFFICE, FRIDAY).id
    actor = actor_of_user(user_id)
    assert actor is not None
    return actor


@pytest.fixture
def town(app: Flask) -> Town:
    clock.start_at(FRIDAY)
    opened = open_campaign(UNITS)
    people = {
        "mai": _person("mai@banlang.vn", "Lò Thị Mai", Role.REPORTER, "DB-BL", "0912 000 001"),
        "tan": _person("tan@daosan.vn", "Tẩn Thị Dao", Role.REPORTER, "DB-DS"),
        "hanh": _person("hanh@phongtho.vn", "Nguyễn Thị Hạnh", Role.LEAD, phone="0213 3 896 001"),
        "binh": _person("binh@phongtho.vn", "Phạm Văn Bình", Role.OVERSIGHT),
        "quantri": _person("quantri@phongtho.vn", "Quản trị", Role.ADMIN),
    }
    mine, theirs = opened.reports["DB-BL"], opened.reports["DB-DS"]
    before = FRIDAY - timedelta(days=1)
    version = fill(mine, people["mai"], before, number=2)
    with transaction():
        version = save_section(mine, "II.3", people["mai"], before, html="", version=version)
        save_table(mine, "1", people["mai"], before, cells={"2015": {"conferences": None}}, version=version)
    fill(theirs, people["tan"], before, text="<p>Dào San đã họp 12 lần.</p>", number=5)
    with transaction():
        take_step(theirs, Step.SUBMIT, people["tan"], before)
    with transaction():
        take_step(theirs, Step.ACCEPT, people["hanh"], before + timedelta(hours=2))
    db.session.remove()
    return Town(opened, people)


@contextmanager
def window(browser: Browser, live: str, **options: Any) -> Iterator[Page]:
    """A page in a context of its own; its script errors and policy violations fail the test."""
    context = browser.new_context(base_url=live, locale="vi-VN", timezone_id="Asia/Ho_Chi_Minh", **options)
    context.set_default_timeout(15_000)
    problems: list[str] = []
    context.on("weberror", lambda error: problems.append(str(error.error)))
    context.on("console", lambda m: problems.append(m.text) if "Content Security Policy" in m.text else None)
    yield context.new_page()
    context.close()
    assert problems == []


def enter(page: Page, email: str) -> Page:
    """Through the door, as a person does."""
    page.goto("/sign-in")
    page.get_by_label("Thư điện tử công vụ").fill(email)
    page.get_by_label("Mật khẩu").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Đăng nhập", exact=True).click()
    return page


@pytest.fixture
def sign_in(town: Town, browser: Browser, live: str) -> Iterator[SignIn]:
    """sign_in("mai@banlang.vn"): a window in which that person is in; options are the browser context's."""
    with ExitStack() as stack:

        def open_window(email: str | None, **options: Any) -> Page:
            page = stack.enter_context(window(browser, live, **options))
            return enter(page, email) if email else page

        yield open_window
