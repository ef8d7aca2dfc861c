"""The head and foot of a plan: number, place and date, kind, title, issuer, what it rests on, recipients, signer.

Who must do what lives in body.py.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from tracker.core.text import fold
from tracker.plans.lexicon import KINDS, mend_header
from tracker.plans.passages import Parts, Passage, is_enclosed_line
from tracker.plans.spec import Citation, Source

# Domain, section 6: 271-KH/HU, 29-CV/TC-NV, 44/KH-BCĐ, 63 /HTS, 4478/ KH- BCĐ, 30/2020/NĐ-CP.
NUMBER = r"\d{1,5}[a-zA-Z]?\s?[-/]\s?(?:\d{4}\s?/\s?)?[A-ZĐ]{2,}[A-ZĐa-z0-9]*(?:\s?[-/&]\s?[A-ZĐ][A-ZĐa-z0-9]*)*"
_OWN_NUMBER = re.compile(rf"\bSố\s*[:.]*\s*({NUMBER})", re.IGNORECASE)
_DATE = re.compile(r"(?P<d>\d{1,2})\s?[/.\-]\s?(?P<m>\d{1,2})\s?[/.\-]\s?(?P<y>\d{4})|"
                   r"(?P<dw>\d{1,2})\s+tháng\s+(?P<mw>\d{1,2})\s+năm\s+(?P<yw>\d{4})")  # fmt: skip
CITATION = re.compile(rf"\b(?:số\s*:?\s*)({NUMBER})(?:\s*,?\s*ngày\s+({_DATE.pattern}))?")
_PLACE_AND_DATE = re.compile(
    r"(?P<place>[^\W\d_][^,;:\d]{1,40}?)?,?\s*ngày\s*(?P<d>\d{1,2})\s*tháng\s*(?P<m>\d{1,2})\s*năm\s*(?P<y>\d{4})\s*$"
)
_OPENING = re.compile(
    r"^(?:thực hiện|căn cứ|để |nhằm|theo |triển khai|thi hành|xét|kính gửi|[-_*]{3,}|(?:I|1|A)\s*[.\-/)]\s|phần )",
    re.IGNORECASE,
)
_HEADING = re.compile(r"^(?:[IVX]{1,5}|\d{1,2}|[A-Z])\s*[.\-/)]\s*\S|^phần\s", re.IGNORECASE)
_MOTTO = re.compile(r"^(?:dang cong san|cong hoa xa hoi|doc lap)")
_ISSUES = re.compile(
    r"([^,;:.()]{4,80}?)\s+(?:ban hành|xây dựng)\s+(?:kế hoạch|hướng dẫn|chỉ thị|phương án)\b", re.IGNORECASE
)
_TITLE_OF_SIGNER = re.compile(
    r"^(?:t/m|tm\.|k/t|kt\.|t/l|tl\.|tuq\.|q\.|bi thu|pho bi thu|chu tich|pho chu tich|truong|pho)\b"
)
_BULLET = re.compile(r"^[-–—+•*]\s*")


@dataclass(frozen=True, slots=True)
class Head:
    """What the head says; None or empty where it is silent. `opening`: the passages from title to first heading."""

    number: str | None
    number_source: Source | None
    kind: str | None
    title: str
    place: str | None
    issued_on: date | None
    above: tuple[Passage, ...]
    opening: tuple[Passage, ...]
    rest: tuple[Passage, ...]


@dataclass(frozen=True, slots=True)
class Foot:
    """Recipients as listed, and who signed. `signed_for`: whether a line such as T/M BAN THƯỜNG VỤ is there."""

    recipients: tuple[tuple[str, Passage], ...]
    signer: str | None
    signer_passage: Passage | None
    signed_for: bool


def compact(number: str) -> str:
    """A document number without its spaces."""
    return re.sub(r"\s+", "", number)


def read_head(body: Sequence[Passage]) -> Head:
    """The head of the document out of its first passages."""
    at = next((index for index, passage in enumerate(body[:40]) if _kind(passage)), None)
    above = list(body[: at if at is not None else 12])
    number, number_source, place, issued_on = None, None, None, None
    for passage in above:
        found = _OWN_NUMBER.search(passage.text)
        if found and number is None:
            number = compact(found.group(1))
            number_source = passage.source(found.group(1))
        dated = _PLACE_AND_DATE.search(_OWN_NUMBER.sub("", passage.text).strip())
        if dated and issued_on is None:
            issued_on = make_date(dated["d"], dated["m"], dated["y"])
            place = (dated["place"] or "").strip() or None
    if at is None:
        return Head(number, number_source, None, "", place, issued_on, tuple(above), (), tuple(body))
    title: list[str] = []
    index = at + 1
    while index < len(body):
        text = body[index].text
        if (title and (_OPENING.match(text) or title[-1][-1] in ".:;")) or _HEADING.match(text):
            break
        if not re.fullmatch(r"[-_*]+", text) and not is_enclosed_line(body[index]):
            title.append(text)
        index += 1
    start = index
    while index < len(body) and not _HEADING.match(body[index].text):
        index += 1
    return Head(
        number,
        number_source,
        _kind(body[at]),
        " ".join(title).rstrip("."),
        place,
        issued_on,
        tuple(above),
        tuple(body[start:index]),
        tuple(body[index:]),
    )


def _kind(passage: Passage) -> str | None:
    """'Kế hoạch' for a heading 'KẾ HOẠCH'; None for any other passage."""
    folded = passage.folded.rstrip(" :.*")
    return KINDS.get(folded) if passage.text.isupper() or passage.bold else None


def _is_name(text: str) -> bool:
    """True for two to five capitalised words and nothing else: a person's name under a signature."""
    words = text.split()
    return 2 <= len(words) <= 5 and all(
        word.isalpha() and word[0].isupper() and not word[1:].isupper() for word in words
    )


