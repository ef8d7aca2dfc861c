"""The sample plan, units, figures and texts as values, built here without the plan reader."""

from __future__ import annotations

import csv
import json
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from tracker.assembly.render import Draft, Letterhead
from tracker.assembly.rules import Contribution, merge_tables, merge_text
from tracker.core.calendar import OFFICE_ZONE
from tracker.plans.spec import Column, Milestone, OutlineItem, PlanSpec, Source, Table

HERE = Source(1, "x")
FOLDER = Path(__file__).parents[2] / "tracker/operate/sample"
YEARS = tuple(str(year) for year in range(2013, 2024))
ENTERED_AT = "2023-05-08T09:12:00+07:00"
AS_OF = datetime(2023, 5, 31, 15, 30, tzinfo=OFFICE_ZONE)
HEAD = Letterhead("Huyện ủy Phong Thổ", "Đảng bộ tỉnh Lai Châu", "Phong Thổ")


@cache
def figures() -> dict[str, Any]:
    return dict(json.loads((FOLDER / "sample-figures.json").read_text(encoding="utf-8")))


@cache
def texts() -> dict[str, Any]:
    return dict(json.loads((FOLDER / "sample-texts.json").read_text(encoding="utf-8")))


@cache
def story() -> dict[str, Any]:
    return dict(json.loads((FOLDER / "sample-story.json").read_text(encoding="utf-8")))


@cache
def units() -> list[dict[str, str]]:
    with (FOLDER / "units-phong-tho-2023.csv").open(encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))


def reviewed_at(moment: str) -> list[str]:
    """Codes of the units whose report is reviewed at an instant, by the events of the story."""
    at = datetime.fromisoformat(moment)
    after = {"submit": "submitted", "withdraw": "drafting", "send_back": "drafting", "accept": "reviewed"}
    after |= {"reopen": "submitted", "consolidate": "consolidated", "release": "reviewed"}
    found = []
    for each in story()["stories"]:
        state = "drafting"
        for event in each["events"]:
            if datetime.fromisoformat(event["at"]) <= at:
                state = after.get(event["step"], state)
        if state == "reviewed":
            found.append(each["code"])
    return found


@cache
def spec() -> PlanSpec:
    """Plan 271 as opened: its outline, its three tables, the owners of the single-source columns."""
    titles = {
        "1": "Kết quả tổ chức học tập, quán triệt các nghị quyết của Đảng từ khi ban hành Đề án",
        "2": "Số lượng, kết quả hoạt động của đội ngũ báo cáo viên các cấp",
        "3": "Kết quả kiểm tra, giám sát việc học tập, quán triệt, triển khai thực hiện nghị quyết của Đảng",
    }
    submit = datetime(2023, 5, 10, tzinfo=OFFICE_ZONE)
    return PlanSpec(
        number="271-KH/HU",
        kind="Kế hoạch",
        title=(
            "Tổng kết 10 năm thực hiện Đề án tiếp tục đổi mới, nâng cao chất lượng, hiệu quả công tác tuyên truyền, "
            "tổ chức học tập, quán triệt nghị quyết của Đảng"
        ),
        place="Phong Thổ",
        issued_on=date(2023, 2, 20),
        issuer="Ban Thường vụ Huyện ủy",
        signer="Nguyễn Văn Thanh",
        lead="Ban Tuyên giáo Huyện ủy",
        submit_to="Ban Thường vụ Huyện ủy",
        via="Ban Tuyên giáo Huyện ủy",
        basis=(),
        unit_groups=tuple(dict.fromkeys(unit["nhom"] for unit in units())),
        milestones=(
            Milestone("m1", "submit", "units", (), "trước ngày 10/5/2023", "before", date(2023, 5, 10),
                      date(2023, 5, 9), submit, HERE),
            Milestone("m2", "consolidate", "issuer", (), "trong tháng 5/2023", "within", date(2023, 5, 31),
                      date(2023, 5, 31), datetime(2023, 6, 1, tzinfo=OFFICE_ZONE), HERE),
        ),
        outline=_outline(),
        tables=tuple(
            Table(number, titles[number], YEARS, True, "Số liệu năm 2023 tính đến thời điểm báo cáo.", cols, HERE)
            for number, cols in _columns().items()
        ),
        recipients=(
            "Thường trực Tỉnh ủy (B/c)",
            "Thường trực Huyện ủy (B/c)",
            "Các ban đảng huyện",
            "Lưu VPHU",
        ),
        warnings=(),
        source=HERE,
    )  # fmt: skip


