"""Reading a plan: blocks of a document in, a PlanSpec out, every doubt listed as a warning.

Opening files lives in documents/; making a campaign of what was read lives in campaigns/.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from zoneinfo import ZoneInfo

from tracker.core.calendar import OFFICE_ZONE
from tracker.core.errors import Invalid
from tracker.core.text import N_
from tracker.documents.blocks import Block
from tracker.plans.body import Body, read_body
from tracker.plans.dates import Calendar
from tracker.plans.defects import outline_defects, table_defects, text_defects
from tracker.plans.head import Head, read_basis, read_foot, read_head, read_issuer
from tracker.plans.lint import date_doubts, short
from tracker.plans.outline import read_outline
from tracker.plans.passages import divide
from tracker.plans.spec import OutlineItem, PlanSpec, Source, Warning_
from tracker.plans.tables import ReadTable, read_tables


def read_plan(blocks: Sequence[Block], calendar: Calendar | None = None, zone: ZoneInfo = OFFICE_ZONE) -> PlanSpec:
    """Read a plan. `calendar`: for doubts about days off; `zone`: the office's, for the ends of days.

    Raises Invalid("not_a_plan") if there is no number, no kind such as KẾ HOẠCH, or nothing that is asked of anybody.

    1. The document is divided into text, foot, outline and appendices. 2. Head and foot give who and when it was
    issued. 3. The text gives the groups, the lead office and the milestones. 4. The outline. 5. The tables.
    6. Every doubt becomes a warning, in the order of lines.
    """
    parts = divide(blocks)
    head = read_head(parts.body)
    issuer = read_issuer(head, parts)
    foot = read_foot(parts.foot, parts.body)
    basis = read_basis(head.opening, head.number)
    body = read_body(head.rest, issuer, head.issued_on, calendar, zone)
    outline = read_outline(parts.outline, body.unit_groups)
    tables = read_tables(parts.appendices, issuer)
    number, kind = _require(head, body, outline, tables)
    basis_years = {c.date.year: short(c.date) for c in basis if c.date and (c.date.month, c.date.day) != (1, 1)}
    warnings = [
        *text_defects(parts, head, foot, body, issuer),
        *_missing(head, body, outline, tables),
        *date_doubts(body.milestones, head.issued_on, calendar),
        *outline_defects(outline),
        *(warning for table in tables for warning in table_defects(table, issuer, body.lead, basis_years)),
    ]
    return PlanSpec(
        number=number,
        kind=kind,
        title=head.title,
        place=head.place,
        issued_on=head.issued_on,
        issuer=issuer,
        signer=foot.signer,
        lead=body.lead,
        submit_to=body.submit_to,
        via=body.via,
        basis=basis,
        unit_groups=body.unit_groups,
        milestones=body.milestones,
        outline=outline,
        tables=tuple(read.table for read in tables),
        recipients=tuple(name for name, _ in foot.recipients),
        warnings=_in_order(warnings),
        source=_source(head),
    )


def _require(head: Head, body: Body, outline: Sequence[OutlineItem], tables: Sequence[ReadTable]) -> tuple[str, str]:
    """The number and kind of a plan, or the refusal that says what was looked for and not found."""
    missing = [
        what
        for what, found in (
            ("số, ký hiệu (ví dụ: Số 271-KH/HU)", head.number),
            ("tên loại văn bản (ví dụ: KẾ HOẠCH)", head.kind),
            ("đề cương báo cáo, phụ lục hoặc thời hạn", outline or tables or body.milestones),
        )
        if not found
    ]
    if missing or head.number is None or head.kind is None:
        raise Invalid(
            "not_a_plan",
            N_("Tệp này không đọc được thành kế hoạch: không thấy %(missing)s. Chọn tệp kế hoạch đầy đủ rồi đọc lại."),
            {"missing": missing},
            missing="; ".join(missing),
        )
    return head.number, head.kind


def _missing(head: Head, body: Body, outline: Sequence[OutlineItem], tables: Sequence[ReadTable]) -> Iterable[Warning_]:
    """What a campaign needs and the plan does not say; never filled in by guessing."""
    source = _source(head)
    for code, found, ask in (
        ("issue_date_not_found", head.issued_on, "Không thấy ngày ban hành: kế hoạch ban hành ngày nào?"),
        ("title_not_found", head.title, "Không thấy trích yếu: kế hoạch về việc gì?"),
        ("lead_not_found", body.lead, "Không thấy cơ quan đầu mối theo dõi, tổng hợp: cơ quan nào?"),
        ("receiver_not_found", body.submit_to, "Không thấy nơi nhận báo cáo: các đơn vị gửi báo cáo về đâu?"),
        ("groups_not_found", body.unit_groups, "Không thấy những đơn vị nào phải báo cáo: gồm những đơn vị nào?"),
        (
            "submit_date_not_found",
            any(milestone.kind == "submit" for milestone in body.milestones),
            "Không thấy thời hạn gửi báo cáo: hạn là ngày nào?",
        ),
        ("outline_not_found", outline, "Không thấy đề cương báo cáo: báo cáo viết theo những mục nào?"),
    ):
        if not found:
            yield Warning_(code, source.line, source.text, None, ask)
    for read in tables:
        if not read.table.rows:
            line, text = read.table.source.line, read.table.source.text
            ask = f"Bảng {read.table.number} không có dòng nào ghi sẵn: gồm những dòng nào?"
            yield Warning_("rows_not_found", line, text, None, ask)


def _source(head: Head) -> Source:
    if head.number_source:
        return head.number_source
    first = (head.above or head.opening or head.rest)[:1]
    return first[0].source() if first else Source(1, "")


def _in_order(warnings: Iterable[Warning_]) -> tuple[Warning_, ...]:
    """By line, each question once."""
    return tuple(sorted(dict.fromkeys(warnings), key=lambda w: (w.line, w.code, w.text)))
