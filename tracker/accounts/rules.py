"""What a password, an address and a run of wrong tries mean: pure rules of signing in.

Hashing lives in passwords.py, rows in models.py.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Final

from tracker.core.errors import Invalid
from tracker.core.people import UNIT_ROLES, Actor, Role
from tracker.core.text import N_, fold

SHORTEST: Final = 10
LONGEST: Final = 128
IDLE: Final = timedelta(hours=12)
ABSOLUTE: Final = timedelta(days=14)
TOUCH_EVERY: Final = timedelta(minutes=5)

INVITE_DAYS: Final = 14
RESET_DAYS: Final = 1 / 24
SIGN_IN_DAYS: Final = 1 / 48

TRIES: Final = 5
WATCHED: Final = timedelta(minutes=30)
LONGEST_WAIT: Final = timedelta(minutes=15)
ADDRESS_TRIES: Final = 200
MAIL_TRIES: Final = 100

_EMAIL = re.compile(
    r"[a-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*"
)
_EDGES = re.compile(r"^[^a-z]+|[^a-z]+$")
_NOT_A_LETTER_OR_DIGIT = re.compile(r"[^a-z0-9]+")
_LEET = str.maketrans("@4031!5$7", "aaoeiisst")

# What a common password is built on: the word itself, with whatever digits and signs around it.
_COMMON_STEMS: Final = frozenset(
    {
        "password", "passwords", "passw", "matkhau", "matkhaumoi", "mat khau", "admin", "administrator", "quantri",
        "dangnhap", "taikhoan", "qwerty", "qwertyuiop", "asdfgh", "asdfghjkl", "zxcvbn", "abc", "abcd", "abcdef",
        "letmein", "welcome", "iloveyou", "anhyeuem", "emyeuanh", "vietnam", "hanoi", "saigon", "laichau", "test",
        "user", "login", "secret", "changeme", "tracker", "theodoi", "theodoikehoach",
    }
)  # fmt: skip


def clean_email(text: str) -> str:
    """An address in lower case, as it is kept and compared, ASCII only; Invalid if it is none."""
    email = text.strip().lower()
    if len(email) > 254 or not _EMAIL.fullmatch(email) or ".." in email:
        raise Invalid("bad_email", N_("Địa chỉ thư chưa đúng dạng, ví dụ ten@donvi.vn."))
    return email


def check_role(role: str, unit_given: bool) -> Role:
    """A role by its name; reporters and heads need a unit, the office roles take none."""
    try:
        found = Role(role)
    except ValueError:
        raise Invalid(
            "bad_role",
            N_("Không có vai trò %(role)s. Các vai trò: %(roles)s."),
            role=role,
            roles=", ".join(Role),
        ) from None
    if found in UNIT_ROLES and not unit_given:
        raise Invalid("unit_needed", N_("Vai trò %(role)s phải kèm mã đơn vị."), role=str(found))
    if found not in UNIT_ROLES and unit_given:
        raise Invalid("unit_not_taken", N_("Vai trò %(role)s không gắn với đơn vị nào; bỏ mã đơn vị."), role=str(found))
    return found


def check_password(password: str, about: Iterable[str], common: Collection[str]) -> str:
    """The password in NFC, if it may be used. No rule of composition, no rule of age (ASVS 5.0, 6.2).

    `about`: the person's and the unit's names and address, none of which may be the password; `common`: known ones.
    """
    chosen = unicodedata.normalize("NFC", password)
    if len(chosen) < SHORTEST:
        raise Invalid("password_short", N_("Mật khẩu cần ít nhất %(n)s ký tự. Một câu ngắn dễ nhớ là tốt."), n=SHORTEST)
    if len(chosen) > LONGEST:
        raise Invalid("password_long", N_("Mật khẩu dài nhất %(n)s ký tự."), n=LONGEST)
    lowered = chosen.lower()
    folded = fold(chosen)
    if lowered in common or folded in common or _compact(folded) in common or _is_common(folded):
        raise Invalid("password_common", N_("Mật khẩu này nhiều người dùng, dễ bị đoán. Chọn mật khẩu khác."))
    rest = whole = _compact(folded)
    for name in sorted({_compact(fold(name)) for name in about}, key=len, reverse=True):
        if len(name) >= 4:
            rest = rest.replace(name, "")
    if rest != whole and len(rest) < 6:
        raise Invalid(
            "password_name", N_("Mật khẩu không được là tên người, tên đơn vị hay địa chỉ thư. Chọn mật khẩu khác.")
        )
    return chosen


def wait_until(failures: Collection[datetime]) -> datetime | None:
    """When the next try is taken, after wrong tries at these moments by one machine for one address; None: now.

    Five tries are free; from then on each wrong one doubles the wait: 1, 2, 4, 8, at most 15 minutes.
    """
    if len(failures) < TRIES:
        return None
    wait = min(timedelta(minutes=2 ** min(len(failures) - TRIES, 10)), LONGEST_WAIT)
    return max(failures) + wait


def tries_left(failures: int) -> int:
    """How many tries are left before a wait."""
    return max(TRIES - failures, 0)


def expires(created_at: datetime, now: datetime) -> datetime:
    """When a session used now ends: 12 hours idle, 14 days after signing in at the latest."""
    return min(created_at + ABSOLUTE, now + IDLE)


def myself(user_id: int, name: str, email: str) -> Actor:
    """A person who is not signed in yet, as the author of an entry in the trail; holds no role."""
    return Actor(user_id=user_id, name=name or email, email=email)


def _compact(folded: str) -> str:
    return _NOT_A_LETTER_OR_DIGIT.sub("", folded)


def _is_common(folded: str) -> bool:
    stems = {
        _EDGES.sub("", folded),
        _EDGES.sub("", folded.translate(_LEET)),
        _EDGES.sub("", _strip_digits(folded).translate(_LEET)),
    }
    return bool({_compact(stem) for stem in stems} & _COMMON_STEMS)


def _strip_digits(folded: str) -> str:
    return re.sub(r"^[\d\W_]+|[\d\W_]+$", "", folded)
