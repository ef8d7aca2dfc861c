"""The verbs of the office's own data: days of the calendar, bodies and their names over time, settings.

People and units belong to accounts/.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete

from tracker.audit.service import record
from tracker.core.db import changed, session
from tracker.core.errors import Forbidden, Invalid, NotFound
from tracker.core.people import Actor, Role
from tracker.core.text import N_, one_line
from tracker.office.models import Body, CalendarDay, Setting

_calendar_changed: list[Callable[[datetime], None]] = []


def when_calendar_changes(look_again: Callable[[datetime], None]) -> None:
    """Whoever plans by working days is told of a changed day, in the transaction of the change. Set once."""
    _calendar_changed[:] = [look_again]


def set_day(day: date, working: bool, name: str, source: str, actor: Actor, now: datetime) -> None:
    """Say that a day is off, or worked to make up for one; it wins over the built-in holidays."""
    _need_admin(actor)
    name = one_line(name)
    if not name:
        raise Invalid("day_name", N_("Ghi tên ngày nghỉ hoặc lý do làm bù."))
    if not 2000 <= day.year <= 2100:
        raise Invalid("day_year", N_("Năm phải trong khoảng 2000–2100."))
    row = session().get(CalendarDay, day) or CalendarDay(day=day)
    row.working, row.name, row.source = working, name[:200], one_line(source)[:300]
    session().add(row)
    session().flush()
    record("calendar.set", f"day:{day.isoformat()}", actor, now, {"working": working, "name": row.name})
    _tell(now)


def drop_day(day: date, actor: Actor, now: datetime) -> None:
    """Take the office's own word about a day back; the built-in calendar counts again."""
    _need_admin(actor)
    if not changed(delete(CalendarDay).where(CalendarDay.day == day)):
        raise NotFound("no_day", N_("Ngày này không có trong bảng của cơ quan."))
    session().expire_all()
    record("calendar.drop", f"day:{day.isoformat()}", actor, now)
    _tell(now)


def save_body(
    body_id: int | None,
    *,
    name: str,
    parent_name: str,
    place: str,
    duty: str | None,
    kind: str,
    phone: str,
    aliases: list[str],
    valid_from: date | None,
    valid_to: date | None,
    actor: Actor,
    now: datetime,
) -> Body:
    """A body under one name for a time. A new name is a new row, its predecessor's `valid_to` the day before."""
    _need_admin(actor)
    name = one_line(name)
    if not name:
        raise Invalid("body_name", N_("Ghi tên cơ quan."))
    if duty not in (None, "issuer", "lead", "oversight") or kind not in ("party", "state"):
        raise Invalid("body_kind", N_("Chọn một mục trong danh sách."))
    if valid_from and valid_to and valid_to < valid_from:
        raise Invalid("body_dates", N_("Ngày thôi phải sau ngày bắt đầu."))
    body = session().get(Body, body_id) if body_id is not None else Body()
    if body is None:
        raise NotFound("no_body", N_("Không có cơ quan này."))
    body.name, body.parent_name, body.place = name[:300], one_line(parent_name)[:300], one_line(place)[:200]
    body.duty, body.kind, body.phone = duty, kind, one_line(phone)[:40]
    body.aliases = [alias for alias in (one_line(alias) for alias in aliases) if alias]
    body.valid_from, body.valid_to = valid_from, valid_to
    session().add(body)
    session().flush()
    record("body.save", f"body:{body.id}", actor, now, {"name": body.name, "duty": duty})
    return body


def save_setting(key: str, value: Any, actor: Actor, now: datetime) -> None:
    """Store one setting of the office. Never a secret: those are in the environment."""
    _need_admin(actor)
    row = session().get(Setting, key) or Setting(key=key)
    row.value = value
    session().add(row)
    session().flush()
    record("setting.save", f"setting:{key}", actor, now)


def _tell(now: datetime) -> None:
    for look_again in _calendar_changed:
        look_again(now)


def _need_admin(actor: Actor) -> None:
    if not actor.has(Role.ADMIN):
        raise Forbidden("not_admin", N_("Chỉ người quản trị làm được việc này."))
