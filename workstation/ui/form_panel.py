"""The panel in which a form is filled in: its title, its entry fields, and under them what they mean."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import Grid, Vertical
from textual.widgets import Input

from workstation.ui.forms.base import MOST_SLOTS, Form
from workstation.ui.kit import Canvas, Painter, Row, cut_row, row, spread
from workstation.ui.screens.base import entry

_COLUMNS = 6
"""Of the grid: three labels, each with its field."""


class FormPanel(Vertical):
    """Shows one form at a time; the fields are made once and filled anew."""

    DEFAULT_CLASSES: ClassVar[str] = "form"

    def __init__(self) -> None:
        super().__init__(id="form")
        self.form: Form | None = None
        self.saving = False
        """Enter was pressed and the book has not answered yet."""
        self._head = Canvas(self._paint_head, name="form-head")
        self.inputs = [entry(f"form-{index}") for index in range(MOST_SLOTS)]
        self._labels = [Canvas(self._label(index), classes="label") for index in range(MOST_SLOTS)]
        self._meaning = Canvas(self._paint_meaning, name="form-meaning")

    def compose(self) -> ComposeResult:
        """Lay out title, fields and meaning."""
        yield self._head
        with Grid(id="form-fields"):
            for label, field in zip(self._labels, self.inputs, strict=True):
                yield label
                yield field
        yield self._meaning

    def open(self, form: Form | None) -> None:
        """Show a form as it begins; None closes."""
        self.form, self.saving = form, False
        self.display = form is not None
        if form is None:
            return
        self.set_class(form.deep, "-deep")
        self.set_class(sum(slot.span + 1 for slot in form.slots) <= _COLUMNS, "-one-row")
        for index, (label, field) in enumerate(zip(self._labels, self.inputs, strict=True)):
            used = index < len(form.slots)
            label.display = field.display = used
            field.styles.column_span = form.slots[index].span if used else 1
            with self.prevent(Input.Changed):
                field.value = form.values[form.slots[index].name] if used else ""
                field.cursor_position = len(field.value)
            label.repaint()
        self.repaint()

    def repaint(self) -> None:
        """Say anew what the fields mean."""
        self._head.repaint()
        self._meaning.repaint()

    def input(self, name: str) -> Input:
        """The field of a slot. Raises StopIteration where the form has none of that name."""
        assert self.form is not None
        return self.inputs[next(i for i, slot in enumerate(self.form.slots) if slot.name == name)]

    def focused_slot(self) -> int:
        """Index of the slot in use; the first where none is."""
        return next((i for i, field in enumerate(self.inputs) if field.has_focus), 0)

    def beside(self, by: int) -> Input:
        """The field after (or before) the one in use."""
        assert self.form is not None
        return self.inputs[(self.focused_slot() + by) % len(self.form.slots)]

    def put(self, slot: int, text: str) -> None:
        """Enter a text into a slot, as if it had been typed."""
        self.inputs[slot].value = text
        self.inputs[slot].cursor_position = len(text)
        self.read()

    def read(self) -> None:
        """Take what stands in the fields."""
        if self.form is not None:
            for slot, field in zip(self.form.slots, self.inputs, strict=False):
                self.form.values[slot.name] = field.value

    def on_input_changed(self, message: Input.Changed) -> None:
        """What was typed is read at once, so that the lines under the fields show what it means."""
        message.stop()
        self.read()
        self.repaint()

    def _label(self, index: int) -> Painter:
        def paint(width: int, height: int) -> list[Row]:
            slots = self.form.slots if self.form is not None else ()
            return [row((slots[index].label, "dim"))] if index < len(slots) else []

        return paint

    def _paint_head(self, width: int, height: int) -> list[Row]:
        if self.form is None:
            return []
        right = row(("saving …" if self.saving else "Enter saves · Esc leaves", "dim"))
        return [spread(row((self.form.title, "head")), right, width)]

    def _paint_meaning(self, width: int, height: int) -> list[Row]:
        if self.form is None:
            return []
        return [cut_row(line, width) for line in self.form.rows(width, height)]
