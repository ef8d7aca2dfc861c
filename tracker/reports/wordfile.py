"""Word files at the web's door: a report given out as .docx, and an uploaded file taken in.

What is printed is render.py's; what an uploaded report says is intake.py's.
"""

from __future__ import annotations

from flask import Response, request

from tracker.accounts.queries import units
from tracker.campaigns.queries import spec_of
from tracker.core.db import session
from tracker.core.errors import Invalid
from tracker.core.text import N_
from tracker.files.rules import TYPES
from tracker.files.views import download_bytes
from tracker.office.queries import calendar
from tracker.reports import queries
from tracker.reports.intake import ReportSpec, read_report
from tracker.reports.queries import Found
from tracker.reports.render import report_docx


def document(found: Found) -> Response:
    """The report as .docx with its receipt time, as a download named after the plan and the unit."""
    spec = spec_of(found.campaign)
    data = report_docx(found, queries.sections(found.report.id), queries.tables(found.report.id), spec, calendar())
    name = f"Báo cáo {spec.number} - {found.unit.name}".replace("/", "-")
    return download_bytes(data, f"{name}.docx", TYPES["docx"])


def uploaded(field: str = "file") -> tuple[bytes, str]:
    """The bytes and the name of the file that was sent. Invalid if there is none."""
    given = request.files.get(field)
    if given is None or not given.filename:
        raise Invalid("no_file_sent", N_("Chưa chọn tệp. Chọn tệp rồi gửi lại."), {"field": field})
    return given.read(), given.filename


def split_upload(found: Found, data: bytes, name: str) -> ReportSpec:
    """The file split along the plan of a report. Ends the session's transaction: reading takes seconds."""
    spec, known = spec_of(found.campaign), [(unit.code, unit.name) for unit in units()]
    # Nobody should wait for the database because of somebody's large file.
    session().rollback()
    return read_report(data, name, spec, known)
