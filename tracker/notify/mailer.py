"""From the outbox to the world: claim with a lease, compose, send with no transaction open, write down what happened.

What a mail says, and whether it is still wanted, is asked of the rooms above; SMTP itself is transport.py's.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final, cast

from sqlalchemy import Table, Update, and_, bindparam, or_, select, update

from tracker.core.db import changed, read_only, session, transaction
from tracker.core.text import one_line
from tracker.notify.lease import is_dead, new_token
from tracker.notify.message import From, Letter, build, message_id
from tracker.notify.models import OutboxMail
from tracker.notify.transport import Later, Refused, Transport, Unknown, Unreachable

log = logging.getLogger(__name__)

DIGEST: Final = "nudges"
LEASE: Final = timedelta(seconds=90)
AMBIGUOUS_WAIT: Final = timedelta(minutes=15)
ATTEMPTS: Final = 12
QUICK: Final = 3
# What opens a door is not kept once it has left (the built-in mailbox is the mail itself, and keeps it).
SECRET_KINDS: Final = frozenset({"invite", "reset", "sign_in_link", "opening"})


@dataclass(frozen=True, slots=True)
class Claimed:
    """A mail that this process holds for now."""

    id: int
    kind: str
    recipient_id: int | None
    recipient_name: str
    address: str
    about: str | None
    campaign_id: int | None
    local_day: date | None
    context: Mapping[str, Any]
    attempts: int
    ambiguous_at: datetime | None
    token: str = field(repr=False, default="")


# id -> what the mail says; None: it is no longer wanted.
Compose = Callable[[Sequence[Claimed], datetime], Mapping[int, Letter | None]]


@dataclass(frozen=True, slots=True)
class Post:
    """What sending needs. `connect`: a transport for one thread; `ready(now)`: may digests leave at this moment."""

    compose: Compose
    connect: Callable[[], Transport]
    sender: Callable[[datetime], From]
    ready: Callable[[datetime], bool]
    local_day: Callable[[datetime], date]
    secret: str
    connections: int = 1


@dataclass(slots=True)
class Tally:
    """What a round of sending did. `claimed` is 0 when nothing was left; `stop`: no server answers, try later."""

    claimed: int = 0
    sent: int = 0
    cancelled: int = 0
    later: int = 0
    failed: int = 0
    ambiguous: int = 0
    stop: bool = False

    def add(self, other: Tally) -> None:
        """Count another round in."""
        for name in ("claimed", "sent", "cancelled", "later", "failed", "ambiguous"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.stop = self.stop or other.stop


def recover(now: datetime) -> int:
    """Take back what dead or overdue holders left behind; how many.

    Before DATA nobody can have got the mail: it waits again. From DATA on nobody can know: ambiguous, one more try
    after fifteen minutes, with the same Message-ID.
    """
    with transaction():
        held = (
            session()
            .execute(
                select(OutboxMail.id, OutboxMail.lease_token, OutboxMail.lease_until)
                .where(OutboxMail.status == "sending")
                .order_by(OutboxMail.id)
            )
            .all()
        )
        left = [row for row in held if row.lease_until <= now or is_dead(row.lease_token or "")]
        count = 0
        for row in left:
            mine = (OutboxMail.id == row.id, OutboxMail.lease_token == row.lease_token, OutboxMail.status == "sending")
            found = session().execute(select(*_COLUMNS, OutboxMail.phase).where(*mine).with_for_update()).first()
            if found is None:
                continue
            mail = _claimed(found[:-1], row.lease_token or "")
            values = _unknown(mail, now) if found.phase == "data" else _dropped(mail, now)
            count += changed(update(OutboxMail).where(*mine).values(**values))
    return count


def send_batch(post: Post, transport: Transport, now: datetime, limit: int = 25) -> Tally:
    """Send up to `limit` mails that are due; `Tally.claimed` is 0 when there is none.

    1. Claim: they become `sending`, with a lease and a token. Commit.
    2. Compose. What is no longer wanted is cancelled; what cannot be composed waits, and stops nobody else.
    3. For each: MAIL and RCPT; then one commit that says "the one before is sent, this one goes into DATA"; then DATA.
    4. Write the last outcomes down; hand back what was not begun.
    """
    mails = _claim(post, now, limit)
    if not mails:
        return Tally()
    letters, broken = _compose(post, mails, now)
    work = _Round(post, transport, now, Tally(claimed=len(mails)), {mail.id: mail for mail in mails})
    for mail in mails:
        if mail.id in broken:
            work.later(mail, broken[mail.id])
        elif letters.get(mail.id) is None:
            work.unwanted(mail)
    try:
        for mail in mails:
            letter = letters.get(mail.id)
            if letter is not None:
                work.send(mail, letter)
            if work.tally.stop:
                break
    finally:
        work.end()
    return work.tally


def send_due(post: Post, clock: Callable[[], datetime], limit: int = 25) -> Tally:
    """Send until nothing is due, or no server answers; one connection for all of it. `clock` is asked once a batch."""
    total = Tally()
    transport = post.connect()
    try:
        while True:
            done = send_batch(post, transport, clock(), limit)
            total.add(done)
            if not done.claimed or done.stop:
                return total
    finally:
        transport.close()


class _Round:
    """One batch on its way. Outcomes are gathered and written with the next mail's DATA mark: one commit a mail."""

    def __init__(self, post: Post, transport: Transport, now: datetime, tally: Tally, held: dict[int, Claimed]) -> None:
        self.post, self.transport, self.now, self.tally = post, transport, now, tally
        self.held = held
        self.sender = post.sender(now)
        self.outcomes: list[tuple[Claimed, dict[str, Any]]] = []

    def send(self, mail: Claimed, letter: Letter) -> None:
        """One mail, to its end."""
        subject = one_line(letter.subject)[:300]
        ident = message_id(self.post.secret, mail.id, self.sender.address)
        try:
            clean = Letter(subject, letter.text, letter.html)
            message = build(clean, self.sender, one_line(mail.recipient_name), mail.address, ident, self.now)
            self.transport.envelope(self.sender.address, mail.address)
        except ValueError as error:
            return self.refused(mail, one_line(str(error)))
        except Refused as error:
            return self.refused(mail, str(error))
        except Later as error:
            return self.later(mail, str(error))
        except Unreachable as error:
            self.tally.stop = True
            return self.later(mail, str(error))
        keep = self.transport.keeps or mail.kind not in SECRET_KINDS
        text, html = (letter.text, letter.html) if self.transport.keeps else _hidden(letter)
        kept = {
            "subject": subject,
            "message_id": ident,
            "body_text": text if keep else None,
            "body_html": html if keep else None,
        }
        if self.transport.keeps:
            return self._outcome(mail, {**kept, **_sent(mail, self.now)}, "sent")
        if not self._mark(mail, {**kept, "phase": "data", "lease_until": self.now + LEASE}):
            return self.transport.reset()
        try:
            self.transport.data(message)
        except Later as error:
            return self.later(mail, str(error))
        except Refused as error:
            return self.refused(mail, str(error))
        except Unknown as error:
            return self._outcome(mail, {**_unknown(mail, self.now), "error": str(error)[:500]}, "ambiguous")
        return self._outcome(mail, _sent(mail, self.now), "sent")

    def later(self, mail: Claimed, why: str) -> None:
        """Not now: it waits, longer each time, twelve times in all."""
        values = _later(mail, why, self.now)
        self._outcome(mail, values, "failed" if values["status"] == "failed" else "later")

    def refused(self, mail: Claimed, why: str) -> None:
        """Never: the lead office has to look."""
        if mail.ambiguous_at is None:
            self._outcome(mail, {**_free("failed"), "attempts": mail.attempts + 1, "error": why[:500]}, "failed")
        else:
            values = {**_free("ambiguous"), "resend": False, "attempts": mail.attempts + 1, "error": why[:500]}
            self._outcome(mail, values, "ambiguous")

    def unwanted(self, mail: Claimed) -> None:
        """It changed meanwhile: nothing leaves."""
        again = mail.ambiguous_at is not None
        self._outcome(mail, {**_free("ambiguous" if again else "cancelled"), "resend": False}, "cancelled")

    def end(self) -> None:
        """Write down what is left, and hand back what was not begun."""
        for mail in list(self.held.values()):
            values = _free("pending" if mail.ambiguous_at is None else "ambiguous")
            self.outcomes.append((mail, {**values, "resend": mail.ambiguous_at is not None}))
        self._write(None)

    def _outcome(self, mail: Claimed, values: dict[str, Any], counts_as: str) -> None:
        setattr(self.tally, counts_as, getattr(self.tally, counts_as) + 1)
        self.held.pop(mail.id, None)
        self.outcomes.append((mail, values))

    def _mark(self, mail: Claimed, values: dict[str, Any]) -> bool:
        """Write the outcomes so far and this mail's DATA mark; False if its lease was lost to another."""
        self.held.pop(mail.id, None)
        return self._write((mail, values))

    def _write(self, last: tuple[Claimed, dict[str, Any]] | None) -> bool:
        if not self.outcomes and last is None:
            return True
        hit = 1
        with transaction():
            for mail, values in self.outcomes:
                # An answer that came after the lease still settles what was meanwhile called ambiguous.
                if not _write(_SETTLE, mail, values):
                    log.warning("mail %s was taken over by another process", mail.id)
            if last is not None:
                hit = _write(_HOLD, *last)
        self.outcomes.clear()
        return hit == 1


