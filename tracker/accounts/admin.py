"""Administration pages of people and units. Everyone's own account is in views.py."""

from __future__ import annotations

from flask import Blueprint, current_app, flash, render_template, request, url_for
from flask_babel import gettext as _
from itsdangerous import BadSignature, URLSafeSerializer
from werkzeug.wrappers import Response

from tracker.accounts import importing, service, sessions
from tracker.accounts.forms import ROLE_NAMES, AccountForm, AddPersonForm, RoleForm, UnitForm, UnitsFileForm
from tracker.accounts.queries import (
    find_unit,
    find_user,
    people_of_units,
    sessions_of,
    tokens_of,
    units,
    units_like,
)
from tracker.accounts.queries import people as find_people
from tracker.accounts.queries import person as person_and_posts
from tracker.core import clock
from tracker.core.db import transaction
from tracker.core.errors import Invalid, Refusal
from tracker.core.people import UNIT_ROLES, Role
from tracker.core.text import N_
from tracker.web.access import actor, roles_required
from tracker.web.filters import say
from tracker.web.htmx import go
from tracker.web.i18n import translate_refusal

bp = Blueprint("people", __name__, url_prefix="/admin")
admins = roles_required(Role.ADMIN)

PAGE = 50
_CARRIES = 1_500_000  # what a hidden field may hold, under MAX_FORM_MEMORY_SIZE


# --- people ---------------------------------------------------------------------------------------


@bp.get("/people")
@admins
def people() -> str:
    """Everybody, fifty a page, by a word of their name, address or unit."""
    words, page = request.args.get("q", ""), _page()
    found, total = find_people(words, page, PAGE)
    return render_template(
        "accounts/people.html",
        found=found,
        total=total,
        words=words,
        roles=ROLE_NAMES,
        **_pages("people.people", page, total),
    )


@bp.get("/people/new")
@admins
def new_person() -> str:
    """The form for a new person."""
    return _new(AddPersonForm(data={"send": True, "unit_code": request.args.get("unit"), "role": "reporter"}))


@bp.post("/people/new")
@admins
def add_person() -> Response | tuple[str, int]:
    """Add a person, or a role to one who is there; invite them if asked."""
    form = AddPersonForm()
    form.role.choices = _role_choices()
    if form.validate_on_submit():
        now = clock.now()
        try:
            with transaction():
                user = service.add_user(
                    form.email.data or "",
                    form.role.data or "",
                    form.unit_code.data if form.role.data in UNIT_ROLES else None,
                    form.name.data or "",
                    form.phone.data or "",
                    None,
                    actor(),
                    now,
                )
                if form.send.data and user.password_hash is None:
                    service.invite(user, actor(), now)
                user_id, email = user.id, user.email
            flash(_("Đã thêm %(email)s.", email=email), "ok")
            return go(url_for("people.person", user_id=user_id))
        except Refusal as refusal:
            field = form.email if refusal.code == "bad_email" else form.unit_code
            field.errors = [translate_refusal(refusal)]
    return _new(form), 422


@bp.get("/people/<int:user_id>")
@admins
def person(user_id: int) -> str:
    """One person: roles, state, open sessions, tokens."""
    return _person(user_id)


@bp.post("/people/<int:user_id>")
@admins
def save_person(user_id: int) -> Response | tuple[str, int]:
    """Correct name and number."""
    form = AccountForm()
    if not form.validate_on_submit():
        return _person(user_id, about=form), 422
    with transaction():
        service.save_person(user_id, form.name.data or "", form.phone.data or "", actor(), clock.now())
    return _back(user_id, _("Đã lưu."))


