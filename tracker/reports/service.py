"""The verbs of a report: open, write, submit, and every other step. The only writer of Report.state.

Remarks belong to review/; what is sent to whom by the calendar belongs to deadlines/.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, cast

from sqlalchemy import Table, insert, inspect, update

from tracker.accounts.models import Unit
from tracker.audit.service import record
from tracker.core.calendar import WorkingCalendar
from tracker.core.db import changed, session, wake
from tracker.core.errors import Conflict, Forbidden, Invalid
from tracker.core.people import Actor, Role
from tracker.core.text import N_, fold, one_line
from tracker.notify.service import cancel
from tracker.office.queries import calendar
from tracker.reports import mails
from tracker.reports.models import Report, ReportEvent
from tracker.reports.queries import Found, concern_of, find_to_change, section_answers, table_answers
from tracker.reports.rules import (
    RESUBMIT_AT_MOST,
    TRANSITIONS,
    State,
    Step,
    check_complete,
    check_step,
    due_before,
    on_behalf,
    resubmit_default,
)

# The table, not the class: no unit of work for a row that nobody holds.
_EVENT = insert(cast("Table", inspect(ReportEvent).local_table))


def open_reports(
    campaign_id: int,
    units: Sequence[tuple[Unit, str, int]],
    required: Mapping[int, int],
    due: datetime,
    actor: Actor,
    now: datetime,
) -> int:
    """One drafting report for each (unit, group name, group number); `required`: unit id -> parts asked of it."""
    rows = [
        {
            "campaign_id": campaign_id,
            "unit_id": unit.id,
            "group_name": group,
            "group_no": number,
            "position": unit.position,
            "search": fold(f"{unit.code} {unit.name} {unit.short_name}")[:400],
            "state": State.DRAFTING,
            "version": 1,
            "due_before": due,
            "chased_from": now,
            "filled": 0,
            "required": required[unit.id],
            "last_activity_at": now,
            "submissions": 0,
            "look_again_at": now,
        }
        for unit, group, number in units
    ]
    session().execute(insert(Report), rows)
    wake("deadlines")
    return len(rows)


def take_step(
    report_id: int,
    step: Step,
    actor: Actor,
    now: datetime,
    *,
    version: int | None = None,
    note: str | None = None,
    resubmit_by: date | None = None,
    facts: Mapping[str, Any] | None = None,
) -> Found:
    """Take one step on a report, with its history row, its audit entry and its mails.

    Raises NotFound (not theirs to see), Forbidden (not theirs to take), Conflict (state or `version`), Invalid
    (a note or a day is wanted, or something is missing: `extra["missing"]`). `facts` go into the unit's mail.
    """
    found = find_to_change(report_id, actor)
    report = found.report
    days = calendar()
    note = one_line(note) if note and note.strip() else None
    check_step(step, found.standing, actor, note, resubmit_by, days.local_day(now))
    if version is not None and version != report.version:
        raise stale(report)
    if step is Step.SUBMIT and report.filled < report.required:
        check_complete(concern_of(found), section_answers(report_id), table_answers(report_id))
    before = State(report.state)
    _change(found, step, actor, now, days, resubmit_by)
    _write_down(found, step, before, actor, now, note)
    cancel(f"report:{report.id}")
    mails.tell(found, step, actor, now, days, note, facts or {})
    return found


def extend(report_id: int, due: datetime, reason: str, actor: Actor, now: datetime) -> Found:
    """Give a unit more time: a new deadline of its own, later than the one it has. Its people are told at once."""
    found = find_to_change(report_id, actor)
    report = found.report
    if not actor.has(Role.LEAD):
        raise Forbidden("not_lead", N_("Chỉ cơ quan chủ trì được gia hạn."))
    reason = one_line(reason)
    if not reason:
        raise Invalid("reason_required", N_("Ghi lý do gia hạn, đơn vị sẽ đọc nguyên văn."))
    if report.state != State.DRAFTING:
        raise Conflict(
            "not_drafting",
            N_("Báo cáo này không còn ở bước soạn, không cần gia hạn."),
            {"version": report.version, "state": report.state},
        )
    if due - now > RESUBMIT_AT_MOST:
        raise Invalid("extension_far", N_("Hạn mới quá xa. Xem lại năm đã ghi."))
    if due <= report.due_before or due <= now:
        raise Invalid("extension_not_later", N_("Hạn mới phải muộn hơn hạn đang có và chưa qua."))
    days = calendar()
    report.extended_due_before = due
    if report.resubmit_by is not None:
        report.resubmit_by = days.last_day_before(due)
    report.due_before = due
    report.chased_from = now
    _touch(report, now)
    _history(report, "extend", State(report.state), actor, now, reason, days.last_day_before(due))
    record("report.extend", f"report:{report.id}", actor, now, {"due_before": due.isoformat()})
    cancel(f"report:{report.id}")
    mails.tell_extended(found, now, days, reason)
    return found


def take_for_review(report_id: int, actor: Actor, now: datetime) -> Found:
    """A reviewer takes a submitted report: from here on the unit cannot withdraw it.

    Again, by anyone: nothing changes.
    """
    found = find_to_change(report_id, actor)
    report = found.report
    if not actor.has(Role.LEAD):
        raise Forbidden("not_lead", N_("Chỉ cơ quan chủ trì nhận duyệt báo cáo."))
    if report.state != State.SUBMITTED:
        raise Conflict(
            "not_submitted",
            N_("Báo cáo này không còn chờ duyệt."),
            {"version": report.version, "state": report.state},
        )
    if report.taken_at is None:
        report.taken_at = now
        report.taken_by = actor.user_id
        _touch(report, now, look=False)
        session().flush()
        record("report.take", f"report:{report.id}", actor, now)
    return found


def consolidate(chosen: Sequence[tuple[int, int]], assembly_id: int, actor: Actor, now: datetime) -> None:
    """Reviewed reports (id, version as merged) become consolidated, all or none (Conflict if one changed meanwhile)."""
    for report_id, version in chosen:
        done = changed(
            update(Report)
            .where(Report.id == report_id, Report.state == State.REVIEWED, Report.version == version)
            .values(
                state=State.CONSOLIDATED,
                version=Report.version + 1,
                consolidated_at=now,
                assembly_id=assembly_id,
                last_activity_at=now,
                look_again_at=now,
            )
        )
        if done != 1:
            raise Conflict(
                "changed_meanwhile",
                N_("Một báo cáo đã thay đổi trong lúc tổng hợp. Chạy tổng hợp lại."),
                {"report": report_id},
            )
    session().execute(
        insert(ReportEvent),
        [
            {
                "report_id": report_id,
                "step": Step.CONSOLIDATE,
                "from_state": State.REVIEWED,
                "to_state": State.CONSOLIDATED,
                "by_id": actor.user_id,
                "by_name": actor.name,
                "at": now,
                "version": version + 1,
            }
            for report_id, version in chosen
        ],
    )
    record(
        "reports.consolidate",
        f"assembly:{assembly_id}",
        actor,
        now,
        {"reports": [report_id for report_id, _ in chosen]},
    )


def stale(report: Report) -> Conflict:
    """The refusal for a version that is no longer the current one."""
    return Conflict(
        "stale_version",
        N_("Báo cáo đã thay đổi từ lúc mở trang này. Xem bản mới rồi làm lại."),
        {"version": report.version, "state": report.state},
    )


def _change(
    found: Found, step: Step, actor: Actor, now: datetime, days: WorkingCalendar, resubmit_by: date | None
) -> None:
    report = found.report
    report.state = TRANSITIONS[step][1]
    match step:
        case Step.SUBMIT:
            if report.first_submitted_at is None:
                report.first_submitted_at = now
                report.first_due_before = report.due_before
            report.submitted_at = now
            report.submitted_by = actor.user_id
            report.submissions += 1
            report.taken_at = report.taken_by = report.sent_back_at = None
        case Step.SEND_BACK:
            report.resubmit_by = resubmit_by or resubmit_default(days, now)
            # The deadline that it has already counts the plan's, an extension and an earlier resubmit-by day.
            report.due_before = due_before(report.due_before, None, days.day_end(report.resubmit_by))
            report.resubmit_by = days.last_day_before(report.due_before)
            report.sent_back_at = report.chased_from = now
            report.taken_at = report.taken_by = None
        case Step.ACCEPT:
            report.reviewed_at = now
            if report.taken_at is None:  # once accepted it was read: reopened, the unit cannot withdraw it
                report.taken_at, report.taken_by = now, actor.user_id
        case Step.REOPEN:
            report.reviewed_at = None
        case Step.RELEASE:
            report.assembly_id = report.consolidated_at = None
        case Step.WITHDRAW | Step.CONSOLIDATE:
            pass
    _touch(report, now)


def _touch(report: Report, now: datetime, *, look: bool = True) -> None:
    report.version += 1
    report.last_activity_at = now
    if look:
        report.look_again_at = now
        wake("deadlines")


def _write_down(found: Found, step: Step, before: State, actor: Actor, now: datetime, note: str | None) -> None:
    report = found.report
    day = report.resubmit_by if step is Step.SEND_BACK else None
    _history(report, step, before, actor, now, note, day)
    detail: dict[str, Any] = {"from": before, "to": report.state, "version": report.version}
    if step is Step.SUBMIT and on_behalf(actor, report.unit_id):
        detail["for_unit"] = True
    record(f"report.{step}", f"report:{report.id}", actor, now, detail)


def _history(
    report: Report, step: str, before: State, actor: Actor, now: datetime, note: str | None, day: date | None
) -> None:
    session().flush()
    session().execute(
        _EVENT,
        {
            "report_id": report.id,
            "step": step,
            "from_state": before,
            "to_state": report.state,
            "by_id": actor.user_id,
            "by_name": actor.name,
            "at": now,
            "note": note,
            "resubmit_by": day,
            "version": report.version,
        },
    )
