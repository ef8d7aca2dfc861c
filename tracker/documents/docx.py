"""A document written as .docx: its XML directly, with real heading styles, repeated header rows and sections.

The still parts of the package are in docx_parts.py, the sizes in profiles.py; nothing is read here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from tracker.documents.docx_parts import (
    DOCUMENT_CLOSE,
    DOCUMENT_OPEN,
    HEADER_ID,
    HEADING_LEVELS,
    face_xml,
    pack,
    safe,
    twips,
)
from tracker.documents.model import (
    Align,
    Appendix,
    BodyBlock,
    Document,
    Heading,
    ListItems,
    PageBreak,
    Para,
    Run,
    TableBlock,
    TableCell,
    addressee_lines,
    column_widths,
    listed,
)
from tracker.documents.profiles import RULE_SHARE, Face, Profile, long_date

_JC = {"justify": "both", "left": "left", "center": "center", "right": "right"}
# Mean advance of the letters in em: bold capitals, and bold lower case with its spaces.
_MEAN_UPPER, _MEAN_LOWER = 0.65, 0.48
_BORDER = 'w:val="single" w:sz="4" w:space="0" w:color="000000"'


def write_docx(document: Document) -> bytes:
    """The document as .docx bytes; the same document always gives the same bytes."""
    profile = document.profile
    out = [DOCUMENT_OPEN, *_front(document), *_body(document.body, profile, profile.text_width), _signature(document)]
    section = _section(profile, first=True)
    for appendix in document.appendices:
        out.append(_tiny(section))
        out.extend(_appendix(appendix, profile))
        section = _section(profile, landscape=appendix.landscape, restart=profile.appendix_restarts_pages)
    out += [section, DOCUMENT_CLOSE]
    return pack(document, "".join(out))


# --- paragraphs and runs ---


def _runs(runs: Iterable[Run], properties: str = "") -> str:
    """Runs as XML; `properties` is put into every run beside its own face."""
    out: list[str] = []
    for run in runs:
        face = (
            ("<w:b/>" if run.bold else "") + ("<w:i/>" if run.italic else "") + ("<w:strike/>" if run.strike else "")
            + properties
            + ('<w:u w:val="single"/>' if run.underline else "")
            + (f'<w:vertAlign w:val="{run.script}script"/>' if run.script == "sub" else "")
            + ('<w:vertAlign w:val="superscript"/>' if run.script == "sup" else "")
        )  # fmt: skip
        out.append(f"<w:r>{f'<w:rPr>{face}</w:rPr>' if face else ''}{_text(run.text)}</w:r>")
    return "".join(out)


def _text(text: str) -> str:
    if "\n" not in text and "\t" not in text:
        return f'<w:t xml:space="preserve">{safe(text)}</w:t>'
    return "<w:br/>".join("<w:tab/>".join(map(_piece, line.split("\t"))) for line in text.split("\n"))


def _piece(text: str) -> str:
    return f'<w:t xml:space="preserve">{safe(text)}</w:t>' if text else ""


def _styled(style: str, text: str) -> str:
    return f'<w:p><w:pPr><w:pStyle w:val="{style}"/></w:pPr><w:r>{_text(text)}</w:r></w:p>'


def _line(text: str, face: Face, align: Align = "center", *, before: float = 0, border: str = "") -> str:
    """One paragraph outside the styles (head, recipients, signature); `before` in points."""
    spacing = f'<w:spacing w:before="{round(before * 20)}"/>' if before else ""
    return (
        f'<w:p><w:pPr>{border}{spacing}<w:jc w:val="{_JC[align]}"/></w:pPr>'
        f"<w:r><w:rPr>{face_xml(face)}</w:rPr>{_text(text)}</w:r></w:p>"
    )


def _rule(inside_mm: float, width_mm: float) -> str:
    """An empty line whose upper border is a rule of the given width, centred."""
    side = max(0, twips((inside_mm - width_mm) / 2))
    return (
        f"<w:p><w:pPr><w:pBdr><w:top {_BORDER}/></w:pBdr>"
        '<w:spacing w:before="40" w:line="120" w:lineRule="exact"/>'
        f'<w:ind w:left="{side}" w:right="{side}"/><w:jc w:val="center"/></w:pPr></w:p>'
    )


def _rule_width(text: str, face: Face, inside_mm: float) -> float:
    mean = _MEAN_UPPER if face.upper else _MEAN_LOWER
    return RULE_SHARE * min(len(text) * face.size * mean * 25.4 / 72, inside_mm)


def _body(blocks: Iterable[BodyBlock], profile: Profile, width: float) -> Iterator[str]:
    for block in blocks:
        if isinstance(block, Heading):
            yield _styled(f"Heading{min(max(block.level, 1), HEADING_LEVELS)}", block.text)
        elif isinstance(block, Para):
            yield _para(block)
        elif isinstance(block, ListItems):
            for item in block.items:
                marker = f"{item.marker} " if item.marker else ""
                runs = (Run(marker), *item.runs) if marker else item.runs
                yield f'<w:p><w:pPr><w:pStyle w:val="ListParagraph"/></w:pPr>{_runs(runs)}</w:p>'
        elif isinstance(block, TableBlock):
            yield _table(block, profile, width)
            yield _tiny()
        elif isinstance(block, PageBreak):
            yield '<w:p><w:r><w:br w:type="page"/></w:r></w:p>'


def _para(block: Para) -> str:
    style = "Quote" if block.quote else "BodyText"
    indent = "" if block.indent or block.quote else '<w:ind w:firstLine="0"/>'
    align = "" if block.align == "justify" else f'<w:jc w:val="{_JC[block.align]}"/>'
    return f'<w:p><w:pPr><w:pStyle w:val="{style}"/>{indent}{align}</w:pPr>{_runs(block.runs)}</w:p>'


def _tiny(section: str = "") -> str:
    """A paragraph of no height: Word wants one after a table and one to carry a section."""
    return (
        '<w:p><w:pPr><w:spacing w:before="0" w:after="0" w:line="20" w:lineRule="exact"/>'
        f'<w:rPr><w:sz w:val="2"/></w:rPr>{section}</w:pPr></w:p>'
    )


# --- the front: head, title, addressees ---


def _front(document: Document) -> Iterator[str]:
    profile, head = document.profile, document.head
    left_mm, right_mm = profile.head_columns
    left = [_line(head.parent, profile.parent)] if head.parent else []
    left.append(_line(head.issuer, profile.issuer))
    if profile.issuer_mark == "asterisk":
        left.append(_line("*", Face(profile.body_size)))
    else:
        left.append(_rule(left_mm, _rule_width(head.issuer, profile.issuer, left_mm)))
    right = []
    for motto in profile.mottoes:
        right.append(_line(motto.text, motto.face))
        if motto.rule_mm:
            right.append(_rule(right_mm, motto.rule_mm))
    number = [_line(profile.number_line(head.number, head.symbol), profile.number, before=4)]
    if document.about:
        number.append(_line(profile.about_prefix + document.about, profile.about, before=6))
    day = [_line(long_date(head.place, head.issued_on, head.year), profile.place_date, before=4)]
    yield _plain_table((left_mm, right_mm), (("".join(left), "".join(right)), ("".join(number), "".join(day))))
    if document.title:
        yield _styled("Title", document.title)
    else:
        yield _tiny()
    if document.subtitle:
        yield _styled("Subtitle", document.subtitle)
        if profile.subtitle_mark == "hyphens":
            yield _line("-----", Face(profile.body_size))
        else:
            width = _rule_width(document.subtitle, profile.subtitle, profile.text_width)
            yield _rule(profile.text_width, width)
    if document.stamp:
        yield _line(document.stamp, profile.note, before=6)
    for index, line in enumerate(addressee_lines(document.addressees)):
        yield _line(line, profile.addressees, before=0 if index else 12)


def _signature(document: Document) -> str:
    profile, signature = document.profile, document.signature
    if not document.recipients and signature is None:
        return ""
    left = [_line("Nơi nhận:" if document.recipients else "", profile.recipients_head, "left")]
    left += [_line(line, profile.recipients, "left") for line in listed(document.recipients)]
    right = [_line("", profile.signer)]
    if signature is not None:
        right = [_line(signature.authority, profile.authority), _line(signature.position, profile.position)]
        right += [_line("", profile.signer) for _ in range(4)]
        right.append(_line(signature.name, profile.signer))
    half = profile.text_width / 2
    return _tiny() + _plain_table((half, half), (("".join(left), "".join(right)),), before=12) + _tiny()


def _plain_table(widths: tuple[float, float], rows: Iterable[tuple[str, str]], before: float = 0) -> str:
    """Two columns without rules; a row is kept on one page."""
    grid = "".join(f'<w:gridCol w:w="{twips(width)}"/>' for width in widths)
    gap = f'<w:p><w:pPr><w:spacing w:before="{round(before * 20)}" w:line="20" w:lineRule="exact"/></w:pPr></w:p>'
    out = [
        gap if before else "",
        f'<w:tbl><w:tblPr><w:tblW w:w="{sum(twips(width) for width in widths)}" w:type="dxa"/>'
        '<w:tblLayout w:type="fixed"/><w:tblCellMar><w:left w:w="0" w:type="dxa"/><w:right w:w="0" w:type="dxa"/>'
        f"</w:tblCellMar></w:tblPr><w:tblGrid>{grid}</w:tblGrid>",
    ]
    for row in rows:
        cells = "".join(
            f'<w:tc><w:tcPr><w:tcW w:w="{twips(width)}" w:type="dxa"/></w:tcPr>{content}</w:tc>'
            for width, content in zip(widths, row, strict=True)
        )
        out.append(f"<w:tr><w:trPr><w:cantSplit/></w:trPr>{cells}</w:tr>")
    out.append("</w:tbl>")
    return "".join(out)


# --- tables, appendices, sections ---


def _table(table: TableBlock, profile: Profile, width: float) -> str:
    columns = table.columns
    if not columns:
        return ""
    widths = [twips(mm) for mm in column_widths(table, width)]
    many = columns >= profile.table_many_columns
    size = round(2 * (table.size or (profile.table_size_many if many else profile.table_size)))
    margin, pad = twips(0.6 if many else 1.5), twips(0.6)
    out = [
        f'<w:tbl><w:tblPr><w:tblW w:w="{sum(widths)}" w:type="dxa"/><w:jc w:val="center"/><w:tblBorders>',
        "".join(f"<w:{side} {_BORDER}/>" for side in ("top", "left", "bottom", "right", "insideH", "insideV")),
        '</w:tblBorders><w:tblLayout w:type="fixed"/><w:tblCellMar>',
        f'<w:top w:w="{pad}" w:type="dxa"/><w:left w:w="{margin}" w:type="dxa"/>',
        f'<w:bottom w:w="{pad}" w:type="dxa"/><w:right w:w="{margin}" w:type="dxa"/></w:tblCellMar></w:tblPr>',
        f"<w:tblGrid>{''.join(f'<w:gridCol w:w={chr(34)}{each}{chr(34)}/>' for each in widths)}</w:tblGrid>",
    ]
    running: dict[int, tuple[int, int]] = {}  # column -> rows still to come, columns spanned
    face = f'<w:sz w:val="{size}"/><w:szCs w:val="{size}"/>'
    for index, row in enumerate(table.rows):
        header = "<w:tblHeader/>" if index < table.header_rows else ""
        out.append(f"<w:tr><w:trPr><w:cantSplit/>{header}</w:trPr>")
        cells = iter(row)
        column = 0
        while column < columns:
            if column in running:
                left, span = running.pop(column)
                out.append(_cell(None, widths[column : column + span], "<w:vMerge/>", face))
                if left > 1:
                    running[column] = (left - 1, span)
                column += span
                continue
            cell = next(cells, None)
            span = min(cell.colspan, columns - column) if cell else 1
            merge = '<w:vMerge w:val="restart"/>' if cell and cell.rowspan > 1 else ""
            out.append(_cell(cell, widths[column : column + span], merge, face))
            if cell and cell.rowspan > 1:
                running[column] = (cell.rowspan - 1, span)
            column += span
        out.append("</w:tr>")
    out.append("</w:tbl>")
    return "".join(out)


def _cell(cell: TableCell | None, widths: list[int], merge: str, face: str) -> str:
    span = f'<w:gridSpan w:val="{len(widths)}"/>' if len(widths) > 1 else ""
    content = '<w:p><w:pPr><w:pStyle w:val="TableText"/></w:pPr></w:p>'
    if cell is not None:
        runs = tuple(replace(run, bold=True) for run in cell.runs) if cell.bold else cell.runs
        content = (
            f'<w:p><w:pPr><w:pStyle w:val="TableText"/><w:jc w:val="{_JC[cell.align]}"/></w:pPr>'
            f"{_runs(runs, face)}</w:p>"
        )
    return (
        f'<w:tc><w:tcPr><w:tcW w:w="{sum(widths)}" w:type="dxa"/>{span}{merge}<w:vAlign w:val="center"/></w:tcPr>'
        f"{content}</w:tc>"
    )


def _appendix(appendix: Appendix, profile: Profile) -> Iterator[str]:
    width = profile.text_width_landscape if appendix.landscape else profile.text_width
    yield _styled("AppendixLabel", profile.appendix_name(appendix.number))
    if appendix.title:
        yield _styled("AppendixTitle", appendix.title)
    if appendix.attached:
        yield _line(appendix.attached, profile.appendix_attached)
    if appendix.table is not None:
        yield f'<w:p><w:pPr><w:spacing w:line="{round(profile.paragraph_gap * 20)}" w:lineRule="exact"/></w:pPr></w:p>'
        yield _table(appendix.table, profile, width)
    if appendix.note:
        yield _line(appendix.note, profile.note, "left", before=6)
    elif appendix.table is not None:
        yield _tiny()
    yield from _body(appendix.body, profile, width)


def _section(profile: Profile, *, first: bool = False, landscape: bool = False, restart: bool = False) -> str:
    """Page set-up of a section; `first`: with the page number's header, none on the first page."""
    short, long = (twips(mm) for mm in profile.paper_mm)
    size = f'<w:pgSz w:w="{short}" w:h="{long}"/>'
    if landscape:
        size = f'<w:pgSz w:w="{long}" w:h="{short}" w:orient="landscape"/>'
    edge = twips(profile.page_number_from_edge)
    return (
        "<w:sectPr>"
        + f'<w:headerReference w:type="default" r:id="{HEADER_ID}"/><w:type w:val="nextPage"/>{size}'
        + f'<w:pgMar w:top="{twips(profile.margin_top)}" w:right="{twips(profile.margin_right)}"'
        + f' w:bottom="{twips(profile.margin_bottom)}" w:left="{twips(profile.margin_left)}"'
        + f' w:header="{edge}" w:footer="{edge}" w:gutter="0"/>'
        + ('<w:pgNumType w:start="1"/>' if restart else "")
        + ("<w:titlePg/>" if first or restart else "")
        + "</w:sectPr>"
    )
