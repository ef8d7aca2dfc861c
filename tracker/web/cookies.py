"""The session cookie as we want it: signed, renewed, and never refused for its age.

How long a session lives is held at the server (accounts/models.py SignIn); the cookie only names it.
"""

from __future__ import annotations

from flask import Flask, Request, Response, request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface, SessionMixin
from itsdangerous import BadSignature


class UndatedCookies(SecureCookieSessionInterface):
    """A cookie stamped by a clock that has since been put back is still its owner's cookie."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        serializer = self.get_signing_serializer(app)
        if serializer is None:
            return None
        value = request.cookies.get(self.get_cookie_name(app))
        if not value:
            return self.session_class()
        try:
            return self.session_class(serializer.loads(value))
        except BadSignature:
            return self.session_class()

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        if request.endpoint != "static":  # files are the same for everybody: no Vary: Cookie, no new download
            super().save_session(app, session, response)


def install(app: Flask) -> None:
    """Use it; 14 days is the most that any session lives."""
    app.session_interface = UndatedCookies()
    app.config["PERMANENT_SESSION_LIFETIME"] = 14 * 24 * 3600
    app.config["SESSION_REFRESH_EACH_REQUEST"] = False