# The table, not the class: an UPDATE a mail, and the unit of work would cost more than it.
_TABLE = cast("Table", OutboxMail.__table__)
_HELD = (_TABLE.c.id == bindparam("held_id")) & (_TABLE.c.lease_token == bindparam("held_token"))
_HOLD = update(_TABLE).where(_HELD, _TABLE.c.status == "sending")
_SETTLE = update(_TABLE).where(_HELD, or_(_TABLE.c.status == "sending", _TABLE.c.status == "ambiguous"))
# There are a dozen shapes of outcome; each is built once.
_PREPARED: dict[tuple[Update, tuple[str, ...]], Update] = {}
_COLUMNS = (
    OutboxMail.id,
    OutboxMail.kind,
    OutboxMail.recipient_id,
    OutboxMail.recipient_name,
    OutboxMail.address,
    OutboxMail.about,
    OutboxMail.campaign_id,
    OutboxMail.local_day,
    OutboxMail.context,
    OutboxMail.attempts,
    OutboxMail.ambiguous_at,
)


def _claim(post: Post, now: datetime, limit: int) -> list[Claimed]:
    """Take what is due. SKIP LOCKED on PostgreSQL; SQLite writes one at a time (BEGIN IMMEDIATE)."""
    token = new_token()
    with transaction():
        digests = and_(OutboxMail.kind == DIGEST, OutboxMail.local_day == post.local_day(now))
        kinds = or_(OutboxMail.kind != DIGEST, digests) if post.ready(now) else OutboxMail.kind != DIGEST
        rows: list[Any] = []
        for status in (OutboxMail.status == "pending", and_(OutboxMail.status == "ambiguous", OutboxMail.resend)):
            if len(rows) >= limit:
                break
            # In a WITH, since PostgreSQL may run a plain subquery more than once and lock more than it says.
            picked = (
                select(OutboxMail.id)
                .where(status, OutboxMail.not_before <= now, kinds)
                .order_by(OutboxMail.not_before, OutboxMail.id)
                .limit(limit - len(rows))
                .with_for_update(skip_locked=True)
                .cte("picked")
            )
            rows += (
                session()
                .execute(
                    update(OutboxMail)
                    .where(OutboxMail.id.in_(select(picked.c.id)))
                    .values(status="sending", phase="", lease_until=now + LEASE, lease_token=token)
                    .returning(*_COLUMNS)
                    .execution_options(synchronize_session=False)
                )
                .all()
            )
    return sorted((_claimed(row, token) for row in rows), key=lambda mail: mail.id)


