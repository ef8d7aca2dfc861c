"""The `tracker` program: the commands of tracker/cli.py, and the processes `up`, `web`, `worker` and `beat`.

Each loads what it needs itself, so that no command pays for another. What the processes do is in the other modules.
"""

from __future__ import annotations

import argparse
import contextlib
import shutil
import signal
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from config import Settings
from tracker import cli
from tracker.core.errors import Refusal
from tracker.core.text import N_

if TYPE_CHECKING:
    from flask import Flask

WEB_WORKERS = 2
WEB_THREADS = 8
KEEP_CLOCK = 20.0


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; its exit status."""
    return cli.main(argv, processes)


def processes(commands: Any) -> None:
    """Add the four commands that stay until they are stopped."""
    one = commands.add_parser("up", help=up.__doc__)
    one.add_argument("--port", metavar="N", type=int)
    one.add_argument("--data", metavar="DIR", type=Path)
    one.add_argument("--sample", action="store_true")
    one.set_defaults(run=up)
    one = commands.add_parser("web", help=web.__doc__)
    one.set_defaults(run=web)
    one = commands.add_parser("worker", help=worker.__doc__)
    one.add_argument("--concurrency", metavar="N", type=int, default=2)
    one.set_defaults(run=worker)
    one = commands.add_parser("beat", help=beat.__doc__)
    one.set_defaults(run=beat)


def up(arguments: argparse.Namespace) -> int:
    """Web, worker and beat in one process, with no server installed."""
    port = arguments.port
    settings = Settings.from_env(
        sample=arguments.sample, data_dir=arguments.data, bind=f"127.0.0.1:{port}" if port else None
    )
    _check_mail(settings)
    stop = Stop()
    with contextlib.suppress(SystemExit):
        _up(settings, stop)
    return 0


def _up(settings: Settings, stop: Stop) -> None:
    import waitress.server

    from tracker.app import create_app
    from tracker.core import clock
    from tracker.core.db import set_bell
    from tracker.core.schema import make_ready
    from workers.bell import bell_of
    from workers.celery_app import make_celery
    from workers.embedded import Embedded

    host, _, port = settings.bind.rpartition(":")
    server_socket = _listen(host, int(port))
    if settings.sample:
        _clear_unfinished(settings)
    make_ready(settings.database_url, settings.data_dir)
    app = create_app(settings)
    if settings.sample:
        _sample(app, settings)
    celery = make_celery(settings, app)
    set_bell(bell_of(celery))
    embedded = Embedded(celery)
    server = waitress.server.create_server(app, sockets=[server_socket], threads=8, clear_untrusted_proxy_headers=True)
    keeper = threading.Thread(target=_keep_clock, args=(app, stop.asked), name="clock", daemon=True)
    stop.waits = True
    embedded.start()
    threading.Thread(target=server.run, name="server", daemon=True).start()
    if settings.sample and clock.simulated():
        keeper.start()
    _greet(settings)
    stop.asked.wait()
    # What is under way is finished and written down; a second Ctrl-C changes nothing about that.
    server.task_dispatcher.shutdown(timeout=1)
    embedded.stop(timeout=1.5)
    if keeper.ident is not None:
        keeper.join(1)


def web(_arguments: argparse.Namespace) -> int:
    """The web pages and the API, by gunicorn."""
    from gunicorn.app.base import BaseApplication

    from tracker.app import create_app
    from tracker.core.schema import make_ready
    from workers.bell import bell_of
    from workers.celery_app import make_publisher, own_connections

    settings = _many()
    make_ready(settings.database_url, settings.data_dir)

    class Web(BaseApplication):  # type: ignore[misc]  # gunicorn ships no types
        """Loaded once, forked after: the workers share what they only read."""

        def load_config(self) -> None:
            options = {
                "bind": settings.bind,
                "workers": WEB_WORKERS,
                "threads": WEB_THREADS,
                "worker_class": "gthread",
                "preload_app": True,
                "timeout": 60,
                "graceful_timeout": 30,
                "post_fork": lambda _server, _worker: own_connections(app),
                "proc_name": "tracker web",
                "control_socket_disable": True,
            }
            for name, value in options.items():
                if name in self.cfg.settings:
                    self.cfg.set(name, value)

        def load(self) -> Flask:
            return app

    app = create_app(settings, bell_of(make_publisher(settings)))
    _before_forking(app)
    Web().run()
    return 0


def _before_forking(app: Flask) -> None:
    """Load what every web worker would load, then keep the collector off it: what nobody writes to stays shared."""
    import gc

    from sqlalchemy.orm import configure_mappers

    configure_mappers()
    for name in app.jinja_env.list_templates(extensions=["html"]):
        if not name.startswith("emails/"):
            app.jinja_env.get_template(name)
    gc.collect()
    gc.freeze()


def worker(arguments: argparse.Namespace) -> int:
    """A worker: sends mail, looks at deadlines, builds consolidated reports."""
    from tracker.app import create_app
    from tracker.core.schema import make_ready
    from workers.bell import bell_of
    from workers.celery_app import after_fork, make_celery, make_publisher, own_connections
    from workers.heartbeat import Pulse

    settings = _many()
    make_ready(settings.database_url, settings.data_dir)
    app = create_app(settings, bell_of(make_publisher(settings)))

    def begin() -> None:
        own_connections(app)
        Pulse(app, "worker").start()

    after_fork(begin)
    celery = make_celery(settings, app)
    running = celery.Worker(
        pool="prefork",
        concurrency=max(1, arguments.concurrency),
        loglevel="WARNING",
        optimization="fair",
        without_gossip=True,
        without_mingle=True,
        quiet=True,
    )
    running.start()
    return int(running.exitcode or 0)


def beat(_arguments: argparse.Namespace) -> int:
    """The timetable; as many at once as one likes do no harm."""
    from tracker.app import create_app
    from tracker.core.schema import make_ready
    from workers.celery_app import make_celery
    from workers.embedded import Beat

    settings = _many()
    make_ready(settings.database_url, settings.data_dir)
    celery = make_celery(settings, create_app(settings))
    celery.Beat(scheduler=Beat, max_interval=5, loglevel="WARNING", quiet=True).run()
    return 0


def _check_mail(settings: Settings) -> None:
    """Refuse at the start what would make every mail fail later."""
    from tracker.notify.message import is_address
    from tracker.notify.transport import Server

    if settings.smtp_url:
        try:
            Server.of(settings.smtp_url)
        except ValueError as error:
            raise Refusal(
                "bad_smtp_url",
                N_("TRACKER_SMTP_URL phải bắt đầu bằng smtp://, smtps:// hoặc smtp+starttls:// và có tên máy chủ."),
            ) from error
    if not is_address(settings.mail_from):
        raise Refusal(
            "bad_mail_from", N_("TRACKER_MAIL_FROM không phải một địa chỉ thư: %(raw)s."), raw=settings.mail_from
        )


def _many() -> Settings:
    """The settings of one process among several: the broker must be one that they all reach."""
    settings = Settings.from_env()
    if settings.in_process:
        raise Refusal(
            "broker_in_process",
            N_(
                "Các tiến trình riêng cần một Redis chung: đặt TRACKER_BROKER_URL, ví dụ redis://127.0.0.1:6379/0. "
                "Chạy một tiến trình thì dùng: tracker up"
            ),
        )
    _check_mail(settings)
    return settings


# --- the one process ------------------------------------------------------------------------------


class Stop:
    """Ctrl-C and SIGTERM. While the program prepares they end it at once; once it `waits` they only ask.

    An exception out of a signal may be swallowed wherever it happens to strike, so `asked` holds in any case.
    """

    def __init__(self) -> None:
        self.asked = threading.Event()
        self.waits = False
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._ask)

    def _ask(self, _number: int, _frame: object) -> None:
        self.asked.set()
        if not self.waits:
            raise SystemExit(0)


def _listen(host: str, port: int) -> Any:
    """Take the port first, so that a second start says so at once; nobody is let in before all is ready."""
    import socket

    taken = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        taken.bind((host.strip("[]"), port))
    except OSError as error:
        raise Refusal(
            "port_taken",
            N_("Cổng %(port)s đang có chương trình khác dùng, hoặc không được phép mở (%(why)s). Chọn cổng khác."),
            port=port,
            why=error.strerror or str(error),
        ) from error
    return taken


def _unfinished(settings: Settings) -> Path:
    return settings.data_dir / ".sample-unfinished"


def _clear_unfinished(settings: Settings) -> None:
    """A sample whose building was cut short is built anew: half a story is none."""
    mark = _unfinished(settings)
    if mark.exists() and settings.is_sqlite:
        database = Path(settings.database_url.removeprefix("sqlite:///"))
        for path in (database, *(database.with_name(database.name + end) for end in ("-wal", "-shm"))):
            path.unlink(missing_ok=True)
        shutil.rmtree(settings.data_dir / "files", ignore_errors=True)
        mark.unlink()


def _sample(app: Flask, settings: Settings) -> None:
    """Build the sample the first time; then go on from the simulated instant at which it was left."""
    from tracker.core import clock
    from tracker.core.db import db, transaction
    from tracker.deadlines.tick import post_office, tick
    from tracker.operate import sample
    from tracker.operate.addresses import Addresses

    with app.app_context():
        if not sample.exists():
            # Before the mark: what it stands beside is cleared at the next start.
            if not sample.may_build():
                raise Refusal(
                    "not_empty",
                    N_(
                        "Dữ liệu mẫu chỉ dựng được trong thư mục dữ liệu trống; ở đây đã có dữ liệu. "
                        "Chọn thư mục khác bằng --data."
                    ),
                )
            print("Đang dựng dữ liệu mẫu của kế hoạch 271-KH/HU …", flush=True)
            _unfinished(settings).touch()
            with transaction():
                # Whatever server is set, invented people get no real mail.
                post = post_office(
                    smtp_url=None,
                    mail_from=settings.mail_from,
                    secret=settings.secret_key,
                    urls=Addresses(app, settings.base_url, settings.secret_key),
                )
            sample.build(lambda now: tick(now, post))
            _unfinished(settings).unlink(missing_ok=True)
        left = sample.stored_clock()
        if left is not None and settings.clock is None:
            clock.start_at(left)
        db.session.remove()


def _keep_clock(app: Flask, over: threading.Event) -> None:
    """Write the simulated instant down, now and then and at the end."""
    from tracker.core import clock
    from tracker.core.db import db
    from tracker.operate import sample

    last = False
    while not last:
        last = over.wait(KEEP_CLOCK)
        with app.app_context():
            try:
                sample.keep_clock(clock.now())
            finally:
                db.session.remove()


def _greet(settings: Settings) -> None:
    """Where it is, and in the sample who can sign in."""
    print(f"Theo dõi kế hoạch: {settings.base_url}  (Ctrl-C để dừng)", flush=True)
    if settings.sample:
        from tracker.operate import sample_people as cast

        print(f"Dữ liệu mẫu, đồng hồ mô phỏng. Mật khẩu của mọi tài khoản: {cast.PASSWORD}")
        for email, who in cast.ACCOUNTS:
            print(f"  {email:32} {who}")
        sys.stdout.flush()
