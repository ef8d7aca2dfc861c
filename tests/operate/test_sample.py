"""The sample lives its story with the product's own verbs: boards, mails, remarks and figures are what it tells."""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from config import Settings
from tests.factories import fill
from tests.operate.told import CONSOLIDATED_AT, EXPECTED, LEAD, SAMPLE, SHOWN, STORY, Told, board
from tracker.accounts.models import Membership, Unit, User
from tracker.accounts.queries import actor_of_email
from tracker.core.calendar import OFFICE_ZONE
from tracker.core.db import db, session, transaction
from tracker.core.errors import Invalid
from tracker.core.people import Actor, Role
from tracker.deadlines.models import Nudge
from tracker.deadlines.tick import post_office, tick
from tracker.notify.models import OutboxMail
from tracker.office.queries import calendar
from tracker.operate import sample, sample_people
from tracker.operate.addresses import Addresses
from tracker.reports.models import Report, ReportEvent, ReportTable
from tracker.reports.rules import Step
from tracker.reports.writing import save_table
from tracker.review.models import Remark
from tracker.review.service import take_step

pytestmark = pytest.mark.timeout(180)

TIMELINE = json.loads((Path(__file__).parents[1] / "data" / "271-timeline.expected.json").read_text(encoding="utf-8"))
FIGURES = json.loads((SAMPLE / "sample-figures.json").read_text(encoding="utf-8"))
OVERSIGHT = "thuongtruc@phongtho.example"


@pytest.fixture(scope="module")
def end_app(told: Told, tmp_path_factory: pytest.TempPathFactory, make_settings: Callable[..., Settings]) -> Flask:
    """The application as the story leaves it; only for reading."""
    return told.app("end.db", tmp_path_factory.mktemp("end"), make_settings)


@pytest.fixture
def end(end_app: Flask) -> Iterator[Flask]:
    """Inside the application as the story leaves it."""
    with end_app.app_context():
        yield end_app
        db.session.remove()


@pytest.fixture
def shown(told: Told, tmp_path: Path, make_settings: Callable[..., Settings]) -> Iterator[Flask]:
    """Inside the application as a viewer finds it, at 09:00 11/5; for changing."""
    app = told.app(SHOWN, tmp_path, make_settings)
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=OFFICE_ZONE)


def day_of(moment: str) -> date:
    return datetime.fromisoformat(moment).date()


def person(email: str) -> Actor:
    found = actor_of_email(email)
    session().rollback()
    assert found is not None
    return found


@cache
def units() -> dict[str, str]:
    with (SAMPLE / "units-phong-tho-2023.csv").open(encoding="utf-8-sig") as file:
        return {row["ma"]: row["ten_don_vi"] for row in csv.DictReader(file)}


def people_of(role: Role) -> dict[str, str]:
    """Address by unit code."""
    found = session().execute(
        select(Unit.code, User.email)
        .join(Membership, Membership.unit_id == Unit.id)
        .join(User, User.id == Membership.user_id)
        .where(Membership.role == role)
    )
    return {code: email for code, email in found}


def mails(*where: Any) -> list[OutboxMail]:
    return list(session().scalars(select(OutboxMail).where(*where).order_by(OutboxMail.id)))


def ladder(to: str, milestone: str) -> list[date]:
    return [day_of(n["at"]) for n in TIMELINE["nudges"] if (n["to"], n["milestone"]) == (to, milestone)]


# The board.


@pytest.mark.parametrize("moment", EXPECTED)
def test_the_board_is_what_the_story_tells(told: Told, moment: str) -> None:
    found, expected = told.boards[moment], EXPECTED[moment]
    if isinstance(expected["never_submitted"], int):
        found = {**found, "never_submitted": len(found["never_submitted"])}
    assert found == expected


def test_the_viewer_finds_58_units_41_reviewed_6_submitted_3_sent_back_8_overdue(told: Told) -> None:
    found = told.boards["2023-05-11T09:00"]
    assert sum(found["by_state"].values()) == 58
    assert (found["by_state"]["reviewed"], found["by_state"]["submitted"]) == (41, 6)
    assert (len(found["sent_back_now"]), found["overdue"], found["late"]) == (3, 8, 2)


