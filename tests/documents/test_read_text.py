"""Text and markdown become paragraphs and grids with their source lines."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest

from tracker.documents.blocks import Grid, Paragraph, plain
from tracker.documents.textfile import blocks_from_text

PLAN = Path(__file__).parents[2] / "tracker/operate/sample/271-KH-HU.txt"


def test_it_gives_the_plan_line_by_line() -> None:
    text = PLAN.read_text(encoding="utf-8")
    lines = text.split("\n")
    blocks = blocks_from_text(text)
    assert [block.line for block in blocks] == sorted(block.line for block in blocks)
    for block in blocks:
        if isinstance(block, Paragraph):
            assert block.text in lines[block.line - 1]
    grids = [block for block in blocks if isinstance(block, Grid)]
    assert [(grid.line, grid.width, len(grid.rows)) for grid in grids] == [(156, 8, 14), (178, 7, 15), (202, 19, 15)]
    assert grids[2].lines == tuple(range(202, 217))


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("\n", "\r\n"),
        lambda text: unicodedata.normalize("NFD", text),
        lambda text: text + "\n",
        lambda text: "\ufeff" + text,
    ],
)
def test_line_ends_normal_forms_and_marks_change_nothing(change: object) -> None:
    text = PLAN.read_text(encoding="utf-8")
    assert callable(change)
    assert blocks_from_text(change(text)) == blocks_from_text(text)


def test_doubled_empty_lines_change_only_line_numbers() -> None:
    text = PLAN.read_text(encoding="utf-8")

    def shape(source: str) -> list[object]:
        return [b.text if isinstance(b, Paragraph) else b.rows for b in blocks_from_text(source)]

    assert shape(text.replace("\n\n", "\n\n\n\n")) == shape(text)
    assert shape(text.replace("\n", "\n\n")) == shape(text)


def test_a_pipe_table_is_a_grid_and_its_rule_no_row() -> None:
    blocks = blocks_from_text("## I. MỤC ĐÍCH\n\n| Năm | Số |\n|---|---|\n| 2013 | 5 |\n\nGhi chú: x.")
    assert blocks == [
        Paragraph(1, "I. MỤC ĐÍCH", bold=True, style="Heading 2"),
        Grid(3, (("Năm", "Số"), ("2013", "5")), (3, 5)),
        Paragraph(7, "Ghi chú: x."),
    ]


def test_tabs_as_indent_or_after_a_number_make_no_table() -> None:
    blocks = blocks_from_text("\t\tĐối với tỉnh.\n1.\tNội dung\nCuối.\t\n")
    assert [block.text for block in blocks if isinstance(block, Paragraph)] == [
        "Đối với tỉnh.",
        "1.\tNội dung",
        "Cuối.",
    ]


def test_two_tables_apart_stay_two() -> None:
    blocks = blocks_from_text("a\tb\nc\td\n\ne\tf\tg\n")
    assert [block.rows for block in blocks if isinstance(block, Grid)] == [(("a", "b"), ("c", "d")), (("e", "f", "g"),)]


def test_emphasis_marks_stay_in_the_source_and_leave_the_reading() -> None:
    (block,) = blocks_from_text("Gửi **trước ngày 10/5/2023**.")
    assert isinstance(block, Paragraph)
    assert block.text == "Gửi **trước ngày 10/5/2023**."
    assert block.plain == "Gửi trước ngày 10/5/2023."
    assert plain("*nghiêng*") == "nghiêng"
    assert plain("*") == "*"
