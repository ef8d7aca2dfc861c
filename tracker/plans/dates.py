"""Dates in Vietnamese office prose: which words set a time limit, and the day on which it ends.

A date that is cited or that bounds a data window is no time limit; who must meet one is read in body.py.
"""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from tracker.core.calendar import OFFICE_ZONE
from tracker.core.calendar import last_day as last_day_of
from tracker.plans.spec import Operator


class Calendar(Protocol):
    """What reading needs of a working calendar."""

    def is_working_day(self, day: date) -> bool:
        """True if the office works on that day."""


@dataclass(frozen=True, slots=True)
class TimeLimit:
    """A time limit in a sentence, at text[start:end]. `due_before`: the instant after `last_day`, or the hour named."""

    operator: Operator
    named_date: date
    last_day: date
    due_before: datetime
    start: int
    end: int


_SEP = r"\s?[/.\-–]\s?"
_DAY = (
    rf"(?P<d{{n}}>\d{{{{1,2}}}})(?:{_SEP}(?P<m{{n}}>\d{{{{1,2}}}})(?:{_SEP}(?P<y{{n}}>\d{{{{4}}}}))?(?![/.\-–]?\d)"
    rf"|\s+tháng\s+(?P<mw{{n}}>\d{{{{1,2}}}})(?:\s*(?:năm|/)\s*(?P<yw{{n}}>\d{{{{4}}}}))?)"
)
_DAY_1 = _DAY.format(n=1)
_HOUR = r"(?:(?P<hour>\d{1,2})\s*(?:giờ|h|g)\s*(?P<minute>\d{2})?(?:\s*phút)?,?\s+)?"
_YEAR = r"(?:\s*/\s*(?P<y>\d{4})|\s+năm\s+(?P<yy>\d{4}))?"
_BY = (
    r"(?:chậm nhất|muộn nhất|hạn cuối|hạn chót|thời hạn|không quá|không muộn hơn|đến hết|đến|hết|trong|hoàn thành|xong)"
    r"(?:\s*:|\s+(?:là|vào|đến|trong|hết|cùng))*"
)

BEFORE = re.compile(rf"\btrước\s+{_HOUR}(?:ngày\s+)?{_DAY_1}", re.IGNORECASE)
BEFORE_MONTH = re.compile(rf"\btrước\s+tháng\s+(?P<m>\d{{1,2}}){_YEAR}", re.IGNORECASE)
BY = re.compile(rf"\b{_BY}\s+{_HOUR}ngày\s+{_DAY_1}", re.IGNORECASE)
SPAN = re.compile(
    rf"\btừ\s+(?:ngày\s+)?(?P<from>\d{{1,2}})(?:{_SEP}\d{{1,2}}(?:{_SEP}\d{{4}})?|\s+tháng\s+\d{{1,2}}(?:\s+năm\s+\d{{4}})?)?"
    rf"\s+(?:đến|tới)\s+(?:hết\s+)?(?:ngày\s+)?{_DAY_1}",
    re.IGNORECASE,
)
MONTH = re.compile(
    rf"\b(?P<how>trong|hết|cuối|giữa|đầu|vào)\s+(?:(?P<part>cuối|giữa|đầu)\s+)?tháng\s+(?P<m>\d{{1,2}}){_YEAR}",
    re.IGNORECASE,
)
QUARTER = re.compile(
    r"\b(?P<how>trong|hết|cuối|vào)\s+(?:cuối\s+)?quý\s+(?P<q>IV|I{1,3}|[1-4])(?:\s*/\s*|\s*-\s*|\s+năm\s+)(?P<y>\d{4})",
    re.IGNORECASE,
)
YEAR = re.compile(r"\b(?P<how>trong|hết|cuối)\s+năm\s+(?P<y>\d{4})", re.IGNORECASE)
PERIOD = re.compile(
    r"\b(?:trong(?:\s+(?:vòng|thời hạn|thời gian))?|chậm nhất(?:\s+sau)?|không quá|thời hạn)\s+(?P<n>\d{1,3})\s+ngày"
    r"(?P<working>\s+làm việc)?,?\s+(?:kể\s+)?từ\s+(?:khi\s+|ngày\s+)?"
    rf"(?:(?P<issue>(?:ký\s+)?ban hành|ký)|(?:ngày\s+)?{_DAY_1})",
    re.IGNORECASE,
)

# Words after which a date bounds what is counted, not what is to be done; only filler may stand between.
_FILLER = (
    r"(?:\s+(?:số liệu|được|báo cáo|tổng hợp|thống kê|lấy|chốt|tính|năm|trong|kỳ|thời gian|thời điểm|từ|đến|là|cho))*"
    r"\s*:?\s*$"
)
_WINDOW = re.compile(
    r"\b(?:tính|mốc|chốt|số liệu|thống kê|cập nhật|giai đoạn|thời kỳ|kỳ báo cáo|phát sinh)" + _FILLER, re.IGNORECASE
)
_WINDOW_BEFORE = re.compile(r"\b(?:tính|chốt|phát sinh|ban hành|mốc)(?:\s+(?:số liệu|từ|đến|được))*\s*$", re.IGNORECASE)
# A number that stands right before "ngày": "Kế hoạch số 148-KH/TU, ngày 14/02/2023".
_CITED = re.compile(r"[A-ZĐ]\s*,?\s*$")


def read_day(match: re.Match[str], issued_on: date | None, n: int = 1) -> date | None:
    """The day that a match names; without a year, the first such day from the issue date on. None if there is none."""
    parts = match.groupdict()
    month = parts.get(f"m{n}") or parts.get(f"mw{n}")
    year = parts.get(f"y{n}") or parts.get(f"yw{n}")
    if month is None:
        return None
    return _make(int(parts[f"d{n}"]), int(month), int(year) if year else None, issued_on)


