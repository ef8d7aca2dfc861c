from __future__ import annotations

import pytest

from tracker.core.errors import Invalid
from tracker.plans.spec import Column, Guidance, OutlineItem, PlanSpec, Source, Table
from tracker.reports.rules import (
    Concern,
    SectionAnswer,
    State,
    TableAnswer,
    cell_filled,
    check_complete,
    completeness,
    concerns,
    missing,
    section_filled,
    share,
    unowned,
    word,
)

HERE = Source(1, "x")
BODIES, COMMUNES = "Các ban xây dựng đảng huyện", "Các chi, đảng bộ cơ sở"


def section(number: str, *groups: tuple[str, ...], numbered: bool = True, children: tuple = ()) -> OutlineItem:
    lines = tuple(Guidance("Nêu kết quả", named, False, HERE) for named in groups)
    return OutlineItem(number, numbered, f"Mục {number}", lines, children, HERE)


def column(key: str, over_units: str = "sum", source_unit: str | None = None) -> Column:
    formula = "a / b × 100" if over_units == "derived" else None
    return Column(key, (key,), "integer", over_units, source_unit, "sum", formula, HERE)


def table(number: str, *columns: Column) -> Table:
    return Table(number, f"Phụ lục số {number}", ("2022", "2023"), True, None, columns, HERE)


SPEC = PlanSpec(
    number="271-KH/HU",
    kind="Kế hoạch",
    title="",
    place=None,
    issued_on=None,
    issuer=None,
    signer=None,
    lead=None,
    submit_to=None,
    via=None,
    basis=(),
    unit_groups=(BODIES, COMMUNES),
    milestones=(),
    outline=(
        section("I", children=(section("I.1"), section("I.2", (COMMUNES,)), section("I.3", (BODIES,), ()))),
        section("II", children=(section("II.1", children=(section("II.1.1", (BODIES,), numbered=False),)),)),
    ),
    tables=(
        table("1", column("a"), column("b"), column("share", "derived")),
        table("2", column("district", "single_source", "BTG"), column("base")),
        table("3", column("inspected", "single_source"), column("checked", "single_source", "UBKT")),
    ),
    recipients=(),
    warnings=(),
    source=HERE,
)
YEARS = ("2022", "2023")


def test_a_unit_that_submits_figures_answers_every_summed_column_and_no_derived_one() -> None:
    concern = concerns(SPEC, COMMUNES, "DB-MSS", submits_figures=True)
    assert concern.sections == ("I.1", "I.2", "I.3", "II.1")
    assert concern.cells == {"1": (YEARS, ("a", "b")), "2": (YEARS, ("base",))}
    assert concern.required == 4 + 4 + 2


def test_a_section_whose_guidance_names_other_groups_does_not_concern_the_unit() -> None:
    assert concerns(SPEC, BODIES, "BTC", submits_figures=False).sections == ("I.1", "I.3", "II.1")


def test_a_unit_that_submits_no_figures_owns_the_single_source_columns_that_name_it_and_nothing_else() -> None:
    assert concerns(SPEC, BODIES, "BTG", submits_figures=False).cells == {"2": (YEARS, ("district",))}
    assert concerns(SPEC, BODIES, "UBKT", submits_figures=False).cells == {"3": (YEARS, ("checked",))}
    assert concerns(SPEC, BODIES, "BTC", submits_figures=False).cells == {}


def test_the_source_of_a_column_that_submits_figures_answers_both_kinds() -> None:
    cells = concerns(SPEC, BODIES, "BTG", submits_figures=True).cells
    assert cells == {"1": (YEARS, ("a", "b")), "2": (YEARS, ("district", "base"))}


def test_a_single_source_column_that_names_nobody_concerns_nobody_and_is_listed() -> None:
    assert unowned(SPEC) == [("3", "inspected")]
    for code in ("DB-MSS", "BTG", "UBKT", ""):
        assert "inspected" not in concerns(SPEC, COMMUNES, code, submits_figures=True).cells.get("3", ((), ()))[1]


