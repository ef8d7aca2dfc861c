"""A campaign of four units with their people, for the tests of reports."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from tests.factories import Opened, fill, open_campaign
from tests.people import person
from tracker.core.db import session, transaction
from tracker.core.people import Actor, Role
from tracker.reports.models import Report
from tracker.reports.rules import Step
from tracker.reports.service import take_step

UNITS = [
    ("BTG", "Ban Tuyên giáo Huyện ủy", 0),
    ("UBKT", "Cơ quan Ủy ban Kiểm tra Huyện ủy", 0),
    ("MTTQ", "Ủy ban Mặt trận Tổ quốc huyện", 2),
    ("DB-BL", "Đảng bộ xã Bản Lang", 3),
    ("DB-DS", "Đảng bộ xã Dào San", 3),
]
# Before the deadline (09/5/2023): Friday 05/5/2023, 09:00 in Phong Thổ.
FRIDAY = datetime(2023, 5, 5, 2, 0, tzinfo=UTC)


@dataclass
class World:
    """The campaign and who acts in it; `at(hours)` is so many hours after that Friday morning."""

    opened: Opened
    mai: Actor  # reporter of Bản Lang
    sa: Actor  # head of Bản Lang
    dao_san: Actor  # reporter of Dào San
    hanh: Actor  # lead
    lead_of_btg: Actor  # lead, and reporter of Ban Tuyên giáo
    oversight: Actor
    admin: Actor
    report: int  # Bản Lang's

    def at(self, hours: float = 0) -> datetime:
        return FRIDAY + timedelta(hours=hours)

    def row(self, report_id: int | None = None) -> Report:
        """The report as stored now."""
        session().rollback()
        return session().get_one(Report, report_id or self.report)

    def step(self, step: Step, actor: Actor, hours: float = 0, **more: object) -> None:
        """One step on Bản Lang's report in its own transaction."""
        with transaction():
            take_step(self.report, step, actor, self.at(hours), **more)  # type: ignore[arg-type]  # named as there

    def submitted(self) -> None:
        """Bản Lang's report written and submitted by its head."""
        fill(self.report, self.mai, self.at(-20))
        self.step(Step.SUBMIT, self.sa, -1)


@pytest.fixture
def world(app: Flask) -> World:
    """Plan 271 opened for four units and the lead's own."""
    opened = open_campaign(UNITS)
    units = opened.units
    return World(
        opened=opened,
        mai=person("mai@banlang.vn", (Role.REPORTER, units["DB-BL"]), name="Lò Thị Mai", phone="0912 000 001"),
        sa=person("sa@banlang.vn", (Role.UNIT_HEAD, units["DB-BL"]), name="Lý A Sà"),
        dao_san=person("tan@daosan.vn", (Role.REPORTER, units["DB-DS"]), name="Tẩn Thị Dao"),
        hanh=person("hanh@phongtho.vn", Role.LEAD, name="Nguyễn Thị Hạnh", phone="0213 3 896 001"),
        lead_of_btg=person("btg@phongtho.vn", Role.LEAD, (Role.REPORTER, units["BTG"]), name="Trần Văn Nam"),
        oversight=person("thuongtruc@phongtho.vn", Role.OVERSIGHT, name="Phạm Văn Bình"),
        admin=person("quantri@phongtho.vn", Role.ADMIN, name="Quản trị"),
        report=opened.reports["DB-BL"],
    )
