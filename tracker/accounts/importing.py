"""The list of units: a CSV or XLSX file into rows, all or nothing, and rows into units.

The columns are the contract's (contract.md, `tracker units import`). Opening a campaign is in reports/.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any, Final

from tracker.accounts import rules
from tracker.accounts.models import Unit
from tracker.accounts.queries import units
from tracker.audit.service import record
from tracker.core.db import session
from tracker.core.errors import Forbidden, Invalid, Refusal
from tracker.core.people import Actor, Role
from tracker.core.text import N_, fold, one_line
from tracker.documents.sheet import read_rows

LARGEST: Final = 5 * 1024 * 1024
MOST_ROWS: Final = 20_000
_SHOWN: Final = 50

_REQUIRED = ("ma", "ten_don_vi", "nhom")
_OPTIONAL = ("thu_tu", "ten_ngan", "nop_so_lieu", "nguoi_lien_he", "dien_thoai", "email")
_LENGTHS = {"ma": 40, "ten_don_vi": 300, "nhom": 300, "ten_ngan": 120, "nguoi_lien_he": 200, "dien_thoai": 40}
_YES = {"", "1", "co", "x", "yes", "true", "dung"}
_NO = {"0", "khong", "no", "false", "sai"}
_HIDDEN = re.compile(r"[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\u00ad]")
Cells = list[str]


@dataclass(frozen=True, slots=True)
class UnitRow:
    """One unit as the list gives it. `position` from 1; `notes`: the columns that have no name of ours."""

    code: str
    name: str
    group: str
    position: int
    short_name: str = ""
    submits_figures: bool = True
    contact_name: str = ""
    contact_phone: str = ""
    contact_email: str = ""
    notes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Imported:
    """How many units are new, and how many were there and changed."""

    added: int
    changed: int


def read_units(name: str, data: bytes) -> list[UnitRow]:
    """The rows of a list. Raises Invalid; its `problems` name row (as the file counts them) and column, all at once."""
    if len(data) > LARGEST:
        raise Invalid("list_too_large", N_("Tệp danh sách lớn hơn 5 MB. Tách thành nhiều tệp."))
    return rows_of(list(enumerate(read_rows(data, name), 1)))


def rows_of(lines: Sequence[tuple[int, Cells]]) -> list[UnitRow]:
    """Rows from (line number, cells), the first with the names of the columns."""
    lines = [(number, cells) for number, cells in lines if any(cell.strip() for cell in cells)]
    if not lines:
        raise Invalid("list_empty", N_("Tệp danh sách trống."))
    if len(lines) > MOST_ROWS + 1:
        raise Invalid("list_too_long", N_("Danh sách có hơn %(n)s dòng. Tách thành nhiều tệp."), n=MOST_ROWS)
    head = _head(lines[0][1])
    problems: list[Refusal] = []
    rows: list[UnitRow] = []
    codes: dict[str, int] = {}
    names: dict[tuple[str, str], int] = {}
    for place, (number, cells) in enumerate(lines[1:], 1):
        row = _row(number, place, dict(zip(head, [*cells, *[""] * (len(head) - len(cells))], strict=False)), problems)
        if row.code and (first := codes.setdefault(row.code.casefold(), number)) != number:
            problems.append(_twice(number, "ma", row.code, first))
        key = (fold(row.name), fold(row.group))
        if row.name and (first := names.setdefault(key, number)) != number:
            problems.append(_twice(number, "ten_don_vi", row.name, first))
        rows.append(row)
    if not rows:
        raise Invalid("list_empty", N_("Tệp danh sách chỉ có dòng tiêu đề, chưa có đơn vị nào."))
    if problems:
        raise Invalid(
            "bad_list",
            N_("Danh sách đơn vị còn %(n)s chỗ phải sửa, chưa nhập dòng nào."),
            problems=problems[:_SHOWN],
            n=len(problems),
        )
    return rows


def import_units(rows: Sequence[UnitRow], actor: Actor, now: datetime) -> Imported:
    """Write the rows: a code that is there is brought up to date, the others are new; nobody is removed."""
    if not (actor.has(Role.ADMIN) or actor.has(Role.LEAD)):
        raise Forbidden("not_admin", N_("Chỉ người quản trị hoặc cơ quan chủ trì nhập được danh sách đơn vị."))
    known = {unit.code.casefold(): unit for unit in units()}
    added = altered = 0
    for row in rows:
        unit = known.get(row.code.casefold())
        if unit is None:
            unit = Unit(code=row.code)
            session().add(unit)
            added += 1
        elif differs(unit, row):
            altered += 1
        else:
            continue
        for name, value in _fields(row).items():
            setattr(unit, name, value)
    session().flush()
    record("units.import", "units", actor, now, {"rows": len(rows), "added": added, "changed": altered})
    return Imported(added, altered)


def differs(unit: Unit, row: UnitRow) -> bool:
    """True if the list says something else than the unit's row."""
    return any(getattr(unit, name) != value for name, value in _fields(row).items())


