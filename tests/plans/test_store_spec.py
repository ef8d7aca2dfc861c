"""A PlanSpec survives being stored as JSON, whatever it holds."""

from __future__ import annotations

import json
from datetime import UTC, date, timedelta, timezone

from hypothesis import given, settings
from hypothesis import strategies as st

from tracker.plans.spec import (
    Citation,
    Column,
    Guidance,
    Milestone,
    OutlineItem,
    PlanSpec,
    Source,
    Table,
    Warning_,
    from_json,
    to_json,
)

words = st.text(max_size=12)
maybe = st.none() | words
names = st.lists(words, max_size=3).map(tuple)
sources = st.builds(Source, st.integers(1, 999), words)
zones = st.sampled_from([UTC, timezone(timedelta(hours=7))])
guidance = st.lists(st.builds(Guidance, words, names, st.booleans(), sources), max_size=2).map(tuple)
items = st.recursive(
    st.builds(OutlineItem, words, st.booleans(), words, guidance, st.just(()), sources),
    lambda children: st.builds(
        OutlineItem, words, st.booleans(), words, guidance, st.lists(children, max_size=3).map(tuple), sources
    ),
    max_leaves=5,
)
columns = st.builds(
    Column,
    words,
    names,
    st.sampled_from(["integer", "percent"]),
    st.sampled_from(["sum", "single_source", "derived"]),
    maybe,
    st.sampled_from(["sum", "latest", "none", "derived"]),
    maybe,
    sources,
)
specs = st.builds(
    PlanSpec,
    number=words,
    kind=words,
    title=words,
    place=maybe,
    issued_on=st.none() | st.dates(),
    issuer=maybe,
    signer=maybe,
    lead=maybe,
    submit_to=maybe,
    via=maybe,
    basis=st.lists(st.builds(Citation, words, st.none() | st.dates(), sources), max_size=2).map(tuple),
    unit_groups=names,
    milestones=st.lists(
        st.builds(
            Milestone,
            words,
            st.sampled_from(["complete", "submit", "consolidate", "other"]),
            st.sampled_from(["units", "lead", "issuer"]),
            names,
            words,
            st.sampled_from(["before", "by", "within", "span"]),
            st.dates(),
            st.dates(date(2000, 1, 1)),
            st.datetimes(timezones=zones),
            sources,
        ),
        max_size=2,
    ).map(tuple),
    outline=st.lists(items, max_size=2).map(tuple),
    tables=st.lists(
        st.builds(Table, words, words, names, st.booleans(), maybe, st.lists(columns, max_size=3).map(tuple), sources),
        max_size=2,
    ).map(tuple),
    recipients=names,
    warnings=st.lists(st.builds(Warning_, words, st.integers(1, 99), words, maybe, words), max_size=2).map(tuple),
    source=sources,
)


@given(specs)
@settings(max_examples=60, deadline=None)
def test_what_is_stored_is_what_comes_back(spec: PlanSpec) -> None:
    assert from_json(json.loads(json.dumps(to_json(spec)))) == spec
