"""The `tracker` program's commands that need no worker. Serving and the processes around it are workers/main.py's.

Each command loads what it needs itself, so that `tracker plan read` opens no database.
"""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from config import SettingsError
from tracker.core import clock
from tracker.core.errors import Refusal
from tracker.core.people import Actor, Role
from tracker.core.text import N_
from tracker.operate.readings import confirmed, print_readings, to_confirm
from tracker.operate.terminal import (
    DONE,
    MISUSED,
    REFUSED,
    Parser,
    command,
    group,
    line_of,
    moment,
    print_json,
    read_bytes,
    refuse,
    say,
    settings_of_commands,
)

if TYPE_CHECKING:
    from flask import Flask

    from tracker.notify.mailer import Post

OFFICE = Actor(user_id=None, name="tracker", roles=frozenset({Role.LEAD, Role.ADMIN}))
_BUSY_MS = 120_000


def main(argv: Sequence[str] | None = None, more: Callable[[Any], None] | None = None) -> int:
    """Run one command; the exit status: 0 done, 1 refused with one line on standard error, 2 wrong usage.

    `more(commands)` adds commands of the program that this module does not know.
    """
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(message)s")
    try:
        arguments = parser(more).parse_args(argv)
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else MISUSED
    try:
        run: Callable[[argparse.Namespace], int | None] = arguments.run
        return run(arguments) or DONE
    except Refusal as refusal:
        return refuse(line_of(refusal))
    except SettingsError as error:
        return refuse(str(error))
    except BrokenPipeError:
        return REFUSED
    except OSError as error:
        return refuse(f"{error.filename or ''}: {error.strerror or error}".strip(": "))
    except Exception as error:
        if not _of_database(error):
            raise
        why = str(getattr(error, "orig", None) or error).partition("\n")[0].rstrip(".")
        remedy = say(N_("Kiểm tra TRACKER_DATABASE_URL và máy chủ cơ sở dữ liệu có đang chạy."))
        return refuse(f"{why}. {remedy}")


def _of_database(error: Exception) -> bool:
    """True if the database is away or none. SQLAlchemy is not loaded for this: whoever raised it has done so."""
    loaded = sys.modules.get("sqlalchemy.exc")
    if loaded is None or not isinstance(error, loaded.DatabaseError):
        return False
    return not isinstance(error, (loaded.ProgrammingError, loaded.IntegrityError, loaded.DataError))


def parser(more: Callable[[Any], None] | None = None) -> Parser:
    """Every command with its arguments (contract.md, "The `tracker` program")."""
    top = Parser(prog="tracker", description=say(N_("Theo dõi kế hoạch: kế hoạch thành việc, báo cáo thành một bản.")))
    commands = top.add_subparsers(dest="command", metavar="LỆNH", required=True)

    db = group(commands, "db")
    command(db, "upgrade", db_upgrade)

    plan = group(commands, "plan")
    one = command(plan, "read", plan_read, as_json=True)
    one.add_argument("file", metavar="FILE", type=Path)
    one = command(plan, "open", plan_open, as_json=True)
    one.add_argument("file", metavar="FILE", type=Path)
    one.add_argument("--units", metavar="FILE", type=Path, required=True)
    one.add_argument("--yes", action="store_true")
    one.add_argument("--before-inclusive", action="store_true")

    units = group(commands, "units")
    one = command(units, "import", units_import, as_json=True)
    one.add_argument("file", metavar="FILE", type=Path)

    users = group(commands, "users")
    one = command(users, "add", users_add)
    one.add_argument("email", metavar="EMAIL")
    one.add_argument("--role", choices=[str(role) for role in Role], required=True)
    one.add_argument("--unit", metavar="CODE")
    one.add_argument("--name", metavar="TEXT", default="")
    one.add_argument("--phone", metavar="TEXT", default="")
    one.add_argument("--password-stdin", action="store_true")

    tokens = group(commands, "tokens")
    one = command(tokens, "create", tokens_create)
    one.add_argument("email", metavar="EMAIL")

    one = command(commands, "timeline", timeline, as_json=True)
    one.add_argument("number", metavar="NUMBER")

    one = command(commands, "tick", tick, as_json=True)
    one.add_argument("--now", metavar="ISO")

    report = group(commands, "report")
    one = command(report, "read", report_read, as_json=True)
    one.add_argument("file", metavar="FILE", type=Path)
    one.add_argument("--campaign", metavar="NUMBER", required=True)

    one = command(commands, "assemble", assemble, as_json=True)
    one.add_argument("number", metavar="NUMBER")
    one.add_argument("--out", metavar="DIR", type=Path, required=True)
    one.add_argument("--provisional", action="store_true")
    one.add_argument("--now", metavar="ISO")

    one = command(commands, "fixture", fixture, as_json=True)
    one.add_argument("--units", metavar="N", type=int, required=True)
    one.add_argument("--years", metavar="A-B")
    one.add_argument("--filled", metavar="PERCENT", type=int, default=0)

    command(commands, "doctor", doctor, as_json=True)
    one = command(commands, "backup", backup)
    one.add_argument("file", metavar="FILE", type=Path)
    one = command(commands, "restore", restore)
    one.add_argument("file", metavar="FILE", type=Path)
    if more is not None:
        more(commands)
    return top


