"""Living through the sample story with the product's own verbs, moment by moment, so that its mails are real ones.

The texts and figures come from story.py, the people from sample_people.py; serving it is workers/' business.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import insert, select

from tracker.accounts.importing import UnitRow, import_units, read_units
from tracker.accounts.models import Membership, Unit, User
from tracker.accounts.passwords import make_hash
from tracker.accounts.queries import actor_of_email
from tracker.campaigns.models import Campaign
from tracker.core.calendar import WorkingCalendar
from tracker.core.db import session, transaction
from tracker.core.errors import Refusal
from tracker.core.people import Actor, Role
from tracker.documents.textfile import blocks_from_text
from tracker.office.models import Body, Setting
from tracker.office.queries import calendar, setting
from tracker.operate import sample_people as cast
from tracker.operate import story
from tracker.plans.reading import read_plan
from tracker.reports import queries, service, writing
from tracker.reports.models import Report
from tracker.reports.opening import open_campaign
from tracker.reports.rules import Step
from tracker.review.service import remark, take_step

SHOWN_FROM = datetime.fromisoformat("2023-05-11T09:00:00+07:00")
STORY_ENDS = datetime.fromisoformat("2023-06-02T17:00:00+07:00")
MOMENTS = ((8, 0), (16, 30))
CLOCK_KEY = "sample_clock"
Tick = Callable[[datetime], object]


def exists() -> bool:
    """True once the sample was built in this database."""
    return setting(CLOCK_KEY) is not None


def may_build() -> bool:
    """True if nobody works in this database: the sample mixes with nothing."""
    return not any(session().execute(select(table.id).limit(1)).first() for table in (Campaign, Unit, User, Body))


def build(tick: Tick, until: datetime = SHOWN_FROM) -> None:
    """Open plan 271 and live its story up to `until`. `tick(instant)` sweeps and sends, as the workers would."""
    at = story.opened_at()
    with transaction():
        _bodies()
        rows = _unit_rows()
        founder = Actor(user_id=None, name="", roles=frozenset({Role.ADMIN, Role.LEAD}))
        import_units(rows, founder, at)
        _people([row.code for row in rows], at - timedelta(days=7))
        plan = read_plan(blocks_from_text(story.PLAN_FILE.read_text(encoding="utf-8")), calendar())
        open_campaign(plan, rows, before_inclusive=False, take_readings=True, actor=_lead(), now=at)
    live(tick, at, until)
    keep_clock(until)


def live(tick: Tick, after: datetime, until: datetime) -> None:
    """What the story tells of (after, until], each deed at its own moment, and a tick at every hour that counts.

    A deed that no longer fits (the viewer has done something else meanwhile) is passed over.
    """
    days = calendar()
    waiting = [deed for deed in story.deeds() if after < deed.at <= until]
    moments = sorted({deed.at for deed in waiting} | set(_hours(days, after, until)) | {until})
    if after == story.opened_at():
        tick(after)
    for moment in moments:
        while waiting and waiting[0].at <= moment:
            _do(waiting.pop(0))
        tick(moment)
    story.forget()


def keep_clock(now: datetime) -> None:
    """Store the simulated instant, so that the next start goes on from it."""
    with transaction():
        session().merge(Setting(key=CLOCK_KEY, value=now.astimezone(UTC).isoformat()))


def stored_clock() -> datetime | None:
    """The simulated instant at which the sample was left, if any."""
    kept = setting(CLOCK_KEY)
    return datetime.fromisoformat(kept) if kept else None


def _hours(days: WorkingCalendar, after: datetime, until: datetime) -> Iterator[datetime]:
    day = days.local_day(after)
    while day <= days.local_day(until):
        for hour, minute in MOMENTS:
            moment = days.at(day, hour, minute)
            if after < moment <= until and days.is_working_day(day):
                yield moment
        day += timedelta(days=1)


def _do(deed: story.Deed) -> None:
    if deed.step == "consolidate":
        return  # a final assembly is the viewer's to ask for
    actor = _actor(deed)
    if actor is None:
        return
    try:
        with transaction():
            _DEEDS.get(deed.step, _step)(deed, actor, _report(deed.unit))
    except Refusal:
        return


def _first_edit(deed: story.Deed, actor: Actor, report_id: int) -> None:
    """A beginning: a share of the sections, as a unit that is still writing has them."""
    draw = random.Random(deed.unit)
    _write(report_id, deed, actor, parts=draw.uniform(0.15, 0.9), flawed=False)


def _submit(deed: story.Deed, actor: Actor, report_id: int) -> None:
    coming_back = any(d.flaw for d in story.deeds() if d.unit == deed.unit and d.at > deed.at)
    corrected = any(d.flaw for d in story.deeds() if d.unit == deed.unit and d.at < deed.at)
    _write(report_id, deed, actor, parts=1.0, flawed=coming_back or not corrected)
    take_step(report_id, Step.SUBMIT, actor, deed.at)


def _send_back(deed: story.Deed, actor: Actor, report_id: int) -> None:
    service.take_for_review(report_id, actor, deed.at - timedelta(minutes=20))
    part = _part_of(deed)
    if part is not None and deed.note:
        remark(report_id, part, deed.note, actor, deed.at - timedelta(minutes=8))
    day = date.fromisoformat(deed.resubmit_by) if deed.resubmit_by else None
    take_step(report_id, Step.SEND_BACK, actor, deed.at, note=deed.note, resubmit_by=day)


def _extend(deed: story.Deed, actor: Actor, report_id: int) -> None:
    if deed.due_before is not None:
        service.extend(report_id, deed.due_before, deed.note or "", actor, deed.at)


def _nothing(deed: story.Deed, actor: Actor, report_id: int) -> None:
    """Asked for by telephone: the grant is what the tracker knows of."""


def _step(deed: story.Deed, actor: Actor, report_id: int) -> None:
    take_step(report_id, Step(deed.step), actor, deed.at, note=deed.note)


_DEEDS: Mapping[str, Callable[[story.Deed, Actor, int], None]] = {
    "first_edit": _first_edit,
    "submit": _submit,
    "send_back": _send_back,
    "extension_asked": _nothing,
    "extension_granted": _extend,
}


def _write(report_id: int, deed: story.Deed, actor: Actor, *, parts: float, flawed: bool) -> None:
    found = queries.find(report_id, actor)
    concern = queries.concern_of(found)
    answer = story.answer(deed.unit, concern.cells, flawed=flawed)
    version = found.report.version
    for number in concern.sections[: max(1, round(len(concern.sections) * parts))]:
        version = writing.save_section(report_id, number, actor, deed.at, html=answer.sections[number], version=version)
    for number in list(concern.cells)[: round(len(concern.cells) * parts)]:
        cells = answer.tables[number]
        version = writing.save_table(
            report_id, number, actor, deed.at, cells=cells, nothing_to_report=cells is None, version=version
        )


def _part_of(deed: story.Deed) -> str | None:
    note = deed.note or ""
    if "Phụ lục số 1" in note and not note.startswith("Mục"):
        return "table:1"
    words = note.replace(",", " ").replace(";", " ").split()
    return next((word for word in words if word[:1] in "IV" and "." in word), None)


def _actor(deed: story.Deed) -> Actor | None:
    if deed.by == "lead":
        return _lead()
    wanted = Role.UNIT_HEAD if deed.by == "unit_head" else Role.REPORTER
    email = (
        session()
        .execute(
            select(User.email)
            .join(Membership, Membership.user_id == User.id)
            .join(Unit, Unit.id == Membership.unit_id)
            .where(Unit.code == deed.unit, Membership.role == wanted)
        )
        .scalar()
    )
    return actor_of_email(email) if email else None


def _lead() -> Actor:
    found = actor_of_email(cast.office()[0].email)
    if found is None:
        raise LookupError("the sample has no lead")
    return found


def _report(unit: str) -> int:
    return (
        session()
        .execute(
            select(Report.id)
            .join(Unit, Unit.id == Report.unit_id)
            .join(Campaign, Campaign.id == Report.campaign_id)
            .where(Unit.code == unit)
        )
        .scalar_one()
    )


def _unit_rows() -> list[UnitRow]:
    rows = []
    for place, row in enumerate(read_units(story.UNITS_FILE.name, story.UNITS_FILE.read_bytes())):
        name, phone = cast.contact(row.code, place)
        rows.append(
            replace(row, contact_name=name, contact_phone=phone, short_name=_short(row.name), position=place + 1)
        )
    return rows


def _short(name: str) -> str:
    for long, short in (("Đảng bộ xã ", ""), ("Đảng bộ thị trấn ", "TT "), ("Đảng bộ ", "ĐB "), ("Chi bộ ", "CB "),
                        ("Cơ quan Ủy ban Kiểm tra Huyện ủy", "UBKT Huyện ủy")):  # fmt: skip
        if name.startswith(long):
            name = short + name.removeprefix(long)
            break
    return name.removesuffix(" huyện").removesuffix(" Huyện ủy")


def _people(codes: list[str], born: datetime) -> None:
    """Everybody with one password, hashed once."""
    shared = make_hash(cast.PASSWORD)
    everybody = [*cast.office(), *cast.of_units(codes)]
    session().execute(
        insert(User),
        [
            {
                "email": person.email,
                "name": person.name,
                "phone": person.phone,
                "password_hash": shared,
                "active": True,
                "created_at": born,
            }
            for person in everybody
        ],
    )
    users = {row.email: row.id for row in session().execute(select(User.email, User.id))}
    units = {row.code: row.id for row in session().execute(select(Unit.code, Unit.id))}
    session().execute(
        insert(Membership),
        [{"user_id": users[p.email], "role": p.role, "unit_id": units[p.unit] if p.unit else None} for p in everybody],
    )


def _bodies() -> None:
    party = {"kind": "party", "place": "Phong Thổ", "aliases": [], "valid_to": date(2025, 6, 30)}
    session().execute(
        insert(Body),
        [
            {
                "name": "Huyện ủy Phong Thổ",
                "parent_name": "Đảng bộ tỉnh Lai Châu",
                "duty": "issuer",
                "phone": "",
                **party,
            },
            {
                "name": "Ban Tuyên giáo Huyện ủy",
                "parent_name": "Huyện ủy Phong Thổ",
                "duty": "lead",
                "phone": "0213 000 271",
                **party,
            },
            {
                "name": "Thường trực Huyện ủy",
                "parent_name": "Huyện ủy Phong Thổ",
                "duty": "oversight",
                "phone": "",
                **party,
            },
        ],
    )
