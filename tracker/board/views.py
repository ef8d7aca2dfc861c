"""The board for the lead office, and one page for oversight. Reads everybody, writes nothing."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from flask import Blueprint, Response, abort, current_app, render_template, request, url_for
from flask_babel import gettext as _

from tracker.board import queries
from tracker.board.forms import filters_of
from tracker.board.heat import Mark, map_of
from tracker.board.links import read_view
from tracker.board.queries import Board, Filters, Progress, Totals
from tracker.board.rules import Chart, Standing, burn_up, standing
from tracker.campaigns.models import Campaign
from tracker.campaigns.queries import any_campaign, find_whole, spec_of
from tracker.core import clock
from tracker.core.calendar import WorkingCalendar
from tracker.core.people import Actor, Role
from tracker.office.queries import calendar
from tracker.plans.spec import Milestone
from tracker.reports.rules import share
from tracker.web.access import actor, public, signed_in
from tracker.web.api import cursor, cursor_of
from tracker.web.htmx import is_htmx

bp = Blueprint("board", __name__)
PAGE = 100
MAP = "map"
READER = Actor(user_id=None, name="", roles=frozenset({Role.OVERSIGHT}))


@dataclass(frozen=True, slots=True)
class Line:
    """One unit's row."""

    row: Any
    stands: Standing
    percent: float
    url: str | None


@dataclass(frozen=True, slots=True)
class Step:
    """A milestone of the plan as the board tells it: done, missed, the one at hand, or ahead."""

    milestone: Milestone
    kind: str
    last_day: date
    days_left: int
    days_late: int


@bp.get("/campaigns/<int:campaign_id>/board")
@signed_in
def show(campaign_id: int) -> Response:
    """Totals, groups, who is late, a row a unit; the same address with ?v= answers 204 while nothing changed.

    ?view=map: a mark for every part of every report instead.
    """
    campaign, now = find_whole(campaign_id, actor()), clock.now()
    filters = _filters()
    counted = queries.totals(campaign.id, now)
    days = calendar()
    place = cursor_of()
    found = queries.rows(
        campaign.id,
        filters,
        now,
        reader=READER,
        after=(place[0], place[1]) if place and len(place) == 2 else None,
        limit=PAGE,
        parts=bool(_view()),
    )
    version = _version(campaign, counted, found, filters, days.local_day(now))
    if request.args.get("v") == version:
        return Response(status=204)
    lines = _lines(found[:PAGE], days, now)
    steps = _steps(campaign, counted.all, days, now)
    whole = counted.all.total <= PAGE and not _narrowed(filters)
    template = "board/_board.html" if is_htmx() else "board/board.html"
    return Response(
        render_template(
            template,
            campaign=campaign,
            spec=spec_of(campaign),
            board=counted,
            filters=filters,
            lines=lines,
            lates=[line for line in lines if line.stands.overdue] if whole else [],
            steps=steps,
            version=version,
            now=now,
            view=_view(),
            heat=map_of(spec_of(campaign), lines) if _view() else None,
            marks=Mark,
            tabs=[
                (view, label, _address(campaign.id, view))
                for view, label in (("", _("Danh sách")), (MAP, _("Theo mục")))
            ],
            kept=_kept("view"),
            bare=url_for("board.show", campaign_id=campaign.id, **_kept("view")),
            address=_address(campaign.id, _view()),
            next_url=_next(campaign.id, found),
            next_due=_submit(steps),
        )
    )


@bp.get("/campaigns/<int:campaign_id>/overview")
@signed_in
def oversight(campaign_id: int) -> str:
    """One page for the standing committee: one sentence, the numbers, who is late and whom to call."""
    return _overview(find_whole(campaign_id, actor()), None)


@bp.get("/xem/<token>")
@public
def view(token: str) -> str:
    """The same page by the signed address of an escalation mail: read only, ends by itself."""
    campaign_id, until = read_view(token, current_app.config["SECRET_KEY"], clock.now())
    campaign = any_campaign(campaign_id)
    if campaign is None:
        abort(404)
    return _overview(campaign, until)


def _overview(campaign: Campaign, until: datetime | None) -> str:
    now, days = clock.now(), calendar()
    counted, progress = queries.totals_and_progress(campaign.id, now)
    late = queries.rows(campaign.id, Filters(overdue=True), now, reader=READER, limit=PAGE)
    return render_template(
        "board/oversight.html",
        campaign=campaign,
        spec=spec_of(campaign),
        board=counted,
        lates=_lines(late[:PAGE], days, now),
        more=max(counted.all.overdue - PAGE, 0),
        steps=_steps(campaign, counted.all, days, now),
        chart=_chart(campaign, counted.all, days, now, progress),
        now=now,
        until=until,
    )


