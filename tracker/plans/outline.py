"""The outline of the report (đề cương): numbered headings, unnumbered ones under them, and the guidance of each.

Which units write which section is asked in spec.py.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from tracker.core.text import fold
from tracker.plans.groups import groups_named
from tracker.plans.passages import Passage, is_enclosed_line
from tracker.plans.spec import Guidance, OutlineItem, Source

_PART = re.compile(r"^phần\s+(?:thứ\s+)?(?P<n>[IVX]{1,4}|\d|[a-zà-ỹ]+)\s*[.:\-–]?\s*(?P<title>.*)$", re.IGNORECASE)
_ROMAN = re.compile(r"^(?P<n>[IVX]{1,5})\s*[.\-–/)]\s*(?P<title>\S.*)$")
_ARABIC = re.compile(r"^(?P<n>\d{1,2})\s*[.\-–/)]\s*(?P<title>[^\d\s].*)$")
_DOTTED = re.compile(r"^(?P<n>\d{1,2}(?:\.\d{1,2})+)\s*[.\-–)]?\s+(?P<title>\S.*)$")
_LETTER = re.compile(r"^(?P<n>[a-zđ])\s*[).]\s+(?P<title>\S.*)$")
_BULLET = re.compile(r"^[-–—+•*]\s*")
_ORDINALS = {"nhat": "I", "hai": "II", "ba": "III", "tu": "IV", "nam": "V"}
# "Đối với tỉnh.": a heading that only says to whom; with a colon and more text it is guidance.
_UNNUMBERED = re.compile(r"^đối với [^.:;]{2,60}[.:]?$", re.IGNORECASE)
_FIGURES = re.compile(
    r"co so lieu|so lieu cu the|\btong so\b|\bso luong\b|\bthong ke\b|(?:^|[:.;] )so (?!sanh|ket)[a-z]|"
    r"\bty le\b|\bbao nhieu\b"
)


@dataclass(slots=True)
class _Node:
    number: str
    numbered: bool
    title: str
    level: int
    source: Source
    guidance: list[Guidance] = field(default_factory=list)
    intro: list[Guidance] = field(default_factory=list)
    children: list[_Node] = field(default_factory=list)

    def freeze(self) -> OutlineItem:
        children = tuple(child.freeze() for child in self.children)
        return OutlineItem(
            self.number, self.numbered, self.title, tuple(self.guidance), children, self.source, tuple(self.intro)
        )


def read_outline(passages: Sequence[Passage], groups: Sequence[str]) -> tuple[OutlineItem, ...]:
    """The outline, out of the passages from "ĐỀ CƯƠNG" on. `groups`: the unit groups that guidance may name."""
    roots: list[_Node] = []
    path: list[_Node] = []
    for passage in passages:
        heading = _heading(passage.text)
        if heading:
            level, label, title = heading
            while path and path[-1].level >= level:
                path.pop()
            parent = path[-1] if path else None
            number = _number(label, parent)
            node = _Node(number, True, _title(title), level, passage.source())
            (parent.children if parent else roots).append(node)
            path.append(node)
        elif not path or is_enclosed_line(passage):
            continue  # the outline's own title and "(kèm theo …)"
        elif _UNNUMBERED.match(passage.text):
            while not path[-1].numbered:
                path.pop()
            parent = path[-1]
            number = f"{parent.number}.{len(parent.children) + 1}"
            node = _Node(number, False, _title(passage.text), parent.level + 1, passage.source())
            parent.children.append(node)
            path.append(node)
        else:
            listed = bool(_BULLET.match(passage.text))
            (path[-1].guidance if listed else path[-1].intro).append(_guidance(passage, groups))
    _list_all(roots)
    return tuple(root.freeze() for root in roots)


def _list_all(roots: Sequence[_Node]) -> None:
    """A plan that writes no lists at all says everything in sentences: then those are its items."""
    nodes = list(roots)
    for node in nodes:
        nodes.extend(node.children)
    if not any(node.guidance for node in nodes):
        for node in nodes:
            node.guidance, node.intro = node.intro, []


def _heading(text: str) -> tuple[int, str, str] | None:
    """(level, label, title) of a numbered heading; None for anything else."""
    part = _PART.match(text)
    if part and len(text) < 200:
        label = _ORDINALS.get(fold(part["n"]), part["n"].upper())
        if re.fullmatch(r"[IVX\d]+", label):
            return 0, label, part["title"] or text
    for level, pattern in ((1, _ROMAN), (3, _DOTTED), (2, _ARABIC), (4, _LETTER)):
        found = pattern.match(text)
        if found:
            return level + (found["n"].count(".") - 1 if level == 3 else 0), found["n"], found["title"]
    return None


def _number(label: str, parent: _Node | None) -> str:
    if parent is None:
        return label
    # "1.2" under "II.1" is "II.1.2": the first figures repeat the parent's own.
    own = label.split(".")
    above = parent.number.split(".")
    for size in range(min(len(own) - 1, len(above)), 0, -1):
        if above[-size:] == own[:size]:
            return ".".join([*above, *own[size:]])
    return ".".join([*above, *own])


def _title(text: str) -> str:
    return text.strip().rstrip(".:").strip()


def _guidance(passage: Passage, groups: Sequence[str]) -> Guidance:
    text = _BULLET.sub("", passage.text).strip()
    head, colon, rest = text.partition(":")
    named = groups_named(head, rest, groups) if colon else ()
    return Guidance(text, named, bool(_FIGURES.search(fold(text))), passage.source())
