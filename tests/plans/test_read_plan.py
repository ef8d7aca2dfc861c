"""The real plan 271-KH/HU is read as a person would read it, every doubt listed with its line."""

from __future__ import annotations

import csv
import json
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tracker.core.calendar import WorkingCalendar
from tracker.core.errors import Invalid
from tracker.documents.blocks import Block, Grid, Paragraph
from tracker.documents.textfile import blocks_from_text
from tracker.plans.groups import match_groups, same_body
from tracker.plans.reading import read_plan
from tracker.plans.spec import (
    PlanSpec,
    derived_columns,
    from_json,
    guidance_for,
    input_columns,
    sections_for,
    to_json,
    walk,
    writable_sections,
)
from tracker.plans.tables import proposed_owners

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "tracker/operate/sample"
TEXT = (SAMPLE / "271-KH-HU.txt").read_text(encoding="utf-8")
EXPECTED = json.loads((ROOT / "tests/data/271-KH-HU.expected.json").read_text(encoding="utf-8"))
FIGURES = json.loads((SAMPLE / "sample-figures.json").read_text(encoding="utf-8"))


def read(text: str = TEXT) -> PlanSpec:
    return read_plan(blocks_from_text(text), WorkingCalendar())


@pytest.fixture(scope="module")
def spec() -> PlanSpec:
    return read()


def facts(spec: PlanSpec) -> Any:
    """The JSON without source and warnings, which alone may differ between file types."""

    def bare(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: bare(item) for key, item in value.items() if key not in ("source", "warnings")}
        return [bare(item) for item in value] if isinstance(value, list) else value

    return bare(to_json(spec))


# --- against the expected facts ------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    ["number", "kind", "place", "issued_on", "issuer", "signer", "lead", "submit_to", "via", "unit_groups"],
)
def test_it_reads_the_head_and_the_bodies(spec: PlanSpec, name: str) -> None:
    assert to_json(spec)[name] == EXPECTED[name]


def test_the_title_is_one_line_of_nfc(spec: PlanSpec) -> None:
    assert EXPECTED["title_contains"] in spec.title
    assert "\n" not in spec.title
    assert unicodedata.is_normalized("NFC", spec.title)


def test_it_rests_on_two_documents_in_the_order_of_the_opening(spec: PlanSpec) -> None:
    assert [{"number": c["number"], "date": c["date"]} for c in to_json(spec)["basis"]] == EXPECTED["basis"]


def test_it_finds_three_milestones_and_no_other_date(spec: PlanSpec) -> None:
    found = to_json(spec)["milestones"]
    assert [{key: m[key] for key in EXPECTED["milestones"][0]} for m in found] == EXPECTED["milestones"]
    assert [m["id"] for m in found] == ["complete", "submit", "consolidate"]
    assert [m["groups"] for m in found] == [[], [], []]
    assert [m["wording"] for m in found][::2] == ["hoàn thành trước ngày 01/5/2023", "hoàn thành trong tháng 5/2023"]
    assert found[1]["wording"].endswith("trước ngày 10/5/2023")


def test_it_reads_the_outline_with_its_guidance(spec: PlanSpec) -> None:
    numbered = [item for item in walk(spec.outline) if item.numbered]
    assert [item.number for item in numbered] == EXPECTED["outline_numbers"]
    items = [g for item in walk(spec.outline) for g in item.guidance]
    assert len(items) == EXPECTED["outline_guidance_items"]
    assert all(g.source.text.startswith("-") for g in items)
    assert all(not g.text.startswith("-") for g in items)
    by_number = {item.number: item for item in walk(spec.outline)}
    assert by_number["III.1"].intro[0].text.startswith("Đánh giá tổng quan")
    assert by_number["II.3"].title == "Việc đổi mới, nâng cao chất lượng đội ngũ báo cáo viên"


def test_unnumbered_headings_get_made_numbers_and_are_no_sections(spec: PlanSpec) -> None:
    made = [(item.number, item.title) for item in walk(spec.outline) if not item.numbered]
    assert made == [("IV.2.1", "Đối với tỉnh"), ("IV.2.2", "Đối với huyện")]
    assert [section.number for section in writable_sections(spec)] == [
        "I.1", "I.2", "I.3", "I.4", "II.1", "II.2", "II.3", "II.4", "III.1", "III.2", "III.3", "IV.1", "IV.2",
    ]  # fmt: skip


