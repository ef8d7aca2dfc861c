"""Signing in and out, links by mail, and one's own account. The administration of people is in admin.py."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask import session as cookie
from flask_babel import gettext as _
from flask_login import current_user
from werkzeug.wrappers import Response

from config import Settings
from tracker.accounts import service, sessions
from tracker.accounts.forms import (
    AccountForm,
    ChangePasswordForm,
    JoinForm,
    MailMeForm,
    NewPasswordForm,
    SignInForm,
)
from tracker.accounts.links import find_link
from tracker.accounts.models import OneTimeLink, User
from tracker.accounts.queries import find_user, posts_of, sessions_of, tokens_of
from tracker.accounts.rules import TOUCH_EVERY
from tracker.core import clock
from tracker.core.db import session, transaction
from tracker.core.errors import Invalid, NotFound
from tracker.core.text import N_
from tracker.office.queries import body_with
from tracker.web.access import actor, is_signed_in, public, signed_in
from tracker.web.csrf import bears_token
from tracker.web.filters import say
from tracker.web.htmx import go, safe_next
from tracker.web.i18n import translate_refusal
from tracker.web.limits import by_address, limiter

bp = Blueprint("accounts", __name__)

# Behind one address a whole office asks for its links on the same morning; a machine asks for more.
_ASKING = "60 per minute"


# --- in and out -----------------------------------------------------------------------------------


@bp.get("/sign-in")
@public
def sign_in() -> Response | str:
    """The door. Somebody who is in goes on to where they were going."""
    if is_signed_in():
        return redirect(safe_next(request.args.get("next")) or "/")
    return _door(SignInForm(data={"next": request.args.get("next")}))


@bp.post("/sign-in")
@public
def take_sign_in() -> Response | str | tuple[str, int]:
    """Check address and password; the answer is the same for an unknown address and a wrong password."""
    form = SignInForm()
    if not form.validate_on_submit():
        return _door(form), 422
    now, address = clock.now(), request.remote_addr or ""
    email, password = form.email.data or "", form.password.data or ""
    found = sessions.check_password(email, password, address, now)
    if isinstance(found, sessions.Refused):
        if found.opens_at is None:
            with transaction():
                found = sessions.failed(email, address, now)
        form.password.errors = [_refusal(found, now)]
        return _door(form), 422
    return _let_in(found, now, safe_next(form.next.data), password)


@bp.post("/sign-out")
@signed_in
def sign_out() -> Response:
    """End the session at the server and forget the cookie."""
    if not bears_token():
        with transaction():
            sessions.end_session(current_user.token, actor(), clock.now())
    cookie.clear()
    return go(url_for("accounts.sign_in"))


# --- links by mail --------------------------------------------------------------------------------


@bp.get("/sign-in/link")
@public
def ask_link() -> str:
    """Where to ask for a link that signs in."""
    return render_template("accounts/ask.html", form=MailMeForm(), reset=False, phone=_phone())


@bp.post("/sign-in/link")
@public
@limiter.limit(_ASKING, key_func=by_address)
def take_ask_link() -> Response | tuple[str, int]:
    """Send it, if the address is known; the answer never tells."""
    return _ask(reset=False)


@bp.get("/forgot")
@public
def ask_reset() -> str:
    """Where to ask for a link that sets a new password."""
    return render_template("accounts/ask.html", form=MailMeForm(), reset=True, phone=_phone())


@bp.post("/forgot")
@public
@limiter.limit(_ASKING, key_func=by_address)
def take_ask_reset() -> Response | tuple[str, int]:
    """Send it, if the address is known; the answer never tells."""
    return _ask(reset=True)


@bp.get("/sign-in/<token>")
@public
def link(token: str) -> str:
    """A sign-in link opened: nothing is spent until the button is pressed (mail scanners open links too)."""
    who = _person(_link(token, "sign_in"))
    return render_template("accounts/link.html", who=who)


@bp.post("/sign-in/<token>")
@public
def take_link(token: str) -> Response:
    """Spend the link and sign in."""
    now = clock.now()
    with transaction():
        user_id = service.spend_sign_in(_link(token, "sign_in"), now).id
    return _let_in(user_id, now, None)


@bp.get("/invite/<token>")
@public
def invite(token: str) -> str:
    """An invitation opened: who it is for, and what to fill in."""
    who = _person(_link(token, "invite"))
    form = JoinForm(data={"name": who.name, "phone": who.phone})
    return render_template("accounts/join.html", form=form, who=who, posts=_posts(who.id))


@bp.post("/invite/<token>")
@public
def take_invite(token: str) -> Response | tuple[str, int]:
    """Spend the invitation: name, password, and in."""
    found = _link(token, "invite")
    who, form, now = _person(found), JoinForm(), clock.now()
    if form.validate_on_submit():
        try:
            with transaction():
                user_id = service.accept_invitation(
                    _link(token, "invite"), form.name.data or "", form.phone.data or "", form.password.data or "", now
                ).id
            return _let_in(user_id, now, None)
        except Invalid as refusal:
            form.password.errors = [translate_refusal(refusal)]
    return render_template("accounts/join.html", form=form, who=who, posts=_posts(who.id)), 422


@bp.get("/reset/<token>")
@public
def reset(token: str) -> str:
    """A reset link opened."""
    who = _person(_link(token, "reset"))
    return render_template("accounts/reset.html", form=NewPasswordForm(), who=who)


@bp.post("/reset/<token>")
@public
def take_reset(token: str) -> Response | tuple[str, int]:
    """Spend the link: a new password, every other session ends, and in."""
    who, form, now = _person(_link(token, "reset")), NewPasswordForm(), clock.now()
    if form.validate_on_submit():
        try:
            with transaction():
                user_id = service.reset_password(_link(token, "reset"), form.password.data or "", now).id
            return _let_in(user_id, now, None)
        except Invalid as refusal:
            form.password.errors = [translate_refusal(refusal)]
    return render_template("accounts/reset.html", form=form, who=who), 422


# --- one's own account ----------------------------------------------------------------------------


@bp.get("/account")
@signed_in
def account() -> str:
    """One's own name, password, open sessions and tokens."""
    return _account()


