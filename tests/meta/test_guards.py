"""The tests' own safety net holds."""

from __future__ import annotations

import socket
from datetime import UTC, datetime
from types import ModuleType

import pytest

from tests import servers


@pytest.mark.parametrize("address", ["192.0.2.1", "2001:db8::1"])
def test_no_test_reaches_beyond_loopback(address: str, outside_calls: list[str]) -> None:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family) as connection, pytest.raises(PermissionError):
        connection.connect((address, 25))
    assert outside_calls == [f"{address}:25"]
    outside_calls.clear()


def test_loopback_is_open() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname(), timeout=1).close()


@pytest.mark.parametrize("turn", [1, 2])
def test_the_clock_is_put_back_after_each_test(turn: int, clock: ModuleType) -> None:
    assert not clock.simulated()
    clock.start_at(datetime(2023, 5, 11, 2, tzinfo=UTC))
    assert clock.now().year == 2023


def test_redis_can_be_killed_and_started_again(redis: servers.Redis) -> None:
    redis.client().set("a", "1")
    redis.stop()
    redis.start()
    assert redis.client().get("a") is None
