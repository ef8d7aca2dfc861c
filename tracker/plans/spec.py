"""PlanSpec: what a plan asks, of whom, until when, as values that can be stored and compared.

Reading a document into a PlanSpec lives in reading.py; what people later decide lives in campaigns/.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

Json = dict[str, Any]
MilestoneKind = Literal["complete", "submit", "consolidate", "other"]
Who = Literal["units", "lead", "issuer"]
Operator = Literal["before", "by", "within", "span"]
ColumnType = Literal["integer", "percent"]
OverUnits = Literal["sum", "single_source", "derived"]
OverRows = Literal["sum", "latest", "none", "derived"]


@dataclass(frozen=True, slots=True)
class Source:
    """Where it stands in the document: line from 1, and a piece of that line."""

    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Citation:
    """A document that the plan rests on (căn cứ); `number` without spaces."""

    number: str
    date: date | None
    source: Source


@dataclass(frozen=True, slots=True)
class Milestone:
    """A date to meet. `last_day` is the last local day on which it can be met, `due_before` the instant after it.

    `groups`: the unit groups it binds, empty for all. "Trước ngày X" is strict: last_day is the day before X.
    """

    id: str
    kind: MilestoneKind
    who: Who
    groups: tuple[str, ...]
    wording: str
    operator: Operator
    named_date: date
    last_day: date
    due_before: datetime
    source: Source


@dataclass(frozen=True, slots=True)
class Guidance:
    """What the outline says about one section. `groups`: whom it concerns, empty for all."""

    text: str
    groups: tuple[str, ...]
    wants_figures: bool
    source: Source


@dataclass(frozen=True, slots=True)
class OutlineItem:
    """A heading of the report's outline (đề cương). `number` is the whole path, 'II.3'.

    `numbered` is False where the plan gives no number and the reader made one ('IV.2.1').
    `guidance`: the items that the plan lists under it; `intro`: sentences that stand there outside its list.
    """

    number: str
    numbered: bool
    title: str
    guidance: tuple[Guidance, ...]
    children: tuple[OutlineItem, ...]
    source: Source
    intro: tuple[Guidance, ...] = ()

    @property
    def advice(self) -> tuple[Guidance, ...]:
        """All that the plan says about what to write here, in its order."""
        return self.intro + self.guidance


@dataclass(frozen=True, slots=True)
class Column:
    """A leaf column of an appendix table. `path`: header texts from the top down, as they should read.

    `over_units` and `over_rows` say how it may be added up (domain: flow, stock, derived);
    `formula` is 'a / b × 100' or 'a + b' over keys of the same table.
    """

    key: str
    path: tuple[str, ...]
    type: ColumnType
    over_units: OverUnits
    source_unit: str | None
    over_rows: OverRows
    formula: str | None
    source: Source


@dataclass(frozen=True, slots=True)
class Table:
    """An appendix table (phụ lục): one row a year or item, the Tổng row apart."""

    number: str
    title: str
    rows: tuple[str, ...]
    total_row: bool
    note: str | None
    columns: tuple[Column, ...]
    source: Source

    def column(self, key: str) -> Column | None:
        """The column with that key."""
        return next((column for column in self.columns if column.key == key), None)


@dataclass(frozen=True, slots=True)
class Warning_:
    """A doubtful place: the literal text, how it was read (None: not at all), and the question to a person."""

    code: str
    line: int
    text: str
    read_as: str | None
    ask: str

    @property
    def source(self) -> Source:
        """The place again, in the shape that every object of the JSON carries."""
        return Source(self.line, self.text)


@dataclass(frozen=True, slots=True)
class PlanSpec:
    """A whole plan. What the document lacks is None or empty, never a guess."""

    number: str
    kind: str
    title: str
    place: str | None
    issued_on: date | None
    issuer: str | None
    signer: str | None
    lead: str | None
    submit_to: str | None
    via: str | None
    basis: tuple[Citation, ...]
    unit_groups: tuple[str, ...]
    milestones: tuple[Milestone, ...]
    outline: tuple[OutlineItem, ...]
    tables: tuple[Table, ...]
    recipients: tuple[str, ...]
    warnings: tuple[Warning_, ...]
    source: Source

    def table(self, number: str) -> Table | None:
        """The table with that number."""
        return next((table for table in self.tables if table.number == number), None)


# --- the outline, walked -------------------------------------------------------------------------


def walk(items: Sequence[OutlineItem]) -> Iterator[OutlineItem]:
    """Every item, parents before children, in the order of the document."""
    for item in items:
        yield item
        yield from walk(item.children)


def writable_sections(spec: PlanSpec) -> list[OutlineItem]:
    """The sections that a unit writes: leaves among the items that the plan itself numbers.

    Unnumbered children are headings inside their parent's text, not sections.
    """
    return [
        item
        for item in walk(spec.outline)
        if item.numbered and not any(child.numbered for child in walk(item.children))
    ]


def guidance_for(section: OutlineItem, group: str | None) -> list[Guidance]:
    """The guidance that concerns a group; guidance that names no group concerns all. `None`: every line of it."""
    return [line for line in section.advice if group is None or not line.groups or group in line.groups]


def sections_for(spec: PlanSpec, group: str | None) -> list[OutlineItem]:
    """The writable sections that concern a group: all but those whose every line of guidance names others."""
    return [
        section
        for section in writable_sections(spec)
        if not section.advice or section.children or guidance_for(section, group)
    ]


def input_columns(table: Table) -> list[Column]:
    """The columns that a unit fills in."""
    return [column for column in table.columns if column.over_units != "derived"]


def derived_columns(table: Table) -> list[Column]:
    """The columns that are computed from others and never typed."""
    return [column for column in table.columns if column.over_units == "derived"]


# --- JSON ----------------------------------------------------------------------------------------


def to_json(spec: PlanSpec) -> Json:
    """The contract's PlanSpec: its names, its order, every object with its `source`."""
    return {
        "number": spec.number,
        "kind": spec.kind,
        "title": spec.title,
        "place": spec.place,
        "issued_on": spec.issued_on.isoformat() if spec.issued_on else None,
        "issuer": spec.issuer,
        "signer": spec.signer,
        "lead": spec.lead,
        "submit_to": spec.submit_to,
        "via": spec.via,
        "basis": [
            {"number": c.number, "date": c.date.isoformat() if c.date else None, "source": _source(c.source)}
            for c in spec.basis
        ],
        "unit_groups": list(spec.unit_groups),
        "milestones": [_milestone(milestone) for milestone in spec.milestones],
        "outline": [_item(item) for item in spec.outline],
        "tables": [_table(table) for table in spec.tables],
        "recipients": list(spec.recipients),
        "warnings": [
            {
                "code": w.code,
                "line": w.line,
                "text": w.text,
                "read_as": w.read_as,
                "ask": w.ask,
                "source": _source(w.source),
            }
            for w in spec.warnings
        ],
        "source": _source(spec.source),
    }