@bp.post("/account")
@signed_in
def save_account() -> Response | tuple[str, int]:
    """Save one's own name and number."""
    form = AccountForm()
    if not form.validate_on_submit():
        return _account(about=form), 422
    with transaction():
        service.save_account(form.name.data or "", form.phone.data or "", actor(), clock.now())
    flash(_("Đã lưu."), "ok")
    return go(url_for("accounts.account"))


@bp.post("/account/password")
@signed_in
@limiter.limit("10 per minute")
def change_password() -> Response | tuple[str, int]:
    """A new password; needs the current one and ends the other sessions."""
    form = ChangePasswordForm()
    if form.validate_on_submit():
        try:
            with transaction():
                service.change_password(
                    form.current.data or "", form.password.data or "", current_user.session_id, actor(), clock.now()
                )
            flash(_("Đã đổi mật khẩu. Các phiên làm việc khác đã kết thúc."), "ok")
            return go(url_for("accounts.account"))
        except Invalid as refusal:
            field = form.current if refusal.extra.get("field") == "current" else form.password
            field.errors = [translate_refusal(refusal)]
    return _account(password=form), 422


@bp.post("/account/sessions/<int:session_id>/end")
@signed_in
def end_session(session_id: int) -> Response:
    """End one of one's own sessions."""
    with transaction():
        sessions.end_one(session_id, actor().user_id or 0, actor(), clock.now())
    flash(_("Đã kết thúc phiên làm việc đó."), "ok")
    return go(url_for("accounts.account"))


@bp.post("/account/sessions/end-others")
@signed_in
def end_other_sessions() -> Response:
    """End all of one's sessions but this one."""
    with transaction():
        sessions.end_others(actor().user_id or 0, current_user.session_id, actor(), clock.now())
    flash(_("Đã kết thúc các phiên làm việc khác."), "ok")
    return go(url_for("accounts.account"))


