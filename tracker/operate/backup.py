"""Backup and restore of rows and files in one archive. A restore never re-sends mail.

The archive is a zip: manifest.json, one rows/<table>.jsonl a table in foreign-key order, files/<sha256>.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import Date, DateTime, String, Table, cast, func, insert, select, text, update
from sqlalchemy.exc import DataError, IntegrityError, ProgrammingError, StatementError

from tracker.assembly.models import Assembly
from tracker.assembly.queries import snapshot
from tracker.core.db import Base, Instant, session
from tracker.core.errors import Invalid
from tracker.core.schema import head
from tracker.core.text import N_
from tracker.files.models import Attachment
from tracker.notify.models import OutboxMail

FORMAT = "tracker-backup-1"
CHUNK = 500
# Sessions and answers to repeated calls are not worth carrying over; who is signed in signs in again.
LEFT_OUT = frozenset({"sign_in", "api_reply", "failed_sign_in", "heartbeat"})
# What a bad archive looks like to zipfile, json, the columns' types and the constraints.
_DAMAGED = (
    EOFError, LookupError, TypeError, ValueError, zipfile.BadZipFile, zlib.error, DataError, IntegrityError,
    ProgrammingError,
)  # fmt: skip


class Store(Protocol):
    """The part of the file store that a backup needs."""

    def get(self, sha256: str) -> bytes:
        """The bytes of a file."""

    def put(self, data: bytes) -> str:
        """Keep bytes; their SHA-256."""


def write(path: Path, store: Store, now: datetime) -> dict[str, int]:
    """Everything of one instant into `path` (written aside, then moved into place); counts of rows and files."""
    snapshot()
    counts = {"rows": 0, "files": 0}
    handle, aside = tempfile.mkstemp(dir=path.resolve().parent, prefix=".backup-")
    os.close(handle)
    try:
        with zipfile.ZipFile(aside, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
            for table in _tables():
                with archive.open(f"rows/{table.name}.jsonl", "w") as raw, io.TextIOWrapper(raw, "utf-8") as out:
                    for row in _rows(table):
                        out.write(json.dumps(row, ensure_ascii=False) + "\n")
                        counts["rows"] += 1
            for sha256 in sorted(_hashes()):
                archive.writestr(f"files/{sha256}", store.get(sha256))
                counts["files"] += 1
            manifest = {"format": FORMAT, "revision": head(), "at": now.isoformat(), **counts}
            archive.writestr("manifest.json", json.dumps(manifest))
        with open(aside, "rb") as done:
            os.fsync(done.fileno())
        os.replace(aside, path)
    except BaseException:
        Path(aside).unlink(missing_ok=True)
        raise
    return counts


def restore(path: Path, store: Store, now: datetime) -> dict[str, int]:
    """Rows and files of an archive into an empty, current database. Mail that was on its way is not sent again:
    what was pending at the time of the backup becomes cancelled, what was in doubt stays so, and says why.

    Raises Invalid: no backup, of another revision, damaged, or the database is not empty; then nothing is changed.
    """
    try:
        archive = zipfile.ZipFile(path)
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise _no_backup(path) from error
    with archive:
        manifest = _manifest(archive, path)
        filled = any(session().execute(select(func.count()).select_from(table)).scalar() for table in _tables())
        if filled:
            raise Invalid("not_empty", N_("Chỉ khôi phục vào thư mục dữ liệu trống; ở đây đã có dữ liệu."))
        files = [name for name in archive.namelist() if name.startswith("files/")]
        for name in files:
            # All of them before the first is kept: what is refused leaves nothing behind.
            if hashlib.sha256(_read(archive, name)).hexdigest() != name.removeprefix("files/"):
                raise _damaged(name)
        counts = {"rows": 0, "files": len(files)}
        for table in _tables():
            name = f"rows/{table.name}.jsonl"
            try:
                with archive.open(name) as raw:
                    counts["rows"] += _load(table, io.TextIOWrapper(raw, "utf-8"))
            except _DAMAGED as error:
                raise _damaged(name) from error
            except StatementError as error:
                # A value that its column cannot hold; a database that is away is another matter.
                if isinstance(error.orig, _DAMAGED):
                    raise _damaged(name) from error
                raise
        if counts != {name: manifest.get(name) for name in counts}:
            raise _damaged("manifest.json")
        for name in files:
            store.put(archive.read(name))
    _quiet(now)
    _sequences()
    return counts


def _manifest(archive: zipfile.ZipFile, path: Path) -> dict[str, Any]:
    """What the archive says of itself, if it is a backup of this revision."""
    try:
        manifest = json.loads(archive.read("manifest.json"))
    except (*_DAMAGED, RuntimeError) as error:
        raise _no_backup(path) from error
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise _no_backup(path)
    if manifest.get("revision") != head():
        raise Invalid(
            "backup_revision",
            N_("Bản sao lưu ở phiên bản %(theirs)s, cơ sở dữ liệu ở phiên bản %(ours)s. Dùng đúng bản chương trình."),
            theirs=manifest.get("revision"),
            ours=head(),
        )
    return manifest


def _read(archive: zipfile.ZipFile, name: str) -> bytes:
    try:
        return archive.read(name)
    except _DAMAGED as error:
        raise _damaged(name) from error


def _no_backup(path: Path) -> Invalid:
    return Invalid("not_a_backup", N_("%(file)s không phải bản sao lưu của chương trình này."), file=path.name)


def _damaged(name: str) -> Invalid:
    return Invalid("backup_damaged", N_("Bản sao lưu hỏng: tệp %(name)s không đúng nội dung."), name=name)


def _tables() -> list[Table]:
    return [table for table in Base.metadata.sorted_tables if table.name not in LEFT_OUT]


def _rows(table: Table) -> Iterator[dict[str, Any]]:
    result = session().execute(select(table).execution_options(yield_per=CHUNK))
    for row in result.mappings():
        yield {key: _out(value) for key, value in row.items()}


def _out(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    return value.isoformat() if isinstance(value, date) else value


def _load(table: Table, lines: Iterator[str]) -> int:
    dates = {
        c.name: date if isinstance(c.type, Date) else datetime
        for c in table.columns
        if isinstance(c.type, Date | DateTime | Instant)
    }
    # A row may name one of its own table that comes later: those names are put in when all are there.
    own = [c.name for c in table.columns if any(key.column.table is table for key in c.foreign_keys)]
    names = {c.name for c in table.columns}
    later: list[dict[str, Any]] = []
    count, part = 0, []
    for line in lines:
        row = json.loads(line)
        if set(row) != names:
            raise KeyError(table.name)
        for name, kind in dates.items():
            if row.get(name) is not None:
                row[name] = kind.fromisoformat(row[name])
        if any(row[name] is not None for name in own):
            later.append({name: row[name] for name in ("id", *own)})
            row |= dict.fromkeys(own)
        part.append(row)
        count += 1
        if len(part) == CHUNK:
            session().execute(insert(table), part)
            part = []
    if part:
        session().execute(insert(table), part)
    for row in later:
        session().execute(update(table).where(table.c.id == row.pop("id")).values(**row))
    return count


def _quiet(now: datetime) -> None:
    """No mail of the archive leaves: since then the installation it came from may have sent it.

    A digest gives its day free, so that what is new has one of its own and takes nothing old along.
    """
    why = {"error": "restored from a backup"}
    gathered = OutboxMail.kind.in_(("nudges", "submissions"))
    session().execute(
        update(OutboxMail)
        .where(OutboxMail.status == "pending", gathered)
        .values(
            status="cancelled",
            local_day=None,
            dedupe_key="restored:" + cast(OutboxMail.id, String),
            **why,
        )
    )
    session().execute(update(OutboxMail).where(OutboxMail.status == "pending").values(status="cancelled", **why))
    session().execute(
        update(OutboxMail)
        .where(OutboxMail.status == "sending")
        .values(
            status="ambiguous",
            ambiguous_at=func.coalesce(OutboxMail.ambiguous_at, now),
            lease_until=None,
            lease_token=None,
            attempts=OutboxMail.attempts + 1,
            **why,
        )
    )
    session().execute(update(OutboxMail).where(OutboxMail.resend).values(resend=False))


def _sequences() -> None:
    if session().get_bind().dialect.name != "postgresql":
        return
    for table in _tables():
        if "id" in table.columns and table.columns["id"].primary_key:
            session().execute(
                text(
                    f"SELECT setval(pg_get_serial_sequence('{table.name}', 'id'), "  # noqa: S608 - our own table names
                    f"(SELECT COALESCE(MAX(id), 0) + 1 FROM {table.name}), false)"
                )
            )


def _hashes() -> set[str]:
    found = set(session().execute(select(Attachment.sha256)).scalars())
    for files in session().execute(select(Assembly.files)).scalars():
        found.update(files.values())
    return found
