"""Headers of every answer, whatever its status, and the settings of the session cookie.

Who may do what is access.py's; what an upload may carry is documents/' and files/'.
"""

from __future__ import annotations

from flask import Flask, request
from werkzeug.wrappers import Response

from tracker.web import assets

CSP = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "font-src 'self'",
        "img-src 'self' data:",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "object-src 'none'",
        "frame-ancestors 'none'",
    )
)
HSTS = "max-age=31536000; includeSubDomains"
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=(), interest-cohort=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
# All that a hashed address serves never changes; an address without its hash is asked about each time.
FOREVER = "public, max-age=31536000, immutable"
ASK_AGAIN = "no-cache"


def session_cookie(https: bool) -> dict[str, object]:
    """Flask settings of the session cookie: HttpOnly, Lax; over https also Secure and bound to the host."""
    return {
        "SESSION_COOKIE_NAME": "__Host-tracker" if https else "tracker",
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "SESSION_COOKIE_SECURE": https,
        "SESSION_COOKIE_PATH": "/",
        "SESSION_COOKIE_DOMAIN": None,
    }


def _cache(response: Response) -> None:
    if request.endpoint == "static" and response.status_code in {200, 206, 304}:
        name = (request.view_args or {}).get("filename", "")
        fresh = request.args.get("v") == assets.digest(name)
        response.headers["Cache-Control"] = FOREVER if fresh else ASK_AGAIN
    elif "Cache-Control" not in response.headers:
        response.headers["Cache-Control"] = "no-store"


def install(app: Flask, *, https: bool) -> None:
    """Set the cookie up and put the headers on every answer; a view's own, stricter policy is kept."""
    app.config.update(session_cookie(https))

    @app.after_request
    def headers(response: Response) -> Response:
        response.headers.setdefault("Content-Security-Policy", CSP)
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        if https:
            response.headers["Strict-Transport-Security"] = HSTS
        _cache(response)
        return response
