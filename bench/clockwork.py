"""The clock's desk: a tick with nothing due, and a morning when everybody is reminded, planned and sent to a sink."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

from sqlalchemy import func, select, update

from bench.harness import Figure, Place, mail_sink, median_ms
from bench.town import SECRET, Town, build, town
from tracker.campaigns.models import Campaign
from tracker.core.db import changed, db, session, transaction
from tracker.deadlines.queries import any_due
from tracker.deadlines.tick import Ticked, post_office, send_all, sweep_all, tick
from tracker.notify.mailer import Post
from tracker.notify.models import OutboxMail
from tracker.office.queries import calendar
from tracker.operate.addresses import Addresses
from tracker.reports.models import Report

QUIET = 50_000
UNITS = 10_000


def figures(place: Place) -> Iterator[Figure]:
    """Nothing to do, then much."""
    quiet = town(place, QUIET)
    with quiet.app.app_context():
        yield Figure(f"a tick with nothing due, {QUIET:,}", _nothing(quiet), "ms", 20)
    busy = build(place.database(), UNITS)  # its own: the morning changes it
    with mail_sink() as (port, count), busy.app.app_context():
        planned, sent, mails = _morning(busy, f"smtp://127.0.0.1:{port}")
        if count() != mails:
            raise RuntimeError(f"the sink took {count()} of {mails} mails")
    yield Figure("nudges planned", mails / planned, "nudges/s", more=True, note=f"{mails:,} digests and their rows")
    yield Figure("nudges rendered, recorded, sent", mails / sent, "mails/s", 400, more=True, bare="bare mails")
    note = "from the tick's first statement to the last mail"
    yield Figure("nudges from plan to sink", mails / (planned + sent), "mails/s", more=True, note=note)


def _post(found: Town, smtp_url: str | None) -> Post:
    with transaction():
        return post_office(
            smtp_url=smtp_url,
            mail_from="theo-doi@tracker.example",
            secret=SECRET,
            urls=Addresses(found.app, "http://127.0.0.1:8000", SECRET),
        )


def _nothing(found: Town) -> float:
    now = datetime.now(UTC)
    post = _post(found, None)
    tick(now, post)
    taken = median_ms(lambda: tick(now, post), 100, 10)
    db.session.remove()
    return taken


def _morning(found: Town, smtp_url: str) -> tuple[float, float, int]:
    """Seconds to plan, seconds to send, how many mails: 08:00 of the rung three days before the deadline."""
    with transaction():
        days = calendar()
        due = session().execute(select(func.min(Report.due_before))).scalar_one()
        first = days.last_working_eight_before(due)
        now = days.at(days.add_working_days(days.local_day(first), -3), 8, 1).astimezone(UTC)
        # So that the rung of this very morning is due for each that is still being written.
        changed(update(Campaign).values(opened_at=now - timedelta(days=3)))
        changed(
            update(Report)
            .where(Report.state == "drafting")
            .values(chased_from=now - timedelta(hours=2), look_again_at=now - timedelta(minutes=1), filled=0)
        )
    with transaction():
        post = _post(found, smtp_url)
    planned = _taken(lambda: sweep_all(now, Ticked()))
    assert not any_due(now)
    db.session.remove()
    sent = _taken(lambda: send_all(post, lambda: now))
    with transaction():
        mails = session().execute(select(func.count()).where(OutboxMail.status == "sent")).scalar_one()
    db.session.remove()
    return planned, sent, int(mails)


def _taken(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start
