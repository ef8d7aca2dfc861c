"""A unit's own Word report is split along the outline, however its headings are written; no word is lost."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pytest

from tests.factories import SAMPLE, plan
from tests.reports.words import HABITS, Report, bodies, number_by_word
from tracker.core.errors import Invalid
from tracker.core.text import fold
from tracker.documents.reader import rich_blocks, rich_here
from tracker.documents.richblocks import RichParagraph, RichTable
from tracker.plans.spec import walk, writable_sections
from tracker.reports.intake import read_report, split

UNITS = [
    ("BTG", "Ban Tuyên giáo Huyện ủy"),
    ("DB-BL", "Đảng bộ xã Bản Lang"),
    ("DB-TTPT", "Đảng bộ thị trấn Phong Thổ"),
    ("HND", "Hội Nông dân huyện"),
]
ALL = [item.number for item in writable_sections(plan())]
TITLES = {item.number: item.title for item in walk(plan().outline)}


def read(report: Report) -> dict[str, Any]:
    # In this process: our own files need no guard, and there are many.
    return split(rich_here(report.data(), "bao-cao.docx"), plan(), UNITS)


def texts(spec: Mapping[str, Any]) -> dict[str, list[str]]:
    return {section["number"]: section["text"].splitlines() for section in spec["sections"]}


def section(spec: Mapping[str, Any], number: str) -> dict[str, Any]:
    return next(each for each in spec["sections"] if each["number"] == number)


def unplaced(spec: Mapping[str, Any]) -> str:
    return "\n".join(each["text"] for each in spec["unplaced"])


@pytest.mark.parametrize("bold", [True, False], ids=["bold", "plain"])
@pytest.mark.parametrize("habit", HABITS)
def test_every_habit_of_numbering_gives_the_same_sections(habit: str, bold: bool) -> None:
    spec = read(Report().write(bodies(), HABITS[habit], bold=bold).sign())
    assert texts(spec) == bodies()
    assert {each["matched_by"] for each in spec["sections"]} == {"number"}
    assert all(each["confidence"] >= 0.9 for each in spec["sections"])
    assert spec["missing"]["sections"] == []
    assert spec["warnings"] == []


@pytest.mark.parametrize("archetype", ["ban_xay_dung_dang", "mat_tran_doan_the", "truong_hoc", "luc_luong_vu_trang"])
def test_every_voice_of_the_sample_is_split_whole(archetype: str) -> None:
    for which in range(3):
        written = bodies(archetype, which)
        assert texts(read(Report().write(written).sign())) == written


def test_numbers_that_word_itself_prints_count() -> None:
    report = Report()
    marks: list[tuple[int, int]] = []
    for item in walk(plan().outline):
        if item.number in ALL or "." not in item.number:
            marks.append((len(report.file.paragraphs), 1 if "." in item.number else 0))
            report.say(item.title, bold=True)
            for line in bodies().get(item.number, []):
                report.say(line)
    for place, level in marks:
        number_by_word(report, place, level)
    spec = read(report)
    assert texts(spec) == bodies()
    assert {each["matched_by"] for each in spec["sections"]} == {"number"}


def test_one_count_through_all_chapters_is_read_by_the_titles() -> None:
    count = iter(range(1, 20))
    spec = read(Report().write(bodies(), lambda item: f"{next(count)}. {item.title}", roots=False))
    assert texts(spec) == bodies()
    assert section(spec, "III.2")["matched_by"] == "title"


def test_bold_titles_without_numbers_are_headings() -> None:
    spec = read(Report().write(bodies(), lambda item: item.title))
    assert texts(spec) == bodies()
    assert {each["matched_by"] for each in spec["sections"]} == {"title"}


def test_chapters_named_with_letters_or_as_parts_are_headings() -> None:
    for mark in ("A. {}", "Phần thứ hai: {}"):
        report = Report()
        report.write(
            bodies(),
            lambda item, mark=mark: mark.format(item.title) if "." not in item.number else item.title.upper(),  # type: ignore[misc]
        )
        assert texts(read(report)) == bodies()


def test_titles_cut_short_or_mistyped_are_still_met_and_said_to_be_less_sure() -> None:
    typed = {
        "I.1": "1. Đặc điểm chung",
        "I.3": "3. Tổ chức học tập, quán triệt Đề án 1327",
        "I.4": "4. Công tác lãnh đạo, chỉ đạo triển khai thực hiện Đề án",
        "II.1": "1. Đổi mới, nâng cao chất lượng công tác lãnh đạo, chỉ đạo tuyên truyền, học tập nghị quyết",
        "II.3": "3. Đổi mới, nâng cao chất lượng đội ngũ báo cáo viên",
        "II.4": "4. Đổi mới các khâu tổ chức học tập, quán triệt nghị quyết",
        "III.2": "2. Hạn chế, khuyết điểm, nguyên nhân",
        "III.3": "3. Bài học kinh nghiệp",
        "IV.2": "2. Kiến nghị, đề xuất",
    }
    spec = read(Report().write(bodies(), lambda item: typed.get(item.number) or HABITS["dots"](item)))
    assert texts(spec) == bodies()
    assert all(section(spec, number)["confidence"] < 1 for number in typed if number != "II.3"), spec["sections"]
    assert section(spec, "III.1")["confidence"] == 1


def test_a_title_of_the_units_own_takes_the_place_of_its_number() -> None:
    spec = read(
        Report().write(bodies(), lambda item: "3. Mấy điều rút ra" if item.number == "III.3" else HABITS["dots"](item))
    )
    found = section(spec, "III.3")
    assert (found["matched_by"], found["confidence"]) == ("position", 0.4)
    assert found["text"].splitlines() == ["3. Mấy điều rút ra", *bodies()["III.3"]]


def test_a_list_inside_a_section_opens_no_other_section() -> None:
    written = {
        **bodies(),
        "III.1": ["1. Công tác tuyên truyền", "Có 12 buổi.", "2. Công tác tổ chức", "Đã kiện toàn.", "3. Kết quả khác"],
        "IV.1": ["1. Tiếp tục quán triệt Đề án", "2. Nâng cao chất lượng", "3. Kiểm tra, giám sát"],
        "IV.2": ["1. Đối với tỉnh", "Cấp thêm tài liệu.", "2. Đối với huyện", "Mở thêm lớp."],
    }
    assert texts(read(Report().write(written))) == written


def test_what_is_said_to_the_province_and_the_district_stays_in_its_section() -> None:
    for first, second in (("* Đối với tỉnh", "* Đối với huyện"), ("2.1. Đối với tỉnh", "2.2. Đối với huyện")):
        report = Report().write(bodies(), without=["IV.2"])
        report.say("2. Đề xuất, kiến nghị", bold=True)
        for line in (first, "Cấp thêm tài liệu.", second, "Mở thêm lớp."):
            report.say(line, bold=line in (first, second))
        html = section(read(report), "IV.2")["html"]
        assert all(words in html for words in ("Đối với tỉnh", "Cấp thêm tài liệu.", "Đối với huyện", "Mở thêm lớp."))


def test_a_heading_with_its_text_in_one_line_keeps_both() -> None:
    report = Report().write(bodies(), without=["III.3"])
    report.say("3. Bài học kinh nghiệm: Phải có người đứng đầu làm gương.")
    assert section(read(report), "III.3")["text"] == "3. Bài học kinh nghiệm: Phải có người đứng đầu làm gương."


def test_a_section_that_is_not_there_is_missing_and_so_is_an_empty_one() -> None:
    spec = read(Report().write({**bodies(), "II.2": []}, without=["I.2", "III.3"]))
    assert spec["missing"]["sections"] == ["I.2", "II.2", "III.3"]
    assert "I.2" not in texts(spec)
    assert section(spec, "II.2")["html"] == ""


def test_with_a_section_left_out_the_later_ones_are_met_by_their_names() -> None:
    names = {"II.2": 1, "II.3": 2, "II.4": 3}
    report = Report().write(
        bodies(),
        lambda item: f"{names[item.number]}. {item.title}" if item.number in names else HABITS["dots"](item),
        without=["II.1"],
    )
    spec = read(report)
    assert spec["missing"]["sections"] == ["II.1"]
    assert {n: t for n, t in texts(spec).items() if n.startswith("II.")} == {n: bodies()[n] for n in names}


def test_a_section_written_twice_is_joined_and_said() -> None:
    report = Report().write(bodies())
    report.say("II. KẾT QUẢ 10 NĂM THỰC HIỆN ĐỀ ÁN 1327", bold=True)
    report.say("3. Việc đổi mới, nâng cao chất lượng đội ngũ báo cáo viên", bold=True)
    report.say("Bổ sung: có thêm 2 báo cáo viên.")
    spec = read(report)
    assert texts(spec)["II.3"] == [*bodies()["II.3"], "Bổ sung: có thêm 2 báo cáo viên."]
    assert [(w["code"], w["where"]) for w in spec["warnings"]] == [("section_twice", "II.3")]


def test_a_table_of_contents_is_no_second_report() -> None:
    report = Report()
    for number in ALL:
        report.say(HABITS["dots"](next(i for i in walk(plan().outline) if i.number == number)))
    spec = read(report.write(bodies()))
    assert texts(spec) == bodies()
    assert spec["warnings"] == []


def test_text_before_between_and_after_is_kept_apart_with_its_place() -> None:
    report = Report()
    report.say("Thực hiện Kế hoạch số 271-KH/HU, đơn vị báo cáo như sau:")
    report.write(bodies()).say("V. TỔ CHỨC THỰC HIỆN", bold=True)
    report.say("Giao văn phòng theo dõi.")
    report.say("Trên đây là báo cáo tổng kết của đơn vị.")
    spec = read(report.sign())
    assert texts(spec) == bodies()
    before, chapter, closing, sign = spec["unplaced"]
    assert before["after"] is None
    assert "đơn vị báo cáo như sau" in before["text"]
    assert {each["after"] for each in (chapter, closing, sign)} == {"IV.2"}
    assert chapter["text"] == "V. TỔ CHỨC THỰC HIỆN\nGiao văn phòng theo dõi."
    assert closing["text"] == "Trên đây là báo cáo tổng kết của đơn vị."
    assert sign["text"].startswith("Nơi nhận:\n- Ban Tuyên giáo Huyện ủy;\n- Lưu Văn phòng.")


def test_text_between_a_chapter_and_its_first_section_is_kept_apart() -> None:
    report = Report()
    for item in walk(plan().outline):
        if item.number in ALL or "." not in item.number:
            report.say(HABITS["dots"](item), bold=True)
            for line in bodies().get(item.number, ["Lời dẫn của chương II."] if item.number == "II" else []):
                report.say(line)
    spec = read(report)
    assert ("Lời dẫn của chương II.", "I.4") in [(u["text"], u["after"]) for u in spec["unplaced"]]
    assert texts(spec) == bodies()


def test_a_mention_of_an_appendix_does_not_end_the_report() -> None:
    written = {**bodies(), "I.3": ["Phụ lục số 1 cho thấy số hội nghị tăng đều qua các năm.", "Chất lượng tốt hơn."]}
    assert texts(read(Report().write(written).sign())) == written


def test_emphasis_and_lists_reach_the_section() -> None:
    report = Report().write(bodies(), without=["IV.2"])
    report.say("2. Đề xuất, kiến nghị", bold=True)
    report.say("Đối với tỉnh", bold=True)
    report.say("- Cấp thêm tài liệu.")
    html = section(read(report), "IV.2")["html"]
    assert html == "<p><strong>Đối với tỉnh</strong></p><ul><li>Cấp thêm tài liệu.</li></ul>"


@pytest.mark.parametrize(
    ("head", "code"),
    [
        (["ĐẢNG BỘ HUYỆN PHONG THỔ", "ĐẢNG BỘ XÃ BẢN LANG"], "DB-BL"),
        (["ĐẢNG BỘ HUYỆN PHONG THỔ", "ĐẢNG UỶ XÃ BẢN LANG"], "DB-BL"),
        (["ĐẢNG BỘ HUYỆN PHONG THỔ", "ĐẢNG ỦY THỊ TRẤN PHONG THỔ"], "DB-TTPT"),
        (["HUYỆN ỦY PHONG THỔ", "BAN TUYÊN GIÁO"], "BTG"),
        (["HUYỆN PHONG THỔ", "HỘI NÔNG DÂN"], "HND"),
        (["ĐẢNG BỘ HUYỆN PHONG THỔ", "ĐẢNG BỘ XÃ MÙ SANG"], None),
    ],
)
def test_the_unit_is_the_one_over_the_report_and_not_its_addressee(head: list[str], code: str | None) -> None:
    report = Report(head[1])
    report.file.paragraphs[0].runs[0].text = head[0]
    report.say("Kính gửi: Ban Tuyên giáo Huyện ủy")
    assert read(report.write(bodies()))["unit"] == code


def test_what_is_no_report_of_the_plan_is_refused() -> None:
    other = Report()
    for line in ("Kính gửi các đồng chí.", "1. Thuận lợi, khó khăn", "Không có gì.", "2. Nội dung họp", "Giao ban."):
        other.say(line)
    for blocks in (rich_here(other.data(), "a.docx"), []):
        with pytest.raises(Invalid) as refused:
            split(blocks, plan())
        assert refused.value.code == "not_a_report"


def test_an_old_word_file_is_refused_with_what_to_do() -> None:
    with pytest.raises(Invalid) as refused:
        read_report(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "bao-cao.doc", plan())
    assert refused.value.code == "legacy_doc"
    assert ".docx" in str(refused.value)


def test_a_report_typed_as_text_is_split_too() -> None:
    lines = []
    for item in walk(plan().outline):
        if item.number in ALL or "." not in item.number:
            lines += [HABITS["dots"](item), *bodies().get(item.number, [])]
    spec = read_report("\n\n".join(lines).encode(), "bao-cao.txt", plan())
    assert texts(spec) == bodies()


def words(texts: Iterable[str]) -> list[str]:
    return sorted(word for text in texts for word in re.findall(r"\w+", text))


def accounted(spec: Mapping[str, Any]) -> list[str]:
    return words([each["text"] for kind in ("sections", "unplaced") for each in spec[kind]])


def crooked() -> Sequence[Report]:
    """Reports with something wrong in each."""
    plain = Report().write(bodies()).sign()
    odd = Report()
    odd.say("Lời nói đầu.")
    odd.write(
        bodies("mat_tran_doan_the", 1), lambda item: "2. Khác hẳn" if item.number == "III.2" else HABITS["dots"](item)
    )
    odd.say("V. PHẦN KHÁC", bold=True)
    odd.say("3. Bài học kinh nghiệm: một dòng.")
    odd.file.add_table(2, 2).cell(0, 0).text = "bảng lạ"
    twice = Report().write(bodies(), HABITS["slashes"]).write(bodies("truong_hoc"), HABITS["capitals"], roots=False)
    return plain, odd, twice.sign()


@pytest.mark.parametrize("which", range(3))
def test_every_word_is_in_a_section_a_heading_or_kept_apart(which: int) -> None:
    blocks = rich_here(crooked()[which].data(), "a.docx")
    every = [b.text if isinstance(b, RichParagraph) else " ".join(map(" ".join, b.grid.rows)) for b in blocks]
    found = accounted(split(blocks, plan()))
    for word in found:
        every_word = words(every)
        assert word in every_word
    lost = words(every)
    for word in found:
        lost.remove(word)
    spoken = {fold(word) for title in TITLES.values() for word in re.findall(r"\w+", title)}
    assert {word for word in map(fold, lost) if word not in spoken and not re.fullmatch(r"[ivx]+|\d+", word)} == set()


def test_a_file_that_mixes_everything_is_read_without_error() -> None:
    """It names every section; it reads as a report with odd text in it, never as an error."""
    data = (SAMPLE / "271-KH-HU.txt").read_bytes()
    assert all(isinstance(block, RichParagraph | RichTable) for block in rich_blocks(data, "ke-hoach.txt"))
    read_report(data, "ke-hoach.txt", plan())
