"""Addresses of the static files, each with a piece of its content's hash.

What is in the files and where they come from: static/VENDOR.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from pathlib import Path

from flask import Flask, current_app, url_for
from werkzeug.security import safe_join

DIGITS = 12


@lru_cache(maxsize=256)
def _digest(path: str, mtime_ns: int, size: int) -> str:
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()[:DIGITS]


def digest(name: str) -> str | None:
    """First hex digits of the file's sha256, or None if static/ has no such file."""
    path = safe_join(current_app.static_folder or "", name)
    if path is None:
        return None
    try:
        found = Path(path).stat()
        return _digest(path, found.st_mtime_ns, found.st_size)
    except OSError:
        return None


def asset(name: str) -> str:
    """Address of a static file that changes whenever its content does; a missing file is a fault of ours."""
    version = digest(name)
    if version is None:
        raise FileNotFoundError(f"static/{name}")
    return url_for("static", filename=name, v=version)


def install(app: Flask) -> None:
    """Let templates say asset('app.css')."""
    app.jinja_env.globals["asset"] = asset
