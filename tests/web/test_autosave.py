"""What is typed is saved as it is typed, and kept in the browser until it is."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable

from playwright.sync_api import Browser, Page, Route, expect

from tests.web.conftest import Store

TEXT = '[role="textbox"]'
STATUS = "[data-saved]"
KEY = "nhap:u1:r1:II.3"


def type_text(page: Page, text: str) -> None:
    page.click(TEXT)
    page.keyboard.press("Control+End")
    page.keyboard.type(text)


def draft(page: Page) -> dict[str, object] | None:
    found = page.evaluate("key => localStorage.getItem(key)", KEY)
    return dict(json.loads(found)) if found else None


def until(page: Page, true: Callable[[], bool]) -> None:
    end = time.monotonic() + 8
    while not true():
        assert time.monotonic() < end, "it did not happen"
        page.wait_for_timeout(50)


def test_typing_saves_by_itself_and_says_when(page: Page, store: Store) -> None:
    page.goto("/editor")
    type_text(page, " Thêm một câu.")
    expect(page.locator(STATUS)).to_have_text("Đã lưu lúc 08:57")
    assert store.bodies == [{"html": "<p>Bản cũ. Thêm một câu.</p>", "version": 1}]
    assert page.get_attribute("#soan", "data-version") == "2"
    assert page.input_value("#soan [name=version]") == "2"
    assert page.input_value("#vs") == "2"
    assert draft(page) is None


def test_a_second_save_carries_the_new_version(page: Page, store: Store) -> None:
    page.goto("/editor")
    type_text(page, " Một.")
    until(page, lambda: len(store.bodies) == 1)
    type_text(page, " Hai.")
    until(page, lambda: len(store.bodies) == 2)
    assert [body["version"] for body in store.bodies] == [1, 2]


def test_nothing_to_report_is_sent_as_such(page: Page, store: Store) -> None:
    page.goto("/editor")
    page.check("#np")
    until(page, lambda: bool(store.bodies))
    assert store.bodies == [{"nothing_to_report": True, "version": 1}]


def test_without_a_line_the_text_stays_in_the_browser_and_goes_out_by_itself(page: Page, store: Store) -> None:
    page.goto("/editor")
    page.context.set_offline(True)
    type_text(page, " Trên núi.")
    expect(page.locator(STATUS)).to_contain_text("Mất mạng")
    held = draft(page)
    assert held is not None
    assert "Trên núi." in str(held["fields"])
    page.context.set_offline(False)
    expect(page.locator(STATUS)).to_have_text("Đã lưu lúc 08:57")
    assert store.html == "<p>Bản cũ. Trên núi.</p>"
    assert draft(page) is None


def test_a_server_that_fails_is_asked_again(page: Page, store: Store) -> None:
    store.fail = 503
    page.goto("/editor")
    type_text(page, " Lại.")
    until(page, lambda: len(store.bodies) == 1)
    expect(page.locator(STATUS)).to_contain_text("giữ trong máy này")
    store.fail = None
    expect(page.locator(STATUS)).to_have_text("Đã lưu lúc 08:57")
    assert store.html == "<p>Bản cũ. Lại.</p>"


def test_unsaved_text_is_back_after_a_reload_and_is_saved(page: Page, store: Store) -> None:
    page.goto("/editor")
    store.fail = 500
    type_text(page, " Chưa gửi.")
    until(page, lambda: bool(store.bodies))
    page.on("dialog", lambda dialog: dialog.accept())
    store.fail = None
    page.reload()
    expect(page.locator(TEXT)).to_contain_text("Chưa gửi.")
    expect(page.locator(STATUS)).to_have_text("Đã lưu lúc 08:57")
    assert store.html == "<p>Bản cũ. Chưa gửi.</p>"


def test_leaving_with_unsaved_text_is_asked_about(page: Page, store: Store) -> None:
    asked: list[str] = []
    page.goto("/editor")
    store.fail = 500
    type_text(page, " Chưa gửi.")
    until(page, lambda: bool(store.bodies))
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept())[1])
    page.goto("/demo")
    assert asked == ["beforeunload"]


def test_leaving_after_a_save_asks_nothing(page: Page) -> None:
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept())[1])
    page.goto("/editor")
    type_text(page, " Xong.")
    expect(page.locator(STATUS)).to_have_text("Đã lưu lúc 08:57")
    page.goto("/demo")
    assert asked == []


def test_somebody_elses_change_is_shown_and_no_text_is_lost(page: Page, store: Store) -> None:
    page.goto("/editor")
    store.version, store.html = 5, "<p>Bản của Mai.</p>"
    type_text(page, " Của tôi.")
    panel = page.locator("[data-conflict]")
    expect(panel).to_be_visible()
    expect(panel).to_contain_text("Mục này vừa được Lò Thị Mai sửa lúc 08:59. Bài vừa gõ còn nguyên")
    expect(page.locator(TEXT)).to_contain_text("Của tôi.")
    assert store.html == "<p>Bản của Mai.</p>"
    assert draft(page) is not None
    page.click("[data-conflict-keep]")
    expect(page.locator(STATUS)).to_have_text("Đã lưu lúc 08:57")
    expect(panel).to_be_hidden()
    assert store.html == "<p>Bản cũ. Của tôi.</p>"
    assert [body["version"] for body in store.bodies] == [1, 5]


def test_taking_the_other_version_drops_ones_own(page: Page, store: Store) -> None:
    page.goto("/editor")
    store.version, store.html = 5, "<p>Bản của Mai.</p>"
    type_text(page, " Của tôi.")
    page.click("[data-conflict-take]")
    expect(page.locator(TEXT)).to_have_text("Bản của Mai.")
    assert draft(page) is None


def test_a_draft_older_than_the_servers_text_meets_the_conflict_not_the_void(page: Page, store: Store) -> None:
    page.goto("/editor")
    store.fail = 500
    type_text(page, " Giữ lại.")
    until(page, lambda: bool(store.bodies))
    store.fail, store.version, store.html = None, 9, "<p>Bản mới của người khác.</p>"
    page.on("dialog", lambda dialog: dialog.accept())
    page.reload()
    expect(page.locator("[data-conflict]")).to_be_visible()
    expect(page.locator(TEXT)).to_contain_text("Giữ lại.")
    assert store.html == "<p>Bản mới của người khác.</p>"


def test_ones_own_save_whose_answer_was_lost_is_no_conflict(page: Page, store: Store) -> None:
    page.goto("/editor")
    lost: list[int] = []

    def lose(route: Route) -> None:
        if lost:
            route.continue_()
            return
        lost.append(1)
        route.fetch()  # it reaches the server
        route.abort()  # and the answer does not come back

    page.route("**/store", lose)
    type_text(page, " Một lần.")
    expect(page.locator(STATUS)).to_have_text("Đã lưu lúc 08:57", timeout=12_000)
    expect(page.locator("[data-conflict]")).to_be_hidden()
    assert store.html == "<p>Bản cũ. Một lần.</p>"
    assert page.get_attribute("#soan", "data-version") == str(store.version)
    assert draft(page) is None


def test_an_ended_session_keeps_the_text_and_says_so(page: Page, store: Store) -> None:
    page.goto("/editor")
    page.route(
        "**/store",
        lambda route: route.fulfill(
            status=401, content_type="application/problem+json", body='{"code":"not_signed_in"}'
        ),
    )
    type_text(page, " Hết phiên.")
    expect(page.locator(STATUS)).to_contain_text("Phiên làm việc đã hết")
    held = draft(page)
    assert held is not None
    assert "Hết phiên." in str(held["fields"])


def test_the_forms_own_button_waits_for_the_save_under_way(page: Page, store: Store) -> None:
    answer = threading.Event()
    store.before = lambda: answer.wait(5) and None
    page.goto("/editor")
    type_text(page, " Đang lưu.")
    expect(page.locator(STATUS)).to_have_attribute("data-state", "saving")
    page.click("text=Xong", no_wait_after=True)
    page.wait_for_timeout(300)
    assert len(store.bodies) == 1
    answer.set()
    until(page, lambda: len(store.bodies) == 2)
    assert [int(body["version"]) for body in store.bodies] == [1, 2]


def test_without_script_the_form_is_a_plain_form(browser: Browser, live: str, store: Store) -> None:
    context = browser.new_context(java_script_enabled=False, base_url=live)
    plain = context.new_page()
    plain.goto("/editor")
    plain.fill("textarea", "Đoạn một.\n\nĐoạn hai.")
    plain.click("text=Xong")
    assert store.bodies[0]["html"].replace("\r\n", "\n") == "Đoạn một.\n\nĐoạn hai."
    assert store.bodies[0]["version"] == "1"
    context.close()
