"""The work queue: the next account worth calling, and why."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import ClassVar

from textual.app import ComposeResult

from workstation.desk.book import Desk
from workstation.desk.views import QueueCounts, QueueRow
from workstation.ui import queue_rows
from workstation.ui.kit import PAGE, Canvas, Row, WindowedList, row
from workstation.ui.room import Choice, PickList, Room
from workstation.ui.screens.base import KeyHint, WorkScreen
from workstation.ui.status import Status

_REFRESH_S = 15
_FOUND = 50


class _Heading:
    """Stands in the list between the callable and the others."""


def _read_page(desk: Desk, user_id: int, now: datetime, counts: QueueCounts, page: int) -> Sequence[object]:
    """One page of the list: callable rows, the heading, then the others."""
    first = page * PAGE
    items: list[object] = []
    if first < counts.callable:
        wanted = min(PAGE, counts.callable - first)
        items += desk.queue_page(user_id, now, first, wanted).rows
        items += [None] * (wanted - len(items))
    if counts.later and len(items) < PAGE and first <= counts.callable + counts.later:
        if first <= counts.callable < first + PAGE:
            items.append(_Heading())
        begin = first + len(items) - counts.callable - 1
        items += desk.queue_page(user_id, now, begin, PAGE - len(items), later=True).rows
    return items


class QueueScreen(WorkScreen):
    """Callable accounts in work order, then those not callable now with until when."""

    NAME: ClassVar[str] = "queue"

    def __init__(self, room: Room) -> None:
        super().__init__(room)
        self.counts: QueueCounts | None = None
        self._head = Canvas(self._paint_head, name="queue-head")
        self._titles = Canvas(lambda w, h: [queue_rows.title_row(w)], name="queue-titles")
        self.list = WindowedList(self._draw, name="queue-list")
        self._detail = Canvas(self._paint_detail, name="queue-detail")
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
        """Read the queue whenever it is shown."""
        self.set_focus(self.list)
        self.load()

    def load(self, *, hold: bool = True) -> None:
        """Read figures and rows in sight together, so that nothing flickers and Enter finds its row."""
        user = self.room.user
        if user is None:
            return
        self._age = 0
        now, desk, user_id = self.room.now(), self.room.desk, user.user_id
        pages = self.list.pages_in_sight()

        def read() -> tuple[QueueCounts, dict[int, Sequence[object]]]:
            counts = desk.queue_counts(user_id, now)
            return counts, {page: _read_page(desk, user_id, now, counts, page) for page in pages}

        self.room.book(read, self._loaded, hold=hold)

    def _loaded(self, found: tuple[QueueCounts, dict[int, Sequence[object]]]) -> None:
        self.counts, pages = found
        self._generation += 1
        later = self.counts.later
        total = self.counts.callable + (later + 1 if later else 0)
        self.list.reset(total, selectable=lambda index: not self._is_heading(index))
        for page, items in pages.items():
            self.list.supply(page, items)
        self._head.repaint()
        self._detail.repaint()
        self.keys_changed()

    def _is_heading(self, index: int) -> bool:
        return self.counts is not None and index == self.counts.callable

    def on_windowed_list_page_wanted(self, message: WindowedList.PageWanted) -> None:
        """Read a page that came in sight, in a thread."""
        user, counts = self.room.user, self.counts
        if user is None or counts is None:
            return
        now, desk, generation, page = self.room.now(), self.room.desk, self._generation, message.page

        def show(items: Sequence[object]) -> None:
            if generation == self._generation:
                self.list.supply(page, items)
                self._detail.repaint()
                self._head.repaint()

        self.room.book(lambda: _read_page(desk, user.user_id, now, counts, page), show)

    # -- drawing -----------------------------------------------------------------------------------------

    def status(self) -> Status:
        """The line without a call."""
        return Status("QUEUE", self.room.user, self.room.now(), self.room.client_state, self.room.line)

    def tick(self) -> None:
        """Read the queue again now and then: windows close, callbacks fall due."""
        super().tick()
        self._age += 1
        if self._age >= _REFRESH_S and self.is_current:
            self.load(hold=False)

    def _draw(self, index: int, item: object, width: int, chosen: bool) -> Row:
        if isinstance(item, QueueRow):
            return queue_rows.queue_row(index, item, width, chosen, self.room.now())
        if isinstance(item, _Heading):
            return queue_rows.section_row("not now", width)
        return row(("   gone", "faint"))

    def _paint_head(self, width: int, height: int) -> list[Row]:
        zone = next((r.zone for r in (self.chosen(),) if r), "")
        return queue_rows.head_rows(self.counts, self.room.now(), zone, width)

    def _paint_detail(self, width: int, height: int) -> list[Row]:
        if self.counts is not None and not self.list.count:
            return [row((" The queue is empty: nothing to call, nothing that waits.", "dim"))]
        return queue_rows.detail_rows(self.chosen(), self.room.now(), width)

    def hints(self) -> Iterable[KeyHint]:
        """The keys of the queue."""
        can = bool(self.counts and self.counts.callable)
        return [
            KeyHint("queue.next", off=not can),
            KeyHint("queue.open"),
            KeyHint("queue.search"),
            KeyHint("queue.callbacks"),
            KeyHint("queue.later"),
            KeyHint("queue.refresh"),
            KeyHint("palette"),
            KeyHint("help"),
            KeyHint("quit"),
        ]

    def chosen(self) -> QueueRow | None:
        """The account under the cursor."""
        item = self.list.item(self.list.cursor)
        return item if isinstance(item, QueueRow) else None

    def on_windowed_list_moved(self, message: WindowedList.Moved) -> None:
        """Show the chosen account in full."""
        self._detail.repaint()

    def on_windowed_list_opened(self, message: WindowedList.Opened) -> None:
        """A double click opens the account."""
        self.action_open()

    # -- actions -----------------------------------------------------------------------------------------

    def action_open(self) -> None:
        """Take the account under the cursor."""
        chosen = self.chosen()
        if chosen is not None:
            self.room.take_account(chosen)
        elif self.list.count == 0:
            self.tell("The queue is empty.")

    def action_next(self) -> None:
        """Take the account at the head."""
        self.room.take_account(None)

    def action_move(self, by: int) -> None:
        """Move the cursor."""
        self.list.move_by(by)

    def action_page(self, by: int) -> None:
        """Move by a page."""
        self.list.move_by(by * self.list.page_rows)

    def action_ends(self, way: int) -> None:
        """Go to the first or last row."""
        self.list.move(0 if way < 0 else self.list.count - 1)

    def action_later(self) -> None:
        """Jump between the two parts of the queue."""
        if self.counts is None or not self.counts.later:
            self.tell("Every account is callable now.")
            return
        self.list.move(0 if self.list.cursor > self.counts.callable else self.counts.callable + 1)

    def action_refresh_queue(self) -> None:
        """Read the queue again."""
        self.load()
        self.tell("Queue read again.")

    def action_callbacks(self) -> None:
        """List the calls that were asked for."""
        self.room.show_callbacks()

    def action_back(self) -> None:
        """There is nothing behind the queue."""
        self.tell(f"{self.room.registry.key('quit')} leaves the workstation.")

    def action_search(self) -> None:
        """Find an account."""
        found: dict[str, QueueRow] = {}

        def ask(text: str, bring: Callable[[Sequence[Choice]], None]) -> None:
            now = self.room.now()

            def show(rows: tuple[QueueRow, ...]) -> None:
                found.update({str(r.account_id): r for r in rows})
                bring(
                    [
                        Choice(str(r.account_id), f"{r.name}  #{r.number.lstrip('#')}", str(r.due))
                        for r in rows
                    ]
                )

            self.room.book(lambda: self.room.desk.search_accounts(text, now, _FOUND), show)

        self.room.pick(
            PickList(
                "FIND AN ACCOUNT   by number, name, contact, phone or invoice",
                (),
                lambda choice: self.room.take_account(found[choice.id]),
                ask,
                empty="type to search",
            )
        )
