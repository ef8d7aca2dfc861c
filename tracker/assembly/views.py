"""The consolidation pages: ask for a report, follow it, take its files, open a figure to its cells."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import Blueprint, abort, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from tracker.assembly import queries, service
from tracker.assembly.models import Assembly
from tracker.assembly.rules import CONTENT_TYPES, TOTAL, file_name, inputs_of
from tracker.assembly.sheets import column_name, leaf_paths
from tracker.campaigns.queries import find_whole, milestone, spec_of
from tracker.core import clock
from tracker.core.db import transaction
from tracker.core.errors import NotFound
from tracker.core.people import Role
from tracker.core.sentences import how_long
from tracker.core.text import N_
from tracker.documents.model import Column as Printed
from tracker.documents.model import header_cells
from tracker.files.store import store
from tracker.files.views import download_bytes
from tracker.office.queries import calendar
from tracker.plans.spec import Column, Table
from tracker.reports.render import row_label
from tracker.reports.rules import State, unowned
from tracker.web.access import actor, signed_in
from tracker.web.filters import say
from tracker.web.htmx import go, render, unchanged

bp = Blueprint("assembly", __name__)
UNDER_WAY = ("waiting", "running")


@bp.get("/campaigns/<int:campaign_id>/assembly")
@signed_in
def show(campaign_id: int) -> Response:
    """What has been built, what is still missing, and the two ways to build; polled while one is being built."""
    who, now = actor(), clock.now()
    campaign = find_whole(campaign_id, who)
    history = queries.history(campaign.id, who)
    newest = history[0] if history else None
    version = f"{newest.id}-{newest.state}-{newest.progress:.2f}" if newest else "0"
    same = unchanged(version)
    if same is not None:
        return same
    spec = spec_of(campaign)
    units = queries.standings(campaign.id)
    due = milestone(spec, "consolidate")
    days = calendar()
    done = [each for each in history if each.state == "done"]
    return render(
        "assembly/page.html",
        "assembly/_assembly.html",
        campaign=campaign,
        newest=newest,
        error=say(newest.error) if newest and newest.error else "",
        under_way=newest is not None and newest.state in UNDER_WAY,
        done=done[0] if done else None,
        changes=compare(done[0], done[1]) if len(done) > 1 else None,
        history=history,
        version=version,
        names={unit.unit: unit.name for unit in units},
        total=len(units),
        groups=_groups(units),
        unowned=[(spec.table(number), key) for number, key in unowned(spec)],
        column_name=column_name,
        may_ask=who.has(Role.LEAD),
        due_big=how_long(days, due.due_before, now).said(say) if due else "",
        due_day=days.last_day_before(due.due_before) if due else None,
        first_table=spec.tables[0].number if spec.tables else "",
    )


@bp.post("/campaigns/<int:campaign_id>/assembly")
@signed_in
def ask(campaign_id: int) -> Response:
    """Build one: `kind` is provisional or final."""
    who = actor()
    find_whole(campaign_id, who)
    kind = request.form.get("kind", "provisional")
    if kind not in ("provisional", "final"):
        abort(400)
    with transaction():
        service.request(
            campaign_id,
            provisional=kind == "provisional",
            include_submitted=kind == "provisional" and bool(request.form.get("include_submitted")),
            actor=who,
            now=clock.now(),
        )
    return go(url_for("assembly.show", campaign_id=campaign_id))


@bp.get("/campaigns/<int:campaign_id>/assembly/<int:assembly_id>/files/<format>")
@signed_in
def file(campaign_id: int, assembly_id: int, format: str) -> Response:
    """One file of an assembly that is done."""
    found, campaign = _find(campaign_id, assembly_id)
    key = queries.file_key(found, format)
    return download_bytes(
        store().get(key), file_name(campaign.number, format, found.provisional), CONTENT_TYPES[format]
    )


@bp.get("/campaigns/<int:campaign_id>/assembly/<int:assembly_id>/figures/<table_number>")
@signed_in
def figures(campaign_id: int, assembly_id: int, table_number: str) -> str:
    """The consolidated figures of one table; `row` and `column` open one of them to the cells it comes from."""
    found, campaign = _find(campaign_id, assembly_id)
    spec = spec_of(campaign)
    table = spec.table(table_number)
    if table is None:
        raise NotFound("no_table", N_("Kế hoạch này không có phụ lục đó."))
    data = json.loads(store().get(queries.file_key(found, "json")))
    merged = data["tables"].get(table.number, {})
    names = {unit.unit: unit.name for unit in queries.standings(campaign.id)}
    row, column = request.args.get("row", ""), table.column(request.args.get("column", ""))
    opened = None
    if column is not None and column.key in merged.get(row, {}):
        opened = open_figure(found, table, merged, row, column, names)
    columns = [Printed(path) for path in leaf_paths(table)]
    return render_template(
        "assembly/figures.html",
        campaign=campaign,
        assembly=found,
        spec=spec,
        table=table,
        merged=merged,
        rows=[*table.rows, *([TOTAL] if TOTAL in merged else [])],
        levels=header_cells(columns),
        row_label=row_label(table),
        opened=opened,
        total_key=TOTAL,
    )


def _find(campaign_id: int, assembly_id: int) -> tuple[Assembly, Any]:
    who = actor()
    campaign = find_whole(campaign_id, who)
    found = queries.find(assembly_id, who)
    if found.campaign_id != campaign.id:
        raise NotFound("no_assembly", N_("Không có bản tổng hợp này."))
    return found, campaign


@dataclass(frozen=True, slots=True)
class Opened:
    """One figure and where it comes from.

    `lines`: (unit, cell, who, when) of an input; `parts`: (label, row, column key, value) of a computed one;
    `left_out`: names of the included units whose cell is not a number.
    """

    title: str
    row: str
    value: int | float | None
    how: str
    percent: bool
    lines: list[tuple[str, Any, str, datetime | None]]
    parts: list[tuple[str, str, str, Any]]
    left_out: list[str]


def open_figure(
    assembly: Assembly,
    table: Table,
    merged: Mapping[str, Mapping[str, Mapping[str, Any]]],
    row: str,
    column: Column,
    names: Mapping[str, str],
) -> Opened:
    """A figure opened: to its units' cells, or, if it is computed, to the figures it is computed from."""
    cell = merged[row][column.key]
    lines: list[tuple[str, Any, str, datetime | None]] = []
    parts: list[tuple[str, str, str, Any]] = []
    left_out: list[str] = []
    if row == TOTAL:
        how = _total_sentence(column)
        keys = inputs_of(table, column) if column.over_rows == "derived" else (column.key,)
        for each in table.rows:
            for key in keys:
                value = merged[each][key]["value"]
                inner = table.column(key)
                if value is not None and inner is not None:
                    label = each if len(keys) == 1 else f"{each}, {column_name(table, inner)}"
                    parts.append((label, each, key, value))
    elif column.over_units == "derived":
        how = _("Tính từ các số đã cộng: %(formula)s.", formula=_formula(table, column))
        for key in inputs_of(table, column):
            inner = table.column(key)
            if inner is not None:
                parts.append((column_name(table, inner), row, key, merged[row][key]["value"]))
    else:
        origins = json.loads(store().get(assembly.files["sources"]))
        for unit, value, who, at in origins[table.number][row][column.key]:
            lines.append((names.get(unit, unit), value, who, datetime.fromisoformat(at) if at else None))
        if column.over_units == "single_source":
            owner = names.get(column.source_unit or "", column.source_unit or "")
            how = (
                _("Chỉ %(unit)s báo cáo số này, không cộng qua các đơn vị.", unit=owner)
                if owner
                else _("Chưa giao đơn vị nào báo cáo số này.")
            )
        else:
            how = _("Cộng từ %(n)s trên %(total)s đơn vị có báo cáo.", n=len(lines), total=len(assembly.included))
            left_out = [names.get(e["unit"], e["unit"]) for e in assembly.included if e["unit"] not in cell["from"]]
    return Opened(column_name(table, column), row, cell["value"], how, column.type == "percent", lines, parts, left_out)


