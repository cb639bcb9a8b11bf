"""The supervisor's list: calls to review, the worst first, each with why it stands there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from typing import ClassVar

from workstation.desk.review import Listed, ListRow
from workstation.ui.audit import list_rows
from workstation.ui.kit import PAGE, Row, row
from workstation.ui.room import Room
from workstation.ui.screens.base import KeyHint
from workstation.ui.screens.listing import Listing, ListScreen

_PERIODS: tuple[tuple[int | None, str], ...] = ((30, "thirty days"), (7, "seven days"), (None, "all days"))


class AuditScreen(ListScreen[Listed]):
    """Calls to review, or those reviewed; Enter opens one."""

    NAME: ClassVar[str] = "audit"
    TITLE_TEXT: ClassVar[str] = "AUDIT"
    REFRESH_S: ClassVar[int] = 300

    def __init__(self, room: Room) -> None:
        super().__init__(room)
        self.reviewed = False
        self._period = 0

    def reader(self, user_id: int) -> Callable[[Listed | None, Sequence[int]], Listing[Listed]]:
        """Each page is ranked anew: the order is what reviewers have taught by then."""
        auditing, now, done = self.room.auditing, self.room.now(), self.reviewed
        days = _PERIODS[self._period][0]
        since = None if days is None else now - timedelta(days=days)

        def read(known: Listed | None, pages: Sequence[int]) -> Listing[Listed]:
            if auditing is None:
                nothing = Listed((), 0, 0)
                return Listing(nothing, 0, {})
            found = {
                page: auditing.book.audit_list(
                    user_id, now, since=since, done=done, offset=page * PAGE, limit=PAGE
                )
                for page in sorted({0, *pages} if known is None else {*pages})
            }
            head = known or found[0]
            return Listing(head, head.total, {page: one.rows for page, one in found.items()})

        return read

    @property
    def _me(self) -> str:
        return self.room.user.full_name if self.room.user else ""

    # -- drawing -----------------------------------------------------------------------------------------

    def title_row(self, width: int) -> Row:
        """The columns."""
        return list_rows.title_row(width)

    def item_row(self, index: int, item: object, width: int, chosen: bool) -> Row:
        """One call."""
        if isinstance(item, ListRow):
            return list_rows.audit_row(item, width, chosen, self.room.now(), self.room.home_zone, self._me)
        return super().item_row(index, item, width, chosen)

    def head_rows(self, width: int) -> list[Row]:
        """How many, of how many, in which days."""
        return list_rows.head_rows(self.head, _PERIODS[self._period][1], done=self.reviewed, width=width)

    def detail_rows(self, width: int) -> list[Row]:
        """The chosen call in full."""
        if self.room.auditing is None:
            return [row((" Calls cannot be reviewed from this terminal.", "dim"))]
        if self.head is not None and not self.head.total:
            what = "No review is committed yet" if self.reviewed else "No call waits for a review"
            return [row((f" {what} in these days.", "dim"))]
        return list_rows.detail_rows(self.chosen(), width, self._me)

    def hints(self) -> Iterable[KeyHint]:
        """The keys of the list."""
        return [
            KeyHint("audit.open", off=not (self.head and self.head.total)),
            KeyHint("audit.done", "to review" if self.reviewed else "reviewed"),
            KeyHint("audit.period"),
            KeyHint("audit.rules"),
            KeyHint("places"),
            KeyHint("audit.refresh"),
            KeyHint("palette"),
            KeyHint("help"),
            KeyHint("quit"),
        ]

    def chosen(self) -> ListRow | None:
        """The call under the cursor."""
        item = self.list.item(self.list.cursor)
        return item if isinstance(item, ListRow) else None

    # -- actions -----------------------------------------------------------------------------------------

    def action_open(self) -> None:
        """Open the call under the cursor."""
        chosen = self.chosen()
        if chosen is not None:
            self.room.review(chosen.place.call_id)
        else:
            self.tell("No call is chosen.")

    def action_done(self) -> None:
        """Change between calls to review and calls reviewed."""
        self.reviewed = not self.reviewed
        self.list.cursor = 0
        self.load()

    def action_rules(self) -> None:
        """Show how the rules do that ranked these calls."""
        self.room.rule_figures()

    def action_period(self) -> None:
        """Look at more days, or fewer."""
        self._period = (self._period + 1) % len(_PERIODS)
        self.list.cursor = 0
        self.load()
