"""A screen that fills in one form at a time under its panes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from textual.widgets import Input

from workstation.desk.book import BookError, ProofNeeded
from workstation.ui import entry
from workstation.ui.form_panel import FormPanel
from workstation.ui.forms.base import Form
from workstation.ui.room import Choice, PickList
from workstation.ui.screens.base import WorkScreen

T = TypeVar("T")


class FormHost(WorkScreen):
    """Opens, saves and leaves forms. A screen yields ``form_panel`` and says what follows saving."""

    form_panel: FormPanel

    @property
    def form(self) -> Form | None:
        """The form that is open."""
        return self.form_panel.form

    def saved(self, said: str) -> None:
        """What was saved is in the book: read the screen anew."""

    def open_form(self, form: Form) -> None:
        """Show a form; typing goes to it at once."""
        self.form_panel.open(form)
        self.set_class(True, "-form")
        self.set_focus(self.form_panel.input(form.begin))
        self.tell("")
        self.keys_changed()

    def close_form(self) -> None:
        """Leave the form; nothing is saved by leaving."""
        self.form_panel.open(None)
        self.set_class(False, "-form")
        self.set_focus(None)
        self.keys_changed()

    def accept_form(self) -> None:
        """Save the form, or say what is wrong with it."""
        form, panel = self.form, self.form_panel
        if form is None or panel.saving:
            return
        panel.read()
        try:
            work = form.work()
        except entry.EntryError as wrong:
            self.tell(str(wrong), "refused")
            panel.repaint()
            return
        now = self.room.now()
        panel.saving = True
        panel.repaint()
        self.room.book(lambda: work(now), self._form_saved, self._form_refused, hold=True)

    def _form_saved(self, said: str) -> None:
        self.close_form()
        self.tell(said, "good")
        self.saved(said)

    def _form_refused(self, wrong: BookError) -> None:
        self.form_panel.saving = False
        self.form_panel.repaint()
        self.tell(str(wrong), "refused")

    def fresh(self, work: Callable[[], T], then: Callable[[T], None]) -> None:
        """Do what needs a fresh proof: where the last one is old, the password is asked for first."""

        def failed(wrong: BookError) -> None:
            if isinstance(wrong, ProofNeeded):
                self.room.prove(str(wrong), lambda: self.fresh(work, then))
            else:
                self.tell(str(wrong), "refused")

        self.room.book(work, then, failed, hold=True)

    def pick_slot(self) -> None:
        """Pick from what the field knows."""
        form, index = self.form, self.form_panel.focused_slot()
        if form is None:
            return
        slot = form.slots[index]
        if not slot.picks:
            self.tell(f"{slot.label}: type it.")
            return

        def put(choice: Choice) -> None:
            self.form_panel.put(index, choice.id)
            self.set_focus(self.form_panel.inputs[min(index + 1, len(form.slots) - 1)])

        self.room.pick(PickList(slot.label.upper(), slot.picks, put))

    def go_field(self, by: int) -> None:
        """Go to another field."""
        if self.form is not None:
            self.set_focus(self.form_panel.beside(by))
            self.keys_changed()

    @property
    def typing(self) -> bool:
        """Whether an entry field has the keys."""
        return isinstance(self.focused, Input)
