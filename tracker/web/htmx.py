"""Page or fragment, and going elsewhere, for requests with and without htmx.

What a fragment shows is the template's and the view's business.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import make_response, redirect, render_template, request
from werkzeug.wrappers import Response


def is_htmx() -> bool:
    """True if htmx asked and wants a piece of a page (a boosted link wants a whole one)."""
    return request.headers.get("HX-Request") == "true" and request.headers.get("HX-Boosted") != "true"


def render(page: str, fragment: str, /, status: int = 200, **context: object) -> Response:
    """The fragment for htmx, the page for everybody else; both from the same context."""
    answer = make_response(render_template(fragment if is_htmx() else page, **context), status)
    answer.vary.add("HX-Request")
    return answer


def go(url: str) -> Response:
    """Send the reader to `url` after a POST: 303, or HX-Redirect for htmx."""
    if is_htmx():
        answer = make_response("", 204)
        answer.headers["HX-Redirect"] = url
        return answer
    return redirect(url, 303)


def unchanged(version: str | int) -> Response | None:
    """204 if the poll already shows `version` (its `v` in the query), else None: render then.

    htmx 4 swaps nothing on 204 and goes on polling.
    """
    return make_response("", 204) if request.args.get("v") == str(version) else None


def safe_next(target: str | None) -> str | None:
    """`target` if it is a path on this site, else None: no redirect ever leaves the site."""
    if not target or not target.startswith("/") or target.startswith(("//", "/\\")):
        return None
    if any(ord(c) < 0x20 or c == "\\" or ord(c) == 0x7F for c in target):
        return None
    parts = urlsplit(target)
    return None if parts.scheme or parts.netloc else target


def here() -> str:
    """Path and query of the page the reader is on (for htmx: the page around the fragment), for a way back."""
    if is_htmx():
        parts = urlsplit(request.headers.get("HX-Current-URL", ""))
        return safe_next(parts.path + (f"?{parts.query}" if parts.query else "")) or "/"
    if request.method not in {"GET", "HEAD"}:
        return "/"
    query = request.query_string.decode("utf-8", "replace")
    return safe_next(request.path + (f"?{query}" if query else "")) or "/"
