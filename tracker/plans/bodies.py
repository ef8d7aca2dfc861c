"""Bodies in prose: which words at the start of a sentence name them, and how a list of them is cut up.

Whether they are units, the lead office or the issuer is decided in body.py.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from tracker.core.text import fold
from tracker.plans.lexicon import mend_header

# Words with which the name of a body begins.
_ORG = (
    r"(?:các|toàn thể|ubnd|hđnd|ubmttq\w*|mttq|ubkt|btg|uỷ ban|ủy ban|ban|phòng|sở|bộ|trung tâm|văn phòng|hội|"
    r"liên đoàn|đoàn|công an|chi|đảng|trường|tòa án|toà án|viện|chi cục|cục|tổng cục|bảo hiểm|kho bạc|ngân hàng|"
    r"huyện|thị|thành|tỉnh|mặt trận|đơn vị|cơ quan|doanh nghiệp|thường trực|thanh tra|cấp ủy|cấp uỷ|hạt|đồn|"
    r"thủ trưởng|chủ tịch|bí thư|người đứng đầu)"
)
# Two-syllable words that only begin like one.
_OTHER = (
    r"(?:các (?:nội dung|mục tiêu|nhiệm vụ|giải pháp|chỉ tiêu|văn bản|hoạt động|số liệu|báo cáo|kế hoạch|đề án|"
    r"nghị quyết|mặt|khâu|bước|chương trình|hình thức|tài liệu|biểu|phụ lục|điều kiện|vấn đề|ý kiến|hội nghị|"
    r"khó khăn|kết quả|công việc|phong trào|chính sách|lĩnh vực)|ban hành|hội (?:nghị|thảo|viên)|đoàn (?:viên|kết)|"
    r"đảng viên|chi (?:tiết|phí|trả|ngân)|trường hợp|thành (?:phần|viên|tích|lập|công)|bộ (?:máy|phận)|sở hữu|"
    r"đơn vị tính|phòng,? chống|thị trường|hạt nhân)"
)
_STARTS = re.compile(rf"^(?!{_OTHER}\b){_ORG}\b", re.IGNORECASE)
_ASKED = re.compile(
    r"^(?:đề nghị|yêu cầu|giao(?: cho)?|phân công|đối với|riêng|về phía|trách nhiệm của|kính đề nghị|"
    r"cơ quan (?:thường trực|chủ trì|đầu mối):)\s+",
    re.IGNORECASE,
)
# Lower case only: "Ban Tổ chức" is a name, "tổ chức" a verb; look-arounds keep nouns that hold a verb.
_VERB = re.compile(
    r"(?:(?<=[\s,])|^)(?:tổng kết|tiến hành|(?<!các )(?<!, )tổ chức(?! đảng| cơ sở| chính trị| thành viên| kinh tế|,)|"
    r"xây dựng(?! [Đđ]ảng)|báo cáo(?! viên)|gửi|nộp|lập|(?<!ban )lãnh đạo|(?<!ban )chỉ đạo|căn cứ|hoàn thành|"
    r"có trách nhiệm|chịu trách nhiệm|thực hiện|nghiêm túc|chủ động|chủ trì|phối hợp|(?<!cơ quan )tham mưu|tổng hợp|"
    r"theo dõi|đôn đốc|hướng dẫn|triển khai|rà soát|phân công|bám sát|trực tiếp|định kỳ|kịp thời|"
    r"là (?:cơ quan|đầu mối|đơn vị)|cử|ban hành|giúp|sơ kết|đánh giá|khẩn trương|sẽ|cần|phải|trình|tập trung|dự kiến)\b"
)
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[^\W\d_])")
_MARKER = re.compile(r"^(?:[-–—+•*]\s*|[IVX]{1,5}\s*[.\-/)]\s*|\d{1,2}(?:\.\d{1,2})*\s*[.\-/)]\s*|[a-zđ]\s*[).]\s+)")
_ROLE = re.compile(r"\s*\((?:sau đây gọi|gọi tắt|viết tắt)[^)]*\)")


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence with the bodies it begins with (empty: none named) and what it says of them."""

    text: str
    bodies: tuple[str, ...]
    said: str


def unmarked(text: str) -> str:
    """A passage without its list marker or number."""
    return _MARKER.sub("", text, count=1)


def marker(text: str) -> str:
    """The list marker or number that a passage begins with, trimmed; empty if none."""
    found = _MARKER.match(text)
    return found.group().strip() if found else ""


def sentences(text: str) -> list[Sentence]:
    """The sentences of a passage, each with its subject."""
    found: list[Sentence] = []
    for part in _SENTENCE.split(unmarked(text)):
        bodies, said = _subject(part)
        found.append(Sentence(part, bodies, said))
    return found


def _subject(sentence: str) -> tuple[tuple[str, ...], str]:
    bare = _ASKED.sub("", sentence)
    if not _STARTS.match(bare):
        return (), sentence
    verb = _VERB.search(bare)
    colon = bare.find(":")
    if colon >= 0 and (verb is None or colon < verb.start()):
        return split_bodies(bare[:colon]), bare[colon + 1 :].strip()
    if verb is None or verb.start() == 0:
        return (), sentence
    return split_bodies(bare[: verb.start()]), bare[verb.start() :]


def heading_bodies(text: str) -> tuple[str, ...]:
    """The bodies that a heading consists of ('1. Các phòng, ban; UBND các xã'), empty if it is no such heading."""
    bare = _ASKED.sub("", unmarked(text)).rstrip(" .:;")
    if not _STARTS.match(bare) or _VERB.search(bare) or len(bare.split()) > 40:
        return ()
    return split_bodies(bare)


def split_bodies(text: str) -> tuple[str, ...]:
    """A list of bodies cut into names, capitals mended at each beginning.

    At semicolons if there are any; else at commas and "và" that a body's first word in capitals follows, for
    "Trung tâm Văn hóa, Thể thao và Truyền thông" is one body.
    """
    text = _ROLE.sub("", text).strip(" ,;.")
    pieces = text.split(";") if ";" in text else _at_commas(text)
    names = [mend_header(re.sub(r"^(?:và|cùng)\s+", "", piece.strip(" ,."))) for piece in pieces]
    return tuple(name[0].upper() + name[1:] for name in names if name)


def _at_commas(text: str) -> list[str]:
    pieces: list[str] = []
    for piece in re.split(r"(,\s+|\s+và\s+)", text):
        last = pieces[-1] if pieces else ""
        separator = bool(re.fullmatch(r",\s+|\s+và\s+", piece))
        if separator or not pieces:
            pieces.append(piece)
            continue
        if re.fullmatch(r",\s+|\s+và\s+", last):
            pieces.pop()
            if _STARTS.match(piece) and (piece[0].isupper() or (fold(piece).startswith("cac ") and "," in last)):
                pieces.append(piece)
            elif pieces:
                pieces[-1] += last + piece
            else:
                pieces.append(piece)
        else:
            pieces[-1] += piece
    return [piece for piece in pieces if not re.fullmatch(r",\s+|\s+và\s+", piece)]
