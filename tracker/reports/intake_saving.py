"""Bringing the chosen parts of a split Word report into the report, all or nothing.

What is offered to choose from is intake_pages.py's.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from tracker.core.errors import Invalid
from tracker.core.people import Actor
from tracker.core.text import N_
from tracker.reports import queries, writing
from tracker.reports.intake import ReportSpec
from tracker.reports.intake_pages import cells_to_save
from tracker.reports.queries import Found


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a person ticked. `placed`: place of a left-over text → the section that takes it at its end."""

    version: int
    sections: Collection[str]
    tables: Collection[str]
    placed: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class Brought:
    """How much went in."""

    sections: int
    tables: int


def bring_in(found: Found, split: ReportSpec, chosen: Chosen, actor: Actor, now: datetime) -> Brought:
    """Save the chosen sections and tables through writing.py; the caller's transaction makes it all or nothing.

    A section that was not ticked keeps its text; what is placed in it comes after that. Raises what writing.py
    raises, and Invalid "nothing_chosen".
    """
    report_id = found.report.id
    concern, stored = queries.concern_of(found), queries.sections(report_id)
    given = {each["number"]: each["html"] for each in split["sections"] if each["number"] in chosen.sections}
    for place, number in sorted(chosen.placed.items()):
        if number in concern.sections and place < len(split["unplaced"]):
            before = given.get(number, stored[number].html if number in stored else "")
            given[number] = before + split["unplaced"][place]["html"]
    tables = {
        number: cells_to_save(split, number, concern.cells[number][1])
        for number in chosen.tables
        if number in concern.cells
    }
    tables = {number: cells for number, cells in tables.items() if cells}
    if not given and not tables:
        raise Invalid("nothing_chosen", N_("Chưa chọn phần nào. Đánh dấu những phần cần đưa vào rồi lưu."))
    for number, html in given.items():
        writing.save_section(report_id, number, actor, now, html=html, version=chosen.version)
    for number, cells in tables.items():
        writing.save_table(report_id, number, actor, now, cells=cells, version=chosen.version)
    return Brought(len(given), len(tables))
