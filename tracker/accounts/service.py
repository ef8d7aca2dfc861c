"""The verbs of people: add, invite, let in, let out, change a password, give and take roles and tokens.

What a person may see of a report is decided in reports/; the mails' words are in templates/emails/.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update

from tracker.accounts import passwords, rules
from tracker.accounts.links import make_link, use_link
from tracker.accounts.models import ApiReply, ApiToken, FailedSignIn, Membership, OneTimeLink, SignIn, Unit, User
from tracker.accounts.queries import find_user, token_hash, unit_by_code, user_by_email
from tracker.accounts.sessions import end_others, need_admin
from tracker.audit.service import record
from tracker.core.db import changed, insert_once, session
from tracker.core.errors import Conflict, Forbidden, Invalid, NotFound
from tracker.core.people import Actor, Role
from tracker.core.text import N_, one_line
from tracker.notify.service import queue

_LINK_MAILS = {"invite": "invite", "reset": "reset", "sign_in": "sign_in_link"}
_ASK_AGAIN_AFTER = timedelta(minutes=2)


# --- people and roles -----------------------------------------------------------------------------


def add_user(
    email: str,
    role: str,
    unit_code: str | None,
    name: str,
    phone: str,
    password: str | None,
    actor: Actor,
    now: datetime,
) -> User:
    """A person with a role; again for the same address adds a role or a unit. Raises Invalid, NotFound (unit)."""
    need_admin(actor)
    address = rules.clean_email(email)
    wanted = rules.check_role(role, bool(unit_code))
    unit = unit_by_code(unit_code) if unit_code else None
    user = ensure_user(address, one_line(name), one_line(phone), actor, now)
    give_role(user, wanted, unit, actor, now)
    if password is not None:
        _set_password(user, password)
        record("user.password", f"user:{user.id}", actor, now)
    session().flush()
    return user


def ensure_user(email: str, name: str, phone: str, actor: Actor, now: datetime) -> User:
    """The person of an address, made if there is none; a name or a number that was missing is filled in."""
    if len(name) > 200 or len(phone) > 40:
        raise Invalid("too_long", N_("Họ tên dài nhất 200 ký tự, số điện thoại dài nhất 40."))
    new = insert_once(User, {"email": email, "name": name, "phone": phone, "active": True, "created_at": now})
    user = user_by_email(email)
    if user is None:
        raise NotFound("no_user", N_("Không có người này."))
    user.name = user.name or name
    user.phone = user.phone or phone
    session().flush()
    if new:
        record("user.add", f"user:{user.id}", actor, now, {"email": email})
    return user


def give_role(user: User, role: Role, unit: Unit | None, actor: Actor, now: datetime) -> bool:
    """Give a role; False if they hold it already."""
    unit_id = unit.id if unit else None
    new = insert_once(Membership, {"user_id": user.id, "role": str(role), "unit_id": unit_id})
    if new:
        record("user.role", f"user:{user.id}", actor, now, {"role": str(role), "unit": unit.code if unit else None})
    return new


def remove_role(user_id: int, membership_id: int, actor: Actor, now: datetime) -> None:
    """Take a role from a person; the last administrator keeps theirs."""
    need_admin(actor)
    post = session().get(Membership, membership_id)
    if post is None or post.user_id != user_id:
        raise NotFound("no_role", N_("Người này không còn giữ vai trò đó."))
    if post.role == Role.ADMIN:
        _keep_an_admin(user_id)
    session().delete(post)
    session().flush()
    record("user.role_taken", f"user:{user_id}", actor, now, {"role": post.role, "unit_id": post.unit_id})


def save_person(user_id: int, name: str, phone: str, actor: Actor, now: datetime) -> None:
    """Correct a person's name and telephone number."""
    need_admin(actor)
    user = find_user(user_id)
    user.name, user.phone = one_line(name), one_line(phone)
    if len(user.name) > 200 or len(user.phone) > 40:
        raise Invalid("too_long", N_("Họ tên dài nhất 200 ký tự, số điện thoại dài nhất 40."))
    session().flush()
    record("user.save", f"user:{user_id}", actor, now)


def set_active(user_id: int, active: bool, actor: Actor, now: datetime) -> None:
    """Let a person in or shut them out; shut out, every session ends at once and no token or link opens."""
    need_admin(actor)
    user = find_user(user_id)
    if not active:
        if user_id == actor.user_id:
            raise Conflict("yourself", N_("Không tự khóa tài khoản đang dùng. Nhờ người quản trị khác."))
        _keep_an_admin(user_id)
        changed(delete(SignIn).where(SignIn.user_id == user_id))
        _kill_links(user_id, now)
    user.active = active
    session().flush()
    record("user.active" if active else "user.inactive", f"user:{user_id}", actor, now)


