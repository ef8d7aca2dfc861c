"""The verbs of an assembly: ask for one, take it, hold it, finish or fail it. Doing the work is running.py."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, or_, select, update

from tracker.assembly.models import Assembly
from tracker.assembly.queries import ACCEPTED, versions
from tracker.assembly.queries import waiting as waiting
from tracker.assembly.rules import ATTEMPTS, LEASE_SECONDS, Contribution
from tracker.audit.service import record
from tracker.campaigns.models import Campaign
from tracker.campaigns.queries import find as find_campaign
from tracker.campaigns.service import mark_consolidated
from tracker.core.db import changed, session, wake
from tracker.core.errors import Conflict, Forbidden, Invalid, Refusal
from tracker.core.people import Actor, Role
from tracker.core.text import N_
from tracker.reports.models import Report
from tracker.reports.rules import State
from tracker.reports.service import consolidate

_LEASE = timedelta(seconds=LEASE_SECONDS)


def request(
    campaign_id: int, *, provisional: bool, include_submitted: bool = False, actor: Actor, now: datetime
) -> Assembly:
    """Ask for a consolidated report of the reviewed reports; the workers build it.

    A provisional one changes no report and may also hold the submitted ones; a final one consolidates the reviewed
    ones, and there is one at a time. A provisional one that nobody has begun yet is given again.
    Raises NotFound, Forbidden (lead only), Invalid (`include_submitted` of a final one), Conflict (one is under
    way, or nothing is reviewed).
    """
    find_campaign(campaign_id, actor)
    if not actor.has(Role.LEAD):
        raise Forbidden("not_lead", N_("Chỉ cơ quan chủ trì lập được bản tổng hợp."))
    if include_submitted and not provisional:
        raise Invalid(
            "submitted_only_provisional",
            N_("Bản chốt chỉ lấy báo cáo đã duyệt. Muốn gồm cả báo cáo chờ duyệt thì dựng bản tạm tính."),
        )
    # Two requests at once take turns on the campaign's row, so that the second sees the first.
    session().execute(select(Campaign.id).where(Campaign.id == campaign_id).with_for_update())
    if provisional:
        same = _unbegun(campaign_id, include_submitted)
        if same is not None:
            return same
    else:
        _check_final(campaign_id)
    assembly = Assembly(
        campaign_id=campaign_id,
        provisional=provisional,
        include_submitted=include_submitted,
        state="waiting",
        requested_by=actor.user_id,
        requested_by_name=actor.name,
        requested_at=now,
    )
    session().add(assembly)
    session().flush()
    record("assembly.request", f"assembly:{assembly.id}", actor, now, {"provisional": provisional})
    wake("assembly")
    return assembly


def _unbegun(campaign_id: int, include_submitted: bool) -> Assembly | None:
    return (
        session()
        .scalars(
            select(Assembly).where(
                Assembly.campaign_id == campaign_id,
                Assembly.state == "waiting",
                Assembly.provisional,
                Assembly.include_submitted == include_submitted,
            )
        )
        .first()
    )


def _check_final(campaign_id: int) -> None:
    under_way = (
        session()
        .scalars(
            select(Assembly.id).where(
                Assembly.campaign_id == campaign_id, ~Assembly.provisional, Assembly.state.in_(("waiting", "running"))
            )
        )
        .first()
    )
    if under_way is not None:
        raise Conflict(
            "assembly_under_way",
            N_("Bản chốt đang được dựng. Đợi dựng xong rồi xem kết quả."),
            {"assembly": under_way},
        )
    if not anything_reviewed(campaign_id):
        raise Conflict(
            "nothing_reviewed", N_("Chưa có báo cáo đã duyệt nào chờ tổng hợp. Duyệt báo cáo rồi chốt tổng hợp.")
        )


def anything_reviewed(campaign_id: int) -> bool:
    """True if a report waits for a final assembly."""
    statement = select(Report.id).where(Report.campaign_id == campaign_id, Report.state == State.REVIEWED).limit(1)
    return session().execute(statement).first() is not None


def claim(assembly_id: int, now: datetime) -> str | None:
    """Take an assembly for 60 seconds: the token of the lease, or None if somebody else has it or it is over.

    One that was taken 5 times and never finished (its process died each time) fails instead.
    """
    free = or_(Assembly.state == "waiting", and_(Assembly.state == "running", Assembly.lease_until <= now))
    token = secrets.token_hex(16)
    taken = changed(
        update(Assembly)
        .where(Assembly.id == assembly_id, free, Assembly.attempts < ATTEMPTS)
        .values(
            state="running", lease_until=now + _LEASE, lease_token=token, attempts=Assembly.attempts + 1, progress=0.0
        )
    )
    if taken:
        return token
    changed(
        update(Assembly)
        .where(Assembly.id == assembly_id, free, Assembly.attempts >= ATTEMPTS)
        .values(
            state="failed",
            lease_until=None,
            lease_token=None,
            finished_at=now,
            error=N_("Đã dựng 5 lần mà máy dừng giữa chừng. Báo người quản trị kiểm tra bộ nhớ, rồi chạy lại."),
        )
    )
    return None


def hold(assembly_id: int, token: str, progress: float, now: datetime) -> bool:
    """Say how far it is (0 to 1) and hold the lease on; False if another worker has taken it."""
    return bool(
        changed(
            update(Assembly)
            .where(Assembly.id == assembly_id, Assembly.lease_token == token, Assembly.state == "running")
            .values(progress=progress, lease_until=now + _LEASE)
        )
    )


def finish(
    assembly_id: int,
    token: str,
    *,
    contributions: Sequence[Contribution],
    included: list[dict[str, Any]],
    missing: list[str],
    files: Mapping[str, str],
    as_of: datetime,
    now: datetime,
) -> bool:
    """Done: files and lists into the row, and for a final one its reports consolidated, in one transaction.

    Exactly the versions that were merged, all or none (Conflict). False if another worker has taken it.
    """
    values = {
        "state": "done",
        "progress": 1.0,
        "lease_until": None,
        "lease_token": None,
        "finished_at": now,
        "as_of": as_of,
        "included": included,
        "missing": missing,
        "files": dict(files),
        "error": "",
    }
    if not changed(
        update(Assembly)
        .where(Assembly.id == assembly_id, Assembly.lease_token == token, Assembly.state == "running")
        .values(**values)
    ):
        return False
    assembly = session().get_one(Assembly, assembly_id, populate_existing=True)
    actor = Actor(user_id=assembly.requested_by, name=assembly.requested_by_name)
    if not assembly.provisional:
        _consolidate(assembly, contributions, actor, now)
    record(
        "assembly.done",
        f"assembly:{assembly_id}",
        actor,
        now,
        {"provisional": assembly.provisional, "included": len(included), "missing": len(missing)},
    )
    return True


def _consolidate(assembly: Assembly, merged: Sequence[Contribution], actor: Actor, now: datetime) -> None:
    current = versions([each.report for each in merged])
    if any(current.get(each.report) != each.version for each in merged):
        raise changed_meanwhile()
    fresh = [(each.report, each.version) for each in merged if each.state == State.REVIEWED]
    if not fresh:
        raise Conflict(
            "nothing_reviewed", N_("Chưa có báo cáo đã duyệt nào chờ tổng hợp. Duyệt báo cáo rồi chốt tổng hợp.")
        )
    consolidate(fresh, assembly.id, actor, now)
    mark_consolidated(session().get_one(Campaign, assembly.campaign_id), now)
    wake("deadlines")


def changed_meanwhile() -> Conflict:
    """The refusal to consolidate what is no longer what was merged."""
    return Conflict("changed_meanwhile", N_("Một báo cáo đã thay đổi trong lúc tổng hợp. Chạy tổng hợp lại."))


def fail(assembly_id: int, token: str, why: Refusal | str, now: datetime) -> bool:
    """It ends without a result, for a reason that a person can read; no report has changed."""
    return bool(
        changed(
            update(Assembly)
            .where(Assembly.id == assembly_id, Assembly.lease_token == token, Assembly.state == "running")
            .values(state="failed", lease_until=None, lease_token=None, finished_at=now, error=str(why))
        )
    )


__all__ = [
    "ACCEPTED",
    "anything_reviewed",
    "changed_meanwhile",
    "claim",
    "fail",
    "finish",
    "hold",
    "request",
    "waiting",
]
