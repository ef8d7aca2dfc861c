"""Thư nhắc: mails to come, whom we failed to reach, and the ledger of what was sent."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, Response, flash, render_template, request, url_for
from flask_babel import gettext as _

from tracker.campaigns.queries import find_whole
from tracker.core import clock
from tracker.core.db import transaction
from tracker.core.errors import Forbidden, NotFound
from tracker.core.people import Role
from tracker.core.text import N_
from tracker.deadlines import queries
from tracker.deadlines.forecast import to_come
from tracker.notify.service import send_again
from tracker.office.queries import calendar
from tracker.web.access import actor, signed_in

bp = Blueprint("deadlines", __name__)
PAGE = 50
AHEAD = timedelta(days=21)

KINDS = {
    "nudges": N_("Thư nhắc"),
    "opening": N_("Thư mở kế hoạch"),
    "sent_back": N_("Bị trả lại"),
    "accepted": N_("Đã duyệt"),
    "extended": N_("Được gia hạn"),
    "submissions": N_("Báo cáo mới gửi"),
    "invite": N_("Mời vào"),
    "reset": N_("Đặt lại mật khẩu"),
    "sign_in_link": N_("Liên kết đăng nhập"),
    "reminder": N_("Nhắc"),
    "overdue": N_("Báo trễ"),
    "escalation": N_("Báo vượt cấp"),
}
AUDIENCES = {
    "unit": N_("Đơn vị"),
    "unit_head": N_("Người đứng đầu đơn vị"),
    "lead": N_("Cơ quan chủ trì"),
    "oversight": N_("Thường trực"),
}
STATUS_WORDS = {
    "pending": ("none", N_("Chờ gửi")),
    "sending": ("none", N_("Đang gửi")),
    "sent": ("ok", N_("Đã gửi")),
    "failed": ("late", N_("Không gửi được")),
    "ambiguous": ("soon", N_("Chưa rõ đã tới")),
    "cancelled": ("none", N_("Không cần gửi nữa")),
    "no_recipient": ("late", N_("Không có người nhận")),
}


@bp.get("/campaigns/<int:campaign_id>/mails")
@signed_in
def mails(campaign_id: int) -> str:
    """Who hears what next, whom we failed to reach, what was sent."""
    who, now, days = actor(), clock.now(), calendar()
    campaign = find_whole(campaign_id, who)
    status = request.args.get("status") or None
    found, following = queries.notices(campaign.id, status, request.args.get("cursor") or None, PAGE)
    first = not status and not request.args.get("cursor")
    return render_template(
        "deadlines/mails.html",
        campaign=campaign,
        coming=to_come(queries.owing(campaign), days, now, now + AHEAD) if first else (),
        troubled=queries.troubled(campaign.id) if first else (),
        unreached=queries.without_recipient(campaign.id) if first else (),
        notices=found,
        counts=queries.counts(campaign.id),
        status=status,
        following=url_for("deadlines.mails", campaign_id=campaign.id, status=status, cursor=following)
        if following
        else None,
        may_send=who.has(Role.LEAD),
        kinds=KINDS,
        audiences=AUDIENCES,
        words=STATUS_WORDS,
        now=now,
    )


@bp.post("/campaigns/<int:campaign_id>/mails/<int:mail_id>/again")
@signed_in
def again(campaign_id: int, mail_id: int) -> Response:
    """Try a mail once more that was refused or is in doubt (lead)."""
    who = actor()
    with transaction():
        campaign = find_whole(campaign_id, who)
        if not who.has(Role.LEAD):
            raise Forbidden("not_lead", N_("Chỉ cơ quan chủ trì gửi lại được thư."))
        if not queries.is_of_campaign(mail_id, campaign.id):
            raise NotFound("no_mail", N_("Không có thư này."))
        send_again(mail_id, who, clock.now())
    flash(_("Thư sẽ được gửi lại ngay, cùng một mã thư."), "ok")
    return Response(status=303, headers={"Location": url_for("deadlines.mails", campaign_id=campaign_id)})