def _outline() -> tuple[OutlineItem, ...]:
    chapters = [
        ("ĐẶC ĐIỂM TÌNH HÌNH CHUNG VÀ CÔNG TÁC LÃNH ĐẠO, CHỈ ĐẠO THỰC HIỆN ĐỀ ÁN 1327",
         ["Đặc điểm tình hình chung", "Thuận lợi, khó khăn", "Việc tổ chức học tập, quán triệt Đề án",
          "Công tác lãnh, chỉ đạo triển khai thực hiện Đề án"]),
        ("KẾT QUẢ 10 NĂM THỰC HIỆN ĐỀ ÁN 1327",
         ["Về đổi mới, nâng cao chất lượng, hiệu quả công tác lãnh đạo, chỉ đạo tuyên truyền, tổ chức học tập, quán "
          "triệt nghị quyết của Đảng", "Về đổi mới, nâng cao chất lượng, hiệu quả công tác tuyên truyền, phổ biến "
          "nghị quyết của Đảng", "Việc đổi mới, nâng cao chất lượng đội ngũ báo cáo viên",
          "Việc đổi mới, nâng cao chất lượng các khâu tổ chức học tập, quán triệt nghị quyết"]),
        ("ĐÁNH GIÁ CHUNG", ["Một số kết quả nổi bật", "Những hạn chế, khuyết điểm và nguyên nhân",
                            "Bài học kinh nghiệm"]),
        ("NHIỆM VỤ, GIẢI PHÁP, ĐỀ XUẤT, KIẾN NGHỊ", ["Nhiệm vụ, giải pháp", "Đề xuất, kiến nghị"]),
    ]  # fmt: skip
    items = []
    for roman, (title, sections) in zip(("I", "II", "III", "IV"), chapters, strict=True):
        children = []
        for index, name in enumerate(sections, 1):
            number = f"{roman}.{index}"
            inner: tuple[OutlineItem, ...] = ()
            if number == "IV.2":
                inner = tuple(
                    OutlineItem(f"IV.2.{at}", False, words, (), (), HERE)
                    for at, words in enumerate(("Đối với tỉnh.", "Đối với huyện."), 1)
                )
            children.append(OutlineItem(number, True, name, (), inner, HERE))
        items.append(OutlineItem(roman, True, title, (), tuple(children), HERE))
    return tuple(items)


def _columns() -> dict[str, tuple[Column, ...]]:
    found: dict[str, list[Column]] = {}
    for number, columns in figures()["columns"].items():
        found[number] = [
            Column(c["key"], tuple(c["path"]), "integer", c["over_units"], c.get("only_unit"),
                   "sum" if c["kind"] == "flow" else "none", None, HERE)
            for c in columns
        ]  # fmt: skip
    after = {"members_percent": "members_total", "non_members_percent": "non_members_total",
             "people_total": "non_members_percent"}  # fmt: skip
    for derived in figures()["derived"]:
        percent = derived["key"].endswith("percent")
        column = Column(
            derived["key"], tuple(derived["path"]), "percent" if percent else "integer", "derived", None,
            "derived" if percent else "sum", derived["formula"], HERE,
        )  # fmt: skip
        place = [c.key for c in found[derived["table"]]].index(after[derived["key"]])
        found[derived["table"]].insert(place + 1, column)
    return {number: tuple(columns) for number, columns in found.items()}


def tables_of(code: str) -> dict[str, Any]:
    """The tables of a unit as stored; a year before the unit was founded is "not_applicable" in every cell."""
    unit = next(u for u in figures()["units"] if u["code"] == code)
    found: dict[str, Any] = {}
    for number, rows in unit["tables"].items():
        keys = [c["key"] for c in figures()["columns"][number] if c["over_units"] == "sum" or c["only_unit"] == code]
        absent = unit.get("not_applicable_columns", {}).get(number, [])
        found[number] = {
            row: dict.fromkeys(keys, cells)
            if isinstance(cells, str)
            else {**dict.fromkeys(absent, "not_applicable"), **cells}
            for row, cells in rows.items()
        }
    return found


def sections_of(code: str) -> dict[str, str]:
    """The texts of a unit, its figures filled in."""
    chosen = texts()["units"][code]
    words = next(u for u in figures()["units"] if u["code"] == code)["placeholders"]
    found = {}
    for number, variant in chosen["variants"].items():
        html = texts()["archetypes"][chosen["archetype"]][number][variant]
        for key, value in words.items():
            html = html.replace("{" + key + "}", value)
        found[number] = html
    return found


def contributions(codes: list[str] | None = None, state: str = "reviewed") -> list[Contribution]:
    """What the units bring, in protocol order; by default all 58."""
    found = []
    for index, unit in enumerate(units(), 1):
        if codes is not None and unit["ma"] not in codes:
            continue
        tables = tables_of(unit["ma"])
        entered = {
            n: {row: {key: ["Lò Thị Mai", ENTERED_AT] for key in cells} for row, cells in rows.items()}
            for n, rows in tables.items()
        }
        found.append(
            Contribution(unit["ma"], unit["ten_don_vi"], index, 7, state, sections_of(unit["ma"]), tables, entered)
        )
    return found


def draft(chosen: list[Contribution], *, provisional: bool = False, head: Letterhead = HEAD) -> Draft:
    """The consolidated report of some contributions, in values."""
    have = {each.unit for each in chosen}
    return Draft(
        spec(),
        head,
        AS_OF,
        provisional,
        chosen,
        [(unit["ma"], unit["ten_don_vi"]) for unit in units() if unit["ma"] not in have],
        merge_tables(spec(), [(each.unit, each.tables) for each in chosen]),
        merge_text(spec(), [(each.unit, each.sections) for each in chosen]),
    )
