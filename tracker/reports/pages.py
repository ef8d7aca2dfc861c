"""What the reporter's pages show, as values: where each part stands, what is to be fixed, by when, what happened.

The entry table is grids.py's; words of buttons and headings are in templates/reports/.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from tracker.core import sentences
from tracker.core.calendar import WorkingCalendar
from tracker.core.people import Actor
from tracker.core.sentences import Sentence
from tracker.core.text import N_
from tracker.plans.spec import OutlineItem, PlanSpec, walk, writable_sections
from tracker.reports import grids
from tracker.reports.models import Report, ReportEvent
from tracker.reports.queries import Found, StoredPart
from tracker.reports.rules import Concern, State, Step, allowed_steps, is_due_soon, may_write, on_behalf, word
from tracker.reports.titles import calm, shortened


@dataclass(frozen=True, slots=True)
class RemarkShown:
    """A reviewer's words about a part ("II.3", "table:1"), perhaps about one cell of it."""

    report_id: int
    part: str
    row: str | None
    column: str | None
    text: str
    by: str
    at: datetime


# The rooms above give these when the application is made (app.py): a report does not know who reads it.
remark_source: Callable[[Collection[int]], Sequence[RemarkShown]] | None = None
step_taker: Callable[..., Found] | None = None


class PartState(enum.Enum):
    """Where a part of a report stands: its word, its chip, its icon, its mark in the rail."""

    FULL = (N_("Đủ"), "ok", "ok", "ok")
    PARTIAL = (N_("Còn thiếu"), "soon", "half", "half")
    EMPTY = (N_("Chưa viết"), "none", "none", "none")
    NOTHING = (N_("Không phát sinh"), "draft", "dash", "dash")
    FIX = (N_("Phải sửa"), "back", "back", "back")
    OUT = (N_("Không thuộc diện"), "none", "no", "no")

    def __init__(self, said: str, chip: str, icon: str, mark: str) -> None:
        self.word, self.chip, self.icon, self.mark = said, chip, icon, mark

    @property
    def done(self) -> bool:
        """Nothing is left to do on it."""
        return self in (PartState.FULL, PartState.NOTHING)


@dataclass(frozen=True, slots=True)
class Part:
    """A section or a table in a list. `number` as in the address: "II.3", or "1" of a table."""

    key: str
    number: str
    title: str
    is_table: bool
    state: PartState
    filled: int
    required: int
    remarks: tuple[RemarkShown, ...] = ()

    @property
    def short(self) -> str:
        """The title cut at a word for narrow lists."""
        return shortened(self.title)


@dataclass(frozen=True, slots=True)
class Group:
    """A chapter of the outline with its parts, or the appendices (an empty `number`)."""

    number: str
    title: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class DueShown:
    """The deadline block: what, how long in words, which day; `kind` "", soon, late or ok."""

    what: str
    big: Sentence
    when: Sentence | None
    kind: str


@dataclass(frozen=True, slots=True)
class Happened:
    """One line of the history. `text` is a sentence, `note` somebody's own words."""

    step: str
    text: Sentence
    note: str | None
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Lacking:
    """A part that keeps the report from being sent: what is missing there, and the first place to go to."""

    part: Part
    text: Sentence
    anchor: str


@dataclass(frozen=True, slots=True)
class ReportShown:
    """One report, as the desk and its own page show it to one person."""

    found: Found
    spec: PlanSpec
    groups: tuple[Group, ...]
    word: str
    chip: str
    due: DueShown
    extended: Sentence | None
    happened: tuple[Happened, ...]
    steps: frozenset[Step]
    writable: bool
    for_unit: bool

    @property
    def report(self) -> Report:
        """The row."""
        return self.found.report

    @property
    def returned(self) -> Happened | None:
        """The last sending back, while the report waits to be sent again."""
        if not self.found.standing.sent_back:
            return None
        return next((line for line in self.happened if line.step == Step.SEND_BACK), None)

    @property
    def parts(self) -> list[Part]:
        """The parts that concern the unit, in the plan's order."""
        return [part for group in self.groups for part in group.parts if part.state is not PartState.OUT]

    @property
    def fixes(self) -> list[Part]:
        """What the reviewer wants fixed and has not been touched since."""
        return [part for part in self.parts if part.state is PartState.FIX]

    @property
    def done(self) -> int:
        """How many parts are there; one that must be fixed is not."""
        return sum(part.state.done for part in self.parts)

    @property
    def next_part(self) -> Part | None:
        """Where to go on: the first part to fix, else the first that is not there yet."""
        return next(iter(self.fixes), None) or next((part for part in self.parts if not part.state.done), None)

    @property
    def begun(self) -> bool:
        """Somebody has written something."""
        return self.report.first_edit_at is not None

    @property
    def owed(self) -> bool:
        """The unit has to act."""
        return self.report.state == State.DRAFTING

    def part(self, key: str) -> Part | None:
        """The part with that key, if it concerns the unit."""
        return next((part for part in self.parts if part.key == key), None)

    def after(self, key: str) -> Part | None:
        """Where a person goes after a part: the next one to fix, else the next in order."""
        keys = [part.key for part in self.parts]
        rest = self.parts[keys.index(key) + 1 :] if key in keys else []
        others = [part for part in self.fixes if part.key != key]
        if others:
            return next((part for part in rest if part in others), others[0])
        return rest[0] if rest else None


