"""Backup and restore of rows and files in one archive. A restore never re-sends mail.

The archive is a zip: manifest.json, one rows/<table>.jsonl a table in foreign-key order, files/<sha256>.
"""

from __future__ import annotations

import io
import json
import os
import tempfile
import zipfile
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Protocol

from sqlalchemy import Date, DateTime, Table, func, insert, select, text, update

from tracker.assembly.models import Assembly
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


class Store(Protocol):
    """The part of the file store that a backup needs."""

    def get(self, sha256: str) -> bytes:
        """The bytes of a file."""

    def put(self, data: bytes) -> str:
        """Keep bytes; their SHA-256."""


def write(path: Path, store: Store, now: datetime) -> dict[str, int]:
    """Everything into `path` (written aside, then moved into place); counts of rows and files."""
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
    what was pending or sending at the time of the backup becomes cancelled or ambiguous, and says so.

    Raises Invalid: no backup, of another revision, or the database is not empty; then nothing is changed.
    """
    try:
        archive = zipfile.ZipFile(path)
        manifest = json.loads(archive.read("manifest.json"))
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise Invalid(
            "not_a_backup", N_("%(file)s không phải bản sao lưu của chương trình này."), file=path.name
        ) from error
    if manifest.get("format") != FORMAT or manifest.get("revision") != head():
        raise Invalid(
            "backup_revision",
            N_("Bản sao lưu ở phiên bản %(theirs)s, cơ sở dữ liệu ở phiên bản %(ours)s. Dùng đúng bản chương trình."),
            theirs=manifest.get("revision"),
            ours=head(),
        )
    filled = [table.name for table in _tables() if session().execute(select(func.count()).select_from(table)).scalar()]
    if filled:
        raise Invalid("not_empty", N_("Chỉ khôi phục vào thư mục dữ liệu trống; ở đây đã có dữ liệu."))
    counts = {"rows": 0, "files": 0}
    with archive:
        for name in archive.namelist():
            if name.startswith("files/"):
                if store.put(archive.read(name)) != name.removeprefix("files/"):
                    raise Invalid(
                        "backup_damaged", N_("Bản sao lưu hỏng: tệp %(name)s không đúng nội dung."), name=name
                    )
                counts["files"] += 1
        for table in _tables():
            with archive.open(f"rows/{table.name}.jsonl") as raw:
                counts["rows"] += _load(table, io.TextIOWrapper(raw, "utf-8"))
    _quiet(now)
    _sequences()
    return counts


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
    count, part = 0, []
    for line in lines:
        row = json.loads(line)
        for name, kind in dates.items():
            if row.get(name) is not None:
                row[name] = kind.fromisoformat(row[name])
        part.append(row)
        count += 1
        if len(part) == CHUNK:
            session().execute(insert(table), part)
            part = []
    if part:
        session().execute(insert(table), part)
    return count


def _quiet(now: datetime) -> None:
    session().execute(
        update(OutboxMail)
        .where(OutboxMail.status == "pending")
        .values(status="cancelled", error="restored from a backup")
    )
    session().execute(
        update(OutboxMail)
        .where(OutboxMail.status == "sending")
        .values(
            status="ambiguous",
            ambiguous_at=now,
            sent_at=now,
            lease_until=None,
            lease_token=None,
            attempts=OutboxMail.attempts + 1,
            error="restored from a backup",
        )
    )


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
