"""A campaign of so many units in a database of its own, people who are let in, and the web processes that serve it.

Made by `tracker fixture`'s own code; the measurements are in the other modules.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import psycopg
from flask import Flask, session
from flask_wtf.csrf import generate_csrf
from psycopg.rows import dict_row

from bench.harness import Place, Served, free_port, served
from config import Settings
from tests import servers
from tracker.app import create_app
from tracker.core import schema
from tracker.core.db import transaction
from tracker.core.people import Actor, Role
from tracker.operate import fixture

SECRET = "bench-" + "0" * 32
TRACKER = str(Path(sys.executable).with_name("tracker"))
OFFICE = Actor(user_id=None, name="bench", roles=frozenset({Role.LEAD, Role.ADMIN}))
# The contract lets a token ask 1,200 times a minute; who measures asks more often, with more tokens.
LEAD_TOKENS = 200


@dataclass(frozen=True)
class Town:
    """One campaign. Every person's API token is "bench-<user id>", their session "session-<user id>"."""

    url: str
    campaign_id: int
    units: int
    app: Flask

    def rows(self, query: str, *values: Any) -> list[dict[str, Any]]:
        """What stands in the database."""
        with psycopg.connect(servers.plain(self.url), row_factory=dict_row) as connection:
            return connection.execute(query, values).fetchall()

    def lead(self) -> int:
        """The lead office's person."""
        return int(self.rows("SELECT user_id FROM membership WHERE role = 'lead'")[0]["user_id"])

    def drafting(self, most: int) -> list[dict[str, Any]]:
        """Full reports that nobody has sent yet: id, version, and their reporter's user_id."""
        return self.rows(
            "SELECT r.id, r.version, m.user_id FROM report r JOIN membership m ON m.unit_id = r.unit_id"
            " AND m.role = 'reporter' WHERE r.state = 'drafting' AND r.filled = r.required ORDER BY r.id LIMIT %s",
            most,
        )

    def cookie(self, user_id: int) -> dict[str, str]:
        """The headers of a signed-in browser, its CSRF token as pages send it."""
        with self.app.test_request_context("/"):
            session["_user_id"], session["_fresh"] = f"session-{user_id}", True
            token = generate_csrf()
            signer = self.app.session_interface.get_signing_serializer(self.app)
            return {"Cookie": f"tracker={signer.dumps(dict(session))}", "X-CSRFToken": token}

    def environ(self, broker: str, port: int) -> dict[str, str]:
        """The settings of an installation that serves it."""
        return {
            "TRACKER_DATABASE_URL": self.url,
            "TRACKER_BROKER_URL": broker,
            "TRACKER_SECRET_KEY": SECRET,
            "TRACKER_BIND": f"127.0.0.1:{port}",
            "TRACKER_DATA_DIR": str(Path(os.environ.get("TMPDIR", "/tmp")) / "tracker-bench-data"),
        }


def bearer(token: int | str) -> dict[str, str]:
    """The headers of a program."""
    return {"Authorization": f"Bearer bench-{token}"}


@cache
def _towns() -> dict[tuple[str, int], Town]:
    return {}


def town(place: Place, units: int) -> Town:
    """The campaign of that size of this run, every report full; made when it is first asked for."""
    known = _towns().get((place.postgres, units))
    if known is None:
        known = _towns()[place.postgres, units] = build(place.database(), units)
    return known


def build(url: str, units: int) -> Town:
    """A new campaign in an empty database, as a week of autovacuum leaves it."""
    schema.upgrade(url)
    app = create_app(Settings.from_env({"TRACKER_DATABASE_URL": url, "TRACKER_SECRET_KEY": SECRET}))
    with app.app_context(), transaction():
        fixture.make(units, OFFICE, datetime.now(UTC), filled=100)
    with psycopg.connect(servers.plain(url), autocommit=True) as connection:
        for kind, table, columns, values in (
            ("bench", "api_token", "created_at", "now()"),
            ("session", "sign_in", "created_at, seen_at, expires_at, address, agent",
             "now(), now(), now() + interval '9 days', '', ''"),
        ):  # fmt: skip
            connection.execute(
                f"INSERT INTO {table} (token_hash, user_id, {columns})"  # the names stand above
                f" SELECT encode(sha256(convert_to('{kind}-' || id, 'UTF8')), 'hex'), id, {values} FROM user_account"
            )
        connection.execute(
            "INSERT INTO api_token (token_hash, user_id, created_at)"
            " SELECT encode(sha256(convert_to('bench-lead-' || n, 'UTF8')), 'hex'), user_id, now()"
            " FROM membership, generate_series(1, %s) n WHERE role = 'lead'",
            (LEAD_TOKENS,),
        )
        connection.execute("VACUUM ANALYZE")
        found = connection.execute("SELECT id FROM campaign").fetchone()
    assert found is not None
    return Town(url, int(found[0]), units, app)


@contextlib.contextmanager
def web(place: Place, which: Town) -> Iterator[Served]:
    """`tracker web` over that campaign: gunicorn with its two preloaded workers, and a Redis of its own."""
    folder = place.folder / "redis"
    folder.mkdir(exist_ok=True)
    redis = servers.Redis(folder)
    redis.start()
    port = free_port()
    try:
        with served([TRACKER, "web"], port, which.environ(redis.url, port)) as server:
            yield server
    finally:
        redis.close()
