"""The work queue: the next account worth calling, and why."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import ClassVar

from workstation.desk.book import Desk
from workstation.desk.floor import pauses
from workstation.desk.views import QueueCounts, QueueRow
from workstation.floor import messages as m
from workstation.ui import queue_rows
from workstation.ui.kit import PAGE, Row, row
from workstation.ui.room import Choice, PickList
from workstation.ui.screens.base import KeyHint
from workstation.ui.screens.listing import Listing, ListScreen

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


class QueueScreen(ListScreen[QueueCounts]):
    """Callable accounts in work order, then those not callable now with until when."""

    NAME: ClassVar[str] = "queue"
    TITLE_TEXT: ClassVar[str] = "QUEUE"
    coaching = 0
    """Messages about one's calls that are unread."""

    @property
    def counts(self) -> QueueCounts | None:
        """The figures above the list."""
        return self.head

    def reader(self, user_id: int) -> Callable[[QueueCounts | None, Sequence[int]], Listing[QueueCounts]]:
        """Figures first: where the callable end decides what is on which page."""
        now, desk = self.room.now(), self.room.desk

        def read(known: QueueCounts | None, pages: Sequence[int]) -> Listing[QueueCounts]:
            counts = known or desk.queue_counts(user_id, now)
            total = counts.callable + (counts.later + 1 if counts.later else 0)
            return Listing(
                counts, total, {page: _read_page(desk, user_id, now, counts, page) for page in pages}
            )

        return read

    def selectable(self, index: int) -> bool:
        """All but the heading between the two parts."""
        return self.counts is None or index != self.counts.callable or not self.counts.later

    def load(self, *, hold: bool = True) -> None:
        """Read the list, and whether somebody wrote about one's calls."""
        super().load(hold=hold)
        auditing, user = self.room.auditing, self.room.user
        if auditing is not None and user is not None:
            self.room.book(lambda: auditing.book.coaching_unread(user.user_id), self._unread)

    def _unread(self, count: int) -> None:
        self.coaching = count
        self.head_canvas.repaint()

    # -- drawing -----------------------------------------------------------------------------------------

    def title_row(self, width: int) -> Row:
        """The columns."""
        return queue_rows.title_row(width)

    def item_row(self, index: int, item: object, width: int, chosen: bool) -> Row:
        """An account, or the heading of those not callable now."""
        if isinstance(item, QueueRow):
            return queue_rows.queue_row(index, item, width, chosen, self.room.now())
        if isinstance(item, _Heading):
            return queue_rows.section_row("not now", width)
        return super().item_row(index, item, width, chosen)

    def head_rows(self, width: int) -> list[Row]:
        """The day so far."""
        zone = next((r.zone for r in (self.chosen(),) if r), "")
        return queue_rows.head_rows(self.counts, self.room.now(), zone, width, self.coaching)

    def detail_rows(self, width: int) -> list[Row]:
        """The chosen account in full."""
        if self.counts is not None and not self.list.count:
            return [row((" The queue is empty: nothing to call, nothing that waits.", "dim"))]
        return queue_rows.detail_rows(self.chosen(), self.room.now(), width)

    def hints(self) -> Iterable[KeyHint]:
        """The keys of the queue."""
        can = bool(self.counts and self.counts.callable)
        paused = bool(self.room.pause)
        return [
            *([KeyHint("queue.pause", label="end pause")] if paused else []),
            KeyHint("queue.next", off=not can or paused),
            KeyHint("queue.open"),
            KeyHint("queue.search"),
            KeyHint("queue.callbacks"),
            KeyHint("queue.later"),
            KeyHint("queue.refresh"),
            KeyHint("places"),
            KeyHint("palette"),
            KeyHint("help"),
            KeyHint("quit"),
            *([] if paused else [KeyHint("queue.pause")]),
        ]

    def chosen(self) -> QueueRow | None:
        """The account under the cursor."""
        item = self.list.item(self.list.cursor)
        return item if isinstance(item, QueueRow) else None

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

    def action_later(self) -> None:
        """Jump between the two parts of the queue."""
        if self.counts is None or not self.counts.later:
            self.tell("Every account is callable now.")
            return
        self.list.move(0 if self.list.cursor > self.counts.callable else self.counts.callable + 1)

    def action_callbacks(self) -> None:
        """List the calls that were asked for."""
        self.room.go("callbacks")

    def action_back(self) -> None:
        """There is nothing behind the queue."""
        self.room.close_top()

    def action_pause(self) -> None:
        """Go on pause with a reason, or come back."""
        if self.room.pause:
            self.room.ask(m.Unpause())
            return
        choices = [Choice(p.code, p.label, "" if p.paid else "unpaid") for p in pauses().values()]
        self.room.pick(
            PickList("PAUSE   why?", choices, lambda choice: self.room.ask(m.Pause(reason=choice.id)))
        )

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