def _make(day: int, month: int, year: int | None, issued_on: date | None) -> date | None:
    try:
        if year is not None:
            return date(year, month, day)
        if issued_on is None:
            return None
        found = date(issued_on.year, month, day)
        return found if found >= issued_on else date(issued_on.year + 1, month, day)
    except ValueError:
        return None


def find_time_limits(
    text: str, issued_on: date | None, calendar: Calendar | None = None, zone: ZoneInfo = OFFICE_ZONE
) -> list[TimeLimit]:
    """Every time limit of a sentence, in order; `issued_on` gives the year where none is written."""
    found: list[TimeLimit] = []
    taken: list[tuple[int, int]] = []
    for pattern, read in (
        (PERIOD, _period),
        (SPAN, _span),
        (BEFORE, _before),
        (BEFORE_MONTH, _before_month),
        (BY, _by),
        (MONTH, _month),
        (QUARTER, _quarter),
        (YEAR, _year),
    ):
        for match in pattern.finditer(text):
            if any(match.start() < end and start < match.end() for start, end in taken):
                continue
            window = _WINDOW_BEFORE if pattern in (BEFORE, BEFORE_MONTH) else _WINDOW
            if window.search(text[: match.start()]) or (pattern is SPAN and _CITED.search(text[: match.start()])):
                taken.append(match.span())
                continue
            limit = read(match, issued_on, calendar, zone)
            if limit is not None:
                found.append(limit)
                taken.append(match.span())
    return sorted(found, key=lambda limit: limit.start)


def _limit(
    match: re.Match[str], operator: Operator, named: date | None, zone: ZoneInfo, last: date | None = None
) -> TimeLimit | None:
    if named is None:
        return None
    parts = match.groupdict()
    if parts.get("hour") is not None and int(parts["hour"]) < 24:
        # "Trước 17 giờ ngày X": the hour is the limit, so day X itself still counts.
        at = time(int(parts["hour"]), int(parts.get("minute") or 0) % 60)
        due = datetime.combine(named, at, zone)
        last = named if at > time(0) else named - timedelta(days=1)
        return TimeLimit(operator, named, last, due, match.start(), match.end())
    last = last or last_day_of(operator, named)
    due = datetime.combine(last + timedelta(days=1), time(), zone)
    return TimeLimit(operator, named, last, due, match.start(), match.end())


def _before(match: re.Match[str], issued_on: date | None, _: Calendar | None, zone: ZoneInfo) -> TimeLimit | None:
    return _limit(match, "before", read_day(match, issued_on), zone)


def _before_month(match: re.Match[str], issued_on: date | None, _: Calendar | None, zone: ZoneInfo) -> TimeLimit | None:
    return _limit(match, "before", _make(1, int(match["m"]), _year_of(match), issued_on), zone)


def _by(match: re.Match[str], issued_on: date | None, _: Calendar | None, zone: ZoneInfo) -> TimeLimit | None:
    return _limit(match, "by", read_day(match, issued_on), zone)


def _span(match: re.Match[str], issued_on: date | None, _: Calendar | None, zone: ZoneInfo) -> TimeLimit | None:
    return _limit(match, "span", read_day(match, issued_on), zone)


def _month(match: re.Match[str], issued_on: date | None, _: Calendar | None, zone: ZoneInfo) -> TimeLimit | None:
    how = (match["part"] or match["how"]).lower()
    month = int(match["m"])
    year = _year_of(match) or _next_year(month, issued_on)
    if year is None or not 1 <= month <= 12:
        return None
    # Civil Code, article 146: đầu tháng the 1st, giữa tháng the 15th, cuối tháng the last day.
    day = {"đầu": 1, "giữa": 15}.get(how, monthrange(year, month)[1])
    operator: Operator = "by" if how in ("đầu", "giữa", "cuối", "hết") else "within"
    return _limit(match, operator, _make(day, month, year, None), zone)


def _quarter(match: re.Match[str], _issued: date | None, _: Calendar | None, zone: ZoneInfo) -> TimeLimit | None:
    quarter = {"I": 1, "II": 2, "III": 3, "IV": 4}.get(match["q"].upper()) or int(match["q"])
    year, month = int(match["y"]), quarter * 3
    operator: Operator = "within" if match["how"].lower() in ("trong", "vào") else "by"
    return _limit(match, operator, date(year, month, monthrange(year, month)[1]), zone)


def _year(match: re.Match[str], _issued: date | None, _: Calendar | None, zone: ZoneInfo) -> TimeLimit | None:
    return _limit(match, "within" if match["how"].lower() == "trong" else "by", date(int(match["y"]), 12, 31), zone)


def _period(
    match: re.Match[str], issued_on: date | None, calendar: Calendar | None, zone: ZoneInfo
) -> TimeLimit | None:
    """n days: the first is not counted, and a last day off moves to the next working day (Civil Code, 147-148)."""
    start = issued_on if match["issue"] else read_day(match, issued_on)
    if start is None:
        return None
    day = start
    if match["working"]:
        for _ in range(int(match["n"])):
            day = _next_working(day + timedelta(days=1), calendar)
    else:
        day = _next_working(start + timedelta(days=int(match["n"])), calendar)
    return _limit(match, "within", day, zone)


def _next_working(day: date, calendar: Calendar | None) -> date:
    while not (calendar.is_working_day(day) if calendar else day.weekday() < 5):
        day += timedelta(days=1)
    return day


def _year_of(match: re.Match[str]) -> int | None:
    written = match["y"] or match["yy"]
    return int(written) if written else None


def _next_year(month: int, issued_on: date | None) -> int | None:
    if issued_on is None:
        return None
    return issued_on.year if month >= issued_on.month else issued_on.year + 1
