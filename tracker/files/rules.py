"""What may be attached, and under what name it is shown. Where the bytes go is store.py's."""

from __future__ import annotations

import re
import struct
import unicodedata
from typing import Final

from tracker.core.errors import Invalid, TooLarge
from tracker.core.text import N_

LARGEST: Final = 25 * 1024 * 1024
LONGEST_NAME: Final = 150
MOST_PIXELS: Final = 60_000_000

TYPES: Final = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "png": "image/png",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
}
_MAGIC: Final = {
    "pdf": (b"%PDF-",),
    "docx": (b"PK\x03\x04",),
    "xlsx": (b"PK\x03\x04",),
    "png": (b"\x89PNG\r\n\x1a\n",),
    "jpg": (b"\xff\xd8\xff",),
    "jpeg": (b"\xff\xd8\xff",),
}
# What makes a PDF act when it is opened (faults.md, section 5).
_PDF_ACTS = re.compile(rb"/(?:JavaScript|JS|Launch|EmbeddedFile|OpenAction|RichMedia|XFA)\b")
_DOS_NAMES = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)", re.IGNORECASE)


def display_name(given: str) -> str:
    """The name that is shown and offered at download: NFC, no path, no control or format characters, ≤ 150.

    Đ and every mark stay; right-to-left overrides, NUL and line breaks go; the ending is kept when it is cut.
    """
    bare = unicodedata.normalize("NFC", given).replace("\\", "/").rsplit("/", 1)[-1]
    bare = "".join(" " if c in "\t\r\n" else c for c in bare)
    bare = "".join(c for c in bare if unicodedata.category(c) not in {"Cc", "Cf", "Cs", "Co", "Cn"})
    bare = re.sub(r"\s+", " ", bare).strip(" .")
    if not bare or _DOS_NAMES.match(bare):
        bare = f"tep-{bare}" if bare else "tep"
    if len(bare) > LONGEST_NAME:
        stem, dot, suffix = bare.rpartition(".")
        bare = f"{stem[: LONGEST_NAME - len(suffix) - 1]}{dot}{suffix}" if dot and len(suffix) <= 10 else bare
    return bare[:LONGEST_NAME]


def check_outside(name: str, data: bytes) -> str:
    """The ending of a file that may be attached, by size, ending and first bytes. Raises TooLarge or Invalid.

    Office files are looked into further by documents/package.py.
    """
    if len(data) > LARGEST:
        raise TooLarge("file_too_large", N_("Tệp «%(name)s» lớn hơn 25 MB. Giảm dung lượng rồi gửi lại."), name=name)
    if not data:
        raise Invalid("empty_file", N_("Tệp «%(name)s» trống. Chọn tệp có nội dung."), name=name)
    suffix = name.rpartition(".")[2].lower() if "." in name else ""
    if suffix not in TYPES:
        raise Invalid(
            "file_type", N_("Tệp đính kèm nhận PDF, DOCX, XLSX, PNG, JPG; «%(name)s» là loại khác."), name=name
        )
    if not data.startswith(_MAGIC[suffix]):
        raise Invalid("file_content", N_("Nội dung tệp «%(name)s» không đúng với đuôi tên tệp."), name=name)
    if suffix == "pdf" and (_PDF_ACTS.search(data) or b"%%EOF" not in data[-2048:]):
        raise Invalid(
            "pdf_acts",
            N_("Tệp PDF «%(name)s» bị hỏng, hoặc có mã chạy hay tệp nhúng bên trong. In lại ra PDF rồi gửi."),
            name=name,
        )
    if suffix in {"png", "jpg", "jpeg"} and not _is_image(suffix, data):
        raise Invalid("bad_image", N_("Ảnh «%(name)s» bị hỏng hoặc quá lớn. Lưu lại ảnh nhỏ hơn rồi gửi."), name=name)
    return suffix


def _is_image(suffix: str, data: bytes) -> bool:
    if suffix == "png":
        if data[12:16] != b"IHDR" or b"IEND" not in data[-16:]:
            return False
        width, height = struct.unpack(">II", data[16:24])
        return bool(0 < width * height <= MOST_PIXELS)
    if b"\xff\xd9" not in data[-64:]:
        return False
    at = 2
    while at + 9 < len(data) and data[at] == 0xFF:
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4], "big")
        if 0xC0 <= marker <= 0xCF and marker not in {0xC4, 0xC8, 0xCC}:
            height, width = struct.unpack(">HH", data[at + 5 : at + 9])
            return bool(0 < width * height <= MOST_PIXELS)
        at += 2 + length
    return False
