"""What a fault run is made of: web processes to hurt, drivers that keep an outside ledger, and its checker.

The ledger is a file of the driver's own: every intent and every acknowledged answer, fsynced before the next step.
The checker reads pages and files as their readers would, and the database only to tell where a difference lies.
"""

from __future__ import annotations

import http.client
import io
import json
import os
import random
import re
import signal
import socket
import threading
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import cycle, pairwise
from pathlib import Path
from typing import Any

import psutil
from sqlalchemy import select

from tests import servers
from tests.factories import Opened, fill, open_campaign
from tests.people import api_token, person
from tests.workers.processes import Process, serves, wait_for
from tracker.audit.models import AuditEntry
from tracker.core import clock
from tracker.core.db import db, session
from tracker.core.people import Role
from tracker.files.queries import attachments
from tracker.reports.models import ReportEvent

FRIDAY = datetime(2023, 5, 5, 2, 0, tzinfo=UTC)  # before the deadline
PATIENCE = 60.0  # a web process is back within it (faults: I7)
BOUNDARY = "one-boundary-for-all"


class Ledger:
    """One JSON line an event, on disk before anything else happens."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._lock = threading.Lock()
        self._out = file.open("ab")

    def write(self, **event: Any) -> None:
        line = json.dumps({"at": time.time(), **event}, ensure_ascii=False) + "\n"
        with self._lock:
            self._out.write(line.encode())
            self._out.flush()
            os.fsync(self._out.fileno())

    def acked(self) -> list[dict[str, Any]]:
        """What was answered with success, in order."""
        return [e for e in map(json.loads, self.file.read_text(encoding="utf-8").splitlines()) if e["what"] == "ack"]


@dataclass
class Answer:
    status: int
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        return dict(json.loads(self.body))


@dataclass
class Client:
    """A program with a token, as it should be written: one key an operation, asked again until it is answered."""

    address: str
    headers: dict[str, str]
    ledger: Ledger
    name: str
    retries: int = 0

    def once(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Answer:
        """One attempt; OSError or HTTPException if no answer came."""
        connection = http.client.HTTPConnection(self.address, timeout=20)
        try:
            connection.request(method, "/api/v1" + path, body, {**self.headers, **headers})
            answer = connection.getresponse()
            return Answer(answer.status, answer.read())
        finally:
            connection.close()

    def get(self, path: str) -> dict[str, Any]:
        """A page that must come, however often it takes."""
        return self._until(lambda: self.once("GET", path)).json

    def write(self, method: str, path: str, data: dict[str, Any], **facts: Any) -> Answer:
        """One operation under its own key, told to the ledger before and after."""
        key = uuid.uuid4().hex
        body = json.dumps(data).encode()
        self.ledger.write(what="intent", unit=self.name, key=key, path=path, **facts)
        kind = {"Content-Type": "application/json", "Idempotency-Key": key}
        answer = self._until(lambda: self.once(method, path, body, **kind))
        what = "ack" if answer.status < 300 else "refused"
        self.ledger.write(what=what, unit=self.name, key=key, path=path, status=answer.status, **facts)
        assert answer.status < 500, answer.body
        return answer

    def _until(self, ask: Callable[[], Answer]) -> Answer:
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                answer = ask()
                if answer.status not in (502, 503, 504):
                    return answer
            except (OSError, http.client.HTTPException):
                pass
            self.retries += 1
            assert time.monotonic() < deadline, f"{self.name}: no answer for {PATIENCE} s"
            time.sleep(0.05)


@dataclass
class Place:
    """A campaign with a reporter a unit, and the web processes that serve it."""

    opened: Opened
    web: Process
    address: str
    ledger: Ledger
    tokens: dict[str, dict[str, str]]
    lead: dict[str, str]
    rng: random.Random
    seed: int
    kills: int = 0
    flushes: int = 0
    redis: servers.Redis | None = None
    clients: list[Client] = field(default_factory=list)

    def client(self, code: str) -> Client:
        made = Client(self.address, self.tokens[code], self.ledger, code)
        self.clients.append(made)
        return made

    def workers(self) -> list[int]:
        """The processes that gunicorn forked."""
        return [child.pid for child in psutil.Process(self.web.process.pid).children()]

    def kill_a_worker(self) -> None:
        """SIGKILL to one of them."""
        pids = self.workers()
        if pids:
            try:
                os.kill(self.rng.choice(pids), signal.SIGKILL)
                self.kills += 1
            except ProcessLookupError:
                pass

    def flush(self) -> None:
        """The broker forgets everything."""
        assert self.redis is not None
        self.redis.client().flushall()
        self.flushes += 1

    @contextmanager
    def hurting(self, *faults: Callable[[], None], every: float) -> Iterator[None]:
        """While the block runs, the faults in turn, one every so many seconds (and a bit more or less)."""
        over, turn = threading.Event(), cycle(faults)

        def hurt() -> None:
            while not over.wait(every * self.rng.uniform(0.6, 1.4)):
                next(turn)()

        thread = threading.Thread(target=hurt, name="faults", daemon=True)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join(10)

    def result(self, run: str, **figures: Any) -> str:
        """The run as one JSON line."""
        retries = sum(client.retries for client in self.clients)
        facts = {"run": run, "seed": self.seed, "kills": self.kills, "flushes": self.flushes, "retries": retries}
        return json.dumps({**facts, "acked": len(self.ledger.acked()), **figures})


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def place(
    units: int, database_url: str, redis: servers.Redis, folder: Path, seed: int, smtp: str = ""
) -> Iterator[Place]:
    """Units with everything filled but nothing submitted, and `tracker web` in front of them."""
    clock.start_at(FRIDAY)
    opened = open_campaign(units)
    tokens = {}
    for code, unit in opened.units.items():
        reporter = person(f"{code.lower()}@xa.example", (Role.REPORTER, unit), name=f"Người viết {code}")
        fill(opened.reports[code], reporter, FRIDAY - timedelta(hours=1), text=f"<p>{canary(code, 0)}</p>")
        tokens[code] = api_token(reporter)
    lead = api_token(person("lead@huyen.example", Role.LEAD))
    db.session.remove()
    address = f"127.0.0.1:{free_port()}"
    env = {
        "TRACKER_DATABASE_URL": database_url,
        "TRACKER_BROKER_URL": redis.url,
        "TRACKER_DATA_DIR": str(folder / "data"),
        "TRACKER_BIND": address,
        "TRACKER_CLOCK": FRIDAY.isoformat(),
        **({"TRACKER_SMTP_URL": smtp} if smtp else {}),
    }
    with Process(folder / "web.log", "web", **env) as web:
        wait_for(lambda: serves(f"http://{address}"), PATIENCE, "does not serve")
        ledger = Ledger(folder / "ledger.jsonl")
        yield Place(opened, web, address, ledger, tokens, lead, random.Random(seed), seed, redis=redis)


def canary(code: str, round_: int) -> str:
    """Words that stand in this unit's report alone, another each round."""
    return f"canary-{code}-{round_}"


