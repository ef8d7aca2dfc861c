"""Refusals: what the product says no to, in a sentence for a person and a code for a machine.

How a refusal becomes a page or a problem+json document lives in web/errors.py.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence


class Refusal(Exception):
    """A request the product understood and will not carry out.

    `message` is a Vietnamese msgid (gettext) with %(name)s places that `params` fill;
    `code` is a stable English word; `extra` is added to the machine-readable answer.
    """

    status = 422

    def __init__(self, code: str, message: str, extra: Mapping[str, object] | None = None, **params: object) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message
        self.params = params
        self.extra = dict(extra or {})

    def __str__(self) -> str:
        return self.message % self.params if self.params else self.message


class Invalid(Refusal):
    """What was given cannot be read or stored (422). `problems`: one refusal a place, all listed at once."""

    def __init__(
        self,
        code: str,
        message: str,
        extra: Mapping[str, object] | None = None,
        problems: Sequence[Refusal] = (),
        **params: object,
    ) -> None:
        super().__init__(code, message, extra, **params)
        self.problems = tuple(problems)


class NotSignedIn(Refusal):
    """Nobody is signed in, or the token is wrong (401)."""

    status = 401


class Forbidden(Refusal):
    """The thing is theirs to see, the step is not theirs to take (403)."""

    status = 403


class NotFound(Refusal):
    """It does not exist, or is not theirs to see: the same answer for both (404)."""

    status = 404


class Conflict(Refusal):
    """The state does not allow it, or somebody changed it since (409)."""

    status = 409


class TooLarge(Refusal):
    """More bytes than the door lets in (413)."""

    status = 413
