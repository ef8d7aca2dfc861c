"""A campaign on the real plan with as many units as a test wants, through the services."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import select

from tracker.accounts.models import Unit
from tracker.campaigns.models import Campaign
from tracker.campaigns.queries import spec_of, submit_due
from tracker.campaigns.service import as_opened, create
from tracker.core.db import session, transaction
from tracker.core.people import Actor, Role
from tracker.documents.textfile import blocks_from_text
from tracker.office.queries import calendar
from tracker.plans.reading import read_plan
from tracker.plans.spec import PlanSpec
from tracker.reports.models import Report
from tracker.reports.rules import concerns
from tracker.reports.service import open_reports
from tracker.reports.writing import save_section, save_table

SAMPLE = Path(__file__).parents[1] / "tracker" / "operate" / "sample"
OPENED = datetime(2023, 2, 20, 7, 0, tzinfo=UTC)  # 14:00 in Phong Thổ
OFFICE = Actor(user_id=None, name="tracker", roles=frozenset({Role.LEAD, Role.ADMIN}))
OWNERS = {"2": "BTG", "3": "UBKT"}


@lru_cache(maxsize=1)
def plan() -> PlanSpec:
    """The real plan, as read."""
    return read_plan(blocks_from_text((SAMPLE / "271-KH-HU.txt").read_text(encoding="utf-8")))


@dataclass(frozen=True)
class Opened:
    """A campaign with its reports by unit code."""

    campaign_id: int
    reports: dict[str, int]
    units: dict[str, int]

    @property
    def campaign(self) -> Campaign:
        """The row, in this session."""
        found = session().get(Campaign, self.campaign_id)
        assert found is not None
        return found


def open_campaign(codes: Sequence[tuple[str, str, int]] | int = 3, *, at: datetime = OPENED) -> Opened:
    """Open plan 271 for units: (code, name, group number) or a count of communes (codes U01 …)."""
    chosen = [(f"U{n:02}", f"Đảng bộ xã số {n}", 3) for n in range(1, codes + 1)] if isinstance(codes, int) else codes
    spec = plan()
    with transaction():
        owners = {
            (table.number, column.key): OWNERS[table.number]
            for table in spec.tables
            for column in table.columns
            if column.over_units == "single_source" and table.number in OWNERS
        }
        live = as_opened(spec, calendar(), before_inclusive=False, owners=owners)
        campaign = create(live, before_inclusive=False, actor=OFFICE, now=at)
        rows = []
        required = {}
        for place, (code, name, group) in enumerate(chosen, 1):
            group_name = spec.unit_groups[group]
            unit = Unit(code=code, name=name, short_name=code, group_name=group_name, position=place, notes={})
            session().add(unit)
            session().flush()
            rows.append((unit, group_name, group))
            required[unit.id] = concerns(live, group_name, code, True).required
        due = submit_due(live)
        assert due is not None
        open_reports(campaign.id, rows, required, due, OFFICE, at)
        campaign_id = campaign.id
    found = session().execute(
        select(Report.id, Report.unit_id, Unit.code)
        .join(Unit, Unit.id == Report.unit_id)
        .where(Report.campaign_id == campaign_id)
    )
    reports, units = {}, {}
    for report_id, unit_id, code in found:
        reports[code], units[code] = report_id, unit_id
    session().rollback()
    return Opened(campaign_id, reports, units)


def fill(report_id: int, actor: Actor, at: datetime, *, text: str = "<p>Nội dung của mục.</p>", number: int = 1) -> int:
    """Write every section and declare or number every cell that concerns the unit; gives the version."""
    with transaction():
        report = session().get_one(Report, report_id)
        campaign = session().get_one(Campaign, report.campaign_id)
        unit = session().get_one(Unit, report.unit_id)
        concern = concerns(spec_of(campaign), report.group_name, unit.code, unit.submits_figures)
        version = report.version
        for section in concern.sections:
            version = save_section(report_id, section, actor, at, html=text, version=version)
        for table, (rows, columns) in concern.cells.items():
            cells: dict[str, dict[str, Any]] = {row: dict.fromkeys(columns, number) for row in rows}
            version = save_table(report_id, table, actor, at, cells=cells, version=version)
    return version
