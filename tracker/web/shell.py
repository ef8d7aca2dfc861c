"""What surrounds every page: product, body, navigation, who is signed in, the simulated clock.

Who sees which entry is decided by whoever builds the Shell (app.py), from data.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import Flask, g

from tracker.core.text import N_

BRAND = N_("Theo dõi kế hoạch")


@dataclass(frozen=True, slots=True)
class NavItem:
    """One entry of the main navigation. `label`: translated; `count`: what waits there, None or 0 shows nothing."""

    label: str
    url: str
    count: int | None = None
    current: bool = False


@dataclass(frozen=True, slots=True)
class Shell:
    """Everything templates/_base.html shows around a page.

    `brand`, `body_name`: product and body, data of the installation. `user_note`: unit or office of the person.
    `clock_banner`: the instant shown when the clock is simulated, else None. `sample`: invented data.
    `sign_out_url`: takes a POST; None when nobody is signed in. `mailbox_url`: where mails that were not sent
    anywhere are read. `sample_accounts`: (address, who that is) with one password, in sample mode only.
    """

    brand: str = BRAND
    body_name: str = ""
    nav: Sequence[NavItem] = ()
    user_name: str = ""
    user_note: str = ""
    clock_banner: datetime | None = None
    sample: bool = False
    home_url: str = "/"
    sign_out_url: str | None = None
    account_url: str | None = None
    mailbox_url: str | None = None
    sample_accounts: Sequence[tuple[str, str]] = ()
    sample_password: str = ""


def register(app: Flask, build: Callable[[], Shell]) -> None:
    """Give every template `shell`, built at most once a request."""

    @app.context_processor
    def _shell() -> dict[str, object]:
        if "tracker_shell" not in g:
            g.tracker_shell = build()
        return {"shell": g.tracker_shell}
