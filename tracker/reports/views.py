"""The reporter's and the unit head's pages: what is owed, one report, its steps. Writing into it is editing.py's."""

from __future__ import annotations

from flask import Blueprint, current_app, flash, render_template, url_for
from werkzeug.wrappers import Response

from tracker.campaigns.queries import spec_of
from tracker.core import clock
from tracker.core.calendar import WorkingCalendar
from tracker.core.db import transaction
from tracker.core.errors import Conflict, Invalid, Refusal
from tracker.core.people import UNIT_ROLES, Actor, Role
from tracker.core.text import N_
from tracker.office.queries import body_with, calendar
from tracker.reports import pages, queries, service
from tracker.reports.forms import StepForm
from tracker.reports.pages import Lacking, ReportShown
from tracker.reports.queries import Found
from tracker.reports.rules import Step
from tracker.web.access import actor, roles_required, signed_in
from tracker.web.filters import luc_ngan, say
from tracker.web.htmx import go
from tracker.web.i18n import translate_refusal

bp = Blueprint("reports", __name__)

_REVIEW = "review.show"


@bp.context_processor
def _words() -> dict[str, object]:
    return {"Step": Step, "review_url": _review_url}


def _review_url(report: ReportShown) -> str | None:
    """The lead's desk for a report that is no longer being drafted; its page is the room above's."""
    if report.owed or not actor().has(Role.LEAD) or _REVIEW not in current_app.view_functions:
        return None
    return url_for(_REVIEW, report_id=report.report.id)


@bp.get("/desk")
@roles_required(*UNIT_ROLES)
def desk() -> str:
    """What the person's units owe, by when, what is missing and what must be fixed first."""
    who, now = actor(), clock.now()
    found = queries.of_units(who)
    reports = show_all(found, who, calendar()) if found else []
    contact = body_with("lead", now.date()) if found else None
    return render_template("reports/desk.html", reports=reports, headline=pages.headline(reports), contact=contact)


@bp.get("/reports/<int:report_id>")
@signed_in
def show(report_id: int) -> str:
    """One report: its parts, its deadline, its steps and its history."""
    return report_page(report_id)


@bp.post("/reports/<int:report_id>/steps")
@signed_in
def take_step(report_id: int) -> Response | tuple[str, int]:
    """Submit, withdraw, or a step of the lead's. What keeps it from being sent is listed, each with its place."""
    queries.find(report_id, actor())
    asked = StepForm().asked()
    take = pages.step_taker or service.take_step
    now = clock.now()
    try:
        with transaction():
            take(
                report_id,
                asked.step,
                actor(),
                now,
                version=asked.version,
                note=asked.note,
                resubmit_by=asked.resubmit_by,
            )
    except (Invalid, Conflict) as refusal:
        return report_page(report_id, refusal, asked.note or ""), refusal.status
    flash(say(_SAID[asked.step], when=luc_ngan(now)), "ok")
    return go(url_for("reports.show", report_id=report_id))


def report_page(report_id: int, refusal: Refusal | None = None, note: str = "") -> str:
    """The page of a report, with why a step was refused if one was."""
    found = queries.find(report_id, actor())
    (report,) = show_all([found], actor(), calendar())
    lacking: list[Lacking] = []
    if refusal is not None and refusal.code == "incomplete":
        lacking = pages.lacking(report, refusal.extra.get("missing", []))  # type: ignore[arg-type]  # rules.missing
    return render_template(
        "reports/report.html",
        r=report,
        lacking=lacking,
        refused=translate_refusal(refusal) if refusal and not lacking else "",
        note=note,
        contact=body_with("lead", clock.now().date()) if report.owed else None,
    )


def show_all(found: list[Found], who: Actor, days: WorkingCalendar) -> list[ReportShown]:
    """Reports as `who` sees them; three statements, however many they are."""
    ids = [each.report.id for each in found]
    stored, events = queries.stored_parts(ids), queries.histories(ids)
    back = [each.report.id for each in found if each.standing.sent_back]
    remarks = pages.remark_source(back) if back and pages.remark_source else []
    return [
        pages.shown(
            each,
            spec_of(each.campaign),
            queries.concern_of(each),
            stored[each.report.id],
            [remark for remark in remarks if remark.report_id == each.report.id],
            events[each.report.id],
            days,
            who,
            clock.now(),
        )
        for each in found
    ]


_SAID = {
    Step.SUBMIT: N_("Đã gửi báo cáo lúc %(when)s. Cơ quan chủ trì sẽ xem và trả lời qua thư."),
    Step.WITHDRAW: N_("Đã rút lại báo cáo lúc %(when)s. Sửa xong thì gửi lại trước hạn."),
    Step.SEND_BACK: N_("Đã trả lại báo cáo lúc %(when)s; đơn vị nhận được thư ngay."),
    Step.ACCEPT: N_("Đã duyệt báo cáo lúc %(when)s."),
    Step.REOPEN: N_("Đã mở lại báo cáo lúc %(when)s."),
    Step.RELEASE: N_("Đã đưa báo cáo ra khỏi bản tổng hợp lúc %(when)s."),
}