def test_a_sentence_cut_by_a_page_break_is_whole_again(spec: PlanSpec) -> None:
    guidance = {item.number: item for item in walk(spec.outline)}["II.1"].guidance
    assert len(guidance) == 3
    assert "việc tổ chức tuyên truyền, học tập" in guidance[0].text


def test_guidance_that_names_a_body_is_for_its_group(spec: PlanSpec) -> None:
    boards, centre, front, base = spec.unit_groups
    section = {item.number: item for item in walk(spec.outline)}["II.2"]
    assert [g.groups for g in section.guidance] == [(), (front,), (boards, centre)]
    assert [len(guidance_for(section, group)) for group in spec.unit_groups] == [2, 2, 2, 1]
    assert len(guidance_for(section, None)) == 3
    for group in (*spec.unit_groups, None):
        assert len(sections_for(spec, group)) == 13
    assert base not in section.guidance[1].groups


def test_a_section_that_names_only_others_does_not_concern_a_group(spec: PlanSpec) -> None:
    boards, _, front, _ = spec.unit_groups
    part = spec.outline[1]
    section = part.children[1]
    only_front = replace(section, guidance=(section.guidance[1],))
    other = replace(spec, outline=(replace(part, children=(part.children[0], only_front)),))
    assert [s.number for s in sections_for(other, front)] == ["II.1", "II.2"]
    assert [s.number for s in sections_for(other, boards)] == ["II.1"]


def test_it_knows_which_guidance_wants_figures(spec: PlanSpec) -> None:
    wanting = [g.source.line for item in walk(spec.outline) for g in item.guidance if g.wants_figures]
    assert {70, 71, 72, 104, 106, 110} <= set(wanting)
    assert not {69, 81, 85, 86, 112, 124} & set(wanting)


@pytest.mark.parametrize("number", ["1", "2", "3"])
def test_table_columns_have_the_keys_paths_and_rules_of_the_sample(spec: PlanSpec, number: str) -> None:
    table = spec.table(number)
    assert table is not None
    inputs = {c["key"]: c for c in FIGURES["columns"][number]}
    derived = {c["key"]: c for c in FIGURES["derived"] if c["table"] == number}
    assert {c.key for c in input_columns(table)} == set(inputs)
    assert {c.key for c in derived_columns(table)} == set(derived)
    for column in table.columns:
        given = inputs.get(column.key) or derived[column.key]
        assert list(column.path) == given["path"]
        assert column.formula == given.get("formula")
        assert column.over_units == given.get("over_units", "derived")
        assert column.source_unit is None  # nothing is invented: a person confirms the owner
        if given.get("kind") == "stock":
            assert column.over_rows == "none"
        else:
            assert column.over_rows == ("derived" if column.type == "percent" else "sum")


def test_columns_stand_in_the_order_of_the_document(spec: PlanSpec) -> None:
    table = spec.table("1")
    assert table is not None
    assert [column.key for column in table.columns] == [
        "conferences",
        "members_learnt",
        "members_total",
        "members_percent",
        "non_members_learnt",
        "non_members_total",
        "non_members_percent",
        "people_total",
        "documents",
    ]
    assert [c.type for c in table.columns].count("percent") == 2


def test_the_third_table_has_24_columns_though_its_header_shows_18(spec: PlanSpec) -> None:
    table = spec.table("3")
    assert table is not None
    assert len(input_columns(table)) == EXPECTED["table_leaf_columns"]["3"]["inputs"]
    assert len({column.path for column in table.columns}) == 24
    (warning,) = [w for w in spec.warnings if w.code == "leaf_count"]
    assert (warning.line, "18" in warning.ask, "24" in (warning.read_as or "")) == (204, True, True)


def test_rows_are_years_and_the_total_row_is_apart(spec: PlanSpec) -> None:
    for table in spec.tables:
        assert list(table.rows) == EXPECTED["rows"]
        assert table.total_row
        assert table.note == "Số liệu năm 2013 tính đến thời điểm báo cáo."
    assert [table.number for table in spec.tables] == ["1", "2", "3"]
    assert spec.tables[0].title.startswith("KẾT QUẢ TỔ CHỨC HỌC TẬP, QUÁN TRIỆT")