def make_date(day: str, month: str, year: str) -> date | None:
    """A date out of its figures, None if there is no such day."""
    try:
        return date(int(year), int(month), int(day))
    except ValueError:
        return None


def read_basis(opening: Sequence[Passage], own: str | None) -> tuple[Citation, ...]:
    """What the plan rests on: each document cited in the opening, once, in order, whether or not a comma stands
    before its date.
    """
    found: dict[str, Citation] = {}
    for passage in opening:
        for match in CITATION.finditer(passage.text):
            number = compact(match.group(1))
            cited = _DATE.search(match.group(2)) if match.group(2) else None
            day = (
                make_date(cited["d"] or cited["dw"], cited["m"] or cited["mw"], cited["y"] or cited["yw"])
                if cited
                else None
            )
            if number != own and (number not in found or (found[number].date is None and day)):
                found[number] = Citation(number, day, passage.source(match.group(0)))
    return tuple(found.values())


def read_issuer(head: Head, parts: Parts) -> str | None:
    """Who issued the plan: '(kèm theo Kế hoạch số … của X)', else 'X ban hành kế hoạch', else the body in the head."""
    for passage in parts.everything():
        if is_enclosed_line(passage) and head.number and compact(head.number) in compact(passage.text):
            of = re.search(r"\bcủa\s+([^)]+?)\)?\s*\.?$", passage.text)
            if of:
                return of.group(1).strip()
    for passage in head.opening:
        said = _ISSUES.search(passage.text)
        if said:
            return mend_header(said.group(1).strip())
    upper = [p.text for p in head.above if p.text.isupper() and len(p.text) > 3 and not _MOTTO.match(p.folded)]
    upper = [text for text in upper if not _OWN_NUMBER.search(text)]
    return sentence_case(upper[-1]) if upper else None


def sentence_case(text: str) -> str:
    """A body's name out of capitals: 'HUYỆN ỦY PHONG THỔ' → 'Huyện ủy Phong Thổ', so far as one can know."""
    words = text.lower().split()
    small = {"ủy", "uỷ", "ban", "nhân", "dân", "tỉnh", "huyện", "xã", "thường", "vụ", "và", "các", "đảng", "bộ"}
    return " ".join(word if i and word in small else word[:1].upper() + word[1:] for i, word in enumerate(words))


def read_foot(foot: Sequence[Passage], body: Sequence[Passage]) -> Foot:
    """Recipients and signer. The signature may stand after "Nơi nhận" or, in a Word table, before it."""
    recipients: list[tuple[str, Passage]] = []
    rest: list[Passage] = []
    done = False
    for index, passage in enumerate(foot):
        text = passage.text
        if index == 0:
            text = re.sub(r"^nơi nhận\s*:?\s*", "", text, flags=re.IGNORECASE)
            if not text:
                continue
        listed = bool(_BULLET.match(text)) or text.endswith((";", ",")) or fold(text).startswith("luu")
        if done or not listed:
            rest.append(passage)
            done = done or bool(recipients)
            continue
        for item in re.split(r";\s*(?=[-–+])", text):
            name = _BULLET.sub("", item).strip().rstrip(";,.").strip()
            if name:
                recipients.append((name, passage))
        done = fold(_BULLET.sub("", text)).startswith("luu")
    zone = rest or list(body[-6:])
    signed_for = any(_TITLE_OF_SIGNER.match(p.folded) and p.text.isupper() for p in (*rest, *body[-6:]))
    names = [p for p in zone if _is_name(p.text) and not fold(p.text).startswith("luu")]
    if not names and rest:
        names = [p for p in body[-3:] if _is_name(p.text)]
    signer = names[-1] if names else None
    return Foot(tuple(recipients), signer.text if signer else None, signer, signed_for)
