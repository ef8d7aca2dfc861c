"""The campaigns' part of the API: which there are, and what one asks."""

from __future__ import annotations

from flask import Blueprint, Response

from tracker.campaigns import queries
from tracker.core.people import Role
from tracker.plans.spec import to_json
from tracker.web.access import actor, signed_in
from tracker.web.api import PREFIX, answer

bp = Blueprint("campaigns_api", __name__, url_prefix=PREFIX)


@bp.get("/campaigns")
@signed_in
def index() -> Response:
    """Every campaign that the caller may see, the newest first."""
    who = actor()
    seen = queries.newest_first() if who.reads_all or who.units or who.has(Role.ADMIN) else ()
    return answer(
        {"items": [{"id": c.id, "number": c.number, "title": c.title, "open": c.closed_at is None} for c in seen]}
    )


@bp.get("/campaigns/<int:campaign_id>")
@signed_in
def show(campaign_id: int) -> Response:
    """The plan as opened: PlanSpec with the campaign's own decisions in it."""
    campaign = queries.find(campaign_id, actor())
    return answer(
        {
            "id": campaign.id,
            "open": campaign.closed_at is None,
            "before_inclusive": campaign.before_inclusive,
            **to_json(queries.spec_of(campaign)),
        }
    )
