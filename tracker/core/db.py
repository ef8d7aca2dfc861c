"""The database: the model base, UTC instants, and transaction(), the only place that commits.

No table lives here; each room has its own models.py.
"""

from __future__ import annotations

import logging
import select
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import BigInteger, DateTime, Delete, Engine, Integer, MetaData, Table, Update, event, inspect
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.engine import Connection, CursorResult, Dialect
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.orm import DeclarativeBase, ORMExecuteState, Session
from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.sql.dml import ReturningInsert
from sqlalchemy.types import TypeDecorator

log = logging.getLogger(__name__)

T = TypeVar("T")
_READ: Final = "read_once"
# Seconds after which a connection is asked whether it still lives.
IDLE: Final = 30.0

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """Declarative base with fixed constraint names, so that migrations can name them."""

    metadata = MetaData(naming_convention=NAMING)


db = SQLAlchemy(model_class=Base)

if TYPE_CHECKING:
    Model = Base
else:
    Model = db.Model

# SQLite gives rowids only to INTEGER primary keys.
BigId = BigInteger().with_variant(Integer, "sqlite")


class Instant(TypeDecorator[datetime]):
    """An aware datetime, stored in UTC. A naive one is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("naive datetime")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def session() -> Session:
    """The session of this request, task or command."""
    return db.session()


_bell: Callable[[frozenset[str]], None] | None = None


def set_bell(bell: Callable[[frozenset[str]], None] | None) -> None:
    """`bell(topics)` is rung after a commit in which a service called `wake(topic)`."""
    global _bell
    _bell = bell


def wake(topic: str) -> None:
    """Ask for a wake-up after this transaction commits; a hint, the sweep makes it certain."""
    session().info.setdefault("wake", set()).add(topic)


@contextmanager
def transaction() -> Iterator[Session]:
    """Run a block as one transaction: commit at its end, roll back on any error, then ring the bell.

    The only commit of the product. Nested use joins the outer block.
    """
    current = session()
    if current.info.get("in_transaction"):
        yield current
        return
    current.info["in_transaction"] = True
    try:
        yield current
        current.commit()
    except BaseException:
        current.rollback()
        current.info.pop("wake", None)
        raise
    finally:
        current.info.pop("in_transaction", None)
    topics = current.info.pop("wake", None)
    if topics and _bell is not None:
        try:
            _bell(frozenset(topics))
        except Exception:  # a broker that is down delays work, it must not fail what is committed
            log.warning("the bell did not ring; the sweep will find the work", exc_info=True)


def insert_once(table: type[Model], values: Mapping[str, Any]) -> bool:
    """INSERT … ON CONFLICT DO NOTHING: True if the row is new, False if a unique key already holds it."""
    current = session()
    return current.execute(_once(table, current.get_bind().dialect.name), dict(values)).first() is not None


@cache
def _once(table: type[Model], dialect: str) -> ReturningInsert[Any]:
    """The table, not the class: no unit of work. RETURNING, since rowcount after DO NOTHING differs between drivers."""
    make = sqlite_insert if dialect == "sqlite" else postgresql_insert
    statement = make(cast("Table", inspect(table).local_table))
    return statement.on_conflict_do_nothing().returning(inspect(table).primary_key[0])


def insert_many_once(table: type[Model], rows: Sequence[Mapping[str, Any]]) -> int:
    """`insert_once` for many rows of the same columns, in their order; how many are new."""
    if not rows:
        return 0
    current = session()
    statement = _once(table, current.get_bind().dialect.name)
    return len(current.execute(statement, [dict(row) for row in rows]).all())


def changed(statement: Update | Delete, values: Mapping[str, Any] | None = None) -> int:
    """Run an UPDATE or DELETE past the identity map, with `values` for its bound names; how many rows it hit."""
    result = session().execute(statement.execution_options(synchronize_session=False), values)
    return int(cast("CursorResult[Any]", result).rowcount)


def read_once(key: str, make: Callable[[], T]) -> T:
    """What `make` reads, kept until this session writes anything or its transaction ends."""
    kept = session().info.setdefault(_READ, {})
    if key not in kept:
        kept[key] = make()
    return cast("T", kept[key])


def _forget(current: Session, *_: object) -> None:
    current.info.pop(_READ, None)


def _forget_if_written(state: ORMExecuteState) -> None:
    if not state.is_select:
        state.session.info.pop(_READ, None)


for _moment in ("after_flush", "after_transaction_end"):
    event.listen(Session, _moment, _forget)
event.listen(Session, "do_orm_execute", _forget_if_written)


def read_only() -> None:
    """Say that this session only reads: on SQLite a plain BEGIN, so that it never waits for a writer."""
    current = session()
    if not current.in_transaction() and current.get_bind().dialect.name == "sqlite":
        current.connection(execution_options={"sqlite_read_only": True})


def prepare_postgresql(engine: Engine) -> None:
    """Notice a server that has gone without asking it each time: its good-bye waits on the socket.

    A connection that was idle for long is asked all the same: a firewall between says no good-bye.
    """

    @event.listens_for(engine, "checkin")
    def _checkin(_dbapi: object, record: ConnectionPoolEntry) -> None:
        record.info["idle_since"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def _checkout(dbapi: Any, record: ConnectionPoolEntry, _proxy: object) -> None:
        since = record.info.get("idle_since")
        if since is None:
            return
        try:
            waiting = select.poll()
            waiting.register(dbapi.fileno(), select.POLLIN)
            gone = bool(waiting.poll(0))
            if not gone and time.monotonic() - since > IDLE:
                engine.dialect.do_ping(dbapi)
        except engine.dialect.dbapi.Error as error:  # type: ignore[union-attr]  # a connected engine has its driver
            raise InvalidatePoolError from error
        if gone:
            raise InvalidatePoolError


def prepare_sqlite(engine: Engine) -> None:
    """WAL and BEGIN IMMEDIATE, so that read-modify-write never loses an update (stack.md, section 8)."""

    @event.listens_for(engine, "connect")
    def _connect(dbapi: Any, _record: object) -> None:
        dbapi.isolation_level = None
        for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "busy_timeout=10000", "foreign_keys=ON"):
            dbapi.execute("PRAGMA " + pragma)

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        readonly = connection.get_execution_options().get("sqlite_read_only")
        connection.exec_driver_sql("BEGIN" if readonly else "BEGIN IMMEDIATE")
