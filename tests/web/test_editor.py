"""The editor writes clean HTML back to its field, whatever is pasted into it."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.web.conftest import Store

TEXT = '[role="textbox"]'

WORD = """<html xmlns:o="urn:schemas-microsoft-com:office:office"><head><style>p.MsoNormal{color:red}</style></head><body>
<!--StartFragment--><h2 style='font-size:14pt'>1. Kết quả</h2>
<p class=MsoNormal style='margin:0;text-align:justify'><b><span style='font-size:14.0pt;color:red'>Số liệu:</span></b>
<span lang=VI style='font-size:14.0pt'>tổ chức
22 lớp <i>bồi dưỡng</i><o:p></o:p></span></p>
<p class=MsoListParagraphCxSpFirst style='text-indent:-.25in;mso-list:l0 level1 lfo1'><![if !supportLists]><span
style='mso-list:Ignore'>-<span style='font:7.0pt "Times New Roman"'>&nbsp;&nbsp; </span></span><![endif]>Việc một<o:p></o:p></p>
<p class=MsoListParagraphCxSpLast style='mso-list:l0 level1 lfo1'><span style='mso-list:Ignore'>-<span>&nbsp;</span></span>Việc hai</p>
<p class=MsoListParagraph style='mso-list:l1 level1 lfo2'><span style='mso-list:Ignore'>1.<span>&nbsp;</span></span>Bước một</p>
<table border=1 style='border-collapse:collapse'><tr><td width=100 colspan=2 style='padding:1pt'><p class=MsoNormal>2013</p></td></tr></table>
<p class=MsoNormal><o:p>&nbsp;</o:p></p><img src="file:///C:/x.png"><script>alert(1)</script><a href="javascript:alert(1)" onclick="alert(1)">liên kết</a>
<!--EndFragment--></body></html>"""  # noqa: E501 - as Word writes it


def paste(page: Page, html: str = "", plain: str = "") -> None:
    page.click(TEXT)
    page.evaluate(
        """([selector, html, plain]) => {
            const data = new DataTransfer();
            if (html) data.setData("text/html", html);
            data.setData("text/plain", plain);
            document.querySelector(selector).dispatchEvent(
                new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true}));
        }""",
        [TEXT, html, plain],
    )


@pytest.fixture
def empty(page: Page, store: Store) -> Page:
    store.html = ""
    page.goto("/editor")
    return page


def test_it_shows_what_the_field_holds_and_takes_its_name(page: Page, store: Store) -> None:
    store.html = "<p>Một <strong>hai</strong></p><ul><li>ba</li></ul>"
    page.goto("/editor")
    expect(page.get_by_role("textbox", name="Nội dung")).to_have_text("Một haiba")
    expect(page.locator("#tx")).to_be_hidden()
    assert page.input_value("#tx") == store.html
    expect(page.locator("[data-words-of]")).to_have_text("3 chữ")
    expect(page.get_by_role("button", name="Chữ đậm")).to_be_visible()


def test_plain_text_becomes_paragraphs(page: Page, store: Store) -> None:
    store.html = "Đoạn một, 5 < 6.\n\nĐoạn hai."
    page.goto("/editor")
    assert page.locator(f"{TEXT} p").all_text_contents() == ["Đoạn một, 5 < 6.", "Đoạn hai."]


def test_the_toolbar_makes_emphasis_and_lists(empty: Page) -> None:
    empty.click(TEXT)
    empty.keyboard.type("Bình thường ")
    empty.get_by_role("button", name="Chữ đậm").click()
    expect(empty.get_by_role("button", name="Chữ đậm")).to_have_attribute("aria-pressed", "true")
    empty.keyboard.type("đậm")
    empty.keyboard.press("Control+b")
    empty.keyboard.press("Enter")
    empty.get_by_role("button", name="Danh sách gạch đầu dòng").click()
    empty.keyboard.type("mục")
    assert empty.input_value("#tx") == "<p>Bình thường <strong>đậm</strong></p><ul><li>mục</li></ul>"
    for _ in range(20):
        empty.get_by_role("button", name="Hoàn tác").click()
    assert empty.input_value("#tx") == ""


def test_the_toolbar_is_one_stop_for_tab_and_arrows_move_in_it(empty: Page) -> None:
    empty.get_by_role("button", name="Chữ đậm").focus()
    empty.keyboard.press("ArrowRight")
    expect(empty.get_by_role("button", name="Chữ nghiêng")).to_be_focused()
    empty.keyboard.press("ArrowLeft")
    empty.keyboard.press("ArrowLeft")
    expect(empty.get_by_role("button", name="Làm lại")).to_be_focused()
    empty.keyboard.press("Tab")
    expect(empty.locator(TEXT)).to_be_focused()


def test_what_word_pastes_keeps_paragraphs_emphasis_lists_and_tables(empty: Page) -> None:
    paste(empty, WORD, "xấu")
    assert empty.input_value("#tx") == (
        "<p><strong>1. Kết quả</strong></p>"
        "<p><strong>Số liệu:</strong> tổ chức 22 lớp <em>bồi dưỡng</em></p>"
        "<ul><li>Việc một</li><li>Việc hai</li></ul><ol><li>Bước một</li></ol>"
        '<table><tbody><tr><td colspan="2"><p>2013</p></td></tr></tbody></table>'
        "<p>liên kết</p>"
    )


def test_a_pasted_line_goes_into_the_line(page: Page, store: Store) -> None:
    store.html = "<p>Đầu </p>"
    page.goto("/editor")
    page.click(TEXT)
    page.keyboard.press("Control+End")
    page.evaluate("s => document.querySelector(s).focus()", TEXT)
    paste(page, "<p style='color:red'>giữa</p>", "giữa")
    assert page.locator(f"{TEXT} p").count() == 1
    assert "giữa" in page.input_value("#tx")


def test_plain_text_is_pasted_as_paragraphs(empty: Page) -> None:
    paste(empty, "", "Một <b>không phải thẻ</b>\r\nHai")
    assert empty.input_value("#tx") == "<p>Một &lt;b&gt;không phải thẻ&lt;/b&gt;</p><p>Hai</p>"


def test_what_the_server_holds_is_cleaned_before_it_is_shown(page: Page, store: Store) -> None:
    store.html = '<p onclick="x()">a<script>window.bad = 1</script><img src=x onerror="window.bad = 1"></p>'
    page.goto("/editor")
    assert page.evaluate("window.bad") is None
    assert page.locator(TEXT).inner_html() == "<p>a</p>"
