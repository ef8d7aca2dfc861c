"""The consolidated report as a document: head, outline with the units' texts, appendices, and its JSON figures.

Adding up is rules.py, the workbook sheets.py; how paper looks is documents/profiles.py.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from tracker.assembly.rules import TOTAL, Contribution, Figures, Origin, SectionTexts
from tracker.core.sentences import date_short, time_hm
from tracker.core.text import fold
from tracker.documents.model import (
    Appendix,
    BodyBlock,
    Document,
    Head,
    Heading,
    Para,
    Run,
    Runs,
    Signature,
    text_runs,
)
from tracker.documents.profiles import Kind, Profile, profile_for
from tracker.documents.rich import html_to_body
from tracker.plans.spec import OutlineItem, PlanSpec, Table
from tracker.reports.render import appendix_table, heading

_PARTY_NUMBER = re.compile(r"^\s*\d+[a-zđ]?\s*-\s*[A-ZĐ]+\s*/\s*(.+?)\s*$", re.IGNORECASE)
_STATE_NUMBER = re.compile(r"^\s*\d+[a-zđ]?\s*/\s*[A-ZĐ]+\s*-\s*(.+?)\s*$", re.IGNORECASE)
_NOTE = re.compile(r"^\s*Ghi chú:\s*", re.IGNORECASE)
_NOT_ACCEPTED = " (chưa duyệt)"


@dataclass(frozen=True, slots=True)
class Letterhead:
    """Whose report it is: names as printed at the head. What is unknown is empty, never a guess."""

    issuer: str
    parent: str = ""
    place: str = ""
    kind: Kind = "party"


@dataclass(frozen=True, slots=True)
class Draft:
    """Everything that a consolidated report says, in values. `as_of`: on the office's clock.

    `contributions` in protocol order; `missing`: (code, name) of the units without an included report.
    """

    spec: PlanSpec
    letterhead: Letterhead
    as_of: datetime
    provisional: bool
    contributions: Sequence[Contribution]
    missing: Sequence[tuple[str, str]]
    figures: Figures
    texts: Mapping[str, SectionTexts]

    @property
    def names(self) -> dict[str, str]:
        """Unit code → name, of those included."""
        return {each.unit: each.name for each in self.contributions}


def symbol(number: str, kind: Kind) -> str:
    """What stands after the number of a report by the body that numbered the plan: 271-KH/HU -> BC/HU."""
    found = _PARTY_NUMBER.match(number) or _STATE_NUMBER.match(number)
    body = found.group(1) if found else ""
    if not body:
        return "BC"
    return f"BC/{body}" if kind == "party" else f"BC-{body}"


def district_document(draft: Draft) -> Document:
    """The consolidated report on paper; number, day and signature stay open for the clerk (guide 36-HD/VPTW)."""
    spec, head = draft.spec, draft.letterhead
    profile = profile_for(head.kind, draft.as_of.date())
    mark = symbol(spec.number, head.kind)
    number = profile.number_line(None, mark).removeprefix(profile.number_prefix)
    issuer = spec.issuer or head.issuer
    attached = (
        f"(kèm theo Báo cáo số {number}, ngày      /      /{draft.as_of.year}{f' của {issuer}' if issuer else ''})"
    )
    stamp = ""
    if draft.provisional:
        at = f"{time_hm(draft.as_of)} ngày {date_short(draft.as_of.date())}"
        stamp = f"(Bản tạm tính, số liệu lúc {at}, chưa phải bản chính thức)"
    return Document(
        profile=profile,
        head=Head(
            issuer=head.issuer,
            parent=head.parent,
            symbol=mark,
            place=head.place,
            year=draft.as_of.year,
        ),
        title="BÁO CÁO (BẢN TẠM TÍNH)" if draft.provisional else "BÁO CÁO",
        subtitle=spec.title,
        body=(*_scope(draft), *_outline(spec.outline, draft, 1)),
        appendices=tuple(
            replace(appendix(table, draft.figures[table.number], profile, order), attached=attached)
            for order, table in enumerate(spec.tables, 1)
        ),
        recipients=spec.recipients,
        signature=Signature(),
        stamp=stamp,
        created=draft.as_of,
    )


def _scope(draft: Draft) -> list[BodyBlock]:
    """Whose reports are in it, and by name whose are not."""
    total = len(draft.contributions) + len(draft.missing)
    sentences = [f"Báo cáo được tổng hợp từ báo cáo của {len(draft.contributions)} trên {total} đơn vị"]
    waiting = [each.name for each in draft.contributions if not each.accepted]
    if waiting:
        sentences[0] += f", trong đó {len(waiting)} báo cáo đã gửi, chưa duyệt: {'; '.join(waiting)}"
    sentences[0] += "."
    if draft.missing:
        names = "; ".join(name for _, name in draft.missing)
        sentences.append(f"Chưa có báo cáo của {len(draft.missing)} đơn vị: {names}.")
    return [Para(text_runs(sentence)) for sentence in sentences]


# --- the outline ---


def _outline(items: Sequence[OutlineItem], draft: Draft, level: int) -> list[BodyBlock]:
    blocks: list[BodyBlock] = []
    for item in items:
        blocks.append(heading(item, level))
        texts = draft.texts.get(item.number)
        if texts is None:
            blocks.extend(_outline(item.children, draft, level + 1))
        else:
            blocks.extend(_section(item, texts, draft, level))
    return blocks


def _section(item: OutlineItem, texts: SectionTexts, draft: Draft, level: int) -> list[BodyBlock]:
    """All units on one section: run-in names; what they wrote under an unnumbered heading stands under that heading."""
    names = {each.unit: each.name + ("" if each.accepted else _NOT_ACCEPTED) for each in draft.contributions}
    under: dict[str, list[BodyBlock]] = {}
    for unit, html in texts.written:
        for number, part in split_by_headings(html_to_body(html), item.children):
            under.setdefault(number, []).extend(_run_in(names[unit], part))
    blocks = under.pop("", [])
    for child in item.children:
        if child.number in under:
            blocks.append(heading(child, level + 1))
            blocks.extend(under[child.number])
    if texts.nothing:
        nobody = "; ".join(names[unit] for unit in texts.nothing)
        blocks.append(
            Para(text_runs(f"Không phát sinh nội dung này ở {len(texts.nothing)} đơn vị: {nobody}.", italic=True))
        )
    if not blocks:
        blocks.append(Para(text_runs("Chưa có nội dung.", italic=True)))
    return blocks


def _run_in(name: str, blocks: Sequence[BodyBlock]) -> list[BodyBlock]:
    """The unit's name in bold at the head of its first paragraph, or alone where it begins with a list or a table."""
    lead = Run(f"{name}: ", bold=True)
    if blocks and isinstance(blocks[0], Para) and not blocks[0].quote:
        return [replace(blocks[0], runs=(lead, *blocks[0].runs)), *blocks[1:]]
    return [Para((replace(lead, text=f"{name}:"),)), *blocks]


