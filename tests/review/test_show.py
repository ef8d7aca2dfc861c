"""The page of one report under review, and the queue: what they answer, in how many statements."""

from __future__ import annotations

import pytest

from tests.people import person
from tests.review.conftest import NOW, Office, post, statements, text_of
from tracker.core import clock
from tracker.core.db import session, transaction
from tracker.core.people import Role
from tracker.reports.models import ReportSection
from tracker.reports.rules import Step

PARTS = [
    *("I.1", "I.2", "I.3", "I.4", "II.1", "II.2", "II.3", "II.4", "III.1", "III.2", "III.3", "IV.1", "IV.2"),
    *("table:1", "table:2", "table:3"),
]


def test_the_queue_has_the_oldest_submission_first_with_when_and_whether_in_time(office: Office) -> None:
    said = text_of(office.browser(office.hanh).get(f"/campaigns/{office.opened.campaign_id}/review"))
    assert "2 báo cáo chờ duyệt" in said
    assert said.index("Đảng bộ xã Bản Lang") < said.index("Đảng bộ xã Dào San")
    assert "Đã gửi lúc 09:00 ngày 08/5, đúng hạn" in said
    assert "Đã gửi lúc 08:00 ngày 10/5, muộn 1 ngày làm việc" in said
    assert "chưa ai nhận" in said
    assert "100 %" in said
    assert "Ban Tuyên giáo Huyện ủy" not in said.split("2 báo cáo chờ duyệt")[1]


def test_the_queue_names_who_has_taken_a_report_and_offers_to_reopen_an_accepted_one(office: Office) -> None:
    browser = office.browser(office.hanh)
    post(browser, f"/reports/{office.report}/review/marks", {"part": "I.1", "good": "y"})
    office.step(Step.ACCEPT, office.sinh, office.other)
    answer = browser.get(f"/campaigns/{office.opened.campaign_id}/review")
    said = text_of(answer)
    assert "1 báo cáo chờ duyệt" in said
    assert "Nguyễn Thị Hạnh từ 09:00 ngày 10/5" in said
    assert "Đảng bộ xã Dào San 09:00 ngày 10/5 Mở lại Đảng bộ xã Dào San" in said
    assert f'/reports/{office.other}/review#mo-lai"' in answer.text


def test_an_empty_queue_says_so(office: Office) -> None:
    for report in (office.report, office.other):
        office.step(Step.ACCEPT, office.hanh, report)
    said = text_of(office.browser(office.hanh).get(f"/campaigns/{office.opened.campaign_id}/review"))
    assert "Không có báo cáo nào chờ duyệt" in said


def test_a_part_is_shown_with_numbered_paragraphs_and_what_the_plan_asks(office: Office) -> None:
    answer = office.browser(office.hanh).get(f"/reports/{office.report}/review?part=II.2")
    assert answer.status_code == 200
    assert '<p><span class="pn">1</span>Đã họp 12 lần.' in answer.text
    assert "<li><p>Một</p></li>" in answer.text  # a paragraph inside a list is not one of the numbered ones
    assert '<span class="pn">2</span>Đoạn sau.' in answer.text
    said = text_of(answer)
    assert "Đề cương yêu cầu" in said
    assert "1 trên 2" in said
    assert "đúng hạn · Lò Thị Mai gửi · lần gửi thứ nhất" in said


def test_a_table_is_shown_with_its_computed_cells_and_nothing_to_type(office: Office) -> None:
    answer = office.browser(office.hanh).get(f"/reports/{office.report}/review?part=table:1")
    article = answer.text.split("<article", 1)[1].split("</article>", 1)[0]
    assert "100,0" in article  # 3 of 3
    assert "33 lượt" in article  # eleven years of 3
    assert "<input" not in article


def test_it_opens_on_the_first_part_that_nobody_has_read(office: Office) -> None:
    browser = office.browser(office.hanh)
    for part in ("I.1", "I.2"):
        post(browser, f"/reports/{office.report}/review/marks", {"part": part, "good": "y"})
    said = text_of(browser.get(f"/reports/{office.report}/review"))
    assert "Đạt, sang mục I.4" in said
    assert "Đã xem 2 trên 16 phần" in said