@bp.post("/account/tokens/<int:token_id>/revoke")
@signed_in
def revoke_token(token_id: int) -> Response:
    """Take back one of one's own API tokens."""
    with transaction():
        service.revoke_token(token_id, actor().user_id or 0, actor(), clock.now())
    flash(_("Đã thu hồi mã truy cập."), "ok")
    return go(url_for("accounts.account"))


@bp.after_app_request
def _keep_session_alive(response: Response) -> Response:
    """A session that is used lives on: its row, at most every five minutes, and the cookie with it."""
    session_id = getattr(current_user, "session_id", None) if is_signed_in() and not bears_token() else None
    seen = getattr(current_user, "seen_at", None)
    now = clock.now()
    if session_id is None or seen is None or abs(now - seen) < TOUCH_EVERY or response.status_code >= 500:
        return response
    session().rollback()
    with transaction():
        sessions.touch_session(session_id, now)
    cookie.modified = True
    return response


# --- within ---------------------------------------------------------------------------------------


def _let_in(user_id: int, now: datetime, target: str | None, password: str | None = None) -> Response:
    with transaction():
        token = sessions.start_session(
            user_id, request.remote_addr or "", request.headers.get("User-Agent", ""), now, password
        )
    # Nothing of the cookie from before survives: whoever planted it holds no session.
    cookie.clear()
    cookie["_user_id"] = token
    cookie["_fresh"] = True
    cookie.permanent = True
    return go(target or "/")


def _door(form: SignInForm) -> str:
    return render_template("accounts/sign_in.html", form=form, phone=_phone())


def _refusal(found: sessions.Refused, now: datetime) -> str:
    if found.opens_at is not None:
        minutes = max(1, -(-int((found.opens_at - now).total_seconds()) // 60))
        return say(
            N_("Sai nhiều lần liên tiếp. Đợi %(n)s phút rồi thử lại, hoặc nhận liên kết đăng nhập qua thư."),
            n=minutes,
        )
    return say(N_("Thư điện tử hoặc mật khẩu chưa đúng. Còn %(n)s lần thử."), n=found.tries_left)


def _ask(*, reset: bool) -> Response | tuple[str, int]:
    form = MailMeForm()
    if not form.validate_on_submit():
        return render_template("accounts/ask.html", form=form, reset=reset, phone=_phone()), 422
    with transaction():
        ask = service.ask_reset if reset else service.ask_sign_in
        ask(form.email.data or "", clock.now())
    flash(
        _("Nếu địa chỉ này có tài khoản, thư đã được gửi. Mở hộp thư và bấm liên kết; không thấy thì xem mục thư rác."),
        "sent",
    )
    return go(url_for("accounts.sign_in"))


def _link(token: str, purpose: str) -> OneTimeLink:
    settings: Settings = current_app.config["TRACKER"]
    return find_link(token, purpose, settings.secret_key, clock.now())


def _person(found: OneTimeLink) -> User:
    who = session().get(User, found.user_id or 0)
    if who is None or not who.active:
        raise NotFound(
            "link_dead", N_("Liên kết không đúng, đã dùng hoặc đã hết hạn. Xin liên kết mới ở trang đăng nhập.")
        )
    return who


def _posts(user_id: int) -> list[object]:
    return list(posts_of(user_id).get(user_id, []))


def _phone() -> tuple[str, str] | None:
    """Whom to ring: the lead office's name and number, where the administration has entered them."""
    body = body_with("lead", clock.now().date())
    return (body.name, body.phone) if body and body.phone else None


def _account(about: AccountForm | None = None, password: ChangePasswordForm | None = None) -> str:
    user = find_user(actor().user_id or 0)
    return render_template(
        "accounts/account.html",
        user=user,
        posts=_posts(user.id),
        about=about or AccountForm(data={"name": user.name, "phone": user.phone}),
        password=password or ChangePasswordForm(),
        sessions=sessions_of(user.id, clock.now()),
        here_id=current_user.session_id,
        tokens=tokens_of(user.id),
    )
