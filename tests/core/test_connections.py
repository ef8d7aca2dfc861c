"""Connections that outlive their server, and what a transaction has read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from flask import Flask
from sqlalchemy import Engine, create_engine, insert, literal, select, text, update

from tests.conftest import Database
from tracker.core import db as core
from tracker.core.db import changed, prepare_postgresql, read_once, session, transaction
from tracker.office.models import Setting
from tracker.office.queries import frame, setting

DAY = date(2023, 5, 9)


@pytest.fixture
def engine(database: Database) -> Iterator[Engine]:
    """An engine that watches its connections, as the application's does."""
    made = create_engine(database.url, pool_size=1)
    prepare_postgresql(made)
    yield made
    made.dispose()


def backend(engine: Engine) -> int:
    """The server's process that answers."""
    with engine.connect() as connection:
        return int(connection.execute(text("SELECT pg_backend_pid()")).scalar_one())


def end(database: Database, pid: int) -> None:
    """Let the server end a connection."""
    killer = create_engine(database.url)
    with killer.connect() as connection:
        connection.execute(text("SELECT pg_terminate_backend(:pid, 2000)"), {"pid": pid})
    killer.dispose()


@pytest.mark.postgresql
def test_a_connection_that_the_server_ended_is_replaced_unseen(database: Database, engine: Engine) -> None:
    first = backend(engine)
    end(database, first)
    assert backend(engine) != first


@pytest.mark.postgresql
def test_a_living_connection_is_used_again_unasked(engine: Engine) -> None:
    assert backend(engine) == backend(engine)


@pytest.mark.postgresql
def test_a_connection_that_was_idle_for_long_is_asked_first(
    database: Database, engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = backend(engine)
    monkeypatch.setattr(core, "IDLE", -1.0)
    assert backend(engine) == first
    end(database, first)
    monkeypatch.setattr("select.poll", _Deaf)
    assert backend(engine) != first


class _Deaf:
    """A poll that hears no good-bye, as behind a firewall that dropped the connection."""

    def register(self, *_: object) -> None:
        pass

    def poll(self, _wait: int) -> list[int]:
        return []


def test_what_is_read_once_is_kept_for_the_transaction(app: Flask) -> None:
    asked: list[int] = []

    def ask() -> None:
        asked.append(session().execute(select(literal(1))).scalar_one())

    with transaction():
        for _ in range(3):
            read_once("it", ask)
    assert len(asked) == 1
    read_once("it", ask)
    session().rollback()
    read_once("it", ask)
    assert len(asked) == 3
    session().close()
    read_once("it", ask)
    assert len(asked) == 4


def test_what_is_read_once_is_forgotten_by_every_way_of_writing(app: Flask) -> None:
    with transaction():
        assert frame(DAY)[0] is None
        session().add(Setting(key="product_name", value="Một"))
        session().flush()
        assert frame(DAY)[0] == "Một"
        changed(update(Setting).where(Setting.key == "product_name").values(value="Hai"))
        assert frame(DAY)[0] == "Hai"
        session().execute(insert(Setting), [{"key": "body_name", "value": "Huyện ủy"}])
        assert frame(DAY) == ("Hai", "Huyện ủy")
        assert setting("product_name") == "Hai"
