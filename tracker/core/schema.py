"""Bringing a database to the current schema, by Alembic. The revisions live in migrations/."""

from __future__ import annotations

import fcntl
from pathlib import Path

from sqlalchemy import Engine, create_engine, inspect, text

from tracker.core.db import prepare_sqlite
from tracker.core.errors import Refusal
from tracker.core.text import N_

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"


def head() -> str:
    """The newest revision, by file name (NNNN_verb_noun.py), so that no start-up loads the scripts."""
    return max(path.name.split("_", 1)[0] for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))


def current(engine: Engine) -> str | None:
    """The revision that the database is at; None: empty or not ours."""
    with engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        row = connection.execute(text("SELECT version_num FROM alembic_version")).first()
        return str(row[0]) if row else None


def upgrade(database_url: str) -> None:
    """Bring the database at `database_url` to the newest revision."""
    # Loaded when there is something to migrate: a web process that is up to date keeps eight megabytes.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["url"] = database_url
    command.upgrade(config, "head")


def make_ready(database_url: str, data_dir: Path) -> None:
    """SQLite: create or upgrade under a lock in the data folder, two commands at once wait for each other.

    PostgreSQL: refuse unless current, naming the command (contract.md, "The `tracker` program").
    """
    if database_url.startswith("sqlite"):
        data_dir.mkdir(parents=True, exist_ok=True)
        with (data_dir / ".schema.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if _revision(database_url) != head():
                upgrade(database_url)
        return
    if _revision(database_url) != head():
        raise Refusal(
            "schema_is_old",
            N_("Cơ sở dữ liệu chưa ở phiên bản hiện tại. Chạy lệnh: tracker db upgrade"),
        )


def _revision(database_url: str) -> str | None:
    engine = create_engine(database_url)
    if engine.dialect.name == "sqlite":
        prepare_sqlite(engine)
    try:
        return current(engine)
    finally:
        engine.dispose()
