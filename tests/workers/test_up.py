"""`tracker up`: everything in one process, ready soon and gone at once."""

from __future__ import annotations

import os
import signal
import socket
import time
from pathlib import Path

import pytest

from tests.workers.processes import Process, serves, wait_for


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number: int = probe.getsockname()[1]
        return number


def start(folder: Path, port: int) -> Process:
    return Process(folder / "up.log", "up", "--port", str(port), "--data", str(folder / "data"))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_starts_on_nothing_and_stops_in_three_seconds(tmp_path: Path, number: signal.Signals) -> None:
    port = free_port()
    with start(tmp_path, port) as up:
        wait_for(lambda: serves(f"http://127.0.0.1:{port}"), 40, "does not serve")
        assert f"http://127.0.0.1:{port}" in up.said
        began = time.monotonic()
        assert up.stop(number) == 0
        assert time.monotonic() - began < 3
        assert "Traceback" not in up.said


def test_it_starts_again_on_what_it_left(tmp_path: Path) -> None:
    port = free_port()
    for _ in range(2):
        with start(tmp_path, port) as up:
            wait_for(lambda: serves(f"http://127.0.0.1:{port}"), 40, "does not serve")
            assert up.stop() == 0


def test_a_port_that_is_taken_is_said_in_one_line(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with start(tmp_path, taken.getsockname()[1]) as up:
            assert up.process.wait(30) == 1
            assert len(up.said.strip().splitlines()) == 1
            assert str(taken.getsockname()[1]) in up.said


@pytest.mark.parametrize("secret", ["", "dev", "changeme"])
def test_it_refuses_to_serve_with_a_secret_that_everybody_knows(tmp_path: Path, secret: str) -> None:
    with Process(tmp_path / "up.log", "up", "--data", str(tmp_path), TRACKER_SECRET_KEY=secret) as up:
        assert up.process.wait(30) == 1
        assert "TRACKER_SECRET_KEY" in up.said


@pytest.mark.parametrize(("name", "value"), [("TRACKER_SMTP_URL", "mail.example:25"), ("TRACKER_MAIL_FROM", "nobody")])
def test_mail_settings_that_cannot_work_are_refused_at_the_start(tmp_path: Path, name: str, value: str) -> None:
    with Process(tmp_path / "up.log", "up", "--data", str(tmp_path), **{name: value}) as up:
        assert up.process.wait(30) == 1
        assert name in up.said
        assert len(up.said.strip().splitlines()) == 1


def test_asked_to_stop_while_it_prepares_it_stops(tmp_path: Path) -> None:
    with Process(
        tmp_path / "up.log", "up", "--sample", "--port", str(free_port()), "--data", str(tmp_path / "data")
    ) as up:
        wait_for(lambda: "Đang dựng" in up.said, 30)
        time.sleep(0.5)
        os.kill(up.process.pid, signal.SIGTERM)
        assert up.process.wait(10) == 0
        assert "http" not in up.said
