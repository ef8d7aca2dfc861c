"""A mail as bytes: read back by the standard library as it was meant, and never broken by what people are called."""

from __future__ import annotations

import email
import email.policy
from datetime import UTC, datetime
from email.header import decode_header, make_header
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tracker.notify.message import From, Letter, build, is_address, message_id

NOW = datetime(2023, 5, 12, 1, 0, tzinfo=UTC)
SENDER = From("theo-doi@tracker.example", "Theo dõi kế hoạch · Huyện ủy Phong Thổ", "btg@huyen.example")
LETTER = Letter("271-KH/HU: 8 đơn vị trễ 3 ngày làm việc", "Kính gửi,\n.\n..chấm đầu dòng\n", "<p>Kính gửi</p>")


def read(raw: bytes) -> EmailMessage:
    return email.message_from_bytes(raw, policy=email.policy.default)


def test_a_mail_reads_back_as_it_was_meant() -> None:
    ident = message_id("secret", 7, SENDER.address)
    made = build(LETTER, SENDER, "Lò Thị Mai", "mai@xa.example", ident, NOW)
    mail = read(made)
    assert mail["Subject"] == LETTER.subject
    # The new parser puts a space between two encoded words of a name, against RFC 2047, 6.2; the old one does not.
    sender = email.message_from_bytes(made)["From"]
    assert str(make_header(decode_header(sender))) == f"{SENDER.name} <{SENDER.address}>"
    assert mail["To"].addresses[0].display_name == "Lò Thị Mai"
    assert mail["To"].addresses[0].addr_spec == "mai@xa.example"
    assert mail["Reply-To"] == "btg@huyen.example"
    assert mail["Message-ID"] == ident
    assert mail["Date"].datetime == NOW
    plain, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain is not None
    assert html is not None
    assert plain.get_content().replace("\r\n", "\n") == LETTER.text
    assert html.get_content() == LETTER.html
    assert all(len(line) <= 78 for line in made.split(b"\r\n"))
    assert b"\n" not in made.replace(b"\r\n", b"")


def test_the_message_id_is_the_same_at_every_attempt_and_tells_nothing() -> None:
    first = message_id("secret", 7, "a@b.example")
    assert first == message_id("secret", 7, "a@b.example")
    assert len({first, message_id("secret", 8, "a@b.example"), message_id("other", 7, "a@b.example")}) == 3
    assert first.endswith("@b.example>")


@pytest.mark.parametrize("break_", ["\r\nBcc: all@x.example", "\n", "\r", "\x00", "\u2028"])
def test_a_line_break_in_a_header_is_refused(break_: str) -> None:
    ident = message_id("s", 1, SENDER.address)
    with pytest.raises(ValueError, match="line break"):
        build(Letter(f"Tiêu đề{break_}", "", ""), SENDER, "", "a@b.example", ident, NOW)
    with pytest.raises(ValueError, match="line break"):
        build(LETTER, SENDER, f"Mai{break_}", "a@b.example", ident, NOW)
    with pytest.raises(ValueError, match="address"):
        build(LETTER, SENDER, "", f"a@b.example{break_}", ident, NOW)


@pytest.mark.parametrize("text", ["", "a", "a@", "@b", "a b@c", "a@b, c@d", "<a@b>", "a@b>", 'a"@b'])
def test_what_is_no_address_is_not_sent_to(text: str) -> None:
    assert not is_address(text)


@given(name=st.text(st.characters(blacklist_categories=("Cc", "Cs", "Zl", "Zp")), max_size=120))
def test_any_name_and_subject_survive(name: str) -> None:
    mail = read(build(Letter(name, "x", "x"), SENDER, name, "a@b.example", "<1@b>", NOW))
    assert [address.addr_spec for address in mail["To"].addresses] == ["a@b.example"]
    assert "".join(mail["Subject"].split()) == "".join(name.split())
