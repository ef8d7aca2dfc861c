"""Splitting a unit's own Word report along the outline of the plan; its tables become cells. Saves nothing.

Opening the file safely is documents/reader.py's; what is kept is confirmed by a person and stored by writing.py.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Any

from tracker.core.errors import Invalid
from tracker.core.text import N_, fold
from tracker.documents.reader import rich_blocks
from tracker.documents.richblocks import Rich, RichParagraph, RichTable, rich_html
from tracker.plans.spec import OutlineItem, PlanSpec, Table, walk, writable_sections
from tracker.reports.intake_tables import ReadTable, read_table

_ROMAN = re.compile(r"^(?P<n>[IVX]{1,5})\s*[.\-–/)]\s*(?P<title>\S.*)$")
_ARABIC = re.compile(r"^(?P<n>\d{1,2})\s*[.\-–/)]\s*(?P<title>[^\d\s].*)$")
_PATH = re.compile(r"^(?P<n>[IVX]{1,5}(?:\.\d{1,2})+)\s*[.\-–)]?\s+(?P<title>\S.*)$")
_APPENDIX = re.compile(r"^phu luc(?: so)?\s*[:.]?\s*(?P<n>[0-9ivx]{1,4})\b")
_END = re.compile(r"^noi nhan\s*:?")
HEADING_LENGTH = 300
SURE, LIKELY = 0.75, 0.5
FEWEST_SECTIONS = 2

ReportSpec = dict[str, Any]  # contract.md, "ReportSpec"


@dataclass(slots=True)
class _Part:
    blocks: list[Rich] = field(default_factory=list)
    matched_by: str = "number"
    confidence: float = 0.0


@dataclass(slots=True)
class _Split:
    """Where the reader stands: the open part, the root heading above it, and whether appendices have begun."""

    parts: dict[str, _Part] = field(default_factory=dict)
    unplaced: list[tuple[list[Rich], str | None]] = field(default_factory=list)
    tables: dict[str, ReadTable] = field(default_factory=dict)
    warnings: list[dict[str, str]] = field(default_factory=list)
    root: str | None = None
    here: str | None = None
    last: str | None = None
    appendix: str | None = None
    after_end: bool = False


def read_report(data: bytes, name: str, spec: PlanSpec, units: Sequence[tuple[str, str]] = ()) -> ReportSpec:
    """A report's file split along the plan. Raises as `split`, and what documents/reader.py refuses."""
    return split(rich_blocks(data, name), spec, units)


def split(blocks: Sequence[Rich], spec: PlanSpec, units: Sequence[tuple[str, str]] = ()) -> ReportSpec:
    """ReportSpec (contract.md) of a report's blocks. `units`: (code, name), to find whose report it is.

    No text is dropped: what fits no section is in `unplaced` with the section that it followed.
    """
    state = _Split()
    outline = {item.number: item for item in walk(spec.outline)}
    for block in blocks:
        if isinstance(block, RichTable):
            _place_table(state, block, spec)
        elif not _take_heading(state, block, spec, outline):
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
                "matched_by": part.matched_by,
                "confidence": round(part.confidence, 2),
            }
            for number, part in ((s.number, state.parts.get(s.number)) for s in writable_sections(spec))
            if part is not None
        ],
        "unplaced": [{"html": rich_html(held), "text": _text(held), "after": after} for held, after in state.unplaced],
        "tables": [state.tables[t.number].to_json() for t in spec.tables if t.number in state.tables],
        "missing": {
            "sections": [
                s.number
                for s in writable_sections(spec)
                if s.number not in state.parts or not _text(state.parts[s.number].blocks)
            ],
            "rows": [
                {"table": t.number, "row": row}
                for t in spec.tables
                for row in t.rows
                if t.number not in state.tables or not state.tables[t.number].has(row)
            ],
        },
        "warnings": state.warnings,
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


def _take_heading(state: _Split, block: RichParagraph, spec: PlanSpec, outline: dict[str, OutlineItem]) -> bool:
    """Move to the place that a heading names; False if the paragraph is no heading."""
    text = block.text.strip()
    if not text or len(text) > HEADING_LENGTH:
        return False
    folded = fold(text)
    appendix = _APPENDIX.match(folded)
    if appendix and _known_table(spec, appendix["n"]):
        state.appendix, state.here, state.after_end = appendix["n"].upper(), None, True
        return True
    if state.appendix and any(_alike(folded, fold(table.title)) >= SURE for table in spec.tables):
        return True
    if _END.match(folded):
        state.here, state.after_end = None, True
        return False
    if state.after_end:
        return False
    return _by_label(state, block, spec, outline) or _by_title(state, block, spec)


