"""The base of every web form: Vietnamese messages, NFC text, typed dates, the summary of errors.

What a form asks for is in each room's forms.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import Any

from flask_wtf import FlaskForm
from wtforms import Field, FieldList, Form, FormField, StringField
from wtforms.fields.core import UnboundField
from wtforms.widgets import TextInput

from tracker.core.text import N_, nfc, one_line
from tracker.web.filters import ngay, say

_NO_DATE = "Not a valid date value."

# WTForms has no Vietnamese catalogue: its English msgids → ours, which the English catalogue turns back.
MESSAGES = {
    "This field is required.": N_("Chưa điền ô này."),
    "Invalid input.": N_("Nội dung chưa đúng dạng."),
    "Invalid email address.": N_("Địa chỉ thư chưa đúng dạng, ví dụ ten@donvi.vn."),
    "Invalid URL.": N_("Địa chỉ trang chưa đúng dạng, ví dụ https://donvi.vn."),
    "Invalid UUID.": N_("Mã chưa đúng dạng."),
    "Invalid IP address.": N_("Địa chỉ mạng chưa đúng dạng."),
    "Field must be equal to %(other_name)s.": N_("Hai lần gõ chưa giống nhau."),
    "Field must be at least %(min)d character long.": N_("Cần ít nhất %(min)d ký tự."),
    "Field must be at least %(min)d characters long.": N_("Cần ít nhất %(min)d ký tự."),
    "Field cannot be longer than %(max)d character.": N_("Dài nhất %(max)d ký tự."),
    "Field cannot be longer than %(max)d characters.": N_("Dài nhất %(max)d ký tự."),
    "Field must be exactly %(max)d character long.": N_("Cần đúng %(max)d ký tự."),
    "Field must be exactly %(max)d characters long.": N_("Cần đúng %(max)d ký tự."),
    "Field must be between %(min)d and %(max)d characters long.": N_("Cần từ %(min)d đến %(max)d ký tự."),
    "Number must be at least %(min)s.": N_("Nhỏ nhất là %(min)s."),
    "Number must be at most %(max)s.": N_("Lớn nhất là %(max)s."),
    "Number must be between %(min)s and %(max)s.": N_("Ghi số từ %(min)s đến %(max)s."),
    "Invalid value, must be one of: %(values)s.": N_("Chọn một trong: %(values)s."),
    "Invalid value, can't be any of: %(values)s.": N_("Không dùng được: %(values)s."),
    "This field cannot be edited.": N_("Ô này không sửa được."),
    "This field is disabled and cannot have a value.": N_("Ô này không sửa được."),
    "Not a valid choice.": N_("Chọn một mục trong danh sách."),
    "Invalid Choice: could not coerce.": N_("Chọn một mục trong danh sách."),
    "Choices cannot be None.": N_("Chọn một mục trong danh sách."),
    "'%(value)s' is not a valid choice for this field.": N_("Chọn một mục trong danh sách."),
    "'%(value)s' are not valid choices for this field.": N_("Chọn một mục trong danh sách."),
    "Not a valid integer value.": N_("Ghi số nguyên, ví dụ 1234."),
    "Not a valid decimal value.": N_("Ghi số, ví dụ 12,5."),
    "Not a valid float value.": N_("Ghi số, ví dụ 12,5."),
    _NO_DATE: N_("Ghi ngày theo dạng ngày/tháng/năm, ví dụ 16/5/2023."),
    "Not a valid datetime value.": N_("Ghi giờ và ngày, ví dụ 16:40 16/5/2023."),
    "Not a valid time value.": N_("Ghi giờ theo dạng 16:40."),
    "File does not have an approved extension: {extensions}": N_("Chỉ nhận tệp {extensions}."),
    "File does not have an approved extension.": N_("Chưa nhận kiểu tệp này."),
    "File must be between {min_size} and {max_size} bytes.": N_("Tệp cần từ {min_size} đến {max_size} byte."),
    "The CSRF token is missing.": N_("Trang này mở đã lâu. Tải lại trang rồi làm lại."),
    "The CSRF tokens do not match.": N_("Trang này mở đã lâu. Tải lại trang rồi làm lại."),
    "The CSRF session token is missing.": N_("Trang này mở đã lâu. Tải lại trang rồi làm lại."),
    "The CSRF token is invalid.": N_("Trang này mở đã lâu. Tải lại trang rồi làm lại."),
    "The CSRF token has expired.": N_("Trang này mở đã lâu. Tải lại trang rồi làm lại."),
}


class _Sentences:
    """WTForms' own messages in the reader's language. WTForms fills the places in afterwards."""

    def gettext(self, string: str) -> str:
        return say(MESSAGES.get(string, string))

    def ngettext(self, singular: str, plural: str, n: int) -> str:
        return self.gettext(singular if n == 1 else plural)


class BaseForm(FlaskForm):  # type: ignore[misc]  # the library ships no types
    """Form of every room: messages in the reader's language, text in NFC, CSRF token from csrf.py."""

    class Meta(FlaskForm.Meta):  # type: ignore[misc]  # the library ships no types
        def get_translations(self, form: Form) -> _Sentences:
            return _Sentences()

        def bind_field(self, form: Form, unbound_field: UnboundField, options: dict[str, Any]) -> Field:
            if issubclass(unbound_field.field_class, StringField):
                filters: Sequence[Callable[[Any], Any]] = unbound_field.kwargs.get("filters", ())
                options = {**options, "filters": [_normal, *filters]}
                unbound_field = UnboundField(
                    unbound_field.field_class,
                    *unbound_field.args,
                    name=unbound_field.name,
                    **{k: v for k, v in unbound_field.kwargs.items() if k != "filters"},
                )
            return unbound_field.bind(form=form, **options)


