"""How dates, instants, numbers and sentences are written on screen, in mail and in messages.

Nothing here decides what to say; the wording of a page is in its template.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from zoneinfo import ZoneInfo

from flask import Flask, current_app

from tracker.core.errors import Refusal
from tracker.core.sentences import date_long, date_short, day_month
from tracker.core.text import N_
from tracker.web.words import words

ZONE_KEY = "tracker.zone"
Number = int | float | Decimal


def say(msgid: str, **params: object) -> str:
    """The sentence in the reader's language, its places filled as they stand."""
    text = words(msgid)[0]
    return text % params if params else text


def zone() -> ZoneInfo:
    """The office's time zone (TRACKER_TIMEZONE), in which every instant is shown."""
    found = current_app.extensions.get(ZONE_KEY)
    return found if isinstance(found, ZoneInfo) else ZoneInfo("Asia/Ho_Chi_Minh")


def _local(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("naive datetime")
    return value.astimezone(zone())


def _day(value: date) -> date:
    return _local(value).date() if isinstance(value, datetime) else value


def ngay(value: date | None) -> str:
    """Date or instant as 09/5/2023: a leading 0 for days under 10 and months 1 and 2 only (decree 30, annex I)."""
    return "" if value is None else date_short(_day(value))


def ngay_ngan(value: date | None) -> str:
    """The same without the year: 09/5."""
    return "" if value is None else day_month(_day(value))


def gio(value: datetime | None) -> str:
    """Instant as local time, 16:40."""
    return "" if value is None else f"{_local(value):%H:%M}"


def luc(value: datetime | None) -> str:
    """Instant as 16:40 ngày 09/5/2023."""
    if value is None:
        return ""
    return say(N_("%(gio)s ngày %(ngay)s"), gio=gio(value), ngay=ngay(value))


def luc_ngan(value: datetime | None) -> str:
    """Instant as 16:40 ngày 09/5."""
    if value is None:
        return ""
    return say(N_("%(gio)s ngày %(ngay)s"), gio=gio(value), ngay=ngay_ngan(value))


def thu(value: date | None) -> str:
    """Weekday in words: thứ Ba."""
    return "" if value is None else str(_param(date_long(_day(value)).params["thu"]))


def thu_ngay(value: date | None) -> str:
    """Weekday and date: thứ Ba, ngày 09/5/2023."""
    return "" if value is None else sentence(date_long(_day(value)))


def so(value: Number | None, decimals: int | None = None) -> str:
    """Number as 1.148 or 95,4: dot between thousands, comma before decimals; None is an empty string.

    `decimals` rounds half up; without it an integer has none and any other number has one.
    """
    if value is None:
        return ""
    if decimals is None:
        decimals = 0 if isinstance(value, int) else 1
    exact = value if isinstance(value, Decimal) else Decimal(str(value))
    rounded = exact.quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)
    return f"{rounded:,.{decimals}f}".translate({ord(","): ".", ord("."): ","})


def phan_tram(value: Number | None, decimals: int | None = None) -> str:
    """Percent points as 95,4 % (71 stays 71 %); None is an empty string."""
    return "" if value is None else f"{so(value, decimals)} %"


def ti_le(value: Number | None) -> str:
    """A share between 0 and 1 in whole percent points: 0.8125 is 81 %.

    Rounded down short of 1, so that what is not complete never reads 100 %.
    """
    if value is None:
        return ""
    share = value if isinstance(value, Decimal) else Decimal(str(value))
    return f"{int(share * 100)} %"


def params_of(params: Mapping[str, object]) -> dict[str, object]:
    """Parameters of a sentence as they are to be read: dates written out, nested sentences translated."""
    return {name: _param(value) for name, value in params.items()}


def _param(value: object) -> object:
    if isinstance(value, Refusal):
        return say(value.message, **params_of(value.params))
    if isinstance(value, datetime):
        return luc(value)
    if isinstance(value, date):
        return ngay(value)
    if isinstance(value, tuple) and len(value) == 2 and isinstance(value[0], str) and isinstance(value[1], Mapping):
        return sentence(value)
    return value


def sentence(value: str | tuple[str, Mapping[str, object]] | None) -> str:
    """A msgid, or a (msgid, params) pair, in the reader's language."""
    if value is None:
        return ""
    msgid, params = (value, {}) if isinstance(value, str) else value
    if not msgid:
        return ""
    return say(msgid, **params_of(params))


def install(app: Flask, zone: ZoneInfo) -> None:
    """Register the filters for every template, the mail's included."""
    app.extensions[ZONE_KEY] = zone
    for filter_ in (ngay, ngay_ngan, gio, luc, luc_ngan, thu, thu_ngay, so, phan_tram, ti_le, sentence):
        app.add_template_filter(filter_)
