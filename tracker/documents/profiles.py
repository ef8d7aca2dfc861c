"""Layout profiles as data: every size of a Party or state document in one place, chosen by issuer and date.

Nothing is drawn here: docx.py and pdf.py read a profile, and a clerk who holds the paper corrects it here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

Kind = Literal["party", "state"]

PARTY_RULE_05_FROM = date(2026, 5, 27)
"""First day of Hướng dẫn 05-HD/VPTW, which replaces 36-HD/VPTW (03/4/2018)."""

RULE_SHARE = 0.42
"""Rule below a body's name or a summary in the state's way: 1/3 to 1/2 of the text (Nghị định 30, Phụ lục I)."""

_ROMAN = ((10, "X"), (9, "IX"), (5, "V"), (4, "IV"), (1, "I"))


@dataclass(frozen=True, slots=True)
class Face:
    """Type of one component: size in points, weight, slope, case."""

    size: float
    bold: bool = False
    italic: bool = False
    upper: bool = False
    underline: bool = False


@dataclass(frozen=True, slots=True)
class Motto:
    """One line at the right of the head; `rule_mm`: width of the rule below, as long as the text (0: none)."""

    text: str
    face: Face
    rule_mm: float = 0.0


@dataclass(frozen=True, slots=True)
class Profile:
    """The layout of one rule. Lengths in millimetres, type sizes, gaps and line pitch in points."""

    key: str
    rule: str
    kind: Kind

    paper_mm: tuple[float, float] = (210.0, 297.0)
    margin_top: float = 20.0
    margin_bottom: float = 20.0
    margin_left: float = 30.0
    margin_right: float = 15.0
    font: str = "Times New Roman"

    page_number_size: float = 14.0
    page_number_from_edge: float = 10.0
    appendix_restarts_pages: bool = False

    head_columns: tuple[float, float] = (77.0, 88.0)
    mottoes: tuple[Motto, ...] = ()
    parent: Face = Face(14, upper=True)
    issuer: Face = Face(14, bold=True, upper=True)
    issuer_mark: Literal["asterisk", "rule"] = "asterisk"
    number_prefix: str = "Số "
    number: Face = Face(14)
    number_joiner: str = "-"
    place_date: Face = Face(14, italic=True)

    title: Face = Face(15, bold=True, upper=True)
    subtitle: Face = Face(14, bold=True)
    subtitle_mark: Literal["hyphens", "rule"] = "hyphens"
    about: Face = Face(12, italic=True)
    about_prefix: str = ""
    addressees: Face = Face(14)

    body_size: float = 14.0
    first_line: float = 10.0
    paragraph_gap: float = 6.0
    line_exact: float | None = 18.0
    line_multiple: float = 1.0
    headings: tuple[Face, ...] = (
        Face(14, bold=True, upper=True),
        Face(14, bold=True),
        Face(14, bold=True, italic=True),
        Face(14, italic=True),
    )
    end_mark: str = "."

    authority: Face = Face(14, bold=True, upper=True)
    position: Face = Face(14, upper=True)
    signer: Face = Face(14, bold=True)
    recipients_head: Face = Face(14, underline=True)
    recipients: Face = Face(12)

    appendix_word: str = "Phụ lục số %s"
    appendix_digits: Literal["arabic", "roman"] = "arabic"
    appendix_label: Face = Face(14, bold=True)
    appendix_title: Face = Face(14, bold=True, upper=True)
    appendix_attached: Face = Face(14, italic=True)
    table_size: float = 12.0
    table_size_many: float = 9.5
    table_many_columns: int = 13
    note: Face = Face(12, italic=True)

    @property
    def text_width(self) -> float:
        """Width of the text on a portrait page, mm (165 under the Party's and our state margins)."""
        return self.paper_mm[0] - self.margin_left - self.margin_right

    @property
    def text_width_landscape(self) -> float:
        """Width of the text on a landscape page, mm (252)."""
        return self.paper_mm[1] - self.margin_left - self.margin_right

    def heading(self, level: int) -> Face:
        """Face of a heading of `level` (1 is the highest); deeper levels look like the deepest."""
        return self.headings[min(max(level, 1), len(self.headings)) - 1]

    def appendix_name(self, number: int) -> str:
        """`Phụ lục số 1` in the Party's way, `Phụ lục I` in the state's."""
        return self.appendix_word % (roman(number) if self.appendix_digits == "roman" else str(number))

    def number_line(self, number: str | None, symbol: str) -> str:
        """`Số 271-KH/HU`, `Số: 15/QĐ-BNV`; without a number the place for it stays open (`Số      -BC/HU`).

        A number below 10 gets a leading zero (Hướng dẫn 36, Nghị định 30).
        """
        shown = "      " if not number else number.strip().zfill(2)
        return f"{self.number_prefix}{shown}{self.number_joiner}{symbol}"


_HD36 = Profile(
    key="dang_hd36",
    rule="Hướng dẫn 36-HD/VPTW ngày 03/4/2018, Phụ lục 3",
    kind="party",
    mottoes=(Motto("ĐẢNG CỘNG SẢN VIỆT NAM", Face(15, bold=True, upper=True), rule_mm=72.7),),
)

# Wherever both could be read, 05 keeps the sizes of 36; a difference is corrected here and nowhere else.
_HD05 = replace(_HD36, key="dang_hd05", rule="Hướng dẫn 05-HD/VPTW ngày 27/5/2026")

_ND30 = Profile(
    key="nd30",
    rule="Nghị định 30/2020/NĐ-CP, Phụ lục I",
    kind="state",
    page_number_size=13,
    appendix_restarts_pages=True,
    head_columns=(72.0, 93.0),
    mottoes=(
        Motto("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", Face(12, bold=True, upper=True)),
        Motto("Độc lập - Tự do - Hạnh phúc", Face(13, bold=True), rule_mm=56.1),
    ),
    parent=Face(12, upper=True),
    issuer=Face(12, bold=True, upper=True),
    issuer_mark="rule",
    number_prefix="Số: ",
    number=Face(13),
    number_joiner="/",
    place_date=Face(13, italic=True),
    title=Face(14, bold=True, upper=True),
    subtitle=Face(14, bold=True),
    subtitle_mark="rule",
    about=Face(12),
    about_prefix="V/v ",
    line_exact=None,
    line_multiple=1.15,
    end_mark="./.",
    position=Face(14, bold=True, upper=True),
    recipients_head=Face(12, bold=True, italic=True),
    recipients=Face(11),
    appendix_word="Phụ lục %s",
    appendix_digits="roman",
)

PROFILES: dict[str, Profile] = {profile.key: profile for profile in (_HD36, _HD05, _ND30)}


def profile_for(kind: Kind, issued_on: date) -> Profile:
    """The profile in force for an issuer of `kind` ("party" or "state") on the day of issue."""
    if kind == "state":
        return _ND30
    return _HD05 if issued_on >= PARTY_RULE_05_FROM else _HD36


def roman(number: int) -> str:
    """1 -> I, 4 -> IV; for appendices (1 to 39)."""
    out = ""
    for value, sign in _ROMAN:
        while number >= value:
            out += sign
            number -= value
    return out


def long_date(place: str, issued_on: date | None, year: int | None = None) -> str:
    """`Phong Thổ, ngày 20 tháng 02 năm 2023`; without a day the places stay open for the clerk.

    A leading zero for days below 10 and for months 1 and 2 only (Nghị định 30, Phụ lục I).
    """
    if issued_on is None:
        return f"{place}, ngày       tháng       năm {year if year is not None else '      '}"
    month = f"{issued_on.month:02d}" if issued_on.month < 3 else str(issued_on.month)
    return f"{place}, ngày {issued_on.day:02d} tháng {month} năm {issued_on.year}"
