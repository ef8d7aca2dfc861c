"""What every measurement shares: the figure, the stopwatch, the servers. What is measured stands in the other modules.

A module of bench/ joins in by a function figures(place: Place) -> Iterator[Figure].
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path

import psutil

from tests import servers

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Figure:
    """One measured figure: `value` is a median where it is a time.

    `target`: the issue's bound in the same unit, None for a bare limit; `more` says that more is better.
    `bare`: the name of the bare limit beside which it is shown.
    """

    name: str
    value: float
    unit: str
    target: float | None = None
    more: bool = False
    bare: str | None = None
    note: str = ""

    @property
    def met(self) -> bool | None:
        """Whether the target is met; None without one."""
        if self.target is None:
            return None
        return self.value >= self.target if self.more else self.value <= self.target


@dataclass
class Place:
    """Where a run measures: a durable PostgreSQL, a folder, and what it has measured so far."""

    postgres: str
    folder: Path
    so_far: dict[str, Figure] = field(default_factory=dict)

    def database(self) -> str:
        """URL of a new empty database, fsync on."""
        return servers.database(self.postgres)


@contextlib.contextmanager
def place() -> Iterator[Place]:
    """Servers up for one run, and gone after it."""
    with tempfile.TemporaryDirectory(prefix="tracker-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # PostgreSQL refuses to run as root, and its own user has to get in
        with servers.postgres(folder / "pg") as url:
            yield Place(url, folder)


def median_ms(work: Callable[[], object], times: int = 200, warm: int = 20) -> float:
    """Median milliseconds of `work`, after `warm` calls that do not count."""
    for _ in range(warm):
        work()
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken) * 1000


def seconds(work: Callable[[], object], times: int = 3) -> float:
    """Median seconds of `work`, for what takes long."""
    return median_ms(work, times=times, warm=1) / 1000


def free_port() -> int:
    """A port of loopback that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Served:
    """A web server at work: its port and its process."""

    port: int
    process: subprocess.Popen[bytes]

    def connection(self) -> HTTPConnection:
        """One kept-alive connection."""
        return HTTPConnection("127.0.0.1", self.port, timeout=30)

    def pss_mib(self) -> tuple[float, float]:
        """Memory of the process's children, and theirs with its own; each shared page counted once in all."""
        parent = psutil.Process(self.process.pid)
        children = sum(child.memory_full_info().pss for child in parent.children(recursive=True))
        return children / 2**20, (children + parent.memory_full_info().pss) / 2**20


@contextlib.contextmanager
def served(command: Sequence[str], port: int, environ: Mapping[str, str] | None = None) -> Iterator[Served]:
    """Run a server's command until the block ends; it listens on `port` when the block starts."""
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(
            [*command], cwd=ROOT, env={**os.environ, **(environ or {})}, stdout=subprocess.DEVNULL, stderr=log
        )
        try:
            deadline = time.monotonic() + 30
            while True:
                with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                    break
                if process.poll() is not None or time.monotonic() > deadline:
                    log.seek(0)
                    raise RuntimeError(f"{' '.join(command)} did not come up:\n{log.read().decode()}")
                time.sleep(0.05)
            yield Served(port, process)
        finally:
            process.terminate()
            try:
                process.wait(timeout=15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def get(connection: HTTPConnection, path: str, headers: Mapping[str, str] | None = None) -> bytes:
    """One request over a kept-alive connection; anything but 200 stops the run."""
    connection.request("GET", path, headers=dict(headers or {}))
    answer = connection.getresponse()
    body = answer.read()
    if answer.status != 200:
        raise RuntimeError(f"GET {path}: {answer.status} {body[:200]!r}")
    return body


@contextlib.contextmanager
def mail_sink() -> Iterator[tuple[int, Callable[[], int]]]:
    """A mail server in a process of its own, that only counts: its port, and how many mails it has taken."""
    with subprocess.Popen(
        [sys.executable, "-m", "bench.sink"], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        given, taken = process.stdin, process.stdout
        port = int(taken.readline())

        def count() -> int:
            given.write("\n")
            given.flush()
            return int(taken.readline())

        try:
            yield port, count
        finally:
            given.close()


def record(figures: Sequence[Figure], file: Path) -> None:
    """Append one JSON line a figure, with the commit and the machine."""
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.strip()
    run = {"at": time.strftime("%Y-%m-%dT%H:%M:%S%z"), "commit": commit, "cores": os.cpu_count()}
    with file.open("a", encoding="utf-8") as out:
        for figure in figures:
            line = {
                **run,
                "figure": figure.name,
                "value": round(figure.value, 4),
                "unit": figure.unit,
                "target": figure.target,
                "met": figure.met,
            }
            out.write(json.dumps(line, ensure_ascii=False) + "\n")
