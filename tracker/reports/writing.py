"""Writing into a report: a section's text, a table's cells. Steps are service.py's."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from tracker.campaigns.queries import spec_of
from tracker.core.db import session
from tracker.core.errors import Conflict, Invalid, NotFound, Refusal
from tracker.core.people import Actor
from tracker.core.text import N_
from tracker.documents.richtext import clean, visible_text
from tracker.plans.figures import check_cells, read_cell
from tracker.plans.spec import Table
from tracker.reports.models import Report, ReportSection, ReportTable
from tracker.reports.queries import Found, concern_of, find_to_change
from tracker.reports.rules import Concern, SectionAnswer, TableAnswer, cells_filled, check_write, section_filled

Cells = Mapping[str, Mapping[str, Any]]


def save_section(
    report_id: int,
    number: str,
    actor: Actor,
    now: datetime,
    *,
    html: str = "",
    nothing_to_report: bool = False,
    version: int,
) -> int:
    """Store one section's text, or that there is nothing to report; gives the report's new version.

    Raises NotFound (report or section), Forbidden, Conflict (not being drafted, or this section changed since
    `version`; then `extra` holds "version", "html", "by", "at" of the stored one).
    """
    found = _open_for_writing(report_id, actor)
    if number not in concern_of(found).sections:
        raise NotFound("no_section", N_("Báo cáo này không có mục %(number)s."), number=number)
    stored = session().get(ReportSection, (report_id, number), populate_existing=True)
    if stored is not None and stored.version > version:
        raise _changed(found.report, stored, N_("Mục này vừa được %(name)s sửa lúc %(at)s."), {"html": stored.html})
    text = clean(html)
    if nothing_to_report and text:
        raise Invalid(
            "declared_with_text",
            N_("Mục %(number)s đang có nội dung. Bỏ chọn «không phát sinh», hoặc xóa nội dung rồi lưu lại."),
            {"section": number},
            number=number,
        )
    if stored is not None and stored.html == text and stored.nothing_to_report == nothing_to_report:
        return found.report.version
    if stored is None:
        stored = ReportSection(report_id=report_id, number=number, filled=0)
        session().add(stored)
    filled = int(section_filled(SectionAnswer(visible_text(text), nothing_to_report)))
    _count(found.report, filled - stored.filled, now)
    stored.html, stored.nothing_to_report, stored.filled = text, nothing_to_report, filled
    _sign(stored, found.report, actor, now)
    session().flush()
    return found.report.version


def save_table(
    report_id: int,
    number: str,
    actor: Actor,
    now: datetime,
    *,
    cells: Cells | None = None,
    nothing_to_report: bool = False,
    version: int,
) -> int:
    """Store the cells that are named (the others stay), or that the whole table has nothing to report.

    A cell is an integer, None (blank), "nothing_to_report", "not_applicable", or text as a person types it.
    Raises as `save_section`, and Invalid with one problem a cell; then nothing is stored.
    """
    found = _open_for_writing(report_id, actor)
    table = next((t for t in spec_of(found.campaign).tables if t.number == number), None)
    concern = concern_of(found)
    if table is None or number not in concern.cells:
        raise NotFound("no_table", N_("Báo cáo này không có Phụ lục %(number)s."), number=number)
    stored = session().get(ReportTable, (report_id, number), populate_existing=True)
    if stored is not None and stored.version > version:
        raise _changed(
            found.report, stored, N_("Phụ lục này vừa được %(name)s sửa lúc %(at)s."), {"cells": stored.cells}
        )
    old: Cells = {} if stored is None or stored.nothing_to_report else stored.cells
    if nothing_to_report and any(cell not in (None, "") for row in (cells or {}).values() for cell in row.values()):
        raise Invalid(
            "declared_with_figures",
            N_("Phụ lục %(table)s đang có số liệu. Bỏ chọn «không phát sinh», hoặc xóa hết các ô rồi lưu lại."),
            {"table": number},
            table=number,
        )
    merged = {} if nothing_to_report else _merge(table, concern, old, cells or {})
    if stored is not None and stored.cells == merged and stored.nothing_to_report == nothing_to_report:
        return found.report.version
    if stored is None:
        stored = ReportTable(report_id=report_id, number=number, filled=0, entered={})
        session().add(stored)
    filled = cells_filled(concern, number, TableAnswer(merged, nothing_to_report))
    _count(found.report, filled - stored.filled, now)
    stored.entered = _entered(stored.entered, old, merged, actor, now)
    stored.cells, stored.nothing_to_report, stored.filled = merged, nothing_to_report, filled
    _sign(stored, found.report, actor, now)
    session().flush()
    return found.report.version


def read_cells(table: Table, raw: Cells) -> dict[str, dict[str, Any]]:
    """Typed or JSON cells as values. Raises Invalid with one problem a cell that cannot be read."""
    values, problems = _read(table, raw)
    if problems:
        raise _cells_refused(table, problems)
    return values


def _read(table: Table, raw: Cells) -> tuple[dict[str, dict[str, Any]], list[Refusal]]:
    problems: list[Refusal] = []
    values: dict[str, dict[str, Any]] = {}
    for row, columns in raw.items():
        for key, cell in columns.items():
            try:
                values.setdefault(row, {})[key] = _value(cell)
            except Invalid as problem:
                problems.append(_placed(problem, table, row, key))
    return values, problems


def _value(cell: Any) -> Any:
    if cell is None or cell in ("nothing_to_report", "not_applicable"):
        return cell
    if isinstance(cell, int) and not isinstance(cell, bool):
        return read_cell(str(cell))
    if isinstance(cell, str):
        return read_cell(cell)
    raise Invalid("bad_number", N_("«%(raw)s» không phải số nguyên."), raw=str(cell)[:40])


def _placed(problem: Invalid, table: Table, row: str, key: str) -> Invalid:
    place = {"table": table.number, "row": row, "column": key}
    column = next((c for c in table.columns if c.key == key), None)
    params = {**problem.params, "table": table.number, "row": row, "name": ", ".join(column.path) if column else key}
    return Invalid(
        problem.code,
        N_("Phụ lục %(table)s, %(row)s, %(name)s: %(problem)s"),
        {**problem.extra, **place},
        problems=(problem,),
        **{**params, "problem": problem},
    )


def _merge(table: Table, concern: Concern, old: Cells, new: Cells) -> dict[str, dict[str, Any]]:
    values, problems = _read(table, new)
    rows, columns = concern.cells[table.number]
    for row, named in values.items():
        for key in named:
            column = table.column(key)
            # A place that the table does not have, or computes, is check_cells' to name.
            if row in rows and column is not None and column.over_units != "derived" and key not in columns:
                problems.append(
                    Invalid(
                        "not_yours_to_fill",
                        N_("Phụ lục %(table)s, %(row)s, cột «%(name)s»: số liệu này do đơn vị khác nhập."),
                        {"table": table.number, "row": row, "column": key},
                        table=table.number,
                        row=row,
                        name=" – ".join(column.path),
                    )
                )
    # A cell that cannot be read takes no part in the checks, not even with what stood there before.
    unread = {(row, key) for row, named in new.items() for key in named if key not in values.get(row, {})}
    merged = {row: {key: cell for key, cell in named.items() if (row, key) not in unread} for row, named in old.items()}
    for row, named in values.items():
        merged.setdefault(row, {}).update(named)
    problems.extend(check_cells(table, merged))
    if problems:
        places = {row: place for place, row in enumerate(table.rows)}
        problems.sort(key=lambda problem: places.get(str(problem.extra.get("row")), len(places)))
        raise _cells_refused(table, problems)
    kept = {row: {key: cell for key, cell in named.items() if cell is not None} for row, named in merged.items()}
    return {row: named for row, named in kept.items() if named}


def _cells_refused(table: Table, problems: list[Refusal]) -> Invalid:
    return Invalid(
        "bad_cells",
        N_("Phụ lục %(table)s còn %(count)s ô phải sửa, chưa lưu ô nào."),
        {"problems": [{"code": p.code, "detail": str(p), **p.extra} for p in problems]},
        problems=problems,
        table=table.number,
        count=len(problems),
    )


def _entered(
    before: Mapping[str, Mapping[str, Any]], old: Cells, new: Cells, actor: Actor, now: datetime
) -> dict[str, dict[str, Any]]:
    stamp = [actor.name, now.isoformat()]
    entered: dict[str, dict[str, Any]] = {}
    for row, named in new.items():
        for key, cell in named.items():
            kept = before.get(row, {}).get(key)
            same = kept is not None and old.get(row, {}).get(key) == cell
            entered.setdefault(row, {})[key] = kept if same else stamp
    return entered


def _open_for_writing(report_id: int, actor: Actor) -> Found:
    found = find_to_change(report_id, actor)
    try:
        check_write(found.standing, actor)
    except Conflict as refusal:
        refusal.extra["version"] = found.report.version
        raise
    return found


def _changed(report: Report, stored: ReportSection | ReportTable, message: str, extra: Mapping[str, Any]) -> Conflict:
    return Conflict(
        "stale_version",
        message,
        {"version": report.version, "by": stored.changed_by_name, "at": stored.changed_at.isoformat(), **extra},
        name=stored.changed_by_name,
        at=stored.changed_at,
    )


def _count(report: Report, more: int, now: datetime) -> None:
    report.filled += more
    report.version += 1
    report.last_activity_at = now
    report.first_edit_at = report.first_edit_at or now
    if more and report.filled == report.required:
        report.look_again_at = now


def _sign(stored: ReportSection | ReportTable, report: Report, actor: Actor, now: datetime) -> None:
    stored.version = report.version
    stored.changed_at = now
    stored.changed_by = actor.user_id
    stored.changed_by_name = actor.name
