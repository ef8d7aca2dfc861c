"""A PDF's text layer as blocks: lines put together into paragraphs by their geometry, ruled tables as grids.

For the child process only; scans without text are refused, nothing is recognised from pictures.
"""

from __future__ import annotations

import io
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from tracker.core.errors import Invalid
from tracker.core.text import N_, one_line
from tracker.documents.blocks import Block, Grid, Paragraph
from tracker.documents.pdfcells import CellLine, cell_grid, cell_text, joined_grid
from tracker.documents.richblocks import RULE

MAX_PAGES = 400
_BULLET = re.compile(r"^(?:[-–—+•*]|[a-zđ][).]|\d{1,3}[.)/-]|[IVXL]{1,6}[.)/-])(?:\s|$)")
_ALWAYS = 1e6
_WIDE_GAP = 2.0  # of the type size: two columns side by side, no space between words


@dataclass(slots=True)
class _Line:
    """One line of text and its box in points from the top left corner."""

    text: str
    x0: float
    x1: float
    top: float
    bottom: float
    size: float
    bold: bool
    first_word: float  # width of its first word
    column: int = 0  # 1 or 2 where text stands side by side


@dataclass(frozen=True, slots=True)
class _Frame:
    """Edges of the running text, usual line pitch, and where first lines begin (0: nowhere), in points."""

    left: float
    right: float
    pitch: float
    indent: float


@dataclass(slots=True)
class _Table:
    rows: list[list[str]]
    top: float
    at_top: bool
    at_bottom: bool


def blocks_from_pdf(data: bytes, name: str) -> list[Block]:
    """Blocks of a PDF; line numbers count lines of text and table rows through the file.

    Raises Invalid "encrypted", "active_content", "too_many_pages", "scanned" or "unreadable".
    """
    import pdfplumber
    from pdfminer.pdfdocument import PDFPasswordIncorrect
    from pdfminer.pdfexceptions import PDFException
    from pdfplumber.utils.exceptions import PdfminerException

    reader = _Reader()
    try:
        with pdfplumber.open(io.BytesIO(data)) as pdf:
            _refuse_active(pdf.doc, name)
            if len(pdf.pages) > MAX_PAGES:
                raise Invalid(
                    "too_many_pages",
                    N_("Tệp «%(name)s» dài hơn %(limit)s trang. Chia thành nhiều tệp rồi tải lên."),
                    name=name,
                    limit=MAX_PAGES,
                )
            for number, page in enumerate(pdf.pages, 1):
                reader.page(page, number)
                page.close()
    except PdfminerException as error:
        cause = error.args[0] if error.args else None
        if isinstance(cause, PDFPasswordIncorrect):
            raise _encrypted(name) from error
        if isinstance(cause, MemoryError | RecursionError):
            raise cause from error
        raise _unreadable(name) from error
    except (PDFException, ValueError, KeyError, TypeError, IndexError, AttributeError, OverflowError) as error:
        raise _unreadable(name) from error
    if not reader.blocks:
        raise Invalid(
            "scanned",
            N_(
                "Tệp «%(name)s» chỉ có ảnh chụp trang giấy, không có chữ để đọc. "
                "Gõ lại hoặc dùng phần mềm nhận dạng chữ (OCR), rồi tải tệp .docx lên."
            ),
            name=name,
        )
    return reader.blocks


def _refuse_active(document: Any, name: str) -> None:
    """A PDF with scripts, programs to start or files inside is no report."""
    from pdfminer.pdftypes import resolve1

    catalog = resolve1(document.catalog)
    names = resolve1(catalog.get("Names")) or {}
    action = resolve1(catalog.get("OpenAction"))
    kind = str(getattr(resolve1(action.get("S")), "name", "")) if isinstance(action, dict) else ""
    scripted = isinstance(names, dict) and ("JavaScript" in names or "EmbeddedFiles" in names)
    if scripted or "AA" in catalog or kind in {"JavaScript", "Launch", "SubmitForm", "ImportData"}:
        raise Invalid(
            "active_content",
            N_(
                "Tệp «%(name)s» chứa macro, tệp nhúng hoặc trường tự chạy. "
                "Lưu lại dạng .docx, .xlsx không có các phần đó rồi tải lên."
            ),
            name=name,
        )


