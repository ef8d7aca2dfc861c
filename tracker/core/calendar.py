"""The working calendar of an office: working days, local days as instants, days left and days late.

Which milestones and nudges hang on it is the business of campaigns and deadlines.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from tracker.core import holidays

OPENS: Final = 8
CLOSES: Final = 18
OFFICE_ZONE: Final = ZoneInfo("Asia/Ho_Chi_Minh")

_DAY = timedelta(days=1)
_INSTANT = timedelta(microseconds=1)


def last_day(operator: str, named_date: date, before_inclusive: bool = False) -> date:
    """The last local day on which a milestone can be met.

    "Trước ngày X" (`before`) is strict, so the day before X, unless the campaign reads it as including X;
    `by`, `within` and `span` name their own last day (practice differs between offices, so the campaign decides).
    """
    return named_date - _DAY if operator == "before" and not before_inclusive else named_date


@dataclass(frozen=True, eq=False)
class WorkingCalendar:
    """Monday to Friday less Vietnamese public holidays and observed days, plus make-up days.

    `tz`: the office's zone. `extra`: the office's own table over the built-in holidays,
    True = that day is worked, False = that day is off. `names`: what the office calls such a day.
    """

    tz: ZoneInfo = OFFICE_ZONE
    extra: Mapping[date, bool] = field(default_factory=dict)
    names: Mapping[date, str] = field(default_factory=dict)
    _years: dict[int, list[date]] = field(default_factory=dict, init=False, repr=False)

    def is_working_day(self, day: date) -> bool:
        """True if the office works on that day."""
        said = self.extra.get(day)
        if said is not None:
            return said
        built_in = holidays.year(day.year)
        return day in built_in.worked or (day.weekday() < 5 and day not in built_in.off)

    def day_name(self, day: date) -> str | None:
        """What the day is called, in Vietnamese: the office's word for it, else the public holiday, else None."""
        if day in self.names:
            return self.names[day]
        if self.extra.get(day) is True:
            return None
        return holidays.year(day.year).off.get(day)

    def add_working_days(self, day: date, n: int) -> date:
        """The n-th working day after `day` (before it for a negative n); `day` itself for 0, worked or not."""
        if n == 0:
            return day
        year = day.year
        days = self._working_days(year)
        index = bisect_right(days, day) + n - 1 if n > 0 else bisect_left(days, day) + n
        while index >= len(days):
            index -= len(days)
            year += 1
            days = self._working_days(year)
        while index < 0:
            year -= 1
            days = self._working_days(year)
            index += len(days)
        return days[index]

    def working_days_between(self, after: date, until: date) -> int:
        """How many working days lie in (after, until]: 0 if `until` is not after `after`."""
        if until <= after:
            return 0
        if after.year == until.year:
            days = self._working_days(until.year)
            return bisect_right(days, until) - bisect_right(days, after)
        first = self._working_days(after.year)
        between = sum(len(self._working_days(year)) for year in range(after.year + 1, until.year))
        return len(first) - bisect_right(first, after) + between + bisect_right(self._working_days(until.year), until)

    def at(self, day: date, hour: int, minute: int = 0) -> datetime:
        """The instant at which the office's clock reads hour:minute on that day."""
        return datetime.combine(day, time(hour, minute), self.tz)

    def local(self, instant: datetime) -> datetime:
        """The same instant on the office's clock. A naive datetime is refused: ValueError."""
        if instant.tzinfo is None:
            raise ValueError("naive datetime")
        return instant.astimezone(self.tz)

    def local_day(self, instant: datetime) -> date:
        """The office's day on which an instant falls."""
        return self.local(instant).date()

    def day_end(self, day: date) -> datetime:
        """The instant after the last moment of a local day: a `due_before` for a last day."""
        return self.at(day + _DAY, 0)

    def last_day_before(self, due_before: datetime) -> date:
        """The local day of the last moment before `due_before`: what a person calls the deadline."""
        return (self.local(due_before) - _INSTANT).date()

    def last_working_day(self, due_before: datetime) -> date:
        """The last working day whose 08:00 lies before `due_before`: the day of rung 0."""
        local = self.local(due_before)
        day = local.date()
        if local.time() > time(OPENS) and self.is_working_day(day):
            return day
        return self.add_working_days(day, -1)

    def last_working_eight_before(self, due_before: datetime) -> datetime:
        """08:00 of `last_working_day`: rung 0."""
        return self.at(self.last_working_day(due_before), OPENS)

    def nth_working_eight_from(self, due_before: datetime, n: int) -> datetime:
        """08:00 of the n-th (1, 2, …) working day whose 08:00 is at or after `due_before`: rung +n."""
        return self.at(self.add_working_days(self.last_working_day(due_before), n), OPENS)

    def sending_time(self, now: datetime) -> datetime:
        """When mail may leave: `now` on a working day between 08:00 and 18:00, else the next working 08:00."""
        local = self.local(now)
        day = local.date()
        if self.is_working_day(day):
            if local.hour < OPENS:
                return self.at(day, OPENS)
            if local.hour < CLOSES:
                return now
        return self.at(self.add_working_days(day, 1), OPENS)

    def days_left(self, due_before: datetime, now: datetime) -> int:
        """Working days left, today not counted, so that it is n on the day of rung −n.

        0 on the last working day, in the days off after it, and once `due_before` has passed.
        """
        return self.working_days_between(self.local_day(now), self.last_working_day(due_before))

    def days_late(self, due_before: datetime, now: datetime) -> int:
        """Working days late, today counted, so that it is n on the day of rung +n.

        0 before `due_before`, and 0 while no working day has come since (such as the weekend after it).
        """
        if now < due_before:
            return 0
        return self.working_days_between(self.last_working_day(due_before), self.local_day(now))

    def _working_days(self, year: int) -> list[date]:
        days = self._years.get(year)
        if days is None:
            first = date(year, 1, 1).toordinal()
            span = range(first, date(year, 12, 31).toordinal() + 1)
            days = [day for day in map(date.fromordinal, span) if self.is_working_day(day)]
            self._years[year] = days
        return days
