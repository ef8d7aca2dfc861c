"""A campaign under review: two reports submitted, two reviewers, and a browser for whoever asks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import unescape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select
from werkzeug.test import TestResponse

from tests.factories import Opened, fill, open_campaign
from tests.people import person, sign_in
from tracker.core import clock
from tracker.core.db import db, session, transaction
from tracker.core.people import Actor, Role
from tracker.notify.models import OutboxMail
from tracker.reports.models import Report
from tracker.reports.rules import Step
from tracker.reports.service import take_step
from tracker.review.models import Remark

UNITS = [
    ("BTG", "Ban Tuyên giáo Huyện ủy", 0),
    ("MTTQ", "Ủy ban Mặt trận Tổ quốc huyện", 2),
    ("DB-BL", "Đảng bộ xã Bản Lang", 3),
    ("DB-DS", "Đảng bộ xã Dào San", 3),
]
# Wednesday 10/5/2023, 09:00 in Phong Thổ: the day after the last on time.
NOW = datetime(2023, 5, 10, 2, 0, tzinfo=UTC)


@dataclass
class Office:
    """The lead office at 09:00 on 10/5/2023. Bản Lang submitted on 08/5, Dào San an hour ago (late)."""

    app: Flask
    opened: Opened
    mai: Actor
    dao_san: Actor
    hanh: Actor
    sinh: Actor
    lead_of_btg: Actor
    oversight: Actor
    admin: Actor

    @property
    def report(self) -> int:
        """Bản Lang's."""
        return self.opened.reports["DB-BL"]

    @property
    def other(self) -> int:
        """Dào San's."""
        return self.opened.reports["DB-DS"]

    def browser(self, who: Actor) -> FlaskClient:
        """A signed-in browser."""
        client = self.app.test_client()
        sign_in(client, who, f"{who.user_id}-{len(self.app.config['_browsers'])}")
        self.app.config["_browsers"].append(who)
        return client

    def row(self, report_id: int | None = None) -> Report:
        """The report as stored now."""
        session().rollback()
        return session().get_one(Report, report_id or self.report)

    def remarks(self) -> list[Remark]:
        """Every remark stored now."""
        session().rollback()
        return list(session().scalars(select(Remark).order_by(Remark.id)))

    def mails(self, kind: str) -> list[OutboxMail]:
        """The queued mails of a kind."""
        session().rollback()
        return list(session().scalars(select(OutboxMail).where(OutboxMail.kind == kind).order_by(OutboxMail.id)))

    def step(self, step: Step, actor: Actor, report_id: int | None = None, **more: object) -> None:
        """One step past the pages."""
        with transaction():
            take_step(report_id or self.report, step, actor, clock.now(), **more)  # type: ignore[arg-type]  # as there

    def verdict(self, client: FlaskClient, step: str, report_id: int | None = None, **more: object) -> TestResponse:
        """Press a button under the report, from the page as it is now unless a `version` is given."""
        report_id = report_id or self.report
        version = more.pop("version", None) or self.row(report_id).version
        data = {"step": step, "version": version, **more}
        return post(client, f"/reports/{report_id}/review/steps", data)


def post(client: FlaskClient, path: str, data: dict[str, object]) -> TestResponse:
    """POST a form with the CSRF token of the reader's own page."""
    body = client.get("/account").get_data(as_text=True)
    found = re.search(r'name="csrf-token" content="([^"]+)"', body)
    assert found is not None
    return client.post(path, data={**data, "csrf_token": found[1]})


def text_of(answer: TestResponse) -> str:
    """What a reader of the page sees, as one line."""
    body = re.sub(r"<(script|style)\b.*?</\1>", " ", answer.get_data(as_text=True), flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


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


@pytest.fixture
def office(app: Flask) -> Office:
    """Two reports wait, two units still write."""
    app.config["_browsers"] = []
    opened = open_campaign(UNITS)
    units = opened.units
    made = Office(
        app,
        opened,
        mai=person("mai@banlang.vn", (Role.REPORTER, units["DB-BL"]), name="Lò Thị Mai"),
        dao_san=person("tan@daosan.vn", (Role.REPORTER, units["DB-DS"]), name="Tẩn Thị Dao"),
        hanh=person("hanh@phongtho.vn", Role.LEAD, name="Nguyễn Thị Hạnh"),
        sinh=person("sinh@phongtho.vn", Role.LEAD, name="Vàng A Sình"),
        lead_of_btg=person("btg@phongtho.vn", Role.LEAD, (Role.REPORTER, units["BTG"]), name="Trần Văn Nam"),
        oversight=person("thuongtruc@phongtho.vn", Role.OVERSIGHT, name="Phạm Văn Bình"),
        admin=person("quantri@phongtho.vn", Role.ADMIN, name="Quản trị"),
    )
    for report, actor, at in (
        (made.report, made.mai, NOW - timedelta(days=2)),
        (made.other, made.dao_san, NOW - timedelta(hours=1)),
    ):
        fill(report, actor, at, text="<p>Đã họp 12 lần.</p><ul><li><p>Một</p></li></ul><p>Đoạn sau.</p>", number=3)
        clock.start_at(at)
        made.step(Step.SUBMIT, actor, report)
    clock.start_at(NOW)
    return made
