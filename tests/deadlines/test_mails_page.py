"""The page of mails: what is to come, whom we failed to reach, and the built-in mailbox."""

from __future__ import annotations

from datetime import datetime

from flask import Flask
from flask.testing import FlaskClient

from tests import factories, people
from tracker.core import clock
from tracker.core.db import session, transaction
from tracker.core.people import Role
from tracker.deadlines.forecast import Owed, to_come
from tracker.notify.models import OutboxMail
from tracker.notify.service import queue
from tracker.office.queries import calendar

NOW = datetime.fromisoformat("2023-05-10T09:00:00+07:00")


def _mail(campaign_id: int, **fields: object) -> int:
    with transaction():
        queue(
            "accepted",
            recipient_id=None,
            name="Lò Thị Mai",
            address="mai@x.example",
            dedupe_key=f"test:{sorted(fields)}",
            now=NOW,
            campaign_id=campaign_id,
        )
        row = session().query(OutboxMail).order_by(OutboxMail.id.desc()).first()
        assert row is not None
        for name, value in fields.items():
            setattr(row, name, value)
        return row.id


def test_the_dry_run_names_who_would_hear_what(app: Flask) -> None:
    due = datetime.fromisoformat("2023-05-10T00:00:00+07:00")
    with app.app_context():
        days = calendar()
        lines = to_come(
            [Owed("submit", due, "Xã A"), Owed("submit", due, "Xã B")],
            days,
            NOW,
            datetime.fromisoformat("2023-05-18T00:00:00+07:00"),
        )
    told = [(line.at.isoformat(), line.kind, line.rung, line.to, line.names) for line in lines]
    assert told == [
        ("2023-05-11T08:00:00+07:00", "overdue", 2, "lead", ("Xã A", "Xã B")),
        ("2023-05-12T08:00:00+07:00", "escalation", 3, "oversight", ("Xã A", "Xã B")),
        ("2023-05-17T08:00:00+07:00", "escalation", 6, "oversight", ("Xã A", "Xã B")),
        ("2023-05-17T08:00:00+07:00", "overdue", 6, "lead", ("Xã A", "Xã B")),
    ]


def test_the_lead_sends_a_refused_mail_again_and_oversight_only_reads(client: FlaskClient, app: Flask) -> None:
    clock.start_at(NOW)
    opened = factories.open_campaign(2)
    lead = people.person("lead@office.example", Role.LEAD)
    watcher = people.person("tt@office.example", Role.OVERSIGHT)
    mail = _mail(opened.campaign_id, status="failed", error="550 no such user", attempts=1)
    path = f"/campaigns/{opened.campaign_id}/mails"
    people.sign_in(client, watcher)
    page = client.get(path).text
    assert "550 no such user" in page
    token = _csrf(page)
    assert client.post(f"{path}/{mail}/again", data={"csrf_token": token}).status_code == 403
    people.sign_in(client, lead)
    token = _csrf(client.get(path).text)
    assert client.post(f"{path}/{mail}/again", data={"csrf_token": token}).status_code == 303
    session().expire_all()
    assert session().get_one(OutboxMail, mail).status == "pending"
    assert client.post(f"{path}/{mail}/again", data={"csrf_token": token}).status_code == 409


def test_a_reporter_does_not_see_the_ledger(client: FlaskClient, app: Flask) -> None:
    opened = factories.open_campaign(1)
    people.sign_in(client, people.person("bc@u01.example", (Role.REPORTER, opened.units["U01"])))
    assert client.get(f"/campaigns/{opened.campaign_id}/mails").status_code == 404


def test_the_mailbox_is_the_administrators_outside_the_sample(client: FlaskClient, app: Flask) -> None:
    opened = factories.open_campaign(1)
    written = {"status": "sent", "sent_at": NOW, "body_text": "Chào", "body_html": "<p>Chào</p>"}
    about_report = _mail(opened.campaign_id, subject="Đã duyệt", kind="accepted", **written)
    door = _mail(opened.campaign_id, subject="Mời vào", kind="invite", error="", **written)
    people.sign_in(client, people.person("lead@office.example", Role.LEAD))
    assert client.get("/mailbox").status_code == 404
    assert client.get(f"/mailbox/{door}").status_code == 404
    people.sign_in(client, people.person("qt@office.example", Role.ADMIN))
    listed = client.get("/mailbox").text
    assert "Đã duyệt" in listed
    assert "Mời vào" in listed
    assert "Chào" in client.get(f"/mailbox/{door}").text
    page = client.get(f"/mailbox/{door}/page")
    assert "sandbox" in page.headers["Content-Security-Policy"]
    assert "script-src" not in page.headers["Content-Security-Policy"]
    assert "Chào" not in client.get(f"/mailbox/{about_report}").text
    assert client.get(f"/mailbox/{about_report}/page").status_code == 404


def _csrf(page: str) -> str:
    return page.split('name="csrf-token" content="')[1].split('"')[0]