def test_owners_of_single_source_columns_are_proposed_by_name(spec: PlanSpec) -> None:
    owners = proposed_owners(spec)
    assert owners["2", "reporters_district"] == "Ban Tuyên giáo Huyện ủy"
    assert owners["3", "district_ubkt_supervision_count"] == "Ủy ban Kiểm tra Huyện ủy"
    expected = {
        (number, column["key"]): column["only_unit"]
        for number, columns in FIGURES["columns"].items()
        for column in columns
        if "only_unit" in column
    }
    with (SAMPLE / "units-phong-tho-2023.csv").open(encoding="utf-8", newline="") as file:
        units = list(csv.DictReader(file))
    found = {
        place: next(unit["ma"] for unit in units if same_body(unit["ten_don_vi"], name))
        for place, name in owners.items()
    }
    assert found == expected


def test_the_sample_units_meet_the_groups_that_were_read(spec: PlanSpec) -> None:
    with (SAMPLE / "units-phong-tho-2023.csv").open(encoding="utf-8", newline="") as file:
        units = [(row["ma"], row["ten_don_vi"], row["nhom"]) for row in csv.DictReader(file)]
    found, leftovers = match_groups(units, spec.unit_groups)
    assert (len(found), leftovers) == (58, [])


# --- warnings ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "lines", "text", "read_as"),
    [
        ("head_lost", [3], "*", None),
        ("signature_lost", [55], "Nguyễn Văn Thanh", None),
        ("lowercase_name", [33, 39], "ủy ban", "Ủy ban"),
        ("emphasis_marks", [33, 33, 35], "**", ""),
        ("broken_sentence", [27, 92], "", ""),
        ("list_punctuation", [50], "- Các chi, đảng bộ trực thuộc,", "- Các chi, đảng bộ trực thuộc;"),
        ("archive_office", [51], "Lưu VPTU", "Lưu VPHU"),
        ("abbreviated_name", [48], "UBMTTQ", "Ủy ban Mặt trận Tổ quốc"),
        ("group_named_differently", [39, 47, 50], "Các ", "Các "),
        ("stray_comma", [96], "chương trình, hành động", "chương trình hành động"),
        ("citation_forms", [13], "1327-QĐ/TU, ngày", "1327-QĐ/TU ngày"),
        ("date_padding", [33], "01/5/2023", "01/5/2023"),
        ("misspelling", [152, 156, 198], "", ""),
        ("lost_d_bar", [156, 156], "", ""),
        ("note_year", [171, 194, 218], "Số liệu năm 2013", "đọc là 2023"),
        ("row_header", [202], "T. NGHE", "Năm"),
        ("leaf_count", [204], "Số cuộc", "24 cột"),
        ("spans_rebuilt", [202], "Cấp ủy cấp huyện", "4 × 2 × 3"),
        ("flattened_header", [156, 178, 202], "", "cột"),
        ("unnumbered_item", [146, 148], "Đối với", "IV.2."),
        ("partial_year", [152], "TỪ KHI BAN HÀNH", "28/8/2013"),
        ("comma_in_verbs", [41], "chủ trì, theo dõi", "chủ trì theo dõi"),
        ("boilerplate", [63, 154, 176, 200], "(kèm theo", None),
        ("two_numbers_in_cell", [157, 157], "Số được học tập/ tổng số", "hai cột"),
        ("single_source", [179, 202, 202], "", " Huyện ủy"),
        ("exclusive_before", [33, 33], "trước ngày", "hết ngày"),
        ("deadline_on_day_off", [33], "01/5/2023", "28/4/2023"),
    ],
)
def test_each_defect_of_the_scan_is_a_warning(
    spec: PlanSpec, code: str, lines: list[int], text: str, read_as: str | None
) -> None:
    found = [w for w in spec.warnings if w.code == code]
    assert [w.line for w in found] == lines
    for warning in found:
        assert text in warning.text
        assert warning.read_as is None if read_as is None else read_as in (warning.read_as or "")
        assert warning.ask.endswith("?")


def test_warnings_speak_of_everything_expected(spec: PlanSpec) -> None:
    said = [f"{w.text} {w.read_as} {w.ask}" for w in spec.warnings]
    for about in EXPECTED["warning_about"]:
        assert any(about in text for text in said), about