@bp.post("/people/<int:user_id>/roles")
@admins
def give_role(user_id: int) -> Response | tuple[str, int]:
    """Give a further role."""
    form = RoleForm()
    form.role.choices = _role_choices()
    if form.validate_on_submit():
        try:
            with transaction():
                user = find_user(user_id)
                service.add_user(
                    user.email,
                    form.role.data or "",
                    form.unit_code.data if form.role.data in UNIT_ROLES else None,
                    "",
                    "",
                    None,
                    actor(),
                    clock.now(),
                )
            return _back(user_id, _("Đã giao vai trò."))
        except Refusal as refusal:
            form.unit_code.errors = [translate_refusal(refusal)]
    return _person(user_id, role=form), 422


@bp.post("/people/<int:user_id>/roles/<int:membership_id>/remove")
@admins
def remove_role(user_id: int, membership_id: int) -> Response:
    """Take a role."""
    with transaction():
        service.remove_role(user_id, membership_id, actor(), clock.now())
    return _back(user_id, _("Đã bỏ vai trò."))


@bp.post("/people/<int:user_id>/invite")
@admins
def invite(user_id: int) -> Response:
    """Send the invitation (again); an older one no longer opens."""
    with transaction():
        service.invite(find_user(user_id), actor(), clock.now())
    return _back(user_id, _("Đã gửi lời mời."))


@bp.post("/people/<int:user_id>/active")
@admins
def set_active(user_id: int) -> Response:
    """Shut out (at once) or let in again."""
    active = request.form.get("active") == "1"
    with transaction():
        service.set_active(user_id, active, actor(), clock.now())
    return _back(
        user_id, _("Đã mở lại tài khoản.") if active else _("Đã khóa tài khoản; mọi phiên làm việc đã kết thúc.")
    )


@bp.post("/people/<int:user_id>/sessions/end")
@admins
def end_sessions(user_id: int) -> Response:
    """End every session of a person."""
    with transaction():
        sessions.end_others(find_user(user_id).id, None, actor(), clock.now())
    return _back(user_id, _("Đã kết thúc mọi phiên làm việc của người này."))


@bp.post("/people/<int:user_id>/tokens/<int:token_id>/revoke")
@admins
def revoke_token(user_id: int, token_id: int) -> Response:
    """Take an API token back."""
    with transaction():
        service.revoke_token(token_id, user_id, actor(), clock.now())
    return _back(user_id, _("Đã thu hồi mã truy cập."))


# --- units ----------------------------------------------------------------------------------------


@bp.get("/units")
@admins
def unit_list() -> str:
    """Every unit in protocol order, fifty a page, by a word of its code, name or group."""
    words, page = request.args.get("q", ""), _page()
    found, total = units_like(words, page, PAGE)
    return render_template(
        "accounts/units.html", found=found, total=total, words=words, **_pages("people.unit_list", page, total)
    )


@bp.get("/units/<int:unit_id>")
@admins
def unit(unit_id: int) -> str:
    """One unit: whom to ring, who reports for it, what the list noted."""
    return _unit(unit_id)


@bp.post("/units/<int:unit_id>")
@admins
def save_unit(unit_id: int) -> Response | tuple[str, int]:
    """Correct whom to ring."""
    form = UnitForm()
    if form.validate_on_submit():
        try:
            with transaction():
                service.save_unit(
                    unit_id,
                    form.contact_name.data or "",
                    form.contact_phone.data or "",
                    form.contact_email.data or "",
                    actor(),
                    clock.now(),
                )
            flash(_("Đã lưu."), "ok")
            return go(url_for("people.unit", unit_id=unit_id))
        except Invalid as refusal:
            form.contact_email.errors = [translate_refusal(refusal)]
    return _unit(unit_id, form), 422


@bp.get("/units/import")
@admins
def choose_units_file() -> str:
    """Where to choose the list."""
    return render_template("accounts/units_import.html", form=UnitsFileForm(), problems=[])


