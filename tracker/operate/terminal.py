"""How the `tracker` program talks: sentences in the installation's language, one line a refusal, JSON alone.

What the commands do is in tracker/cli.py and workers/main.py. Nothing here needs an application.
"""

from __future__ import annotations

import argparse
import gettext
import json
import sys
from collections.abc import Callable, Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any, NoReturn

from config import Settings, SettingsError
from tracker.core import clock
from tracker.core.errors import Invalid, NotFound, Refusal
from tracker.core.text import N_

TRANSLATIONS = Path(__file__).resolve().parents[2] / "translations"
DONE, REFUSED, MISUSED = 0, 1, 2
_SHOWN = 50


class Parser(argparse.ArgumentParser):
    """argparse that says in Vietnamese what is wrong with a call."""

    def error(self, message: str) -> NoReturn:
        """Usage and one line, exit 2."""
        self.print_usage(sys.stderr)
        self.exit(MISUSED, f"{self.prog}: {say(N_('sai cách gọi lệnh'))}: {message}\n")


def group(commands: Any, name: str) -> Any:
    """A word that has commands below it."""
    made = commands.add_parser(name)
    return made.add_subparsers(dest=f"{name}_command", metavar="LỆNH", required=True)


def command(
    commands: Any, name: str, run: Callable[[argparse.Namespace], int | None], *, as_json: bool = False
) -> argparse.ArgumentParser:
    """One command with what it runs."""
    made: argparse.ArgumentParser = commands.add_parser(name, help=(run.__doc__ or "").strip())
    made.set_defaults(run=run)
    if as_json:
        made.add_argument("--json", action="store_true")
    return made


def settings_of_commands() -> Settings:
    """The environment's settings, for commands that serve nobody."""
    return Settings.from_env(needs_secret=False)


def say(sentence: str, **params: object) -> str:
    """A sentence in the language of the installation (TRACKER_LOCALE), without an application."""
    shown = {name: _shown(value) for name, value in params.items()}
    text = _catalogue().gettext(sentence) if sentence else sentence
    return text % shown if shown else text


def line_of(refusal: Refusal) -> str:
    """The refusal as one line: its sentence, then every place."""
    said = say(refusal.message, **refusal.params)
    problems = list(refusal.problems) if isinstance(refusal, Invalid) else []
    if not problems:
        return said
    places = "; ".join(say(one.message, **one.params).rstrip(".") for one in problems[:_SHOWN])
    return f"{said.rstrip('.')}: {places}."


def refuse(line: str) -> int:
    """One line on standard error; the exit status of a refusal."""
    print(" ".join(line.split()), file=sys.stderr)
    return REFUSED


def print_json(document: Any) -> None:
    """One JSON document on standard output."""
    json.dump(document, sys.stdout, ensure_ascii=False, indent=1)
    sys.stdout.write("\n")


def read_bytes(path: Path) -> bytes:
    """A file's content. Raises NotFound or Invalid, naming it."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise NotFound("no_such_file", N_("Không có tệp %(file)s."), file=str(path)) from None
    except OSError as error:
        raise Invalid(
            "unreadable_file", N_("Không đọc được tệp %(file)s: %(why)s."), file=str(path), why=error.strerror
        ) from None


def moment(text: str | None) -> datetime:
    """The instant that `--now` names, in the office's zone unless it says otherwise; else the clock's."""
    if text is None:
        return clock.now()
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Invalid(
            "bad_instant", N_("--now nhận thời điểm ISO, ví dụ 2023-05-11T09:00:00+07:00; đang là %(text)s."), text=text
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=settings_of_commands().timezone)


def _shown(value: object) -> object:
    if isinstance(value, datetime):
        return f"{value:%H:%M} {_shown(value.date())}"
    if isinstance(value, date):
        return (
            f"{value.day:02d}/{value.month:02d}/{value.year}"
            if value.month < 3
            else f"{value.day:02d}/{value.month}/{value.year}"
        )
    if isinstance(value, Refusal):
        return say(value.message, **value.params)
    if isinstance(value, tuple) and len(value) == 2 and isinstance(value[1], Mapping):
        return say(str(value[0]), **value[1])
    return value


def _catalogue() -> gettext.NullTranslations:
    try:
        locale = settings_of_commands().locale
    except SettingsError:
        locale = "vi"
    return gettext.translation("messages", TRANSLATIONS, [locale], fallback=True)