def _total_sentence(column: Column) -> str:
    sentences: dict[str, str] = {
        "sum": _("Cộng qua các dòng."),
        "latest": _("Số của dòng mới nhất."),
        "none": _("Đây là số tại một thời điểm, không cộng qua các năm."),
        "derived": _("Tổng các số đứng trước chia cho tổng các số đứng sau, qua các dòng có đủ hai số."),
    }
    return sentences[column.over_rows]


def _formula(table: Table, column: Column) -> str:
    """The formula in the words of the table's head."""
    text = column.formula or ""
    for key in sorted(inputs_of(table, column), key=len, reverse=True):
        inner = table.column(key)
        if inner is not None:
            text = text.replace(key, f"«{column_name(table, inner)}»")
    return text


@dataclass(frozen=True, slots=True)
class Changes:
    """What one assembly has that the one before had not."""

    before: Assembly
    added: list[str]
    changed: list[str]
    gone: list[str]


def compare(now: Assembly, before: Assembly) -> Changes:
    """Units whose report is new, another version, or no longer in it; codes in protocol order."""
    then = {each["unit"]: each["version"] for each in before.included}
    # Consolidating is a step, and a step is a version: the text that was merged is the same.
    held = {e["unit"] for e in before.included if not before.provisional and e.get("state") == "reviewed"}
    present = {each["unit"] for each in now.included}
    changed = [
        each["unit"]
        for each in now.included
        if each["unit"] in then and each["version"] != then[each["unit"]] + (1 if each["unit"] in held else 0)
    ]
    return Changes(
        before,
        [each["unit"] for each in now.included if each["unit"] not in then],
        changed,
        [unit for unit in then if unit not in present],
    )


def _groups(units: Sequence[queries.Standing]) -> dict[str, list[str]]:
    """Names of the units by where their report stands."""
    groups: dict[str, list[str]] = {"accepted": [], "submitted": [], "sent_back": [], "drafting": []}
    for unit in units:
        if unit.state in queries.ACCEPTED:
            key = "accepted"
        elif unit.state == State.SUBMITTED:
            key = "submitted"
        else:
            key = "sent_back" if unit.sent_back else "drafting"
        groups[key].append(unit.name)
    groups["reviewed"] = [unit.name for unit in units if unit.state == State.REVIEWED]
    return groups
