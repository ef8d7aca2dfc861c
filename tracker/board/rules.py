"""What a row and a chart of the board say, from stored facts and an instant. Pure: no table is read here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from tracker.core.calendar import WorkingCalendar
from tracker.core.sentences import Sentence, how_long, submitted
from tracker.core.text import N_
from tracker.reports.rules import State, is_due_soon, is_overdue

WIDTH, HEIGHT, LEFT, TOP = 272.0, 150.0, 20.0, 22.0


@dataclass(frozen=True, slots=True)
class Standing:
    """How a unit's report stands for whoever watches: chip kind, its word, and one sentence about time."""

    kind: str
    word: str
    says: Sentence | None
    overdue: bool


def standing(
    calendar: WorkingCalendar,
    now: datetime,
    *,
    state: str,
    due_before: datetime,
    sent_back: bool,
    first_submitted_at: datetime | None,
    first_due_before: datetime | None,
) -> Standing:
    """The chip and the sentence of one report; overdue and late are computed from its own deadline."""
    sent = None
    if first_submitted_at is not None and first_due_before is not None:
        sent = submitted(calendar, first_submitted_at, first_due_before)
    match State(state):
        case State.DRAFTING:
            overdue = is_overdue(State.DRAFTING, due_before, now)
            says = how_long(calendar, due_before, now)
            if overdue:
                return Standing("late", N_("Trễ hạn"), says, True)
            if sent_back:
                return Standing("back", N_("Bị trả lại"), says, False)
            soon = is_due_soon(calendar, State.DRAFTING, due_before, now)
            return Standing("soon" if soon else "draft", N_("Đang soạn"), says, False)
        case State.SUBMITTED:
            return Standing("sent", N_("Chờ duyệt"), sent, False)
        case State.REVIEWED:
            return Standing("ok", N_("Đã duyệt"), sent, False)
        case State.CONSOLIDATED:
            return Standing("sum", N_("Đã tổng hợp"), sent, False)


@dataclass(frozen=True, slots=True)
class Chart:
    """A burn-up as SVG numbers: two stepped paths, the deadlines, the days off, the ticks of the time axis."""

    sent_path: str
    reviewed_path: str
    sent_end: tuple[float, float]
    reviewed_end: tuple[float, float]
    goal_y: float
    marks: Sequence[tuple[float, int]]
    deadlines: Sequence[tuple[float, date]]
    holidays: Sequence[tuple[float, float]]
    ticks: Sequence[tuple[float, date]]
    today_x: float
    sent: int
    reviewed: int
    total: int


def burn_up(
    calendar: WorkingCalendar,
    sent: Mapping[date, int],
    reviewed: Mapping[date, int],
    total: int,
    today: date,
    deadlines: Sequence[date],
) -> Chart | None:
    """The chart from how many reports were first sent, and accepted, on each day; None without a deadline.

    It shows the 51 days before the last deadline, or from the first report on, but no more than 75 days; what came
    earlier is where the lines begin.
    """
    if not deadlines or not total:
        return None
    end = max([*deadlines, today])
    start = max(min([end - timedelta(days=51), *sent]), end - timedelta(days=75))
    span = max((end - start).days, 1)

    def x(day: date) -> float:
        return round(LEFT + WIDTH * min(max((day - start).days, 0), span) / span, 1)

    def y(count: int) -> float:
        return round(TOP + HEIGHT * (1 - count / total), 1)

    sent_path, sent_at = _steps(sent, start, today, x, y)
    reviewed_path, reviewed_at = _steps(reviewed, start, today, x, y)
    step = next((s for s in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 5000, 20000) if total / s <= 4), total)
    return Chart(
        sent_path,
        reviewed_path,
        (x(today), y(sent_at)),
        (x(today), y(reviewed_at)),
        y(total),
        [(y(count), count) for count in range(step, total, step)],
        [(x(day), day) for day in deadlines],
        _breaks(calendar, start, end, x),
        [(x(day), day) for day in (start, start + (end - start) / 2, end)],
        x(today),
        sent_at,
        reviewed_at,
        total,
    )


def _steps(
    days: Mapping[date, int], start: date, today: date, x: Callable[[date], float], y: Callable[[int], float]
) -> tuple[str, int]:
    count = sum(more for day, more in days.items() if day < start)
    path = f"M{LEFT} {y(count)}"
    for day, more in sorted(days.items()):
        if start <= day <= today:
            count += more
            path += f"H{x(day)}V{y(count)}"
    return f"{path}H{x(today)}", count


def _breaks(calendar: WorkingCalendar, start: date, end: date, x: Callable[[date], float]) -> list[tuple[float, float]]:
    """Days off in a row that are longer than a weekend: (x, width)."""
    found: list[tuple[float, float]] = []
    run: list[date] = []
    day = start
    while day <= end:
        if not calendar.is_working_day(day):
            run.append(day)
        else:
            if len(run) > 2:
                found.append((x(run[0]), round(x(run[-1] + timedelta(days=1)) - x(run[0]), 1)))
            run = []
        day += timedelta(days=1)
    return found
