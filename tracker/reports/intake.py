"""Splitting a unit's own Word report along the outline of the plan; its tables become cells. Saves nothing.

Opening the file safely is documents/reader.py's; what is kept is confirmed by a person and stored by writing.py.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tracker.core.errors import Invalid
from tracker.core.text import N_, fold
from tracker.documents.blocks import Paragraph
from tracker.documents.reader import rich_blocks
from tracker.documents.richblocks import Rich, RichParagraph, RichTable, plain_rich, rich_html
from tracker.plans.spec import PlanSpec, Table, writable_sections
from tracker.reports.intake_headings import Mark, headings
from tracker.reports.intake_tables import ReadTable, fit, read_table

FEWEST_SECTIONS = 2
HEAD = 15

ReportSpec = dict[str, Any]  # contract.md, "ReportSpec"


@dataclass(slots=True)
class _Part:
    mark: Mark
    blocks: list[Rich] = field(default_factory=list)


@dataclass(slots=True)
class _Split:
    """Where the reader stands: the open section, the last one, the appendix it is in."""

    parts: dict[str, _Part] = field(default_factory=dict)
    unplaced: list[tuple[list[Rich], str | None]] = field(default_factory=list)
    tables: dict[str, ReadTable] = field(default_factory=dict)
    warnings: list[dict[str, str]] = field(default_factory=list)
    here: str | None = None
    last: str | None = None
    appendix: str | None = None
    moved: bool = True


def read_report(data: bytes, name: str, spec: PlanSpec, units: Sequence[tuple[str, str]] = ()) -> ReportSpec:
    """A report's file split along the plan. Raises as `split`, and what documents/reader.py refuses."""
    return split(rich_blocks(data, name), spec, units)


def split(blocks: Sequence[Rich], spec: PlanSpec, units: Sequence[tuple[str, str]] = ()) -> ReportSpec:
    """ReportSpec (contract.md) of a report's blocks. `units`: (code, name), to find whose report it is.

    No text is dropped: what fits no section is in `unplaced` with the section that it followed. Raises Invalid
    "not_a_report" if fewer than two sections and no table of the plan are in it.
    """
    state, marks = _Split(), headings(blocks, spec)
    for place, block in enumerate(blocks):
        mark = marks.get(place)
        if mark is not None:
            _move(state, mark)
        if isinstance(block, RichTable):
            _place_table(state, block, spec)
        elif mark is None or mark.keep:
            _place(state, block)
    if len(state.parts) < FEWEST_SECTIONS and not state.tables:
        raise _no_report(spec)
    return {
        "campaign": spec.number,
        "unit": _unit(blocks, units),
        "sections": [
            {
                "number": number,
                "html": rich_html(part.blocks),
                "text": _text(part.blocks),
                "matched_by": part.mark.how,
                "confidence": round(part.mark.confidence, 2),
            }
            for number, part in ((s.number, state.parts.get(s.number)) for s in writable_sections(spec))
            if part is not None
        ],
        "unplaced": [{"html": rich_html(held), "text": _text(held), "after": after} for held, after in state.unplaced],
        "tables": [state.tables[t.number].to_json() for t in spec.tables if t.number in state.tables],
        "missing": _missing(state, spec),
        "warnings": state.warnings,
    }


def _missing(state: _Split, spec: PlanSpec) -> dict[str, Any]:
    parts, tables = state.parts, state.tables
    return {
        "sections": [
            s.number for s in writable_sections(spec) if s.number not in parts or not _text(parts[s.number].blocks)
        ],
        "rows": [
            {"table": t.number, "row": row}
            for t in spec.tables
            for row in t.rows
            if t.number not in tables or not tables[t.number].has(row)
        ],
    }


def _no_report(spec: PlanSpec) -> Invalid:
    return Invalid(
        "not_a_report",
        N_(
            "Tệp này không có các mục theo đề cương của %(number)s. "
            "Chọn đúng báo cáo của đơn vị, hoặc ghi số và tên mục như đề cương rồi tải lại."
        ),
        number=spec.number,
    )