# The mails.


def test_everybody_with_an_address_is_told_of_the_opening_at_once(end: Flask) -> None:
    opening = mails(OutboxMail.kind == "opening")
    sent = [mail for mail in opening if mail.status == "sent"]
    assert Counter(mail.address for mail in sent) == Counter(
        [*people_of(Role.REPORTER).values(), *people_of(Role.UNIT_HEAD).values()]
    )
    assert {mail.sent_at for mail in sent} == {local("2023-02-20T14:00")}
    assert [mail.status for mail in opening if mail not in sent] == ["no_recipient"]
    assert len(sent) == 2 * 57


def test_nobody_gets_two_nudge_mails_on_one_day(end: Flask) -> None:
    sent = [m for m in mails(OutboxMail.kind == "nudges", OutboxMail.sent_at.is_not(None))]
    a_day = Counter((mail.address, mail.sent_at.astimezone(OFFICE_ZONE).date()) for mail in sent if mail.sent_at)
    assert len(a_day) > 300
    assert set(a_day.values()) == {1}


def test_nudges_leave_at_eight_on_working_days(end: Flask) -> None:
    days = calendar()
    for mail in mails(OutboxMail.kind == "nudges", OutboxMail.sent_at.is_not(None)):
        assert mail.sent_at is not None
        at = mail.sent_at.astimezone(OFFICE_ZONE)
        assert (at.hour, at.minute) == (8, 0)
        assert days.is_working_day(at.date())


def test_a_unit_is_reminded_on_the_ladders_days_while_it_has_not_sent(end: Flask) -> None:
    checked = 0
    complete, submit = ladder("unit", "complete"), ladder("unit", "submit")
    reporters = people_of(Role.REPORTER)
    for one in STORY["stories"]:
        events, code = one["events"], one["code"]
        if code not in reporters or any(e["step"] in {"send_back", "withdraw", "extension_granted"} for e in events):
            continue
        sent = next((datetime.fromisoformat(e["at"]) for e in events if e["step"] == "submit"), None)
        at_eight = [
            datetime.combine(day, datetime.min.time(), OFFICE_ZONE).replace(hour=8) for day in complete + submit
        ]
        expected = {at.date() for at in at_eight if sent is None or at < sent}
        got = mails(OutboxMail.kind == "nudges", OutboxMail.address == reporters[code])
        assert {mail.local_day for mail in got} == expected, code
        assert {mail.status for mail in got} <= {"sent"}
        checked += 1
    assert checked == 58 - 1 - 14


def test_the_head_hears_of_it_one_working_day_after(end: Flask) -> None:
    overdue = set(EXPECTED["2023-05-10T08:00"]["overdue_units"]) - {sample_people.WITHOUT_ADDRESS}
    heads = people_of(Role.UNIT_HEAD)
    for code, address in heads.items():
        got = [mail.local_day for mail in mails(OutboxMail.kind == "nudges", OutboxMail.address == address)]
        assert got == ([date(2023, 5, 10)] if code in overdue else []), code


def test_no_nudge_about_a_report_that_was_sent_before_it_left(end: Flask) -> None:
    steps: dict[int, list[ReportEvent]] = {}
    for event in session().scalars(select(ReportEvent).order_by(ReportEvent.id)):
        steps.setdefault(event.report_id, []).append(event)
    asked = (
        select(Nudge, OutboxMail)
        .join(OutboxMail, OutboxMail.id == Nudge.mail_id)
        .where(OutboxMail.status == "sent", Nudge.report_id.is_not(None), Nudge.audience.in_(("unit", "unit_head")))
    )
    checked = 0
    for nudge, mail in session().execute(asked):
        states = [event.to_state for event in steps.get(nudge.report_id, []) if event.at <= mail.sent_at]
        assert (states or ["drafting"])[-1] == "drafting", (mail.address, mail.sent_at)
        checked += 1
    assert checked > 300


