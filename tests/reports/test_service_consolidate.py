"""Consolidating: all the reports of an assembly as they were merged, or none."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from tests.factories import fill
from tests.reports.conftest import World
from tracker.core.db import session, transaction
from tracker.core.errors import Conflict, Invalid
from tracker.reports.models import Report, ReportEvent
from tracker.reports.rules import Step
from tracker.reports.service import consolidate, take_step


def reviewed(world: World) -> list[tuple[int, int]]:
    for code in ("DB-BL", "DB-DS"):
        report = world.opened.reports[code]
        fill(report, world.hanh, world.at(-3))
        with transaction():
            take_step(report, Step.SUBMIT, world.hanh, world.at(-2), note="Bản giấy số 3")
            take_step(report, Step.ACCEPT, world.hanh, world.at(-1))
    session().rollback()
    chosen = list(session().execute(select(Report.id, Report.version).where(Report.state == "reviewed")))
    return [(row.id, row.version) for row in chosen]


def test_all_become_consolidated_with_a_history_row_each(world: World) -> None:
    chosen = reviewed(world)
    with transaction():
        consolidate(chosen, 7, world.hanh, world.at())
    for report_id, version in chosen:
        report = world.row(report_id)
        assert (report.state, report.assembly_id, report.version) == ("consolidated", 7, version + 1)
        assert report.consolidated_at == world.at()
    told = session().scalars(select(ReportEvent).where(ReportEvent.step == "consolidate")).all()
    assert {(event.report_id, event.version) for event in told} == {(r, v + 1) for r, v in chosen}


def test_one_that_changed_meanwhile_stops_them_all(world: World) -> None:
    (first, version), second = reviewed(world)
    with pytest.raises(Conflict) as refused, transaction():
        consolidate([(first, version), (second[0], second[1] - 1)], 7, world.hanh, world.at())
    assert refused.value.extra["report"] == second[0]
    assert world.row(first).state == "reviewed"


def test_a_report_is_released_with_a_reason(world: World) -> None:
    chosen = reviewed(world)
    with transaction():
        consolidate(chosen, 7, world.hanh, world.at())
    with pytest.raises(Invalid), transaction():
        take_step(world.report, Step.RELEASE, world.hanh, world.at(1))
    with transaction():
        take_step(world.report, Step.RELEASE, world.hanh, world.at(1), note="Đơn vị xin sửa số liệu")
    report = world.row()
    assert (report.state, report.assembly_id, report.consolidated_at) == ("reviewed", None, None)
