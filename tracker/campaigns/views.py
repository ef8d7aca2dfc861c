"""Pages of the campaigns there are, and of one plan as it was opened. Opening one is reports/plan_views.py."""

from __future__ import annotations

from flask import Blueprint, current_app, flash, render_template, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from tracker.campaigns import queries, service
from tracker.core import clock
from tracker.core.db import transaction
from tracker.core.people import Role
from tracker.web.access import actor, roles_required, signed_in
from tracker.web.htmx import go

bp = Blueprint("campaigns", __name__, url_prefix="/campaigns")


@bp.get("/")
@signed_in
def index() -> str:
    """Every campaign that the reader may see, the newest first."""
    who = actor()
    seen = queries.newest_first() if who.reads_all or who.units or who.has(Role.ADMIN) else ()
    return render_template(
        "campaigns/index.html",
        campaigns=[(campaign, queries.milestone(queries.spec_of(campaign), "submit")) for campaign in seen],
        new_url=_page("plans.choose") if who.has(Role.LEAD) else None,
        has_board="board.show" in current_app.view_functions and who.has(Role.LEAD),
    )


@bp.get("/<int:campaign_id>")
@signed_in
def show(campaign_id: int) -> str:
    """The plan as opened: every item beside the line of the document it comes from."""
    campaign = queries.find(campaign_id, actor())
    return render_template(
        "campaigns/plan.html",
        campaign=campaign,
        spec=queries.spec_of(campaign),
        may_close=actor().has(Role.LEAD) and campaign.closed_at is None,
    )


@bp.post("/<int:campaign_id>/close")
@roles_required(Role.LEAD)
def close(campaign_id: int) -> Response:
    """Close a campaign: nothing more is sent about it."""
    with transaction():
        service.close(queries.find_whole(campaign_id, actor()), actor(), clock.now())
    flash(_("Đã đóng kế hoạch. Không còn thư nhắc nào được gửi."), "ok")
    return go(url_for("campaigns.show", campaign_id=campaign_id))


def _page(endpoint: str) -> str | None:
    return url_for(endpoint) if endpoint in current_app.view_functions else None
