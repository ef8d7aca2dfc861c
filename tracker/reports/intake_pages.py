"""What the preview of a Word report shows, as values: each part found, how sure, and what saving it would replace.

Splitting the file is intake.py's; which of it is saved is chosen on the page and done by intake_saving.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tracker.core.sentences import Sentence
from tracker.core.text import N_
from tracker.documents.model import show
from tracker.documents.richtext import clean, visible_text
from tracker.plans.figures import derive
from tracker.plans.spec import PlanSpec, Table, writable_sections
from tracker.reports import grids
from tracker.reports.grids import Head, Slot
from tracker.reports.intake import ReportSpec
from tracker.reports.intake_headings import CERTAIN, SURE
from tracker.reports.intake_tables import TOTAL
from tracker.reports.models import ReportSection, ReportTable
from tracker.reports.rules import Concern
from tracker.reports.titles import calm, shortened

Cells = dict[str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class SectionFound:
    """A section of the file. `sure`: the chip's kind; `ours`: it concerns the unit; `same`: it is stored like that."""

    number: str
    title: str
    html: str
    said: str
    sure: str
    ours: bool
    same: bool
    replaces: bool

    @property
    def offered(self) -> bool:
        """Saving it would change something."""
        return self.ours and not self.same and bool(self.html)


@dataclass(frozen=True, slots=True)
class CellFound:
    """One cell as it would be stored. `doubt`: (as written, why); `typed`: what the file has in a computed place."""

    slot: Slot
    text: str
    doubts: tuple[tuple[str, str], ...] = ()
    differs: Sentence | None = None


@dataclass(frozen=True, slots=True)
class BlockFound:
    """A table on the page, or one body's columns of a wide one."""

    title: str
    heads: tuple[tuple[Head, ...], ...]
    lines: tuple[tuple[str, tuple[CellFound, ...]], ...]


@dataclass(frozen=True, slots=True)
class TableFound:
    """An appendix of the file with the unit's own columns. `replaced`: stored cells that saving would change."""

    number: str
    title: str
    blocks: tuple[BlockFound, ...]
    cells: Cells
    count: int
    doubts: int
    totals: tuple[tuple[str, Sentence], ...]
    replaced: int
    changes: bool

    @property
    def offered(self) -> bool:
        """Saving it would change something."""
        return self.changes


@dataclass(frozen=True, slots=True)
class LeftOver:
    """Text that fits no section, with the heading that it followed."""

    place: int
    html: str
    after: str | None
    long: bool


@dataclass(frozen=True, slots=True)
class Preview:
    """A Word report as it would enter a unit's report."""

    sections: tuple[SectionFound, ...]
    tables: tuple[TableFound, ...]
    left: tuple[LeftOver, ...]
    missing: tuple[tuple[str, str], ...]
    places: tuple[tuple[str, str], ...]
    other_unit: str | None
    warnings: tuple[tuple[str, str], ...]


def preview(
    found: ReportSpec,
    spec: PlanSpec,
    concern: Concern,
    sections: Mapping[str, ReportSection],
    tables: Mapping[str, ReportTable],
    unit: str,
    names: Mapping[str, str],
) -> Preview:
    """What `found` would bring into the report of `unit` (a code). `names`: the units' names by code."""
    titles = {item.number: calm(item.title, spec) for item in writable_sections(spec)}
    other = found["unit"] if found["unit"] not in (None, unit) else None
    return Preview(
        sections=tuple(
            _section(each, titles[each["number"]], each["number"] in concern.sections, sections.get(each["number"]))
            for each in found["sections"]
        ),
        tables=tuple(
            _table(each, table, concern.cells[table.number][1], tables.get(table.number), spec)
            for each in found["tables"]
            if (table := spec.table(each["number"])) is not None and table.number in concern.cells
        ),
        left=tuple(
            LeftOver(place, clean(each["html"]), each["after"], len(each["text"]) > 600)
            for place, each in enumerate(found["unplaced"])
        ),
        missing=tuple(
            (number, titles[number]) for number in found["missing"]["sections"] if number in concern.sections
        ),
        places=tuple((number, shortened(titles[number])) for number in concern.sections),
        other_unit=names.get(other) if other else None,
        warnings=tuple((each["where"], each["text"]) for each in found["warnings"]),
    )


def cells_to_save(found: ReportSpec, number: str, columns: Sequence[str]) -> Cells:
    """The cells of an appendix that the file gives surely and that the unit fills."""
    lifted: Cells = next((each["cells"] for each in found["tables"] if each["number"] == number), {})
    cells = {
        row: {key: cell for key, cell in named.items() if key in columns and cell is not None}
        for row, named in lifted.items()
    }
    return {row: named for row, named in cells.items() if named}


