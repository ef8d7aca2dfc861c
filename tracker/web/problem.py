"""Errors for machines: application/problem+json (RFC 9457) with a stable `code`.

Which error becomes which answer is decided in errors.py.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from http import HTTPStatus

from flask import current_app, request
from werkzeug.wrappers import Response


def wants_problem() -> bool:
    """True for the API and for a script that asks for JSON; a browser's page asks for HTML."""
    if request.path == "/api" or request.path.startswith("/api/"):
        return True
    return request.accept_mimetypes.best_match(["text/html", "application/json"]) == "application/json"


def problem(
    status: int, code: str, detail: str, extra: Mapping[str, object] | None = None, request_id: str | None = None
) -> Response:
    """{type, title, status, code, detail} and whatever `extra` adds; it cannot replace those five."""
    body: dict[str, object] = dict(extra or {})
    body |= {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "code": code,
        "detail": detail,
    }
    if request_id:
        body["request_id"] = request_id
    text = json.dumps(body, ensure_ascii=False, default=str)
    answer = current_app.response_class(text, status=status, mimetype="application/problem+json")
    return answer
