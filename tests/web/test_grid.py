"""The entry table computes while one types, and takes a block from a spreadsheet."""

from __future__ import annotations

import time

import pytest
from playwright.sync_api import Page, expect

from tests.web.conftest import Store


@pytest.fixture
def table(page: Page) -> Page:
    page.goto("/table")
    return page


def fill(page: Page, **cells: str) -> None:
    for name, value in cells.items():
        key, year = name.split("_")
        page.fill(f"#c-{year}-{key}", value)


def paste(page: Page, where: str, text: str) -> None:
    page.focus(where)
    page.evaluate(
        """text => {
            const data = new DataTransfer();
            data.setData("text/plain", text);
            document.activeElement.dispatchEvent(
                new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true}));
        }""",
        text,
    )


def values(page: Page, year: str) -> list[str]:
    return [page.input_value(f"#c-{year}-{key}") for key in ("hn", "a", "b", "d")]


def test_percentages_and_totals_are_computed_as_one_types(table: Page) -> None:
    fill(table, hn_2013="3", a_2013="104", b_2013="109", d_2013="1.021", hn_2014="1 006", a_2014="110", b_2014="114")
    expect(table.locator("#p-2013")).to_have_text("95,4")
    expect(table.locator("#p-2014")).to_have_text("96,5")
    expect(table.locator("#s-2013")).to_have_text("1.125")
    expect(table.locator("#s-2014")).to_have_text("chưa tính")
    expect(table.locator("#t-hn")).to_have_text("1.009")
    expect(table.locator("#t-b")).to_have_text("")
    expect(table.locator("#t-p")).to_have_text("96,0")
    expect(table.locator("#t-d")).to_have_text("1.021")
    expect(table.locator("#t-s")).to_have_text("1.125 lượt")


@pytest.mark.parametrize(
    ("part", "whole", "shown"),
    [("1", "3", "33,3"), ("2", "3", "66,7"), ("1", "2000", "0,1"), ("0", "5", "0,0"), ("0", "0", "chưa tính"),
     ("11", "16", "68,8"), ("5", "5", "100,0")],
)  # fmt: skip
def test_percent_points_are_rounded_half_up(table: Page, part: str, whole: str, shown: str) -> None:
    fill(table, a_2013=part, b_2013=whole)
    expect(table.locator("#p-2013")).to_have_text(shown)


def test_more_learners_than_people_is_marked_in_words_and_left_out(table: Page) -> None:
    fill(table, a_2013="131", b_2013="128", d_2013="2", a_2014="10", b_2014="20", d_2014="1")
    cell = table.locator("td", has=table.locator("#c-2013-a"))
    expect(cell).to_have_class("bad")
    expect(cell.locator(".err")).to_have_text("Số được học tập (131) lớn hơn tổng số (128)")
    expect(table.locator("#c-2013-a")).to_have_attribute("aria-invalid", "true")
    described = table.get_attribute("#c-2013-b", "aria-describedby")
    assert described is not None
    assert table.locator(f"#{described}").text_content() == "Số được học tập (131) lớn hơn tổng số (128)"
    expect(table.locator("#p-2013")).to_have_text("chưa tính")
    expect(table.locator("#t-p")).to_have_text("50,0")
    fill(table, a_2013="121")
    expect(cell).not_to_have_class("bad")
    expect(cell.locator(".err")).to_have_text("")
    assert table.get_attribute("#c-2013-a", "aria-invalid") is None


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("12.5", "Không phải số. Ghi số nguyên, ví dụ 1.234"),
        ("12,5", "Không phải số. Ghi số nguyên, ví dụ 1.234"),
        ("khoảng 12", "Không phải số. Ghi số nguyên, ví dụ 1.234"),
        ("1.23", "Không phải số. Ghi số nguyên, ví dụ 1.234"),
        ("-4", "Không nhận số âm"),
        ("9999999999", "Số quá lớn"),
    ],
)
def test_what_is_no_number_is_said_beside_the_cell(table: Page, typed: str, said: str) -> None:
    fill(table, hn_2013=typed)
    expect(table.locator("td", has=table.locator("#c-2013-hn")).locator(".err")).to_have_text(said)


@pytest.mark.parametrize("typed", ["0", "Không", "-", "không áp dụng", "x", "", "1.234", "1 234"])
def test_what_the_server_reads_is_not_marked(table: Page, typed: str) -> None:
    fill(table, hn_2013=typed)
    assert table.get_attribute("#c-2013-hn", "aria-invalid") is None


