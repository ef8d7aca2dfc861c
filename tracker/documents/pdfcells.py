"""Cells of a ruled table in a PDF: words that a narrow column broke mended, tables joined across pages.

Finding the tables and the running text is pdftext.py's.
"""

from __future__ import annotations

import re

from tracker.core.text import fold, one_line
from tracker.documents.blocks import Grid

# A Vietnamese syllable without its tone: one consonant or cluster, vowels, one final.
_SYLLABLE = re.compile(
    r"^(?:ngh|ng|nh|gh|gi|kh|ph|qu|th|tr|ch|[bcdghklmnpqrstvx])?[aeiouy]{1,3}(?:ch|ng|nh|[cmnpt])?$", re.IGNORECASE
)


def cell_text(raw: str) -> str:
    """The text of a cell on one line; a syllable that the column's edge cut in two is put together again.

    "tươn" over "g" is "tương", "Cấp" over "ủy" stays two words: they are joined only if one of the pieces can be no
    syllable and the whole can, or if both are capitals and the second is a single letter ("UBK" over "T").
    """
    lines = [one_line(line) for line in raw.split("\n")]
    out = ""
    for line in lines:
        if not line:
            continue
        before, after = out.rpartition(" ")[2], line.partition(" ")[0]
        out += ("" if not out or _broken(before, after) else " ") + line
    return out


def _broken(before: str, after: str) -> bool:
    piece = after.rstrip(".,;:)")
    if not (before.isalpha() and piece.isalpha()):
        return False
    if before.isupper() and piece.isupper() and len(piece) == 1 and len(before) > 1:
        return True
    whole = bool(_SYLLABLE.match(fold(before + piece)))
    return whole and not (_SYLLABLE.match(fold(before)) and _SYLLABLE.match(fold(piece))) and not piece[:1].isupper()


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
