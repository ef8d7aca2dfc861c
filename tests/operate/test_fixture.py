"""`tracker fixture`: a synthetic campaign that the rest of the product cannot tell from a real one."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests.people import api_token
from tracker.accounts.models import Membership, User
from tracker.accounts.queries import actor_of_email
from tracker.board.queries import totals
from tracker.campaigns.queries import by_number
from tracker.core.db import session, transaction
from tracker.core.errors import Invalid
from tracker.core.people import Actor, Role
from tracker.operate import fixture
from tracker.reports.models import Report, ReportEvent, ReportSection, ReportTable
from tracker.reports.queries import concern_of, find, section_answers, table_answers
from tracker.reports.rules import State, check_complete

NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
OFFICE = Actor(user_id=None, name="tracker", roles=frozenset({Role.LEAD, Role.ADMIN}))


def make(units: int, filled: int = 0, years: tuple[int, int] | None = None) -> int:
    """The id of a new synthetic campaign."""
    with transaction():
        number = fixture.make(units, OFFICE, NOW, years=years, filled=filled)
    return by_number(number).id


def test_it_makes_one_report_and_one_reporter_a_unit(app: Flask) -> None:
    campaign_id = make(30)
    assert totals(campaign_id, NOW).all.total == 30
    reporters = select(func.count()).select_from(Membership).where(Membership.role == Role.REPORTER)
    assert session().execute(reporters).scalar_one() == 30
    assert session().execute(select(func.count()).select_from(User)).scalar_one() == 32  # and lead, and oversight


def test_a_full_one_stands_in_every_state_and_lacks_nothing(app: Flask) -> None:
    campaign_id = make(20, filled=100)
    counted = totals(campaign_id, NOW).all.by_state
    assert counted == {"drafting": 9, "submitted": 4, "reviewed": 7, "consolidated": 0}
    for report_id in session().scalars(select(Report.id).where(Report.campaign_id == campaign_id)):
        found = find(report_id, OFFICE)
        check_complete(concern_of(found), section_answers(report_id), table_answers(report_id))
        assert found.report.filled == found.report.required


def test_every_state_has_its_history(app: Flask) -> None:
    make(20, filled=100)
    steps = session().execute(select(ReportEvent.step, func.count()).group_by(ReportEvent.step)).all()
    assert dict(tuple(row) for row in steps) == {"submit": 11, "accept": 7}
    newest = select(func.max(ReportEvent.version)).where(ReportEvent.report_id == Report.id).scalar_subquery()
    wrong = select(func.count()).where(Report.state != State.DRAFTING, Report.version != newest)
    assert session().execute(wrong).scalar_one() == 0


def test_a_share_of_the_parts_is_filled_and_counted(app: Flask) -> None:
    campaign_id = make(3, filled=50)
    for report in session().scalars(select(Report).where(Report.campaign_id == campaign_id)):
        sections = session().scalars(select(ReportSection.filled).where(ReportSection.report_id == report.id)).all()
        cells = session().scalars(select(ReportTable.filled).where(ReportTable.report_id == report.id)).all()
        assert report.filled == report.required // 2 == sum(sections) + sum(cells)
        assert report.state == State.DRAFTING


def test_it_takes_the_years_asked_for(app: Flask) -> None:
    campaign_id = make(2, years=(2020, 2025))
    report_id = session().scalars(select(Report.id).where(Report.campaign_id == campaign_id)).first()
    assert report_id is not None
    rows, _ = concern_of(find(report_id, OFFICE)).cells["1"]
    assert list(rows) == ["2020", "2021", "2022", "2023", "2024", "2025"]


def test_a_second_one_stands_beside_the_first(app: Flask) -> None:
    first, second = make(4), make(5)
    assert (totals(first, NOW).all.total, totals(second, NOW).all.total) == (4, 5)


def test_a_reporter_of_it_can_send_a_full_report(app: Flask) -> None:
    campaign_id = make(20, filled=100)
    drafting = select(Report.id, Report.position).where(Report.campaign_id == campaign_id, Report.state == "drafting")
    report_id, position = session().execute(drafting).first() or (0, 0)
    reporter = actor_of_email(f"bc{position}@f{campaign_id}.example")
    assert reporter is not None
    answer = app.test_client().post(
        f"/api/v1/reports/{report_id}/steps", json={"step": "submit", "version": 1}, headers=api_token(reporter)
    )
    assert answer.status_code == 200, answer.text
    assert answer.json is not None
    assert answer.json["state"] == "submitted"


@pytest.mark.parametrize(("units", "filled"), [(0, 0), (200_001, 0), (1, 101), (1, -1)])
def test_it_refuses_what_makes_no_campaign(app: Flask, units: int, filled: int) -> None:
    with pytest.raises(Invalid), transaction():
        fixture.make(units, OFFICE, NOW, filled=filled)


@pytest.mark.parametrize("text", ["2013", "2023-2013", "a-b", "13-23", "1900-2023"])
def test_it_refuses_years_that_are_none(text: str) -> None:
    with pytest.raises(Invalid):
        fixture.read_years(text)
