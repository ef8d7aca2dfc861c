"""The JSON of every API answer has the keys and types that outside tools were promised, written out here by hand."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.access_world import NOW, World, build
from tracker.core import clock

pytestmark = pytest.mark.sqlite

Check = Callable[[Any, str], None]


def wrong(where: str, value: Any, wanted: str) -> AssertionError:
    return AssertionError(f"{where}: {value!r} is no {wanted}")


def fits(value: Any, shape: Any, where: str = "$") -> None:
    """A dict names keys that must be there (more may be), a list of one the items, a tuple any of its members."""
    if isinstance(shape, dict):
        if not isinstance(value, dict):
            raise wrong(where, value, "object")
        for key, inner in shape.items():
            if key not in value:
                raise AssertionError(f"{where}.{key} is missing")
            fits(value[key], inner, f"{where}.{key}")
    elif isinstance(shape, list):
        if not isinstance(value, list):
            raise wrong(where, value, "list")
        for index, item in enumerate(value):
            fits(item, shape[0], f"{where}[{index}]")
    elif isinstance(shape, tuple):
        if not any(_matches(value, one, where) for one in shape):
            raise wrong(where, value, f"one of {shape}")
    elif isinstance(shape, type):
        if not isinstance(value, shape) or (isinstance(value, bool) and shape is not bool):
            raise wrong(where, value, shape.__name__)
    elif callable(shape):
        shape(value, where)
    elif value != shape:
        raise wrong(where, value, repr(shape))


def _matches(value: Any, shape: Any, where: str) -> bool:
    try:
        fits(value, shape, where)
    except AssertionError:
        return False
    return True


def instant(value: Any, where: str) -> None:
    """ISO 8601 in the office's zone."""
    if not isinstance(value, str) or not value.endswith("+07:00") or datetime.fromisoformat(value).tzinfo is None:
        raise wrong(where, value, "instant")


def day(value: Any, where: str) -> None:
    if not isinstance(value, str) or date.fromisoformat(value).isoformat() != value:
        raise wrong(where, value, "day")


def share(value: Any, where: str) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= 1:
        raise wrong(where, value, "share")


def number(value: Any, where: str) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise wrong(where, value, "number")


def one_of(*words: str) -> Check:
    def check(value: Any, where: str) -> None:
        if value not in words:
            raise wrong(where, value, " or ".join(words))

    return check


def mapping(inner: Any) -> Check:
    """Any keys, every value of one shape."""

    def check(value: Any, where: str) -> None:
        if not isinstance(value, dict):
            raise wrong(where, value, "object")
        for key, item in value.items():
            fits(item, inner, f"{where}.{key}")

    return check


STATE = one_of("drafting", "submitted", "reviewed", "consolidated")
STEP = one_of("submit", "withdraw", "send_back", "accept", "reopen", "consolidate", "release")
CELL = (int, None, "nothing_to_report", "not_applicable")
CELLS = mapping(mapping(CELL))
COUNTS = {"drafting": int, "submitted": int, "reviewed": int, "consolidated": int}
SOURCE = {"line": int, "text": str}
UNIT = {"code": str, "name": str}


def outline_item(value: Any, where: str) -> None:
    fits(
        value,
        {
            "number": str, "numbered": bool, "title": str, "source": SOURCE, "children": [outline_item],
            "guidance": [{"text": str, "groups": [str], "wants_figures": bool, "source": SOURCE}],
        },
        where,
    )  # fmt: skip


