"""The sample story of plan 271, read from its files: who does what when, with which words and figures. Writes nothing.

Everything in it is invented (operate/sample/*.json say so); only the plan and the communes' names are real.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

SAMPLE = Path(__file__).parent / "sample"
PLAN_FILE = SAMPLE / "271-KH-HU.txt"
UNITS_FILE = SAMPLE / "units-phong-tho-2023.csv"
NOTHING = "nothing_to_report"


@dataclass(frozen=True, slots=True)
class Deed:
    """One thing that happens to one unit's report."""

    at: datetime
    unit: str
    step: str
    by: str
    note: str | None = None
    resubmit_by: str | None = None
    due_before: datetime | None = None
    flaw: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a unit writes: HTML by section, cells by table; None for a whole table: nothing to report."""

    sections: Mapping[str, str]
    tables: Mapping[str, Mapping[str, Mapping[str, Any]] | None]


def deeds() -> list[Deed]:
    """Every deed after the opening, in order of time."""
    found = [
        Deed(
            at=datetime.fromisoformat(event["at"]),
            unit=story["code"],
            step=event["step"],
            by=event["by"],
            note=event.get("reason"),
            resubmit_by=event.get("resubmit_by"),
            due_before=datetime.fromisoformat(event["due_before"]) if "due_before" in event else None,
            flaw=event.get("flaw"),
        )
        for story in _load("sample-story.json")["stories"]
        for event in story["events"]
        if event["step"] != "open"
    ]
    return sorted(found, key=lambda deed: deed.at)


def opened_at() -> datetime:
    """When the campaign is opened."""
    first = _load("sample-story.json")["stories"][0]["events"][0]
    return datetime.fromisoformat(first["at"])


def answer(unit: str, concern_cells: Mapping[str, tuple[Sequence[str], Sequence[str]]], *, flawed: bool) -> Answer:
    """The words and figures of a unit; `flawed`: with the faults that a reviewer will find.

    `concern_cells`: table -> (rows, columns) asked of the unit; what the sample has no figure for is declared.
    """
    texts, figures = _load("sample-texts.json"), _figures()[unit]
    chosen = texts["units"][unit]
    words = texts["archetypes"][chosen["archetype"]]
    sections = {number: words[number][variant] for number, variant in chosen["variants"].items()}
    if flawed:
        sections |= {f["section"]: f["html"] for f in texts["flawed"] if f["unit"] == unit and "html" in f}
    filled = {number: html.format_map(figures["placeholders"]) for number, html in sections.items()}
    return Answer(filled, {number: _cells(figures, number, *asked) for number, asked in concern_cells.items()})


def _cells(
    figures: Mapping[str, Any], number: str, rows: Sequence[str], columns: Sequence[str]
) -> Mapping[str, Mapping[str, Any]] | None:
    table = figures["tables"].get(number)
    if table is None:
        return None
    absent = set(figures.get("not_applicable_columns", {}).get(number, ()))
    cells: dict[str, dict[str, Any]] = {}
    for row in rows:
        given = table.get(row, {})
        if given == "not_applicable":
            cells[row] = dict.fromkeys(columns, "not_applicable")
        else:
            cells[row] = {key: given.get(key, "not_applicable" if key in absent else NOTHING) for key in columns}
    return cells


@lru_cache(maxsize=1)
def _figures() -> dict[str, dict[str, Any]]:
    return {unit["code"]: unit for unit in _load("sample-figures.json")["units"]}


@lru_cache(maxsize=4)
def _load(name: str) -> dict[str, Any]:
    data: dict[str, Any] = json.loads((SAMPLE / name).read_text(encoding="utf-8"))
    return data


def forget() -> None:
    """Let go of the files' contents (they weigh some megabytes in memory)."""
    _figures.cache_clear()
    _load.cache_clear()
