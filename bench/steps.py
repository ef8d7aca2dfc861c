"""What a step costs: the rules alone, the verb with its rows, a program's request, a browser's; and how many a second.

Reports are sent by their own reporters and accepted by the lead office: a history row and an audit row each time, and
for each acceptance a mail in the outbox. The load comes from a process of its own over loopback.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from http.client import HTTPConnection
from typing import Any

from bench.harness import ROOT, Figure, Place, median_ms
from bench.town import OFFICE, Town, bearer, town, web
from tracker.core.calendar import WorkingCalendar
from tracker.core.db import db, transaction
from tracker.core.people import Actor, Role
from tracker.reports.rules import Standing, State, Step, check_step, due_before
from tracker.review.service import take_step

UNITS = 10_000
ONE_BY_ONE = 150
CONNECTIONS = 4
# Each connection sends and accepts so many reports, after a tenth as many that do not count.
EACH = 500


def figures(place: Place) -> Iterator[Figure]:
    """From the inside out."""
    found = town(place, UNITS)
    reports = iter(found.drafting(3 * ONE_BY_ONE + CONNECTIONS * EACH))
    yield Figure("a step: the rules", _rules(), "ms", note="may it be taken, and what then is the deadline")
    yield Figure("a step: the verb", _verb(found, [next(reports) for _ in range(ONE_BY_ONE)]), "ms", bare="bare step")
    with web(place, found) as server:
        connection = server.connection()
        program = [next(reports) for _ in range(ONE_BY_ONE)]
        sent, accepted = _program(connection, program)
        yield Figure("a step, API: submit", sent, "ms", 4, bare="bare step", note="history, audit; digest is queued")
        yield Figure("a step, API: accept", accepted, "ms", 4, bare="bare step", note="history, audit, mail")
        browser = [next(reports) for _ in range(ONE_BY_ONE)]
        yield Figure("a step, page: submit", _browser(found, connection, browser), "ms", 4, bare="bare step")
        yield Figure("steps over 4 connections, API", _load(server.port, list(reports)), "steps/s", 500, more=True)
        workers, whole = server.pss_mib()
        yield Figure("two web workers, PSS", workers, "MiB", 160, note="the two alone, shared pages by share")
        yield Figure("and with gunicorn's own process", whole, "MiB", note="the stricter reading of the same target")


def _rules() -> float:
    calendar = WorkingCalendar()
    lead = Actor(user_id=1, name="", roles=frozenset({Role.LEAD}))
    standing = Standing(state=State.SUBMITTED, unit_id=1, sent_back=False, taken=True)
    now = datetime(2023, 5, 9, 2, 0, tzinfo=UTC)

    def work() -> None:
        today = calendar.local_day(now)
        check_step(Step.SEND_BACK, standing, lead, "Bổ sung số liệu", calendar.add_working_days(today, 3), today)
        due_before(now, None, calendar.day_end(calendar.add_working_days(today, 3)))

    return median_ms(work, 2000)


def _verb(found: Town, reports: list[dict[str, Any]]) -> float:
    turn = iter(reports)

    def work() -> None:
        with transaction():
            take_step(next(turn)["id"], Step.SUBMIT, OFFICE, datetime.now(UTC), note="Bản giấy")
        db.session.remove()

    with found.app.app_context():
        return median_ms(work, len(reports) - 20)


def step_of(connection: HTTPConnection, report: int, step: str, version: int, token: int | str) -> int:
    """One step by a program; the version after it."""
    body = json.dumps({"step": step, "version": version})
    headers = {**bearer(token), "Content-Type": "application/json"}
    connection.request("POST", f"/api/v1/reports/{report}/steps", body, headers)
    answer = connection.getresponse()
    said = answer.read()
    if answer.status != 200:
        raise RuntimeError(f"{step}: {answer.status} {said[:300]!r}")
    return int(json.loads(said)["version"])


def _program(connection: HTTPConnection, reports: list[dict[str, Any]]) -> tuple[float, float]:
    sent, accepted = iter(reports), iter(reports)

    def submit() -> None:
        report = next(sent)
        report["version"] = step_of(connection, report["id"], "submit", report["version"], report["user_id"])

    def accept() -> None:
        report = next(accepted)
        step_of(connection, report["id"], "accept", report["version"], f"lead-{4 + report['id'] % 100}")

    return median_ms(submit, len(reports) - 20), median_ms(accept, len(reports) - 20)


def _browser(found: Town, connection: HTTPConnection, reports: list[dict[str, Any]]) -> float:
    asked = [(report, found.cookie(report["user_id"])) for report in reports]
    turn = iter(asked)

    def submit() -> None:
        report, headers = next(turn)
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        body = f"step=submit&version={report['version']}"
        connection.request("POST", f"/reports/{report['id']}/steps", body, {**headers, **form})
        answer = connection.getresponse()
        said = answer.read()
        if answer.status not in {200, 302, 303}:
            raise RuntimeError(f"submit: {answer.status} {said[:300]!r}")

    return median_ms(submit, len(reports) - 20)


def _load(port: int, reports: list[dict[str, Any]]) -> float:
    """Steps a second, the median of three thirds of the run."""
    with subprocess.Popen(
        [sys.executable, "-m", "bench.load", str(port)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as load:
        said, _ = load.communicate(json.dumps([reports[n::CONNECTIONS] for n in range(CONNECTIONS)]).encode())
    if load.returncode:
        raise RuntimeError("the load failed")
    rates: list[float] = json.loads(said)
    return statistics.median(rates)