def _filters() -> Filters:
    wanted = request.args.get("state", "")
    if wanted in ("overdue", "sent_back"):
        return Filters(
            group=request.args.get("group") or None,
            overdue=True if wanted == "overdue" else None,
            sent_back=wanted == "sent_back",
            q=request.args.get("q", "")[:200],
        )
    return filters_of()


def _narrowed(filters: Filters) -> bool:
    return filters != Filters()


def _version(campaign: Campaign, counted: Board, rows: Sequence[Any], filters: Filters, today: date) -> str:
    """The same for as long as the page would say the same: every count, and the version of every row it shows."""
    told = (counted, [(row.id, row.version) for row in rows], filters, today, campaign.consolidated_at)
    return hashlib.sha256(repr(told).encode()).hexdigest()[:16]


def _lines(rows: Sequence[Any], days: WorkingCalendar, now: datetime) -> list[Line]:
    return [
        Line(
            row,
            standing(
                days,
                now,
                state=row.state,
                due_before=row.due_before,
                sent_back=row.sent_back_at is not None,
                first_submitted_at=row.first_submitted_at,
                first_due_before=row.first_due_before,
            ),
            share(row.filled, row.required) * 100,
            _report_url(row.id),
        )
        for row in rows
    ]


def _report_url(report_id: int) -> str | None:
    for endpoint in ("review.show", "reports.show"):
        if endpoint in current_app.view_functions:
            return url_for(endpoint, report_id=report_id)
    return None


def _steps(campaign: Campaign, all_: Totals, days: WorkingCalendar, now: datetime) -> list[Step]:
    steps: list[Step] = []
    for item in spec_of(campaign).milestones:
        if item.kind == "consolidate":
            met = campaign.consolidated_at is not None
        elif item.kind == "submit":
            met = all_.by_state["drafting"] == 0
        else:
            met = now >= item.due_before
        if met:
            kind = "done"
        elif now >= item.due_before:
            kind = "miss"
        else:
            kind = "now"
        steps.append(
            Step(
                item,
                kind,
                days.last_day_before(item.due_before),
                days.days_left(item.due_before, now),
                days.days_late(item.due_before, now),
            )
        )
    return steps


def _submit(steps: Sequence[Step]) -> Step | None:
    return next((step for step in steps if step.milestone.kind == "submit"), None)


def _chart(campaign: Campaign, all_: Totals, days: WorkingCalendar, now: datetime, progress: Progress) -> Chart | None:
    ends = [
        days.last_day_before(item.due_before)
        for item in spec_of(campaign).milestones
        if item.kind in ("submit", "consolidate")
    ]
    sent, reviewed = _by_day(progress.sent, days), _by_day(progress.reviewed, days)
    return burn_up(days, sent, reviewed, all_.total, days.local_day(now), ends)


def _by_day(quarters: Mapping[datetime, int], days: WorkingCalendar) -> Counter[date]:
    found: Counter[date] = Counter()
    for quarter, count in quarters.items():
        found[days.local_day(quarter)] += count
    return found


def _view() -> str:
    return MAP if request.args.get("view") == MAP else ""


def _kept(*names: str) -> dict[str, Any]:
    """What of this address goes into the next one."""
    return {name: request.args[name] for name in names if request.args.get(name)}


def _address(campaign_id: int, view: str) -> str:
    return url_for("board.show", campaign_id=campaign_id, view=view or None, **_kept("state", "group", "q", "cursor"))


def _next(campaign_id: int, found: Sequence[Any]) -> str | None:
    if len(found) <= PAGE:
        return None
    last = found[PAGE - 1]
    kept = _kept("view", "state", "group", "q")
    return url_for("board.show", campaign_id=campaign_id, cursor=cursor(last.position, last.id), **kept)


def word(kind: str) -> str:
    """What a milestone asks, in three words."""
    words: dict[str, str] = {
        "complete": _("Đơn vị hoàn thành"),
        "submit": _("Đơn vị gửi báo cáo"),
        "consolidate": _("Tổng hợp toàn huyện"),
    }
    return words.get(kind) or str(_("Mốc khác"))


bp.add_app_template_global(word, "milestone_word")
