"""One question with one line for the answer: a reason, or the password again. Made once, set anew."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

from workstation.ui.kit import Canvas, Row, bind_keys, cut_row, row
from workstation.ui.room import Question, Room
from workstation.ui.screens.base import entry


class AskScreen(ModalScreen[None], inherit_bindings=False):
    """A question in a box over the screen it is about."""

    NAME: ClassVar[str] = "ask"
    AUTO_FOCUS = ""

    def __init__(self, room: Room) -> None:
        super().__init__()
        self.room = room
        self._question = Question("", "", lambda text: None)
        self._said = ""
        self._text = Canvas(self._paint, name="ask-text")
        self._input = entry("ask-input")
        self._foot = Canvas(
            lambda w, h: [row(("Enter", "key"), (" goes on", "dim"), ("   Esc", "key"), (" leaves", "dim"))],
            name="ask-foot",
        )
        bind_keys(self, room.registry.bindings(self.NAME))

    def compose(self) -> ComposeResult:
        """Lay out the box."""
        with Vertical(id="ask-box"):
            yield self._text
            yield self._input
            yield self._foot

    def reset(self, question: Question) -> None:
        """Ask something else."""
        self._question, self._said = question, ""
        self._input.password = question.secret
        with self.prevent(Input.Changed):
            self._input.value = ""

    def on_screen_resume(self) -> None:
        """Typing goes to the line at once."""
        self.set_focus(self._input)
        self._text.repaint()

    def refused(self, text: str) -> None:
        """The answer was no good: say why, and ask again."""
        self._said = text
        self._input.value = ""
        self._text.repaint()

    def _paint(self, width: int, height: int) -> list[Row]:
        last = row((f"✗ {self._said}", "alarm")) if self._said else row((self._question.note, "dim"))
        return [cut_row(row((self._question.title, "head")), width), cut_row(last, width)]

    # -- actions -----------------------------------------------------------------------------------------

    def action_submit(self) -> None:
        """Give the answer; a secret is asked until it is right or given up."""
        text, question = self._input.value, self._question
        if not text.strip():
            self.refused("nothing was entered")
            return
        if not question.secret:
            self.room.close_top()
        question.then(text if question.secret else text.strip())

    def action_back(self) -> None:
        """Leave without an answer."""
        with self.prevent(Input.Changed):
            self._input.value = ""
        self.room.close_top()

    def action_help(self) -> None:
        """Show the keys."""
        self.room.help(self.NAME)

    def action_theme(self) -> None:
        """Change the colours."""
        self.room.swap_theme()

    def action_quit_work(self) -> None:
        """Leave the program."""
        self.room.leave()
