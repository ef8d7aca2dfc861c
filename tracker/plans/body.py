"""The body of a plan: who must report, who collects, to whom and by when.

Dates are read in dates.py and names of bodies in bodies.py; here they meet.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from zoneinfo import ZoneInfo

from tracker.core.text import fold
from tracker.plans.bodies import Sentence, heading_bodies, marker, sentences
from tracker.plans.dates import Calendar, TimeLimit, find_time_limits
from tracker.plans.groups import canonical, same_body
from tracker.plans.lexicon import mend_header
from tracker.plans.passages import Passage
from tracker.plans.spec import Milestone, MilestoneKind, Who

_GENERIC = re.compile(r"^(?:cac )?(?:co quan|don vi|dia phuong|to chuc)(?:,? (?:co quan|don vi|dia phuong|to chuc))*$")
_GENERIC_MORE = re.compile(r"\b(?:duoc giao|co ten tren|lien quan|noi tren|neu tren)\b")
_TASK = re.compile(
    r"\b(?:hoan thanh|xong|gui|nop|bao cao(?! vien)|tong ket|so ket|tong hop|to chuc|trien khai|xay dung|trinh|"
    r"tham muu|ra soat|danh gia|ban hanh|thuc hien|thoi gian|thoi han)\b"
)
_SUBMIT = re.compile(
    r"\b(?:gui|nop)\b|\bbao cao (?:ket qua )?(?:ve|cho|gui)\b|\bbao cao (?:ket qua|huyen|tinh|uy ban|ubnd)\b"
)
_CONSOLIDATE = re.compile(r"\b(?:tong hop|tong ket|so ket|bao cao(?! vien)|hoan thanh|tham muu|trinh)\b")
_SENDS_REPORT = re.compile(r"\b(?:gui|nop)(?: ve)? (?:cac )?bao cao(?! vien)\b|\bbao cao gui\b")
_COMPLETE = re.compile(
    r"\b(?:hoan thanh|xong|tong ket|so ket|xay dung|to chuc|ra soat|danh gia|trien khai|thuc hien)\b"
)
_LEADS = (
    (re.compile(r"\bdon doc\b"), 2),
    (re.compile(r"\btong hop\b"), 2),
    (re.compile(r"\bdau moi\b|\bco quan thuong truc\b"), 2),
    (re.compile(r"\bchu tri\b"), 1),
    (re.compile(r"\btheo doi\b"), 1),
    (re.compile(r"\btham muu\b"), 1),
    (re.compile(r"\bbao cao(?! vien)\b"), 1),
)
_STOP = r"(?=\s*[(,.;]|\s+(?:trước|chậm|muộn|đến|qua|thông qua|để|theo|bằng|trong|đúng|và|kèm|\d)|$)"
_TO = re.compile(
    r"\b(?:gửi|nộp|báo cáo)\b[^.;()]{0,60}?\bvề\s+(?P<to>[^\W\d_][^.;,()]*?)" + _STOP
    + r"|\b(?:gửi|nộp)\s+(?:báo cáo\s+)?"
    + r"(?P<direct>(?:UBND|Ủy ban|Uỷ ban|Ban|Phòng|Sở|Văn phòng|Huyện ủy|Tỉnh ủy)\b[^.;,()]*?)"
    + _STOP,
    re.IGNORECASE,
)  # fmt: skip
_VIA = re.compile(
    r"(?:\(\s*(?:thông\s+)?qua\s+(?P<in>[^)]+)\)|(?<!thông )\bqua\s+(?P<out>[^\W\d_][^.;,()]*?)" + _STOP + ")"
)


@dataclass(frozen=True, slots=True)
class Task:
    """A sentence of the body with its subject, its own or the one it goes on from."""

    passage: Passage
    sentence: Sentence
    bodies: tuple[str, ...]
    limits: tuple[TimeLimit, ...]


@dataclass(frozen=True, slots=True)
class Body:
    """What the body says. `named`: every list of units that was met, with the passage, the chosen one first."""

    lead: str | None
    submit_to: str | None
    via: str | None
    unit_groups: tuple[str, ...]
    milestones: tuple[Milestone, ...]
    named: tuple[tuple[tuple[str, ...], Passage], ...]
    tasks: tuple[Task, ...]


def read_body(
    body: Sequence[Passage], issuer: str | None, issued_on: date | None, calendar: Calendar | None, zone: ZoneInfo
) -> Body:
    """1. sentences get their subjects, 2. the receiver and the lead office, 3. the unit groups, 4. the milestones."""
    tasks = tuple(_tasks(body, issued_on, calendar, zone))
    submit_to, via = _receiver(tasks)
    lead = _lead(tasks, issuer, via)
    named = _named(tasks, issuer, lead)
    groups = named[0][0] if named else ()
    groups += _also_reporting(tasks, groups, issuer, lead)
    milestones = _milestones(tasks, issuer, lead, groups, issued_on)
    return Body(lead, submit_to, via, groups, milestones, named, tasks)


def _tasks(
    body: Sequence[Passage], issued_on: date | None, calendar: Calendar | None, zone: ZoneInfo
) -> Iterator[Task]:
    heading: tuple[str, ...] = ()
    for passage in body:
        mark = marker(passage.text)
        bodies = heading_bodies(passage.text)
        if re.match(r"[IVX\d]", mark) or (bodies and passage.text.endswith(":")):
            heading = bodies
        subject = heading
        for sentence in sentences(passage.text):
            subject = sentence.bodies or subject
            limits = tuple(find_time_limits(sentence.text, issued_on, calendar, zone))
            yield Task(passage, sentence, subject, limits)


def _receiver(tasks: Sequence[Task]) -> tuple[str | None, str | None]:
    """To whom reports are sent, and through whom: first where a time limit stands beside it."""
    for task in sorted(tasks, key=lambda task: not task.limits):
        to = _TO.search(task.sentence.text)
        if not to:
            continue
        via = _VIA.search(task.sentence.text[to.start() :])
        receiver = (to["to"] or to["direct"]).strip()
        return mend_header(receiver), mend_header((via["in"] or via["out"]).strip()) if via else None
    return None, None


def _is_issuer(name: str, issuer: str | None) -> bool:
    """True for the issuer or the body it acts for: 'Huyện ủy' where Ban Thường vụ Huyện ủy issued the plan."""
    if not issuer:
        return False
    one, other = canonical(name), canonical(issuer)
    return one == other or (f" {one} " in f" {other} ") or one in (f"ban thuong vu {other}", f"thuong truc {other}")


def _lead(tasks: Sequence[Task], issuer: str | None, via: str | None) -> str | None:
    """The office that chases and collects: the body of which most such verbs are said; else the one sent through."""
    scores: dict[str, tuple[int, str]] = {}
    for task in tasks:
        if len(task.bodies) != 1 or _is_issuer(task.bodies[0], issuer):
            continue
        name = task.bodies[0]
        said = fold(task.sentence.said if task.sentence.bodies else task.sentence.text)
        score = sum(weight for pattern, weight in _LEADS if pattern.search(said))
        before = scores.get(canonical(name), (0, name))
        scores[canonical(name)] = (before[0] + score, before[1])
    if via and canonical(via) in scores:
        scores[canonical(via)] = (scores[canonical(via)][0] + 3, via)
    best = max(scores.values(), default=(0, ""))
    return best[1] if best[0] >= 3 else via


def _named(tasks: Sequence[Task], issuer: str | None, lead: str | None) -> tuple[tuple[tuple[str, ...], Passage], ...]:
    """The lists of bodies that are told to report, the one beside a time limit first; general words only if alone."""
    found: list[tuple[int, tuple[str, ...], Passage]] = []
    for task in tasks:
        if not task.bodies or not _are_units(task.bodies, issuer, lead):
            continue
        said = fold(task.sentence.text)
        if not _TASK.search(said):
            continue
        generic = all(_is_generic(name) for name in task.bodies)
        score = 8 * bool(task.limits) + 4 * bool(_SUBMIT.search(said)) + 2 * ("bao cao" in said) + len(task.bodies)
        found.append((score - 100 * generic, task.bodies, task.passage))
    found.sort(key=lambda item: -item[0])
    lists: list[tuple[tuple[str, ...], Passage]] = []
    for _, bodies, passage in found:
        if (bodies, passage.line) not in [(known, at.line) for known, at in lists]:
            lists.append((bodies, passage))
    return tuple(lists)


def _also_reporting(
    tasks: Sequence[Task], groups: tuple[str, ...], issuer: str | None, lead: str | None
) -> tuple[str, ...]:
    """Bodies outside the chosen list that are told, with a date of their own, to send a report."""
    found: list[str] = []
    for task in tasks:
        if not task.limits or not _SENDS_REPORT.search(fold(task.sentence.text)):
            continue
        if not task.bodies or not _are_units(task.bodies, issuer, lead):
            continue
        for name in task.bodies:
            known = any(same_body(name, group) for group in (*groups, *found))
            if not known and not _is_generic(name):
                found.append(name)
    return tuple(found)


def _is_generic(name: str) -> bool:
    folded = fold(name)
    return bool(_GENERIC.match(_GENERIC_MORE.sub("", folded).strip()))


def _are_units(bodies: tuple[str, ...], issuer: str | None, lead: str | None) -> bool:
    return not any(_is_issuer(name, issuer) or (lead and same_body(name, lead)) for name in bodies)


def _milestones(
    tasks: Sequence[Task], issuer: str | None, lead: str | None, groups: tuple[str, ...], issued_on: date | None
) -> tuple[Milestone, ...]:
    found: list[Milestone] = []
    for task in tasks:
        after = 0
        for limit in task.limits:
            wording = _clause(task.sentence.text, after, limit)
            whole = fold(task.sentence.text[: limit.end])
            after = limit.end
            if not _TASK.search(whole) or _is_past(limit, issued_on):
                continue
            who = _who(task.bodies, issuer, lead)
            kind = _kind_of(fold(wording), whole, who)
            if who == "units" and _is_helper(task.bodies, groups):
                kind, who = "other", "issuer"
            found.append(
                Milestone(
                    id=kind,
                    kind=kind,
                    who=who,
                    groups=_bound(task.bodies, groups) if who == "units" else (),
                    wording=wording,
                    operator=limit.operator,
                    named_date=limit.named_date,
                    last_day=limit.last_day,
                    due_before=limit.due_before,
                    source=task.passage.source(wording),
                )
            )
    return _with_ids(found)


def _is_past(limit: TimeLimit, issued_on: date | None) -> bool:
    """True for a span or period that ended before the plan was issued: it bounds data, nobody can meet it."""
    return issued_on is not None and limit.operator in ("span", "within") and limit.last_day < issued_on


def _who(bodies: tuple[str, ...], issuer: str | None, lead: str | None) -> Who:
    if bodies and all(_is_issuer(name, issuer) for name in bodies):
        return "issuer"
    if bodies and lead and all(same_body(name, lead) for name in bodies):
        return "lead"
    return "units"


def _is_helper(bodies: tuple[str, ...], groups: tuple[str, ...]) -> bool:
    """True for an office that helps the issuer and is itself not asked to report."""
    return bool(bodies and groups) and not any(
        _is_generic(name) or any(same_body(group, name) for group in groups) for name in bodies
    )


def _kind_of(clause: str, sentence: str, who: Who) -> MilestoneKind:
    """What must be done by then, from the clause that holds the date, else from the sentence up to it."""
    for text in (clause, sentence):
        if who != "units":
            if _CONSOLIDATE.search(text):
                return "consolidate"
        elif _SUBMIT.search(text):
            return "submit"
        elif _COMPLETE.search(text):
            return "complete"
    return "other"


def _bound(bodies: tuple[str, ...], groups: tuple[str, ...]) -> tuple[str, ...]:
    """The groups that a milestone binds; empty for all of them."""
    bound = tuple(group for group in groups if any(same_body(group, name) for name in bodies))
    return () if len(bound) == len(groups) else bound


def _clause(sentence: str, after: int, limit: TimeLimit) -> str:
    """The words that set a time limit, back to a comma outside brackets, and far enough to hold a verb."""
    depth = 0
    start = after
    for index in range(limit.start - 1, after - 1, -1):
        char = sentence[index]
        depth += (char == ")") - (char == "(")
        if char in ",;:" and depth == 0:
            start = index + 1
            if _TASK.search(fold(sentence[start : limit.end])):
                break
            start = after
    return sentence[start : limit.end].strip(" ,;:-")


def _with_ids(found: Sequence[Milestone]) -> tuple[Milestone, ...]:
    """Ids 'submit', 'submit-2', …; the same kind, people and day said twice is one milestone."""
    kept: list[Milestone] = []
    seen: dict[str, int] = {}
    for milestone in found:
        if any(
            (known.kind, known.who, known.groups, known.due_before)
            == (milestone.kind, milestone.who, milestone.groups, milestone.due_before)
            for known in kept
        ):
            continue
        seen[milestone.kind] = seen.get(milestone.kind, 0) + 1
        count = seen[milestone.kind]
        kept.append(replace(milestone, id=milestone.kind if count == 1 else f"{milestone.kind}-{count}"))
    return tuple(kept)
