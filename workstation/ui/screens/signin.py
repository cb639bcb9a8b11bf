"""Sign in: who works here, and on which phone."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import Grid, Vertical
from textual.widgets import Input

from workstation.ui.kit import Canvas, row
from workstation.ui.room import Room
from workstation.ui.screens.base import KeyHint, WorkScreen, entry


class SignInScreen(WorkScreen):
    """Name, password, and the extension of the collector's phone (empty: the practice line)."""

    NAME: ClassVar[str] = "sign-in"

    def __init__(self, room: Room) -> None:
        super().__init__(room)
        self._fields = [
            entry("username"),
            entry("password", password=True),
            entry("extension", placeholder="empty: practice line"),
            entry("code", placeholder="six digits"),
        ]
        self._form = Grid(id="sign-in-form")
        self._code_label = Canvas(lambda w, h: [row(("code", "dim"))], classes="label")
        self._shows_code = False

    def compose(self) -> ComposeResult:
        """Lay out the form."""
        yield self.status_line
        with Vertical(id="sign-in"):
            yield Canvas(
                lambda w, h: [
                    row(("DUNLINE", "title")),
                    row(("the next account, and the words for it", "dim")),
                ],
                name="brand",
            )
            with self._form:
                for label, field in zip(("name", "password", "extension"), self._fields[:3], strict=True):
                    yield Canvas(lambda w, h, label=label: [row((label, "dim"))], classes="label")  # type: ignore[misc]  # default binds the loop's value
                    yield field
                yield self._code_label
                yield self._fields[3]
        yield self.message_line
        yield self.keys_line

    def on_mount(self) -> None:
        """The code is asked for only of those who have one."""
        self._ask_code(False)

    def _ask_code(self, on: bool) -> None:
        self._shows_code = on
        self._code_label.display = self._fields[3].display = on
        self._form.styles.height = 7 if on else 5
        self._fields[3].value = ""

    def on_screen_resume(self) -> None:
        """Begin with the first empty field."""
        self.set_focus(next((f for f in self._fields if not f.value), self._fields[0]))

    def hints(self) -> Iterable[KeyHint]:
        """The keys of the form."""
        return [KeyHint(i) for i in ("sign.in", "sign.next", "theme", "help", "quit")]

    def action_field(self, by: int) -> None:
        """Go to the next or the former field."""
        shown = self.fields
        at = next((i for i, f in enumerate(shown) if f.has_focus), 0)
        self.set_focus(shown[(at + by) % len(shown)])

    def action_submit(self) -> None:
        """Sign in, or go to the field that is still empty."""
        for field in (*self._fields[:2], *self.fields[3:]):
            if not field.value:
                self.set_focus(field)
                self.tell(f"{field.id}: please fill in")
                return
        name, password, extension, code = (f.value for f in self._fields)
        self.tell("signing in …")
        self.room.sign_in(name.strip(), password, extension.strip(), code)

    def code_needed(self, text: str) -> None:
        """The password is right; the one-time code is asked for besides."""
        self._ask_code(True)
        self.tell(text)
        self.set_focus(self._fields[3])

    def refused(self, text: str) -> None:
        """The book said no: the password is cleared and asked for again."""
        self._ask_code(False)
        self.tell(text, "refused")
        self._fields[1].value = ""
        self.set_focus(self._fields[1])

    @property
    def fields(self) -> list[Input]:
        """The entry fields in order."""
        return self._fields if self._shows_code else self._fields[:3]
