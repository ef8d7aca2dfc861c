"""Which language this reader reads, and a refusal's sentence in it.

The sentences themselves are Vietnamese msgids where they are raised; the catalogues are in translations/.
"""

from __future__ import annotations

from zoneinfo import ZoneInfo

from flask import Blueprint, Flask, current_app, has_request_context, request
from flask_babel import Babel, get_locale
from werkzeug.wrappers import Response

from tracker.core.errors import Refusal
from tracker.web import words
from tracker.web.access import public
from tracker.web.filters import params_of, say
from tracker.web.htmx import go, here, safe_next

LANGUAGES = {"vi": "Tiếng Việt", "en": "English"}
COOKIE = "lang"
_YEAR = 365 * 24 * 3600

bp = Blueprint("lang", __name__)


def chosen_locale() -> str:
    """The reader's cookie, else the installation's language; outside a request always the latter."""
    default = str(current_app.config["BABEL_DEFAULT_LOCALE"])
    if not has_request_context():
        return default
    cookie = request.cookies.get(COOKIE, "")
    return cookie if cookie in LANGUAGES else default


def language() -> str:
    """Code of the language being read, for the page's lang attribute."""
    locale = get_locale()
    return str(locale.language) if locale is not None else "vi"


def translate_refusal(refusal: Refusal) -> str:
    """The refusal's sentence in the reader's language, its parameters filled in."""
    return say(refusal.message, **params_of(refusal.params))


@bp.post("/lang")
@public
def switch() -> Response:
    """Remember the language in a cookie and go back to the page it was asked from."""
    answer = go(safe_next(request.form.get("next")) or "/")
    wanted = request.form.get("lang", "")
    if wanted in LANGUAGES:
        answer.set_cookie(
            COOKIE,
            wanted,
            max_age=_YEAR,
            samesite="Lax",
            httponly=True,
            secure=bool(current_app.config.get("SESSION_COOKIE_SECURE")),
        )
    return answer


def install(app: Flask, *, locale: str, zone: ZoneInfo, directories: str) -> None:
    """Set up Flask-Babel; `directories` is the absolute folder of the catalogues."""
    app.config["BABEL_DEFAULT_LOCALE"] = locale
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = directories
    Babel(app, locale_selector=chosen_locale, timezone_selector=lambda: zone.key)
    words.install(app)
    app.jinja_env.globals["language"] = language
    app.jinja_env.globals["languages"] = LANGUAGES
    app.jinja_env.globals["here"] = here
    app.register_blueprint(bp)
