"""Administration pages of the office: its front, calendar, bodies, and the trail. People and units: accounts/."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, current_app, flash, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response

from tracker.audit import words
from tracker.audit.queries import page as audit_page
from tracker.core import clock, holidays
from tracker.core.db import transaction
from tracker.core.errors import Invalid
from tracker.core.people import Role
from tracker.core.text import N_
from tracker.office import service
from tracker.office.forms import DUTIES, KINDS, BodyForm, DayForm, OfficeForm
from tracker.office.queries import bodies, calendar, days_of, find_body, setting
from tracker.web import shell
from tracker.web.access import actor, roles_required
from tracker.web.filters import luc, say
from tracker.web.forms import read_date
from tracker.web.htmx import go
from tracker.web.i18n import translate_refusal

bp = Blueprint("office", __name__, url_prefix="/admin")
admins = roles_required(Role.ADMIN)

PAGE = 100

# The administration's pages, wherever they live; one that does not exist is not offered.
SECTIONS = (
    ("people.people", N_("Người dùng"), N_("Thêm người, giao vai trò, gửi lời mời, khóa tài khoản.")),
    ("people.unit_list", N_("Danh sách đơn vị"), N_("Đơn vị, người liên hệ; nhập từ tệp CSV hoặc XLSX.")),
    ("office.calendar_page", N_("Ngày nghỉ"), N_("Ngày nghỉ lễ, nghỉ bù, làm bù của năm.")),
    ("office.body_list", N_("Cơ quan"), N_("Tên cơ quan qua từng thời kỳ, vai trò trong kế hoạch.")),
    ("operate.mail", N_("Thư"), N_("Máy chủ thư và cách gửi.")),
    ("operate.health", N_("Tình trạng hệ thống"), N_("Cơ sở dữ liệu, hàng đợi, kho tệp, đồng hồ.")),
    ("office.audit", N_("Nhật ký"), N_("Ai đã làm gì, lúc nào. Chỉ đọc.")),
)


@bp.app_context_processor
def _menu() -> dict[str, object]:
    def admin_menu() -> list[tuple[str, str, str, bool]]:
        return [
            (url_for(endpoint), _(label), _(hint), request.path.startswith(url_for(endpoint)))
            for endpoint, label, hint in SECTIONS
            if endpoint in current_app.view_functions
        ]

    return {"admin_menu": admin_menu}


@bp.get("/")
@admins
def admin() -> str:
    """The administration's first page."""
    return render_template("office/admin.html", form=_office_form())


@bp.post("/")
@admins
def save_office() -> Response | tuple[str, int]:
    """Name the product."""
    form = OfficeForm()
    if not form.validate_on_submit():
        return render_template("office/admin.html", form=form), 422
    with transaction():
        service.save_setting("product_name", form.product_name.data, actor(), clock.now())
    flash(_("Đã lưu."), "ok")
    return go(url_for("office.admin"))


# --- the calendar ---------------------------------------------------------------------------------


@bp.get("/calendar")
@admins
def calendar_page() -> str:
    """The days off and the make-up days of a year, the built-in ones and the office's own."""
    return _calendar(_year())


@bp.post("/calendar")
@admins
def set_day() -> Response | tuple[str, int]:
    """Add or change one day."""
    form = _day_form(DayForm())
    if form.validate_on_submit() and form.day.data:
        try:
            with transaction():
                service.set_day(
                    form.day.data,
                    form.working.data == "1",
                    form.name.data or "",
                    form.source.data or "",
                    actor(),
                    clock.now(),
                )
            flash(_("Đã lưu."), "ok")
            return go(url_for("office.calendar_page", year=form.day.data.year))
        except Invalid as refusal:
            form.day.errors = [translate_refusal(refusal)]
    return _calendar(_year(), form), 422


@bp.post("/calendar/drop")
@admins
def drop_day() -> Response:
    """Take back the office's own word about a day."""
    day = read_date(request.form.get("day", ""))
    if day is None:
        raise Invalid("bad_date", N_("Ghi ngày theo dạng ngày/tháng/năm, ví dụ 16/5/2023."))
    with transaction():
        service.drop_day(day, actor(), clock.now())
    flash(_("Đã bỏ. Lịch chung được áp dụng cho ngày này."), "ok")
    return go(url_for("office.calendar_page", year=day.year))


# --- bodies ---------------------------------------------------------------------------------------


