"""Rich text of a section becomes paragraphs, lists and tables without losing a word."""

from __future__ import annotations

from tracker.documents.model import Column, Heading, ListItems, Para, TableBlock, figures_table, header_cells, show
from tracker.documents.rich import html_to_body, point_marker


def _words(html: str) -> str:
    out: list[str] = []
    for block in html_to_body(html):
        if isinstance(block, Para):
            out += [run.text for run in block.runs]
        elif isinstance(block, Heading):
            out.append(block.text)
        elif isinstance(block, ListItems):
            out += [run.text for item in block.items for run in item.runs]
        elif isinstance(block, TableBlock):
            out += [run.text for row in block.rows for cell in row for run in cell.runs]
    return " ".join(" ".join(out).split())


def test_faces_nest_and_line_breaks_stay_inside_their_paragraph() -> None:
    (para,) = html_to_body("<p>Một <strong>đậm <em>nghiêng</em></strong> H<sub>2</sub>O<br>dòng hai</p>")
    assert isinstance(para, Para)
    faces = [(run.text, run.bold, run.italic, run.script) for run in para.runs]
    assert faces == [
        ("Một ", False, False, ""),
        ("đậm ", True, False, ""),
        ("nghiêng", True, True, ""),
        (" H", False, False, ""),
        ("2", False, False, "sub"),
        ("O\ndòng hai", False, False, ""),
    ]


def test_lists_carry_the_markers_that_offices_print() -> None:
    (bullets, points) = html_to_body("<ul><li>a<ul><li>b</li></ul></li></ul><ol>" + "<li>x</li>" * 5 + "</ol>")
    assert isinstance(bullets, ListItems)
    assert isinstance(points, ListItems)
    assert [(item.marker, item.depth) for item in bullets.items] == [("-", 0), ("+", 1)]
    assert [item.marker for item in points.items] == ["a)", "b)", "c)", "d)", "đ)"]
    assert len({point_marker(index) for index in range(60)}) == 60


def test_no_word_is_lost_wherever_it_stands() -> None:
    html = (
        "đầu <p>một</p> giữa <em>rời</em><blockquote><p>dẫn</p>thêm</blockquote><h3>mục</h3>"
        "<ul><li><p>hai</p><p>ba</p></li></ul><table><tr><th>cột</th></tr><tr><td><p>ô</p><p>nữa</p></td></tr></table>cuối"
    )
    assert _words(html) == "đầu một giữa rời dẫn thêm mục hai ba cột ô nữa cuối"


def test_deep_nesting_keeps_its_text() -> None:
    assert _words("<div>" * 150 + "sâu" + "</div>" * 150) == "sâu"
    assert _words("<p>" + "<strong>" * 300 + "sâu" + "</strong>" * 300 + "</p>") == "sâu"


def test_a_ragged_table_becomes_square_and_wild_spans_are_cut() -> None:
    (table,) = html_to_body('<table><tr><td colspan="9999999">a</td></tr><tr><td rowspan="40">b</td></tr></table>')
    assert isinstance(table, TableBlock)
    assert table.columns == 1 or all(sum(cell.colspan for cell in row) <= 50 for row in table.rows)
    assert table.rows[1][0].rowspan == 1


def test_header_levels_merge_like_the_printed_table() -> None:
    columns = [Column(("Năm",)), Column(("Đảng viên", "Số")), Column(("Đảng viên", "%")), Column(("Tài liệu",))]
    first, second = header_cells(columns)
    assert [(cell.text, cell.column, cell.colspan, cell.rowspan) for cell in first] == [
        ("Năm", 0, 1, 2),
        ("Đảng viên", 1, 2, 1),
        ("Tài liệu", 3, 1, 2),
    ]
    assert [(cell.text, cell.column) for cell in second] == [("Số", 1), ("%", 2)]


def test_figures_are_printed_the_vietnamese_way() -> None:
    assert [show(value) for value in (1148, 0, 95.4, 1234567.5, None, "98/120")] == [
        "1.148", "0", "95,4", "1.234.567,5", "", "98/120",
    ]  # fmt: skip
    table = figures_table([Column(("A",)), Column(("B",))], [["Tổng", 1148]], total=True, width=100, size=11)
    assert table.rows[-1][1].runs[0].text == "1.148"
    assert table.rows[-1][0].bold
