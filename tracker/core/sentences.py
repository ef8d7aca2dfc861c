"""What a person says about time: days left, days late, when something was sent, and dates as an office writes them.

Sentences are msgids with their values, so that a page, a mail or a document can say them in its own language;
labels of buttons and fields live in templates.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from typing import Final, NamedTuple

from tracker.core.calendar import WorkingCalendar
from tracker.core.text import N_

_WEEKDAYS: Final = (
    N_("thứ Hai"),
    N_("thứ Ba"),
    N_("thứ Tư"),
    N_("thứ Năm"),
    N_("thứ Sáu"),
    N_("thứ Bảy"),
    N_("Chủ nhật"),
)
_MIDNIGHT: Final = time(0)


class Sentence(NamedTuple):
    """A Vietnamese msgid with %(name)s places, and what fills them: words, numbers, or another sentence."""

    msgid: str
    params: Mapping[str, object] = {}

    def said(self, gettext: Callable[[str], str]) -> str:
        """The sentence in the language of `gettext`."""
        values = {
            name: value.said(gettext) if isinstance(value, Sentence) else value for name, value in self.params.items()
        }
        return gettext(self.msgid) % values

    def __str__(self) -> str:
        return self.said(N_)


def day_month(day: date) -> str:
    """09/5: a leading 0 for days under 10 and for months 1 and 2 only (guide 36-HD/VPTW; decree 30, annex I)."""
    return f"{day.day:02d}/{day.month:02d}" if day.month <= 2 else f"{day.day:02d}/{day.month}"


def date_short(day: date) -> str:
    """09/5/2023."""
    return f"{day_month(day)}/{day.year}"


def date_long(day: date) -> Sentence:
    """thứ Ba, ngày 09/5/2023."""
    weekday = Sentence(_WEEKDAYS[day.weekday()])
    return Sentence(N_("%(thu)s, ngày %(ngay)s"), {"thu": weekday, "ngay": date_short(day)})


def time_hm(moment: datetime | time) -> str:
    """16:40. An instant must already be on the office's clock."""
    return f"{moment.hour:02d}:{moment.minute:02d}"


def how_long(calendar: WorkingCalendar, due_before: datetime, now: datetime) -> Sentence:
    """The big line of a deadline: how long there is left, or how late it is; never "0 ngày"."""
    if now >= due_before:
        late = calendar.days_late(due_before, now)
        if late:
            return Sentence(N_("Trễ %(n)s ngày làm việc"), {"n": late})
        since = calendar.local(due_before)
        if since.time() == _MIDNIGHT:
            return Sentence(N_("Quá hạn từ ngày %(date)s"), {"date": day_month(since)})
        return Sentence(N_("Quá hạn từ %(time)s ngày %(date)s"), {"time": time_hm(since), "date": day_month(since)})
    left = calendar.days_left(due_before, now)
    if left:
        return Sentence(N_("Còn %(n)s ngày làm việc"), {"n": left})
    today = calendar.local_day(now)
    if today == calendar.last_day_before(due_before):
        return Sentence(N_("Hết hạn hôm nay"))
    # The last day lies in days off: today is the last that is worked, or even that one is over.
    if calendar.is_working_day(today):
        return Sentence(N_("Hôm nay là ngày làm việc cuối trước hạn"))
    return Sentence(N_("Không còn ngày làm việc nào trước hạn"))


def which_day(calendar: WorkingCalendar, due_before: datetime, now: datetime) -> Sentence:
    """The small line of a deadline: the last day on which it is on time, never the exclusive date."""
    last = calendar.last_day_before(due_before)
    end = calendar.local(due_before)
    day = date_long(last)
    if end.time() != _MIDNIGHT:
        values = {"time": time_hm(end), "day": day}
        if now >= due_before:
            return Sentence(N_("Hạn là %(time)s, %(day)s"), values)
        return Sentence(N_("Gửi trước %(time)s, %(day)s"), values)
    if now >= due_before:
        return Sentence(N_("Hạn là hết %(day)s"), {"day": day})
    if calendar.local_day(now) == last:
        return Sentence(N_("Gửi trước 24 giờ, %(day)s"), {"day": day})
    return Sentence(N_("Hết %(day)s"), {"day": day})


def submitted(calendar: WorkingCalendar, at: datetime, due_before: datetime) -> Sentence:
    """When a report was sent, and whether that was in time for the deadline it had."""
    local = calendar.local(at)
    values: dict[str, object] = {"time": time_hm(local), "date": day_month(local)}
    if at < due_before:
        return Sentence(N_("Đã gửi lúc %(time)s ngày %(date)s, đúng hạn"), values)
    late = calendar.days_late(due_before, at)
    if late:
        return Sentence(N_("Đã gửi lúc %(time)s ngày %(date)s, muộn %(n)s ngày làm việc"), {**values, "n": late})
    return Sentence(N_("Đã gửi lúc %(time)s ngày %(date)s, sau hạn"), values)


def sent_back(calendar: WorkingCalendar, at: datetime) -> Sentence:
    """When a report was sent back to its unit."""
    local = calendar.local(at)
    return Sentence(N_("Bị trả lại lúc %(time)s ngày %(date)s"), {"time": time_hm(local), "date": day_month(local)})


def extended(calendar: WorkingCalendar, due_before: datetime) -> Sentence:
    """Until when a report was given more time."""
    end = calendar.local(due_before)
    last = date_short(calendar.last_day_before(due_before))
    if end.time() == _MIDNIGHT:
        return Sentence(N_("Được gia hạn đến hết ngày %(date)s"), {"date": last})
    return Sentence(N_("Được gia hạn đến %(time)s ngày %(date)s"), {"time": time_hm(end), "date": last})
