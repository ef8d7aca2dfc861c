"""Five units, one in each standing, and what a page of the board is asked with."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import unescape
from secrets import token_urlsafe

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event
from werkzeug.test import TestResponse

from tests import factories, people
from tests.factories import OFFICE, Opened
from tracker.core import clock
from tracker.core.db import db, transaction
from tracker.core.people import Actor, Role
from tracker.reports.rules import Step
from tracker.reports.service import take_step
from tracker.reports.writing import save_section
from tracker.review import service as review

IN_TIME = datetime.fromisoformat("2023-05-08T09:00:00+07:00")
LATE = datetime.fromisoformat("2023-05-10T16:40:00+07:00")
NOW = datetime.fromisoformat("2023-05-11T09:00:00+07:00")  # a Thursday; reports were due by the end of Tuesday
UNITS = [
    ("BTG", "Ban Tuyên giáo Huyện ủy", 0),
    ("MTTQ", "Mặt trận Tổ quốc", 2),
    ("DB-BL", "Đảng bộ xã Bản Lang", 3),
    ("DB-DS", "Đảng bộ xã Dào San", 3),
    ("DB-MSS", "Đảng bộ xã Mồ Sì San", 3),
]


@dataclass
class Town:
    """BTG accepted, MTTQ submitted late, Bản Lang sent back, Dào San writing and overdue, Mồ Sì San nothing at all."""

    app: Flask
    opened: Opened
    lead: Actor

    @property
    def path(self) -> str:
        """The board's address."""
        return f"/campaigns/{self.opened.campaign_id}/board"

    def browser(self, who: Actor | None) -> FlaskClient:
        """A browser signed in as a person, or as nobody."""
        client = self.app.test_client()
        if who is not None:
            people.sign_in(client, who, token_urlsafe())
        return client

    def step(self, code: str, step: Step, at: datetime, note: str | None = None) -> None:
        """A step of the lead office with one report."""
        with transaction():
            review.take_step(self.opened.reports[code], step, OFFICE, at, note=note)


@pytest.fixture
def town(app: Flask) -> Town:
    opened = factories.open_campaign(UNITS)
    lead = people.person("hanh@phongtho.vn", Role.LEAD, name="Nguyễn Thị Hạnh")
    made = Town(app, opened, lead)
    for code, at in (("BTG", IN_TIME), ("MTTQ", LATE), ("DB-BL", IN_TIME)):
        factories.fill(opened.reports[code], OFFICE, at)
        with transaction():
            take_step(opened.reports[code], Step.SUBMIT, OFFICE, at, note="Bản giấy")
    made.step("BTG", Step.ACCEPT, LATE)
    with transaction():
        review.remark(opened.reports["DB-BL"], "II.3", "Thiếu số liệu năm 2016", lead, LATE)
        review.remark(opened.reports["DB-BL"], "table:1", "Xem lại cột 2", lead, LATE)
    made.step("DB-BL", Step.SEND_BACK, LATE, note="Bổ sung")
    with transaction():
        save_section(opened.reports["DB-DS"], "I.1", OFFICE, LATE, html="<p>Đã quán triệt.</p>", version=1)
    clock.start_at(NOW)
    return made


def text_of(answer: TestResponse) -> str:
    """What a reader of the page sees or hears, as one line."""
    body = re.sub(r"<(script|style)\b.*?</\1>", " ", answer.get_data(as_text=True), flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


def poll_of(answer: TestResponse) -> str:
    """The address that the page asks every 20 seconds."""
    found = re.search(r'id="bang" hx-get="([^"]+)"', answer.get_data(as_text=True))
    assert found is not None
    return unescape(found[1])


def rows_of(answer: TestResponse) -> list[str]:
    """The units in the rows of the list or the map, in order."""
    return [
        unescape(re.sub(r'<span class="vh">.*?</span>|<[^>]+>', "", row))
        for row in re.findall(r'<th scope="row">(.*?)</th>', answer.get_data(as_text=True))
    ]


@contextmanager
def statements() -> Iterator[list[str]]:
    """The SQL that runs inside the block."""
    seen: list[str] = []

    def heard(_conn: object, _cursor: object, statement: str, *_rest: object) -> None:
        if not statement.startswith(("BEGIN", "PRAGMA", "SAVEPOINT")):
            seen.append(statement)

    event.listen(db.engine, "before_cursor_execute", heard)
    yield seen
    event.remove(db.engine, "before_cursor_execute", heard)


def tomorrow(days: int = 1) -> datetime:
    """That many days after NOW."""
    return NOW + timedelta(days=days)
