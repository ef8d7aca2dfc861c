from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tracker.core import holidays
from tracker.core.calendar import WorkingCalendar, last_day

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
CALENDAR = WorkingCalendar()
DAYS = st.dates(date(2010, 1, 1), date(2030, 12, 31))


def hanoi(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=HANOI)


def test_the_holiday_block_of_spring_2023_is_off_and_the_day_after_is_worked() -> None:
    block = [date(2023, 4, 29) + timedelta(days=n) for n in range(5)]
    assert [CALENDAR.is_working_day(day) for day in block] == [False] * 5
    assert CALENDAR.is_working_day(date(2023, 4, 28))
    assert CALENDAR.is_working_day(date(2023, 5, 4))


def test_holidays_and_observed_days_carry_their_vietnamese_names() -> None:
    assert CALENDAR.day_name(date(2023, 5, 1)) == "Ngày Quốc tế Lao động"
    assert CALENDAR.day_name(date(2023, 5, 3)) == "Ngày Chiến thắng (nghỉ bù)"
    assert CALENDAR.day_name(date(2023, 5, 6)) is None


def test_a_swapped_saturday_is_worked() -> None:
    assert CALENDAR.is_working_day(date(2024, 5, 4))
    assert not CALENDAR.is_working_day(date(2024, 4, 29))
    assert CALENDAR.is_working_day(date(2014, 12, 27))


def test_the_swap_of_january_2026_exists_only_if_the_office_says_so() -> None:
    friday, saturday = date(2026, 1, 2), date(2026, 1, 10)
    assert CALENDAR.is_working_day(friday)
    assert not CALENDAR.is_working_day(saturday)
    office = WorkingCalendar(HANOI, {friday: False, saturday: True}, {friday: "Nghỉ hoán đổi"})
    assert not office.is_working_day(friday)
    assert office.is_working_day(saturday)
    assert office.day_name(friday) == "Nghỉ hoán đổi"
    assert office.day_name(saturday) is None
    assert office.add_working_days(date(2026, 1, 1), 1) == date(2026, 1, 5)
    assert office.add_working_days(date(2026, 1, 9), 1) == saturday


def test_the_office_may_work_on_a_public_holiday() -> None:
    office = WorkingCalendar(HANOI, {date(2023, 5, 3): True})
    assert office.is_working_day(date(2023, 5, 3))
    assert office.day_name(date(2023, 5, 3)) is None


@pytest.mark.parametrize("number", holidays.YEARS)
def test_the_shipped_table_says_what_the_library_says(number: int) -> None:
    """When the library has learnt new days: `.venv/bin/python -m tracker.core.holidays`, and read the change."""
    assert holidays.year(number) == holidays.from_library(number)


def test_years_outside_the_table_come_from_the_library_and_far_years_have_weekends_only() -> None:
    assert not CALENDAR.is_working_day(date(2061, 9, 2))
    assert not CALENDAR.is_working_day(date(2300, 1, 6))
    assert CALENDAR.is_working_day(date(2300, 9, 3))


@pytest.mark.parametrize(
    ("day", "n", "expected"),
    [
        ("2023-04-28", 1, "2023-05-04"),
        ("2023-05-01", 1, "2023-05-04"),
        ("2023-05-01", -1, "2023-04-28"),
        ("2023-05-04", -1, "2023-04-28"),
        ("2023-05-09", -14, "2023-04-14"),
        ("2022-12-30", 1, "2023-01-03"),
        ("2023-01-03", -1, "2022-12-30"),
        ("2023-05-06", 0, "2023-05-06"),
    ],
)
def test_working_days_are_added_over_the_holidays(day: str, n: int, expected: str) -> None:
    assert CALENDAR.add_working_days(date.fromisoformat(day), n) == date.fromisoformat(expected)


@given(DAYS, st.integers(-600, 600).filter(bool))
def test_adding_working_days_lands_on_the_nth_one(day: date, n: int) -> None:
    landed = CALENDAR.add_working_days(day, n)
    step = 1 if n > 0 else -1
    walked = [day + timedelta(days=step * k) for k in range(1, abs((landed - day).days) + 1)]
    assert sum(CALENDAR.is_working_day(each) for each in walked) == abs(n)
    assert CALENDAR.is_working_day(landed)


@given(DAYS, st.integers(0, 1200))
def test_working_days_between_counts_each_of_them_once(after: date, length: int) -> None:
    until = after + timedelta(days=length)
    days = [after + timedelta(days=k) for k in range(1, length + 1)]
    assert CALENDAR.working_days_between(after, until) == sum(map(CALENDAR.is_working_day, days))
    assert CALENDAR.working_days_between(until, after) == 0


