"""The clock's desk for tests: addresses that lead nowhere, a post office to a sink or the mailbox, and instants."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import select

from tracker.accounts.models import OneTimeLink
from tracker.core.db import session, transaction
from tracker.deadlines.models import Nudge
from tracker.deadlines.tick import post_office
from tracker.notify.mailer import Post
from tracker.notify.models import OutboxMail
from tracker.notify.transport import Server, Smtp, Transport

SECRET = "only-for-the-tests-0123456789abcdef"
MAIL_FROM = "theo-doi@tracker.example"
SITE = "https://theodoi.example"


class Addresses:
    """Pages of a site that is not there."""

    def report(self, report_id: int) -> str:
        return f"{SITE}/reports/{report_id}"

    def board(self, campaign_id: int) -> str:
        return f"{SITE}/board/{campaign_id}"

    def mails(self, campaign_id: int) -> str:
        return f"{SITE}/mails/{campaign_id}"

    def link(self, link: OneTimeLink) -> str:
        return f"{SITE}/{link.purpose}/token-of-{link.id}"

    def oversight(self, campaign_id: int, until: datetime) -> str:
        return f"{SITE}/xem/{campaign_id}-{until.date().isoformat()}"

    def home(self) -> str:
        return SITE


def local(text: str) -> datetime:
    """An instant on the office's clock: "2023-05-12 08:00"."""
    return datetime.fromisoformat(f"{text.replace(' ', 'T')}+07:00")


def post(url: str | None = None, connections: int = 1) -> Post:
    """A post office to a sink, or to the built-in mailbox."""
    return post_office(smtp_url=url, mail_from=MAIL_FROM, secret=SECRET, urls=Addresses(), connections=connections)


def hasty(url: str, seconds: float = 1.0) -> Post:
    """A post office that waits for nobody longer than `seconds`."""
    made = post(url)

    def connect() -> Transport:
        return Smtp(Server.of(url), "tracker.example", connect=seconds, command=seconds, dot=seconds)

    return Post(
        compose=made.compose,
        connect=connect,
        sender=made.sender,
        ready=made.ready,
        local_day=made.local_day,
        secret=made.secret,
    )


def rows(*statuses: str) -> list[OutboxMail]:
    """The mails in some statuses, or all, in the order they were planned; read afresh, and let go of."""
    session().rollback()
    found = session().scalars(select(OutboxMail).order_by(OutboxMail.id)).all()
    _let_go()
    return [row for row in found if not statuses or row.status in statuses]


def nudges() -> list[Nudge]:
    """Every nudge, read afresh, and let go of."""
    session().rollback()
    found = list(session().scalars(select(Nudge).order_by(Nudge.id)))
    _let_go()
    return found


def _let_go() -> None:
    """Keep what was read and end the transaction, which on SQLite would keep everybody else from writing."""
    session().expunge_all()
    session().rollback()


def write(change: Callable[[], object]) -> None:
    """Do something in a transaction of its own."""
    session().rollback()
    with transaction():
        change()
