"""Pages are light enough for a commune's line."""

from __future__ import annotations

import gzip
import re

from flask.testing import FlaskClient

GZIP = {"Accept-Encoding": "gzip"}


def weight(ask: FlaskClient, path: str) -> int:
    answer = ask.get(path, headers=GZIP)
    assert answer.status_code == 200
    return len(answer.data) + len(str(answer.headers))


def addresses(ask: FlaskClient, path: str) -> set[str]:
    return set(re.findall(r'(?:href|src)="(/static/[^"]+)"', ask.get(path).text))


def test_the_first_page_with_all_it_needs_is_under_150_kb(ask: FlaskClient) -> None:
    everything = addresses(ask, "/editor") | addresses(ask, "/table")
    assert any("editor.js" in address for address in everything)
    assert weight(ask, "/editor") + sum(weight(ask, address) for address in everything) < 100_000


def test_a_later_page_is_under_30_kb(ask: FlaskClient) -> None:
    for path in ("/demo", "/editor", "/table", "/form"):
        assert weight(ask, path) < 10_000


def test_text_is_compressed_for_those_who_can_read_it(ask: FlaskClient) -> None:
    packed = ask.get("/words", headers=GZIP)
    plain = ask.get("/words")
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert "Content-Encoding" not in plain.headers
    assert "Accept-Encoding" in plain.vary
    assert "Accept-Encoding" in packed.vary
    assert "Content-Encoding" not in ask.get("/words", headers={"Accept-Encoding": "gzip;q=0"}).headers


def test_what_is_small_stays_as_it_is(ask: FlaskClient) -> None:
    assert "Content-Encoding" not in ask.get("/limited", headers=GZIP).headers


def test_a_static_file_is_the_same_packed_and_plain_and_answers_304(ask: FlaskClient) -> None:
    for name in ("app.css", "js/grid.js", "vendor/htmx-4.0.1/htmx.min.js"):
        plain = ask.get(f"/static/{name}")
        for _ in range(2):
            packed = ask.get(f"/static/{name}", headers=GZIP)
            assert gzip.decompress(packed.data) == plain.data
            assert int(packed.headers["Content-Length"]) == len(packed.data)
        again = ask.get(f"/static/{name}", headers={**GZIP, "If-None-Match": packed.headers["ETag"]})
        assert again.status_code == 304
        assert again.data == b""


def test_fonts_are_not_packed_twice(ask: FlaskClient) -> None:
    answer = ask.get("/static/fonts/source-sans-3-latin-wght-normal.woff2", headers=GZIP)
    assert "Content-Encoding" not in answer.headers
