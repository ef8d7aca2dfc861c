"""A unit's report as a Word document, and how headings and appendix tables of any report are printed.

The consolidated report is assembly/render.py; how paper looks is documents/profiles.py.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from tracker.core.calendar import WorkingCalendar
from tracker.core.sentences import date_short, time_hm
from tracker.documents.docx import write_docx
from tracker.documents.model import (
    Appendix,
    BodyBlock,
    Document,
    Head,
    Heading,
    Para,
    Signature,
    TableBlock,
    Value,
    figures_table,
    show,
    text_runs,
)
from tracker.documents.model import Column as Printed
from tracker.documents.profiles import Kind, Profile, profile_for
from tracker.documents.rich import html_to_body
from tracker.plans.figures import NOT_APPLICABLE, NOTHING, derive, totals
from tracker.plans.spec import Column, OutlineItem, PlanSpec, Table
from tracker.reports.models import ReportSection, ReportTable
from tracker.reports.queries import Found
from tracker.reports.rules import Concern, State, concerns

_STATE_NUMBER = re.compile(r"^\s*\d+[a-zđ]?\s*/\s*[A-ZĐ]+\s*-\s*(.+?)\s*$", re.IGNORECASE)
_NOTE = re.compile(r"^\s*Ghi chú:\s*", re.IGNORECASE)
_SIGNS: Final = {NOTHING: "-", NOT_APPLICABLE: "x"}
_OPEN_PLACE: Final = "…………"


def report_docx(
    found: Found,
    sections: Mapping[str, ReportSection],
    tables: Mapping[str, ReportTable],
    spec: PlanSpec,
    calendar: WorkingCalendar,
) -> bytes:
    """A unit's report as .docx, with the time at which it was received; the same rows give the same bytes.

    What nobody has given stays open: the unit's number, place, day and signature.
    """
    return write_docx(report_document(found, sections, tables, spec, calendar))


def report_document(
    found: Found,
    sections: Mapping[str, ReportSection],
    tables: Mapping[str, ReportTable],
    spec: PlanSpec,
    calendar: WorkingCalendar,
) -> Document:
    """The same as a value, for any writer."""
    report, unit = found.report, found.unit
    moment = calendar.local(report.submitted_at or report.last_activity_at).replace(microsecond=0)
    kind = kind_of_number(spec.number)
    profile = profile_for(kind, moment.date())
    concern = concerns(spec, report.group_name, unit.code, unit.submits_figures)
    submit_to = spec.submit_to or spec.issuer or ""
    if submit_to and spec.via:
        submit_to = f"{submit_to} (qua {spec.via})"
    return Document(
        profile=profile,
        head=Head(issuer=unit.name, symbol=f"BC{'/' if kind == 'party' else '-'}", place=_OPEN_PLACE, year=moment.year),
        title="BÁO CÁO",
        subtitle=spec.title,
        body=tuple(_outline(spec.outline, concern, sections, 1)),
        appendices=tuple(
            _appendix(table, tables.get(table.number), concern, profile, order)
            for order, table in enumerate((t for t in spec.tables if t.number in concern.cells), 1)
        ),
        recipients=(submit_to,) if submit_to else (),
        signature=Signature(),
        stamp=f"({receipt(found, calendar)})",
        created=moment,
    )


def receipt(found: Found, calendar: WorkingCalendar) -> str:
    """When it was received, and whether in time; what is being written says so."""
    report = found.report
    if report.submitted_at is None:
        return "Chưa gửi, bản đang soạn"
    last = _moment(calendar, report.submitted_at)
    if report.state == State.DRAFTING:
        return f"Đang sửa, chưa gửi lại; lần gửi trước nhận lúc {last}"
    words = f"Đã nhận lúc {last}"
    first, due = report.first_submitted_at, report.first_due_before
    if first is None or due is None:
        return words
    if first != report.submitted_at:
        words += f"; lần gửi đầu nhận lúc {_moment(calendar, first)}"
    if first < due:
        return f"{words}, đúng hạn"
    late = calendar.days_late(due, first)
    return f"{words}, muộn {late} ngày làm việc" if late else f"{words}, sau hạn"


def _moment(calendar: WorkingCalendar, instant: datetime) -> str:
    local = calendar.local(instant)
    return f"{time_hm(local)} ngày {date_short(local.date())}"


def _outline(
    items: Sequence[OutlineItem], concern: Concern, sections: Mapping[str, ReportSection], level: int
) -> list[BodyBlock]:
    blocks: list[BodyBlock] = []
    for item in items:
        if item.number in concern.sections:
            blocks += [heading(item, level), *_text(sections.get(item.number))]
            continue
        inner = _outline(item.children, concern, sections, level + 1)
        if inner:
            blocks += [heading(item, level), *inner]
    return blocks


def _text(section: ReportSection | None) -> list[BodyBlock]:
    if section is not None and section.nothing_to_report:
        return [Para(text_runs("Không phát sinh."))]
    blocks = html_to_body(section.html) if section is not None else []
    return blocks or [Para(text_runs("(Chưa viết)", italic=True))]


def _appendix(table: Table, stored: ReportTable | None, concern: Concern, profile: Profile, order: int) -> Appendix:
    number = int(table.number) if table.number.isdecimal() else order
    if stored is not None and stored.nothing_to_report:
        return Appendix(number=number, title=table.title, body=(Para(text_runs("Không phát sinh.")),))
    rows, columns = concern.cells[table.number]
    cells = {row: {key: (stored.cells if stored else {}).get(row, {}).get(key) for key in columns} for row in rows}
    lines: list[tuple[str, Mapping[str, Value]]] = [
        (row, {**{key: _SIGNS.get(str(cell), cell) for key, cell in named.items()}, **derive(table, named)})
        for row, named in cells.items()
    ]
    if table.total_row:
        lines.append(("Tổng", totals(table, cells)))
    notes = [_NOTE.sub("", table.note).rstrip(".") + "."] if table.note else []
    used = {cell for named in cells.values() for cell in named.values() if isinstance(cell, str)}
    notes += [words for sign, words in ((NOTHING, "«-»: không phát sinh."), (NOT_APPLICABLE, "«x»: không áp dụng."))
              if sign in used]  # fmt: skip
    note = f"Ghi chú: {' '.join(notes)}" if notes else ""
    return Appendix(number=number, title=table.title, table=appendix_table(table, lines, profile), note=note)


# --- what every report on paper shares ---


def kind_of_number(number: str) -> Kind:
    """A Party document is numbered 271-KH/HU, a state one 15/KH-UBND (guide 36-HD/VPTW; decree 30, annex I)."""
    return "state" if _STATE_NUMBER.match(number) else "party"


def heading(item: OutlineItem, level: int) -> Heading:
    """A heading as offices print it: "I. TÊN" (the profile sets it in capitals), "1. Tên"; unnumbered as it stands."""
    mark = f"{item.number.rpartition('.')[2]}. " if item.numbered else ""
    return Heading(level, f"{mark}{item.title.rstrip(' .:')}")


def printed_columns(table: Table) -> list[tuple[Column, ...]]:
    """The columns as printed: neighbours under one heading ("98/120" in one cell) together."""
    groups: list[tuple[Column, ...]] = []
    for column in table.columns:
        if groups and groups[-1][0].path == column.path:
            groups[-1] = (*groups[-1], column)
        else:
            groups.append((column,))
    return groups


def printed(group: Sequence[Column], cells: Mapping[str, Value]) -> Value:
    """What stands in one printed cell: 1.148, 95,4, or 98/120; a total without its denominator is the first alone."""
    if len(group) == 1:
        return cells.get(group[0].key)
    values = [show(cells.get(column.key)) for column in group]
    if len(set(values)) == 1 and values[0] in _SIGNS.values():
        return values[0]
    while values and not values[-1]:
        values.pop()
    return "/".join(values)


def appendix_table(table: Table, rows: Sequence[tuple[str, Mapping[str, Value]]], profile: Profile) -> TableBlock:
    """The ruled table of an appendix on a landscape page; a last row "Tổng" is bold if the table has one."""
    groups = printed_columns(table)
    many = len(groups) >= profile.table_many_columns
    columns = [Printed((row_label(table),), 12.0 if many else 18.0, "center")]
    columns += [Printed(group[0].path, None, "center" if len(group) > 1 else "right") for group in groups]
    lines = [[label, *(printed(group, cells) for group in groups)] for label, cells in rows]
    size = profile.table_size_many if many else profile.table_size
    return figures_table(columns, lines, total=table.total_row, width=profile.text_width_landscape, size=size)


def row_label(table: Table) -> str:
    """The head of the first column."""
    return "Năm" if all(re.fullmatch(r"(?:19|20)\d\d", row) for row in table.rows) else "Nội dung"
