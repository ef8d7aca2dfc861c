"""Word reports of a unit on plan 271 as offices type them, for the tests of splitting."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import docx
from docx.document import Document
from docx.oxml import OxmlElement
from docx.oxml.ns import qn

from tests.factories import SAMPLE, plan
from tracker.documents.richtext import visible_text
from tracker.plans.spec import OutlineItem, Table, walk, writable_sections
from tracker.reports.render import printed_columns

Habit = Callable[[OutlineItem], str]


def leaf(item: OutlineItem) -> str:
    """The last piece of an item's number: "3" of "II.3"."""
    return item.number.rpartition(".")[2]


HABITS: dict[str, Habit] = {
    "dots": lambda item: f"{leaf(item)}. {item.title}",
    "dashes": lambda item: f"{leaf(item)}- {item.title}",
    "spaced dashes": lambda item: f"{leaf(item)} - {item.title}",
    "slashes": lambda item: f"{leaf(item)}/ {item.title}",
    "whole paths": lambda item: f"{item.number}. {item.title}",
    "paths without a dot": lambda item: f"{item.number} {item.title}",
    "capitals": lambda item: f"{leaf(item)}. {item.title.upper()}",
    "lower case": lambda item: f"{leaf(item)}. {item.title.lower()}",
    "colons": lambda item: f"{leaf(item)}. {item.title}:",
    "a full stop": lambda item: f"{leaf(item)}. {item.title}.",
}


@lru_cache(maxsize=1)
def sample() -> dict[str, Any]:
    """The sample texts, by archetype and section."""
    return json.loads((SAMPLE / "sample-texts.json").read_text(encoding="utf-8"))["archetypes"]


def bodies(archetype: str = "dang_bo_xa", which: int = 0) -> dict[str, list[str]]:
    """The lines of every writable section in one voice of the sample."""
    named = sample().get(archetype) or next(iter(sample().values()))
    found = {}
    for number, texts in named.items():
        text = texts[which % len(texts)].replace("</p>", "</p>\n").replace("</li>", "</li>\n")
        found[number] = [line.strip() for line in visible_text(text).splitlines() if line.strip()]
    return found


class Report:
    """A Word report put together paragraph by paragraph."""

    def __init__(self, unit: str = "Đảng bộ xã Bản Lang") -> None:
        self.file: Document = docx.Document()
        self.say("ĐẢNG BỘ HUYỆN PHONG THỔ")
        self.say(unit.upper(), bold=True)
        self.say("BÁO CÁO", bold=True)
        self.say("Tổng kết 10 năm thực hiện Đề án 1327-ĐA/TU", bold=True)

    def say(self, text: str, *, bold: bool = False, style: str | None = None) -> None:
        """One paragraph."""
        paragraph = self.file.add_paragraph(style=style)
        paragraph.add_run(text).bold = bold

    def write(
        self,
        texts: Mapping[str, Sequence[str]],
        habit: Habit = HABITS["dots"],
        *,
        bold: bool = True,
        without: Iterable[str] = (),
        roots: bool = True,
    ) -> Report:
        """The outline with its texts; "Đối với tỉnh" and "Đối với huyện" stand inside IV.2 as they do in reports."""
        writable = {item.number for item in writable_sections(plan())}
        for item in walk(plan().outline):
            if item.number in writable and item.number not in without:
                self.say(habit(item), bold=bold)
                for line in texts[item.number]:
                    self.say(line)
            elif "." not in item.number and roots:
                self.say(habit(item), bold=True)
        return self

    def sign(self) -> Report:
        """Who gets it, who signs."""
        for line in ("Nơi nhận:", "- Ban Tuyên giáo Huyện ủy;", "- Lưu Văn phòng.", "T/M ĐẢNG ỦY", "BÍ THƯ"):
            self.say(line)
        return self

    def appendix(self, table: Table, cells: Mapping[str, Mapping[str, str]], **more: Any) -> Report:
        """An appendix with its printed columns; `cells`: row or "total" → column path joined by a space → text."""
        self.say(f"PHỤ LỤC SỐ {table.number}", bold=True)
        self.say(table.title, bold=True)
        self.grid(table, cells, **more)
        if table.note:
            self.say(f"Ghi chú: {table.note}")
        return self

    def grid(self, table: Table, cells: Mapping[str, Mapping[str, str]], *, only: Sequence[str] | None = None) -> None:
        """The table itself with merged heads; `only`: the column keys that it has."""
        groups = [g for g in printed_columns(table) if only is None or g[0].key in only]
        depth = max(len(group[0].path) for group in groups)
        rows = [*table.rows, "Tổng"] if table.total_row else list(table.rows)
        made = self.file.add_table(depth + len(rows), len(groups) + 1)
        made.cell(0, 0).merge(made.cell(depth - 1, 0)).text = "Năm"
        self._heads(made, [group[0].path for group in groups], depth)
        for place, row in enumerate(rows, depth):
            made.cell(place, 0).text = row
            for at, group in enumerate(groups, 1):
                made.cell(place, at).text = cells.get(row, {}).get(group[0].key, "")

    @staticmethod
    def _heads(made: Any, paths: Sequence[tuple[str, ...]], depth: int) -> None:
        for level in range(depth):
            at = 0
            while at < len(paths):
                path, end = paths[at], at + 1
                if level < len(path):
                    while end < len(paths) and len(path) > level + 1 and paths[end][: level + 1] == path[: level + 1]:
                        end += 1
                    down = depth - 1 if level == len(path) - 1 else level
                    made.cell(level, at + 1).merge(made.cell(down, end)).text = path[level]
                at = end

    def data(self) -> bytes:
        """The .docx file."""
        out = io.BytesIO()
        self.file.save(out)
        return out.getvalue()


def number_by_word(report: Report, paragraph: int, level: int) -> None:
    """Let Word itself number a paragraph of the report: level 0 in Roman, level 1 in Arabic numbers."""
    numbering = report.file.part.numbering_part.element
    if not any(n.get(qn("w:abstractNumId")) == "271" for n in numbering.findall(qn("w:abstractNum"))):
        abstract = OxmlElement("w:abstractNum")
        abstract.set(qn("w:abstractNumId"), "271")
        for at, (form, text) in enumerate((("upperRoman", "%1."), ("decimal", "%2."))):
            made = OxmlElement("w:lvl")
            made.set(qn("w:ilvl"), str(at))
            for tag, value in (("w:start", "1"), ("w:numFmt", form), ("w:lvlText", text)):
                child = OxmlElement(tag)
                child.set(qn("w:val"), value)
                made.append(child)
            abstract.append(made)
        numbering.insert(0, abstract)
        num = OxmlElement("w:num")
        num.set(qn("w:numId"), "271")
        link = OxmlElement("w:abstractNumId")
        link.set(qn("w:val"), "271")
        num.append(link)
        numbering.append(num)
    properties = report.file.paragraphs[paragraph]._p.get_or_add_pPr()
    made = OxmlElement("w:numPr")
    for tag, value in (("w:ilvl", str(level)), ("w:numId", "271")):
        child = OxmlElement(tag)
        child.set(qn("w:val"), value)
        made.append(child)
    properties.append(made)
