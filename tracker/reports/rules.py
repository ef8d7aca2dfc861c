"""States and steps of a report, what of the plan concerns its unit and is still missing, and its own deadline.

Where reports are kept, and how a figure is read or added up, is not here.
"""

from __future__ import annotations

import enum
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from tracker.core.calendar import WorkingCalendar
from tracker.core.errors import Conflict, Forbidden, Invalid
from tracker.core.people import Actor, Role
from tracker.core.text import N_
from tracker.plans.figures import NOT_APPLICABLE, NOTHING, Cells
from tracker.plans.spec import Column, PlanSpec, input_columns, sections_for

RESUBMIT_WORKING_DAYS: Final = 3
DUE_SOON_WORKING_DAYS: Final = 3
# A typing slip (2032 for 2023) must not lift a deadline out of sight.
RESUBMIT_AT_MOST: Final = timedelta(days=3660)


class State(enum.StrEnum):
    """Where a report stands: đang soạn, chờ duyệt, đã duyệt, đã tổng hợp."""

    DRAFTING = "drafting"
    SUBMITTED = "submitted"
    REVIEWED = "reviewed"
    CONSOLIDATED = "consolidated"


class Step(enum.StrEnum):
    """What moves a report from one state to another."""

    SUBMIT = "submit"
    WITHDRAW = "withdraw"
    SEND_BACK = "send_back"
    ACCEPT = "accept"
    REOPEN = "reopen"
    CONSOLIDATE = "consolidate"
    RELEASE = "release"


TRANSITIONS: Final[Mapping[Step, tuple[State, State]]] = {
    Step.SUBMIT: (State.DRAFTING, State.SUBMITTED),
    Step.WITHDRAW: (State.SUBMITTED, State.DRAFTING),
    Step.SEND_BACK: (State.SUBMITTED, State.DRAFTING),
    Step.ACCEPT: (State.SUBMITTED, State.REVIEWED),
    Step.REOPEN: (State.REVIEWED, State.SUBMITTED),
    Step.CONSOLIDATE: (State.REVIEWED, State.CONSOLIDATED),
    Step.RELEASE: (State.CONSOLIDATED, State.REVIEWED),
}
NEEDS_NOTE: Final = frozenset({Step.SEND_BACK, Step.REOPEN, Step.RELEASE})

_WORDS: Final[Mapping[State, str]] = {
    State.DRAFTING: N_("Đang soạn"),
    State.SUBMITTED: N_("Chờ duyệt"),
    State.REVIEWED: N_("Đã duyệt"),
    State.CONSOLIDATED: N_("Đã tổng hợp"),
}
_RETURNED: Final = N_("Bị trả lại")
_NOT_YOURS: Final[Mapping[Step, str]] = {
    Step.SUBMIT: N_(
        "Chỉ đơn vị của báo cáo, hoặc cơ quan chủ trì gửi thay khi đơn vị nộp bản giấy, mới gửi được báo cáo."
    ),
    Step.WITHDRAW: N_("Chỉ đơn vị của báo cáo mới rút lại được báo cáo."),
    Step.SEND_BACK: N_("Chỉ cơ quan chủ trì mới trả lại được báo cáo."),
    Step.ACCEPT: N_("Chỉ cơ quan chủ trì mới duyệt được báo cáo."),
    Step.REOPEN: N_("Chỉ cơ quan chủ trì mới mở lại được báo cáo đã duyệt."),
    Step.CONSOLIDATE: N_("Báo cáo được tổng hợp khi lập bản tổng hợp chính thức, không làm riêng từng báo cáo."),
    Step.RELEASE: N_("Chỉ cơ quan chủ trì mới đưa được báo cáo ra khỏi bản tổng hợp."),
}
_NOT_NOW: Final[Mapping[Step, str]] = {
    Step.SUBMIT: N_("Báo cáo đã gửi rồi. Muốn sửa thì rút lại trước."),
    Step.WITHDRAW: N_("Chỉ rút lại được báo cáo đang chờ duyệt."),
    Step.SEND_BACK: N_("Chỉ trả lại được báo cáo đang chờ duyệt. Báo cáo đã duyệt thì mở lại trước."),
    Step.ACCEPT: N_("Chỉ duyệt được báo cáo đang chờ duyệt."),
    Step.REOPEN: N_("Chỉ mở lại được báo cáo đã duyệt."),
    Step.CONSOLIDATE: N_("Chỉ tổng hợp được báo cáo đã duyệt."),
    Step.RELEASE: N_("Chỉ đưa ra được báo cáo đã tổng hợp."),
}
_NOTE_WANTED: Final[Mapping[Step, str]] = {
    Step.SUBMIT: N_("Ghi rõ bản giấy của đơn vị: số, ngày, người nộp."),
    Step.SEND_BACK: N_("Ghi lý do trả lại để đơn vị biết phải sửa gì."),
    Step.REOPEN: N_("Ghi lý do mở lại báo cáo đã duyệt."),
    Step.RELEASE: N_("Ghi lý do đưa báo cáo ra khỏi bản tổng hợp."),
}


