"""Finding the headings of the plan's outline in a unit's report, however the unit numbers them. Pure.

What stands between the headings is placed by intake.py.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from functools import lru_cache
from typing import Literal

from tracker.core.text import fold, one_line
from tracker.documents.richblocks import Rich, RichParagraph
from tracker.plans.spec import OutlineItem, PlanSpec, Table, walk, writable_sections

MARK = r"\s*[.\-–—/):]+\s*"
_PATH = re.compile(rf"^(?P<n>[IVX]{{1,5}}(?:\.\d{{1,2}})+)(?:{MARK}|\s+)(?P<title>\D.*)$")
_ROMAN = re.compile(rf"^(?P<n>[IVX]{{1,5}})(?:{MARK}|\s+)(?P<title>\S.*)$")
_ARABIC = re.compile(rf"^\(?(?P<n>\d{{1,2}}){MARK}(?P<title>[^\d\s].*)$")
_ANY_LABEL = re.compile(
    rf"^(?:phần\s+(?:thứ\s+)?\w+|\(?(?:[A-ZĐ]|[a-zđ]|[IVX]{{1,5}}|\d{{1,2}}(?:\.\d{{1,2}})*)(?={MARK})){MARK}",
    re.IGNORECASE,
)
_APPENDIX = re.compile(r"^phu luc(?: so)?\s*[:.]?\s*(?P<n>[0-9]{1,3}|[ivx]{1,5})\b[ .:)\-–]*(?P<rest>.*)$")
_END = re.compile(r"^noi nhan\b")
_CLOSING = re.compile(r"^tren day la\b")
_WORD = re.compile(r"[^\w%]+")
_ROMANS = ("i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix", "x", "xi", "xii")

LONGEST_HEADING = 300
LONGEST_UNMARKED = 120
CERTAIN, SURE, LIKELY, GUESSED = 0.85, 0.75, 0.5, 0.4

How = Literal["number", "title", "position"]


@dataclass(frozen=True, slots=True)
class Mark:
    """A paragraph that moves the reader. `target`: a section, an appendix; None closes what is open.

    `keep`: the paragraph is also text, since it says more than, or not quite, what the heading says.
    """

    kind: Literal["section", "root", "appendix", "caption", "close"]
    target: str | None = None
    how: How = "number"
    confidence: float = 1.0
    keep: bool = False


def headings(blocks: Sequence[Rich], spec: PlanSpec) -> dict[int, Mark]:
    """The marks by place in `blocks`.

    1. Every paragraph is asked on its own whether it is a heading.
    2. Where a section has a sure heading, its likely ones are text; of several likely ones the best is left.
    3. A section without any takes the paragraph between its neighbours that bears its number.
    """
    reader = _Reader(spec)
    marks = {place: mark for place, block in enumerate(blocks) if (mark := reader.read(block)) is not None}
    marks = {place: mark for place, mark in marks.items() if mark in _chosen(marks, mark)}
    for number in reader.sections:
        if not any(mark.target == number for mark in marks.values()):
            found = _between(blocks, marks, reader, number)
            if found is not None:
                marks[found] = Mark("section", number, "position", GUESSED, keep=True)
    return dict(sorted(marks.items()))


class _Reader:
    """Asks paragraphs in order; remembers the chapter it is in, since "1." alone says little."""

    def __init__(self, spec: PlanSpec) -> None:
        self.spec = spec
        self.outline = {item.number: item for item in walk(spec.outline)}
        self.sections = {item.number: item for item in writable_sections(spec)}
        self.roots = {item.number: item for item in spec.outline if item.number not in self.sections}
        self.chapter: str | None = None
        self.appendix: str | None = None
        self.ended = False

    def read(self, block: Rich) -> Mark | None:
        """What the paragraph is, if it is no plain text."""
        if not isinstance(block, RichParagraph):
            return None
        text = one_line(block.text)
        if not text:
            return None
        mark = self._appendix(block, text) or self._close(text) or self._heading(block, text)
        if mark is None:
            return None
        if mark.kind in {"section", "root"} and mark.target is not None:
            if self.ended and mark.confidence < SURE:
                return None
            self.chapter, self.appendix, self.ended = mark.target.split(".")[0], None, False
        return mark

    def _appendix(self, block: RichParagraph, text: str) -> Mark | None:
        folded = fold(text)
        found = _APPENDIX.match(folded)
        if found:
            label, rest = found["n"], found["rest"]
            number = str(_ROMANS.index(label) + 1) if label in _ROMANS else label
            table = self.spec.table(label.upper()) or self.spec.table(number)
            if table is not None and (
                not rest.strip("() ") or block.bold or text == text.upper() or alike(rest, table.title) >= SURE
            ):
                self.appendix, self.ended = table.number, True
                return Mark("appendix", table.number, keep=bool(rest) and alike(rest, table.title) < SURE)
        if self.appendix and any(_caption(text, table) for table in self.spec.tables):
            return Mark("caption")
        return None

    def _close(self, text: str) -> Mark | None:
        folded = fold(text)
        if _END.match(folded):
            self.ended = True
            return Mark("close", keep=True)
        if self.chapter is not None and _CLOSING.match(folded) and len(text) < 2 * LONGEST_HEADING:
            return Mark("close", keep=True)
        return None

    def _heading(self, block: RichParagraph, text: str) -> Mark | None:
        lead = _run_in(text)
        if lead and len(lead) <= LONGEST_HEADING:
            mark = self._labelled(block, lead) or self._titled(block, lead)
            if mark is not None and mark.kind == "section" and mark.confidence >= CERTAIN:
                return replace(mark, keep=True)
        if len(text) > LONGEST_HEADING:
            return None
        return self._labelled(block, text) or self._titled(block, text)

    def _labelled(self, block: RichParagraph, text: str) -> Mark | None:
        whole, roman, arabic = _PATH.match(text), _ROMAN.match(text), _ARABIC.match(text)
        if whole and (item := self.sections.get(whole["n"])):
            likeness = alike(whole["title"], item.title)
            if likeness >= LIKELY or block.bold:
                return Mark("section", item.number, "number", max(likeness, LIKELY), keep=likeness < LIKELY)
        if roman:
            return self._chapter(block, text, roman)
        if not arabic:
            return None
        best = self._best(arabic["title"])
        numbered = self.sections.get(f"{self.chapter}.{arabic['n']}")
        likeness = alike(arabic["title"], numbered.title) if numbered else 0.0
        if numbered and likeness >= LIKELY and not (best and best[1] >= CERTAIN and best[1] - likeness > 0.1):
            return Mark("section", numbered.number, "number", likeness)
        return Mark("section", best[0].number, "title", best[1]) if best and best[1] >= SURE else None

    def _chapter(self, block: RichParagraph, text: str, roman: re.Match[str]) -> Mark | None:
        """A chapter of the outline, or one that the plan does not have: either closes what was open."""
        item, title = self.outline.get(roman["n"]), roman["title"]
        spaced = not re.match(rf"^[IVX]+{MARK}", text)
        likeness = alike(title, item.title) if item else 0.0
        if likeness < LIKELY and (spaced or not (block.bold or title == title.upper())):
            return None
        if item is not None and item.number in self.sections:
            return Mark("section", item.number, "number", max(likeness, LIKELY), keep=likeness < LIKELY)
        if item is not None:
            return Mark("root", item.number, "number", max(likeness, SURE), keep=likeness < LIKELY)
        return Mark("close", keep=True)

    def _titled(self, block: RichParagraph, text: str) -> Mark | None:
        """A heading without a number, or with one of another kind ("A.", "Phần thứ hai.", "1.1.")."""
        if not (block.bold or block.level is not None or len(text) < LONGEST_UNMARKED):
            return None
        bare = _ANY_LABEL.sub("", text)
        best = self._best(bare)
        if best is not None and best[1] >= CERTAIN and text[-1] not in ";,":
            return Mark("section", best[0].number, "title", best[1])
        for item in self.roots.values():
            if (block.bold or bare == bare.upper()) and alike(bare, item.title) >= CERTAIN:
                return Mark("root", item.number, "title")
        return None

    def _best(self, title: str) -> tuple[OutlineItem, float] | None:
        """The section whose title is likest; None if two are alike."""
        scored = sorted(((alike(title, item.title), number) for number, item in self.sections.items()), reverse=True)
        if len(scored) > 1 and scored[0][0] - scored[1][0] < 0.03:
            return None
        return (self.sections[scored[0][1]], scored[0][0]) if scored else None


def _caption(text: str, table: Table) -> bool:
    """The title or the note that the plan itself prints with a table."""
    note = re.sub(r"^\s*ghi chú\s*:", "", text, flags=re.IGNORECASE)
    return alike(text, table.title) >= SURE or (table.note is not None and alike(note, table.note) >= CERTAIN)


def _chosen(marks: dict[int, Mark], mark: Mark) -> list[Mark]:
    """The marks of the same section that stand: all the sure ones, else the first of the likeliest."""
    if mark.kind != "section":
        return [mark]
    rivals = [each for each in marks.values() if each.kind == "section" and each.target == mark.target]
    return [each for each in rivals if each.confidence >= SURE] or [max(rivals, key=lambda each: each.confidence)]


def _between(blocks: Sequence[Rich], marks: dict[int, Mark], reader: _Reader, number: str) -> int | None:
    """The only paragraph that bears the section's number where the section would stand; bold ones first."""
    chapter, _, last = number.rpartition(".")
    before = [place for place, mark in marks.items() if mark.target in _earlier(reader, number, chapter)]
    if not before or not last.isdigit():
        return None
    start = max(before)
    end = min((place for place, mark in marks.items() if place > start and mark.kind != "caption"), default=len(blocks))
    found = list(_bearing(blocks[start + 1 : end], last, start + 1))
    bold = [place for place, strong in found if strong]
    plain = [place for place, _ in found]
    return bold[0] if len(bold) == 1 else plain[0] if len(plain) == 1 and not bold else None


