"""A document written as PDF/A-2b, laid out by typst with the vendored Tinos fonts alone.

The page itself is layout.typ; the document reaches it as JSON data, so no text is ever read as markup.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tracker.documents.glyphs import FONTS, printable
from tracker.documents.guard import run
from tracker.documents.model import (
    Appendix,
    BodyBlock,
    Document,
    Heading,
    ListItems,
    PageBreak,
    Para,
    Run,
    Signature,
    TableBlock,
    TableCell,
    addressee_lines,
    column_widths,
    listed,
)
from tracker.documents.profiles import RULE_SHARE, Profile, long_date

if TYPE_CHECKING:
    from typst import Fonts

_NO_DATE = 315532800  # 01/01/1980, as in the zip entries of a .docx: PDF/A wants a date
_LAYOUT = Path(__file__).parent / "layout.typ"
_ALIGN = {"left": "l", "justify": "l", "center": "c", "right": "r"}
_HEADING_LEVELS = 6


def write_pdf(document: Document) -> bytes:
    """The document as PDF/A-2b bytes, tagged, its headings as bookmarks; the same document gives the same bytes.

    Laid out in a child process: typst keeps about 200 MB for every 300 pages and does not give it back.
    """
    return run("pdf", json.dumps(_data(document), ensure_ascii=False).encode())


def compile_here(data: bytes) -> bytes:
    """The PDF of the JSON that layout.typ reads, laid out in this process (the child's)."""
    import typst

    text = data.decode()
    return typst.compile(
        _LAYOUT.read_bytes(),
        font_paths=_fonts(),
        ignore_system_fonts=True,
        sys_inputs={"doc": text},
        format="pdf",
        pdf_standards="a-2b",
        timestamp=json.loads(text)["meta"]["created"],
    )


@cache
def _fonts() -> Fonts:
    """The vendored Tinos faces, neither the system's fonts nor those inside typst."""
    import typst

    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(FONTS)])


def _data(document: Document) -> dict[str, Any]:
    profile, head = document.profile, document.head
    created = math.floor(document.created.timestamp()) if document.created is not None else _NO_DATE
    return {
        "profile": asdict(profile),
        "meta": {
            "title": printable(
                " ".join(part for part in (document.title, document.subtitle or document.about) if part)
            ),
            "author": printable(head.issuer),
            "rule_share": RULE_SHARE,
            "created": created,
        },
        "head": {
            "parent": printable(head.parent),
            "issuer": printable(head.issuer),
            "number": _open_places(profile.number_line(head.number, head.symbol)),
            "day": _open_places(long_date(head.place, head.issued_on, head.year)),
        },
        "about": printable(profile.about_prefix + document.about) if document.about else "",
        "title": printable(document.title),
        "subtitle": printable(document.subtitle),
        "stamp": printable(document.stamp),
        "addressees": [printable(line) for line in addressee_lines(document.addressees)],
        "body": _blocks(document.body, profile, profile.text_width),
        "recipients": [printable(line) for line in listed(document.recipients)],
        "signature": _signature(document.signature),
        "appendices": [_appendix(appendix, profile) for appendix in document.appendices],
    }


def _blocks(blocks: Iterable[BodyBlock], profile: Profile, width: float) -> list[dict[str, Any]]:
    out: list[dict[str, Any]] = []
    for block in blocks:
        if isinstance(block, Heading):
            out.append({"k": "h", "l": min(max(block.level, 1), _HEADING_LEVELS), "t": printable(block.text)})
        elif isinstance(block, Para):
            if block.quote:
                out.append({"k": "q", "t": _runs(block.runs)})
            elif block.align == "justify" and block.indent:
                out.append({"k": "p", "t": _runs(block.runs)})
            else:
                out.append({"k": "a", "t": _runs(block.runs), "a": _ALIGN[block.align], "n": block.indent})
        elif isinstance(block, ListItems):
            for item in block.items:
                marker = [f"{item.marker} "] if item.marker else []
                out.append({"k": "p", "t": [*marker, *_runs(item.runs)]})
        elif isinstance(block, TableBlock):
            if block.columns:
                out.append({"k": "t", "t": _table(block, profile, width)})
        elif isinstance(block, PageBreak):
            out.append({"k": "b"})
    return out


def _runs(runs: Iterable[Run]) -> list[str | dict[str, Any]]:
    return [_run(run) for run in runs]


def _run(run: Run) -> str | dict[str, Any]:
    text = printable(run.text)
    face: dict[str, Any] = {}
    if run.bold:
        face["b"] = True
    if run.italic:
        face["i"] = True
    if run.underline:
        face["u"] = True
    if run.strike:
        face["s"] = True
    if run.script:
        face["x"] = run.script
    return {"t": text, **face} if face else text


def _table(table: TableBlock, profile: Profile, width: float) -> dict[str, Any]:
    many = table.columns >= profile.table_many_columns
    return {
        "widths": column_widths(table, width),
        "size": table.size or (profile.table_size_many if many else profile.table_size),
        "inset": 0.6 if many else 1.5,
        "head": [_cell(cell) for row in table.rows[: table.header_rows] for cell in row],
        "rows": [_cell(cell) for row in table.rows[table.header_rows :] for cell in row],
    }


def _cell(cell: TableCell) -> dict[str, Any]:
    out: dict[str, Any] = {"t": _runs(cell.runs)}
    if cell.colspan > 1:
        out["c"] = cell.colspan
    if cell.rowspan > 1:
        out["r"] = cell.rowspan
    if cell.bold:
        out["b"] = True
    if cell.align != "left":
        out["a"] = _ALIGN[cell.align]
    return out


def _appendix(appendix: Appendix, profile: Profile) -> dict[str, Any]:
    width = profile.text_width_landscape if appendix.landscape else profile.text_width
    table = appendix.table if appendix.table is not None and appendix.table.columns else None
    return {
        "label": profile.appendix_name(appendix.number),
        "title": printable(appendix.title),
        "attached": _open_places(appendix.attached),
        "note": printable(appendix.note),
        "landscape": appendix.landscape,
        "table": _table(table, profile, width) if table is not None else None,
        "body": _blocks(appendix.body, profile, width),
    }


def _signature(signature: Signature | None) -> dict[str, str] | None:
    if signature is None:
        return None
    return {
        "authority": printable(signature.authority),
        "position": printable(signature.position),
        "name": printable(signature.name),
    }


def _open_places(text: str) -> str:
    """Places left open for the clerk keep their width: their spaces become no-break spaces."""
    return printable(text).replace("  ", "\u00a0\u00a0")
