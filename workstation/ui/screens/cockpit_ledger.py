"""The cockpit's ledger: the account's pages in place of the conversation, and a letter to look at."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from compliance.contact import Medium
from workstation.desk.account_ledger import LedgerView
from workstation.desk.views import AccountView
from workstation.desk.writing import LetterPreview
from workstation.ui.kit import Row, row, spread
from workstation.ui.ledger.book import LedgerPages
from workstation.ui.letter_rows import letter_rows
from workstation.ui.panes import NOT_SHOWN, heading
from workstation.ui.room import Room
from workstation.ui.screens.base import KeyHint
from workstation.ui.screens.cockpit_call import CockpitCall
from workstation.ui.wrap import Stage

_LINE = 0.1
"""Less than a screen: scrolling by this moves one line."""


class CockpitLedger(CockpitCall):
    """What the middle column shows instead of the talk, and how it is turned and scrolled."""

    def __init__(self, room: Room) -> None:
        super().__init__(room)
        self.ledger: LedgerView | None = None
        """As last read; None before, and once something changed that it would not show."""
        self.pages = LedgerPages()
        self.preview: LetterPreview | None = None
        """The mail or letter being looked at."""
        self.ledger_open = False
        self._preview_top = 0

    @property
    def middle_taken(self) -> bool:
        """Whether something stands in place of the conversation."""
        return self.ledger_open or self.preview is not None

    def clear(self, title: str) -> None:
        """Make ready for another account: the ledger is closed."""
        self.ledger, self.preview, self.ledger_open = None, None, False
        self.pages.reset()
        super().clear(title)

    def refill(self, account: AccountView) -> None:
        """Show an account as the book has it now; the ledger is read again where it is on screen."""
        self.ledger = None
        super().refill(account)
        if self.ledger_open:
            self.read_ledger()
        self.repaint("ledger")

    def fill(self, account: AccountView, facts: Mapping[str, str]) -> None:
        """Show an account; its ledger is read when it is asked for."""
        super().fill(account, facts)
        self._lay_out()

    def keys_changed(self) -> None:
        """The state changed: with it the keys that matter, and who has the right column."""
        self._lay_out()
        super().keys_changed()

    def _lay_out(self) -> None:
        self.set_class(self.middle_taken, "-ledger")
        self.set_class(self.call is None or not self.call.up, "-free")

    # -- reading -----------------------------------------------------------------------------------------

    def with_ledger(self, then: Callable[[LedgerView], None]) -> None:
        """Go on with the ledger; keys typed meanwhile wait where it must be read first."""
        account = self.account
        if account is None:
            return
        if self.ledger is not None:
            then(self.ledger)
            return
        now, account_id = self.room.now(), account.account_id

        def read(found: LedgerView) -> None:
            if self.account is not None and self.account.account_id == found.account_id:
                self.ledger = found
                self.repaint("ledger")
                then(found)

        self.room.book(lambda: self.room.desk.account_ledger(account_id, now), read, hold=True)

    def read_ledger(self) -> None:
        """Have the ledger on screen."""
        self.with_ledger(lambda _: self.keys_changed())

    # -- opening, turning, scrolling ---------------------------------------------------------------------

    def action_ledger(self) -> None:
        """Show the ledger in place of the conversation, or the conversation again."""
        if self.account is None:
            return
        if self.location:
            self.tell("This is a location call: nothing of the debt is shown until it is over.", "refused")
            return
        if self.ledger_open and self.preview is None:
            self.close_ledger()
            return
        self.preview = None
        self.ledger_open = True
        self._lay_out()
        self.repaint_middle()
        self.read_ledger()

    def close_ledger(self) -> None:
        """Show the conversation again."""
        self.ledger_open = False
        self.repaint_middle()

    def show_preview(self, preview: LetterPreview | None) -> None:
        """Show a mail or letter as it would be sent; None takes it away."""
        self.preview, self._preview_top = preview, 0
        self.repaint_middle()

    def repaint_middle(self) -> None:
        """Draw the middle column anew."""
        self.keys_changed()
        self.repaint("ledger", "conversation", "heard", "say", "caught")

    def action_ledger_page(self, by: int) -> None:
        """Turn to another page."""
        if self.ledger_open and self.preview is None:
            self.pages.turn(by)
            self.repaint("ledger")
        else:
            key = self.room.registry.key("account.ledger")
            self.tell(f"{key} opens the ledger; then these keys turn its pages.")

    def action_ledger_to(self, page: int) -> None:
        """Go to a page by a click on its name."""
        self.pages.open(page)
        self.repaint("ledger")

    def action_scroll_talk(self, way: int) -> None:
        """Scroll what stands in the middle column; 0 goes to its end."""
        if not self.middle_taken:
            super().action_scroll_talk(way)
            return
        self._scroll(-way)

    def action_step(self, by: int) -> None:
        """Go along the script; with the script out of sight, scroll line by line."""
        if self.middle_taken and self.has_class("-free"):
            self._scroll(by * _LINE)
        else:
            super().action_step(by)

    def _scroll(self, pages: float) -> None:
        if self.preview is not None:
            height = max(1, self._panes["ledger"].size.height - 1)
            step = round(pages * height) if abs(pages) >= 1 else (1 if pages > 0 else -1)
            self._preview_top = 1_000_000 if pages == 0 else max(0, self._preview_top + step)
        elif pages == 0:
            self.pages.end()
        else:
            self.pages.scroll(pages)
        self.repaint("ledger")

    # -- painting ----------------------------------------------------------------------------------------

    def _paint_ledger(self, width: int, height: int) -> list[Row]:
        account = self.account
        if self.location:
            return [NOT_SHOWN]
        head: list[Row] = []
        if self.has_class("-narrow") and self.has_class("-short"):
            # The account's own rows have given way: its name must not.
            name = account.name if account else self.heading
            number = f"#{account.number.lstrip('#')}" if account else ""
            head = [spread(row((name, "title")), row((number, "dim")), width)]
        if self.preview is not None:
            return [*head, *self._preview_rows(width, height - len(head))]
        return [*head, *self.pages.rows(account, self.ledger, width, height - len(head))]

    def _preview_rows(self, width: int, height: int) -> list[Row]:
        if self.preview is None:
            return [heading("LETTER")]
        rows = letter_rows(self.preview, width)
        if len(rows) <= height:
            return rows
        self._preview_top = max(0, min(self._preview_top, len(rows) - height + 1))
        shown = rows[self._preview_top : self._preview_top + height - 1]
        below = len(rows) - self._preview_top - len(shown)
        return [*shown, row((f"↓ {below} more · PgDn" if below else "end", "dim"))]

    # -- keys --------------------------------------------------------------------------------------------

    def hints(self) -> Iterable[KeyHint]:
        """The keys that matter with the ledger or a letter on screen."""
        if self.preview is not None:
            letter = self.preview.choice.medium is Medium.LETTER
            return [
                KeyHint("say.go", "queues it", off=bool(self.preview.flaws)),
                KeyHint("back", "leaves it"),
                KeyHint("say.pick", "to whom"),
                *([KeyHint("wrap.edit", "address")] if letter else []),
                *self._hang_up(),
                KeyHint("help"),
            ]
        if self.ledger_open and self.wrap.stage is Stage.CLOSED and self.keypad is None:
            return [
                KeyHint("account.next_page", "pages"),
                KeyHint("back", "talk"),
                *self._hang_up(),
                *self.deals(),
                KeyHint("help"),
            ]
        return super().hints()

    def right_hint(self) -> Row:
        """What could be logged now, where the keys leave room for it."""
        return () if self.middle_taken else super().right_hint()

    def _hang_up(self) -> list[KeyHint]:
        return [KeyHint("call.hang_up")] if self.call is not None and self.call.up else []

    def deals(self) -> list[KeyHint]:
        """What may be entered on the account."""
        names = ("payment", "dispute", "resolve", "plan", "settle", "email", "letter", "link")
        return [KeyHint(f"account.{name}") for name in names]
