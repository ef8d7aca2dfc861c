"""The guards before any parser: is this zip really a plain Word or Excel file, small enough when unpacked.

Nothing is interpreted here beyond names, sizes, content types and relationships.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from tracker.core.errors import Invalid
from tracker.core.text import N_

if TYPE_CHECKING:
    from lxml.etree import _Element

Kind = Literal["docx", "xlsx"]
MIB = 1024 * 1024
MAX_MEMBERS = 2_000
MAX_TOTAL = 100 * MIB
MAX_XML_PART = 20 * MIB
MAX_RATIO = 100
MAX_POINTERS = 2 * MIB  # content types and relationships
MAX_DIRECTORY = 2 * MIB
# Below this size a high ratio is no bomb: an empty form packs well.
_RATIO_FROM = 1 * MIB
_MAX_TAGS = 1_500_000
_CHUNK = 64 * 1024

_MAIN_TYPE = {
    "docx": b"application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml",
    "xlsx": b"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml",
}
_MAIN_FOLDER = {"docx": "word/", "xlsx": "xl/"}
_DTD = re.compile(rb"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_ENCODING = re.compile(rb"^<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([^\"']{1,40})[\"']", re.IGNORECASE)
_ACTIVE = re.compile(
    r"(^|/)(vbaproject\.bin|vbadata\.xml|activex(/|\d)|embeddings/|attachedtoolbars|customui/)", re.IGNORECASE
)
_SAFE_LINK = re.compile(r"^(https?://|mailto:)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Package:
    """The XML parts of a checked package by name, the name of its main part, and the file's own name."""

    parts: dict[str, bytes]
    main: str
    file: str

    def xml(self, name: str) -> _Element:
        """A part as an XML tree. Raises Invalid "bad_package" if there is no such part or it is no XML."""
        from lxml import etree

        try:
            return parse_xml(self.parts[name])
        except (KeyError, etree.XMLSyntaxError) as error:
            raise bad_package(self.file) from error

    def related(self, kind: str) -> str | None:
        """Name of the part that the main part points to with a relationship ending in `kind`."""
        folder, _, base = self.main.rpartition("/")
        for target, relation in relationships(self.parts.get(f"{folder}/_rels/{base}.rels")):
            if relation.endswith("/" + kind) and (part := _resolve(folder, target)) in self.parts:
                return part
        return None


def open_package(data: bytes, kind: Kind, name: str) -> Package:
    """The checked parts of a .docx or .xlsx.

    Raises Invalid: "legacy_doc", "encrypted", "not_office", "bad_package", "too_big_unpacked", "active_content",
    "external_link" or "entity", each naming the file.
    """
    return _Check(kind, name, keep=True).package(data)


def check_package(data: bytes, kind: Kind, name: str) -> None:
    """The same checks for a file that is only kept: part by part, so that memory stays below one part's limit."""
    _Check(kind, name, keep=False).package(data)


def parse_xml(part: bytes) -> _Element:
    """XML without entities, DTD or network; lxml's own limits on depth and text stay on."""
    from lxml import etree

    parser = etree.XMLParser(resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False)
    return etree.fromstring(part, parser)


def relationships(part: bytes | None) -> list[tuple[str, str]]:
    """(target, type) of the inner relationships of a .rels part."""
    if part is None:
        return []
    return [
        (str(node.get("Target", "")), str(node.get("Type", "")))
        for node in parse_xml(part).iter("{*}Relationship")
        if str(node.get("TargetMode", "")).lower() != "external"
    ]