@dataclass(frozen=True, slots=True)
class Standing:
    """What the rules need to know of one report.

    `sent_back`: the last step was a sending back. `taken`, `has_remarks`: since it was last submitted, a reviewer
    has taken it, or has saved a remark.
    """

    state: State
    unit_id: int
    sent_back: bool = False
    taken: bool = False
    has_remarks: bool = False


def word(state: State, sent_back: bool = False) -> str:
    """The one word for where a report stands (a msgid); a draft that was sent back says so."""
    return _RETURNED if state is State.DRAFTING and sent_back else _WORDS[state]


def may_read(actor: Actor, unit_id: int) -> bool:
    """A unit's people their unit's report, lead and oversight every report; admin none (contract, "Reading")."""
    return actor.reads_all or unit_id in actor.units


def may_write(actor: Actor, unit_id: int) -> bool:
    """The unit, and the lead office for a unit that sent paper."""
    return unit_id in actor.units or actor.has(Role.LEAD)


def on_behalf(actor: Actor, unit_id: int) -> bool:
    """True if the lead office acts for a unit that is not its own."""
    return actor.has(Role.LEAD) and unit_id not in actor.units


def may(step: Step, actor: Actor, unit_id: int) -> bool:
    """Whether the roles of `actor` allow the step on a report of that unit, whatever its state."""
    match step:
        case Step.SUBMIT:
            return may_write(actor, unit_id)
        case Step.WITHDRAW:
            return unit_id in actor.units
        case Step.ACCEPT:
            return actor.has(Role.LEAD) and unit_id not in actor.units
        case Step.SEND_BACK | Step.REOPEN | Step.RELEASE:
            return actor.has(Role.LEAD)
        case Step.CONSOLIDATE:
            return False


def in_state(step: Step, standing: Standing) -> bool:
    """Whether the report stands where the step starts; a report under review is no longer withdrawn."""
    if TRANSITIONS[step][0] is not standing.state:
        return False
    return step is not Step.WITHDRAW or not (standing.taken or standing.has_remarks)


def allowed_steps(standing: Standing, actor: Actor) -> list[Step]:
    """The steps that this person may take now, whether or not the report is complete."""
    return [step for step in Step if may(step, actor, standing.unit_id) and in_state(step, standing)]


def read_step(name: object) -> Step:
    """The step of that name. Raises Invalid "unknown_step" (422)."""
    try:
        return Step(str(name))
    except ValueError:
        raise Invalid(
            "unknown_step",
            N_("Không có bước «%(step)s». Các bước: %(steps)s."),
            step=str(name)[:40],
            steps=", ".join(Step),
        ) from None


def check_step(
    step: Step,
    standing: Standing,
    actor: Actor,
    note: str | None,
    resubmit_by: date | None,
    today: date,
) -> None:
    """Refuse what is not allowed on a report that `actor` may see: role (403), state (409), note and day (422).

    `today` is the office's day. `resubmit_by` belongs to `send_back` alone; None there means the default.
    """
    if not may(step, actor, standing.unit_id):
        if step is Step.ACCEPT and actor.has(Role.LEAD):
            raise Forbidden(
                "own_unit", N_("Không ai tự duyệt báo cáo của đơn vị mình. Nhờ người khác của cơ quan chủ trì duyệt.")
            )
        raise Forbidden("step_not_yours", _NOT_YOURS[step])
    check_state(step, standing)
    if (step in NEEDS_NOTE or (step is Step.SUBMIT and on_behalf(actor, standing.unit_id))) and not (
        note or ""
    ).strip():
        raise Invalid("note_required", _NOTE_WANTED[step])
    if resubmit_by is None:
        return
    if step is not Step.SEND_BACK:
        raise Invalid("resubmit_by_unexpected", N_("Ngày gửi lại chỉ ghi khi trả lại báo cáo."))
    if resubmit_by < today:
        raise Invalid("resubmit_by_past", N_("Ngày gửi lại đã qua. Chọn hôm nay hoặc một ngày sau hôm nay."))
    if resubmit_by - today > RESUBMIT_AT_MOST:
        raise Invalid("resubmit_by_far", N_("Ngày gửi lại quá xa. Xem lại năm đã ghi."))


