"""create_app: the one place where everything meets. Rules, SQL and templates live in the rooms."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from flask import Blueprint, Flask, current_app, redirect, request, url_for
from flask_babel import gettext as _
from flask_login import LoginManager, UserMixin, current_user
from werkzeug.wrappers import Response

from config import Settings
from tracker.accounts import admin as accounts_admin
from tracker.accounts import views as accounts_views
from tracker.accounts.forms import ROLE_NAMES
from tracker.accounts.queries import actor_of_session, actor_of_token
from tracker.assembly import api as assembly_api
from tracker.assembly import views as assembly_views
from tracker.board import api as board_api
from tracker.board import views as board_views
from tracker.campaigns import api as campaigns_api
from tracker.campaigns import views as campaigns_views
from tracker.campaigns.queries import newest_first
from tracker.core import clock
from tracker.core.db import db, prepare_postgresql, prepare_sqlite, read_only, set_bell
from tracker.core.people import UNIT_ROLES, Actor, Role
from tracker.core.text import N_
from tracker.deadlines import api as deadlines_api
from tracker.deadlines import views as deadlines_views
from tracker.deadlines.service import look_at_all
from tracker.files.store import use_store
from tracker.notify import views as notify_views
from tracker.office import views as office_views
from tracker.office.queries import frame, use_zone
from tracker.office.service import when_calendar_changes
from tracker.operate import sample_people
from tracker.operate import views as operate_views
from tracker.reports import api as reports_api
from tracker.reports import intake_views as reports_intake
from tracker.reports import pages as reports_pages
from tracker.reports import plan_views
from tracker.review import api as review_api
from tracker.review import service as review_service
from tracker.review import views as review_views
from tracker.review.queries import told_remarks
from tracker.web import cookies, shell
from tracker.web.access import is_signed_in, signed_in
from tracker.web.csrf import bears_token
from tracker.web.install import install
from tracker.web.limits import storage_for

ROOT = Path(__file__).resolve().parents[1]
Bell = Callable[[frozenset[str]], None]
_WITHOUT_DATABASE = frozenset({"static", "operate.healthz", "operate.readyz"})


@dataclass(slots=True)
class SignedIn(UserMixin):  # type: ignore[misc]  # flask_login carries no types
    """What flask_login keeps of a request's person. `session_id`, `seen_at`: the sign_in row; None for a token."""

    actor: Actor
    token: str
    session_id: int | None = None
    seen_at: datetime | None = None

    def get_id(self) -> str:
        """The session token: the cookie names the session, not the person, so that ending it ends it everywhere."""
        return self.token


def create_app(settings: Settings, bell: Bell | None = None) -> Flask:
    """The web application. `bell(topics)` is rung after a commit that made work for the workers."""
    app = Flask("tracker", template_folder=str(ROOT / "templates"), static_folder=str(ROOT / "static"))
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        SQLALCHEMY_ENGINE_OPTIONS=_engine_options(settings),
        MAX_CONTENT_LENGTH=30 * 1024 * 1024,
        MAX_FORM_MEMORY_SIZE=2 * 1024 * 1024,
        MAX_FORM_PARTS=6000,
        TRACKER=settings,
    )
    if settings.clock is not None:
        clock.start_at(settings.clock)
    use_zone(settings.timezone)
    when_calendar_changes(look_at_all)
    use_store(settings.store_url)
    set_bell(bell)
    db.init_app(app)
    with app.app_context():
        (prepare_sqlite if settings.is_sqlite else prepare_postgresql)(db.engine)
    _sign_in(app)
    install(
        app,
        https=settings.is_https,
        locale=settings.locale,
        zone=settings.timezone,
        limits_storage=storage_for(settings.broker_url),
    )
    app.before_request(_only_read)
    _rooms(app)
    shell.register(app, _shell)
    return app


def settings() -> Settings:
    """The settings of the application at work."""
    found = current_app.config["TRACKER"]
    if not isinstance(found, Settings):
        raise TypeError("no settings")
    return found


def _engine_options(settings: Settings) -> dict[str, object]:
    if settings.is_sqlite:
        return {"connect_args": {"timeout": 10, "check_same_thread": False}}
    return {"pool_size": 10, "max_overflow": 10, "pool_timeout": 10}


def _sign_in(app: Flask) -> None:
    manager = LoginManager()
    manager.session_protection = None
    manager.login_view = "accounts.sign_in"
    cookies.install(app)
    manager.init_app(app)

    @manager.user_loader  # type: ignore[untyped-decorator]
    def of_cookie(token: str) -> SignedIn | None:
        if request.path.startswith("/api/") or bears_token():
            return None
        found = actor_of_session(token, clock.now())
        return SignedIn(found[0], token, found[1], found[2]) if found else None

    @manager.request_loader  # type: ignore[untyped-decorator]
    def of_token(_request: object) -> SignedIn | None:
        if not bears_token():
            return None
        token = request.headers["Authorization"].split(None, 1)[-1].strip()
        actor = actor_of_token(token)
        return SignedIn(actor, token) if actor else None


