"""Fixtures that every room's tests share: databases, Redis, an SMTP sink, a browser, the app.

Tests that use `app` run twice, on SQLite and on PostgreSQL; the marks `sqlite` and `postgresql` keep a test to
one. Tests in the browser run on PostgreSQL unless marked. People and reports are made in people.py and factories.py.
"""

from __future__ import annotations

import contextlib
import contextvars
import os
import socket
import sqlite3
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import MetaData, create_engine, inspect, text
from sqlalchemy.pool import NullPool

from config import Settings
from tests import servers
from tests.sink import Sink
from tracker.core import clock as the_clock
from tracker.core import schema

if TYPE_CHECKING:
    from flask import Flask
    from playwright.sync_api import Browser, Page

SECRET = "only-for-the-tests-0123456789abcdef"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Which databases a test runs on."""
    if "database" not in metafunc.fixturenames:
        return
    chosen = [name for name in ("sqlite", "postgresql") if metafunc.definition.get_closest_marker(name)]
    if not chosen:
        chosen = ["postgresql"] if "page" in metafunc.fixturenames else ["sqlite", "postgresql"]
    metafunc.parametrize("database", chosen, indirect=True, scope="session")


# Nobody outside.


@dataclass
class _Outside:
    calls: list[str]
    watching: bool = False


_outside = _Outside([])


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    if event != "socket.connect" or not _outside.watching:
        return
    connection, address = arguments
    if connection.family not in (socket.AF_INET, socket.AF_INET6) or connection.type & socket.SOCK_DGRAM:
        return
    host = str(address[0])
    if host not in ("127.0.0.1", "::1", "localhost", "0.0.0.0") and not host.startswith("127."):
        _outside.calls.append(f"{host}:{address[1]}")
        raise PermissionError(f"the tests may not reach {host}:{address[1]}")


sys.addaudithook(_watch)


@pytest.fixture(autouse=True)
def _nobody_outside() -> Iterator[None]:
    """Fail whatever opens a TCP connection beyond loopback, swallowed or not."""
    _outside.calls.clear()
    _outside.watching = True
    yield
    _outside.watching = False
    assert _outside.calls == [], "reached beyond loopback"


@pytest.fixture
def outside_calls() -> list[str]:
    """Where the test tried to go; a test of the guard itself empties it."""
    return _outside.calls


# Time.


@pytest.fixture(autouse=True)
def _real_time() -> Iterator[None]:
    """No test leaves its clock to the next."""
    yield
    the_clock.real_time()


@pytest.fixture
def clock() -> ModuleType:
    """The product's clock: clock.start_at(instant) sets it, the end of the test puts it back."""
    return the_clock


# Servers.


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for all workers of this run."""
    base = tmp_path_factory.getbasetemp()
    return base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base


@pytest.fixture(scope="session")
def postgres_server(shared_folder: Path) -> Iterator[str]:
    """URL of the run's PostgreSQL server, started by the first worker that asks."""
    with ExitStack() as stack:
        with servers.locked(shared_folder / "postgres.lock"):
            url = stack.enter_context(servers.postgres(shared_folder / "pg", durable=False))
        yield url


@pytest.fixture(scope="session")
def new_postgres(postgres_server: str, shared_folder: Path) -> Callable[[], str]:
    """A function that gives the URL of a fresh database at the current schema."""
    with servers.locked(shared_folder / "template.lock"):
        if not servers.exists(postgres_server, "tracker_template"):
            url = servers.database(postgres_server, "tracker_unfinished")
            schema.upgrade(url)
            servers.rename(postgres_server, "tracker_unfinished", "tracker_template")

    def make() -> str:
        # Two copies of one template at once are refused.
        with servers.locked(shared_folder / "template.lock"):
            return servers.database(postgres_server, template="tracker_template")

    return make


@pytest.fixture(scope="session")
def sqlite_template(shared_folder: Path) -> Path:
    """A SQLite file at the current schema; copy it, do not write to it."""
    template = shared_folder / "template.db"
    with servers.locked(shared_folder / "sqlite.lock"):
        if not template.exists():
            unfinished = shared_folder / "unfinished.db"
            schema.upgrade(f"sqlite:///{unfinished}")
            with contextlib.closing(sqlite3.connect(unfinished)) as connection:
                connection.execute("PRAGMA journal_mode=DELETE")
            unfinished.rename(template)
    return template


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[servers.Redis]:
    """A real Redis; tests that kill it start their own servers.Redis(tmp_path)."""
    server = servers.Redis(tmp_path_factory.mktemp("redis"))
    server.start()
    yield server
    server.close()


@pytest.fixture
def redis(redis_server: servers.Redis) -> servers.Redis:
    """The run's Redis, emptied."""
    redis_server.client().flushall()
    return redis_server


@pytest.fixture
def sink() -> Iterator[Sink]:
    """A mail server on loopback that keeps what it gets and fails as it is told."""
    with Sink() as server:
        yield server


# Databases.


class Database:
    """One database of this worker, the same rows at the start of every test."""

    def __init__(self, url: str) -> None:
        self.url = url

    def reset(self) -> None:
        raise NotImplementedError


class SqliteDatabase(Database):
    """Put back page by page from the template."""

    def __init__(self, file: Path, template: Path) -> None:
        super().__init__(f"sqlite:///{file}")
        self.file, self.template = file, template
        self.reset()

    def reset(self) -> None:
        with (
            contextlib.closing(sqlite3.connect(self.template)) as fresh,
            contextlib.closing(sqlite3.connect(self.file, timeout=10)) as used,
        ):
            fresh.backup(used)


