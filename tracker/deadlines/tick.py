"""One beat of the clock: sweep until nothing is due, then send what is in the outbox. And the post office it sends by.

Run by `tracker tick`, by the sample, and piece by piece by the workers; what is planned is service.py's.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Final

from flask import Flask, current_app
from sqlalchemy.exc import IntegrityError, OperationalError

from tracker.accounts.queries import people_with
from tracker.core.db import db, read_only, session, transaction
from tracker.core.people import Role
from tracker.core.text import one_line
from tracker.deadlines import mailer, queries, service
from tracker.deadlines.mailer import Urls
from tracker.notify.mailer import Post, Tally, recover, send_due
from tracker.notify.message import From, is_address
from tracker.notify.transport import Mailbox, Server, Smtp, Transport
from tracker.office.queries import body_with, calendar, setting

log = logging.getLogger(__name__)

BATCH: Final = 200
# A report that somebody else holds is waited for; nobody holds one for so long unless they hang.
PATIENCE: Final = 60.0


@dataclass(slots=True)
class Ticked:
    """What one tick did. `stuck`: something was still held by another process when patience ran out."""

    nudges: int = 0
    looked: int = 0
    stuck: bool = False
    mail: Tally = field(default_factory=Tally)


def tick(now: datetime, post: Post) -> Ticked:
    """One beat, at one instant; as many at once as one likes.

    1. Look at every report and campaign that is due, in batches, until none is.
    2. Digests that an outage left behind move to this day.
    3. What dead or overdue senders held is taken back.
    4. What is due in the outbox is sent. Digests wait until 1. is complete, whoever does it.
    """
    done = Ticked()
    sweep_all(now, done)
    carry(now)
    recover(now)
    done.mail = send_all(post, lambda: now)
    return done


def sweep_all(now: datetime, done: Ticked) -> None:
    """Step 1. Ends when nothing is due at that instant, or when what is left has been held by others for too long."""
    waited = 0.0
    while True:
        with transaction():
            read_only()
            reports, campaigns = service.due(now)
        if not reports and not campaigns:
            return
        before = frozenset(reports) | {-each for each in campaigns}
        for each in campaigns:
            done.nudges += service.sweep_campaign(each, now)
        for start in range(0, len(reports), BATCH):
            done.nudges += service.sweep(reports[start : start + BATCH], now)
        with transaction():
            read_only()
            reports, campaigns = service.due(now)
        left = frozenset(reports) | {-each for each in campaigns}
        done.looked += len(before - left)
        if before <= left:
            # All of it is in somebody else's hands.
            if waited >= PATIENCE:
                done.stuck = True
                log.error("still held by another process: %s", sorted(left)[:20])
                return
            time.sleep(0.05)
            waited += 0.05


def carry(now: datetime) -> int:
    """Step 2, tried again if another process moved the same digest at the same time."""
    for _ in range(3):
        try:
            with transaction():
                return service.carry_over(now)
        except (IntegrityError, OperationalError):
            log.info("a digest was moved by two at once; again", exc_info=True)
    return 0


def send_all(post: Post, clock: Callable[[], datetime]) -> Tally:
    """Step 4, over as many connections as the post office has."""
    if post.connections <= 1:
        return send_due(post, clock)
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # werkzeug's proxy hides it from mypy
    total, lock = Tally(), threading.Lock()
    troubles: list[BaseException] = []

    def work() -> None:
        with app.app_context():
            try:
                done = send_due(post, clock)
                with lock:
                    total.add(done)
            except BaseException as error:
                troubles.append(error)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=work, name=f"post-{n}") for n in range(post.connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if troubles:
        raise troubles[0]
    return total


def post_office(
    *, smtp_url: str | None, mail_from: str, secret: str, urls: Urls, connections: int | None = None
) -> Post:
    """The post office of an installation. Without `smtp_url` mails go into the built-in mailbox.

    `connections`: how many at once; by default four to a mail server on PostgreSQL, else one (SQLite writes one
    at a time). ValueError if `smtp_url` or `mail_from` is none.
    """
    server = Server.of(smtp_url) if smtp_url else None
    if not is_address(mail_from):
        raise ValueError("TRACKER_MAIL_FROM")
    host = mail_from.rpartition("@")[2]

    def connect() -> Transport:
        return Smtp(server, host) if server else Mailbox()

    if connections is None:
        on_sqlite = session().get_bind().dialect.name == "sqlite"
        connections = 1 if server is None or on_sqlite else 4
    return Post(
        compose=partial(mailer.compose, urls),
        connect=connect,
        sender=partial(_sender, mail_from),
        ready=may_send_digests,
        local_day=lambda now: calendar().local_day(now),
        secret=secret,
        connections=connections,
    )


def may_send_digests(now: datetime) -> bool:
    """Digests leave in office hours of working days, and once the sweep of this moment is complete."""
    return calendar().sending_time(now) == now and not queries.any_due(now)


def _sender(mail_from: str, now: datetime) -> From:
    """From the product, in the body's name; an answer goes to the lead office."""
    with transaction():
        read_only()
        body = body_with("issuer", calendar().local_day(now))
        product = str(setting("product_name", "") or mailer.say_brand())
        answer = str(setting("reply_to", "")) or next((person.email for person in people_with(Role.LEAD)), "")
        name = one_line(f"{product} · {body.name}" if body else product)
    return From(mail_from, name, answer if is_address(answer) else "")