# --- the load ------------------------------------------------------------------------------------


def submit_again_and_again(at: Place, rounds: int, hands: int = 4) -> None:
    """Each unit writes its canary, submits and withdraws, `rounds` times, and ends submitted; `hands` at once."""
    waiting = list(at.opened.reports.items())
    at.rng.shuffle(waiting)
    troubles: list[BaseException] = []

    def hand() -> None:
        try:
            while waiting:
                code, report = waiting.pop()
                _one_unit(at.client(code), report, rounds)
        except BaseException as error:  # told to the test, whichever thread it was
            troubles.append(error)

    threads = [threading.Thread(target=hand, name=f"hand-{n}") for n in range(hands)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if troubles:
        raise troubles[0]


def _one_unit(client: Client, report: int, rounds: int) -> None:
    path = f"/reports/{report}"
    version = client.get(path)["version"]
    for round_ in range(1, rounds + 1):
        text = canary(client.name, round_)
        answer = client.write("PUT", f"{path}/sections/I.1", {"html": f"<p>{text}</p>", "version": version}, text=text)
        assert answer.status == 200, answer.body
        version = answer.json["version"]
        for step in ("submit", "withdraw") if round_ < rounds else ("submit",):
            answer = client.write("POST", f"{path}/steps", {"step": step, "version": version}, step=step)
            assert answer.status == 200, answer.body
            version = answer.json["version"]


def attach_at_once(at: Place, code: str, times: int) -> list[Answer]:
    """The same upload under the same key, so many times in the same instant; the answers."""
    client, report = at.client(code), at.opened.reports[code]
    pdf = b"%PDF-1.4\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"
    body = io.BytesIO()
    for head, content in ((b'name="purpose"', b"attachment"), (b'name="file"; filename="to-trinh.pdf"', pdf)):
        body.write(b"--%s\r\nContent-Disposition: form-data; %s\r\n\r\n" % (BOUNDARY.encode(), head))
        body.write(content + b"\r\n")
    body.write(f"--{BOUNDARY}--\r\n".encode())
    headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}", "Idempotency-Key": "the-same"}
    return together(times, lambda: client.once("POST", f"/reports/{report}/files", body.getvalue(), **headers))


