"""Steps through the API: every step of a report, with the remarks that a sending back carries."""

from __future__ import annotations

from flask import Blueprint, Response

from tracker.accounts.idempotency import api_write
from tracker.core import clock
from tracker.core.errors import Refusal
from tracker.reports import queries
from tracker.reports.api import report_json
from tracker.reports.rules import read_step
from tracker.review.service import take_step
from tracker.web.access import actor, signed_in
from tracker.web.api import PREFIX, answer, body, day_of, text_of, whole_of

bp = Blueprint("review_api", __name__, url_prefix=PREFIX)


@bp.post("/reports/<int:report_id>/steps")
@signed_in
@api_write
def step(report_id: int) -> Response:
    """Take a step; the report as it stands after it."""
    data, who = body(), actor()
    try:
        wanted, version = read_step(data.get("step")), whole_of(data, "version")
        note, resubmit_by = text_of(data, "note"), day_of(data, "resubmit_by")
    except Refusal:
        queries.find(report_id, who)  # a report that is not theirs to see is not there, whatever was sent
        raise
    found = take_step(report_id, wanted, who, clock.now(), version=version, note=note, resubmit_by=resubmit_by)
    return answer(report_json(found))