def save_unit(
    unit_id: int, contact_name: str, contact_phone: str, contact_email: str, actor: Actor, now: datetime
) -> None:
    """Correct whom to ring in a unit."""
    need_admin(actor)
    unit = session().get(Unit, unit_id)
    if unit is None:
        raise NotFound("no_unit", N_("Không có đơn vị này."))
    unit.contact_name, unit.contact_phone = one_line(contact_name)[:200], one_line(contact_phone)[:40]
    unit.contact_email = rules.clean_email(contact_email) if contact_email.strip() else ""
    session().flush()
    record("unit.save", f"unit:{unit_id}", actor, now)


# --- links by mail --------------------------------------------------------------------------------


def invite(user: User, actor: Actor, now: datetime) -> OneTimeLink:
    """Invite a person by mail: a link that works once within 14 days, to set a name and a password."""
    if not (actor.has(Role.ADMIN) or actor.has(Role.LEAD)):
        raise Forbidden("not_admin", N_("Chỉ người quản trị hoặc cơ quan chủ trì gửi được lời mời."))
    if not user.active:
        raise Conflict("inactive", N_("Tài khoản này đang khóa. Mở lại trước khi gửi lời mời."))
    link = new_invitation(user, now)
    _mail(user, link, now)
    record("user.invite", f"user:{user.id}", actor, now)
    return link


def new_invitation(user: User, now: datetime) -> OneTimeLink:
    """An invitation link alone; whoever asks for it sends it. Older ones of the same person no longer open."""
    _kill_links(user.id, now, "invite")
    return make_link("invite", str(user.id), user.id, now, rules.INVITE_DAYS)


def ask_reset(email: str, now: datetime) -> None:
    """Mail a link to choose a new password, if the address is known; nobody can tell from the answer."""
    user = _known(email)
    if user is None:
        return
    purpose = "reset" if user.password_hash else "invite"
    if not _just_asked(user, purpose, now):
        days = rules.RESET_DAYS if purpose == "reset" else rules.INVITE_DAYS
        _mail(user, make_link(purpose, str(user.id), user.id, now, days), now)
        record("user.ask_reset", f"user:{user.id}", rules.myself(user.id, user.name, user.email), now)


def ask_sign_in(email: str, now: datetime) -> None:
    """Mail a link that signs in, if the address is known; nobody can tell from the answer."""
    user = _known(email)
    if user is not None and not _just_asked(user, "sign_in", now):
        _mail(user, make_link("sign_in", str(user.id), user.id, now, rules.SIGN_IN_DAYS), now)
        record("user.ask_sign_in", f"user:{user.id}", rules.myself(user.id, user.name, user.email), now)


def accept_invitation(link: OneTimeLink, name: str, phone: str, password: str, now: datetime) -> User:
    """Spend an invitation: the person's name and password are set, other invitations of theirs end."""
    user = _person_of(link)
    user.name = one_line(name)[:200] or user.name
    user.phone = one_line(phone)[:40] or user.phone
    _set_password(user, password)
    use_link(link, now)
    _kill_links(user.id, now)
    changed(delete(SignIn).where(SignIn.user_id == user.id))
    session().flush()
    record("user.join", f"user:{user.id}", rules.myself(user.id, user.name, user.email), now)
    return user


def reset_password(link: OneTimeLink, password: str, now: datetime) -> User:
    """Spend a reset link: a new password, every open session and every other link of theirs ends."""
    user = _person_of(link)
    _set_password(user, password)
    use_link(link, now)
    _kill_links(user.id, now)
    changed(delete(SignIn).where(SignIn.user_id == user.id))
    changed(delete(FailedSignIn).where(FailedSignIn.email == user.email))
    session().flush()
    record("user.reset", f"user:{user.id}", rules.myself(user.id, user.name, user.email), now)
    return user


def spend_sign_in(link: OneTimeLink, now: datetime) -> User:
    """Spend a sign-in link: the person it lets in."""
    user = _person_of(link)
    use_link(link, now)
    return user


# --- one's own account ---------------------------------------------------------------------------


def change_password(current: str, new: str, keep: int | None, actor: Actor, now: datetime) -> None:
    """A new password for oneself; needs the current one, ends every other session."""
    user = find_user(actor.user_id or 0)
    if not passwords.matches(user.password_hash, current):
        raise Invalid("wrong_password", N_("Mật khẩu đang dùng chưa đúng."), {"field": "current"})
    _set_password(user, new)
    session().flush()
    record("user.password", f"user:{user.id}", actor, now)
    end_others(user.id, keep, actor, now)


def save_account(name: str, phone: str, actor: Actor, now: datetime) -> None:
    """Correct one's own name and telephone number."""
    user = find_user(actor.user_id or 0)
    user.name, user.phone = one_line(name)[:200], one_line(phone)[:40]
    session().flush()
    record("user.save", f"user:{user.id}", actor, now)


