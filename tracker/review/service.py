"""The verbs of the lead office's desk: remark, mark a part, and the verdicts, which carry the remarks with them."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import delete

from tracker.audit.service import record
from tracker.campaigns.queries import spec_of
from tracker.core.db import changed, insert_once, session
from tracker.core.errors import Conflict, Forbidden, Invalid, NotFound
from tracker.core.people import Actor, Role
from tracker.core.text import N_, nfc
from tracker.plans.spec import writable_sections
from tracker.reports import service as reports
from tracker.reports.queries import Found
from tracker.reports.rules import Step
from tracker.review.models import PartMark, Remark
from tracker.review.queries import untold

MAX_REMARK = 4000


def take_step(
    report_id: int,
    step: Step,
    actor: Actor,
    now: datetime,
    *,
    version: int | None = None,
    note: str | None = None,
    resubmit_by: date | None = None,
) -> Found:
    """Take any step; a sending back carries every remark not yet told. Raises as reports.take_step."""
    if step is not Step.SEND_BACK:
        return reports.take_step(report_id, step, actor, now, version=version, note=note, resubmit_by=resubmit_by)
    told = untold(report_id) if actor.has(Role.LEAD) else []
    found = reports.take_step(
        report_id,
        step,
        actor,
        now,
        version=version,
        note=note,
        resubmit_by=resubmit_by,
        facts={"remarks": [{"part": remark.part, "row": remark.row, "text": remark.text} for remark in told]},
    )
    for remark in told:
        remark.told_at = now
    session().flush()
    return found


def remark(
    report_id: int,
    part: str,
    text: str,
    actor: Actor,
    now: datetime,
    *,
    row: str | None = None,
    column: str | None = None,
) -> Remark:
    """Write a remark on a section ("II.3") or a table ("table:1", with a row and a column for a cell).

    The first one takes the report for review, so that the unit no longer withdraws it.
    """
    found = reports.take_for_review(report_id, actor, now)
    _check_part(found, part, row, column)
    text = nfc(text).strip()
    if not text:
        raise Invalid("remark_empty", N_("Nhận xét đang trống."))
    if len(text) > MAX_REMARK:
        raise Invalid("remark_too_long", N_("Nhận xét dài hơn %(limit)s ký tự."), limit=MAX_REMARK)
    written = Remark(
        report_id=report_id,
        part=part,
        row=row,
        column=column,
        text=text,
        submission=found.report.submissions,
        by_id=actor.user_id,
        by_name=actor.name,
        at=now,
    )
    session().add(written)
    session().flush()
    record("review.remark", f"report:{report_id}", actor, now, {"part": part})
    return written


def unremark(report_id: int, remark_id: int, actor: Actor, now: datetime) -> None:
    """Take back a remark that the unit has not been told yet."""
    written = session().get(Remark, remark_id)
    if written is None or written.report_id != report_id:
        raise NotFound("no_remark", N_("Không có nhận xét này."))
    reports.take_for_review(report_id, actor, now)
    if written.told_at is not None:
        raise Conflict("remark_told", N_("Nhận xét này đã gửi đơn vị, không xóa được."))
    session().delete(written)
    session().flush()
    record("review.unremark", f"report:{report_id}", actor, now, {"part": written.part})


def mark(report_id: int, part: str, good: bool, actor: Actor, now: datetime) -> None:
    """Mark a part of this submission as good ("đạt"), or take the mark back. Shared by all reviewers; no step."""
    found = reports.take_for_review(report_id, actor, now)
    _check_part(found, part, None, None)
    submission = found.report.submissions
    if good:
        values = {
            "report_id": report_id,
            "part": part,
            "submission": submission,
            "by_id": actor.user_id,
            "by_name": actor.name,
            "at": now,
        }
        insert_once(PartMark, values)
    else:
        changed(
            delete(PartMark).where(
                PartMark.report_id == report_id, PartMark.part == part, PartMark.submission == submission
            )
        )


def _check_part(found: Found, part: str, row: str | None, column: str | None) -> None:
    spec = spec_of(found.campaign)
    if part.startswith("table:"):
        table = next((t for t in spec.tables if t.number == part.removeprefix("table:")), None)
        cells = table is not None and (
            (row is None or row in table.rows) and (column is None or column in {c.key for c in table.columns})
        )
        known = table is not None and cells
    else:
        known = row is None and column is None and part in {section.number for section in writable_sections(spec)}
    if not known:
        raise Invalid("no_part", N_("Báo cáo không có phần %(part)s."), part=part[:40])


def check_reviewer(actor: Actor) -> None:
    """Refuse whoever is not of the lead office."""
    if not actor.has(Role.LEAD):
        raise Forbidden("not_lead", N_("Phần duyệt dành cho cơ quan chủ trì."))
