"""Cells of a ruled table in a PDF: words that a narrow column broke mended, tables joined across pages.

Finding the tables and the running text is pdftext.py's.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from tracker.core.text import fold
from tracker.documents.blocks import Grid

# A Vietnamese syllable without its tone: one consonant or cluster, vowels, one final.
_SYLLABLE = re.compile(
    r"^(?:ngh|ng|nh|gh|gi|kh|ph|qu|th|tr|ch|[bcdghklmnpqrstvx])?[aeiouy]{1,3}(?:ch|ng|nh|[cmnpt])?$", re.IGNORECASE
)
_STOPPED = re.compile(r"(?:ch|[cpt])$", re.IGNORECASE)
_TONES = "\u0300\u0301\u0303\u0309\u0323"
_SHARP = ("\u0301", "\u0323")  # sắc and nặng, the only tones of a syllable that ends in c, ch, p or t


@dataclass(frozen=True, slots=True)
class CellLine:
    """One line of text in a cell and its width in points."""

    text: str
    width: float


def cell_text(lines: Sequence[CellLine], inner: float) -> str:
    """The text of a cell `inner` points wide on one line; a word that its edge cut in two is put together again.

    A renderer cuts a word only if it fills the line alone and finds no room: where the next letter would have fitted,
    the line ended at a space. Where it would not, the pieces are joined if together they can be one syllable
    ("tươn" over "g"), one number ("20" over "23") or one abbreviation ("UBK" over "T").
    """
    out = ""
    previous: CellLine | None = None
    for line in lines:
        if previous is not None:
            letter = line.width / max(len(line.text), 1)
            alone = " " not in previous.text
            full = previous.width + 0.9 * letter > inner
            cut = alone and full and _one_word(out.rpartition(" ")[2], line.text.partition(" ")[0])
            out += "" if cut else " "
        out += line.text
        previous = line
    return out


def _one_word(before: str, after: str) -> bool:
    piece = after.rstrip(".,;:)")
    if before.isdecimal() and piece.isdecimal():
        return True
    if not (before.isalpha() and piece.isalpha()):
        return False
    if before.isupper() and piece.isupper() and len(piece) == 1:
        return True
    return is_syllable(before + piece)


def is_syllable(word: str) -> bool:
    """True if the letters can be one Vietnamese syllable with its tone."""
    if not _SYLLABLE.match(fold(word)):
        return False
    marks = [mark for mark in unicodedata.normalize("NFD", word) if mark in _TONES]
    return len(marks) < 2 and (not _STOPPED.search(word) or bool(marks and marks[0] in _SHARP))


def cell_grid(rows: list[list[str]], line: int) -> Grid:
    """Rows as a rectangular grid that begins at `line`."""
    width = max((len(row) for row in rows), default=0)
    square = tuple(tuple(row + [""] * (width - len(row))) for row in rows)
    return Grid(line, square, tuple(range(line, line + len(square))))


def joined_grid(grid: Grid | None, rows: list[list[str]], line: int) -> Grid | None:
    """A table that goes on from the page before, without its repeated header rows; None if it is another table."""
    more = cell_grid(rows, line)
    if grid is None or more.width != grid.width:
        return None
    repeated = 0
    while repeated < min(len(grid.rows), len(more.rows)) and more.rows[repeated] == grid.rows[repeated]:
        repeated += 1
    return Grid(grid.line, grid.rows + more.rows[repeated:], grid.lines + more.lines[repeated:])
