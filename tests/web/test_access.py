"""Every route is for signed-in people unless it is marked and listed as public."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.web.conftest import TOKEN
from tracker.core.errors import NotSignedIn
from tracker.web import access


def enter(ask: FlaskClient, name: str) -> None:
    page = ask.get("/sign-in").text
    token = page.split('name="csrf-token" content="')[1].split('"')[0]
    assert ask.post(f"/sign-in/{name}", data={"csrf_token": token}).status_code == 303


def test_a_stranger_is_taken_to_the_sign_in_page_and_back(ask: FlaskClient) -> None:
    answer = ask.get("/inside?trang=2")
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/sign-in?next=/inside?trang%3D2"


def test_a_route_without_a_mark_is_shut(ask: FlaskClient) -> None:
    assert ask.get("/unmarked").status_code == 303
    enter(ask, "reporter")
    assert ask.get("/unmarked").text == "unmarked"


def test_the_faults_name_routes_without_a_mark_and_public_ones_that_are_not_listed(demo_app: Flask) -> None:
    faults = access.faults(demo_app)
    assert "pages.unmarked: no mark" in faults
    assert "pages.sign_in: public but not in PUBLIC" in faults
    assert not [fault for fault in faults if fault.startswith(("static", "lang.", "pages.inside", "pages.lead_only"))]


def test_the_api_answers_a_stranger_with_401_and_how_to_sign_in(ask: FlaskClient) -> None:
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic eDp5"}):
        answer = ask.get("/api/v1/things", headers=headers)
        assert answer.status_code == 401
        assert answer.mimetype == "application/problem+json"
        assert answer.json is not None
        assert answer.json["code"] == "not_signed_in"
        assert answer.headers["WWW-Authenticate"] == 'Bearer realm="tracker"'


def test_a_stranger_on_htmx_is_sent_to_the_sign_in_page(ask: FlaskClient) -> None:
    answer = ask.get("/inside", headers={"HX-Request": "true", "HX-Current-URL": "http://localhost/bang?nhom=2"})
    assert answer.headers["HX-Redirect"] == "/sign-in?next=/bang?nhom%3D2"
    assert answer.text == ""


def test_a_role_opens_what_is_its_own_and_no_more(ask: FlaskClient) -> None:
    enter(ask, "reporter")
    assert ask.get("/inside").text == "inside"
    assert ask.get("/lead-only").status_code == 403
    assert ask.get("/lead-hidden").status_code == 404
    enter(ask, "lead")
    assert ask.get("/lead-only").text == "lead"
    assert ask.get("/lead-hidden").text == "lead"


def test_hidden_and_missing_have_the_same_words_for_a_machine(ask: FlaskClient) -> None:
    headers = {"Authorization": f"Bearer {TOKEN}", "Accept": "application/json"}
    assert ask.get("/lead-hidden", headers=headers).text == "lead"
    mine = ask.get("/refuse/not_found", headers={"Accept": "application/json"})
    again = ask.get("/refuse/not_found", headers={"Accept": "application/json"})
    assert mine.data == again.data


def test_leaving_needs_a_post_with_a_token(ask: FlaskClient) -> None:
    enter(ask, "lead")
    assert ask.get("/sign-out").status_code == 405
    assert ask.post("/sign-out").status_code == 400
    assert ask.get("/inside").status_code == 200


def test_a_change_needs_the_csrf_token_in_a_field_or_a_header(ask: FlaskClient) -> None:
    enter(ask, "lead")
    assert ask.post("/inside").status_code == 400
    token = ask.get("/demo").text.split('name="csrf-token" content="')[1].split('"')[0]
    assert ask.post("/inside", data={"csrf_token": token}).text == "changed"
    assert ask.post("/inside", headers={"X-CSRFToken": token}).text == "changed"
    assert ask.post("/inside", headers={"X-CSRFToken": token + "x"}).status_code == 400


def test_a_bearer_token_needs_no_csrf_token(ask: FlaskClient) -> None:
    assert ask.post("/api/v1/things", headers={"Authorization": f"Bearer {TOKEN}"}).json == {"ok": True}


def test_a_cookie_on_the_api_still_needs_the_csrf_token(ask: FlaskClient) -> None:
    enter(ask, "lead")
    answer = ask.post("/api/v1/things")
    assert answer.status_code == 400
    assert answer.json is not None
    assert answer.json["code"] == "csrf"


def test_nobody_acts_without_being_signed_in(demo_app: Flask) -> None:
    with demo_app.test_request_context("/demo"), pytest.raises(NotSignedIn):
        access.actor()


def test_a_role_guard_names_at_least_one_role() -> None:
    with pytest.raises(ValueError, match="role"):
        access.roles_required()