def _claimed(row: Sequence[Any], token: str) -> Claimed:
    (ident, kind, recipient_id, name, address, about, campaign_id, day, context, attempts, ambiguous_at) = row
    return Claimed(
        ident, kind, recipient_id, name, address, about, campaign_id, day, context, attempts, ambiguous_at, token
    )


def _compose(post: Post, mails: Sequence[Claimed], now: datetime) -> tuple[dict[int, Letter | None], dict[int, str]]:
    """What each mail says, and which could not be written: a poisoned one is found by asking one by one."""
    try:
        with transaction():
            read_only()
            return dict(post.compose(mails, now)), {}
    except Exception as error:
        if len(mails) == 1:
            log.exception("mail %s (%s) cannot be written", mails[0].id, mails[0].kind)
            return {}, {mails[0].id: one_line(f"{type(error).__name__}: {error}")}
    letters: dict[int, Letter | None] = {}
    broken: dict[int, str] = {}
    for mail in mails:
        one, bad = _compose(post, [mail], now)
        letters.update(one)
        broken.update(bad)
    return letters, broken


def _write(statement: Update, mail: Claimed, values: Mapping[str, Any]) -> int:
    """Change a row that this claim still holds; 0 if it does not."""
    names = tuple(sorted(values))
    prepared = _PREPARED.get((statement, names))
    if prepared is None:
        prepared = _PREPARED[statement, names] = statement.values({name: bindparam(f"new_{name}") for name in names})
    given = {f"new_{name}": value for name, value in values.items()}
    # Past the session: its bookkeeping for one UPDATE costs more than the UPDATE.
    return session().connection().execute(prepared, {"held_id": mail.id, "held_token": mail.token, **given}).rowcount


