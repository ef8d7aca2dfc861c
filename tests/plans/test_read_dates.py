"""Time limits are told from cited dates and data windows, and end on the right day."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.core.calendar import WorkingCalendar
from tracker.plans.dates import find_time_limits

ISSUED = date(2023, 2, 20)
ZONE = ZoneInfo("Asia/Ho_Chi_Minh")


@pytest.mark.parametrize(
    ("text", "operator", "named", "last"),
    [
        ("hoàn thành trước ngày 01/5/2023.", "before", "2023-05-01", "2023-04-30"),
        ("trước ngày 1.5.2023", "before", "2023-05-01", "2023-04-30"),
        ("trước ngày 17-5", "before", "2023-05-17", "2023-05-16"),
        ("trước ngày 15/01", "before", "2024-01-15", "2024-01-14"),
        ("gửi trước ngày 15 tháng 6 năm 2023", "before", "2023-06-15", "2023-06-14"),
        ("trước tháng 6/2023", "before", "2023-06-01", "2023-05-31"),
        ("chậm nhất ngày 15/6/2024", "by", "2024-06-15", "2024-06-15"),
        ("chậm nhất là ngày 15/6/2024", "by", "2024-06-15", "2024-06-15"),
        ("đến hết ngày 15/6/2024", "by", "2024-06-15", "2024-06-15"),
        ("không quá ngày 15/6/2024", "by", "2024-06-15", "2024-06-15"),
        ("Thời hạn: đến hết ngày 05/7/2024", "by", "2024-07-05", "2024-07-05"),
        ("cuối tháng 6/2024", "by", "2024-06-30", "2024-06-30"),
        ("giữa tháng 6/2024", "by", "2024-06-15", "2024-06-15"),
        ("hoàn thành trong tháng 5/2023", "within", "2023-05-31", "2023-05-31"),
        ("trong tháng 02 năm 2024", "within", "2024-02-29", "2024-02-29"),
        ("trong tháng 01", "within", "2024-01-31", "2024-01-31"),
        ("trong quý III/2024", "within", "2024-09-30", "2024-09-30"),
        ("trong quý 2 năm 2024", "within", "2024-06-30", "2024-06-30"),
        ("trong năm 2024", "within", "2024-12-31", "2024-12-31"),
        ("từ ngày 01 đến ngày 15/6/2024", "span", "2024-06-15", "2024-06-15"),
        ("từ ngày 01/3/2024 đến hết ngày 15 tháng 6 năm 2024", "span", "2024-06-15", "2024-06-15"),
    ],
)
def test_each_phrase_ends_on_its_day(text: str, operator: str, named: str, last: str) -> None:
    (limit,) = find_time_limits(text, ISSUED)
    assert (limit.operator, limit.named_date.isoformat(), limit.last_day.isoformat()) == (operator, named, last)
    day_after = date.fromordinal(limit.last_day.toordinal() + 1)
    assert limit.due_before == datetime(day_after.year, day_after.month, day_after.day, tzinfo=ZONE)


def test_an_hour_is_the_limit_and_its_day_counts() -> None:
    (limit,) = find_time_limits("gửi về trước 17 giờ 30 ngày 20/6/2024", ISSUED)
    assert limit.last_day == date(2024, 6, 20)
    assert limit.due_before.isoformat() == "2024-06-20T17:30:00+07:00"
    (limit,) = find_time_limits("chậm nhất 17h ngày 20/6/2024", ISSUED)
    assert limit.due_before.isoformat() == "2024-06-20T17:00:00+07:00"


@pytest.mark.parametrize(
    "text",
    [
        "Kế hoạch số 148-KH/TU, ngày 14/02/2023 của Ban Thường vụ",
        "Quyết định số 1327-QĐ/TU ngày 28/8/2013",
        "Số liệu năm 2013 tính đến thời điểm báo cáo.",
        "Số liệu tính từ ngày 01/01/2023 đến ngày 31/12/2023",
        "số liệu tính đến hết ngày 31/5/2024",
        "Mốc số liệu đến ngày 31/5/2024",
        "số liệu từ ngày 01/01/2023 đến ngày 31/12/2023",
        "chốt số liệu đến hết tháng 4/2023",
        "khóa XII",
        "trước ngày 31/02/2023",
        "trước ngày 45/13/2023",
        "trong thời gian tới",
        "mục 4.1 của Đề án",
        "",
    ],
)
def test_citations_windows_and_no_dates_set_no_limit(text: str) -> None:
    assert find_time_limits(text, ISSUED) == []


def test_figures_in_a_sentence_do_not_make_its_limit_a_window() -> None:
    (limit,) = find_time_limits("gửi báo cáo và số liệu trước ngày 10/5/2023", ISSUED)
    assert limit.last_day == date(2023, 5, 9)


def test_a_date_without_a_year_needs_an_issue_date() -> None:
    assert find_time_limits("trước ngày 15/6", None) == []
    assert len(find_time_limits("trước ngày 15/6/2023", None)) == 1


def test_a_period_does_not_count_its_first_day_and_ends_on_a_working_day() -> None:
    calendar = WorkingCalendar()
    (limit,) = find_time_limits("trong thời hạn 15 ngày kể từ ngày ban hành", ISSUED, calendar)
    assert limit.last_day == date(2023, 3, 7)
    # 20 February + 68 days is Saturday 29 April; the days off last until 3 May.
    (limit,) = find_time_limits("trong thời hạn 68 ngày kể từ ngày ký", ISSUED, calendar)
    assert limit.last_day == date(2023, 5, 4)
    (limit,) = find_time_limits("trong 3 ngày làm việc kể từ ngày 27/4/2023", ISSUED, calendar)
    assert limit.last_day == date(2023, 5, 5)
    assert find_time_limits("trong 5 ngày kể từ ngày nhận được", ISSUED, calendar) == []


def test_two_limits_in_one_sentence_are_both_found() -> None:
    text = "hoàn thành trước ngày 01/5/2023 và gửi báo cáo trước ngày 10/5/2023"
    assert [limit.last_day.day for limit in find_time_limits(text, ISSUED)] == [30, 9]


@given(st.dates(date(2000, 1, 1), date(2099, 12, 30)), st.sampled_from("/.-"))
def test_before_any_day_is_the_day_before(day: date, separator: str) -> None:
    text = f"trước ngày {separator.join([str(day.day), str(day.month), str(day.year)])}"
    (limit,) = find_time_limits(text, ISSUED)
    assert limit.named_date == day
    assert limit.last_day.toordinal() == day.toordinal() - 1


@given(st.text(alphabet="trướcngày từđếnhết0123456789/.-thángquýIV", max_size=60))
def test_no_text_makes_it_fail(text: str) -> None:
    for limit in find_time_limits(text, ISSUED):
        assert 0 <= limit.start < limit.end <= len(text)
