"""What each mail says, at the moment it leaves: a digest of nudges from its rows, any other from its context.

The words are in templates/emails/<kind>.*; which mails there are is decided where they are queued.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final, Protocol

from flask import current_app
from flask_babel import get_domain, gettext
from jinja2 import pass_context
from jinja2.runtime import Context
from markupsafe import Markup

from tracker.accounts.models import OneTimeLink
from tracker.core.calendar import WorkingCalendar
from tracker.core.db import session
from tracker.core.sentences import Sentence, submitted
from tracker.core.text import one_line
from tracker.deadlines import digest, queries
from tracker.deadlines.digest import Chapter
from tracker.notify.mailer import DIGEST, Claimed
from tracker.notify.message import Letter
from tracker.office.queries import body_with, calendar, setting
from tracker.reports.mails import previous_slot
from tracker.web.shell import BRAND

# Until when the read-only page of an escalation opens (look: "dùng được đến hết ...").
OVERSIGHT_DAYS: Final = 7
_BLANK: Final = re.compile(r"\n\s*\n\s*?\n+")


class Urls(Protocol):
    """Whole addresses of pages, as the application knows them."""

    def report(self, report_id: int) -> str:
        """A report's page."""

    def board(self, campaign_id: int) -> str:
        """The lead office's board."""

    def mails(self, campaign_id: int) -> str:
        """The send ledger."""

    def link(self, link: OneTimeLink) -> str:
        """What a one-time link opens."""

    def oversight(self, campaign_id: int, until: datetime) -> str:
        """A read-only page that needs no sign-in and opens until that instant."""

    def home(self) -> str:
        """The first page."""


def compose(urls: Urls, mails: Sequence[Claimed], now: datetime) -> dict[int, Letter | None]:
    """What each of some mails says now; None: it is no longer wanted."""
    days = calendar()
    around = _around(days, now)
    digests = [mail for mail in mails if mail.kind == DIGEST]
    chapters = digest.chapters(digests, days, now) if digests else {}
    letters: dict[int, Letter | None] = {}
    for mail in mails:
        context = {**around, "recipient": mail.recipient_name, "home": urls.home()}
        if mail.kind == DIGEST:
            letters[mail.id] = _digest(chapters[mail.id], context, urls, days, now)
        elif mail.kind == "submissions":
            letters[mail.id] = _submissions(mail, context, urls, days)
        else:
            letters[mail.id] = _plain(mail, context, urls)
    return letters


def render(kind: str, context: Mapping[str, Any], hide: tuple[str, ...] = ()) -> Letter:
    """The three templates of a kind, filled in."""
    said = [
        current_app.jinja_env.get_template(f"emails/{kind}.{part}").render(context)
        for part in ("subject.txt", "txt", "html")
    ]
    text = _BLANK.sub("\n\n", said[1]).strip() + "\n"
    return Letter(one_line(said[0]), text, said[2], hide)


class Language:
    """The language of this installation, found once for a batch: Flask-Babel looks it up anew for every sentence."""

    def __init__(self) -> None:
        self._translate: Callable[[str], str] = get_domain().get_translations().ugettext

    def say(self, sentence: Sentence) -> str:
        """A sentence with its places filled."""
        return sentence.said(self._translate)

    def in_templates(self) -> Callable[..., str]:
        """What `_()` in a template comes to: places filled, and escaped where the template escapes."""
        translate = self._translate

        @pass_context
        def gettext(context: Context, msgid: str, /, **values: object) -> str:
            said = translate(msgid)
            return (Markup(said) if context.eval_ctx.autoescape else said) % values  # noqa: S704 - msgids are ours

        return gettext


def say_brand() -> str:
    """The product's own name."""
    return str(gettext(BRAND))


def _around(days: WorkingCalendar, now: datetime) -> dict[str, Any]:
    """What surrounds every mail: product, body, lead office with its telephone."""
    today = days.local_day(now)
    issuer, lead, oversight = (body_with(duty, today) for duty in ("issuer", "lead", "oversight"))
    language = Language()
    return {
        "gettext": language.in_templates(),
        "brand": str(setting("product_name") or say_brand()),
        "body_name": issuer.name if issuer else "",
        "lead_name": lead.name if lead else "",
        "lead_phone": lead.phone if lead else "",
        "oversight_name": oversight.name if oversight else "",
        "now": now,
        "say": language.say,
    }


def _digest(
    chapters: Sequence[Chapter], context: dict[str, Any], urls: Urls, days: WorkingCalendar, now: datetime
) -> Letter | None:
    if not chapters:
        return None
    until = days.day_end(days.local_day(now) + timedelta(days=OVERSIGHT_DAYS))
    hide = []
    shown = []
    for chapter in chapters:
        if chapter.audience == "oversight":
            url = urls.oversight(chapter.campaign_id, until)
            hide.append(url)
        else:
            url = urls.board(chapter.campaign_id)
        shown.append({"chapter": chapter, "url": url, "mails_url": urls.mails(chapter.campaign_id)})
    return render(
        DIGEST,
        {
            **context,
            "chapters": shown,
            "first": chapters[0],
            "until": days.last_day_before(until),
            "report_url": urls.report,
            "to_oversight": all(chapter.audience == "oversight" for chapter in chapters),
        },
        tuple(hide),
    )


def _submissions(mail: Claimed, context: dict[str, Any], urls: Urls, days: WorkingCalendar) -> Letter | None:
    """The lead office's digest of one day: what came in since the digest before."""
    slot = datetime.fromisoformat(mail.context["slot"])
    campaign_id = mail.campaign_id or 0
    rows = queries.submissions_between(campaign_id, previous_slot(slot, days), slot)
    if not rows:
        return None
    campaign = queries.campaigns([campaign_id])[campaign_id]
    lines = [
        (unit, context["say"](submitted(days, at, due)), urls.report(report_id)) for unit, at, due, report_id in rows
    ]
    facts = {
        "number": campaign.number,
        "lines": lines,
        "tally": queries.tally(campaign_id),
        "url": urls.board(campaign_id),
    }
    return render("submissions", {**context, **facts})


def _plain(mail: Claimed, context: dict[str, Any], urls: Urls) -> Letter | None:
    """A mail about one thing: its context says all, its link is made now."""
    facts = {name: _instant(name, value) for name, value in mail.context.items()}
    hide: tuple[str, ...] = ()
    url = urls.home()
    facts["last_days"] = {each["kind"]: date.fromisoformat(each["last_day"]) for each in facts.get("last_days", ())}
    if "report_id" in facts:
        url = urls.report(facts["report_id"])
    if facts.get("link_id") is not None:
        link = session().get(OneTimeLink, facts["link_id"])
        if link is None or link.used_at is not None:
            if mail.kind != "opening":
                return None
        else:
            url = urls.link(link)
            hide = (url,)
            facts["expires_at"] = link.expires_at
    return render(mail.kind, {**context, **facts, "url": url}, hide)


_DATES: Final = frozenset({"at", "slot"})
_DAYS: Final = frozenset({"resubmit_by", "last_day"})


def _instant(name: str, value: Any) -> Any:
    if isinstance(value, str) and name in _DATES:
        return datetime.fromisoformat(value)
    if isinstance(value, str) and name in _DAYS:
        return datetime.fromisoformat(value).date()
    return value
