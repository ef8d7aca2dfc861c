"""The check of the catalogues finds what it is there to find."""

from __future__ import annotations

from pathlib import Path

import pytest
from babel.messages.catalog import Catalog

from tools import messages


@pytest.fixture
def source() -> Catalog:
    catalogue = Catalog()
    catalogue.add("Còn %(n)s ngày làm việc", locations=[("templates/a.html", 1)], flags={"python-format"})
    return catalogue


def write(folder: Path, locale: str, body: str) -> None:
    path = folder / locale / "LC_MESSAGES" / "messages.po"
    path.parent.mkdir(parents=True)
    header = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n\n'
    path.write_text(header + body, encoding="utf-8")


GOOD = 'msgid "Còn %(n)s ngày làm việc"\nmsgstr "Còn %(n)s ngày làm việc"\n'


def test_complete_catalogues_pass(tmp_path: Path, source: Catalog) -> None:
    write(tmp_path, "vi", GOOD)
    write(tmp_path, "en", 'msgid "Còn %(n)s ngày làm việc"\nmsgstr "%(n)s working days left"\n')
    assert messages.problems(source, tmp_path) == []


@pytest.mark.parametrize(
    ("english", "problem"),
    [
        ("", "en: not in the catalogue"),
        ('msgid "Còn %(n)s ngày làm việc"\nmsgstr ""\n', "en: not translated"),
        ('msgid "Còn %(n)s ngày làm việc"\nmsgstr "Còn %(n)s ngày làm việc"\n', "en: still Vietnamese"),
        ('#, fuzzy\nmsgid "Còn %(n)s ngày làm việc"\nmsgstr "%(n)s days"\n', "en: fuzzy"),
        ('msgid "Còn %(n)s ngày làm việc"\nmsgstr "%(m)s working days left"\n', "en: other %(places)s"),
        ('msgid "Còn %(n)s ngày làm việc"\nmsgstr "%(n)s left"\n\nmsgid "Cũ"\nmsgstr "Old"\n', "en: no longer used"),
    ],
)
def test_it_finds_what_is_wrong(tmp_path: Path, source: Catalog, english: str, problem: str) -> None:
    write(tmp_path, "vi", GOOD)
    write(tmp_path, "en", english)
    found = messages.problems(source, tmp_path)
    assert [line.startswith(problem) for line in found] == [True]


def test_english_is_left_to_a_person(tmp_path: Path) -> None:
    wrong = messages.update(tmp_path)
    assert wrong
    assert all(line.startswith("en: not translated") for line in wrong)


def test_vietnamese_fills_itself(tmp_path: Path) -> None:
    assert [line for line in messages.update(tmp_path) if line.startswith("vi")] == []
    first = (tmp_path / "vi/LC_MESSAGES/messages.po").read_text(encoding="utf-8")
    messages.update(tmp_path)
    assert (tmp_path / "vi/LC_MESSAGES/messages.po").read_text(encoding="utf-8") == first
