"""Doubts about a plan's time limits: days off, "trước ngày", dates that have passed or stand in the wrong order.

What is doubtful in the text and the tables is in defects.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta

from tracker.plans.dates import Calendar
from tracker.plans.spec import Milestone, Warning_


def date_doubts(
    milestones: Sequence[Milestone], issued_on: date | None, calendar: Calendar | None = None
) -> Iterator[Warning_]:
    """One warning a doubt. Without a calendar nothing is said of days off."""
    for milestone in milestones:
        if milestone.operator == "before" and milestone.last_day < milestone.named_date:
            yield _warn(
                "exclusive_before",
                milestone,
                f"hết ngày {short(milestone.last_day)}",
                f"«{milestone.wording}» đọc là hết ngày {short(milestone.last_day)}, "
                f"ngày {short(milestone.named_date)} đã là quá hạn: đúng không?",
            )
        if calendar is not None and not calendar.is_working_day(milestone.last_day):
            worked = last_worked(milestone.last_day, calendar)
            yield _warn(
                "deadline_on_day_off",
                milestone,
                f"ngày làm việc cuối: {short(worked)}",
                f"Hạn {short(milestone.last_day)} rơi vào ngày nghỉ, ngày làm việc cuối trước đó là {short(worked)}: "
                "giữ nguyên hạn và nhắc sớm hơn, đúng không?",
            )
        if issued_on and milestone.last_day < issued_on:
            yield _warn(
                "deadline_before_issue",
                milestone,
                None,
                f"Hạn {short(milestone.last_day)} trước ngày ban hành {short(issued_on)}: ngày đúng là ngày nào?",
            )
    yield from _order(milestones)


def _order(milestones: Sequence[Milestone]) -> Iterator[Warning_]:
    """Units must hand in before the whole is put together."""
    handed_in = [m for m in milestones if m.kind == "submit"]
    for milestone in milestones:
        late = [m for m in handed_in if milestone.kind == "consolidate" and m.due_before > milestone.due_before]
        if late:
            yield _warn(
                "deadlines_out_of_order",
                milestone,
                None,
                f"Hạn tổng hợp {short(milestone.last_day)} trước hạn gửi báo cáo {short(late[0].last_day)}: "
                "ngày đúng là ngày nào?",
            )


def last_worked(day: date, calendar: Calendar) -> date:
    """The last working day on or before a day."""
    for _ in range(60):
        if calendar.is_working_day(day):
            return day
        day -= timedelta(days=1)
    return day


def short(day: date) -> str:
    """A date as offices write it: 0 before days under 10 and before months 1 and 2 only."""
    month = f"{day.month:02}" if day.month < 3 else str(day.month)
    return f"{day.day:02}/{month}/{day.year}"


def _warn(code: str, milestone: Milestone, read_as: str | None, ask: str) -> Warning_:
    return Warning_(code, milestone.source.line, milestone.source.text, read_as, ask)