# --- the database ---------------------------------------------------------------------------------


def db_upgrade(_arguments: argparse.Namespace) -> None:
    """Bring the database to the current schema."""
    from tracker.core import schema

    settings = settings_of_commands()
    if settings.is_sqlite:
        schema.make_ready(settings.database_url, settings.data_dir)
    else:
        schema.upgrade(settings.database_url)
    print(say(N_("Cơ sở dữ liệu đã ở phiên bản %(revision)s."), revision=schema.head()))


# --- plans ----------------------------------------------------------------------------------------


def plan_read(arguments: argparse.Namespace) -> None:
    """A plan document as PlanSpec; no database is opened."""
    from tracker.core.calendar import WorkingCalendar
    from tracker.documents.reader import open_document
    from tracker.plans.reading import read_plan
    from tracker.plans.spec import to_json

    zone = settings_of_commands().timezone
    blocks = open_document(read_bytes(arguments.file), arguments.file.name)
    spec = read_plan(blocks, WorkingCalendar(tz=zone), zone)
    if arguments.json:
        print_json(to_json(spec))
        return
    print(f"{spec.kind} {spec.number}: {spec.title}")
    for milestone in spec.milestones:
        print(f"  {milestone.last_day:%d/%m/%Y}  {milestone.wording}")
    print_readings([warning for warning in spec.warnings])


def plan_open(arguments: argparse.Namespace) -> None:
    """Open a plan for a list of units, now."""
    from tracker.accounts.importing import read_units
    from tracker.core.db import transaction
    from tracker.documents.reader import open_document
    from tracker.office.queries import calendar
    from tracker.plans.reading import read_plan
    from tracker.reports.opening import open_campaign, readings

    blocks = open_document(read_bytes(arguments.file), arguments.file.name)
    rows = read_units(arguments.units.name, read_bytes(arguments.units))
    with _office():
        with transaction():
            spec = read_plan(blocks, calendar(), settings_of_commands().timezone)
        asked = readings(spec)
        if asked and not arguments.yes and not confirmed(spec, asked, arguments):
            raise to_confirm(asked, arguments)
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
            print(
                say(N_("Cột %(column)s của Phụ lục số %(table)s chưa giao đơn vị nào."), column=column, table=table),
                file=sys.stderr,
            )
    if arguments.json:
        print_json({"campaign": number, "reports": opened.reports})
    else:
        print(say(N_("Đã mở %(number)s: %(n)s báo cáo."), number=number, n=opened.reports))


