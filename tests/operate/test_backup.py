"""Backup and restore: every row and file comes back on either database, no mail leaves again; or nothing changes."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, insert, inspect, select

from config import Settings
from tests.deadlines.desk import post
from tests.operate.told import END, Told
from tests.sink import Sink
from tracker.accounts.models import ApiToken, FailedSignIn, OneTimeLink, SignIn, User
from tracker.accounts.queries import actor_of_email
from tracker.app import create_app
from tracker.audit.models import AuditEntry
from tracker.core.db import Base, db, session, transaction
from tracker.core.errors import Invalid, Refusal
from tracker.deadlines.tick import tick
from tracker.files.models import Attachment
from tracker.files.store import FolderStore
from tracker.notify.models import OutboxMail
from tracker.office.models import Body, CalendarDay, Heartbeat, Setting
from tracker.operate import backup, sample
from tracker.reports.models import Report
from tracker.review.models import PartMark

NOW = sample.STORY_ENDS
WORDS = 'Đề cương «mật» \u2028 \x85 \t "…" \\n 𠮷'.encode()

Make = Callable[..., Settings]


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    """The files of the installation that is backed up."""
    return FolderStore(tmp_path / "files")


@pytest.fixture
def source(told: Told, tmp_path: Path, make_settings: Make, store: FolderStore) -> Flask:
    """The sample at its end on SQLite, and with it a row of everything that its story does not make."""
    app = told.app(END, tmp_path, make_settings)
    for key, _ in told.files.every():
        store.put(told.files.get(key))
    with inside(app), transaction():
        _add(store)
    return app


def _add(store: FolderStore) -> None:
    user = session().scalars(select(User.id)).first()
    assert user is not None
    report = session().scalars(select(Report.id)).first()
    session().add_all(
        [
            Attachment(
                about=f"report:{report}", name="Đề cương.txt", sha256=store.put(WORDS), size=len(WORDS),
                content_type="text/plain", uploaded_by=user, uploaded_at=NOW,
            ),
            PartMark(report_id=report, part="II.1", submission=1, by_id=user, at=NOW),
            Setting(key="product_name", value={"a": [1, None, "đ \u2028"]}),
            CalendarDay(day=date(2023, 6, 10), working=True, name="Làm bù"),
            ApiToken(token_hash="t" * 64, user_id=user, created_at=NOW),
            OneTimeLink(
                nonce="n", purpose="invite", subject="x", user_id=user, created_at=NOW,
                expires_at=NOW + timedelta(microseconds=1),
            ),
            AuditEntry(at=NOW, verb="x", about="y", detail={"z": 1.5}),
            SignIn(token_hash="s" * 64, user_id=user, created_at=NOW, seen_at=NOW, expires_at=NOW),
            FailedSignIn(email="a@b.example", address="::1", at=NOW),
            Heartbeat(name="worker@a:1", at=NOW, detail={}),
        ]
    )  # fmt: skip
    # The later name of a body has the lower number, as when an office enters its history afterwards.
    old = Body(name="Huyện ủy cũ", valid_to=date(2020, 1, 1))
    session().add(old)
    session().flush()
    session().scalars(select(Body).order_by(Body.id)).first().predecessor_id = old.id  # type: ignore[union-attr]  # the sample has three
    for status in ("pending", "sending", "ambiguous", "failed"):
        for kind in ("accepted", "nudges", "submissions"):
            session().execute(insert(OutboxMail), _mail(kind, status, user))


def _mail(kind: str, status: str, user: int) -> dict[str, Any]:
    digest = kind == "nudges"
    return {
        "kind": kind,
        "dedupe_key": f"{kind}-{status}",
        "recipient_id": {"pending": 1, "sending": 2, "ambiguous": 3, "failed": 4}[status] if digest else user,
        "address": f"{kind}.{status}@x.example",
        "local_day": date(2023, 6, 5) if digest else None,
        "context": {"number": "271-KH/HU", "unit": "x", "at": NOW.isoformat()},
        "status": status,
        "planned_at": NOW,
        "not_before": NOW,
        "lease_until": NOW + timedelta(seconds=90) if status == "sending" else None,
        "lease_token": "somebody" if status == "sending" else None,
        "phase": "data" if status in ("sending", "ambiguous") else "",
        "ambiguous_at": NOW if status == "ambiguous" else None,
        "resend": status == "ambiguous",
    }


@pytest.fixture
def empty(tmp_path: Path, sqlite_template: Path, make_settings: Make, new_postgres: Callable[[], str]) -> Any:
    """empty("sqlite" | "postgresql"): an application over a new database."""
    made: list[Flask] = []

    def make(kind: str) -> Flask:
        if kind == "postgresql":
            url = new_postgres()
        else:
            file = tmp_path / f"empty{len(made)}.db"
            file.write_bytes(sqlite_template.read_bytes())
            url = f"sqlite:///{file}"
        made.append(create_app(make_settings(url)))
        return made[-1]

    yield make
    for app in made:
        with app.app_context():
            db.engine.dispose()


@contextmanager
def inside(app: Flask) -> Iterator[None]:
    with app.app_context():
        try:
            yield
        finally:
            db.session.remove()


def back_up(app: Flask, store: FolderStore, to: Path) -> dict[str, int]:
    with inside(app), transaction():
        return backup.write(to, store, NOW)


def restore(app: Flask, store: FolderStore, archive: Path) -> dict[str, int]:
    with inside(app), transaction():
        return backup.restore(archive, store, NOW)


def everything(app: Flask) -> dict[str, list[dict[str, Any]]]:
    """Every row of every table, in the order of its key."""
    with inside(app), transaction():
        return {
            table.name: [
                dict(row) for row in session().execute(select(table).order_by(*table.primary_key.columns)).mappings()
            ]
            for table in Base.metadata.sorted_tables
        }


def settled(rows: dict[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    """What a restore leaves as it was: all but what is left out, and mails that had not settled."""
    kept = {name: found for name, found in rows.items() if name not in backup.LEFT_OUT}
    kept["outbox_mail"] = [row for row in kept["outbox_mail"] if row["status"] in ("sent", "failed", "no_recipient")]
    return kept


# What comes back.


@pytest.mark.timeout(240)
def test_every_row_and_file_comes_back_from_one_database_to_the_other(
    source: Flask, store: FolderStore, empty: Any, tmp_path: Path
) -> None:
    before = everything(source)
    assert [name for name, rows in before.items() if not rows and name != "api_reply"] == []
    counts = back_up(source, store, tmp_path / "first.zip")
    apps, stores = [source], [store]
    for step, kind in enumerate(("postgresql", "sqlite", "postgresql")):
        app, files = empty(kind), FolderStore(tmp_path / f"files{step}")
        assert restore(app, files, tmp_path / ("first.zip" if step == 0 else f"{step}.zip")) == counts
        after = everything(app)
        assert settled(after) == settled(before)
        assert [name for name in backup.LEFT_OUT if after[name]] == []
        assert dict(files.every()).keys() == dict(store.every()).keys()
        assert files.get(hashlib.sha256(WORDS).hexdigest()) == WORDS
        assert back_up(app, files, tmp_path / f"{step + 1}.zip") == counts
        apps.append(app)
        stores.append(files)
    # Once quiet, everything stays exactly as it is.
    assert everything(apps[1]) == everything(apps[2]) == everything(apps[3])


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_what_is_made_after_a_restore_gets_numbers_of_its_own(
    source: Flask, store: FolderStore, empty: Any, tmp_path: Path, kind: str
) -> None:
    back_up(source, store, tmp_path / "b.zip")
    app = empty(kind)
    restore(app, FolderStore(tmp_path / "other"), tmp_path / "b.zip")
    with inside(app), transaction():
        for table in Base.metadata.sorted_tables:
            keys = list(table.primary_key.columns)
            if len(keys) != 1 or keys[0].name != "id" or table.name in ("assembly", *backup.LEFT_OUT):
                continue
            last = session().execute(select(func.max(keys[0]))).scalar_one()
            if app.config["TRACKER"].is_sqlite:
                continue
            sequence = func.nextval(func.pg_get_serial_sequence(table.name, "id"))
            assert session().execute(select(sequence)).scalar_one() == last + 1, table.name
        added = User(email="moi@x.example", active=True, created_at=NOW)
        session().add(added)
        session().flush()
        assert inspect(added).identity == (session().execute(select(func.max(User.id))).scalar_one(),)
        session().add(AuditEntry(at=NOW, verb="x", about="y", detail={}))
        session().flush()


def test_who_was_there_still_signs_in_with_the_same_password(
    source: Flask, store: FolderStore, empty: Any, tmp_path: Path
) -> None:
    back_up(source, store, tmp_path / "b.zip")
    app = empty("sqlite")
    restore(app, FolderStore(tmp_path / "other"), tmp_path / "b.zip")
    browser = app.test_client()
    page = browser.get("/sign-in").text
    field = page.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]
    answer = browser.post(
        "/sign-in", data={"email": "hanh.nt@phongtho.example", "password": "phong-tho-271", "csrf_token": field}
    )
    assert answer.status_code in (302, 303)
    assert browser.get("/campaigns/1/board").status_code == 200


# Mail.


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_no_mail_leaves_after_a_restore(
    source: Flask, store: FolderStore, empty: Any, tmp_path: Path, kind: str, sink: Sink
) -> None:
    back_up(source, store, tmp_path / "b.zip")
    app = empty(kind)
    restore(app, FolderStore(tmp_path / "other"), tmp_path / "b.zip")
    with inside(app):
        for later in (timedelta(0), timedelta(minutes=30), timedelta(hours=12)):
            tick(NOW + later, post(sink.url))
        assert sink.mails == []
        found = session().scalars(select(OutboxMail).where(OutboxMail.address.like("%@x.example"))).all()
        assert {(row.address.split("@")[0].split(".")[1], row.status) for row in found} == {
            ("pending", "cancelled"),
            ("sending", "ambiguous"),
            ("ambiguous", "ambiguous"),
            ("failed", "failed"),
        }
        told = {row.status for row in found if row.error == "restored from a backup"}
        assert told == {"cancelled", "ambiguous"}


def test_the_next_rung_sends_what_is_new_and_nothing_old(
    source: Flask, store: FolderStore, empty: Any, tmp_path: Path, sink: Sink
) -> None:
    back_up(source, store, tmp_path / "b.zip")
    app = empty("sqlite")
    restore(app, FolderStore(tmp_path / "other"), tmp_path / "b.zip")
    with inside(app):
        tick(datetime(2023, 6, 7, 1, 0, tzinfo=UTC), post(sink.url))  # +21 working days after the deadline
        assert {mail.to for mail in sink.mails} == {
            "hanh.nt@phongtho.example",
            "sinh.va@phongtho.example",
            "thuongtruc@phongtho.example",
        }
        lead = actor_of_email("hanh.nt@phongtho.example")
        assert lead is not None


# What is refused.


@pytest.fixture
def archive(source: Flask, store: FolderStore, tmp_path: Path) -> Path:
    """A sound backup."""
    back_up(source, store, tmp_path / "sound.zip")
    return tmp_path / "sound.zip"


def rewritten(archive: Path, to: Path, change: Callable[[str, bytes], bytes | None]) -> Path:
    """The archive with every member as `change(name, bytes)` gives it; None: left out."""
    with zipfile.ZipFile(archive) as sound, zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as made:
        for name in sound.namelist():
            data = change(name, sound.read(name))
            if data is not None:
                made.writestr(name, data)
    return to


def refused(app: Flask, archive: Path, tmp_path: Path, kind: type[Refusal] = Invalid) -> Refusal:
    """The refusal; nothing was changed by it."""
    before, files = everything(app), FolderStore(tmp_path / "refused")
    with pytest.raises(kind) as caught:
        restore(app, files, archive)
    assert everything(app) == before
    assert list(files.every()) == []
    return caught.value


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_target_with_data_is_refused(archive: Path, empty: Any, tmp_path: Path, kind: str) -> None:
    app = empty(kind)
    with inside(app), transaction():
        session().add(User(email="ai@x.example", active=True, created_at=NOW))
    assert refused(app, archive, tmp_path).code == "not_empty"


@pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\x03\x04 cut"])
def test_what_is_no_archive_is_refused(empty: Any, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.zip").write_bytes(content)
    assert refused(empty("sqlite"), tmp_path / "x.zip", tmp_path).code == "not_a_backup"


def test_a_file_that_is_not_there_is_refused(empty: Any, tmp_path: Path) -> None:
    assert refused(empty("sqlite"), tmp_path / "none.zip", tmp_path).code == "not_a_backup"


def test_another_programs_archive_is_refused(empty: Any, tmp_path: Path) -> None:
    for manifest in ("[]", "{}", "{", '{"format": "other"}'):
        with zipfile.ZipFile(tmp_path / "x.zip", "w") as made:
            made.writestr("manifest.json", manifest)
        assert refused(empty("sqlite"), tmp_path / "x.zip", tmp_path).code == "not_a_backup"


def test_another_revision_is_refused_and_both_are_named(archive: Path, empty: Any, tmp_path: Path) -> None:
    def older(name: str, data: bytes) -> bytes:
        return json.dumps({**json.loads(data), "revision": "0000"}).encode() if name == "manifest.json" else data

    found = refused(empty("sqlite"), rewritten(archive, tmp_path / "x.zip", older), tmp_path)
    assert (found.code, found.params["theirs"]) == ("backup_revision", "0000")


def _spoil(part: str, change: Callable[[bytes], bytes | None]) -> Callable[[str, bytes], bytes | None]:
    return lambda name, data: change(data) if name.startswith(part) else data


def _first(data: bytes, **fields: object) -> bytes:
    first, _, rest = data.partition(b"\n")
    return json.dumps({**json.loads(first), **fields}).encode() + b"\n" + rest


SPOILT: dict[str, Callable[[str, bytes], bytes | None]] = {
    "a file of other content": _spoil("files/", lambda data: data + b"!"),
    "a table is missing": _spoil("rows/nudge", lambda data: None),
    "a file is missing": _spoil("files/", lambda data: None),
    "half a line": _spoil("rows/nudge", lambda data: data[: len(data) // 2]),
    "rows are missing": _spoil("rows/audit_entry", lambda data: data.partition(b"\n")[2]),
    "no UTF-8": _spoil("rows/unit", lambda data: b"\xff" + data),
    "an unknown column": _spoil("rows/unit", lambda data: _first(data, nonsense=1)),
    "a date that is none": _spoil("rows/report.", lambda data: _first(data, due_before="soon")),
    "an instant without its zone": _spoil("rows/report.", lambda data: _first(data, due_before="2023-05-10T00:00:00")),
    "a state that is none": _spoil("rows/report.", lambda data: _first(data, state="lost")),
    "two rows of one key": _spoil("rows/unit", lambda data: data.partition(b"\n")[0] + b"\n" + data),
    "a row that names nobody": _spoil("rows/membership", lambda data: _first(data, user_id=10**6)),
}


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_damaged_archive_is_refused_and_leaves_nothing(archive: Path, empty: Any, tmp_path: Path, kind: str) -> None:
    app = empty(kind)
    for what, change in SPOILT.items():
        found = refused(app, rewritten(archive, tmp_path / "x.zip", change), tmp_path)
        assert found.code == "backup_damaged", what


def test_a_byte_that_turned_over_is_noticed(archive: Path, empty: Any, tmp_path: Path) -> None:
    data = bytearray(archive.read_bytes())
    data[len(data) // 2] ^= 0xFF
    (tmp_path / "x.zip").write_bytes(data)
    assert refused(empty("sqlite"), tmp_path / "x.zip", tmp_path).code == "backup_damaged"


# Writing one.


def test_a_backup_that_cannot_be_finished_leaves_the_old_one(
    source: Flask, store: FolderStore, archive: Path, tmp_path: Path
) -> None:
    before = archive.read_bytes()
    store.delete(hashlib.sha256(WORDS).hexdigest())
    with pytest.raises(Refusal):
        back_up(source, store, archive)
    assert archive.read_bytes() == before
    assert [path.name for path in tmp_path.glob(".backup-*")] == []


def test_a_backup_is_for_nobody_elses_eyes(archive: Path) -> None:
    assert archive.stat().st_mode & 0o077 == 0


def test_a_backup_holds_no_session_and_no_failed_sign_in(archive: Path) -> None:
    with zipfile.ZipFile(archive) as opened:
        names = opened.namelist()
    assert not any(f"rows/{name}.jsonl" in names for name in backup.LEFT_OUT)
    assert {f"rows/{table.name}.jsonl" for table in Base.metadata.sorted_tables} - set(names) == {
        f"rows/{name}.jsonl" for name in backup.LEFT_OUT
    }


@pytest.mark.postgresql
def test_a_backup_is_of_one_instant(
    app: Flask, tmp_path: Path, store: FolderStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    def add(email: str) -> None:
        with db.engine.begin() as other:
            other.execute(insert(User), {"email": email, "name": "", "phone": "", "active": True, "created_at": NOW})

    add("truoc@x.example")
    seen: list[str] = []
    honest = backup._rows

    def meanwhile(table: Any) -> Iterator[dict[str, Any]]:
        if len(seen) == 1:
            add("sau@x.example")
        seen.append(table.name)
        yield from honest(table)

    monkeypatch.setattr(backup, "_rows", meanwhile)
    session().rollback()
    with transaction():
        backup.write(tmp_path / "b.zip", store, NOW)
    with zipfile.ZipFile(tmp_path / "b.zip") as opened:
        people = [json.loads(line)["email"] for line in opened.read("rows/user_account.jsonl").splitlines()]
    assert people == ["truoc@x.example"]
    assert seen[0] != "user_account"
