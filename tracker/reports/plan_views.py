"""Opening a plan in the browser: choose the files, read it back line by line, confirm, open. Lead office only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from flask import Blueprint, current_app, flash, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext
from flask_wtf.file import FileField
from itsdangerous import BadSignature, URLSafeSerializer
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response

from tracker.accounts.importing import UnitRow, read_units, rows_from_json, rows_to_json
from tracker.accounts.queries import units
from tracker.core import clock
from tracker.core.calendar import last_day
from tracker.core.db import transaction
from tracker.core.errors import Invalid, Refusal
from tracker.core.people import Role
from tracker.core.text import N_
from tracker.documents.reader import open_document
from tracker.office.queries import calendar
from tracker.plans.reading import read_plan
from tracker.plans.spec import PlanSpec, from_json, to_json
from tracker.reports.opening import match_units, open_campaign, owner_choices, readings
from tracker.web.access import actor, roles_required
from tracker.web.forms import BaseForm
from tracker.web.htmx import go
from tracker.web.i18n import translate_refusal

bp = Blueprint("plans", __name__, url_prefix="/campaigns/new")
leads = roles_required(Role.LEAD)

# Readings that change what is asked, of whom or until when are confirmed one by one; those of spelling, marks and
# page breaks together.
WEIGHTY = frozenset(
    {
        "deadline_on_day_off",
        "deadlines_out_of_order",
        "deadline_before_issue",
        "partial_year",
        "note_year",
        "two_numbers_in_cell",
        "flattened_header",
        "spans_rebuilt",
        "leaf_count",
        "group_named_differently",
        "unnumbered_item",
    }
)
# Asked in a field of their own on the page.
_ASKED_ELSEWHERE = frozenset({"exclusive_before", "single_source"})
_CARRIES = 1_500_000


class PlanFilesForm(BaseForm):
    """The plan and the list of units."""

    plan = FileField(lazy_gettext("Văn bản kế hoạch (DOCX, PDF hoặc TXT)"))
    units = FileField(lazy_gettext("Danh sách đơn vị (CSV hoặc XLSX)"))


@bp.get("/")
@leads
def choose() -> str:
    """Where to choose the files."""
    return _choose(PlanFilesForm(), [])


@bp.post("/")
@leads
def read() -> str | tuple[str, int]:
    """Read both files and show what was understood; nothing is written yet."""
    form = PlanFilesForm()
    plan, listed = request.files.get("plan"), request.files.get("units")
    problems: list[str] = []
    if not form.validate_on_submit() or plan is None or not plan.filename:
        return _choose(form, [_("Chọn tệp kế hoạch.")]), 422
    try:
        spec = read_plan(open_document(plan.read(), plan.filename), calendar(), calendar().tz)
        rows = _rows(listed)
        match_units(spec, _listed(rows))
        carried = _signer().dumps({"spec": to_json(spec), "rows": rows_to_json(rows) if rows is not None else None})
        if len(carried) > _CARRIES:
            raise Invalid("too_large_here", N_("Danh sách quá dài cho trang này. Mở bằng lệnh: tracker plan open."))
        return _confirm(spec, rows, carried if isinstance(carried, str) else carried.decode(), [])
    except Refusal as refusal:
        inner = refusal.problems if isinstance(refusal, Invalid) else ()
        problems = [translate_refusal(refusal), *(translate_refusal(each) for each in inner[:100])]
    return _choose(form, problems), 422


@bp.post("/open")
@leads
def open_it() -> Response | tuple[str, int]:
    """Open the plan that was shown, once every reading is confirmed."""
    carried = request.form.get("carried", "")
    try:
        kept = _signer().loads(carried)
        spec = from_json(kept["spec"])
        rows = rows_from_json(kept["rows"]) if kept["rows"] is not None else None
    except (BadSignature, KeyError, TypeError, ValueError) as error:
        raise Invalid("stale_plan", N_("Bản đọc kế hoạch không còn dùng được. Chọn lại tệp.")) from error
    missing = _unconfirmed(spec)
    if missing:
        return _confirm(spec, rows, carried, missing), 422
    now = clock.now()
    try:
        with transaction():
            opened = open_campaign(
                spec,
                rows,
                before_inclusive=request.form.get("before") == "inclusive",
                take_readings=True,
                actor=actor(),
                now=now,
                owners=_owners(spec, rows),
            )
            campaign_id, count = opened.campaign.id, opened.reports
    except Refusal as refusal:
        return _confirm(spec, rows, carried, [("", translate_refusal(refusal))]), 422
    flash(_("Đã mở %(number)s: %(n)s báo cáo, thư mở kế hoạch đang được gửi.", number=spec.number, n=count), "ok")
    return go(url_for("campaigns.show", campaign_id=campaign_id))


# --- within ---------------------------------------------------------------------------------------


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(str(current_app.config["SECRET_KEY"]), salt="plan-preview")


def _rows(listed: FileStorage | None) -> list[UnitRow] | None:
    if listed is None or not listed.filename:
        if not units():
            raise Invalid("no_units", N_("Chưa có đơn vị nào. Nhập danh sách đơn vị trước."))
        return None
    return read_units(listed.filename, listed.read())


def _listed(rows: Sequence[UnitRow] | None) -> list[tuple[str, str, str]]:
    if rows is None:
        return [(unit.code, unit.name, unit.group_name) for unit in units()]
    return [(row.code, row.name, row.group) for row in rows]


def _weighty(spec: PlanSpec) -> list[tuple[int, Any]]:
    return [(n, w) for n, w in enumerate(spec.warnings) if w.read_as and w.code in WEIGHTY]


def _minor(spec: PlanSpec) -> list[Any]:
    return [w for w in readings(spec) if w.code not in WEIGHTY | _ASKED_ELSEWHERE]


def _unconfirmed(spec: PlanSpec) -> list[tuple[str, str]]:
    missing = [
        (f"r-{n}", _("Dòng %(line)s: chưa xác nhận «%(text)s».", line=w.line, text=w.text[:60]))
        for n, w in _weighty(spec)
        if request.form.get(f"r-{n}") != "1"
    ]
    if _minor(spec) and request.form.get("minor") != "1":
        missing.append(("minor", _("Chưa xác nhận các chỗ sửa chữ nghĩa.")))
    if any(m.operator == "before" for m in spec.milestones) and request.form.get("before") not in {
        "strict",
        "inclusive",
    }:
        missing.append(("before-strict", _("Chọn cách tính «trước ngày».")))
    return missing


def _owners(spec: PlanSpec, rows: Sequence[UnitRow] | None) -> dict[tuple[str, str], str]:
    choices = owner_choices(spec, [(code, name) for code, name, _ in _listed(rows)])
    return {
        (choice.table, key): request.form.get(f"owner-{n}", "")
        for n, choice in enumerate(choices)
        for key in choice.columns
    }


def _choose(form: PlanFilesForm, problems: list[str]) -> str:
    return render_template("campaigns/choose.html", form=form, problems=problems, known=len(units()))


def _confirm(spec: PlanSpec, rows: Sequence[UnitRow] | None, carried: str, missing: list[tuple[str, str]]) -> str:
    listed = _listed(rows)
    groups = Counter(match_units(spec, listed).values())
    choices = owner_choices(spec, [(code, name) for code, name, _ in listed])
    return render_template(
        "campaigns/confirm.html",
        spec=spec,
        carried=carried,
        missing=missing,
        listed=listed,
        groups=[(group, groups.get(group, 0)) for group in (spec.unit_groups or tuple(groups))],
        weighty=_weighty(spec),
        minor=_minor(spec),
        open_questions=[w for w in spec.warnings if not w.read_as],
        owners=[
            (choice, request.form.get(f"owner-{n}", choice.unit_code or ""), _paths(spec, choice.table, choice.columns))
            for n, choice in enumerate(choices)
        ],
        inclusive={m.id: last_day(m.operator, m.named_date, True) for m in spec.milestones if m.operator == "before"},
        before=request.form.get("before", ""),
        given=request.form,
    )


def _paths(spec: PlanSpec, number: str, keys: Sequence[str]) -> list[str]:
    table = spec.table(number)
    columns = [table.column(key) for key in keys] if table else []
    return [" · ".join(column.path) for column in columns if column]
