"""One report the whole way through the browser: written, returned, corrected, accepted, consolidated, downloaded."""

from __future__ import annotations

import re
from pathlib import Path

import docx
import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import PASSWORD, SignIn, Town
from tracker.assembly import running
from tracker.assembly.queries import waiting
from tracker.core import clock
from tracker.core.db import db
from tracker.files.store import store
from tracker.reports.queries import sections, tables

pytestmark = pytest.mark.postgresql

FIRST = "Toàn xã có 22 báo cáo viên."
BETTER = " Năm 2016 tăng thêm 4 người."


def says(page: Page, words: str) -> None:
    """The message after an action."""
    expect(page.locator("#thong-bao")).to_contain_text(words)


def write(page: Page, words: str) -> None:
    """Type at the end of the section that is open, and wait until the page says that it is kept."""
    # The plain field turns into the editor once the script has run; a click before that would wait for ever.
    pen = page.locator("[contenteditable=true]")
    expect(pen).to_have_role("textbox")
    expect(pen).to_have_accessible_name("Nội dung")
    pen.click()
    page.keyboard.press("Control+End")
    with page.expect_response(lambda answer: answer.request.method == "PUT" and answer.status == 200):
        page.keyboard.type(words)
    expect(page.locator(".saved, [data-saved]").first).to_contain_text("Đã lưu")


def test_a_report_goes_from_the_reporters_desk_into_the_consolidated_document(
    town: Town, sign_in: SignIn, tmp_path: Path
) -> None:
    mai = sign_in("mai@banlang.vn")
    expect(mai).to_have_url(re.compile("/desk$"))

    # She writes what is missing and submits.
    mai.get_by_role("link", name="Viết tiếp II.3").click()
    write(mai, FIRST)
    mai.get_by_role("button", name="Lưu, về báo cáo").click()
    mai.get_by_role("link", name=re.compile("Phụ lục 1|Kết quả tổ chức học tập")).first.click()
    mai.locator('input[data-row="2015"][data-col="conferences"]').fill("7")
    mai.get_by_role("button", name="Lưu, về báo cáo").click()
    mai.get_by_role("button", name="Gửi báo cáo").first.click()
    says(mai, "Đã gửi báo cáo lúc 09:0")
    assert town.state() == "submitted"

    # The lead returns one section with a reason.
    hanh = sign_in("hanh@phongtho.vn")
    hanh.get_by_role("link", name="Chờ duyệt").first.click()
    hanh.get_by_role("link", name=re.compile("Đảng bộ xã Bản Lang")).first.click()
    hanh.get_by_role("navigation", name="Các phần của báo cáo").get_by_role("link", name=re.compile(r"^II\.3 ")).click()
    expect(hanh.locator(".prose")).to_contain_text(FIRST)
    hanh.get_by_label(re.compile("Nhận xét mới cho mục II.3")).fill("Thiếu số của năm 2016.")
    hanh.get_by_role("button", name="Ghi nhận xét").click()
    says(hanh, "Đã ghi nhận xét")
    hanh.locator("summary", has_text="Trả lại để sửa").click()
    hanh.get_by_label("Lý do, đơn vị sẽ đọc nguyên văn").fill("Bổ sung mục II.3.")
    hanh.get_by_role("button", name="Trả lại đơn vị, kèm 1 nhận xét").click()
    says(hanh, "Đã trả lại Đảng bộ xã Bản Lang")
    assert town.state() == "drafting"

    # The reporter reads why, corrects that section alone and submits again.
    mai.goto("/desk")
    expect(mai.get_by_role("main")).to_contain_text("Bổ sung mục II.3.")
    expect(mai.get_by_role("main")).to_contain_text("Thiếu số của năm 2016.")
    mai.get_by_role("link", name="Sửa II.3").first.click()
    write(mai, BETTER)
    mai.get_by_role("button", name="Lưu, về báo cáo").click()
    mai.get_by_role("button", name=re.compile("Gửi (lại )?báo cáo")).first.click()
    says(mai, "Đã gửi báo cáo lúc")

    # The lead accepts.
    hanh.get_by_role("link", name="Chờ duyệt").first.click()
    hanh.get_by_role("link", name=re.compile("Đảng bộ xã Bản Lang")).first.click()
    hanh.get_by_role("button", name="Duyệt báo cáo").click()
    says(hanh, "Đã duyệt báo cáo của Đảng bộ xã Bản Lang")
    assert town.state() == "reviewed"

    # …and consolidates; the page follows the worker by itself.
    hanh.get_by_role("link", name="Tổng hợp", exact=True).click()
    expect(hanh.get_by_role("main")).to_contain_text("2 trên 4 báo cáo đã duyệt")
    hanh.get_by_role("button", name="Chốt tổng hợp").click()
    expect(hanh.get_by_role("status")).to_be_visible()
    db.session.rollback()
    for assembly in waiting(clock.now()):
        running.run(assembly, store(), clock.now)
    with hanh.expect_download() as download:
        hanh.get_by_role("link", name="Tải DOCX", exact=True).first.click()
    file = tmp_path / download.value.suggested_filename
    download.value.save_as(file)
    assert file.name == "Báo cáo tổng hợp 271-KH-HU.docx"
    assert (town.state(), town.state("DB-DS"), town.state("MTTQ")) == ("consolidated", "consolidated", "drafting")

    document = docx.Document(str(file))
    text = "\n".join(paragraph.text for paragraph in document.paragraphs)
    assert FIRST + BETTER in text
    assert "Dào San đã họp 12 lần." in text
    assert "Ủy ban Mặt trận Tổ quốc huyện" in text
    assert "Đảng bộ xã Huổi Luông" in text
    rows = [[cell.text.strip() for cell in row.cells] for table in document.tables for row in table.rows]
    # conferences 7 + 5; party members learnt and total 2 + 5 each
    assert next(row for row in rows if row[0] == "2015" and row[1] == "12")[:4] == ["2015", "12", "7/7", "100"]