_CHIPS: Mapping[State, str] = {
    State.DRAFTING: "draft",
    State.SUBMITTED: "sent",
    State.REVIEWED: "ok",
    State.CONSOLIDATED: "sum",
}


def shown(
    found: Found,
    spec: PlanSpec,
    concern: Concern,
    stored: Mapping[str, StoredPart],
    remarks: Iterable[RemarkShown],
    events: Sequence[ReportEvent],
    calendar: WorkingCalendar | None,
    actor: Actor,
    now: datetime,
) -> ReportShown:
    """A report as this person sees it at `now`. Without a calendar the page shows no deadline."""
    report, standing = found.report, found.standing
    by_part: dict[str, list[RemarkShown]] = {}
    if standing.sent_back:
        for remark in remarks:
            by_part.setdefault(remark.part, []).append(remark)
    calendar = calendar or WorkingCalendar()
    return ReportShown(
        found=found,
        spec=spec,
        groups=tuple(groups(spec, concern, stored, by_part, report.sent_back_at)),
        word=word(standing.state, standing.sent_back),
        chip="back" if standing.sent_back else _CHIPS[standing.state],
        due=due(report, standing.sent_back, calendar, now),
        extended=sentences.extended(calendar, report.due_before)
        if report.extended_due_before == report.due_before
        else None,
        happened=tuple(happened(report, events, calendar)),
        steps=frozenset(allowed_steps(standing, actor)),
        writable=standing.state is State.DRAFTING and may_write(actor, report.unit_id),
        for_unit=on_behalf(actor, report.unit_id),
    )


def groups(
    spec: PlanSpec,
    concern: Concern,
    stored: Mapping[str, StoredPart],
    remarks: Mapping[str, Sequence[RemarkShown]],
    sent_back_at: datetime | None,
) -> list[Group]:
    """The plan's outline and appendices with where each part stands for the unit."""
    writable = {item.number for item in writable_sections(spec)}

    def part(key: str, number: str, title: str, required: int, ours: bool) -> Part:
        row = stored.get(key)
        said = tuple(remarks.get(key, ()))
        state = part_state(row, required, ours, bool(said), sent_back_at)
        is_table = key.startswith("table:")
        return Part(key, number, calm(title, spec), is_table, state, row.filled if row else 0, required, said)

    def section(item: OutlineItem) -> Part:
        return part(item.number, item.number, item.title, 1, item.number in concern.sections)

    result = [
        Group(
            top.number, calm(top.title, spec), tuple(section(item) for item in walk([top]) if item.number in writable)
        )
        for top in spec.outline
    ]
    appendices = []
    for table in spec.tables:
        rows, columns = concern.cells.get(table.number, ((), ()))
        cells = len(rows) * len(columns)
        appendices.append(part(f"table:{table.number}", table.number, table.title, cells, bool(columns)))
    if appendices:
        result.append(Group("", "", tuple(appendices)))
    return [group for group in result if group.parts]


def part_state(
    row: StoredPart | None, required: int, ours: bool, remarked: bool, sent_back_at: datetime | None
) -> PartState:
    """Where one part stands. A remark holds until the part is changed after the sending back."""
    if not ours:
        return PartState.OUT
    if remarked and (row is None or sent_back_at is None or row.changed_at <= sent_back_at):
        return PartState.FIX
    if row is None:
        return PartState.EMPTY
    if row.nothing_to_report:
        return PartState.NOTHING
    if row.filled >= required:
        return PartState.FULL
    return PartState.PARTIAL if row.filled else PartState.EMPTY


def due(report: Report, sent_back: bool, calendar: WorkingCalendar, now: datetime) -> DueShown:
    """The deadline block of a report; once it is sent, when that was."""
    if report.state == State.DRAFTING:
        soon = is_due_soon(calendar, State.DRAFTING, report.due_before, now)
        return DueShown(
            N_("Hạn gửi lại") if sent_back else N_("Hạn gửi"),
            sentences.how_long(calendar, report.due_before, now),
            sentences.which_day(calendar, report.due_before, now),
            "late" if now >= report.due_before else "soon" if soon else "",
        )
    said = {
        State.SUBMITTED: N_("Chờ cơ quan chủ trì duyệt"),
        State.REVIEWED: N_("Cơ quan chủ trì đã duyệt"),
        State.CONSOLIDATED: N_("Đã đưa vào báo cáo tổng hợp"),
    }[State(report.state)]
    return DueShown(N_("Báo cáo"), Sentence(said), _sent(report, calendar), "ok")


