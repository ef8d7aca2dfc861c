"""A checked Word package read in order: paragraphs of runs with style, level and printed number, and tables.

What may come in is decided in package.py; turning this into blocks or HTML is reader.py's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from tracker.core.errors import Invalid
from tracker.core.text import N_, nfc
from tracker.documents.model import Run, Runs
from tracker.documents.numbering import Numbering
from tracker.documents.package import Package, active_content, bad_package, too_big
from tracker.documents.rich import tidy

_WRAPPERS = frozenset(
    {"hyperlink", "smartTag", "ins", "moveTo", "sdt", "sdtContent", "fldSimple", "customXml", "bdo", "dir"}
)
_LEGACY_FONT = re.compile(r"^(\.vn|vni[- ])", re.IGNORECASE)
# Letters that Vietnamese in Unicode has among U+0080..U+00FF; any other there is a code of TCVN3 or VNI.
_UNICODE_LATIN1 = frozenset("àáâãèéêìíòóôõùúýÀÁÂÃÈÉÊÌÍÒÓÔÕÙÚÝ°±²³\u00a0")
_DDE = re.compile(r"^\s*DDE(AUTO)?\b", re.IGNORECASE)
_HEADING_NAME = re.compile(r"^heading ([1-9])$", re.IGNORECASE)
_MAX_DEPTH = 60
MAX_PARAGRAPHS = 100_000


@dataclass(frozen=True, slots=True)
class WordParagraph:
    """One paragraph. `marker`: its automatic number or bullet as printed; `level`: of a heading, from 1."""

    runs: Runs
    style: str | None = None
    level: int | None = None
    marker: str = ""
    list_depth: int = 0
    ordered: bool = False

    @property
    def text(self) -> str:
        """The text as printed, with its marker; newlines where lines are broken by hand."""
        body = "".join(run.text for run in self.runs)
        return f"{self.marker} {body}" if self.marker and body else body

    @property
    def bold(self) -> bool:
        """True if every letter is bold."""
        shown = [run for run in self.runs if run.text.strip()]
        return bool(shown) and all(run.bold for run in shown)


@dataclass(frozen=True, slots=True)
class WordCell:
    """A table cell with its paragraphs; `covered`: a merge from above hides it."""

    paragraphs: tuple[WordParagraph, ...]
    colspan: int = 1
    covered: bool = False


@dataclass(frozen=True, slots=True)
class WordTable:
    """A table, row by row, as the file has it."""

    rows: tuple[tuple[WordCell, ...], ...]


@dataclass(slots=True)
class _Style:
    name: str = ""
    based: str = ""
    face: dict[str, bool] = field(default_factory=dict)
    font: str = ""
    level: int | None = None
    list_id: str = ""
    depth: int = 0


def read_word(package: Package, name: str) -> list[WordParagraph | WordTable]:
    """Everything in the body, in order. Raises Invalid "legacy_font", "active_content" or "too_big_unpacked"."""
    return _Word(package, name).read()


class _Word:
    def __init__(self, package: Package, name: str) -> None:
        self.name = name
        self.root: Any = package.xml(package.main)
        space = str(self.root.tag).rpartition("}")[0]
        self.w = f"{space}}}"
        styles, numbering = package.related("styles"), package.related("numbering")
        self.styles: dict[str, _Style] = {}
        self.default = ""
        self.default_font = ""
        if styles is not None:
            self._read_styles(package.xml(styles))
        self.numbering = Numbering(package.xml(numbering) if numbering is not None else None, self.w)
        self.legacy = 0
        self.count = 0
        self.field = ""
        self.boxes: list[Any] = []

    def read(self) -> list[WordParagraph | WordTable]:
        body = self.root.find(f"{self.w}body")
        out = list(self._blocks(body, 0)) if body is not None else []
        if self.legacy:
            raise Invalid(
                "legacy_font",
                N_(
                    "Tệp «%(name)s» gõ bằng phông chữ cũ (TCVN3 .Vn… hoặc VNI). "
                    "Chuyển sang Unicode (Times New Roman) rồi tải lên."
                ),
                name=self.name,
            )
        return out

    # --- blocks ---

    def _blocks(self, node: Any, depth: int) -> Iterator[WordParagraph | WordTable]:
        for child in node:
            tag = self._tag(child)
            if tag == "p":
                yield from self._paragraphs(child, depth)
            elif tag == "tbl":
                yield self._table(child, depth)
            elif tag in _WRAPPERS:
                yield from self._blocks(child, self._deeper(depth))

    def _paragraphs(self, node: Any, depth: int) -> Iterator[WordParagraph]:
        """The paragraph, then those of the text boxes anchored in it."""
        self.count += 1
        if self.count > MAX_PARAGRAPHS:
            raise too_big(self.name)
        waiting, self.boxes = self.boxes, []
        yield self._paragraph(node)
        boxes, self.boxes = self.boxes, waiting
        for box in boxes:
            for block in self._blocks(box, self._deeper(depth)):
                if isinstance(block, WordParagraph):
                    yield block
                else:
                    for row in block.rows:
                        for cell in row:
                            yield from cell.paragraphs

    def _paragraph(self, node: Any) -> WordParagraph:
        w = self.w
        properties = node.find(f"{w}pPr")
        key = self._value(properties, "pStyle") or self.default
        style = self._style(key)
        level, list_id, depth = style.level, style.list_id, style.depth
        if properties is not None:
            outline = self._value(properties, "outlineLvl")
            if outline.isdecimal():
                level = int(outline) + 1 if int(outline) < 9 else None
            own = properties.find(f"{w}numPr")
            if own is not None:
                list_id = self._value(own, "numId") or list_id
                raw = self._value(own, "ilvl")
                depth = int(raw) if raw.isdecimal() and len(raw) == 1 else depth
        pieces: list[Run] = []
        self._inline(node, style, pieces, 0)
        runs = tidy(pieces)
        marker, form = "", ""
        if list_id not in {"", "0"} and runs:
            marker, form = self.numbering.marker(list_id, depth), self.numbering.form(list_id, depth)
        name = style.name if style.name.lower() != "normal" else ""
        named = f"Heading {level}" if level is not None else name or None
        return WordParagraph(runs, named, level, marker, depth, ordered=bool(marker) and form != "bullet")

    def _inline(self, node: Any, style: _Style, pieces: list[Run], depth: int) -> None:
        for child in node:
            tag = self._tag(child)
            if tag == "r":
                self._run(child, style, pieces)
            elif tag in _WRAPPERS:
                self._inline(child, style, pieces, self._deeper(depth))
            elif tag == "oMath" or tag == "oMathPara":
                pieces.append(Run(nfc("".join(text.text or "" for text in child.iter("{*}t")))))

    def _run(self, node: Any, style: _Style, pieces: list[Run]) -> None:
        properties = node.find(f"{self.w}rPr")
        own = self._value(properties, "rStyle")
        face = style.face | (self._style(own).face if own else {}) | self._face(properties)
        text = self._run_text(node)
        if not text or face.get("vanish"):
            return
        font = self._font(properties) or (self._style(own).font if own else "") or style.font or self.default_font
        if _LEGACY_FONT.match(font) and _is_legacy(text):
            self.legacy += 1
        raised = self._value(properties, "vertAlign")
        run = Run(
            nfc(text.upper() if face.get("caps") else text),
            bold=face.get("b", False),
            italic=face.get("i", False),
            underline=face.get("u", False),
            strike=face.get("strike", False),
            script="sub" if raised == "subscript" else "sup" if raised == "superscript" else "",
        )
        pieces.append(run)

    def _run_text(self, node: Any) -> str:
        out: list[str] = []
        for child in node:
            tag = self._tag(child)
            if tag == "t":
                out.append(str(child.text or ""))
            elif tag in {"tab", "ptab"}:
                out.append("\t")
            elif tag == "cr" or (tag == "br" and child.get(f"{self.w}type") in {None, "textWrapping"}):
                out.append("\n")
            elif tag == "noBreakHyphen":
                out.append("-")
            elif tag == "instrText":
                self.field += str(child.text or "")
                if _DDE.match(self.field):
                    raise active_content(self.name)
            elif tag == "fldChar":
                self.field = ""
            elif tag in {"drawing", "pict", "object", "AlternateContent"}:
                self._text_boxes(child)
        return "".join(out)

    def _text_boxes(self, node: Any) -> None:
        """Text boxes below a drawing; of two renderings of one box (choice and fallback) the first."""
        scope = node
        if self._tag(node) == "AlternateContent":
            scope = next((child for child in node if self._tag(child) == "Choice"), node)
        for box in scope.iter(f"{self.w}txbxContent"):
            outer = (above for above in box.iterancestors() if above is scope or above.tag == box.tag)
            if next(outer, scope) is scope:
                self.boxes.append(box)

    # --- tables ---

    def _table(self, node: Any, depth: int) -> WordTable:
        w = self.w
        rows: list[tuple[WordCell, ...]] = []
        for row in self._members(node, "tr"):
            before = self._value(row.find(f"{w}trPr"), "gridBefore")
            cells: list[WordCell] = [WordCell(())] * min(
                int(before) if before.isdecimal() and len(before) < 3 else 0, 200
            )
            for cell in self._members(row, "tc"):
                properties = cell.find(f"{w}tcPr")
                raw = self._value(properties, "gridSpan")
                span = min(int(raw), 200) if raw.isdecimal() and len(raw) < 4 and int(raw) else 1
                merge = properties.find(f"{w}vMerge") if properties is not None else None
                covered = merge is not None and merge.get(f"{w}val", "continue") != "restart"
                paragraphs: list[WordParagraph] = []
                for block in self._blocks(cell, self._deeper(depth)):
                    if isinstance(block, WordParagraph):
                        paragraphs.append(block)
                    else:
                        paragraphs.extend(part for line in block.rows for inner in line for part in inner.paragraphs)
                shown = tuple(paragraph for paragraph in paragraphs if paragraph.runs)
                cells.append(WordCell(shown, span, covered))
            if cells:
                rows.append(tuple(cells))
        return WordTable(tuple(rows))

    def _members(self, node: Any, wanted: str, depth: int = 0) -> Iterator[Any]:
        """Rows of a table or cells of a row, through content controls and tracked insertions."""
        for child in node:
            tag = self._tag(child)
            if tag == wanted:
                if wanted == "tr" and child.find(f"{self.w}trPr/{self.w}del") is not None:
                    continue
                yield child
            elif tag in _WRAPPERS:
                yield from self._members(child, wanted, self._deeper(depth))

    # --- styles ---

    def _read_styles(self, root: Any) -> None:
        w = self.w
        fonts = root.find(f"{w}docDefaults/{w}rPrDefault/{w}rPr")
        self.default_font = self._font(fonts)
        for node in root.iter(f"{w}style"):
            key = str(node.get(f"{w}styleId", ""))
            properties = node.find(f"{w}pPr")
            made = _Style(self._value(node, "name"), self._value(node, "basedOn"))
            made.face = self._face(node.find(f"{w}rPr"))
            made.font = self._font(node.find(f"{w}rPr"))
            outline = self._value(properties, "outlineLvl")
            named = _HEADING_NAME.match(made.name)
            if named:
                made.level = int(named.group(1))
            elif outline.isdecimal() and int(outline) < 9:
                made.level = int(outline) + 1
            if properties is not None and (numbered := properties.find(f"{w}numPr")) is not None:
                made.list_id = self._value(numbered, "numId")
                raw = self._value(numbered, "ilvl")
                made.depth = int(raw) if raw.isdecimal() and len(raw) == 1 else 0
            self.styles[key] = made
            if node.get(f"{w}type") == "paragraph" and node.get(f"{w}default") in {"1", "true", "on"}:
                self.default = key
        resolved = {key: self._resolved(key) for key in self.styles}
        self.styles = resolved

    def _resolved(self, key: str) -> _Style:
        """The style with all it takes from those it is based on; a circle ends at its first repeat."""
        chain: list[_Style] = []
        seen: set[str] = set()
        while key in self.styles and key not in seen:
            seen.add(key)
            chain.append(self.styles[key])
            key = self.styles[key].based
        if not chain:
            return _Style()
        out = replace(chain[0], face={})
        for style in reversed(chain):
            out.face |= style.face
            out.font = style.font or out.font
            out.level = style.level if style.level is not None else out.level
            if style.list_id:
                out.list_id, out.depth = style.list_id, style.depth
        return out

    def _style(self, key: str) -> _Style:
        return self.styles.get(key) or _Style()

    def _face(self, properties: Any) -> dict[str, bool]:
        face: dict[str, bool] = {}
        if properties is None:
            return face
        for name in ("b", "i", "caps", "strike", "vanish"):
            node = properties.find(f"{self.w}{name}")
            if node is not None:
                face[name] = node.get(f"{self.w}val") not in {"0", "false", "off"}
        under = properties.find(f"{self.w}u")
        if under is not None:
            face["u"] = under.get(f"{self.w}val") not in {None, "none"}
        return face

    def _font(self, properties: Any) -> str:
        fonts = properties.find(f"{self.w}rFonts") if properties is not None else None
        if fonts is None:
            return ""
        named = [str(fonts.get(f"{self.w}{slot}", "")) for slot in ("ascii", "hAnsi", "cs")]
        return next((font for font in named if _LEGACY_FONT.match(font)), named[0] or named[1])

    def _deeper(self, depth: int) -> int:
        """One level down; nobody nests content controls or tables this deep, and no text is dropped in silence."""
        if depth >= _MAX_DEPTH:
            raise bad_package(self.name)
        return depth + 1

    def _value(self, parent: Any, name: str) -> str:
        node = parent.find(f"{self.w}{name}") if parent is not None else None
        return str(node.get(f"{self.w}val", "")) if node is not None else ""

    def _tag(self, node: Any) -> str:
        return node.tag.rpartition("}")[2] if isinstance(node.tag, str) else ""


def _is_legacy(text: str) -> bool:
    """True if text in a legacy font holds codes of TCVN3 or VNI; plain ASCII and real Unicode are harmless."""
    return any("\x80" <= char <= "\xff" and char not in _UNICODE_LATIN1 for char in text)
