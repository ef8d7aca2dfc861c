"""A small app made of the shared plumbing alone, with one route for each thing that can happen."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from flask import Blueprint, Flask, Response, abort, flash, jsonify, render_template, request
from flask.testing import FlaskClient
from flask_login import LoginManager, UserMixin, login_user, logout_user
from jinja2 import ChoiceLoader, FileSystemLoader
from sqlalchemy.exc import OperationalError
from werkzeug.serving import make_server
from wtforms import BooleanField, SelectField, StringField
from wtforms.validators import Email, InputRequired, Length

from tracker.core.errors import Conflict, Forbidden, Invalid, NotFound, TooLarge
from tracker.core.people import Actor, Role
from tracker.core.text import N_
from tracker.web import htmx, limits, shell
from tracker.web.access import public, roles_required, signed_in
from tracker.web.forms import BaseForm, DateField, summary
from tracker.web.install import install

ROOT = Path(__file__).resolve().parents[2]
ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
ROLES = {"reporter": Role.REPORTER, "lead": Role.LEAD}
PEOPLE = {
    name: Actor(number, f"Người {name}", roles=frozenset({role}))
    for number, (name, role) in enumerate(ROLES.items(), 1)
}
TOKEN = "a-token-of-the-lead"


@dataclass
class Person(UserMixin):  # type: ignore[misc]  # flask_login ships no types
    actor: Actor

    def get_id(self) -> str:
        return self.actor.name.split()[-1]


class PersonForm(BaseForm):
    name = StringField("Họ tên", [InputRequired(), Length(max=20)])
    email = StringField("Thư điện tử", [Email()])
    role = SelectField("Vai trò", choices=[("a", "A"), ("b", "B")])
    until = DateField("Đến hết ngày")
    agree = BooleanField("Đồng ý")


@dataclass
class Store:
    """What the demo's save routes keep, and how they are told to behave."""

    html: str = "<p>Bản cũ.</p>"
    version: int = 1
    bodies: list[dict[str, Any]] = field(default_factory=list)
    fail: int | None = None
    before: Callable[[], None] | None = None

    def put(self) -> Response:
        body = request.get_json() if request.is_json else request.form.to_dict()
        self.bodies.append(body)
        if self.before:
            self.before()
        if self.fail:
            abort(self.fail)
        if int(body["version"]) < self.version:
            raise Conflict(
                "stale_version",
                N_("Mục này vừa được %(name)s sửa lúc %(at)s. Bài vừa gõ còn nguyên; xem hai bản cạnh nhau."),
                {"version": self.version, "html": self.html, "at": "2023-05-11T08:57:00+07:00"},
                name="Lò Thị Mai",
                at="08:59",
            )
        self.version += 1
        self.html = body.get("html", self.html)
        return jsonify(version=self.version, saved_at="08:57")


