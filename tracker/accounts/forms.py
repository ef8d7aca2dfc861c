"""The forms of signing in, of one's own account and of the administration of people."""

from __future__ import annotations

from flask_babel import lazy_gettext
from flask_wtf.file import FileField
from wtforms import BooleanField, EmailField, HiddenField, PasswordField, SelectField, StringField, TelField
from wtforms.validators import InputRequired, Length, Optional

from tracker.core.people import Role
from tracker.core.text import N_
from tracker.web.forms import BaseForm, trimmed

ROLE_NAMES = {
    Role.REPORTER: N_("Người làm báo cáo"),
    Role.UNIT_HEAD: N_("Người đứng đầu đơn vị"),
    Role.LEAD: N_("Cơ quan chủ trì"),
    Role.OVERSIGHT: N_("Thường trực theo dõi"),
    Role.ADMIN: N_("Quản trị"),
}
# Wide enough for any pass phrase that rules.check_password may refuse in its own words.
_ANY_PASSWORD = Length(max=1024)


class SignInForm(BaseForm):
    """Address and password. `next`: where to go afterwards."""

    email = EmailField(lazy_gettext("Thư điện tử công vụ"), [InputRequired(), Length(max=254)], filters=[trimmed])
    password = PasswordField(lazy_gettext("Mật khẩu"), [InputRequired(), _ANY_PASSWORD])
    next = HiddenField()


class MailMeForm(BaseForm):
    """An address to which a link is sent."""

    email = EmailField(lazy_gettext("Thư điện tử công vụ"), [InputRequired(), Length(max=254)], filters=[trimmed])


class JoinForm(BaseForm):
    """What an invited person says of themselves."""

    name = StringField(lazy_gettext("Họ và tên"), [InputRequired(), Length(max=200)], filters=[trimmed])
    phone = TelField(lazy_gettext("Số điện thoại"), [Optional(), Length(max=40)], filters=[trimmed])
    password = PasswordField(lazy_gettext("Mật khẩu"), [InputRequired(), _ANY_PASSWORD])


class NewPasswordForm(BaseForm):
    """A new password after a reset link."""

    password = PasswordField(lazy_gettext("Mật khẩu mới"), [InputRequired(), _ANY_PASSWORD])


class ChangePasswordForm(BaseForm):
    """A new password beside the current one."""

    current = PasswordField(lazy_gettext("Mật khẩu đang dùng"), [InputRequired(), _ANY_PASSWORD])
    password = PasswordField(lazy_gettext("Mật khẩu mới"), [InputRequired(), _ANY_PASSWORD])


class AccountForm(BaseForm):
    """One's own name and telephone number."""

    name = StringField(lazy_gettext("Họ và tên"), [InputRequired(), Length(max=200)], filters=[trimmed])
    phone = TelField(lazy_gettext("Số điện thoại"), [Optional(), Length(max=40)], filters=[trimmed])


class RoleForm(BaseForm):
    """A role to give, with the code of its unit where it has one."""

    role = SelectField(lazy_gettext("Vai trò"))
    unit_code = StringField(lazy_gettext("Mã đơn vị"), [Optional(), Length(max=40)], filters=[trimmed])


class AddPersonForm(RoleForm):
    """A new person with a first role."""

    email = EmailField(lazy_gettext("Thư điện tử công vụ"), [InputRequired(), Length(max=254)], filters=[trimmed])
    name = StringField(lazy_gettext("Họ và tên"), [Optional(), Length(max=200)], filters=[trimmed])
    phone = TelField(lazy_gettext("Số điện thoại"), [Optional(), Length(max=40)], filters=[trimmed])
    send = BooleanField(lazy_gettext("Gửi lời mời qua thư"), default=True)


class UnitForm(BaseForm):
    """Whom to ring in a unit."""

    contact_name = StringField(lazy_gettext("Người liên hệ"), [Optional(), Length(max=200)], filters=[trimmed])
    contact_phone = TelField(lazy_gettext("Điện thoại"), [Optional(), Length(max=40)], filters=[trimmed])
    contact_email = EmailField(lazy_gettext("Thư điện tử"), [Optional(), Length(max=254)], filters=[trimmed])


class UnitsFileForm(BaseForm):
    """A list of units, CSV or XLSX."""

    file = FileField(lazy_gettext("Tệp danh sách đơn vị (CSV hoặc XLSX)"))
