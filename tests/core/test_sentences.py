from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from tracker.core.calendar import WorkingCalendar
from tracker.core.sentences import (
    date_long,
    date_short,
    day_month,
    extended,
    how_long,
    sent_back,
    submitted,
    time_hm,
    which_day,
)

CALENDAR = WorkingCalendar()
HANOI = ZoneInfo("Asia/Ho_Chi_Minh")


def hanoi(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=HANOI)


@pytest.mark.parametrize(
    ("day", "short", "long"),
    [
        ("2023-05-09", "09/5/2023", "thứ Ba, ngày 09/5/2023"),
        ("2023-05-12", "12/5/2023", "thứ Sáu, ngày 12/5/2023"),
        ("2023-02-20", "20/02/2023", "thứ Hai, ngày 20/02/2023"),
        ("2023-01-01", "01/01/2023", "Chủ nhật, ngày 01/01/2023"),
        ("2023-12-02", "02/12/2023", "thứ Bảy, ngày 02/12/2023"),
        ("2023-05-31", "31/5/2023", "thứ Tư, ngày 31/5/2023"),
        ("2023-10-05", "05/10/2023", "thứ Năm, ngày 05/10/2023"),
    ],
)
def test_dates_are_written_as_an_office_writes_them(day: str, short: str, long: str) -> None:
    assert date_short(date.fromisoformat(day)) == short
    assert str(date_long(date.fromisoformat(day))) == long
    assert day_month(date.fromisoformat(day)) == short[:-5]


def test_times_have_two_digits_each() -> None:
    assert time_hm(hanoi("2023-05-09T16:40")) == "16:40"
    assert time_hm(hanoi("2023-05-09T08:05")) == "08:05"


@pytest.mark.parametrize(
    ("due_before", "now", "big", "small"),
    [
        ("2023-05-13T00:00", "2023-05-11T09:00", "Còn 1 ngày làm việc", "Hết thứ Sáu, ngày 12/5/2023"),
        ("2023-06-01T00:00", "2023-05-11T09:00", "Còn 14 ngày làm việc", "Hết thứ Tư, ngày 31/5/2023"),
        ("2023-05-10T00:00", "2023-05-09T07:00", "Hết hạn hôm nay", "Gửi trước 24 giờ, thứ Ba, ngày 09/5/2023"),
        ("2023-05-10T00:00", "2023-05-10T00:00", "Trễ 1 ngày làm việc", "Hạn là hết thứ Ba, ngày 09/5/2023"),
        ("2023-05-10T00:00", "2023-05-11T09:00", "Trễ 2 ngày làm việc", "Hạn là hết thứ Ba, ngày 09/5/2023"),
        ("2023-05-10T00:00", "2023-05-13T09:00", "Trễ 3 ngày làm việc", "Hạn là hết thứ Ba, ngày 09/5/2023"),
        ("2023-05-13T00:00", "2023-05-14T09:00", "Quá hạn từ ngày 13/5", "Hạn là hết thứ Sáu, ngày 12/5/2023"),
        ("2023-05-01T00:00", "2023-05-03T09:00", "Quá hạn từ ngày 01/5", "Hạn là hết Chủ nhật, ngày 30/4/2023"),
        ("2023-05-01T00:00", "2023-04-27T09:00", "Còn 1 ngày làm việc", "Hết Chủ nhật, ngày 30/4/2023"),
        (
            "2023-05-01T00:00",
            "2023-04-28T09:00",
            "Hôm nay là ngày làm việc cuối trước hạn",
            "Hết Chủ nhật, ngày 30/4/2023",
        ),
        (
            "2023-05-01T00:00",
            "2023-04-29T09:00",
            "Không còn ngày làm việc nào trước hạn",
            "Hết Chủ nhật, ngày 30/4/2023",
        ),
        ("2023-05-01T00:00", "2023-04-30T09:00", "Hết hạn hôm nay", "Gửi trước 24 giờ, Chủ nhật, ngày 30/4/2023"),
        ("2023-05-12T17:00", "2023-05-12T09:00", "Hết hạn hôm nay", "Gửi trước 17:00, thứ Sáu, ngày 12/5/2023"),
        ("2023-05-12T17:00", "2023-05-11T09:00", "Còn 1 ngày làm việc", "Gửi trước 17:00, thứ Sáu, ngày 12/5/2023"),
        ("2023-05-12T17:00", "2023-05-12T18:00", "Quá hạn từ 17:00 ngày 12/5", "Hạn là 17:00, thứ Sáu, ngày 12/5/2023"),
    ],
)
def test_a_deadline_is_said_in_working_days_and_by_its_last_day(
    due_before: str, now: str, big: str, small: str
) -> None:
    assert str(how_long(CALENDAR, hanoi(due_before), hanoi(now))) == big
    assert str(which_day(CALENDAR, hanoi(due_before), hanoi(now))) == small


def test_what_was_sent_is_said_with_its_time_and_whether_it_was_in_time() -> None:
    due = hanoi("2023-05-10T00:00")
    assert str(submitted(CALENDAR, hanoi("2023-05-09T16:40"), due)) == "Đã gửi lúc 16:40 ngày 09/5, đúng hạn"
    assert (
        str(submitted(CALENDAR, hanoi("2023-05-10T08:05"), due)) == "Đã gửi lúc 08:05 ngày 10/5, muộn 1 ngày làm việc"
    )
    friday = hanoi("2023-05-13T00:00")
    assert str(submitted(CALENDAR, hanoi("2023-05-13T08:05"), friday)) == "Đã gửi lúc 08:05 ngày 13/5, sau hạn"
    stored = datetime(2023, 5, 9, 9, 40, tzinfo=UTC)
    assert str(submitted(CALENDAR, stored, due)) == "Đã gửi lúc 16:40 ngày 09/5, đúng hạn"


def test_sending_back_and_more_time_are_said_with_their_days() -> None:
    assert str(sent_back(CALENDAR, hanoi("2023-05-09T15:20"))) == "Bị trả lại lúc 15:20 ngày 09/5"
    assert str(extended(CALENDAR, hanoi("2023-05-18T00:00"))) == "Được gia hạn đến hết ngày 17/5/2023"
    assert str(extended(CALENDAR, hanoi("2023-05-17T17:00"))) == "Được gia hạn đến 17:00 ngày 17/5/2023"


def test_a_sentence_and_the_day_within_it_are_said_in_another_language() -> None:
    english = {
        "Hết %(day)s": "By the end of %(day)s",
        "%(thu)s, ngày %(ngay)s": "%(thu)s, %(ngay)s",
        "thứ Sáu": "Friday",
    }
    sentence = which_day(CALENDAR, hanoi("2023-05-13T00:00"), hanoi("2023-05-11T09:00"))
    assert sentence.said(english.__getitem__) == "By the end of Friday, 12/5/2023"
    assert sentence.msgid == "Hết %(day)s"
