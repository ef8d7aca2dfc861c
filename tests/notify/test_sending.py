"""From the outbox to a mail server that behaves, refuses, stalls and breaks: each mail once, or listed as in doubt."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import update

from tests.conftest import Database
from tests.deadlines.desk import hasty, local, post, rows
from tests.sink import Sink
from tracker.core.db import db, session, transaction
from tracker.notify import mailer
from tracker.notify.lease import is_dead, new_token
from tracker.notify.mailer import recover, send_due
from tracker.notify.models import OutboxMail
from tracker.notify.service import queue

NOW = local("2023-05-12 10:00")
LATER = timedelta(minutes=16)


def put(*addresses: str, kind: str = "accepted", at: datetime = NOW, **context: object) -> None:
    """Mails about a report's acceptance, one an address."""
    session().rollback()
    with transaction():
        for address in addresses:
            queue(
                kind,
                recipient_id=None,
                name="Lò Thị Mai",
                address=address,
                dedupe_key=f"{kind}:{address}",
                now=at,
                campaign_id=None,
                context={"number": "271-KH/HU", "unit": "Xã Mù Sang", "at": at.isoformat(), **context},
            )


def send(url: str, now: datetime = NOW) -> mailer.Tally:
    session().rollback()
    recover(now)
    return send_due(hasty(url), lambda: now)


def test_a_mail_goes_out_once_and_is_written_down(app: Flask, sink: Sink) -> None:
    put("mai@xa.example")
    assert send(sink.url).sent == 1
    assert send(sink.url).sent == 0
    (mail,) = sink.mails
    assert mail.subject == "271-KH/HU: Báo cáo đã được duyệt"
    assert "Xã Mù Sang" in mail.text
    assert "Xã Mù Sang" in mail.html
    (row,) = rows("sent")
    assert (row.message_id, row.sent_at, row.phase) == (mail.message_id, NOW, "done")
    assert row.body_text is not None


def test_the_same_mail_is_queued_once_for_its_key(app: Flask) -> None:
    put("mai@xa.example")
    put("mai@xa.example")
    assert len(rows()) == 1


def test_many_mails_share_one_connection(app: Flask, sink: Sink) -> None:
    put(*(f"p{n}@xa.example" for n in range(60)))
    assert send(sink.url).sent == 60
    assert sink.connections == 1
    assert len({mail.message_id for mail in sink.mails}) == 60


def test_without_a_server_the_row_is_the_mail(app: Flask) -> None:
    put("mai@xa.example")
    send_due(post(), lambda: NOW)
    (row,) = rows("sent")
    assert row.subject == "271-KH/HU: Báo cáo đã được duyệt"
    assert "Xã Mù Sang" in (row.body_html or "")


def test_a_greylisted_mail_waits_and_goes_out_later(app: Flask, sink: Sink) -> None:
    put("mai@xa.example", "an@xa.example")
    sink.fail("451 4.7.1 Greylisted", addresses=["mai@xa.example"])
    done = send(sink.url)
    assert (done.sent, done.later) == (1, 1)
    (row,) = rows("pending")
    assert row.error.startswith("451")
    assert row.not_before == NOW + timedelta(minutes=1)
    assert send(sink.url).claimed == 0
    assert send(sink.url, NOW + timedelta(minutes=1)).sent == 1
    assert len(sink.to("mai@xa.example")) == 1


@pytest.mark.parametrize("phase", ["mail", "rcpt", "data"])
def test_a_4xx_in_any_phase_is_tried_again(app: Flask, sink: Sink, phase: str) -> None:
    put("mai@xa.example")
    sink.fail("450 4.2.0 Later", phase=phase)  # type: ignore[arg-type]  # one of the sink's phases
    assert send(sink.url).later == 1
    assert send(sink.url, NOW + timedelta(minutes=2)).sent == 1
    assert [row.status for row in rows()] == ["sent"]


