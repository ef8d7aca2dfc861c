"""Building an assembly from its row to its files, in short transactions; also for the command line.

What is written into rows is service.py, what the files say rules.py, render.py and sheets.py.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Protocol, cast

from sqlalchemy.exc import DBAPIError

from tracker.assembly import service
from tracker.assembly.models import Assembly
from tracker.assembly.queries import contributions, issuer_on, last_final, snapshot
from tracker.assembly.render import (
    Draft,
    Letterhead,
    compact,
    district_document,
    figures_json,
    included_json,
)
from tracker.assembly.rules import file_stem, merge_tables, merge_text, sources
from tracker.assembly.sheets import workbook
from tracker.campaigns.models import Campaign
from tracker.campaigns.queries import by_number, spec_of
from tracker.core.calendar import WorkingCalendar
from tracker.core.db import session, transaction
from tracker.core.errors import Conflict, Refusal
from tracker.core.people import Actor
from tracker.core.text import N_
from tracker.documents.docx import write_docx
from tracker.documents.pdf import write_pdf
from tracker.documents.profiles import Kind
from tracker.office.queries import calendar
from tracker.plans.spec import PlanSpec
from tracker.reports.render import kind_of_number

log = logging.getLogger(__name__)

BROKEN: Final = N_("Không dựng được bản tổng hợp, chưa báo cáo nào thay đổi. Chạy lại; vẫn lỗi thì báo người quản trị.")


class Store(Protocol):
    """The part of the file store (files/store.py) that an assembly needs."""

    def put(self, data: bytes, /) -> str:
        """Keep bytes; gives their SHA-256 in hex."""

    def get(self, key: str, /) -> bytes:
        """The bytes of a key."""


@dataclass(frozen=True, slots=True)
class Material:
    """What step 2 read, in values: nothing of it is a database row."""

    draft: Draft
    calendar: WorkingCalendar


class LeaseLost(Exception):
    """Another worker has taken the assembly; what this one made is dropped."""


def run(assembly_id: int, store: Store, now: Callable[[], datetime]) -> None:
    """Build one assembly, if nobody else does. Any number of calls at once, or killed ones, give one result.

    1. Claim it with a lease of 60 seconds; leave if somebody holds it or it is over.
    2. Read every report of one instant.
    3. Merge, then write each file, saying how far it is and holding the lease on.
    4. Store the files under the hash of their bytes.
    5. In one transaction: the row is done, and a final one's reports are consolidated, all or none.
    6. What goes wrong fails the assembly with a sentence and changes no report; a killed run is taken up again
       when its lease ends. A database that is away leaves it to that, too.
    """
    with transaction():
        token = service.claim(assembly_id, now())
    if token is not None:
        _work(assembly_id, token, store, now)


def _work(assembly_id: int, token: str, store: Store, now: Callable[[], datetime]) -> None:
    try:
        material = _read(assembly_id, now())
        made = _build(material, lambda share: _hold(assembly_id, token, share, now()))
        files = {name: store.put(data) for name, data in made.items()}
        _hold(assembly_id, token, 0.95, now())
        draft = material.draft
        with transaction():
            done = service.finish(
                assembly_id,
                token,
                contributions=draft.contributions,
                included=included_json(draft.contributions),
                missing=[code for code, _ in draft.missing],
                files=files,
                as_of=draft.as_of,
                now=now(),
            )
        if not done:
            raise LeaseLost
    except LeaseLost:
        log.warning("assembly %s was taken by another worker", assembly_id)
    except Refusal as refusal:
        _fail(assembly_id, token, str(refusal), now())
    except DBAPIError:
        raise
    except Exception:
        log.exception("assembly %s failed", assembly_id)
        _fail(assembly_id, token, BROKEN, now())


def _hold(assembly_id: int, token: str, share: float, now: datetime) -> None:
    with transaction():
        held = service.hold(assembly_id, token, share, now)
    if not held:
        raise LeaseLost


def _fail(assembly_id: int, token: str, sentence: str, now: datetime) -> None:
    with transaction():
        service.fail(assembly_id, token, sentence, now)


def _read(assembly_id: int, now: datetime) -> Material:
    with transaction():
        snapshot()
        assembly = session().get_one(Assembly, assembly_id)
        campaign = session().get_one(Campaign, assembly.campaign_id)
        spec = spec_of(campaign)
        days = calendar()
        as_of = days.local(now).replace(microsecond=0)
        found, missing = contributions(campaign, spec, include_submitted=assembly.include_submitted)
        draft = Draft(
            spec=spec,
            letterhead=_letterhead(spec, as_of),
            as_of=as_of,
            provisional=assembly.provisional,
            contributions=found,
            missing=missing,
            figures=merge_tables(spec, [(each.unit, each.tables) for each in found]),
            texts=merge_text(spec, [(each.unit, each.sections) for each in found]),
        )
    return Material(draft, days)


def _letterhead(spec: PlanSpec, as_of: datetime) -> Letterhead:
    """The issuer as the office names it on that day; without that only what the plan says."""
    body = issuer_on(as_of.date())
    if body is None:
        return Letterhead(spec.issuer or "", "", spec.place or "", kind_of_number(spec.number))
    return Letterhead(body.name, body.parent_name, body.place or spec.place or "", cast("Kind", body.kind))


def _build(material: Material, progress: Callable[[float], None]) -> dict[str, bytes]:
    """The files by format; "sources" is for the page that opens a figure to its cells."""
    draft = material.draft
    origins = sources(draft.spec, draft.contributions, draft.figures)
    made = {"json": figures_json(draft), "sources": compact(origins)}
    progress(0.1)
    document = district_document(draft)
    made["docx"] = write_docx(document)
    progress(0.3)
    made["xlsx"] = workbook(draft, origins, material.calendar.tz)
    progress(0.6)
    made["pdf"] = write_pdf(document)
    progress(0.9)
    return made


def assemble_to(
    number: str, out_dir: Path, *, provisional: bool, actor: Actor, now: datetime, store: Store
) -> dict[str, Any]:
    """`tracker assemble`: build the report of a plan here and now, and write its files into a folder.

    271-KH-HU.docx, .xlsx, .pdf and figures.json. Without `provisional` the reviewed reports become consolidated;
    with nothing left to consolidate the files of the last final assembly are written again. `actor` is the lead
    office. Gives {"assembly", "provisional", "included", "missing", "files"}; raises Refusal.
    """
    with transaction():
        campaign = by_number(number)
        assembly = None if provisional or service.anything_reviewed(campaign.id) else last_final(campaign.id)
        token = None
        if assembly is None:
            assembly = service.request(campaign.id, provisional=provisional, actor=actor, now=now)
            token = service.claim(assembly.id, now)
        assembly_id = assembly.id
    if token is not None:
        _work(assembly_id, token, store, lambda: now)
    with transaction():
        assembly = session().get_one(Assembly, assembly_id, populate_existing=True)
        if assembly.state != "done":
            raise Conflict("assembly_failed", assembly.error or BROKEN)
        found = {
            "assembly": assembly.id,
            "provisional": assembly.provisional,
            "included": len(assembly.included),
            "missing": list(assembly.missing),
        }
        keys = dict(assembly.files)
    stem = file_stem(number)
    out_dir.mkdir(parents=True, exist_ok=True)
    names = {"docx": f"{stem}.docx", "xlsx": f"{stem}.xlsx", "pdf": f"{stem}.pdf", "json": "figures.json"}
    for format, name in names.items():
        (out_dir / name).write_bytes(store.get(keys[format]))
    return {**found, "files": [str(out_dir / name) for name in names.values()]}