def _section(each: Mapping[str, Any], title: str, ours: bool, stored: ReportSection | None) -> SectionFound:
    html = clean(each["html"])
    said, sure = _how_sure(each["matched_by"], each["confidence"])
    written = bool(stored and (visible_text(stored.html) or stored.nothing_to_report))
    same = stored is not None and stored.html == html and not stored.nothing_to_report
    return SectionFound(each["number"], title, html, said, sure, ours, same, written)


def _how_sure(how: str, confidence: float) -> tuple[str, str]:
    if how == "position":
        return N_("Đoán theo số thứ tự, xem lại"), "soon"
    if confidence < SURE:
        return N_("Tên mục khác đề cương, xem lại"), "soon"
    if confidence < CERTAIN:
        return N_("Tên mục gần giống"), "ok"
    return (N_("Khớp số và tên mục") if how == "number" else N_("Khớp tên mục")), "ok"


def _table(
    each: Mapping[str, Any], table: Table, columns: Sequence[str], stored: ReportTable | None, spec: PlanSpec
) -> TableFound:
    cells = {row: dict(named) for row, named in each["cells"].items()}
    saved = cells_to_save({"tables": [each]}, table.number, columns)
    kept: Mapping[str, Mapping[str, Any]] = stored.cells if stored else {}
    pairs = [(cell, kept.get(row, {}).get(key)) for row, named in saved.items() for key, cell in named.items()]
    nothing = bool(stored and stored.nothing_to_report)
    doubts: dict[tuple[str, str], tuple[str, str]] = {
        (d["row"], d["column"]): (d["raw"], d["reason"]) for d in each["doubtful"]
    }
    differing = {(d["row"], d["column"]): _differs(table, d) for d in each["disagrees"]}
    slots = grids.slots_of(table, columns)
    shown = {column.key for slot in slots for column in slot.columns}
    blocks = tuple(
        BlockFound(
            title,
            tuple(tuple(level) for level in grids.heads(chosen, 1 if title else 0)),
            tuple((row, _line(table, row, chosen, cells.get(row, {}), doubts, differing)) for row in table.rows),
        )
        for title, chosen in grids.split(slots)
    )
    return TableFound(
        number=table.number,
        title=calm(table.title, spec),
        blocks=blocks,
        cells=saved,
        count=len(pairs),
        doubts=len({(row, raw) for (row, key), (raw, _) in doubts.items() if key in shown}),
        totals=tuple(
            (_name(table, key), said) for (row, key), said in differing.items() if row == TOTAL and key in shown
        ),
        replaced=sum(old is not None and old != cell for cell, old in pairs) + (1 if nothing else 0),
        changes=bool(pairs) and (nothing or any(old != cell for cell, old in pairs)),
    )


def _line(
    table: Table,
    row: str,
    slots: Sequence[Slot],
    cells: Mapping[str, Any],
    doubts: Mapping[tuple[str, str], tuple[str, str]],
    differing: Mapping[tuple[str, str], Sentence],
) -> tuple[CellFound, ...]:
    figures = derive(table, cells)
    line = []
    for slot in slots:
        keys = [column.key for column in slot.columns]
        values = [show(figures[key]) if slot.computed else grids.as_typed(cells.get(key)) for key in keys]
        text = "" if not any(values) else " / ".join(value or "–" for value in values)
        if len(set(values)) == 1 and values[0] in ("Không", "x"):
            text = values[0]
        said = tuple(dict.fromkeys(doubts[row, key] for key in keys if (row, key) in doubts))
        line.append(CellFound(slot, text, said, differing.get((row, keys[0]))))
    return tuple(line)


def _differs(table: Table, each: Mapping[str, Any]) -> Sentence:
    typed, computed = show(each["typed"]), each["computed"]
    if computed is not None:
        return Sentence(
            N_("Bản Word ghi %(typed)s; tính ra %(computed)s"), {"typed": typed, "computed": show(computed)}
        )
    column = table.column(each["column"])
    if each["row"] == TOTAL and column is not None and column.over_rows == "none":
        return Sentence(N_("Bản Word ghi %(typed)s; cột này không cộng qua các năm"), {"typed": typed})
    return Sentence(N_("Bản Word ghi %(typed)s; chưa đủ số để tính"), {"typed": typed})


def _name(table: Table, key: str) -> str:
    column = table.column(key)
    return ", ".join(column.path) if column else key
