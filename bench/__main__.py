"""`make bench`: measures every module of bench/ and prints figure, measured, target and bare limit.

`ONLY="bare board"` measures some. Never part of the tests: a busy machine must not turn a build red.
"""

from __future__ import annotations

import importlib
import pkgutil
import sys
from pathlib import Path

import bench
from bench.harness import Figure, Place, place, record

NOT_MEASURED = {"__main__", "harness", "load", "sink", "town"}
RESULTS = Path(__file__).with_name("results.jsonl")


def modules(only: list[str]) -> list[str]:
    """The modules to measure, the bare limits first since others are shown beside them."""
    found = {module.name for module in pkgutil.iter_modules(bench.__path__)} - NOT_MEASURED
    ordered = sorted(found, key=lambda name: (name != "bare", name))
    unknown = set(only) - found
    if unknown:
        sys.exit(f"No such measurement: {' '.join(sorted(unknown))}. There are: {' '.join(ordered)}")
    return [name for name in ordered if not only or name in only or name == "bare"]


def show(figure: Figure, here: Place) -> str:
    """One line of the table."""
    target = "" if figure.target is None else f"{'≥' if figure.more else '≤'} {number(figure.target)}"
    verdict = {None: "", True: "met", False: "MISSED"}[figure.met]
    bare = here.so_far.get(figure.bare or "")
    limit = "" if bare is None else f"{number(bare.value)} {bare.unit}"
    measured = f"{number(figure.value)} {figure.unit}"
    return f"{figure.name:<44} {measured:>16} {target:>10} {verdict:<7} {limit:>16}  {figure.note}".rstrip()


def number(value: float) -> str:
    """Three digits that say something."""
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def main(only: list[str]) -> int:
    """Measure, print as it goes, write results.jsonl; 1 if a target was missed."""
    names = modules(only)
    print(f"{'figure':<44} {'measured':>16} {'target':>10} {'':<7} {'bare limit':>16}")
    with place() as here:
        for name in names:
            for figure in importlib.import_module(f"bench.{name}").figures(here):
                here.so_far[figure.name] = figure
                print(show(figure, here), flush=True)
    record(list(here.so_far.values()), RESULTS)
    missed = [figure.name for figure in here.so_far.values() if figure.met is False]
    print(f"\nwritten to {RESULTS.relative_to(Path.cwd()) if RESULTS.is_relative_to(Path.cwd()) else RESULTS}")
    if missed:
        print(f"missed: {', '.join(missed)}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
