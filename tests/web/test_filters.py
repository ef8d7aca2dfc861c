"""Dates, times and numbers look as an office writes them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from flask import Flask

from tracker.core.errors import Invalid
from tracker.core.sentences import Sentence
from tracker.web import filters


@pytest.fixture(autouse=True)
def _inside(demo_app: Flask) -> Iterator[None]:
    with demo_app.test_request_context("/"):
        yield


INSTANT = datetime(2023, 5, 9, 9, 40, tzinfo=UTC)


@pytest.mark.parametrize(
    ("day", "shown"),
    [
        (date(2023, 5, 9), "09/5/2023"),
        (date(2023, 5, 11), "11/5/2023"),
        (date(2023, 2, 20), "20/02/2023"),
        (date(2023, 1, 1), "01/01/2023"),
        (date(2023, 12, 31), "31/12/2023"),
        (datetime(2023, 5, 9, 17, 0, tzinfo=UTC), "10/5/2023"),
        (None, ""),
    ],
)
def test_a_date_has_zeros_only_for_days_under_ten_and_months_one_and_two(day: date | None, shown: str) -> None:
    assert filters.ngay(day) == shown


def test_an_instant_is_shown_on_the_offices_clock() -> None:
    assert filters.gio(INSTANT) == "16:40"
    assert filters.luc(INSTANT) == "16:40 ngày 09/5/2023"
    assert filters.luc_ngan(INSTANT) == "16:40 ngày 09/5"
    assert filters.ngay_ngan(INSTANT) == "09/5"
    assert filters.gio(None) == filters.luc(None) == filters.luc_ngan(None) == ""


def test_a_naive_instant_is_refused() -> None:
    with pytest.raises(ValueError, match="naive"):
        filters.luc(datetime(2023, 5, 9, 9, 40))


@pytest.mark.parametrize(
    ("day", "shown"),
    [
        (date(2023, 5, 8), "thứ Hai"),
        (date(2023, 5, 9), "thứ Ba"),
        (date(2023, 5, 13), "thứ Bảy"),
        (date(2023, 4, 30), "Chủ nhật"),
    ],
)
def test_weekdays_are_words(day: date, shown: str) -> None:
    assert filters.thu(day) == shown
    assert filters.thu_ngay(day) == f"{shown}, ngày {filters.ngay(day)}"


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (1148, "1.148"),
        (0, "0"),
        (999, "999"),
        (1000000, "1.000.000"),
        (-5, "-5"),
        (95.4, "95,4"),
        (Decimal("1234.56"), "1.234,6"),
        (None, ""),
    ],
)
def test_numbers_have_dots_between_thousands_and_a_comma_before_decimals(value: float | None, shown: str) -> None:
    assert filters.so(value) == shown


def test_percent_points_keep_their_decimal() -> None:
    assert filters.phan_tram(95.4) == "95,4 %"
    assert filters.phan_tram(92.0) == "92,0 %"
    assert filters.phan_tram(71) == "71 %"
    assert filters.phan_tram(70.689, 0) == "71 %"
    assert filters.phan_tram(None) == ""
    assert filters.phan_tram(Decimal("0.25")) == "0,3 %"


def test_a_share_reads_hundred_percent_only_when_it_is_whole() -> None:
    assert filters.ti_le(0.8125) == "81 %"
    assert filters.ti_le(0.999) == "99 %"
    assert filters.ti_le(1) == "100 %"
    assert filters.ti_le(0.29) == "29 %"
    assert filters.ti_le(None) == ""


def test_a_sentence_fills_its_places() -> None:
    assert filters.sentence(("Còn %(n)s ngày làm việc", {"n": 3})) == "Còn 3 ngày làm việc"
    assert filters.sentence(Sentence("Gửi lúc %(at)s", {"at": INSTANT})) == "Gửi lúc 16:40 ngày 09/5/2023"
    inner = Sentence("thứ Ba")
    assert filters.sentence(Sentence("Hết %(thu)s", {"thu": inner})) == "Hết thứ Ba"
    refusal = Invalid("x", "không phải số")
    assert filters.sentence(("Ô C3: %(why)s", {"why": refusal})) == "Ô C3: không phải số"
    assert filters.sentence("Hết hạn hôm nay") == "Hết hạn hôm nay"
    assert filters.sentence(None) == filters.sentence("") == ""


def test_templates_know_every_filter(demo_app: Flask) -> None:
    text = "{{ d|ngay }} {{ d|gio }} {{ d|luc }} {{ d|thu }} {{ 1148|so }} {{ 95.4|phan_tram }} {{ s|sentence }}"
    shown = demo_app.jinja_env.from_string(text).render(d=INSTANT, s=("Còn %(n)s", {"n": 1}))
    assert shown == "09/5/2023 16:40 16:40 ngày 09/5/2023 thứ Ba 1.148 95,4 % Còn 1"