@given(DAYS)
def test_a_local_day_ends_where_the_next_begins_seven_hours_before_utc(day: date) -> None:
    end = CALENDAR.day_end(day)
    assert end.astimezone(UTC) == datetime(day.year, day.month, day.day, 17, tzinfo=UTC)
    assert CALENDAR.local_day(end) == day + timedelta(days=1)
    assert CALENDAR.local_day(end - timedelta(microseconds=1)) == day
    assert CALENDAR.last_day_before(end) == day


def test_a_naive_instant_is_refused() -> None:
    with pytest.raises(ValueError, match="naive"):
        CALENDAR.local_day(datetime.fromisoformat("2023-05-09T08:00"))


def test_before_is_strict_unless_the_campaign_says_otherwise() -> None:
    named = date(2023, 5, 10)
    assert last_day("before", named) == date(2023, 5, 9)
    assert last_day("before", named, before_inclusive=True) == named
    for operator in ("by", "within", "span"):
        assert last_day(operator, named) == named
    assert last_day("before", date(2023, 3, 1)) == date(2023, 2, 28)


@pytest.mark.parametrize(
    ("due_before", "rung_0", "rung_1"),
    [
        ("2023-05-01T00:00", "2023-04-28T08:00", "2023-05-04T08:00"),
        ("2023-05-10T00:00", "2023-05-09T08:00", "2023-05-10T08:00"),
        ("2023-05-10T08:00", "2023-05-09T08:00", "2023-05-10T08:00"),
        ("2023-05-10T08:01", "2023-05-10T08:00", "2023-05-11T08:00"),
        ("2023-05-10T17:00", "2023-05-10T08:00", "2023-05-11T08:00"),
        ("2023-05-13T17:00", "2023-05-12T08:00", "2023-05-15T08:00"),
    ],
)
def test_eight_o_clocks_around_a_deadline(due_before: str, rung_0: str, rung_1: str) -> None:
    assert CALENDAR.last_working_eight_before(hanoi(due_before)) == hanoi(rung_0)
    assert CALENDAR.nth_working_eight_from(hanoi(due_before), 1) == hanoi(rung_1)


@pytest.mark.parametrize(
    ("now", "leaves"),
    [
        ("2023-05-12T08:00", "2023-05-12T08:00"),
        ("2023-05-12T17:59", "2023-05-12T17:59"),
        ("2023-05-12T18:00", "2023-05-15T08:00"),
        ("2023-05-12T07:59", "2023-05-12T08:00"),
        ("2023-05-13T10:00", "2023-05-15T08:00"),
        ("2023-04-28T18:30", "2023-05-04T08:00"),
    ],
)
def test_mail_leaves_in_working_hours(now: str, leaves: str) -> None:
    assert CALENDAR.sending_time(hanoi(now)) == hanoi(leaves)


DUE = hanoi("2023-05-10T00:00")


@pytest.mark.parametrize(
    ("now", "left", "late"),
    [
        ("2023-04-14T08:00", 14, 0),
        ("2023-04-28T23:59", 4, 0),
        ("2023-05-01T10:00", 4, 0),
        ("2023-05-04T00:00", 3, 0),
        ("2023-05-08T23:59", 1, 0),
        ("2023-05-09T00:00", 0, 0),
        ("2023-05-09T23:59", 0, 0),
        ("2023-05-10T00:00", 0, 1),
        ("2023-05-10T08:00", 0, 1),
        ("2023-05-11T09:00", 0, 2),
        ("2023-05-12T08:00", 0, 3),
        ("2023-05-13T08:00", 0, 3),
        ("2023-05-15T08:00", 0, 4),
    ],
)
def test_days_left_and_late_count_as_the_rungs_do(now: str, left: int, late: int) -> None:
    assert (CALENDAR.days_left(DUE, hanoi(now)), CALENDAR.days_late(DUE, hanoi(now))) == (left, late)


def test_no_working_day_has_come_since_a_deadline_in_the_holidays() -> None:
    due = hanoi("2023-05-01T00:00")
    assert [CALENDAR.days_late(due, hanoi(f"2023-05-0{day}T12:00")) for day in (1, 3, 4, 5)] == [0, 0, 1, 2]
    assert [CALENDAR.days_left(due, hanoi(f"2023-04-{day}T12:00")) for day in (27, 28, 29, 30)] == [1, 0, 0, 0]


@settings(max_examples=150)
@given(DAYS, st.integers(0, 23), st.integers(1, 30))
def test_on_the_day_of_a_rung_the_counters_give_its_number(day: date, hour: int, n: int) -> None:
    due = CALENDAR.at(day, hour)
    rung_day = CALENDAR.last_working_day(due)
    assert CALENDAR.days_left(due, CALENDAR.at(CALENDAR.add_working_days(rung_day, -n), 8)) == n
    assert CALENDAR.days_late(due, CALENDAR.at(CALENDAR.add_working_days(rung_day, n), 8)) == n