@bp.post("/units/import")
@admins
def read_units_file() -> str | tuple[str, int]:
    """Read the list and show what would change; nothing is written yet."""
    form = UnitsFileForm()
    given = request.files.get("file")
    problems: list[str] = []
    if form.validate_on_submit() and given is not None and given.filename:
        try:
            rows = importing.read_units(given.filename, given.read())
            carried = _signer().dumps(importing.rows_to_json(rows))
            if len(carried) > _CARRIES:
                raise Invalid(
                    "too_many_rows", N_("Danh sách quá dài cho trang này. Nhập bằng lệnh: tracker units import.")
                )
            known = {one.code: one for one in units()}
            return render_template(
                "accounts/units_preview.html",
                rows=rows,
                new=[row for row in rows if row.code not in known],
                changed=[row for row in rows if row.code in known and importing.differs(known[row.code], row)],
                carried=carried if isinstance(carried, str) else carried.decode(),
            )
        except Invalid as refusal:
            problems = [translate_refusal(each) for each in refusal.problems] or [translate_refusal(refusal)]
    else:
        problems = [_("Chọn một tệp.")]
    return render_template("accounts/units_import.html", form=form, problems=problems), 422


@bp.post("/units/import/confirm")
@admins
def import_units() -> Response:
    """Write the list that was shown."""
    try:
        rows = importing.rows_from_json(_signer().loads(request.form.get("rows", "")))
    except (BadSignature, KeyError, TypeError, ValueError) as error:
        raise Invalid("stale_list", N_("Danh sách xem trước không còn đọc được. Chọn lại tệp.")) from error
    with transaction():
        done = importing.import_units(rows, actor(), clock.now())
    flash(
        _("Đã nhập %(n)s đơn vị: %(new)s mới, %(changed)s sửa.", n=len(rows), new=done.added, changed=done.changed),
        "ok",
    )
    return go(url_for("people.unit_list"))


# --- within ---------------------------------------------------------------------------------------


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(str(current_app.config["SECRET_KEY"]), salt="units-preview")


def _role_choices() -> list[tuple[str, str]]:
    return [(str(role), say(name)) for role, name in ROLE_NAMES.items()]


def _page() -> int:
    text = request.args.get("page", "0")
    return min(int(text), 100_000) if text.isdecimal() and len(text) < 7 else 0


def _pages(endpoint: str, page: int, total: int) -> dict[str, object]:
    words = request.args.get("q") or None
    first, last = page * PAGE + 1, min((page + 1) * PAGE, total)
    return {
        "prev": url_for(endpoint, q=words, page=page - 1) if page > 0 else None,
        "next": url_for(endpoint, q=words, page=page + 1) if last < total else None,
        "note": _("%(first)s–%(last)s trên %(total)s", first=first, last=last, total=total) if total > PAGE else "",
    }


def _back(user_id: int, sentence: str) -> Response:
    flash(sentence, "ok")
    return go(url_for("people.person", user_id=user_id))


def _new(form: AddPersonForm) -> str:
    form.role.choices = _role_choices()
    return render_template("accounts/person_new.html", form=form, units=units())


def _person(user_id: int, about: AccountForm | None = None, role: RoleForm | None = None) -> str:
    user, posts = person_and_posts(user_id)
    role = role or RoleForm(data={"role": "reporter"})
    role.role.choices = _role_choices()
    return render_template(
        "accounts/person.html",
        user=user,
        posts=posts,
        roles=ROLE_NAMES,
        about=about or AccountForm(data={"name": user.name, "phone": user.phone}),
        role=role,
        units=units(),
        sessions=sessions_of(user_id, clock.now()),
        tokens=tokens_of(user_id),
    )


def _unit(unit_id: int, form: UnitForm | None = None) -> str:
    found = find_unit(unit_id)
    return render_template(
        "accounts/unit.html",
        unit=found,
        people=people_of_units([unit_id]),
        roles=ROLE_NAMES,
        form=form
        or UnitForm(
            data={
                "contact_name": found.contact_name,
                "contact_phone": found.contact_phone,
                "contact_email": found.contact_email,
            }
        ),
    )
