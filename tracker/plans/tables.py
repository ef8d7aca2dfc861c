"""The appendix tables: columns with their keys, and how each may be added up over units and over rows.

Headers are taken apart in headers.py; doubtful places are listed in defects.py.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from tracker.core.text import fold
from tracker.plans.headers import Form, Leaf, read_form
from tracker.plans.lexicon import LEVELS, STOCK, header_part, level_of, mend_header, slug
from tracker.plans.passages import Appendix, Passage, is_enclosed_line
from tracker.plans.spec import Column, OverRows, OverUnits, PlanSpec, Source, Table

# "Số được học tập/ tổng số": two numbers in one cell.
_PAIR = re.compile(r"^(?P<part>.*\S)\s*/\s*(?P<whole>tổng\b.*)$", re.IGNORECASE)
_SO_PAIR = re.compile(r"^(?P<part>số\s+\S.*\S)\s*/\s*(?P<whole>số\s+\S.*)$", re.IGNORECASE)
_PERCENT = re.compile(r"%|\btỷ lệ\b|\btỉ lệ\b", re.IGNORECASE)
_NOTE = re.compile(r"^ghi chú\s*:?\s*", re.IGNORECASE)
_YEAR = re.compile(r"^(?:19|20)\d{2}$")
_TOTAL_OF = re.compile(r"^(?:tong so|tong cong|tong|cong)\b")


@dataclass(frozen=True, slots=True)
class ReadTable:
    """A table with what it was read from, for the warnings."""

    table: Table
    form: Form
    title: tuple[Passage, ...]
    note: Passage | None
    enclosed: tuple[Passage, ...]


@dataclass(slots=True)
class _Draft:
    """A column on its way: its leaf, whether it is the whole of a pair, and what is known so far."""

    key: str
    leaf: Leaf
    path: tuple[str, ...]
    role: str  # part, whole, percent, number
    formula: str | None = None


def read_tables(appendices: Sequence[Appendix], issuer: str | None) -> tuple[ReadTable, ...]:
    """Every appendix that holds a form to fill in, in order. An appendix without a number gets the next one."""
    found: list[ReadTable] = []
    for appendix in appendices:
        forms = [form for grid in appendix.grids if (form := read_form(grid))]
        for index, form in enumerate(forms):
            number = appendix.number or str(len(found) + 1)
            # A second form under one heading is named after the first.
            found.append(_read(appendix, form, number if index == 0 else f"{number}.{index + 1}", issuer))
    return tuple(found)


def _read(appendix: Appendix, form: Form, number: str, issuer: str | None) -> ReadTable:
    title = tuple(p for p in appendix.before if not is_enclosed_line(p) and not _is_unit_line(p))
    notes = [p for p in appendix.after if _NOTE.match(p.text)]
    note = _NOTE.sub("", notes[0].text) if notes else None
    heading = appendix.heading or (title[0] if title else None)
    source = heading.source() if heading else Source(form.head_line, form.head)
    table = Table(
        number=number,
        title=mend_header(" ".join(p.text for p in title)).rstrip(".:"),
        rows=form.rows,
        total_row=form.total_row,
        note=note or None,
        columns=_columns(form, issuer),
        source=source,
    )
    enclosed = tuple(p for p in appendix.before if is_enclosed_line(p))
    return ReadTable(table, form, title, notes[0] if notes else None, enclosed)


def _is_unit_line(passage: Passage) -> bool:
    """True for '(Đơn vị tính: người)'."""
    return bool(re.match(r"^\(?\s*đơn vị tính\b", passage.text, re.IGNORECASE))


def _columns(form: Form, issuer: str | None) -> tuple[Column, ...]:
    drafts: list[_Draft] = []
    for leaf in form.leaves:
        path = tuple(mend_header(text) for text in leaf.path)
        pair = _PAIR.match(path[-1]) or _SO_PAIR.match(path[-1])
        if pair:
            for role in ("part", "whole"):
                drafts.append(_Draft(_key((*path[:-1], pair[role])), leaf, path, role))
        else:
            role = "percent" if _PERCENT.search(path[-1]) else "number"
            drafts.append(_Draft(_key(path), leaf, path, role))
    _make_unique(drafts)
    _give_formulas(drafts)
    years = bool(form.rows) and all(_YEAR.match(row) for row in form.rows)
    return tuple(_column(draft, years, issuer) for draft in drafts)


def _key(path: Sequence[str]) -> str:
    """A key out of the header's phrases: what is counted first, then the level at which ('conferences_district')."""
    parts: list[str] = []
    levels: list[str] = []
    for text in path:
        part = header_part(text)
        if part is None:
            part = slug(text)
        if part.startswith("@"):
            levels.append(part[1:])
        elif part and part not in parts:
            parts.append(part)
    key = "_".join([*parts, *levels]) or slug(path[-1]) or "column"
    return key if key[0].isalpha() else f"c_{key}"


