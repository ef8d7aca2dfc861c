"""What is doubtful in a plan's text and tables: one warning a place, with the question a person must answer.

Doubts about dates against the calendar are in lint.py; nothing is mended here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from tracker.core.text import fold
from tracker.plans.body import Body
from tracker.plans.groups import canonical
from tracker.plans.head import CITATION, Foot, Head, compact, make_date
from tracker.plans.lexicon import SLIPS, level_of
from tracker.plans.passages import Parts, Passage, is_enclosed_line
from tracker.plans.spec import OutlineItem, Warning_, walk
from tracker.plans.tables import ReadTable, proposed_owner

_EMPHASIS = re.compile(r"\*\*(.+?)\*\*")
_NOTE_YEAR = re.compile(r"Số liệu (?:của )?năm (\d{4})(?= (?:được )?tính đến thời điểm báo cáo)", re.IGNORECASE)
_SINCE = re.compile(r"\btu khi (?:ban hanh|thuc hien|trien khai)\b|\btu nam \d{4}\b")
_DAY = re.compile(r"\bngày (\d{1,2})[/.\-](\d{1,2})[/.\-](\d{4})")


def text_defects(parts: Parts, head: Head, foot: Foot, body: Body, issuer: str | None) -> Iterator[Warning_]:
    """Doubts about the running text, head and foot."""
    yield from _head(parts, head, foot)
    passages = parts.everything()
    for passage in passages:
        yield from _slips(passage)
        yield from _emphasis(passage)
        yield from _impossible_days(passage)
        if is_enclosed_line(passage):
            yield _warn(
                "boilerplate",
                passage,
                passage.text,
                None,
                "Dòng dẫn chiếu này lặp lại, không đưa vào nội dung: đúng không?",
            )
    for passage in parts.breaks:
        if passage.text.rstrip(".") in head.title:
            continue  # a title set on two lines
        first, second = passage.pieces[0], passage.pieces[1]
        last_word, next_word = first.text.split()[-1], second.text.split()[0]
        source = passage.source(last_word)
        yield Warning_(
            "broken_sentence",
            first.line,
            last_word if last_word in first.text else source.text,
            f"{last_word} {next_word}",
            f"Câu bị ngắt giữa trang, nối dòng {first.line} với dòng {second.line} thành "
            f"«… {last_word} {next_word} …»: đúng không?",
        )
    yield from _citations(passages)
    yield from _padding(body)
    yield from _recipients(foot, body, issuer)
    yield from _group_names(body)


def _warn(code: str, passage: Passage, text: str, read_as: str | None, ask: str) -> Warning_:
    source = passage.source(text)
    return Warning_(code, source.line, source.text, read_as, ask)


def _head(parts: Parts, head: Head, foot: Foot) -> Iterator[Warning_]:
    above = [passage.folded for passage in head.above]
    if head.above and not any("dang cong san" in text or "cong hoa xa hoi" in text for text in above):
        yield _warn(
            "head_lost",
            head.above[0],
            head.above[0].text,
            None,
            "Phần đầu văn bản không có tiêu đề và tên cơ quan: cơ quan cấp trên và cơ quan ban hành tên là gì?",
        )
    if foot.signer_passage and not foot.signed_for:
        yield _warn(
            "signature_lost",
            foot.signer_passage,
            foot.signer_passage.text,
            None,
            f"Không thấy quyền hạn và chức vụ người ký (T/M …) trên tên {foot.signer}: người ký giữ chức vụ gì?",
        )
    if not foot.signer_passage and parts.foot:
        yield _warn(
            "signer_not_found", parts.foot[0], parts.foot[0].text, None, "Không thấy tên người ký: ai ký văn bản này?"
        )


def _slips(passage: Passage) -> Iterator[Warning_]:
    for slip in SLIPS:
        if slip.headers_only:
            continue
        seen: set[tuple[int, str]] = set()
        for found in slip.pattern.finditer(passage.text):
            source = passage.source(found.group())
            if (source.line, found.group()) in seen:
                continue
            seen.add((source.line, found.group()))
            right = slip.mend(found.group()) if slip.code != "lowercase_name" else slip.right
            yield Warning_(slip.code, source.line, source.text, right, _ask(found.group(), right))


def _ask(literal: str, right: str) -> str:
    return f"Bản văn ghi «{literal}», đọc là «{right}»: đúng không?"


def _emphasis(passage: Passage) -> Iterator[Warning_]:
    for piece in passage.pieces:
        for found in _EMPHASIS.finditer(piece.text):
            yield Warning_(
                "emphasis_marks",
                piece.line,
                found.group(),
                found.group(1),
                f"Dấu ** quanh «{found.group(1)}» là chữ đậm, bỏ dấu khi đọc: đúng không?",
            )


def _impossible_days(passage: Passage) -> Iterator[Warning_]:
    for found in _DAY.finditer(passage.text):
        if make_date(*found.groups()) is None:
            yield _warn(
                "impossible_date", passage, found.group(), None, f"Không có {found.group()}: ngày đúng là ngày nào?"
            )


def _citations(passages: Sequence[Passage]) -> Iterator[Warning_]:
    """One document cited with and without a comma before its date."""
    forms: dict[str, tuple[bool, str]] = {}
    for passage in passages:
        for found in CITATION.finditer(passage.text):
            if not found.group(2):
                continue
            number = compact(found.group(1))
            comma = bool(re.search(r",\s*ngày", found.group()))
            known = forms.setdefault(number, (comma, found.group()))
            if known[0] != comma:
                forms[number] = (comma, found.group())
                yield _warn(
                    "citation_forms",
                    passage,
                    found.group(),
                    known[1],
                    f"«{found.group()}» và «{known[1]}» là cùng một văn bản {number}: đúng không?",
                )
                return


def _padding(body: Body) -> Iterator[Warning_]:
    """Time limits written now with a leading zero, now without one."""
    seen: dict[bool, tuple[Passage, str]] = {}
    for task in body.tasks:
        for limit in task.limits:
            for day in re.findall(r"\d[\d/]*/\d+", task.sentence.text[limit.start : limit.end]):
                for figures in day.split("/")[:2]:
                    if int(figures) < 10:
                        seen.setdefault(figures.startswith("0"), (task.passage, day))
    if len(seen) == 2:
        passage, text = seen[True]
        yield _warn(
            "date_padding",
            passage,
            text,
            text,
            f"Ngày tháng khi có khi không có số 0 ở đầu, như «{text}», vẫn đọc là ngày/tháng/năm: đúng không?",
        )


def _recipients(foot: Foot, body: Body, issuer: str | None) -> Iterator[Warning_]:
    level = level_of(issuer)
    for index, (name, passage) in enumerate(foot.recipients):
        folded = fold(name)
        if index < len(foot.recipients) - 1 and passage.text.endswith((",", ".")):
            yield _warn(
                "list_punctuation",
                passage,
                passage.text,
                passage.text[:-1] + ";",
                f"Dòng «{passage.text}» kết thúc bằng «{passage.text[-1]}», đọc là «;»: đúng không?",
            )
        if folded.startswith("luu") and level == "huyen" and re.search(r"\bVPTU\b", name):
            right = name.replace("VPTU", "VPHU")
            yield _warn(
                "archive_office",
                passage,
                name,
                right,
                f"Văn bản của cấp huyện ghi «{name}» (Văn phòng Tỉnh ủy), có phải là «{right}» không?",
            )
        group = next((group for group in body.unit_groups if canonical(group) == canonical(name)), None)
        if group and fold(group) != fold(name):
            code = "abbreviated_name" if re.search(r"\b[A-ZĐ]{3,}\b", name) else "group_named_differently"
            yield _warn(code, passage, name, group, f"«{name}» ở Nơi nhận và «{group}» là một: đúng không?")


def _group_names(body: Body) -> Iterator[Warning_]:
    """The same group under another name in another list of who must report."""
    for bodies, passage in body.named[1:]:
        for name in bodies:
            group = next((group for group in body.unit_groups if canonical(group) == canonical(name)), None)
            if group and group != name:
                yield _warn(
                    "group_named_differently", passage, name, group, f"«{name}» và «{group}» là một nhóm: đúng không?"
                )


def outline_defects(outline: Sequence[OutlineItem]) -> Iterator[Warning_]:
    """Headings that the plan does not number."""
    for item in walk(outline):
        if not item.numbered:
            parent = item.number.rpartition(".")[0]
            yield Warning_(
                "unnumbered_item",
                item.source.line,
                item.source.text,
                item.number,
                f"«{item.title}» không đánh số, đọc là ý nhỏ của mục {parent}: đúng không?",
            )


def table_defects(
    read: ReadTable, issuer: str | None, lead: str | None, basis_years: Mapping[int, str]
) -> Iterator[Warning_]:
    """Doubts about one table: its header, its title, its note, and who owns a single-source column."""
    table, form = read.table, read.form
    yield from _header_slips(read)
    if form.rows and all(re.fullmatch(r"\d{4}", row) for row in form.rows) and fold(form.head) != "nam":
        yield Warning_("row_header", form.head_line, form.head, "Năm", _ask(form.head, "Năm"))
    if form.merged:
        yield Warning_(
            "flattened_header",
            form.head_line,
            form.leaves[0].path[0] if form.header_lines[0] == form.head_line else form.head,
            f"{len(form.leaves)} cột, {form.header_rows} hàng đầu bảng",
            f"Đầu bảng Phụ lục số {table.number} có ô gộp trên {form.header_rows} hàng, "
            f"đọc thành {len(table.columns)} cột số liệu: đúng không?",
        )
    if form.rebuilt:
        yield Warning_(
            "spans_rebuilt",
            form.head_line,
            form.leaves[0].path[0],
            " × ".join(str(size) for size in form.cycle),
            f"Ô gộp ở đầu bảng Phụ lục số {table.number} không khớp với các cột bên dưới, "
            "chia lại đều theo các tên cột: đúng không?",
        )
    if form.found < len(form.leaves):
        parts = " × ".join(str(size) for size in form.cycle)
        yield Warning_(
            "leaf_count",
            form.header_lines[-1],
            form.leaves[0].path[-1],
            f"{len(form.leaves)} cột ({parts})",
            f"Hàng cuối của đầu bảng Phụ lục số {table.number} chỉ có {form.found} ô, "
            f"các hàng trên cần {parts} = {len(form.leaves)}: lấy đủ {len(form.leaves)} cột, đúng không?",
        )
    yield from _years(read, basis_years)
    yield from _pairs(read)
    yield from _owners(read, issuer, lead)


def _header_slips(read: ReadTable) -> Iterator[Warning_]:
    seen: set[tuple[str, int, str]] = set()
    for leaf in read.form.leaves:
        for level, text in enumerate(leaf.path):
            line = read.form.header_lines[min(level, len(read.form.header_lines) - 1)]
            for slip in SLIPS:
                for found in slip.pattern.finditer(text):
                    key = (slip.code, line, found.group())
                    if key not in seen:
                        seen.add(key)
                        right = slip.mend(found.group())
                        yield Warning_(slip.code, line, found.group(), right, _ask(found.group(), right))


def _years(read: ReadTable, basis_years: Mapping[int, str]) -> Iterator[Warning_]:
    rows = read.table.rows
    years = [int(row) for row in rows if re.fullmatch(r"\d{4}", row)]
    if not years:
        return
    said = _NOTE_YEAR.search(read.note.text) if read.note else None
    if read.note and said and int(said.group(1)) != years[-1]:
        right = said.group().replace(said.group(1), str(years[-1]))
        yield _warn(
            "note_year",
            read.note,
            said.group(),
            f"đọc là {years[-1]}: {right}",
            f"Ghi chú viết «{said.group()}», kỳ báo cáo kết thúc năm {years[-1]}: có phải là năm {years[-1]} không?",
        )
    for passage in read.title:
        since = _SINCE.search(passage.folded)
        if since and years[0] in basis_years:
            text = passage.text[since.start() : since.start() + 40].strip()
            yield _warn(
                "partial_year",
                passage,
                text,
                f"năm {years[0]} tính từ ngày {basis_years[years[0]]}",
                f"Số liệu bắt đầu từ ngày {basis_years[years[0]]}, vậy dòng {years[0]} không trọn năm: đúng không?",
            )


def _pairs(read: ReadTable) -> Iterator[Warning_]:
    seen: set[str] = set()
    for one, other in zip(read.table.columns, read.table.columns[1:], strict=False):
        if one.path == other.path and one.path[0] not in seen:
            seen.add(one.path[0])
            yield Warning_(
                "two_numbers_in_cell",
                one.source.line,
                one.source.text,
                "hai cột số",
                f"Ô «{one.path[-1]}» của «{one.path[0]}» chứa hai số, tách thành hai cột: đúng không?",
            )


def _owners(read: ReadTable, issuer: str | None, lead: str | None) -> Iterator[Warning_]:
    """One question a header cell: who alone reports the columns under it."""
    seen: set[str] = set()
    for column in read.table.columns:
        if column.over_units != "single_source":
            continue
        level, text = next(
            (level, text) for level, text in enumerate(column.path) if re.search(r"\bcap \w+", fold(text))
        )
        if text in seen:
            continue
        seen.add(text)
        owner = proposed_owner(column, issuer, lead)
        yield Warning_(
            "single_source",
            read.form.header_lines[min(level, len(read.form.header_lines) - 1)],
            text,
            owner,
            f"Các cột «{text}» của Phụ lục số {read.table.number} chỉ một cơ quan nắm, không cộng các đơn vị: "
            + (f"giao {owner} nhập, đúng không?" if owner else "giao cơ quan nào nhập?"),
        )