PLAN = {
    "number": str, "kind": str, "title": str, "place": str, "issued_on": day, "issuer": (str, None),
    "signer": (str, None), "lead": str, "submit_to": str, "via": (str, None), "unit_groups": [str], "recipients": [str],
    "basis": [{"number": str, "date": day, "source": SOURCE}], "source": SOURCE, "outline": [outline_item],
    "milestones": [
        {
            "id": str, "kind": one_of("complete", "submit", "consolidate", "other"), "groups": [str], "wording": str,
            "who": one_of("units", "lead", "issuer"), "operator": one_of("before", "by", "within", "span"),
            "named_date": day, "last_day": day, "due_before": instant, "source": SOURCE,
        }
    ],
    "tables": [
        {
            "number": str, "title": str, "rows": [str], "total_row": bool, "note": (str, None), "source": SOURCE,
            "columns": [
                {
                    "key": str, "path": [str], "type": one_of("integer", "percent"), "source_unit": (str, None),
                    "over_units": one_of("sum", "single_source", "derived"), "formula": (str, None),
                    "over_rows": one_of("sum", "latest", "none", "derived"), "source": SOURCE,
                }
            ],
        }
    ],
    "warnings": [{"code": str, "line": int, "text": str, "read_as": (str, None), "ask": str, "source": SOURCE}],
}  # fmt: skip
REPORT = {
    "id": int, "unit": UNIT, "state": STATE, "version": int, "due_before": instant, "completeness": share,
    "sections": [{"number": str, "title": str, "html": str, "nothing_to_report": bool, "required": bool}],
    "tables": [{"number": str, "cells": CELLS}], "steps": [STEP],
}  # fmt: skip
REPORTS = {
    "items": [
        {"id": int, "unit": UNIT, "state": STATE, "version": int, "due_before": instant, "completeness": share}
    ],
    "next": (str, None),
}  # fmt: skip
SPLIT = {
    "campaign": str, "unit": (str, None),
    "sections": [
        {
            "number": str, "html": str, "text": str, "matched_by": one_of("number", "title", "position"),
            "confidence": share,
        }
    ],
    "unplaced": [{"html": str, "text": str, "after": (str, None)}],
    "tables": [
        {
            "number": str, "cells": CELLS, "doubtful": [{"row": str, "column": str, "raw": str, "reason": str}],
            "disagrees": [{"row": str, "column": str, "typed": (number, None), "computed": (number, None)}],
        }
    ],
    "missing": {"sections": [str], "rows": [{"table": str, "row": str}]},
    "warnings": [{"code": str, "where": str, "text": str}],
}  # fmt: skip
NOTICE = {
    "recipient": object, "kind": str, "rung": (int, None), "reports": list, "planned_at": instant,
    "sent_at": (instant, None), "message_id": (str, None),
    "status": one_of("pending", "sending", "sent", "failed", "ambiguous", "cancelled", "no_recipient"),
}  # fmt: skip
GETS: dict[str, Any] = {
    "/campaigns": {"items": [{"id": int, "number": str, "title": str, "open": bool}]},
    "/campaigns/{campaign_id}": PLAN,
    "/campaigns/{campaign_id}/board": {
        "as_of": instant, "total": int, "by_state": COUNTS, "overdue": int, "late": int,
        "groups": [{"group": str, "total": int, "by_state": COUNTS, "overdue": int}],
    },
    "/campaigns/{campaign_id}/reports": REPORTS,
    "/campaigns/{campaign_id}/notices": {"items": [NOTICE], "next": (str, None)},
    "/reports/{report_id}": REPORT,
    "/reports/{report_id}/history": {
        "items": [
            {"step": str, "from": STATE, "to": STATE, "by": (str, None), "at": instant, "note": (str, None)}
        ]
    },
    "/assemblies/{assembly_id}": {
        "state": one_of("waiting", "running", "done", "failed"), "progress": share, "included": [dict],
        "missing": [str],
    },
    "/assemblies/{assembly_id}/files/json": {
        "campaign": str, "as_of": instant, "provisional": bool, "missing": [str],
        "included": [{"unit": str, "report": int, "version": int}],
        "tables": mapping(mapping(mapping({"value": (number, None), "from": [str]}))),
    },
}  # fmt: skip
FILES = {
    "/reports/{report_id}/document": b"PK",
    "/assemblies/{assembly_id}/files/docx": b"PK",
    "/assemblies/{assembly_id}/files/xlsx": b"PK",
    "/assemblies/{assembly_id}/files/pdf": b"%PDF",
}


@pytest.fixture
def world(app: Flask) -> World:
    made = build(app)
    clock.start_at(NOW)
    return made


def token(world: World, who: str) -> dict[str, str]:
    return {"Authorization": f"Bearer test-token-{world.people[who].user_id}"}


