"""A plan as passages: sentences that a page break cut in two are joined, layout tables taken apart, parts told apart.

What the parts mean is read elsewhere (head.py, body.py, outline.py, tables.py).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from tracker.core.text import fold
from tracker.documents.blocks import Block, Grid, Paragraph, plain
from tracker.plans.spec import Source

_LAYOUT = re.compile(
    r"^s[oố]\s*[:.]?\s*\d+|ngay \d{1,2} thang \d{1,2} nam \d{4}|^noi nhan|^dang cong san|^cong hoa xa hoi|"
    r"^(?:t/m|tm\.|k/t|kt\.|t/l|tl\.)"
)
_MARKED = re.compile(r"^(?:[-–—+•*]|\(|[a-zđ][).]\s|[ivx]+[).]\s|\d)")
_PAGE_NUMBER = re.compile(r"^(?:\d{1,3}|[-–]\s*\d{1,3}\s*[-–]|trang \d{1,3}(?:/\d{1,3})?)$", re.IGNORECASE)
_OUTLINE = re.compile(r"^de cuong\b")
_APPENDIX = re.compile(
    r"^(?:phụ lục|phụ biểu|biểu mẫu|mẫu biểu|biểu|bảng|mẫu)(?:\s+số)?\s*:?\s*(\d{1,2}|[IVX]{1,5})?"
    r"\s*(?:[:.–-]\s*(.*))?$",
    re.IGNORECASE,
)
_ENCLOSED = re.compile(r"^\(?\s*(?:ban hành\s+)?kèm theo\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Passage:
    """A paragraph as it is read: `text` without marks, joined from one or more source lines."""

    text: str
    pieces: tuple[Paragraph, ...]

    @property
    def line(self) -> int:
        """The source line on which it begins."""
        return self.pieces[0].line

    @property
    def bold(self) -> bool:
        """True if it was set in bold from end to end."""
        return all(piece.bold for piece in self.pieces)

    @property
    def folded(self) -> str:
        """The text for matching."""
        return fold(self.text)

    def source(self, fragment: str = "") -> Source:
        """The line and the piece of it that holds `fragment`; the whole first line if none does."""
        words = fragment.split()
        if words:
            pattern = re.compile(r"[\s*]+".join(re.escape(word) for word in words))
            for piece in self.pieces:
                found = pattern.search(piece.text)
                if found:
                    return Source(piece.line, found.group())
        return Source(self.line, self.pieces[0].text)


@dataclass(slots=True)
class Appendix:
    """One appendix: its heading, what stands before and after its grids, and the grids."""

    number: str | None
    heading: Passage | None
    before: list[Passage] = field(default_factory=list)
    grids: list[Grid] = field(default_factory=list)
    after: list[Passage] = field(default_factory=list)


@dataclass(slots=True)
class Parts:
    """The parts of a plan: text up to "Nơi nhận", the foot from there on, the outline, the appendices."""

    body: list[Passage] = field(default_factory=list)
    foot: list[Passage] = field(default_factory=list)
    outline: list[Passage] = field(default_factory=list)
    appendices: list[Appendix] = field(default_factory=list)
    breaks: list[Passage] = field(default_factory=list)

    def everything(self) -> list[Passage]:
        """Every passage, in the order of the document."""
        found = [*self.body, *self.foot, *self.outline]
        for appendix in self.appendices:
            found += [appendix.heading] if appendix.heading else []
            found += [*appendix.before, *appendix.after]
        return found


def is_enclosed_line(passage: Passage) -> bool:
    """True for '(kèm theo Kế hoạch số …)' under a heading: boilerplate, not content."""
    return bool(_ENCLOSED.match(passage.text))


def divide(blocks: Sequence[Block]) -> Parts:
    """The parts of a plan.

    1. layout tables become paragraphs, 2. broken sentences are joined, 3. each passage goes to its part.
    """
    parts = Parts()
    where = "body"
    for item in _join(_flatten(blocks), parts):
        if isinstance(item, Grid):
            _place_grid(item, parts, where)
            continue
        folded = item.folded
        heading = _APPENDIX.match(item.text) if len(item.text) < 400 and _heads(item) else None
        if _OUTLINE.match(folded) and len(folded.split()) <= 12:
            # An appendix may hold the outline: "Phụ lục I" over "ĐỀ CƯƠNG BÁO CÁO".
            if parts.appendices and not parts.appendices[-1].grids and not parts.outline:
                parts.appendices.pop()
            where = "outline"
            parts.outline.append(item)
        elif heading and (where != "body" or item.text.isupper() or not heading.group(2)):
            parts.appendices.append(Appendix(_number(heading.group(1)), item))
            if heading.group(2):
                parts.appendices[-1].before.append(_rest(item, heading.group(2)))
            where = "appendix"
        elif where in ("body", "foot") and folded.startswith("noi nhan"):
            where = "foot"
            parts.foot.append(item)
        elif where == "appendix":
            last = parts.appendices[-1]
            (last.after if last.grids else last.before).append(item)
        else:
            {"body": parts.body, "foot": parts.foot, "outline": parts.outline}[where].append(item)
    return parts


def _heads(item: Passage) -> bool:
    """True if what follows "Phụ lục 1" is a title or nothing, not the rest of a sentence."""
    return bool(re.match(r"^[^.,;]{0,24}(?:[:.–-]|$)", item.text)) or item.text.isupper()


def _number(raw: str | None) -> str | None:
    return str(int(raw)) if raw and raw.isdigit() else raw


def _rest(item: Passage, text: str) -> Passage:
    return Passage(text.strip(), item.pieces)


def _place_grid(grid: Grid, parts: Parts, where: str) -> None:
    if where == "appendix":
        parts.appendices[-1].grids.append(grid)
    elif where == "outline":
        parts.appendices.append(Appendix(None, None, grids=[grid]))
    # A grid in the body is a schedule or a list, not a table to fill in.


def _flatten(blocks: Sequence[Block]) -> list[Paragraph | Grid]:
    flat: list[Paragraph | Grid] = []
    for block in blocks:
        if isinstance(block, Grid) and not _is_layout(block):
            flat.append(block)
        elif isinstance(block, Grid):
            flat += _cells_of(block)
        else:
            flat.append(block)
    return flat


def _is_layout(grid: Grid) -> bool:
    """True for a table that only places text: the head and the signature block of a Word document."""
    cells = [fold(line) for row in grid.rows for cell in row for line in cell.split("\n")]
    return len(grid.rows) < 2 or grid.width < 2 or any(_LAYOUT.search(cell) for cell in cells)


def _cells_of(grid: Grid) -> list[Paragraph]:
    """The cells column by column, as a reader's eye goes over a two-column head."""
    found: list[Paragraph] = []
    for column in range(grid.width):
        for row, line in zip(grid.rows, grid.lines, strict=True):
            cell = row[column] if column < len(row) else ""
            if column and cell == row[column - 1]:
                continue  # one merged cell given twice
            found += [Paragraph(line, text.strip()) for text in cell.split("\n") if text.strip()]
    return found


def _join(flat: Sequence[Paragraph | Grid], parts: Parts) -> list[Passage | Grid]:
    """Passages: a paragraph that begins in lower case goes on with the one before, if that was left open."""
    joined: list[Passage | Grid] = []
    for item in flat:
        if isinstance(item, Grid):
            joined.append(item)
            continue
        text = plain(item.text)
        if not text or _PAGE_NUMBER.match(text):
            continue
        before = joined[-1] if joined else None
        if isinstance(before, Passage) and _goes_on(before.text, text):
            whole = Passage(f"{before.text} {text}", (*before.pieces, item))
            joined[-1] = whole
            parts.breaks = [known for known in parts.breaks if known is not before] + [whole]
        else:
            joined.append(Passage(text, (item,)))
    return joined


def _goes_on(before: str, text: str) -> bool:
    return text[0].islower() and not _MARKED.match(text) and before[-1] not in ".!?:" and len(before) > 3
