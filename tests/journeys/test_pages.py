"""The main pages as people with a screen reader and people with a telephone meet them: axe-core, and 390 pixels."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page

from tests.deadlines.desk import post
from tests.journeys.conftest import FRIDAY, SignIn, Town
from tracker.assembly import running
from tracker.assembly.service import request
from tracker.core import clock
from tracker.core.db import db, transaction
from tracker.deadlines.tick import tick
from tracker.files.store import store
from tracker.reports.rules import Step
from tracker.reports.service import take_step
from tracker.reports.writing import save_section, save_table
from tracker.review.service import remark

pytestmark = pytest.mark.postgresql

AXE = Path(__file__).parent / "axe-4.14.1" / "axe.min.js"
SHA256 = "29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c"
DESK, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}

# Who opens what; {r} is Bản Lang's report, {c} the campaign.
PAGES = [
    (None, ["/sign-in", "/sign-in/link", "/forgot"]),
    (
        "mai@banlang.vn",
        ["/desk", "/reports/{r}", "/reports/{r}/sections/II.3", "/reports/{r}/sections/IV.2", "/reports/{r}/tables/1",
         "/reports/{r}/tables/3", "/reports/{r}/files", "/reports/{r}/word", "/account"],
    ),
    (
        "hanh@phongtho.vn",
        ["/campaigns/{c}/board", "/campaigns/{c}/review", "/reports/{d}/review?part=I.1",
         "/reports/{d}/review?part=table:1", "/reports/{r}/review", "/reports/{r}", "/campaigns/{c}/mails",
         "/campaigns/{c}/assembly", "/campaigns/{c}/assembly/{a}/figures/1", "/campaigns/", "/campaigns/{c}",
         "/campaigns/new/"],
    ),
    ("binh@phongtho.vn", ["/campaigns/{c}/overview", "/campaigns/{c}/board"]),
    (
        "quantri@phongtho.vn",
        ["/admin/", "/admin/people", "/admin/people/1", "/admin/people/new", "/admin/units", "/admin/units/1",
         "/admin/units/import", "/admin/bodies", "/admin/bodies/new", "/admin/calendar", "/admin/audit", "/mailbox"],
    ),
]  # fmt: skip


@pytest.fixture
def busy(app: Flask, town: Town) -> dict[str, int]:
    """The town five days later: Bản Lang's report came back with remarks, Dào San's waits, mails went out."""
    mai, hanh = town.people["mai"], town.people["hanh"]
    report, other = town.report, town.opened.reports["DB-DS"]
    now = FRIDAY + timedelta(days=5)
    with transaction():
        take_step(other, Step.REOPEN, hanh, FRIDAY, note="Xem lại.")
        remark(other, "I.1", "Thiếu số liệu năm 2016.", hanh, FRIDAY)
        save_section(report, "II.3", mai, FRIDAY, html="<p>Có <strong>22</strong> người.</p>", version=10**6)
        save_table(report, "1", mai, FRIDAY, cells={"2015": {"conferences": 7}}, version=10**6)
    with transaction():
        take_step(report, Step.SUBMIT, mai, FRIDAY)
    with transaction():
        remark(report, "II.3", "Thiếu số của năm 2016.", hanh, FRIDAY)
        remark(report, "table:1", "Số này có đúng không?", hanh, FRIDAY, row="2015", column="conferences")
        take_step(report, Step.SEND_BACK, hanh, FRIDAY + timedelta(hours=3), note="Bổ sung mục II.3.")
        asked = request(town.campaign, provisional=True, include_submitted=True, actor=hanh, now=FRIDAY).id
    running.run(asked, store(), lambda: FRIDAY)
    clock.start_at(now)
    tick(now, post())
    db.session.remove()
    return {"r": report, "d": other, "c": town.campaign, "a": asked}


def violations(page: Page) -> list[str]:
    """What axe-core finds against WCAG 2.2 A and AA and its own best practices: the rule and the element."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found: dict[str, Any] = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [f"{one['id']}: {node['html'][:160]}" for one in found["violations"] for node in one["nodes"]]


def test_the_judge_is_the_published_one() -> None:
    assert hashlib.sha256(AXE.read_bytes()).hexdigest() == SHA256
    assert (AXE.parent / "LICENSE").exists()


@pytest.mark.parametrize(("who", "paths"), PAGES, ids=lambda value: value if isinstance(value, str) else "")
def test_no_page_has_a_fault_that_axe_finds_and_none_overflows_a_phone(
    busy: dict[str, int], sign_in: SignIn, who: str | None, paths: list[str]
) -> None:
    page = sign_in(who)
    faults, wide = [], []
    for path in paths:
        address = path.format(**busy)
        page.set_viewport_size(DESK)
        answer = page.goto(address)
        assert answer is not None
        assert answer.status == 200, address
        faults += [f"{path}: {fault}" for fault in violations(page)]
        page.set_viewport_size(PHONE)
        width = page.evaluate("document.documentElement.scrollWidth")
        if width > PHONE["width"]:
            wide.append(f"{path}: {width} px")
        faults += [f"{path} on a phone: {fault}" for fault in violations(page)]
    assert faults == []
    assert wide == []


def test_the_judge_finds_a_fault_where_there_is_one(town: Town, sign_in: SignIn) -> None:
    page = sign_in(None)
    page.goto("/sign-in")
    page.evaluate("document.querySelector('label').remove()")
    assert any(fault.startswith("label: ") for fault in violations(page))
