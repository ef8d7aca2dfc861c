"""Two reviewers decide at once: exactly one wins, and the other is told who and when."""

from __future__ import annotations

import contextvars
import threading

import pytest
from sqlalchemy import select

from tests.review.conftest import Office, text_of
from tracker.core import clock
from tracker.core.db import session, transaction
from tracker.reports.models import Report, ReportEvent
from tracker.reports.rules import Step
from tracker.reports.service import take_step

ROUNDS = 20
Answers = dict[str, tuple[int, str]]  # step → status and what the page says


def test_who_comes_second_is_told_who_was_first_and_keeps_the_reason(office: Office) -> None:
    version = office.row().version
    first, second = office.browser(office.sinh), office.browser(office.hanh)
    assert office.verdict(first, "accept", version=version).status_code == 303
    answer = office.verdict(second, "send_back", version=version, note="Lý do vừa gõ.", resubmit_by="16/5/2023")
    assert answer.status_code == 409
    said = text_of(answer)
    assert "Vàng A Sình đã duyệt báo cáo lúc 09:00 ngày 10/5/2023." in said
    assert "Nội dung vừa gõ, chưa gửi" in said
    assert "Lý do vừa gõ." in answer.text
    assert office.row().state == "reviewed"
    assert office.mails("sent_back") == []


def test_accepting_what_was_sent_back_meanwhile_says_so(office: Office) -> None:
    version = office.row().version
    office.verdict(office.browser(office.sinh), "send_back", version=version, note="Sửa.")
    answer = office.verdict(office.browser(office.hanh), "accept", version=version)
    assert answer.status_code == 409
    assert "Vàng A Sình đã trả lại báo cáo lúc 09:00 ngày 10/5/2023." in text_of(answer)
    assert office.row().state == "drafting"


def test_accepting_what_the_unit_withdrew_meanwhile_says_so(office: Office) -> None:
    version = office.row().version
    office.step(Step.WITHDRAW, office.mai)
    answer = office.verdict(office.browser(office.hanh), "accept", version=version)
    assert answer.status_code == 409
    assert "Đơn vị đã rút lại báo cáo lúc 09:00 ngày 10/5/2023." in text_of(answer)


@pytest.mark.postgresql
def test_at_the_same_instant_exactly_one_wins_and_the_loser_hears_who(office: Office) -> None:
    browsers = {"accept": office.browser(office.hanh), "send_back": office.browser(office.sinh)}
    names = {"accept": "Nguyễn Thị Hạnh đã duyệt", "send_back": "Vàng A Sình đã trả lại"}
    tokens = {step: _token(browser) for step, browser in browsers.items()}
    for round_ in range(ROUNDS):
        row = office.row()
        version, before = row.version, len(_verdicts(office))
        session().rollback()
        ready = threading.Barrier(2)
        answers: Answers = {}

        def press(step: str, version: int = version, ready: threading.Barrier = ready, into: Answers = answers) -> None:
            data = {"step": step, "version": version, "note": "Lý do vừa gõ.", "csrf_token": tokens[step]}
            with office.app.app_context():
                ready.wait(10)
                answer = browsers[step].post(f"/reports/{office.report}/review/steps", data=data)
                into[step] = (answer.status_code, text_of(answer))

        threads = [
            threading.Thread(target=contextvars.Context().run, args=(press, step)) for step in ("accept", "send_back")
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
        assert sorted(status for status, _ in answers.values()) == [303, 409], (round_, answers)
        winner = next(step for step, (status, _) in answers.items() if status == 303)
        loser = "send_back" if winner == "accept" else "accept"
        assert names[winner] in answers[loser][1]
        assert _verdicts(office)[before:] == [winner]
        _again(office, winner)


def _token(browser: object) -> str:
    page: str = browser.get("/account").get_data(as_text=True)  # type: ignore[attr-defined]  # a test client
    return page.split('name="csrf-token" content="', 1)[1].split('"', 1)[0]


def _verdicts(office: Office) -> list[str]:
    session().rollback()
    return list(
        session().scalars(
            select(ReportEvent.step)
            .where(ReportEvent.report_id == office.report, ReportEvent.step.in_(["accept", "send_back"]))
            .order_by(ReportEvent.id)
        )
    )


def _again(office: Office, winner: str) -> None:
    """Back to waiting for a verdict."""
    with transaction():
        if winner == "accept":
            take_step(office.report, Step.REOPEN, office.hanh, clock.now(), note="Vòng sau.")
        else:
            take_step(office.report, Step.SUBMIT, office.mai, clock.now())
        assert session().get_one(Report, office.report).state == "submitted"
