"""Asking too often is refused with a time to wait; an API token has the room that the contract promises."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient

from tests.web.conftest import TOKEN
from tracker.web.limits import PER_CALLER, limiter, storage_for


def test_a_routes_own_limit_answers_429_with_the_time_to_wait(ask: FlaskClient) -> None:
    limiter.reset()
    assert [ask.get("/limited").status_code for _ in range(3)] == [200, 200, 429]
    answer = ask.get("/limited")
    assert 0 < int(answer.headers["Retry-After"]) <= 61
    assert "Đợi một phút rồi làm lại." in answer.text
    assert "Retry-After" not in ask.get("/demo").headers


def test_a_token_may_ask_more_often_than_the_contract_promises(ask: FlaskClient) -> None:
    assert int(PER_CALLER.split()[0]) >= 1200
    answer = ask.get("/api/v1/things", headers={"Authorization": f"Bearer {TOKEN}"})
    assert int(answer.headers["X-RateLimit-Limit"]) >= 1200


def test_an_unknown_token_counts_by_address(ask: FlaskClient) -> None:
    limiter.reset()
    left = [
        int(ask.get("/api/v1/things", headers={"Authorization": f"Bearer {n}"}).headers["X-RateLimit-Remaining"])
        for n in range(3)
    ]
    assert left == sorted(left, reverse=True)
    assert len(set(left)) == 3


def test_static_files_are_never_counted(ask: FlaskClient) -> None:
    assert "X-RateLimit-Limit" not in ask.get("/static/app.css").headers


@pytest.mark.parametrize(
    ("broker", "storage"),
    [
        ("memory://localhost/", "memory://"),
        ("redis://:secret@cache:6379/1", "redis://:secret@cache:6379/1"),
        ("rediss://cache:6379/0", "rediss://cache:6379/0"),
        ("redis+socket:///run/redis.sock?virtual_host=2", "redis+unix:///run/redis.sock?db=2"),
        ("redis+socket:///run/redis.sock", "redis+unix:///run/redis.sock?db=0"),
    ],
)
def test_it_counts_where_the_broker_is(broker: str, storage: str) -> None:
    assert storage_for(broker) == storage
