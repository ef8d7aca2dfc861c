"""How a mail leaves: by SMTP over one connection for many mails, or into the built-in mailbox.

It knows no rows; what a failure means for one is mailer.py's.
"""

from __future__ import annotations

import contextlib
import re
import smtplib
import ssl
from dataclasses import dataclass
from typing import Final, Protocol
from urllib.parse import unquote, urlsplit

from tracker.core.text import one_line

CONNECT: Final = 20.0
COMMAND: Final = 60.0
# RFC 5321, 4.5.3.2.6: a server may take ten minutes to answer the final dot.
FINAL_DOT: Final = 600.0

_DOTS = re.compile(rb"(?m)^\.")


class Later(Exception):
    """Not now: a 4xx answer, or the connection broke before the final dot. Trying again is safe."""


class Refused(Exception):
    """Never: a 5xx answer. A person has to look at it."""


class Unreachable(Exception):
    """No server answers, or it lets nobody in: this says nothing about the mail at hand."""


class Unknown(Exception):
    """The connection broke after the final dot: the mail may have been taken or not, and nobody can tell."""


class Transport(Protocol):
    """One way out, used by one thread. `keeps`: the mail stays here, so that its text must be kept, links and all."""

    keeps: bool

    def envelope(self, sender: str, to: str) -> None:
        """Everything before DATA. Raises Later, Refused, Unreachable."""

    def data(self, message: bytes) -> None:
        """The message up to the server's answer to the final dot. Raises Later, Refused, Unknown."""

    def reset(self) -> None:
        """Forget the envelope at hand."""

    def close(self) -> None:
        """Done for now."""


class Mailbox:
    """The built-in mailbox: without a mail server the row is the mail."""

    keeps = True

    def envelope(self, sender: str, to: str) -> None:
        """Nobody to ask."""

    def data(self, message: bytes) -> None:
        """The row keeps it."""

    def reset(self) -> None:
        """Nothing to forget."""

    def close(self) -> None:
        """Nothing to close."""


@dataclass(frozen=True, slots=True)
class Server:
    """A mail server as TRACKER_SMTP_URL names it. `security`: "", "tls" from the start, or "starttls"."""

    host: str
    port: int
    security: str = ""
    user: str = ""
    password: str = ""

    @classmethod
    def of(cls, url: str) -> Server:
        """smtp://, smtps:// or smtp+starttls://, each with or without user:password@. ValueError for anything else."""
        parts = urlsplit(url)
        known = {"smtp": ("", 25), "smtps": ("tls", 465), "smtp+starttls": ("starttls", 587)}
        if parts.scheme not in known or not parts.hostname:
            raise ValueError("TRACKER_SMTP_URL: smtp://, smtps://, smtp+starttls://")
        security, port = known[parts.scheme]
        return cls(
            parts.hostname, parts.port or port, security, unquote(parts.username or ""), unquote(parts.password or "")
        )


class Smtp:
    """One connection, opened when it is first needed and used for many mails."""

    keeps = False

    def __init__(
        self, server: Server, name: str, *, connect: float = CONNECT, command: float = COMMAND, dot: float = FINAL_DOT
    ) -> None:
        """`name`: what we call ourselves in EHLO; the times are in seconds."""
        self._server = server
        self._name = name
        self._times = (connect, command, dot)
        self._smtp: smtplib.SMTP | None = None
        self._used = False

    def envelope(self, sender: str, to: str) -> None:
        """MAIL and RCPT; a connection that the server closed while it was idle is opened anew, once."""
        reused = self._smtp is not None
        try:
            self._ask(sender, to)
        except Unreachable:
            if not reused:
                raise
            self._ask(sender, to)

    def _ask(self, sender: str, to: str) -> None:
        smtp = self._open()
        try:
            for step in ("mail", "rcpt"):
                code, reply = smtp.mail(sender) if step == "mail" else smtp.rcpt(to)
                if code == 421:
                    self.close()
                    raise Unreachable(_said(code, reply))
                if code >= 300:
                    self.reset()
                    raise (Refused if code >= 500 else Later)(_said(code, reply))
        except (smtplib.SMTPException, OSError) as error:
            self.close()
            raise Unreachable(_error(error)) from error

    def data(self, message: bytes) -> None:
        """DATA, the message, the final dot; then as long as the server may take."""
        smtp = self._smtp
        if smtp is None or smtp.sock is None:
            raise Later("no connection")
        try:
            code, reply = smtp.docmd("DATA")
            if code == 354:
                smtp.sock.settimeout(self._times[2])
                smtp.sock.sendall(_DOTS.sub(b"..", message) + b".\r\n")
        except (smtplib.SMTPException, OSError) as error:
            # The end of the message never left this machine, so nobody can have taken it.
            self.close()
            raise Later(_error(error)) from error
        if code == 354:
            try:
                code, reply = smtp.getreply()
            except (smtplib.SMTPException, OSError) as error:
                self.close()
                raise Unknown(_error(error)) from error
            if smtp.sock is not None:
                smtp.sock.settimeout(self._times[1])
        if code == 421:
            self.close()
        if code >= 300:
            self.reset()
            raise (Refused if code >= 500 else Later)(_said(code, reply))

    def reset(self) -> None:
        """RSET; a connection that does not take it is closed."""
        if self._smtp is not None:
            try:
                self._smtp.rset()
            except (smtplib.SMTPException, OSError):
                self.close()

    def close(self) -> None:
        """QUIT if the server still listens."""
        smtp, self._smtp = self._smtp, None
        if smtp is not None:
            with contextlib.suppress(smtplib.SMTPException, OSError):
                if smtp.sock is not None:
                    smtp.sock.settimeout(1)
                    smtp.quit()
            smtp.close()

    def _open(self) -> smtplib.SMTP:
        if self._smtp is not None:
            return self._smtp
        server, (connect, command, _) = self._server, self._times
        smtp: smtplib.SMTP | None = None
        try:
            if server.security == "tls":
                smtp = smtplib.SMTP_SSL(
                    server.host, server.port, self._name, timeout=connect, context=ssl.create_default_context()
                )
            else:
                smtp = smtplib.SMTP(server.host, server.port, self._name, timeout=connect)
            if server.security == "starttls":
                smtp.starttls(context=ssl.create_default_context())
            if server.user:
                smtp.login(server.user, server.password)
            smtp.ehlo_or_helo_if_needed()
            if smtp.sock is not None:
                smtp.sock.settimeout(command)
        except (smtplib.SMTPException, OSError, ValueError) as error:
            if smtp is not None:
                smtp.close()
            raise Unreachable(_error(error)) from error
        self._smtp = smtp
        return smtp


def _said(code: int, reply: bytes) -> str:
    return one_line(f"{code} {reply.decode('utf-8', 'replace')}")[:400]


def _error(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        text = error.smtp_error
        return _said(error.smtp_code, text if isinstance(text, bytes) else str(text).encode())
    return one_line(f"{type(error).__name__}: {error}")[:400]