def test_who_has_no_address_is_in_the_ledger_and_the_lead_is_told(end: Flask) -> None:
    unit = units()[sample_people.WITHOUT_ADDRESS]
    unheard = (
        select(Nudge.at)
        .join(OutboxMail, OutboxMail.id == Nudge.mail_id)
        .where(OutboxMail.status == "no_recipient", Nudge.recipient == 0)
    )
    days = sorted({at.astimezone(OFFICE_ZONE).date() for at in session().scalars(unheard)})
    assert days == sorted({*ladder("unit", "complete"), *ladder("unit", "submit"), date(2023, 5, 10)})
    for day in days:
        (told,) = mails(OutboxMail.kind == "nudges", OutboxMail.address == LEAD, OutboxMail.local_day == day)
        assert unit in (told.body_text or ""), day


def test_the_lead_hears_on_the_ladders_days_and_every_third_while_anything_is_missing(end: Flask) -> None:
    got = {m.local_day for m in mails(OutboxMail.kind == "nudges", OutboxMail.address == LEAD)}
    after = {date(2023, 5, 25), date(2023, 5, 30), date(2023, 6, 2)}  # +12, +15, +18
    consolidate = {day for day in ladder("lead", "consolidate") if day <= CONSOLIDATED_AT.date()}
    unheard = {*ladder("unit", "complete"), *ladder("unit", "submit"), date(2023, 5, 10)}
    assert got == {*ladder("lead", "submit"), *after, *consolidate, *unheard}


def test_oversight_hears_from_the_third_day_on(end: Flask) -> None:
    got = {m.local_day for m in mails(OutboxMail.kind == "nudges", OutboxMail.address == OVERSIGHT)}
    assert got == {*ladder("oversight", "submit"), date(2023, 5, 25), date(2023, 5, 30), date(2023, 6, 2)}


def test_the_escalation_of_12_may_names_the_five_their_days_and_whom_to_call(end: Flask) -> None:
    (mail,) = mails(OutboxMail.address == OVERSIGHT, OutboxMail.local_day == date(2023, 5, 12))
    assert mail.sent_at == local("2023-05-12T08:00")
    text = mail.body_text or ""
    overdue = EXPECTED["2023-05-12T08:00"]["overdue_units"]
    assert len(overdue) == 5
    entries = text.split("\n- ")[1:]
    contacts = {name: phone for name, phone in session().execute(select(Unit.name, Unit.contact_phone))}
    assert [entry.split("\n")[0] for entry in entries] == [units()[code] for code in overdue]
    for entry in entries:
        name, details = entry.split("\n")[:2]
        assert "3 ngày làm việc" in details
        assert contacts[name] in details
    html = mail.body_html or ""
    # The lead office is a unit too, and whom to ask about the mail.
    assert [code for code in units() if units()[code] in html and code != "BTG"] == overdue


def test_every_mail_left_and_says_something_whole(end: Flask) -> None:
    counted = Counter(mail.status for mail in mails())
    assert set(counted) <= {"sent", "no_recipient", "cancelled", "pending"}
    for mail in mails(OutboxMail.status == "pending"):
        assert mail.not_before > sample.STORY_ENDS
    for mail in mails(OutboxMail.status == "sent"):
        assert mail.subject.startswith("271-KH/HU"), mail.subject
        for words in (mail.body_text or "", mail.body_html or ""):
            assert len(words) > 100
            assert not any(flaw in words for flaw in ("None", "%(", "{{", "{unit}", "Undefined"))


def test_what_the_reviewer_said_reached_the_unit(end: Flask) -> None:
    backs = [(one["code"], e) for one in STORY["stories"] for e in one["events"] if e["step"] == "send_back"]
    remarks = session().scalars(select(Remark).order_by(Remark.at)).all()
    assert all(remark.told_at is not None for remark in remarks)
    assert {remark.text for remark in remarks} <= {event["reason"] for _, event in backs}
    assert len(remarks) >= 10
    reporters = people_of(Role.REPORTER)
    for code, event in backs:
        got = mails(OutboxMail.kind == "sent_back", OutboxMail.address == reporters[code])
        assert any(event["reason"] in (mail.body_text or "") for mail in got), code


# The figures.


