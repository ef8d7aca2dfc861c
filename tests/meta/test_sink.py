"""The mail sink fails as it is told to, so that what is proved against it is proved."""

from __future__ import annotations

import smtplib
from email.message import EmailMessage

import pytest

from tests.sink import Sink


def letter(to: str, subject: str = "Nhắc việc: nộp báo cáo") -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "theo-doi@tracker.example", to, subject
    message["Message-ID"] = f"<{to}>"
    message.set_content("Còn 3 ngày làm việc.")
    return message


def post(sink: Sink, *to: str) -> None:
    with smtplib.SMTP("127.0.0.1", sink.port, timeout=2) as client:
        for address in to:
            client.send_message(letter(address))


def test_it_keeps_what_it_is_sent(sink: Sink) -> None:
    post(sink, "a@xa.example", "b@xa.example")
    assert [mail.to for mail in sink.mails] == ["a@xa.example", "b@xa.example"]
    assert sink.mails[0].subject == "Nhắc việc: nộp báo cáo"
    assert sink.mails[0].text.strip() == "Còn 3 ngày làm việc."
    assert sink.mails[0].message_id == "<a@xa.example>"


def test_it_answers_451_as_often_as_it_is_told_and_then_accepts(sink: Sink) -> None:
    sink.fail("451 4.7.1 Greylisted", times=2)
    for _ in range(2):
        with pytest.raises(smtplib.SMTPRecipientsRefused):
            post(sink, "a@xa.example")
    post(sink, "a@xa.example")
    assert len(sink.mails) == 1


def test_it_refuses_some_addresses_for_good(sink: Sink) -> None:
    sink.refuse("gone@xa.example")
    with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        post(sink, "gone@xa.example")
    assert refused.value.recipients["gone@xa.example"][0] == 550
    post(sink, "a@xa.example")
    assert [mail.to for mail in sink.mails] == ["a@xa.example"]


def test_it_turns_a_client_away_at_the_door(sink: Sink) -> None:
    sink.fail("421 4.3.2 Closed", phase="connect")
    with pytest.raises(smtplib.SMTPConnectError):
        post(sink, "a@xa.example")
    post(sink, "a@xa.example")


@pytest.mark.parametrize(("keep", "kept"), [(True, 1), (False, 0)])
def test_it_cuts_the_connection_after_the_final_dot(sink: Sink, keep: bool, kept: int) -> None:
    sink.cut(keep=keep)
    with pytest.raises(smtplib.SMTPServerDisconnected):
        post(sink, "a@xa.example")
    assert len(sink.mails) == kept


@pytest.mark.parametrize("phase", ["connect", "rcpt", "data"])
def test_it_swallows_a_client_as_a_black_hole(sink: Sink, phase: str) -> None:
    sink.silence(phase)  # type: ignore[arg-type]  # the three phases above are phases
    with pytest.raises((TimeoutError, smtplib.SMTPServerDisconnected)):
        post(sink, "a@xa.example")
    assert sink.mails == []