def submit_at_once(at: Place, code: str, times: int, *, one_key: bool) -> list[Answer]:
    """The same submit, so many times in the same instant, under one key or each under its own; the answers."""
    client, report = at.client(code), at.opened.reports[code]
    body = json.dumps({"step": "submit", "version": client.get(f"/reports/{report}")["version"]}).encode()

    def ask() -> Answer:
        key = "the-same-submit" if one_key else uuid.uuid4().hex
        headers = {"Content-Type": "application/json", "Idempotency-Key": key}
        return client.once("POST", f"/reports/{report}/steps", body, **headers)

    return together(times, ask)


def together(times: int, ask: Callable[[], Answer]) -> list[Answer]:
    """What so many get who ask in the same instant."""
    gate, answers = threading.Barrier(times), []

    def one() -> None:
        gate.wait(30)
        answers.append(ask())

    threads = [threading.Thread(target=one) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return answers


# --- the checker ---------------------------------------------------------------------------------


def check_submits(at: Place) -> None:
    """Acknowledged means there, once, in a legal order, and nobody reads another unit's words."""
    acked = at.ledger.acked()
    for code, report in at.opened.reports.items():
        client = Client(at.address, at.tokens[code], at.ledger, code)
        mine = [event for event in acked if event["unit"] == code]
        texts, steps = [e["text"] for e in mine if "text" in e], [e["step"] for e in mine if "step" in e]
        found = client.get(f"/reports/{report}")
        first = next(part for part in found["sections"] if part["number"] == "I.1")
        assert first["html"] == f"<p>{texts[-1] if texts else canary(code, 0)}</p>", code
        assert found["state"] == ("submitted" if steps and steps[-1] == "submit" else "drafting"), code
        history = client.get(f"/reports/{report}/history")["items"]
        assert [event["step"] for event in history] == steps, f"{code}: not one row an acknowledged step"
        for before, after in pairwise(history):
            assert before["to"] == after["from"], f"{code}: no legal path"
            assert before["version"] < after["version"], code
        whole = json.dumps(found) + json.dumps(history)
        assert set(re.findall(r"canary-(\w+)-\d+", whole)) <= {code}, f"{code} reads another unit's words"
    _check_trail(at)


def _check_trail(at: Place) -> None:
    """Every history row has its entry in the trail, and every entry its row."""
    session().rollback()
    events = Counter(
        (row.report_id, row.step) for row in session().execute(select(ReportEvent.report_id, ReportEvent.step))
    )
    entries: Counter[tuple[int, str]] = Counter()
    for about, verb in session().execute(select(AuditEntry.about, AuditEntry.verb)):
        kind, _, number = about.partition(":")
        step = verb.rpartition(".")[2]
        if kind == "report" and step in {"submit", "withdraw", "accept", "send_back", "reopen"}:
            entries[int(number), step] += 1
    session().rollback()
    assert entries == events


def check_one_attachment(at: Place, code: str, answers: list[Answer]) -> None:
    """Everybody got the same success, and there is one file."""
    assert {answer.status for answer in answers} == {201}, Counter(answer.status for answer in answers)
    assert len({answer.body for answer in answers}) == 1, "they heard different answers"
    session().rollback()
    kept = attachments(f"report:{at.opened.reports[code]}")
    session().rollback()
    assert len(kept) == 1, f"{len(kept)} files of one upload"