def units_import(arguments: argparse.Namespace) -> None:
    """Bring a list of units in, all or nothing."""
    from tracker.accounts.importing import import_units, read_units
    from tracker.core.db import transaction

    rows = read_units(arguments.file.name, read_bytes(arguments.file))
    with _office(), transaction():
        done = import_units(rows, OFFICE, clock.now())
    if arguments.json:
        print_json({"units": len(rows), "added": done.added, "changed": done.changed})
        return
    print(
        say(
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
    print(say(N_("Đã thêm %(email)s, vai trò %(role)s."), email=email, role=arguments.role))


def tokens_create(arguments: argparse.Namespace) -> None:
    """Make an API token; it is shown this once, as the last word."""
    from tracker.accounts.service import create_token
    from tracker.core.db import transaction

    with _office(), transaction():
        token = create_token(arguments.email, OFFICE, clock.now())
    print(say(N_("Mã truy cập của %(email)s, chỉ hiện một lần:"), email=arguments.email), token)


# --- the clock ------------------------------------------------------------------------------------


def timeline(arguments: argparse.Namespace) -> None:
    """Every milestone of a plan and every rung of the ladder."""
    from tracker.campaigns.queries import by_number
    from tracker.core.db import transaction
    from tracker.deadlines.service import timeline_json

    with _office(), transaction():
        found = timeline_json(by_number(arguments.number), clock.now())
    if arguments.json:
        print_json(found)
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
        done = beat(moment(arguments.now), post)
    said = {"looked": done.looked, "nudges": done.nudges, "sent": done.mail.sent, "failed": done.mail.failed}
    if arguments.json:
        print_json(said)
    else:
        print(say(N_("Đã xem %(looked)s, lập %(nudges)s lượt nhắc, gửi %(sent)s thư, %(failed)s thư hỏng."), **said))


# --- many reports, one ----------------------------------------------------------------------------


def report_read(arguments: argparse.Namespace) -> None:
    """A unit's Word report, split along the outline of its campaign; nothing is saved."""
    from tracker.accounts.queries import units
    from tracker.campaigns.queries import by_number, spec_of
    from tracker.core.db import transaction
    from tracker.reports.intake import read_report

    data = read_bytes(arguments.file)
    with _office(), transaction():
        spec = spec_of(by_number(arguments.campaign))
        known = [(unit.code, unit.name) for unit in units()]
    found = read_report(data, arguments.file.name, spec, known)
    if arguments.json:
        print_json(found)
        return
    for section in found["sections"]:
        print(f"{section['number']}: {section['text'][:80]}")
    for number in found["missing"]["sections"]:
        print(say(N_("Thiếu mục %(number)s."), number=number))


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
            now=moment(arguments.now),
            store=store(),
        )
    if arguments.json:
        print_json(done)
        return
    print(
        say(
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
        print_json({"campaign": number, "reports": arguments.units})
    else:
        print(say(N_("Đã mở %(number)s: %(n)s báo cáo."), number=number, n=arguments.units))


def doctor(arguments: argparse.Namespace) -> int:
    """What is wrong with the installation and what to do; 1 if anything is."""
    from dataclasses import asdict

    from sqlalchemy.exc import SQLAlchemyError

    from tracker.app import create_app
    from tracker.core.schema import make_ready
    from tracker.operate.doctor import Surroundings, examine

    settings = settings_of_commands()
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    if settings.is_sqlite:
        # A file that is no database is a finding.
        with suppress(SQLAlchemyError):
            make_ready(settings.database_url, settings.data_dir)
    app = create_app(settings)
    place = Surroundings(
        settings.database_url, settings.broker_url, settings.smtp_url, settings.store_url, settings.data_dir
    )
    with app.app_context():
        findings = examine(place, clock.now(), clock.machine_now())
    if arguments.json:
        print_json({"ok": all(one.ok for one in findings), "findings": [asdict(one) for one in findings]})
    else:
        for one in findings:
            print(f"{'✓' if one.ok else '✗'} {one.part}: {one.detail}" + (f" {one.remedy}" if one.remedy else ""))
    wrong = [one for one in findings if not one.ok]
    if wrong:
        return refuse("; ".join(f"{one.part}: {one.remedy or one.detail}" for one in wrong))
    return DONE


def backup(arguments: argparse.Namespace) -> None:
    """Rows and files into one archive."""
    from tracker.core.db import transaction
    from tracker.files.store import store
    from tracker.operate.backup import write

    with _office(), transaction():
        counts = write(arguments.file, store(), clock.now())
    print(say(N_("Đã sao lưu %(rows)s dòng, %(files)s tệp."), **counts))


def restore(arguments: argparse.Namespace) -> None:
    """An archive into an empty installation; no mail is sent again."""
    from tracker.core.db import transaction
    from tracker.files.store import store
    from tracker.operate.backup import restore as bring_back

    with _office(), transaction():
        counts = bring_back(arguments.file, store(), clock.now())
    print(say(N_("Đã khôi phục %(rows)s dòng, %(files)s tệp."), **counts))


# --- within ---------------------------------------------------------------------------------------


@contextmanager
def _office() -> Iterator[Flask]:
    """The application over a database at the current schema, without a server and without a bell."""
    from sqlalchemy import event

    from tracker.app import create_app
    from tracker.core.db import db
    from tracker.core.schema import make_ready

    settings = settings_of_commands()
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

    settings = settings_of_commands()
    try:
        return post_office(
            smtp_url=settings.smtp_url,
            mail_from=settings.mail_from,
            secret=settings.secret_key,
            urls=Addresses(app, settings.base_url, settings.secret_key),
        )
    except ValueError as error:
        raise SettingsError(f"TRACKER_SMTP_URL, TRACKER_MAIL_FROM: {error}") from error
