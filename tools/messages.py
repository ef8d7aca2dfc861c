"""The catalogues: `python -m tools.messages update` collects the sentences, `… check` says what is wrong.

The msgids are Vietnamese, so the Vietnamese catalogue fills itself; English is written by a person.
"""

from __future__ import annotations

import re
import sys
from copy import deepcopy
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parents[1]
TRANSLATIONS = ROOT / "translations"
LOCALES = ("vi", "en")
KEYWORDS: dict[str, tuple[int, ...] | None] = {
    "_": None,
    "N_": None,
    "gettext": None,
    "lazy_gettext": None,
    "ngettext": (1, 2),
}
HEADER = "# Sentences of the tracker, collected by `make messages`."
_PLACE = re.compile(r"%\((\w+)\)[sd]")


def extract(root: Path = ROOT) -> Catalog:
    """Every sentence marked in the Python files and templates under `root`, with the files that hold it."""
    with (ROOT / "babel.cfg").open(encoding="utf-8") as handle:
        methods, options = parse_mapping_cfg(handle)
    found = Catalog(project="tracker", charset="utf-8", header_comment=HEADER)
    for name, line, message, comments, context in extract_from_dir(
        root, methods, options, keywords=KEYWORDS, comment_tags=("i18n:",)
    ):
        found.add(message, None, [(name, line)], auto_comments=comments, context=context)
    return found


def read(locale: str, folder: Path = TRANSLATIONS) -> Catalog:
    """The catalogue as it stands; an empty one if there is none yet."""
    path = folder / locale / "LC_MESSAGES" / "messages.po"
    if not path.exists():
        return Catalog(locale=locale, project="tracker", charset="utf-8", header_comment=HEADER, fuzzy=False)
    with path.open("rb") as handle:
        return read_po(handle, locale=locale)


def update(folder: Path = TRANSLATIONS) -> list[str]:
    """Bring both catalogues in step with the sources; returns what a person has to translate."""
    template = extract()
    for locale in LOCALES:
        catalogue = read(locale, folder)
        born = catalogue.creation_date
        # Babel hands over the template's own messages: what Vietnamese fills in would be English too.
        catalogue.update(deepcopy(template), no_fuzzy_matching=True)
        catalogue.creation_date = born  # nothing to merge where nothing changed
        if locale == "vi":
            for message in catalogue:
                if message.id and not _translated(message):
                    # Vietnamese has one form for any number.
                    message.string = (message.id[-1],) if message.pluralizable else message.id
        path = folder / locale / "LC_MESSAGES" / "messages.po"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("wb") as handle:
            write_po(handle, catalogue, width=120, include_lineno=False, ignore_obsolete=True, sort_by_file=True)
    return problems(template, folder)


def problems(template: Catalog, folder: Path = TRANSLATIONS) -> list[str]:
    """What is missing, fuzzy, left over or has other %(places)s than its sentence; empty if all is well."""
    wrong: list[str] = []
    wanted = {message.id for message in template if message.id}
    for locale in LOCALES:
        catalogue = read(locale, folder)
        have = {message.id: message for message in catalogue if message.id}
        wrong += [f"{locale}: not in the catalogue: {_first(each)!r}" for each in wanted - have.keys()]
        wrong += [f"{locale}: no longer used: {_first(each)!r}" for each in have.keys() - wanted]
        for key, message in have.items():
            if message.fuzzy:
                wrong.append(f"{locale}: fuzzy: {_first(key)!r}")
            if not _translated(message):
                wrong.append(f"{locale}: not translated: {_first(key)!r}")
            elif locale == "en" and _has_marks(_first(key)) and _first(key) in _texts(message.string):
                wrong.append(f"{locale}: still Vietnamese: {_first(key)!r}")
            elif key in wanted and any(_places(text) != _places(_last(key)) for text in _texts(message.string)):
                wrong.append(f"{locale}: other %(places)s than the sentence has: {_first(key)!r}")
    return sorted(wrong)


def _texts(string: object) -> list[str]:
    return [str(each) for each in string] if isinstance(string, list | tuple) else [str(string)]


def _translated(message: Message) -> bool:
    return bool(message.string) and all(text.strip() for text in _texts(message.string))


def _has_marks(text: str) -> bool:
    return any(char.isalpha() and not char.isascii() for char in text)


def _first(key: object) -> str:
    return _texts(key)[0]


def _last(key: object) -> str:
    return _texts(key)[-1]


def _places(text: str) -> set[str]:
    return set(_PLACE.findall(text))


def main(arguments: list[str]) -> int:
    """`update` or `check`."""
    match arguments:
        case ["update"]:
            for problem in update():
                print(problem)
            return 0
        case ["check"]:
            wrong = problems(extract())
            for problem in wrong:
                print(problem, file=sys.stderr)
            if wrong:
                print("make messages collects the sentences; the English ones are yours to write.", file=sys.stderr)
            return 1 if wrong else 0
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
