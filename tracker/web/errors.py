"""Every refusal and every fault as an answer: a page, a fragment for htmx, problem+json for machines.

The sentences of refusals are written where they are raised; here are only those of HTTP itself.
"""

from __future__ import annotations

import json
import logging

from flask import Flask, current_app, flash, make_response, render_template, request
from flask_wtf.csrf import CSRFError
from markupsafe import escape
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response

from tracker.core.errors import Invalid, NotSignedIn, Refusal
from tracker.core.text import N_
from tracker.web.filters import say
from tracker.web.htmx import go, here, is_htmx
from tracker.web.i18n import translate_refusal
from tracker.web.problem import problem, wants_problem
from tracker.web.requestlog import request_id
from tracker.web.shell import Shell

log = logging.getLogger(__name__)

REGION = "#thong-bao"  # where _base.html shows messages; an error never replaces what the reader was looking at

TITLES = {
    400: N_("Yêu cầu chưa đúng"),
    401: N_("Cần đăng nhập"),
    403: N_("Không mở được phần này"),
    404: N_("Không tìm thấy trang này"),
    405: N_("Không làm được theo cách này"),
    409: N_("Nội dung vừa có thay đổi"),
    413: N_("Nội dung gửi lên quá lớn"),
    415: N_("Không đọc được kiểu tệp này"),
    422: N_("Chưa làm được"),
    429: N_("Thao tác quá nhanh"),
    500: N_("Hệ thống gặp lỗi"),
    503: N_("Hệ thống đang bận"),
}
DETAILS = {
    400: ("bad_request", N_("Máy chủ không đọc được yêu cầu. Tải lại trang rồi làm lại.")),
    401: ("not_signed_in", N_("Chưa đăng nhập, hoặc phiên làm việc đã hết. Đăng nhập rồi mở lại.")),
    403: ("forbidden", N_("Phần này dành cho vai trò khác. Cần mở thì báo người quản trị.")),
    404: ("not_found", N_("Địa chỉ này không có, hoặc không thuộc phần được xem. Kiểm tra lại liên kết.")),
    405: ("method_not_allowed", N_("Địa chỉ này không nhận thao tác vừa gửi. Quay lại trang trước rồi làm lại.")),
    408: ("timeout", N_("Đường truyền quá chậm, máy chủ chưa nhận đủ. Gửi lại.")),
    409: ("conflict", N_("Nội dung vừa được thay đổi. Tải lại trang để xem bản mới.")),
    413: ("too_large", N_("Nội dung gửi lên lớn hơn mức cho phép. Giảm dung lượng rồi gửi lại.")),
    415: ("unsupported_type", N_("Kiểu nội dung này chưa nhận được. Kiểm tra lại tệp hoặc yêu cầu.")),
    422: ("invalid", N_("Nội dung gửi lên còn chỗ chưa đúng. Xem lại các ô đã nhập.")),
    429: ("too_many_requests", N_("Gửi quá nhiều yêu cầu trong thời gian ngắn. Đợi một phút rồi làm lại.")),
    500: (
        "server_error",
        N_("Việc vừa làm chưa được lưu. Làm lại sau ít phút; vẫn lỗi thì báo mã dưới đây cho người quản trị."),
    ),
    503: ("unavailable", N_("Cơ sở dữ liệu chưa trả lời, việc vừa làm chưa được lưu. Đợi vài giây rồi làm lại.")),
}
CSRF_DETAIL = N_(
    "Trang này mở đã lâu hoặc phiên làm việc đã đổi nên chưa nhận được thao tác. Tải lại trang rồi làm lại."
)
_KEPT_HEADERS = ("Allow", "Retry-After", "WWW-Authenticate")
_RETRY_SECONDS = "5"


