"""The one door for documents from outside: .txt, .md, .docx and .pdf as blocks, or as safe rich text.

Files with a parser behind them are opened in a child process (guard.py); what the text means is read elsewhere.
"""

from __future__ import annotations

from tracker.core.errors import Invalid, TooLarge
from tracker.core.text import N_, one_line
from tracker.documents.blocks import Block
from tracker.documents.fromword import word_blocks, word_rich
from tracker.documents.guard import MIB, run
from tracker.documents.package import legacy, open_package
from tracker.documents.pdftext import blocks_from_pdf
from tracker.documents.richblocks import Rich, plain_rich, unpack_blocks, unpack_rich
from tracker.documents.textfile import blocks_from_text
from tracker.documents.wordml import read_word

MAX_FILE = 20 * MIB
"""The largest file that is opened, in bytes."""
MAX_TEXT = 5 * MIB
"""The largest text file, in bytes."""
KINDS = ("docx", "pdf", "txt", "md")


def open_document(data: bytes, name: str) -> list[Block]:
    """The blocks of a document; `name` is the file's own name, its ending says the kind.

    Raises TooLarge, or Invalid with a sentence for a person: an unknown kind, content that is not what the
    ending says, a scan without text, a legacy font, anything active, encrypted or too heavy.
    """
    kind = kind_of(data, name)
    if kind in {"txt", "md"}:
        return blocks_from_text(decode(data, name))
    return unpack_blocks(run("blocks", data, one_line(name)))


def rich_blocks(data: bytes, name: str) -> list[Rich]:
    """The same document with emphasis, lists and tables as safe HTML; .txt, .md and .pdf come without emphasis."""
    if kind_of(data, name) == "docx":
        return unpack_rich(run("rich", data, one_line(name)))
    return [plain_rich(block) for block in open_document(data, name)]


def decode(data: bytes, name: str) -> str:
    """A text file's text: UTF-8, or UTF-16 with its byte order mark. Raises Invalid "not_text"."""
    encoding = "utf-16" if data[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8-sig"
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise _not_text(name) from error
    if "\x00" in text:
        raise _not_text(name)
    return text


def kind_of(data: bytes, name: str) -> str:
    """`docx`, `pdf`, `txt` or `md`, by the ending and by what the first bytes say.

    Raises TooLarge "file_too_large", Invalid "empty_file", "legacy_doc", "macro_file", "unknown_kind", "not_pdf".
    """
    kind = name.rpartition(".")[2].strip().lower() if "." in name else ""
    limit = MAX_TEXT if kind in {"txt", "md"} else MAX_FILE
    if len(data) > limit:
        raise TooLarge(
            "file_too_large",
            N_("Tệp «%(name)s» lớn hơn %(limit)s MB. Bỏ bớt hình ảnh hoặc chia thành nhiều tệp rồi tải lên."),
            name=name,
            limit=limit // MIB,
        )
    if not data.strip():
        raise Invalid("empty_file", N_("Tệp «%(name)s» trống. Chọn tệp có nội dung."), name=name)
    if kind in {"doc", "dot", "rtf", "wps", "xls"}:
        raise legacy(name)
    if kind in {"docm", "dotm", "dotx"}:
        raise Invalid(
            "macro_file",
            N_("Tệp «%(name)s» là mẫu hoặc tệp có macro. Lưu lại dạng .docx thường rồi tải lên."),
            name=name,
        )
    if kind not in KINDS:
        raise Invalid(
            "unknown_kind",
            N_("Không đọc được loại tệp của «%(name)s». Dùng tệp .docx, .pdf hoặc .txt."),
            name=name,
        )
    if kind == "pdf" and not data.startswith(b"%PDF-"):
        raise Invalid(
            "not_pdf",
            N_("Tệp «%(name)s» không phải là tệp PDF. Chọn đúng tệp rồi tải lên."),
            name=name,
        )
    return kind


def blocks_here(data: bytes, name: str) -> list[Block]:
    """The blocks of a .docx or .pdf, parsed in this process: for the child, never for a stranger's file elsewhere."""
    if kind_of(data, name) == "pdf":
        return blocks_from_pdf(data, name)
    return word_blocks(read_word(open_package(data, "docx", name), name))


def rich_here(data: bytes, name: str) -> list[Rich]:
    """The rich blocks of a .docx, parsed in this process: for the child alone."""
    return word_rich(read_word(open_package(data, "docx", name), name))


def _not_text(name: str) -> Invalid:
    return Invalid(
        "not_text",
        N_("Tệp «%(name)s» không phải văn bản Unicode (UTF-8). Lưu lại dạng UTF-8, hoặc dùng tệp .docx."),
        name=name,
    )
