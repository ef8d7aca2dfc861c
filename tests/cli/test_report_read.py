"""`tracker report read`: a unit's Word report as ReportSpec, nothing saved."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.test_commands import PLAN, UNITS, Run, data, refused, run
from tests.reports.words import Report, bodies

__all__ = ["data", "run"]


def test_a_word_report_is_split_along_the_campaigns_outline(run: Run, tmp_path: Path) -> None:
    assert run("plan", "open", PLAN, "--units", UNITS, "--yes").code == 0
    file = tmp_path / "bao-cao.docx"
    file.write_bytes(Report().write(bodies(), without=["III.3"]).sign().data())
    said = run("report", "read", str(file), "--campaign", "271-KH/HU", "--json")
    assert (said.code, said.err) == (0, "")
    spec = json.loads(said.out)
    assert set(spec) == {"campaign", "unit", "sections", "unplaced", "tables", "missing", "warnings"}
    assert (spec["campaign"], spec["unit"]) == ("271-KH/HU", "DB-BL")
    assert {s["number"]: s["text"].splitlines() for s in spec["sections"]} == {
        number: lines for number, lines in bodies().items() if number != "III.3"
    }
    assert spec["missing"]["sections"] == ["III.3"]
    shown = run("report", "read", str(file), "--campaign", "271-KH/HU")
    assert "Thiếu mục III.3." in shown.out


def test_what_cannot_be_read_is_refused_in_one_line(run: Run, tmp_path: Path) -> None:
    assert run("plan", "open", PLAN, "--units", UNITS, "--yes").code == 0
    old = tmp_path / "bao-cao.doc"
    old.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600)
    assert ".docx" in refused(run("report", "read", str(old), "--campaign", "271-KH/HU", "--json"))
    refused(run("report", "read", str(tmp_path / "khong-co.docx"), "--campaign", "271-KH/HU"))
    new = tmp_path / "bao-cao.docx"
    new.write_bytes(Report().write(bodies()).data())
    assert "999-KH/HU" in refused(run("report", "read", str(new), "--campaign", "999-KH/HU"))
    assert run("report", "read", str(new)).code == 2
