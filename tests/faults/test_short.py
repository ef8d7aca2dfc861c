"""The fault runs in short, from a fixed seed: a killed web worker, an emptied broker, fifty identical requests.

The long ones are in long_runs.py, behind `make faults`. Killed senders and mails in doubt are in notify/ and workers/.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import text

from tests import servers
from tests.conftest import Database
from tests.faults import rig
from tracker.core.db import session, transaction

pytestmark = pytest.mark.postgresql
SEED = 271


def test_submits_survive_killed_web_workers_and_an_emptied_broker(
    app: Flask, database: Database, redis: servers.Redis, tmp_path: Path
) -> None:
    with rig.place(5, database.url, redis, tmp_path, SEED) as at:
        with at.hurting(at.kill_a_worker, at.flush, every=0.15):
            rig.submit_again_and_again(at, rounds=5)
        rig.check_submits(at)
        print(at.result("submit, short"))
        assert at.kills >= 1
        assert at.flushes >= 1

        # The negative control: a checker that cannot fail proves nothing.
        change("UPDATE report SET state = 'drafting' WHERE id = (SELECT max(id) FROM report)")
        with pytest.raises(AssertionError):
            rig.check_submits(at)


def test_fifty_identical_requests_are_one_and_without_the_unique_key_the_checker_says_so(
    app: Flask, database: Database, redis: servers.Redis, tmp_path: Path
) -> None:
    with rig.place(4, database.url, redis, tmp_path, SEED) as at:
        rig.check_one_attachment(at, "U01", rig.attach_at_once(at, "U01", 50))
        same = rig.submit_at_once(at, "U03", 50, one_key=True)
        assert {(answer.status, answer.json["state"]) for answer in same} == {(200, "submitted")}
        each = sorted(answer.status for answer in rig.submit_at_once(at, "U04", 50, one_key=False))
        assert each == [200] + [409] * 49
        for code in ("U03", "U04"):
            history = at.client(code).get(f"/reports/{at.opened.reports[code]}/history")["items"]
            assert [event["step"] for event in history] == ["submit"]

        change("ALTER TABLE api_reply DROP CONSTRAINT uq_api_reply_user_id_key")
        try:
            answers = rig.attach_at_once(at, "U02", 50)
            with pytest.raises(AssertionError, match=r"different answers|files of one upload|201"):
                rig.check_one_attachment(at, "U02", answers)
        finally:
            change("TRUNCATE api_reply")
            change("ALTER TABLE api_reply ADD CONSTRAINT uq_api_reply_user_id_key UNIQUE (user_id, key)")


def change(statement: str) -> None:
    session().rollback()
    with transaction():
        session().execute(text(statement))