def rows_to_json(rows: Sequence[UnitRow]) -> list[dict[str, Any]]:
    """Rows to carry from the preview to the confirmation."""
    return [asdict(row) for row in rows]


def rows_from_json(data: Any) -> list[UnitRow]:
    """What `rows_to_json` gave."""
    return [UnitRow(**row) for row in data]


def _fields(row: UnitRow) -> dict[str, Any]:
    return {
        "name": row.name,
        "short_name": row.short_name,
        "group_name": row.group,
        "position": row.position,
        "submits_figures": row.submits_figures,
        "contact_name": row.contact_name,
        "contact_phone": row.contact_phone,
        "contact_email": row.contact_email,
        "notes": dict(row.notes),
    }


def _head(cells: Cells) -> list[str]:
    names = [re.sub(r"[^a-z0-9]+", "_", fold(_clean(cell))).strip("_") for cell in cells]
    missing = [name for name in _REQUIRED if name not in names]
    if missing:
        raise Invalid(
            "list_head",
            N_("Dòng tiêu đề thiếu cột %(missing)s. Các cột cần có: ma, ten_don_vi, nhom."),
            missing=", ".join(missing),
        )
    for name in (*_REQUIRED, *_OPTIONAL):
        if names.count(name) > 1:
            raise Invalid("list_head", N_("Dòng tiêu đề có hai cột %(name)s."), name=name)
    return [name or f"cot_{place}" for place, name in enumerate(names, 1)]


def _row(number: int, place: int, cells: Mapping[str, str], problems: list[Refusal]) -> UnitRow:
    text = {name: _clean(value) for name, value in cells.items()}
    for name in _REQUIRED:
        if not text[name]:
            problems.append(_wrong(number, name, N_("Dòng %(row)s, cột %(column)s: để trống.")))
    for name, longest in _LENGTHS.items():
        if len(text.get(name, "")) > longest:
            problems.append(
                _wrong(number, name, N_("Dòng %(row)s, cột %(column)s: dài quá %(longest)s ký tự."), longest=longest)
            )
    return UnitRow(
        code=text["ma"],
        name=text["ten_don_vi"],
        group=text["nhom"],
        position=_position(number, place, text.get("thu_tu", ""), problems),
        short_name=text.get("ten_ngan", ""),
        submits_figures=_flag(number, text.get("nop_so_lieu", ""), problems),
        contact_name=text.get("nguoi_lien_he", ""),
        contact_phone=text.get("dien_thoai", ""),
        contact_email=_email(number, text.get("email", ""), problems),
        notes={name: value for name, value in text.items() if value and name not in (*_REQUIRED, *_OPTIONAL)},
    )


def _position(number: int, place: int, text: str, problems: list[Refusal]) -> int:
    if not text:
        return place
    whole = re.fullmatch(r"(\d{1,6})(?:\.0+)?", text)
    if whole is None:
        problems.append(
            _wrong(number, "thu_tu", N_("Dòng %(row)s, cột %(column)s: «%(raw)s» không phải số thứ tự."), raw=text)
        )
        return place
    return int(whole.group(1))


def _flag(number: int, text: str, problems: list[Refusal]) -> bool:
    word = fold(text).removesuffix(".0")
    if word in _NO:
        return False
    if word not in _YES:
        problems.append(
            _wrong(
                number,
                "nop_so_lieu",
                N_("Dòng %(row)s, cột %(column)s: ghi 1 (có nộp số liệu) hoặc 0 (không), đang là «%(raw)s»."),
                raw=text,
            )
        )
    return True


def _email(number: int, text: str, problems: list[Refusal]) -> str:
    if not text:
        return ""
    try:
        return rules.clean_email(text)
    except Invalid:
        problems.append(
            _wrong(number, "email", N_("Dòng %(row)s, cột %(column)s: «%(raw)s» không phải địa chỉ thư."), raw=text)
        )
        return ""


def _wrong(number: int, column: str, sentence: str, **params: str | int) -> Refusal:
    return Refusal("bad_cell", sentence, {"row": number, "column": column}, row=number, column=column, **params)


def _twice(number: int, column: str, raw: str, first: int) -> Refusal:
    return _wrong(
        number, column, N_("Dòng %(row)s, cột %(column)s: «%(raw)s» đã có ở dòng %(first)s."), raw=raw, first=first
    )


def _clean(text: str) -> str:
    return one_line(_HIDDEN.sub("", text))
