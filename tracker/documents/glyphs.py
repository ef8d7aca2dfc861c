"""Which characters the vendored fonts can print, read from the fonts themselves, and what stands in for the rest.

PDF/A refuses a document with a single letter that its fonts lack; the text in .docx and in the store is untouched.
"""

from __future__ import annotations

import re
import struct
from functools import cache
from pathlib import Path

from tracker.core.text import nfc

FONTS = Path(__file__).parent / "fonts"
MISSING = "□"
# Format characters (soft hyphen, joiners, direction marks) and halves of surrogate pairs print as nothing.
_NEVER = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ud800-\udfff\ufe00-\ufe0f\ufeff]")
_ALIKE = {
    "\u2028": "\n",
    "\u2029": "\n",
    "\t": "    ",
    "☐": "□",
    "☑": "■",
    "✓": "√",
    "✔": "√",
    "✗": "×",
    "✘": "×",
    "❖": "-",
    "➢": "-",
}
_UNUSUAL = re.compile(r"[^\x20-\x7e\n\u00c0-\u01b0\u1ea0-\u1ef9]")


def printable(text: str) -> str:
    """The text in NFC with characters the fonts have; another character prints as its like or as □."""
    clean = _NEVER.sub("", nfc(text))
    return _UNUSUAL.sub(_stand_in, clean)


def _stand_in(match: re.Match[str]) -> str:
    char = _ALIKE.get(match.group(), match.group())
    return char if len(char) > 1 or ord(char) in coverage() else MISSING


@cache
def coverage() -> frozenset[int]:
    """Code points that all four faces can print."""
    faces = [_characters(path.read_bytes()) for path in sorted(FONTS.glob("*.ttf"))]
    return frozenset(set.intersection(*faces))


def _characters(font: bytes) -> set[int]:
    """Code points of a TrueType font's Unicode table (cmap format 4)."""
    tables = struct.unpack(">H", font[4:6])[0]
    for at in range(12, 12 + 16 * tables, 16):
        tag, _, offset, _ = struct.unpack(">4sIII", font[at : at + 16])
        if tag == b"cmap":
            return _cmap(font, offset)
    return set()


def _cmap(font: bytes, table: int) -> set[int]:
    found: set[int] = set()
    count = struct.unpack(">H", font[table + 2 : table + 4])[0]
    for at in range(table + 4, table + 4 + 8 * count, 8):
        start = table + struct.unpack(">I", font[at + 4 : at + 8])[0]
        kind, _, _, double = struct.unpack(">HHHH", font[start : start + 8])
        if kind != 4:
            continue
        ends = struct.unpack(f">{double // 2}H", font[start + 14 : start + 14 + double])
        begins = struct.unpack(f">{double // 2}H", font[start + 16 + double : start + 16 + 2 * double])
        for first, last in zip(begins, ends, strict=True):
            if first != 0xFFFF:
                found.update(range(first, last + 1))
    return found