def split_by_headings(
    blocks: Sequence[BodyBlock], children: Sequence[OutlineItem]
) -> list[tuple[str, list[BodyBlock]]]:
    """A unit's text cut at the plan's unnumbered headings: [(number of the child, or "" before the first), blocks].

    A heading is a heading of the text, or a paragraph that is or bold-begins with those words.
    Nothing is dropped but the heading's own words.
    """
    parts: list[tuple[str, list[BodyBlock]]] = [("", [])]
    for block in blocks:
        child, rest = _opens(block, children)
        if child:
            parts.append((child, [rest] if rest is not None else []))
        else:
            parts[-1][1].append(block)
    joined: dict[str, list[BodyBlock]] = {}
    for child, found in parts:
        if found:
            joined.setdefault(child, []).extend(found)
    return list(joined.items())


def _opens(block: BodyBlock, children: Sequence[OutlineItem]) -> tuple[str, BodyBlock | None]:
    """The child that a block opens, and what is left of the block; ("", None) if it opens none."""
    for child in children:
        title = _plain(child.title)
        if isinstance(block, Heading) and _plain(block.text) == title:
            return child.number, None
        if isinstance(block, Para) and block.runs:
            if _plain("".join(run.text for run in block.runs)) == title:
                return child.number, None
            first = block.runs[0]
            if first.bold and _plain(first.text) == title and len(block.runs) > 1:
                return child.number, replace(block, runs=_without_lead(block.runs[1:]))
    return "", None


def _without_lead(runs: Runs) -> Runs:
    return (replace(runs[0], text=runs[0].text.lstrip(" :.–-")), *runs[1:])


def _plain(text: str) -> str:
    return fold(re.sub(r"^\s*(?:[-–+*]|[a-zđ]\)|\d+[.)])\s*", "", text)).rstrip(" .:;")


# --- the appendices ---


def appendix(table: Table, merged: Mapping[str, Mapping[str, Origin]], profile: Profile, order: int) -> Appendix:
    """One appendix of the consolidated report, in a landscape section of its own."""
    rows = [(row, {key: cell["value"] for key, cell in merged[row].items()}) for row in table.rows]
    if table.total_row:
        rows.append(("Tổng", {key: cell["value"] for key, cell in merged[TOTAL].items()}))
    number = int(table.number) if table.number.isdecimal() else order
    note = f"Ghi chú: {_NOTE.sub('', table.note)}" if table.note else ""
    return Appendix(number=number, title=table.title, table=appendix_table(table, rows, profile), note=note)


# --- JSON ---


def included_json(contributions: Sequence[Contribution]) -> list[dict[str, Any]]:
    """`included` of an assembly: unit, report, version as merged, and the state in which it was taken."""
    return [
        {"unit": each.unit, "report": each.report, "version": each.version, "state": each.state}
        for each in contributions
    ]


def figures_json(draft: Draft) -> bytes:
    """figures.json, to the letter of the contract."""
    data = {
        "campaign": draft.spec.number,
        "as_of": draft.as_of.isoformat(timespec="seconds"),
        "provisional": draft.provisional,
        "included": included_json(draft.contributions),
        "missing": [code for code, _ in draft.missing],
        "tables": draft.figures,
    }
    return compact(data)


def compact(data: object) -> bytes:
    """JSON without needless spaces, in the order given: the same value gives the same bytes."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()
