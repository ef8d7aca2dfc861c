"""`tracker up --sample`: what a viewer with nothing installed meets, from the first start to the second."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import signal
import sqlite3
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from http.client import HTTPMessage
from http.cookiejar import CookieJar
from pathlib import Path
from typing import IO, Any

import pytest

from config import Settings
from tests.operate.told import LEAD, SAMPLE, SHOWN, Told, tell
from tests.people import api_token
from tests.workers.processes import Process, serves, wait_for
from tests.workers.test_up import free_port
from tracker.accounts.queries import actor_of_email
from tracker.core.db import db
from tracker.operate import sample
from tracker.operate.sample_people import ACCOUNTS, PASSWORD

pytestmark = pytest.mark.timeout(240)

FIRST_PAGE = {
    "mai.lt@namxe.example": "/desk",
    "lysa@namxe.example": "/desk",
    "hanh.nt@phongtho.example": "/campaigns/1/board",
    "thuongtruc@phongtho.example": "/campaigns/1/overview",
    "quantri@phongtho.example": "/admin/",
}


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> None:
        return None


class Visitor:
    """A browser without a browser, over HTTP."""

    def __init__(self, base: str) -> None:
        self.base = base
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()), _Stay)

    def ask(self, path: str, data: bytes | None = None, headers: dict[str, str] | None = None) -> tuple[int, str, str]:
        """Status, text, and where it sends one."""
        request = urllib.request.Request(self.base + path, data, headers or {})
        try:
            answer: Any = self._opener.open(request, timeout=60)
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            return answer.status, answer.read().decode("utf-8", "replace"), answer.headers.get("Location") or ""

    def get(self, path: str) -> tuple[int, str]:
        status, text, _ = self.ask(path)
        return status, text

    def post(self, path: str, seen_on: str, **fields: str) -> tuple[int, str]:
        """Send a form of a page; status and where it leads."""
        page = self.get(seen_on)[1]
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
        assert token is not None, page[:500]
        form = urllib.parse.urlencode({**fields, "csrf_token": token[1]}).encode()
        status, _, place = self.ask(path, form, {"Referer": self.base + seen_on})
        return status, place

    def sign_in(self, email: str, password: str) -> int:
        return self.post("/sign-in", "/sign-in", email=email, password=password)[0]

    def first_page(self) -> str:
        """Where the front door leads somebody who is in."""
        place = "/"
        for _ in range(4):
            status, _, to = self.ask(place)
            if status == 200:
                return place
            assert status in (302, 303), status
            place = urllib.parse.urlsplit(to).path
        raise AssertionError("it leads in circles")


@contextlib.contextmanager
def running(folder: Path, *more: str, **environment: str) -> Iterator[tuple[Process, Visitor]]:
    """`tracker up` on folder/data, ready."""
    port = free_port()
    log = folder / f"{port}.log"
    with Process(log, "up", *more, "--port", str(port), "--data", str(folder / "data"), **environment) as up:
        base = f"http://127.0.0.1:{port}"
        wait_for(lambda: serves(base) or up.process.poll() is not None, 120, "does not serve")
        assert up.process.poll() is None, up.said
        wait_for(lambda: base in up.said, 10)
        yield up, Visitor(base)


def instant(folder: Path) -> datetime:
    """The simulated instant that was written down."""
    with contextlib.closing(sqlite3.connect(folder / "data" / "tracker.db")) as database:
        (kept,) = database.execute("SELECT value FROM setting WHERE key = 'sample_clock'").fetchone()
    return datetime.fromisoformat(json.loads(kept))


@pytest.fixture(scope="session")
def told(shared_folder: Path, sqlite_template: Path, make_settings: Callable[..., Settings]) -> Told:
    """The story of the sample, told to its end."""
    return tell(shared_folder, sqlite_template, make_settings)


@pytest.fixture
def built(told: Told, tmp_path: Path) -> Path:
    """A folder in which the sample was built before."""
    (tmp_path / "data").mkdir()
    shutil.copyfile(told.folder / SHOWN, tmp_path / "data" / "tracker.db")
    return tmp_path


def test_it_starts_from_nothing_says_who_can_sign_in_and_goes_on_where_it_was_left(tmp_path: Path) -> None:
    with running(tmp_path, "--sample") as (up, visitor):
        wait_for(lambda: ACCOUNTS[-1][0] in up.said, 10)
        assert visitor.base in up.said
        assert PASSWORD in up.said
        assert all(email in up.said for email, _ in ACCOUNTS)
        assert visitor.sign_in(LEAD, PASSWORD) in (302, 303)
        assert "09:0" in visitor.get("/campaigns/1/board")[1]
        assert visitor.post("/sample/forward", "/campaigns/1/board")[0] == 303
        began = time.monotonic()
        assert up.stop(signal.SIGINT) == 0
        assert time.monotonic() - began < 5
        assert "Traceback" not in up.said
    left = instant(tmp_path)
    assert left > sample.SHOWN_FROM + timedelta(days=1)
    began = time.monotonic()
    with running(tmp_path, "--sample") as (up, visitor):
        assert time.monotonic() - began < 10
        assert "Đang dựng" not in up.said
        assert visitor.sign_in(LEAD, PASSWORD) in (302, 303)
        board = visitor.get("/campaigns/1/board")[1]
        assert "12/5/2023" in board
        assert up.stop(signal.SIGINT) == 0
    assert left <= instant(tmp_path) < left + timedelta(minutes=5)


def test_every_account_sees_its_first_page_and_not_the_others(built: Path) -> None:
    # The sample needs no secret of its own.
    with running(built, "--sample", TRACKER_SECRET_KEY="") as (_, visitor):
        assert visitor.get("/campaigns/1/board")[0] in (302, 303)
        for email, first in FIRST_PAGE.items():
            one = Visitor(visitor.base)
            assert one.sign_in(email, "mat-khau-sai-271") == 422
            assert one.sign_in(email, PASSWORD) in (302, 303)
            assert one.first_page() == first, email
            others = {page for page in FIRST_PAGE.values() if page != first}
            # The lead office may look at what oversight looks at; admin at neither.
            may = {LEAD: {"/campaigns/1/overview"}, "thuongtruc@phongtho.example": {"/campaigns/1/board"}}
            for page in others - may.get(email, set()):
                assert one.get(page)[0] in (403, 404), (email, page)


def test_a_day_forward_moves_the_clock_and_its_mails_leave(built: Path) -> None:
    with running(built, "--sample") as (_, visitor):
        visitor.sign_in(LEAD, PASSWORD)
        before = instant(built)
        status, place = visitor.post("/sample/forward", "/campaigns/1/board", next="/campaigns/1/board")
        assert (status, urllib.parse.urlsplit(place).path) == (303, "/campaigns/1/board")
        assert timedelta(days=1) <= instant(built) - before < timedelta(days=1, minutes=5)
        page = visitor.get("/campaigns/1/board")[1]
        assert "12/5/2023" in page
        assert re.search(r"\d+ thư vừa rời đi", page)
        with contextlib.closing(sqlite3.connect(built / "data" / "tracker.db")) as database:
            (count,) = database.execute(
                "SELECT count(*) FROM outbox_mail WHERE address = 'thuongtruc@phongtho.example'"
                " AND local_day = '2023-05-12' AND status = 'sent'"
            ).fetchone()
        assert count == 1
        assert "5 đơn vị trễ 3 ngày làm việc" in visitor.get("/mailbox")[1]


def test_what_is_asked_for_is_done_at_once(built: Path, told: Told, make_settings: Callable[..., Settings]) -> None:
    copy = told.app(SHOWN, built, make_settings)
    with copy.app_context():
        lead = actor_of_email(LEAD)
        db.session.rollback()
        assert lead is not None
        bearer = api_token(lead)
        db.session.remove()
        db.engine.dispose()
    shutil.move(built / SHOWN, built / "data" / "tracker.db")
    with running(built, "--sample") as (_, visitor):
        time.sleep(1)  # past the first sweeps: only the bell is as quick as this
        visitor.post("/sign-in/link", "/sign-in/link", email="mai.lt@namxe.example")
        with contextlib.closing(sqlite3.connect(built / "data" / "tracker.db")) as database:

            def left() -> bool:
                asked = "SELECT count(*) FROM outbox_mail WHERE kind = 'sign_in_link' AND status = 'sent'"
                return bool(database.execute(asked).fetchone()[0])

            wait_for(left, 5, "the link did not leave")
        body, headers = json.dumps({"provisional": True}).encode(), {**bearer, "Content-Type": "application/json"}
        status, text, _ = visitor.ask("/api/v1/campaigns/1/assemblies", body, headers)
        assert status == 202, text
        ident = json.loads(text)["id"]

        def done() -> dict[str, Any]:
            found: dict[str, Any] = json.loads(visitor.ask(f"/api/v1/assemblies/{ident}", headers=bearer)[1])
            assert found["state"] != "failed"
            return found if found["state"] == "done" else {}

        wait_for(done, 30, "the report was not built")
        assert len(done()["included"]) == 41


def test_a_second_one_on_the_same_port_says_so_and_leaves_the_first_alone(built: Path) -> None:
    with running(built, "--sample") as (_, visitor):
        port = visitor.base.rpartition(":")[2]
        with Process(built / "2.log", "up", "--sample", "--port", port, "--data", str(built / "data")) as second:
            assert second.process.wait(30) == 1
            assert len(second.said.strip().splitlines()) == 1
            assert port in second.said
        assert serves(visitor.base)


def test_a_folder_in_use_is_refused_and_never_cleared(tmp_path: Path) -> None:
    data = tmp_path / "data"
    arguments = [str(SAMPLE / "271-KH-HU.txt"), "--units", str(SAMPLE / "units-phong-tho-2023.csv"), "--yes"]
    with Process(tmp_path / "o.log", "plan", "open", *arguments, TRACKER_DATA_DIR=str(data)) as opened:
        assert opened.process.wait(60) == 0, opened.said
    for n in range(2):
        port = str(free_port())
        with Process(tmp_path / f"{n}.log", "up", "--sample", "--port", port, "--data", str(data)) as up:
            assert up.process.wait(60) == 1
            assert len(up.said.strip().splitlines()) == 1
            assert "--data" in up.said
        with contextlib.closing(sqlite3.connect(data / "tracker.db")) as database:
            assert database.execute("SELECT count(*) FROM report").fetchone() == (58,)


def test_a_building_that_was_killed_is_begun_anew(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with Process(tmp_path / "1.log", "up", "--sample", "--port", str(free_port()), "--data", str(data)) as up:
        wait_for(lambda: (data / ".sample-unfinished").exists() and _reports(data) == 58, 60)
        up.kill()
    with Process(tmp_path / "2.log", "up", "--sample", "--port", str(free_port()), "--data", str(data)) as again:
        # It has gone past the clearing and opened the plan anew.
        wait_for(lambda: "Đang dựng" in again.said or again.process.poll() is not None, 60)
        wait_for(lambda: _reports(data) == 58 or again.process.poll() is not None, 60)
        assert again.process.poll() is None, again.said


def _reports(data: Path) -> int:
    try:
        with contextlib.closing(sqlite3.connect(f"file:{data / 'tracker.db'}?mode=ro", uri=True)) as database:
            return int(database.execute("SELECT count(*) FROM report").fetchone()[0])
    except sqlite3.OperationalError:
        return 0  # not there yet


def test_outside_the_sample_nobody_is_there_to_be_guessed(tmp_path: Path) -> None:
    with running(tmp_path) as (up, visitor):
        assert PASSWORD not in up.said
        assert "@" not in up.said
        for email, password in (("admin", "admin"), ("admin@example.com", "admin"), (LEAD, PASSWORD)):
            assert visitor.sign_in(email, password) == 422
        with contextlib.closing(sqlite3.connect(tmp_path / "data" / "tracker.db")) as database:
            assert database.execute("SELECT count(*) FROM user_account").fetchone() == (0,)
        assert visitor.ask("/sample/forward", b"")[0] in (303, 400, 404)
        assert "Đồng hồ mô phỏng" not in visitor.get("/sign-in")[1]