class _Check:
    def __init__(self, kind: Kind, name: str, *, keep: bool) -> None:
        self.kind = kind
        self.name = name
        self.keep = keep

    def package(self, data: bytes) -> Package:
        # 1. The outside: a zip from the first byte to the last, with a small and honest directory.
        self._outside(data)
        try:
            archive = zipfile.ZipFile(io.BytesIO(data))
            members = self._members(archive, len(data))
            # 2. Every byte inflated and counted, whatever the headers say, and no DTD in any part.
            parts = self._inflate(archive, members)
        except (
            zipfile.BadZipFile,
            zlib.error,
            EOFError,
            NotImplementedError,
            struct.error,
            ValueError,
            KeyError,
        ) as error:
            raise bad_package(self.name) from error
        # 3. What the parts are: the right kind of document, no code, nothing from outside.
        main = self._kind(parts)
        for name, part in parts.items():
            if name.lower().endswith(".rels"):
                self._links(part)
        return Package(parts, main, self.name)

    def _outside(self, data: bytes) -> None:
        if data[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
            if b"E\x00n\x00c\x00r\x00y\x00p\x00t" in data:
                raise self._encrypted()
            raise legacy(self.name)
        if data[:4] != b"PK\x03\x04":
            raise self._not_office()
        at = data.rfind(b"PK\x05\x06")
        if at < 0 or at + 22 != len(data):
            raise bad_package(self.name)
        disk, first, here, count, size, start, comment = struct.unpack("<4HIIH", data[at + 4 : at + 22])
        if (disk, first, comment) != (0, 0, 0) or here != count or start + size != at:
            raise bad_package(self.name)
        if count > MAX_MEMBERS or size > MAX_DIRECTORY:
            raise too_big(self.name)

    def _members(self, archive: zipfile.ZipFile, length: int) -> list[zipfile.ZipInfo]:
        members = archive.infolist()
        seen: set[str] = set()
        total = 0
        end = 0
        for member in sorted(members, key=lambda each: each.header_offset):
            name = member.filename
            if member.flag_bits & 0x41:
                raise self._encrypted()
            if (
                name.lower() in seen
                or name.startswith("/")
                or "\\" in name
                or "\x00" in name
                or ".." in name.split("/")
            ):
                raise bad_package(self.name)
            seen.add(name.lower())
            if member.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED} or member.header_offset < end:
                raise bad_package(self.name)
            if end == 0 and member.header_offset != 0:
                raise bad_package(self.name)
            end = member.header_offset + 30 + len(name.encode()) + member.compress_size
            total += member.file_size
            big = member.file_size > _RATIO_FROM and member.file_size > MAX_RATIO * max(member.compress_size, 1)
            if big or total > MAX_TOTAL or (_is_xml(name) and member.file_size > MAX_XML_PART):
                raise too_big(self.name)
        if end > length or not members:
            raise bad_package(self.name)
        if total > _RATIO_FROM and total > MAX_RATIO * length:
            raise too_big(self.name)
        return members

    def _inflate(self, archive: zipfile.ZipFile, members: list[zipfile.ZipInfo]) -> dict[str, bytes]:
        parts: dict[str, bytes] = {}
        total = 0
        for member in members:
            if _ACTIVE.search(member.filename):
                raise active_content(self.name)
            kept: list[bytes] = []
            size = 0
            head = b""
            with archive.open(member) as stream:
                while chunk := stream.read(_CHUNK):
                    if not size:
                        head = chunk[:64]
                    size += len(chunk)
                    total += len(chunk)
                    xml = _is_xml(member.filename) or head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<")
                    if total > MAX_TOTAL or (xml and size > MAX_XML_PART):
                        raise too_big(self.name)
                    if xml:
                        kept.append(chunk)
            if size != member.file_size:
                raise bad_package(self.name)
            if kept or _is_xml(member.filename):
                part = b"".join(kept)
                self._text(part)
                pointers = member.filename.lower().endswith((".rels", "[content_types].xml"))
                if pointers and size > MAX_POINTERS:
                    raise too_big(self.name)
                parts[member.filename] = part if self.keep or pointers else b""
        return parts

    def _text(self, part: bytes) -> None:
        bare = part.removeprefix(b"\xef\xbb\xbf").lstrip()
        declared = _ENCODING.match(bare)
        if declared and declared.group(1).lower() not in {b"utf-8", b"us-ascii", b"ascii"}:
            raise bad_package(self.name)
        if bare and (not bare.startswith(b"<") or b"\x00" in bare):
            raise bad_package(self.name)
        if _DTD.search(part):
            raise Invalid(
                "entity",
                N_(
                    "Tệp «%(name)s» có khai báo lạ bên trong (DTD) mà tài liệu Word, Excel không được có. "
                    "Mở ra, lưu thành tệp mới rồi tải lên."
                ),
                name=self.name,
            )
        if part.count(b"<") > _MAX_TAGS:
            raise too_big(self.name)

    def _kind(self, parts: dict[str, bytes]) -> str:
        types = parts.get("[Content_Types].xml")
        if types is None or "_rels/.rels" not in parts:
            raise self._not_office()
        lowered = types.lower()
        if b"macroenabled" in lowered or b"vbaproject" in lowered or b"activex" in lowered or b"oleobject" in lowered:
            raise active_content(self.name)
        if _MAIN_TYPE[self.kind] not in types:
            raise self._not_office()
        folder = _MAIN_FOLDER[self.kind]
        for target, relation in self._inner(parts["_rels/.rels"]):
            main = _resolve("", target)
            if relation.endswith("/officeDocument") and main.startswith(folder) and main in parts:
                return main
        raise self._not_office()

    def _inner(self, part: bytes) -> list[tuple[str, str]]:
        from lxml import etree

        try:
            return relationships(part)
        except etree.XMLSyntaxError as error:
            raise bad_package(self.name) from error

    def _links(self, part: bytes) -> None:
        from lxml import etree

        try:
            root: Any = parse_xml(part)
        except etree.XMLSyntaxError as error:
            raise bad_package(self.name) from error
        for node in root.iter("{*}Relationship"):
            kind, target = str(node.get("Type", "")), str(node.get("Target", "")).strip()
            if re.search(r"/(aFChunk|oleObject|package|control|vbaProject|attachedToolbars)$", kind, re.IGNORECASE):
                raise active_content(self.name)
            outside = str(node.get("TargetMode", "")).lower() == "external"
            allowed = kind.endswith("/hyperlink") and bool(_SAFE_LINK.match(target))
            if (outside and not allowed) or (
                not outside and re.match(r"^([a-z][a-z0-9+.-]*:|//|\\\\)", target, re.IGNORECASE)
            ):
                raise Invalid(
                    "external_link",
                    N_(
                        "Tệp «%(name)s» nối tới tệp hoặc địa chỉ bên ngoài (%(target)s). "
                        "Bỏ liên kết đó, lưu lại rồi tải lên."
                    ),
                    name=self.name,
                    target=target[:80],
                )

    def _encrypted(self) -> Invalid:
        return Invalid(
            "encrypted",
            N_("Tệp «%(name)s» đặt mật khẩu nên không đọc được. Bỏ mật khẩu, lưu lại rồi tải lên."),
            name=self.name,
        )

    def _not_office(self) -> Invalid:
        return Invalid(
            "not_office",
            N_("Tệp «%(name)s» không phải là tệp .%(kind)s. Chọn đúng tệp, hoặc mở ra và lưu lại dạng .%(kind)s."),
            name=self.name,
            kind=self.kind,
        )