def test_a_declared_absence_counts_as_none_in_a_sum(table: Page) -> None:
    fill(table, a_2013="10", b_2013="10", d_2013="không")
    expect(table.locator("#s-2013")).to_have_text("10")


def test_arrows_and_enter_move_and_enter_never_sends(table: Page, store: Store) -> None:
    table.focus("#c-2013-hn")
    table.keyboard.press("Enter")
    expect(table.locator("#c-2014-hn")).to_be_focused()
    table.keyboard.press("ArrowDown")
    table.keyboard.press("ArrowDown")
    expect(table.locator("#c-2015-hn")).to_be_focused()
    table.keyboard.press("Enter")
    expect(table.locator("#c-2015-hn")).to_be_focused()
    table.keyboard.press("ArrowRight")
    expect(table.locator("#c-2015-a")).to_be_focused()
    table.keyboard.press("ArrowUp")
    expect(table.locator("#c-2014-a")).to_be_focused()
    table.keyboard.press("ArrowLeft")
    expect(table.locator("#c-2014-hn")).to_be_focused()
    table.keyboard.press("Shift+Enter")
    expect(table.locator("#c-2013-hn")).to_be_focused()
    assert table.url.endswith("/table")


def test_arrows_first_move_inside_the_words_of_a_cell(table: Page) -> None:
    fill(table, hn_2013="123")
    table.focus("#c-2013-hn")
    table.keyboard.press("End")
    table.keyboard.press("ArrowLeft")
    expect(table.locator("#c-2013-hn")).to_be_focused()


def test_a_block_from_a_spreadsheet_fills_cells_from_the_focused_one(table: Page) -> None:
    paste(table, "#c-2013-hn", "3\t104\t109\t21\r\n6\t110\t114\t23\r\n")
    assert values(table, "2013") == ["3", "104", "109", "21"]
    assert values(table, "2014") == ["6", "110", "114", "23"]
    expect(table.locator("#p-2013")).to_have_text("95,4")
    expect(table.locator("[data-grid-said]")).to_contain_text("Đã dán 8 ô.")
    table.get_by_role("button", name="Hoàn tác").click()
    assert values(table, "2013") == ["", "", "", ""]


def test_a_block_with_years_slashes_and_computed_columns_lands_right(table: Page) -> None:
    paste(table, "#c-2013-hn", "2013\t3\t104/109\t95,4\t21\t125\n2014\t6\t110/114\t96,5\t23\t133\n")
    assert values(table, "2013") == ["3", "104", "109", "21"]
    assert values(table, "2014") == ["6", "110", "114", "23"]


def test_a_block_without_slashes_but_with_computed_columns_lands_right(table: Page) -> None:
    paste(table, "#c-2014-hn", "6\t110\t114\t96,5\t23\t133")
    assert values(table, "2014") == ["6", "110", "114", "23"]


def test_one_pair_pasted_into_a_pair_is_split(table: Page) -> None:
    paste(table, "#c-2013-a", "104/109")
    assert values(table, "2013") == ["", "104", "109", ""]


def test_what_finds_no_place_is_counted(table: Page) -> None:
    paste(table, "#c-2015-d", "1\t2\t3\n4")
    assert table.input_value("#c-2015-d") == "1"
    expect(table.locator("[data-grid-said]")).to_contain_text("không có chỗ")


def test_good_cells_are_saved_and_a_wrong_one_is_kept_here(table: Page, store: Store) -> None:
    fill(table, hn_2013="3", hn_2014="12.5")
    expect(table.locator("[data-saved]")).to_have_text("Đã lưu lúc 08:57, trừ ô còn phải sửa")
    assert store.bodies == [{"cells": {"2013": {"hn": "3"}}, "version": 1}]
    fill(table, hn_2014="12")
    expect(table.locator("[data-saved]")).to_have_text("Đã lưu lúc 08:57")
    assert store.bodies[1] == {"cells": {"2014": {"hn": "12"}}, "version": 2}


def test_an_emptied_cell_is_saved_as_blank(table: Page, store: Store) -> None:
    fill(table, hn_2013="3")
    expect(table.locator("[data-saved]")).to_have_text("Đã lưu lúc 08:57")
    fill(table, hn_2013="")
    end = time.monotonic() + 8
    while len(store.bodies) < 2:
        assert time.monotonic() < end
        table.wait_for_timeout(50)
    assert store.bodies[1]["cells"] == {"2013": {"hn": None}}