def test_waiting_grows_to_an_hour_and_ends_after_twelve_attempts(app: Flask, sink: Sink) -> None:
    put("mai@xa.example")
    sink.fail("451 4.7.1 Later", times=None)
    now, waits = NOW, []
    for _ in range(12):
        send(sink.url, now)
        (row,) = rows()
        waits.append(int((row.not_before - now).total_seconds() // 60))
        now = row.not_before
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60, 60, 60, 60]
    assert [row.status for row in rows()] == ["failed"]
    assert send(sink.url, now + timedelta(days=1)).claimed == 0


def test_a_5xx_is_final_and_says_why(app: Flask, sink: Sink) -> None:
    put("gone@xa.example", "mai@xa.example")
    sink.refuse("gone@xa.example")
    done = send(sink.url)
    assert (done.failed, done.sent) == (1, 1)
    (row,) = rows("failed")
    assert row.error == "550 5.1.1 No such user"


def test_an_address_that_is_none_fails_alone(app: Flask, sink: Sink) -> None:
    put("mai@xa.example", "bad address\r\nRCPT TO:<x@y.example>")
    done = send(sink.url)
    assert (done.failed, done.sent) == (1, 1)
    assert [mail.recipients for mail in sink.mails] == [("mai@xa.example",)]


def test_no_server_costs_one_mail_an_attempt_and_leaves_the_others_as_they_were(app: Flask) -> None:
    put("mai@xa.example", "an@xa.example")
    done = send("smtp://127.0.0.1:9")
    assert done.stop
    assert sorted(row.attempts for row in rows("pending")) == [0, 1]


def test_a_server_that_closes_after_each_mail_is_asked_again(app: Flask, sink: Sink) -> None:
    put("a@xa.example", "b@xa.example")
    sink.fail("421 4.3.2 Shutting down", phase="mail", addresses=["theo-doi@tracker.example"])
    done = send(sink.url)
    assert done.sent + done.later == 1 or done.sent == 2
    send(sink.url, NOW + timedelta(minutes=1))
    assert sorted(mail.to for mail in sink.mails) == ["a@xa.example", "b@xa.example"]


def test_a_black_hole_ends_in_time_and_loses_nothing(app: Flask, sink: Sink) -> None:
    put("mai@xa.example")
    sink.silence("connect")
    began = time.monotonic()
    assert send(sink.url).stop
    assert time.monotonic() - began < 5
    sink.heal()
    assert send(sink.url, NOW + timedelta(minutes=1)).sent == 1


@pytest.mark.parametrize("kept", [True, False])
def test_a_connection_cut_after_the_final_dot_is_in_doubt_and_sent_once_more(
    app: Flask, sink: Sink, kept: bool
) -> None:
    put("mai@xa.example")
    sink.cut(keep=kept)
    assert send(sink.url).ambiguous == 1
    (row,) = rows("ambiguous")
    assert row.sent_at is None
    assert send(sink.url, NOW + timedelta(minutes=14)).claimed == 0

    assert send(sink.url, NOW + LATER).sent == 1

    mails = sink.to("mai@xa.example")
    assert len(mails) == (2 if kept else 1)
    assert {mail.message_id for mail in mails} == {row.message_id}
    (row,) = rows("ambiguous")
    assert row.sent_at == NOW + LATER
    assert send(sink.url, NOW + timedelta(days=1)).claimed == 0


def test_cut_twice_it_stays_in_doubt_and_is_left_to_a_person(app: Flask, sink: Sink) -> None:
    put("mai@xa.example")
    sink.cut(keep=True, times=2)
    send(sink.url)
    assert send(sink.url, NOW + LATER).ambiguous == 1
    assert send(sink.url, NOW + timedelta(days=1)).claimed == 0
    assert [(row.status, row.sent_at, row.resend) for row in rows()] == [("ambiguous", None, False)]


def test_a_server_that_never_answers_the_final_dot_leaves_it_in_doubt(app: Flask, sink: Sink) -> None:
    put("mai@xa.example")
    sink.silence("data", times=1)
    assert send(sink.url).ambiguous == 1


def test_a_link_that_opens_a_door_is_sent_and_not_kept(app: Flask, sink: Sink) -> None:
    put("mai@xa.example", kind="invite", email="mai@xa.example")
    send(sink.url)
    (row,) = rows("sent")
    assert (row.body_text, row.body_html) == (None, None)
    assert "Đặt mật khẩu" in sink.mails[0].text


def test_a_mail_that_cannot_be_written_stops_nobody(app: Flask, sink: Sink) -> None:
    put("mai@xa.example")
    put("bad@xa.example", kind="extended")  # without its day
    put("an@xa.example")
    done = send(sink.url)
    assert (done.sent, done.later) == (2, 1)
    (row,) = rows("pending")
    assert (row.address, row.attempts) == ("bad@xa.example", 1)


def test_a_claim_of_a_process_that_lives_is_respected_until_its_lease_ends(app: Flask, sink: Sink) -> None:
    put("mai@xa.example")
    hold(new_token(), NOW + mailer.LEASE)
    assert send(sink.url).claimed == 0
    assert send(sink.url, NOW + mailer.LEASE).sent == 1
    assert len(sink.mails) == 1


def test_a_mail_that_keeps_killing_its_sender_waits_and_ends(app: Flask, sink: Sink) -> None:
    put("mai@xa.example")
    now, waits = NOW, []
    for _ in range(12):
        hold(new_token(), now)
        recover(now)
        (row,) = rows()
        waits.append(int((row.not_before - now).total_seconds() // 60))
        now = row.not_before
    assert waits[:5] == [0, 0, 0, 8, 16]
    assert [row.status for row in rows()] == ["failed"]


def test_an_ended_lease_in_the_data_phase_is_in_doubt(app: Flask, sink: Sink) -> None:
    put("mai@xa.example")
    hold(new_token(), NOW + mailer.LEASE, phase="data")
    assert recover(NOW) == 0
    assert recover(NOW + mailer.LEASE) == 1
    (row,) = rows("ambiguous")
    assert row.resend
    assert row.not_before == NOW + mailer.LEASE + timedelta(minutes=15)


def test_a_sender_whose_lease_was_lost_does_not_send(app: Flask, sink: Sink) -> None:
    put("mai@xa.example")
    slow = hasty(sink.url)

    def stolen(mails: object, now: datetime) -> object:
        letters = slow.compose(mails, now)  # type: ignore[arg-type]  # the post office hands over what it claimed
        session().execute(update(OutboxMail).values(lease_token="somebody-else"))
        return letters

    thief = mailer.Post(
        compose=stolen,  # type: ignore[arg-type]  # a looser stand-in for Compose
        connect=slow.connect,
        sender=slow.sender,
        ready=slow.ready,
        local_day=slow.local_day,
        secret=slow.secret,
    )
    send_due(thief, lambda: NOW)
    assert sink.mails == []


def hold(token: str, until: datetime, phase: str = "") -> None:
    session().rollback()
    with transaction():
        session().execute(
            update(OutboxMail).values(status="sending", lease_token=token, lease_until=until, phase=phase)
        )


def test_the_holder_of_a_claim_is_known_to_be_dead_or_alive() -> None:
    mine = new_token()
    assert not is_dead(mine)
    child = subprocess.run(
        [sys.executable, "-c", "from tracker.notify.lease import new_token; print(new_token())"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert is_dead(child.stdout.strip())
    assert not is_dead("elsewhere:1:2:3")
    assert not is_dead("")


SENDER = """
import os, sys

from datetime import datetime
from config import Settings
from tests.deadlines.desk import post
from tracker.app import create_app
from tracker.notify.mailer import recover, send_due
settings = Settings.from_env({"TRACKER_DATABASE_URL": sys.argv[1], "TRACKER_SECRET_KEY": "0123456789abcdef" * 2})
with create_app(settings).app_context():
    now = datetime.fromisoformat(sys.argv[3])
    recover(now)
    office = post(sys.argv[2])
    print("ready", flush=True)
    sys.stdin.readline()
    print(send_due(office, lambda: now).sent, flush=True)
"""


class Sender:
    """Another process that sends; it waits for `go`."""

    def __init__(self, database: str, url: str, now: datetime = NOW) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", SENDER, database, url, now.isoformat()],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2],
            env={"PATH": os.environ["PATH"], "PYTHONPATH": "."},
        )  # fmt: skip
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == "ready\n"

    def go(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()

    def end(self) -> int:
        assert self.process.stdout is not None
        sent = int(self.process.stdout.readline())
        self.process.communicate(timeout=30)
        return sent

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.communicate(timeout=30)


def test_five_processes_at_once_send_each_mail_once(app: Flask, database: Database, sink: Sink) -> None:
    put(*(f"p{n}@xa.example" for n in range(60)))
    db.session.remove()
    senders = [Sender(database.url, sink.url) for _ in range(5)]
    for sender in senders:
        sender.go()
    sent = [sender.end() for sender in senders]
    assert sum(sent) == 60
    assert len(sink.mails) == len({mail.to for mail in sink.mails}) == 60
    assert {row.status for row in rows()} == {"sent"}


@pytest.mark.parametrize("phase", ["rcpt", "data"])
def test_a_sender_killed_on_the_way_is_made_good(app: Flask, database: Database, sink: Sink, phase: str) -> None:
    put(*(f"p{n}@xa.example" for n in range(10)))
    db.session.remove()
    sink.silence(phase, times=1, addresses=["p5@xa.example"])  # type: ignore[arg-type]  # one of the sink's phases
    sender = Sender(database.url, sink.url)
    sender.go()
    deadline = time.monotonic() + 20
    while len(sink.mails) < 5 and time.monotonic() < deadline:
        time.sleep(0.02)
    time.sleep(0.2)
    sender.kill()

    # The holder is dead, so nobody waits for its lease.
    for minutes in (0, 1, 2, 17):
        send(sink.url, NOW + timedelta(minutes=minutes))

    by_status = {status: len(rows(status)) for status in ("sent", "ambiguous")}
    extra = len(sink.mails) - 10
    assert len({mail.message_id for mail in sink.mails}) == 10
    assert sum(by_status.values()) == 10
    assert extra <= by_status["ambiguous"]
    # The one at hand, and the one before it whose success was not yet written down.
    assert by_status["ambiguous"] <= 2
    assert all(row.sent_at for row in rows())


def test_settings_of_every_kind_of_server_are_read() -> None:
    from tracker.notify.transport import Server

    assert Server.of("smtp://mail.example") == Server("mail.example", 25)
    assert Server.of("smtps://u:p%40ss@mail.example") == Server("mail.example", 465, "tls", "u", "p@ss")
    assert Server.of("smtp+starttls://mail.example:2525") == Server("mail.example", 2525, "starttls")
    for wrong in ("http://mail.example", "smtp://", "mail.example"):
        with pytest.raises(ValueError, match="TRACKER_SMTP_URL"):
            Server.of(wrong)
