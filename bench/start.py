"""`make run` a second time, and what the first page weighs on the wire."""

from __future__ import annotations

import contextlib
import gzip
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from statistics import median

from bench.harness import ROOT, Figure, Place, free_port

TIMES = 3
BUILDS_WITHIN = 240


def figures(place: Place) -> Iterator[Figure]:
    """The first start builds the sample; those after it are timed from the command to the first answer."""
    data = place.folder / "sample"
    with _make_run(data, BUILDS_WITHIN) as (_, taken):
        first = taken
    runs = []
    for _ in range(TIMES):
        with _make_run(data, 60) as (port, taken):
            runs.append(taken)
            weight = _weight(port)
    yield Figure("make run, the first time", first, "s", note="builds the sample; the .venv is there")
    yield Figure("make run, a second time", median(runs), "s", 3, note="from the command to the sign-in page")
    yield Figure("first page over the wire", weight / 1000, "kB", 150, note="sign-in: HTML, CSS, JS, fonts, headers")


@contextlib.contextmanager
def _make_run(data: Path, patience: float) -> Iterator[tuple[int, float]]:
    """`make run` until the block ends: its port, and the seconds until the sign-in page was there."""
    port = free_port()
    start = time.perf_counter()
    process = subprocess.Popen(
        ["make", "run", f"PORT={port}", f"DATA={data}"],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        while True:
            with contextlib.suppress(OSError):
                _fetch(HTTPConnection("127.0.0.1", port, timeout=10), "/sign-in")
                break
            if process.poll() is not None or time.perf_counter() - start > patience:
                raise RuntimeError("make run did not serve")
            time.sleep(0.01)
        yield port, time.perf_counter() - start
    finally:
        # The whole group, as Ctrl-C in a terminal: make alone would leave the server behind.
        os.killpg(process.pid, signal.SIGINT)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _fetch(connection: HTTPConnection, path: str) -> tuple[int, bytes, int]:
    """Status, body as sent, and the bytes of the whole answer."""
    connection.request("GET", path, headers={"Accept-Encoding": "gzip"})
    answer = connection.getresponse()
    body = answer.read()
    head = len("HTTP/1.1 200 OK\r\n\r\n") + sum(len(name) + len(value) + 4 for name, value in answer.getheaders())
    return answer.status, body, head + len(body)


def _weight(port: int) -> int:
    """Bytes of the sign-in page and of every file that a browser with an empty cache asks for."""
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    status, body, total = _fetch(connection, "/sign-in")
    if status != 200:
        raise RuntimeError(f"/sign-in: {status}")
    page = gzip.decompress(body).decode() if body[:2] == b"\x1f\x8b" else body.decode()
    wanted = set(re.findall(r'(?:href|src)="(/static/[^"]+)"', page))
    seen: set[str] = set()
    while wanted - seen:
        path = (wanted - seen).pop()
        seen.add(path)
        status, body, size = _fetch(connection, path.replace("&amp;", "&"))
        total += size
        if ".css" in path:
            text = gzip.decompress(body).decode() if body[:2] == b"\x1f\x8b" else body.decode()
            base = path.split("?")[0].rsplit("/", 1)[0]
            for found in re.findall(r"url\([\"']?([^\"')]+)", text):
                if not found.startswith(("data:", "#")):
                    wanted.add(found if found.startswith("/") else f"{base}/{found}")
    return total
