"""The board's part of the API: counts and the list of reports."""

from __future__ import annotations

from flask import Blueprint, Response

from tracker.board import queries
from tracker.board.forms import filters_of
from tracker.board.queries import Totals
from tracker.campaigns.queries import find, find_whole
from tracker.core import clock
from tracker.core.errors import Invalid
from tracker.core.text import N_
from tracker.reports.rules import share
from tracker.web.access import actor, signed_in
from tracker.web.api import PREFIX, answer, cursor, cursor_of, instant, limit_of

bp = Blueprint("board_api", __name__, url_prefix=PREFIX)


@bp.get("/campaigns/<int:campaign_id>/board")
@signed_in
def board(campaign_id: int) -> Response:
    """Totals by state and by group."""
    campaign, now = find_whole(campaign_id, actor()), clock.now()
    counted = queries.totals(campaign.id, now)
    return answer(
        {
            "as_of": instant(now),
            **_totals(counted.all),
            "late": counted.all.late,
            "groups": [{"group": name, **_totals(part)} for name, part in counted.groups],
        }
    )


@bp.get("/campaigns/<int:campaign_id>/reports")
@signed_in
def reports(campaign_id: int) -> Response:
    """The reports that the caller may read, in protocol order, by pages."""
    who, now, limit = actor(), clock.now(), limit_of()
    campaign = find(campaign_id, who)
    place = cursor_of()
    if place is not None and len(place) != 2:
        raise Invalid("bad_cursor", N_("«cursor» không phải giá trị «next» của lần trả lời trước."))
    found = queries.rows(
        campaign.id, filters_of(), now, after=(place[0], place[1]) if place else None, limit=limit, reader=who
    )
    page = found[:limit]
    return answer(
        {
            "items": [
                {
                    "id": row.id,
                    "unit": {"code": row.code, "name": row.name},
                    "state": row.state,
                    "version": row.version,
                    "due_before": instant(row.due_before),
                    "completeness": share(row.filled, row.required),
                }
                for row in page
            ],
            "next": cursor(page[-1].position, page[-1].id) if len(found) > limit else None,
        }
    )


def _totals(part: Totals) -> dict[str, object]:
    return {"total": part.total, "by_state": part.by_state, "overdue": part.overdue}