def _by_label(state: _Split, block: RichParagraph, spec: PlanSpec, outline: dict[str, OutlineItem]) -> bool:
    text = block.text.strip()
    whole, roman, arabic = _PATH.match(text), _ROMAN.match(text), _ARABIC.match(text)
    if whole and whole["n"] in outline:
        return _enter(
            state, outline[whole["n"]], "number", _alike(fold(whole["title"]), fold(outline[whole["n"]].title))
        )
    if roman and (item := outline.get(roman["n"])):
        likeness = _alike(fold(roman["title"]), fold(item.title))
        if likeness >= LIKELY or block.bold or roman["title"] == roman["title"].upper():
            state.root = item.number
            if not any(child.numbered for child in item.children):
                return _enter(state, item, "number", likeness)
            state.here = None
            return True
        return False
    if not arabic:
        return False
    best = _best(fold(arabic["title"]), writable_sections(spec))
    numbered = outline.get(f"{state.root}.{arabic['n']}") if state.root else None
    if numbered is not None:
        likeness = _alike(fold(arabic["title"]), fold(numbered.title))
        if likeness >= LIKELY or (_looks_like_heading(block) and (best is None or best[1] < SURE)):
            return _enter(state, numbered, "number", max(likeness, 0.4))
    if best is not None and best[1] >= SURE:
        return _enter(state, best[0], "title", best[1])
    return False


def _by_title(state: _Split, block: RichParagraph, spec: PlanSpec) -> bool:
    if not _looks_like_heading(block):
        return False
    best = _best(fold(block.text), writable_sections(spec))
    return best is not None and best[1] >= 0.85 and _enter(state, best[0], "title", best[1])


def _enter(state: _Split, item: OutlineItem, how: str, confidence: float) -> bool:
    state.root = item.number.split(".")[0]
    state.here = state.last = item.number
    if item.number in state.parts:
        state.warnings.append(
            {
                "code": "section_twice",
                "where": item.number,
                "text": N_("Mục này có hai lần trong tệp; hai phần được nối lại."),
            }
        )
    else:
        state.parts[item.number] = _Part(matched_by=how, confidence=min(confidence, 1.0))
    return True


def _place(state: _Split, block: Rich) -> None:
    if isinstance(block, RichParagraph) and not block.text.strip():
        return
    if state.here is not None:
        state.parts[state.here].blocks.append(block)
        return
    if state.unplaced and state.unplaced[-1][1] == state.last:
        state.unplaced[-1][0].append(block)
    else:
        state.unplaced.append(([block], state.last))


def _place_table(state: _Split, block: RichTable, spec: PlanSpec) -> None:
    table = _table_of(state, block, spec)
    if table is None:
        _place(state, block)
        return
    found = read_table(block.grid, table)
    if found is None:
        state.warnings.append(
            {
                "code": "table_not_read",
                "where": table.number,
                "text": N_("Bảng của phụ lục này không khớp mẫu của kế hoạch; nhập tay hoặc sửa bảng rồi tải lại."),
            }
        )
        _place(state, block)
        return
    state.tables[table.number] = found
    state.appendix = table.number


def _table_of(state: _Split, block: RichTable, spec: PlanSpec) -> Table | None:
    """The plan's table that a grid fills: the appendix at hand, else the only one of its shape."""
    free = [table for table in spec.tables if table.number not in state.tables]
    if state.appendix:
        named = next((table for table in free if table.number.upper() == state.appendix), None)
        if named is not None:
            return named
    fitting = [table for table in free if read_table(block.grid, table) is not None]
    return fitting[0] if len(fitting) == 1 else None


def _known_table(spec: PlanSpec, label: str) -> bool:
    return any(table.number.upper() == label.upper() for table in spec.tables)


def _looks_like_heading(block: RichParagraph) -> bool:
    text = block.text.strip()
    return (block.bold or block.level is not None or len(text) < 120) and text[-1:] not in ".;,"


def _best(folded: str, items: Sequence[OutlineItem]) -> tuple[OutlineItem, float] | None:
    scored = [(item, _alike(folded, fold(item.title))) for item in items]
    return max(scored, key=lambda pair: pair[1], default=None)


def _alike(one: str, other: str) -> float:
    """0–1: how much two folded titles say the same; a title cut short or led by "về/việc" still counts."""
    one, other = (re.sub(r"^(ve |viec )+", "", text).strip(" .:;") for text in (one, other))
    if not one or not other:
        return 0.0
    if one == other:
        return 1.0
    whole = SequenceMatcher(None, one, other, autojunk=False).ratio()
    words, theirs = set(one.split()), set(other.split())
    shared = len(words & theirs) / max(len(words | theirs), 1)
    starts = 0.9 if len(one) > 12 and other.startswith(one) else 0.0
    return max(whole if shared >= 0.4 else whole * 0.6, starts)


def _text(blocks: Sequence[Rich]) -> str:
    lines = [
        block.text if isinstance(block, RichParagraph) else "\n".join("\t".join(row) for row in block.grid.rows)
        for block in blocks
    ]
    return "\n".join(line for line in lines if line.strip())


def _unit(blocks: Sequence[Rich], units: Sequence[tuple[str, str]]) -> str | None:
    """The unit whose name stands in the head of the report, the longest name if several do."""
    head = fold(
        " ".join(b.text if isinstance(b, RichParagraph) else " ".join(map(" ".join, b.grid.rows)) for b in blocks[:15])
    )
    named = [(len(name), code) for code, name in units if fold(name) in head]
    return max(named)[1] if named else None
