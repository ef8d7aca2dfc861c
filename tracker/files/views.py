"""A file as an answer: always a download, never rendered in our origin. The routes are in the rooms of the things."""

from __future__ import annotations

from urllib.parse import quote

from flask import Response

from tracker.files.models import Attachment
from tracker.files.rules import display_name
from tracker.files.store import store

# Even a browser that shows it runs nothing and reaches nothing.
SANDBOX = "sandbox; default-src 'none'; frame-ancestors 'none'"


def download(attachment: Attachment) -> Response:
    """The attachment's bytes under its display name."""
    return download_bytes(store().get(attachment.sha256), attachment.name, attachment.content_type)


def download_bytes(data: bytes, name: str, content_type: str) -> Response:
    """Bytes as a download (RFC 6266, RFC 8187): the name in UTF-8, and in ASCII for old programs."""
    answer = Response(data, content_type=content_type)
    answer.headers["Content-Disposition"] = disposition(name)
    answer.headers["Content-Security-Policy"] = SANDBOX
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Cache-Control"] = "private, no-store"
    return answer


def disposition(name: str) -> str:
    """The header's value; no character of the name can end it or start another."""
    shown = display_name(name)
    plain = "".join(c if c.isascii() and (c.isalnum() or c in " ._-()") else "_" for c in shown)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(shown, safe='')}"
