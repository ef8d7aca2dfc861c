"""Reading the office: its working calendar, its bodies, its settings."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select

from tracker.core.calendar import OFFICE_ZONE, WorkingCalendar
from tracker.core.db import session
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
    """The built-in Vietnamese calendar with the office's own table over it. One statement."""
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
    """The product's name if the office gave one, and the issuing body's name ("" if none). One statement."""
    body = (
        select(Body.name)
        .where(
            Body.duty == "issuer",
            or_(Body.valid_from.is_(None), Body.valid_from <= on),
            or_(Body.valid_to.is_(None), Body.valid_to >= on),
        )
        .order_by(Body.valid_from.desc().nulls_last(), Body.id.desc())
        .limit(1)
        .scalar_subquery()
    )
    named = {
        key: select(Setting.value).where(Setting.key == key).scalar_subquery() for key in ("product_name", "body_name")
    }
    row = session().execute(select(named["product_name"], body, named["body_name"])).one()
    return (str(row[0]) if row[0] else None), str(row[1] or row[2] or "")


def body_with(duty: str, on: date) -> Body | None:
    """The body that holds a duty (issuer, lead, oversight) on a day; the newest if several do."""
    return (
        session()
        .scalars(
            select(Body)
            .where(
                Body.duty == duty,
                or_(Body.valid_from.is_(None), Body.valid_from <= on),
                or_(Body.valid_to.is_(None), Body.valid_to >= on),
            )
            .order_by(Body.valid_from.desc().nulls_last(), Body.id.desc())
            .limit(1)
        )
        .first()
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
