"""The `tracker` program's commands that need no worker. Serving and the processes around it are workers/main.py's.

Each command loads what it needs itself, so that `tracker plan read` opens no database.
"""

from __future__ import annotations

import argparse
import gettext
import json
import logging
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from config import Settings, SettingsError
from tracker.core import clock
from tracker.core.errors import Invalid, NotFound, Refusal
from tracker.core.people import Actor, Role
from tracker.core.text import N_

if TYPE_CHECKING:
    from flask import Flask

    from tracker.notify.mailer import Post
    from tracker.plans.spec import PlanSpec, Warning_

OFFICE = Actor(user_id=None, name="tracker", roles=frozenset({Role.LEAD, Role.ADMIN}))
TRANSLATIONS = Path(__file__).resolve().parents[1] / "translations"
DONE, REFUSED, MISUSED = 0, 1, 2
_BUSY_MS = 120_000
_SHOWN = 50


class Parser(argparse.ArgumentParser):
    """argparse that says in Vietnamese what is wrong with a call."""

    def error(self, message: str) -> NoReturn:
        """Usage and one line, exit 2."""
        self.print_usage(sys.stderr)
        self.exit(MISUSED, f"{self.prog}: {_say(N_('sai cách gọi lệnh'))}: {message}\n")


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit status: 0 done, 1 refused with one line on standard error, 2 wrong usage."""
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(message)s")
    try:
        arguments = parser().parse_args(argv)
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else MISUSED
    try:
        run: Callable[[argparse.Namespace], int | None] = arguments.run
        return run(arguments) or DONE
    except Refusal as refusal:
        return _refuse(_line(refusal))
    except SettingsError as error:
        return _refuse(str(error))
    except BrokenPipeError:
        return REFUSED
    except OSError as error:
        return _refuse(f"{error.filename or ''}: {error.strerror or error}".strip(": "))


def parser() -> Parser:
    """Every command with its arguments (contract.md, "The `tracker` program")."""
    top = Parser(prog="tracker", description=_say(N_("Theo dõi kế hoạch: kế hoạch thành việc, báo cáo thành một bản.")))
    commands = top.add_subparsers(dest="command", metavar="LỆNH", required=True)

    db = _group(commands, "db")
    _command(db, "upgrade", db_upgrade)

    plan = _group(commands, "plan")
    one = _command(plan, "read", plan_read, as_json=True)
    one.add_argument("file", metavar="FILE", type=Path)
    one = _command(plan, "open", plan_open, as_json=True)
    one.add_argument("file", metavar="FILE", type=Path)
    one.add_argument("--units", metavar="FILE", type=Path, required=True)
    one.add_argument("--yes", action="store_true")
    one.add_argument("--before-inclusive", action="store_true")

    units = _group(commands, "units")
    one = _command(units, "import", units_import, as_json=True)
    one.add_argument("file", metavar="FILE", type=Path)

    users = _group(commands, "users")
    one = _command(users, "add", users_add)
    one.add_argument("email", metavar="EMAIL")
    one.add_argument("--role", choices=[str(role) for role in Role], required=True)
    one.add_argument("--unit", metavar="CODE")
    one.add_argument("--name", metavar="TEXT", default="")
    one.add_argument("--phone", metavar="TEXT", default="")
    one.add_argument("--password-stdin", action="store_true")

    tokens = _group(commands, "tokens")
    one = _command(tokens, "create", tokens_create)
    one.add_argument("email", metavar="EMAIL")

    one = _command(commands, "timeline", timeline, as_json=True)
    one.add_argument("number", metavar="NUMBER")

    one = _command(commands, "tick", tick, as_json=True)
    one.add_argument("--now", metavar="ISO")

    one = _command(commands, "assemble", assemble, as_json=True)
    one.add_argument("number", metavar="NUMBER")
    one.add_argument("--out", metavar="DIR", type=Path, required=True)
    one.add_argument("--provisional", action="store_true")
    one.add_argument("--now", metavar="ISO")

    one = _command(commands, "fixture", fixture, as_json=True)
    one.add_argument("--units", metavar="N", type=int, required=True)
    one.add_argument("--years", metavar="A-B")
    one.add_argument("--filled", metavar="PERCENT", type=int, default=0)

    _command(commands, "doctor", doctor, as_json=True)
    one = _command(commands, "backup", backup)
    one.add_argument("file", metavar="FILE", type=Path)
    one = _command(commands, "restore", restore)
    one.add_argument("file", metavar="FILE", type=Path)
    return top


# --- the database ---------------------------------------------------------------------------------


def db_upgrade(_arguments: argparse.Namespace) -> None:
    """Bring the database to the current schema."""
    from tracker.core import schema

    settings = _settings()
    if settings.is_sqlite:
        schema.make_ready(settings.database_url, settings.data_dir)
    else:
        schema.upgrade(settings.database_url)
    print(_say(N_("Cơ sở dữ liệu đã ở phiên bản %(revision)s."), revision=schema.head()))


# --- plans ----------------------------------------------------------------------------------------


def plan_read(arguments: argparse.Namespace) -> None:
    """A plan document as PlanSpec; no database is opened."""
    from tracker.core.calendar import WorkingCalendar
    from tracker.documents.reader import open_document
    from tracker.plans.reading import read_plan
    from tracker.plans.spec import to_json

    zone = _settings().timezone
    blocks = open_document(_bytes(arguments.file), arguments.file.name)
    spec = read_plan(blocks, WorkingCalendar(tz=zone), zone)
    if arguments.json:
        _print_json(to_json(spec))
        return
    print(f"{spec.kind} {spec.number}: {spec.title}")
    for milestone in spec.milestones:
        print(f"  {milestone.last_day:%d/%m/%Y}  {milestone.wording}")
    _print_readings([warning for warning in spec.warnings])


def plan_open(arguments: argparse.Namespace) -> None:
    """Open a plan for a list of units, now."""
    from tracker.accounts.importing import read_units
    from tracker.core.db import transaction
    from tracker.documents.reader import open_document
    from tracker.office.queries import calendar
    from tracker.plans.reading import read_plan
    from tracker.reports.opening import open_campaign, readings

    blocks = open_document(_bytes(arguments.file), arguments.file.name)
    rows = read_units(arguments.units.name, _bytes(arguments.units))
    with _office() as app:
        with transaction():
            spec = read_plan(blocks, calendar(), _settings().timezone)
        asked = readings(spec)
        if asked and not arguments.yes and not _asks(spec, asked, arguments):
            raise _to_confirm(asked, arguments)
        with transaction():
            opened = open_campaign(
                spec,
                rows,
                before_inclusive=arguments.before_inclusive,
                take_readings=True,
                actor=OFFICE,
                now=clock.now(),
            )
            number = opened.campaign.number
        for table, column in opened.unowned:
            _note(app, N_("Cột %(column)s của Phụ lục số %(table)s chưa giao đơn vị nào."), column=column, table=table)
    if arguments.json:
        _print_json({"campaign": number, "reports": opened.reports})
    else:
        print(_say(N_("Đã mở %(number)s: %(n)s báo cáo."), number=number, n=opened.reports))


def _asks(spec: PlanSpec, asked: Sequence[Warning_], arguments: argparse.Namespace) -> bool:
    """Show the readings; somebody at a terminal may confirm them all."""
    if arguments.json:
        return False
    _print_readings(asked)
    if not sys.stdin.isatty():
        return False
    answer = input(_say(N_("Nhận %(n)s cách hiểu trên và mở %(number)s? [c/k] "), n=len(asked), number=spec.number))
    return answer.strip().lower() in {"c", "co", "có", "y", "yes"}


def _to_confirm(asked: Sequence[Warning_], arguments: argparse.Namespace) -> Invalid:
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


def _print_readings(asked: Sequence[Warning_]) -> None:
    for one in asked:
        read_as = f" → {one.read_as}" if one.read_as else ""
        print(_say(N_("Dòng %(line)s: «%(text)s»"), line=one.line, text=one.text) + f"{read_as}. {one.ask}")


def units_import(arguments: argparse.Namespace) -> None:
    """Bring a list of units in, all or nothing."""
    from tracker.accounts.importing import import_units, read_units
    from tracker.core.db import transaction

    rows = read_units(arguments.file.name, _bytes(arguments.file))
    with _office(), transaction():
        done = import_units(rows, OFFICE, clock.now())
    if arguments.json:
        _print_json({"units": len(rows), "added": done.added, "changed": done.changed})
        return
    print(
        _say(
            N_("Đã nhập %(n)s đơn vị: %(added)s mới, %(changed)s sửa."),
            n=len(rows),
            added=done.added,
            changed=done.changed,
        )
    )


# --- people ---------------------------------------------------------------------------------------


def users_add(arguments: argparse.Namespace) -> None:
    """Add a person, or a role or a unit to one who is there."""
    from tracker.accounts.service import add_user
    from tracker.core.db import transaction

    password = None
    if arguments.password_stdin:
        password = sys.stdin.buffer.read(8192).decode("utf-8", "strict").rstrip("\r\n")
    with _office(), transaction():
        user = add_user(
            arguments.email,
            arguments.role,
            arguments.unit,
            arguments.name,
            arguments.phone,
            password,
            OFFICE,
            clock.now(),
        )
        email = user.email
    print(_say(N_("Đã thêm %(email)s, vai trò %(role)s."), email=email, role=arguments.role))


def tokens_create(arguments: argparse.Namespace) -> None:
    """Make an API token; it is shown this once, as the last word."""
    from tracker.accounts.service import create_token
    from tracker.core.db import transaction

    with _office(), transaction():
        token = create_token(arguments.email, OFFICE, clock.now())
    print(_say(N_("Mã truy cập của %(email)s, chỉ hiện một lần:"), email=arguments.email), token)


# --- the clock ------------------------------------------------------------------------------------


def timeline(arguments: argparse.Namespace) -> None:
    """Every milestone of a plan and every rung of the ladder."""
    from tracker.campaigns.queries import by_number
    from tracker.core.db import transaction
    from tracker.deadlines.service import timeline_json

    with _office(), transaction():
        found = timeline_json(by_number(arguments.number), clock.now())
    if arguments.json:
        _print_json(found)
        return
    nudges: Any = found["nudges"]
    for nudge in nudges:
        print(f"{nudge['at'][:16].replace('T', ' ')}  {nudge['rung']:+d}  {nudge['to']:9}  {nudge['status']}")


def tick(arguments: argparse.Namespace) -> None:
    """Sweep until nothing is due, then send what is in the outbox."""
    from tracker.core.db import transaction
    from tracker.deadlines.tick import tick as beat

    with _office() as app:
        with transaction():
            post = _post(app)
        done = beat(_moment(arguments.now), post)
    said = {"looked": done.looked, "nudges": done.nudges, "sent": done.mail.sent, "failed": done.mail.failed}
    if arguments.json:
        _print_json(said)
    else:
        print(_say(N_("Đã xem %(looked)s, lập %(nudges)s lượt nhắc, gửi %(sent)s thư, %(failed)s thư hỏng."), **said))


# --- many reports, one ----------------------------------------------------------------------------


def assemble(arguments: argparse.Namespace) -> None:
    """Build the district report into a folder."""
    from tracker.assembly.running import assemble_to
    from tracker.files.store import store

    with _office():
        done = assemble_to(
            arguments.number,
            arguments.out,
            provisional=arguments.provisional,
            actor=OFFICE,
            now=_moment(arguments.now),
            store=store(),
        )
    if arguments.json:
        _print_json(done)
        return
    print(
        _say(
            N_("Đã tổng hợp %(n)s báo cáo, thiếu %(missing)s đơn vị."), n=done["included"], missing=len(done["missing"])
        )
    )
    for name in done["files"]:
        print(name)


# --- operation ------------------------------------------------------------------------------------


def fixture(arguments: argparse.Namespace) -> None:
    """A synthetic campaign for load and benchmarks."""
    from tracker.core.db import transaction
    from tracker.operate.fixture import make, read_years

    years = read_years(arguments.years) if arguments.years else None
    with _office(), transaction():
        number = make(arguments.units, OFFICE, clock.now(), years=years, filled=arguments.filled)
    if arguments.json:
        _print_json({"campaign": number, "reports": arguments.units})
    else:
        print(_say(N_("Đã mở %(number)s: %(n)s báo cáo."), number=number, n=arguments.units))


def doctor(arguments: argparse.Namespace) -> int:
    """What is wrong with the installation and what to do; 1 if anything is."""
    from dataclasses import asdict

    from tracker.app import create_app
    from tracker.operate.doctor import Surroundings, examine

    settings = _settings()
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    app = create_app(settings)
    place = Surroundings(
        settings.database_url, settings.broker_url, settings.smtp_url, settings.store_url, settings.data_dir
    )
    with app.app_context():
        findings = examine(place, clock.now(), clock.machine_now())
    if arguments.json:
        _print_json({"ok": all(one.ok for one in findings), "findings": [asdict(one) for one in findings]})
    else:
        for one in findings:
            print(f"{'✓' if one.ok else '✗'} {one.part}: {one.detail}" + (f" {one.remedy}" if one.remedy else ""))
    wrong = [one for one in findings if not one.ok]
    if wrong:
        return _refuse("; ".join(f"{one.part}: {one.remedy or one.detail}" for one in wrong))
    return DONE


def backup(arguments: argparse.Namespace) -> None:
    """Rows and files into one archive."""
    from tracker.core.db import transaction
    from tracker.files.store import store
    from tracker.operate.backup import write

    with _office(), transaction():
        counts = write(arguments.file, store(), clock.now())
    print(_say(N_("Đã sao lưu %(rows)s dòng, %(files)s tệp."), **counts))


def restore(arguments: argparse.Namespace) -> None:
    """An archive into an empty installation; no mail is sent again."""
    from tracker.core.db import transaction
    from tracker.files.store import store
    from tracker.operate.backup import restore as bring_back

    with _office(), transaction():
        counts = bring_back(arguments.file, store(), clock.now())
    print(_say(N_("Đã khôi phục %(rows)s dòng, %(files)s tệp."), **counts))


# --- within ---------------------------------------------------------------------------------------


def _group(commands: Any, name: str) -> Any:
    made = commands.add_parser(name)
    return made.add_subparsers(dest=f"{name}_command", metavar="LỆNH", required=True)


def _command(
    commands: Any, name: str, run: Callable[[argparse.Namespace], int | None], *, as_json: bool = False
) -> argparse.ArgumentParser:
    made: argparse.ArgumentParser = commands.add_parser(name, help=(run.__doc__ or "").strip())
    made.set_defaults(run=run)
    if as_json:
        made.add_argument("--json", action="store_true")
    return made


def _settings() -> Settings:
    return Settings.from_env(needs_secret=False)


@contextmanager
def _office() -> Iterator[Flask]:
    """The application over a database at the current schema, without a server and without a bell."""
    from sqlalchemy import event

    from tracker.app import create_app
    from tracker.core.db import db
    from tracker.core.schema import make_ready

    settings = _settings()
    make_ready(settings.database_url, settings.data_dir)
    app = create_app(settings)
    with app.app_context():
        if settings.is_sqlite:
            # Two commands at once on one data folder wait for each other, however long the first one writes.
            @event.listens_for(db.engine, "connect")
            def wait(dbapi: Any, _record: object) -> None:
                dbapi.execute(f"PRAGMA busy_timeout={_BUSY_MS}")

        yield app
        db.session.remove()


def _post(app: Flask) -> Post:
    """The post office of this installation."""
    from tracker.deadlines.tick import post_office
    from tracker.operate.addresses import Addresses

    settings = _settings()
    try:
        return post_office(
            smtp_url=settings.smtp_url,
            mail_from=settings.mail_from,
            secret=settings.secret_key,
            urls=Addresses(app, settings.base_url, settings.secret_key),
        )
    except ValueError as error:
        raise SettingsError(f"TRACKER_SMTP_URL, TRACKER_MAIL_FROM: {error}") from error


def _moment(text: str | None) -> datetime:
    """The instant that `--now` names, in the office's zone unless it says otherwise; else the clock's."""
    if text is None:
        return clock.now()
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Invalid(
            "bad_instant", N_("--now nhận thời điểm ISO, ví dụ 2023-05-11T09:00:00+07:00; đang là %(text)s."), text=text
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=_settings().timezone)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise NotFound("no_such_file", N_("Không có tệp %(file)s."), file=str(path)) from None
    except OSError as error:
        raise Invalid(
            "unreadable_file", N_("Không đọc được tệp %(file)s: %(why)s."), file=str(path), why=error.strerror
        ) from None


def _print_json(document: Any) -> None:
    json.dump(document, sys.stdout, ensure_ascii=False, indent=1)
    sys.stdout.write("\n")


def _refuse(line: str) -> int:
    print(" ".join(line.split()), file=sys.stderr)
    return REFUSED


def _note(_app: Flask, sentence: str, **params: object) -> None:
    print(_say(sentence, **params), file=sys.stderr)


def _line(refusal: Refusal) -> str:
    """The refusal as one line: its sentence, then every place."""
    said = _say(refusal.message, **refusal.params)
    problems = list(refusal.problems) if isinstance(refusal, Invalid) else []
    if not problems:
        return said
    places = "; ".join(_say(one.message, **one.params).rstrip(".") for one in problems[:_SHOWN])
    return f"{said.rstrip('.')}: {places}."


def _say(sentence: str, **params: object) -> str:
    """A sentence in the language of the installation (TRACKER_LOCALE), without an application."""
    shown = {name: _shown(value) for name, value in params.items()}
    text = _catalogue().gettext(sentence) if sentence else sentence
    return text % shown if shown else text


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
        return _say(value.message, **value.params)
    if isinstance(value, tuple) and len(value) == 2 and isinstance(value[1], Mapping):
        return _say(str(value[0]), **value[1])
    return value


def _catalogue() -> gettext.NullTranslations:
    try:
        locale = _settings().locale
    except SettingsError:
        locale = "vi"
    return gettext.translation("messages", TRANSLATIONS, [locale], fallback=True)
