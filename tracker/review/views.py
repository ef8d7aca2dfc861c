"""The lead office's pages: the queue, one report read part by part, and the verdict that carries the remarks.

How a report is written is reports/'; remarks as a unit reads them are shown there too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, flash, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from tracker.campaigns.queries import find_whole, spec_of
from tracker.core import clock
from tracker.core.calendar import WorkingCalendar
from tracker.core.db import transaction
from tracker.core.errors import Conflict, Invalid, NotFound, Refusal
from tracker.core.people import Role
from tracker.core.text import N_
from tracker.documents.richtext import clean
from tracker.office.queries import calendar
from tracker.plans.spec import guidance_for, writable_sections
from tracker.reports import grids
from tracker.reports import service as reports
from tracker.reports.forms import StepAsked
from tracker.reports.queries import concern_of, history
from tracker.reports.rules import Step, resubmit_default
from tracker.review import pages, queries, service
from tracker.review.forms import ExtensionForm, MarkForm, RemarkForm, VerdictForm
from tracker.review.pages import Desk, Reading
from tracker.web.access import actor, roles_required
from tracker.web.filters import luc_ngan, ngay, say, sentence
from tracker.web.htmx import go
from tracker.web.i18n import translate_refusal

bp = Blueprint("review", __name__)
QUEUE = 200
REVIEWED = 10

# A unit's people and the administrator have no desk here: to them these pages do not exist.
reader = roles_required(Role.LEAD, Role.OVERSIGHT, hide=True)


@dataclass(frozen=True, slots=True)
class Refused:
    """What went wrong on the page: the words, which form, which of its fields. `gone`: the form is no longer there."""

    text: str
    form: str
    place: str = ""
    stale: bool = False


_PLACES = {
    "note_required": "note",
    "bad_date": "day",
    "resubmit_by_past": "day",
    "resubmit_by_far": "day",
    "extension_not_later": "day",
    "reason_required": "reason",
    "remark_empty": "text",
    "remark_too_long": "text",
    "no_part": "text",
}


@bp.get("/campaigns/<int:campaign_id>/review")
@reader
def inbox(campaign_id: int) -> str:
    """What waits for a verdict, the oldest first, and what was accepted last."""
    campaign = find_whole(campaign_id, actor())
    days = calendar()
    waiting = pages.rows(queries.in_line(campaign.id, QUEUE + 1), days)
    return render_template(
        "review/inbox.html",
        campaign=campaign,
        rows=waiting[:QUEUE],
        more=len(waiting) > QUEUE,
        reviewed=pages.rows(queries.reviewed(campaign.id, REVIEWED), days),
        now=clock.now(),
        reviewer=actor().has(Role.LEAD),
    )


@bp.get("/reports/<int:report_id>/review")
@reader
def show(report_id: int) -> str:
    """One report on the desk: a part of it, what is asked there, what was said of it, the verdict."""
    return _page(report_id, request.args.get("part", ""))


@bp.post("/reports/<int:report_id>/review/marks")
@reader
def mark(report_id: int) -> Response | tuple[str, int]:
    """Mark a part as good and go on to the next, or take the mark back."""
    _check(report_id)
    part, good = MarkForm().asked()
    try:
        with transaction():
            service.mark(report_id, part, good, actor(), clock.now())
    except (Invalid, Conflict) as refusal:
        return _refused(report_id, part, refusal, "mark")
    if not good:
        return _to(report_id, part)
    desk, _days = _desk(report_id)
    after = desk.after(part)
    return _to(report_id, after.key) if after else _to(report_id, part, "ket-luan")


@bp.post("/reports/<int:report_id>/review/remarks")
@reader
def write_remark(report_id: int) -> Response | tuple[str, int]:
    """Write a remark on a part or a cell; the unit reads it when the report is sent back."""
    _check(report_id)
    typed = RemarkForm().typed()
    try:
        with transaction():
            service.remark(report_id, typed.part, typed.text, actor(), clock.now(), row=typed.row, column=typed.column)
    except (Invalid, Conflict) as refusal:
        return _refused(report_id, typed.part, refusal, "remark")
    flash(_("Đã ghi nhận xét. Đơn vị đọc được khi báo cáo bị trả lại."), "ok")
    return _to(report_id, typed.part, "nx")


@bp.post("/reports/<int:report_id>/review/remarks/<int:remark_id>/delete")
@reader
def delete_remark(report_id: int, remark_id: int) -> Response | tuple[str, int]:
    """Take back a remark that the unit has not been told."""
    _check(report_id)
    part = request.form.get("part", "")
    try:
        with transaction():
            service.unremark(report_id, remark_id, actor(), clock.now())
    except Conflict as refusal:
        return _refused(report_id, part, refusal, "remark")
    flash(_("Đã xóa nhận xét."), "ok")
    return _to(report_id, part, "nx")


@bp.post("/reports/<int:report_id>/review/steps")
@reader
def take_step(report_id: int) -> Response | tuple[str, int]:
    """Accept, send back, reopen, release. Who was not first is told who was, and what was typed stays on the page."""
    _check(report_id)
    form = VerdictForm()
    part = request.form.get("part", "")
    now = clock.now()
    asked: StepAsked | None = None
    try:
        asked = form.asked()
        with transaction():
            found = service.take_step(
                report_id,
                asked.step,
                actor(),
                now,
                version=asked.version,
                note=asked.note,
                resubmit_by=asked.resubmit_by,
            )
            unit, campaign_id, day = found.unit.name, found.campaign.id, found.report.resubmit_by
    except (Invalid, Conflict) as refusal:
        return _refused(report_id, part, refusal, str(form.step.data or ""), asked.version if asked else None)
    flash(say(_SAID[asked.step], unit=unit, when=luc_ngan(now), day=ngay(day)), "ok")
    if asked.step not in (Step.ACCEPT, Step.SEND_BACK):
        return _to(report_id, part)
    after = queries.next_waiting(campaign_id, report_id)
    return _to(after) if after else go(url_for("review.inbox", campaign_id=campaign_id))


@bp.post("/reports/<int:report_id>/review/extension")
@reader
def extend(report_id: int) -> Response | tuple[str, int]:
    """Give a unit that is still writing more time, until the end of a day."""
    _check(report_id)
    part = request.form.get("part", "")
    try:
        asked = ExtensionForm().asked()
        with transaction():
            reports.extend(report_id, calendar().day_end(asked.last_day), asked.reason, actor(), clock.now())
    except (Invalid, Conflict) as refusal:
        return _refused(report_id, part, refusal, "extend")
    flash(_("Đã gia hạn đến hết ngày %(day)s; đơn vị nhận được thư ngay.", day=ngay(asked.last_day)), "ok")
    return _to(report_id, part)


_SAID = {
    Step.SUBMIT: N_("Đã gửi thay %(unit)s lúc %(when)s."),
    Step.WITHDRAW: N_("Đã rút lại báo cáo của %(unit)s lúc %(when)s."),
    Step.SEND_BACK: N_("Đã trả lại %(unit)s, hạn gửi lại hết ngày %(day)s; đơn vị nhận được thư ngay."),
    Step.ACCEPT: N_("Đã duyệt báo cáo của %(unit)s lúc %(when)s."),
    Step.REOPEN: N_("Đã mở lại báo cáo của %(unit)s lúc %(when)s."),
    Step.RELEASE: N_("Đã đưa báo cáo của %(unit)s ra khỏi bản tổng hợp lúc %(when)s."),
}


def _check(report_id: int) -> None:
    """The report exists; only the lead office writes here."""
    queries.open_for(report_id, actor())
    service.check_reviewer(actor())


def _desk(report_id: int) -> tuple[Desk, WorkingCalendar]:
    opened = queries.open_for(report_id, actor())
    days = calendar()
    papers = queries.papers(report_id, opened.found.report.submissions)
    return pages.desk(opened, spec_of(opened.found.campaign), concern_of(opened.found), papers, days, actor()), days


def _to(report_id: int, part: str = "", anchor: str | None = None) -> Response:
    return go(url_for("review.show", report_id=report_id, part=part or None, _anchor=anchor))


def _refused(report_id: int, part: str, refusal: Refusal, form: str, version: int | None = None) -> tuple[str, int]:
    """The page again with what was typed, why it was refused and, if somebody was first, who and when."""
    words = translate_refusal(refusal)
    if isinstance(refusal, Conflict):
        opened = queries.open_for(report_id, actor())
        events = history(report_id)
        who = pages.first_was(opened, events[-1] if events else None, version)
        # The sentence says what is true now; what cannot be done follows from it.
        words = f"{sentence(who)} {words}" if who else words
    place = _PLACES.get(refusal.code, "")
    return _page(report_id, part, Refused(words, form, place, isinstance(refusal, Conflict))), refusal.status


def _page(report_id: int, key: str, refused: Refused | None = None) -> str:
    desk, days = _desk(report_id)
    part = desk.part(key) if key else desk.first()
    if part is None and refused is not None:
        part = desk.first()
    if part is None:
        raise NotFound("no_part", N_("Báo cáo này không có phần đó."))
    default = max(resubmit_default(days, clock.now()), days.last_day_before(desk.report.due_before))
    return render_template(
        "review/show.html",
        d=desk,
        part=part,
        after=desk.after(part.key),
        filled=_filled(desk, part),
        refused=refused,
        typed=request.form if refused else {},
        resubmit=default,
        due_day=days.last_day_before(desk.report.due_before),
        me=actor().user_id,
        Step=Step,
        cell_name=pages.cell_name,
        **_content(desk, part),
    )


def _content(desk: Desk, part: Reading) -> dict[str, Any]:
    """What the open part says and what the plan asks there."""
    found, report_id = desk.found, desk.report.id
    if part.part.is_table:
        table = desk.spec.table(part.part.number)
        stored_table = queries.table_cells(report_id, part.part.number)
        columns = concern_of(found).cells[part.part.number][1]
        if table is None:
            raise NotFound("no_part", N_("Báo cáo này không có phần đó."))
        return {
            "grid": grids.grid(table, columns, stored_table.cells if stored_table else {}),
            "columns": pages.column_names(table, columns),
            "nothing": stored_table is not None and stored_table.nothing_to_report,
            "remarked": {(said.row, said.column) for said in part.fresh if said.row and said.column},
            "guidance": [],
            "prose": "",
        }
    item = next(each for each in writable_sections(desk.spec) if each.number == part.part.number)
    stored = queries.section_text(report_id, part.part.number)
    return {
        "grid": None,
        "prose": pages.numbered(clean(stored.html)) if stored else "",
        "nothing": stored is not None and stored.nothing_to_report,
        "guidance": guidance_for(item, found.report.group_name),
        "children": [child.title for child in item.children],
    }


def _filled(desk: Desk, part: Reading) -> str:
    """Which button is the page's filled one: the next right step."""
    if not desk.reviewing:
        return ""
    if not part.seen.read:
        return "mark"
    if desk.unread:
        return "onward"
    return "accept" if Step.ACCEPT in desk.steps and not desk.fresh else ""
