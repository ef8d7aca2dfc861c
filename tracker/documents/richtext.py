"""Rich text from a browser or a Word file: cleaned to a short list of tags, and read as plain text.

Cleaning runs when text is stored and again when it is shown (faults.md, section 5, "HTML").
"""

from __future__ import annotations

import html as html_escape
import re

import nh3

from tracker.core.errors import TooLarge
from tracker.core.text import N_, nfc

MAX_LENGTH = 200_000
TAGS = {
    *("p", "br", "strong", "em", "u", "s", "sub", "sup", "ul", "ol", "li", "h2", "h3", "h4", "blockquote"),
    *("table", "thead", "tbody", "tr", "th", "td", "a"),
}
_SAME = {"b": "strong", "i": "em", "strike": "s", "div": "p", "h1": "h2", "h5": "h4", "h6": "h4"}
_RENAME = re.compile(r"<(/?)(" + "|".join(_SAME) + r")\b", re.IGNORECASE)
_TAG = re.compile(r"<[a-zA-Z/!]")
_BREAK = re.compile(r"</(?:p|li|h[2-4]|tr|blockquote)>|<br\s*/?>", re.IGNORECASE)
_ANY_TAG = re.compile(r"<[^>]+>")
_SPACES = re.compile(r"[ \t\u00a0]+")


def _attribute(tag: str, name: str, value: str) -> str | None:
    if name in ("colspan", "rowspan"):
        return str(min(max(int(value), 1), 50)) if value.isdigit() and len(value) < 6 else None
    return value


_CLEANER = nh3.Cleaner(
    tags=TAGS,
    clean_content_tags={"script", "style"},
    attributes={"a": {"href"}, "td": {"colspan", "rowspan"}, "th": {"colspan", "rowspan"}},
    attribute_filter=_attribute,
    url_schemes={"https", "http", "mailto"},
    url_relative="deny",
    link_rel="noopener noreferrer nofollow",
)


def clean(text: str) -> str:
    """HTML with safe tags only, NFC. Text without any tag becomes one paragraph a line.

    Raises TooLarge above 200,000 characters.
    """
    if len(text) > MAX_LENGTH:
        raise TooLarge(
            "text_too_long",
            N_("Mục này dài %(length)s ký tự, nhiều hơn mức %(limit)s. Rút gọn hoặc đính kèm tệp."),
            length=len(text),
            limit=MAX_LENGTH,
        )
    text = nfc(text)
    if not _TAG.search(text):
        lines = (line.strip() for line in text.splitlines())
        return "".join(f"<p>{html_escape.escape(line, quote=False)}</p>" for line in lines if line)
    cleaned = _CLEANER.clean(_RENAME.sub(lambda m: f"<{m[1]}{_SAME[m[2].lower()]}", text)).strip()
    return cleaned if visible_text(cleaned) else ""


def visible_text(html: str) -> str:
    """What a reader sees: one line a paragraph or list item, entities resolved, ends trimmed."""
    text = html_escape.unescape(_ANY_TAG.sub("", _BREAK.sub("\n", html)))
    return "\n".join(line for raw in text.split("\n") if (line := _SPACES.sub(" ", raw).strip()))
