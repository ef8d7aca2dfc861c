"""An assembly is built once, from one instant, whole or not at all, whatever stops it on the way."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, update

from config import Settings
from tests.assembly import sample
from tests.assembly.rows import LEAD, NOW, MemoryStore, Ticking, make, report_of
from tracker.assembly import running, service
from tracker.assembly.models import Assembly
from tracker.campaigns.models import Campaign
from tracker.core.db import db, transaction
from tracker.core.errors import Conflict, Refusal
from tracker.reports.models import Report, ReportEvent, ReportTable

pytestmark = pytest.mark.usefixtures("app")

LATE = {"CB-BQLDA": "drafting", "CB-NH": "drafting"}


class Hooked(MemoryStore):
    """Does something when the n-th file is kept."""

    def __init__(self, hook: Callable[[], None], at: int = 3) -> None:
        super().__init__()
        self.hook, self.at, self.puts = hook, at, 0

    def put(self, data: bytes) -> str:
        self.puts += 1
        if self.puts == self.at:
            self.hook()
        return super().put(data)


def asked(campaign: int, **kind: Any) -> int:
    with transaction():
        return service.request(campaign, actor=LEAD, now=NOW, **{"provisional": False, **kind}).id


def row(assembly: int) -> Assembly:
    db.session.rollback()
    return db.session.get_one(Assembly, assembly, populate_existing=True)


def states() -> dict[str, int]:
    db.session.rollback()
    return {state: n for state, n in db.session.execute(select(Report.state, func.count()).group_by(Report.state))}


def figures_of(store: MemoryStore, assembly: int) -> dict[str, Any]:
    return dict(json.loads(store.get(row(assembly).files["json"])))


def test_a_final_assembly_consolidates_exactly_what_it_merged_and_names_the_missing(app: Flask) -> None:
    campaign = make(LATE, filled=False)
    assembly, store = asked(campaign), MemoryStore()
    running.run(assembly, store, Ticking())
    found = row(assembly)
    assert (found.state, found.progress, found.missing) == ("done", 1.0, ["CB-BQLDA", "CB-NH"])
    assert set(found.files) == {"docx", "xlsx", "pdf", "json", "sources"}
    assert states() == {"consolidated": 56, "drafting": 2}
    report = db.session.get_one(Report, report_of("BTC"))
    assert (report.version, report.assembly_id) == (8, assembly)
    events = db.session.scalars(select(ReportEvent)).all()
    assert len(events) == 56
    assert {(e.step, e.from_state, e.to_state, e.by_name) for e in events} == {
        ("consolidate", "reviewed", "consolidated", LEAD.name)
    }
    assert db.session.get_one(Campaign, campaign).consolidated_at is not None
    assert found.included[0] == {"unit": "BTC", "report": 1, "version": 7, "state": "reviewed"}


def test_its_figures_are_the_expected_ones_in_the_contracts_shape(app: Flask) -> None:
    campaign = make(LATE)
    assembly, store = asked(campaign), MemoryStore()
    running.run(assembly, store, Ticking())
    data = figures_of(store, assembly)
    assert list(data) == ["campaign", "as_of", "provisional", "included", "missing", "tables"]
    assert (data["campaign"], data["provisional"], data["missing"]) == ("271-KH/HU", False, ["CB-BQLDA", "CB-NH"])
    assert data["as_of"].startswith("2023-05-31T15:30:0")
    assert data["as_of"].endswith("+07:00")
    assert len(data["included"]) == 56
    expected = sample.figures()["expected_totals"]["consolidated_56_at_2023_05_31"]
    for table in ("1", "2", "3"):
        for key, cell in data["tables"][table]["total"].items():
            assert cell["value"] == expected[table]["total"][key], (table, key)
    assert data["tables"]["2"]["2023"]["reporters_district"] == {"value": 27, "from": ["BTG"]}


def test_a_provisional_assembly_changes_no_report(app: Flask) -> None:
    reviewed = sample.reviewed_at("2023-05-11T09:00:00+07:00")
    campaign = make(dict.fromkeys(reviewed, "reviewed"), default="submitted")
    assembly, store = asked(campaign, provisional=True), MemoryStore()
    running.run(assembly, store, Ticking())
    assert states() == {"reviewed": 41, "submitted": 17}
    data = figures_of(store, assembly)
    expected = sample.figures()["expected_totals"]["reviewed_41_at_2023_05_11_0900"]["1"]["total"]
    assert data["tables"]["1"]["total"]["people_total"]["value"] == expected["people_total"]
    assert (len(data["included"]), len(data["missing"]), data["provisional"]) == (41, 17, True)
    assert db.session.get_one(Campaign, campaign).consolidated_at is None


def test_a_provisional_assembly_may_hold_the_submitted_ones_marked_as_such(app: Flask) -> None:
    campaign = make({"DB-MS": "submitted", "DB-NX": "drafting"}, filled=False)
    assembly = asked(campaign, provisional=True, include_submitted=True)
    running.run(assembly, MemoryStore(), Ticking())
    found = row(assembly)
    assert found.missing == ["DB-NX"]
    assert [each["unit"] for each in found.included if each["state"] == "submitted"] == ["DB-MS"]


def test_a_second_build_of_the_same_rows_is_byte_equal(app: Flask) -> None:
    campaign = make(LATE)
    keys = []
    for _ in range(2):
        assembly = asked(campaign, provisional=True)
        running.run(assembly, MemoryStore(), lambda: NOW)
        keys.append(row(assembly).files)
    assert keys[0] == keys[1]


def test_a_report_that_changes_meanwhile_fails_it_and_no_report_moves(app: Flask) -> None:
    campaign = make(LATE, filled=False)
    assembly = asked(campaign)

    def meanwhile() -> None:
        with transaction():
            db.session.execute(update(Report).where(Report.id == report_of("DB-MS")).values(version=8))

    running.run(assembly, Hooked(meanwhile), Ticking())
    found = row(assembly)
    assert found.state == "failed"
    assert "Chạy tổng hợp lại" in found.error
    assert found.files == {}
    assert states() == {"reviewed": 56, "drafting": 2}
    assert db.session.scalars(select(ReportEvent)).all() == []
    again = asked(campaign)
    running.run(again, MemoryStore(), Ticking())
    assert row(again).state == "done"


def test_a_consolidated_report_released_meanwhile_fails_it_too(app: Flask) -> None:
    campaign = make({"DB-MS": "consolidated"}, filled=False)
    assembly = asked(campaign)

    def meanwhile() -> None:
        with transaction():
            db.session.execute(update(Report).where(Report.id == report_of("DB-MS")).values(version=8))

    running.run(assembly, Hooked(meanwhile), Ticking())
    assert row(assembly).state == "failed"
    assert states() == {"reviewed": 57, "consolidated": 1}


def test_a_killed_run_is_taken_up_after_its_lease_and_gives_the_same_result_once(app: Flask) -> None:
    campaign = make(LATE, filled=False)
    assembly, clock = asked(campaign), Ticking()

    def killed() -> None:
        raise SystemExit

    with pytest.raises(SystemExit):
        running.run(assembly, Hooked(killed), clock)
    assert row(assembly).state == "running"
    store = MemoryStore()
    running.run(assembly, store, clock)  # the lease still holds
    assert (row(assembly).state, store.kept) == ("running", {})
    clock.at += timedelta(seconds=60)
    running.run(assembly, store, clock)
    assert (row(assembly).state, row(assembly).attempts) == ("done", 2)
    files = row(assembly).files
    running.run(assembly, store, clock)  # over: nothing happens any more
    assert row(assembly).files == files
    assert states() == {"consolidated": 56, "drafting": 2}
    assert len(db.session.scalars(select(ReportEvent)).all()) == 56


def test_two_workers_at_once_give_one_result(app: Flask) -> None:
    campaign = make(LATE, filled=False)
    assembly, clock, other = asked(campaign), Ticking(), MemoryStore()
    running.run(assembly, Hooked(lambda: running.run(assembly, other, clock)), clock)
    assert row(assembly).state == "done"
    assert other.kept == {}


def test_a_worker_that_lost_its_lease_drops_what_it_made(app: Flask) -> None:
    campaign = make(LATE, filled=False)
    assembly, clock, other = asked(campaign), Ticking(), MemoryStore()

    def overtaken() -> None:
        clock.at += timedelta(seconds=61)
        running.run(assembly, other, clock)

    running.run(assembly, Hooked(overtaken), clock)
    assert row(assembly).state == "done"
    assert set(row(assembly).files.values()) == set(other.kept)
    assert states() == {"consolidated": 56, "drafting": 2}


def test_an_unforeseen_fault_fails_it_with_a_sentence_and_changes_no_report(app: Flask) -> None:
    campaign = make(LATE, filled=False)
    assembly = asked(campaign)

    def full() -> None:
        raise OSError("disk full")

    running.run(assembly, Hooked(full), Ticking())
    found = row(assembly)
    assert (found.state, found.error) == ("failed", running.BROKEN)
    assert states() == {"reviewed": 56, "drafting": 2}


def test_a_later_final_assembly_holds_the_earlier_ones_and_the_latecomers(app: Flask) -> None:
    campaign = make(LATE, filled=False)
    first, store = asked(campaign), MemoryStore()
    running.run(first, store, Ticking())
    with transaction():
        db.session.execute(
            update(Report).where(Report.state == "drafting").values(state="reviewed", submitted_at=NOW, reviewed_at=NOW)
        )
    second = asked(campaign)
    running.run(second, store, Ticking())
    assert (row(second).state, len(row(second).included), row(second).missing) == ("done", 58, [])
    assert states() == {"consolidated": 58}
    assert db.session.get_one(Report, report_of("BTC")).assembly_id == first
    assert db.session.get_one(Report, report_of("CB-NH")).assembly_id == second


def test_a_unit_that_submits_no_figures_counts_only_in_the_columns_that_name_it(app: Flask) -> None:
    campaign = make()
    with transaction():
        table = db.session.get_one(ReportTable, (report_of("BTG"), "2"))
        table.cells = {**table.cells, "2023": {**table.cells["2023"], "people_base": 1_000_000}}
    assembly, store = asked(campaign, provisional=True), MemoryStore()
    running.run(assembly, store, Ticking())
    data = figures_of(store, assembly)["tables"]["2"]["2023"]
    assert "BTG" not in data["people_base"]["from"]
    assert data["people_base"]["value"] < 1_000_000
    assert data["people_district"]["from"] == ["BTG"]


def test_a_plan_of_nobody_still_gives_a_provisional_report_that_names_everybody(app: Flask) -> None:
    campaign = make(default="drafting", filled=False)
    assembly, store = asked(campaign, provisional=True), MemoryStore()
    running.run(assembly, store, Ticking())
    assert (row(assembly).state, len(row(assembly).missing)) == ("done", 58)


# tracker assemble


def test_the_command_writes_four_files_named_after_the_plan(app: Flask, tmp_path: Path) -> None:
    make(LATE)
    store = MemoryStore()
    found = running.assemble_to("271-KH/HU", tmp_path / "out", provisional=False, actor=LEAD, now=NOW, store=store)
    names = {"271-KH-HU.docx", "271-KH-HU.xlsx", "271-KH-HU.pdf", "figures.json"}
    assert {path.name for path in (tmp_path / "out").iterdir()} == names
    assert (found["included"], found["missing"]) == (56, ["CB-BQLDA", "CB-NH"])
    assert states() == {"consolidated": 56, "drafting": 2}
    data = json.loads((tmp_path / "out" / "figures.json").read_text(encoding="utf-8"))
    assert data["missing"] == ["CB-BQLDA", "CB-NH"]


def test_the_command_again_with_nothing_new_writes_the_same_files(app: Flask, tmp_path: Path) -> None:
    make(LATE, filled=False)
    store = MemoryStore()
    for name in ("one", "two"):
        running.assemble_to("271-KH/HU", tmp_path / name, provisional=False, actor=LEAD, now=NOW, store=store)
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes()
    assert db.session.scalar(select(func.count()).select_from(Assembly)) == 1


def test_the_command_refuses_clearly_and_writes_nothing(app: Flask, tmp_path: Path) -> None:
    make(default="drafting", filled=False)
    with pytest.raises(Conflict) as refused:
        running.assemble_to("271-KH/HU", tmp_path / "x", provisional=False, actor=LEAD, now=NOW, store=MemoryStore())
    assert refused.value.code == "nothing_reviewed"
    with pytest.raises(Refusal):
        running.assemble_to("9-KH/HU", tmp_path / "x", provisional=True, actor=LEAD, now=NOW, store=MemoryStore())
    assert not (tmp_path / "x").exists()


def test_the_command_provisionally_changes_no_report(app: Flask, tmp_path: Path) -> None:
    make(LATE, filled=False)
    running.assemble_to("271-KH/HU", tmp_path, provisional=True, actor=LEAD, now=NOW, store=MemoryStore())
    assert states() == {"reviewed": 56, "drafting": 2}


KILLED = """
import sys, time
from config import Settings
from tests.assembly.rows import NOW, MemoryStore
from tracker.app import create_app
from tracker.assembly import running

class Stuck(MemoryStore):
    def put(self, data):
        print("building", flush=True)
        time.sleep(60)

env = {
    "TRACKER_DATABASE_URL": sys.argv[1],
    "TRACKER_SECRET_KEY": "only-for-this-process-0123456789",
    "TRACKER_DATA_DIR": sys.argv[2],
}
with create_app(Settings.from_env(env)).app_context():
    running.run(int(sys.argv[3]), Stuck(), lambda: NOW)
"""


def test_a_process_killed_while_it_builds_leaves_nothing_half_done(
    app: Flask, settings: Settings, tmp_path: Path
) -> None:
    campaign = make(LATE, filled=False)
    assembly = asked(campaign)
    root = Path(__file__).parents[2]
    command = [sys.executable, "-c", KILLED, settings.database_url, str(tmp_path), str(assembly)]
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "building\n"
        process.kill()
    assert (row(assembly).state, states()) == ("running", {"reviewed": 56, "drafting": 2})
    running.run(assembly, MemoryStore(), Ticking(NOW + timedelta(seconds=61)))
    assert row(assembly).state == "done"
    assert states() == {"consolidated": 56, "drafting": 2}
    assert len(db.session.scalars(select(ReportEvent)).all()) == 56
