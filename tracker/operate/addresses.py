"""Whole addresses of pages for mails, built outside any request. The pages themselves are in the rooms."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlsplit

from flask import Flask

from tracker.accounts.links import token_of
from tracker.accounts.models import OneTimeLink
from tracker.board.links import sign_view

LINK_PAGES = {"invite": "accounts.invite", "reset": "accounts.reset", "sign_in": "accounts.link"}


class Addresses:
    """Addresses below `base_url` (TRACKER_BASE_URL); `secret` signs those that open without signing in."""

    def __init__(self, app: Flask, base_url: str, secret: str) -> None:
        parts = urlsplit(base_url)
        self._map = app.url_map.bind(parts.netloc, script_name=parts.path or "/", url_scheme=parts.scheme)
        self._home = base_url.rstrip("/") + "/"
        self._secret = secret

    def home(self) -> str:
        """The first page."""
        return self._home

    def report(self, report_id: int) -> str:
        """A report's page."""
        return self._build("reports.show", report_id=report_id)

    def board(self, campaign_id: int) -> str:
        """The lead office's board."""
        return self._build("board.show", campaign_id=campaign_id)

    def mails(self, campaign_id: int) -> str:
        """The send ledger."""
        return self._build("deadlines.mails", campaign_id=campaign_id)

    def link(self, link: OneTimeLink) -> str:
        """What a one-time link opens."""
        return self._build(LINK_PAGES[link.purpose], token=token_of(link, self._secret))

    def oversight(self, campaign_id: int, until: datetime) -> str:
        """A read-only page that needs no sign-in and opens until that instant."""
        return self._build("board.view", token=sign_view(campaign_id, until, self._secret))

    def _build(self, endpoint: str, **values: object) -> str:
        return self._map.build(endpoint, values, force_external=True)
