"""The ladder on live rows: who is chased, when, how often, and who is not."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask

from tests.deadlines.desk import local, nudges, post, rows, write
from tests.factories import OFFICE, Opened, fill, open_campaign
from tests.people import person
from tests.sink import Sink
from tracker.campaigns.service import close, mark_consolidated
from tracker.core.db import session
from tracker.core.people import Actor, Role
from tracker.deadlines.tick import tick
from tracker.reports.models import Report
from tracker.reports.rules import Step
from tracker.reports.service import extend, take_step

OPEN = local("2023-02-20 14:00")


@pytest.fixture
def campaign(app: Flask) -> Opened:
    """Plan 271 for three communes, each with a reporter and a head; lead and oversight have a person each."""
    opened = open_campaign(3, at=OPEN)
    for code, unit in opened.units.items():
        person(f"{code}@xa.example", (Role.REPORTER, unit), name=f"Người viết {code}", phone="0912 000 111")
        person(f"head-{code}@xa.example", (Role.UNIT_HEAD, unit), name=f"Bí thư {code}")
    person("lead@huyen.example", Role.LEAD, name="Nguyễn Thị Hạnh")
    person("oversight@huyen.example", Role.OVERSIGHT, name="Thường trực Huyện ủy")
    tick(OPEN, post())
    assert rows() == []
    return opened


def actor(code: str, opened: Opened) -> Actor:
    unit = opened.units[code]
    return Actor(None, f"Người viết {code}", "", frozenset({Role.REPORTER}), frozenset({unit}))


def submit(code: str, opened: Opened, at: str) -> None:
    moment = local(at)
    fill(opened.reports[code], actor(code, opened), moment)
    write(lambda: take_step(opened.reports[code], Step.SUBMIT, actor(code, opened), moment))


def digests() -> list[tuple[str, str]]:
    return sorted((row.address, row.status) for row in rows() if row.kind == "nudges")


def test_the_first_reminder_goes_to_each_units_reporter_at_eight(campaign: Opened) -> None:
    before = tick(local("2023-04-10 07:59"), post())
    assert (before.nudges, before.mail.sent) == (0, 0)

    done = tick(local("2023-04-10 08:00"), post())

    assert done.mail.sent == 3
    assert digests() == [(f"U0{n}@xa.example", "sent") for n in (1, 2, 3)]
    assert {(n.milestone, n.rung, n.kind, n.audience) for n in nudges()} == {("complete", -14, "reminder", "unit")}


def test_a_second_tick_of_the_same_instant_sends_nothing(campaign: Opened) -> None:
    tick(local("2023-04-10 08:00"), post())
    again = tick(local("2023-04-10 08:00"), post())
    assert (again.nudges, again.mail.sent, len(rows())) == (0, 0, 3)


def test_every_rung_of_the_plan_is_climbed_by_a_report_that_never_comes(campaign: Opened) -> None:
    for n in range(52):
        tick(local("2023-04-09 08:00") + timedelta(days=n), post())
    report = campaign.reports["U01"]
    climbed = {(n.milestone, n.rung, n.audience) for n in nudges() if n.report_id == report}
    reminders = {(m, rung, "unit") for m in ("complete", "submit") for rung in (-14, -7, -3, -1, 0)}
    assert climbed == reminders | {
        ("submit", 1, "unit"), ("submit", 1, "unit_head"), ("submit", 2, "lead"), ("submit", 3, "oversight"),
        ("submit", 6, "lead"), ("submit", 6, "oversight"), ("submit", 9, "lead"), ("submit", 9, "oversight"),
        ("submit", 12, "lead"), ("submit", 12, "oversight"), ("submit", 15, "lead"), ("submit", 15, "oversight"),
    }  # fmt: skip
    of_campaign = {(n.milestone, n.rung, n.audience) for n in nudges() if n.report_id is None}
    assert of_campaign == {("consolidate", rung, "lead") for rung in (-14, -7, -3, -1)}
    # One mail a person a day, whatever it is about.
    days = [(row.recipient_id, row.local_day) for row in rows("sent")]
    assert len(days) == len(set(days))
    assert {row.status for row in rows()} == {"sent"}


def test_a_report_that_was_submitted_is_chased_no_more(campaign: Opened) -> None:
    submit("U01", campaign, "2023-05-08 15:00")
    tick(local("2023-05-10 08:00"), post())
    assert {n.report_id for n in nudges()} == {campaign.reports["U02"], campaign.reports["U03"]}
    assert {(n.rung, n.audience) for n in nudges()} == {(1, "unit"), (1, "unit_head")}


def test_a_report_submitted_between_planning_and_sending_is_not_nudged(campaign: Opened, sink: Sink) -> None:
    closed_server = "smtp://127.0.0.1:9"
    tick(local("2023-05-09 08:00"), post(closed_server))
    assert {row.status for row in rows()} == {"pending"}

    submit("U01", campaign, "2023-05-09 08:05")
    tick(local("2023-05-09 08:10"), post(sink.url))

    assert sorted(mail.to for mail in sink.mails) == ["U02@xa.example", "U03@xa.example"]
    assert [row.address for row in rows("cancelled")] == ["U01@xa.example"]


def test_what_is_complete_is_not_reminded_to_be_completed(campaign: Opened) -> None:
    fill(campaign.reports["U01"], actor("U01", campaign), local("2023-04-20 10:00"))
    tick(local("2023-04-25 08:00"), post())
    assert campaign.reports["U01"] not in {n.report_id for n in nudges() if n.milestone == "complete"}


def test_oversight_gets_one_mail_naming_every_late_unit_with_days_and_whom_to_call(campaign: Opened) -> None:
    submit("U01", campaign, "2023-05-08 15:00")
    tick(local("2023-05-12 08:00"), post())
    (mail,) = [row for row in rows("sent") if row.address == "oversight@huyen.example"]
    assert mail.subject == "271-KH/HU: 2 đơn vị trễ 3 ngày làm việc"
    for body in (mail.body_text, mail.body_html):
        assert body is not None
        assert "Đảng bộ xã số 2" in body
        assert "Đảng bộ xã số 3" in body
        assert "Đảng bộ xã số 1" not in body
        assert "Trễ 3 ngày làm việc" in body
        assert "0912 000 111" in body
        assert "1 trên 3 đơn vị đã gửi" in body
        assert "08:00 ngày 17/5" in body
    again = tick(local("2023-05-12 08:00"), post())
    assert again.mail.sent == 0


def test_an_outage_becomes_one_nudge_the_newest_at_the_next_open_hour(campaign: Opened) -> None:
    saturday = tick(local("2023-05-13 10:00"), post())
    assert saturday.mail.sent == 0
    assert nudges() == []
    tick(local("2023-05-15 08:00"), post())
    # Rungs +1 and +2 were missed; +3, the newest of the twelfth, stands for all.
    assert {(n.milestone, n.rung, n.audience) for n in nudges() if n.report_id} == {("submit", 3, "oversight")}


def test_an_outage_that_ends_in_the_afternoon_is_made_good_at_once(campaign: Opened) -> None:
    assert tick(local("2023-05-08 17:59"), post()).mail.sent == 3
    assert {(n.rung, n.milestone) for n in nudges()} == {(-1, "submit")}


def test_after_six_in_the_evening_nobody_is_nudged_until_the_next_morning(campaign: Opened) -> None:
    assert tick(local("2023-05-08 18:00"), post()).mail.sent == 0
    assert tick(local("2023-05-09 08:00"), post()).mail.sent == 3
    assert {n.rung for n in nudges()} == {0}


def test_an_extension_cancels_the_old_rungs_and_climbs_its_own(campaign: Opened) -> None:
    lead = Actor(None, "Ban Tuyên giáo", "", frozenset({Role.LEAD}))
    report = campaign.reports["U01"]
    write(lambda: extend(report, local("2023-05-18 00:00"), "Mất điện", lead, local("2023-05-08 09:00")))
    tick(local("2023-05-08 09:00"), post())
    tick(local("2023-05-10 08:00"), post())
    tick(local("2023-05-12 08:00"), post())
    mine = [(n.milestone, n.rung, n.due_before) for n in nudges() if n.report_id == report]
    assert mine == [("submit", -3, local("2023-05-18 00:00"))]
    oversight = [row for row in rows("sent") if row.address == "oversight@huyen.example"]
    assert "Đảng bộ xã số 1" not in (oversight[0].body_text or "")


def test_an_extension_given_while_a_nudge_waits_takes_it_back(campaign: Opened, sink: Sink) -> None:
    lead = Actor(None, "Ban Tuyên giáo", "", frozenset({Role.LEAD}))
    tick(local("2023-05-09 08:00"), post("smtp://127.0.0.1:9"))
    write(
        lambda: extend(campaign.reports["U01"], local("2023-05-18 00:00"), "Mất điện", lead, local("2023-05-09 08:03"))
    )
    tick(local("2023-05-09 08:10"), post(sink.url))
    assert [mail.subject for mail in sink.to("U01@xa.example")] == ["271-KH/HU: Được gia hạn đến hết ngày 17/5/2023"]


def test_a_returned_report_is_chased_to_its_own_date(campaign: Opened) -> None:
    submit("U01", campaign, "2023-05-08 15:00")
    write(
        lambda: take_step(
            campaign.reports["U01"], Step.SEND_BACK, OFFICE, local("2023-05-09 15:20"), note="Thiếu số liệu"
        )
    )
    for moment in ("2023-05-10 08:00", "2023-05-11 08:00", "2023-05-12 08:00"):
        tick(local(moment), post())
    mine = [(n.rung, n.due_before) for n in nudges() if n.report_id == campaign.reports["U01"]]
    # Three working days from the day after: the twelfth. Rung -3 lies before the sending back.
    assert mine == [(-1, local("2023-05-13 00:00")), (0, local("2023-05-13 00:00"))]
    last = [row for row in rows("sent") if row.address == "U01@xa.example"][-1]
    assert last.subject == "271-KH/HU: Hết hạn hôm nay · Gửi trước 24 giờ, thứ Sáu, ngày 12/5/2023"
    assert "Gửi lại báo cáo" in (last.body_text or "")


def test_a_closed_campaign_chases_nobody(campaign: Opened) -> None:
    write(lambda: close(campaign.campaign, OFFICE, local("2023-05-08 15:00")))
    tick(local("2023-05-12 08:00"), post())
    assert rows() == []
    session().rollback()
    assert {session().get_one(Report, each).look_again_at for each in campaign.reports.values()} == {None}


def test_a_digest_that_waits_when_its_campaign_closes_does_not_leave(campaign: Opened, sink: Sink) -> None:
    tick(local("2023-05-09 08:00"), post("smtp://127.0.0.1:9"))
    write(lambda: close(campaign.campaign, OFFICE, local("2023-05-09 08:05")))
    tick(local("2023-05-09 08:30"), post(sink.url))
    assert sink.mails == []
    assert {row.status for row in rows()} == {"cancelled"}


def test_a_head_who_also_reports_gets_one_nudge(campaign: Opened) -> None:
    unit = campaign.units["U01"]
    person("both@xa.example", (Role.REPORTER, unit), (Role.UNIT_HEAD, unit))
    tick(local("2023-05-10 08:00"), post())
    (mail,) = [row for row in rows("sent") if row.address == "both@xa.example"]
    assert [n.audience for n in nudges() if n.mail_id == mail.id] == ["unit"]


def test_somebody_with_two_units_gets_one_mail_naming_both(campaign: Opened) -> None:
    person("two@xa.example", (Role.REPORTER, campaign.units["U01"]), (Role.REPORTER, campaign.units["U02"]))
    tick(local("2023-05-09 08:00"), post())
    (mail,) = [row for row in rows("sent") if row.address == "two@xa.example"]
    assert mail.subject == "271-KH/HU: 2 báo cáo, gấp nhất: Hết hạn hôm nay"
    assert "Đảng bộ xã số 1" in (mail.body_text or "")
    assert "Đảng bộ xã số 2" in (mail.body_text or "")


def test_the_lead_who_also_reports_reads_both_in_one_mail(app: Flask) -> None:
    opened = open_campaign(2, at=OPEN)
    person("btg@huyen.example", Role.LEAD, (Role.REPORTER, opened.units["U01"]))
    person("u02@xa.example", (Role.REPORTER, opened.units["U02"]), (Role.UNIT_HEAD, opened.units["U02"]))
    tick(local("2023-05-11 08:00"), post())
    (mail,) = [row for row in rows("sent") if row.address == "btg@huyen.example"]
    assert mail.subject.startswith("271-KH/HU: 2 đơn vị trễ 2 ngày làm việc")


def test_a_unit_without_reporters_is_reminded_through_its_head(app: Flask) -> None:
    opened = open_campaign(1, at=OPEN)
    person("head@xa.example", (Role.UNIT_HEAD, opened.units["U01"]))
    tick(local("2023-04-10 08:00"), post())
    assert digests() == [("head@xa.example", "sent")]


def test_a_nudge_that_nobody_receives_is_in_the_ledger_and_the_lead_is_told_once(app: Flask) -> None:
    open_campaign(2, at=OPEN)
    person("lead@huyen.example", Role.LEAD)
    tick(local("2023-04-10 08:00"), post())
    assert [row.status for row in rows()].count("no_recipient") == 2
    (told,) = rows("sent")
    assert told.address == "lead@huyen.example"
    assert told.subject == "271-KH/HU: 2 thư nhắc chưa có người nhận"
    assert "Đảng bộ xã số 1" in (told.body_text or "")
    assert "Đảng bộ xã số 2" in (told.body_text or "")
    assert {(n.recipient, n.rung) for n in nudges()} == {(0, -14)}
    tick(local("2023-04-10 09:00"), post())
    assert len(rows()) == 3


def test_a_head_is_missing_only_from_the_rung_that_calls_for_one(app: Flask) -> None:
    opened = open_campaign(1, at=OPEN)
    person("u01@xa.example", (Role.REPORTER, opened.units["U01"]))
    person("lead@huyen.example", Role.LEAD)
    tick(local("2023-05-09 08:00"), post())
    assert rows("no_recipient") == []
    tick(local("2023-05-10 08:00"), post())
    assert len(rows("no_recipient")) == 1


def test_the_lead_is_reminded_of_the_consolidated_report_until_it_is_done(campaign: Opened) -> None:
    for code in campaign.reports:
        submit(code, campaign, "2023-05-08 15:00")
    tick(local("2023-05-11 08:00"), post())
    (mail,) = [row for row in rows("sent") if row.kind == "nudges"]
    assert (mail.address, mail.subject) == ("lead@huyen.example", "271-KH/HU: Báo cáo tổng hợp: Còn 14 ngày làm việc")
    write(lambda: mark_consolidated(campaign.campaign, local("2023-05-20 09:00")))
    tick(local("2023-06-06 08:00"), post())
    assert len([row for row in rows() if row.kind == "nudges"]) == 1


def test_late_news_of_the_same_day_goes_into_the_next_days_mail(campaign: Opened) -> None:
    tick(local("2023-05-09 08:00"), post())
    # A fourth report joins the person's care after the digest has left.
    other = campaign.units["U02"]
    person("new@xa.example", (Role.REPORTER, other))
    submit("U03", campaign, "2023-05-09 09:00")
    write(
        lambda: take_step(
            campaign.reports["U03"], Step.SEND_BACK, OFFICE, local("2023-05-09 10:00"), note="x",
            resubmit_by=local("2023-05-10 00:00").date(),
        )
    )  # fmt: skip
    tick(local("2023-05-09 10:00"), post())
    tick(local("2023-05-10 08:00"), post())
    mine = [row.local_day for row in rows("sent") if row.kind == "nudges" and row.address == "U03@xa.example"]
    assert len(mine) == len(set(mine)) == 2


def test_a_poisoned_report_stops_nobody_else_and_is_tried_again_later(
    campaign: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tracker.deadlines import planning

    bad = campaign.reports["U02"]
    real = planning.of_report

    def trips(report: object, *rest: object) -> object:
        if getattr(report, "id", None) == bad:
            raise RuntimeError("poisoned")
        return real(report, *rest)  # type: ignore[arg-type]  # passed on as they came

    monkeypatch.setattr(planning, "of_report", trips)
    now = local("2023-05-09 08:00")
    assert tick(now, post()).mail.sent == 2
    session().rollback()
    assert session().get_one(Report, bad).look_again_at == now + timedelta(minutes=10)
    monkeypatch.undo()
    assert tick(now + timedelta(minutes=10), post()).mail.sent == 1