def test_warnings_come_in_the_order_of_lines_and_quote_them(spec: PlanSpec) -> None:
    lines = TEXT.split("\n")
    assert [w.line for w in spec.warnings] == sorted(w.line for w in spec.warnings)
    for warning in spec.warnings:
        assert warning.text in lines[warning.line - 1]


def test_every_object_carries_a_piece_of_its_line(spec: PlanSpec) -> None:
    lines = TEXT.split("\n")
    seen = 0

    def look(value: Any) -> None:
        nonlocal seen
        if isinstance(value, dict):
            if set(value) != {"line", "text"}:
                source = value["source"]
                assert source["text"] in lines[source["line"] - 1]
                assert source["text"]
                seen += 1
            for item in value.values():
                look(item)
        elif isinstance(value, list):
            for item in value:
                look(item)

    look(to_json(spec))
    assert seen > 100


def test_without_a_calendar_nothing_is_said_of_days_off() -> None:
    codes = {w.code for w in read_plan(blocks_from_text(TEXT)).warnings}
    assert "deadline_on_day_off" not in codes
    assert "exclusive_before" in codes


# --- the same plan in other dress ----------------------------------------------------------------


def _lower_line_numbers(text: str) -> str:
    return re.sub(r"\n{2,}", "\n", text)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda text: text.replace("\n\n", "\n\n\n\n"), id="empty lines doubled"),
        pytest.param(_lower_line_numbers, id="empty lines lost"),
        pytest.param(lambda text: text.replace("\n", "\r\n"), id="CRLF"),
        pytest.param(lambda text: unicodedata.normalize("NFD", text), id="NFD"),
        pytest.param(lambda text: text + "\n\n", id="newline at the end"),
        pytest.param(lambda text: text.replace("**", ""), id="no emphasis"),
        pytest.param(lambda text: text.replace("I. ", "I- ").replace("V. ", "V/ "), id="other numbering"),
        pytest.param(lambda text: text.replace("\n\nchế,", "\n\n2\n\nchế,"), id="page number in a sentence"),
    ],
)
def test_other_dress_same_plan(spec: PlanSpec, change: Callable[[str], str]) -> None:
    assert facts(read(change(TEXT))) == facts(spec)


def _repeated(rows: Sequence[tuple[str, ...]]) -> tuple[tuple[str, ...], ...]:
    """Merged header cells given again in every column that they cover, as some readers do."""
    full: list[list[str]] = []
    for level, row in enumerate(rows):
        out = list(row)
        if not row[0].isdigit() and row[0] != "Tổng":
            below = rows[level + 1] if level + 1 < len(rows) else ()
            for index in range(1, len(out)):
                covered = not out[index] and index < len(below) and (below[index] or level == 0)
                same = level == 0 or full[level - 1][index] == full[level - 1][index - 1]
                if covered and same and any(r[index] for r in rows[level + 1 : level + 3] if not r[0].isdigit()):
                    out[index] = out[index - 1]
        full.append(out)
    return tuple(tuple(row) for row in full)


def test_merged_cells_given_again_change_nothing(spec: PlanSpec) -> None:
    blocks: list[Block] = [
        replace(block, rows=_repeated(block.rows)) if isinstance(block, Grid) else block
        for block in blocks_from_text(TEXT)
    ]
    assert [t.columns[0].path for t in read_plan(blocks).tables] == [t.columns[0].path for t in spec.tables]
    assert facts(read_plan(blocks)) == facts(spec)


def test_a_word_head_and_signature_set_in_tables_are_read(spec: PlanSpec) -> None:
    blocks = blocks_from_text(TEXT)
    body = [b for b in blocks if b.line > 7 and not 43 <= b.line <= 55]
    head = Grid(
        1,
        (
            ("ĐẢNG BỘ TỈNH LAI CHÂU\nHUYỆN ỦY PHONG THỔ\n*\nSố 271-KH/HU",
             "ĐẢNG CỘNG SẢN VIỆT NAM\nPhong Thổ, ngày 20 tháng 02 năm 2023"),
        ),
        (1,),
    )  # fmt: skip
    listed = [b.text for b in blocks if isinstance(b, Paragraph) and 43 <= b.line <= 51]
    foot = Grid(50, (("\n".join(listed), "T/M BAN THƯỜNG VỤ\nPHÓ BÍ THƯ\n\nNguyễn Văn Thanh"),), (50,))
    at = next(index for index, block in enumerate(body) if block.line > 55)
    made = read_plan([head, *body[:at], foot, *body[at:]])
    assert facts(made) == facts(spec)
    assert not {"head_lost", "signature_lost"} & {w.code for w in made.warnings}


