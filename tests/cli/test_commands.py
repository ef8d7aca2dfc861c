"""The commands as the contract words them: exit codes, one line on standard error, one JSON document."""

from __future__ import annotations

import io
import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import SECRET

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "tracker" / "operate" / "sample"
PLAN, UNITS = str(SAMPLE / "271-KH-HU.txt"), str(SAMPLE / "units-phong-tho-2023.csv")
OPENING = "2023-02-20T14:00:00+07:00"


@dataclass(frozen=True)
class Said:
    """What a command said: exit status, standard output, standard error."""

    code: int
    out: str
    err: str


Run = Callable[..., Said]


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty data folder, and the environment of an installation on it."""
    for name in [name for name in os.environ if name.startswith("TRACKER_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("TRACKER_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("TRACKER_SECRET_KEY", SECRET)
    monkeypatch.setenv("TRACKER_CLOCK", OPENING)
    return tmp_path / "data"


@pytest.fixture
def run(data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """run("plan", "read", …): the command in this process."""

    def command(*arguments: str, stdin: str = "") -> Said:
        from tracker.cli import main

        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(stdin.encode())))
        capsys.readouterr()
        code = main(list(arguments))
        said = capsys.readouterr()
        return Said(code, said.out, said.err)

    return command


def refused(said: Said) -> str:
    """The one line of a refusal."""
    assert said.code == 1
    assert said.err.count("\n") == 1
    return said.err.strip()


def test_a_plan_is_read_without_a_database(run: Run, data: Path) -> None:
    said = run("plan", "read", PLAN, "--json")
    assert said.code == 0
    spec = json.loads(said.out)
    assert spec["number"] == "271-KH/HU"
    assert [m["due_before"] for m in spec["milestones"]] == [
        "2023-05-01T00:00:00+07:00",
        "2023-05-10T00:00:00+07:00",
        "2023-06-01T00:00:00+07:00",
    ]
    assert said.err == ""
    assert not data.exists()


def test_a_plan_opens_and_answers_one_json_document(run: Run) -> None:
    said = run("plan", "open", PLAN, "--units", UNITS, "--yes", "--json")
    assert (said.code, json.loads(said.out)) == (0, {"campaign": "271-KH/HU", "reports": 58})
    assert "271-KH/HU đã được mở" in refused(run("plan", "open", PLAN, "--units", UNITS, "--yes", "--json"))


def test_readings_are_listed_and_refused_without_yes(run: Run, data: Path) -> None:
    quiet = run("plan", "open", PLAN, "--units", UNITS, "--json")
    assert quiet.out == ""
    assert "«Số liệu năm 2013»" in refused(quiet)
    shown = run("plan", "open", PLAN, "--units", UNITS)
    assert "--yes" in refused(shown)
    assert "«Số liệu năm 2013»" in shown.out
    with closing(sqlite3.connect(data / "tracker.db")) as database:
        assert database.execute("SELECT count(*) FROM report").fetchone() == (0,)
        assert database.execute("SELECT count(*) FROM unit").fetchone() == (0,)


def test_before_inclusive_counts_the_named_day_in(run: Run) -> None:
    run("plan", "open", PLAN, "--units", UNITS, "--yes", "--before-inclusive", "--json")
    milestones = json.loads(run("timeline", "271-KH/HU", "--json").out)["milestones"]
    assert [(m["operator"], m["last_day"]) for m in milestones] == [
        ("before", "2023-05-01"),
        ("before", "2023-05-10"),
        ("within", "2023-05-31"),
    ]


def test_units_that_meet_no_group_are_refused_with_their_list(run: Run, tmp_path: Path) -> None:
    listed = tmp_path / "u.csv"
    listed.write_text(
        "ma,ten_don_vi,nhom\nA1,Ban Dân vận Huyện ủy,Các ban đảng huyện\nB1,Hợp tác xã Chè,Hợp tác xã\n"
        "B2,Quỹ tín dụng,Quỹ\n",
        encoding="utf-8",
    )
    line = refused(run("plan", "open", PLAN, "--units", str(listed), "--yes", "--json"))
    assert "B1" in line
    assert "B2" in line
    assert "A1" not in line


def test_a_list_with_mistakes_is_refused_by_row_and_column(run: Run, tmp_path: Path, data: Path) -> None:
    listed = tmp_path / "u.csv"
    listed.write_text("ma;ten_don_vi;nhom;email\nA1;Ban A;Ban;a@b.example\nA1;;Ban;không phải thư\n", encoding="utf-8")
    line = refused(run("units", "import", str(listed)))
    assert "Dòng 3, cột ten_don_vi" in line
    assert "Dòng 3, cột email" in line
    assert "Dòng 3, cột ma: «A1» đã có ở dòng 2" in line
    assert not (data / "tracker.db").exists()


def test_units_come_in_from_a_workbook(run: Run, tmp_path: Path) -> None:
    import openpyxl

    book = openpyxl.Workbook()
    for row in (
        ["Mã", "Tên đơn vị", "Nhóm", "Thứ tự", "Nộp số liệu", "Cụm"],
        ["X1", "Đảng bộ xã Bản Lang", "Các chi, đảng bộ cơ sở", 3, 0, "vùng cao"],
    ):
        book.active.append(row)
    book.save(tmp_path / "u.xlsx")
    said = run("units", "import", str(tmp_path / "u.xlsx"), "--json")
    assert json.loads(said.out) == {"units": 1, "added": 1, "changed": 0}
    again = run("units", "import", str(tmp_path / "u.xlsx"), "--json")
    assert json.loads(again.out) == {"units": 1, "added": 0, "changed": 0}


def test_people_get_roles_and_a_token_as_the_last_word(run: Run, data: Path) -> None:
    run("units", "import", UNITS)
    assert run("users", "add", "mai@banlang.example", "--role", "reporter", "--unit", "DB-BL").code == 0
    assert run("users", "add", "mai@banlang.example", "--role", "unit_head", "--unit", "DB-BL").code == 0
    assert run("users", "add", "MAI@banlang.example", "--role", "reporter", "--unit", "DB-BL").code == 0
    with closing(sqlite3.connect(data / "tracker.db")) as database:
        assert database.execute("SELECT count(*) FROM user_account").fetchone() == (1,)
        assert database.execute("SELECT count(*) FROM membership").fetchone() == (2,)
        said = run("tokens", "create", "mai@banlang.example")
        token = said.out.split()[-1]
        assert len(token) >= 43
        assert token not in "".join(database.iterdump())


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["a@b.example", "--role", "reporter"], "phải kèm mã đơn vị"),
        (["a@b.example", "--role", "lead", "--unit", "DB-BL"], "không gắn với đơn vị"),
        (["a@b.example", "--role", "reporter", "--unit", "KHONG-CO"], "KHONG-CO"),
        (["không phải thư", "--role", "lead"], "Địa chỉ thư"),
        (["a@b.example\nBcc: x@y.example", "--role", "lead"], "Địa chỉ thư"),
    ],
)
def test_a_person_who_does_not_fit_is_refused(run: Run, arguments: list[str], words: str) -> None:
    run("units", "import", UNITS)
    assert words in refused(run("users", "add", *arguments))


def test_a_weak_password_is_refused_here_too(run: Run) -> None:
    said = run("users", "add", "a@b.example", "--role", "lead", "--password-stdin", stdin="Matkhau@123\n")
    assert "nhiều người dùng" in refused(said)
    good = run("users", "add", "a@b.example", "--role", "lead", "--password-stdin", stdin="suối chảy qua bản\n")
    assert good.code == 0


@pytest.mark.parametrize(
    "arguments",
    [[], ["plan"], ["plan", "open", PLAN], ["users", "add", "a@b.example", "--role", "boss"], ["tick", "--when", "x"]],
)
def test_a_wrong_call_is_a_two(run: Run, arguments: list[str]) -> None:
    said = run(*arguments)
    assert said.code == 2
    assert said.out == ""


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["plan", "read", "/khong/co.txt", "--json"], "/khong/co.txt"),
        (["timeline", "999-KH/HU", "--json"], "999-KH/HU"),
        (["tick", "--now", "hôm qua"], "hôm qua"),
        (["tokens", "create", "ai@do.example"], "ai@do.example"),
        (["assemble", "999-KH/HU", "--out", "x"], "999-KH/HU"),
    ],
)
def test_a_refusal_is_one_line_and_a_one(run: Run, arguments: list[str], words: str) -> None:
    said = run(*arguments)
    assert words in refused(said)
    assert said.out == ""


def test_a_backup_comes_back_into_an_empty_folder(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, data: Path
) -> None:
    run("plan", "open", PLAN, "--units", UNITS, "--yes", "--json")
    assert run("backup", str(tmp_path / "b.zip")).code == 0
    monkeypatch.setenv("TRACKER_DATA_DIR", str(tmp_path / "other"))
    assert run("restore", str(tmp_path / "b.zip")).code == 0
    assert json.loads(run("timeline", "271-KH/HU", "--json").out)["campaign"] == "271-KH/HU"
    refused(run("restore", str(tmp_path / "b.zip")))


def test_a_word_report_is_split_along_the_outline(run: Run, tmp_path: Path) -> None:
    import docx

    run("plan", "open", PLAN, "--units", UNITS, "--yes", "--json")
    made = docx.Document()
    for line in (
        "I. ĐẶC ĐIỂM TÌNH HÌNH",
        "1. Đặc điểm tình hình chung",
        "Xã có 12 bản.",
        "II. KẾT QUẢ",
        "1. Công tác",
        "Đã làm.",
    ):
        made.add_paragraph(line)
    made.save(tmp_path / "bao-cao.docx")
    said = run("report", "read", str(tmp_path / "bao-cao.docx"), "--campaign", "271-KH/HU", "--json")
    assert said.code == 0
    found = json.loads(said.out)
    assert found["campaign"] == "271-KH/HU"
    assert "Xã có 12 bản." in next(s["text"] for s in found["sections"] if s["number"] == "I.1")


def test_two_commands_at_once_on_one_new_folder_both_succeed(data: Path, tmp_path: Path) -> None:
    program = [sys.executable, "-c", "import sys; from tracker.cli import main; sys.exit(main(sys.argv[1:]))"]
    lists = []
    for n in range(4):
        path = tmp_path / f"u{n}.csv"
        path.write_text(
            "ma,ten_don_vi,nhom\n" + "".join(f"U{n}-{k},Đơn vị {n}.{k},Nhóm\n" for k in range(200)), encoding="utf-8"
        )
        lists.append(path)
    running = [
        subprocess.Popen([*program, "units", "import", str(path)], cwd=ROOT, stderr=subprocess.PIPE, text=True)
        for path in lists
    ]
    ends = [(process.communicate(timeout=90)[1], process.returncode) for process in running]
    assert ends == [("", 0)] * 4
    with closing(sqlite3.connect(data / "tracker.db")) as database:
        assert database.execute("SELECT count(*) FROM unit").fetchone() == (800,)