@bp.get("/bodies")
@admins
def body_list() -> str:
    """Every body, with its names over time."""
    return render_template("office/bodies.html", bodies=bodies(), duties=DUTIES)


@bp.get("/bodies/new")
@admins
def new_body() -> str:
    """The form for a body."""
    return _body(None, BodyForm(data={"duty": request.args.get("duty", ""), "kind": "party"}))


@bp.post("/bodies/new")
@admins
def add_body() -> Response | tuple[str, int]:
    """Add a body."""
    return _save_body(None)


@bp.get("/bodies/<int:body_id>")
@admins
def body(body_id: int) -> str:
    """One body."""
    found = find_body(body_id)
    form = BodyForm(obj=found)
    form.duty.data = found.duty or ""
    form.aliases.data = "\n".join(found.aliases)
    return _body(body_id, form)


@bp.post("/bodies/<int:body_id>")
@admins
def save_body(body_id: int) -> Response | tuple[str, int]:
    """Save a body."""
    find_body(body_id)
    return _save_body(body_id)


# --- the trail ------------------------------------------------------------------------------------


@bp.get("/audit")
@admins
def audit() -> str:
    """Who did what, the newest first. Nothing here can be changed, not even by the database's owner role."""
    before = request.args.get("before", "")
    about = request.args.get("about", "")[:80]
    rows = audit_page(int(before) if before.isdecimal() and len(before) < 18 else None, about, PAGE + 1)
    following = url_for("office.audit", before=rows[PAGE - 1].id, about=about or None) if len(rows) > PAGE else None
    newest = url_for("office.audit", about=about or None) if before else None
    return render_template(
        "office/audit.html",
        rows=rows[:PAGE],
        about=about,
        next=following,
        prev=newest,
        verbs=words.VERBS,
        about_words=lambda about: words.about_in_words(about, say),
        detail_words=lambda detail: words.details_in_words(detail, say, luc),
    )


# --- within ---------------------------------------------------------------------------------------


def _office_form() -> OfficeForm:
    return OfficeForm(data={"product_name": setting("product_name", _(shell.BRAND))})


def _year() -> int:
    text = request.args.get("year", "")
    if text.isdecimal() and len(text) == 4 and 2000 <= int(text) <= 2100:
        return int(text)
    return calendar().local_day(clock.now()).year


def _day_form(form: DayForm) -> DayForm:
    form.working.choices = [("0", _("Nghỉ")), ("1", _("Làm bù"))]
    return form


def _calendar(year: int, form: DayForm | None = None) -> str:
    built_in = holidays.year(year)
    own = days_of(year)
    days: dict[date, tuple[bool, str, str, bool]] = {
        day: (False, name, _("Lịch chung"), False) for day, name in built_in.off.items()
    }
    days |= {day: (True, _("Làm bù"), _("Lịch chung"), False) for day in built_in.worked}
    days |= {day: (row.working, row.name, row.source, True) for day, row in own.items()}
    return render_template(
        "office/calendar.html",
        year=year,
        days=[(day, *days[day]) for day in sorted(days)],
        form=_day_form(form or DayForm(data={"working": "0"})),
    )


def _body(body_id: int | None, form: BodyForm) -> str:
    form.duty.choices = [(value, say(name)) for value, name in DUTIES.items()]
    form.kind.choices = [(value, say(name)) for value, name in KINDS.items()]
    return render_template("office/body.html", form=form, body_id=body_id)


def _save_body(body_id: int | None) -> Response | tuple[str, int]:
    form = BodyForm()
    form.duty.choices = list(DUTIES.items())
    form.kind.choices = list(KINDS.items())
    if form.validate_on_submit():
        try:
            with transaction():
                service.save_body(
                    body_id,
                    name=form.name.data or "",
                    parent_name=form.parent_name.data or "",
                    place=form.place.data or "",
                    duty=form.duty.data or None,
                    kind=form.kind.data or "party",
                    phone=form.phone.data or "",
                    aliases=(form.aliases.data or "").splitlines(),
                    valid_from=form.valid_from.data,
                    valid_to=form.valid_to.data,
                    actor=actor(),
                    now=clock.now(),
                )
            flash(_("Đã lưu."), "ok")
            return go(url_for("office.body_list"))
        except Invalid as refusal:
            form.valid_to.errors = [translate_refusal(refusal)]
    return _body(body_id, form), 422
