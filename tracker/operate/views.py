"""Is it alive, is it ready, what does it count, what does its API look like. Pages for people are elsewhere."""

from __future__ import annotations

import logging

import redis
from flask import Blueprint, Response, current_app
from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError

from tracker.core.db import session
from tracker.core.errors import NotFound
from tracker.core.text import N_
from tracker.notify.models import OutboxMail
from tracker.operate.openapi import document
from tracker.reports.models import Report
from tracker.web.access import public
from tracker.web.api import PREFIX, answer
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


@bp.get(PREFIX + "/openapi.json")
@public
def openapi() -> Response:
    """The API's description."""
    return answer(document(current_app.config["TRACKER"].base_url))


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
