"""A plan becomes a campaign: groups, owners, reports, invitations, and everybody told."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from tests.factories import OFFICE, plan
from tests.people import person
from tracker.accounts.importing import UnitRow, read_units
from tracker.accounts.models import OneTimeLink, Unit, User
from tracker.accounts.queries import people_of_units
from tracker.campaigns.models import Campaign
from tracker.campaigns.queries import spec_of
from tracker.core.db import session, transaction
from tracker.core.errors import Conflict, Forbidden, Invalid
from tracker.core.people import Role
from tracker.notify.models import OutboxMail
from tracker.reports.models import Report
from tracker.reports.opening import Opened, open_campaign

SAMPLE = Path(__file__).parents[2] / "tracker" / "operate" / "sample"
NOW = datetime(2023, 2, 20, 7, 0, tzinfo=UTC)


def rows() -> list[UnitRow]:
    name = "units-phong-tho-2023.csv"
    return read_units(name, (SAMPLE / name).read_bytes())


def opened(listed: list[UnitRow] | None = None, **given: object) -> Opened:
    settings: dict[str, object] = {"before_inclusive": False, "take_readings": True, "actor": OFFICE, "now": NOW}
    with transaction():
        return open_campaign(plan(), rows() if listed is None else listed, **{**settings, **given})  # type: ignore[arg-type]  # as the test gives them


def test_every_unit_gets_one_drafting_report_in_its_group(app: Flask) -> None:
    assert opened().reports == 58
    reports = session().scalars(select(Report)).all()
    assert {report.state for report in reports} == {"drafting"}
    assert {report.due_before for report in reports} == {datetime(2023, 5, 9, 17, 0, tzinfo=UTC)}
    counts = {group: sum(r.group_name == group for r in reports) for group in plan().unit_groups}
    assert sum(counts.values()) == 58
    assert all(counts.values())
    assert {r.group_no for r in reports} == {0, 1, 2, 3}


def test_columns_that_one_body_keeps_find_their_unit(app: Flask) -> None:
    done = opened()
    assert done.unowned == ()
    owners = {
        (table.number, column.source_unit)
        for table in spec_of(done.campaign).tables
        for column in table.columns
        if column.over_units == "single_source"
    }
    assert owners == {("2", "BTG"), ("3", "UBKT")}
    required = {
        code: n
        for code, n in session().execute(select(Unit.code, Report.required).join(Report, Report.unit_id == Unit.id))
    }
    assert required["UBKT"] > required["BTC"]


def without_ubkt() -> list[UnitRow]:
    return [row for row in rows() if row.code != "UBKT"]


def test_a_column_whose_body_is_not_listed_is_unowned(app: Flask) -> None:
    done = opened(without_ubkt())
    assert {table for table, _ in done.unowned} == {"3"}
    assert len(done.unowned) == 12


def test_the_lead_office_may_name_another_owner_and_only_a_listed_one(app: Flask) -> None:
    keys = [(t.number, c.key) for t in plan().tables for c in t.columns if c.over_units == "single_source"]
    with pytest.raises(Invalid):
        opened(without_ubkt(), owners={keys[0]: "KHONG-CO"})
    assert opened(without_ubkt(), owners=dict.fromkeys(keys, "BTG")).unowned == ()


def test_units_left_over_are_refused_with_their_list_and_nothing_is_kept(app: Flask) -> None:
    strange = [*rows(), UnitRow("HTX", "Hợp tác xã Chè", "Hợp tác xã", 99)]
    with pytest.raises(Invalid) as refusal:
        opened(strange)
    assert refusal.value.extra["left_over"] == ["HTX"]
    assert session().scalars(select(Unit)).all() == []
    assert session().scalars(select(Campaign)).all() == []


def test_readings_must_be_taken(app: Flask) -> None:
    with pytest.raises(Invalid) as refusal:
        opened(take_readings=False)
    assert refusal.value.code == "readings_to_confirm"
    assert session().scalars(select(Campaign)).all() == []


def test_the_same_number_opens_once(app: Flask) -> None:
    opened()
    with pytest.raises(Conflict):
        opened()


def test_before_may_include_the_named_day(app: Flask) -> None:
    spec = spec_of(opened(before_inclusive=True).campaign)
    submit = next(m for m in spec.milestones if m.kind == "submit")
    assert (submit.operator, submit.last_day) == ("before", date(2023, 5, 10))


def test_only_the_lead_office_opens(app: Flask) -> None:
    for role in (Role.ADMIN, Role.OVERSIGHT):
        with pytest.raises(Forbidden):
            opened(actor=person(f"{role}@x.example", role))


def test_a_contact_without_an_account_is_invited_and_everybody_is_told_once(app: Flask) -> None:
    listed = [
        replace(row, contact_email="mai@banlang.example", contact_name="Lò Thị Mai") if row.code == "DB-BL" else row
        for row in rows()
    ]
    opened(listed)
    user = session().scalars(select(User)).one()
    assert (user.email, user.name) == ("mai@banlang.example", "Lò Thị Mai")
    unit = session().scalars(select(Unit).where(Unit.code == "DB-BL")).one()
    assert [p.role for p in people_of_units([unit.id])] == [Role.REPORTER]
    mails = session().scalars(select(OutboxMail).where(OutboxMail.kind == "opening")).all()
    assert len(mails) == 58
    mail = next(m for m in mails if m.address)
    assert mail.context["number"] == "271-KH/HU"
    assert [day["last_day"] for day in mail.context["last_days"]] == ["2023-04-30", "2023-05-09"]
    link = session().get_one(OneTimeLink, mail.context["link_id"])
    assert (link.purpose, link.user_id) == ("invite", user.id)
    assert {m.status for m in mails if not m.address} == {"no_recipient"}


def test_one_person_of_two_units_gets_one_invitation(app: Flask) -> None:
    listed = [
        replace(row, contact_email="mai@banlang.example") if row.code in {"DB-BL", "DB-HT"} else row for row in rows()
    ]
    codes = [row.code for row in listed if row.contact_email]
    opened(listed)
    mails = session().scalars(select(OutboxMail).where(OutboxMail.address != "")).all()
    assert len(mails) == len(codes)
    assert len({mail.context["link_id"] for mail in mails}) == 1
    assert session().scalars(select(OneTimeLink)).one().used_at is None


def test_somebody_who_has_been_in_gets_no_invitation(app: Flask) -> None:
    from tracker.accounts.service import add_user

    with transaction():
        session().add(Unit(code="DB-BL", name="Đảng bộ xã Bản Lang", group_name="Các chi, đảng bộ cơ sở"))
        session().flush()
        add_user("mai@banlang.example", "reporter", "DB-BL", "Mai", "", "suối chảy qua bản", OFFICE, NOW)
    opened()
    mail = session().scalars(select(OutboxMail).where(OutboxMail.address != "")).one()
    assert "link_id" not in mail.context
