"""The forms of the lead office's desk: a step, a remark, a mark, an extension."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from wtforms import BooleanField, IntegerField, StringField, TextAreaField
from wtforms.validators import InputRequired

from tracker.core.errors import Invalid
from tracker.core.text import N_
from tracker.reports.forms import StepAsked, bad_form
from tracker.reports.rules import read_step
from tracker.web.forms import BaseForm, DateField, trimmed


@dataclass(frozen=True, slots=True)
class RemarkTyped:
    """A remark as typed; `row` and `column` None: about the whole part."""

    part: str
    row: str | None
    column: str | None
    text: str


@dataclass(frozen=True, slots=True)
class ExtensionAsked:
    """Until the end of which day, and why."""

    last_day: date
    reason: str


class VerdictForm(BaseForm):
    """What the buttons under a report send."""

    step = StringField(validators=[InputRequired()])
    version = IntegerField(validators=[InputRequired()])
    note = TextAreaField(filters=[trimmed])
    resubmit_by = DateField()

    def asked(self) -> StepAsked:
        """The step asked for. Raises Invalid: "bad_date" for a day that is none, else "bad_form"."""
        if not self.validate():
            raise bad_date() if set(self.errors) == {"resubmit_by"} else bad_form()
        return StepAsked(read_step(self.step.data), self.version.data, self.note.data, self.resubmit_by.data)


class RemarkForm(BaseForm):
    """A remark on a part or on a cell."""

    part = StringField(validators=[InputRequired()])
    row = StringField(filters=[trimmed])
    column = StringField(filters=[trimmed])
    text = TextAreaField()

    def typed(self) -> RemarkTyped:
        """What was typed. Raises Invalid if the form itself is broken."""
        if not self.validate():
            raise bad_form()
        return RemarkTyped(self.part.data, self.row.data, self.column.data, self.text.data or "")


class MarkForm(BaseForm):
    """ "Đạt" on a part, or taking that back."""

    part = StringField(validators=[InputRequired()])
    good = BooleanField()

    def asked(self) -> tuple[str, bool]:
        """(part, good). Raises Invalid if the form itself is broken."""
        if not self.validate():
            raise bad_form()
        return self.part.data, bool(self.good.data)


class ExtensionForm(BaseForm):
    """More time for a unit that is still writing."""

    last_day = DateField()
    reason = TextAreaField(filters=[trimmed])

    def asked(self) -> ExtensionAsked:
        """The extension asked for. Raises Invalid "bad_date"."""
        if not self.validate() and set(self.errors) != {"last_day"}:
            raise bad_form()
        if self.last_day.data is None:
            raise bad_date()
        return ExtensionAsked(self.last_day.data, self.reason.data or "")


def bad_date() -> Invalid:
    """A day that cannot be read."""
    return Invalid("bad_date", N_("Ghi ngày theo dạng ngày/tháng/năm, ví dụ 16/5/2023."))
