"""Each test meets a database as the migrations left it."""

from __future__ import annotations

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from tests.conftest import Database


@pytest.mark.parametrize("turn", [1, 2])
def test_what_one_test_wrote_the_next_does_not_meet(turn: int, database: Database) -> None:
    engine = create_engine(database.url, poolclass=NullPool)
    with engine.begin() as connection:
        assert connection.execute(text("SELECT count(*) FROM audit_entry")).scalar() == 0
        connection.execute(
            text(
                "INSERT INTO audit_entry (at, actor_name, verb, about, detail) "
                "VALUES ('2023-05-11 02:00:00', '', 'x', 'y', '{}')"
            )
        )
        assert connection.execute(text("SELECT max(id) FROM audit_entry")).scalar() == 1
    database.reset()
    with engine.begin() as connection:
        assert connection.execute(text("SELECT count(*) FROM audit_entry")).scalar() == 0
        assert connection.execute(text("SELECT count(*) FROM alembic_version")).scalar() == 1
