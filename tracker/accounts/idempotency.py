"""Idempotency keys: the first answer to a repeated API write, stored in the write's own transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import wraps
from typing import ParamSpec

from flask import Response, current_app, request
from sqlalchemy import select, update

from tracker.accounts.models import ApiReply
from tracker.core import clock
from tracker.core.db import changed, insert_once, session, transaction
from tracker.core.errors import Conflict, Invalid
from tracker.core.text import N_
from tracker.web.access import actor

P = ParamSpec("P")


def api_write(view: Callable[P, Response]) -> Callable[P, Response]:
    """Run an API write as one transaction; with an Idempotency-Key, give a repeated one its first answer.

    Same key, same method, path and body: the stored answer. Same key, another request: Conflict. A refused
    request stores nothing, so that it may be mended and sent again under the same key. Two at once: the second
    waits for the first.
    """

    @wraps(view)
    def once(*args: P.args, **kwargs: P.kwargs) -> Response:
        key = request.headers.get("Idempotency-Key")
        with transaction():
            if key is None:
                return view(*args, **kwargs)
            if not 1 <= len(key) <= 200:
                raise Invalid("bad_idempotency_key", N_("Idempotency-Key dài từ 1 đến 200 ký tự."))
            first = _first(key, clock.now())
            if first is not None:
                return first
            answer = view(*args, **kwargs)
            changed(
                update(ApiReply)
                .where(ApiReply.user_id == actor().user_id, ApiReply.key == key)
                .values(status=answer.status_code, body=answer.get_data(as_text=True))
            )
            return answer

    return once


def _first(key: str, now: datetime) -> Response | None:
    digest = hashlib.sha256()
    for part in (request.method.encode(), request.full_path.encode(), *_content()):
        digest.update(len(part).to_bytes(8, "big") + part)
    values = {
        "user_id": actor().user_id,
        "key": key,
        "request_hash": digest.hexdigest(),
        "status": 0,
        "body": "",
        "created_at": now,
    }
    if insert_once(ApiReply, values):
        return None
    stored = (
        session()
        .execute(
            select(ApiReply.request_hash, ApiReply.status, ApiReply.body).where(
                ApiReply.user_id == actor().user_id, ApiReply.key == key
            )
        )
        .one()
    )
    if stored.request_hash != digest.hexdigest():
        raise Conflict("idempotency_key_reused", N_("Idempotency-Key này đã dùng cho một yêu cầu khác."))
    answer = current_app.response_class(stored.body, status=stored.status, mimetype="application/json")
    answer.headers["Idempotency-Replayed"] = "true"
    return answer


def _content() -> Iterator[bytes]:
    """What the body says. A form with files part by part: the boundary is new with every attempt."""
    if request.mimetype != "multipart/form-data":
        yield request.get_data(cache=True)
        return
    for name, value in sorted(request.form.items(multi=True)):
        yield from (b"field", name.encode(), value.encode())
    for name, file in sorted(request.files.items(multi=True), key=lambda pair: pair[0]):
        file.stream.seek(0)
        yield from (b"file", name.encode(), (file.filename or "").encode(), file.stream.read())
        file.stream.seek(0)