def test_every_answer_to_a_get_has_its_shape(client: FlaskClient, world: World) -> None:
    for path, shape in GETS.items():
        answer = client.get("/api/v1" + path.format(**world.ids), headers=token(world, "lead"))
        assert answer.status_code == 200, path
        fits(json.loads(answer.data), shape, path)


def test_every_file_is_of_its_kind_and_comes_as_a_download(client: FlaskClient, world: World) -> None:
    for path, magic in FILES.items():
        answer = client.get("/api/v1" + path.format(**world.ids), headers=token(world, "lead"))
        assert (answer.status_code, answer.data[: len(magic)]) == (200, magic), path
        assert answer.headers["Content-Disposition"].startswith("attachment"), path


def test_every_get_of_the_api_is_in_these_tables(app: Flask) -> None:
    routed = {
        re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", str(rule)).removeprefix("/api/v1")
        for rule in app.url_map.iter_rules()
        if str(rule).startswith("/api/v1/") and "GET" in (rule.methods or ()) and "openapi" not in str(rule)
    }
    held = {re.sub(r"/files/\w+$", "/files/{format}", path) for path in (*GETS, *FILES)}
    assert routed == held


def test_every_answer_to_a_write_has_its_shape(client: FlaskClient, world: World) -> None:
    mine, version = f"/api/v1/reports/{world.ids['report_id']}", world.version
    reporter, lead = token(world, "reporter"), token(world, "lead")
    written = client.put(f"{mine}/sections/I.1", json={"html": "<p>Mới</p>", "version": version}, headers=reporter)
    fits(written.get_json(), {"version": int})
    written = client.put(f"{mine}/tables/1", json={"cells": {"2015": {"conferences": 4}},
                         "version": written.get_json()["version"]}, headers=reporter)  # fmt: skip
    fits(written.get_json(), {"version": int})
    word = client.get(f"{mine}/document", headers=reporter).data
    split = client.post(f"{mine}/files", data={"purpose": "split", "file": (io.BytesIO(word), "bc.docx")},
                        headers=reporter)  # fmt: skip
    assert split.status_code == 200, split.text
    fits(split.get_json(), SPLIT)
    attached = client.post(f"{mine}/files", headers=reporter,
                           data={"purpose": "attachment", "file": (io.BytesIO(word), "bc.docx")})  # fmt: skip
    assert attached.status_code == 201, attached.text
    fits(attached.get_json(), {"id": int, "name": str, "sha256": str})
    step = client.post(f"{mine}/steps", headers=reporter, json={
        "step": "submit", "note": None, "resubmit_by": None, "version": written.get_json()["version"],
    })  # fmt: skip
    assert step.status_code == 200, step.text
    fits(step.get_json(), REPORT)
    asked = client.post(f"/api/v1/campaigns/{world.ids['campaign_id']}/assemblies", json={"provisional": True},
                        headers=lead)  # fmt: skip
    assert asked.status_code == 202
    fits(asked.get_json(), {"id": int, "state": "waiting"})


@pytest.mark.parametrize(
    ("path", "who", "status"),
    [("/reports/1", None, 401), ("/reports/987654", "reporter", 404), ("/nowhere", "reporter", 404)],
)
def test_every_refusal_is_a_problem_with_a_code(
    client: FlaskClient, world: World, path: str, who: str | None, status: int
) -> None:
    answer = client.get("/api/v1" + path, headers=token(world, who) if who else {})
    assert (answer.status_code, answer.mimetype) == (status, "application/problem+json")
    fits(answer.get_json(), {"type": str, "title": str, "status": status, "code": str, "detail": str})
    assert re.fullmatch(r"[a-z_]+", answer.get_json()["code"])


def test_the_checker_sees_what_is_wrong() -> None:
    fits({"a": [1, None]}, {"a": [(int, None)]})
    for value, shape in (
        ({}, {"a": int}),
        ({"a": True}, {"a": int}),
        ([1, "x"], [int]),
        ("2023-5-1", day),
        (1.5, share),
    ):
        with pytest.raises((AssertionError, ValueError)):
            fits(value, shape)
