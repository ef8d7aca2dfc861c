"""Every route of the lead office's desk for every kind of person, and for nobody."""

from __future__ import annotations

import pytest

from tests.review.conftest import Office, post
from tracker.review.views import bp

READ = ["/campaigns/{campaign}/review", "/reports/{report}/review"]
WRITE = {
    "/reports/{report}/review/marks": {"part": "I.1", "good": "y"},
    "/reports/{report}/review/remarks": {"part": "I.1", "text": "Thử."},
    "/reports/{report}/review/remarks/1/delete": {"part": "I.1"},
    "/reports/{report}/review/steps": {"step": "accept", "version": "1"},
    "/reports/{report}/review/extension": {"last_day": "17/5/2023", "reason": "Thử."},
}


def test_no_route_of_the_desk_is_missing_here(office: Office) -> None:
    rules = {
        rule.rule.replace("<int:campaign_id>", "{campaign}").replace("<int:report_id>", "{report}")
        .replace("<int:remark_id>", "1")
        for rule in office.app.url_map.iter_rules()
        if rule.endpoint.split(".")[0] == bp.name
    }  # fmt: skip
    assert rules == {*READ, *WRITE}


def place(office: Office, path: str) -> str:
    return path.format(campaign=office.opened.campaign_id, report=office.report)


@pytest.mark.parametrize("path", READ)
def test_the_lead_office_and_oversight_read_and_to_all_others_it_does_not_exist(office: Office, path: str) -> None:
    for who in (office.hanh, office.lead_of_btg, office.oversight):
        assert office.browser(who).get(place(office, path)).status_code == 200
    for who in (office.mai, office.dao_san, office.admin):
        assert office.browser(who).get(place(office, path)).status_code == 404


@pytest.mark.parametrize("path", READ)
def test_a_stranger_is_taken_to_the_door(office: Office, path: str) -> None:
    answer = office.app.test_client().get(place(office, path))
    assert answer.status_code == 303
    assert "/sign-in" in answer.headers["Location"]


@pytest.mark.parametrize("path", WRITE)
def test_only_the_lead_office_writes(office: Office, path: str) -> None:
    before = office.row().version
    for who, status in ((office.oversight, 403), (office.mai, 404), (office.dao_san, 404), (office.admin, 404)):
        assert post(office.browser(who), place(office, path), WRITE[path]).status_code == status
    stranger = office.app.test_client().post(place(office, path), data=WRITE[path])
    assert stranger.status_code in (303, 400)
    assert office.row().version == before
    assert office.remarks() == []


@pytest.mark.parametrize("path", [*READ, *WRITE])
def test_what_is_not_there_is_not_found(office: Office, path: str) -> None:
    browser = office.browser(office.hanh)
    nowhere = path.format(campaign=999, report=999)
    answer = post(browser, nowhere, WRITE[path]) if path in WRITE else browser.get(nowhere)
    assert answer.status_code == 404


@pytest.mark.parametrize("path", WRITE)
def test_a_form_without_its_token_changes_nothing(office: Office, path: str) -> None:
    before = office.row().version
    answer = office.browser(office.hanh).post(place(office, path), data=WRITE[path])
    assert answer.status_code == 400
    assert office.row().version == before


def test_oversight_sees_no_form(office: Office) -> None:
    browser = office.browser(office.oversight)
    for report in (office.report, office.opened.reports["MTTQ"]):
        page = browser.get(f"/reports/{report}/review").text
        assert "/review/" not in page.split("<main", 1)[1].split("</main>")[0].replace("/review?", "")
        assert "<textarea" not in page
