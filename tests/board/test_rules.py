"""What a row and the chart say, from facts and an instant."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

import pytest

from tracker.board.rules import Standing, burn_up, standing
from tracker.core.calendar import WorkingCalendar

CALENDAR = WorkingCalendar()
DUE = datetime.fromisoformat("2023-05-10T00:00:00+07:00")
NOW = datetime.fromisoformat("2023-05-11T09:00:00+07:00")


def stands(
    state: str = "drafting",
    *,
    now: datetime = NOW,
    due: datetime = DUE,
    sent_back: bool = False,
    first: datetime | None = None,
) -> Standing:
    return standing(
        CALENDAR,
        now,
        state=state,
        due_before=due,
        sent_back=sent_back,
        first_submitted_at=first,
        first_due_before=DUE if first else None,
    )


@pytest.mark.parametrize(
    ("now", "kind", "word", "says"),
    [
        ("2023-04-10T09:00:00+07:00", "draft", "Đang soạn", "Còn 18 ngày làm việc"),
        ("2023-05-04T09:00:00+07:00", "soon", "Đang soạn", "Còn 3 ngày làm việc"),
        ("2023-05-09T23:59:59+07:00", "soon", "Đang soạn", "Hết hạn hôm nay"),
        ("2023-05-10T00:00:00+07:00", "late", "Trễ hạn", "Trễ 1 ngày làm việc"),
        ("2023-05-11T09:00:00+07:00", "late", "Trễ hạn", "Trễ 2 ngày làm việc"),
    ],
)
def test_a_report_being_written_is_told_by_its_deadline(now: str, kind: str, word: str, says: str) -> None:
    found = stands(now=datetime.fromisoformat(now))
    assert (found.kind, found.word, str(found.says), found.overdue) == (kind, word, says, kind == "late")


def test_a_report_sent_back_is_not_late_before_its_own_day() -> None:
    resubmit = datetime.fromisoformat("2023-05-13T00:00:00+07:00")
    found = stands(sent_back=True, due=resubmit, first=DUE - timedelta(days=2))
    assert (found.kind, found.word, found.overdue) == ("back", "Bị trả lại", False)
    assert str(found.says) == "Còn 1 ngày làm việc"


def test_a_report_sent_back_is_late_once_that_day_is_over() -> None:
    found = stands(sent_back=True, due=NOW - timedelta(hours=9), first=DUE - timedelta(days=2))
    assert (found.kind, found.overdue) == ("late", True)


@pytest.mark.parametrize(
    ("state", "kind", "word"),
    [("submitted", "sent", "Chờ duyệt"), ("reviewed", "ok", "Đã duyệt"), ("consolidated", "sum", "Đã tổng hợp")],
)
def test_a_report_that_was_sent_says_when_and_is_never_overdue(state: str, kind: str, word: str) -> None:
    found = stands(state, first=datetime.fromisoformat("2023-05-10T16:40:00+07:00"), now=NOW + timedelta(days=90))
    assert (found.kind, found.word, found.overdue) == (kind, word, False)
    assert str(found.says) == "Đã gửi lúc 16:40 ngày 10/5, muộn 1 ngày làm việc"


# --- the chart -----------------------------------------------------------------------------------

SUBMIT, CLOSE, TODAY = date(2023, 5, 9), date(2023, 5, 31), date(2023, 5, 11)


def numbers(path: str) -> list[tuple[str, float]]:
    return [(letter, float(number)) for letter, number in re.findall(r"([MHV])([\d.]+)", path)]


def test_the_lines_climb_to_todays_counts() -> None:
    chart = burn_up(CALENDAR, {SUBMIT: 3, TODAY: 2}, {TODAY: 1}, 10, TODAY, [SUBMIT, CLOSE])
    assert chart is not None
    assert (chart.sent, chart.reviewed, chart.total) == (5, 1, 10)
    heights = [number for letter, number in numbers(chart.sent_path) if letter == "V"]
    assert heights == [172 - 150 * 0.3, 172 - 150 * 0.5]
    assert chart.sent_end == (chart.today_x, heights[-1])
    assert chart.goal_y == 22


def test_what_has_not_happened_yet_is_not_drawn() -> None:
    chart = burn_up(CALENDAR, {TODAY: 1, TODAY + timedelta(days=1): 4}, {}, 10, TODAY, [CLOSE])
    assert chart is not None
    assert chart.sent == 1


def test_the_chart_begins_with_the_first_report_whatever_their_order() -> None:
    first = date(2023, 3, 22)
    chart = burn_up(CALENDAR, {SUBMIT: 1, first: 2}, {}, 10, TODAY, [CLOSE])
    assert chart is not None
    assert chart.ticks[0] == (20, first)
    assert chart.ticks[-1] == (292, CLOSE)


def test_reports_older_than_the_chart_are_where_the_line_begins() -> None:
    chart = burn_up(CALENDAR, {date(2023, 1, 4): 4, SUBMIT: 1}, {}, 10, TODAY, [CLOSE])
    assert chart is not None
    assert chart.ticks[0][1] == CLOSE - timedelta(days=75)
    assert chart.sent == 5
    assert chart.sent_path.startswith(f"M20.0 {172 - 150 * 0.4}H")


def test_holidays_longer_than_a_weekend_are_shaded() -> None:
    chart = burn_up(CALENDAR, {}, {}, 10, TODAY, [SUBMIT, CLOSE])
    assert chart is not None
    day = 272 / 51
    (start, width) = chart.holidays[0]
    assert len(chart.holidays) == 1  # 29/4 to 03/5/2023: Saturday, Sunday and three days off
    assert start == pytest.approx(20 + 19 * day, abs=0.1)
    assert width == pytest.approx(5 * day, abs=0.1)


def test_there_is_no_chart_without_a_deadline_or_a_unit() -> None:
    assert burn_up(CALENDAR, {}, {}, 10, TODAY, []) is None
    assert burn_up(CALENDAR, {}, {}, 0, TODAY, [CLOSE]) is None


@pytest.mark.parametrize("total", [1, 3, 58, 1148, 50_000])
def test_the_scale_has_few_marks_whatever_the_size(total: int) -> None:
    chart = burn_up(CALENDAR, {}, {}, total, TODAY, [CLOSE])
    assert chart is not None
    assert len(chart.marks) <= 4
    assert all(0 < count < total for _, count in chart.marks)
