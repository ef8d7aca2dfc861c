"""More time for a unit: later than what it has, with a reason, and its people are told."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from tests.reports.conftest import World
from tracker.core.db import session, transaction
from tracker.core.errors import Conflict, Forbidden, Invalid
from tracker.notify.models import OutboxMail
from tracker.reports.models import ReportEvent
from tracker.reports.rules import Step
from tracker.reports.service import extend

LATER = datetime(2023, 5, 17, 17, 0, tzinfo=UTC)


def test_it_moves_the_deadline_and_tells_the_unit(world: World) -> None:
    version = world.row().version
    with transaction():
        extend(world.report, LATER, " Mưa lũ,\nmất điện ", world.hanh, world.at())
    report = world.row()
    assert (report.due_before, report.extended_due_before, report.version) == (LATER, LATER, version + 1)
    assert (report.chased_from, report.look_again_at) == (world.at(), world.at())
    event = session().scalars(select(ReportEvent)).one()
    assert (event.step, event.from_state, event.to_state, event.note) == (
        "extend",
        "drafting",
        "drafting",
        "Mưa lũ, mất điện",
    )
    told = session().scalars(select(OutboxMail).where(OutboxMail.kind == "extended")).all()
    assert {mail.recipient_id for mail in told} == {world.mai.user_id, world.sa.user_id}
    assert {mail.context["last_day"] for mail in told} == {"2023-05-17"}


@pytest.mark.parametrize("due", [LATER - timedelta(days=30), datetime(2023, 5, 9, 17, 0, tzinfo=UTC)])
def test_it_is_later_than_the_deadline_there_is(world: World, due: datetime) -> None:
    with pytest.raises(Invalid) as refused, transaction():
        extend(world.report, due, "Mưa lũ", world.hanh, world.at())
    assert refused.value.code == "extension_not_later"
    assert world.row().extended_due_before is None


def test_a_reason_is_wanted(world: World) -> None:
    with pytest.raises(Invalid) as refused, transaction():
        extend(world.report, LATER, "  ", world.hanh, world.at())
    assert refused.value.code == "reason_required"


def test_only_the_lead_gives_time(world: World) -> None:
    for actor in (world.mai, world.oversight):
        with pytest.raises(Forbidden), transaction():
            extend(world.report, LATER, "Mưa lũ", actor, world.at())


def test_a_report_that_is_in_needs_no_time(world: World) -> None:
    world.submitted()
    with pytest.raises(Conflict), transaction():
        extend(world.report, LATER, "Mưa lũ", world.hanh, world.at())


def test_a_report_sent_back_gets_its_new_day(world: World) -> None:
    world.submitted()
    world.step(Step.SEND_BACK, world.hanh, note="Thiếu")
    with transaction():
        extend(world.report, LATER, "Mưa lũ", world.hanh, world.at(1))
    report = world.row()
    assert (report.due_before, report.resubmit_by) == (LATER, LATER.date())
