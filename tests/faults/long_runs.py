"""The fault runs at length, behind `make faults`: each prints one JSON line with its seed (TRACKER_FAULT_SEED).

Its name keeps it out of the suite; test_short.py is what runs there.
"""

from __future__ import annotations

import json
import os
import random
import threading
import time
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask

from tests import servers
from tests.conftest import Database
from tests.deadlines.desk import rows
from tests.faults import rig
from tests.people import api_token, person
from tests.sink import Sink
from tests.workers.processes import Process, wait_for
from tracker.core import clock
from tracker.core.db import db, transaction
from tracker.core.people import Role
from tracker.notify.service import queue

pytestmark = [pytest.mark.postgresql, pytest.mark.timeout(1800)]
SEED = int(os.environ.get("TRACKER_FAULT_SEED", "271"))


def say(capsys: pytest.CaptureFixture[str], line: str) -> None:
    with capsys.disabled():
        print("\n" + line)


def test_sixty_units_submit_twenty_times_while_web_workers_die_and_the_broker_forgets(
    app: Flask, database: Database, redis: servers.Redis, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with rig.place(60, database.url, redis, tmp_path, SEED) as at:
        begun = time.monotonic()
        with at.hurting(at.kill_a_worker, at.flush, every=0.7):
            rig.submit_again_and_again(at, rounds=20, hands=8)
        rig.check_submits(at)
        say(capsys, at.result("submit, long", seconds=round(time.monotonic() - begun, 1)))
        assert at.kills > 5


def test_accept_and_send_back_at_once_two_hundred_times(
    app: Flask, database: Database, redis: servers.Redis, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with rig.place(1, database.url, redis, tmp_path, SEED) as at:
        other = api_token(person("other-lead@huyen.example", Role.LEAD))
        db.session.remove()
        unit, report = at.client("U01"), at.opened.reports["U01"]
        leads = [rig.Client(at.address, headers, at.ledger, "lead") for headers in (at.lead, other)]
        path, wins = f"/reports/{report}", {"accept": 0, "send_back": 0}
        for _ in range(200):
            version = unit.get(path)["version"]
            unit.write("POST", f"{path}/steps", {"step": "submit", "version": version})
            version += 1
            answers: dict[str, rig.Answer] = {}
            gate = threading.Barrier(2)

            def press(
                step: str, by: rig.Client, version: int = version, into: dict[str, rig.Answer] = answers,
                gate: threading.Barrier = gate,
            ) -> None:  # fmt: skip
                gate.wait(20)
                data = {"step": step, "version": version, "note": "Thiếu số liệu."}
                into[step] = by.write("POST", f"{path}/steps", data)

            threads = [threading.Thread(target=press, args=pair) for pair in zip(wins, leads, strict=True)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(60)
            assert sorted(answer.status for answer in answers.values()) == [200, 409], answers
            winner = next(step for step, answer in answers.items() if answer.status == 200)
            wins[winner] += 1
            assert unit.get(f"{path}/history")["items"][-1]["step"] == winner
            if winner == "accept":
                for step in ("reopen", "send_back"):
                    data = {"step": step, "version": unit.get(path)["version"], "note": "Xem lại."}
                    assert leads[0].write("POST", f"{path}/steps", data).status == 200
        say(capsys, json.dumps({"run": "accept against send back", "seed": SEED, **wins}))


def test_three_thousand_mails_while_workers_die_connections_break_and_five_beats_tick(
    app: Flask, database: Database, redis: servers.Redis, sink: Sink, tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    count, rng, begun = 3000, random.Random(SEED), time.monotonic()
    env = {
        "TRACKER_DATABASE_URL": database.url,
        "TRACKER_BROKER_URL": redis.url,
        "TRACKER_SMTP_URL": sink.url,
        "TRACKER_DATA_DIR": str(tmp_path),
    }
    now = clock.now()
    with transaction():
        for n in range(count):
            queue(
                "accepted", recipient_id=None, name="", address=f"p{n}@xa.example", dedupe_key=f"p{n}", now=now,
                context={"number": "1", "unit": "x", "at": now.isoformat()},
            )  # fmt: skip
    db.session.remove()
    sink.cut(keep=True, times=5, addresses=[f"p{rng.randrange(count)}@xa.example" for _ in range(5)])
    kills = 0
    with ExitStack() as stack:
        for n in range(5):
            stack.enter_context(Process(tmp_path / f"beat{n}.log", "beat", **env))
        while len(sink.mails) < count * 0.8:
            with Process(tmp_path / f"worker{kills}.log", "worker", **env) as worker:
                seen, until = len(sink.mails), rng.randrange(50, 400)
                wait_for(lambda seen=seen, until=until: len(sink.mails) > min(seen + until, count - 1), 120)
                worker.kill()
                kills += 1
        with Process(tmp_path / "last.log", "worker", **env):
            wait_for(lambda: {row.status for row in rows()} <= {"sent", "ambiguous"}, 300, "not made good")
        # What is in doubt waits a quarter of an hour before it is sent once more.
        later = (clock.now() + timedelta(minutes=20)).isoformat()
        with Process(tmp_path / "later.log", "worker", TRACKER_CLOCK=later, **env):
            wait_for(lambda: not [row for row in rows() if row.resend and row.sent_at is None], 300, "not sent again")
    doubtful = rows("ambiguous")
    mails = sink.mails
    distinct = {mail.message_id for mail in mails}
    known = {row.message_id for row in rows()}
    say(
        capsys,
        json.dumps(
            {
                "run": "mail", "seed": SEED, "mails": len(mails), "distinct": len(distinct), "kills": kills,
                "ambiguous": len(doubtful), "seconds": round(time.monotonic() - begun, 1),
            }
        ),
    )  # fmt: skip
    assert distinct == known
    assert len(distinct) == count
    assert len(mails) - len(distinct) <= len(doubtful)
