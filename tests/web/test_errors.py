"""A refusal is a page, a fragment or problem+json; a fault of ours names a request id and nothing else."""

from __future__ import annotations

import json

import pytest
from flask.testing import FlaskClient

HTMX = {"HX-Request": "true", "HX-Target": "div#giu"}


def problem(ask: FlaskClient, path: str, **kwargs: object) -> dict[str, object]:
    answer = ask.open(path, **kwargs)  # type: ignore[arg-type]  # werkzeug's open takes many keywords
    assert answer.mimetype == "application/problem+json"
    body = json.loads(answer.data)
    assert body["status"] == answer.status_code
    assert {"type", "title", "status", "code", "detail"} <= body.keys()
    return dict(body)


def test_a_refusal_is_a_page_with_its_sentence(ask: FlaskClient) -> None:
    answer = ask.get("/refuse/conflict")
    assert answer.status_code == 409
    assert "Vừa có người sửa ngày 09/5/2023." in answer.text
    assert "<title>Nội dung vừa có thay đổi – Theo dõi kế hoạch</title>" in answer.text


def test_a_refusal_of_several_places_lists_them(ask: FlaskClient) -> None:
    assert "<li>Ô C3: không phải số.</li>" in ask.get("/refuse/invalid").text


def test_the_api_gets_problem_json_with_code_and_extras(ask: FlaskClient) -> None:
    body = problem(ask, "/api/v1/refuse/conflict")
    assert body == {
        "type": "about:blank",
        "title": "Conflict",
        "status": 409,
        "code": "stale_version",
        "detail": "Vừa có người sửa ngày 09/5/2023.",
        "version": 7,
    }
    assert problem(ask, "/api/v1/refuse/invalid")["problems"] == [
        {"row": 3, "code": "bad_number", "detail": "Ô C3: không phải số."}
    ]


def test_a_script_that_asks_for_json_gets_problem_json_from_a_page_address(ask: FlaskClient) -> None:
    assert problem(ask, "/refuse/large", headers={"Accept": "application/json"})["code"] == "too_large"


def test_htmx_gets_a_fragment_aimed_at_the_message_region(ask: FlaskClient) -> None:
    answer = ask.post("/refuse/conflict", headers={**HTMX, "X-CSRFToken": token(ask)})
    assert answer.status_code == 409
    assert answer.headers["HX-Retarget"] == "#thong-bao"
    assert answer.headers["HX-Reswap"] == "innerHTML"
    assert "<html" not in answer.text
    assert 'role="alert"' in answer.text
    assert "Vừa có người sửa ngày 09/5/2023." in answer.text


def token(ask: FlaskClient) -> str:
    return ask.get("/demo").text.split('name="csrf-token" content="')[1].split('"')[0]


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/api/v1/none", 404, "not_found"),
        ("DELETE", "/api/v1/boom", 405, "method_not_allowed"),
        ("GET", "/api/v1/boom", 500, "server_error"),
        ("GET", "/api/v1/database-away", 503, "unavailable"),
        ("GET", "/api/v1/refuse/large", 413, "too_large"),
    ],
)
def test_http_errors_have_codes_of_their_own(ask: FlaskClient, method: str, path: str, status: int, code: str) -> None:
    body = problem(ask, path, method=method)
    assert (body["status"], body["code"]) == (status, code)


def test_a_method_that_is_not_allowed_says_which_are(ask: FlaskClient) -> None:
    assert "GET" in ask.delete("/demo").headers["Allow"]


def test_a_fault_shows_its_request_id_and_no_trace(ask: FlaskClient) -> None:
    for path, headers in (("/boom", {}), ("/api/v1/boom", {}), ("/boom", HTMX)):
        answer = ask.get(path, headers=headers)
        assert answer.status_code == 500
        assert answer.headers["X-Request-Id"] in answer.text
        assert "Traceback" not in answer.text
        assert "secret of the trace" not in answer.text
        assert "RuntimeError" not in answer.text


def test_with_the_database_away_the_page_says_when_to_come_back(ask: FlaskClient) -> None:
    answer = ask.get("/database-away")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "5"
    assert "chưa được lưu" in answer.text
    assert "SELECT" not in answer.text


def test_an_error_page_comes_even_when_the_frame_cannot_be_built(ask: FlaskClient) -> None:
    from flask import Flask

    app: Flask = ask.application

    @app.context_processor
    def broken() -> dict[str, object]:
        raise RuntimeError("the frame needs the database")

    for path, status in (("/boom", 500), ("/database-away", 503), ("/no-such-page", 404)):
        answer = ask.get(path)
        assert answer.status_code == status
        assert "<title>" in answer.text


def test_a_page_that_is_not_there_repeats_nothing_of_the_address(ask: FlaskClient) -> None:
    answer = ask.get("/<script>alert(1)</script>")
    assert answer.status_code == 404
    assert "alert(1)" not in answer.text
    assert "<script>alert" not in answer.text


def test_what_a_refusal_carries_is_written_as_text(ask: FlaskClient) -> None:
    assert "<script>alert" not in ask.get("/refuse/csrf-like").text
    assert "&lt;script&gt;alert(1)" in ask.get("/refuse/csrf-like").text


def test_a_missing_csrf_token_is_explained(ask: FlaskClient) -> None:
    answer = ask.post("/form", data={"name": "Mai"})
    assert answer.status_code == 400
    assert "Tải lại trang rồi làm lại" in answer.text


def test_not_there_and_not_theirs_have_the_same_body(ask: FlaskClient) -> None:
    first = ask.get("/api/v1/refuse/not_found")
    second = ask.get("/api/v1/refuse/not_found")
    assert first.data == second.data
    assert first.headers["X-Request-Id"] != second.headers["X-Request-Id"]
