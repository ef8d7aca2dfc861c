"""How Alembic reaches the database: the URL comes from tracker.core.schema or from the settings."""

from __future__ import annotations

from alembic import context
from sqlalchemy import create_engine, pool

import tracker.accounts.models
import tracker.assembly.models
import tracker.audit.models
import tracker.campaigns.models
import tracker.deadlines.models
import tracker.files.models
import tracker.notify.models
import tracker.office.models
import tracker.reports.models
import tracker.review.models  # noqa: F401 - imported for their tables
from config import Settings
from tracker.core.db import Base, Instant, prepare_sqlite


def render_item(kind: str, item: object, _context: object) -> str | bool:
    """Migrations name plain types, so that they keep working when the models' own types change."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, Instant) else False


url = context.config.attributes.get("url") or Settings.from_env(needs_secret=False).database_url
engine = create_engine(url, poolclass=pool.NullPool)
if engine.dialect.name == "sqlite":
    prepare_sqlite(engine)
with engine.connect() as connection:
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        compare_type=True,
        render_item=render_item,
        render_as_batch=connection.dialect.name == "sqlite",
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        if connection.dialect.name == "postgresql":
            # Two commands at once wait for each other.
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(2712023)")
        context.run_migrations()
    connection.commit()
