"""Bringing a unit's own Word report in: upload, look at what was found, save what is chosen.

Nothing is saved before it is confirmed. Between the two the file itself waits as an attachment, "report:7:intake".
"""

from __future__ import annotations

from flask import flash, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from tracker.accounts.queries import units
from tracker.campaigns.queries import spec_of
from tracker.core import clock
from tracker.core.db import transaction
from tracker.core.errors import Conflict, Invalid, NotFound, Refusal, TooLarge
from tracker.core.text import N_
from tracker.files.models import Attachment
from tracker.files.queries import attachments
from tracker.files.queries import find as find_file
from tracker.files.service import attach, detach
from tracker.files.store import store
from tracker.reports import queries, wordfile
from tracker.reports.forms import bad_form
from tracker.reports.intake import ReportSpec
from tracker.reports.intake_pages import preview
from tracker.reports.intake_saving import Chosen, bring_in
from tracker.reports.papers import bp
from tracker.reports.queries import Found
from tracker.reports.rules import check_write
from tracker.web.access import actor, signed_in
from tracker.web.htmx import go
from tracker.web.i18n import translate_refusal

__all__ = ["bp"]


@bp.get("/reports/<int:report_id>/word")
@signed_in
def choose_word(report_id: int) -> str:
    """Where to choose the file."""
    return _choose(_open(report_id))


@bp.post("/reports/<int:report_id>/word")
@signed_in
def read_word(report_id: int) -> Response | tuple[str, int]:
    """Read the file and go to what was found in it. One that cannot be read leaves nothing behind."""
    found = _open(report_id)
    try:
        data, name = wordfile.uploaded()
        wordfile.split_upload(found, data, name)
        with transaction():
            check_write(queries.find_to_change(report_id, actor()).standing, actor())
            _forget(report_id)
            file_id = attach(_about(report_id), name, data, actor(), clock.now()).id
    except (Invalid, TooLarge) as refusal:
        return _choose(queries.find(report_id, actor()), refusal), refusal.status
    return go(url_for("reports.show_word", report_id=report_id, file_id=file_id))


@bp.get("/reports/<int:report_id>/word/<int:file_id>")
@signed_in
def show_word(report_id: int, file_id: int) -> str:
    """What was found, what is missing, what is left over; nothing is saved yet."""
    return _preview(report_id, file_id)


@bp.post("/reports/<int:report_id>/word/<int:file_id>")
@signed_in
def save_word(report_id: int, file_id: int) -> Response | tuple[str, int]:
    """Save the parts that were ticked, all or nothing."""
    split = _split(_open(report_id), _waiting(report_id, file_id))
    chosen = _chosen(split)
    try:
        with transaction():
            found = queries.find_to_change(report_id, actor())
            brought = bring_in(found, split, chosen, actor(), clock.now())
            _forget(report_id)
    except (Invalid, TooLarge, Conflict) as refusal:
        return _preview(report_id, file_id, refusal), refusal.status
    said = [
        _("%(n)s mục", n=brought.sections) if brought.sections else "",
        _("%(n)s phụ lục", n=brought.tables) if brought.tables else "",
    ]
    flash(_("Đã đưa %(what)s từ bản Word vào báo cáo.", what=", ".join(filter(None, said))), "ok")
    return go(url_for("reports.show", report_id=report_id))


# --- within ---------------------------------------------------------------------------------------


def _open(report_id: int) -> Found:
    """The report, for those who may write it now."""
    found = queries.find(report_id, actor())
    check_write(found.standing, actor())
    return found


def _about(report_id: int) -> str:
    return f"report:{report_id}:intake"


def _waiting(report_id: int, file_id: int) -> Attachment:
    """The file that this person uploaded and has not confirmed yet."""
    kept = find_file(file_id, _about(report_id))
    if kept.uploaded_by != actor().user_id:
        raise NotFound("no_file", N_("Không có tệp này."))
    return kept


def _forget(report_id: int) -> None:
    for kept in attachments(_about(report_id)):
        if kept.uploaded_by == actor().user_id:
            detach(kept, actor(), clock.now())


def _split(found: Found, kept: Attachment) -> ReportSpec:
    return wordfile.split_upload(found, store().get(kept.sha256), kept.name)


def _chosen(split: ReportSpec) -> Chosen:
    """The ticks of the page. Invalid if it was made up."""
    version = request.form.get("version", "")
    if not (version.isascii() and version.isdigit() and len(version) < 10):
        raise bad_form()
    placed = {place: request.form.get(f"u-{place}", "") for place in range(len(split["unplaced"]))}
    return Chosen(
        version=int(version),
        sections=[each["number"] for each in split["sections"] if f"s-{each['number']}" in request.form],
        tables=[each["number"] for each in split["tables"] if f"t-{each['number']}" in request.form],
        placed={place: number for place, number in placed.items() if number},
    )


def _choose(found: Found, refusal: Refusal | None = None) -> str:
    return render_template("reports/intake.html", found=found, refused=translate_refusal(refusal) if refusal else "")


def _preview(report_id: int, file_id: int, refusal: Refusal | None = None) -> str:
    found, kept = _open(report_id), _waiting(report_id, file_id)
    name, uploaded_at = kept.name, kept.uploaded_at
    split = _split(found, kept)
    # Reading ended the transaction: what is stored is looked at once more, together with its version.
    found = _open(report_id)
    shown = preview(
        split,
        spec_of(found.campaign),
        queries.concern_of(found),
        queries.sections(report_id),
        queries.tables(report_id),
        found.unit.code,
        {unit.code: unit.name for unit in units()},
    )
    return render_template(
        "reports/intake_preview.html",
        found=found,
        p=shown,
        name=name,
        uploaded_at=uploaded_at,
        file_id=file_id,
        version=found.report.version,
        refused=translate_refusal(refusal) if refusal else "",
        ticked=set(request.form) if refusal else None,
        placed={key: value for key, value in request.form.items() if key.startswith("u-")} if refusal else {},
    )
