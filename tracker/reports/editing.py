"""Writing pages: the editor of a section and the entry table of an appendix, with and without script."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from flask import Response as JsonResponse
from flask import flash, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from tracker.campaigns.queries import spec_of
from tracker.core import clock
from tracker.core.db import transaction
from tracker.core.errors import Conflict, Invalid, NotFound, Refusal, TooLarge
from tracker.core.text import N_
from tracker.documents.richtext import clean, visible_text
from tracker.plans.spec import Table, guidance_for, writable_sections
from tracker.reports import grids, pages, queries, writing
from tracker.reports.forms import SectionForm, SectionTyped, TableForm, TableTyped
from tracker.reports.grids import Typed
from tracker.reports.pages import ReportShown
from tracker.reports.queries import Found
from tracker.reports.views import bp
from tracker.web.access import actor, signed_in
from tracker.web.api import answer, body, flag_of, text_of, whole_of
from tracker.web.filters import gio
from tracker.web.htmx import go
from tracker.web.i18n import translate_refusal

__all__ = ["bp"]

_INLINE = re.compile(r"<(?!/?p>|br>)[a-z/]", re.IGNORECASE)


# --- sections -------------------------------------------------------------------------------------


@bp.get("/reports/<int:report_id>/sections/<number>")
@signed_in
def section(report_id: int, number: str) -> str:
    """The editor of one section, or its text where it cannot be changed now."""
    return _section_page(report_id, number)


@bp.put("/reports/<int:report_id>/sections/<number>")
@signed_in
def autosave_section(report_id: int, number: str) -> JsonResponse:
    """What the page's script saves while somebody types; its answers are in static/js/autosave.js."""
    data, now = body(), clock.now()
    nothing = flag_of(data, "nothing_to_report")
    with transaction():
        version = writing.save_section(
            report_id,
            number,
            actor(),
            now,
            html=text_of(data, "html", required=not nothing) or "",
            nothing_to_report=nothing,
            version=whole_of(data, "version"),
        )
    return answer({"version": version, "saved_at": gio(now)})


@bp.post("/reports/<int:report_id>/sections/<number>")
@signed_in
def save_section(report_id: int, number: str) -> Response | tuple[str, int]:
    """Save and go on. What cannot be saved stays in the editor; what somebody else saved meanwhile is shown beside."""
    queries.find(report_id, actor())
    typed = SectionForm().typed()
    try:
        with transaction():
            writing.save_section(
                report_id,
                number,
                actor(),
                clock.now(),
                html=typed.html,
                nothing_to_report=typed.nothing_to_report,
                version=typed.version,
            )
    except (Invalid, TooLarge) as refusal:
        return _section_page(report_id, number, typed, refused=refusal), refusal.status
    except Conflict as refusal:
        return _section_page(report_id, number, typed, conflict=refusal), refusal.status
    flash(_("Đã lưu mục %(number)s lúc %(time)s.", number=number, time=gio(clock.now())), "ok")
    return _onward(report_id, number, typed.onward)


def _section_page(
    report_id: int,
    number: str,
    typed: SectionTyped | None = None,
    refused: Refusal | None = None,
    conflict: Conflict | None = None,
) -> str:
    found, report = _load(report_id)
    item = next((each for each in writable_sections(report.spec) if each.number == number), None)
    part = report.part(number)
    if item is None or part is None:
        raise NotFound("no_section", N_("Báo cáo này không có mục %(number)s."), number=number)
    stored = queries.sections(report_id).get(number)
    text = typed.html if typed else stored.html if stored else ""
    return render_template(
        "reports/section.html",
        r=report,
        part=part,
        item=item,
        guidance=guidance_for(item, found.report.group_name),
        stored=stored,
        # Cleaned again where it is shown: what an older version stored may not be what this one would.
        prose=clean(stored.html) if stored else "",
        mine=clean(text) if conflict else "",
        editable=_editable(text),
        nothing=typed.nothing_to_report if typed else bool(stored and stored.nothing_to_report),
        refused=translate_refusal(refused) if refused else "",
        conflict=translate_refusal(conflict) if conflict else "",
        stale=conflict is not None and conflict.code == "stale_version",
        version=typed.version if typed and refused else report.report.version,
        after=report.after(part.key),
        draft_key=f"u{actor().user_id}:r{report_id}:{number}",
    )


def _editable(html: str) -> str:
    """The text for the textarea: plain lines where that loses nothing, so that it reads well without script too."""
    if _INLINE.search(html):
        return html
    plain = visible_text(html)
    return html if "<" in plain else plain.replace("\n", "\n\n")


# --- tables ---------------------------------------------------------------------------------------


