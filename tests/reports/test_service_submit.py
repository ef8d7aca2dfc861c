"""Submitting a report: who, when, what it leaves behind, and once only."""

from __future__ import annotations

import contextvars
import threading

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests.factories import fill
from tests.reports.conftest import World
from tracker.audit.models import AuditEntry
from tracker.core.db import db, session, transaction
from tracker.core.errors import Conflict, Forbidden, Invalid, NotFound, Refusal
from tracker.notify.models import OutboxMail
from tracker.reports.models import ReportEvent
from tracker.reports.rules import Step
from tracker.reports.service import take_step
from tracker.reports.writing import save_section, save_table


def events(world: World) -> list[ReportEvent]:
    session().rollback()
    return list(session().scalars(select(ReportEvent).where(ReportEvent.report_id == world.report)))


def test_a_full_report_is_submitted_with_its_history_row_and_its_entry_in_the_trail(world: World) -> None:
    fill(world.report, world.mai, world.at(-1))
    before = world.row().version
    world.step(Step.SUBMIT, world.sa)
    report = world.row()
    assert (report.state, report.version, report.submissions) == ("submitted", before + 1, 1)
    assert report.submitted_at == report.first_submitted_at == report.look_again_at == world.at()
    assert report.first_due_before == report.due_before
    (event,) = events(world)
    assert (event.step, event.from_state, event.to_state, event.by_name) == (
        "submit",
        "drafting",
        "submitted",
        "Lý A Sà",
    )
    assert event.version == report.version
    assert session().scalars(select(AuditEntry.verb).where(AuditEntry.about == f"report:{report.id}")).all() == [
        "report.submit"
    ]


def test_the_lead_hears_of_submissions_once_a_day(world: World) -> None:
    fill(world.report, world.mai, world.at(-1))
    world.step(Step.SUBMIT, world.sa)
    other = world.opened.reports["DB-DS"]
    fill(other, world.dao_san, world.at(-1))
    with transaction():
        take_step(other, Step.SUBMIT, world.dao_san, world.at(1))
    rows = session().execute(select(OutboxMail.kind, OutboxMail.recipient_id)).all()
    assert sorted(rows) == sorted(("submissions", actor.user_id) for actor in (world.hanh, world.lead_of_btg))


def test_what_is_missing_is_listed_and_nothing_changes(world: World) -> None:
    fill(world.report, world.mai, world.at(-1))
    version = world.row().version
    with transaction():
        version = save_section(world.report, "II.3", world.mai, world.at(), html="<p> </p>", version=version)
        save_table(world.report, "1", world.mai, world.at(), cells={"2015": {"documents": None}}, version=version)
    version = world.row().version
    with pytest.raises(Invalid) as refused:
        world.step(Step.SUBMIT, world.sa)
    assert refused.value.code == "incomplete"
    assert refused.value.extra["missing"] == [
        {"section": "II.3"},
        {"table": "1", "row": "2015", "column": "documents"},
    ]
    report = world.row()
    assert (report.state, report.version, report.first_submitted_at) == ("drafting", version, None)
    assert events(world) == []


def test_it_rejects_a_stale_version(world: World) -> None:
    stale = fill(world.report, world.mai, world.at(-1))
    with transaction():
        now = save_section(world.report, "I.1", world.mai, world.at(), html="<p>Sửa sau.</p>", version=stale)
    with pytest.raises(Conflict) as refused:
        world.step(Step.SUBMIT, world.sa, version=stale)
    assert (refused.value.code, refused.value.extra["version"]) == ("stale_version", now)
    world.step(Step.SUBMIT, world.sa, version=now)
    assert world.row().state == "submitted"


def test_a_second_submit_is_told_that_it_is_done(world: World) -> None:
    world.submitted()
    with pytest.raises(Conflict) as refused:
        world.step(Step.SUBMIT, world.mai)
    assert refused.value.code == "wrong_state"
    assert len(events(world)) == 1


def test_for_another_unit_the_report_does_not_exist(world: World) -> None:
    for stranger in (world.dao_san, world.admin):
        with pytest.raises(NotFound):
            world.step(Step.SUBMIT, stranger)


def test_oversight_reads_and_takes_no_step(world: World) -> None:
    fill(world.report, world.mai, world.at(-1))
    with pytest.raises(Forbidden):
        world.step(Step.SUBMIT, world.oversight)


def test_the_lead_submits_for_a_unit_that_sent_paper_and_names_the_paper(world: World) -> None:
    fill(world.report, world.hanh, world.at(-1))
    with pytest.raises(Invalid) as refused:
        world.step(Step.SUBMIT, world.hanh, note="  ")
    assert refused.value.code == "note_required"
    world.step(Step.SUBMIT, world.hanh, note="Bản giấy số 12-BC/ĐU,\nngày 04/5/2023")
    (event,) = events(world)
    assert event.note == "Bản giấy số 12-BC/ĐU, ngày 04/5/2023"
    trail = session().scalars(select(AuditEntry.detail).where(AuditEntry.verb == "report.submit")).one()
    assert trail["for_unit"] is True


def test_lateness_is_kept_against_the_deadline_of_the_first_submission(world: World) -> None:
    fill(world.report, world.mai, world.at(-1))
    due = world.row().due_before
    world.step(Step.SUBMIT, world.sa, 24 * 6)
    world.step(Step.SEND_BACK, world.hanh, 24 * 6 + 1, note="Thiếu số liệu")
    world.step(Step.SUBMIT, world.sa, 24 * 6 + 2)
    report = world.row()
    assert report.first_submitted_at == world.at(24 * 6)
    assert report.first_due_before == due
    assert report.submitted_at == world.at(24 * 6 + 2)
    assert report.submissions == 2


def test_fifty_submits_at_once_leave_one(world: World, app: Flask) -> None:
    version = fill(world.report, world.mai, world.at(-1))
    session().rollback()
    answers: list[str] = []
    gate = threading.Barrier(50)

    def ask() -> None:
        gate.wait()
        with app.app_context():
            try:
                with transaction():
                    take_step(world.report, Step.SUBMIT, world.sa, world.at(), version=version)
                answers.append("done")
            except Refusal as refusal:
                answers.append(refusal.code)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=contextvars.Context().run, args=(ask,)) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(set(answers)) == ["done", "wrong_state"]
    assert (answers.count("done"), len(answers)) == (1, 50)
    assert world.row().version == version + 1
    assert session().scalar(select(func.count()).select_from(ReportEvent)) == 1