def test_a_section_and_a_table_are_written_and_sent_without_javascript(town: Town, sign_in: SignIn) -> None:
    page = sign_in("mai@banlang.vn", java_script_enabled=False)
    page.get_by_role("link", name="Viết tiếp II.3").click()
    page.get_by_role("textbox", name="Nội dung").fill(f"{FIRST}\n\nĐoạn hai.")
    page.get_by_role("button", name="Lưu, về báo cáo").click()
    page.get_by_role("link", name=re.compile("Phụ lục 1|Kết quả tổ chức học tập")).first.click()
    page.locator('input[data-row="2015"][data-col="conferences"]').fill("N/A")
    page.get_by_role("button", name="Lưu, về báo cáo").click()
    expect(page.get_by_role("alert")).to_contain_text("2015")
    page.locator('input[data-row="2015"][data-col="conferences"]').fill("7")
    page.get_by_role("button", name="Lưu, về báo cáo").click()
    page.get_by_role("button", name="Gửi báo cáo").first.click()
    says(page, "Đã gửi báo cáo lúc")
    assert town.state() == "submitted"
    assert sections(town.report)["II.3"].html == f"<p>{FIRST}</p><p>Đoạn hai.</p>"
    assert tables(town.report)["1"].cells["2015"]["conferences"] == 7


def test_what_is_missing_is_listed_with_links_and_nothing_is_sent(town: Town, sign_in: SignIn) -> None:
    mai = sign_in("mai@banlang.vn")
    mai.get_by_role("button", name="Gửi báo cáo").first.click()
    missing = mai.get_by_role("alert")
    expect(missing).to_contain_text("còn 2 phần")
    missing.get_by_role("link", name=re.compile(r"^II\.3 ")).click()
    expect(mai).to_have_url(re.compile(r"/sections/II\.3"))
    assert town.state() == "drafting"


@pytest.mark.parametrize("wrong", ["sai mật khẩu rồi", PASSWORD.upper()])
def test_a_wrong_password_opens_nothing(town: Town, sign_in: SignIn, wrong: str) -> None:
    page = sign_in(None)
    page.goto(f"/reports/{town.report}")
    page.get_by_label("Thư điện tử công vụ").fill("mai@banlang.vn")
    page.get_by_label("Mật khẩu").fill(wrong)
    page.get_by_role("main").get_by_role("button", name="Đăng nhập", exact=True).click()
    expect(page.get_by_role("main")).to_contain_text("chưa đúng")
    page.goto(f"/reports/{town.report}")
    expect(page).to_have_url(re.compile("/sign-in"))