def check_state(step: Step, standing: Standing) -> None:
    """The state's half of `check_step`, for a step that the product takes by itself. Raises Conflict (409)."""
    if in_state(step, standing):
        return
    if step is Step.WITHDRAW and standing.state is State.SUBMITTED:
        raise Conflict(
            "under_review",
            N_("Cơ quan chủ trì đang duyệt nên không rút lại được báo cáo. Đề nghị cơ quan chủ trì trả lại."),
            extra={"state": standing.state.value},
        )
    raise Conflict("wrong_state", _NOT_NOW[step], extra={"state": standing.state.value})


def check_may_write(standing: Standing, actor: Actor) -> None:
    """Whether `actor` is one of those who write this report, whatever its state (403)."""
    if not may_write(actor, standing.unit_id):
        raise Forbidden("write_not_yours", N_("Chỉ đơn vị của báo cáo mới sửa được báo cáo."))


def check_write(standing: Standing, actor: Actor) -> None:
    """Whether `actor` may change what the report says: the right people (403), while it is being drafted (409)."""
    check_may_write(standing, actor)
    if standing.state is not State.DRAFTING:
        raise Conflict(
            "not_drafting",
            N_("Báo cáo đã gửi nên không sửa được. Rút lại, hoặc đề nghị cơ quan chủ trì trả lại."),
            extra={"state": standing.state.value},
        )


def resubmit_default(calendar: WorkingCalendar, sent_back_at: datetime) -> date:
    """The day by which a report sent back is due again: 3 working days, counted from the day after."""
    return calendar.add_working_days(calendar.local_day(sent_back_at), RESUBMIT_WORKING_DAYS)


def due_before(milestone_due: datetime, extension: datetime | None, resubmit_end: datetime | None) -> datetime:
    """A report's own deadline, the instant after its last moment.

    The end of its resubmit-by day (the latest, if it was sent back more than once), else its extension, else the
    milestone's; sending back never shortens it.
    """
    own = milestone_due if extension is None else extension
    return own if resubmit_end is None else max(own, resubmit_end)


def is_overdue(state: State, due: datetime, now: datetime) -> bool:
    """Past its own deadline and still (or again) being drafted."""
    return state is State.DRAFTING and now >= due


def is_late(first_submitted_at: datetime | None, due_at_first_submission: datetime | None) -> bool:
    """First submitted after the deadline that it had then."""
    if first_submitted_at is None or due_at_first_submission is None:
        return False
    return first_submitted_at >= due_at_first_submission


def is_due_soon(calendar: WorkingCalendar, state: State, due: datetime, now: datetime) -> bool:
    """Being drafted, not overdue, with 3 working days or fewer left, today not counted."""
    return state is State.DRAFTING and now < due and calendar.days_left(due, now) <= DUE_SOON_WORKING_DAYS


@dataclass(frozen=True, slots=True)
class Concern:
    """What of a plan one unit answers: numbers of sections, and table number → (rows, input columns)."""

    sections: tuple[str, ...]
    cells: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]

    @property
    def required(self) -> int:
        """How many parts that is: sections and cells."""
        return len(self.sections) + sum(len(rows) * len(columns) for rows, columns in self.cells.values())


@dataclass(frozen=True, slots=True)
class SectionAnswer:
    """One section as a unit left it: its visible text, or the word that there is nothing to report."""

    text: str = ""
    nothing_to_report: bool = False


@dataclass(frozen=True, slots=True)
class TableAnswer:
    """One table as a unit left it: row → column key → cell, or the word that there is nothing to report."""

    cells: Cells
    nothing_to_report: bool = False


