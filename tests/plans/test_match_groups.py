"""Units meet the plan's groups without anybody's guess."""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pytest

from tracker.plans.groups import groups_named, match_groups, same_body

BOARDS = "Các ban xây dựng đảng huyện"
CENTRE = "Trung tâm Văn hóa, thể thao và truyền thông huyện"
FRONT = "Ủy ban Mặt trận Tổ quốc và các đoàn thể huyện"
BASE = "Các chi, đảng bộ cơ sở"
GROUPS = (BOARDS, CENTRE, FRONT, BASE)
UNITS = Path(__file__).parents[2] / "tracker/operate/sample/units-phong-tho-2023.csv"


def test_all_58_sample_units_meet_a_group() -> None:
    with UNITS.open(encoding="utf-8", newline="") as file:
        units = [(row["ma"], row["ten_don_vi"], row["nhom"]) for row in csv.DictReader(file)]
    found, leftovers = match_groups(units, GROUPS)
    assert leftovers == []
    assert Counter(found.values()) == {BOARDS: 5, CENTRE: 1, FRONT: 6, BASE: 46}
    assert found["TTVHTTTT"] == CENTRE


@pytest.mark.parametrize(
    ("name", "group"),
    [
        ("Các ban xây dựng Đảng huyện", BOARDS),
        ("các ban đảng huyện", BOARDS),
        ("UBMTTQ và các đoàn thể huyện", FRONT),
        ("MTTQ và các đoàn thể huyện", FRONT),
        ("Uỷ ban MTTQ Việt Nam và các đoàn thể huyện", FRONT),
        ("Các chi, đảng bộ trực thuộc", BASE),
        ("Chi bộ, đảng bộ cơ sở", BASE),
        ("CÁC CHI, ĐẢNG BỘ CƠ SỞ", BASE),
        ("Trung tâm Văn hoá, Thể thao và Truyền thông huyện", CENTRE),
    ],
)
def test_small_differences_of_wording_are_no_difference(name: str, group: str) -> None:
    assert match_groups([("A", "Một đơn vị", name)], GROUPS) == ({"A": group}, [])


def test_what_meets_no_group_is_left_over_not_guessed() -> None:
    unit = ("X", "Công ty A", "Doanh nghiệp")
    assert match_groups([unit, ("Y", "Chi bộ B", "")], GROUPS) == ({}, [unit, ("Y", "Chi bộ B", "")])


def test_an_alias_of_the_office_decides() -> None:
    found, leftovers = match_groups([("X", "Công ty A", "Doanh nghiệp")], GROUPS, {"doanh nghiệp": BASE})
    assert (found, leftovers) == ({"X": BASE}, [])


def test_state_abbreviations_are_known() -> None:
    assert same_body("UBND các xã, thị trấn", "Ủy ban nhân dân các xã, thị trấn")
    assert not same_body("UBND các xã", "HĐND các xã")


def test_guidance_that_names_a_kind_of_body_speaks_to_its_group() -> None:
    assert groups_named("Mặt trận Tổ quốc và các đoàn thể chính trị - xã hội", "Kết quả.", GROUPS) == (FRONT,)
    assert groups_named("Các cơ quan thông tin tuyên truyền", "Việc xây dựng.", GROUPS) == (CENTRE,)
    assert groups_named("Các cơ quan thông tin tuyên truyền", "của ban tuyên giáo.", GROUPS) == (BOARDS, CENTRE)
    assert groups_named("Đối với cấp ủy, chính quyền các cấp", "Việc chỉ đạo.", GROUPS) == ()
    assert groups_named("Kết quả công tác của Mặt trận", "x", GROUPS) == ()
