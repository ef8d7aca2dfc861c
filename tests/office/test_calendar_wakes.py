"""A changed day moves the reminders that are still to come."""

from __future__ import annotations

from datetime import date, datetime

from flask import Flask

from tests import factories
from tracker.core import clock
from tracker.core.db import session, transaction
from tracker.deadlines.service import sweep
from tracker.office.service import drop_day, set_day
from tracker.reports.models import Report

NOW = datetime.fromisoformat("2023-04-20T09:00:00+07:00")


def _next_look(report_id: int) -> str | None:
    with transaction():
        report = session().get_one(Report, report_id, populate_existing=True)
        return report.look_again_at.isoformat() if report.look_again_at else None


def test_a_day_off_moves_the_next_look(app: Flask) -> None:
    clock.start_at(NOW)
    report = factories.open_campaign(1, at=NOW).reports["U01"]
    sweep([report], NOW)
    assert _next_look(report) == "2023-04-25T01:00:00+00:00"
    with transaction():
        set_day(date(2023, 4, 26), False, "Nghỉ bù", "Thông báo số 5", factories.OFFICE, NOW)
    assert _next_look(report) == NOW.astimezone(clock.now().tzinfo).isoformat()
    sweep([report], NOW)
    assert _next_look(report) == "2023-04-24T01:00:00+00:00"
    with transaction():
        drop_day(date(2023, 4, 26), factories.OFFICE, NOW)
    sweep([report], NOW)
    assert _next_look(report) == "2023-04-25T01:00:00+00:00"
