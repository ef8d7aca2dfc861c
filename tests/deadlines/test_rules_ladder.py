from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracker.core.calendar import WorkingCalendar, last_day
from tracker.deadlines.rules import LADDER, Audience, Nudge, NudgeKind, ladder, next_at, passed, rung_at, timeline

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
CALENDAR = WorkingCalendar()
EXPECTED = json.loads((Path(__file__).parents[1] / "data" / "271-timeline.expected.json").read_text(encoding="utf-8"))
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
CHASED = ("complete", "submit", "consolidate")


def hanoi(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=HANOI)


SUBMIT_BEFORE = hanoi("2023-05-10T00:00")


@dataclass(frozen=True)
class Row:
    id: str
    kind: str
    operator: str
    named_date: date
    due_before: datetime
    wording: str = "hoàn thành trước ngày"


def milestones_of_271(before_inclusive: bool = False) -> list[Row]:
    rows = []
    for given_ in EXPECTED["milestones"]:
        named = date.fromisoformat(given_["named_date"])
        due = CALENDAR.day_end(last_day(given_["operator"], named, before_inclusive))
        rows.append(Row(given_["kind"], given_["kind"], given_["operator"], named, due))
    return rows


def timeline_of_271(**changes: object) -> dict[str, object]:
    arguments: dict[str, object] = {"opened_at": hanoi("2023-02-20T14:00"), "now": hanoi("2023-02-20T14:00")}
    return timeline("271-KH/HU", milestones_of_271(), CALENDAR, **{**arguments, **changes})


def statuses(**changes: object) -> dict[tuple[str, int], str]:
    nudges = timeline_of_271(**changes)["nudges"]
    assert isinstance(nudges, list)
    return {(each["milestone"], each["rung"]): each["status"] for each in nudges}


def test_the_timeline_of_plan_271_is_the_expected_one_rung_for_rung() -> None:
    made = timeline_of_271()
    assert made["campaign"] == EXPECTED["campaign"]
    assert made["timezone"] == EXPECTED["timezone"]
    strip = [{k: v for k, v in each.items() if k not in {"id", "wording"}} for each in made["milestones"]]
    assert strip == EXPECTED["milestones"]
    assert [{k: v for k, v in each.items() if k != "status"} for each in made["nudges"]] == EXPECTED["nudges"]
    json.dumps(made)


def test_before_read_as_including_the_day_moves_the_due_instant_and_not_the_wording() -> None:
    complete, submit, consolidate = timeline(
        "271-KH/HU", milestones_of_271(before_inclusive=True), CALENDAR, LONG_AGO, LONG_AGO
    )["milestones"]
    assert (complete["operator"], complete["last_day"]) == ("before", "2023-05-01")
    assert complete["last_working_day"] == "2023-04-28"
    assert (submit["last_day"], submit["due_before"]) == ("2023-05-10", "2023-05-11T00:00:00+07:00")
    assert consolidate["last_day"] == "2023-05-31"


def test_a_rung_is_planned_until_it_has_come_and_done_from_then_on() -> None:
    told = statuses(now=hanoi("2023-05-10T08:00"))
    assert told["submit", 0] == "done"
    assert told["submit", 1] == "done"
    assert told["submit", 2] == "planned"


def test_rungs_before_the_opening_are_listed_as_such() -> None:
    told = statuses(opened_at=hanoi("2023-04-25T08:00"), now=hanoi("2023-04-25T08:00"))
    assert told["submit", -14] == "before_opening"
    assert told["complete", -7] == "before_opening"
    assert told["submit", -7] == "done"
    assert told["submit", -3] == "planned"


def test_rungs_after_the_milestone_was_met_or_the_campaign_closed_are_cancelled() -> None:
    told = statuses(
        now=hanoi("2023-06-10T08:00"),
        met_at={"submit": hanoi("2023-05-11T20:00")},
        closed_at=hanoi("2023-06-02T10:00"),
    )
    assert told["submit", 2] == "done"
    assert told["submit", 3] == "cancelled"
    assert told["consolidate", 1] == "done"
    assert told["consolidate", 3] == "cancelled"


