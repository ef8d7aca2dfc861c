from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from tracker.core.calendar import WorkingCalendar
from tracker.core.errors import Conflict, Forbidden, Invalid, Refusal
from tracker.core.people import Actor, Role
from tracker.reports.rules import (
    Standing,
    State,
    Step,
    allowed_steps,
    check_state,
    check_step,
    check_write,
    due_before,
    is_due_soon,
    is_late,
    is_overdue,
    read_step,
    resubmit_default,
)

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
CALENDAR = WorkingCalendar()
TODAY = date(2023, 5, 11)
REPORTER = Actor(1, "Lò Thị Mai", roles=frozenset({Role.REPORTER}), reporter_of=frozenset({7}))
LEAD = Actor(2, "Nguyễn Thị Hạnh", roles=frozenset({Role.LEAD}))
OVERSIGHT = Actor(3, "Thường trực", roles=frozenset({Role.OVERSIGHT}))
DRAFTING = Standing(State.DRAFTING, 7)
SUBMITTED = Standing(State.SUBMITTED, 7)


def hanoi(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=HANOI)


def refused(step: Step, standing: Standing, actor: Actor, note: str | None = None, by: date | None = None) -> Refusal:
    with pytest.raises(Refusal) as told:
        check_step(step, standing, actor, note, by, TODAY)
    return told.value


@pytest.mark.parametrize("flag", ["taken", "has_remarks"])
def test_a_report_that_a_reviewer_has_begun_is_no_longer_withdrawn(flag: str) -> None:
    begun = Standing(State.SUBMITTED, 7, **{flag: True})
    refusal = refused(Step.WITHDRAW, begun, REPORTER)
    assert isinstance(refusal, Conflict)
    assert refusal.code == "under_review"
    assert Step.WITHDRAW not in allowed_steps(begun, REPORTER)
    check_step(Step.ACCEPT, begun, LEAD, None, None, TODAY)


@pytest.mark.parametrize(
    ("step", "state"),
    [(Step.SEND_BACK, State.SUBMITTED), (Step.REOPEN, State.REVIEWED), (Step.RELEASE, State.CONSOLIDATED)],
)
@pytest.mark.parametrize("note", [None, "", "  \n "])
def test_steps_back_need_a_reason(step: Step, state: State, note: str | None) -> None:
    refusal = refused(step, Standing(state, 7), LEAD, note)
    assert isinstance(refusal, Invalid)
    assert refusal.code == "note_required"
    check_step(step, Standing(state, 7), LEAD, "Thiếu số liệu năm 2022", None, TODAY)


def test_the_lead_who_submits_for_a_unit_names_the_paper_and_the_unit_itself_need_not() -> None:
    assert refused(Step.SUBMIT, DRAFTING, LEAD).code == "note_required"
    check_step(Step.SUBMIT, DRAFTING, LEAD, "Bản giấy số 12-BC/CB ngày 08/5/2023", None, TODAY)
    check_step(Step.SUBMIT, DRAFTING, REPORTER, None, None, TODAY)
    both = Actor(4, "Vàng A Sử", roles=frozenset({Role.LEAD, Role.UNIT_HEAD}), head_of=frozenset({7}))
    check_step(Step.SUBMIT, DRAFTING, both, None, None, TODAY)


def test_nobody_accepts_the_report_of_their_own_unit_and_is_told_why() -> None:
    both = Actor(4, "Vàng A Sử", roles=frozenset({Role.LEAD, Role.REPORTER}), reporter_of=frozenset({7}))
    refusal = refused(Step.ACCEPT, SUBMITTED, both)
    assert isinstance(refusal, Forbidden)
    assert refusal.code == "own_unit"
    check_step(Step.ACCEPT, Standing(State.SUBMITTED, 8), both, None, None, TODAY)


def test_the_role_is_refused_before_the_state_and_the_state_before_the_note() -> None:
    assert isinstance(refused(Step.SEND_BACK, DRAFTING, REPORTER), Forbidden)
    assert isinstance(refused(Step.SEND_BACK, DRAFTING, LEAD), Conflict)
    assert isinstance(refused(Step.SEND_BACK, SUBMITTED, LEAD), Invalid)


def test_a_wrong_state_is_told_in_the_answer() -> None:
    assert refused(Step.ACCEPT, DRAFTING, LEAD).extra == {"state": "drafting"}


