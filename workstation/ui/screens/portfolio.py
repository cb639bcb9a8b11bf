"""The portfolio: aging, DSO and kin, roll rates, promises, follow-through; the accounts behind each."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from typing import ClassVar

from workstation.desk.portfolio import Behind, Cut, FigureRow, Lines, Portfolio, behind, portfolio
from workstation.ui import portfolio_rows
from workstation.ui.kit import PAGE, Row, row, spread
from workstation.ui.room import Room
from workstation.ui.screens.base import KeyHint
from workstation.ui.screens.listing import Listing, ListScreen

KEPT = timedelta(minutes=5)
"""How long what was read serves: a large book takes seconds."""

_CUTS = list(Cut)


@dataclass(frozen=True, slots=True)
class _Read:
    """The lines with when they were read."""

    at: datetime
    lines: Lines


class PortfolioScreen(ListScreen[Portfolio]):
    """Figures by month for all accounts, or for one stage, segment or collector; Enter drills down."""

    NAME: ClassVar[str] = "portfolio"
    TITLE_TEXT: ClassVar[str] = "PORTFOLIO"
    REFRESH_S: ClassVar[int] = 300

    def __init__(self, room: Room) -> None:
        super().__init__(room)
        self.cut = Cut.ALL
        self.group = ""
        self.currency = ""
        self._read: _Read | None = None
        self._since: datetime | None = None
        self._word = ""
        """What is being read, said by the thread that reads."""

    @property
    def lines(self) -> Lines | None:
        """What was read last."""
        return self._read.lines if self._read is not None else None

    def load(self, *, hold: bool = True) -> None:
        """Read the book where what was read is old; keys wait only for what is quick."""
        fresh = self._read is not None and self.room.now() - self._read.at < KEPT
        if not fresh:
            self._since = self._since or self.room.now()
        super().load(hold=hold and fresh)

    def reader(self, user_id: int) -> Callable[[Portfolio | None, Sequence[int]], Listing[Portfolio]]:
        """Read the lines where they are old, and work the group out."""
        now, source, known_lines = self.room.now(), self.room.portfolios, self._read
        currency, cut, group = self.currency, self.cut, self.group

        def say(word: str) -> None:
            self._word = word

        def read(known: Portfolio | None, pages: Sequence[int]) -> Listing[Portfolio]:
            kept = known_lines
            if kept is None or now - kept.at >= KEPT:
                lines = (
                    source.lines(user_id, now, say) if source is not None else Lines(now.date(), (), (), {})
                )
                kept = _Read(now, lines)
                say("figures")
            found = known or portfolio(kept.lines, currency, cut, group)
            self._read = kept
            return Listing(found, len(found.rows), {p: found.rows[p * PAGE : (p + 1) * PAGE] for p in pages})

        return read

    def _loaded(self, found: Listing[Portfolio]) -> None:
        self._since, self._word = None, ""
        self.group, self.currency = found.head.group, found.head.currency
        super()._loaded(found)
        self.titles_canvas.repaint()

    def tick(self) -> None:
        """Say how long the reading takes."""
        super().tick()
        if self._since is not None:
            self.head_canvas.repaint()

    # -- drawing -----------------------------------------------------------------------------------------

    def head_rows(self, width: int) -> list[Row]:
        """The group, its aging and its DSO; how far reading has got before that."""
        if self.head is None or self._since is not None:
            since = self._since
            waited = int((self.room.now() - since).total_seconds()) if since is not None else 0
            waiting = portfolio_rows.waiting_rows(self._word, waited)
            if self.head is None:
                return waiting
            return [*waiting, *portfolio_rows.head_rows(self.head, width)[1:]]
        return portfolio_rows.head_rows(self.head, width)

    def title_row(self, width: int) -> Row:
        """The months."""
        return portfolio_rows.title_row(self.head, width)

    def item_row(self, index: int, item: object, width: int, chosen: bool) -> Row:
        """One figure."""
        if isinstance(item, FigureRow):
            return portfolio_rows.figure_row(item, width, chosen)
        return super().item_row(index, item, width, chosen)

    def detail_rows(self, width: int) -> list[Row]:
        """What the chosen figure means, and its parts."""
        return portfolio_rows.detail_rows(self.chosen(), self.currency, width)

    def hints(self) -> Iterable[KeyHint]:
        """The keys of the portfolio."""
        more = self.head is not None and len(self.head.currencies) > 1
        return [
            KeyHint("portfolio.open"),
            KeyHint("portfolio.cut"),
            *([KeyHint("portfolio.next")] if self.cut is not Cut.ALL else []),
            *([KeyHint("portfolio.currency")] if more else []),
            KeyHint("portfolio.refresh"),
            KeyHint("places"),
            KeyHint("back", "back"),
            KeyHint("palette"),
            KeyHint("help"),
            KeyHint("quit"),
        ]

    def chosen(self) -> FigureRow | None:
        """The figure under the cursor."""
        item = self.list.item(self.list.cursor)
        return item if isinstance(item, FigureRow) else None

    # -- actions -----------------------------------------------------------------------------------------

    def action_open(self) -> None:
        """List the accounts behind the figure under the cursor."""
        chosen, lines, head = self.chosen(), self.lines, self.head
        if chosen is None or lines is None or head is None or chosen.last is None:
            return
        figure = chosen.last
        found = behind(lines, figure, head.currency)
        if not found:
            self.tell(f"No account is behind {chosen.title}: {figure.why or 'it is nothing this month'}.")
            return
        symbol = figure.parts[0].symbol
        self.room.show_behind(f"{chosen.title} · {symbol} · {head.group}", found)

    def action_cut(self) -> None:
        """Group by the next trait."""
        self.cut = _CUTS[(_CUTS.index(self.cut) + 1) % len(_CUTS)]
        self.group = ""
        self.load()

    def action_group(self, by: int) -> None:
        """Show the next group."""
        head = self.head
        if head is None or self.cut is Cut.ALL or not head.groups:
            self.tell("All accounts are shown; b cuts them by stage, segment or collector.")
            return
        keys = [g.key for g in head.groups]
        at = keys.index(self.group) if self.group in keys else 0
        self.group = keys[(at + by) % len(keys)]
        self.load()

    def action_currency(self) -> None:
        """Show the next currency: currencies are never added."""
        head = self.head
        if head is None or len(head.currencies) < 2:
            self.tell("The book has one currency.")
            return
        at = head.currencies.index(self.currency)
        self.currency, self.group = head.currencies[(at + 1) % len(head.currencies)], ""
        self.load()

    def action_refresh_list(self) -> None:
        """Read the book again."""
        self._read = None
        super().action_refresh_list()


class BehindScreen(ListScreen[str]):
    """The accounts behind one figure, the largest part first; Enter opens the account."""

    NAME: ClassVar[str] = "portfolio-accounts"
    TITLE_TEXT: ClassVar[str] = "PORTFOLIO"
    REFRESH_S: ClassVar[int] = 3600

    def __init__(self, room: Room) -> None:
        super().__init__(room)
        self.heading_text = ""
        self.found: Sequence[Behind] = ()

    def begin(self, heading: str, found: Sequence[Behind]) -> None:
        """Show other accounts."""
        self.heading_text, self.found = heading, found
        self.list.cursor = 0

    def reader(self, user_id: int) -> Callable[[str | None, Sequence[int]], Listing[str]]:
        """What was worked out with the figure: nothing is read."""
        text, found = self.heading_text, self.found

        def read(known: str | None, pages: Sequence[int]) -> Listing[str]:
            return Listing(text, len(found), {p: found[p * PAGE : (p + 1) * PAGE] for p in pages})

        return read

    def head_rows(self, width: int) -> list[Row]:
        """Which figure."""
        count = f"{len(self.found):,} account{'s' if len(self.found) != 1 else ''} "
        return [spread(row((f" {self.heading_text}", "strong")), row((count, "dim")), width)]

    def title_row(self, width: int) -> Row:
        """The columns."""
        return portfolio_rows.behind_title(width)

    def item_row(self, index: int, item: object, width: int, chosen: bool) -> Row:
        """One account."""
        if isinstance(item, Behind):
            largest = max((abs(b.value) for b in self.found), default=Fraction(0))
            return portfolio_rows.behind_row(item, width, chosen, largest)
        return super().item_row(index, item, width, chosen)

    def detail_rows(self, width: int) -> list[Row]:
        """The account's number."""
        item = self.chosen()
        if item is None:
            return []
        return [row((f" {item.name}", "title"), (f"   #{item.number.lstrip('#')}", "dim"))]

    def hints(self) -> Iterable[KeyHint]:
        """The keys of the list."""
        return [KeyHint("behind.open"), KeyHint("back", "figures"), KeyHint("help"), KeyHint("quit")]

    def chosen(self) -> Behind | None:
        """The account under the cursor."""
        item = self.list.item(self.list.cursor)
        return item if isinstance(item, Behind) else None

    def action_open(self) -> None:
        """Open the account under the cursor."""
        chosen = self.chosen()
        if chosen is not None:
            self.room.open_account(chosen.account_id, chosen.name)

    def action_back(self) -> None:
        """Back to the figures."""
        self.room.close_top()
