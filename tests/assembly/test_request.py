"""Who may ask for an assembly, of what kind, and who may see it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask

from tests.assembly.rows import LEAD, NOW, OVERSIGHT, REPORTER, make
from tracker.assembly import queries, service
from tracker.assembly.models import Assembly
from tracker.core.db import db, transaction
from tracker.core.errors import Conflict, Forbidden, Invalid, NotFound
from tracker.core.people import Actor

pytestmark = pytest.mark.usefixtures("app")


@pytest.mark.parametrize("actor", [OVERSIGHT, REPORTER])
def test_only_the_lead_office_may_ask(app: Flask, actor: Actor) -> None:
    campaign = make(filled=False)
    with pytest.raises(Forbidden), transaction():
        service.request(campaign, provisional=True, actor=actor, now=NOW)


def test_a_stranger_finds_no_campaign(app: Flask) -> None:
    campaign = make(filled=False)
    with pytest.raises(NotFound), transaction():
        service.request(campaign, provisional=True, actor=Actor(9, "X"), now=NOW)


def test_submitted_reports_go_into_a_provisional_one_only(app: Flask) -> None:
    campaign = make(filled=False)
    with pytest.raises(Invalid) as refused, transaction():
        service.request(campaign, provisional=False, include_submitted=True, actor=LEAD, now=NOW)
    assert refused.value.code == "submitted_only_provisional"


def test_one_final_assembly_at_a_time(app: Flask) -> None:
    campaign = make(filled=False)
    with transaction():
        first = service.request(campaign, provisional=False, actor=LEAD, now=NOW).id
    with pytest.raises(Conflict) as refused, transaction():
        service.request(campaign, provisional=False, actor=LEAD, now=NOW)
    assert refused.value.code == "assembly_under_way"
    assert refused.value.extra == {"assembly": first}


def test_a_final_assembly_of_nothing_is_refused(app: Flask) -> None:
    campaign = make(default="submitted", filled=False)
    with pytest.raises(Conflict) as refused, transaction():
        service.request(campaign, provisional=False, actor=LEAD, now=NOW)
    assert refused.value.code == "nothing_reviewed"


def test_a_provisional_one_that_nobody_has_begun_is_given_again(app: Flask) -> None:
    campaign = make(filled=False)
    with transaction():
        first = service.request(campaign, provisional=True, actor=LEAD, now=NOW).id
        again = service.request(campaign, provisional=True, actor=LEAD, now=NOW).id
        other = service.request(campaign, provisional=True, include_submitted=True, actor=LEAD, now=NOW).id
    assert first == again != other


def test_the_lead_sees_every_assembly_oversight_the_done_ones_and_nobody_else_any(app: Flask) -> None:
    campaign = make(filled=False)
    with transaction():
        found = service.request(campaign, provisional=True, actor=LEAD, now=NOW).id
    assert queries.find(found, LEAD).id == found
    for actor in (OVERSIGHT, REPORTER):
        with pytest.raises(NotFound):
            queries.find(found, actor)
    with transaction():
        row = db.session.get_one(Assembly, found)
        row.state, row.finished_at = "done", NOW
    assert queries.find(found, OVERSIGHT).id == found
    assert [each.id for each in queries.history(campaign, OVERSIGHT)] == [found]
    with pytest.raises(NotFound):
        queries.find(found, REPORTER)


def test_a_lease_is_held_by_one_and_ends_after_a_minute(app: Flask) -> None:
    campaign = make(filled=False)
    with transaction():
        found = service.request(campaign, provisional=True, actor=LEAD, now=NOW).id
    assert service.waiting(NOW) == [found]
    with transaction():
        token = service.claim(found, NOW)
        assert token
        assert service.claim(found, NOW + timedelta(seconds=59)) is None
    assert service.waiting(NOW + timedelta(seconds=59)) == []
    assert service.waiting(NOW + timedelta(seconds=60)) == [found]
    with transaction():
        assert service.hold(found, token, 0.5, NOW + timedelta(seconds=30))
    assert service.waiting(NOW + timedelta(seconds=60)) == []
    with transaction():
        assert service.claim(found, NOW + timedelta(seconds=90))
        assert not service.hold(found, token, 0.6, NOW + timedelta(seconds=91))
        assert not service.fail(found, token, "x", NOW)


def test_one_that_dies_five_times_fails_with_a_sentence(app: Flask) -> None:
    campaign = make(filled=False)
    with transaction():
        found = service.request(campaign, provisional=True, actor=LEAD, now=NOW).id
    for turn in range(5):
        with transaction():
            assert service.claim(found, NOW + timedelta(minutes=2 * turn))
    with transaction():
        assert service.claim(found, NOW + timedelta(minutes=20)) is None
    row = db.session.get_one(Assembly, found)
    assert row.state == "failed"
    assert "5 lần" in row.error
    assert service.waiting(NOW + timedelta(hours=1)) == []