def _sent(report: Report, calendar: WorkingCalendar) -> Sentence | None:
    first, due_then = report.first_submitted_at, report.first_due_before
    if report.submitted_at is None or first is None or due_then is None:
        return None
    if report.submissions > 1:
        return _at(N_("Gửi lại lúc %(time)s ngày %(date)s"), report.submitted_at, calendar)
    return sentences.submitted(calendar, first, due_then)


def _at(msgid: str, at: datetime, calendar: WorkingCalendar) -> Sentence:
    local = calendar.local(at)
    return Sentence(msgid, {"time": sentences.time_hm(local), "date": sentences.day_month(local)})


_STEPS: Mapping[str, str] = {
    Step.WITHDRAW: N_("Đơn vị rút lại báo cáo"),
    Step.ACCEPT: N_("Cơ quan chủ trì duyệt báo cáo"),
    Step.REOPEN: N_("Cơ quan chủ trì mở lại báo cáo đã duyệt"),
    Step.CONSOLIDATE: N_("Đưa vào báo cáo tổng hợp"),
    Step.RELEASE: N_("Đưa ra khỏi báo cáo tổng hợp"),
}


def happened(report: Report, events: Sequence[ReportEvent], calendar: WorkingCalendar) -> list[Happened]:
    """The history for a reader, the newest first."""
    lines = []
    for event in events:
        match event.step:
            case Step.SUBMIT:
                text = _submitted(report, event, calendar)
            case Step.SEND_BACK:
                day = {"date": sentences.date_short(event.resubmit_by)} if event.resubmit_by else {}
                msgid = N_("Cơ quan chủ trì trả lại, hạn gửi lại hết ngày %(date)s") if day else N_("Bị trả lại")
                text = Sentence(msgid, day)
            case "extend":
                day = {"date": sentences.date_short(event.resubmit_by)} if event.resubmit_by else {}
                text = Sentence(N_("Được gia hạn đến hết ngày %(date)s") if day else N_("Được gia hạn"), day)
            case _:
                text = Sentence(_STEPS.get(event.step, event.step))
        lines.append(Happened(event.step, text, event.note, event.by_name, event.at))
    return lines[::-1]


def _submitted(report: Report, event: ReportEvent, calendar: WorkingCalendar) -> Sentence:
    if event.at != report.first_submitted_at or report.first_due_before is None:
        return Sentence(N_("Đã gửi lại"))
    if event.at < report.first_due_before:
        return Sentence(N_("Đã gửi, đúng hạn"))
    late = calendar.days_late(report.first_due_before, event.at)
    return Sentence(N_("Đã gửi, muộn %(n)s ngày làm việc"), {"n": late}) if late else Sentence(N_("Đã gửi, sau hạn"))


def lacking(report: ReportShown, missing: Sequence[Mapping[str, str]]) -> list[Lacking]:
    """What keeps a report from being sent, one line a part, from the rules' list (rules.missing)."""
    cells: dict[str, list[Mapping[str, str]]] = {}
    for place in missing:
        cells.setdefault(place.get("section") or f"table:{place['table']}", []).append(place)
    lines = []
    for key, places in cells.items():
        part = report.part(key)
        if part is None:
            continue
        if not part.is_table:
            lines.append(Lacking(part, Sentence(N_("chưa viết")), "noi-dung-muc"))
            continue
        years = list(dict.fromkeys(place["row"] for place in places))
        values: dict[str, Any] = {"n": len(places), "first": years[0], "last": years[-1]}
        msgid = N_("còn %(n)s ô chưa nhập, dòng %(first)s")
        if len(years) > 1:
            msgid = N_("còn %(n)s ô chưa nhập, từ dòng %(first)s đến dòng %(last)s")
        lines.append(Lacking(part, Sentence(msgid, values), _cell(report.spec, places[0])))
    return lines


def _cell(spec: PlanSpec, place: Mapping[str, str]) -> str:
    table = spec.table(place["table"])
    return grids.cell_id(table, place["row"], place["column"]) if table else ""


def headline(reports: Sequence[ReportShown]) -> Sentence:
    """What the desk says first."""
    owed = [report for report in reports if report.owed]
    back = [report for report in owed if report.found.standing.sent_back]
    if not reports:
        return Sentence(N_("Chưa có báo cáo nào được giao"))
    if not owed:
        return Sentence(N_("Không còn báo cáo nào phải gửi"))
    if len(back) == len(owed):
        return Sentence(N_("Còn %(n)s báo cáo phải gửi lại"), {"n": len(owed)})
    return Sentence(N_("Còn %(n)s báo cáo phải gửi"), {"n": len(owed)})