# --- tokens ---------------------------------------------------------------------------------------


def create_token(email: str, actor: Actor, now: datetime) -> str:
    """A new API token of a person: shown once, kept as its SHA-256."""
    need_admin(actor)
    user = user_by_email(email)
    if user is None or not user.active:
        raise NotFound("no_user_email", N_("Không có người nào dùng địa chỉ %(email)s."), email=email)
    token = secrets.token_urlsafe(32)
    session().add(ApiToken(token_hash=token_hash(token), user_id=user.id, created_at=now))
    session().flush()
    record("token.create", f"user:{user.id}", actor, now)
    return token


def revoke_token(token_id: int, user_id: int, actor: Actor, now: datetime) -> None:
    """Take an API token back: one's own, or an administrator's doing."""
    if user_id != actor.user_id:
        need_admin(actor)
    done = changed(
        update(ApiToken)
        .where(ApiToken.id == token_id, ApiToken.user_id == user_id, ApiToken.revoked_at.is_(None))
        .values(revoked_at=now)
    )
    if not done:
        raise NotFound("no_token", N_("Mã truy cập này không còn."))
    record("token.revoke", f"user:{user_id}", actor, now)


def clean_up(now: datetime) -> int:
    """Throw away what opens nothing any more: ended sessions, old wrong tries, dead links, answers kept over a week."""
    week = now - timedelta(days=7)
    return sum(
        changed(statement)
        for statement in (
            delete(SignIn).where(SignIn.expires_at < now - timedelta(days=1)),
            delete(FailedSignIn).where(FailedSignIn.at < now - timedelta(days=1)),
            delete(OneTimeLink).where(OneTimeLink.expires_at < week),
            delete(ApiReply).where(ApiReply.created_at < week),
        )
    )


# --- within ---------------------------------------------------------------------------------------


def _keep_an_admin(user_id: int) -> None:
    """Refuse to shut the last administrator out: nobody could let anybody in again."""
    others = session().execute(
        select(Membership.id)
        .join(User, User.id == Membership.user_id)
        .where(Membership.role == Role.ADMIN, User.active, User.id != user_id)
        .limit(1)
    )
    is_admin = session().execute(
        select(Membership.id).where(Membership.role == Role.ADMIN, Membership.user_id == user_id)
    )
    if is_admin.first() and not others.first():
        raise Conflict("last_admin", N_("Đây là người quản trị cuối cùng. Thêm người quản trị khác trước."))


def _set_password(user: User, password: str) -> None:
    about = [user.name, user.email, user.email.split("@")[0]]
    rows = session().execute(
        select(Unit.name, Unit.short_name, Unit.code)
        .join(Membership, Membership.unit_id == Unit.id)
        .where(Membership.user_id == user.id)
    )
    for row in rows:
        about.extend(row)
    user.password_hash = passwords.make_hash(rules.check_password(password, about, passwords.common()))


def _known(email: str) -> User | None:
    user = user_by_email(email[:254])
    return user if user is not None and user.active else None


def _person_of(link: OneTimeLink) -> User:
    user = session().get(User, link.user_id or 0)
    if user is None or not user.active:
        raise NotFound("link_dead", N_("Liên kết không còn dùng được. Gọi cơ quan chủ trì để được cấp lại."))
    return user


def _just_asked(user: User, purpose: str, now: datetime) -> bool:
    """Whether such a link has just left: a person who presses twice gets one mail, and nobody floods a mailbox."""
    newest = (
        session()
        .scalars(
            select(OneTimeLink.created_at)
            .where(OneTimeLink.user_id == user.id, OneTimeLink.purpose == purpose, OneTimeLink.used_at.is_(None))
            .order_by(OneTimeLink.id.desc())
            .limit(1)
        )
        .first()
    )
    return newest is not None and abs(now - newest) < _ASK_AGAIN_AFTER


def _kill_links(user_id: int, now: datetime, purpose: str | None = None) -> None:
    purposes = (purpose,) if purpose else tuple(_LINK_MAILS)
    changed(
        update(OneTimeLink)
        .where(OneTimeLink.user_id == user_id, OneTimeLink.purpose.in_(purposes), OneTimeLink.used_at.is_(None))
        .values(used_at=now)
    )


def _mail(user: User, link: OneTimeLink, now: datetime) -> None:
    kind = _LINK_MAILS[link.purpose]
    queue(
        kind,
        recipient_id=user.id,
        name=user.name,
        address=user.email,
        dedupe_key=f"{kind}:{link.id}",
        now=now,
        context={"link_id": link.id, "name": user.name, "email": user.email},
    )
