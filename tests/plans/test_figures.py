"""Cells are read without guessing, checked in their place, derived and added up by each column's rule."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.core.errors import Invalid
from tracker.plans.figures import (
    MAX_VALUE,
    NOT_APPLICABLE,
    NOTHING,
    Cell,
    check_cells,
    derive,
    parse_formula,
    percent,
    read_cell,
    totals,
)
from tracker.plans.spec import Column, OverRows, OverUnits, Source, Table

HERE = Source(1, "x")
FIGURES = json.loads(
    (Path(__file__).parents[2] / "tracker/operate/sample/sample-figures.json").read_text(encoding="utf-8")
)


def column(key: str, over_rows: OverRows = "sum", formula: str | None = None, over_units: OverUnits = "sum") -> Column:
    kind = "percent" if formula and "×" in formula else "integer"
    units = "derived" if formula else over_units
    return Column(key, (key,), kind, units, None, over_rows, formula, HERE)  # type: ignore[arg-type]  # str for Literal


TABLE = Table(
    "1",
    "Kết quả",
    ("2021", "2022", "2023"),
    True,
    None,
    (
        column("conferences"),
        column("learnt"),
        column("total", "none"),
        column("rate", "derived", "learnt / total × 100"),
        column("other"),
        column("people", "sum", "learnt + other"),
        column("staff", "latest"),
    ),
    HERE,
)


@pytest.mark.parametrize(
    ("raw", "cell"),
    [
        ("1234", 1234),
        ("1 234", 1234),
        ("1\u00a0234", 1234),
        ("1.234", 1234),
        ("1.234.567", 1234567),
        (" 0 ", 0),
        ("05", 5),
        ("1000000000", MAX_VALUE),
        ("", None),
        ("   ", None),
        ("Không", NOTHING),
        ("không", NOTHING),
        ("-", NOTHING),
        ("–", NOTHING),
        ("không áp dụng", NOT_APPLICABLE),
        ("x", NOT_APPLICABLE),
        ("X", NOT_APPLICABLE),
    ],
)
def test_it_reads_what_people_write(raw: str, cell: Cell) -> None:
    assert read_cell(raw) == cell


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("12.5", "decimal_number"),
        ("12,5", "decimal_number"),
        ("1,234", "decimal_number"),
        ("N/A", "bad_number"),
        ("1.2.3", "bad_number"),
        ("1.234 567", "bad_number"),
        ("12.34.567", "bad_number"),
        ("-5", "negative_number"),
        ("−5", "negative_number"),
        ("+5", "bad_number"),
        ("NaN", "bad_number"),
        ("inf", "bad_number"),
        ("１２", "bad_number"),
        ("٣", "bad_number"),
        ("1e309", "bad_number"),
        ("98/120", "bad_number"),
        ("81,7%", "bad_number"),
        ("=1+1", "bad_number"),
        ("1000000001", "number_too_big"),
        ("9" * 5000, "number_too_big"),
    ],
)
def test_it_refuses_what_it_would_have_to_guess(raw: str, code: str) -> None:
    with pytest.raises(Invalid) as refusal:
        read_cell(raw, where="2015, cột Số hội nghị")
    assert refusal.value.code == code
    sentence = str(refusal.value)
    assert "2015, cột Số hội nghị" in sentence
    assert raw[:30] in sentence
    assert len(sentence) < 300


@given(st.integers(0, MAX_VALUE))
def test_every_number_reads_back_however_it_is_grouped(number: int) -> None:
    grouped = f"{number:,}"
    assert read_cell(str(number)) == read_cell(grouped.replace(",", ".")) == read_cell(grouped.replace(",", " "))
    assert read_cell(str(number)) == number


@given(st.text(max_size=30))
def test_no_text_makes_it_fail_in_any_other_way(raw: str) -> None:
    try:
        cell = read_cell(raw)
    except Invalid as refusal:
        sentence = str(refusal)
    else:
        sentence = "-"
        assert cell is None or cell in (NOTHING, NOT_APPLICABLE) or isinstance(cell, int)
    assert sentence


def test_check_cells_accepts_every_kind_of_cell() -> None:
    cells: dict[str, dict[str, Cell]] = {
        "2021": {"learnt": 5, "total": 5, "conferences": None},
        "2022": {"learnt": NOTHING, "total": NOT_APPLICABLE},
    }
    assert check_cells(TABLE, cells) == []


@pytest.mark.parametrize(
    ("cells", "code", "place"),
    [
        ({"2019": {"learnt": 1}}, "unknown_row", "2019"),
        ({"2021": {"nope": 1}}, "unknown_column", "nope"),
        ({"2021": {"rate": 50}}, "computed_column", "rate"),
        ({"2021": {"learnt": -1}}, "negative_number", "learnt"),
        ({"2021": {"learnt": 10**9 + 1}}, "number_too_big", "learnt"),
        ({"2021": {"learnt": "12"}}, "bad_number", "learnt"),
        ({"2021": {"learnt": 1.5}}, "bad_number", "learnt"),
        ({"2021": {"learnt": True}}, "bad_number", "learnt"),
        ({"2022": {"learnt": 131, "total": 128}}, "part_exceeds_whole", "2022"),
    ],
)
def test_check_cells_names_the_place(cells: dict[str, dict[str, Cell]], code: str, place: str) -> None:
    (refusal,) = check_cells(TABLE, cells)
    assert refusal.code == code
    assert place in str(refusal)
    assert refusal.extra["table"] == "1"


def test_check_cells_lists_all_at_once() -> None:
    found = check_cells(TABLE, {"2021": {"learnt": -1, "nope": 1}, "1999": {}})
    assert {refusal.code for refusal in found} == {"negative_number", "unknown_column", "unknown_row"}


@pytest.mark.parametrize(
    ("part", "whole", "points"),
    [
        (1, 3, 33.3),
        (2, 3, 66.7),
        (1, 0, None),
        (0, 5, 0.0),
        (5, 5, 100.0),
        (1, 2000, 0.1),
        (3, 800, 0.4),
        (1, 800, 0.1),
    ],
)
def test_percent_is_half_up_to_one_decimal(part: int, whole: int, points: float | None) -> None:
    assert percent(part, whole) == points


def test_a_row_derives_its_percent_and_its_sum() -> None:
    assert derive(TABLE, {"learnt": 117, "total": 144, "other": 3}) == {"rate": 81.3, "people": 120}


@pytest.mark.parametrize(
    ("row", "rate", "people"),
    [
        ({}, None, None),
        ({"learnt": 5}, None, None),
        ({"learnt": 5, "total": 0, "other": NOTHING}, None, 5),
        ({"learnt": NOTHING, "total": 9, "other": 4}, None, 4),
        ({"learnt": NOTHING, "total": NOTHING, "other": NOT_APPLICABLE}, None, None),
        ({"learnt": 0, "total": 9, "other": 0}, 0.0, 0),
    ],
)
def test_blank_and_absent_are_not_zero(row: dict[str, Cell], rate: float | None, people: int | None) -> None:
    assert derive(TABLE, row) == {"rate": rate, "people": people}


def test_totals_follow_each_columns_rule() -> None:
    cells: dict[str, dict[str, Cell]] = {
        "2021": {"conferences": 3, "learnt": 8, "total": 10, "other": 1, "staff": 4},
        "2022": {"conferences": NOTHING, "learnt": 9, "total": None, "other": 2, "staff": 6},
        "2023": {"conferences": 4, "learnt": 5, "total": 20, "other": NOTHING, "staff": None},
        "Tổng": {"conferences": 999},
    }
    assert totals(TABLE, cells) == {
        "conferences": 7,
        "learnt": 22,
        "total": None,
        "rate": 43.3,  # 13 of 30: the year without a denominator is left out of both
        "other": 3,
        "people": 25,
        "staff": 6,
    }


def test_totals_of_nothing_are_none_not_zero() -> None:
    assert set(totals(TABLE, {}).values()) == {None}
    assert totals(TABLE, {"2021": {"conferences": NOTHING}})["conferences"] is None


def test_totals_agree_with_the_sample() -> None:
    """The sample's sums over 58 units, added over the years, give the sample's own Tổng row."""
    expected = FIGURES["expected_totals"]["all_58"]["1"]
    columns = tuple(
        column(key, rule)
        for key, rule in [
            ("conferences", "sum"),
            ("members_learnt", "sum"),
            ("members_total", "none"),
            ("non_members_learnt", "sum"),
            ("non_members_total", "none"),
            ("documents", "sum"),
        ]
    ) + tuple(
        column(item["key"], "derived" if "×" in item["formula"] else "sum", item["formula"])
        for item in FIGURES["derived"]
    )
    years = tuple(year for year in expected if year != "total")
    table = Table("1", "", years, True, None, columns, HERE)
    rows = {year: {key: expected[year][key] for key in expected[year]} for year in years}
    computed = totals(table, rows)
    assert computed == {key: expected["total"][key] for key in computed}
    for year in years:
        assert derive(table, rows[year]) == {item["key"]: expected[year][item["key"]] for item in FIGURES["derived"]}


def test_an_unknown_formula_computes_nothing() -> None:
    assert parse_formula("a * b") is None
    assert parse_formula(None) is None
    table = Table("1", "", ("2021",), True, None, (column("a"), column("odd", "derived", "a * a")), HERE)
    assert derive(table, {"a": 2}) == {"odd": None}
    assert totals(table, {"2021": {"a": 2}}) == {"a": 2, "odd": None}
