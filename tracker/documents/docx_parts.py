"""The still parts of a .docx package: styles, settings, header, properties, relationships, and the zip itself.

The document's own text is written in docx.py.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping
from datetime import UTC
from xml.sax.saxutils import escape, quoteattr

from tracker.documents.model import Document
from tracker.documents.profiles import Face, Profile

_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "application/vnd.openxmlformats-officedocument"
DOCUMENT_OPEN = f'{_XML}<w:document xmlns:w="{_W}" xmlns:r="{_R}"><w:body>'
DOCUMENT_CLOSE = "</w:body></w:document>"
HEADING_LEVELS = 6
_NEVER = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
# A fixed date in the zip entries: the same document gives the same bytes.
_ZIP_DATE = (1980, 1, 1, 0, 0, 0)


def twips(mm: float) -> int:
    """Millimetres as twentieths of a point."""
    return round(mm * 1440 / 25.4)


def safe(text: str) -> str:
    """Text for an element: escaped, without the characters XML cannot hold."""
    return escape(_NEVER.sub("", text))


def face_xml(face: Face) -> str:
    """The properties of a run in this face."""
    size = round(face.size * 2)
    return (
        ("<w:b/>" if face.bold else "")
        + ("<w:i/>" if face.italic else "")
        + ("<w:caps/>" if face.upper else "")
        + f'<w:sz w:val="{size}"/><w:szCs w:val="{size}"/>'
        + ('<w:u w:val="single"/>' if face.underline else "")
    )


def pack(document: Document, body: str) -> bytes:
    """The whole package around `body` (the text of word/document.xml)."""
    profile = document.profile
    parts = {
        "[Content_Types].xml": _CONTENT_TYPES,
        "_rels/.rels": _ROOT_RELS,
        "docProps/core.xml": _core(document),
        "docProps/app.xml": _APP,
        "word/document.xml": body,
        "word/_rels/document.xml.rels": _DOCUMENT_RELS,
        "word/styles.xml": _styles(profile),
        "word/settings.xml": _SETTINGS,
        "word/fontTable.xml": _fonts(profile),
        "word/header1.xml": _header(profile),
    }
    return zip_parts(parts)


def zip_parts(parts: Mapping[str, str | bytes]) -> bytes:
    """Parts by name as zip bytes, in the order given, every entry under one fixed date."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as package:
        for name, content in parts.items():
            entry = zipfile.ZipInfo(name, _ZIP_DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o600 << 16
            package.writestr(entry, content.encode("utf-8") if isinstance(content, str) else content)
    return out.getvalue()


def _paragraph_style(
    key: str, name: str, paragraph: str, run: str = "", *, based: str = "Normal", more: str = "", own: bool = False
) -> str:
    base = f'<w:basedOn w:val="{based}"/>' if based else ""
    marks = (' w:default="1"' if key == "Normal" else "") + (' w:customStyle="1"' if own else "")
    return (
        f'<w:style w:type="paragraph"{marks} w:styleId="{key}"><w:name w:val={quoteattr(name)}/>{base}{more}'
        f"<w:qFormat/><w:pPr>{paragraph}</w:pPr><w:rPr>{run}</w:rPr></w:style>"
    )


def _styles(profile: Profile) -> str:
    font = quoteattr(profile.font)
    size = round(profile.body_size * 2)
    line = (
        f'w:line="{round(profile.line_exact * 20)}" w:lineRule="exact"'
        if profile.line_exact
        else f'w:line="{round(profile.line_multiple * 240)}" w:lineRule="auto"'
    )
    gap = round(profile.paragraph_gap * 20)
    indent = twips(profile.first_line)
    styles = [
        "<w:docDefaults><w:rPrDefault><w:rPr>"
        f"<w:rFonts w:ascii={font} w:hAnsi={font} w:eastAsia={font} w:cs={font}/>"
        f'<w:sz w:val="{size}"/><w:szCs w:val="{size}"/>'
        '<w:lang w:val="vi-VN" w:eastAsia="vi-VN" w:bidi="ar-SA"/></w:rPr></w:rPrDefault>'
        "<w:pPrDefault><w:pPr/></w:pPrDefault></w:docDefaults>",
        _paragraph_style("Normal", "Normal", "<w:widowControl/>", based=""),
        _paragraph_style(
            "BodyText",
            "Body Text",
            f'<w:spacing w:before="{gap}" {line}/><w:ind w:firstLine="{indent}"/><w:jc w:val="both"/>',
        ),
        _paragraph_style("Quote", "Quote", f'<w:ind w:left="{indent}" w:firstLine="0"/>', "<w:i/>", based="BodyText"),
        _paragraph_style("ListParagraph", "List Paragraph", "", based="BodyText"),
    ]
    for level in range(1, HEADING_LEVELS + 1):
        styles.append(
            _paragraph_style(
                f"Heading{level}",
                f"heading {level}",
                f'<w:keepNext/><w:keepLines/><w:spacing w:before="{gap}" {line}/>'
                f'<w:ind w:firstLine="{indent}"/><w:jc w:val="both"/><w:outlineLvl w:val="{level - 1}"/>',
                face_xml(profile.heading(level)),
                more='<w:next w:val="BodyText"/>',
            )
        )
    centred = '<w:jc w:val="center"/>'
    title_gap = '<w:spacing w:before="280"/>'
    styles += [
        _paragraph_style("Title", "Title", f"<w:keepNext/>{title_gap}{centred}", face_xml(profile.title)),
        _paragraph_style("Subtitle", "Subtitle", f"<w:keepNext/>{centred}", face_xml(profile.subtitle)),
        _paragraph_style(
            "AppendixLabel",
            "Phụ lục",
            f'<w:keepNext/>{centred}<w:outlineLvl w:val="0"/>',
            face_xml(profile.appendix_label),
            own=True,
        ),
        _paragraph_style(
            "AppendixTitle", "Tên phụ lục", f"<w:keepNext/>{centred}", face_xml(profile.appendix_title), own=True
        ),
        _paragraph_style("TableText", "Table Text", "", face_xml(Face(profile.table_size)), own=True),
        _paragraph_style("Header", "header", centred, face_xml(Face(profile.page_number_size))),
        '<w:style w:type="table" w:default="1" w:styleId="TableNormal"><w:name w:val="Normal Table"/>'
        '<w:tblPr><w:tblInd w:w="0" w:type="dxa"/><w:tblCellMar><w:top w:w="0" w:type="dxa"/>'
        '<w:left w:w="108" w:type="dxa"/><w:bottom w:w="0" w:type="dxa"/><w:right w:w="108" w:type="dxa"/>'
        "</w:tblCellMar></w:tblPr></w:style>",
    ]
    return f'{_XML}<w:styles xmlns:w="{_W}">{"".join(styles)}</w:styles>'


def _header(profile: Profile) -> str:
    return (
        f'{_XML}<w:hdr xmlns:w="{_W}" xmlns:r="{_R}"><w:p><w:pPr><w:pStyle w:val="Header"/></w:pPr>'
        '<w:r><w:fldChar w:fldCharType="begin"/></w:r><w:r><w:instrText xml:space="preserve"> PAGE </w:instrText></w:r>'
        '<w:r><w:fldChar w:fldCharType="separate"/></w:r><w:r><w:t>2</w:t></w:r>'
        '<w:r><w:fldChar w:fldCharType="end"/></w:r></w:p></w:hdr>'
    )


def _fonts(profile: Profile) -> str:
    return (
        f'{_XML}<w:fonts xmlns:w="{_W}"><w:font w:name={quoteattr(profile.font)}><w:altName w:val="Tinos"/>'
        '<w:charset w:val="00"/><w:family w:val="roman"/><w:pitch w:val="variable"/></w:font></w:fonts>'
    )


def _core(document: Document) -> str:
    title = " ".join(part for part in (document.title, document.subtitle or document.about) if part)
    stamp = ""
    if document.created is not None:
        instant = document.created.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        stamp = "".join(
            f'<dcterms:{name} xsi:type="dcterms:W3CDTF">{instant}</dcterms:{name}>' for name in ("created", "modified")
        )
    return (
        f'{_XML}<cp:coreProperties xmlns:cp="{_PACKAGE}/metadata/core-properties"'
        ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/"'
        ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f"<dc:title>{safe(title)}</dc:title><dc:creator>{safe(document.head.issuer)}</dc:creator>"
        f"<dc:language>vi-VN</dc:language>{stamp}</cp:coreProperties>"
    )


_CONTENT_TYPES = (
    f'{_XML}<Types xmlns="{_PACKAGE}/content-types">'
    f'<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    + "".join(
        f'<Override PartName="{part}" ContentType="{kind}"/>'
        for part, kind in (
            ("/word/document.xml", f"{_OFFICE}.wordprocessingml.document.main+xml"),
            ("/word/styles.xml", f"{_OFFICE}.wordprocessingml.styles+xml"),
            ("/word/settings.xml", f"{_OFFICE}.wordprocessingml.settings+xml"),
            ("/word/fontTable.xml", f"{_OFFICE}.wordprocessingml.fontTable+xml"),
            ("/word/header1.xml", f"{_OFFICE}.wordprocessingml.header+xml"),
            ("/docProps/core.xml", "application/vnd.openxmlformats-package.core-properties+xml"),
            ("/docProps/app.xml", f"{_OFFICE}.extended-properties+xml"),
        )
    )
    + "</Types>"
)


