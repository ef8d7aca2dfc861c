"""The assemblies' part of the API (contract.md, "HTTP")."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response

from tracker.accounts.idempotency import api_write
from tracker.assembly import queries, service
from tracker.assembly.models import Assembly
from tracker.assembly.rules import CONTENT_TYPES, file_name
from tracker.campaigns.queries import find_whole
from tracker.core import clock
from tracker.files.store import store
from tracker.files.views import download_bytes
from tracker.web.access import actor, signed_in
from tracker.web.api import PREFIX, answer, body, flag_of, instant
from tracker.web.filters import say

bp = Blueprint("assembly_api", __name__, url_prefix=PREFIX)


@bp.post("/campaigns/<int:campaign_id>/assemblies")
@signed_in
@api_write
def request_one(campaign_id: int) -> Response:
    """Ask for a consolidated report; 202, for the workers build it."""
    data = body()
    found = service.request(
        campaign_id,
        provisional=flag_of(data, "provisional"),
        include_submitted=flag_of(data, "include_submitted"),
        actor=actor(),
        now=clock.now(),
    )
    reply = answer(assembly_json(found), 202)
    reply.headers["Location"] = f"{PREFIX}/assemblies/{found.id}"
    return reply


@bp.get("/assemblies/<int:assembly_id>")
@signed_in
def show(assembly_id: int) -> Response:
    """How far it is, and what is in it."""
    return answer(assembly_json(queries.find(assembly_id, actor())))


@bp.get("/assemblies/<int:assembly_id>/files/<format>")
@signed_in
def file(assembly_id: int, format: str) -> Response:
    """One file of an assembly that is done."""
    who = actor()
    found = queries.find(assembly_id, who)
    key = queries.file_key(found, format)
    number = find_whole(found.campaign_id, who).number
    return download_bytes(store().get(key), file_name(number, format, found.provisional), CONTENT_TYPES[format])


def assembly_json(found: Assembly) -> dict[str, Any]:
    """An assembly in the contract's shape."""
    return {
        "id": found.id,
        "campaign": found.campaign_id,
        "state": found.state,
        "progress": found.progress,
        "provisional": found.provisional,
        "include_submitted": found.include_submitted,
        "included": found.included,
        "missing": found.missing,
        "error": say(found.error) if found.error else None,
        "requested_at": instant(found.requested_at),
        "as_of": instant(found.as_of),
        "finished_at": instant(found.finished_at),
    }
