"""What others made is as they published it, and what we made names it rightly."""

from __future__ import annotations

import hashlib
import re

from tests.web.conftest import ROOT

STATIC = ROOT / "static"


def listed() -> dict[str, str]:
    lines = (STATIC / "VENDOR").read_text(encoding="utf-8").splitlines()
    rows = [line.split() for line in lines if line and not line.startswith("#")]
    assert all(len(row) == 5 for row in rows)
    return {path: digest for _, _, _, digest, path in rows}


def test_every_vendored_file_has_its_published_hash() -> None:
    found = {path: hashlib.sha256((STATIC / path).read_bytes()).hexdigest() for path in listed()}
    assert found == listed()


def test_no_vendored_file_is_unlisted() -> None:
    there = {p.relative_to(STATIC).as_posix() for folder in ("vendor", "fonts") for p in (STATIC / folder).rglob("*")
             if p.is_file()}  # fmt: skip
    assert there == set(listed())


def test_every_vendored_folder_has_its_licence() -> None:
    folders = {path.rsplit("/", 1)[0] for path in listed()}
    assert all(any(path.startswith(f"{folder}/LICENSE") for path in listed()) for folder in folders)


def test_the_sheet_asks_for_the_fonts_by_their_hash() -> None:
    asked = re.findall(r"url\((fonts/[^?)]+)\?v=([0-9a-f]+)\)", (STATIC / "app.css").read_text(encoding="utf-8"))
    assert len(asked) == 2
    for path, version in asked:
        assert listed()[path].startswith(version)
        assert len(version) == 12


def test_the_sheet_and_the_scripts_fetch_nothing_from_elsewhere() -> None:
    for path in [STATIC / "app.css", *sorted((STATIC / "js").glob("*.js"))]:
        text = path.read_text(encoding="utf-8").replace("http://www.w3.org/2000/svg", "")
        assert not re.search(r"https?:|//[a-z0-9.-]+\.[a-z]{2,}/|@import", text), path
        assert "eval(" not in text
        assert "innerHTML =" not in text


def test_every_variable_of_the_sheet_is_defined_in_light_and_used_in_print() -> None:
    sheet = (STATIC / "app.css").read_text(encoding="utf-8")
    assert set(re.findall(r"var\((--[a-z0-9-]+)", sheet)) <= set(re.findall(r"(--[a-z0-9-]+):", sheet))
    assert "position:sticky" not in sheet