def concerns(spec: PlanSpec, group: str | None, unit_code: str, submits_figures: bool) -> Concern:
    """What concerns a unit of a group (None: of no named group, so every section does).

    Cells of a `single_source` column concern its `source_unit` alone, whether or not that unit submits figures;
    the other input columns concern the units that submit figures; derived columns nobody.
    """
    cells = {}
    for table in spec.tables:
        columns = tuple(c.key for c in input_columns(table) if _owns(c, unit_code, submits_figures))
        if columns and table.rows:
            cells[table.number] = (table.rows, columns)
    return Concern(tuple(section.number for section in sections_for(spec, group)), cells)


def unowned(spec: PlanSpec) -> list[tuple[str, str]]:
    """(table number, column key) of the single-source columns that name no unit, and so concern nobody."""
    return [
        (table.number, column.key)
        for table in spec.tables
        for column in table.columns
        if column.over_units == "single_source" and column.source_unit is None
    ]


def section_filled(answer: SectionAnswer | None) -> bool:
    """Written, in letters that can be seen, or declared to have nothing to report."""
    return answer is not None and (answer.nothing_to_report or any(map(_visible, answer.text)))


def cell_filled(cell: object) -> bool:
    """A whole number, or one of the two declarations; blank is not."""
    return (isinstance(cell, int) and not isinstance(cell, bool)) or cell in (NOTHING, NOT_APPLICABLE)


def cells_filled(concern: Concern, table: str, answer: TableAnswer | None) -> int:
    """How many of a table's cells that concern the unit are there."""
    rows, columns = concern.cells.get(table, ((), ()))
    if answer is None:
        return 0
    if answer.nothing_to_report:
        return len(rows) * len(columns)
    return sum(cell_filled(answer.cells.get(row, {}).get(column)) for row in rows for column in columns)


def completeness(
    concern: Concern, sections: Mapping[str, SectionAnswer], tables: Mapping[str, TableAnswer]
) -> tuple[int, int]:
    """(filled, required) parts: sections and cells that concern the unit, whatever else it wrote."""
    written = sum(section_filled(sections.get(number)) for number in concern.sections)
    return written + sum(cells_filled(concern, table, tables.get(table)) for table in concern.cells), concern.required


def share(filled: int, required: int) -> float:
    """Completeness from 0 to 1; 1 where nothing is asked."""
    return filled / required if required else 1.0


def missing(
    concern: Concern, sections: Mapping[str, SectionAnswer], tables: Mapping[str, TableAnswer]
) -> list[dict[str, str]]:
    """What keeps a report from being submitted, in the plan's order, as the API says it:
    {"section": "II.3"} or {"table": "1", "row": "2015", "column": key}."""
    lacking = [{"section": number} for number in concern.sections if not section_filled(sections.get(number))]
    for table in concern.cells:
        lacking += _blank_cells(concern, table, tables.get(table))
    return lacking


def check_complete(concern: Concern, sections: Mapping[str, SectionAnswer], tables: Mapping[str, TableAnswer]) -> None:
    """Refuse to submit while a part is missing. Raises Invalid "incomplete" (422) with the list as `missing`."""
    lacking = missing(concern, sections, tables)
    if lacking:
        raise Invalid(
            "incomplete",
            N_("Chưa gửi được, còn %(n)s phần. Điền các phần còn thiếu, hoặc ghi «không phát sinh»."),
            extra={"missing": lacking},
            n=len(lacking),
        )


def _owns(column: Column, unit_code: str, submits_figures: bool) -> bool:
    return column.source_unit == unit_code if column.over_units == "single_source" else submits_figures


def _blank_cells(concern: Concern, table: str, answer: TableAnswer | None) -> Iterator[dict[str, str]]:
    if answer is not None and answer.nothing_to_report:
        return
    rows, columns = concern.cells[table]
    for row in rows:
        cells = answer.cells.get(row, {}) if answer else {}
        for column in columns:
            if not cell_filled(cells.get(column)):
                yield {"table": table, "row": row, "column": column}


def _visible(char: str) -> bool:
    # Spaces of every width and zero-width marks that a word processor leaves behind are no text.
    return unicodedata.category(char)[0] not in "CZ"
