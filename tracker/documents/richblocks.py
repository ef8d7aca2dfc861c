"""Rich blocks: paragraphs with emphasis and tables with spans as safe HTML, and the JSON they travel in.

Reading a file is reader.py's; matching sections to an outline is the reports room's.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from html import escape
from typing import Any, Literal

from tracker.documents.blocks import Block, Grid, Paragraph

RULE = re.compile(r"^[-–—_=~]{3,}$")
"""A line drawn with characters, as the five hyphens under a summary: no text."""


@dataclass(frozen=True, slots=True)
class RichParagraph:
    """A paragraph with its text as printed (automatic number included) and its inner HTML.

    `html` holds strong, em, u, s, sub, sup and br alone, everything else escaped; where `list_kind` is
    "ul" the bullet is left out of it. `level`: of a heading style, from 1. `depth`: of a list item, 0 or 1.
    """

    line: int
    text: str
    html: str
    bold: bool = False
    style: str | None = None
    level: int | None = None
    list_kind: Literal["", "ul"] = ""
    depth: int = 0


@dataclass(frozen=True, slots=True)
class RichTable:
    """A table as a grid and as HTML with its spans."""

    grid: Grid
    html: str

    @property
    def line(self) -> int:
        """Source line of its first row."""
        return self.grid.line


Rich = RichParagraph | RichTable


def rich_html(blocks: Iterable[Rich]) -> str:
    """HTML of rich blocks in order: p, ul/li in two depths, table; only tags that the product lets in."""
    out: list[str] = []
    items: list[RichParagraph] = []
    for block in blocks:
        if isinstance(block, RichParagraph) and block.list_kind:
            items.append(block)
            continue
        out.append(_list(items))
        items = []
        if isinstance(block, RichTable):
            out.append(block.html)
        elif block.html:
            out.append(f"<p>{block.html}</p>")
    out.append(_list(items))
    return "".join(out)


def plain_rich(block: Block) -> Rich:
    """A plain block as a rich one, without emphasis."""
    if isinstance(block, Paragraph):
        return RichParagraph(block.line, block.plain, escape(block.plain, quote=False), block.bold, block.style)
    rows = "".join(
        "<tr>" + "".join(f"<td>{escape(cell, quote=False)}</td>" for cell in row) + "</tr>" for row in block.rows
    )
    return RichTable(block, f"<table><tbody>{rows}</tbody></table>")


def pack_blocks(blocks: Sequence[Block]) -> bytes:
    """Blocks as JSON bytes; unpack_blocks gives them back."""
    kinds = [("p" if isinstance(block, Paragraph) else "g", asdict(block)) for block in blocks]
    return json.dumps(kinds, ensure_ascii=False).encode()


def unpack_blocks(data: bytes) -> list[Block]:
    """The blocks of pack_blocks."""
    return [Paragraph(**fields) if kind == "p" else _grid(fields) for kind, fields in json.loads(data)]


def pack_rich(blocks: Sequence[Rich]) -> bytes:
    """Rich blocks as JSON bytes; unpack_rich gives them back."""
    return json.dumps([asdict(block) for block in blocks], ensure_ascii=False).encode()


def unpack_rich(data: bytes) -> list[Rich]:
    """The rich blocks of pack_rich."""
    return [
        RichTable(_grid(item["grid"]), item["html"]) if "grid" in item else RichParagraph(**item)
        for item in json.loads(data)
    ]


def _grid(fields: dict[str, Any]) -> Grid:
    return Grid(fields["line"], tuple(tuple(row) for row in fields["rows"]), tuple(fields["lines"]))


def _list(items: Sequence[RichParagraph]) -> str:
    if not items:
        return ""
    out = ["<ul>"]
    inside = False
    for index, item in enumerate(items):
        deeper = item.depth > 0 and index > 0
        if deeper and not inside:
            out.append("<ul>")
        elif inside and not deeper:
            out.append("</li></ul></li>")
        elif index:
            out.append("</li>")
        inside = deeper
        out.append(f"<li>{item.html}")
    out.append("</li></ul></li></ul>" if inside else "</li></ul>")
    return "".join(out)