@pytest.mark.parametrize(
    ("text", "nothing", "filled"),
    [
        ("Chi bộ có 12 đảng viên.", False, True),
        ("", False, False),
        (" \n\t\u00a0", False, False),
        ("\u200b\ufeff\u200d", False, False),
        ("", True, True),
        ("-", False, True),
    ],
)
def test_a_section_is_filled_by_text_that_can_be_seen_or_by_its_declaration(
    text: str, nothing: bool, filled: bool
) -> None:
    assert section_filled(SectionAnswer(text, nothing)) is filled


def test_a_section_never_opened_is_not_filled() -> None:
    assert not section_filled(None)


def test_zero_and_both_declarations_fill_a_cell_and_blank_does_not() -> None:
    filled = [cell_filled(cell) for cell in (0, 12, "nothing_to_report", "not_applicable")]
    assert filled == [True] * 4
    assert [cell_filled(cell) for cell in (None, "", "12", True, 1.5)] == [False] * 5


CONCERN = Concern(("I.1", "II.1"), {"1": (YEARS, ("a", "b"))})
WRITTEN = {"I.1": SectionAnswer("Có."), "II.1": SectionAnswer(nothing_to_report=True)}
CELLS = {"2022": {"a": 3, "b": 4}, "2023": {"a": 0, "b": "not_applicable"}}


def test_what_is_missing_is_named_section_by_section_and_cell_by_cell_in_the_order_of_the_plan() -> None:
    tables = {"1": TableAnswer({"2022": {"a": 3, "b": None}, "2023": {"a": 0}})}
    assert completeness(CONCERN, {"I.1": SectionAnswer("Có.")}, tables) == (3, 6)
    assert missing(CONCERN, {"I.1": SectionAnswer("Có.")}, tables) == [
        {"section": "II.1"},
        {"table": "1", "row": "2022", "column": "b"},
        {"table": "1", "row": "2023", "column": "b"},
    ]


def test_a_report_with_every_part_is_complete() -> None:
    tables = {"1": TableAnswer(CELLS)}
    assert completeness(CONCERN, WRITTEN, tables) == (6, 6)
    assert missing(CONCERN, WRITTEN, tables) == []
    check_complete(CONCERN, WRITTEN, tables)


def test_a_table_declared_to_have_nothing_fills_all_its_cells() -> None:
    tables = {"1": TableAnswer({}, nothing_to_report=True)}
    assert completeness(CONCERN, WRITTEN, tables) == (6, 6)
    assert missing(CONCERN, WRITTEN, tables) == []


def test_what_does_not_concern_the_unit_counts_for_nothing() -> None:
    sections = {**WRITTEN, "III.1": SectionAnswer("Thừa")}
    tables = {"1": TableAnswer({**CELLS, "2024": {"a": 1}, "2022": {"a": 3, "b": 4, "c": 5}}), "9": TableAnswer(CELLS)}
    assert completeness(CONCERN, sections, tables) == (6, 6)


def test_an_incomplete_report_is_refused_with_the_list_of_what_is_missing() -> None:
    with pytest.raises(Invalid) as told:
        check_complete(CONCERN, WRITTEN, {})
    assert told.value.code == "incomplete"
    assert told.value.extra["missing"] == [
        {"table": "1", "row": year, "column": key} for year in YEARS for key in ("a", "b")
    ]
    assert "còn 4 phần" in str(told.value)


def test_completeness_is_a_share_and_one_where_nothing_is_asked() -> None:
    assert share(3, 6) == 0.5
    assert share(6, 6) == 1
    assert share(0, 0) == 1
    assert share(999_999, 1_000_000) < 1


def test_one_word_for_each_state() -> None:
    assert [word(state) for state in State] == ["Đang soạn", "Chờ duyệt", "Đã duyệt", "Đã tổng hợp"]
    assert word(State.DRAFTING, sent_back=True) == "Bị trả lại"
    assert word(State.SUBMITTED, sent_back=True) == "Chờ duyệt"
