"""The forms of the office's own data: a day, a body, the product's name."""

from __future__ import annotations

from flask_babel import lazy_gettext
from wtforms import RadioField, SelectField, StringField, TelField, TextAreaField
from wtforms.validators import InputRequired, Length, Optional

from tracker.core.text import N_
from tracker.web.forms import BaseForm, DateField, trimmed

DUTIES = {
    "": N_("Không giữ vai trò nào"),
    "issuer": N_("Ban hành kế hoạch"),
    "lead": N_("Chủ trì, tổng hợp"),
    "oversight": N_("Thường trực theo dõi"),
}
KINDS = {"party": N_("Cơ quan Đảng"), "state": N_("Cơ quan nhà nước")}


class DayForm(BaseForm):
    """A day off, or a day worked to make up for one."""

    day = DateField(lazy_gettext("Ngày"), [InputRequired()])
    working = RadioField(lazy_gettext("Loại"), coerce=str)
    name = StringField(lazy_gettext("Tên ngày nghỉ, lý do"), [InputRequired(), Length(max=200)], filters=[trimmed])
    source = StringField(lazy_gettext("Căn cứ"), [Optional(), Length(max=300)], filters=[trimmed])


class BodyForm(BaseForm):
    """A body under one name, for a time."""

    name = StringField(lazy_gettext("Tên cơ quan"), [InputRequired(), Length(max=300)], filters=[trimmed])
    parent_name = StringField(lazy_gettext("Cơ quan cấp trên"), [Optional(), Length(max=300)], filters=[trimmed])
    place = StringField(lazy_gettext("Địa danh ghi trên văn bản"), [Optional(), Length(max=200)], filters=[trimmed])
    duty = SelectField(lazy_gettext("Vai trò trong kế hoạch"))
    kind = SelectField(lazy_gettext("Thể thức văn bản"))
    phone = TelField(lazy_gettext("Điện thoại"), [Optional(), Length(max=40)], filters=[trimmed])
    aliases = TextAreaField(lazy_gettext("Tên gọi khác, mỗi dòng một tên"), [Optional(), Length(max=2000)])
    valid_from = DateField(lazy_gettext("Từ ngày"))
    valid_to = DateField(lazy_gettext("Đến hết ngày"))


class OfficeForm(BaseForm):
    """What the product is called here."""

    product_name = StringField(lazy_gettext("Tên hệ thống"), [InputRequired(), Length(max=60)], filters=[trimmed])
