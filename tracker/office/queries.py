"""Reading the office: its working calendar, its bodies, its settings."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ScalarSelect, select, true

from tracker.core.calendar import OFFICE_ZONE, WorkingCalendar
from tracker.core.db import read_once, session
from tracker.core.errors import NotFound
from tracker.core.text import N_
from tracker.office.models import Body, CalendarDay, Setting

_zone: ZoneInfo = OFFICE_ZONE
_built: dict[tuple[tuple[date, bool, str], ...], WorkingCalendar] = {}


def use_zone(zone: ZoneInfo) -> None:
    """Set the office's zone once, when the application is made."""
    global _zone
    _zone = zone
    _built.clear()


def calendar() -> WorkingCalendar:
    """The built-in Vietnamese calendar with the office's own table over it. One statement a transaction."""
    return read_once("calendar", _calendar)


def _calendar() -> WorkingCalendar:
    rows = tuple(
        (row.day, row.working, row.name)
        for row in session().execute(
            select(CalendarDay.day, CalendarDay.working, CalendarDay.name).order_by(CalendarDay.day)
        )
    )
    if rows not in _built:
        if len(_built) > 8:
            _built.clear()
        _built[rows] = WorkingCalendar(
            tz=_zone,
            extra={day: working for day, working, _ in rows},
            names={day: name for day, _, name in rows if name},
        )
    return _built[rows]


def setting(key: str, default: Any = None) -> Any:
    """The value stored under `key`, or `default`."""
    row = session().execute(select(Setting.value).where(Setting.key == key)).first()
    return default if row is None else row[0]


def frame(on: date) -> tuple[str | None, str]:
    """The product's name if the office gave one, and the issuing body's name ("" if none)."""
    product, named, _ = _office()
    issuer = body_with("issuer", on)
    return product, (issuer.name if issuer else "") or named


def body_with(duty: str, on: date) -> Body | None:
    """The body that holds a duty (issuer, lead, oversight) on a day; the newest if several do."""
    return next(
        (
            body
            for body in _office()[2]
            if body.duty == duty
            and (body.valid_from is None or body.valid_from <= on)
            and (body.valid_to is None or body.valid_to >= on)
        ),
        None,
    )


def _office() -> tuple[str | None, str, Sequence[Body]]:
    """The product's and the body's names as set, and every body, the newest first. One statement a transaction."""
    return read_once("office", _read_office)


def _read_office() -> tuple[str | None, str, Sequence[Body]]:
    rows = session().execute(_OFFICE).all()
    product, named, _ = rows[0]
    return str(product) if product else None, str(named or ""), [body for _, _, body in rows if body is not None]


def _setting(key: str) -> ScalarSelect[Any]:
    return select(Setting.value).where(Setting.key == key).scalar_subquery()


# The outer join to a row of settings, so that an office without bodies still has its row.
_names = select(_setting("product_name").label("product"), _setting("body_name").label("named")).subquery()
_OFFICE = (
    select(_names.c.product, _names.c.named, Body)
    .select_from(_names)
    .outerjoin(Body, true())
    .order_by(Body.valid_from.desc().nulls_last(), Body.id.desc())
)


def days_of(year: int) -> dict[date, CalendarDay]:
    """The office's own rows for a year, by day."""
    rows = session().scalars(
        select(CalendarDay).where(CalendarDay.day >= date(year, 1, 1), CalendarDay.day <= date(year, 12, 31))
    )
    return {row.day: row for row in rows}


def bodies() -> Sequence[Body]:
    """Every body under every name, by duty and time."""
    return (
        session().scalars(select(Body).order_by(Body.duty.nulls_last(), Body.valid_from.nulls_first(), Body.id)).all()
    )


def find_body(body_id: int) -> Body:
    """A body by id; NotFound if there is none."""
    found = session().get(Body, body_id)
    if found is None:
        raise NotFound("no_body", N_("Không có cơ quan này."))
    return found


def aliases() -> dict[str, str]:
    """Other names of bodies and groups: alias → name."""
    return {alias: body.name for body in bodies() for alias in body.aliases}