def _free(status: str) -> dict[str, Any]:
    return {"status": status, "lease_until": None}


def _sent(mail: Claimed, now: datetime) -> dict[str, Any]:
    """Done. What was ambiguous stays listed as such: the first attempt may have arrived too."""
    status = "sent" if mail.ambiguous_at is None else "ambiguous"
    values = {**_free(status), "phase": "done", "sent_at": now, "attempts": mail.attempts + 1, "resend": False}
    return {**values, "error": ""} if status == "sent" else values


def _unknown(mail: Claimed, now: datetime) -> dict[str, Any]:
    """Nobody can know. The first time it is sent once more; after that a person decides."""
    first = mail.ambiguous_at is None
    return {
        **_free("ambiguous"),
        "ambiguous_at": mail.ambiguous_at or now,
        "resend": first,
        "not_before": now + AMBIGUOUS_WAIT,
        "attempts": mail.attempts + 1,
    }


def _later(mail: Claimed, why: str, now: datetime) -> dict[str, Any]:
    """Wait: one minute, doubling up to an hour, twelve attempts in all."""
    attempts = mail.attempts + 1
    values = {"attempts": attempts, "error": why[:500], "not_before": now + backoff(attempts)}
    if mail.ambiguous_at is not None:
        return {**_free("ambiguous"), **values, "resend": attempts < ATTEMPTS}
    return {**_free("failed" if attempts >= ATTEMPTS else "pending"), **values, "phase": ""}


def _dropped(mail: Claimed, now: datetime) -> dict[str, Any]:
    """Its holder died before DATA: again at once, but one that keeps killing its holder waits as others do."""
    values = _later(mail, "its sender died", now)
    return {**values, "not_before": now} if values["attempts"] <= QUICK else values


def backoff(attempts: int) -> timedelta:
    """How long to wait after so many attempts."""
    return timedelta(minutes=min(1 << min(attempts - 1, 10), 60))


def _hidden(letter: Letter) -> tuple[str, str]:
    """Both bodies without the links that open a door."""
    text, html = letter.text, letter.html
    for secret in letter.hide:
        text, html = text.replace(secret, "…"), html.replace(secret, "…")
    return text, html
