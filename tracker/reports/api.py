"""The reports' part of the API (contract.md, "HTTP"). Steps are in review/api.py, lists in board/api.py."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, request
from flask_babel import gettext

from tracker.accounts.idempotency import api_write
from tracker.campaigns.queries import spec_of
from tracker.core import clock
from tracker.core.errors import Invalid
from tracker.core.text import N_
from tracker.files.service import attach
from tracker.plans.spec import OutlineItem, sections_for
from tracker.reports import queries, service, wordfile, writing
from tracker.reports.queries import Found
from tracker.reports.rules import allowed_steps, check_may_write, check_write, share
from tracker.web.access import actor, signed_in
from tracker.web.api import PREFIX, answer, body, flag_of, instant, instant_of, text_of, whole_of

bp = Blueprint("reports_api", __name__, url_prefix=PREFIX)


@bp.get("/reports/<int:report_id>")
@signed_in
def show(report_id: int) -> Response:
    """One report, as the caller may see it."""
    return answer(report_json(queries.find(report_id, actor())))


@bp.put("/reports/<int:report_id>/sections/<number>")
@signed_in
@api_write
def put_section(report_id: int, number: str) -> Response:
    """Write a section, or declare that there is nothing to report."""
    data = body()
    nothing = flag_of(data, "nothing_to_report")
    version = writing.save_section(
        report_id,
        number,
        actor(),
        clock.now(),
        html="" if nothing else text_of(data, "html", required=True) or "",
        nothing_to_report=nothing,
        version=whole_of(data, "version"),
    )
    return answer({"version": version})


@bp.put("/reports/<int:report_id>/tables/<number>")
@signed_in
@api_write
def put_table(report_id: int, number: str) -> Response:
    """Write cells of a table (those not named stay), or declare that the whole table has nothing to report."""
    data = body()
    nothing = flag_of(data, "nothing_to_report")
    version = writing.save_table(
        report_id,
        number,
        actor(),
        clock.now(),
        cells=None if nothing else _cells(data),
        nothing_to_report=nothing,
        version=whole_of(data, "version"),
    )
    return answer({"version": version})


@bp.post("/reports/<int:report_id>/files")
@signed_in
def add_file(report_id: int) -> Response:
    """Split a Word report along the outline, nothing saved; or attach a file to the report."""
    found = queries.find(report_id, actor())
    check_may_write(found.standing, actor())
    purpose = request.form.get("purpose", "")
    if purpose not in {"split", "attachment"}:
        raise Invalid("bad_field", N_("Trường «purpose» là split hoặc attachment."), {"field": "purpose"})
    data, name = wordfile.uploaded()
    if purpose == "attachment":
        return _attach(report_id, data, name)
    split = wordfile.split_upload(found, data, name)
    for warning in split["warnings"]:
        said = warning["text"]
        warning["text"] = gettext(said)
    return _give(split)


@api_write
def _attach(report_id: int, data: bytes, name: str) -> Response:
    check_write(queries.find_to_change(report_id, actor()).standing, actor())
    kept = attach(f"report:{report_id}", name, data, actor(), clock.now())
    return answer({"id": kept.id, "name": kept.name, "sha256": kept.sha256}, 201)


@api_write
def _give(split: dict[str, Any]) -> Response:
    return answer(split)


@bp.get("/reports/<int:report_id>/document")
@signed_in
def document(report_id: int) -> Response:
    """The report as .docx, with the time at which it was received."""
    return wordfile.document(queries.find(report_id, actor()))


@bp.get("/reports/<int:report_id>/history")
@signed_in
def history(report_id: int) -> Response:
    """Every step and extension, the oldest first."""
    found = queries.find(report_id, actor())
    return answer(
        {
            "items": [
                {
                    "step": event.step,
                    "from": event.from_state,
                    "to": event.to_state,
                    "by": event.by_name or None,
                    "at": instant(event.at),
                    "note": event.note,
                    "resubmit_by": event.resubmit_by and event.resubmit_by.isoformat(),
                    "version": event.version,
                }
                for event in queries.history(found.report.id)
            ]
        }
    )


@bp.post("/reports/<int:report_id>/extension")
@signed_in
@api_write
def extend(report_id: int) -> Response:
    """Give a unit more time (lead)."""
    data = body()
    found = service.extend(
        report_id, instant_of(data, "due_before"), text_of(data, "reason", required=True) or "", actor(), clock.now()
    )
    return answer(report_json(found))


def report_json(found: Found) -> dict[str, Any]:
    """A report in the contract's shape, with the steps now open to the caller."""
    report, spec, concern = found.report, spec_of(found.campaign), queries.concern_of(found)
    texts, tables = queries.sections(report.id), queries.tables(report.id)
    return {
        "id": report.id,
        "campaign": found.campaign.id,
        "unit": {"code": found.unit.code, "name": found.unit.name},
        "group": report.group_name,
        "state": report.state,
        "version": report.version,
        "due_before": instant(report.due_before),
        "resubmit_by": report.resubmit_by.isoformat() if report.resubmit_by else None,
        "submitted_at": instant(report.submitted_at),
        "completeness": share(report.filled, report.required),
        "sections": [_section(item, texts) for item in sections_for(spec, report.group_name)],
        "tables": [
            {
                "number": number,
                "nothing_to_report": number in tables and tables[number].nothing_to_report,
                "cells": {
                    row: {key: (tables[number].cells.get(row, {}) if number in tables else {}).get(key) for key in keys}
                    for row in rows
                },
            }
            for number, (rows, keys) in concern.cells.items()
        ],
        "steps": [step.value for step in allowed_steps(found.standing, actor())],
    }


def _section(item: OutlineItem, texts: dict[str, Any]) -> dict[str, Any]:
    stored = texts.get(item.number)
    return {
        "number": item.number,
        "title": item.title,
        "html": stored.html if stored else "",
        "nothing_to_report": bool(stored and stored.nothing_to_report),
        "required": True,
    }


def _cells(data: dict[str, Any]) -> dict[str, dict[str, Any]]:
    cells = data.get("cells")
    if not isinstance(cells, dict) or not all(isinstance(named, dict) for named in cells.values()):
        raise Invalid("bad_field", N_("Trường «cells» phải có dạng {hàng: {cột: ô}}."), {"field": "cells"})
    return cells
