"""Sending back: one reason, one day, every remark with it, and the unit told at once."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from tests.review.conftest import Office, post, text_of
from tracker.core import clock
from tracker.reports.rules import Step


def remark(office: Office, part: str, text: str) -> None:
    post(office.browser(office.hanh), f"/reports/{office.report}/review/remarks", {"part": part, "text": text})


def test_it_carries_every_remark_not_yet_told_and_goes_on_to_the_next_report(office: Office) -> None:
    remark(office, "II.2", "Số hội nghị khác Phụ lục 1.")
    remark(office, "I.1", "Thiếu số đảng viên.")
    browser = office.browser(office.sinh)
    page = text_of(browser.get(f"/reports/{office.report}/review"))
    assert "Trả lại đơn vị, kèm 2 nhận xét" in page
    answer = office.verdict(browser, "send_back", note="Số liệu chưa khớp.", resubmit_by="16/5/2023")
    assert answer.status_code == 303
    assert answer.headers["Location"].endswith(f"/reports/{office.other}/review")
    assert "Đã trả lại Đảng bộ xã Bản Lang, hạn gửi lại hết ngày 16/5/2023" in text_of(
        browser.get(f"/reports/{office.other}/review")
    )
    report = office.row()
    assert (report.state, report.resubmit_by) == ("drafting", date(2023, 5, 16))
    assert report.due_before == datetime(2023, 5, 16, 17, 0, tzinfo=UTC)
    assert {each.told_at for each in office.remarks()} == {report.sent_back_at}


def test_the_mail_holds_the_reason_the_day_and_the_remarks(office: Office) -> None:
    remark(office, "II.2", "Số hội nghị khác Phụ lục 1.")
    office.verdict(office.browser(office.hanh), "send_back", note="Số liệu chưa khớp.", resubmit_by="16/5/2023")
    (mail,) = office.mails("sent_back")
    assert mail.recipient_id == office.mai.user_id
    context = mail.context
    assert (context["note"], context["by"], context["resubmit_by"]) == (
        "Số liệu chưa khớp.",
        "Nguyễn Thị Hạnh",
        "2023-05-16",
    )
    assert context["remarks"] == [{"part": "II.2", "row": None, "text": "Số hội nghị khác Phụ lục 1."}]


def test_the_unit_reads_the_remarks_on_its_own_page_and_none_before(office: Office) -> None:
    remark(office, "II.2", "Số hội nghị khác Phụ lục 1.")
    unit = office.browser(office.mai)
    assert "Số hội nghị khác Phụ lục 1." not in unit.get(f"/reports/{office.report}").text
    office.verdict(office.browser(office.hanh), "send_back", note="Sửa.")
    assert "Số hội nghị khác Phụ lục 1." in unit.get(f"/reports/{office.report}").text
    assert "Số hội nghị khác Phụ lục 1." in unit.get(f"/reports/{office.report}/sections/II.2").text


def test_a_remark_told_once_is_not_told_again(office: Office) -> None:
    remark(office, "II.2", "Lần đầu.")
    browser = office.browser(office.hanh)
    office.verdict(browser, "send_back", note="Sửa.")
    office.step(Step.SUBMIT, office.mai)
    remark(office, "II.3", "Lần sau.")
    office.verdict(browser, "send_back", note="Sửa tiếp.")
    assert office.mails("sent_back")[-1].context["remarks"] == [{"part": "II.3", "row": None, "text": "Lần sau."}]


def test_the_day_left_empty_is_three_working_days_from_tomorrow(office: Office) -> None:
    office.verdict(office.browser(office.hanh), "send_back", note="Sửa.", resubmit_by="")
    assert office.row().resubmit_by == date(2023, 5, 15)


def test_before_the_plans_own_day_the_page_offers_that_day(office: Office) -> None:
    clock.start_at(datetime(2023, 4, 20, 2, 0, tzinfo=UTC))
    answer = office.browser(office.hanh).get(f"/reports/{office.report}/review")
    assert 'name="resubmit_by" inputmode="numeric" autocomplete="off" value="09/5/2023"' in answer.text
    assert "Hạn đang có: thứ Ba, ngày 09/5/2023. Trả lại không rút ngắn hạn." in text_of(answer)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"note": " ", "resubmit_by": "16/5/2023"}, "Ghi lý do trả lại để đơn vị biết phải sửa gì."),
        ({"note": "Sửa.", "resubmit_by": "5/16/2023"}, "Ghi ngày theo dạng ngày/tháng/năm, ví dụ 16/5/2023."),
        ({"note": "Sửa.", "resubmit_by": "09/5/2023"}, "Ngày gửi lại đã qua."),
        ({"note": "Sửa.", "resubmit_by": "16/5/2223"}, "Ngày gửi lại quá xa."),
    ],
)
def test_what_is_wrong_is_said_beside_the_field_and_what_was_typed_stays(
    office: Office, typed: dict[str, object], said: str
) -> None:
    answer = office.verdict(office.browser(office.hanh), "send_back", **typed)
    assert answer.status_code == 422
    assert text_of(answer).count(said) == 2  # in the summary and beside the field
    assert str(typed["resubmit_by"]) in answer.text
    assert str(typed["note"]).strip() in answer.text
    assert '<details class="actions-d" open>' in answer.text
    assert office.row().state == "submitted"
