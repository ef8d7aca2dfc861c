"""Vietnamese public holidays with their observed and swapped days, by year.

The office's own changes live in its calendar table and meet these in core/calendar.py.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

TABLE = Path(__file__).with_name("holidays-vi.json")
YEARS = range(2000, 2051)
# The lunar tables of the library end here; further out nobody has fixed a holiday.
_LUNAR = range(1901, 2100)


@dataclass(frozen=True, slots=True)
class Year:
    """One calendar year: days off with their Vietnamese names, and weekend days that are worked instead."""

    off: Mapping[date, str]
    worked: frozenset[date]


@lru_cache(maxsize=256)
def year(number: int) -> Year:
    """The public holidays of a year: from the table that is shipped, outside its years from the library."""
    if number in YEARS:
        return _table()[number]
    return from_library(number)


def from_library(number: int) -> Year:
    """The same from the `holidays` package (Vietnam, names in Vietnamese, observed days included).

    The package loads every country of the world: 45 MB and half a second, which is why its answers are
    kept as a table and why it is imported here. Labour Code, article 112, and the yearly notices.
    """
    if number not in _LUNAR:
        return Year({}, frozenset())
    import holidays

    # A swapped day of December may stand with the following January (27/12/2014 for 02/01/2015).
    country = holidays.country_holidays("VN", years=(number, number + 1), language="vi")
    off = {day: name for day, name in sorted(country.items()) if day.year == number}
    worked = frozenset(day for day in country.weekend_workdays if day.year == number)
    return Year(off, worked)


@lru_cache(maxsize=1)
def _table() -> Mapping[int, Year]:
    data = json.loads(TABLE.read_text(encoding="utf-8"))
    return {
        int(number): Year(
            {date.fromisoformat(f"{number}-{day}"): name for day, name in entry["off"].items()},
            frozenset(date.fromisoformat(f"{number}-{day}") for day in entry["worked"]),
        )
        for number, entry in data.items()
    }


def write_table(path: Path = TABLE) -> None:
    """Write the table anew from the installed library: `python -m tracker.core.holidays`."""
    data = {}
    for number in YEARS:
        made = from_library(number)
        data[str(number)] = {
            "off": {day.isoformat()[5:]: name for day, name in made.off.items()},
            "worked": sorted(day.isoformat()[5:] for day in made.worked),
        }
    path.write_text(json.dumps(data, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    write_table()
    sys.stdout.write(f"{TABLE}\n")
