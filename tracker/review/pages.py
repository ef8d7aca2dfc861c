"""What the lead office's pages show, as values: the queue, how far a report is read, what was said, who was first.

Words of buttons and headings are in templates/review/; how a report's own parts stand is reports/pages.py's.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from tracker.core import sentences
from tracker.core.calendar import WorkingCalendar
from tracker.core.people import Actor, Role
from tracker.core.sentences import Sentence
from tracker.core.text import N_
from tracker.plans.spec import PlanSpec, Table
from tracker.reports import pages as of_reports
from tracker.reports.models import Report, ReportEvent
from tracker.reports.pages import Part
from tracker.reports.queries import Found
from tracker.reports.rules import Concern, State, Step, allowed_steps, on_behalf, share, word
from tracker.review.queries import Marked, Opened, Papers, Said, Waiting


class Seen(enum.Enum):
    """How far a reviewer is with a part: its word, its mark in the rail."""

    GOOD = (N_("đạt"), "ok")
    REMARKED = (N_("có nhận xét"), "back")
    NOTHING = (N_("không phát sinh, chưa xem"), "dash")
    UNSEEN = (N_("chưa xem"), "none")

    def __init__(self, said: str, mark: str) -> None:
        self.word, self.mark = said, mark

    @property
    def read(self) -> bool:
        """A reviewer has said something of it."""
        return self in (Seen.GOOD, Seen.REMARKED)


@dataclass(frozen=True, slots=True)
class Reading:
    """One part on the desk. `fresh`: remarks not yet told; `told`: those of earlier sendings back."""

    part: Part
    seen: Seen
    good: Marked | None
    fresh: tuple[Said, ...]
    told: tuple[Said, ...]
    changed_at: datetime | None
    changed_by: str

    @property
    def key(self) -> str:
        """ "II.3" or "table:1"."""
        return self.part.key

    def touched_since(self, remark: Said) -> bool:
        """The unit has changed the part after the remark went to it."""
        return remark.told_at is not None and self.changed_at is not None and self.changed_at > remark.told_at


@dataclass(frozen=True, slots=True)
class Chapter:
    """A chapter of the outline with its parts, or the appendices (an empty `number`)."""

    number: str
    title: str
    parts: tuple[Reading, ...]


@dataclass(frozen=True, slots=True)
class Desk:
    """One report on the lead office's desk, as one person sees it."""

    opened: Opened
    spec: PlanSpec
    chapters: tuple[Chapter, ...]
    steps: frozenset[Step]
    word: str
    chip: str
    sent: Sentence | None
    last: of_reports.Happened | None
    reviewer: bool
    own: bool

    @property
    def found(self) -> Found:
        """The report with its unit and its campaign."""
        return self.opened.found

    @property
    def report(self) -> Report:
        """The row."""
        return self.opened.found.report

    @property
    def parts(self) -> list[Reading]:
        """The parts that concern the unit, in the plan's order."""
        return [reading for chapter in self.chapters for reading in chapter.parts]

    @property
    def writing(self) -> bool:
        """The unit is writing: nobody reviews now."""
        return self.report.state == State.DRAFTING

    @property
    def reviewing(self) -> bool:
        """It waits for a verdict, and this person may write remarks."""
        return self.report.state == State.SUBMITTED and self.reviewer

    @property
    def read(self) -> int:
        """How many parts a reviewer has said something of."""
        return sum(reading.seen.read for reading in self.parts)

    @property
    def unread(self) -> list[Reading]:
        """The parts that nobody has said anything of."""
        return [reading for reading in self.parts if not reading.seen.read]

    @property
    def fresh(self) -> list[tuple[Reading, Said]]:
        """Every remark that would go with a sending back now, in the plan's order."""
        return [(reading, remark) for reading in self.parts for remark in reading.fresh]

    @property
    def percent(self) -> float:
        """Completeness, 0 to 1."""
        return share(self.report.filled, self.report.required)

    def part(self, key: str) -> Reading | None:
        """The part of that key, if it concerns the unit."""
        return next((reading for reading in self.parts if reading.key == key), None)

    def first(self) -> Reading | None:
        """Where a reviewer begins: the first part that nobody has read, else the first."""
        parts = self.unread if self.report.state == State.SUBMITTED else []
        return next(iter(parts or self.parts), None)

    def after(self, key: str) -> Reading | None:
        """The next part: under review the next unread one, round to the beginning; else the next in order."""
        keys = [reading.key for reading in self.parts]
        rest = self.parts[keys.index(key) + 1 :] if key in keys else self.parts
        if self.report.state != State.SUBMITTED:
            return next(iter(rest), None)
        unread = [reading for reading in self.unread if reading.key != key]
        return next((reading for reading in rest if reading in unread), None) or next(iter(unread), None)


