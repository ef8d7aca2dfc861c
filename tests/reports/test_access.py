"""Every page and every form of a report by everybody: what is not theirs to see does not exist."""

from __future__ import annotations

import re

import pytest
from flask import Flask

from tests.factories import fill
from tests.reports.conftest import World
from tests.reports.web import browser
from tracker.core.people import Actor

# What each person gets: 200 read, 303 done, 403 theirs to see only, 404 does not exist for them.
#                                        own        lead      oversight
#                                        reporter head   lead of BTG    admin  other unit
TABLE = """
GET  /desk                             | 200      200  | 403  200 | 403 | 403 | 200
GET  /reports/{own}                    | 200      200  | 200  200 | 200 | 404 | 404
GET  /reports/{own}/sections/I.1       | 200      200  | 200  200 | 200 | 404 | 404
POST /reports/{own}/sections/I.1       | 303      303  | 303  303 | 403 | 404 | 404
PUT  /reports/{own}/sections/I.1       | 200      200  | 200  200 | 403 | 404 | 404
GET  /reports/{own}/tables/1           | 200      200  | 200  200 | 200 | 404 | 404
POST /reports/{own}/tables/1           | 303      303  | 303  303 | 403 | 404 | 404
PUT  /reports/{own}/tables/1           | 200      200  | 200  200 | 403 | 404 | 404
GET  /reports/{own}/files              | 200      200  | 200  200 | 200 | 404 | 404
POST /reports/{own}/files              | 422      422  | 422  422 | 403 | 404 | 404
GET  /reports/{own}/files/1            | 404      404  | 404  404 | 404 | 404 | 404
POST /reports/{own}/files/1/delete     | 404      404  | 404  404 | 403 | 404 | 404
GET  /reports/{own}/document           | 200      200  | 200  200 | 200 | 404 | 404
GET  /reports/{own}/word               | 200      200  | 200  200 | 403 | 404 | 404
POST /reports/{own}/word               | 422      422  | 422  422 | 403 | 404 | 404
GET  /reports/{own}/word/1             | 404      404  | 404  404 | 403 | 404 | 404
POST /reports/{own}/word/1             | 404      404  | 404  404 | 403 | 404 | 404
POST /reports/{own}/steps              | 422      422  | 422  422 | 403 | 404 | 404
"""
ROWS = [line.replace("|", " ").split() for line in TABLE.strip().splitlines()]
WHO = ("mai", "sa", "hanh", "lead_of_btg", "oversight", "admin", "dao_san")


@pytest.mark.parametrize(("method", "path", "answers"), [(row[0], row[1], row[2:]) for row in ROWS])
def test_who_gets_where(app: Flask, world: World, method: str, path: str, answers: list[str]) -> None:
    told = {}
    for name in WHO:
        person: Actor = getattr(world, name)
        who = browser(app, person)
        address = path.format(own=world.report)
        token = who.token()
        if method == "GET":
            told[name] = who.client.get(address).status_code
        elif method == "PUT":
            said = {"html": "<p>a</p>", "cells": {"2013": {"conferences": 1}}, "version": 10**6}
            told[name] = who.put(address, said).status_code
        else:
            step = {"step": "submit"} if address.endswith("steps") else {"html": f"Của {name}"}
            version = world.row().version
            told[name] = who.post(address, {"csrf_token": token, "version": str(version), **step}).status_code
    assert told == dict(zip(WHO, map(int, answers), strict=True))


def plain(page: str, report_id: int) -> str:
    """A page without what differs in every answer: the CSRF token and its own address."""
    page = re.sub(r'(csrf[-_]token" (?:content|value)=")[^"]*', r"\1", page)
    return page.replace(f"/reports/{report_id}", "/reports/")


def test_the_table_has_every_route_of_the_reports_pages(app: Flask) -> None:
    told = {(row[0], re.sub(r"\{own\}|I\.1|(?<=/)1\b", "*", row[1])) for row in ROWS}
    routed = {
        (method, re.sub(r"<[^>]+>", "*", rule.rule))
        for rule in app.url_map.iter_rules()
        if rule.endpoint.startswith("reports.")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert told == routed


def test_another_units_report_and_one_that_never_was_answer_alike(app: Flask, world: World) -> None:
    who = browser(app, world.dao_san)
    for tail in ("", "/sections/I.1", "/tables/1"):
        theirs, nobodys = (plain(who.get(f"/reports/{n}{tail}", 404), n) for n in (world.report, 999999))
        assert theirs == nobodys


def test_a_stranger_is_sent_to_the_door(app: Flask, world: World) -> None:
    for row in ROWS:
        answer = app.test_client().open(row[1].format(own=world.report), method=row[0])
        assert answer.status_code in (303, 401), row[1]
        assert "Bản Lang" not in answer.get_data(as_text=True)


def test_no_page_of_one_unit_carries_another_units_words(app: Flask, world: World) -> None:
    fill(world.opened.reports["DB-DS"], world.dao_san, world.at(-1), text="<p>CHIM-HOÀNG-YẾN</p>", number=987654)
    who = browser(app, world.mai)
    for path in ("/desk", *(row[1].format(own=world.report) for row in ROWS if row[0] == "GET")):
        page = who.client.get(path).data.decode(errors="replace")
        assert "CHIM-HOÀNG-YẾN" not in page
        assert "987.654" not in page
