"""What is wrong with an installation and what to do about it: one finding a part, nothing is changed."""

from __future__ import annotations

import os
import shutil
import smtplib
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlsplit

import redis
from sqlalchemy import create_engine, func, inspect, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import NullPool

from tracker.core.db import session
from tracker.core.schema import current, head
from tracker.core.text import N_
from tracker.files.store import FolderStore, open_store
from tracker.notify.models import OutboxMail
from tracker.office.models import Heartbeat
from tracker.web.limits import storage_for

QUIET_AFTER = timedelta(minutes=3)
LEAST_FREE = 500 * 1024 * 1024
CLOCK_DRIFT = timedelta(seconds=30)
# Seconds: a server that does not answer must not keep whoever asks waiting.
SMTP_PATIENCE = 5.0
DATABASE_PATIENCE = 5


@dataclass(frozen=True, slots=True)
class Finding:
    """One part of the installation. `remedy`: what to do, empty when all is well. Texts are msgids with params."""

    part: str
    ok: bool
    detail: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Where the parts are: addresses and folders of one installation."""

    database_url: str
    broker_url: str
    smtp_url: str | None
    store_url: str
    data_dir: Path


def examine(place: Surroundings, now: datetime, machine_now: datetime) -> list[Finding]:
    """Database, schema, broker, workers, beat, SMTP, store, clock, disk: in that order."""
    findings = [_database(place)]
    if findings[0].ok:
        findings.append(_schema(place))
        if findings[-1].ok:
            findings.extend(_alive(machine_now))
            findings.append(_mail())
    findings += [_broker(place), _smtp(place), _store(place), _clock(now, machine_now), _disk(place)]
    return findings


def _database(place: Surroundings) -> Finding:
    waits = {} if place.database_url.startswith("sqlite") else {"connect_timeout": DATABASE_PATIENCE}
    try:
        engine = create_engine(place.database_url, connect_args=waits, poolclass=NullPool)
        with engine.connect() as connection:
            # SELECT 1 would not look at the file of a SQLite database at all.
            inspect(connection).has_table("alembic_version")
    except (SQLAlchemyError, ValueError) as error:
        return Finding(
            "database",
            False,
            _short(error),
            N_("Kiểm tra TRACKER_DATABASE_URL và máy chủ cơ sở dữ liệu có đang chạy."),
        )
    return Finding("database", True, engine.dialect.name)


def _schema(place: Surroundings) -> Finding:
    engine = create_engine(place.database_url)
    try:
        found = current(engine)
    finally:
        engine.dispose()
    return Finding(
        "schema", found == head(), f"{found} / {head()}", "" if found == head() else N_("Chạy lệnh: tracker db upgrade")
    )


def _alive(machine_now: datetime) -> Iterator[Finding]:
    rows = session().execute(select(Heartbeat.name, Heartbeat.detail)).all()
    for part in ("worker", "beat"):
        seen = [
            datetime.fromisoformat(str(detail["real"]))
            for name, detail in rows
            if name.split("@")[0] == part and "real" in detail
        ]
        last = max(seen, default=None)
        ok = last is not None and machine_now - last < QUIET_AFTER
        detail = last.astimezone(UTC).isoformat(timespec="seconds") if last else "-"
        yield Finding(
            part,
            ok,
            detail,
            "" if ok else N_("Không thấy tiến trình này hoạt động. Chạy tracker worker và tracker beat."),
        )


def _mail() -> Finding:
    rows = session().execute(select(OutboxMail.status, func.count()).group_by(OutboxMail.status)).all()
    counts = {status: count for status, count in rows}
    bad = counts.get("failed", 0) + counts.get("ambiguous", 0)
    detail = ", ".join(f"{status} {count}" for status, count in sorted(counts.items())) or "0"
    return Finding("mail", bad == 0, detail, N_("Mở trang Thư nhắc, xem thư lỗi và thư chưa rõ.") if bad else "")


def _broker(place: Surroundings) -> Finding:
    url = storage_for(place.broker_url)
    if not url.startswith("redis"):
        return Finding("broker", True, "in-process")
    try:
        client = redis.Redis.from_url(url.replace("redis+unix", "unix"), socket_timeout=2, socket_connect_timeout=2)
        client.ping()
        policy = client.config_get("maxmemory-policy").get("maxmemory-policy", "?")
    except redis.RedisError as error:
        return Finding("broker", False, _short(error), N_("Kiểm tra TRACKER_BROKER_URL và Redis có đang chạy."))
    ok = policy == "noeviction"
    return Finding(
        "broker", ok, f"maxmemory-policy {policy}", "" if ok else N_("Đặt maxmemory-policy noeviction cho Redis.")
    )


def _smtp(place: Surroundings) -> Finding:
    if not place.smtp_url:
        return Finding("smtp", True, "built-in mailbox")
    parts = urlsplit(place.smtp_url)
    try:
        host, port = parts.hostname or "localhost", parts.port or (465 if parts.scheme == "smtps" else 25)
        if parts.scheme == "smtps":
            with smtplib.SMTP_SSL(host, port, timeout=SMTP_PATIENCE, context=ssl.create_default_context()) as server:
                server.noop()
        else:
            with smtplib.SMTP(host, port, timeout=SMTP_PATIENCE) as server:
                if parts.scheme == "smtp+starttls":
                    server.starttls(context=ssl.create_default_context())
                server.noop()
    except (OSError, ValueError, smtplib.SMTPException) as error:
        return Finding("smtp", False, _short(error), N_("Kiểm tra TRACKER_SMTP_URL và máy chủ thư."))
    return Finding("smtp", True, f"{host}:{port}")


def _store(place: Surroundings) -> Finding:
    parts = urlsplit(place.store_url)
    try:
        store = open_store(place.store_url)
        if isinstance(store, FolderStore):
            store.root.mkdir(parents=True, exist_ok=True)
            ok, where = os.access(store.root, os.W_OK), str(store.root)
        else:
            # Any key will do: a bucket that answers "no such file" is there and lets us in.
            store.exists("0" * 64)
            ok, where = True, f"{parts.scheme}://{parts.hostname}{parts.path}"
    except Exception as error:
        # The S3 client's own errors and those of what it builds on have no common ancestor.
        ok, where = False, _short(error)
    return Finding("store", ok, where, "" if ok else N_("Cho chương trình quyền ghi vào thư mục lưu tệp."))


def _clock(now: datetime, machine_now: datetime) -> Finding:
    apart = abs(now - machine_now)
    if apart < CLOCK_DRIFT:
        return Finding("clock", True, now.isoformat(timespec="seconds"))
    return Finding(
        "clock",
        False,
        now.isoformat(timespec="seconds"),
        N_("Đồng hồ đang được mô phỏng. Bỏ TRACKER_CLOCK khi dùng thật."),
    )


def _disk(place: Surroundings) -> Finding:
    folder = place.data_dir
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    ok = free >= LEAST_FREE
    return Finding("disk", ok, f"{free // (1024 * 1024)} MiB", "" if ok else N_("Đĩa sắp đầy. Dọn bớt hoặc thêm đĩa."))


def _short(error: BaseException) -> str:
    return str(error).splitlines()[0][:200] if str(error) else type(error).__name__
