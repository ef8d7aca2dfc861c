"""A synthetic campaign for load and benchmarks, by bulk inserts. Invented units, no stories: the sample has those."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, cast

from sqlalchemy import ColumnElement, Table, func, insert, inspect, literal, select

from tracker.accounts.models import Membership, Unit, User
from tracker.campaigns.models import Campaign
from tracker.campaigns.queries import submit_due
from tracker.campaigns.service import create
from tracker.core.calendar import WorkingCalendar
from tracker.core.db import Model, session
from tracker.core.errors import Invalid
from tracker.core.people import Actor, Role
from tracker.core.text import N_, fold
from tracker.deadlines.rules import next_at
from tracker.documents.textfile import blocks_from_text
from tracker.office.queries import calendar
from tracker.operate.story import PLAN_FILE
from tracker.plans.reading import read_plan
from tracker.plans.spec import PlanSpec
from tracker.reports.models import Report, ReportEvent, ReportSection, ReportTable
from tracker.reports.rules import Concern, State, Step, concerns

CHUNK = 5000
MOST_UNITS = 200_000
PARAGRAPH = (
    "<p>Cấp ủy, chính quyền địa phương đã lãnh đạo, chỉ đạo tổ chức học tập, quán triệt nghị quyết nghiêm túc, "
    "đúng kế hoạch; nhận thức của cán bộ, đảng viên và Nhân dân được nâng lên, tạo sự thống nhất trong thực hiện.</p>"
)
# Of every twenty reports: how a campaign looks near its deadline.
STATES = [State.DRAFTING] * 9 + [State.SUBMITTED] * 4 + [State.REVIEWED] * 7
VERSIONS = {State.DRAFTING: 1, State.SUBMITTED: 2, State.REVIEWED: 3}


def make(units: int, actor: Actor, now: datetime, *, years: tuple[int, int] | None = None, filled: int = 0) -> str:
    """A campaign of `units` reports, each with `filled` percent of its parts there; gives the campaign's number.

    With filled = 100 the reports stand in every state up to reviewed, otherwise all are being drafted.
    """
    if not 1 <= units <= MOST_UNITS or not 0 <= filled <= 100:
        raise Invalid("bad_fixture", N_("Số đơn vị từ 1 đến %(most)s, phần đã điền từ 0 đến 100."), most=MOST_UNITS)
    days = calendar()
    number = f"{session().execute(select(func.count(Campaign.id))).scalar_one() + 1:02}-KH/MAU"
    spec = _plan(number, days, now, years)
    campaign = create(spec, before_inclusive=False, actor=actor, now=now)
    due = submit_due(spec)
    if due is None:
        raise Invalid("no_deadline", N_("Kế hoạch mẫu không có hạn gửi."))
    first = session().execute(select(func.coalesce(func.max(Unit.id), 0))).scalar_one()
    prefix = f"F{campaign.id}"
    concern = concerns(spec, spec.unit_groups[0], "", True)
    for part in _chunks(range(1, units + 1)):
        _bulk(Unit, [_unit(spec, prefix, n) for n in part])
    ids = (
        session()
        .execute(select(Unit.id, Unit.position, Unit.name, Unit.code).where(Unit.id > first).order_by(Unit.position))
        .all()
    )
    _people(prefix, [(row.id, row.position) for row in ids], now)
    look = next_at("submit", due, days, now, now)
    for part in _chunks(ids):
        _bulk(Report, [_report(campaign.id, spec, row, concern, due, now, filled, look) for row in part])
    _history(campaign.id, now)
    if filled:
        _contents(campaign.id, concern, now, filled)
    session().flush()
    return campaign.number


def _plan(number: str, days: WorkingCalendar, now: datetime, years: tuple[int, int] | None) -> PlanSpec:
    spec = read_plan(blocks_from_text(PLAN_FILE.read_text(encoding="utf-8")), days)
    today = days.local_day(now)
    ahead = {"complete": 40, "submit": 60, "consolidate": 80}
    milestones = []
    for item in spec.milestones:
        last = today + timedelta(days=ahead.get(item.kind, 60))
        milestones.append(replace(item, named_date=last, operator="by", last_day=last, due_before=days.day_end(last)))
    rows = tuple(str(year) for year in range(years[0], years[1] + 1)) if years else None
    if rows is not None and not rows:
        raise Invalid("bad_years", N_("Khoảng năm viết dạng 2013-2023."))
    tables = tuple(replace(table, rows=rows or table.rows) for table in spec.tables)
    return replace(spec, number=number, milestones=tuple(milestones), tables=tables)


def _unit(spec: PlanSpec, prefix: str, n: int) -> dict[str, Any]:
    return {
        "code": f"{prefix}-{n:06}",
        "name": f"Đảng bộ cơ sở số {n}",
        "short_name": f"Số {n}",
        "group_name": spec.unit_groups[n % len(spec.unit_groups)],
        "position": n,
        "submits_figures": True,
        "contact_name": f"Cán bộ {n}",
        "contact_phone": f"0912 {n // 1000:03} {n % 1000:03}",
        "contact_email": "",
        "notes": {},
    }


def _people(prefix: str, units: Sequence[tuple[int, int]], now: datetime) -> None:
    low = prefix.lower()
    before = session().execute(select(func.coalesce(func.max(User.id), 0))).scalar_one()
    names = [(f"lead@{low}.example", "Cơ quan chủ trì mẫu"), (f"oversight@{low}.example", "Thường trực mẫu")]
    names += [(f"bc{position}@{low}.example", f"Cán bộ {position}") for _, position in units]
    for part in _chunks(names):
        _bulk(
            User,
            [{"email": email, "name": name, "phone": "", "active": True, "created_at": now} for email, name in part],
        )
    made = session().execute(select(User.id).where(User.id > before).order_by(User.id)).scalars().all()
    rows: list[dict[str, Any]] = [
        {"user_id": made[0], "role": Role.LEAD, "unit_id": None},
        {"user_id": made[1], "role": Role.OVERSIGHT, "unit_id": None},
    ]
    rows += [
        {"user_id": user, "role": Role.REPORTER, "unit_id": unit}
        for user, (unit, _) in zip(made[2:], units, strict=True)
    ]
    for part in _chunks(rows):
        _bulk(Membership, part)


def _report(
    campaign_id: int,
    spec: PlanSpec,
    unit: Any,
    concern: Concern,
    due: datetime,
    now: datetime,
    filled: int,
    look: datetime | None,
) -> dict[str, Any]:
    state = STATES[unit.position % len(STATES)] if filled == 100 else State.DRAFTING
    sent = state is not State.DRAFTING
    group = unit.position % len(spec.unit_groups)
    return {
        "campaign_id": campaign_id,
        "unit_id": unit.id,
        "group_name": spec.unit_groups[group],
        "group_no": group,
        "position": unit.position,
        "search": fold(f"{unit.code} {unit.name}"),
        "state": state,
        "version": VERSIONS[state],
        "due_before": due,
        "chased_from": now,
        "filled": concern.required * filled // 100,
        "required": concern.required,
        "last_activity_at": now,
        "first_edit_at": now if filled else None,
        "first_submitted_at": now if sent else None,
        "first_due_before": due if sent else None,
        "submitted_at": now if sent else None,
        "submissions": int(sent),
        "reviewed_at": now if state is State.REVIEWED else None,
        "look_again_at": None if sent else look,
    }


def _history(campaign_id: int, now: datetime) -> None:
    """The steps by which each report came where it stands."""
    for step, before, after in (
        (Step.SUBMIT, State.DRAFTING, State.SUBMITTED),
        (Step.ACCEPT, State.SUBMITTED, State.REVIEWED),
    ):
        values = {"step": step, "from_state": before, "to_state": after, "version": VERSIONS[after], "at": now}
        _each_report(ReportEvent, campaign_id, {**values, "by_name": "fixture"}, Report.version >= VERSIONS[after])


def _contents(campaign_id: int, concern: Concern, now: datetime, filled: int) -> None:
    """Sections first, then cells, until the asked share of the parts is there."""
    left = concern.required * filled // 100
    numbers = concern.sections[:left]
    left -= len(numbers)
    tables: list[tuple[str, dict[str, dict[str, int]], int]] = []
    for table, (rows, columns) in concern.cells.items():
        cells: dict[str, dict[str, int]] = {}
        count = 0
        for place, row in enumerate(rows):
            for key in columns:
                if count < left:
                    value = place + 10 + (5 if key.endswith("_total") else 0)
                    cells.setdefault(row, {})[key] = value
                    count += 1
        left -= count
        tables.append((table, cells, count))
    common = {
        "nothing_to_report": False,
        "version": 1,
        "changed_at": now,
        "changed_by": None,
        "changed_by_name": "fixture",
    }
    for number in numbers:
        _each_report(ReportSection, campaign_id, {"number": number, "html": PARAGRAPH * 3, "filled": 1, **common})
    for number, cells, count in tables:
        if count:
            _each_report(
                ReportTable, campaign_id, {"number": number, "cells": cells, "entered": {}, "filled": count, **common}
            )


def _each_report(model: type[Model], campaign_id: int, values: Mapping[str, Any], *which: ColumnElement[bool]) -> None:
    """The same row for every such report of the campaign, made at the server: a million of them would take minutes."""
    table = cast("Table", inspect(model).local_table)
    constants = [literal(value, table.c[name].type) for name, value in values.items()]
    rows = select(Report.id, *constants).where(Report.campaign_id == campaign_id, *which)
    session().execute(insert(table).from_select(["report_id", *values], rows))


def _bulk(model: type[Model], rows: Sequence[dict[str, Any]]) -> None:
    # The table, not the class: no unit of work.
    session().execute(insert(cast("Table", inspect(model).local_table)), list(rows))


def _chunks(items: Sequence[Any], size: int = CHUNK) -> Iterator[Sequence[Any]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]


def read_years(text: str) -> tuple[int, int]:
    """ "2013-2023" as (2013, 2023). Raises Invalid."""
    low, dash, high = text.partition("-")
    if not (dash and low.isdigit() and high.isdigit() and len(low) == len(high) == 4 and low <= high):
        raise Invalid("bad_years", N_("Khoảng năm viết dạng 2013-2023."))
    if int(low) < date.min.year or int(high) - int(low) > 60:
        raise Invalid("bad_years", N_("Khoảng năm viết dạng 2013-2023."))
    return int(low), int(high)
