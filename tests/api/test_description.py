"""The OpenAPI description holds what the routes are."""

from __future__ import annotations

import re

from flask import Flask

from tracker.operate.openapi import document


def test_the_description_names_every_route_and_no_other(app: Flask) -> None:
    described = {
        (method.upper(), path)
        for path, item in document("http://x")["paths"].items()
        for method in item
        if method != "parameters"
    }
    routed = {
        (method, re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", str(rule)).removeprefix("/api/v1"))
        for rule in app.url_map.iter_rules()
        if str(rule).startswith("/api/v1/") and not str(rule).endswith("openapi.json")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert routed == described