@bp.get("/reports/<int:report_id>/tables/<number>")
@signed_in
def table(report_id: int, number: str) -> str:
    """The entry table of one appendix, or its figures where they cannot be changed now."""
    return _table_page(report_id, number)


@bp.put("/reports/<int:report_id>/tables/<number>")
@signed_in
def autosave_table(report_id: int, number: str) -> JsonResponse:
    """The cells that changed, as the page's script saves them."""
    data, now = body(), clock.now()
    nothing = flag_of(data, "nothing_to_report")
    cells = data.get("cells", {})
    if not isinstance(cells, dict) or not all(isinstance(named, dict) for named in cells.values()):
        raise Invalid("bad_field", N_("Trường «cells» phải có dạng {hàng: {cột: ô}}."), {"field": "cells"})
    with transaction():
        version = writing.save_table(
            report_id,
            number,
            actor(),
            now,
            cells=cells,
            nothing_to_report=nothing,
            version=whole_of(data, "version"),
        )
    return answer({"version": version, "saved_at": gio(now)})


@bp.post("/reports/<int:report_id>/tables/<number>")
@signed_in
def save_table(report_id: int, number: str) -> Response | tuple[str, int]:
    """Save the whole table and go on; a refused one comes back as it was typed, each bad cell with its words."""
    found = queries.find(report_id, actor())
    spec_table, ours = _table_of(found, number)
    typed = TableForm().typed(request.form, spec_table, ours)
    try:
        with transaction():
            writing.save_table(
                report_id,
                number,
                actor(),
                clock.now(),
                cells=typed.cells,
                nothing_to_report=typed.nothing_to_report,
                version=typed.version,
            )
    except Invalid as refusal:
        return _table_page(report_id, number, typed, refused=refusal), refusal.status
    except Conflict as refusal:
        return _table_page(report_id, number, typed, conflict=refusal), refusal.status
    flash(_("Đã lưu Phụ lục %(number)s lúc %(time)s.", number=number, time=gio(clock.now())), "ok")
    return _onward(report_id, f"table:{number}", typed.onward)


def _table_page(
    report_id: int,
    number: str,
    typed: TableTyped | None = None,
    refused: Invalid | None = None,
    conflict: Conflict | None = None,
) -> str:
    found, report = _load(report_id)
    spec_table, ours = _table_of(found, number)
    part = report.part(f"table:{number}")
    if part is None:
        raise _no_table(number)
    stored = queries.tables(report_id).get(number)
    cells: Mapping[str, Mapping[str, Any]] = stored.cells if stored else {}
    again: Typed | None = typed.cells if typed else None
    stale = conflict is not None and conflict.code == "stale_version"
    return render_template(
        "reports/table.html",
        r=report,
        part=part,
        grid=grids.grid(spec_table, ours, cells, again, refused),
        stored=stored,
        nothing=typed.nothing_to_report if typed else bool(stored and stored.nothing_to_report),
        refused=translate_refusal(refused) if refused and not refused.problems else "",
        conflict=translate_refusal(conflict) if conflict else "",
        stale=stale,
        differences=grids.differences(spec_table, ours, typed.cells, cells) if typed and stale else [],
        version=typed.version if typed and refused else report.report.version,
        after=report.after(part.key),
        draft_key=f"u{actor().user_id}:r{report_id}:pl{number}",
    )


def _table_of(found: Found, number: str) -> tuple[Table, tuple[str, ...]]:
    """The table and the columns that the unit fills; NotFound if there are none."""
    found_table = spec_of(found.campaign).table(number)
    columns = queries.concern_of(found).cells.get(number, ((), ()))[1]
    if found_table is None or not columns:
        raise _no_table(number)
    return found_table, columns


def _no_table(number: str) -> NotFound:
    return NotFound("no_table", N_("Báo cáo này không có Phụ lục %(number)s."), number=number)


# --- both -----------------------------------------------------------------------------------------


def _load(report_id: int) -> tuple[Found, ReportShown]:
    """The report for a writing page: no deadline, no history."""
    found = queries.find(report_id, actor())
    back = found.standing.sent_back and pages.remark_source
    report = pages.shown(
        found,
        spec_of(found.campaign),
        queries.concern_of(found),
        queries.stored_parts([report_id])[report_id],
        pages.remark_source([report_id]) if back and pages.remark_source else [],
        (),
        None,
        actor(),
        clock.now(),
    )
    return found, report


def _onward(report_id: int, key: str, onward: str) -> Response:
    _found, report = _load(report_id)
    after = report.after(key) if onward == "next" else None
    if after is None:
        return go(url_for("reports.show", report_id=report_id))
    endpoint = "reports.table" if after.is_table else "reports.section"
    return go(url_for(endpoint, report_id=report_id, number=after.number))
