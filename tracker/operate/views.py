"""Is it alive, is it ready, what does it count, what does its API look like. Pages for people are elsewhere."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

import redis
from flask import Blueprint, Response, current_app, flash, request
from flask_babel import gettext as _
from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError

from tracker.core import clock
from tracker.core.db import session, transaction
from tracker.core.errors import NotFound
from tracker.core.text import N_
from tracker.deadlines.tick import post_office, tick
from tracker.notify.models import OutboxMail
from tracker.operate import sample
from tracker.operate.addresses import Addresses
from tracker.operate.openapi import document
from tracker.reports.models import Report
from tracker.web.access import public, signed_in
from tracker.web.api import PREFIX, answer
from tracker.web.filters import luc, so
from tracker.web.htmx import safe_next
from tracker.web.limits import storage_for

log = logging.getLogger(__name__)
bp = Blueprint("operate", __name__)


@bp.get("/healthz")
@public
def healthz() -> Response:
    """200 while the process serves."""
    return Response("ok\n", mimetype="text/plain")


@bp.get("/readyz")
@public
def readyz() -> Response:
    """200 only with database and broker reachable; else 503 with what is not."""
    missing = [name for name, reached in (("database", _database()), ("broker", _broker())) if not reached]
    if missing:
        return Response(f"not ready: {', '.join(missing)}\n", 503, {"Retry-After": "5"}, mimetype="text/plain")
    return Response("ready\n", mimetype="text/plain")


@bp.get("/metrics")
@public
def metrics() -> Response:
    """Prometheus text: reports by state, mails by status. Off unless TRACKER_METRICS asks for it."""
    if not current_app.config["TRACKER"].metrics:
        raise NotFound("not_found", N_("Không tìm thấy nội dung này."))
    lines = ["# TYPE tracker_reports gauge"]
    for state, count in session().execute(select(Report.state, func.count()).group_by(Report.state)):
        lines.append(f'tracker_reports{{state="{state}"}} {count}')
    lines.append("# TYPE tracker_mails gauge")
    for status, count in session().execute(select(OutboxMail.status, func.count()).group_by(OutboxMail.status)):
        lines.append(f'tracker_mails{{status="{status}"}} {count}')
    return Response("\n".join(lines) + "\n", mimetype="text/plain; version=0.0.4")


@bp.post("/sample/forward")
@signed_in
def forward() -> Response:
    """Move the sample's clock on by a day: the story goes on, and what is due in it leaves."""
    here = current_app.config["TRACKER"]
    if not here.sample:
        raise NotFound("not_found", N_("Không tìm thấy nội dung này."))
    before = clock.now()
    target = before + timedelta(days=1)
    with transaction():
        post = post_office(
            smtp_url=here.smtp_url,
            mail_from=here.mail_from,
            secret=here.secret_key,
            urls=Addresses(current_app._get_current_object(), here.base_url, here.secret_key),  # type: ignore[attr-defined]  # werkzeug's proxy hides it from mypy
        )
    sample.live(lambda moment: tick(moment, post), before, target)
    clock.start_at(target)
    sample.keep_clock(target)
    left = mails_between(before, target)
    flash(
        _("Đồng hồ mẫu đã tới %(luc)s. %(n)s thư vừa rời đi.", luc=luc(target), n=so(left))
        if left
        else _("Đồng hồ mẫu đã tới %(luc)s. Không có thư nào phải gửi.", luc=luc(target)),
        "ok",
    )
    return Response(status=303, headers={"Location": safe_next(request.form.get("next")) or "/"})


@bp.get(PREFIX + "/openapi.json")
@public
def openapi() -> Response:
    """The API's description."""
    return answer(document(current_app.config["TRACKER"].base_url))


def mails_between(after: datetime, until: datetime) -> int:
    """How many mails left in (after, until]."""
    return (
        session()
        .execute(select(func.count()).where(OutboxMail.sent_at > after, OutboxMail.sent_at <= until))
        .scalar_one()
    )


def _database() -> bool:
    try:
        session().execute(text("SELECT 1"))
    except SQLAlchemyError:
        log.warning("the database does not answer", exc_info=True)
        return False
    return True


def _broker() -> bool:
    url = storage_for(current_app.config["TRACKER"].broker_url)
    if not url.startswith("redis"):
        return True
    try:
        client = redis.Redis.from_url(url.replace("redis+unix", "unix"), socket_timeout=1, socket_connect_timeout=1)
        return bool(client.ping())
    except redis.RedisError:
        log.warning("the broker does not answer", exc_info=True)
        return False
