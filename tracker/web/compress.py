"""gzip for text answers; static text is compressed once and kept.

The CSRF token in a page is signed anew every second, so two answers never share one that could be guessed
byte by byte from their compressed length.
"""

from __future__ import annotations

import gzip

from flask import Flask, request
from werkzeug.wrappers import Response

_SMALLEST = 1024
_LARGEST_STATIC = 512 * 1024
_TEXT = frozenset(
    {
        "text/html",
        "text/css",
        "text/javascript",
        "text/plain",
        "text/csv",
        "text/calendar",
        "application/javascript",
        "application/json",
        "application/problem+json",
        "image/svg+xml",
    }
)
# address → (etag, gzip): as many entries as static/ has text files, about 60 kB in all
_static: dict[str, tuple[str, bytes]] = {}


def _gzip(response: Response) -> Response:
    if (
        response.status_code != 200
        or request.method == "HEAD"
        or response.mimetype not in _TEXT
        or "Content-Encoding" in response.headers
        or "Content-Range" in response.headers
    ):
        return response
    response.vary.add("Accept-Encoding")
    if request.accept_encodings["gzip"] <= 0:
        return response
    if request.endpoint == "static":
        _gzip_static(response)
    elif not response.is_streamed and not response.direct_passthrough:
        body = response.get_data()
        if len(body) >= _SMALLEST:
            _set(response, gzip.compress(body, 6, mtime=0))
    return response


def _gzip_static(response: Response) -> None:
    size = response.content_length
    if size is None or not _SMALLEST <= size <= _LARGEST_STATIC:
        return
    tag = response.get_etag()[0] or ""
    kept = _static.get(request.path)
    if kept is None or kept[0] != tag:
        response.direct_passthrough = False
        kept = _static[request.path] = (tag, gzip.compress(response.get_data(), 9, mtime=0))
    else:
        response.close()
    response.direct_passthrough = False
    _set(response, kept[1])


def _set(response: Response, body: bytes) -> None:
    response.set_data(body)
    response.headers["Content-Encoding"] = "gzip"
    tag, _ = response.get_etag()
    if tag:
        response.set_etag(tag, weak=True)


def install(app: Flask) -> None:
    """Compress last: register before whatever else changes an answer."""
    app.after_request(_gzip)
