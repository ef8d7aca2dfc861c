"""One beat of the clock: as many at once as one likes, and what an outage leaves behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from flask import Flask

from tests.conftest import Database
from tests.deadlines.desk import local, nudges, post, rows, write
from tests.factories import OFFICE, Opened, open_campaign
from tests.people import person
from tests.sink import Sink
from tracker.campaigns.service import close, mark_consolidated
from tracker.core.db import db, session, transaction
from tracker.core.people import Role
from tracker.deadlines import service
from tracker.deadlines.queries import counts, notices, troubled
from tracker.deadlines.tick import Ticked, send_all, sweep_all, tick
from tracker.notify.service import send_again
from tracker.office.queries import calendar
from tracker.reports.models import Report

OPEN = local("2023-02-20 14:00")
EXPECTED = Path(__file__).parents[1] / "data" / "271-timeline.expected.json"
DEAD = "smtp://127.0.0.1:9"


def campaign(units: int) -> Opened:
    opened = open_campaign(units, at=OPEN)
    for code, unit in opened.units.items():
        person(f"{code}@xa.example", (Role.REPORTER, unit), (Role.UNIT_HEAD, unit))
    person("lead@huyen.example", Role.LEAD)
    person("oversight@huyen.example", Role.OVERSIGHT)
    tick(OPEN, post())
    return opened


TICKER = """
import sys
from datetime import datetime
from config import Settings
from tests.deadlines.desk import post
from tracker.app import create_app
from tracker.deadlines.tick import tick
settings = Settings.from_env({"TRACKER_DATABASE_URL": sys.argv[1], "TRACKER_SECRET_KEY": "0123456789abcdef" * 2})
with create_app(settings).app_context():
    office = post(sys.argv[2])
    print("ready", flush=True)
    sys.stdin.readline()
    done = tick(datetime.fromisoformat(sys.argv[3]), office)
    print(done.mail.sent, int(done.stuck), flush=True)
