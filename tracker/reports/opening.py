"""Opening a campaign: a plan as read and a list of units become one drafting report a unit, and everybody is told.

Reading the plan is in plans/, its row in campaigns/. Closing is campaigns.service.close.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from tracker.accounts.importing import UnitRow, import_units
from tracker.accounts.models import Unit, User
from tracker.accounts.queries import people_of_units, units
from tracker.accounts.service import ensure_user, give_role, new_invitation
from tracker.campaigns.models import Campaign
from tracker.campaigns.queries import submit_due
from tracker.campaigns.service import as_opened, create
from tracker.core.db import session
from tracker.core.errors import Forbidden, Invalid, Refusal
from tracker.core.people import Actor, Role
from tracker.core.text import N_
from tracker.notify.service import queue
from tracker.office.queries import aliases, calendar
from tracker.plans.groups import match_groups, same_body
from tracker.plans.spec import PlanSpec, Warning_
from tracker.plans.tables import proposed_owners
from tracker.reports.models import Report
from tracker.reports.rules import concerns
from tracker.reports.service import open_reports

Columns = Mapping[tuple[str, str], str]


@dataclass(frozen=True, slots=True)
class OwnerChoice:
    """Columns of one table that one body alone may report: the body proposed, and the unit it was found to be."""

    table: str
    columns: tuple[str, ...]
    proposed: str | None
    unit_code: str | None


@dataclass(frozen=True, slots=True)
class Opened:
    """The campaign, how many reports it opened, and the columns that nobody owns: (table, column key)."""

    campaign: Campaign
    reports: int
    unowned: tuple[tuple[str, str], ...]


def readings(spec: PlanSpec) -> list[Warning_]:
    """The doubts that were read in some way: opening the plan takes these readings, so a person confirms them."""
    return [warning for warning in spec.warnings if warning.read_as]


def owner_choices(spec: PlanSpec, names: Sequence[tuple[str, str]]) -> list[OwnerChoice]:
    """Who may own the single-source columns, among units given as (code, name); a proposal, by table and body."""
    proposed = proposed_owners(spec)
    groups: dict[tuple[str, str | None], list[str]] = {}
    for table in spec.tables:
        for column in table.columns:
            if column.over_units == "single_source":
                groups.setdefault((table.number, proposed.get((table.number, column.key))), []).append(column.key)
    return [
        OwnerChoice(
            number, tuple(keys), body, next((code for code, name in names if body and same_body(name, body)), None)
        )
        for (number, body), keys in groups.items()
    ]


def match_units(spec: PlanSpec, listed: Sequence[tuple[str, str, str]]) -> dict[str, str]:
    """Unit code → group of the plan, for (code, name, group name); Invalid lists every unit that meets no group.

    A plan that names no groups takes each unit's own.
    """
    if not spec.unit_groups:
        return {code: group for code, _, group in listed}
    found, leftovers = match_groups(listed, spec.unit_groups, aliases())
    if leftovers:
        raise Invalid(
            "units_left_over",
            N_("%(n)s đơn vị không khớp nhóm nào trong kế hoạch (%(groups)s). Sửa cột nhom hoặc bỏ khỏi danh sách."),
            {"left_over": [code for code, _, _ in leftovers]},
            [
                Refusal(
                    "unit_left_over",
                    N_("%(unit)s %(name)s: nhóm «%(group)s» không có trong kế hoạch."),
                    {"unit": code},
                    unit=code,
                    name=name,
                    group=group,
                )
                for code, name, group in leftovers
            ],
            n=len(leftovers),
            groups="; ".join(spec.unit_groups),
        )
    return dict(found)


def open_campaign(
    spec: PlanSpec,
    rows: Sequence[UnitRow] | None,
    *,
    before_inclusive: bool,
    take_readings: bool,
    actor: Actor,
    now: datetime,
    owners: Columns | None = None,
) -> Opened:
    """Open a plan for a list of units (None: for every unit there is), all or nothing.

    `take_readings`: every proposed reading of the plan is confirmed; otherwise Invalid lists them. `owners`:
    (table, column key) → unit code, over what the plan's reading proposes. Raises Forbidden, Conflict (the number
    is taken), Invalid (units left over, readings to confirm, no date to submit by, no units).

    1. The units are written. 2. They meet the plan's groups. 3. The single-source columns meet their units.
    4. The campaign and its reports are made. 5. Contacts without an account are invited. 6. Everybody is told.
    """
    if not actor.has(Role.LEAD):
        raise Forbidden("not_lead", N_("Chỉ cơ quan chủ trì được mở kế hoạch."))
    if not take_readings and (asked := readings(spec)):
        raise _to_confirm(asked)
    if rows is not None:
        import_units(rows, actor, now)
    wanted = None if rows is None else {row.code.casefold() for row in rows}
    chosen = [unit for unit in units() if wanted is None or unit.code.casefold() in wanted]
    if not chosen:
        raise Invalid("no_units", N_("Chưa có đơn vị nào. Nhập danh sách đơn vị trước."))
    group_of = match_units(spec, [(unit.code, unit.name, unit.group_name) for unit in chosen])
    decided = _owners(spec, chosen, owners or {})
    live = as_opened(spec, calendar(), before_inclusive=before_inclusive, owners=decided)
    due = submit_due(live)
    if due is None:
        raise Invalid("no_deadline", N_("Kế hoạch không có hạn gửi báo cáo nên chưa mở được. Bổ sung hạn rồi đọc lại."))
    campaign = create(live, before_inclusive=before_inclusive, actor=actor, now=now)
    order = list(live.unit_groups) or list(dict.fromkeys(group_of.values()))
    count = open_reports(
        campaign.id,
        [(unit, group_of[unit.code], order.index(group_of[unit.code])) for unit in chosen],
        {unit.id: concerns(live, group_of[unit.code], unit.code, unit.submits_figures).required for unit in chosen},
        due,
        actor,
        now,
    )
    _invite_contacts(chosen, actor, now)
    _tell(campaign, live, chosen, now)
    unowned = tuple(
        (table.number, column.key)
        for table in live.tables
        for column in table.columns
        if column.over_units == "single_source" and column.source_unit is None
    )
    return Opened(campaign, count, unowned)


def _owners(spec: PlanSpec, chosen: Sequence[Unit], given: Columns) -> dict[tuple[str, str], str]:
    codes = {unit.code for unit in chosen}
    found = {
        (choice.table, key): choice.unit_code
        for choice in owner_choices(spec, [(unit.code, unit.name) for unit in chosen])
        for key in choice.columns
        if choice.unit_code
    }
    for place, code in given.items():
        if code and code not in codes:
            raise Invalid("no_such_owner", N_("Đơn vị %(unit)s không có trong danh sách."), unit=code)
        if code:
            found[place] = code
        else:
            found.pop(place, None)
    return found


def _invite_contacts(chosen: Sequence[Unit], actor: Actor, now: datetime) -> None:
    """A unit that nobody reports for yet: the contact of the list becomes its reporter."""
    staffed = {person.unit_id for person in people_of_units([unit.id for unit in chosen])}
    for unit in chosen:
        if unit.id not in staffed and unit.contact_email:
            user = ensure_user(unit.contact_email, unit.contact_name, unit.contact_phone, actor, now)
            give_role(user, Role.REPORTER, unit, actor, now)


def _tell(campaign: Campaign, spec: PlanSpec, chosen: Sequence[Unit], now: datetime) -> None:
    """The opening, to each unit's people, with an invitation for those who have never been in."""
    reports: dict[int, int] = {
        unit_id: report_id
        for unit_id, report_id in session().execute(
            select(Report.unit_id, Report.id).where(Report.campaign_id == campaign.id)
        )
    }
    people = people_of_units([unit.id for unit in chosen])
    strangers = _never_in({person.id for person in people})
    links: dict[int, int] = {}
    by_unit: dict[int, list[tuple[int, str, str]]] = {unit.id: [] for unit in chosen}
    for person in people:
        entry = (person.id, person.name, person.email)
        if person.unit_id is not None and entry not in by_unit[person.unit_id]:
            by_unit[person.unit_id].append(entry)
    for unit in chosen:
        for user_id, name, address in by_unit[unit.id] or [(0, "", "")]:
            if user_id in strangers and user_id not in links:
                links[user_id] = new_invitation(strangers[user_id], now).id
            queue(
                "opening",
                recipient_id=user_id or None,
                name=name,
                address=address,
                dedupe_key=f"opening:{campaign.id}:{unit.id}:{user_id}",
                now=now,
                about=f"report:{reports[unit.id]}",
                campaign_id=campaign.id,
                context={
                    "number": campaign.number,
                    "title": campaign.title,
                    "unit": unit.name,
                    "report_id": reports[unit.id],
                    "last_days": _last_days(spec),
                    **({"link_id": links[user_id]} if user_id in links else {}),
                },
            )


def _never_in(user_ids: set[int]) -> dict[int, User]:
    rows = session().scalars(select(User).where(User.password_hash.is_(None)))
    return {user.id: user for user in rows if user.id in user_ids}


def _last_days(spec: PlanSpec) -> list[dict[str, Any]]:
    """The units' own dates: {"kind", "wording", "last_day"}."""
    return [
        {"kind": one.kind, "wording": one.wording, "last_day": one.last_day.isoformat()}
        for one in spec.milestones
        if one.who == "units"
    ]


def _to_confirm(asked: Sequence[Warning_]) -> Invalid:
    return Invalid(
        "readings_to_confirm",
        N_("Kế hoạch có %(n)s chỗ đọc theo cách hiểu, cần người xác nhận trước khi mở."),
        {"readings": len(asked)},
        [
            Refusal(
                "reading",
                N_("Dòng %(line)s: «%(text)s» đọc là «%(read_as)s». %(ask)s"),
                {"line": one.line, "code": one.code},
                line=one.line,
                text=one.text,
                read_as=one.read_as,
                ask=one.ask,
            )
            for one in asked
        ],
        n=len(asked),
    )
