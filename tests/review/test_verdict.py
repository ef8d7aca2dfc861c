"""Accepting, reopening, releasing, extending: what each does, where it leads, what it wants."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import select

from tests.factories import fill
from tests.review.conftest import NOW, Office, post, text_of
from tracker.core.db import session, transaction
from tracker.reports.models import Report, ReportEvent
from tracker.reports.rules import Step
from tracker.reports.service import consolidate


def test_accepting_tells_the_unit_and_leads_to_the_next_report_then_to_the_queue(office: Office) -> None:
    browser = office.browser(office.hanh)
    answer = office.verdict(browser, "accept")
    assert answer.headers["Location"].endswith(f"/reports/{office.other}/review")
    assert office.row().state == "reviewed"
    assert len(office.mails("accepted")) == 1
    answer = office.verdict(browser, "accept", office.other)
    assert answer.headers["Location"].endswith(f"/campaigns/{office.opened.campaign_id}/review")
    said = text_of(browser.get(f"/campaigns/{office.opened.campaign_id}/review"))
    assert "Đã duyệt báo cáo của Đảng bộ xã Dào San lúc 09:00 ngày 10/5." in said


def test_nobody_accepts_the_report_of_their_own_unit_and_the_page_offers_no_button(office: Office) -> None:
    report = office.opened.reports["BTG"]
    fill(report, office.lead_of_btg, NOW)
    office.step(Step.SUBMIT, office.lead_of_btg, report)
    browser = office.browser(office.lead_of_btg)
    page = browser.get(f"/reports/{report}/review")
    assert 'value="accept"' not in page.text
    assert "Nhờ người khác của cơ quan chủ trì duyệt." in text_of(page)
    answer = office.verdict(browser, "accept", report)
    assert answer.status_code == 403
    assert "Không ai tự duyệt báo cáo của đơn vị mình." in text_of(answer)
    assert office.row(report).state == "submitted"
    assert office.verdict(office.browser(office.hanh), "accept", report).status_code == 303


def test_reopening_wants_a_reason_and_shows_it_to_the_next_reviewer(office: Office) -> None:
    browser = office.browser(office.hanh)
    office.verdict(browser, "accept")
    refused = office.verdict(browser, "reopen", note=" ")
    assert refused.status_code == 422
    assert text_of(refused).count("Ghi lý do mở lại báo cáo đã duyệt.") == 2
    answer = office.verdict(browser, "reopen", note="Phụ lục 1 sai dòng 2015.")
    assert answer.headers["Location"].endswith(f"/reports/{office.report}/review")
    assert office.row().state == "submitted"
    assert "Phụ lục 1 sai dòng 2015." in text_of(office.browser(office.sinh).get(f"/reports/{office.report}/review"))


def test_a_consolidated_report_is_released_with_a_reason(office: Office) -> None:
    office.step(Step.ACCEPT, office.hanh)
    with transaction():
        consolidate([(office.report, session().get_one(Report, office.report).version)], 1, office.hanh, NOW)
    browser = office.browser(office.hanh)
    page = text_of(browser.get(f"/reports/{office.report}/review"))
    assert "Đưa vào báo cáo tổng hợp" in page
    assert office.verdict(browser, "release", note="").status_code == 422
    assert office.verdict(browser, "release", note="Đơn vị đính chính.").status_code == 303
    assert office.row().state == "reviewed"


def test_an_extension_is_until_the_end_of_a_typed_day_and_the_unit_is_told(office: Office) -> None:
    report = office.opened.reports["MTTQ"]
    browser = office.browser(office.hanh)
    answer = post(
        browser, f"/reports/{report}/review/extension", {"last_day": "17/5/2023", "reason": "Mưa lũ chia cắt bản."}
    )
    assert answer.status_code == 303
    assert office.row(report).due_before == datetime(2023, 5, 17, 17, 0, tzinfo=UTC)
    assert [mail.context["reason"] for mail in office.mails("extended")] == ["Mưa lũ chia cắt bản."]
    page = text_of(browser.get(f"/reports/{report}/review"))
    assert "Được gia hạn đến hết ngày 17/5/2023" in page
    assert "Đã gia hạn đến hết ngày 17/5/2023" in page


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"last_day": "17/5/2023", "reason": ""}, "Ghi lý do gia hạn, đơn vị sẽ đọc nguyên văn."),
        ({"last_day": "09/5/2023", "reason": "Mưa lũ."}, "Hạn mới phải muộn hơn hạn đang có và chưa qua."),
        ({"last_day": "", "reason": "Mưa lũ."}, "Ghi ngày theo dạng ngày/tháng/năm, ví dụ 16/5/2023."),
        ({"last_day": "mai", "reason": "Mưa lũ."}, "Ghi ngày theo dạng ngày/tháng/năm, ví dụ 16/5/2023."),
    ],
)
def test_an_extension_that_is_refused_says_why_and_keeps_what_was_typed(
    office: Office, typed: dict[str, object], said: str
) -> None:
    report = office.opened.reports["MTTQ"]
    answer = post(office.browser(office.hanh), f"/reports/{report}/review/extension", typed)
    assert answer.status_code == 422
    assert text_of(answer).count(said) == 2
    for words in typed.values():
        assert str(words) in answer.text
    assert office.row(report).extended_due_before is None


def test_a_submitted_report_is_not_extended_and_the_reason_stays(office: Office) -> None:
    answer = post(
        office.browser(office.hanh),
        f"/reports/{office.report}/review/extension",
        {"last_day": "17/5/2023", "reason": "Lời vừa gõ."},
    )
    assert answer.status_code == 409
    said = text_of(answer)
    assert "Lò Thị Mai đã gửi báo cáo lúc 09:00 ngày 08/5/2023." in said
    assert "Báo cáo này không còn ở bước soạn, không cần gia hạn." in said
    assert "Lời vừa gõ." in answer.text


def test_a_step_that_is_none_is_refused_as_such(office: Office) -> None:
    answer = office.verdict(office.browser(office.hanh), "approve_all")
    assert answer.status_code == 422
    assert "Không có bước «approve_all»" in text_of(answer)
    assert office.row().state == "submitted"


def test_nobody_consolidates_by_hand(office: Office) -> None:
    office.step(Step.ACCEPT, office.hanh)
    answer = office.verdict(office.browser(office.hanh), "consolidate", note="Thử.")
    assert answer.status_code == 403
    assert office.row().state == "reviewed"


def test_a_stale_page_takes_no_step_and_keeps_the_reason(office: Office) -> None:
    browser, colleague = office.browser(office.hanh), office.browser(office.sinh)
    opened_at = office.row().version
    post(colleague, f"/reports/{office.report}/review/remarks", {"part": "I.1", "text": "Thiếu."})
    answer = office.verdict(browser, "send_back", version=opened_at, note="Lý do vừa gõ.")
    assert answer.status_code == 409
    said = text_of(answer)
    assert "Vàng A Sình đã nhận duyệt báo cáo lúc 09:00 ngày 10/5/2023." in said
    assert "Báo cáo đã thay đổi từ lúc mở trang này." in said
    assert ">\nLý do vừa gõ.</textarea>" in answer.text
    assert f'name="version" value="{office.row().version}"' in answer.text
    assert office.row().state == "submitted"
    assert list(session().scalars(select(ReportEvent.step).where(ReportEvent.step == "send_back"))) == []