"""


def tickers(count: int, database: Database, sink: Sink, moment: str) -> list[tuple[int, int]]:
    """So many processes that tick at once; (mails sent, was anything stuck) of each."""
    db.session.remove()
    started = [
        subprocess.Popen(
            [sys.executable, "-c", TICKER, database.url, sink.url, local(moment).isoformat()],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2],
            env={"PATH": os.environ["PATH"], "PYTHONPATH": "."},
        )
        for _ in range(count)
    ]  # fmt: skip
    for process in started:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    said = []
    for process in started:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    for process in started:
        out, _ = process.communicate(timeout=90)
        sent, stuck = out.split()
        said.append((int(sent), int(stuck)))
    return said


def test_five_at_once_send_each_mail_once_and_oversight_one(app: Flask, database: Database, sink: Sink) -> None:
    campaign(30)
    done = tickers(5, database, sink, "2023-05-12 08:00")
    assert sum(sent for sent, _ in done) == len(sink.mails) == len({mail.message_id for mail in sink.mails})
    assert not any(stuck for _, stuck in done)
    (mail,) = sink.to("oversight@huyen.example")
    assert all(f"Đảng bộ xã số {n}\r" in mail.text.replace("\n", "\r") for n in range(1, 31))
    assert tickers(2, database, sink, "2023-05-12 08:00") == [(0, 0), (0, 0)]


def test_five_at_once_remind_every_unit_once(app: Flask, database: Database, sink: Sink) -> None:
    campaign(60)
    tickers(5, database, sink, "2023-05-09 08:00")
    assert len(sink.mails) == len({mail.to for mail in sink.mails}) == 60
    assert len(nudges()) == 60


def test_the_timeline_is_the_expected_one(app: Flask) -> None:
    opened = open_campaign(3, at=OPEN)
    session().rollback()
    made = json.loads(json.dumps(service.timeline_json(opened.campaign, OPEN)))
    expected = json.loads(EXPECTED.read_text(encoding="utf-8"))
    assert made["campaign"] == expected["campaign"]
    assert made["timezone"] == expected["timezone"]
    for kind in ("milestones", "nudges"):
        assert len(made[kind]) == len(expected[kind])
        assert [
            {key: row[key] for key in want} for row, want in zip(made[kind], expected[kind], strict=True)
        ] == expected[kind]
    assert {row["status"] for row in made["nudges"]} == {"planned"}


def test_the_timeline_tells_what_was_met_closed_and_done(app: Flask) -> None:
    opened = open_campaign(1, at=local("2023-04-20 14:00"))
    write(lambda: mark_consolidated(opened.campaign, local("2023-05-20 09:00")))
    write(lambda: close(opened.campaign, OFFICE, local("2023-05-25 09:00")))

    def status(kind: str, rung: int) -> str:
        session().rollback()
        found = service.timeline_json(opened.campaign, local("2023-05-26 09:00"))["nudges"]
        assert isinstance(found, list)
        return next(str(row["status"]) for row in found if (row["milestone"], row["rung"]) == (kind, rung))

    assert status("complete", -14) == "before_opening"
    assert status("submit", -3) == "done"
    assert status("consolidate", -14) == "done"
    assert status("consolidate", -7) == "cancelled"


def test_digests_wait_until_the_sweep_of_their_moment_is_complete(app: Flask, sink: Sink) -> None:
    opened = campaign(2)
    now = local("2023-05-12 08:00")
    sweep_all(now, Ticked())
    with transaction():
        session().get_one(Report, opened.reports["U01"]).look_again_at = now
    db.session.remove()
    assert send_all(post(sink.url), lambda: now).sent == 0
    assert tick(now, post(sink.url)).mail.sent > 0


def test_what_an_outage_left_behind_leaves_the_next_day_and_still_one_mail_a_person(app: Flask, sink: Sink) -> None:
    campaign(2)
    tick(local("2023-05-09 08:00"), post(DEAD))  # hết hạn hôm nay, nhưng không gửi được
    assert {row.status for row in rows()} == {"pending"}
    tick(local("2023-05-10 08:00"), post(sink.url))
    assert sorted(mail.to for mail in sink.mails) == ["U01@xa.example", "U02@xa.example"]
    assert all("Trễ 1 ngày làm việc" in mail.subject for mail in sink.mails)
    days = [(row.recipient_id, row.local_day) for row in rows("sent")]
    assert len(days) == len(set(days))
    assert sorted(row.status for row in rows()) == ["cancelled", "cancelled", "sent", "sent"]


def test_a_digest_that_missed_friday_leaves_on_monday_not_on_saturday(app: Flask, sink: Sink) -> None:
    campaign(1)
    tick(local("2023-05-12 08:00"), post(DEAD))
    assert tick(local("2023-05-13 09:00"), post(sink.url)).mail.sent == 0
    assert tick(local("2023-05-15 07:59"), post(sink.url)).mail.sent == 0
    assert tick(local("2023-05-15 08:00"), post(sink.url)).mail.sent > 0
    (mail,) = sink.to("oversight@huyen.example")
    assert "trễ 4 ngày làm việc" in mail.subject


def test_a_tick_with_nothing_due_touches_nothing(app: Flask) -> None:
    campaign(3)
    began = time.monotonic()
    done = tick(local("2023-03-01 08:00"), post())
    assert (done.looked, done.nudges, done.mail.claimed) == (0, 0, 0)
    assert time.monotonic() - began < 5


def test_the_ledger_tells_each_mail_with_its_rungs_and_pages_through(app: Flask, sink: Sink) -> None:
    opened = campaign(5)
    sink.refuse("u02@xa.example")
    tick(local("2023-05-09 08:00"), post(sink.url))
    session().rollback()
    days = calendar()
    first, cursor = notices(opened.campaign_id, None, None, 3)
    rest, over = notices(opened.campaign_id, None, cursor, 3)
    assert (len(first), len(rest), over) == (3, 2, None)
    lines = [notice.to_json(days) for notice in (*first, *rest)]
    assert len({line["id"] for line in lines}) == 5
    sent = next(line for line in lines if line["status"] == "sent")
    assert (sent["kind"], sent["rung"], len(sent["reports"])) == ("reminder", 0, 1)
    assert sent["planned_at"] == "2023-05-09T08:00:00+07:00"
    assert sent["message_id"] in {mail.message_id for mail in sink.mails}
    failed, _ = notices(opened.campaign_id, "failed")
    assert [notice.address.lower() for notice in failed] == ["u02@xa.example"]
    assert [notice.id for notice in troubled(opened.campaign_id)] == [failed[0].id]
    assert counts(opened.campaign_id) == {"sent": 4, "failed": 1}


@pytest.mark.parametrize(("status", "cursor"), [("lost", None), (None, "x"), (None, "-1")])
def test_the_ledger_refuses_what_it_does_not_know(app: Flask, status: str | None, cursor: str | None) -> None:
    from tracker.core.errors import Invalid

    with pytest.raises(Invalid):
        notices(1, status, cursor)


def test_a_digest_in_doubt_that_a_person_sends_again_days_later_leaves_on_that_day(app: Flask, sink: Sink) -> None:
    campaign(1)
    sink.cut(keep=True, times=2)
    tick(local("2023-05-09 08:00"), post(sink.url))
    tick(local("2023-05-09 08:16"), post(sink.url))
    (row,) = rows("ambiguous")
    assert tick(local("2023-05-10 07:00"), post(sink.url)).mail.sent == 0

    write(lambda: send_again(row.id, OFFICE, local("2023-05-10 07:30")))
    tick(local("2023-05-10 08:00"), post(sink.url))

    # That day has a digest of its own, and nobody gets two: the doubt stays in the ledger.
    assert len(sink.to("U01@xa.example")) == 3
    assert [(mail.status, mail.local_day) for mail in rows()] == [
        ("ambiguous", local("2023-05-09 08:00").date()),
        ("sent", local("2023-05-10 08:00").date()),
    ]