def from_json(data: Mapping[str, Any]) -> PlanSpec:
    """The PlanSpec that `to_json` wrote. KeyError or ValueError on anything else."""
    return PlanSpec(
        number=data["number"],
        kind=data["kind"],
        title=data["title"],
        place=data["place"],
        issued_on=_date(data["issued_on"]),
        issuer=data["issuer"],
        signer=data["signer"],
        lead=data["lead"],
        submit_to=data["submit_to"],
        via=data["via"],
        basis=tuple(Citation(c["number"], _date(c["date"]), _read_source(c)) for c in data["basis"]),
        unit_groups=tuple(data["unit_groups"]),
        milestones=tuple(_read_milestone(m) for m in data["milestones"]),
        outline=tuple(_read_item(i) for i in data["outline"]),
        tables=tuple(_read_table(t) for t in data["tables"]),
        recipients=tuple(data["recipients"]),
        warnings=tuple(Warning_(w["code"], w["line"], w["text"], w["read_as"], w["ask"]) for w in data["warnings"]),
        source=_read_source(data),
    )


def _source(source: Source) -> Json:
    return {"line": source.line, "text": source.text}


def _milestone(m: Milestone) -> Json:
    return {
        "id": m.id,
        "kind": m.kind,
        "who": m.who,
        "groups": list(m.groups),
        "wording": m.wording,
        "operator": m.operator,
        "named_date": m.named_date.isoformat(),
        "last_day": m.last_day.isoformat(),
        "due_before": m.due_before.isoformat(),
        "source": _source(m.source),
    }


def _item(item: OutlineItem) -> Json:
    return {
        "number": item.number,
        "numbered": item.numbered,
        "title": item.title,
        "intro": [_guidance(line) for line in item.intro],
        "guidance": [_guidance(line) for line in item.guidance],
        "children": [_item(child) for child in item.children],
        "source": _source(item.source),
    }


def _guidance(g: Guidance) -> Json:
    return {"text": g.text, "groups": list(g.groups), "wants_figures": g.wants_figures, "source": _source(g.source)}


def _table(table: Table) -> Json:
    return {
        "number": table.number,
        "title": table.title,
        "rows": list(table.rows),
        "total_row": table.total_row,
        "note": table.note,
        "columns": [
            {
                "key": c.key,
                "path": list(c.path),
                "type": c.type,
                "over_units": c.over_units,
                "source_unit": c.source_unit,
                "over_rows": c.over_rows,
                "formula": c.formula,
                "source": _source(c.source),
            }
            for c in table.columns
        ],
        "source": _source(table.source),
    }


def _date(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _read_source(data: Mapping[str, Any]) -> Source:
    return Source(data["source"]["line"], data["source"]["text"])


def _read_milestone(m: Mapping[str, Any]) -> Milestone:
    return Milestone(
        id=m["id"],
        kind=m["kind"],
        who=m["who"],
        groups=tuple(m["groups"]),
        wording=m["wording"],
        operator=m["operator"],
        named_date=date.fromisoformat(m["named_date"]),
        last_day=date.fromisoformat(m["last_day"]),
        due_before=datetime.fromisoformat(m["due_before"]),
        source=_read_source(m),
    )


def _read_item(i: Mapping[str, Any]) -> OutlineItem:
    return OutlineItem(
        number=i["number"],
        numbered=i["numbered"],
        title=i["title"],
        guidance=tuple(_read_guidance(g) for g in i["guidance"]),
        intro=tuple(_read_guidance(g) for g in i.get("intro", ())),
        children=tuple(_read_item(child) for child in i["children"]),
        source=_read_source(i),
    )


def _read_guidance(g: Mapping[str, Any]) -> Guidance:
    return Guidance(g["text"], tuple(g["groups"]), g["wants_figures"], _read_source(g))


def _read_table(t: Mapping[str, Any]) -> Table:
    return Table(
        number=t["number"],
        title=t["title"],
        rows=tuple(t["rows"]),
        total_row=t["total_row"],
        note=t["note"],
        columns=tuple(
            Column(
                key=c["key"],
                path=tuple(c["path"]),
                type=c["type"],
                over_units=c["over_units"],
                source_unit=c["source_unit"],
                over_rows=c["over_rows"],
                formula=c["formula"],
                source=_read_source(c),
            )
            for c in t["columns"]
        ),
        source=_read_source(t),
    )
