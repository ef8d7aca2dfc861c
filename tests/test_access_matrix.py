"""Every route × every role: who is let in, who is told no, and to whom a thing is as if it were not there.

The rows are written by hand from contract.md and the roles' rights, and held against the routes themselves: a new
route without a row fails, and so does a row without a route.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from tests.access_world import NOW, NOWHERE, ROLES, Snapshot, World, bare, build, outcome, visitor
from tests.conftest import SqliteDatabase
from tracker.core import clock
from tracker.core.db import db

pytestmark = pytest.mark.sqlite

# Columns: stranger, reporter of the unit, reporter of another, unit_head, lead, oversight, admin.
# in: sent to the door (401 in the API) · ok: let in · no: 403 · hid: 404.
ALL = "ok ok ok ok ok ok ok"  # public
NOBODY = "hid hid hid hid hid hid hid"  # off, unless asked for
SIGNED_IN = "in ok ok ok ok ok ok"
OWN = "in ok hid hid hid hid hid"  # a thing of the reporter's own
UNITS = "in ok ok ok no no no"
ADMIN = "in no no no no no ok"
LEAD = "in no no no ok no no"
LEAD_AND_OVERSIGHT = "in hid hid hid ok ok hid"  # what shows every report
LEADS_DESK = "in hid hid hid ok no hid"  # seen by oversight, done by the lead
READ = "in ok hid ok ok ok hid"  # a report
WRITE = "in ok hid ok ok no hid"  # …written by its unit, or by the lead for it
UPLOADED = "in ok hid hid hid no hid"  # …by the one who uploaded the file
SAMPLE = "in hid hid hid hid hid hid"  # exists in the sample alone
MAILBOX = "in hid hid hid hid hid ok"

EXPECTED = {
    "static": ALL,
    "lang.switch": ALL,
    "home": SIGNED_IN,
    "go": SIGNED_IN,
    # accounts
    "accounts.sign_in": ALL,
    "accounts.take_sign_in": ALL,
    "accounts.ask_link": ALL,
    "accounts.take_ask_link": ALL,
    "accounts.ask_reset": ALL,
    "accounts.take_ask_reset": ALL,
    "accounts.link": ALL,
    "accounts.take_link": ALL,
    "accounts.invite": ALL,
    "accounts.take_invite": ALL,
    "accounts.reset": ALL,
    "accounts.take_reset": ALL,
    "accounts.sign_out": "in in in in in in in",  # back to the door
    "accounts.account": SIGNED_IN,
    "accounts.save_account": SIGNED_IN,
    "accounts.change_password": SIGNED_IN,
    "accounts.end_other_sessions": SIGNED_IN,
    "accounts.end_session": OWN,
    "accounts.revoke_token": OWN,
    # people and units
    **dict.fromkeys(
        (
            "people.people",
            "people.person",
            "people.new_person",
            "people.add_person",
            "people.save_person",
            "people.give_role",
            "people.remove_role",
            "people.set_active",
            "people.invite",
            "people.end_sessions",
            "people.revoke_token",
            "people.unit_list",
            "people.unit",
            "people.save_unit",
            "people.choose_units_file",
            "people.read_units_file",
            "people.import_units",
        ),
        ADMIN,
    ),
    # the office
    **dict.fromkeys(
        (
            "office.admin",
            "office.save_office",
            "office.audit",
            "office.body_list",
            "office.body",
            "office.new_body",
            "office.add_body",
            "office.save_body",
            "office.calendar_page",
            "office.set_day",
            "office.drop_day",
        ),
        ADMIN,
    ),
    # campaigns: what is asked is no secret within the district
    "campaigns.index": SIGNED_IN,
    "campaigns.show": SIGNED_IN,
    "campaigns.close": LEAD,
    "campaigns_api.index": SIGNED_IN,
    "campaigns_api.show": SIGNED_IN,
    "plans.choose": LEAD,
    "plans.read": LEAD,
    "plans.open_it": LEAD,
    # reports
    "reports.desk": UNITS,
    "reports.show": READ,
    "reports.section": READ,
    "reports.table": READ,
    "reports.document": READ,
    "reports.files": READ,
    "reports.file": READ,
    "reports.take_step": WRITE,
    "reports.save_section": WRITE,
    "reports.autosave_section": WRITE,
    "reports.save_table": WRITE,
    "reports.autosave_table": WRITE,
    "reports.add_file": WRITE,
    "reports.remove_file": WRITE,
    "reports.choose_word": WRITE,
    "reports.read_word": WRITE,
    "reports.show_word": UPLOADED,
    "reports.save_word": UPLOADED,
    "reports_api.show": READ,
    "reports_api.history": READ,
    "reports_api.document": READ,
    "reports_api.put_section": WRITE,
    "reports_api.put_table": WRITE,
    "reports_api.add_file": WRITE,
    "reports_api.extend": "in no hid no ok no hid",
    "review_api.step": WRITE,
    # review
    "review.inbox": LEAD_AND_OVERSIGHT,
    "review.show": LEAD_AND_OVERSIGHT,
    "review.mark": LEADS_DESK,
    "review.write_remark": LEADS_DESK,
    "review.delete_remark": LEADS_DESK,
    "review.take_step": LEADS_DESK,
    "review.extend": LEADS_DESK,
    # board, mails, consolidation
    "board.show": LEAD_AND_OVERSIGHT,
    "board.oversight": LEAD_AND_OVERSIGHT,
    "board.view": ALL,  # by a signed address that ends by itself
    "board_api.board": LEAD_AND_OVERSIGHT,
    "board_api.reports": SIGNED_IN,  # each sees their own; see the test of lists
    "deadlines.mails": LEAD_AND_OVERSIGHT,
    "deadlines.again": LEADS_DESK,
    "deadlines_api.notices": LEAD_AND_OVERSIGHT,
    "notify.mailbox": MAILBOX,
    "notify.mail": MAILBOX,
    "notify.letter": MAILBOX,
    "assembly.show": LEAD_AND_OVERSIGHT,
    "assembly.ask": LEADS_DESK,
    "assembly.file": LEAD_AND_OVERSIGHT,
    "assembly.figures": LEAD_AND_OVERSIGHT,
    "assembly_api.request_one": "in no no no ok no no",
    "assembly_api.show": LEAD_AND_OVERSIGHT,
    "assembly_api.file": LEAD_AND_OVERSIGHT,
    # operation
    "operate.forward": SAMPLE,
    "operate.healthz": ALL,
    "operate.readyz": ALL,
    "operate.metrics": NOBODY,
    "operate.openapi": ALL,
}

# What a write carries, where an empty form would be refused before anybody asks who sends it.
BODIES: dict[str, dict[str, Any]] = {
    "assembly.ask": {"kind": "provisional"},
    "assembly_api.request_one": {"provisional": True},
    "reports.take_step": {"step": "submit", "version": "1"},
    "reports.save_section": {"html": "<p>a</p>", "version": "1"},
    "reports.save_table": {"version": "1"},
    "reports.autosave_section": {"html": "<p>a</p>", "version": 1},
    "reports.autosave_table": {"cells": {}, "version": 1},
    "reports_api.put_section": {"html": "<p>a</p>", "version": 1},
    "reports_api.put_table": {"nothing_to_report": True, "version": 1},
    "reports_api.extend": {"due_before": "2023-05-30T00:00:00+07:00", "reason": "Mưa lũ"},
    "review_api.step": {"step": "submit", "version": 1},
    "reports.save_word": {"version": "1"},
}
# The variable of an address → what of the world stands in it there.
NAMES = {
    "accounts.link": {"token": "sign_in"},
    "accounts.take_link": {"token": "sign_in"},
    "accounts.invite": {"token": "invite"},
    "accounts.take_invite": {"token": "invite"},
    "accounts.reset": {"token": "reset"},
    "accounts.take_reset": {"token": "reset"},
    "board.view": {"token": "view"},
    "notify.mail": {"mail_id": "sent_mail"},
    "notify.letter": {"mail_id": "sent_mail"},
    "reports.show_word": {"file_id": "word_file"},
    "reports.save_word": {"file_id": "word_file"},
    "reports.table": {"number": "table_number"},
    "reports.save_table": {"number": "table_number"},
    "reports.autosave_table": {"number": "table_number"},
    "reports_api.put_table": {"number": "table_number"},
}


class District:
    """The world with its rows kept, and a way to ask any route of it."""

    def __init__(self, app: Flask, file: Path, kept: Path) -> None:
        self.app = app
        self.world: World = build(app)
        self.rows = Snapshot(file, kept)

    def path(self, rule: Rule, **instead: Any) -> str:
        """The address of a route, every variable standing for something that is there."""
        names = NAMES.get(rule.endpoint, {})
        values = {name: self.world.ids[names.get(name, name)] for name in rule.arguments}
        built = rule.build({**values, **{k: v for k, v in instead.items() if k in values}}, append_unknown=False)
        assert built is not None, rule
        return built[1]

    def ask(self, rule: Rule, role: str, path: str | None = None, *, csrf: bool = True) -> TestResponse:
        """One request by somebody in a browser just opened."""
        who = visitor(self.app, self.world, role)
        return who.ask(method(rule), path or self.path(rule), BODIES.get(rule.endpoint), csrf=csrf)


def method(rule: Rule) -> str:
    (only,) = (rule.methods or set()) - {"HEAD", "OPTIONS"}
    return str(only)


_districts: dict[str, District] = {}


@pytest.fixture
def district(app: Flask, database: SqliteDatabase, tmp_path_factory: pytest.TempPathFactory) -> District:
    """The district, built once and laid into the database anew for every test."""
    if database.url not in _districts:
        kept = tmp_path_factory.mktemp("district") / "kept.db"
        _districts[database.url] = District(app, database.file, kept)
    district = _districts[database.url]
    district.rows.restore()
    clock.start_at(NOW)
    return district


def rules(app: Flask) -> list[Rule]:
    return sorted(app.url_map.iter_rules(), key=lambda rule: rule.endpoint)


def expected(rule: Rule) -> dict[str, str]:
    return dict(zip(ROLES, EXPECTED[rule.endpoint].split(), strict=True))


def test_every_route_has_a_row_and_every_row_a_route(app: Flask) -> None:
    routed = {rule.endpoint for rule in app.url_map.iter_rules()}
    assert routed - EXPECTED.keys() == set(), "new routes: write down who may open them"
    assert EXPECTED.keys() - routed == set(), "rows of routes that are gone"
    assert all(len(row.split()) == len(ROLES) for row in EXPECTED.values())


def test_every_role_gets_what_its_row_says_and_reading_writes_nothing(app: Flask, district: District) -> None:
    wrong, wrote = [], []
    for rule in rules(app):
        for role, wanted in expected(rule).items():
            got = outcome(district.ask(rule, role))
            if got != wanted:
                wrong.append(f"{method(rule)} {rule} as {role}: {got}, not {wanted}")
            if method(rule) == "GET" or (wanted != "ok" and rule.endpoint != "accounts.sign_out"):
                wrote += [f"{method(rule)} {rule} as {role}: {row}" for row in district.rows.changed()]
            district.rows.restore()
    assert wrong == []
    assert wrote == []


def test_a_change_without_the_pages_token_is_refused_and_writes_nothing(app: Flask, district: District) -> None:
    wrong = []
    for rule in rules(app):
        if method(rule) == "GET" or str(rule).startswith("/api/"):
            continue
        for role, wanted in expected(rule).items():
            if wanted == "in" and role == "stranger":
                continue  # sent to the door before anything is looked at
            status = district.ask(rule, role, csrf=False).status_code
            if status != 400 or district.rows.changed():
                wrong.append(f"{method(rule)} {rule} as {role}: {status} {district.rows.changed()}")
                district.rows.restore()
    assert wrong == []


def test_the_api_knows_nobody_by_their_cookie(app: Flask, district: District) -> None:
    for rule in rules(app):
        if str(rule).startswith("/api/") and EXPECTED[rule.endpoint] != ALL:
            who = visitor(app, district.world, "lead")
            who.headers = {"X-CSRFToken": who.csrf}
            answer = who.ask(method(rule), district.path(rule), BODIES.get(rule.endpoint))
            assert answer.status_code == 401, rule
            assert answer.mimetype == "application/problem+json"


def ids_of(rule: Rule) -> list[str]:
    return sorted(name for name in rule.arguments if name.endswith("_id"))


def test_what_is_not_theirs_looks_like_what_is_not_there(app: Flask, district: District) -> None:
    """Same status and same body, on every address with an id in it: pages, files, documents, fragments."""
    wrong = []
    for rule in rules(app):
        for name in ids_of(rule):
            nowhere = district.path(rule, **{name: NOWHERE})
            for role, wanted in expected(rule).items():
                if wanted not in ("ok", "hid"):
                    continue
                missing = district.ask(rule, role, nowhere)
                if missing.status_code != 404:
                    wrong.append(f"{method(rule)} {rule} as {role}, no such {name}: {missing.status_code}")
                # Who may read the report may hear which of its parts is missing.
                reads = name == "report_id" and dict(zip(ROLES, READ.split(), strict=True))[role] == "ok"
                if wanted == "hid" and not reads:
                    there = district.ask(rule, role)
                    if bare(there).replace(district.path(rule), "") != bare(missing).replace(nowhere, ""):
                        wrong.append(f"{method(rule)} {rule} as {role}: tells that {name} is there")
                if district.rows.changed():
                    wrong.append(f"{method(rule)} {rule} as {role}: wrote {district.rows.changed()}")
                    district.rows.restore()
    assert wrong == []


def test_a_part_of_something_else_is_not_reached_through_ones_own(app: Flask, district: District) -> None:
    """/reports/<mine>/files/<theirs>, and every other address with more than one id."""
    elsewhere, wrong, seen = district.world.elsewhere, [], 0
    for rule in rules(app):
        names = ids_of(rule)
        if len(names) < 2:
            continue
        for name in names:
            if name not in elsewhere:
                continue
            for role, wanted in expected(rule).items():
                if wanted == "ok":
                    seen += 1
                    answer = district.ask(rule, role, district.path(rule, **{name: elsewhere[name]}))
                    if answer.status_code != 404 or district.rows.changed():
                        wrong.append(f"{method(rule)} {rule} as {role}, another {name}: {answer.status_code}")
                        district.rows.restore()
    assert seen > 20
    assert wrong == []


def test_lists_and_searches_show_a_unit_its_own_alone(app: Flask, district: District) -> None:
    world = district.world
    reports = f"/api/v1/campaigns/{world.ids['campaign_id']}/reports"
    for role, codes in (("reporter", ["DB-BL"]), ("other", ["DB-DS"]), ("admin", []),
                        ("oversight", ["BTG", "DB-BL", "DB-DS"])):  # fmt: skip
        who = visitor(app, world, role)
        for query in ("", "?q=xa", "?state=drafting", "?limit=200"):
            items = who.ask("GET", reports + query, None).get_json()["items"]
            allowed = codes if query != "?q=xa" else [code for code in codes if code != "BTG"]
            assert [item["unit"]["code"] for item in items] == allowed, (role, query)
    for role, stranger in (("reporter", "Dào San"), ("other", "Bản Lang")):
        who = visitor(app, world, role)
        for path in ("/desk", "/campaigns/", f"/campaigns/{world.ids['campaign_id']}", "/account"):
            assert stranger not in who.ask("GET", path, None).get_data(as_text=True), (role, path)


def test_a_hidden_field_gives_nobody_a_role_a_state_or_a_unit(app: Flask, district: District) -> None:
    """Mass assignment: what no form offers is not taken from one."""
    world = district.world
    extra = {"state": "reviewed", "unit_id": world.elsewhere["report_id"], "role": "admin", "taken_by": 1, "filled": 66}
    who = visitor(app, world, "reporter")
    report = world.ids["report_id"]
    body = {"html": "<p>Mới</p>", "version": world.version, **extra}
    assert who.ask("PUT", f"/api/v1/reports/{report}/sections/I.1", body).status_code == 200
    assert who.ask("POST", "/account", {"name": "Lò Thị Mai", "phone": "", **extra}).status_code in (303, 422)
    changed = {row.split('"')[1] for row in district.rows.changed()}
    assert changed <= {"report", "report_section", "user_account", "audit_entry", "sign_in", "sqlite_sequence"}
    found = who.ask("GET", f"/api/v1/reports/{report}", None).get_json()
    assert (found["state"], found["unit"]["code"]) == ("drafting", "DB-BL")
    db.session.remove()
