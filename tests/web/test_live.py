"""Pages that refresh themselves disturb nobody, and a failed click is said aloud."""

from __future__ import annotations

import pytest
from flask import Flask
from playwright.sync_api import Page, expect


@pytest.fixture
def board(page: Page) -> Page:
    page.goto("/board")
    return page


def test_a_change_appears_by_itself(board: Page, demo_app: Flask) -> None:
    expect(board.locator("#so b")).to_have_text("1")
    demo_app.extensions["polls"]["version"] = 2
    expect(board.locator("#so b")).to_have_text("2")
    demo_app.extensions["polls"]["version"] = 3
    expect(board.locator("#so b")).to_have_text("3")


@pytest.mark.parametrize("status", [500, 404, 429])
def test_a_poll_that_fails_leaves_the_figures_and_marks_them(board: Page, demo_app: Flask, status: int) -> None:
    demo_app.extensions["polls"]["status"] = status
    expect(board.locator("#so [data-stale]")).to_be_visible()
    expect(board.locator("#so b")).to_have_text("1")
    expect(board.locator("#thong-bao")).to_be_empty()
    demo_app.extensions["polls"].update(status=200, version=2)
    expect(board.locator("#so b")).to_have_text("2")
    expect(board.locator("#so [data-stale]")).to_be_hidden()


def test_an_up_to_date_poll_changes_nothing(board: Page) -> None:
    board.evaluate("document.querySelector('#so').dataset.mine = 'kept'")
    board.wait_for_timeout(700)
    assert board.get_attribute("#so", "data-mine") == "kept"


def test_a_refusal_is_shown_in_the_message_region_and_the_target_stays(board: Page) -> None:
    board.click("#hong")
    expect(board.locator("#thong-bao [role=alert]")).to_contain_text("Vừa có người sửa ngày 09/5/2023.")
    expect(board.locator("#giu")).to_have_text("giữ nguyên")


def test_a_click_that_does_not_reach_the_server_says_so(board: Page) -> None:
    board.context.set_offline(True)
    board.click("#hong")
    expect(board.locator("#thong-bao [role=alert]")).to_have_text(
        "Chưa tới được máy chủ. Kiểm tra đường truyền rồi làm lại."
    )


def test_the_summary_of_errors_takes_the_focus(page: Page) -> None:
    page.goto("/form")
    page.click("main button.go")
    expect(page.locator(".errors")).to_be_focused()
    page.click(".errors a >> nth=0")
    expect(page.locator("#name")).to_be_focused()


def test_the_language_changes_with_a_click_and_comes_back_here(page: Page) -> None:
    page.goto("/form?x=1")
    page.get_by_role("button", name="English").click()
    page.wait_for_url("**/form?x=1")
    assert page.get_attribute("html", "lang") == "en"