def _make_unique(drafts: Sequence[_Draft]) -> None:
    seen: dict[str, int] = {}
    for draft in drafts:
        seen[draft.key] = seen.get(draft.key, 0) + 1
        if seen[draft.key] > 1:
            draft.key = f"{draft.key}_{seen[draft.key]}"


def _give_formulas(drafts: Sequence[_Draft]) -> None:
    """Percentages from the pair beside them; 'Tổng số người được học tập' from the parts that are 'được học tập'."""
    for index, draft in enumerate(drafts):
        if draft.role == "percent":
            beside = [other for other in drafts[:index] if other.path[:-1] == draft.path[:-1]]
            draft.formula = _quotient(beside)
    parts = [draft for draft in drafts if draft.role == "part"]
    for index, draft in enumerate(drafts):
        said = fold(" ".join(draft.path))
        terms = [part for part in parts if _what(part) and _what(part) in said]
        before = all(drafts.index(part) < index for part in terms)
        if draft.role == "number" and _TOTAL_OF.match(said) and len(terms) > 1 and before:
            draft.formula = " + ".join(term.key for term in terms)


def _what(part: _Draft) -> str:
    """'duoc hoc tap' of 'Số được học tập/ tổng số'; empty if that is less than two words."""
    text = re.sub(r"^so\s+", "", fold(part.path[-1].split("/")[0]))
    return text if len(text.split()) > 1 else ""


def _quotient(beside: Sequence[_Draft]) -> str | None:
    wholes = [draft for draft in beside if draft.role == "whole"]
    parts = [draft for draft in beside if draft.role == "part"]
    if not wholes and len(beside) >= 2:
        # Two columns side by side: "Tổng số" is the whole, the one nearest to the percentage the part.
        wholes = [draft for draft in beside if _TOTAL_OF.match(fold(draft.path[-1]))]
        parts = [draft for draft in beside if draft not in wholes and draft.role == "number"]
    return f"{parts[-1].key} / {wholes[-1].key} × 100" if wholes and parts else None


def _column(draft: _Draft, years: bool, issuer: str | None) -> Column:
    percent = draft.role == "percent"
    derived = percent or draft.formula is not None
    over_units: OverUnits = "derived" if derived else "single_source" if _one_source(draft.path, issuer) else "sum"
    over_rows: OverRows
    if percent:
        over_rows = "derived"
    elif years and (draft.role == "whole" or _is_stock(draft.path)):
        over_rows = "none"  # a stock counted again each year (domain, "Columns")
    else:
        over_rows = "sum"
    return Column(
        key=draft.key,
        path=draft.path,
        type="percent" if percent else "integer",
        over_units=over_units,
        source_unit=None,
        over_rows=over_rows,
        formula=draft.formula,
        source=Source(draft.leaf.line, draft.leaf.text),
    )


def _is_stock(path: Sequence[str]) -> bool:
    return any(STOCK.search(fold(text)) for text in path)


def _one_source(path: Sequence[str], issuer: str | None) -> bool:
    """True if the column speaks of the issuer's own level or one above: one body knows it, units add nothing to it."""
    own = level_of(issuer)
    if own is None:
        return False
    folded = " ".join(fold(text) for text in path)
    return any(re.search(rf"\bcap {level}\b", folded) for level in LEVELS[: LEVELS.index(own) + 1])


def proposed_owners(spec: PlanSpec) -> dict[tuple[str, str], str]:
    """For each column that one body alone may report: (table, key) → the name of the body that most likely keeps it.

    Inspection and supervision are kept by the Party's inspection commission (UBKT), all else by the lead office.
    A proposal for a person to confirm; the PlanSpec itself leaves `source_unit` empty.
    """
    found: dict[tuple[str, str], str] = {}
    for table in spec.tables:
        for column in table.columns:
            if column.over_units != "single_source":
                continue
            owner = proposed_owner(column, spec.issuer, spec.lead)
            if owner:
                found[table.number, column.key] = owner
    return found


def proposed_owner(column: Column, issuer: str | None, lead: str | None) -> str | None:
    """The body that most likely keeps a single-source column; None if the plan does not let one tell."""
    said = fold(" ".join(column.path))
    committee = re.search(r"\b(?:Huyện|Tỉnh|Thành|Thị|Quận|Đảng) (?:ủy|uỷ)\b.*$", issuer or "")
    if re.search(r"\bkiem tra\b|\bgiam sat\b|\bubkt\b", said) and committee:
        return f"Ủy ban Kiểm tra {committee.group()}"
    return lead