def answer(
    status: int, code: str, sentence: str, *, extra: dict[str, object] | None = None, problems: list[str] | None = None
) -> Response:
    """One error in the shape the caller reads: problem+json, a fragment aimed at the message region, or a page.

    `problems`: further sentences, one a place. The request id is named for faults of ours (5xx) only, so that
    a page that is not there and one that is not theirs have the same body.
    """
    fault = request_id() if status >= 500 else None
    if wants_problem():
        return problem(status, code, sentence, extra, fault)
    title = say(TITLES.get(status, TITLES[422 if status < 500 else 500]))
    context = {"status": status, "title": title, "sentence": sentence, "problems": problems or [], "request_id": fault}
    context["way_back"] = "/"  # an error page repeats nothing of its address
    if is_htmx():
        reply = make_response(_draw("_error.html", context), status)
        reply.headers["HX-Retarget"] = REGION
        reply.headers["HX-Reswap"] = "innerHTML"
        return reply
    return make_response(_draw("error.html", context), status)


def _draw(template: str, context: dict[str, object]) -> str:
    """Render; a fault of ours is drawn without context processors, which may need what has just failed."""
    try:
        if int(str(context["status"])) < 500:
            return render_template(template, **context)
        return current_app.jinja_env.get_template(template).render(shell=Shell(), **context)
    except Exception:  # the error page must come, whatever else is broken
        log.warning("the error page could not be drawn", exc_info=True)
        lines = "".join(f"<p>{escape(str(context[key]))}</p>" for key in ("sentence", "request_id") if context[key])
        head = f'<meta charset="utf-8"><title>{escape(str(context["title"]))}</title>'
        return f'<!doctype html><html lang="vi">{head}{lines}'


def _refused(refusal: Refusal) -> Response:
    problems = refusal.problems if isinstance(refusal, Invalid) else ()
    if isinstance(refusal, NotSignedIn):
        return _stranger(refusal)
    extra: dict[str, object] = dict(refusal.extra)
    if problems:
        extra["problems"] = [{**p.extra, "code": p.code, "detail": translate_refusal(p)} for p in problems]
    return answer(
        refusal.status,
        refusal.code,
        translate_refusal(refusal),
        extra=extra,
        problems=[translate_refusal(p) for p in problems],
    )


def _stranger(refusal: NotSignedIn) -> Response:
    """Machines get 401 and what to send; a person is taken to the sign-in page and back afterwards."""
    sentence = translate_refusal(refusal)
    door = _sign_in_url()
    if wants_problem() or door is None:
        reply = answer(401, refusal.code, sentence, extra=dict(refusal.extra))
        reply.headers["WWW-Authenticate"] = 'Bearer realm="tracker"'
        return reply
    if request.method != "GET" and not is_htmx():
        flash(sentence, "soon")
    return go(door)


def _sign_in_url() -> str | None:
    manager = current_app.extensions.get("login_manager") or getattr(current_app, "login_manager", None)
    view = getattr(manager, "login_view", None)
    if not view:
        return None
    return current_app.url_for(view, next=here())


def _http(error: HTTPException) -> Response | HTTPException:
    status = error.code or 500
    if status < 400:
        return error  # a redirect
    if isinstance(error, CSRFError):
        return answer(400, "csrf", say(CSRF_DETAIL))
    code, detail = DETAILS.get(status, DETAILS[400 if status < 500 else 500])
    reply = answer(status, code, say(detail))
    for name, value in error.get_headers():
        if name in _KEPT_HEADERS:
            reply.headers[name] = value
    if status == 429:
        reply.headers.setdefault("Retry-After", "60")
    return reply


def _database_away(error: Exception) -> Response:
    # The statement and its values stay out of the log: they hold what people wrote.
    log.error("database away, request %s: %s", request_id(), json.dumps(str(getattr(error, "orig", None) or error)))
    code, detail = DETAILS[503]
    reply = answer(503, code, say(detail))
    reply.headers["Retry-After"] = _RETRY_SECONDS
    return reply


def install(app: Flask) -> None:
    """Register the handlers. An unforeseen exception is logged by Flask and answered as a 500 without its trace."""
    app.register_error_handler(Refusal, _refused)
    app.register_error_handler(HTTPException, _http)
    for away in (OperationalError, InterfaceError, PoolTimeout):
        app.register_error_handler(away, _database_away)
