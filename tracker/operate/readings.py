"""Asking at a terminal whether the readings of a plan are right, and refusing where nobody can answer.

What was read, and how, is in plans/; opening the plan is reports/opening.py's.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from tracker.core.errors import Invalid, Refusal
from tracker.core.text import N_
from tracker.operate.terminal import say
from tracker.plans.spec import PlanSpec, Warning_


def confirmed(spec: PlanSpec, asked: Sequence[Warning_], arguments: argparse.Namespace) -> bool:
    """Show the readings; somebody at a terminal may confirm them all."""
    if arguments.json:
        return False
    print_readings(asked)
    if not sys.stdin.isatty():
        return False
    answer = input(say(N_("Nhận %(n)s cách hiểu trên và mở %(number)s? [c/k]"), n=len(asked), number=spec.number) + " ")
    return answer.strip().lower() in {"c", "co", "có", "y", "yes"}


def to_confirm(asked: Sequence[Warning_], arguments: argparse.Namespace) -> Invalid:
    """The refusal; where the readings were not printed, it names them."""
    shown = [
        Refusal("reading", N_("dòng %(line)s «%(text)s» → «%(read_as)s»"), line=w.line, text=w.text, read_as=w.read_as)
        for w in asked
        if arguments.json
    ]
    return Invalid(
        "readings_to_confirm",
        N_("Kế hoạch có %(n)s chỗ đọc theo cách hiểu, cần người xác nhận trước khi mở. Thêm --yes để nhận tất cả."),
        problems=shown,
        n=len(asked),
    )


def print_readings(asked: Sequence[Warning_]) -> None:
    for one in asked:
        read_as = f" → {one.read_as}" if one.read_as else ""
        print(say(N_("Dòng %(line)s: «%(text)s»"), line=one.line, text=one.text) + f"{read_as}. {one.ask}")
