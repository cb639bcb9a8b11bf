"""The calls that were asked for: the collector's own and the pool's, due first, with the gate's word."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import ClassVar

from workstation.desk.account_ledger import CallbackPage, CallbackRow, Whose
from workstation.ui import callback_rows
from workstation.ui.kit import PAGE, Row, row
from workstation.ui.room import Room
from workstation.ui.screens.base import KeyHint
from workstation.ui.screens.listing import Listing, ListScreen

_NEXT = {Whose.ALL: Whose.MINE, Whose.MINE: Whose.POOL, Whose.POOL: Whose.ALL}


class CallbacksScreen(ListScreen[CallbackPage]):
    """Callbacks due first; Enter takes the account."""

    NAME: ClassVar[str] = "callbacks"
    TITLE_TEXT: ClassVar[str] = "CALLBACKS"

    def __init__(self, room: Room) -> None:
        super().__init__(room)
        self.whose = Whose.ALL

    def reader(self, user_id: int) -> Callable[[CallbackPage | None, Sequence[int]], Listing[CallbackPage]]:
        """The first page holds the figures."""
        now, desk, whose = self.room.now(), self.room.desk, self.whose

        def read(known: CallbackPage | None, pages: Sequence[int]) -> Listing[CallbackPage]:
            wanted = {*pages} if known else {0, *pages}
            found = {
                page: desk.callbacks(user_id, now, page * PAGE, PAGE, whose=whose) for page in sorted(wanted)
            }
            head = known or found[0]
            return Listing(head, head.total, {page: one.rows for page, one in found.items()})

        return read

    # -- drawing -----------------------------------------------------------------------------------------

    def title_row(self, width: int) -> Row:
        """The columns."""
        return callback_rows.title_row(width)

    def item_row(self, index: int, item: object, width: int, chosen: bool) -> Row:
        """One callback."""
        if isinstance(item, CallbackRow):
            return callback_rows.callback_row(item, width, chosen, self.room.now())
        return super().item_row(index, item, width, chosen)

    def head_rows(self, width: int) -> list[Row]:
        """How many wait, and whose."""
        return callback_rows.head_rows(self.head, self.whose, width)

    def detail_rows(self, width: int) -> list[Row]:
        """The chosen callback in full."""
        if self.head is not None and not self.head.total:
            return [row((" Nobody waits for a call.", "dim"))]
        return callback_rows.detail_rows(self.chosen(), self.room.now(), width)

    def hints(self) -> Iterable[KeyHint]:
        """The keys of the list."""
        return [
            KeyHint("callbacks.open", off=not (self.head and self.head.total)),
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