def test_the_rail_tells_good_unseen_nothing_and_remarked_apart(office: Office) -> None:
    browser = office.browser(office.hanh)
    post(browser, f"/reports/{office.report}/review/marks", {"part": "I.1", "good": "y"})
    post(browser, f"/reports/{office.report}/review/remarks", {"part": "I.2", "text": "Thiếu số liệu."})
    rail = browser.get(f"/reports/{office.report}/review").text.split('id="ml"')[1].split("</nav>")[0]
    marks = [line.split("</span>")[0] for line in rail.split('<span class="vh">, ')[1:]]
    assert marks[:3] == ["đạt", "có nhận xét", "chưa xem"]


def test_there_is_at_most_one_filled_button(office: Office) -> None:
    browser = office.browser(office.hanh)
    pages = [f"/reports/{office.report}/review", f"/campaigns/{office.opened.campaign_id}/review"]
    for page in pages:
        assert browser.get(page).text.count('class="btn go"') == 1
    for part in PARTS[:-1]:
        post(browser, f"/reports/{office.report}/review/marks", {"part": part, "good": "y"})
    office.step(Step.ACCEPT, office.hanh, office.other)
    last = browser.get(f"/reports/{office.report}/review")
    assert last.text.count('class="btn go"') == 1
    for path in (f"/reports/{office.other}/review", f"/reports/{office.opened.reports['MTTQ']}/review"):
        assert browser.get(path).text.count('class="btn go"') == 0


def test_when_all_is_read_accepting_is_the_filled_button(office: Office) -> None:
    browser = office.browser(office.hanh)
    for part in PARTS:
        answer = post(browser, f"/reports/{office.report}/review/marks", {"part": part, "good": "y"})
        assert answer.status_code == 303, text_of(answer)
    assert answer.headers["Location"].endswith("#ket-luan")
    page = browser.get(f"/reports/{office.report}/review").text
    assert '<button class="btn go" name="step" value="accept">' in page


@pytest.mark.parametrize("path", ["/reports/{report}/review?part=II.2", "/reports/{report}/review?part=table:1",
                                  "/reports/{report}/review", "/campaigns/{campaign}/review"])  # fmt: skip
def test_a_page_takes_six_statements_and_writes_nothing(office: Office, path: str) -> None:
    path = path.format(report=office.report, campaign=office.opened.campaign_id)
    browser = office.browser(office.hanh)
    browser.get(path)
    with statements() as seen:
        assert browser.get(path).status_code == 200
    assert len(seen) <= 6, seen
    assert [line for line in seen if not line.lstrip().upper().startswith(("SELECT", "WITH"))] == []


def test_a_part_that_does_not_concern_the_unit_is_not_there(office: Office) -> None:
    browser = office.browser(office.hanh)
    for part in ("II.9", "table:9", "x" * 200):
        assert browser.get(f"/reports/{office.report}/review?part={part}").status_code == 404


def test_what_a_unit_wrote_cannot_run_in_the_reviewers_page(office: Office) -> None:
    with transaction():
        row = session().get_one(ReportSection, (office.report, "I.1"))
        row.html = '<p onclick="x()">Chữ<script>alert(1)</script></p>'
    page = office.browser(office.hanh).get(f"/reports/{office.report}/review?part=I.1").text
    assert "alert(1)" not in page
    assert "onclick" not in page


def test_a_report_in_hand_of_its_unit_offers_an_extension_and_the_way_for_paper(office: Office) -> None:
    report = office.opened.reports["MTTQ"]
    answer = office.browser(office.hanh).get(f"/reports/{report}/review")
    said = text_of(answer)
    assert "Hạn đang có: hết thứ Ba, ngày 09/5/2023" in said
    assert "Nhập và gửi thay đơn vị" in said
    assert "Duyệt báo cáo" not in said
    assert f'href="/reports/{report}"' in answer.text


def test_the_pages_speak_of_the_day_the_office_has(office: Office) -> None:
    clock.start_at(NOW)
    other = person("moi@phongtho.vn", Role.LEAD, name="Người mới")
    said = text_of(office.browser(other).get(f"/reports/{office.report}/review"))
    # 3 working days from the day after Wednesday 10/5: Thursday, Friday, Monday.
    assert "Mặc định 3 ngày làm việc: thứ Hai, ngày 15/5/2023" in said
