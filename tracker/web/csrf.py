"""CSRF: every change asked for with the session cookie carries a token.

A request with a bearer token needs none: no other site can make a browser send that header.
"""

from __future__ import annotations

from flask import Flask, request
from flask_wtf.csrf import CSRFProtect

csrf = CSRFProtect()


def bears_token() -> bool:
    """True if the request signs itself with an Authorization header, which no cross-site form can set."""
    return request.headers.get("Authorization", "").lower().startswith("bearer ")


def _check() -> None:
    if not bears_token():
        csrf.protect(apply_exemptions=True)


def install(app: Flask) -> None:
    """Check after the gate, so that strangers hear that they are strangers first."""
    app.config["WTF_CSRF_CHECK_DEFAULT"] = False
    # The token lives as long as the session: somebody who types for two hours must still be able to save.
    app.config["WTF_CSRF_TIME_LIMIT"] = None
    csrf.init_app(app)
    if app.config.get("WTF_CSRF_ENABLED", True):
        app.before_request(_check)
