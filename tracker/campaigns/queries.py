"""Reading campaigns: which there are, what one asks (its PlanSpec), until when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select

from tracker.campaigns.models import Campaign
from tracker.core.db import session
from tracker.core.errors import NotFound
from tracker.core.people import Actor, Role
from tracker.core.text import N_
from tracker.plans.spec import Milestone, PlanSpec, from_json

_specs: dict[str, PlanSpec] = {}


def by_number(number: str) -> Campaign:
    """The campaign of a plan's number; NotFound if there is none."""
    found = session().scalars(select(Campaign).where(Campaign.number == number)).first()
    if found is None:
        raise NotFound("no_campaign", N_("Không có kế hoạch số %(number)s."), number=number)
    return found


def find(campaign_id: int, actor: Actor) -> Campaign:
    """A campaign that the actor may see: NotFound otherwise. Lead, oversight, admin and people of units see it."""
    found = session().get(Campaign, campaign_id)
    if found is None or not (actor.reads_all or actor.units or actor.has(Role.ADMIN)):
        raise NotFound("no_campaign", N_("Không có kế hoạch này."))
    return found


def find_whole(campaign_id: int, actor: Actor) -> Campaign:
    """A campaign for those who read every report of it (lead, oversight): NotFound otherwise."""
    found = session().get(Campaign, campaign_id)
    if found is None or not actor.reads_all:
        raise NotFound("no_campaign", N_("Không có kế hoạch này."))
    return found


def any_campaign(campaign_id: int) -> Campaign | None:
    """A campaign for the product's own work and for signed addresses, whoever asks."""
    return session().get(Campaign, campaign_id)


def newest_first() -> Sequence[Campaign]:
    """All campaigns, the newest first."""
    return session().scalars(select(Campaign).order_by(Campaign.opened_at.desc(), Campaign.id.desc())).all()


def spec_of(campaign: Campaign) -> PlanSpec:
    """What the campaign asks. Kept by hash, since a plan is large and does not change once opened."""
    spec = _specs.get(campaign.spec_hash)
    if spec is None:
        if len(_specs) > 64:
            _specs.clear()
        spec = _specs[campaign.spec_hash] = from_json(campaign.spec)
    return spec


def milestone(spec: PlanSpec, kind: str) -> Milestone | None:
    """The first milestone of a kind (complete, submit, consolidate), or None."""
    return next((item for item in spec.milestones if item.kind == kind), None)


def submit_due(spec: PlanSpec) -> datetime | None:
    """The instant before which every unit's report must be in, or None if the plan names none."""
    found = milestone(spec, "submit") or milestone(spec, "complete")
    return found.due_before if found else None
