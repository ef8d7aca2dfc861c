"""Vietnamese text: normal form, folding for search and matching, and alphabetical order.

No translation happens here; N_ only marks a sentence for the catalogue.
"""

from __future__ import annotations

import re
import unicodedata

_SPACE = re.compile(r"\s+")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
# Alphabet of CLDR vi: a ă â b c d đ e ê … o ô ơ … u ư …
_ALPHABET = "aăâbcdđeêfghijklmnoôơpqrstuưvwxyz"
_LETTER = {letter: index for index, letter in enumerate(_ALPHABET)}
# Tone order of CLDR vi: none, huyền, hỏi, ngã, sắc, nặng
_TONES = {"\u0300": 1, "\u0309": 2, "\u0303": 3, "\u0301": 4, "\u0323": 5}


def N_(message: str) -> str:
    """Mark a msgid for the catalogue; returned as it is."""
    return message


def nfc(text: str) -> str:
    """Unicode NFC without control characters (tab and newline stay)."""
    return _CONTROL.sub("", unicodedata.normalize("NFC", text))


def one_line(text: str) -> str:
    """NFC, every run of white space one space, ends trimmed."""
    return _SPACE.sub(" ", nfc(text)).strip()


def fold(text: str) -> str:
    """Lower case without any diacritic, đ as d, one space between words: 'Đảng  ủy' -> 'dang uy'.

    For matching and search only (domain.md, section 6: đ has no decomposition).
    """
    lowered = unicodedata.normalize("NFD", text.lower()).replace("đ", "d")
    return _SPACE.sub(" ", "".join(c for c in lowered if not unicodedata.combining(c))).strip()


def sort_key(text: str) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Key for Vietnamese alphabetical order: letters first, tones second (CLDR vi)."""
    letters: list[int] = []
    tones: list[int] = []
    for char in unicodedata.normalize("NFC", text.lower()):
        parts = unicodedata.normalize("NFD", char)
        tone = next((_TONES[p] for p in parts if p in _TONES), 0)
        base = unicodedata.normalize("NFC", "".join(p for p in parts if p not in _TONES))
        letters.append(
            _LETTER.get(base, ord(base[0]) + 100 if base[:1].isalpha() else ord(base[0]) - 1000 if base else 0)
        )
        tones.append(tone)
    return tuple(letters), tuple(tones)
