"""Writing a table: what a cell may hold, all or nothing, whose cells they are."""

from __future__ import annotations

from typing import Any

import pytest

from tests.reports.conftest import World
from tracker.accounts.models import Unit
from tracker.core.db import session, transaction
from tracker.core.errors import Conflict, Invalid, NotFound
from tracker.core.people import Actor
from tracker.reports.queries import concern_of, find, tables
from tracker.reports.writing import save_table

SINGLE = "district_committee_inspection_count"


def save(world: World, cells: dict[str, dict[str, Any]] | None, version: int, number: str = "1", **more: Any) -> int:
    actor: Actor = more.pop("actor", world.mai)
    report = more.pop("report", world.report)
    with transaction():
        return save_table(report, number, actor, world.at(more.pop("hours", 0)), cells=cells, version=version, **more)


def test_typed_words_and_numbers_become_cells(world: World) -> None:
    save(
        world, {"2015": {"conferences": "1.234", "documents": "Không", "members_total": " x ", "members_learnt": ""}}, 1
    )
    stored = tables(world.report)["1"]
    assert stored.cells == {
        "2015": {"conferences": 1234, "documents": "nothing_to_report", "members_total": "not_applicable"}
    }
    assert stored.entered["2015"]["conferences"] == ["Lò Thị Mai", world.at().isoformat()]
    assert world.row().filled == 3


def test_cells_that_are_not_named_stay_and_keep_who_entered_them(world: World) -> None:
    version = save(world, {"2015": {"conferences": 3}}, 1)
    save(world, {"2015": {"documents": 5}, "2016": {"conferences": 1}}, version, actor=world.sa, hours=1)
    stored = tables(world.report)["1"]
    assert stored.cells == {"2015": {"conferences": 3, "documents": 5}, "2016": {"conferences": 1}}
    assert stored.entered["2015"]["conferences"][0] == "Lò Thị Mai"
    assert stored.entered["2015"]["documents"][0] == "Lý A Sà"


def test_a_blank_takes_a_cell_away(world: World) -> None:
    version = save(world, {"2015": {"conferences": 3}}, 1)
    save(world, {"2015": {"conferences": None}}, version)
    assert (tables(world.report)["1"].cells, world.row().filled) == ({}, 0)


def test_every_bad_cell_is_named_and_nothing_is_stored(world: World) -> None:
    with pytest.raises(Invalid) as refused:
        save(world, {"2015": {"conferences": "12.5", "documents": 4}, "2016": {"members_learnt": "abc"}}, 1)
    assert refused.value.code == "bad_cells"
    assert [(p.code, p.extra["row"], p.extra["column"]) for p in refused.value.problems] == [
        ("decimal_number", "2015", "conferences"),
        ("bad_number", "2016", "members_learnt"),
    ]
    assert "12.5" in str(refused.value.problems[0])
    assert tables(world.report) == {}
    assert world.row().version == 1


def test_a_part_greater_than_its_whole_is_refused_with_its_place(world: World) -> None:
    version = save(world, {"2016": {"members_total": 128}}, 1)
    with pytest.raises(Invalid) as refused:
        save(world, {"2016": {"members_learnt": 131}}, version)
    (problem,) = refused.value.problems
    assert (problem.code, problem.extra) == (
        "part_exceeds_whole",
        {"table": "1", "row": "2016", "column": "members_learnt"},
    )
    assert "131" in str(problem)
    assert "128" in str(problem)
    assert tables(world.report)["1"].cells == {"2016": {"members_total": 128}}


@pytest.mark.parametrize("value", [True, 1.5, [], {}, -1, 10**10])
def test_what_is_no_whole_number_in_range_is_refused(world: World, value: object) -> None:
    with pytest.raises(Invalid) as refused:
        save(world, {"2015": {"conferences": value}}, 1)
    assert refused.value.code == "bad_cells"


@pytest.mark.parametrize(("row", "column"), [("1999", "conferences"), ("2015", "no_such"), ("2015", "members_percent")])
def test_a_row_or_column_that_is_not_there_or_is_computed_is_refused(world: World, row: str, column: str) -> None:
    with pytest.raises(Invalid) as refused:
        save(world, {row: {column: 1}}, 1)
    assert [(p.extra["row"], p.extra.get("column", column)) for p in refused.value.problems] == [(row, column)]


def test_a_single_source_column_is_its_owners_alone(world: World) -> None:
    with pytest.raises(Invalid) as refused:
        save(world, {"2015": {SINGLE: 3}}, 1, "3")
    assert refused.value.problems[0].code == "not_yours_to_fill"
    save(world, {"2015": {SINGLE: 3}}, 1, "3", actor=world.hanh, report=world.opened.reports["UBKT"])


def test_a_flagged_unit_owns_its_single_source_columns_and_no_others(world: World) -> None:
    with transaction():
        session().get_one(Unit, world.opened.units["UBKT"]).submits_figures = False
    concern = concern_of(find(world.opened.reports["UBKT"], world.hanh))
    assert set(concern.cells) == {"3"}
    assert len(concern.cells["3"][1]) == 12
    with pytest.raises(NotFound):
        save(world, {"2015": {"conferences": 1}}, 1, actor=world.hanh, report=world.opened.reports["UBKT"])


def test_nothing_to_report_fills_the_whole_table(world: World) -> None:
    save(world, None, 1, nothing_to_report=True)
    stored = tables(world.report)["1"]
    assert (stored.cells, stored.nothing_to_report, world.row().filled) == ({}, True, 66)


def test_nothing_to_report_never_swallows_figures(world: World) -> None:
    with pytest.raises(Invalid) as refused:
        save(world, {"2015": {"conferences": 3}}, 1, nothing_to_report=True)
    assert refused.value.code == "declared_with_figures"
    assert tables(world.report) == {}


def test_a_stale_table_is_refused_and_the_stored_cells_are_given(world: World) -> None:
    save(world, {"2015": {"conferences": 3}}, 1)
    with pytest.raises(Conflict) as refused:
        save(world, {"2015": {"conferences": 4}}, 1, actor=world.sa)
    assert refused.value.extra["cells"] == {"2015": {"conferences": 3}}
    assert (refused.value.extra["by"], refused.value.extra["version"]) == ("Lò Thị Mai", 2)


def test_a_table_changed_elsewhere_does_not_make_this_one_stale(world: World) -> None:
    save(world, {"2015": {"conferences": 3}}, 1)
    save(world, {"2015": {"reporters_base": 3}}, 1, "2", actor=world.sa)
    assert set(tables(world.report)) == {"1", "2"}


def test_an_unknown_table_is_not_there(world: World) -> None:
    with pytest.raises(NotFound):
        save(world, {}, 1, "9")


def test_unreadable_cells_and_impossible_pairs_are_told_together(world: World) -> None:
    version = save(world, {"2016": {"members_total": 128}}, 1)
    with pytest.raises(Invalid) as refused:
        save(world, {"2017": {"documents": "1.5"}, "2016": {"members_learnt": 131}}, version)
    assert [(p.code, p.extra["row"]) for p in refused.value.problems] == [
        ("part_exceeds_whole", "2016"),
        ("decimal_number", "2017"),
    ]


def test_a_cell_that_cannot_be_read_is_not_judged_by_what_stood_there(world: World) -> None:
    version = save(world, {"2016": {"members_learnt": 120, "members_total": 128}}, 1)
    with pytest.raises(Invalid) as refused:
        save(world, {"2016": {"members_total": "100", "members_learnt": "mười"}}, version)
    assert [p.code for p in refused.value.problems] == ["bad_number"]
