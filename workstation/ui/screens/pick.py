"""One pick list for everything: type to narrow, Enter takes. Made once, set anew each time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input

from workstation.ui.kit import PAGE, Canvas, Row, bind_keys, row, spread
from workstation.ui.room import Choice, PickList, Room
from workstation.ui.screens.base import entry
from workstation.ui.text import clean
from workstation.ui.windowed_list import WindowedList


class PickScreen(ModalScreen[None], inherit_bindings=False):
    """A list with a search line."""

    NAME: ClassVar[str] = "pick"
    AUTO_FOCUS = ""

    def __init__(self, room: Room) -> None:
        super().__init__()
        self.room = room
        self._spec = PickList("", (), lambda choice: None)
        self._shown: Sequence[Choice] = ()
        self._answered = ""
        """The text for which rows from elsewhere are shown."""
        self._choose_then = False
        """Enter was typed before those rows came."""
        self._title = Canvas(self._paint_title, name="pick-title")
        self._input = entry("pick-text", placeholder="type to search")
        self.list = WindowedList(self._draw, name="pick-list")
        self._foot = Canvas(
            lambda w, h: [row(("Enter", "key"), (" takes", "dim"), ("   Esc", "key"), (" closes", "dim"))],
            name="pick-foot",
        )
        bind_keys(self, room.registry.bindings(self.NAME))

    def compose(self) -> ComposeResult:
        """Lay out the box."""
        with Vertical(id="pick-box"):
            yield self._title
            yield self._input
            yield self.list
            yield self._foot

    def reset(self, spec: PickList) -> None:
        """Show another list."""
        self._spec = spec
        self._shown = spec.choices
        self._answered, self._choose_then = "", False
        if self._input.value:
            with self.prevent(Input.Changed):
                self._input.value = ""
        self._show(spec.choices)
        if self.is_attached:
            self.set_focus(self._input)

    def on_screen_resume(self) -> None:
        """Typing goes to the search line at once."""
        self.set_focus(self._input)
        self._title.repaint()

    @on(Input.Changed, "#pick-text")
    def narrow(self, message: Input.Changed) -> None:
        """Show what fits the text."""
        self._narrow(message.value)

    def _narrow(self, text: str) -> None:
        if self._spec.ask is not None:
            self._ask(text)
            return
        words = text.lower().split()
        self._show(
            [
                c
                for c in self._spec.choices
                if all(w in f"{c.label} {c.detail} {c.words}".lower() for w in words)
            ]
        )

    def _ask(self, text: str) -> None:
        spec = self._spec
        assert spec.ask is not None

        def bring(choices: Sequence[Choice]) -> None:
            if spec is not self._spec or text != self._input.value:
                return
            self._answered = text
            self._show(choices)
            if self._choose_then:
                self._choose_then = False
                self.action_choose()

        if text.strip():
            spec.ask(text, bring)
        else:
            bring(spec.choices)

    def _show(self, choices: Sequence[Choice]) -> None:
        self._shown = choices
        self.list.cursor = 0
        self.list.reset(max(1, len(choices)), selectable=lambda index: True)
        for page in range(len(choices) // PAGE + 1):
            self.list.supply(page, choices[page * PAGE : (page + 1) * PAGE] or (self._spec.empty,))
        self.list.scroll_to(y=0, animate=False, immediate=True)

    def on_windowed_list_page_wanted(self, message: WindowedList.PageWanted) -> None:
        """Bring a page again that scrolled out of keeping."""
        self.list.supply(message.page, self._shown[message.page * PAGE : (message.page + 1) * PAGE])

    def _paint_title(self, width: int, height: int) -> list[Row]:
        return [row((self._spec.title, "head"))]

    def _draw(self, index: int, item: object, width: int, chosen: bool) -> Row:
        if not isinstance(item, Choice):
            return row((f"  {clean(str(item))}", "dim"))
        mark = row(("▸ " if chosen else "  ", "accent"), (item.label, "strong" if chosen else ""))
        return spread(mark, row((item.detail + " ", "dim")), width)

    # -- actions -----------------------------------------------------------------------------------------

    def action_choose(self) -> None:
        """Take the row under the cursor."""
        if self._spec.ask is not None and self._answered != self._input.value:
            self._choose_then = True
            return
        if self._spec.ask is None and self._input.value:
            chosen = self.list.cursor
            self._narrow(self._input.value)
            self.list.move(chosen)
        if not self._shown:
            return
        choice, spec = self._shown[min(self.list.cursor, len(self._shown) - 1)], self._spec
        self.room.close_top()
        spec.chosen(choice)

    def action_back(self) -> None:
        """Close without taking anything."""
        self.room.close_top()

    def action_move(self, by: int) -> None:
        """Move the cursor."""
        self.list.move_by(by)

    def action_page(self, by: int) -> None:
        """Move by a page."""
        self.list.move_by(by * self.list.page_rows)

    def action_ends(self, way: int) -> None:
        """Go to the first or last row."""
        self.list.move(0 if way < 0 else self.list.count - 1)

    def action_help(self) -> None:
        """Show the keys of lists."""
        self.room.help(self.NAME)

    def action_theme(self) -> None:
        """Change the colours."""
        self.room.swap_theme()

    def action_quit_work(self) -> None:
        """Leave the program."""
        self.room.leave()

    def on_windowed_list_opened(self, message: WindowedList.Opened) -> None:
        """A double click takes the row."""
        self.action_choose()
