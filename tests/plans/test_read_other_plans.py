"""Other plans, of other bodies with other dates, outlines and tables, are read by the same rules."""

from __future__ import annotations

from pathlib import Path

import pytest

from tracker.core.calendar import WorkingCalendar
from tracker.core.errors import Invalid
from tracker.documents.textfile import blocks_from_text
from tracker.plans.reading import read_plan
from tracker.plans.spec import PlanSpec, sections_for, walk, writable_sections

TEXT = (Path(__file__).parent / "data/45-KH-UBND.txt").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def spec() -> PlanSpec:
    return read_plan(blocks_from_text(TEXT), WorkingCalendar())


def test_a_state_plans_head_is_read(spec: PlanSpec) -> None:
    assert (spec.number, spec.kind, spec.place) == ("45/KH-UBND", "Kế hoạch", "Tân Hòa")
    assert str(spec.issued_on) == "2024-03-05"
    assert spec.title == ("Sơ kết 03 năm thực hiện cải cách hành chính giai đoạn 2021 - 2023 trên địa bàn huyện")
    assert (spec.issuer, spec.signer) == ("UBND huyện Tân Hòa", "Trần Thị Hạnh")
    assert [(c.number, str(c.date)) for c in spec.basis] == [
        ("45/2020/NĐ-CP", "2020-04-08"),
        ("12/KH-UBND", "2024-01-15"),
    ]
    assert spec.recipients == ("UBND tỉnh", "Các phòng, ban, ngành huyện", "Lưu: VT, NV")


def test_its_bodies_are_found_under_a_heading_and_in_a_request(spec: PlanSpec) -> None:
    assert spec.unit_groups == ("Các phòng, ban, ngành huyện", "UBND các xã, thị trấn", "Ủy ban MTTQ Việt Nam huyện")
    assert (spec.lead, spec.submit_to, spec.via) == ("Phòng Nội vụ", "UBND huyện", "Phòng Nội vụ")


def test_its_milestones_bind_whom_they_name(spec: PlanSpec) -> None:
    offices, communes, front = spec.unit_groups
    assert [(m.id, m.who, m.groups, m.operator, str(m.last_day)) for m in spec.milestones] == [
        ("complete", "units", (offices, communes), "span", "2024-05-31"),
        ("submit", "units", (offices, communes), "by", "2024-06-15"),
        ("submit-2", "units", (front,), "before", "2024-06-20"),
        ("consolidate", "lead", (), "within", "2024-09-30"),
        ("other", "issuer", (), "within", "2024-03-15"),
    ]


def test_its_outline_goes_down_to_letters_and_decimals(spec: PlanSpec) -> None:
    assert [(item.number, item.numbered) for item in walk(spec.outline)] == [
        ("I", True),
        ("I.1", True),
        ("I.1.a", True),
        ("I.1.b", True),
        ("I.2", True),
        ("I.2.1", True),
        ("I.2.2", True),
        ("II", True),
        ("III", True),
        ("III.1", False),
        ("III.2", False),
    ]
    assert [s.number for s in writable_sections(spec)] == ["I.1.a", "I.1.b", "I.2.1", "I.2.2", "II", "III"]
    offices, communes, _ = spec.unit_groups
    assert "I.2.1" in [s.number for s in sections_for(spec, communes)]
    assert "I.2.1" not in [s.number for s in sections_for(spec, offices)]


def test_its_table_of_items_is_read(spec: PlanSpec) -> None:
    (table,) = spec.tables
    assert (table.number, table.title) == ("I", "KẾT QUẢ GIẢI QUYẾT HỒ SƠ")
    assert (table.rows, table.total_row) == (("Đất đai", "Hộ tịch", "Xây dựng"), True)
    assert [c.path for c in table.columns] == [
        ("Hồ sơ", "Tổng số"),
        ("Hồ sơ", "Đúng hạn"),
        ("Hồ sơ", "Tỷ lệ (%)"),
        ("Số công chức hiện có",),
    ]
    total, on_time, rate, staff = table.columns
    assert rate.formula == f"{on_time.key} / {total.key} × 100"
    assert (rate.type, rate.over_units, rate.over_rows) == ("percent", "derived", "derived")
    # Its rows are items, not years: staff of three offices may be added up.
    assert (staff.over_units, staff.over_rows) == ("sum", "sum")


def test_a_state_head_and_signature_raise_no_doubt(spec: PlanSpec) -> None:
    codes = {w.code for w in spec.warnings}
    assert not {"head_lost", "signature_lost", "signer_not_found", "broken_sentence", "lead_not_found"} & codes
    assert "deadline_on_day_off" in codes  # 15/6/2024 is a Saturday


def test_a_plan_in_markdown_is_read() -> None:
    text = """# KẾ HOẠCH
Không có số."""
    head = "Số 12-KH/ĐU\n\nMường So, ngày 03 tháng 4 năm 2025\n\n"
    body = """
## II. TỔ CHỨC
- Các chi bộ trực thuộc gửi báo cáo về Đảng ủy (qua Văn phòng Đảng ủy) đến hết ngày 30/4/2025.

## ĐỀ CƯƠNG BÁO CÁO
### I. KẾT QUẢ
1. Kết quả chung

**Phụ lục 1: Kết quả học tập**

| Năm | Số hội nghị | Số lớp mở thêm |
|---|---|---|
| 2023 | | |
| 2024 | | |
"""
    spec = read_plan(blocks_from_text(head + text.replace("Không có số.", "Học tập nghị quyết") + body))
    assert spec.number == "12-KH/ĐU"
    assert spec.title == "Học tập nghị quyết"
    assert spec.unit_groups == ("Các chi bộ trực thuộc",)
    assert [(m.kind, str(m.last_day)) for m in spec.milestones] == [("submit", "2025-04-30")]
    assert [item.number for item in walk(spec.outline)] == ["I", "I.1"]
    (table,) = spec.tables
    assert (table.title, table.rows, table.total_row) == ("Kết quả học tập", ("2023", "2024"), False)
    assert [c.key for c in table.columns] == ["conferences", "so_lop_mo_them"]


def test_unknown_headers_get_unique_keys() -> None:
    text = TEXT.split("STT\t")[0] + "Năm\tCột lạ\tCột lạ\t2024 dự kiến\n2022\t\t\t\n2023\t\t\t\nTổng\t\t\t\n"
    (table,) = read_plan(blocks_from_text(text)).tables
    assert [c.key for c in table.columns] == ["cot_la", "cot_la_2", "c_2024_du_kien"]


def test_a_table_that_is_filled_in_already_is_no_form() -> None:
    text = TEXT.split("STT\t")[0] + "STT\tĐơn vị\tNgười phụ trách\n1\tXã A\tÔng A\n2\tXã B\tBà B\n"
    assert read_plan(blocks_from_text(text)).tables == ()


@pytest.mark.parametrize("cut", range(0, len(TEXT), 97))
def test_a_plan_cut_off_anywhere_is_read_or_refused_never_broken(cut: int) -> None:
    try:
        read_plan(blocks_from_text(TEXT[:cut]), WorkingCalendar())
    except Invalid as refusal:
        code = refusal.code
    else:
        code = "not_a_plan"
    assert code == "not_a_plan"
