"""The trail is read by people: every verb and detail that the program writes has its words."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from tracker.audit.words import DETAILS, ROLES, STATES, THINGS, VERBS, about_in_words, details_in_words
from tracker.core.people import Role
from tracker.reports.rules import State, Step

TRACKER = Path(__file__).resolve().parents[2] / "tracker"


def recorded() -> Iterator[ast.Call]:
    """Every call of audit.service.record in the program."""
    for path in sorted(TRACKER.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "record":
                yield node


def strings(node: ast.expr) -> list[str]:
    """The texts that an expression may be; a step in it stands for every step."""
    if isinstance(node, ast.IfExp):
        return strings(node.body) + strings(node.orelse)
    if isinstance(node, ast.JoinedStr):
        start = str(node.values[0].value) if isinstance(node.values[0], ast.Constant) else ""
        return [f"{start}{step}" for step in Step] if start == "report." else [start]
    return [node.value] if isinstance(node, ast.Constant) and isinstance(node.value, str) else []


def test_every_verb_has_words() -> None:
    written = {verb for call in recorded() for verb in strings(call.args[0])}
    assert len(written) > 30
    assert written - VERBS.keys() == set()


def test_every_kind_of_thing_has_words() -> None:
    kinds = {about.partition(":")[0] for call in recorded() for about in strings(call.args[1])}
    assert len(kinds) > 5
    assert kinds - THINGS.keys() == set()


def test_every_detail_written_on_the_spot_has_words() -> None:
    names = {
        key.value
        for call in recorded()
        for value in [*call.args[4:], *(each.value for each in call.keywords)]
        if isinstance(value, ast.Dict)
        for key in value.keys
        if isinstance(key, ast.Constant)
    }
    assert len(names) > 8
    assert names - DETAILS.keys() == set()


def test_states_and_roles_are_all_named() -> None:
    assert STATES.keys() == {str(state) for state in State}
    assert ROLES.keys() == {str(role) for role in Role}


def test_an_entry_reads_as_words() -> None:
    detail = {"from": "submitted", "to": "drafting", "for_unit": True, "due_before": "2023-05-13T00:00:00+07:00"}
    shown = details_in_words(detail, str, lambda at: f"{at:%d/%m}")
    assert shown == [
        ("từ bước", "chờ duyệt"),
        ("sang bước", "đang soạn"),
        ("gửi thay đơn vị", "có"),
        ("hạn mới, trước", "13/05"),
    ]
    assert about_in_words("report:12", str) == "báo cáo 12"
    assert about_in_words("units", str) == "danh sách đơn vị"


def test_what_is_not_known_is_shown_as_it_was_written() -> None:
    assert about_in_words("thing:3", str) == "thing:3"
    assert details_in_words({"colour": "red", "role": None}, str, str) == [("colour", "red"), ("vai trò", "–")]
    assert details_in_words({"reports": [3, 5]}, str, str) == [("các báo cáo", "3, 5")]
