"""How an entry of the trail reads: what was done, to what, and what its details are called.

Nothing here reads or writes the trail. A word that is not listed is shown as it was written.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from tracker.core.text import N_

VERBS: Final = {
    "assembly.done": N_("dựng xong bản tổng hợp"),
    "assembly.request": N_("yêu cầu dựng bản tổng hợp"),
    "body.save": N_("lưu cơ quan"),
    "calendar.drop": N_("bỏ ngày trong bảng ngày nghỉ"),
    "calendar.set": N_("ghi ngày vào bảng ngày nghỉ"),
    "campaign.close": N_("đóng kế hoạch"),
    "campaign.open": N_("mở kế hoạch"),
    "file.attach": N_("đính kèm tệp"),
    "file.detach": N_("bỏ tệp đính kèm"),
    "mail.again": N_("gửi lại thư"),
    "report.accept": N_("duyệt báo cáo"),
    "report.consolidate": N_("đưa vào bản tổng hợp"),
    "report.extend": N_("gia hạn báo cáo"),
    "report.release": N_("đưa ra khỏi bản tổng hợp"),
    "report.reopen": N_("mở lại báo cáo đã duyệt"),
    "report.send_back": N_("trả lại báo cáo"),
    "report.submit": N_("gửi báo cáo"),
    "report.take": N_("nhận duyệt báo cáo"),
    "report.withdraw": N_("rút lại báo cáo"),
    "reports.consolidate": N_("đưa các báo cáo vào bản tổng hợp"),
    "review.remark": N_("ghi nhận xét"),
    "review.unremark": N_("xóa nhận xét"),
    "session.end": N_("kết thúc một phiên làm việc"),
    "session.end_all": N_("kết thúc mọi phiên làm việc"),
    "setting.save": N_("lưu hiển thị"),
    "sign_in": N_("đăng nhập"),
    "sign_in.failed": N_("đăng nhập không thành"),
    "sign_out": N_("đăng xuất"),
    "token.create": N_("cấp mã truy cập"),
    "token.revoke": N_("thu hồi mã truy cập"),
    "unit.save": N_("lưu đơn vị"),
    "units.import": N_("nhập danh sách đơn vị"),
    "user.active": N_("mở lại tài khoản"),
    "user.add": N_("thêm người"),
    "user.ask_reset": N_("xin đặt lại mật khẩu"),
    "user.ask_sign_in": N_("xin liên kết đăng nhập"),
    "user.inactive": N_("khóa tài khoản"),
    "user.invite": N_("gửi lời mời"),
    "user.join": N_("nhận tài khoản"),
    "user.password": N_("đổi mật khẩu"),
    "user.reset": N_("gửi liên kết đặt lại tài khoản"),
    "user.role": N_("giao vai trò"),
    "user.role_taken": N_("bỏ vai trò"),
    "user.save": N_("lưu người"),
}
THINGS: Final = {
    "assembly": N_("bản tổng hợp"),
    "body": N_("cơ quan"),
    "campaign": N_("kế hoạch"),
    "day": N_("ngày trong lịch"),
    "mail": N_("thư"),
    "report": N_("báo cáo"),
    "setting": N_("hiển thị"),
    "unit": N_("đơn vị"),
    "units": N_("danh sách đơn vị"),
    "user": N_("người"),
}
DETAILS: Final = {
    "added": N_("mới"),
    "address": N_("địa chỉ máy"),
    "changed": N_("sửa"),
    "count": N_("số phiên"),
    "due_before": N_("hạn mới, trước"),
    "duty": N_("vai trò"),
    "email": N_("thư điện tử"),
    "for_unit": N_("gửi thay đơn vị"),
    "from": N_("từ bước"),
    "included": N_("báo cáo lấy vào"),
    "kind": N_("loại"),
    "missing": N_("đơn vị còn thiếu"),
    "name": N_("tên"),
    "number": N_("số kế hoạch"),
    "part": N_("phần"),
    "provisional": N_("tạm tính"),
    "reports": N_("các báo cáo"),
    "role": N_("vai trò"),
    "rows": N_("số dòng"),
    "sha256": N_("mã kiểm tra nội dung"),
    "size": N_("số byte"),
    "to": N_("sang bước"),
    "unit": N_("đơn vị"),
    "unit_id": N_("đơn vị"),
    "version": N_("lần sửa"),
    "working": N_("làm bù"),
}
STATES: Final = {
    "drafting": N_("Đang soạn"),
    "submitted": N_("Chờ duyệt"),
    "reviewed": N_("Đã duyệt"),
    "consolidated": N_("Đã tổng hợp"),
}
DUTIES: Final = {
    "issuer": N_("Cơ quan ban hành"),
    "lead": N_("Cơ quan chủ trì"),
    "oversight": N_("Thường trực theo dõi"),
}
ROLES: Final = {
    "reporter": N_("Người làm báo cáo"),
    "unit_head": N_("Người đứng đầu đơn vị"),
    "lead": N_("Cơ quan chủ trì"),
    "oversight": N_("Thường trực theo dõi"),
    "admin": N_("Quản trị"),
}


def about_in_words(about: str, say: Callable[[str], str]) -> str:
    """What "report:12" is about, "báo cáo 12", in the reader's language through `say`."""
    kind, _, which = about.partition(":")
    return f"{say(THINGS[kind])} {which}".strip() if kind in THINGS else about


def details_in_words(
    detail: Mapping[str, Any], say: Callable[[str], str], at: Callable[[datetime], str]
) -> list[tuple[str, str]]:
    """(name, value) of each detail, in the order in which it was written; `say` and `at` are the reader's language."""
    return [(say(DETAILS[name]) if name in DETAILS else name, _value(name, detail[name], say, at)) for name in detail]


def _value(name: str, value: object, say: Callable[[str], str], at: Callable[[datetime], str]) -> str:
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return say(N_("có") if value else N_("không"))
    if isinstance(value, list):
        return ", ".join(str(each) for each in value)
    if name == "due_before":
        return at(datetime.fromisoformat(str(value)))
    known = {"from": STATES, "to": STATES, "role": ROLES, "duty": DUTIES}.get(name, {})
    return say(known[str(value)]).lower() if str(value) in known else str(value)
