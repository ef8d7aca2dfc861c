"""Figures are added up by each column's rule and keep their units; texts stand in protocol order."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.assembly import sample
from tracker.assembly.rules import file_stem, merge_tables, merge_text, sources
from tracker.plans.spec import PlanSpec

SETS = {
    "all_58": [unit["ma"] for unit in sample.units()],
    "reviewed_41_at_2023_05_11_0900": sample.reviewed_at("2023-05-11T09:00:00+07:00"),
    "consolidated_56_at_2023_05_31": sample.reviewed_at("2023-05-31T15:00:00+07:00"),
}


def merged(codes: list[str], spec: PlanSpec | None = None) -> dict[str, Any]:
    chosen = [(each.unit, each.tables) for each in sample.contributions(codes)]
    return merge_tables(spec or sample.spec(), chosen)


@pytest.mark.parametrize("name", SETS)
def test_every_expected_total_of_the_sample_is_met(name: str) -> None:
    figures = merged(SETS[name])
    checked = 0
    for table, rows in sample.figures()["expected_totals"][name].items():
        if not isinstance(rows, dict):
            continue
        for row, cells in rows.items():
            for key, value in cells.items():
                if key in {"units_counted", "latest_year_stock"} or key.endswith("_percent_of"):
                    continue
                assert figures[table][row][key]["value"] == value, (table, row, key)
                checked += 1
    assert checked == 12 * (9 + 6 + 24)


def test_the_sets_have_the_units_that_the_story_says() -> None:
    assert [len(codes) for codes in SETS.values()] == [58, 41, 56]


def test_every_figure_names_its_units_in_protocol_order() -> None:
    figures = merged(SETS["all_58"])
    order = SETS["all_58"]
    cell = figures["1"]["2013"]["conferences"]
    given = [u["code"] for u in sample.figures()["units"] if isinstance(_cell(u, "1", "2013", "conferences"), int)]
    assert cell["from"] == [code for code in order if code in given]
    assert len(cell["from"]) == sample.figures()["expected_totals"]["all_58"]["1"]["2013"]["units_counted"]
    assert cell.keys() == {"value", "from"}


def _cell(unit: dict[str, Any], table: str, row: str, key: str) -> Any:
    cells = unit["tables"].get(table, {}).get(row, {})
    return cells if isinstance(cells, str) else cells.get(key)


def test_a_single_source_column_is_its_owners_cell_alone() -> None:
    reports = [
        ("BTG", {"2": {"2023": {"reporters_district": 27}}}),
        ("DB-MS", {"2": {"2023": {"reporters_district": 5}}}),
    ]
    cell = merge_tables(sample.spec(), reports)["2"]["2023"]["reporters_district"]
    assert cell == {"value": 27, "from": ["BTG"]}


def test_a_single_source_column_without_an_owner_belongs_to_nobody() -> None:
    spec = sample.spec()
    bare = replace(spec, tables=tuple(
        replace(t, columns=tuple(replace(c, source_unit=None) for c in t.columns)) for t in spec.tables
    ))  # fmt: skip
    cell = merge_tables(bare, [("BTG", {"2": {"2023": {"reporters_district": 27}}})])["2"]["2023"]["reporters_district"]
    assert cell == {"value": None, "from": []}


def test_declarations_and_blanks_are_no_zeros() -> None:
    reports: list[tuple[str, Any]] = [
        ("A", {"1": {"2015": {"conferences": "nothing_to_report", "documents": 0}}}),
        ("B", {"1": {"2015": {"conferences": "not_applicable"}}}),
        ("C", {"1": {"2015": {"conferences": None}}}),
        ("D", {"1": "nothing_to_report"}),
    ]
    row = merge_tables(sample.spec(), reports)["1"]["2015"]
    assert row["conferences"] == {"value": None, "from": []}
    assert row["documents"] == {"value": 0, "from": ["A"]}


def test_a_percentage_is_computed_from_the_sums_half_up_and_null_on_zero() -> None:
    def rate(*pairs: tuple[int, int]) -> Any:
        reports = [
            (f"U{i}", {"1": {"2015": {"members_learnt": a, "members_total": b}}}) for i, (a, b) in enumerate(pairs)
        ]
        return merge_tables(sample.spec(), reports)["1"]["2015"]["members_percent"]

    assert rate((98, 120), (1, 80)) == {"value": 49.5, "from": ["U0", "U1"]}
    assert rate((1, 16))["value"] == 6.3  # 6.25 half up
    assert rate((0, 0)) == {"value": None, "from": []}


def test_a_derived_sum_goes_on_without_what_was_declared_absent_but_not_without_what_is_blank() -> None:
    declared = {"1": {"2015": {"members_learnt": 48, "non_members_learnt": "nothing_to_report"}}}
    blank = {"1": {"2015": {"members_learnt": 48}}}
    assert merge_tables(sample.spec(), [("A", declared)])["1"]["2015"]["people_total"] == {"value": 48, "from": ["A"]}
    assert merge_tables(sample.spec(), [("A", blank)])["1"]["2015"]["people_total"]["value"] is None


def test_the_total_of_a_percentage_is_numerators_over_denominators_although_these_have_none() -> None:
    total = merged(SETS["all_58"])["1"]["total"]
    assert total["members_total"] == {"value": None, "from": []}
    assert total["members_percent"]["value"] == 95.8
    assert len(total["members_percent"]["from"]) == 47


def test_a_latest_total_names_the_units_of_that_row_alone() -> None:
    spec = sample.spec()
    latest = replace(spec, tables=tuple(
        replace(t, columns=tuple(replace(c, over_rows="latest") if c.key == "reporters_base" else c for c in t.columns))
        for t in spec.tables
    ))  # fmt: skip
    reports: list[tuple[str, Any]] = [
        ("A", {"2": {"2022": {"reporters_base": 3}, "2023": {"reporters_base": 4}}}),
        ("B", {"2": {"2022": {"reporters_base": 9}}}),
    ]
    assert merge_tables(latest, reports)["2"]["total"]["reporters_base"] == {"value": 4, "from": ["A"]}


def test_a_table_without_a_total_row_gets_none() -> None:
    spec = sample.spec()
    bare = replace(spec, tables=tuple(replace(t, total_row=False) for t in spec.tables))
    assert "total" not in merge_tables(bare, [])["1"]


def test_nobody_gives_null_everywhere() -> None:
    figures = merge_tables(sample.spec(), [])
    cells = [cell for rows in figures.values() for row in rows.values() for cell in row.values()]
    assert len(cells) == 12 * 39
    assert all(cell == {"value": None, "from": []} for cell in cells)


def test_sources_tell_of_each_figure_the_units_the_cell_who_and_when() -> None:
    chosen = sample.contributions(["BTG", "DB-MS"])
    figures = merge_tables(sample.spec(), [(each.unit, each.tables) for each in chosen])
    found = sources(sample.spec(), chosen, figures)
    lines = found["1"]["2015"]["conferences"]
    assert lines == [["DB-MS", chosen[1].cell("1", "2015", "conferences"), "Lò Thị Mai", sample.ENTERED_AT]]
    assert "people_total" not in found["1"]["2015"]


def test_texts_stand_in_the_order_given_and_declarations_apart() -> None:
    texts = merge_text(
        sample.spec(),
        [
            ("A", {"II.3": "<p>một</p>"}),
            ("B", {"II.3": "nothing_to_report"}),
            ("C", {"II.3": ""}),
            ("D", {"II.3": "<p>hai</p>"}),
        ],
    )
    assert texts["II.3"].written == (("A", "<p>một</p>"), ("D", "<p>hai</p>"))
    assert texts["II.3"].nothing == ("B",)
    assert texts["I.1"].written == ()
    assert len(texts) == 13


def test_a_plan_number_becomes_a_file_name() -> None:
    assert file_stem("271-KH/HU") == "271-KH-HU"
    assert file_stem("../../etc/x") == "etc-x"
