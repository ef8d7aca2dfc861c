"""The built-in mailbox: read in the browser what an installation without a mail server has sent.

In the sample everybody who is signed in reads it; elsewhere the administrator alone, and of mails about reports
only that they went. The send ledger of a campaign is a page of deadlines/.
"""

from __future__ import annotations

from flask import Blueprint, Response, current_app, render_template, request, url_for

from tracker.core.errors import NotFound
from tracker.core.people import Role
from tracker.core.text import N_, one_line
from tracker.notify import queries
from tracker.notify.models import OutboxMail
from tracker.web.access import actor, signed_in
from tracker.web.security import CSP

bp = Blueprint("notify", __name__)
PAGE = 50
# What an administrator may read of an installation without a mail server: the doors, not what units are told.
DOORS = frozenset({"invite", "reset", "sign_in_link", "opening"})
LETTER_CSP = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox allow-popups; frame-ancestors 'self'"
)


@bp.get("/mailbox")
@signed_in
def mailbox() -> str:
    """The mails that were sent, the newest first."""
    _may_read()
    before = request.args.get("before", "")
    search = one_line(request.args.get("q", ""))[:100]
    found = queries.newest(int(before) if before.isdigit() and len(before) < 19 else None, search, PAGE)
    following = None
    if len(found) > PAGE:
        kept = {"q": search} if search else {}
        following = url_for("notify.mailbox", before=found[PAGE - 1].id, **kept)  # type: ignore[arg-type]  # url values
    return render_template("notify/mailbox.html", mails=found[:PAGE], following=following, search=search)


@bp.get("/mailbox/<int:mail_id>")
@signed_in
def mail(mail_id: int) -> Response:
    """One mail as it was written: its head, its text, and the page of it in a closed frame."""
    _may_read()
    found = queries.find(mail_id)
    answer = Response(render_template("notify/mail.html", mail=found, readable=_readable(found)))
    answer.headers["Content-Security-Policy"] = f"{CSP}; frame-src 'self'"
    return answer


@bp.get("/mailbox/<int:mail_id>/page")
@signed_in
def letter(mail_id: int) -> Response:
    """The HTML part alone: inline styles, no script, in a sandbox of its own."""
    _may_read()
    found = queries.find(mail_id)
    if not found.body_html or not _readable(found):
        raise NotFound("no_mail", N_("Thư này không có phần trang."))
    answer = Response(found.body_html, mimetype="text/html")
    answer.headers["Content-Security-Policy"] = LETTER_CSP
    answer.headers["X-Frame-Options"] = "SAMEORIGIN"
    return answer


def _may_read() -> None:
    if not (current_app.config["TRACKER"].sample or actor().has(Role.ADMIN)):
        raise NotFound("not_found", N_("Không tìm thấy nội dung này."))


def _readable(mail: OutboxMail) -> bool:
    return bool(current_app.config["TRACKER"].sample) or mail.kind in DOORS
