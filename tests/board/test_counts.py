"""The board's counts: every report once, by state and by group, and the page that asks again costs nothing new."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests import factories, people
from tests.factories import OFFICE, Opened
from tracker.board.queries import Totals, totals
from tracker.core import clock
from tracker.core.db import session, transaction
from tracker.core.people import Role
from tracker.reports import service
from tracker.reports.rules import Step

IN_TIME = datetime.fromisoformat("2023-05-08T09:00:00+07:00")
AFTER = datetime.fromisoformat("2023-05-11T09:00:00+07:00")


@pytest.fixture
def opened(app: Flask) -> Opened:
    """Two communes and the Front. A is sent back, B submitted late, M drafts and is overdue."""
    found = factories.open_campaign([("A", "Đảng bộ A", 3), ("B", "Đảng bộ B", 3), ("M", "Mặt trận", 2)])
    for code, at in (("A", IN_TIME), ("B", AFTER)):
        factories.fill(found.reports[code], OFFICE, at)
        with transaction():
            service.take_step(found.reports[code], Step.SUBMIT, OFFICE, at, note="Bản giấy")
    with transaction():
        service.take_step(found.reports["A"], Step.SEND_BACK, OFFICE, AFTER, note="Bổ sung số liệu")
    return found


def test_each_report_is_counted_once(opened: Opened) -> None:
    board = totals(opened.campaign_id, AFTER + timedelta(minutes=1))
    assert board.all == Totals(
        total=3,
        by_state={"drafting": 2, "submitted": 1, "reviewed": 0, "consolidated": 0},
        overdue=1,  # M: A has a new deadline
        late=1,
        sent_back=1,
    )


def test_groups_add_up_to_the_whole_in_the_plans_order(opened: Opened) -> None:
    board = totals(opened.campaign_id, AFTER + timedelta(minutes=1))
    spec = factories.plan()
    assert [name for name, _ in board.groups] == [spec.unit_groups[2], spec.unit_groups[3]]
    front, communes = (part for _, part in board.groups)
    assert (front.total, front.overdue, front.late, front.sent_back) == (1, 1, 0, 0)
    assert (communes.total, communes.overdue, communes.late, communes.sent_back) == (2, 0, 1, 1)


def test_a_submitted_report_past_its_deadline_is_not_overdue(opened: Opened) -> None:
    assert totals(opened.campaign_id, AFTER + timedelta(days=90)).all.overdue == 2


def test_another_campaign_has_no_part_in_it(opened: Opened) -> None:
    assert totals(opened.campaign_id + 1, AFTER).all == Totals()


def test_a_page_that_is_up_to_date_is_told_so_until_something_shown_changes(
    opened: Opened, client: FlaskClient
) -> None:
    clock.start_at(AFTER + timedelta(minutes=1))
    people.sign_in(client, people.person("lead@office.example", Role.LEAD))
    path = f"/campaigns/{opened.campaign_id}/board"

    def version() -> str:
        found = re.search(r"[?&;]v=([0-9a-f]{16})", client.get(path).text)
        assert found is not None
        return found[1]

    first = version()
    assert client.get(f"{path}?v={first}").status_code == 204
    with transaction():
        service.take_step(opened.reports["B"], Step.ACCEPT, OFFICE, AFTER + timedelta(minutes=1))
    session().rollback()
    assert client.get(f"{path}?v={first}").status_code == 200
    second = version()
    factories.fill(opened.reports["M"], OFFICE, AFTER + timedelta(minutes=1))
    assert client.get(f"{path}?v={second}").status_code == 200
