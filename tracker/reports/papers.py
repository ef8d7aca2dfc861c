"""What goes with a report as files: its attachments, and the report itself as a Word document."""

from __future__ import annotations

from flask import Response as FileResponse
from flask import flash, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from tracker.core import clock
from tracker.core.db import transaction
from tracker.core.errors import Invalid, Refusal, TooLarge
from tracker.files.queries import attachments
from tracker.files.queries import find as find_file
from tracker.files.service import attach, detach
from tracker.files.views import download
from tracker.reports import queries, wordfile
from tracker.reports.editing import bp
from tracker.reports.rules import State, check_may_write, check_write, may_write
from tracker.web.access import actor, signed_in
from tracker.web.htmx import go
from tracker.web.i18n import translate_refusal

__all__ = ["bp"]


@bp.get("/reports/<int:report_id>/document")
@signed_in
def document(report_id: int) -> FileResponse:
    """The report as .docx, with the time at which it was received."""
    return wordfile.document(queries.find(report_id, actor()))


@bp.get("/reports/<int:report_id>/files")
@signed_in
def files(report_id: int) -> str:
    """What is attached, and the form to attach more while the report is being written."""
    return _files_page(report_id)


@bp.post("/reports/<int:report_id>/files")
@signed_in
def add_file(report_id: int) -> Response | tuple[str, int]:
    """Attach a file. One that is not taken leaves everything as it was."""
    check_may_write(queries.find(report_id, actor()).standing, actor())
    try:
        data, name = wordfile.uploaded()
        with transaction():
            check_write(queries.find_to_change(report_id, actor()).standing, actor())
            kept = attach(_about(report_id), name, data, actor(), clock.now())
            shown = kept.name
    except (Invalid, TooLarge) as refusal:
        return _files_page(report_id, refusal), refusal.status
    flash(_("Đã đính kèm %(name)s.", name=shown), "ok")
    return go(url_for("reports.files", report_id=report_id))


@bp.get("/reports/<int:report_id>/files/<int:file_id>")
@signed_in
def file(report_id: int, file_id: int) -> FileResponse:
    """One attachment, always as a download."""
    queries.find(report_id, actor())
    return download(find_file(file_id, _about(report_id)))


@bp.post("/reports/<int:report_id>/files/<int:file_id>/delete")
@signed_in
def remove_file(report_id: int, file_id: int) -> Response:
    """Take an attachment away again, while the report is being written."""
    with transaction():
        check_write(queries.find_to_change(report_id, actor()).standing, actor())
        gone = find_file(file_id, _about(report_id))
        name = gone.name
        detach(gone, actor(), clock.now())
    flash(_("Đã bỏ tệp %(name)s.", name=name), "ok")
    return go(url_for("reports.files", report_id=report_id))


def _about(report_id: int) -> str:
    return f"report:{report_id}"


def _files_page(report_id: int, refusal: Refusal | None = None) -> str:
    found = queries.find(report_id, actor())
    writable = found.report.state == State.DRAFTING and may_write(actor(), found.unit.id)
    return render_template(
        "reports/files.html",
        found=found,
        attached=attachments(_about(report_id)),
        writable=writable,
        refused=translate_refusal(refusal) if refusal else "",
    )
