"""Writing a section: what is stored, what is refused, and two people at once."""

from __future__ import annotations

import pytest

from tests.reports.conftest import World
from tracker.core.db import transaction
from tracker.core.errors import Conflict, Forbidden, Invalid, NotFound, TooLarge
from tracker.reports.queries import sections
from tracker.reports.rules import Step
from tracker.reports.writing import save_section


def save(world: World, html: str, version: int, number: str = "I.1", hours: float = 0, **more: object) -> int:
    with transaction():
        return save_section(
            world.report, number, more.pop("actor", world.mai), world.at(hours), html=html, version=version, **more
        )  # type: ignore[arg-type]  # named as there


def test_text_is_cleaned_stored_and_signed(world: World) -> None:
    version = save(world, "<p onclick=x>Có 14 báo cáo viên.<script>alert(1)</script></p>", 1)
    stored = sections(world.report)["I.1"]
    assert stored.html == "<p>Có 14 báo cáo viên.</p>"
    assert (stored.version, stored.changed_by_name, stored.changed_at) == (version, "Lò Thị Mai", world.at())
    report = world.row()
    assert (report.version, report.filled, report.first_edit_at) == (2, 1, world.at())


def test_the_same_text_again_changes_nothing(world: World) -> None:
    version = save(world, "<p>Như cũ.</p>", 1)
    assert save(world, "<p>Như cũ.</p>", version, hours=1) == version
    assert sections(world.report)["I.1"].changed_at == world.at()


def test_a_stale_section_is_refused_and_the_stored_text_is_given(world: World) -> None:
    save(world, "<p>Của Mai.</p>", 1)
    with pytest.raises(Conflict) as refused:
        save(world, "<p>Của Sà.</p>", 1, actor=world.sa, hours=1)
    assert refused.value.code == "stale_version"
    assert refused.value.extra == {
        "version": 2,
        "by": "Lò Thị Mai",
        "at": world.at().isoformat(),
        "html": "<p>Của Mai.</p>",
    }
    assert sections(world.report)["I.1"].html == "<p>Của Mai.</p>"


def test_two_people_in_two_sections_both_win(world: World) -> None:
    save(world, "<p>Mục một.</p>", 1)
    save(world, "<p>Mục hai.</p>", 1, number="I.2", actor=world.sa)
    kept = sections(world.report)
    assert (kept["I.1"].html, kept["I.2"].html) == ("<p>Mục một.</p>", "<p>Mục hai.</p>")
    assert world.row().version == 3


def test_nothing_to_report_fills_the_section(world: World) -> None:
    save(world, "", 1, nothing_to_report=True)
    stored = sections(world.report)["I.1"]
    assert (stored.html, stored.nothing_to_report, world.row().filled) == ("", True, 1)


def test_nothing_to_report_never_swallows_a_text(world: World) -> None:
    with pytest.raises(Invalid) as refused:
        save(world, "<p>Đã viết dài.</p>", 1, nothing_to_report=True)
    assert refused.value.code == "declared_with_text"
    assert sections(world.report) == {}


def test_an_emptied_section_counts_as_missing_again(world: World) -> None:
    version = save(world, "<p>Có.</p>", 1)
    save(world, "<p> </p>", version)
    assert world.row().filled == 0


def test_a_section_that_does_not_concern_the_unit_or_the_plan_is_not_there(world: World) -> None:
    for number in ("IX.9", "II", "IV.2.1"):
        with pytest.raises(NotFound):
            save(world, "<p>Thử.</p>", 1, number=number)


def test_a_text_beyond_the_limit_is_refused_with_the_limit(world: World) -> None:
    with pytest.raises(TooLarge):
        save(world, "x" * 200_001, 1)


def test_who_may_write(world: World) -> None:
    with pytest.raises(NotFound):
        save(world, "<p>Lạ.</p>", 1, actor=world.dao_san)
    with pytest.raises(NotFound):
        save(world, "<p>Lạ.</p>", 1, actor=world.admin)
    with pytest.raises(Forbidden):
        save(world, "<p>Chỉ đọc.</p>", 1, actor=world.oversight)
    save(world, "<p>Nhập thay từ bản giấy.</p>", 1, actor=world.hanh)


def test_a_submitted_report_is_not_written_and_says_its_version(world: World) -> None:
    world.submitted()
    with pytest.raises(Conflict) as refused:
        save(world, "<p>Muộn.</p>", 99)
    assert (refused.value.code, refused.value.extra["version"]) == ("not_drafting", world.row().version)
    world.step(Step.WITHDRAW, world.mai)
    save(world, "<p>Lại được.</p>", world.row().version)