def demo(store: Store, https: bool = False, locale: str = "vi") -> Flask:
    app = Flask("demo", template_folder=str(ROOT / "templates"), static_folder=str(ROOT / "static"))
    app.secret_key = "only-for-the-tests-0123456789"
    assert app.jinja_loader is not None
    app.jinja_loader = ChoiceLoader([FileSystemLoader(ROOT / "tests" / "web" / "demo"), app.jinja_loader])
    manager = LoginManager(app)
    manager.login_view = "pages.sign_in"

    @manager.user_loader  # type: ignore[untyped-decorator]  # flask_login ships no types
    def of_session(name: str) -> Person | None:
        return Person(PEOPLE[name]) if name in PEOPLE else None

    @manager.request_loader  # type: ignore[untyped-decorator]  # flask_login ships no types
    def of_token(_: object) -> Person | None:
        return Person(PEOPLE["lead"]) if request.headers.get("Authorization") == f"Bearer {TOKEN}" else None

    install(app, https=https, locale=locale, zone=ZONE)
    bp = Blueprint("pages", __name__)
    polls = {"version": 1, "status": 200}
    app.extensions["polls"] = polls

    @bp.get("/sign-in")
    @public
    def sign_in() -> str:
        return render_template("demo.html")

    @bp.post("/sign-in/<name>")
    @public
    def enter(name: str) -> Response | Any:
        login_user(Person(PEOPLE[name]))
        return htmx.go(htmx.safe_next(request.args.get("next")) or "/demo")

    @bp.post("/sign-out")
    @signed_in
    def leave() -> Any:
        logout_user()
        return htmx.go("/sign-in")

    @bp.get("/demo")
    @public
    def page() -> str:
        if request.args.get("flash"):
            flash("Đã gửi lúc 16:40 ngày 09/5/2023, đúng hạn.", "ok")
        return render_template("demo.html")

    @bp.get("/unmarked")
    def unmarked() -> str:
        return "unmarked"

    @bp.get("/inside")
    @signed_in
    def inside() -> str:
        return "inside"

    @bp.post("/inside")
    @signed_in
    def change() -> str:
        return "changed"

    @bp.get("/lead-only")
    @roles_required(Role.LEAD)
    def lead_only() -> str:
        return "lead"

    @bp.get("/lead-hidden")
    @roles_required(Role.LEAD, hide=True)
    def lead_hidden() -> str:
        return "lead"

    @bp.get("/api/v1/things")
    @signed_in
    def things() -> Response:
        return jsonify(items=[])

    @bp.post("/api/v1/things")
    @signed_in
    def new_thing() -> Response:
        return jsonify(ok=True)

    @bp.route("/refuse/<what>", methods=["GET", "POST"])
    @bp.route("/api/v1/refuse/<what>")
    @public
    def refuse(what: str) -> Response:
        raise {
            "invalid": Invalid(
                "bad_rows",
                N_("Tệp có %(n)s dòng sai."),
                problems=[Invalid("bad_number", N_("Ô %(where)s: không phải số."), {"row": 3}, where="C3")],
                n=1,
            ),
            "conflict": Conflict(
                "stale_version", N_("Vừa có người sửa ngày %(day)s."), {"version": 7}, day=date(2023, 5, 9)
            ),
            "forbidden": Forbidden("not_yours", N_("Chỉ đọc được.")),
            "not_found": NotFound("not_found", N_("Không tìm thấy nội dung này.")),
            "large": TooLarge("too_large", N_("Tệp lớn hơn %(most)s MB."), most=20),
            "csrf-like": Invalid("<b>", N_("Tên «%(name)s» có dấu lạ."), name="<script>alert(1)</script>"),
        }[what]

    @bp.get("/boom")
    @bp.get("/api/v1/boom")
    @public
    def boom() -> Response:
        raise RuntimeError("the secret of the trace")

    @bp.get("/database-away")
    @bp.get("/api/v1/database-away")
    @public
    def database_away() -> Response:
        raise OperationalError("SELECT 1", {}, Exception("connection refused"))

    @bp.get("/link/<token>")
    @public
    def link(token: str) -> str:
        if token.startswith("broken"):
            raise RuntimeError("broken")
        return "opened"

    @bp.get("/limited")
    @public
    @limits.limiter.limit("2 per minute", key_func=limits.by_address)
    def limited() -> str:
        return "ok"

    @bp.get("/words")
    @public
    def words() -> str:
        return "chữ " * 2000

    @bp.route("/form", methods=["GET", "POST"])
    @public
    def person() -> Any:
        form = PersonForm()
        if form.validate_on_submit():
            return htmx.go("/demo?flash=1")
        return render_template("form.html", form=form, problems=summary(form)), 422 if form.errors else 200

    @bp.get("/editor")
    @public
    def editor() -> str:
        return render_template("editor.html", store=store)

    @bp.get("/table")
    @public
    def table() -> str:
        return render_template("table.html")

    @bp.route("/store", methods=["PUT", "POST"])
    @public
    def put() -> Any:
        answer = store.put()
        return answer if request.method == "PUT" else htmx.go("/editor")

    @bp.get("/board")
    @public
    def board() -> str:
        return render_template("poll.html", version=polls["version"])

    @bp.get("/poll")
    @public
    def poll() -> Any:
        if polls["status"] != 200:
            abort(polls["status"])
        return htmx.unchanged(polls["version"]) or htmx.render("poll.html", "_poll.html", version=polls["version"])

    # The frame of the sample offers to move the clock; the room that does so is not part of this app.
    app.add_url_rule("/sample/forward", "operate.forward", signed_in(lambda: ""), methods=["POST"])
    app.register_blueprint(bp)
    shell.register(
        app,
        lambda: shell.Shell(
            body_name="Huyện ủy Phong Thổ",
            nav=(
                shell.NavItem("Việc của tôi", "/demo", 3, True),
                shell.NavItem("Báo cáo", "/editor"),
                shell.NavItem("Phụ lục", "/table"),
            ),
            user_name="Lò Thị Mai",
            user_note="Đảng bộ xã Bản Lang",
            clock_banner=datetime(2023, 5, 11, 2, 0, tzinfo=UTC),
            sample=True,
            sign_out_url="/sign-out",
        ),
    )
    return app


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def demo_app(store: Store) -> Flask:
    return demo(store)


@pytest.fixture
def ask(demo_app: Flask) -> FlaskClient:
    return demo_app.test_client()


@pytest.fixture
def live(demo_app: Flask) -> Iterator[str]:
    """The demo in a real server, for the browser tests of this folder."""
    server = make_server("127.0.0.1", 0, demo_app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join(5)