def test_words_broken_by_narrow_columns_are_whole_again(spec: PlanSpec) -> None:
    breaks = {
        "huyện": "huyệ n", "tương": "tươn g", "đương": "đươ ng", "UBKT": "UBK T", "thuộc": "thuộ c", "Kiểm": "Kiể m",
        "Giám": "Giá m", "nhân": "nhâ n", "Tổng": "Tổn g", "2013": "201 3", "2020": "20 20",
    }  # fmt: skip
    blocks: list[Block] = []
    for block in blocks_from_text(TEXT):
        if isinstance(block, Grid):
            rows = []
            for row in block.rows:
                cells = list(row)
                for word, broken in breaks.items():
                    cells = [cell.replace(word, broken) for cell in cells]
                rows.append(tuple(cells))
            block = replace(block, rows=tuple(rows))
        blocks.append(block)
    assert facts(read_plan(blocks)) == facts(spec)


def test_bold_paragraphs_change_nothing(spec: PlanSpec) -> None:
    blocks: list[Block] = [replace(b, bold=True) if isinstance(b, Paragraph) else b for b in blocks_from_text(TEXT)]
    assert facts(read_plan(blocks)) == facts(spec)


def test_a_header_with_all_24_cells_needs_no_warning(spec: PlanSpec) -> None:
    blocks: list[Block] = []
    for block in blocks_from_text(TEXT):
        if isinstance(block, Grid) and block.width == 19:
            top = ["T. NGHE"] + [x for name in block.rows[0] if name and name != "T. NGHE" for x in [name] + [""] * 5]
            middle = [""] + ["Kiểm tra", "", "", "Giám sát", "", ""] * 4
            low = [""] + ["Số cuộc", "Tập thể", "Cá nhân"] * 8
            rows = [tuple(top), tuple(middle), tuple(low), *(row + ("",) * 6 for row in block.rows[3:])]
            blocks.append(replace(block, rows=tuple(rows)))
        else:
            blocks.append(block)
    made = read_plan(blocks)
    assert facts(made) == facts(spec)
    assert not {"leaf_count", "spans_rebuilt"} & {w.code for w in made.warnings}


# --- what is no plan -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Hôm nay trời đẹp.",
        "BÁO CÁO\nTổng kết 10 năm\nSố 12-BC/HU\nI. TÌNH HÌNH\n1. Chung",
        "Số 271-KH/HU\nKẾ HOẠCH\nVề một việc\nKhông giao cho ai việc gì.",
        "\x00\x01\x02 PK\x03\x04",
        "a\tb\tc\n1\t2\t3",
        "I. MỤC ĐÍCH\n" * 50,
    ],
)
def test_a_file_that_is_no_plan_is_refused_with_what_was_missed(text: str) -> None:
    with pytest.raises(Invalid) as refusal:
        read_plan(blocks_from_text(text))
    assert refusal.value.code == "not_a_plan"
    assert refusal.value.extra["missing"]
    assert "không thấy" in str(refusal.value)


def test_what_the_document_lacks_is_none_and_asked_for() -> None:
    text = "Số 9-KH/HU\nKẾ HOẠCH\nVề một việc\nI. NỘI DUNG\nĐỀ CƯƠNG\nI. CHUNG\n1. Một\n2. Hai"
    spec = read_plan(blocks_from_text(text))
    assert (spec.issued_on, spec.lead, spec.submit_to, spec.signer, spec.place) == (None,) * 5
    assert (spec.unit_groups, spec.milestones, spec.tables) == ((), (), ())
    assert {"issue_date_not_found", "lead_not_found", "groups_not_found", "submit_date_not_found"} <= {
        w.code for w in spec.warnings
    }


def test_json_gives_the_same_plan_back(spec: PlanSpec) -> None:
    written = json.dumps(to_json(spec), ensure_ascii=False)
    assert from_json(json.loads(written)) == spec
    assert list(to_json(spec)) == [
        "number", "kind", "title", "place", "issued_on", "issuer", "signer", "lead", "submit_to", "via", "basis",
        "unit_groups", "milestones", "outline", "tables", "recipients", "warnings", "source",
    ]  # fmt: skip
