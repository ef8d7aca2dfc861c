"""The appendix tables of a Word report become cells; what is not sure is listed, never guessed and never lost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import docx
import pytest

from tests.factories import plan
from tests.reports.words import Report, bodies
from tracker.documents.reader import rich_here
from tracker.plans.spec import Table, derived_columns, input_columns
from tracker.reports.intake import split
from tracker.reports.render import printed_columns


def table(number: str) -> Table:
    found = plan().table(number)
    assert found is not None
    return found


def read(report: Report) -> dict[str, Any]:
    return split(rich_here(report.data(), "bao-cao.docx"), plan())


def lifted(spec: Mapping[str, Any], number: str) -> dict[str, Any]:
    return next(each for each in spec["tables"] if each["number"] == number)


def filled(number: str, cell: str = "7") -> dict[str, dict[str, str]]:
    """Every printed input cell of an appendix as `cell`, pairs as "cell/cell"."""
    groups = [g for g in printed_columns(table(number)) if g[0].over_units != "derived"]
    return {row: {g[0].key: "/".join([cell] * len(g)) for g in groups} for row in table(number).rows}


def with_cells(number: str, **cells: str) -> dict[str, Any]:
    """Appendix `number` with some cells of 2015 typed, read back."""
    report = Report().write(bodies()).appendix(table(number), {"2015": cells})
    return lifted(read(report), number)


@pytest.mark.parametrize("number", ["1", "2", "3"])
def test_every_appendix_with_its_merged_heads_becomes_cells(number: str) -> None:
    spec = read(Report().write(bodies()).sign().appendix(table(number), filled(number)))
    found = lifted(spec, number)
    assert found["cells"] == {
        row: dict.fromkeys((column.key for column in input_columns(table(number))), 7) for row in table(number).rows
    }
    assert (found["doubtful"], found["disagrees"]) == ([], [])
    assert [row for row in spec["missing"]["rows"] if row["table"] == number] == []
    assert len(spec["missing"]["rows"]) == 22
    assert spec["missing"]["sections"] == []


def test_all_three_in_one_report_are_told_apart_without_their_headings() -> None:
    report = Report().write(bodies()).sign()
    for number in ("3", "1", "2"):
        report.grid(table(number), filled(number, str(int(number) + 4)))
        report.say("")
    spec = read(report)
    assert [each["number"] for each in spec["tables"]] == ["1", "2", "3"]
    assert lifted(spec, "2")["cells"]["2015"]["people_base"] == 6
    assert lifted(spec, "3")["cells"]["2023"]["base_committee_inspection_count"] == 7


def test_two_numbers_in_one_cell_are_taken_apart() -> None:
    for typed in ("98/120", "98 / 120", "98/ 120"):
        found = with_cells("1", members_learnt=typed)
        assert found["cells"]["2015"]["members_learnt"] == 98
        assert found["cells"]["2015"]["members_total"] == 120


def test_one_number_where_two_belong_is_doubtful_in_both() -> None:
    for typed in ("98", "98/120/3", "12.5"):
        found = with_cells("1", members_learnt=typed)
        assert found["cells"]["2015"]["members_learnt"] is found["cells"]["2015"]["members_total"] is None
        assert [(d["row"], d["column"], d["raw"]) for d in found["doubtful"]] == [
            ("2015", "members_learnt", typed),
            ("2015", "members_total", typed),
        ]


def test_what_may_be_read_in_two_ways_is_listed_and_left_blank() -> None:
    for typed in ("12.5", "12,5", "khoảng 20", "-3", "1.23", "N/A"):
        found = with_cells("1", conferences=typed)
        assert found["cells"]["2015"]["conferences"] is None
        (doubt,) = found["doubtful"]
        assert (doubt["row"], doubt["column"], doubt["raw"]) == ("2015", "conferences", typed)
        assert typed in doubt["reason"]


def test_what_is_declared_is_no_number_and_no_blank() -> None:
    for typed, cell in (
        ("-", "nothing_to_report"),
        ("Không", "nothing_to_report"),
        ("x", "not_applicable"),
        ("", None),
        ("0", 0),
        ("1.234", 1234),
        ("1 234", 1234),
    ):
        found = with_cells("1", conferences=typed, members_learnt=typed if cell in (None, "nothing_to_report") else "")
        assert found["cells"]["2015"]["conferences"] == cell
        assert found["doubtful"] == []
        if cell == "nothing_to_report":
            assert found["cells"]["2015"]["members_total"] == cell


def test_a_percentage_that_was_computed_wrong_disagrees() -> None:
    found = with_cells("1", members_learnt="118/123", members_percent="96,9", non_members_learnt="5/10")
    assert found["disagrees"] == [{"row": "2015", "column": "members_percent", "typed": 96.9, "computed": 95.9}]
    for right in ("95,9", "95,9%", "95,93 %", "95.9"):
        assert with_cells("1", members_learnt="118/123", members_percent=right)["disagrees"] == []


def test_a_sum_that_was_added_wrong_disagrees() -> None:
    found = with_cells("1", members_learnt="98/120", non_members_learnt="5/10", people_total="104")
    assert found["disagrees"] == [{"row": "2015", "column": "people_total", "typed": 104, "computed": 103}]


def test_a_total_of_stocks_disagrees_for_there_is_none() -> None:
    cells = filled("2", "4")
    cells["Tổng"] = {"reporters_base": "44", "conferences_base": "44", "people_base": "40"}
    found = lifted(read(Report().write(bodies()).appendix(table("2"), cells)), "2")
    assert found["disagrees"] == [
        {"row": "total", "column": "reporters_base", "typed": 44, "computed": None},
        {"row": "total", "column": "people_base", "typed": 40, "computed": 44},
    ]


def test_the_total_of_a_percentage_is_its_years_together() -> None:
    cells = {
        "2015": {"members_learnt": "50/100", "members_percent": "50"},
        "2016": {"members_learnt": "10/10", "members_percent": "100"},
        "Tổng": {"members_learnt": "60", "members_percent": "75"},
    }
    found = lifted(read(Report().write(bodies()).appendix(table("1"), cells)), "1")
    assert found["disagrees"] == [{"row": "total", "column": "members_percent", "typed": 75, "computed": 54.5}]
    assert found["doubtful"] == []


def test_a_part_greater_than_its_whole_is_doubtful_since_it_could_not_be_stored() -> None:
    found = with_cells("1", members_learnt="131/128")
    assert found["cells"]["2015"]["members_learnt"] is None
    assert found["cells"]["2015"]["members_total"] == 128
    assert [(d["column"], d["raw"]) for d in found["doubtful"]] == [("members_learnt", "131/128")]


def test_words_in_a_computed_cell_are_listed() -> None:
    found = with_cells("1", members_learnt="98/120", members_percent="gần hết")
    assert [(d["column"], d["raw"]) for d in found["doubtful"]] == [("members_percent", "gần hết")]


@pytest.mark.parametrize("bodies_left", [["base_committee"], ["base_committee", "subordinate_committee"]])
def test_an_excerpt_with_the_columns_of_a_unit_is_read_by_its_heads(bodies_left: list[str]) -> None:
    keys = [c.key for c in table("3").columns if c.key.startswith(tuple(bodies_left))]
    report = Report().write(bodies())
    report.say("Phụ lục 3", bold=True)
    report.grid(table("3"), filled("3", "2"), only=keys)
    found = lifted(read(report), "3")
    assert found["cells"]["2020"] == dict.fromkeys(keys, 2)


def test_three_bodies_of_four_are_read_too() -> None:
    keys = [c.key for c in table("3").columns if not c.key.startswith("district_ubkt")]
    assert len(keys) == 18
    report = Report().write(bodies())
    report.say("PHỤ LỤC SỐ 3", bold=True)
    report.grid(table("3"), filled("3", "3"), only=keys)
    assert lifted(read(report), "3")["cells"]["2014"] == dict.fromkeys(keys, 3)


def test_years_said_otherwise_are_the_same_years() -> None:
    report = Report().write(bodies()).appendix(table("1"), filled("1"))
    for row in report.file.tables[0].rows:
        cell = row.cells[0]
        if cell.text == "2014":
            cell.text = "Năm 2014"
        if cell.text == "2023":
            cell.text = "2023 (đến tháng 5)"
    found = lifted(read(report), "1")
    assert found["cells"]["2014"]["conferences"] == found["cells"]["2023"]["conferences"] == 7


def test_a_column_of_serial_numbers_before_the_years_is_passed_over() -> None:
    made = docx.Document()
    for line in ("1. Thuận lợi, khó khăn", "Có.", "3. Bài học kinh nghiệm", "Có."):
        made.add_paragraph(line)
    groups = printed_columns(table("2"))
    grid = made.add_table(1 + 11, len(groups) + 2)
    for at, head in enumerate(["TT", "Năm", *(" ".join(g[0].path) for g in groups)]):
        grid.cell(0, at).text = head
    for place, row in enumerate(table("2").rows, 1):
        for at, text in enumerate([str(place), row, *(["3"] * len(groups))]):
            grid.cell(place, at).text = text
    report = Report()
    report.file = made
    assert lifted(read(report), "2")["cells"]["2015"]["people_base"] == 3


def test_columns_in_another_order_are_met_by_their_heads() -> None:
    report = Report().write(bodies()).appendix(table("2"), filled("2"))
    grid = report.file.tables[0]
    for place in range(3, len(grid.rows)):
        grid.cell(place, 1).text, grid.cell(place, 2).text = "1", "2"
    grid.cell(1, 1).merge(grid.cell(2, 1)).text = "Cấp cơ sở"
    grid.cell(1, 2).merge(grid.cell(2, 2)).text = "Cấp huyện"
    found = lifted(read(report), "2")["cells"]["2015"]
    assert (found["reporters_base"], found["reporters_district"]) == (1, 2)


def test_rows_and_columns_that_the_plan_does_not_have_are_kept_as_text() -> None:
    report = Report().write(bodies()).appendix(table("1"), filled("1"))
    grid = report.file.tables[0]
    extra = grid.add_row()
    extra.cells[0].text, extra.cells[1].text = "2012", "31"
    notes = grid.add_column(docx.shared.Cm(2))
    notes.cells[0].text, notes.cells[4].text = "Ghi chú", "chưa đủ sổ sách"
    spec = read(report)
    assert lifted(spec, "1")["cells"]["2015"]["documents"] == 7
    kept = "\n".join(each["text"] for each in spec["unplaced"])
    assert "2012 | 31" in kept
    assert "Ghi chú | 2015: chưa đủ sổ sách" in kept


def test_a_table_of_another_shape_under_an_appendix_is_kept_and_said() -> None:
    report = Report().write(bodies())
    report.say("PHỤ LỤC SỐ 2", bold=True)
    report.file.add_table(4, 4).cell(0, 0).text = "Bảng của xã"
    spec = read(report)
    assert [(w["code"], w["where"]) for w in spec["warnings"]] == [("table_not_read", "2")]
    assert "Bảng của xã" in spec["unplaced"][-1]["text"]
    assert spec["tables"] == []


def test_a_table_inside_a_section_stays_in_its_text() -> None:
    report = Report().write(bodies())
    made = report.file.add_table(4, 3)
    made.cell(0, 0).text, made.cell(1, 0).text = "Chi bộ", "Bản Lang 1"
    spec = read(report.sign())
    (last,) = [s for s in spec["sections"] if s["number"] == "IV.2"]
    assert "<table>" in last["html"]
    assert "Bản Lang 1" in last["text"]


def test_a_file_of_tables_alone_is_still_a_report() -> None:
    report = Report()
    report.appendix(table("1"), filled("1"))
    spec = read(report)
    assert spec["sections"] == []
    assert len(spec["missing"]["sections"]) == 13
    assert len(derived_columns(table("1"))) == 3
    assert lifted(spec, "1")["cells"]["2013"]["conferences"] == 7


def test_an_appendix_numbered_in_roman_is_the_same_appendix() -> None:
    report = Report().write(bodies())
    report.say("PHỤ LỤC II", bold=True)
    report.grid(table("2"), filled("2"))
    assert lifted(read(report), "2")["cells"]["2013"]["reporters_base"] == 7