def _only_read() -> None:
    # Whether the process serves must be told without the database, too.
    if request.method in {"GET", "HEAD", "OPTIONS"} and request.endpoint not in _WITHOUT_DATABASE:
        read_only()


def _rooms(app: Flask) -> None:
    @app.get("/")
    @signed_in
    def home() -> Response:
        """Everybody's own first page."""
        actor: Actor = current_user.actor
        return redirect(_place(_first_page(actor)))

    @app.get("/go/<place>")
    @signed_in
    def go(place: str) -> Response:
        """A campaign's page in the newest campaign."""
        campaigns = newest_first()
        if place not in {endpoint for _label, endpoint, _roles in _NAV} or not campaigns:
            return redirect(url_for("campaigns.index"))
        return redirect(url_for(place, campaign_id=campaigns[0].id))

    # What a unit sees of the review comes from the room above its own.
    reports_pages.remark_source = _remarks
    reports_pages.step_taker = review_service.take_step
    for blueprint in _blueprints():
        app.register_blueprint(blueprint)


def _remarks(report_ids: Collection[int]) -> list[reports_pages.RemarkShown]:
    return [
        reports_pages.RemarkShown(each.report_id, each.part, each.row, each.column, each.text, each.by_name, each.at)
        for each in told_remarks(report_ids)
    ]


def _blueprints() -> list[Blueprint]:
    return [
        accounts_views.bp,
        accounts_admin.bp,
        office_views.bp,
        campaigns_views.bp,
        plan_views.bp,
        campaigns_api.bp,
        reports_api.bp,
        reports_intake.bp,
        review_views.bp,
        review_api.bp,
        board_views.bp,
        deadlines_views.bp,
        notify_views.bp,
        board_api.bp,
        assembly_views.bp,
        assembly_api.bp,
        deadlines_api.bp,
        operate_views.bp,
    ]


def _first_page(actor: Actor) -> str:
    if Role.LEAD in actor.roles:
        return "board.show"
    if Role.OVERSIGHT in actor.roles:
        return "board.oversight"
    if actor.units:
        return "reports.desk"
    return "office.admin"


# What the head of a page offers: label, endpoint, who. An entry shows once its page exists.
_NAV: tuple[tuple[str, str, frozenset[Role]], ...] = (
    (N_("Việc của đơn vị"), "reports.desk", UNIT_ROLES),
    (N_("Bảng theo dõi"), "board.show", frozenset({Role.LEAD})),
    (N_("Toàn cảnh"), "board.oversight", frozenset({Role.OVERSIGHT})),
    (N_("Chờ duyệt"), "review.inbox", frozenset({Role.LEAD})),
    (N_("Tổng hợp"), "assembly.show", frozenset({Role.LEAD})),
    (N_("Nhắc việc"), "deadlines.mails", frozenset({Role.LEAD})),
    (N_("Kế hoạch"), "campaigns.index", frozenset({Role.LEAD, Role.OVERSIGHT})),
    (N_("Quản trị"), "office.admin", frozenset({Role.ADMIN})),
)


def _shell() -> shell.Shell:
    """What surrounds the page. A simulated clock is always said; who is in sees only what is theirs."""
    now = clock.now()
    product, body = frame(now.date())
    common: dict[str, Any] = {
        "brand": product or shell.BRAND,
        "body_name": body,
        "clock_banner": now if clock.simulated() else None,
        "sample": settings().sample,
    }
    if not is_signed_in():
        if settings().sample:
            common |= {"sample_accounts": sample_people.ACCOUNTS, "sample_password": sample_people.PASSWORD}
        return shell.Shell(**common)
    actor: Actor = current_user.actor
    return shell.Shell(
        **common,
        nav=[
            shell.NavItem(_(label), _place(endpoint), current=request.blueprint == endpoint.split(".")[0])
            for label, endpoint, roles in _NAV
            if actor.roles & roles and endpoint in current_app.view_functions
        ],
        user_name=actor.name,
        user_note=_note(actor),
        sign_out_url=url_for("accounts.sign_out"),
        account_url=url_for("accounts.account"),
        mailbox_url=url_for("notify.mailbox")
        if settings().sample and "notify.mailbox" in current_app.view_functions
        else None,
    )


def _place(endpoint: str) -> str:
    """The page of an endpoint; those of a campaign in the one at hand, else by way of the newest."""
    if not current_app.url_map.is_endpoint_expecting(endpoint, "campaign_id"):
        return url_for(endpoint)
    campaign_id = (request.view_args or {}).get("campaign_id")
    return url_for(endpoint, campaign_id=campaign_id) if campaign_id else url_for("go", place=endpoint)


def _note(actor: Actor) -> str:
    """The unit or the office of the person."""
    offices = [_(name) for role, name in ROLE_NAMES.items() if role in actor.roles - UNIT_ROLES]
    return ", ".join([*actor.unit_names, *offices])
