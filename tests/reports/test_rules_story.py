"""The sample story of plan 271, told through the rules alone: 58 reports, every step legal, every count as told."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import pytest

import tracker
from tracker.core.calendar import WorkingCalendar
from tracker.core.people import Actor, Role
from tracker.reports.rules import (
    TRANSITIONS,
    Standing,
    State,
    Step,
    check_state,
    check_step,
    due_before,
    is_late,
    is_overdue,
    resubmit_default,
)

STORY = json.loads(
    (Path(tracker.__file__).parent / "operate" / "sample" / "sample-story.json").read_text(encoding="utf-8")
)
CALENDAR = WorkingCalendar()
UNIT = 1
WHO = {
    "reporter": Actor(1, "", roles=frozenset({Role.REPORTER}), reporter_of=frozenset({UNIT})),
    "unit_head": Actor(2, "", roles=frozenset({Role.UNIT_HEAD}), head_of=frozenset({UNIT})),
    "lead": Actor(3, "", roles=frozenset({Role.LEAD})),
}


@dataclass
class Told:
    state: State = State.DRAFTING
    sent_back: bool = False
    extension: datetime | None = None
    resubmit_end: datetime | None = None
    first: datetime | None = None
    first_due: datetime | None = None


def tell(story: dict, until: datetime) -> tuple[Told, datetime]:
    """The report as it stands at `until`, and its own deadline then."""
    told, milestone = Told(), datetime.fromisoformat(story["due_before"])
    for event in story["events"]:
        at = datetime.fromisoformat(event["at"])
        if at > until:
            break
        if event["step"] == "extension_granted":
            told.extension = datetime.fromisoformat(event["due_before"])
        if event["step"] not in set(Step):
            continue
        step, standing = Step(event["step"]), Standing(told.state, UNIT, told.sent_back)
        by = date.fromisoformat(event["resubmit_by"]) if "resubmit_by" in event else None
        if step is Step.CONSOLIDATE:
            check_state(step, standing)
        else:
            check_step(step, standing, WHO[event["by"]], event.get("reason"), by, CALENDAR.local_day(at))
        if step is Step.SUBMIT and told.first is None:
            told.first, told.first_due = at, due_before(milestone, told.extension, told.resubmit_end)
        if step is Step.SEND_BACK:
            assert by == resubmit_default(CALENDAR, at)
            told.resubmit_end = CALENDAR.day_end(by)
        told.sent_back = step is Step.SEND_BACK
        told.state = TRANSITIONS[step][1]
    return told, due_before(milestone, told.extension, told.resubmit_end)


@pytest.mark.parametrize("moment", STORY["expected_board"])
def test_the_counts_of_the_story_come_out_of_the_rules(moment: str) -> None:
    expected = STORY["expected_board"][moment]
    now = datetime.fromisoformat(expected["at"])
    told = {story["code"]: tell(story, now) for story in STORY["stories"]}
    by_state = {state.value: sum(report.state is state for report, _ in told.values()) for state in State}
    assert by_state == expected["by_state"]
    assert sorted(c for c, (report, due) in told.items() if is_overdue(report.state, due, now)) == sorted(
        expected["overdue_units"]
    )
    assert sum(is_late(report.first, report.first_due) for report, _ in told.values()) == expected["late"]
    assert {c for c, (report, _) in told.items() if report.sent_back} == set(expected["sent_back_now"])
