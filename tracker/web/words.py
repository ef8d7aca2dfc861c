"""A sentence in the reader's language, looked up once a language: a page of the board asks some nine hundred times.

Which language that is, i18n.py decides; how a parameter is written, filters.py.
"""

from __future__ import annotations

from flask import Flask, g
from flask_babel import get_domain, get_locale
from jinja2.nodes import EvalContext
from jinja2.utils import pass_eval_context
from markupsafe import Markup

Known = dict[str, tuple[str, Markup]]
_MOST = 5000  # far more than there are msgids: what is no msgid must not gather here
_known: dict[str, Known] = {}


def words(msgid: str) -> tuple[str, Markup]:
    """The sentence of a msgid, as text and as markup, its places still open."""
    known: Known | None = g.get("tracker_words")
    if known is None:
        known = g.tracker_words = _known.setdefault(str(get_locale()), {})
    found = known.get(msgid)
    if found is None:
        if len(known) >= _MOST:
            known.clear()
        text = str(get_domain().get_translations().gettext(msgid))
        found = known[msgid] = (text, Markup(text))  # noqa: S704  # msgids are ours; values are escaped as they go in
    return found


@pass_eval_context
def _said(context: EvalContext, msgid: str, **values: object) -> str:
    """What templates call `_`: as Jinja's own newstyle gettext does it, always a format, its values escaped."""
    text, markup = words(msgid if type(msgid) is str else str(msgid))
    return (markup if context.autoescape else text) % values


def install(app: Flask) -> None:
    """Let templates say _('…'). Call it after Flask-Babel, which puts a slower one there."""
    app.jinja_env.globals["_"] = app.jinja_env.globals["gettext"] = _said
