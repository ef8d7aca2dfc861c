"""Automatic numbers and bullets of a Word file, worked out as Word prints them.

Which paragraph carries which list is read in wordml.py.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from tracker.documents.profiles import roman

_PLACE = re.compile(r"%([1-9])")
_LEVELS = 9


@dataclass(slots=True)
class Level:
    """One level of a list: its format, its text (`%1.%2`), its first number."""

    form: str = "decimal"
    text: str = ""
    start: int = 1


@dataclass(slots=True)
class _List:
    abstract: str
    starts: dict[int, int] = field(default_factory=dict)
    levels: dict[int, Level] = field(default_factory=dict)


class Numbering:
    """The running counters of all lists of one document; ask once a paragraph, in order."""

    def __init__(self, root: Any, w: str) -> None:
        self._w = w
        self._abstract: dict[str, dict[int, Level]] = {}
        self._lists: dict[str, _List] = {}
        self._counters: dict[str, dict[int, int]] = {}
        self._restarted: set[str] = set()
        if root is not None:
            self._read(root)

    def _read(self, root: Any) -> None:
        w = self._w
        for node in root.iter(f"{w}abstractNum"):
            levels = {_number(level.get(f"{w}ilvl")): self._level(level) for level in node.iter(f"{w}lvl")}
            self._abstract[str(node.get(f"{w}abstractNumId"))] = levels
        for node in root.iter(f"{w}num"):
            reference = node.find(f"{w}abstractNumId")
            made = _List("" if reference is None else str(reference.get(f"{w}val")))
            for override in node.iter(f"{w}lvlOverride"):
                at = _number(override.get(f"{w}ilvl"))
                start, level = override.find(f"{w}startOverride"), override.find(f"{w}lvl")
                if start is not None:
                    made.starts[at] = _number(start.get(f"{w}val"), 1)
                if level is not None:
                    made.levels[at] = self._level(level)
            self._lists[str(node.get(f"{w}numId"))] = made

    def _level(self, node: Any) -> Level:
        w = self._w
        values = {name: node.find(f"{w}{name}") for name in ("numFmt", "lvlText", "start")}
        found = {name: str(child.get(f"{w}val", "")) for name, child in values.items() if child is not None}
        return Level(found.get("numFmt", "decimal"), found.get("lvlText", ""), _number(found.get("start"), 1))

    def marker(self, list_id: str, depth: int) -> str:
        """The printed marker of the next paragraph of this list at this depth ("1.", "a)", "-"), "" if it has none."""
        made = self._lists.get(list_id)
        if made is None or not 0 <= depth < _LEVELS:
            return ""
        levels = self._abstract.get(made.abstract, {}) | made.levels
        level = levels.get(depth)
        if level is None:
            return ""
        if level.form == "bullet":
            return "+" if level.text == "+" else "-"
        counters = self._counters.setdefault(made.abstract, {})
        if list_id not in self._restarted:
            # A list that says where it starts does not go on with the count of its sister.
            self._restarted.add(list_id)
            for at in made.starts:
                counters.pop(at, None)
        start = made.starts.get(depth, level.start)
        counters[depth] = counters.get(depth, start - 1) + 1
        for deeper in [at for at in counters if at > depth]:
            del counters[deeper]
        if level.form == "none":
            return ""

        def place(match: re.Match[str]) -> str:
            at = int(match.group(1)) - 1
            other = levels.get(at, Level())
            return number_text(counters.get(at, made.starts.get(at, other.start)), other.form)

        return _PLACE.sub(place, level.text).strip()

    def form(self, list_id: str, depth: int) -> str:
        """`bullet`, `decimal`, `upperRoman` …; "" for an unknown list."""
        made = self._lists.get(list_id)
        level = (self._abstract.get(made.abstract, {}) | made.levels).get(depth) if made else None
        return level.form if level else ""


def number_text(number: int, form: str) -> str:
    """A number in one of Word's formats; an unknown format counts in digits."""
    if form in {"upperRoman", "lowerRoman"} and 0 < number < 40:
        return roman(number) if form == "upperRoman" else roman(number).lower()
    if form in {"upperLetter", "lowerLetter"} and number > 0:
        letter = chr(ord("a") + (number - 1) % 26) * ((number - 1) // 26 + 1)
        return letter.upper() if form == "upperLetter" else letter
    if form == "decimalZero":
        return f"{number:02d}"
    return str(number)


def _number(raw: object, default: int = 0) -> int:
    text = str(raw) if raw is not None else ""
    return int(text) if text.isdecimal() and len(text) < 6 else default
