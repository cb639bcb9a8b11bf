"""What every screen with a long list shares: figures above, rows by pages, the chosen row in full below."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Generic, TypeVar

from textual.app import ComposeResult
from textual.widget import Widget

from workstation.ui.kit import Canvas, Row, row
from workstation.ui.room import Room
from workstation.ui.screens.base import WorkScreen
from workstation.ui.status import Status
from workstation.ui.windowed_list import WindowedList

H = TypeVar("H")


@dataclass(frozen=True, slots=True)
class Listing(Generic[H]):
    """What was read at once: the figures above the list, its length, and the pages asked for."""

    head: H
    total: int
    pages: Mapping[int, Sequence[object]]
    """Rows by page number; ``kit.PAGE`` rows each, fewer in the last."""


class ListScreen(WorkScreen, Generic[H]):
    """A list of any length. A screen gives `reader` and the drawing; paging, cursor and refresh are here.

    Rows are read in a thread, figures and the pages in sight together, so that nothing flickers and a key
    typed meanwhile finds its row.
    """

    REFRESH_S: ClassVar[int] = 15
    """Seconds after which a list in sight is read again."""
    TITLE_TEXT: ClassVar[str] = ""
    """At the left of the status line."""

    def __init__(self, room: Room) -> None:
        super().__init__(room)
        self.head: H | None = None
        """The figures read last; None before the first reading."""
        self.head_canvas = Canvas(lambda w, h: self.head_rows(w), name=f"{self.NAME}-head")
        self.titles_canvas = Canvas(lambda w, h: [self.title_row(w)], name=f"{self.NAME}-titles")
        self.list = WindowedList(self.item_row, name=f"{self.NAME}-list")
        self.detail_canvas = Canvas(lambda w, h: self.detail_rows(w), name=f"{self.NAME}-detail")
        for widget, kind in (
            (self.head_canvas, "list-head"), (self.list, "list-body"), (self.detail_canvas, "list-detail"),
        ):  # fmt: skip
            widget.add_class(kind)
        self._age = 0
        self._generation = 0
        self._asked = 0

    # -- to be given by each screen ----------------------------------------------------------------------

    @abstractmethod
    def reader(self, user_id: int) -> Callable[[H | None, Sequence[int]], Listing[H]]:
        """What reads, in a thread. It is given the figures on screen (None: read them anew) and the pages."""

    def head_rows(self, width: int) -> list[Row]:
        """The figures above the list."""
        return []

    def title_row(self, width: int) -> Row:
        """The titles of the columns."""
        return ()

    def item_row(self, index: int, item: object, width: int, chosen: bool) -> Row:
        """One row; an item that is not one of the screen's own has gone meanwhile."""
        return row(("   gone", "faint"))

    def detail_rows(self, width: int) -> list[Row]:
        """The chosen row in full, or why there is none."""
        return []

    def selectable(self, index: int) -> bool:
        """Whether the cursor may stand there; headings are passed over."""
        return True

    def action_open(self) -> None:
        """Open the row under the cursor."""

    # -- the screen --------------------------------------------------------------------------------------

    def compose(self) -> ComposeResult:
        """Lay out the screen."""
        yield self.status_line
        yield Canvas(lambda w, h: [row(("─" * w, "faint"))], classes="rule")
        yield self.head_canvas
        yield self.titles_canvas
        yield self.list
        yield Canvas(lambda w, h: [row(("─" * w, "faint"))], classes="rule")
        yield self.detail_canvas
        yield self.message_line
        yield self.keys_line

    def on_screen_resume(self) -> None:
        """Read the list whenever it is shown; a key typed meanwhile waits for its row."""
        self.set_focus(self.typed_into())
        self.load()

    def typed_into(self) -> Widget:
        """What takes the keys when the list is shown."""
        return self.list

    def status(self) -> Status:
        """The line without a call."""
        room = self.room
        return Status(self.TITLE_TEXT, room.user, room.now(), room.client_state, room.line)

    def tick(self) -> None:
        """Read the list again now and then: what it says becomes untrue by time alone."""
        super().tick()
        self._age += 1
        if self._age >= self.REFRESH_S and self.is_current:
            self.load(hold=False)

    def load(self, *, hold: bool = True) -> None:
        """Read the figures and the rows in sight; with `hold` keys wait for them."""
        user = self.room.user
        if user is None:
            return
        self._age = 0
        read, pages = self.reader(user.user_id), self.list.pages_in_sight()
        self._asked += 1
        asked = self._asked

        def show(found: Listing[H]) -> None:
            if asked == self._asked:  # a slower reading from before must not come out on top
                self._loaded(found)

        self.room.book(lambda: read(None, pages), show, hold=hold)

    def _loaded(self, found: Listing[H]) -> None:
        self.head = found.head
        self._generation += 1
        self.list.reset(found.total, selectable=self.selectable)
        for page, items in found.pages.items():
            self.list.supply(page, items)
        self.repaint()
        self.keys_changed()

    def repaint(self) -> None:
        """Draw figures and detail again."""
        self.head_canvas.repaint()
        self.detail_canvas.repaint()

    def on_windowed_list_page_wanted(self, message: WindowedList.PageWanted) -> None:
        """Read a page that came in sight, in a thread."""
        user, head = self.room.user, self.head
        if user is None or head is None:
            return
        read, page, generation = self.reader(user.user_id), message.page, self._generation

        def show(found: Listing[H]) -> None:
            if generation == self._generation:
                self.list.supply(page, found.pages.get(page, ()))
                self.repaint()

        self.room.book(lambda: read(head, (page,)), show)

    def on_windowed_list_moved(self, message: WindowedList.Moved) -> None:
        """Show the chosen row in full."""
        self.detail_canvas.repaint()

    def on_windowed_list_opened(self, message: WindowedList.Opened) -> None:
        """A double click opens the row."""
        self.action_open()

    # -- actions -----------------------------------------------------------------------------------------

    def action_move(self, by: int) -> None:
        """Move the cursor."""
        self.list.move_by(by)

    def action_page(self, by: int) -> None:
        """Move by a page."""
        self.list.move_by(by * self.list.page_rows)

    def action_ends(self, way: int) -> None:
        """Go to the first or last row."""
        self.list.move(0 if way < 0 else self.list.count - 1)

    def action_refresh_list(self) -> None:
        """Read the list again."""
        self.load()
        self.tell(f"{self.TITLE_TEXT.capitalize()} read again.")

    def action_places(self) -> None:
        """Go to another place."""
        self.room.places()

    def action_back(self) -> None:
        """One step back."""
        self.room.close_top()
