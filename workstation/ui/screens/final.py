"""The accounts at the final notice: ready, blocked and why, with a deadline, lapsed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import ClassVar

from textual.app import ComposeResult

from workstation.desk.final_deadline import DeadlineState
from workstation.desk.final_views import FinalOrder, FinalRow
from workstation.ui import final_rows
from workstation.ui.form_panel import FormPanel
from workstation.ui.forms.final import LapseForm
from workstation.ui.kit import PAGE, Row, row
from workstation.ui.room import Room
from workstation.ui.screens.base import KeyHint
from workstation.ui.screens.form_host import FormHost
from workstation.ui.screens.listing import Listing, ListScreen

_NOBODY = FinalOrder((), 0, 0, 0, 0)


class FinalScreen(ListScreen[FinalOrder], FormHost):
    """Worked from the top: lapsed deadlines, then who is ready."""

    NAME: ClassVar[str] = "final"
    TITLE_TEXT: ClassVar[str] = "FINAL NOTICE"
    REFRESH_S: ClassVar[int] = 60

    def __init__(self, room: Room) -> None:
        super().__init__(room)
        self.form_panel = FormPanel()

    def compose(self) -> ComposeResult:
        """The list, and below it the form for a reason."""
        widgets = list(super().compose())
        yield from widgets[:-3]
        yield self.form_panel
        yield from widgets[-3:]

    def on_mount(self) -> None:
        """Begin without a form."""
        self.form_panel.open(None)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Let the form's field have the keys it needs."""
        return not (self.typing and action in ("move", "page", "ends", "follow", "lapse"))

    def reader(self, user_id: int) -> Callable[[FinalOrder | None, Sequence[int]], Listing[FinalOrder]]:
        """The order of all, and the rows of the pages in sight: every condition of a row is looked at."""
        now, final = self.room.now(), self.room.final

        def read(known: FinalOrder | None, pages: Sequence[int]) -> Listing[FinalOrder]:
            if final is None:
                return Listing(_NOBODY, 0, {})
            found = known or final.order(user_id, now)
            ids = found.account_ids
            wanted = {page: ids[page * PAGE : (page + 1) * PAGE] for page in pages}
            rows = {page: final.accounts(user_id, now, some) if some else () for page, some in wanted.items()}
            return Listing(found, len(ids), rows)

        return read

    # -- drawing -----------------------------------------------------------------------------------------

    def head_rows(self, width: int) -> list[Row]:
        """How many are ready, blocked, running, lapsed."""
        final = self.room.final
        rows = [self.list.item(n) for n in range(min(self.list.count, PAGE))]
        seen = [one for one in rows if isinstance(one, FinalRow)]
        return final_rows.head_rows(self.head, seen, None if final is None else final.terms, width)

    def title_row(self, width: int) -> Row:
        """The columns."""
        return final_rows.title_row(width)

    def item_row(self, index: int, item: object, width: int, chosen: bool) -> Row:
        """One account."""
        if isinstance(item, FinalRow):
            return final_rows.final_row(item, width, chosen, self.room.now())
        return super().item_row(index, item, width, chosen)

    def detail_rows(self, width: int) -> list[Row]:
        """The chosen account in full."""
        if self.head is not None and not self.head.account_ids:
            return [row((" No account is at the final notice.", "dim"))]
        return final_rows.detail_rows(self.chosen(), width)

    def hints(self) -> Iterable[KeyHint]:
        """The keys of the list, or of the form."""
        if self.form is not None:
            return [KeyHint("final.open", "saves"), KeyHint("back", "leaves"), KeyHint("help")]
        chosen = self.chosen()
        lapsed = chosen is not None and _lapsed(chosen)
        return [
            KeyHint("final.open"),
            *([KeyHint("final.follow"), KeyHint("final.lapse")] if lapsed else []),
            KeyHint("final.refresh"),
            KeyHint("places"),
            KeyHint("back", "back"),
            KeyHint("palette"),
            KeyHint("help"),
            KeyHint("quit"),
        ]

    def chosen(self) -> FinalRow | None:
        """The account under the cursor."""
        item = self.list.item(self.list.cursor)
        return item if isinstance(item, FinalRow) else None

    def repaint(self) -> None:
        """The keys depend on the row."""
        super().repaint()
        self.keys_changed()

    def on_windowed_list_moved(self, message: object) -> None:
        """Show the chosen row in full, with its keys."""
        self.repaint()

    # -- actions -----------------------------------------------------------------------------------------

    def action_open(self) -> None:
        """Save the form, or open the session of the account under the cursor."""
        chosen = self.chosen()
        if self.form is not None:
            self.accept_form()
        elif chosen is None:
            self.tell("No account is at the final notice.")
        else:
            self.room.open_session(chosen.account_id, chosen.name)

    def action_follow(self) -> None:
        """Do what was announced."""
        chosen, user, final = self.chosen(), self.room.user, self.room.final
        if chosen is None or user is None or final is None or chosen.deadline is None or not _lapsed(chosen):
            self.tell("No deadline has lapsed here.")
            return
        deadline_id, now = chosen.deadline.deadline_id, self.room.now()
        partner = chosen.deadline.partner or chosen.deadline.action
        self.fresh(
            lambda: final.follow_through(deadline_id, user.user_id, now),
            lambda _: self._followed(chosen.name, partner),
        )

    def _followed(self, name: str, partner: str) -> None:
        self.load()
        self.tell(f"{name}: placed with {partner}; calls and letters of ours stop.", "good")

    def action_lapse(self) -> None:
        """Write down why nothing follows."""
        chosen, user, final = self.chosen(), self.room.user, self.room.final
        if chosen is None or chosen.deadline is None or not _lapsed(chosen) or user is None or final is None:
            self.tell("No deadline has lapsed here.")
            return
        self.open_form(LapseForm(chosen.deadline, final, user.user_id))

    def saved(self, said: str) -> None:
        """Read the list anew."""
        self.set_focus(self.list)
        self.load()

    def action_back(self) -> None:
        """Out of the form, or one step back."""
        if self.form is not None:
            self.close_form()
            self.set_focus(self.list)
        else:
            super().action_back()


def _lapsed(item: FinalRow) -> bool:
    return item.deadline is not None and item.deadline.state is DeadlineState.DUE
