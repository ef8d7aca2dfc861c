"""What each kind of mail says, in words an office uses, with links that open and nothing that a name can break."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask import Flask

from config import Settings
from tests.deadlines.desk import local, post, rows
from tests.people import person
from tests.sink import Sink
from tracker.accounts.links import make_link, use_link
from tracker.accounts.models import OneTimeLink
from tracker.core.db import session, transaction
from tracker.core.people import Role
from tracker.deadlines.tick import post_office
from tracker.notify.mailer import Post, send_due
from tracker.notify.models import OutboxMail
from tracker.notify.service import queue
from tracker.operate.addresses import Addresses

NOW = local("2023-05-09 15:20")
FACTS: dict[str, dict[str, object]] = {
    "sent_back": {"note": "Thiếu số liệu năm 2015", "by": "Nguyễn Thị Hạnh", "resubmit_by": "2023-05-12"},
    "accepted": {"by": "Nguyễn Thị Hạnh"},
    "extended": {"reason": "Mất điện", "last_day": "2023-05-17"},
    "opening": {
        "title": "Tổng kết 10 năm",
        "last_days": [
            {"kind": "complete", "wording": "hoàn thành trước 01/5", "last_day": "2023-04-30"},
            {"kind": "submit", "wording": "gửi trước 10/5", "last_day": "2023-05-09"},
        ],
    },
}


def write(kind: str, link: OneTimeLink | None = None, office: Post | None = None, **facts: object) -> OutboxMail:
    with transaction():
        queue(
            kind,
            recipient_id=None,
            name="Lò Thị Mai",
            address="mai@xa.example",
            dedupe_key=f"{kind}:{link and link.id}:{sorted(facts)}",
            now=NOW,
            context={
                "number": "271-KH/HU",
                "unit": "Đảng bộ xã Nậm Xe",
                "report_id": 7,
                "at": NOW.isoformat(),
                **({"link_id": link.id} if link else {}),
                **facts,
            },
        )
    session().rollback()
    send_due(office or post(), lambda: NOW)
    return rows()[-1]


@pytest.mark.parametrize(
    ("kind", "subject", "says"),
    [
        ("sent_back", "271-KH/HU: Bị trả lại, gửi lại đến hết ngày 12/5/2023", ["Thiếu số liệu năm 2015", "15:20"]),
        ("accepted", "271-KH/HU: Báo cáo đã được duyệt", ["Không còn việc phải làm."]),
        ("extended", "271-KH/HU: Được gia hạn đến hết ngày 17/5/2023", ["Mất điện", "thứ Tư, ngày 17/5/2023"]),
        ("opening", "271-KH/HU: Báo cáo cần gửi, hạn đến hết ngày 09/5/2023", ["thứ Ba, ngày 09/5/2023", "30/4/2023"]),
    ],
)
def test_it_says_the_fact_first_and_links_to_the_report(app: Flask, kind: str, subject: str, says: list[str]) -> None:
    mail = write(kind, **FACTS[kind])
    assert (mail.status, mail.subject) == ("sent", subject)
    for body in (mail.body_text or "", mail.body_html or ""):
        for each in (*says, "Đảng bộ xã Nậm Xe", "/reports/7"):
            assert each in body


@pytest.mark.parametrize("kind", sorted(FACTS))
def test_its_words_are_an_offices(app: Flask, kind: str) -> None:
    mail = write(kind, **FACTS[kind])
    text = mail.body_text or ""
    assert not re.search(
        r"!|\b(bạn|anh/chị|None|undefined|report|deadline|email)\b", text.replace("/reports/", ""), re.I
    )
    assert "\n\n\n" not in text
    assert "{{" not in (mail.body_html or "")


def test_a_name_cannot_become_markup(app: Flask) -> None:
    mail = write("sent_back", note="<script>alert(1)</script>", by="<b>x</b>", resubmit_by=None)
    assert "<script>" not in (mail.body_html or "")
    assert "&lt;script&gt;" in (mail.body_html or "")
    assert "<script>alert(1)</script>" in (mail.body_text or "")


@pytest.fixture
def real(app: Flask, settings: Settings) -> Post:
    """A post office with the application's own addresses."""
    urls = Addresses(app, settings.base_url, settings.secret_key)
    return post_office(smtp_url=None, mail_from="a@b.example", secret="x" * 20, urls=urls)