def _normal(value: Any) -> Any:
    return nfc(value) if isinstance(value, str) else value


def trimmed(value: str | None) -> str | None:
    """Filter for one-line fields: NFC, single spaces, no ends; an empty field is None."""
    return (one_line(value) or None) if value else None


_DATE = re.compile(r"\s*(\d{1,2})\s*[/.-]\s*(\d{1,2})\s*[/.-]\s*(\d{4})\s*\Z")


def read_date(text: str) -> date | None:
    """A typed date: ngày/tháng/năm with / - or . between; None if it is no date.

    Day first, always: the browser's own date box shows the month first on many machines.
    """
    found = _DATE.match(text)
    if not found:
        return None
    day, month, year = (int(part) for part in found.groups())
    try:
        return date(year, month, day)
    except ValueError:
        return None


class DateField(Field):  # type: ignore[misc]  # the library ships no types
    """A date typed as ngày/tháng/năm in a text box; `.data` is a date or None."""

    widget = TextInput()
    data: date | None

    def __init__(self, label: str | None = None, validators: Sequence[Any] | None = None, **kwargs: Any) -> None:
        kwargs["render_kw"] = {"inputmode": "numeric", "autocomplete": "off", **(kwargs.get("render_kw") or {})}
        super().__init__(label, validators, **kwargs)

    def _value(self) -> str:
        if self.raw_data:
            return str(self.raw_data[0])
        return ngay(self.data)

    def process_formdata(self, valuelist: list[str]) -> None:
        text = valuelist[0].strip() if valuelist else ""
        if not text:
            self.data = None
            return
        self.data = read_date(text)
        if self.data is None:
            raise ValueError(self.gettext(_NO_DATE))


def summary(form: Form) -> list[tuple[str, str]]:
    """(id of the field, 'label: message') for every error of a form, in the order of its fields; nested ones too.

    For the errors macro: each message links to its field.
    """
    lines = [("", str(message)) for message in form.form_errors]
    for field in form:
        lines.extend(_field_errors(field))
    return lines


def _field_errors(field: Field) -> Iterator[tuple[str, str]]:
    if isinstance(field, FormField):
        yield from summary(field.form)
    elif isinstance(field, FieldList):
        for entry in field.entries:
            yield from _field_errors(entry)
        yield from ((field.id, _named(field, m)) for m in field.errors if isinstance(m, str))
    else:
        yield from ((field.id, _named(field, message)) for message in field.errors)


def _named(field: Field, message: object) -> str:
    return f"{field.label.text}: {message}" if field.label.text else str(message)
