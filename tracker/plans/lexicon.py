"""Words: document kinds, abbreviations of bodies, header phrases of tables, and slips that scanning makes.

Only data and look-ups; who uses them decides what they mean.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from tracker.core.text import fold

# Kinds of document that may set a campaign going, folded → as it is written in a sentence.
KINDS: Final = {
    "ke hoach": "Kế hoạch",
    "huong dan": "Hướng dẫn",
    "thong bao": "Thông báo",
    "chi thi": "Chỉ thị",
    "quyet dinh": "Quyết định",
    "phuong an": "Phương án",
    "chuong trinh": "Chương trình",
    "cong van": "Công văn",
}

# Folded abbreviation → folded words (domain, section 3).
ABBREVIATIONS: Final = {
    "ubmttqvn": "uy ban mat tran to quoc",
    "ubmttq": "uy ban mat tran to quoc",
    "ubmt": "uy ban mat tran to quoc",
    "mttq": "mat tran to quoc",
    "ubnd": "uy ban nhan dan",
    "hdnd": "hoi dong nhan dan",
    "ubkt": "uy ban kiem tra",
    "btg": "ban tuyen giao",
    "btc": "ban to chuc",
    "bdv": "ban dan van",
    "bch": "ban chap hanh",
    "btv": "ban thuong vu",
    "vphu": "van phong huyen uy",
    "vptu": "van phong tinh uy",
    "vp": "van phong",
    "ldld": "lien doan lao dong",
    "lhpn": "lien hiep phu nu",
    "ccb": "cuu chien binh",
    "tncs": "thanh nien cong san",
    "hu": "huyen uy",
    "tu": "tinh uy",
}


@dataclass(frozen=True, slots=True)
class Slip:
    """A known slip of the hand or of the scanner: what stands there, how it reads, and the question to ask."""

    code: str
    pattern: re.Pattern[str]
    right: str
    headers_only: bool = False

    def mend(self, text: str) -> str:
        """The text with the slip mended, capitals kept."""
        return self.pattern.sub(lambda found: like(found.group(), self.right), text)


def like(model: str, text: str) -> str:
    """`text` in the capitals of `model`."""
    if model.isupper() and len(model) > 1:
        return text.upper()
    return text[:1].upper() + text[1:] if model[:1].isupper() else text


SLIPS: Final = (
    Slip("misspelling", re.compile(r"\bquản triệt\b", re.IGNORECASE), "quán triệt"),
    Slip("lost_d_bar", re.compile(r"\bNLD\b"), "NLĐ", headers_only=True),
    Slip("lost_d_bar", re.compile(r"\bDV\b"), "ĐV", headers_only=True),
    # A scanner reads Ủ as ủ; a common noun would not be followed by a proper name.
    Slip("lowercase_name", re.compile(r"(?<=[;,.] )ủy ban(?= [A-ZĐ])"), "Ủy ban"),
    Slip("stray_comma", re.compile(r"\bchương trình, hành động\b", re.IGNORECASE), "chương trình hành động"),
    Slip("comma_in_verbs", re.compile(r"\bchủ trì, theo dõi\b", re.IGNORECASE), "chủ trì theo dõi"),
)


def mend_header(text: str) -> str:
    """A header or title as it should read: every known slip mended."""
    for slip in SLIPS:
        text = slip.mend(text)
    return text


# Header phrases of the appendix tables, most particular first: folded pattern → part of a column key.
# A part that begins with '@' says only where (level) and goes to the end of the key; '' says nothing.
HEADERS: Final = tuple(
    (re.compile(pattern), part)
    for pattern, part in (
        (r"^ket qua( hoat dong| thuc hien)?$", ""),
        (r"^(trong do|chia ra)$", ""),
        (r"^so luong,? ket qua", ""),
        (r"chua (la|phai la) (dv|dang vien)", "non_members"),
        (r"^ubkt cap uy cap tinh", "province_ubkt"),
        (r"^ubkt cap uy cap huyen", "district_ubkt"),
        (r"^(ubkt cap uy (co so|cap xa))|^ubkt dang uy", "base_ubkt"),
        (r"^cap uy cap tinh", "province_committee"),
        (r"^cap uy cap huyen", "district_committee"),
        (r"^cap uy co so", "base_committee"),
        (r"^cap uy truc thuoc", "subordinate_committee"),
        (r"^chi bo truc thuoc", "subordinate_cell"),
        (r"bao cao vien", "reporters"),
        (r"tuyen truyen vien", "propagandists"),
        (r"\btai lieu\b", "documents"),
        (r"(tong )?so (can bo, dang vien|nguoi) (duoc )?(hoc tap|tham gia)", "people_total"),
        (r"tong so nguoi", "people_total"),
        (r"(hoi nghi|lop hoc)\b", "conferences"),
        (r"luot nguoi", "people"),
        (r"^(so )?nguoi( tham gia)?$", "people"),
        (r"^(so )?(dang vien|dv)\b", "members"),
        (r"^(can bo, cong chuc|cb, cong chuc|cb, cc)", "staff"),
        (r"kiem tra, giam sat", "inspection_supervision"),
        (r"^kiem tra", "inspection"),
        (r"^giam sat", "supervision"),
        (r"^so cuoc( kiem tra| giam sat)?$", "count"),
        (r"^(so )?tap the|^to chuc dang$", "collectives"),
        (r"^(so )?ca nhan", "individuals"),
        (r"(duoc )?(hoc tap|hoc|tham gia|quan triet)$", "learnt"),
        (r"(hoan thanh|dat)$", "done"),
        (r"^(tong so|tong cong|tong|so trieu tap)$", "total"),
        (r"%|^ty le", "percent"),
        (r"^cap tinh", "@province"),
        (r"^cap huyen", "@district"),
        (r"^cap co so", "@base"),
        (r"^cap xa", "@commune"),
        (r"^nam$", "men"),
        (r"^nu$", "women"),
        (r"^kinh phi", "budget"),
    )
)

# Numbers of what is there, not of what happened: never added over years (domain, "Columns").
STOCK: Final = re.compile(
    r"^so luong (?!.*(hoi nghi|luot|cuoc|lop))|hien co|bien che|dan so|"
    r"^tong so (dang vien|can bo|chi bo|dang bo|to chuc)"
)

LEVELS: Final = ("trung uong", "tinh", "huyen", "xa")
# Ends of body names that tell the level of the one who issues a plan.
LEVEL_WORDS: Final = (
    (re.compile(r"\btrung uong\b|\bban bi thu\b|\bbo chinh tri\b"), "trung uong"),
    (re.compile(r"\btinh( uy)?\b|\bthanh uy\b"), "tinh"),
    (re.compile(r"\bhuyen( uy)?\b|\bthi uy\b|\bquan( uy)?\b"), "huyen"),
    (re.compile(r"\bxa\b|\bphuong\b|\bthi tran\b|\bdang uy\b"), "xa"),
)


def level_of(body: str | None) -> str | None:
    """The level of a body by its name: 'trung uong', 'tinh', 'huyen', 'xa'; None if the name does not say."""
    folded = fold(body or "")
    return next((level for pattern, level in LEVEL_WORDS if pattern.search(folded)), None)


def header_part(text: str) -> str | None:
    """The part of a column key that a header phrase stands for; None if the phrase is not known."""
    folded = fold(text)
    return next((part for pattern, part in HEADERS if pattern.search(folded)), None)


def slug(text: str, words: int = 5) -> str:
    """A key part for a phrase that nobody knows: its first folded words."""
    return "_".join(re.findall(r"[a-z0-9]+", fold(text))[:words])
