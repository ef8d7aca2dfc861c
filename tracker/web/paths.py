"""What an id in an address may be: a number that the database can hold. Anything else is a page that is not there."""

from __future__ import annotations

from flask import Flask
from werkzeug.routing import IntegerConverter, ValidationError

LARGEST = 2**31 - 1


class IdConverter(IntegerConverter):
    """<int:…>, up to the largest id: a longer number is a 404, not an error of the database."""

    def to_python(self, value: str) -> int:
        if len(value) > 10 or not value.isascii() or int(value) > LARGEST:
            raise ValidationError
        return int(super().to_python(value))


def install(app: Flask) -> None:
    """Use it for every <int:…> of every route registered afterwards."""
    app.url_map.converters["int"] = IdConverter
