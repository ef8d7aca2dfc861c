"""The sample as rows, by bulk inserts, and a store in memory; for the tests of assembly."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import insert

from tests.assembly import sample
from tracker.accounts.models import Unit, User
from tracker.campaigns.models import Campaign
from tracker.core.calendar import OFFICE_ZONE
from tracker.core.db import db, transaction
from tracker.core.people import Actor, Role
from tracker.core.text import fold
from tracker.office.models import Body
from tracker.plans.spec import to_json
from tracker.reports.models import Report, ReportSection, ReportTable

NOW = datetime(2023, 5, 31, 15, 30, tzinfo=OFFICE_ZONE)
LEAD = Actor(1, "Nguyễn Thị Hạnh", "hanh@example.vn", frozenset({Role.LEAD}))
OVERSIGHT = Actor(2, "Lê Văn Bình", "binh@example.vn", frozenset({Role.OVERSIGHT}))
REPORTER = Actor(3, "Lò Thị Mai", "mai@example.vn", frozenset({Role.REPORTER}), reporter_of=frozenset({1}))


class MemoryStore:
    """Bytes by their SHA-256, as files/store.py keeps them."""

    def __init__(self) -> None:
        self.kept: dict[str, bytes] = {}

    def put(self, data: bytes) -> str:
        key = hashlib.sha256(data).hexdigest()
        self.kept[key] = data
        return key

    def get(self, sha256: str) -> bytes:
        return self.kept[sha256]


def make(states: dict[str, str] | None = None, *, default: str = "reviewed", filled: bool = True) -> int:
    """Campaign 271 with its 58 units and reports; `states`: unit code → state, the others `default`. Its id."""
    states = states or {}
    flagged = {u["code"] for u in sample.figures()["units"] if u["counted_in"]}
    before = NOW - timedelta(days=3)
    groups = list(dict.fromkeys(unit["nhom"] for unit in sample.units()))
    with transaction():
        for actor in (LEAD, OVERSIGHT, REPORTER):
            db.session.add(User(id=actor.user_id, email=actor.email, name=actor.name, created_at=before))
        db.session.add(
            Body(name="Huyện ủy Phong Thổ", parent_name="Đảng bộ tỉnh Lai Châu", place="Phong Thổ", duty="issuer")
        )
        campaign = Campaign(
            number="271-KH/HU", title=sample.spec().title, spec=to_json(sample.spec()), spec_hash="tests-of-assembly",
            opened_at=before,
        )  # fmt: skip
        db.session.add(campaign)
        db.session.flush()
        units, reports = [], []
        for index, row in enumerate(sample.units(), 1):
            units.append(
                {"id": index, "code": row["ma"], "name": row["ten_don_vi"], "short_name": "", "notes": {},
                 "group_name": row["nhom"], "position": index, "submits_figures": row["ma"] not in flagged}
            )  # fmt: skip
            state = states.get(row["ma"], default)
            reports.append(
                {"id": index, "campaign_id": campaign.id, "unit_id": index, "group_name": row["nhom"],
                 "group_no": groups.index(row["nhom"]) + 1, "position": index, "search": fold(row["ten_don_vi"]),
                 "state": state, "version": 7, "due_before": NOW, "chased_from": before, "filled": 0, "required": 0,
                 "last_activity_at": before, "submissions": 1,
                 "submitted_at": None if state == "drafting" else before,
                 "first_submitted_at": None if state == "drafting" else before,
                 "first_due_before": None if state == "drafting" else NOW,
                 "reviewed_at": before if state in ("reviewed", "consolidated") else None,
                 "consolidated_at": before if state == "consolidated" else None,
                 "assembly_id": 1 if state == "consolidated" else None}
            )  # fmt: skip
        db.session.execute(insert(Unit), units)
        db.session.execute(insert(Report), reports)
        if filled:
            _fill(before)
        return campaign.id


def _fill(at: datetime) -> None:
    sections: list[dict[str, Any]] = []
    tables: list[dict[str, Any]] = []
    for each in sample.contributions():
        mark = {"report_id": each.report, "version": 3, "changed_at": at, "changed_by_name": "Lò Thị Mai"}
        sections += [
            {**mark, "number": number, "html": html, "nothing_to_report": False, "filled": 1}
            for number, html in each.sections.items()
        ]
        tables += [
            {**mark, "number": number, "cells": cells, "entered": each.entered[number], "nothing_to_report": False,
             "filled": 0}
            for number, cells in each.tables.items()
        ]  # fmt: skip
    db.session.execute(insert(ReportSection), sections)
    db.session.execute(insert(ReportTable), tables)


def report_of(code: str) -> int:
    """The id of a unit's report."""
    return next(index for index, row in enumerate(sample.units(), 1) if row["ma"] == code)


class Ticking:
    """A clock for the tests: each look is a second later."""

    def __init__(self, at: datetime = NOW) -> None:
        self.at = at.astimezone(UTC)

    def __call__(self) -> datetime:
        self.at += timedelta(seconds=1)
        return self.at
