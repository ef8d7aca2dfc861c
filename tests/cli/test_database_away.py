"""A database that is away or none: every command says so in one line."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.conftest import SECRET
from tracker.cli import main


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The data folder of an installation."""
    for name in [name for name in os.environ if name.startswith("TRACKER_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("TRACKER_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("TRACKER_SECRET_KEY", SECRET)
    return tmp_path


COMMANDS = [["timeline", "271-KH/HU", "--json"], ["tick"], ["backup", "x.zip"], ["db", "upgrade"]]


def said_once(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    assert main(arguments) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    return said.err


@pytest.mark.parametrize("arguments", COMMANDS)
def test_a_server_that_is_away_is_said_in_one_line(
    data: Path, arguments: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TRACKER_DATABASE_URL", "postgresql://nobody:secret-word@127.0.0.1:1/none")
    line = said_once(arguments, capsys)
    assert "TRACKER_DATABASE_URL" in line
    assert "secret-word" not in line


@pytest.mark.parametrize("arguments", COMMANDS)
def test_a_file_that_is_no_database_is_said_in_one_line(
    data: Path, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    (data / "tracker.db").write_bytes(b"no database at all " * 300)
    assert "TRACKER_DATABASE_URL" in said_once(arguments, capsys)
    assert (data / "tracker.db").read_bytes() == b"no database at all " * 300
