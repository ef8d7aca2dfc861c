"""Every state × step × role, with the expected answers written out; nothing here is computed from the rules."""

from __future__ import annotations

from datetime import date

import pytest

from tracker.core.errors import Refusal
from tracker.core.people import Actor, Role
from tracker.reports.rules import Standing, State, Step, allowed_steps, check_step, may, may_read

OWN, OTHER = 7, 8
TODAY = date(2023, 5, 11)


def actor(*roles: Role, reporter_of: int | None = None, head_of: int | None = None) -> Actor:
    return Actor(
        1,
        "Lò Thị Mai",
        roles=frozenset(roles),
        reporter_of=frozenset({reporter_of} - {None}),
        head_of=frozenset({head_of} - {None}),
    )


PEOPLE = {
    "reporter of it": actor(Role.REPORTER, reporter_of=OWN),
    "reporter of another": actor(Role.REPORTER, reporter_of=OTHER),
    "head of it": actor(Role.UNIT_HEAD, head_of=OWN),
    "head of another": actor(Role.UNIT_HEAD, head_of=OTHER),
    "lead": actor(Role.LEAD),
    "lead, reporter of it": actor(Role.LEAD, Role.REPORTER, reporter_of=OWN),
    "lead, head of another": actor(Role.LEAD, Role.UNIT_HEAD, head_of=OTHER),
    "oversight": actor(Role.OVERSIGHT),
    "admin": actor(Role.ADMIN),
}

# ok: the report moves · 403: not theirs to do · 404: not theirs to see · 409: not from this state
#                             reporter     head         lead               oversight
#                             of it other  of it other  lead +own +another       admin
TABLE = """
drafting      submit       |  ok    404  |  ok    404  |  ok   ok   ok   |  403  |  404
drafting      withdraw     |  409   404  |  409   404  |  403  409  403  |  403  |  404
drafting      send_back    |  403   404  |  403   404  |  409  409  409  |  403  |  404
drafting      accept       |  403   404  |  403   404  |  409  403  409  |  403  |  404
drafting      reopen       |  403   404  |  403   404  |  409  409  409  |  403  |  404
drafting      consolidate  |  403   404  |  403   404  |  403  403  403  |  403  |  404
drafting      release      |  403   404  |  403   404  |  409  409  409  |  403  |  404
submitted     submit       |  409   404  |  409   404  |  409  409  409  |  403  |  404
submitted     withdraw     |  ok    404  |  ok    404  |  403  ok   403  |  403  |  404
submitted     send_back    |  403   404  |  403   404  |  ok   ok   ok   |  403  |  404
submitted     accept       |  403   404  |  403   404  |  ok   403  ok   |  403  |  404
submitted     reopen       |  403   404  |  403   404  |  409  409  409  |  403  |  404
submitted     consolidate  |  403   404  |  403   404  |  403  403  403  |  403  |  404
submitted     release      |  403   404  |  403   404  |  409  409  409  |  403  |  404
reviewed      submit       |  409   404  |  409   404  |  409  409  409  |  403  |  404
reviewed      withdraw     |  409   404  |  409   404  |  403  409  403  |  403  |  404
reviewed      send_back    |  403   404  |  403   404  |  409  409  409  |  403  |  404
reviewed      accept       |  403   404  |  403   404  |  409  403  409  |  403  |  404
reviewed      reopen       |  403   404  |  403   404  |  ok   ok   ok   |  403  |  404
reviewed      consolidate  |  403   404  |  403   404  |  403  403  403  |  403  |  404
reviewed      release      |  403   404  |  403   404  |  409  409  409  |  403  |  404
consolidated  submit       |  409   404  |  409   404  |  409  409  409  |  403  |  404
consolidated  withdraw     |  409   404  |  409   404  |  403  409  403  |  403  |  404
consolidated  send_back    |  403   404  |  403   404  |  409  409  409  |  403  |  404
consolidated  accept       |  403   404  |  403   404  |  409  403  409  |  403  |  404
consolidated  reopen       |  403   404  |  403   404  |  409  409  409  |  403  |  404
consolidated  consolidate  |  403   404  |  403   404  |  403  403  403  |  403  |  404
consolidated  release      |  403   404  |  403   404  |  ok   ok   ok   |  403  |  404
"""
ROWS = [line.replace("|", " ").split() for line in TABLE.strip().splitlines()]
CASES = [
    (State(state), Step(step), who, answer)
    for state, step, *answers in ROWS
    for who, answer in zip(PEOPLE, answers, strict=True)
]


def test_the_table_has_every_state_step_and_person_once() -> None:
    assert {(row[0], row[1]) for row in ROWS} == {(state.value, step.value) for state in State for step in Step}
    assert len(CASES) == 4 * 7 * 9


@pytest.mark.parametrize(
    ("state", "step", "who", "answer"), CASES, ids=[f"{s.value}-{t.value}-{w}" for s, t, w, _ in CASES]
)
def test_the_truth_table(state: State, step: Step, who: str, answer: str) -> None:
    standing, person = Standing(state, OWN), PEOPLE[who]
    assert may_read(person, OWN) is (answer != "404")
    try:
        check_step(step, standing, person, "Bản giấy số 12, ngày 09/5/2023", None, TODAY)
        told = "ok"
    except Refusal as refusal:
        told = str(refusal.status)
    # A stranger never gets as far as the rule; should one, it refuses too.
    assert told == ("403" if answer == "404" else answer)
    assert (step in allowed_steps(standing, person)) is (answer == "ok")
    assert may(step, person, OWN) is (answer in {"ok", "409"})
