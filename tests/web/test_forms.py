"""Forms speak Vietnamese, read typed dates and keep text in one normal form."""

from __future__ import annotations

from datetime import date

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.web.conftest import PersonForm
from tracker.web.forms import read_date, summary, trimmed


def filled(app: Flask, **data: str) -> PersonForm:
    with app.test_request_context("/form", method="POST", data=data):
        form = PersonForm(meta={"csrf": False})
        form.validate()
        return form


def test_every_message_is_vietnamese(demo_app: Flask) -> None:
    form = filled(demo_app, email="x", role="z", until="5/2023")
    assert summary(form) == [
        ("name", "Họ tên: Chưa điền ô này."),
        ("email", "Thư điện tử: Địa chỉ thư chưa đúng dạng, ví dụ ten@donvi.vn."),
        ("role", "Vai trò: Chọn một mục trong danh sách."),
        ("until", "Đến hết ngày: Ghi ngày theo dạng ngày/tháng/năm, ví dụ 16/5/2023."),
    ]


def test_lengths_are_filled_in(demo_app: Flask) -> None:
    form = filled(demo_app, name="a" * 21, email="a@b.vn", role="a")
    assert form.name.errors == ["Dài nhất 20 ký tự."]


def test_a_valid_form_gives_values(demo_app: Flask) -> None:
    form = filled(demo_app, name="Mai", email="mai.lt@banlang.vn", role="a", until="16/5/2023", agree="y")
    assert not form.errors
    assert (form.until.data, form.agree.data) == (date(2023, 5, 16), True)


def test_text_arrives_in_one_normal_form(demo_app: Flask) -> None:
    form = filled(demo_app, name="Lo\u0300 Thi\u0323 Mai\x00", email="a@b.vn", role="a")
    assert form.name.data == "Lò Thị Mai"


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("16/5/2023", date(2023, 5, 16)),
        ("1/2/2023", date(2023, 2, 1)),
        (" 01-02-2023 ", date(2023, 2, 1)),
        ("9.5.2023", date(2023, 5, 9)),
        ("31/4/2023", None),
        ("2023-05-16", None),
        ("16/5/23", None),
        ("16/5", None),
        ("mai", None),
        ("", None),
    ],
)
def test_a_date_is_typed_day_first(text: str, day: date | None) -> None:
    assert read_date(text) == day


def test_a_date_that_cannot_be_read_stays_as_typed(demo_app: Flask) -> None:
    form = filled(demo_app, until="31/4/2023")
    assert form.until._value() == "31/4/2023"
    assert form.until.data is None


def test_one_line_is_trimmed_and_empty_is_nothing() -> None:
    assert trimmed("  Lò  Thị\nMai ") == "Lò Thị Mai"
    assert trimmed("   ") is None
    assert trimmed(None) is None


def test_the_page_ties_each_error_to_its_field(ask: FlaskClient) -> None:
    token = ask.get("/form").text.split('name="csrf-token" content="')[1].split('"')[0]
    answer = ask.post("/form", data={"csrf_token": token, "email": "x", "until": "hôm nay"})
    assert answer.status_code == 422
    assert '<a href="#email">Thư điện tử: Địa chỉ thư chưa đúng dạng, ví dụ ten@donvi.vn.</a>' in answer.text
    assert 'aria-describedby="email-loi"' in answer.text
    assert 'id="email-loi"' in answer.text
    assert 'aria-describedby="until-goi-y until-loi"' in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert 'value="hôm nay"' in answer.text
    assert "Còn 4 ô phải sửa" in answer.text


def test_a_good_form_goes_on(ask: FlaskClient) -> None:
    token = ask.get("/form").text.split('name="csrf-token" content="')[1].split('"')[0]
    data = {"csrf_token": token, "name": "Mai", "email": "a@b.vn", "role": "a"}
    answer = ask.post("/form", data=data)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/demo?flash=1")
    assert "Đã gửi lúc 16:40 ngày 09/5/2023, đúng hạn." in ask.get("/demo?flash=1").text
