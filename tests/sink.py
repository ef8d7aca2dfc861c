"""An SMTP server on loopback that keeps what it is sent and can be told to fail in every way a real one does.

It knows nothing of the tracker; what it accepted is read from `mails`.
"""

from __future__ import annotations

import asyncio
import email
import email.policy
import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from email.message import EmailMessage
from types import TracebackType
from typing import Any, Literal

from aiosmtpd.smtp import SMTP, Envelope, Session

Phase = Literal["connect", "mail", "rcpt", "data"]


@dataclass(frozen=True)
class Mail:
    """One message for which this server took responsibility (or pretended not to: see Sink.cut)."""

    sender: str
    recipients: tuple[str, ...]
    raw: bytes
    message: EmailMessage = field(repr=False)

    @property
    def message_id(self) -> str:
        return str(self.message["Message-ID"]).strip()

    @property
    def subject(self) -> str:
        return str(self.message["Subject"])

    @property
    def to(self) -> str:
        return self.recipients[0]

    @property
    def text(self) -> str:
        """The plain text part."""
        part = self.message.get_body(("plain",))
        return "" if part is None else str(part.get_content())

    @property
    def html(self) -> str:
        """The HTML part, or nothing."""
        part = self.message.get_body(("html",))
        return "" if part is None else str(part.get_content())


@dataclass
class _Fault:
    phase: Phase
    what: str  # an SMTP reply, "cut-kept", "cut-lost" or "silence"
    left: int | None  # None: for ever
    addresses: frozenset[str] | None = None

    def strikes(self, phase: Phase, addresses: Iterable[str]) -> bool:
        return (
            self.phase == phase
            and self.left != 0
            and (self.addresses is None or not self.addresses.isdisjoint(a.lower() for a in addresses))
        )


class _Door(SMTP):
    async def _handle_client(self) -> None:
        answer = await self.event_handler.answer("connect", ())
        if answer is not None:
            await self.push(answer)
            self._writer.close()
            return
        await super()._handle_client()


class Sink:
    """with Sink() as sink: … sink.url, sink.mails, and the faults below, in force until they are used up or `heal`.

    fail(421…): answer that `times` times in a phase (`rcpt` unless said), to everybody or to `addresses`.
    cut(keep=…): break the connection after the final dot, with no answer, the mail kept or thrown away.
    silence(phase): accept and never answer (a black hole).
    """

    def __init__(self, port: int = 0) -> None:
        self._port = port
        self._lock = threading.Lock()
        self._faults: list[_Fault] = []
        self._mails: list[Mail] = []
        self.connections = 0
        self.attempts = 0

    # what came in

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self._port}"

    @property
    def port(self) -> int:
        return self._port

    @property
    def mails(self) -> list[Mail]:
        """In the order of arrival, duplicates included."""
        with self._lock:
            return list(self._mails)

    def to(self, address: str) -> list[Mail]:
        """What one address got."""
        return [mail for mail in self.mails if address.lower() in (r.lower() for r in mail.recipients)]

    def forget(self) -> None:
        """Empty the mailbox."""
        with self._lock:
            self._mails.clear()

    # what goes wrong

    def fail(
        self, reply: str, times: int | None = 1, phase: Phase = "rcpt", addresses: Iterable[str] | None = None
    ) -> None:
        """Answer `reply`, e.g. "451 4.7.1 Greylisted"; times=None: always."""
        self._add(_Fault(phase, reply, times, _lower(addresses)))

    def refuse(self, *addresses: str, reply: str = "550 5.1.1 No such user") -> None:
        """These addresses do not exist."""
        self._add(_Fault("rcpt", reply, None, _lower(addresses)))

    def cut(self, *, keep: bool, times: int | None = 1, addresses: Iterable[str] | None = None) -> None:
        """Break the connection after the final dot."""
        self._add(_Fault("data", "cut-kept" if keep else "cut-lost", times, _lower(addresses)))

    def silence(
        self, phase: Phase = "connect", times: int | None = None, addresses: Iterable[str] | None = None
    ) -> None:
        """Never answer in that phase."""
        self._add(_Fault(phase, "silence", times, _lower(addresses)))

    def heal(self) -> None:
        """From here on accept everything."""
        with self._lock:
            self._faults.clear()

    # the server

    def start(self) -> Sink:
        self._loop = asyncio.new_event_loop()
        self._closing = asyncio.Event()
        self._thread = threading.Thread(target=self._loop.run_forever, name="smtp-sink", daemon=True)
        self._thread.start()
        opened = asyncio.run_coroutine_threadsafe(self._open(), self._loop).result(10)
        self._port = opened.sockets[0].getsockname()[1]
        return self

    async def _open(self) -> asyncio.Server:
        self._server = await self._loop.create_server(
            lambda: _Door(self, enable_SMTPUTF8=True, loop=self._loop), "127.0.0.1", self._port
        )
        return self._server

    def stop(self) -> None:
        asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)
        self._loop.close()

    async def _close(self) -> None:
        self._closing.set()
        self._server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    def __enter__(self) -> Sink:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    # aiosmtpd's hooks

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = await self.answer("mail", (address,))
        if answer is None:
            envelope.mail_from = address
        return answer or "250 2.1.0 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        answer = await self.answer("rcpt", (address,))
        if answer is None:
            envelope.rcpt_tos.append(address)
        return answer or "250 2.1.5 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        raw = envelope.content if isinstance(envelope.content, bytes) else str(envelope.content).encode()
        with self._lock:
            self.attempts += 1
        what = self._strike("data", envelope.rcpt_tos)
        if what in (None, "cut-kept"):
            parsed = email.message_from_bytes(raw, policy=email.policy.default)
            with self._lock:
                self._mails.append(Mail(envelope.mail_from or "", tuple(envelope.rcpt_tos), raw, parsed))
        if what is None:
            return "250 2.0.0 OK"
        if what == "silence":
            await self._silence()
        if what.startswith("cut") or what == "silence":
            transport: Any = server.transport
            transport.abort()
            return "421 4.3.0 Gone"
        return what

    async def answer(self, phase: Phase, addresses: Iterable[str]) -> str | None:
        """What goes wrong in this phase: the reply to give, or None."""
        what = self._strike(phase, addresses)
        if what == "silence":
            await self._silence()
            return "421 4.3.0 Gone"
        return what

    async def _silence(self) -> None:
        await self._closing.wait()

    def _strike(self, phase: Phase, addresses: Iterable[str]) -> str | None:
        with self._lock:
            if phase == "connect":
                self.connections += 1
            for fault in self._faults:
                if fault.strikes(phase, tuple(addresses)):
                    if fault.left is not None:
                        fault.left -= 1
                    return fault.what
        return None

    def _add(self, fault: _Fault) -> None:
        with self._lock:
            self._faults.append(fault)


def _lower(addresses: Iterable[str] | None) -> frozenset[str] | None:
    return None if addresses is None else frozenset(address.lower() for address in addresses)
