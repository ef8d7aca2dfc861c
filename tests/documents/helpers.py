"""Documents for the tests: plain_docx writes blocks as .docx, sample_document is a whole report.

Hostile files are built in the test that needs them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from xml.sax.saxutils import escape

from tracker.documents.blocks import Block, Paragraph
from tracker.documents.docx_parts import DOCUMENT_CLOSE, DOCUMENT_OPEN, pack, zip_parts
from tracker.documents.model import (
    Appendix,
    BodyBlock,
    Column,
    Document,
    Head,
    Heading,
    Para,
    Signature,
    figures_table,
    text_runs,
)
from tracker.documents.profiles import PROFILES, Profile
from tracker.documents.rich import html_to_body

VIETNAMESE = "aàảãáạăằẳẵắặâầẩẫấậbcdđeèẻẽéẹêềểễếệghiìỉĩíịklmnoòỏõóọôồổỗốộơờởỡớợpqrstuùủũúụưừửữứựvxyỳỷỹýỵ"
"""Every lower-case letter of Vietnamese with every tone; upper() gives the capitals."""

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


_SIDES = ("top", "left", "bottom", "right", "insideH", "insideV")


def plain_docx(blocks: Iterable[Block]) -> bytes:
    """Blocks as an ordinary .docx: a paragraph each, `**…**` as bold runs, grids as tables."""
    out = [DOCUMENT_OPEN]
    for block in blocks:
        if isinstance(block, Paragraph):
            out.append(f"<w:p>{_runs(block.text, block.bold)}</w:p>")
        else:
            grid = "".join(f"<w:gridCol w:w='{9000 // block.width}'/>" for _ in range(block.width))
            rows = "".join(
                "<w:tr>" + "".join(f"<w:tc><w:p>{_runs(cell, False)}</w:p></w:tc>" for cell in row) + "</w:tr>"
                for row in block.rows
            )
            borders = "".join(f'<w:{side} w:val="single" w:sz="4"/>' for side in _SIDES)
            set_up = f"<w:tblPr><w:tblBorders>{borders}</w:tblBorders></w:tblPr>"
            out.append(f"<w:tbl>{set_up}<w:tblGrid>{grid}</w:tblGrid>{rows}</w:tbl><w:p/>")
    out.append("<w:sectPr/>" + DOCUMENT_CLOSE)
    empty = Document(PROFILES["dang_hd36"], Head("", "", ""))
    return pack(empty, "".join(out))


def _runs(text: str, bold: bool) -> str:
    out = ""
    for index, piece in enumerate(text.split("**")):
        if piece:
            face = "<w:rPr><w:b/></w:rPr>" if bold or index % 2 else ""
            out += f'<w:r>{face}<w:t xml:space="preserve">{escape(piece)}</w:t></w:r>'
    return out


def word(body: str, *, parts: dict[str, str | bytes] | None = None, numbering: str = "") -> bytes:
    """A small hand-made .docx around the XML of its body; `parts` are added or put in place of the usual ones."""
    everything: dict[str, str | bytes] = {
        "[Content_Types].xml": (
            '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
            '<Default Extension="xml" ContentType="application/xml"/>'
            '<Override PartName="/word/document.xml" ContentType="application/vnd.openxmlformats-officedocument'
            '.wordprocessingml.document.main+xml"/></Types>'
        ),
        "_rels/.rels": (
            '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1"'
            ' Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"'
            ' Target="word/document.xml"/></Relationships>'
        ),
        "word/document.xml": f'<w:document xmlns:w="{W}"><w:body>{body}</w:body></w:document>',
    }
    if numbering:
        everything["word/numbering.xml"] = f'<w:numbering xmlns:w="{W}">{numbering}</w:numbering>'
    everything.update(parts or {})
    return zip_parts(everything)


FIGURE_COLUMNS = (
    Column(("Năm",), 14, "center"),
    Column(("Tổng số hội nghị đã tổ chức",)),
    Column(("Đảng viên", "Số được học tập/ tổng số")),
    Column(("Đảng viên", "%")),
    Column(("Cán bộ chưa là đảng viên", "Số được học tập/ tổng số")),
    Column(("Cán bộ chưa là đảng viên", "%")),
    Column(("Tổng số người được học tập",)),
)

INSPECTION_COLUMNS = (
    Column(("Năm",), 12, "center"),
    *(
        Column((body, work, leaf), 10)
        for body in ("Cấp ủy cấp huyện", "UBKT cấp huyện", "Cấp ủy cơ sở", "Cấp ủy trực thuộc")
        for work in ("Kiểm tra", "Giám sát")
        for leaf in ("Số cuộc", "Tập thể", "Cá nhân")
    ),
)


def figure_rows(columns: Sequence[Column]) -> list[list[str | int | float]]:
    """Eleven years and a total of made-up figures."""
    rows: list[list[str | int | float]] = []
    for year in range(2013, 2024):
        rows.append([str(year), *(year * (at + 1) % 1300 for at in range(len(columns) - 1))])
    rows.append(["Tổng", *(sum(int(row[at]) for row in rows) for at in range(1, len(columns)))])
    return rows


def sample_document(key: str = "dang_hd36", *, units: int = 3, html: str | None = None) -> Document:
    """A report with two sections, unit headings, three appendices, recipients and an open signature."""
    profile: Profile = PROFILES[key]
    text = html or (
        "<p>Công tác lãnh đạo, chỉ đạo được thực hiện <strong>nghiêm túc</strong>, đồng bộ từ huyện đến cơ sở; "
        "tỷ lệ đảng viên học tập nghị quyết đạt 95,4 %, tăng so với đầu kỳ.</p>"
        "<ul><li>Tổ chức 12 hội nghị;</li><li>cấp phát 1.148 bộ tài liệu.</li></ul>"
    )
    body: list[BodyBlock] = [
        Para(text_runs("Thực hiện Kế hoạch số 271-KH/HU, ngày 20/02/2023, Ban Thường vụ Huyện ủy báo cáo như sau:"))
    ]
    for section in ("I. ĐẶC ĐIỂM TÌNH HÌNH", "II. KẾT QUẢ 10 NĂM THỰC HIỆN ĐỀ ÁN 1327"):
        body.append(Heading(1, section))
        body.append(Heading(2, "1. Về đổi mới, nâng cao chất lượng công tác tuyên truyền"))
        for unit in range(units):
            body.append(Heading(3, f"Đảng ủy xã mẫu số {unit + 1}"))
            body.extend(html_to_body(text))
    tables = (
        (1, "Kết quả tổ chức học tập, quán triệt các nghị quyết của Đảng", FIGURE_COLUMNS),
        (2, "Số lượng, kết quả hoạt động của đội ngũ báo cáo viên các cấp", FIGURE_COLUMNS[:5]),
        (3, "Kết quả kiểm tra, giám sát việc học tập, quán triệt", INSPECTION_COLUMNS),
    )
    width = profile.text_width_landscape
    appendices = tuple(
        Appendix(
            number,
            title,
            figures_table(columns, figure_rows(columns), total=True, width=width, size=9 if len(columns) > 20 else 11),
            note="Ghi chú: số liệu năm 2013 và năm 2023 là số liệu của năm không trọn.",
            attached="(kèm theo Báo cáo số      -BC/HU, ngày      tháng      năm 2023 của Ban Thường vụ Huyện ủy)",
        )
        for number, title, columns in tables
    )
    party = profile.kind == "party"
    head = Head(
        issuer="HUYỆN ỦY PHONG THỔ" if party else "ỦY BAN NHÂN DÂN HUYỆN PHONG THỔ",
        symbol="BC/HU" if party else "BC-UBND",
        place="Phong Thổ",
        parent="ĐẢNG BỘ TỈNH LAI CHÂU" if party else "TỈNH LAI CHÂU",
        year=2023,
    )
    return Document(
        profile,
        head,
        title="BÁO CÁO",
        subtitle="Tổng kết 10 năm thực hiện Đề án tiếp tục đổi mới, nâng cao chất lượng, hiệu quả công tác "
        "tuyên truyền, tổ chức học tập, quán triệt nghị quyết của Đảng",
        body=tuple(body),
        appendices=appendices,
        recipients=("Thường trực Tỉnh ủy (B/c)", "Các ban đảng huyện", "Lưu Văn phòng Huyện ủy"),
        signature=Signature("T/M BAN THƯỜNG VỤ" if party else "TM. ỦY BAN NHÂN DÂN", "", ""),
        created=datetime(2023, 5, 11, 2, 0, tzinfo=UTC),
    )


def letter(key: str = "dang_hd36") -> Document:
    """A chasing letter (công văn) to two units."""
    base = sample_document(key)
    head = replace(base.head, symbol="CV/HU", number="7", issued_on=date(2023, 5, 12))
    return replace(
        base,
        head=head,
        title="",
        subtitle="",
        about="đôn đốc gửi báo cáo tổng kết 10 năm thực hiện Đề án 1327",
        addressees=("Đảng ủy xã Ma Li Pho", "Chi bộ Trung tâm Y tế huyện"),
        body=(Para(text_runs("Đến nay đơn vị chưa gửi báo cáo.")),),
        appendices=(),
    )
