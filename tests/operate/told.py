"""The sample's story, told once for a whole test run and kept as SQLite files that tests copy."""

from __future__ import annotations

import contextlib
import json
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from flask import Flask

from config import Settings
from tests import servers
from tracker.accounts.queries import actor_of_email
from tracker.app import create_app
from tracker.assembly.running import assemble_to
from tracker.board.queries import Filters, rows, totals
from tracker.core.db import db, transaction
from tracker.core.people import Actor
from tracker.deadlines.tick import post_office, tick
from tracker.files.store import FolderStore
from tracker.operate import sample
from tracker.operate.addresses import Addresses

SAMPLE = Path(sample.__file__).parent / "sample"
STORY: dict[str, Any] = json.loads((SAMPLE / "sample-story.json").read_text(encoding="utf-8"))
EXPECTED: dict[str, Any] = STORY["expected_board"]
CONSOLIDATED_AT = datetime.fromisoformat("2023-05-31T15:30:00+07:00")
LEAD = "hanh.nt@phongtho.example"
SHOWN, END = "shown.db", "end.db"

Make = Callable[..., Settings]


@dataclass(frozen=True)
class Told:
    """What telling the story left: databases as of 09:00 11/5 and of its end, the boards on the way, two assemblies."""

    folder: Path

    @property
    def boards(self) -> dict[str, Any]:
        """Board by moment: the same keys as the story's expected ones."""
        return dict(json.loads((self.folder / "boards.json").read_text(encoding="utf-8")))

    def figures(self, name: str) -> dict[str, Any]:
        """figures.json of the `provisional` or the `final` assembly."""
        return dict(json.loads((self.folder / name / "figures.json").read_text(encoding="utf-8")))

    @property
    def files(self) -> FolderStore:
        """What the assemblies stored; read it, do not write to it."""
        return FolderStore(self.folder / "files")

    def app(self, name: str, to: Path, make_settings: Make) -> Flask:
        """The application over a copy of one of the databases."""
        copy = to / name
        shutil.copyfile(self.folder / name, copy)
        return create_app(make_settings(f"sqlite:///{copy}", sample=True))


def tell(shared: Path, template: Path, make_settings: Make) -> Told:
    """Live the story from the opening to its end, if no other worker of this run has done so."""
    folder = shared / "told"
    with servers.locked(shared / "told.lock"):
        if not (folder / "boards.json").exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            _Teller(folder, template, make_settings).tell()
    return Told(folder)


class _Teller:
    def __init__(self, folder: Path, template: Path, make_settings: Make) -> None:
        self.folder, self.file = folder, folder / "working.db"
        shutil.copyfile(template, self.file)
        settings = make_settings(f"sqlite:///{self.file}", sample=True)
        self.app = create_app(settings)
        self.urls = Addresses(self.app, settings.base_url, settings.secret_key)
        self.settings = settings
        self.boards: dict[str, Any] = {}
        self.left = {moment: datetime.fromisoformat(board["at"]) for moment, board in EXPECTED.items()}

    def tell(self) -> None:
        with self.app.app_context():
            with transaction():
                self.post = post_office(
                    smtp_url=None,
                    mail_from=self.settings.mail_from,
                    secret=self.settings.secret_key,
                    urls=self.urls,
                )
            sample.build(self.tick)
            self.keep(SHOWN)
            self.assemble("provisional", sample.SHOWN_FROM)
            # As the viewer does it: a day at a time.
            at = sample.SHOWN_FROM
            while at < CONSOLIDATED_AT:
                until = min(at + timedelta(days=1), CONSOLIDATED_AT)
                sample.live(self.tick, at, until)
                at = until
            self.assemble("final", CONSOLIDATED_AT)
            self.look(CONSOLIDATED_AT)
            sample.live(self.tick, CONSOLIDATED_AT, sample.STORY_ENDS)
            self.keep(END)
            db.session.remove()
            db.engine.dispose()
        (self.folder / "boards.json").write_text(json.dumps(self.boards), encoding="utf-8")

    def tick(self, now: datetime) -> None:
        tick(now, self.post)
        self.look(now)

    def look(self, now: datetime) -> None:
        """The board at the expected moments to come: the last look before each of them counts."""
        self.left = {moment: at for moment, at in self.left.items() if at >= now}
        for moment, at in self.left.items():
            if at < now + timedelta(days=1):
                with transaction():
                    self.boards[moment] = board(at, self.lead)

    @property
    def lead(self) -> Actor:
        found = actor_of_email(LEAD)
        assert found is not None
        return found

    def assemble(self, name: str, now: datetime) -> None:
        assemble_to(
            "271-KH/HU",
            self.folder / name,
            provisional=name == "provisional",
            actor=self.lead,
            now=now,
            store=FolderStore(self.folder / "files"),
        )

    def keep(self, name: str) -> None:
        db.session.remove()
        with (
            contextlib.closing(sqlite3.connect(self.file)) as used,
            contextlib.closing(sqlite3.connect(self.folder / name)) as kept,
        ):
            used.backup(kept)
            kept.execute("PRAGMA journal_mode=DELETE")


def board(at: datetime, reader: Actor) -> dict[str, Any]:
    """The board in the words of the story's expected ones."""
    counted = totals(1, at).all
    listed = [row._mapping for row in rows(1, Filters(), at, reader=reader)]
    return {
        "at": at.isoformat(),
        "by_state": counted.by_state,
        "overdue": counted.overdue,
        "late": counted.late,
        "sent_back_now": [r["code"] for r in listed if r["sent_back_at"] is not None and r["state"] == "drafting"],
        "never_submitted": [r["code"] for r in listed if r["first_submitted_at"] is None],
        "overdue_units": [r["code"] for r in rows_overdue(at, reader)],
    }


def rows_overdue(at: datetime, reader: Actor) -> list[Any]:
    """The list behind the board's overdue count."""
    return [row._mapping for row in rows(1, Filters(overdue=True), at, reader=reader)]