def _earlier(reader: _Reader, number: str, chapter: str) -> set[str]:
    """The section before it in its chapter, or the chapter itself for the first one."""
    siblings = [each for each in reader.sections if each.rpartition(".")[0] == chapter]
    at = siblings.index(number)
    return {siblings[at - 1]} if at else {chapter}


def _bearing(blocks: Sequence[Rich], last: str, start: int) -> Iterator[tuple[int, bool]]:
    for place, block in enumerate(blocks, start):
        if not isinstance(block, RichParagraph):
            continue
        text = one_line(block.text)
        arabic = _ARABIC.match(text) or _PATH.match(text)
        if arabic and arabic["n"].rpartition(".")[2] == last and len(text) < LONGEST_HEADING and text[-1] not in ".;,":
            yield place, block.bold or block.level is not None


def _run_in(text: str) -> str:
    """The beginning of a paragraph that may be a heading with its text in the same line ("1. Thuận lợi: …")."""
    label = _ANY_LABEL.match(text)
    stop = re.search(r"[:.](?=\s)", text[label.end() :]) if label else None
    if label is None or stop is None or not text[label.end() + stop.end() :].strip():
        return ""
    return text[: label.end() + stop.start()]


def alike(one: str, other: str) -> float:
    """0–1: how much two titles say the same.

    Case, tone marks and punctuation say nothing; a title cut short, drawn out, or led by "về" or "việc" still counts.
    """
    return _alike(_bare(one), _bare(other))


@lru_cache(maxsize=4096)
def _alike(one: str, other: str) -> float:
    if not one or not other:
        return 0.0
    if one == other:
        return 1.0
    shorter, longer = sorted((one, other), key=len)
    if len(shorter) * 4 < len(longer):
        return 0.0
    words, theirs = set(one.split()), set(other.split())
    shared = len(words & theirs) / len(words | theirs)
    if shared < 0.25:
        return 0.0
    whole = SequenceMatcher(None, one, other, autojunk=False).ratio()
    # A name cut short in the middle, as offices do with long ones.
    cut = 0.9 if len(shorter) > 12 and longer.startswith(f"{shorter} ") and len(longer) < 2.2 * len(shorter) else 0.0
    return max(whole if shared >= 0.4 else whole * 0.6, cut)


@lru_cache(maxsize=4096)
def _bare(text: str) -> str:
    return re.sub(r"^(?:(?:ve|viec) )+", "", _WORD.sub(" ", fold(text)).strip())
