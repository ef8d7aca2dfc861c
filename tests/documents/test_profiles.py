"""The layout of a document follows its issuer and its day (domain.md's sources: guide 36, guide 05, decree 30)."""

from __future__ import annotations

from datetime import date

import pytest

from tracker.documents.profiles import PROFILES, long_date, profile_for


@pytest.mark.parametrize(
    ("kind", "day", "key"),
    [
        ("party", date(2023, 2, 20), "dang_hd36"),
        ("party", date(2026, 5, 26), "dang_hd36"),
        ("party", date(2026, 5, 27), "dang_hd05"),
        ("state", date(2023, 2, 20), "nd30"),
    ],
)
def test_the_issuer_and_the_day_choose_the_profile(kind: str, day: date, key: str) -> None:
    assert profile_for(kind, day).key == key  # type: ignore[arg-type]  # the parameters are the two kinds


def test_margins_give_165_and_252_millimetres_of_text() -> None:
    for profile in PROFILES.values():
        assert profile.text_width == 165
        assert profile.text_width_landscape == 252
        assert sum(profile.head_columns) == 165


def test_the_number_line_follows_the_profile_and_stays_open_without_a_number() -> None:
    party, state = PROFILES["dang_hd36"], PROFILES["nd30"]
    assert party.number_line("271", "KH/HU") == "Số 271-KH/HU"
    assert party.number_line("7", "CV/HU") == "Số 07-CV/HU"
    assert party.number_line(None, "BC/HU") == "Số       -BC/HU"
    assert state.number_line("15", "QĐ-BNV") == "Số: 15/QĐ-BNV"


def test_dates_get_a_leading_zero_for_days_and_for_months_one_and_two_only() -> None:
    assert long_date("Phong Thổ", date(2023, 2, 5)) == "Phong Thổ, ngày 05 tháng 02 năm 2023"
    assert long_date("Phong Thổ", date(2023, 5, 9)) == "Phong Thổ, ngày 09 tháng 5 năm 2023"
    assert long_date("Phong Thổ", None, 2023).endswith("năm 2023")
    assert "ngày  " in long_date("Phong Thổ", None, 2023)


def test_appendices_are_numbered_in_arabic_by_the_party_and_in_roman_by_the_state() -> None:
    assert PROFILES["dang_hd36"].appendix_name(3) == "Phụ lục số 3"
    assert PROFILES["nd30"].appendix_name(4) == "Phụ lục IV"