class PostgresDatabase(Database):
    """Tables with rows are truncated, then what the migrations wrote is put back."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.engine = create_engine(url, poolclass=NullPool)
        self.metadata = MetaData()
        self.metadata.reflect(self.engine)
        self.metadata.remove(self.metadata.tables["alembic_version"])
        quote = self.engine.dialect.identifier_preparer.quote
        names = [quote(table.name) for table in self.metadata.sorted_tables]
        self.which = " UNION ALL ".join(f"SELECT '{n}' WHERE EXISTS (SELECT 1 FROM {n})" for n in names)
        with self.engine.connect() as connection:
            tables = self.metadata.sorted_tables
            rows = {table.name: [dict(r) for r in connection.execute(table.select()).mappings()] for table in tables}
        self.rows = {name: found for name, found in rows.items() if found}

    def reset(self) -> None:
        with self.engine.begin() as connection:
            # A test that left a transaction open would make the next one wait for ever.
            connection.execute(text("SET lock_timeout = '10s'"))
            full = [name for (name,) in connection.execute(text(self.which))]
            if full:
                connection.execute(text(f"TRUNCATE {', '.join(full)} RESTART IDENTITY CASCADE"))
            for table in self.metadata.sorted_tables:
                if table.name in self.rows and full:
                    connection.execute(table.insert(), self.rows[table.name])
                    for column in inspect(table).primary_key:
                        connection.execute(
                            text(
                                "SELECT setval(s, (SELECT max(x) FROM (SELECT "
                                f"{column.name} AS x FROM {table.name}) m)) FROM (SELECT pg_get_serial_sequence("
                                f"'{table.name}', '{column.name}') AS s) q WHERE s IS NOT NULL"
                            )
                        )


@pytest.fixture(scope="session")
def _databases() -> dict[str, Database]:
    return {}


@pytest.fixture(scope="session")
def database(
    request: pytest.FixtureRequest, _databases: dict[str, Database], tmp_path_factory: pytest.TempPathFactory
) -> Database:
    """The database under test; its parameter is "sqlite" or "postgresql"."""
    kind: str = request.param
    if kind not in _databases:
        if kind == "sqlite":
            template: Path = request.getfixturevalue("sqlite_template")
            _databases[kind] = SqliteDatabase(tmp_path_factory.mktemp("sqlite") / "tracker.db", template)
        else:
            _databases[kind] = PostgresDatabase(request.getfixturevalue("new_postgres")())
    return _databases[kind]


# The app.


class Client(FlaskClient):
    """Each request in a context of its own, as in a server: no `g` and no session shared with the test."""

    def open(self, *arguments: Any, **named: Any) -> Any:
        from tracker.core.db import db

        # The test's own transaction would hold SQLite's write lock, and would show old rows afterwards.
        pending = [*db.session.new, *db.session.dirty, *db.session.deleted]
        assert pending == [], "not yet committed"
        db.session.rollback()
        return contextvars.Context().run(super().open, *arguments, **named)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture(scope="session")
def make_settings(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Settings]:
    """make_settings(database_url, **fields): settings as an installation would have them, on loopback."""

    def make(database_url: str, **fields: object) -> Settings:
        data = tmp_path_factory.mktemp("data")
        bind = f"127.0.0.1:{_free_port()}"
        settings = Settings.from_env(
            {
                "TRACKER_DATABASE_URL": database_url,
                "TRACKER_DATA_DIR": str(data),
                "TRACKER_BIND": bind,
                "TRACKER_SECRET_KEY": SECRET,
                "TRACKER_MAIL_FROM": "theo-doi@tracker.example",
            }
        )
        return settings.with_(**fields) if fields else settings

    return make


@pytest.fixture(scope="session")
def _apps() -> dict[str, Flask]:
    return {}


@pytest.fixture(scope="session")
def settings(database: Database, make_settings: Callable[..., Settings]) -> Settings:
    """The settings of `app`."""
    return make_settings(database.url)


@pytest.fixture
def app(database: Database, settings: Settings, _apps: dict[str, Flask]) -> Iterator[Flask]:
    """The whole application over one database, empty as the migrations leave it, inside an app context."""
    from tracker.app import create_app  # the tests of pure rooms need not load it
    from tracker.core.db import db

    if database.url not in _apps:
        application = create_app(settings)
        application.testing = True
        application.test_client_class = Client
        _apps[database.url] = application
    application = _apps[database.url]
    with application.app_context():
        yield application
        db.session.remove()
    database.reset()


@pytest.fixture
def client(app: Flask) -> Client:
    """A browser without a browser, signed out. What the test wrote must be committed before it asks."""
    made = app.test_client()
    assert isinstance(made, Client)
    return made


# The browser.


@pytest.fixture
def live(app: Flask, settings: Settings) -> Iterator[str]:
    """The address of `app`, served on loopback by waitress while the test runs."""
    import waitress.server

    host, port = settings.bind.rsplit(":", 1)
    server = waitress.server.create_server(app, host=host, port=int(port), threads=8)
    thread = threading.Thread(target=server.run, name="waitress", daemon=True)
    thread.start()
    yield settings.base_url
    server.close()
    thread.join(5)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium a worker."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=servers.CHROMIUM, args=servers.CHROMIUM_FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Browser, live: str) -> Iterator[Page]:
    """A page in a fresh context, `live` its base address; script errors and CSP violations fail the test."""
    context = browser.new_context(base_url=live, locale="vi-VN", timezone_id="Asia/Ho_Chi_Minh")
    context.set_default_timeout(10_000)
    problems: list[str] = []
    context.on("weberror", lambda error: problems.append(f"{error.page and error.page.url}: {error.error}"))

    def heard(message: Any) -> None:
        if message.type == "error" and "Content Security Policy" in message.text:
            problems.append(message.text)

    context.on("console", heard)
    yield context.new_page()
    context.close()
    assert problems == [], "the page's own errors"
