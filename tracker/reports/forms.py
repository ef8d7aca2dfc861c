"""The forms of the reporter's pages: a step, a section's text, a table's cells as typed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from wtforms import BooleanField, IntegerField, StringField, TextAreaField
from wtforms.validators import InputRequired

from tracker.core.errors import Invalid
from tracker.core.text import N_
from tracker.plans.spec import Table
from tracker.reports.grids import cell_id
from tracker.reports.rules import Step, read_step
from tracker.web.forms import BaseForm, DateField, trimmed


@dataclass(frozen=True, slots=True)
class StepAsked:
    """A step, and the version of the report that the person looked at."""

    step: Step
    version: int
    note: str | None
    resubmit_by: date | None


@dataclass(frozen=True, slots=True)
class SectionTyped:
    """A section as typed. `onward`: "next" or "desk"."""

    html: str
    nothing_to_report: bool
    version: int
    onward: str


@dataclass(frozen=True, slots=True)
class TableTyped:
    """A table as typed: row → column key → text."""

    cells: Mapping[str, Mapping[str, str]]
    nothing_to_report: bool
    version: int
    onward: str


class StepForm(BaseForm):
    """What the buttons under a report send."""

    step = StringField(validators=[InputRequired()])
    version = IntegerField(validators=[InputRequired()])
    note = StringField(filters=[trimmed])
    resubmit_by = DateField()

    def asked(self) -> StepAsked:
        """The step asked for. Raises Invalid."""
        if not self.validate():
            raise bad_form()
        return StepAsked(read_step(self.step.data), self.version.data, self.note.data, self.resubmit_by.data)


class SectionForm(BaseForm):
    """The editor."""

    html = TextAreaField()
    nothing_to_report = BooleanField()
    version = IntegerField(validators=[InputRequired()])
    go = StringField()

    def typed(self) -> SectionTyped:
        """What was typed. Raises Invalid if the form itself is broken."""
        if not self.validate():
            raise bad_form()
        return SectionTyped(
            self.html.data or "", bool(self.nothing_to_report.data), self.version.data, self.go.data or "next"
        )


class TableForm(BaseForm):
    """The entry table; its cells are read by their names."""

    nothing_to_report = BooleanField()
    version = IntegerField(validators=[InputRequired()])
    go = StringField()

    def typed(self, fields: Mapping[str, str], table: Table, columns: Sequence[str]) -> TableTyped:
        """What was typed into the unit's columns; a cell that was not sent is not named."""
        if not self.validate():
            raise bad_form()
        cells: dict[str, dict[str, str]] = {}
        for row in table.rows:
            for key in columns:
                name = cell_id(table, row, key)
                if name in fields:
                    cells.setdefault(row, {})[key] = fields[name]
        return TableTyped(cells, bool(self.nothing_to_report.data), self.version.data, self.go.data or "next")


def bad_form() -> Invalid:
    """A form that no page of ours sends."""
    return Invalid("bad_form", N_("Trang này mở đã lâu hoặc gửi thiếu nội dung. Tải lại trang rồi làm lại."))