@pytest.mark.parametrize(
    ("name", "expected", "included"),
    [
        ("provisional", "reviewed_41_at_2023_05_11_0900", 41),
        ("final", "consolidated_56_at_2023_05_31", 56),
    ],
)
def test_the_assembled_figures_are_the_expected_totals(told: Told, name: str, expected: str, included: int) -> None:
    figures = told.figures(name)
    assert (figures["provisional"], len(figures["included"])) == (name == "provisional", included)
    assert len(figures["missing"]) == 58 - included
    checked = 0
    for table, listed in FIGURES["expected_totals"][expected].items():
        for row, cells in listed.items():
            for key, value in cells.items():
                if key in {"units_counted", "latest_year_stock"} or key.endswith("_percent_of"):
                    continue
                assert figures["tables"][table][row][key]["value"] == value, (table, row, key)
                checked += 1
    assert checked == 12 * (9 + 6 + 24)


def test_the_flaw_that_no_table_takes_cannot_be_stored_and_the_story_went_on(shown: Flask) -> None:
    (flaw,) = [f for f in json.loads((SAMPLE / "sample-texts.json").read_text("utf-8"))["flawed"] if f["id"] == "F08"]
    report_id = report_of(flaw["unit"])
    assert session().get_one(Report, report_id).state == "reviewed"
    lead, reporter = person(LEAD), person(people_of(Role.REPORTER)[flaw["unit"]])
    now = sample.SHOWN_FROM
    with transaction():
        take_step(report_id, Step.REOPEN, lead, now, note="Xem lại")
        take_step(report_id, Step.SEND_BACK, lead, now, note="Xem lại", resubmit_by=date(2023, 5, 16))
    for number, wrong in flaw["cells"].items():
        version = session().get_one(Report, report_id).version
        before = session().get_one(ReportTable, (report_id, number)).cells
        session().rollback()
        with pytest.raises(Invalid), transaction():
            save_table(report_id, number, reporter, now, cells=wrong, version=version)
        assert session().get_one(ReportTable, (report_id, number)).cells == before


# The viewer.


def report_of(code: str) -> int:
    found = session().scalars(select(Report.id).join(Unit, Unit.id == Report.unit_id).where(Unit.code == code)).one()
    session().rollback()
    return found


def test_what_the_viewer_does_does_not_break_the_story(shown: Flask) -> None:
    lead, reporter = person(LEAD), person(people_of(Role.REPORTER)["DB-MSS"])
    early = report_of("DB-MSS")
    fill(early, reporter, local("2023-05-11T09:20"))
    other = next(
        one["code"]
        for one in STORY["stories"]
        if session().get_one(Report, report_of(one["code"])).state == "submitted" and one["code"] != "DB-SLL"
    )
    back = report_of(other)
    with transaction():
        take_step(early, Step.SUBMIT, reporter, local("2023-05-11T09:30"))
        take_step(early, Step.ACCEPT, lead, local("2023-05-11T09:40"))
        take_step(
            back,
            Step.SEND_BACK,
            lead,
            local("2023-05-11T09:50"),
            note="Bổ sung số liệu.",
            resubmit_by=date(2023, 5, 16),
        )
    here = shown.config["TRACKER"]
    with transaction():
        post = post_office(
            smtp_url=None,
            mail_from=here.mail_from,
            secret=here.secret_key,
            urls=Addresses(shown, here.base_url, here.secret_key),
        )
    at, until = sample.SHOWN_FROM, local("2023-05-17T08:00")
    while at < until:
        sample.live(lambda now: tick(now, post), at, min(at + timedelta(days=1), until))
        at += timedelta(days=1)
    with transaction():
        found = board(until, lead)
    expected = EXPECTED["2023-05-17T08:00"]
    assert found["sent_back_now"] == [other]
    assert found["by_state"] == {**expected["by_state"], "drafting": 4, "reviewed": 53}
    texts = session().scalars(select(OutboxMail.body_text).where(OutboxMail.address == OVERSIGHT)).all()
    assert texts
    assert not any(units()["DB-MSS"] in (text or "") for text in texts)


def test_the_instant_at_which_it_was_left_is_kept(shown: Flask) -> None:
    assert sample.stored_clock() == sample.SHOWN_FROM
    sample.keep_clock(local("2023-05-12T09:00"))
    db.session.remove()
    assert sample.stored_clock() == local("2023-05-12T09:00")
