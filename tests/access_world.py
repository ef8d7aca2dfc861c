"""One small district in which every address of the product has something behind it, and a browser for each role.

Which role may open what stands in test_access_matrix.py.
"""

from __future__ import annotations

import contextlib
import re
import sqlite3
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from tests.factories import fill, open_campaign
from tests.people import api_token, person, sign_in
from tests.reports.words import Report, bodies
from tracker.accounts.links import make_link, token_of
from tracker.accounts.models import ApiToken, Membership, SignIn
from tracker.assembly import running
from tracker.assembly.service import request as ask_assembly
from tracker.board.links import sign_view
from tracker.campaigns.models import Campaign
from tracker.core import clock
from tracker.core.db import db, session, transaction
from tracker.core.people import Actor, Role
from tracker.files.service import attach
from tracker.files.store import store
from tracker.notify.models import OutboxMail
from tracker.office.models import Body
from tracker.reports.rules import Step
from tracker.reports.service import take_step
from tracker.review.service import remark

NOW = datetime(2023, 5, 10, 2, 0, tzinfo=UTC)  # 09:00 in Phong Thổ
ROLES = ("stranger", "reporter", "other", "head", "lead", "oversight", "admin")
UNITS = [("BTG", "Ban Tuyên giáo Huyện ủy", 0), ("DB-BL", "Đảng bộ xã Bản Lang", 3), ("DB-DS", "Đảng bộ xã Dào San", 3)]
PDF = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"
NOWHERE = 987_654
CSRF = "0123456789abcdef"


@dataclass
class World:
    """`ids`: what stands in an address, by the name of the variable. All of it is Bản Lang's or its reporter's."""

    people: dict[str, Actor]
    ids: dict[str, Any]
    elsewhere: dict[str, Any]  # the same of Dào San, of another campaign, of another person
    version: int


def build(app: Flask) -> World:
    """Bản Lang's report was sent back with a remark; Dào San is writing; a provisional consolidated report is done."""
    clock.start_at(NOW)
    opened = open_campaign(UNITS)
    mine, theirs = opened.units["DB-BL"], opened.units["DB-DS"]
    people = {
        "reporter": person("mai@banlang.vn", (Role.REPORTER, mine), name="Lò Thị Mai"),
        "other": person("tan@daosan.vn", (Role.REPORTER, theirs), name="Tẩn Thị Dao"),
        "head": person("sa@banlang.vn", (Role.UNIT_HEAD, mine), name="Lý A Sà"),
        "lead": person("hanh@phongtho.vn", Role.LEAD, name="Nguyễn Thị Hạnh"),
        "oversight": person("thuongtruc@phongtho.vn", Role.OVERSIGHT, name="Phạm Văn Bình"),
        "admin": person("quantri@phongtho.vn", Role.ADMIN, name="Quản trị"),
    }
    reporter, lead = people["reporter"], people["lead"]
    report, other = opened.reports["DB-BL"], opened.reports["DB-DS"]
    with transaction():
        files = [
            attach(f"report:{r}", "to-trinh.pdf", PDF, reporter, NOW - timedelta(days=3)).id for r in (report, other)
        ]
    fill(report, reporter, NOW - timedelta(days=2))
    with transaction():
        take_step(report, Step.SUBMIT, reporter, NOW - timedelta(days=2))
    with transaction():
        said = remark(report, "I.1", "Thiếu số liệu năm 2016.", lead, NOW - timedelta(hours=3)).id
        asked = ask_assembly(
            opened.campaign_id, provisional=True, include_submitted=True, actor=lead, now=NOW - timedelta(hours=2)
        ).id
    running.run(asked, store(), lambda: NOW - timedelta(hours=2))
    with transaction():
        version = take_step(report, Step.SEND_BACK, lead, NOW - timedelta(hours=1), note="Bổ sung.").report.version
        second = _second_campaign(opened.campaign_id)
        body = Body(name="Huyện ủy Phong Thổ", duty="issuer", kind="party", aliases=[])
        session().add(body)
        links = {
            purpose: make_link(purpose, f"user:{reporter.user_id}", reporter.user_id, NOW, 7)
            for purpose in ("invite", "reset", "sign_in")
        }
        session().flush()
        secret = app.config["SECRET_KEY"]
        ids = {
            "campaign_id": opened.campaign_id, "report_id": report, "file_id": files[0], "remark_id": said,
            "assembly_id": asked, "unit_id": mine, "user_id": reporter.user_id, "body_id": body.id,
            "number": "I.1", "table_number": "1", "format": "docx", "place": "board.show", "filename": "app.css",
            **{purpose: token_of(link, secret) for purpose, link in links.items()},
            "view": sign_view(opened.campaign_id, NOW + timedelta(days=1), secret),
        }  # fmt: skip
    with transaction():
        word = Report().write(bodies()).sign().data()
        ids["word_file"] = attach(f"report:{report}:intake", "bao-cao.docx", word, reporter, NOW).id
    with transaction():
        mails = [_mail(opened.campaign_id, "failed"), _mail(opened.campaign_id, "sent"), _mail(second, "failed")]
        session().add_all(mails)
        session().flush()
        ids |= {"mail_id": mails[0].id, "sent_mail": mails[1].id}
        elsewhere = {"campaign_id": second, "report_id": other, "file_id": files[1], "mail_id": mails[2].id}
    for name, actor in people.items():
        sign_in(app.test_client(), actor)
        api_token(actor)
        for key, table in (("session_id", SignIn), ("token_id", ApiToken), ("membership_id", Membership)):
            found = session().scalars(select(table.id).where(table.user_id == actor.user_id)).one()
            if name == "reporter":
                ids[key] = found
            if name == "other":
                elsewhere |= {key: found, "user_id": actor.user_id}
        session().rollback()
    with transaction():
        # A session that was just used is not touched again by looking at a page.
        session().execute(update(SignIn).values(seen_at=NOW))
    db.session.remove()
    return World(people, ids, elsewhere, version)