def legacy(name: str) -> Invalid:
    """The refusal of a .doc or .xls: letters would be lost in reading it."""
    return Invalid(
        "legacy_doc",
        N_("Tệp «%(name)s» ở dạng cũ (.doc, .xls). Mở tệp, chọn Lưu thành .docx hoặc .xlsx rồi tải tệp mới lên."),
        name=name,
    )


def bad_package(name: str) -> Invalid:
    """The refusal of a damaged or doctored package."""
    return Invalid(
        "bad_package",
        N_("Tệp «%(name)s» bị hỏng hoặc đã bị sửa bên trong. Mở bằng Word hoặc Excel, lưu thành tệp mới rồi tải lên."),
        name=name,
    )


def too_big(name: str) -> Invalid:
    """The refusal of what grows too large when unpacked."""
    return Invalid(
        "too_big_unpacked",
        N_("Tệp «%(name)s» nở quá lớn khi giải nén. Bỏ bớt hình ảnh và nội dung thừa, lưu lại rồi tải lên."),
        name=name,
    )


def active_content(name: str) -> Invalid:
    """The refusal of macros, controls, embedded files and DDE fields."""
    return Invalid(
        "active_content",
        N_(
            "Tệp «%(name)s» chứa macro, tệp nhúng hoặc trường tự chạy. "
            "Lưu lại dạng .docx, .xlsx không có các phần đó rồi tải lên."
        ),
        name=name,
    )


def _is_xml(name: str) -> bool:
    return name.lower().endswith((".xml", ".rels", ".vml"))


def _resolve(folder: str, target: str) -> str:
    """The part a relationship points to, as a name in the package."""
    if target.startswith("/"):
        return target[1:]
    steps = [step for step in folder.split("/") if step]
    for step in target.split("/"):
        if step == "..":
            steps = steps[:-1]
        elif step not in {"", "."}:
            steps.append(step)
    return "/".join(steps)