def test_the_resubmit_day_is_not_in_the_past_and_not_beyond_reason() -> None:
    assert refused(Step.SEND_BACK, SUBMITTED, LEAD, "Sửa", TODAY - timedelta(days=1)).code == "resubmit_by_past"
    assert refused(Step.SEND_BACK, SUBMITTED, LEAD, "Sửa", date(9999, 12, 31)).code == "resubmit_by_far"
    check_step(Step.SEND_BACK, SUBMITTED, LEAD, "Sửa", TODAY, TODAY)


def test_a_resubmit_day_belongs_to_sending_back_alone() -> None:
    assert refused(Step.ACCEPT, SUBMITTED, LEAD, None, TODAY).code == "resubmit_by_unexpected"


def test_a_step_of_no_known_name_is_refused_with_the_names_that_are() -> None:
    assert read_step("send_back") is Step.SEND_BACK
    for name in ("approve", "", None, 3):
        with pytest.raises(Invalid) as told:
            read_step(name)
        assert told.value.code == "unknown_step"
        assert "send_back" in str(told.value)


def test_only_a_reviewed_report_is_consolidated_by_the_assembly() -> None:
    check_state(Step.CONSOLIDATE, Standing(State.REVIEWED, 7))
    for state in (State.DRAFTING, State.SUBMITTED, State.CONSOLIDATED):
        with pytest.raises(Conflict):
            check_state(Step.CONSOLIDATE, Standing(state, 7))


def test_a_report_is_written_by_its_unit_or_the_lead_while_it_is_drafted() -> None:
    check_write(DRAFTING, REPORTER)
    check_write(DRAFTING, LEAD)
    with pytest.raises(Forbidden):
        check_write(SUBMITTED, OVERSIGHT)
    for state in (State.SUBMITTED, State.REVIEWED, State.CONSOLIDATED):
        with pytest.raises(Conflict):
            check_write(Standing(state, 7), REPORTER)


@pytest.mark.parametrize(
    ("sent_back_at", "resubmit_by"),
    [
        ("2023-04-25T14:05", "2023-04-28"),
        ("2023-04-26T16:00", "2023-05-04"),
        ("2023-05-09T15:20", "2023-05-12"),
        ("2023-05-11T10:30", "2023-05-16"),
        ("2023-05-13T09:00", "2023-05-17"),
    ],
)
def test_three_working_days_to_resubmit_count_from_the_day_after(sent_back_at: str, resubmit_by: str) -> None:
    assert resubmit_default(CALENDAR, hanoi(sent_back_at)) == date.fromisoformat(resubmit_by)


def test_the_own_deadline_of_a_report() -> None:
    milestone, later, latest = hanoi("2023-05-10T00:00"), hanoi("2023-05-13T00:00"), hanoi("2023-05-18T00:00")
    earlier = hanoi("2023-05-06T00:00")
    assert due_before(milestone, None, None) == milestone
    assert due_before(milestone, latest, None) == latest
    assert due_before(milestone, None, later) == later
    assert due_before(milestone, None, earlier) == milestone
    assert due_before(milestone, latest, later) == latest
    assert due_before(milestone, later, latest) == latest


def test_overdue_is_past_its_deadline_and_drafting() -> None:
    due = hanoi("2023-05-10T00:00")
    assert is_overdue(State.DRAFTING, due, due)
    assert not is_overdue(State.DRAFTING, due, due - timedelta(microseconds=1))
    for state in (State.SUBMITTED, State.REVIEWED, State.CONSOLIDATED):
        assert not is_overdue(state, due, due + timedelta(days=9))


def test_late_is_first_submitted_after_the_deadline_of_that_moment() -> None:
    due = hanoi("2023-05-10T00:00")
    assert is_late(due, due)
    assert not is_late(due - timedelta(microseconds=1), due)
    assert not is_late(None, None)


@pytest.mark.parametrize(
    ("now", "soon"),
    [
        ("2023-04-28T08:00", False),
        ("2023-05-03T23:59", False),
        ("2023-05-04T00:00", True),
        ("2023-05-09T23:59", True),
        ("2023-05-10T00:00", False),
    ],
)
def test_due_soon_is_three_working_days_or_fewer(now: str, soon: bool) -> None:
    assert is_due_soon(CALENDAR, State.DRAFTING, hanoi("2023-05-10T00:00"), hanoi(now)) is soon
    assert not is_due_soon(CALENDAR, State.SUBMITTED, hanoi("2023-05-10T00:00"), hanoi(now))
