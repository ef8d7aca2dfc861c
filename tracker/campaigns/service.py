"""Making a plan live, and closing it. The units' reports are opened by reports/."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from sqlalchemy import select

from tracker.audit.service import record
from tracker.campaigns.models import Campaign
from tracker.core.calendar import WorkingCalendar, last_day
from tracker.core.db import session
from tracker.core.errors import Conflict, Forbidden
from tracker.core.people import Actor, Role
from tracker.core.text import N_
from tracker.plans.spec import PlanSpec, to_json


def as_opened(
    spec: PlanSpec,
    calendar: WorkingCalendar,
    *,
    before_inclusive: bool,
    owners: Mapping[tuple[str, str], str],
) -> PlanSpec:
    """The plan with the campaign's decisions in it: how "trước ngày" is read, and who owns single-source columns.

    `owners`: (table number, column key) -> unit code.
    """
    milestones = []
    for item in spec.milestones:
        day = last_day(item.operator, item.named_date, before_inclusive)
        milestones.append(replace(item, last_day=day, due_before=calendar.day_end(day)))
    tables = [
        replace(
            table,
            columns=tuple(
                replace(column, source_unit=owners.get((table.number, column.key), column.source_unit))
                if column.over_units == "single_source"
                else column
                for column in table.columns
            ),
        )
        for table in spec.tables
    ]
    return replace(spec, milestones=tuple(milestones), tables=tuple(tables))


def create(spec: PlanSpec, *, before_inclusive: bool, actor: Actor, now: datetime) -> Campaign:
    """A campaign from a plan as opened. Conflict if its number is taken."""
    if session().execute(select(Campaign.id).where(Campaign.number == spec.number)).first():
        raise Conflict("campaign_exists", N_("Kế hoạch số %(number)s đã được mở trước đó."), number=spec.number)
    stored = to_json(spec)
    campaign = Campaign(
        number=spec.number,
        title=spec.title,
        spec=stored,
        spec_hash=hashlib.sha256(json.dumps(stored, sort_keys=True, ensure_ascii=False).encode()).hexdigest(),
        before_inclusive=before_inclusive,
        opened_at=now,
        opened_by=actor.user_id,
        look_again_at=now,
    )
    session().add(campaign)
    session().flush()
    record("campaign.open", f"campaign:{campaign.id}", actor, now, {"number": spec.number})
    return campaign


def close(campaign: Campaign, actor: Actor, now: datetime) -> None:
    """End the chase: nothing more is sent about it; reports stay readable."""
    if not actor.has(Role.LEAD):
        raise Forbidden("not_lead", N_("Chỉ cơ quan chủ trì được đóng kế hoạch."))
    if campaign.closed_at is not None:
        raise Conflict("closed", N_("Kế hoạch này đã đóng."))
    campaign.closed_at = now
    campaign.look_again_at = None
    session().flush()
    record("campaign.close", f"campaign:{campaign.id}", actor, now)


def mark_consolidated(campaign: Campaign, now: datetime) -> None:
    """A final assembly is done: the `consolidate` milestone is met."""
    campaign.consolidated_at = campaign.consolidated_at or now
    if campaign.closed_at is None:
        campaign.look_again_at = now
    session().flush()
