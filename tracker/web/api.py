"""What every API route shares: reading a JSON body strictly, answering JSON, opaque cursors.

Idempotency keys are kept in accounts/idempotency.py; errors become problem+json in errors.py.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from flask import Response, current_app, request

from tracker.core.errors import Invalid
from tracker.core.text import N_

PREFIX = "/api/v1"
MAX_LIMIT = 200
DEFAULT_LIMIT = 100


def answer(body: Mapping[str, Any], status: int = 200) -> Response:
    """A JSON document, UTF-8 as it is; instants must be strings already (see `instant`)."""
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return current_app.response_class(text, status=status, mimetype="application/json")


def instant(moment: datetime | None) -> str | None:
    """ISO 8601 in the office's zone, to the second or finer if there is more; None stays None."""
    return moment.astimezone(current_app.config["TRACKER"].timezone).isoformat() if moment else None


def body() -> dict[str, Any]:
    """The request's JSON object. Invalid if it is not one."""
    data = request.get_json(silent=True, force=True)
    if not isinstance(data, dict):
        raise Invalid("bad_json", N_("Nội dung gửi lên phải là một đối tượng JSON."))
    return data


def text_of(data: Mapping[str, Any], name: str, *, required: bool = False) -> str | None:
    """A text field, or None when absent or null."""
    value = data.get(name)
    if value is None and not required:
        return None
    if not isinstance(value, str):
        raise _wanted(name, N_("Trường «%(name)s» phải là chữ."))
    return value


def whole_of(data: Mapping[str, Any], name: str) -> int:
    """A required whole number."""
    value = data.get(name)
    if isinstance(value, bool) or not isinstance(value, int):
        raise _wanted(name, N_("Trường «%(name)s» phải là số nguyên."))
    return value


def flag_of(data: Mapping[str, Any], name: str) -> bool:
    """A true or false field, false when absent."""
    value = data.get(name, False)
    if not isinstance(value, bool):
        raise _wanted(name, N_("Trường «%(name)s» phải là true hoặc false."))
    return value


def day_of(data: Mapping[str, Any], name: str) -> date | None:
    """A day as YYYY-MM-DD, or None when absent or null."""
    text = text_of(data, name)
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise _wanted(name, N_("Trường «%(name)s» phải là ngày dạng 2023-05-16.")) from None


def instant_of(data: Mapping[str, Any], name: str) -> datetime:
    """A required instant, ISO 8601 with its offset."""
    try:
        moment = datetime.fromisoformat(text_of(data, name, required=True) or "")
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise _wanted(name, N_("Trường «%(name)s» phải là thời điểm ISO có múi giờ, như 2023-05-18T00:00:00+07:00."))
    return moment


def limit_of() -> int:
    """`limit` of the query string: 1 to 200, 100 when absent."""
    raw = request.args.get("limit", str(DEFAULT_LIMIT))
    if not raw.isascii() or not raw.isdigit() or not 1 <= int(raw) <= MAX_LIMIT:
        raise Invalid("bad_limit", N_("«limit» phải là số từ 1 đến %(most)s."), most=MAX_LIMIT)
    return int(raw)


def cursor_of() -> tuple[int, ...] | None:
    """The place that a former answer's `next` named, or None for the start. Invalid if it was made up."""
    raw = request.args.get("cursor")
    if not raw:
        return None
    try:
        parts = base64.urlsafe_b64decode(raw.encode() + b"=" * (-len(raw) % 4)).decode("ascii").split(":")
        return tuple(int(part) for part in parts)
    except (binascii.Error, ValueError):
        raise Invalid("bad_cursor", N_("«cursor» không phải giá trị «next» của lần trả lời trước.")) from None


def cursor(*place: int) -> str:
    """An opaque `next` for a place in a list."""
    return base64.urlsafe_b64encode(":".join(map(str, place)).encode()).decode().rstrip("=")


def _wanted(name: str, message: str) -> Invalid:
    return Invalid("bad_field", message, {"field": name}, name=name)
