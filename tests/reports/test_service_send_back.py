"""Sending back, accepting, reopening, releasing: the lead's steps, their dates and their mails."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from sqlalchemy import select

from tests.factories import fill
from tests.reports.conftest import World
from tracker.core.db import session, transaction
from tracker.core.errors import Conflict, Forbidden, Invalid
from tracker.notify.models import OutboxMail
from tracker.reports.models import ReportEvent
from tracker.reports.rules import Step
from tracker.reports.service import extend, take_step
from tracker.reports.writing import save_section

# Eight days on: Saturday 13/5, well past the deadline of 09/5.
PAST = 24 * 7


def mails(kind: str) -> list[OutboxMail]:
    session().rollback()
    return list(session().scalars(select(OutboxMail).where(OutboxMail.kind == kind).order_by(OutboxMail.id)))


def test_the_default_day_is_three_working_days_from_the_day_after(world: World) -> None:
    world.submitted()
    world.step(Step.SEND_BACK, world.hanh, PAST, note="Thiếu số liệu tập huấn")
    report = world.row()
    # Friday 12/5/2023 → Monday 15, Tuesday 16, Wednesday 17.
    assert report.resubmit_by == date(2023, 5, 17)
    assert report.due_before == datetime(2023, 5, 17, 17, 0, tzinfo=UTC)
    assert (report.state, report.sent_back_at) == ("drafting", world.at(PAST))
    event = session().scalars(select(ReportEvent).where(ReportEvent.step == "send_back")).one()
    assert (event.note, event.resubmit_by) == ("Thiếu số liệu tập huấn", date(2023, 5, 17))


def test_a_day_may_be_named(world: World) -> None:
    world.submitted()
    world.step(Step.SEND_BACK, world.hanh, PAST, note="Thiếu", resubmit_by=date(2023, 5, 22))
    assert world.row().due_before == datetime(2023, 5, 22, 17, 0, tzinfo=UTC)


def test_it_never_shortens_the_deadline_of_the_plan(world: World) -> None:
    world.submitted()
    due = world.row().due_before
    world.step(Step.SEND_BACK, world.hanh, note="Thiếu", resubmit_by=date(2023, 5, 5))
    assert world.row().due_before == due


def test_it_never_shortens_an_extension(world: World) -> None:
    until = datetime(2023, 5, 30, 17, 0, tzinfo=UTC)
    with transaction():
        extend(world.report, until, "Mưa lũ", world.hanh, world.at(-30))
    world.submitted()
    world.step(Step.SEND_BACK, world.hanh, PAST, note="Thiếu")
    assert world.row().due_before == until


def test_a_second_sending_back_never_shortens_the_first(world: World) -> None:
    world.submitted()
    world.step(Step.SEND_BACK, world.hanh, PAST, note="Thiếu", resubmit_by=date(2023, 5, 26))
    world.step(Step.SUBMIT, world.sa, PAST + 1)
    world.step(Step.SEND_BACK, world.hanh, PAST + 2, note="Vẫn thiếu", resubmit_by=date(2023, 5, 16))
    assert world.row().due_before == datetime(2023, 5, 26, 17, 0, tzinfo=UTC)
    assert [mail.context["resubmit_by"] for mail in mails("sent_back")][-1] == "2023-05-26"


def test_a_reason_is_wanted(world: World) -> None:
    world.submitted()
    for note in (None, "", " \n "):
        with pytest.raises(Invalid) as refused:
            world.step(Step.SEND_BACK, world.hanh, note=note)
        assert refused.value.code == "note_required"
    assert world.row().state == "submitted"


def test_a_day_that_has_passed_is_refused(world: World) -> None:
    world.submitted()
    with pytest.raises(Invalid) as refused:
        world.step(Step.SEND_BACK, world.hanh, note="Thiếu", resubmit_by=date(2023, 5, 4))
    assert refused.value.code == "resubmit_by_past"


def test_every_person_of_the_unit_is_told_at_once_with_the_reason(world: World) -> None:
    world.submitted()
    world.step(Step.SEND_BACK, world.hanh, note="Thiếu số liệu")
    told = mails("sent_back")
    assert {mail.recipient_id for mail in told} == {world.mai.user_id, world.sa.user_id}
    for mail in told:
        assert (mail.status, mail.not_before, mail.about) == ("pending", world.at(), f"report:{world.report}")
        assert mail.context["note"] == "Thiếu số liệu"


def test_a_mail_that_waits_is_taken_back_when_the_report_moves_on(world: World) -> None:
    world.submitted()
    world.step(Step.SEND_BACK, world.hanh, note="Thiếu số liệu")
    world.step(Step.SUBMIT, world.sa, 1)
    assert {mail.status for mail in mails("sent_back")} == {"cancelled"}


def test_a_unit_with_nobody_is_in_the_ledger(world: World) -> None:
    report = world.opened.reports["MTTQ"]
    fill(report, world.hanh, world.at(-2))
    with transaction():
        take_step(report, Step.SUBMIT, world.hanh, world.at(-1), note="Bản giấy số 3")
        take_step(report, Step.ACCEPT, world.hanh, world.at())
    (mail,) = mails("accepted")
    assert (mail.status, mail.recipient_id) == ("no_recipient", None)


def test_accepting_closes_the_text_and_tells_the_unit(world: World) -> None:
    world.submitted()
    world.step(Step.ACCEPT, world.hanh)
    report = world.row()
    assert (report.state, report.reviewed_at) == ("reviewed", world.at())
    assert len(mails("accepted")) == 2
    with pytest.raises(Conflict), transaction():
        save_section(world.report, "I.1", world.mai, world.at(1), html="<p>Sửa lén.</p>", version=report.version)


def test_nobody_accepts_the_report_of_their_own_unit(world: World) -> None:
    report = world.opened.reports["BTG"]
    fill(report, world.lead_of_btg, world.at(-2))
    with transaction():
        take_step(report, Step.SUBMIT, world.lead_of_btg, world.at(-1))
    with pytest.raises(Forbidden) as refused, transaction():
        take_step(report, Step.ACCEPT, world.lead_of_btg, world.at())
    assert refused.value.code == "own_unit"
    with transaction():
        take_step(report, Step.ACCEPT, world.hanh, world.at())


def test_reopening_wants_a_reason_and_clears_the_verdict(world: World) -> None:
    world.submitted()
    world.step(Step.ACCEPT, world.hanh)
    with pytest.raises(Invalid):
        world.step(Step.REOPEN, world.hanh, 1)
    world.step(Step.REOPEN, world.hanh, 1, note="Số liệu Phụ lục 1 sai")
    assert (world.row().state, world.row().reviewed_at) == ("submitted", None)


def test_a_unit_takes_none_of_the_leads_steps(world: World) -> None:
    world.submitted()
    for step in (Step.SEND_BACK, Step.ACCEPT, Step.REOPEN, Step.RELEASE, Step.CONSOLIDATE):
        with pytest.raises(Forbidden):
            world.step(step, world.sa, note="Thử")
    assert world.row().state == "submitted"
