"""The hands: sweep the ids that wait, one task for some of them, one verb of a service. No rule lives here.

Every task may run twice, at once or one after the other, and be killed at any point: its verb finds out itself what
is still to be done. Reports are looked at a hundred a task, since a commit for each costs three times as much; the
verb falls back to one by one when any of them fails.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import Any, Final, cast

from celery import shared_task
from flask import current_app

from tracker.accounts.service import clean_up
from tracker.app import settings
from tracker.assembly import queries as assemblies
from tracker.assembly import running
from tracker.assembly.queries import known_files
from tracker.core import clock
from tracker.core.db import read_only, transaction
from tracker.deadlines import service as deadlines
from tracker.deadlines.tick import carry, post_office, send_all
from tracker.files.service import forget_orphans
from tracker.files.store import store
from tracker.notify.mailer import Post, recover
from tracker.operate.addresses import Addresses
from workers import heartbeat, schedule

log = logging.getLogger(__name__)

BATCH: Final = 100
AT_ONCE: Final = 5000
# When no mail server answers, this process leaves it alone for so long (seconds), so that other work gets its turn.
PAUSE: Final = 30.0
_POST: Final = "tracker.post"
_AGAIN: Final = "tracker.post.again"


def task(name: str) -> Callable[[Callable[..., None]], Any]:
    """`shared_task`, which ships no types: a task of whichever Celery application is at work."""
    return cast("Callable[[Callable[..., None]], Any]", shared_task(name=name))


@task(name=schedule.SWEEP_DEADLINES)
def sweep_deadlines() -> None:
    """Reports and campaigns whose moment has come."""
    with transaction():
        read_only()
        reports, campaigns = deadlines.due(clock.now(), AT_ONCE)
    for campaign_id in campaigns:
        look_at_campaign.apply_async((campaign_id,), expires=60)
    for start in range(0, len(reports), BATCH):
        look_at_reports.apply_async((list(reports[start : start + BATCH]),), expires=60)


@task(name=schedule.LOOK_AT_REPORTS)
def look_at_reports(report_ids: list[int]) -> None:
    """Plan what these reports owe."""
    deadlines.sweep(report_ids, clock.now())


@task(name=schedule.LOOK_AT_CAMPAIGN)
def look_at_campaign(campaign_id: int) -> None:
    """Plan what the lead office owes."""
    deadlines.sweep_campaign(campaign_id, clock.now())


@task(name=schedule.SEND_MAIL)
def send_mail() -> None:
    """Send what waits in the outbox."""
    if time.monotonic() < current_app.extensions.get(_AGAIN, 0.0):
        return
    now = clock.now()
    carry(now)
    recover(now)
    if send_all(_post(), clock.now).stop:
        current_app.extensions[_AGAIN] = time.monotonic() + PAUSE


@task(name=schedule.SWEEP_ASSEMBLIES)
def sweep_assemblies() -> None:
    """Consolidated reports that somebody asked for, or whose worker died."""
    with transaction():
        read_only()
        waiting = assemblies.waiting(clock.now())
    for assembly_id in waiting:
        build_assembly.apply_async((assembly_id,), expires=60)


@task(name=schedule.BUILD_ASSEMBLY)
def build_assembly(assembly_id: int) -> None:
    """Build one consolidated report."""
    running.run(assembly_id, store(), clock.now)


@task(name=schedule.TIDY)
def tidy() -> None:
    """Ended sessions, spent links, files that no row names."""
    with transaction():
        clean_up(clock.now())
    with transaction():
        forget_orphans(known_files(), clock.machine_now())


@task(name=schedule.CANARY)
def canary() -> None:
    """A task came from beat through the broker to a worker: the whole chain works."""
    heartbeat.write("queue")
    heartbeat.forget_the_dead()


def _post() -> Post:
    """The post office, made once a process."""
    found = current_app.extensions.get(_POST)
    if not isinstance(found, Post):
        here = settings()
        app = current_app._get_current_object()  # type: ignore[attr-defined]  # werkzeug's proxy hides it from mypy
        with transaction():
            found = post_office(
                smtp_url=here.smtp_url,
                mail_from=here.mail_from,
                secret=here.secret_key,
                urls=Addresses(app, here.base_url, here.secret_key),
            )
        current_app.extensions[_POST] = found
    return found
