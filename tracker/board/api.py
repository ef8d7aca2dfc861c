"""The board's part of the API: counts and the list of reports."""

from __future__ import annotations

from flask import Blueprint, Response, request

from tracker.board import queries
from tracker.board.queries import Filters, Totals
from tracker.campaigns.queries import find, find_whole
from tracker.core import clock
from tracker.core.errors import Invalid
from tracker.core.text import N_
from tracker.reports.rules import State, share
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


def filters_of() -> Filters:
    """The filters in the query string. Invalid if a value is none of those that exist."""
    state = request.args.get("state") or None
    if state is not None and state not in set(State):
        raise Invalid("bad_state", N_("Không có trạng thái «%(state)s»."), {"states": list(State)}, state=state[:40])
    overdue = (request.args.get("overdue") or "").lower()
    if overdue not in {"", "0", "1", "true", "false"}:
        raise Invalid("bad_overdue", N_("«overdue» nhận true hoặc false."))
    return Filters(
        state=state,
        group=request.args.get("group") or None,
        overdue=overdue in {"1", "true"} if overdue else None,
        q=request.args.get("q", "")[:200],
    )


def _totals(part: Totals) -> dict[str, object]:
    return {"total": part.total, "by_state": part.by_state, "overdue": part.overdue}