def test_a_milestone_of_another_kind_is_shown_and_has_no_ladder() -> None:
    other = Row("x", "other", "by", date(2023, 5, 20), hanoi("2023-05-21T00:00"))
    made = timeline("1-KH/HU", [other], CALENDAR, LONG_AGO, LONG_AGO)
    assert made["nudges"] == []
    assert [each["id"] for each in made["milestones"]] == ["x"]


def newest(now: str, not_before: datetime = LONG_AGO, kind: str = "submit") -> list[tuple[int, str]]:
    return [(each.rung, each.to.value) for each in passed(kind, SUBMIT_BEFORE, CALENDAR, hanoi(now), not_before)]


def test_nothing_has_passed_before_the_first_rung() -> None:
    assert newest("2023-04-14T07:59") == []
    assert newest("2023-04-14T08:00") == [(-14, "unit")]


def test_the_newest_passed_rung_stands_for_all_before_it_with_all_its_audiences() -> None:
    assert newest("2023-05-08T21:00") == [(-1, "unit")]
    assert newest("2023-05-10T09:00") == [(1, "unit"), (1, "unit_head")]
    assert newest("2023-05-12T08:00") == [(3, "oversight")]
    assert newest("2023-05-19T08:00") == [(6, "lead"), (6, "oversight")]


def test_the_tail_goes_on_every_three_working_days() -> None:
    assert newest("2023-07-05T08:00") == [(39, "lead"), (39, "oversight")]
    ninety = rung_at(CALENDAR, SUBMIT_BEFORE, 90)
    assert next_at("submit", SUBMIT_BEFORE, CALENDAR, ninety - timedelta(seconds=1), LONG_AGO) == ninety


def test_a_rung_before_the_opening_the_extension_or_the_sending_back_is_never_sent() -> None:
    assert newest("2023-05-08T09:00", hanoi("2023-05-08T08:00:01")) == []
    assert newest("2023-05-08T09:00", hanoi("2023-05-08T08:00")) == [(-1, "unit")]
    assert next_at("submit", SUBMIT_BEFORE, CALENDAR, LONG_AGO, hanoi("2023-05-08T08:00:01")) == hanoi(
        "2023-05-09T08:00"
    )


def test_a_reminder_of_a_date_that_has_passed_is_not_sent() -> None:
    due = hanoi("2023-05-01T00:00")
    late = hanoi("2023-05-02T10:00")
    assert [n.rung for n in passed("submit", due, CALENDAR, hanoi("2023-04-30T23:00"), LONG_AGO)] == [0]
    assert passed("submit", due, CALENDAR, late, LONG_AGO) == ()
    assert passed("complete", due, CALENDAR, hanoi("2023-05-20T10:00"), LONG_AGO) == ()


def test_ladders_without_a_tail_come_to_an_end() -> None:
    assert next_at("complete", SUBMIT_BEFORE, CALENDAR, SUBMIT_BEFORE, LONG_AGO) is None
    third = rung_at(CALENDAR, SUBMIT_BEFORE, 3)
    assert next_at("consolidate", SUBMIT_BEFORE, CALENDAR, third, LONG_AGO) is None
    assert next_at("other", SUBMIT_BEFORE, CALENDAR, LONG_AGO, LONG_AGO) is None


