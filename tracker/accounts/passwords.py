"""Hashing and checking passwords: argon2id, and the list of known ones. What is allowed is rules.py's."""

from __future__ import annotations

import unicodedata
from functools import lru_cache
from pathlib import Path

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

# OWASP's first choice for argon2id: 19 MiB, two passes. Eight people signing in at once stay under 160 MB.
_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
# common_passwords.txt: the entries of ten characters and more of Django's list of 20,000 (BSD licence,
# collected by Royce Williams), and Vietnamese ones.
_COMMON = Path(__file__).with_name("common_passwords.txt")


@lru_cache(maxsize=1)
def common() -> frozenset[str]:
    """Passwords that everybody tries first, in lower case."""
    return frozenset(_COMMON.read_text(encoding="utf-8").splitlines())


def make_hash(password: str) -> str:
    """The hash to store: argon2id with its parameters and a salt of its own."""
    return _hasher.hash(unicodedata.normalize("NFC", password))


def matches(stored: str | None, password: str) -> bool:
    """True if the password is the one that was hashed. Without a hash it takes as long and says no."""
    try:
        _hasher.verify(stored or _nobody(), unicodedata.normalize("NFC", password))
    except (VerificationError, InvalidHashError):
        return False
    return stored is not None


def is_old(stored: str) -> bool:
    """True if the hash was made with other parameters than today's."""
    return _hasher.check_needs_rehash(stored)


@lru_cache(maxsize=1)
def _nobody() -> str:
    return _hasher.hash("nobody has this password")
