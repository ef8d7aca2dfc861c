"""Everything that all views share, put into an app in the one order that works.

Routes, users and data are create_app's business.
"""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

from flask import Flask

from tracker.web import (
    access,
    assets,
    compress,
    csrf,
    errors,
    filters,
    forms,
    i18n,
    limits,
    paths,
    requestlog,
    security,
)

TRANSLATIONS = Path(__file__).resolve().parents[2] / "translations"


def install(app: Flask, *, https: bool, locale: str, zone: ZoneInfo, limits_storage: str = "memory://") -> None:
    """Install the whole room. Call it after LoginManager.init_app and before any blueprint.

    `limits_storage`: limits.storage_for(broker_url). Afterwards call shell.register(app, build).
    """
    # after_request runs backwards: compression last, the log line before it, headers first.
    compress.install(app)
    requestlog.install(app)
    security.install(app, https=https)
    filters.install(app, zone)
    assets.install(app)
    app.jinja_env.globals["form_errors"] = forms.summary
    errors.install(app)
    paths.install(app)
    # before_request runs forwards: id, limit, gate, CSRF.
    limits.install(app, storage=limits_storage)
    access.install(app)
    csrf.install(app)
    i18n.install(app, locale=locale, zone=zone, directories=str(TRANSLATIONS))
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