def _relationships(*entries: tuple[str, str, str]) -> str:
    rows = "".join(f'<Relationship Id="{key}" Type="{kind}" Target="{target}"/>' for key, kind, target in entries)
    return f'{_XML}<Relationships xmlns="{_PACKAGE}/relationships">{rows}</Relationships>'


_ROOT_RELS = _relationships(
    ("rId1", f"{_R}/officeDocument", "word/document.xml"),
    ("rId2", f"{_PACKAGE}/relationships/metadata/core-properties", "docProps/core.xml"),
    ("rId3", f"{_R}/extended-properties", "docProps/app.xml"),
)
_DOCUMENT_RELS = _relationships(
    ("rId1", f"{_R}/styles", "styles.xml"),
    ("rId2", f"{_R}/settings", "settings.xml"),
    ("rId3", f"{_R}/fontTable", "fontTable.xml"),
    ("rId4", f"{_R}/header", "header1.xml"),
)
HEADER_ID = "rId4"
_APP = (
    f'{_XML}<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/extended-properties">'
    "<Application>tracker</Application></Properties>"
)
_SETTINGS = (
    f'{_XML}<w:settings xmlns:w="{_W}"><w:zoom w:percent="100"/><w:defaultTabStop w:val="567"/>'
    '<w:characterSpacingControl w:val="doNotCompress"/><w:compat><w:compatSetting w:name="compatibilityMode"'
    ' w:uri="http://schemas.microsoft.com/office/word" w:val="15"/></w:compat><w:themeFontLang w:val="vi-VN"/>'
    '<w:decimalSymbol w:val=","/><w:listSeparator w:val=";"/></w:settings>'
)
