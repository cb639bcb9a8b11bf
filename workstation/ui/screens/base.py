"""What the working screens share: status line, message line, keys line, bindings from the registry."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar

from textual.screen import Screen
from textual.widgets import Input

from workstation.ui.kit import Canvas, Row, Span, bind_keys, cut_row, row, row_width
from workstation.ui.room import Room
from workstation.ui.status import Status, status_row

_KINDS = {"info": "", "notice": "notice", "refused": "alarm", "good": "strong"}
_SIGNS = {"refused": "✗ ", "notice": "! ", "good": "✓ "}


@dataclass(frozen=True, slots=True)
class KeyHint:
    """One key of the keys line."""

    action_id: str
    label: str = ""
    """Instead of the registry's, where the key means something else just now."""
    off: bool = False
    """The key answers on the message line only."""


class WorkScreen(Screen[None], inherit_bindings=False):
    """A screen with the three lines that are always true, and keys from the registry."""

    NAME: ClassVar[str] = ""
    AUTO_FOCUS = ""

    def __init__(self, room: Room) -> None:
        super().__init__()
        self.room = room
        self._message: tuple[str, str] = ("", "info")
        bind_keys(self, room.registry.bindings(self.NAME))
        self.status_line = Canvas(self._paint_status, name="status")
        self.message_line = Canvas(self._paint_message, name="message")
        self.keys_line = Canvas(self._paint_keys, name="keys")

    # -- to be given by each screen ----------------------------------------------------------------------

    def status(self) -> Status:
        """What the status line shows."""
        return Status("DUNLINE", self.room.user, self.room.now(), self.room.client_state, self.room.line)

    def hints(self) -> Iterable[KeyHint]:
        """The keys that matter now, the most important first."""
        return ()

    def right_hint(self) -> Row:
        """A short word at the right of the keys line."""
        return ()

    # -- the three lines ---------------------------------------------------------------------------------

    def tell(self, text: str, kind: str = "info") -> None:
        """Say something on the message line: info, good, notice or refused."""
        self._message = (text, kind)
        self.message_line.repaint()

    @property
    def message(self) -> str:
        """What the message line says."""
        return self._message[0]

    def tick(self) -> None:
        """A second has passed: the status line is the only thing that changes."""
        self.status_line.repaint()

    def keys_changed(self) -> None:
        """The state changed, and with it the keys that matter."""
        self.keys_line.repaint()

    def _paint_status(self, width: int, height: int) -> list[Row]:
        return [status_row(self.status(), width)]

    def _paint_message(self, width: int, height: int) -> list[Row]:
        text, kind = self._message
        style = _KINDS.get(kind, "")
        if not text:
            return [()]
        line = cut_row(row((f" {_SIGNS.get(kind, '')}{text} ", style)), width)
        return [line]

    def _paint_keys(self, width: int, height: int) -> list[Row]:
        right = self.right_hint()
        room = width - (row_width(right) + 2 if right else 0)
        hints = list(self.hints())
        help_at = next((i for i, h in enumerate(hints) if h.action_id == "help"), None)
        if help_at is not None:
            # F1 is always in sight: the other keys give way to it.
            room -= len(self.room.registry.key("help")) + len(" help   ")
        spans: list[Span] = [Span(" ")]
        used = 1
        for hint in hints:
            action = self.room.registry.action(hint.action_id)
            key = self.room.registry.key(hint.action_id)
            label = hint.label or action.label
            size = row_width(row(key, " ", label, "   "))
            if hint.action_id == "help":
                room += size
            if used + size - 3 > room:
                if help_at is None:
                    break
                continue
            spans += [
                Span(key, "faint" if hint.off else "key", action.call),
                Span(f" {label}", "faint" if hint.off else "dim", action.call),
                Span("   "),
            ]
            used += size
        if len(spans) > 1:
            spans.pop()  # the space after the last one
            used -= 3
        if right:
            spans += [Span(" " * max(0, width - used - row_width(right) - 1)), *right]
        return [tuple(spans)]

    # -- actions every screen has ------------------------------------------------------------------------

    def action_help(self) -> None:
        """Show the keys."""
        self.room.help(self.NAME)

    def action_palette(self) -> None:
        """Show the commands."""
        self.room.palette(self.NAME)

    def action_theme(self) -> None:
        """Change the colours."""
        self.room.swap_theme()

    def action_quit_work(self) -> None:
        """Leave the program."""
        self.room.leave()


def entry(name: str, *, password: bool = False, placeholder: str = "") -> Input:
    """A one-line entry field that neither blinks nor selects itself."""
    field = Input(id=name, password=password, placeholder=placeholder, compact=True, select_on_focus=False)
    field.cursor_blink = False
    return field
