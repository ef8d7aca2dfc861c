"""Headings of the plan as a page shows them: capitals as a sentence, long ones cut.

The outline itself is plans/'.
"""

from __future__ import annotations

from itertools import pairwise

from tracker.plans.spec import PlanSpec, walk

# A plan's capitals by the identity of its value, which is held here: plans are few and do not change.
_MOST = 64
_kept: dict[int, tuple[PlanSpec, dict[tuple[str, str], str]]] = {}


def shortened(text: str, length: int = 52) -> str:
    """Cut at a word, with an ellipsis."""
    if len(text) <= length:
        return text
    return text[:length].rsplit(" ", 1)[0].rstrip(",;:") + "…"


def calm(text: str, spec: PlanSpec) -> str:
    """A heading that the plan sets in capitals, as a sentence: "của Đảng" keeps its capital where the plan's own
    sentences write it so after the same word."""
    if text != text.upper():
        return text
    words = text.lower().split()
    kept = _kept.get(id(spec))
    if kept is None or kept[0] is not spec:
        if len(_kept) > _MOST:
            _kept.clear()
        kept = _kept[id(spec)] = (spec, _capitals(spec))
    for place in range(1, len(words)):
        words[place] = kept[1].get((words[place - 1].strip(",.;"), words[place]), words[place])
    line = " ".join(words)
    return line[:1].upper() + line[1:]


def _capitals(spec: PlanSpec) -> dict[tuple[str, str], str]:
    texts = [spec.title, *(line.text for item in walk(spec.outline) for line in item.advice)]
    texts += [item.title for item in walk(spec.outline) if item.title != item.title.upper()]
    found: dict[tuple[str, str], str] = {}
    for text in texts:
        words = text.split()
        for before, after in pairwise(words):
            bare = after.strip(",.;:")
            if bare[:1].isupper() and before[-1:] not in ".:?!":
                found[before.strip(",.;").lower(), bare.lower()] = bare
    return found