def _move(state: _Split, mark: Mark) -> None:
    """Go where a heading leads."""
    if mark.kind == "caption":
        return
    state.moved = True
    state.appendix = mark.target if mark.kind == "appendix" else None
    state.here = None
    if mark.kind != "section" or mark.target is None:
        return
    state.here = state.last = mark.target
    part = state.parts.get(mark.target)
    if part is None or not _text(part.blocks):
        # A table of contents names every section before the sections do.
        state.parts[mark.target] = _Part(mark)
        return
    text = N_("Mục này có hai lần trong tệp; hai phần được nối lại.")
    state.warnings.append({"code": "section_twice", "where": mark.target, "text": text})


def _place(state: _Split, block: Rich) -> None:
    if isinstance(block, RichParagraph) and not block.text.strip():
        return
    if state.here is not None:
        state.parts[state.here].blocks.append(block)
    elif state.unplaced and not state.moved:
        state.unplaced[-1][0].append(block)
    else:
        # A chapter of the unit's own, the closing words and the signature go different ways.
        state.unplaced.append(([block], state.last))
        state.moved = False


def _place_table(state: _Split, block: RichTable, spec: PlanSpec) -> None:
    table = _table_of(state, block, spec)
    if table is None:
        if state.appendix is not None:
            text = N_("Bảng của phụ lục này không khớp mẫu của kế hoạch; nhập tay hoặc sửa bảng rồi tải lại.")
            state.warnings.append({"code": "table_not_read", "where": state.appendix, "text": text})
        _place(state, block)
        return
    found = read_table(block.grid, table)
    if found is None:
        _place(state, block)
        return
    state.tables[table.number] = found
    if found.left:
        # What stands in rows or columns that the plan does not have is somebody's text all the same.
        here, state.here = state.here, None
        for line, text in found.left:
            _place(state, plain_rich(Paragraph(line, text)))
        state.here = here


def _table_of(state: _Split, block: RichTable, spec: PlanSpec) -> Table | None:
    """The plan's table that a grid fills: the one of the appendix at hand if it fits, else the one that fits best."""
    free = [(fit(block.grid, table), table) for table in spec.tables if table.number not in state.tables]
    named = next(((score, table) for score, table in free if table.number == state.appendix), None)
    if named is not None and named[0] > 0:
        return named[1]
    best = sorted((pair for pair in free if pair[0] >= 0.5), key=lambda pair: -pair[0])
    return best[0][1] if best and (len(best) == 1 or best[0][0] > best[1][0]) else None


def _text(blocks: Sequence[Rich]) -> str:
    lines = [
        block.text if isinstance(block, RichParagraph) else "\n".join("\t".join(row) for row in block.grid.rows)
        for block in blocks
    ]
    return "\n".join(line for line in lines if line.strip())


def _unit(blocks: Sequence[Rich], units: Sequence[tuple[str, str]]) -> str | None:
    """The unit whose name stands over the report, the longest if several do; the addressee is not it."""
    lines: list[str] = []
    for block in blocks[:HEAD]:
        text = _office(block.text if isinstance(block, RichParagraph) else " ".join(map(" ".join, block.grid.rows)))
        if text.startswith(("bao cao", "kinh gui")):
            break
        lines.append(text)
    head = f" {' '.join(lines)} "
    named = [(len(name), code) for code, unit in units for name in _names(unit) if f" {name} " in head]
    return max(named)[1] if named else None


def _names(unit: str) -> set[str]:
    """How the head of a paper names a unit: over it the district stands already."""
    name = _office(unit)
    return {name} | {short for end in (" huyen uy", " huyen") if len((short := name.removesuffix(end)).split()) > 2}


def _office(text: str) -> str:
    """Folded; a Party committee (đảng ủy) signs for its organisation (đảng bộ)."""
    return re.sub(r"\bdang uy\b", "dang bo", re.sub(r"[^\w]+", " ", fold(text))).strip()
