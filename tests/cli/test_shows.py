"""The installed `tracker` program on the real plan: what it reads, when it chases, and how often it writes."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from config import Settings
from tests.conftest import SECRET, Database
from tests.factories import SAMPLE, fill
from tests.people import person
from tests.sink import Mail, Sink
from tracker.accounts.models import Unit
from tracker.core.db import db, session, transaction
from tracker.core.people import Actor, Role
from tracker.reports.models import Report
from tracker.reports.rules import Step
from tracker.reports.service import take_step

ROOT = Path(__file__).parents[2]
PROGRAM = str(Path(sys.executable).parent / "tracker")
PLAN, UNITS = str(SAMPLE / "271-KH-HU.txt"), str(SAMPLE / "units-phong-tho-2023.csv")
DATA = ROOT / "tests" / "data"
OPENING = "2023-02-20T14:00:00+07:00"
SUBMITTED = datetime.fromisoformat("2023-05-08T15:00:00+07:00")
TWELFTH = "2023-05-12T08:00:00+07:00"

Start = Callable[..., "subprocess.Popen[str]"]


def expected(name: str) -> dict[str, Any]:
    return dict(json.loads((DATA / name).read_text(encoding="utf-8")))


def environment(data: Path, **more: str) -> dict[str, str]:
    """An installation's environment, with nothing of this process's own settings."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TRACKER_")}
    return kept | {"TRACKER_DATA_DIR": str(data), "TRACKER_SECRET_KEY": SECRET, "TRACKER_CLOCK": OPENING} | more


