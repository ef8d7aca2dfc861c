"""The consolidated report of 58 full reports: each file, all of them, and the most memory that making them takes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime

from sqlalchemy import update

from bench.harness import ROOT, Figure, Place
from bench.town import OFFICE, build
from config import Settings
from tracker.app import create_app
from tracker.assembly import running, service
from tracker.core.db import changed, transaction
from tracker.documents.docx import write_docx
from tracker.files.store import store
from tracker.reports.models import Report

UNITS = 58
TIMES = 3


def figures(place: Place) -> Iterator[Figure]:
    """Each run in a process of its own, as a worker's first assembly: nothing is warm."""
    found = build(place.database(), UNITS)
    with found.app.app_context(), transaction():
        submitted = {"submitted_at": datetime.now(UTC), "reviewed_at": datetime.now(UTC)}
        changed(update(Report).values(state="reviewed", **submitted))
    environ = {**os.environ, **found.environ("memory://localhost/", 8000), "TRACKER_DATA_DIR": str(place.folder)}
    runs = [
        json.loads(
            subprocess.run(
                [sys.executable, "-m", "bench.assembling"], cwd=ROOT, env=environ, check=True, capture_output=True
            ).stdout
        )
        for _ in range(TIMES)
    ]
    runs.sort(key=lambda run: float(run["all"]))
    middle = runs[TIMES // 2]
    yield Figure(
        f"{UNITS} reports assembled: .docx", middle["docx"], "s", 0.8, bare="bare DOCX", note="with reading them"
    )
    yield Figure(f"{UNITS} reports assembled: all four", middle["all"], "s", 3, note="row, claim, files, store, row")
    yield Figure("their peak memory", middle["peak"], "MB", 200, note="the process that builds them, from its start")


def _run() -> dict[str, float]:
    """Read, merge and write Word alone; then the whole work as a worker does it."""
    app = create_app(Settings.from_env())
    with app.app_context():
        with transaction():
            made = service.request(1, provisional=True, actor=OFFICE, now=datetime.now(UTC))
            first = made.id
        start = time.perf_counter()
        material = running._read(first, datetime.now(UTC))
        write_docx(running.district_document(material.draft))
        docx = time.perf_counter() - start
        del material
        start = time.perf_counter()
        running.run(first, store(), lambda: datetime.now(UTC))
        taken = time.perf_counter() - start
        with transaction():
            state = service.waiting(datetime.now(UTC))
        if state:
            raise RuntimeError(f"not built: {state}")
    with open("/proc/self/status", encoding="ascii") as file:
        status = dict(line.split(":", 1) for line in file)
    return {"docx": docx, "all": taken, "peak": int(status["VmHWM"].split()[0]) * 1024 / 1e6}


if __name__ == "__main__":
    print(json.dumps(_run()))
