"""What of the board is asked for, out of a query string."""

from __future__ import annotations

from flask import request

from tracker.board.queries import Filters
from tracker.core.errors import Invalid
from tracker.core.text import N_
from tracker.reports.rules import State


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
