"""The wrap-up panel: rows for what is offered, entry fields for what is typed."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import Grid, Vertical
from textual.widgets import Input, TextArea

from workstation.ui.kit import Canvas, Painter, row
from workstation.ui.screens.base import entry
from workstation.ui.wrap import Form, Stage

_PROMISE = ("amount", "day", "method", "who")
_LABELS = {"amount": "amount", "day": "day", "method": "by", "who": "who", "when": "call back"}


class WrapPanel(Vertical):
    """Shows one stage of wrap-up at a time; the fields are made once and filled anew."""

    DEFAULT_CLASSES: ClassVar[str] = "wrap"

    def __init__(self, painter: Painter, typed: Callable[[], None]) -> None:
        super().__init__(id="wrap")
        self._typed = typed
        self.rows = Canvas(painter, name="wrap-rows")
        self.inputs = {name: entry(f"wrap-{name}") for name in (*_PROMISE, "when")}
        self._note: TextArea | None = None

    def compose(self) -> ComposeResult:
        """Lay out the form above the rows."""
        with Grid(id="wrap-promise"):
            for name in _PROMISE:
                yield _label(name)
                yield self.inputs[name]
        with Grid(id="wrap-callback"):
            yield _label("when")
            yield self.inputs["when"]
        yield self.rows

    def show(self, stage: Stage) -> None:
        """Lay out for a stage."""
        for other in Stage:
            self.set_class(other is stage, f"-{other.value}")
        self.display = stage is not Stage.CLOSED
        self.rows.repaint()

    def fill(self, form: Form) -> None:
        """Put the form's texts into the fields."""
        for name, field in self.inputs.items():
            with self.prevent(Input.Changed):
                field.value = getattr(form, name)
                field.cursor_position = len(field.value)

    def read(self, form: Form) -> None:
        """Take what stands in the fields."""
        for name, field in self.inputs.items():
            setattr(form, name, field.value)

    def first(self, stage: Stage, form: Form) -> Input:
        """The field to begin with: the first empty one of the stage."""
        names = _PROMISE if stage is Stage.PROMISE else ("when",)
        return self.inputs[next((n for n in names if not getattr(form, n)), names[0])]

    def beside(self, stage: Stage, by: int) -> Input:
        """The field after (or before) the one in use."""
        names = _PROMISE if stage is Stage.PROMISE else ("when",)
        at = next((i for i, n in enumerate(names) if self.inputs[n].has_focus), -by)
        return self.inputs[names[(at + by) % len(names)]]

    def on_input_changed(self, message: Input.Changed) -> None:
        """What was typed is read at once, so that the line under the fields shows what it means."""
        message.stop()
        self._typed()

    async def edit(self, text: str) -> TextArea:
        """Open the note for editing; the editor is made when it is first needed."""
        if self._note is None:
            self._note = TextArea(soft_wrap=True, compact=True, id="wrap-note", tab_behavior="focus")
            self._note.cursor_blink = False
            await self.mount(self._note)
        self._note.load_text(text)
        self._note.move_cursor(self._note.document.end)
        return self._note

    @property
    def edited(self) -> str:
        """The note as it stands in the editor."""
        return self._note.text if self._note is not None else ""


def _label(name: str) -> Canvas:
    return Canvas(lambda w, h: [row((_LABELS[name], "dim"))], classes=f"label label-{name}")