def start(arguments: list[str], env: dict[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [PROGRAM, *arguments], env=env, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def run(arguments: list[str], env: dict[str, str]) -> tuple[int, str, str]:
    """Exit status, standard output, standard error."""
    process = start(arguments, env)
    out, err = process.communicate(timeout=100)
    return process.returncode, out, err


def done(arguments: list[str], env: dict[str, str]) -> str:
    """Standard output of a command that must succeed and complain of nothing."""
    code, out, err = run(arguments, env)
    assert (code, err) == (0, ""), (arguments, code, err)
    return out


# --- reading -------------------------------------------------------------------------------------


def test_the_plan_is_read_as_its_facts_say(tmp_path: Path) -> None:
    spec = json.loads(done(["plan", "read", PLAN, "--json"], environment(tmp_path / "d")))
    facts = expected("271-KH-HU.expected.json")

    for name in ("number", "kind", "place", "issued_on", "issuer", "signer", "lead", "submit_to", "via", "unit_groups"):
        assert spec[name] == facts[name], name
    assert facts["title_contains"] in spec["title"]
    assert [{"number": c["number"], "date": c["date"]} for c in spec["basis"]] == facts["basis"]
    assert [{key: m[key] for key in facts["milestones"][0]} for m in spec["milestones"]] == facts["milestones"]

    def numbered(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [found for one in items for found in [one, *numbered(one["children"])]]

    outline = numbered(spec["outline"])
    assert [item["number"] for item in outline if item["numbered"]] == facts["outline_numbers"]
    assert sum(len(item["guidance"]) for item in outline) == facts["outline_guidance_items"]
    for table in spec["tables"]:
        wanted = facts["table_leaf_columns"][table["number"]]
        derived = [column for column in table["columns"] if column["over_units"] == "derived"]
        assert len(table["columns"]) - len(derived) == wanted["inputs"]
        assert sum(c["type"] == "percent" for c in derived) == wanted.get("derived_percent", 0)
        assert sum(c["type"] == "integer" for c in derived) == wanted.get("derived_total", 0)
        assert table["rows"] == facts["rows"]
    said = [f"{w['text']} {w['read_as']} {w['ask']}" for w in spec["warnings"]]
    assert [words for words in facts["warning_about"] if not any(words in one for one in said)] == []
    assert not (tmp_path / "d").exists()


def test_every_object_of_the_plan_carries_the_line_it_was_read_from(tmp_path: Path) -> None:
    spec = json.loads(done(["plan", "read", PLAN, "--json"], environment(tmp_path / "d")))
    lines = (SAMPLE / "271-KH-HU.txt").read_text(encoding="utf-8").splitlines()
    seen = []

    def walk(value: Any) -> None:
        if isinstance(value, dict):
            if "source" in value:
                seen.append(value["source"])
            for key, item in value.items():
                if key not in ("source", "warnings"):
                    walk(item)
        elif isinstance(value, list):
            for item in value:
                walk(item)

    walk(spec)
    assert len(seen) > 80
    assert [one for one in seen if one["text"].strip() not in lines[one["line"] - 1]] == []


def test_the_timeline_is_the_expected_one_rung_for_rung(tmp_path: Path) -> None:
    env = environment(tmp_path / "d")
    opened = json.loads(done(["plan", "open", PLAN, "--units", UNITS, "--yes", "--json"], env))
    assert opened == {"campaign": "271-KH/HU", "reports": 58}
    found = json.loads(done(["timeline", "271-KH/HU", "--json"], env))
    wanted = expected("271-timeline.expected.json")

    assert (found["campaign"], found["timezone"]) == (wanted["campaign"], wanted["timezone"])
    keys = wanted["milestones"][0].keys()
    assert [{key: m[key] for key in keys} for m in found["milestones"]] == wanted["milestones"]
    kinds = {m["id"]: m["kind"] for m in found["milestones"]}
    keys = wanted["nudges"][0].keys()
    rungs = [
        {key: kinds.get(n["milestone"], n["milestone"]) if key == "milestone" else n[key] for key in keys}
        for n in found["nudges"]
    ]
    order = ("at", "milestone", "rung", "to", "kind")
    assert sorted(rungs, key=lambda n: [n[k] for k in order]) == sorted(
        wanted["nudges"], key=lambda n: [n[k] for k in order]
    )


# --- chasing -------------------------------------------------------------------------------------

MISSING = ("DB-BL", "DB-DS", "MTTQ", "CB-NH", "HND")


class District:
    """Plan 271 opened by the program for its 58 units; all but five have submitted on 08/5/2023."""

    def __init__(self, env: dict[str, str]) -> None:
        self.env = env
        done(["plan", "open", PLAN, "--units", UNITS, "--yes", "--json"], env)
        rows = session().execute(
            select(Unit.id, Unit.code, Unit.name, Report.id).join(Report, Report.unit_id == Unit.id)
        )
        units = [tuple(row) for row in rows]
        self.names = {code: name for _unit, code, name, _report in units}
        self.phones = {}
        for number, (unit, code, _name, report) in enumerate(units, 1):
            self.phones[code] = f"0912 000 {number:03}"
            who = person(
                f"viet-{number}@xa.example", (Role.REPORTER, unit), name=f"Người viết {number}", phone=self.phones[code]
            )
            person(f"dau-{number}@xa.example", (Role.UNIT_HEAD, unit), name=f"Bí thư {number}")
            if code not in MISSING:
                self._submit(report, who)
        person("lead@huyen.example", Role.LEAD, name="Nguyễn Thị Hạnh")
        person("thuongtruc@huyen.example", Role.OVERSIGHT, name="Thường trực Huyện ủy")
        db.session.remove()

    def _submit(self, report: int, who: Actor) -> None:
        with transaction():
            fill(report, who, SUBMITTED)
            take_step(report, Step.SUBMIT, who, SUBMITTED)

    def tick(self) -> subprocess.Popen[str]:
        return start(["tick", "--now", TWELFTH, "--json"], self.env)


@pytest.fixture
def district(app: Flask, database: Database, settings: Settings, sink: Sink, tmp_path: Path) -> District:
    return District(
        environment(
            tmp_path / "d",
            TRACKER_DATABASE_URL=database.url,
            TRACKER_SMTP_URL=sink.url,
            TRACKER_MAIL_FROM="theo-doi@tracker.example",
            TRACKER_BASE_URL=settings.base_url,
        )
    )


def ended(ticks: list[subprocess.Popen[str]]) -> list[dict[str, int]]:
    """What each tick says it did."""
    said = []
    for process in ticks:
        out, err = process.communicate(timeout=110)
        assert (process.returncode, err) == (0, "")
        said.append(json.loads(out))
    return said


def to_oversight(sink: Sink) -> list[Mail]:
    return sink.to("thuongtruc@huyen.example")


def names_the_five(mail: Mail, district: District) -> None:
    """Those five with days late and whom to call, and nobody else."""
    assert mail.subject == "271-KH/HU: 5 đơn vị trễ 3 ngày làm việc"
    for body in (mail.text, mail.html):
        named = {code for code, name in district.names.items() if name in body}
        # A name that is part of a longer one of the five is not a sixth.
        extra = {code for code in named - set(MISSING) if not any(
            district.names[code] in district.names[late] for late in MISSING
        )}  # fmt: skip
        assert set(MISSING) <= named
        assert extra == set()
        for code in MISSING:
            assert district.phones[code] in body
    assert mail.text.count("Trễ 3 ngày làm việc") == 5


def test_oversight_is_told_once_of_the_five_that_are_missing(district: District, sink: Sink) -> None:
    (first,) = ended([district.tick()])
    assert first["failed"] == 0
    (mail,) = to_oversight(sink)
    names_the_five(mail, district)
    everything = len(sink.mails)
    assert first["sent"] == everything

    (second,) = ended([district.tick()])

    assert (second["nudges"], second["sent"]) == (0, 0)
    assert len(sink.mails) == everything


def test_five_ticks_at_once_tell_oversight_once(district: District, sink: Sink) -> None:
    said = ended([district.tick() for _ in range(5)])
    (mail,) = to_oversight(sink)
    names_the_five(mail, district)
    assert sum(one["sent"] for one in said) == len(sink.mails) == len({mail.message_id for mail in sink.mails})


# --- bad input -----------------------------------------------------------------------------------


def stored(data: Path) -> dict[str, int]:
    """How many rows each table of the folder's database has; empty where none was made."""
    file = data / "tracker.db"
    if not file.exists():
        return {}
    with closing(sqlite3.connect(file)) as database:
        tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: database.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in tables}


def refused(arguments: list[str], env: dict[str, str]) -> str:
    """The one clear line of a refusal."""
    code, out, err = run(arguments, env)
    assert (code, out) == (1, ""), (arguments, out, err)
    assert err.count("\n") == 1, err
    return err.strip()


@pytest.fixture
def opened(tmp_path: Path) -> dict[str, str]:
    """A folder in which plan 271 is open."""
    env = environment(tmp_path / "d")
    done(["plan", "open", PLAN, "--units", UNITS, "--yes", "--json"], env)
    return env


def test_what_is_no_plan_is_refused_and_stores_nothing(opened: dict[str, str], tmp_path: Path) -> None:
    before = stored(tmp_path / "d")
    shopping = tmp_path / "cho.txt"
    shopping.write_text("Mua gạo, muối và mắm.\nGọi điện cho Hạnh.\n", encoding="utf-8")
    letter = tmp_path / "thu.docx"
    letter.write_bytes(b"PK\x03\x04 no archive at all")
    paper = tmp_path / "to.pdf"
    paper.write_bytes(b"%PDF-1.7\nnothing follows\n")
    picture = tmp_path / "anh.png"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(40))
    for file in (shopping, letter, paper, picture):
        for arguments in (["plan", "read", str(file), "--json"],
                          ["plan", "open", str(file), "--units", UNITS, "--yes", "--json"]):  # fmt: skip
            assert len(refused(arguments, opened)) > 20
    assert stored(tmp_path / "d") == before


def test_a_second_opening_and_an_unknown_unit_are_refused_and_store_nothing(
    opened: dict[str, str], tmp_path: Path
) -> None:
    before = stored(tmp_path / "d")
    assert "271-KH/HU" in refused(["plan", "open", PLAN, "--units", UNITS, "--yes", "--json"], opened)
    said = refused(["users", "add", "a@xa.example", "--role", "reporter", "--unit", "KHONG-CO"], opened)
    assert "KHONG-CO" in said
    twice = tmp_path / "hai.csv"
    twice.write_text("ma;ten_don_vi;nhom\nN1;Xã Mới;Các chi\nN1;Xã Cũ;Các chi\n", encoding="utf-8")
    said = refused(["units", "import", str(twice)], opened)
    assert "Dòng 3" in said
    assert "N1" in said
    assert stored(tmp_path / "d") == before


def test_commands_at_once_on_one_new_folder_wait_for_each_other(tmp_path: Path) -> None:
    env = environment(tmp_path / "d")
    at_once = [
        start(["plan", "open", PLAN, "--units", UNITS, "--yes", "--json"], env),
        start(["units", "import", UNITS, "--json"], env),
        start(["users", "add", "hanh@huyen.example", "--role", "lead"], env),
        start(["tick", "--now", OPENING, "--json"], env),
    ]
    ends = [(process.communicate(timeout=110)[1], process.returncode) for process in at_once]
    assert ends == [("", 0)] * 4
    rows = stored(tmp_path / "d")
    assert (rows["unit"], rows["report"], rows["user_account"]) == (58, 58, 1)