def desk(opened: Opened, spec: PlanSpec, concern: Concern, papers: Papers, days: WorkingCalendar, actor: Actor) -> Desk:
    """A report as `actor` reviews it, or only reads it."""
    found, report = opened.found, opened.found.report
    standing = found.standing
    groups = of_reports.groups(spec, concern, papers.stored, {}, None)
    chapters = [
        Chapter(
            group.number,
            group.title,
            tuple(_reading(part, papers) for part in group.parts if part.state is not of_reports.PartState.OUT),
        )
        for group in groups
    ]
    last = of_reports.happened(report, [opened.last], days) if opened.last else []
    return Desk(
        opened,
        spec,
        tuple(chapter for chapter in chapters if chapter.parts),
        frozenset(allowed_steps(standing, actor)),
        word(standing.state, standing.sent_back),
        "back" if standing.sent_back else _CHIPS[standing.state],
        sent(report, days) if standing.state is not State.DRAFTING else None,
        last[0] if last else None,
        actor.has(Role.LEAD),
        not on_behalf(actor, report.unit_id),
    )


_CHIPS: Mapping[State, str] = {
    State.DRAFTING: "draft",
    State.SUBMITTED: "sent",
    State.REVIEWED: "ok",
    State.CONSOLIDATED: "sum",
}


def _reading(part: Part, papers: Papers) -> Reading:
    said = [remark for remark in papers.remarks if remark.part == part.key]
    fresh = tuple(remark for remark in said if remark.told_at is None)
    good = papers.marks.get(part.key)
    stored = papers.stored.get(part.key)
    seen = Seen.UNSEEN
    if fresh:
        seen = Seen.REMARKED
    elif good:
        seen = Seen.GOOD
    elif part.state is of_reports.PartState.NOTHING:
        seen = Seen.NOTHING
    return Reading(
        part,
        seen,
        good,
        fresh,
        tuple(remark for remark in said if remark.told_at is not None),
        stored.changed_at if stored else None,
        stored.changed_by if stored else "",
    )


def sent(report: Report, days: WorkingCalendar) -> Sentence | None:
    """When the report was last sent, and whether that was in time for the deadline it then had."""
    if report.submitted_at is None:
        return None
    return sentences.submitted(days, report.submitted_at, report.due_before)


@dataclass(frozen=True, slots=True)
class Row:
    """One report of the queue, or of those already accepted."""

    waiting: Waiting
    sent: Sentence | None
    late: bool
    percent: float

    @property
    def report(self) -> Report:
        """The row."""
        return self.waiting.report


def rows(waiting: Sequence[Waiting], days: WorkingCalendar) -> list[Row]:
    """The queue as it is shown."""
    return [
        Row(
            each,
            sent(each.report, days),
            each.report.submitted_at is not None and each.report.submitted_at >= each.report.due_before,
            share(each.report.filled, each.report.required),
        )
        for each in waiting
    ]


_FIRST: Mapping[str, str] = {
    Step.SUBMIT: N_("%(name)s đã gửi báo cáo lúc %(at)s."),
    Step.WITHDRAW: N_("Đơn vị đã rút lại báo cáo lúc %(at)s."),
    Step.SEND_BACK: N_("%(name)s đã trả lại báo cáo lúc %(at)s."),
    Step.ACCEPT: N_("%(name)s đã duyệt báo cáo lúc %(at)s."),
    Step.REOPEN: N_("%(name)s đã mở lại báo cáo lúc %(at)s."),
    Step.CONSOLIDATE: N_("Báo cáo đã được đưa vào bản tổng hợp lúc %(at)s."),
    Step.RELEASE: N_("%(name)s đã đưa báo cáo ra khỏi bản tổng hợp lúc %(at)s."),
    "extend": N_("%(name)s đã gia hạn báo cáo lúc %(at)s."),
}


def first_was(opened: Opened, last: ReportEvent | None, version: int | None) -> Sentence | None:
    """Who changed the report after somebody opened it at `version`, and when; None if that is not known."""
    report = opened.found.report
    if last is not None and (version is None or last.version > version) and last.step in _FIRST:
        return Sentence(_FIRST[last.step], {"name": last.by_name, "at": last.at})
    if report.taken_at is not None and opened.taken_by and report.state == State.SUBMITTED:
        return Sentence(
            N_("%(name)s đã nhận duyệt báo cáo lúc %(at)s."), {"name": opened.taken_by, "at": report.taken_at}
        )
    return None


_TAG = re.compile(r"<(/?)(p|li|td|th|blockquote)\b[^>]*>")


def numbered(html: str) -> str:
    """Cleaned HTML with a number before each paragraph of its own, so that a remark can name it."""
    depth = count = 0

    def number(found: re.Match[str]) -> str:
        nonlocal depth, count
        closing, tag = found[1], found[2]
        if tag != "p":
            depth += -1 if closing else 1
            return found[0]
        if closing or depth:
            return found[0]
        count += 1
        return f'{found[0]}<span class="pn">{count}</span>'

    return _TAG.sub(number, html)


def column_names(table: Table, ours: Sequence[str]) -> list[tuple[str, str]]:
    """(key, heading) of the columns that a unit fills, for the choice of a cell."""
    return [(column.key, ", ".join(column.path)) for column in table.columns if column.key in ours]


def cell_name(spec: PlanSpec, remark: Said) -> str:
    """Which cell a remark is about, in words: "2015, Tổng số"; "" if it is about the whole part."""
    table = spec.table(remark.part.removeprefix("table:"))
    column = table.column(remark.column) if table and remark.column else None
    return ", ".join([*([remark.row] if remark.row else []), *(column.path if column else ())])
