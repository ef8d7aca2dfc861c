"""Remarks and the shared mark "đạt": who writes them, where, and what the unit sees of them when."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.review.conftest import Office, post, text_of
from tracker.core import clock
from tracker.core.db import session, transaction
from tracker.reports.rules import Step
from tracker.reports.writing import save_section
from tracker.review.models import PartMark


def test_a_remark_is_kept_with_its_part_its_writer_and_the_submission(office: Office) -> None:
    browser = office.browser(office.hanh)
    answer = post(browser, f"/reports/{office.report}/review/remarks", {"part": "II.3", "text": " Thiếu số liệu. "})
    assert answer.status_code == 303
    assert answer.headers["Location"].endswith(f"/reports/{office.report}/review?part=II.3#nx")
    (remark,) = office.remarks()
    assert (remark.part, remark.text, remark.by_name, remark.submission) == (
        "II.3",
        "Thiếu số liệu.",
        "Nguyễn Thị Hạnh",
        1,
    )
    assert remark.told_at is None
    said = text_of(office.browser(office.sinh).get(f"/reports/{office.report}/review?part=II.3"))
    assert "Thiếu số liệu. Nguyễn Thị Hạnh, 09:00 ngày 10/5 · gửi cùng khi trả lại" in said


def test_a_remark_may_name_a_cell_and_the_cell_shows_it(office: Office) -> None:
    browser = office.browser(office.hanh)
    page = browser.get(f"/reports/{office.report}/review?part=table:1").text
    column = page.split('id="nx-cot"')[1].split('<option value="')[2].split('"')[0]
    post(
        browser,
        f"/reports/{office.report}/review/remarks",
        {"part": "table:1", "row": "2015", "column": column, "text": "Xem lại số này."},
    )
    (remark,) = office.remarks()
    assert (remark.row, remark.column) == ("2015", column)
    answer = browser.get(f"/reports/{office.report}/review?part=table:1")
    assert answer.text.count('class="ask"') == 1
    line = answer.text.split('<th scope="row">2015</th>')[1].split("</tr>")[0]
    assert "có nhận xét" in line


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"part": "II.3", "text": "  \n "}, "Nhận xét đang trống."),
        ({"part": "II.3", "text": "x" * 4001}, "Nhận xét dài hơn 4000 ký tự."),
        ({"part": "table:1", "row": "1999", "text": "Sai."}, "Báo cáo không có phần table:1."),
        ({"part": "table:1", "column": "khong_co", "text": "Sai."}, "Báo cáo không có phần table:1."),
        ({"part": "II.3", "row": "2015", "text": "Sai."}, "Báo cáo không có phần II.3."),
        ({"part": "V.9", "text": "Lời vừa gõ."}, "Báo cáo không có phần V.9."),
    ],
)
def test_a_remark_that_cannot_be_kept_says_why_and_leaves_what_was_typed(
    office: Office, typed: dict[str, object], said: str
) -> None:
    answer = post(office.browser(office.hanh), f"/reports/{office.report}/review/remarks", typed)
    assert answer.status_code == 422
    assert said in text_of(answer)
    assert str(typed["text"]).strip() in answer.text
    assert office.remarks() == []


def test_the_first_remark_takes_the_report_so_that_the_unit_no_longer_withdraws_it(office: Office) -> None:
    post(office.browser(office.hanh), f"/reports/{office.report}/review/remarks", {"part": "I.1", "text": "Thiếu."})
    assert office.row().taken_by == office.hanh.user_id
    answer = post(
        office.browser(office.mai),
        f"/reports/{office.report}/steps",
        {"step": "withdraw", "version": office.row().version},
    )
    assert answer.status_code == 409
    assert office.row().state == "submitted"


def test_an_untold_remark_can_be_deleted_by_any_reviewer_and_a_told_one_by_nobody(office: Office) -> None:
    browser = office.browser(office.hanh)
    for text in ("Một.", "Hai."):
        post(browser, f"/reports/{office.report}/review/remarks", {"part": "I.1", "text": text})
    first, second = office.remarks()
    colleague = office.browser(office.sinh)
    answer = post(colleague, f"/reports/{office.report}/review/remarks/{first.id}/delete", {"part": "I.1"})
    assert answer.status_code == 303
    assert [remark.text for remark in office.remarks()] == ["Hai."]
    office.verdict(browser, "send_back", note="Sửa.")
    answer = post(colleague, f"/reports/{office.report}/review/remarks/{second.id}/delete", {"part": "I.1"})
    assert answer.status_code == 409
    assert [remark.text for remark in office.remarks()] == ["Hai."]


def test_a_remark_of_another_report_is_not_found_there(office: Office) -> None:
    browser = office.browser(office.hanh)
    post(browser, f"/reports/{office.other}/review/remarks", {"part": "I.1", "text": "Của Dào San."})
    (remark,) = office.remarks()
    answer = post(browser, f"/reports/{office.report}/review/remarks/{remark.id}/delete", {"part": "I.1"})
    assert answer.status_code == 404
    assert len(office.remarks()) == 1


def test_a_remark_on_a_report_decided_meanwhile_says_who_was_first_and_keeps_the_words(office: Office) -> None:
    browser = office.browser(office.hanh)
    office.step(Step.ACCEPT, office.sinh)
    answer = post(browser, f"/reports/{office.report}/review/remarks", {"part": "I.1", "text": "Lời đang gõ dở."})
    assert answer.status_code == 409
    said = text_of(answer)
    assert "Vàng A Sình đã duyệt báo cáo lúc 09:00 ngày 10/5/2023." in said
    assert "Nội dung vừa gõ, chưa gửi" in said
    assert "Lời đang gõ dở." in answer.text
    assert office.remarks() == []


def test_the_mark_is_shared_goes_on_to_the_next_part_and_can_be_taken_back(office: Office) -> None:
    browser, colleague = office.browser(office.hanh), office.browser(office.sinh)
    answer = post(browser, f"/reports/{office.report}/review/marks", {"part": "I.1", "good": "y"})
    assert answer.headers["Location"].endswith("part=I.2")
    assert "Đạt Nguyễn Thị Hạnh, 09:00 ngày 10/5" in text_of(colleague.get(f"/reports/{office.report}/review?part=I.1"))
    again = post(colleague, f"/reports/{office.report}/review/marks", {"part": "I.1", "good": "y"})
    assert again.status_code == 303
    assert [mark.by_name for mark in session().scalars(select(PartMark))] == ["Nguyễn Thị Hạnh"]
    post(colleague, f"/reports/{office.report}/review/marks", {"part": "I.1"})
    session().rollback()
    assert session().scalars(select(PartMark)).all() == []
    assert office.row().state == "submitted"


def test_a_mark_belongs_to_one_submission(office: Office) -> None:
    browser = office.browser(office.hanh)
    post(browser, f"/reports/{office.report}/review/marks", {"part": "I.1", "good": "y"})
    office.verdict(browser, "send_back", note="Sửa.")
    office.step(Step.SUBMIT, office.mai)
    said = text_of(browser.get(f"/reports/{office.report}/review"))
    assert "Đã xem 0 trên 16 phần" in said
    assert "lần gửi thứ 2" in said


def test_a_mark_on_a_part_that_is_not_there_is_refused(office: Office) -> None:
    answer = post(office.browser(office.hanh), f"/reports/{office.report}/review/marks", {"part": "X", "good": "y"})
    assert answer.status_code == 422
    assert session().scalars(select(PartMark)).all() == []


def test_after_resubmission_the_reviewer_sees_whether_the_remark_was_heeded(office: Office) -> None:
    browser = office.browser(office.hanh)
    for part in ("I.1", "I.2"):
        post(browser, f"/reports/{office.report}/review/remarks", {"part": part, "text": f"Sửa {part}."})
    office.verdict(browser, "send_back", note="Sửa.")
    clock.start_at(clock.now() + timedelta(hours=2))
    with transaction():
        save_section(office.report, "I.1", office.mai, clock.now(), html="<p>Đã sửa.</p>", version=office.row().version)
    office.step(Step.SUBMIT, office.mai)
    assert "Đã sửa từ khi trả lại" in text_of(browser.get(f"/reports/{office.report}/review?part=I.1"))
    assert "Chưa sửa từ khi trả lại" in text_of(browser.get(f"/reports/{office.report}/review?part=I.2"))