class _Reader:
    """Collects pages, then puts lines together into paragraphs."""

    def __init__(self) -> None:
        self.pages: list[tuple[float, list[_Line | _Table]]] = []

    def page(self, page: Any, number: int) -> None:
        """Lines and tables of one page, from top to bottom."""
        found = [table for table in page.find_tables() if len(table.rows) > 1 and len(table.columns) > 1]
        height, width = float(page.height), float(page.width)
        words = page.extract_words(x_tolerance_ratio=0.18, extra_attrs=["fontname", "size"])
        boxes = [table.bbox for table in found]
        inside = [[word for word in words if _inside(word, box)] for box in boxes]
        words = [word for word in words if not any(_inside(word, box) for box in boxes)]
        lines = [line for line in _lines(words) if not _is_page_number(line, height) and not RULE.match(line.text)]
        items: list[_Line | _Table] = []
        items.extend(_in_reading_order(lines))
        for table, own in zip(found, inside, strict=True):
            rows = _cells(table, own)
            top, bottom = float(table.bbox[1]), float(table.bbox[3])
            above = any(line.top < top for line in lines) or any(float(box[1]) < top for box in boxes)
            below = any(line.top > bottom for line in lines) or any(float(box[1]) > bottom for box in boxes)
            made = _Table(rows, top, at_top=not above and number > 1, at_bottom=not below)
            at = next((index for index, item in enumerate(items) if item.top > top), len(items))
            items.insert(at, made)
        self.pages.append((width, items))

    @property
    def blocks(self) -> list[Block]:
        edges = self._edges()
        out: list[Block] = []
        open_lines: list[_Line] = []
        count = 0
        begun = 0
        last: _Table | None = None

        def close() -> None:
            if open_lines:
                text = one_line(" ".join(line.text for line in open_lines))
                out.append(Paragraph(begun, text, all(line.bold for line in open_lines)))
                open_lines.clear()

        for width, items in self.pages:
            frame = edges[width]
            for index, item in enumerate(items):
                if isinstance(item, _Table):
                    close()
                    grid = out[-1] if out and isinstance(out[-1], Grid) else None
                    joined = (
                        joined_grid(grid, item.rows, count + 1)
                        if last is not None and last.at_bottom and item.at_top
                        else None
                    )
                    if joined is not None:
                        out[-1] = joined
                    else:
                        out.append(cell_grid(item.rows, count + 1))
                    count += len(item.rows)
                    last = item
                    continue
                count += 1
                last = None
                new_page = index == 0
                if open_lines and not _goes_on(open_lines, item, frame, new_page=new_page):
                    close()
                if not open_lines:
                    begun = count
                open_lines.append(item)
        close()
        return out

    def _edges(self) -> dict[float, _Frame]:
        """The frame of the running text for each page width."""
        edges: dict[float, _Frame] = {}
        for width in {width for width, _ in self.pages}:
            pages = [[item for item in items if isinstance(item, _Line)] for each, items in self.pages if each == width]
            lines = [line for page in pages for line in page]
            if not lines:
                edges[width] = _Frame(0.0, width, 0.0, 0.0)
                continue
            left, right = _margins(lines, width)
            steps = sorted(
                below.top - above.top
                for page in pages
                for above, below in pairwise(page)
                if abs(above.size - below.size) < 0.7 and 0 < below.top - above.top < 4 * above.size
            )
            indents = Counter(round(line.x0) for line in lines if line.x0 > left + 6).most_common(1)
            indent = float(indents[0][0]) if indents and indents[0][1] > 2 else 0.0
            edges[width] = _Frame(left, right, steps[len(steps) // 4] if steps else 0.0, indent)
        return edges


def _margins(lines: Sequence[_Line], width: float) -> tuple[float, float]:
    """Left and right edge of the running text: what most long lines keep to, tables without rules aside."""
    long = sorted((line.x0, line.x1) for line in lines if line.x1 - line.x0 > 0.45 * width)
    if len(long) < 3:
        left = min(line.x0 for line in lines)
        return left, max(max(line.x1 for line in lines), width - left - 5)
    left = long[len(long) // 20][0]
    rights = sorted(x1 for _, x1 in long)
    return left, rights[(len(rights) * 19) // 20]


def _goes_on(paragraph: Sequence[_Line], line: _Line, frame: _Frame, *, new_page: bool) -> bool:
    """True if `line` continues the paragraph: the line before had no room for its first word, and nothing else speaks
    against it (a change of type, a wider gap, an indent, a bullet)."""
    first, before = paragraph[0], paragraph[-1]
    left, right, pitch = frame.left, frame.right, frame.pitch
    starts_small = line.text[:1].islower()
    if abs(before.size - line.size) > 0.7 or before.column != line.column:
        return False
    if before.column:
        return starts_small and not _BULLET.match(line.text)
    if before.bold != line.bold and not starts_small:
        return False
    if not new_page and pitch and line.top - before.top > 1.2 * pitch:
        return False
    centred = _centred(before, frame)
    if centred != _centred(line, frame) and not starts_small:
        return False
    taken = before.x1 - before.x0 if centred else before.x1 - left
    # A line that begins small goes on with a sentence: then the line before may fall a little short.
    slack = 0.25 * (right - left) if starts_small else 0.25 * line.size + 1
    if right - left - taken > line.first_word + slack:
        return False
    if centred:
        return True
    ended = before.text.endswith((".", ";", ":", "!", "?", "…", "/."))
    indented = line.x0 > left + 6
    if _BULLET.match(line.text) and (indented or ended):
        return False
    if indented:
        return bool(_BULLET.match(first.text)) and line.x0 > first.x0 + 3
    return starts_small or not (new_page and ended)


def _lines(words: Sequence[dict[str, Any]], gap: float = _WIDE_GAP) -> list[_Line]:
    """Words put together into lines, lines cut where a gap of `gap` type sizes parts two columns."""
    rows: list[list[dict[str, Any]]] = []
    for word in sorted(words, key=lambda each: (each["top"] + each["bottom"]) / 2):
        middle = (word["top"] + word["bottom"]) / 2
        if rows and rows[-1][0]["top"] <= middle <= rows[-1][0]["bottom"]:
            rows[-1].append(word)
        else:
            rows.append([word])
    lines: list[_Line] = []
    for row in rows:
        row.sort(key=lambda each: each["x0"])
        piece = [row[0]]
        for word in row[1:]:
            if word["x0"] - piece[-1]["x1"] > gap * word["size"]:
                lines.append(_line(piece))
                piece = []
            piece.append(word)
        lines.append(_line(piece))
    return lines


def _line(words: Sequence[dict[str, Any]]) -> _Line:
    text = words[0]["text"]
    first = words[0]["x1"]
    for before, word in pairwise(words):
        apart = word["x0"] - before["x1"] > 0.1 * word["size"]
        if not apart and " " not in text:
            first = word["x1"]
        text += (" " if apart else "") + word["text"]
    return _Line(
        one_line(text),
        float(words[0]["x0"]),
        float(words[-1]["x1"]),
        min(float(word["top"]) for word in words),
        max(float(word["bottom"]) for word in words),
        max(float(word["size"]) for word in words),
        all("bold" in str(word["fontname"]).lower() for word in words),
        float(first - words[0]["x0"]),
    )


def _in_reading_order(lines: list[_Line]) -> list[_Line]:
    """Where lines stand side by side (the head, the signature) the left column is read before the right one."""
    out: list[_Line] = []
    at = 0
    while at < len(lines):
        end, split = _region(lines, at)
        if end == at:
            out.append(lines[at])
            at += 1
            continue
        for line in lines[at:end]:
            line.column = 1 if line.x0 < split else 2
        out.extend(line for line in lines[at:end] if line.column == 1)
        out.extend(line for line in lines[at:end] if line.column == 2)
        at = end
    return out


def _region(lines: list[_Line], start: int) -> tuple[int, float]:
    """(end, middle of the gap) of the two columns that begin at `start`; end is `start` if there are none."""
    if start + 1 >= len(lines) or not _beside(lines[start], lines[start + 1]):
        return start, 0.0
    low, high = lines[start].x1, lines[start + 1].x0
    end = at = start + 2
    while at < len(lines):
        line = lines[at]
        gap = line.top - max(each.bottom for each in lines[max(start, at - 2) : at])
        if gap > 6 * line.size or line.x0 < low < high < line.x1:
            break
        if line.x0 >= low:
            high = min(high, line.x0)
            end = at + 1
        elif line.x1 <= high:
            low = max(low, line.x1)
            small = line.size < lines[start].size + 0.7 and gap < 0.8 * line.size
            if end == at and small and line.text.startswith(("-", "+")):
                end = at + 1
        else:
            break
        at += 1
    return end, (low + high) / 2


def _beside(left: _Line, right: _Line) -> bool:
    return left.x1 < right.x0 and abs((left.top + left.bottom) - (right.top + right.bottom)) < left.size


def _cells(table: Any, words: Sequence[dict[str, Any]]) -> list[list[str]]:
    """The texts of a ruled table; where a merge covers a cell, none."""
    places = [
        (cell, [word for word in words if _inside(word, cell)]) for row in table.rows for cell in row.cells if cell
    ]
    # Text keeps away from the left rule by the cell's padding; a tenth may stand out, as a line that overflows does.
    gaps = sorted(min(word["x0"] for word in held) - cell[0] for cell, held in places if held)
    padding = max(gaps[len(gaps) // 10], 0.0) if gaps else 0.0
    texts = {
        tuple(cell): cell_text(
            [CellLine(line.text, line.x1 - line.x0) for line in _lines(held, _ALWAYS)], cell[2] - cell[0] - 2 * padding
        )
        for cell, held in places
    }
    return [[texts[tuple(cell)] if cell else "" for cell in row.cells] for row in table.rows]


def _inside(word: dict[str, Any], box: Sequence[float]) -> bool:
    x, y = (word["x0"] + word["x1"]) / 2, (word["top"] + word["bottom"]) / 2
    return bool(box[0] <= x <= box[2] and box[1] <= y <= box[3])


def _is_page_number(line: _Line, height: float) -> bool:
    return line.text.isdecimal() and len(line.text) < 5 and (line.bottom < 62 or line.top > height - 62)


def _centred(line: _Line, frame: _Frame) -> bool:
    """True if the line stands in the middle; one that begins at the paragraphs' indent does so by chance."""
    if abs(line.x0 - frame.indent) < 1.5:
        return False
    middle = abs(line.x0 + line.x1 - frame.left - frame.right) < 8
    return middle and line.x0 > frame.left + 3 and line.x1 < frame.right - 3


def _encrypted(name: str) -> Invalid:
    return Invalid(
        "encrypted",
        N_("Tệp «%(name)s» đặt mật khẩu nên không đọc được. Bỏ mật khẩu, lưu lại rồi tải lên."),
        name=name,
    )


def _unreadable(name: str) -> Invalid:
    return Invalid(
        "unreadable",
        N_("Không đọc được tệp «%(name)s»: nội dung bị hỏng. Mở tệp, lưu lại thành tệp mới rồi tải lên."),
        name=name,
    )
