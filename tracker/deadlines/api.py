"""The clock's desk in the API: the send ledger of a campaign. What is sent, and when, is service.py's."""

from __future__ import annotations

from flask import Blueprint, Response, request

from tracker.campaigns.queries import find_whole
from tracker.deadlines import queries
from tracker.office.queries import calendar
from tracker.web.access import actor, signed_in
from tracker.web.api import PREFIX, answer, limit_of

bp = Blueprint("deadlines_api", __name__, url_prefix=PREFIX)


@bp.get("/campaigns/<int:campaign_id>/notices")
@signed_in
def notices(campaign_id: int) -> Response:
    """The send ledger, the newest first, by pages (lead and oversight)."""
    campaign, limit = find_whole(campaign_id, actor()), limit_of()
    found, following = queries.notices(
        campaign.id, request.args.get("status") or None, request.args.get("cursor") or None, limit
    )
    days = calendar()
    return answer({"items": [notice.to_json(days) for notice in found], "next": following})
