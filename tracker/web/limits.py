"""How often one may ask: flask-limiter, keyed by token, person or address.

A stricter limit for one route stands at the route: `@limiter.limit("20 per 5 minutes", key_func=by_address)`.
"""

from __future__ import annotations

import hashlib
from urllib.parse import parse_qs, urlsplit

from flask import Flask, request
from flask_limiter import HeaderNames, Limiter
from werkzeug.wrappers import Response

from tracker.web.access import actor, is_signed_in
from tracker.web.csrf import bears_token

# The contract promises an API token no less than 1,200 requests a minute.
PER_CALLER = "2400 per minute"
# A whole office may sit behind one address, and everybody signs in on the same morning.
PER_STRANGER = "3000 per minute"
_WAIT = "X-RateLimit-Retry-After"
_NEVER_LIMITED = frozenset({"static"})


def by_address() -> str:
    """The caller's address."""
    return f"address:{request.remote_addr or '-'}"


def by_caller() -> str:
    """The token, else the person, else the address. An unknown token counts by address."""
    if not is_signed_in():
        return by_address()
    if bears_token():
        secret = request.headers["Authorization"].split(" ", 1)[1]
        return f"token:{hashlib.sha256(secret.encode()).hexdigest()[:32]}"
    return f"user:{actor().user_id}"


def _limit() -> str:
    return PER_CALLER if is_signed_in() else PER_STRANGER


limiter = Limiter(
    key_func=by_caller,
    default_limits=[_limit],
    strategy="fixed-window",
    headers_enabled=True,
    header_name_mapping={HeaderNames.RETRY_AFTER: _WAIT},
    # Counting is a courtesy: with Redis away or slow the product goes on serving and counts by itself.
    swallow_errors=True,
    in_memory_fallback_enabled=True,
)


@limiter.request_filter
def _never_limited() -> bool:
    """Static files ask nobody who they are: no user is loaded for them."""
    return request.endpoint in _NEVER_LIMITED


def storage_for(broker_url: str) -> str:
    """Where to count, from the broker's address: the same Redis, or this process's memory."""
    parts = urlsplit(broker_url)
    if parts.scheme in {"redis", "rediss"}:
        return broker_url
    if parts.scheme == "redis+socket":
        number = parse_qs(parts.query).get("virtual_host", ["0"])[0]
        return f"redis+unix://{parts.path}?db={number}"
    return "memory://"


def install(app: Flask, *, storage: str) -> None:
    """Set the limiter up; `storage` as storage_for() gives it."""
    app.config["RATELIMIT_STORAGE_URI"] = storage
    if storage.startswith("redis"):
        app.config["RATELIMIT_STORAGE_OPTIONS"] = {"socket_connect_timeout": 0.5, "socket_timeout": 0.5}
    app.after_request(_no_needless_wait)
    limiter.init_app(app)


def _no_needless_wait(response: Response) -> Response:
    """flask-limiter tells every answer how long to wait; only a refusal for now means it."""
    wait = response.headers.pop(_WAIT, None)
    if wait is not None and response.status_code == 429:
        response.headers["Retry-After"] = wait
    return response
