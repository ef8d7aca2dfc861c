"""The people of the sample: invented names, addresses under .example, telephone numbers that ring nowhere."""

from __future__ import annotations

import random
from dataclasses import dataclass

from tracker.core.people import Role
from tracker.core.text import N_

PASSWORD = "phong-tho-271"  # noqa: S105 - the sample prints it; it opens nothing but invented data
ACCOUNTS = (
    ("mai.lt@namxe.example", N_("Người làm báo cáo, Đảng bộ xã Nậm Xe")),
    ("lysa@namxe.example", N_("Người đứng đầu, Đảng bộ xã Nậm Xe")),
    ("hanh.nt@phongtho.example", N_("Cơ quan chủ trì, Ban Tuyên giáo")),
    ("thuongtruc@phongtho.example", N_("Thường trực Huyện ủy, chỉ xem")),
    ("quantri@phongtho.example", N_("Quản trị")),
)
SHOWN = tuple(email for email, _who in ACCOUNTS)
WITHOUT_ADDRESS = "CB-NH"

_SURNAMES = ("Lò", "Lý", "Giàng", "Vàng", "Tẩn", "Phàn", "Chẻo", "Hoàng", "Nguyễn", "Trần", "Đỗ", "Bùi", "Phạm", "Lê")
_MIDDLE = ("Văn", "Thị", "A", "Minh", "Thu", "Đức", "Ngọc", "Quang", "Hải", "Thanh")
_GIVEN = ("Dê", "Sình", "Páo", "Chu", "Lùng", "Hạnh", "Quân", "Tuấn", "Hà", "Mai", "Hương", "Dũng", "Sơn", "Hòa",
          "Liên", "Tủa", "Pao", "Thắng", "Yến", "Đạt")  # fmt: skip


@dataclass(frozen=True, slots=True)
class SamplePerson:
    """One invented person."""

    email: str
    name: str
    phone: str
    role: Role
    unit: str | None


def office() -> list[SamplePerson]:
    """Lead office, oversight, administrator."""
    return [
        SamplePerson("hanh.nt@phongtho.example", "Nguyễn Thị Hạnh", "0213 000 271", Role.LEAD, None),
        SamplePerson("sinh.va@phongtho.example", "Vàng A Sình", "0213 000 272", Role.LEAD, None),
        SamplePerson("thuongtruc@phongtho.example", "Thường trực Huyện ủy", "0213 000 270", Role.OVERSIGHT, None),
        SamplePerson("quantri@phongtho.example", "Đỗ Quang Minh", "0213 000 273", Role.ADMIN, None),
    ]


def of_units(codes: list[str]) -> list[SamplePerson]:
    """A reporter and a head for every unit; one unit has nobody with an address, so that the ledger shows it."""
    people: list[SamplePerson] = []
    for place, code in enumerate(codes):
        if code == WITHOUT_ADDRESS:
            continue
        if code == "DB-NX":
            people.append(SamplePerson("mai.lt@namxe.example", "Lò Thị Mai", _phone(place, 0), Role.REPORTER, code))
            people.append(SamplePerson("lysa@namxe.example", "Lý A Sà", _phone(place, 5), Role.UNIT_HEAD, code))
            continue
        short = code.lower().replace("-", "")
        people.append(SamplePerson(f"vp@{short}.example", _name(code, "r"), _phone(place, 0), Role.REPORTER, code))
        people.append(
            SamplePerson(f"phutrach@{short}.example", _name(code, "h"), _phone(place, 5), Role.UNIT_HEAD, code)
        )
    return people


def contact(code: str, place: int) -> tuple[str, str]:
    """Name and telephone of whoever answers for a unit."""
    if code == WITHOUT_ADDRESS:
        return "Trần Thu Hà", _phone(place, 0)
    if code == "DB-NX":
        return "Lò Thị Mai", _phone(place, 0)
    return _name(code, "r"), _phone(place, 0)


def _phone(place: int, offset: int) -> str:
    return f"0912 000 {(place * 10 + offset + 100) % 1000:03}"


def _name(code: str, which: str) -> str:
    draw = random.Random(f"{code}:{which}")
    return f"{draw.choice(_SURNAMES)} {draw.choice(_MIDDLE)} {draw.choice(_GIVEN)}"
