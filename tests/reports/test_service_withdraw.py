"""Withdrawing: the unit's, until the lead office has begun."""

from __future__ import annotations

import pytest

from tests.reports.conftest import World
from tracker.core.db import transaction
from tracker.core.errors import Conflict, Forbidden
from tracker.reports.rules import Step
from tracker.reports.service import take_for_review
from tracker.reports.writing import save_section


def test_the_unit_takes_its_report_back_and_may_write_again(world: World) -> None:
    world.submitted()
    world.step(Step.WITHDRAW, world.mai)
    report = world.row()
    assert (report.state, report.first_submitted_at) == ("drafting", world.at(-1))
    with transaction():
        save_section(world.report, "I.1", world.mai, world.at(1), html="<p>Viết lại.</p>", version=report.version)


def test_once_a_reviewer_has_taken_it_it_stays(world: World) -> None:
    world.submitted()
    with transaction():
        take_for_review(world.report, world.hanh, world.at())
    with pytest.raises(Conflict) as refused:
        world.step(Step.WITHDRAW, world.mai, 1)
    assert refused.value.code == "under_review"
    assert world.row().state == "submitted"


def test_taking_it_twice_changes_nothing_the_second_time(world: World) -> None:
    world.submitted()
    for reviewer, hours in ((world.hanh, 0), (world.lead_of_btg, 1)):
        with transaction():
            take_for_review(world.report, reviewer, world.at(hours))
        taken = world.row()
        assert (taken.taken_by, taken.taken_at) == (world.hanh.user_id, world.at())
    assert taken.version == world.row().version


def test_only_the_lead_takes_a_report_for_review(world: World) -> None:
    world.submitted()
    with pytest.raises(Forbidden), transaction():
        take_for_review(world.report, world.mai, world.at())


def test_a_report_that_was_reviewed_and_reopened_is_not_withdrawn(world: World) -> None:
    world.submitted()
    world.step(Step.ACCEPT, world.hanh)
    world.step(Step.REOPEN, world.hanh, 1, note="Xem lại Phụ lục 1")
    with pytest.raises(Conflict):
        world.step(Step.WITHDRAW, world.mai, 2)


def test_a_report_sent_again_may_be_withdrawn_again(world: World) -> None:
    world.submitted()
    with transaction():
        take_for_review(world.report, world.hanh, world.at())
    world.step(Step.SEND_BACK, world.hanh, 1, note="Thiếu số liệu")
    world.step(Step.SUBMIT, world.mai, 2)
    world.step(Step.WITHDRAW, world.mai, 3)
    assert world.row().state == "drafting"
