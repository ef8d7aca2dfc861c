"""Who may open a route: every route is for signed-in people unless it is marked public and listed here.

Which rows a person may see is decided where they are loaded (each room's queries), not here.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from flask import Flask, current_app, request
from flask_login import current_user

from tracker.core.errors import Forbidden, NotFound, NotSignedIn
from tracker.core.people import Actor, Role
from tracker.core.text import N_

P = ParamSpec("P")
R = TypeVar("R")
Any_ = TypeVar("Any_", bound=Callable[..., object])

_MARK = "tracker_access"

# Endpoints that answer without anybody signed in. A house test compares this list with the marks,
# so that opening a door is always a change to this file. One reason a line.
PUBLIC: frozenset[str] = frozenset(
    {
        "static",  # style, script and fonts of the sign-in page
        "operate.healthz",  # the supervisor's question
        "operate.readyz",  # the load balancer's question
        "operate.metrics",  # counts only, and off unless asked for
        "operate.openapi",  # what the API looks like, no data
        "accounts.sign_in",  # the door itself
        "accounts.take_sign_in",
        "accounts.ask_link",  # a link by mail; the answer never tells whether the address is known
        "accounts.take_ask_link",
        "accounts.ask_reset",
        "accounts.take_ask_reset",
        "accounts.link",  # one-time links: the token in the address is the key
        "accounts.take_link",
        "accounts.invite",
        "accounts.take_invite",
        "accounts.reset",
        "accounts.take_reset",
        "board.view",  # a signed address that ends by itself
        "lang.switch",  # the language of the sign-in page
    }
)


def public(view: Any_) -> Any_:
    """Mark a route that answers without anybody signed in; its endpoint must also stand in PUBLIC."""
    setattr(view, _MARK, "public")
    return view


def signed_in(view: Any_) -> Any_:
    """Mark a route for any signed-in person. The gate would refuse strangers without the mark too."""
    setattr(view, _MARK, "signed_in")
    return view


def roles_required(*roles: Role, hide: bool = False) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """A route for people who hold one of `roles`; others get 403, or 404 if `hide`."""
    if not roles:
        raise ValueError("name at least one role")

    def mark(view: Callable[P, R]) -> Callable[P, R]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            if not actor().roles & set(roles):
                if hide:
                    raise NotFound("not_found", N_("Không tìm thấy nội dung này."))
                raise Forbidden("role_needed", N_("Phần này dành cho vai trò khác. Cần mở thì báo người quản trị."))
            return view(*args, **kwargs)

        setattr(guarded, _MARK, "roles:" + ",".join(sorted(roles)))
        return guarded

    return mark


def is_signed_in() -> bool:
    """True if somebody is signed in, by session or by token."""
    return bool(current_user and current_user.is_authenticated)


def actor() -> Actor:
    """The signed-in person as every service verb takes them; refuses when nobody is signed in."""
    if not is_signed_in():
        raise not_signed_in()
    found = current_user.actor
    if not isinstance(found, Actor):
        raise TypeError("the signed-in user's .actor is no Actor")
    return found


def not_signed_in() -> NotSignedIn:
    """The one refusal for strangers, whatever they asked for."""
    return NotSignedIn("not_signed_in", N_("Chưa đăng nhập, hoặc phiên làm việc đã hết. Đăng nhập rồi mở lại."))


def marks(app: Flask) -> dict[str, str | None]:
    """Every endpoint and its mark: 'public', 'signed_in', 'roles:…' or None."""
    return {endpoint: getattr(view, _MARK, None) for endpoint, view in app.view_functions.items()}


def faults(app: Flask) -> list[str]:
    """What the house test holds to be empty: routes without a mark, and public routes that PUBLIC does not name."""
    found = marks(app)
    routed = {rule.endpoint for rule in app.url_map.iter_rules()}
    unmarked = [f"{e}: no mark" for e, mark in found.items() if mark is None and e in routed]
    unlisted = [f"{e}: public but not in PUBLIC" for e, mark in found.items() if mark == "public" and e not in PUBLIC]
    return sorted(unmarked + unlisted)


def _gate() -> None:
    if request.endpoint is None:
        return  # no such route: the 404 says nothing to a stranger
    view = current_app.view_functions.get(request.endpoint)
    if getattr(view, _MARK, None) == "public":
        return
    if not is_signed_in():
        raise not_signed_in()


def install(app: Flask) -> None:
    """Close every door that is not marked public."""
    if "static" in app.view_functions:
        public(app.view_functions["static"])
    app.before_request(_gate)