def _second_campaign(first: int) -> int:
    one = session().get_one(Campaign, first)
    two = Campaign(number="9-KH/HU", title="Kế hoạch khác", spec=one.spec, opened_at=NOW)
    session().add(two)
    session().flush()
    return two.id


def _mail(campaign: int, status: str) -> OutboxMail:
    return OutboxMail(
        kind="opening" if status == "sent" else "nudges",
        dedupe_key=f"test:{campaign}:{status}", recipient_name="Lò Thị Mai", address="mai@banlang.vn",
        campaign_id=campaign, context={}, status=status, planned_at=NOW, not_before=NOW, attempts=1,
        message_id=f"<{campaign}.{status}@tracker.example>", subject="Nhắc việc", body_text="Nhắc việc",
        body_html="<p>Nhắc việc</p>", error="" if status == "sent" else "550 5.1.1 No such user",
        sent_at=NOW if status == "sent" else None,
    )  # fmt: skip


# --- asking --------------------------------------------------------------------------------------


@dataclass
class Visitor:
    """Somebody's browser and token. `csrf` is the token that their pages carry."""

    role: str
    client: FlaskClient
    headers: dict[str, str] = field(default_factory=dict)
    csrf: str = ""

    def ask(self, method: str, path: str, body: dict[str, Any] | None, *, csrf: bool = True) -> TestResponse:
        """A request as a page's form, or as a program with a token, would send it."""
        if path.startswith("/api/"):
            if body and "file" in body:
                return self.client.open(path, method=method, data=body, headers=self.headers)
            return self.client.open(path, method=method, json=body, headers=self.headers)
        token = {"X-CSRFToken": self.csrf} if csrf else {}
        if method == "PUT":
            return self.client.open(path, method=method, json=body or {}, headers={**token, "Accept": "text/html"})
        return self.client.open(path, method=method, data=body, headers=token)


def visitor(app: Flask, world: World, role: str) -> Visitor:
    """Somebody in a browser just opened, signed in unless a stranger."""
    client = app.test_client()
    actor = world.people.get(role)
    with client.session_transaction() as cookie:
        cookie["csrf_token"] = CSRF
        if actor is not None:
            cookie["_user_id"] = f"test-session-{actor.user_id}"
            cookie["_fresh"] = True
    headers = {"Authorization": f"Bearer test-token-{actor.user_id}"} if actor else {}
    signed = URLSafeTimedSerializer(app.config["SECRET_KEY"], salt="wtf-csrf-token").dumps(CSRF)
    return Visitor(role, client, headers, str(signed))


def outcome(answer: TestResponse) -> str:
    """in: sent to the door · ok: let in · no: known but not theirs to do · hid: as if it were not there."""
    status = answer.status_code
    if status == 401 or (status in (302, 303) and "/sign-in" in answer.headers["Location"]):
        return "in"
    return {403: "no", 404: "hid"}.get(
        status, "ok" if status in (200, 201, 202, 204, 302, 303, 409, 422) else str(status)
    )


def bare(answer: TestResponse) -> str:
    """The body without what differs from one request to the next."""
    text = answer.get_data(as_text=True)
    return re.sub(r'(name="csrf[-_]token" (?:type="hidden" )?(?:content|value)=")[^"]+', r"\1", text)


# --- the database --------------------------------------------------------------------------------


class Snapshot:
    """The rows of a SQLite file as they were, and a way back to them."""

    def __init__(self, file: Path, kept: Path) -> None:
        self.file, self.kept = file, kept
        _copy(file, kept)
        self.rows = dump(file)

    def changed(self) -> set[str]:
        """What is not as it was: the first words of the rows that are new."""
        now = dump(self.file)
        return {line[:60] for line in now - self.rows} | {line[:60] for line in self.rows - now}

    def restore(self) -> None:
        """As it was."""
        db.session.remove()
        _copy(self.kept, self.file)


def dump(file: Path) -> frozenset[str]:
    """Every row of every table, as SQL."""
    with contextlib.closing(sqlite3.connect(file, timeout=10)) as connection:
        return frozenset(line for line in connection.iterdump() if line.startswith("INSERT"))


def _copy(source: Path, target: Path) -> None:
    with (
        contextlib.closing(sqlite3.connect(source, timeout=10)) as one,
        contextlib.closing(sqlite3.connect(target, timeout=10)) as two,
    ):
        one.backup(two)
