"""Which passwords may be used (ASVS 5.0, 6.2), and that none is cut or changed."""

from __future__ import annotations

import unicodedata

import pytest

from tracker.accounts.passwords import common, make_hash, matches
from tracker.accounts.rules import check_password
from tracker.core.errors import Invalid

ABOUT = ["Lò Thị Mai", "mai.lt@banlang.example", "mai.lt", "Đảng bộ xã Bản Lang", "Bản Lang", "DB-BL"]


@pytest.mark.parametrize(
    "password",
    ["suoichayquabanlangtoi", "abcdefghijklmnopqrst", "nước chảy đá mòn", "x" * 64, "ă" * 128, "ngô 9 hạt/bắp"],
)
def test_it_takes(password: str) -> None:
    assert check_password(password, ABOUT, common())


@pytest.mark.parametrize(
    ("password", "code"),
    [
        ("1234567", "password_short"),
        ("chín ký t", "password_short"),
        ("x" * 129, "password_long"),
        ("password1!", "password_common"),
        ("Password123", "password_common"),
        ("P@ssw0rd2024", "password_common"),
        ("Matkhau@123", "password_common"),
        ("mật khẩu 123", "password_common"),
        ("anhyeuem123", "password_common"),
        ("1234567890", "password_common"),
        ("qwertyuiop", "password_common"),
        ("Admin@2023!!", "password_common"),
        ("Lò Thị Mai", "password_name"),
        ("lothimai2023", "password_name"),
        ("Đảng bộ xã Bản Lang", "password_name"),
        ("dang bo xa ban lang 1", "password_name"),
        ("banlang12345", "password_name"),
        ("mai.lt@banlang.example", "password_name"),
    ],
)
def test_it_refuses(password: str, code: str) -> None:
    with pytest.raises(Invalid) as refusal:
        check_password(password, ABOUT, common())
    assert refusal.value.code == code


def test_the_list_is_long_enough_to_matter() -> None:
    assert len(common()) > 1500
    assert min(map(len, common())) >= 10


def test_every_letter_counts_and_case_too() -> None:
    long = "Ngọn núi xa mờ trong sương sớm, " * 3
    stored = make_hash(long)
    assert matches(stored, long)
    assert matches(stored, unicodedata.normalize("NFD", long))
    assert not matches(stored, long[:-1])
    assert not matches(stored, long[:-2] + "!")
    assert not matches(stored, long.lower())


def test_nobody_matches_without_a_hash() -> None:
    assert not matches(None, "nobody has this password")
    assert not matches("not a hash", "x")
