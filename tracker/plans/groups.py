"""Which group of the plan a body belongs to: by the group's name, an abbreviation, an alias or the body's own name.

Names and their validity over time are kept in office/; only the comparing lives here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from tracker.core.text import fold
from tracker.plans.lexicon import ABBREVIATIONS

# Words that differ between writers and not in meaning (domain, section 3: one set under several names).
_SAME = (
    (re.compile(r"\bxay dung dang\b"), "dang"),
    (re.compile(r"\btruc thuoc\b"), "co so"),
    (re.compile(r"\bmat tran to quoc viet nam\b"), "mat tran to quoc"),
    (re.compile(r"\bmat tran va\b"), "mat tran to quoc va"),
    (re.compile(r"(?<!uy ban )\bmat tran to quoc\b"), "uy ban mat tran to quoc"),
    (re.compile(r"\bdoan the chinh tri xa hoi\b"), "doan the"),
    (re.compile(r"\bchi bo dang bo\b|\bdang bo chi bo\b|\bdang bo chi\b"), "chi dang bo"),
    (re.compile(r"\bco quan (?=uy ban kiem tra\b)"), ""),
)
_LEADING = re.compile(r"^(?:cac|cac co quan|toan bo)\s+")

# Kinds of body, each by the folded words that name it in prose and in a group's name.
KINDS: Mapping[str, re.Pattern[str]] = {
    "front": re.compile(r"\bmat tran\b|\bdoan the\b"),
    "media": re.compile(r"\btruyen thong\b|\bthong tin(?:,)? tuyen truyen\b|\bbao,? dai\b|\bthong tin dai chung\b"),
    "boards": re.compile(r"\bban (?:xay dung )?dang\b|\bban (?:tuyen giao|to chuc|dan van)\b"),
    "base": re.compile(r"\bchi(?: bo)?, dang bo\b|\bchi bo\b|\bdang bo (?:co so|truc thuoc|xa)\b"),
    "communes": re.compile(r"\b(?:ubnd|uy ban nhan dan) (?:cac )?(?:xa|phuong|thi tran|huyen)\b"),
    "departments": re.compile(r"\bphong,? ban\b|\bso,? (?:ban,? )?nganh\b|\bco quan chuyen mon\b|\bphong chuyen mon\b"),
    "services": re.compile(r"\bdon vi su nghiep\b"),
    "schools": re.compile(r"\b(?:nha )?truong\b|\bco so giao duc\b"),
}
_HEAD = re.compile(r"^(?:doi voi )?(?:cac )?")


def canonical(name: str) -> str:
    """A name for comparing: folded, abbreviations in full, no punctuation, one word for each thing."""
    words = re.findall(r"[a-z0-9]+", fold(name))
    text = " ".join(ABBREVIATIONS.get(word, word) for word in words)
    for pattern, right in _SAME:
        text = pattern.sub(right, text)
    return re.sub(r"\s+", " ", _LEADING.sub("", text)).strip()


def same_body(one: str, other: str) -> bool:
    """True if two names mean the same body or group."""
    return canonical(one) == canonical(other)


def match_groups(
    units: Iterable[tuple[str, str, str]], spec_groups: Sequence[str], aliases: Mapping[str, str] | None = None
) -> tuple[dict[str, str], list[tuple[str, str, str]]]:
    """Each unit's group in the plan: (code → group as the plan writes it, the units that meet no group).

    `units`: (code, name, group name). A unit that the plan names itself comes first, then the group name, then
    `aliases` (any name → a group of the plan). Nothing is guessed: two possible groups are none.
    """
    known = {canonical(group): group for group in spec_groups}
    for alias, group in (aliases or {}).items():
        target = known.get(canonical(group))
        if target is not None:
            known.setdefault(canonical(alias), target)
    found: dict[str, str] = {}
    leftovers: list[tuple[str, str, str]] = []
    for unit in units:
        code, name, group_name = unit
        match = known.get(canonical(name)) or known.get(canonical(group_name)) or _near(canonical(group_name), known)
        if match is None:
            leftovers.append(unit)
        else:
            found[code] = match
    return found, leftovers


def _near(name: str, known: Mapping[str, str]) -> str | None:
    """The one group whose words are these but for a single one, in names of four words or more."""
    words = set(name.split())
    near = {
        group
        for other, group in known.items()
        if len(words) >= 4 and len(words ^ set(other.split())) <= 1 and len(other.split()) >= 4
    }
    return near.pop() if len(near) == 1 else None


def groups_named(head: str, rest: str, spec_groups: Sequence[str]) -> tuple[str, ...]:
    """The groups that a line of guidance speaks to: its head ("Mặt trận Tổ quốc và các đoàn thể…:") names a kind
    of body, and any kind that the rest names as an actor is with it. Empty: it speaks to all.
    """
    folded = _HEAD.sub("", fold(head))
    exact = tuple(group for group in spec_groups if same_body(head, group))
    if exact:
        return exact
    kinds = {kind for kind, pattern in KINDS.items() if len(folded.split()) <= 14 and _begins(pattern, folded)}
    if not kinds:
        return ()
    if KINDS["boards"].search(fold(rest)):
        kinds.add("boards")
    return tuple(group for group in spec_groups if any(KINDS[kind].search(fold(group)) for kind in kinds))


def _begins(pattern: re.Pattern[str], folded: str) -> bool:
    found = pattern.search(folded)
    # "Các cơ quan thông tin tuyên truyền": a common noun may stand first, a verb may not.
    return bool(
        found and re.fullmatch(r"(?:(?:co quan|don vi|uy ban|to chuc|khoi|trung tam)\s+)*", folded[: found.start()])
    )