def test_who_hears_what_is_written_as_the_contract_writes_it() -> None:
    def rows(kind: str, upto: int) -> list[tuple[int, NudgeKind, Audience]]:
        return [(n.rung, n.kind, n.to) for n in ladder(kind, SUBMIT_BEFORE, CALENDAR, upto)]

    reminder, overdue, escalation = NudgeKind.REMINDER, NudgeKind.OVERDUE, NudgeKind.ESCALATION
    assert rows("complete", 99) == [(n, reminder, Audience.UNIT) for n in (-14, -7, -3, -1, 0)]
    assert rows("submit", 12)[5:] == [
        (1, overdue, Audience.UNIT),
        (1, overdue, Audience.UNIT_HEAD),
        (2, overdue, Audience.LEAD),
        (3, escalation, Audience.OVERSIGHT),
        (6, overdue, Audience.LEAD),
        (6, escalation, Audience.OVERSIGHT),
        (9, overdue, Audience.LEAD),
        (9, escalation, Audience.OVERSIGHT),
        (12, overdue, Audience.LEAD),
        (12, escalation, Audience.OVERSIGHT),
    ]
    assert rows("consolidate", 99)[5:] == [(1, overdue, Audience.LEAD), (3, escalation, Audience.OVERSIGHT)]
    assert set(LADDER) == {"complete", "submit", "consolidate", "other"}


DUES = st.one_of(
    st.dates(date(2010, 1, 1), date(2030, 12, 31)).map(CALENDAR.day_end),
    st.datetimes(datetime(2010, 1, 1), datetime(2030, 12, 31), timezones=st.just(HANOI)),
)
MONTH_ENDS = st.builds(
    lambda year, month: CALENDAR.at(date(year + month // 12, month % 12 + 1, 1), 0),
    st.integers(2010, 2030),
    st.integers(1, 12),
)


@settings(max_examples=150)
@given(DUES | MONTH_ENDS, st.sampled_from(CHASED))
def test_rungs_rise_and_lie_at_eight_on_working_days(due: datetime, kind: str) -> None:
    nudges = ladder(kind, due, CALENDAR, upto=30)
    instants = list(dict.fromkeys(nudge.at for nudge in nudges))
    numbers = list(dict.fromkeys(nudge.rung for nudge in nudges))
    assert instants == sorted(instants)
    assert len(instants) == len(numbers)
    assert numbers == sorted(numbers)
    for nudge in nudges:
        assert (nudge.at.hour, nudge.at.minute, nudge.at.utcoffset()) == (8, 0, timedelta(hours=7))
        assert CALENDAR.is_working_day(nudge.at.date())
        assert (nudge.at < due) == (nudge.rung <= 0)
        assert nudge.at.astimezone(UTC).hour == 1


@settings(max_examples=150)
@given(
    DUES | MONTH_ENDS,
    st.sampled_from(CHASED),
    st.timedeltas(timedelta(days=-40), timedelta(days=60)),
    st.timedeltas(timedelta(days=-40), timedelta(days=60)),
)
def test_the_next_rung_is_the_one_that_will_have_passed(
    due: datetime, kind: str, since: timedelta, opened: timedelta
) -> None:
    now, not_before = due + since, due + opened
    coming = next_at(kind, due, CALENDAR, now, not_before)
    before = passed(kind, due, CALENDAR, now, not_before)
    assert all(not_before <= nudge.at <= now for nudge in before)
    if coming is None:
        return
    assert coming > now
    then: tuple[Nudge, ...] = passed(kind, due, CALENDAR, coming, not_before)
    assert then
    assert {nudge.at for nudge in then} == {coming}
    just_before = coming - timedelta(microseconds=1)
    # Until it comes nothing new passes: what is sent in between is what had passed, or nothing once it is stale.
    assert passed(kind, due, CALENDAR, just_before, not_before) in (before, ())


@pytest.mark.parametrize("instant", ["2023-05-12T08:00:00+07:00", "2023-05-12T01:00:00+00:00"])
def test_the_zone_in_which_an_instant_is_written_changes_nothing(instant: str) -> None:
    now = datetime.fromisoformat(instant)
    due = SUBMIT_BEFORE.astimezone(UTC)
    assert [n.rung for n in passed("submit", due, CALENDAR, now, LONG_AGO)] == [3]
    assert ladder("submit", due, CALENDAR) == ladder("submit", SUBMIT_BEFORE, CALENDAR)
