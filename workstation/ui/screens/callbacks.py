"""The calls that were asked for: the collector's own and the pool's, due first, with the gate's word."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual.app import ComposeResult

from workstation.desk.account_ledger import CallbackPage, CallbackRow, Whose
from workstation.ui import callback_rows
from workstation.ui.kit import PAGE, Canvas, Row, WindowedList, row
from workstation.ui.room import Room
from workstation.ui.screens.base import KeyHint, WorkScreen
from workstation.ui.status import Status

_REFRESH_S = 15
_NEXT = {Whose.ALL: Whose.MINE, Whose.MINE: Whose.POOL, Whose.POOL: Whose.ALL}


class CallbacksScreen(WorkScreen):
    """Callbacks due first; Enter takes the account."""

    NAME: ClassVar[str] = "callbacks"

    def __init__(self, room: Room) -> None:
        super().__init__(room)
        self.found: CallbackPage | None = None
        """The figures of the list, with its first page."""
        self.whose = Whose.ALL
        self._head = Canvas(self._paint_head, name="callbacks-head")
        self._titles = Canvas(lambda w, h: [callback_rows.title_row(w)], name="callbacks-titles")
        self.list = WindowedList(self._draw, name="callbacks-list")
        self._detail = Canvas(self._paint_detail, name="callbacks-detail")
        self._age = 0
        self._generation = 0

    def compose(self) -> ComposeResult:
        """Lay out the screen."""
        yield self.status_line
        yield Canvas(lambda w, h: [row(("─" * w, "faint"))], classes="rule")
        yield self._head
        yield self._titles
        yield self.list
        yield Canvas(lambda w, h: [row(("─" * w, "faint"))], classes="rule")
        yield self._detail
        yield self.message_line
        yield self.keys_line

    def on_screen_resume(self) -> None:
        """Read the list whenever it is shown; Enter typed meanwhile waits for its row."""
        self.set_focus(self.list)
        self.load()

    def load(self, *, hold: bool = True) -> None:
        """Read the figures and the rows in sight."""
        user = self.room.user
        if user is None:
            return
        self._age = 0
        now, desk, whose = self.room.now(), self.room.desk, self.whose
        pages = self.list.pages_in_sight()

        def read() -> dict[int, CallbackPage]:
            return {
                page: desk.callbacks(user.user_id, now, page * PAGE, PAGE, whose=whose)
                for page in sorted({0, *pages})
            }

        self.room.book(read, self._loaded, hold=hold)

    def _loaded(self, found: dict[int, CallbackPage]) -> None:
        self.found = found[0]
        self._generation += 1
        self.list.reset(self.found.total)
        for page, one in found.items():
            self.list.supply(page, one.rows)
        self._head.repaint()
        self._detail.repaint()
        self.keys_changed()

    def on_windowed_list_page_wanted(self, message: WindowedList.PageWanted) -> None:
        """Read a page that came in sight, in a thread."""
        user = self.room.user
        if user is None:
            return
        now, desk, whose, page = self.room.now(), self.room.desk, self.whose, message.page
        generation = self._generation

        def show(found: CallbackPage) -> None:
            if generation == self._generation:
                self.list.supply(page, found.rows)
                self._detail.repaint()

        self.room.book(lambda: desk.callbacks(user.user_id, now, page * PAGE, PAGE, whose=whose), show)

    # -- drawing -----------------------------------------------------------------------------------------

    def status(self) -> Status:
        """The line without a call."""
        return Status("CALLBACKS", self.room.user, self.room.now(), self.room.client_state, self.room.line)

    def tick(self) -> None:
        """Read the list again now and then: callbacks fall due, windows close."""
        super().tick()
        self._age += 1
        if self._age >= _REFRESH_S and self.is_current:
            self.load(hold=False)

    def _draw(self, index: int, item: object, width: int, chosen: bool) -> Row:
        if isinstance(item, CallbackRow):
            return callback_rows.callback_row(item, width, chosen, self.room.now())
        return row(("   gone", "faint"))

    def _paint_head(self, width: int, height: int) -> list[Row]:
        return callback_rows.head_rows(self.found, self.whose, width)

    def _paint_detail(self, width: int, height: int) -> list[Row]:
        if self.found is not None and not self.found.total:
            return [row((" Nobody waits for a call.", "dim"))]
        return callback_rows.detail_rows(self.chosen(), self.room.now(), width)

    def hints(self) -> Iterable[KeyHint]:
        """The keys of the list."""
        return [
            KeyHint("callbacks.open", off=not (self.found and self.found.total)),
            KeyHint("callbacks.whose"),
            KeyHint("callbacks.refresh"),
            KeyHint("back", "queue"),
            KeyHint("palette"),
            KeyHint("help"),
            KeyHint("quit"),
        ]

    def chosen(self) -> CallbackRow | None:
        """The callback under the cursor."""
        item = self.list.item(self.list.cursor)
        return item if isinstance(item, CallbackRow) else None

    def on_windowed_list_moved(self, message: WindowedList.Moved) -> None:
        """Show the chosen callback in full."""
        self._detail.repaint()

    def on_windowed_list_opened(self, message: WindowedList.Opened) -> None:
        """A double click opens the account."""
        self.action_open()

    # -- actions -----------------------------------------------------------------------------------------

    def action_open(self) -> None:
        """Take the account of the callback under the cursor."""
        chosen = self.chosen()
        if chosen is not None:
            self.room.take_account(chosen.account)
        else:
            self.tell("Nobody waits for a call.")

    def action_whose(self) -> None:
        """Show all, only one's own, or only the pool's."""
        self.whose = _NEXT[self.whose]
        self.list.cursor = 0
        self.load()

    def action_refresh_list(self) -> None:
        """Read the list again."""
        self.load()
        self.tell("Callbacks read again.")

    def action_move(self, by: int) -> None:
        """Move the cursor."""
        self.list.move_by(by)

    def action_page(self, by: int) -> None:
        """Move by a page."""
        self.list.move_by(by * self.list.page_rows)

    def action_ends(self, way: int) -> None:
        """Go to the first or last row."""
        self.list.move(0 if way < 0 else self.list.count - 1)

    def action_back(self) -> None:
        """Back to the queue."""
        self.room.close_top()
