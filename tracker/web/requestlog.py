"""One id and one log line a request, without secrets and without room for a forged line.

What people did is in audit/; this is for whoever runs the machine.
"""

from __future__ import annotations

import json
import logging
import re
import time
import uuid

from flask import Flask, g, has_request_context, request
from werkzeug.wrappers import Response

from tracker.core.people import Actor

log = logging.getLogger("tracker.request")

_ID = re.compile(r"[A-Za-z0-9_-]{8,64}\Z")
# Path parts whose value lets somebody in; the log shows the route's pattern instead.
_SECRET_ARGS = re.compile(r"token|link|secret|key|code|signature", re.IGNORECASE)


def request_id() -> str:
    """Id of this request: the proxy's X-Request-Id if it is harmless, else a new one."""
    if "request_id" not in g:
        given = request.headers.get("X-Request-Id", "")
        g.request_id = given if _ID.match(given) else uuid.uuid4().hex
    return str(g.request_id)


def safe_path() -> str:
    """The path for a log: never the query, and the route's pattern where the path itself is a key."""
    rule = request.url_rule
    if rule is not None and any(_SECRET_ARGS.search(name) for name in rule.arguments):
        return rule.rule
    return request.path


class _NoSecretPaths(logging.Filter):
    """Flask logs an unhandled exception with the raw path; put the safe one and the request id in its place."""

    def filter(self, record: logging.LogRecord) -> bool:
        if has_request_context() and isinstance(record.msg, str) and record.msg.startswith("Exception on "):
            record.msg = "Exception on %s [%s], request %s"
            record.args = (json.dumps(safe_path()), request.method, request_id())
        return True


def _begin() -> None:
    g.request_began = time.perf_counter()
    request_id()


def _finish(response: Response) -> Response:
    response.headers["X-Request-Id"] = request_id()
    if request.endpoint == "static":
        return response
    began = g.get("request_began")
    line = {
        "event": "request",
        "id": request_id(),
        "method": request.method,
        "path": safe_path(),
        "status": response.status_code,
        "ms": None if began is None else round((time.perf_counter() - began) * 1000, 1),
        "user": _user_id(),
        "address": request.remote_addr,
    }
    # json.dumps escapes control characters: a newline in a path cannot start a line of its own.
    log.info(json.dumps(line, ensure_ascii=True))
    return response


def _user_id() -> int | None:
    """Id of whoever this request loaded; never loads anybody for the log's sake, and never names a session."""
    actor = getattr(g.get("_login_user"), "actor", None)
    return actor.user_id if isinstance(actor, Actor) else None


def install(app: Flask) -> None:
    """Give every request its id and its line."""
    app.before_request(_begin)
    app.after_request(_finish)
    app.logger.addFilter(_NoSecretPaths())
