"""A document as a value: head, title, body, appendices, recipients and signature, ready for any writer.

How it looks is profiles.py, how it is written docx.py and pdf.py; rich.py makes a body from HTML.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from tracker.documents.profiles import Profile

Align = Literal["justify", "left", "center", "right"]
Value = str | int | float | Decimal | None


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of text in one face; a newline in `text` breaks the line, not the paragraph."""

    text: str
    bold: bool = False
    italic: bool = False
    underline: bool = False
    strike: bool = False
    script: Literal["", "sub", "sup"] = ""


Runs = tuple[Run, ...]


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading of level 1 (I.), 2 (1.), 3 and deeper; in DOCX a real style, in PDF a bookmark."""

    level: int
    text: str


@dataclass(frozen=True, slots=True)
class Para:
    """A paragraph of the body. `quote`: set in from the left."""

    runs: Runs
    align: Align = "justify"
    indent: bool = True
    quote: bool = False


@dataclass(frozen=True, slots=True)
class ListItem:
    """One item: its printed marker ("-", "+", "a)"), its text, and its depth from 0."""

    marker: str
    runs: Runs
    depth: int = 0


@dataclass(frozen=True, slots=True)
class ListItems:
    """A list with printed markers, as offices write them: "- ", "+ ", "a) "."""

    items: tuple[ListItem, ...]


@dataclass(frozen=True, slots=True)
class TableCell:
    """A cell with its spans. Only cells that exist are given: none where a merge covers."""

    runs: Runs
    colspan: int = 1
    rowspan: int = 1
    bold: bool = False
    align: Align = "left"


@dataclass(frozen=True, slots=True)
class TableBlock:
    """A ruled table. The first `header_rows` rows are repeated on each page; `widths` in mm (empty: equal)."""

    rows: tuple[tuple[TableCell, ...], ...]
    header_rows: int = 0
    widths: tuple[float, ...] = ()
    size: float | None = None

    @property
    def columns(self) -> int:
        """Number of grid columns."""
        if self.widths:
            return len(self.widths)
        return max((sum(cell.colspan for cell in row) for row in self.rows[:1]), default=0)


@dataclass(frozen=True, slots=True)
class PageBreak:
    """What follows begins a page."""


BodyBlock = Heading | Para | ListItems | TableBlock | PageBreak


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a document. What nobody has given stays open for the clerk: `number`, `issued_on`."""

    issuer: str
    symbol: str
    place: str
    parent: str = ""
    number: str | None = None
    issued_on: date | None = None
    year: int | None = None


@dataclass(frozen=True, slots=True)
class Signature:
    """Authority (`T/M BAN THƯỜNG VỤ`), position (`BÍ THƯ`), name; what is empty stays open."""

    authority: str = ""
    position: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Appendix:
    """One appendix in a section of its own; `attached`: the line "(kèm theo Báo cáo số … )"."""

    number: int
    title: str
    table: TableBlock | None = None
    note: str = ""
    attached: str = ""
    landscape: bool = True
    body: tuple[BodyBlock, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """A whole document.

    `title`: type name (`BÁO CÁO`), empty for a công văn, whose `about` stands under the number and
    whose `addressees` follow "Kính gửi". `stamp`: a small line under the title (receipt time,
    provisional). `created`: instant written into the file's properties; without it none is written.
    """

    profile: Profile
    head: Head
    title: str = ""
    subtitle: str = ""
    body: tuple[BodyBlock, ...] = ()
    appendices: tuple[Appendix, ...] = ()
    recipients: tuple[str, ...] = ()
    signature: Signature | None = None
    about: str = ""
    addressees: tuple[str, ...] = ()
    stamp: str = ""
    created: datetime | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a figures table: its header from top to leaf, and its width in mm (None: a share)."""

    path: tuple[str, ...]
    width: float | None = None
    align: Align = "right"


@dataclass(frozen=True, slots=True)
class HeaderCell:
    """A cell of a header of several levels, at row `row` and column `column` (from 0)."""

    text: str
    row: int
    column: int
    colspan: int
    rowspan: int


def text_runs(text: str, *, bold: bool = False, italic: bool = False) -> Runs:
    """Plain text as runs."""
    return (Run(text, bold=bold, italic=italic),) if text else ()


def show(value: Value) -> str:
    """A value as an office prints it: 1.148 and 95,4 (dot for thousands, comma for decimals)."""
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, int):
        return f"{value:,}".replace(",", ".")
    exact = Decimal(str(value))
    whole, _, part = f"{exact:,f}".partition(".")
    part = part.rstrip("0")
    return whole.replace(",", ".") + (f",{part}" if part else "")


def header_cells(columns: Sequence[Column]) -> list[list[HeaderCell]]:
    """Merged header cells, a list a header row, from the columns' paths.

    Neighbours with the same beginning of their path share the cell above; a short path reaches down
    to the last header row.
    """
    depth = max((len(column.path) for column in columns), default=0)
    levels: list[list[HeaderCell]] = []
    for level in range(depth):
        cells: list[HeaderCell] = []
        at = 0
        while at < len(columns):
            path = columns[at].path
            end = at + 1
            if level >= len(path):
                at = end
                continue
            leaf = level == len(path) - 1
            while not leaf and end < len(columns) and columns[end].path[: level + 1] == path[: level + 1]:
                if len(columns[end].path) == level + 1:
                    break
                end += 1
            cells.append(HeaderCell(path[level], level, at, end - at, depth - level if leaf else 1))
            at = end
        levels.append(cells)
    return levels


def figures_table(
    columns: Sequence[Column], rows: Sequence[Sequence[Value]], *, total: bool = False, width: float, size: float
) -> TableBlock:
    """A figures table of the given text width (mm) and type size (pt); `total`: the last row is bold.

    Raises ValueError if a row is not as wide as the columns.
    """
    for row in rows:
        if len(row) != len(columns):
            raise ValueError(f"row of {len(row)} cells under {len(columns)} columns")
    header = [
        tuple(TableCell(text_runs(c.text), c.colspan, c.rowspan, bold=True, align="center") for c in cells)
        for cells in header_cells(columns)
    ]
    body = []
    for index, row in enumerate(rows):
        bold = total and index == len(rows) - 1
        body.append(
            tuple(
                TableCell(text_runs(show(value)), bold=bold, align=column.align)
                for column, value in zip(columns, row, strict=True)
            )
        )
    return TableBlock((*header, *body), len(header), _widths(columns, width), size)


def _widths(columns: Sequence[Column], width: float) -> tuple[float, ...]:
    fixed = sum(column.width for column in columns if column.width is not None)
    free = sum(1 for column in columns if column.width is None)
    share = max(width - fixed, 5.0 * free) / free if free else 0.0
    return tuple(column.width if column.width is not None else share for column in columns)


def column_widths(table: TableBlock, width: float) -> list[float]:
    """Widths in mm: as given, shrunk to `width` if they are wider, or equal shares of it."""
    total = sum(table.widths)
    if total <= 0:
        return [width / table.columns] * table.columns
    scale = min(1.0, width / total)
    return [each * scale for each in table.widths]


def listed(names: Sequence[str]) -> list[str]:
    """Recipients as printed: "- …;" and the last one "- …." """
    last = len(names) - 1
    return [f"- {name.strip(' -;,.')}{'.' if index == last else ';'}" for index, name in enumerate(names)]


def addressee_lines(names: Sequence[str]) -> list[str]:
    """The lines of "Kính gửi": one addressee beside it, several below it."""
    if len(names) == 1:
        return [f"Kính gửi: {names[0]}"]
    return ["Kính gửi:", *listed(names)] if names else []