@pytest.mark.parametrize(
    ("kind", "purpose", "path"),
    [("invite", "invite", "/invite/"), ("reset", "reset", "/reset/"), ("sign_in_link", "sign_in", "/sign-in/")],
)
def test_a_link_is_made_when_the_mail_leaves_and_opens(
    app: Flask, real: Post, settings: Settings, kind: str, purpose: str, path: str
) -> None:
    who = person("mai@xa.example", Role.LEAD)
    with transaction():
        link = make_link(purpose, str(who.user_id), who.user_id, NOW, 14)
        session().flush()
        session().expunge(link)
    mail = write(kind, link, real, email="mai@xa.example")
    found = re.search(rf"{re.escape(settings.base_url)}{path}(\S+)", mail.body_text or "")
    assert found
    assert found[1].startswith(f"{link.id}-")
    assert found[1] in (mail.body_html or "")
    assert "dùng một lần" in (mail.body_text or "")


def test_a_link_that_was_used_meanwhile_is_not_mailed(app: Flask, real: Post) -> None:
    who = person("mai@xa.example", Role.LEAD)
    with transaction():
        link = make_link("reset", str(who.user_id), who.user_id, NOW, 1)
        use_link(link, NOW)
        session().expunge(link)
    assert write("reset", link, real, email="mai@xa.example").status == "cancelled"


def test_an_opening_carries_the_invitation_of_somebody_who_was_never_in(
    app: Flask, sink: Sink, settings: Settings
) -> None:
    who = person("mai@xa.example", Role.LEAD)
    with transaction():
        link = make_link("invite", str(who.user_id), who.user_id, NOW, 14)
        session().flush()
        session().expunge(link)
    urls = Addresses(app, settings.base_url, settings.secret_key)
    office = post_office(smtp_url=sink.url, mail_from="a@b.example", secret="x" * 20, urls=urls, connections=1)
    mail = write("opening", link, office, **FACTS["opening"])
    (sent,) = sink.mails
    assert f"/invite/{link.id}-" in sent.text
    assert "Đặt mật khẩu và mở báo cáo" in sent.text
    # What opens a door is not kept.
    assert (mail.body_text, mail.body_html) == (None, None)


def test_oversights_link_is_sent_and_not_kept(app: Flask, sink: Sink, settings: Settings) -> None:
    from tests.factories import open_campaign
    from tracker.deadlines.tick import tick

    open_campaign(1, at=local("2023-02-20 14:00"))
    person("oversight@huyen.example", Role.OVERSIGHT)
    urls = Addresses(app, settings.base_url, settings.secret_key)
    office = post_office(smtp_url=sink.url, mail_from="a@b.example", secret="x" * 20, urls=urls, connections=1)
    now = local("2023-05-12 08:00")
    tick(now, office)
    (mail,) = sink.to("oversight@huyen.example")
    address = re.search(rf"{re.escape(settings.base_url)}(/xem/\S+)", mail.text)
    assert address
    assert "đến hết 19/5/2023" in mail.text
    (row,) = [row for row in rows() if row.address == "oversight@huyen.example"]
    assert address[1] not in (row.body_text or "") + (row.body_html or "")
    assert (row.body_text or "").count("…") == 1
    assert now + timedelta(days=7) < local("2023-05-20 00:00")


def test_the_leads_digest_tells_what_came_in_since_the_last(app: Flask) -> None:
    from tests.factories import OFFICE, fill, open_campaign
    from tracker.reports.rules import Step
    from tracker.reports.service import take_step

    opened = open_campaign(2, at=local("2023-02-20 14:00"))
    person("lead@huyen.example", Role.LEAD)
    for code, at in (("U01", "2023-05-08 10:00"), ("U02", "2023-05-08 16:29")):
        fill(opened.reports[code], OFFICE, local(at))
        with transaction():
            take_step(opened.reports[code], Step.SUBMIT, OFFICE, local(at), note="Gửi bản giấy")
    assert send_due(post(), lambda: local("2023-05-08 16:29")).sent == 0
    assert send_due(post(), lambda: local("2023-05-08 16:30")).sent == 1
    (mail,) = [row for row in rows("sent") if row.kind == "submissions"]
    assert mail.subject == "271-KH/HU: 2 báo cáo vừa gửi đến"
    assert "Đã gửi lúc 10:00 ngày 08/5, đúng hạn" in (mail.body_text or "")
    assert "2 trên 2 đơn vị đã gửi" in (mail.body_text or "")
