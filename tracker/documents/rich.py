"""Sanitised rich text as a document's body: paragraphs, lists, tables and headings of runs.

Cleaning untrusted HTML is not done here: what comes in was cleaned when it was saved.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from tracker.core.text import nfc
from tracker.documents.model import BodyBlock, Heading, ListItem, ListItems, Para, Run, Runs, TableBlock, TableCell

if TYPE_CHECKING:
    from lxml.etree import _Element

# Letters of points in Vietnamese official documents: a, b, c, d, đ, e, g … (no f, j, w, z)
POINT_LETTERS = "abcdđeghiklmnopqrstuvxy"
_SPACE = re.compile(r"[ \t\r\n\f\v]+")
_INLINE = {
    "strong": "bold", "b": "bold", "em": "italic", "i": "italic", "u": "underline", "ins": "underline",
    "s": "strike", "del": "strike", "strike": "strike", "sub": "sub", "sup": "sup",
}  # fmt: skip
_HEADINGS = {"h1": 0, "h2": 0, "h3": 1, "h4": 2, "h5": 3, "h6": 3}
_CONTAINERS = frozenset({"div", "section", "article", "body", "html", "main"})
_SKIPPED = frozenset({"script", "style", "head", "template"})
_MAX_SPAN = 50
_MAX_DEPTH = 100


def html_to_body(html: str, *, heading_base: int = 4) -> list[BodyBlock]:
    """Blocks of sanitised HTML, in order; empty paragraphs are dropped, all other text is kept.

    h2 becomes a heading of level `heading_base`, h3 one below, h4 two below. A newline made by <br>
    stays inside its paragraph. Items of a list carry the markers offices print: "-" and "+" by depth,
    "a)", "b)" … "đ)" in ordered lists.
    """
    from lxml import html as parser

    if not html.strip():
        return []
    # Without huge_tree libxml2 drops what is nested deeper than 256: text would be lost.
    root = parser.fragment_fromstring(nfc(html), create_parent="div", parser=parser.HTMLParser(huge_tree=True))
    reader = _Reader(heading_base)
    reader.container(root, 0)
    return reader.blocks


def point_marker(index: int) -> str:
    """`a)` for 0, `đ)` for 4; after the last letter `a1)`, `b1)` …"""
    round_, at = divmod(index, len(POINT_LETTERS))
    return f"{POINT_LETTERS[at]}{round_ or ''})"


class _Reader:
    def __init__(self, heading_base: int) -> None:
        self.heading_base = heading_base
        self.blocks: list[BodyBlock] = []
        self.open: list[Run] = []

    def container(self, node: _Element, depth: int, *, quote: bool = False) -> None:
        """Read block children; loose text between them becomes paragraphs of its own."""
        self._text(node.text, Run(""))
        for child in node:
            if isinstance(child.tag, str):
                self._child(child, depth + 1, quote)
            self._text(child.tail, Run(""))
        self._close(quote)

    def _child(self, child: _Element, depth: int, quote: bool) -> None:
        tag = child.tag
        if tag in _SKIPPED:
            return
        if depth > _MAX_DEPTH:
            self._text("".join(child.itertext()), Run(""))
        elif tag in {"ul", "ol"}:
            self._close(quote)
            items: list[ListItem] = []
            self._list(child, 0, items)
            if items:
                self.blocks.append(ListItems(tuple(items)))
        elif tag == "table":
            self._close(quote)
            self._table(child)
        elif tag in _HEADINGS:
            self._close(quote)
            text = "".join(run.text for run in inline(child)).replace("\n", " ").strip()
            if text:
                self.blocks.append(Heading(self.heading_base + _HEADINGS[tag], text))
        elif tag == "p":
            self._close(quote)
            self.open.extend(_inline(child, Run(""), depth))
            self._close(quote)
        elif tag == "blockquote":
            self._close(quote)
            self.container(child, depth, quote=True)
        elif tag in _CONTAINERS or any(grand.tag in {"p", "ul", "ol", "table", "div"} for grand in child):
            self._close(quote)
            self.container(child, depth, quote=quote)
        else:
            self.open.extend(_inline_node(child, Run(""), depth))

    def _text(self, text: str | None, face: Run) -> None:
        if text:
            self.open.append(replace(face, text=_SPACE.sub(" ", text)))

    def _close(self, quote: bool) -> None:
        runs = tidy(self.open)
        self.open = []
        if runs:
            self.blocks.append(Para(runs, quote=quote))

    def _list(self, node: _Element, depth: int, items: list[ListItem]) -> None:
        ordered = node.tag == "ol"
        index = 0
        for child in node:
            if child.tag in {"ul", "ol"}:
                self._list(child, depth + 1, items)
            elif child.tag == "li":
                marker = point_marker(index) if ordered else "-" if depth == 0 else "+"
                index += 1
                self._item(child, marker, depth, items)

    def _item(self, node: _Element, marker: str, depth: int, items: list[ListItem]) -> None:
        loose: list[Run] = [Run(_SPACE.sub(" ", node.text))] if node.text else []
        first = True

        def flush() -> None:
            nonlocal first
            runs = tidy(loose)
            loose.clear()
            if runs:
                items.append(ListItem(marker if first else "", runs, depth))
                first = False

        for child in node:
            if child.tag in {"ul", "ol"} and depth < _MAX_DEPTH:
                flush()
                self._list(child, depth + 1, items)
            elif child.tag in {"p", "div", "blockquote"}:
                flush()
                loose.extend(_inline(child, Run(""), depth))
                flush()
            elif isinstance(child.tag, str) and child.tag not in _SKIPPED:
                loose.extend(_inline_node(child, Run(""), depth))
            if child.tail:
                loose.append(Run(_SPACE.sub(" ", child.tail)))
        flush()

    def _table(self, node: _Element) -> None:
        rows: list[tuple[TableCell, ...]] = []
        header_rows = 0
        for row in node.iter("tr"):
            if next(row.iterancestors("table")) is not node:
                continue
            cells = [cell for cell in row if cell.tag in {"td", "th"}]
            if not cells:
                continue
            head = all(cell.tag == "th" for cell in cells)
            if head and header_rows == len(rows):
                header_rows += 1
            rows.append(
                tuple(
                    TableCell(
                        inline(cell),
                        _span(cell.get("colspan")),
                        _span(cell.get("rowspan")),
                        bold=cell.tag == "th",
                        align="center" if cell.tag == "th" else "left",
                    )
                    for cell in cells
                )
            )
        if rows:
            self.blocks.append(squared(rows, header_rows))


def inline(node: _Element) -> Runs:
    """All the text inside an element as runs; block children are separated by newlines."""
    return tidy(_inline(node, Run(""), 0))


def squared(rows: list[tuple[TableCell, ...]], header_rows: int = 0) -> TableBlock:
    """A table whose rows all have the same width: spans are cut at the edges, short rows filled up."""
    taken: set[tuple[int, int]] = set()
    placed: list[list[tuple[int, TableCell]]] = []
    width = 0
    for at, row in enumerate(rows):
        column = 0
        line: list[tuple[int, TableCell]] = []
        for cell in row:
            while (at, column) in taken:
                column += 1
            colspan = 1
            while colspan < cell.colspan and (at, column + colspan) not in taken:
                colspan += 1
            rowspan = min(cell.rowspan, len(rows) - at)
            taken.update((at + down, column + right) for down in range(rowspan) for right in range(colspan))
            line.append((column, replace(cell, colspan=colspan, rowspan=rowspan)))
            column += colspan
            width = max(width, column)
        placed.append(line)
    full: list[tuple[TableCell, ...]] = []
    for at, line in enumerate(placed):
        for column in range(width):
            if (at, column) not in taken:
                line.append((column, TableCell(())))
        full.append(tuple(cell for _, cell in sorted(line, key=lambda pair: pair[0])))
    return TableBlock(tuple(full), min(header_rows, len(full)), (0.0,) * width)


def tidy(runs: list[Run]) -> Runs:
    """Runs without empty ones, neighbours of one face joined, spaces single and none at the ends of lines."""
    joined: list[Run] = []
    for run in runs:
        text = run.text
        if joined and text[:1] == " " and joined[-1].text[-1:] in {" ", "\n"}:
            text = text[1:]
        if not text:
            continue
        if text[0] == "\n" and joined and joined[-1].text[-1:] == " ":
            joined[-1] = replace(joined[-1], text=joined[-1].text[:-1])
            if not joined[-1].text:
                joined.pop()
        if joined and replace(joined[-1], text="") == replace(run, text=""):
            joined[-1] = replace(joined[-1], text=joined[-1].text + text)
        else:
            joined.append(replace(run, text=text))
    while joined and not joined[0].text.lstrip(" \n"):
        joined.pop(0)
    while joined and not joined[-1].text.rstrip(" \n"):
        joined.pop()
    if joined:
        joined[0] = replace(joined[0], text=joined[0].text.lstrip(" \n"))
        joined[-1] = replace(joined[-1], text=joined[-1].text.rstrip(" \n"))
    return tuple(joined)


def _inline(node: _Element, face: Run, depth: int) -> list[Run]:
    runs: list[Run] = []
    if node.text:
        runs.append(replace(face, text=_SPACE.sub(" ", node.text)))
    for child in node:
        if isinstance(child.tag, str) and child.tag not in _SKIPPED:
            runs.extend(_inline_node(child, face, depth + 1))
        if child.tail:
            runs.append(replace(face, text=_SPACE.sub(" ", child.tail)))
    return runs


def _inline_node(child: _Element, face: Run, depth: int) -> list[Run]:
    tag = child.tag
    if depth > _MAX_DEPTH:
        return [replace(face, text=_SPACE.sub(" ", "".join(child.itertext())))]
    if tag == "br":
        return [replace(face, text="\n")]
    name = _INLINE.get(tag)
    if name in {"sub", "sup"}:
        face = replace(face, script="sub" if name == "sub" else "sup")
    elif name == "bold":
        face = replace(face, bold=True)
    elif name == "italic":
        face = replace(face, italic=True)
    elif name == "underline":
        face = replace(face, underline=True)
    elif name == "strike":
        face = replace(face, strike=True)
    runs = _inline(child, face, depth)
    if tag in {"p", "div", "li", "tr", "blockquote"}:
        return [replace(face, text="\n"), *runs, replace(face, text="\n")]
    return runs


def _span(raw: str | None) -> int:
    return min(max(int(raw), 1), _MAX_SPAN) if raw and raw.isdecimal() and len(raw) < 4 else 1
