"""F1: every key of the screen beneath, from the registry."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen

from workstation.ui.kit import BLANK, Canvas, Row, bind_keys, cut_row, row
from workstation.ui.registry import GROUPS, Registry, show_key
from workstation.ui.room import Room
from workstation.ui.text import fit

_KEYS = 20


def help_rows(registry: Registry, screen: str, width: int) -> list[Row]:
    """All actions of a screen by group: keys, then what they do. Digits share one row."""
    rows: list[Row] = []
    for group, title in GROUPS.items():
        actions = [a for a in registry.on(screen) if a.group == group]
        if not actions:
            continue
        if rows:
            rows.append(BLANK)
        rows.append(row((title, "head")))
        if group == "digits":
            said = "In wrap-up choose the disposition, in a call the answer; on the keypad send tones."
            rows.append(row((fit("1 to 9, 0, *", _KEYS), "key"), said))
            continue
        for action in actions:
            keys = " ".join(show_key(key) for key in registry.keys(action.id))
            rows.append(cut_row(row((fit(keys, _KEYS), "key"), " ", action.tooltip), width))
    return rows


class HelpScreen(ModalScreen[None], inherit_bindings=False):
    """The keys, a page at a time."""

    NAME: ClassVar[str] = "help"
    AUTO_FOCUS = ""

    def __init__(self, room: Room) -> None:
        super().__init__()
        self.room = room
        self._screen_name = "queue"
        self._top = 0
        self._body = Canvas(self._paint, name="help-body")
        bind_keys(self, room.registry.bindings(self.NAME))

    def compose(self) -> ComposeResult:
        """Lay out the box."""
        with Vertical(id="help-box"):
            yield self._body

    def reset(self, screen: str) -> None:
        """Show another screen's keys."""
        self._screen_name, self._top = screen, 0
        self._body.repaint()

    def on_screen_resume(self) -> None:
        """Draw for the present screen."""
        self._body.repaint()

    def _paint(self, width: int, height: int) -> list[Row]:
        rows = help_rows(self.room.registry, self._screen_name, width)
        room = height - 2
        self._top = max(0, min(self._top, len(rows) - room))
        more = len(rows) - self._top - room
        foot = row(("Esc", "key"), (" closes", "dim"), (f"   ↓ {more} more" if more > 0 else "", "dim"))
        shown = rows[self._top : self._top + room]
        return [*shown, *[BLANK] * (room - len(shown)), BLANK, foot]

    def action_page(self, by: int) -> None:
        """Show more, or what is above."""
        self._top += by * max(1, self._body.size.height - 4)
        self._body.repaint()

    def action_back(self) -> None:
        """Close."""
        self.room.close_top()

    def action_theme(self) -> None:
        """Change the colours."""
        self.room.swap_theme()

    def action_quit_work(self) -> None:
        """Leave the program."""
        self.room.leave()
