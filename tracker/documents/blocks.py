"""Blocks: what every document reader gives, paragraphs and grids with the source line of each.

No file is opened here and no meaning is read; textfile.py and the office readers make blocks.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_BOLD = re.compile(r"\*\*")
_WRAPPED = re.compile(r"^([*_])(?=\S)(.+\S)\1$")
_SPACE = re.compile(r"\s+")


def plain(text: str) -> str:
    """Text as it is read: without markdown emphasis, every run of white space one space, ends trimmed."""
    bare = _SPACE.sub(" ", _BOLD.sub("", text)).strip()
    wrapped = _WRAPPED.match(bare)
    return wrapped.group(2) if wrapped and wrapped.group(1) not in wrapped.group(2) else bare


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One paragraph. `text` is a piece of source line `line` (1-based), NFC, emphasis marks kept."""

    line: int
    text: str
    bold: bool = False
    style: str | None = None

    @property
    def plain(self) -> str:
        """The text without emphasis marks."""
        return plain(self.text)


@dataclass(frozen=True, slots=True)
class Grid:
    """A table: rows of equal width, the first row at source line `line`, one source line a row in `lines`.

    A cell that a merge covers is an empty string.
    """

    line: int
    rows: tuple[tuple[str, ...], ...]
    lines: tuple[int, ...]

    @property
    def width(self) -> int:
        """Number of columns."""
        return max((len(row) for row in self.rows), default=0)


Block = Paragraph | Grid
