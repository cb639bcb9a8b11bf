"""Everything that was said on any call, found by its words; Enter opens the call there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.widget import Widget

from workstation.desk.talk_search import Hit, TalkSearch
from workstation.ui import figures
from workstation.ui.kit import PAGE, Row, Span, cut_row, row
from workstation.ui.room import Room
from workstation.ui.screens.base import KeyHint, entry
from workstation.ui.screens.listing import Listing, ListScreen
from workstation.ui.text import fit

_MOST = 300


class SearchScreen(ListScreen[int]):
    """A line of words, and the utterances that hold them all, newest first."""

    NAME: ClassVar[str] = "search"
    TITLE_TEXT: ClassVar[str] = "SEARCH"
    REFRESH_S: ClassVar[int] = 10**9
    """What was found stays; it is asked anew by asking."""

    def __init__(self, room: Room) -> None:
        super().__init__(room)
        self.words = entry("search-words", placeholder="words that were said")
        self.asked = ""

    def compose(self) -> ComposeResult:
        """The line of words stands above the list."""
        for widget in super().compose():
            if widget is self.titles_canvas:
                yield self.words
            yield widget

    def typed_into(self) -> Widget:
        """The words; the arrows move in the list all the same."""
        return self.words

    def reader(self, user_id: int) -> Callable[[int | None, Sequence[int]], Listing[int]]:
        """What was found, all of it at once."""
        auditing, wanted = self.room.auditing, TalkSearch(self.asked, limit=_MOST)

        def read(_known: int | None, _pages: Sequence[int]) -> Listing[int]:
            hits = auditing.book.search_said(wanted, user_id) if auditing is not None and wanted.words else ()
            pages = {n: hits[n * PAGE : (n + 1) * PAGE] for n in range(len(hits) // PAGE + 1)}
            return Listing(len(hits), len(hits), pages)

        return read

    # -- drawing -----------------------------------------------------------------------------------------

    def head_rows(self, width: int) -> list[Row]:
        """How often it was said."""
        if not self.asked or self.head is None:
            return [row((" all the words, in one utterance, in any order", "dim"))]
        more = "the newest " if self.head == _MOST else ""
        return [row((f" {more}{self.head:,}", "strong"), (" found", "dim"))]

    def title_row(self, width: int) -> Row:
        """The columns."""
        when, who, party = _cells(width)
        names = f"{fit('call', when)} {fit('collector', who)} {fit('account', party)} {fit('at', 5)}  said"
        return cut_row(row((f"   {names}", "dim")), width)

    def item_row(self, index: int, item: object, width: int, chosen: bool) -> Row:
        """One utterance with the words found between marks."""
        if not isinstance(item, Hit):
            return super().item_row(index, item, width, chosen)
        when, who, party = _cells(width)
        at = figures.moment(item.at, self.room.home_zone, self.room.now())
        lead = row(
            ("▸  " if chosen else "   ", "accent"),
            (fit(at, when) + " ", "dim"),
            (fit(item.collector, who) + " ", ""),
            (fit(item.account_name, party) + " ", "strong" if chosen else ""),
            (figures.length(item.second) + " ", "dim"),
            ("  " if item.leg.value == "agent" else "‹ ", "accent"),
        )
        return cut_row((*lead, *_marked(item.snippet)), width)

    def detail_rows(self, width: int) -> list[Row]:
        """The chosen utterance in full."""
        hit = self.chosen()
        if hit is None:
            return [row((" Nobody said that.", "dim"))] if self.asked and self.head == 0 else []
        side = "the collector" if hit.leg.value == "agent" else "the debtor"
        first = row(
            (f" {hit.account_name}", "strong"),
            (f" · {hit.account_number} · {hit.collector} · said by {side}", "dim"),
        )
        return [first, (Span(" "), *_marked(hit.snippet))]

    def hints(self) -> Iterable[KeyHint]:
        """The keys of the search."""
        return [
            KeyHint("search.open", "open" if self._answered else "find"),
            KeyHint("back"),
            KeyHint("palette"),
            KeyHint("help"),
            KeyHint("quit"),
        ]

    @property
    def _answered(self) -> bool:
        return bool(self.asked) and self.asked == self.words.value.strip()

    def on_input_changed(self) -> None:
        """Enter finds again once the words are others."""
        self.keys_changed()

    def chosen(self) -> Hit | None:
        """The utterance under the cursor."""
        item = self.list.item(self.list.cursor)
        return item if isinstance(item, Hit) else None

    # -- actions -----------------------------------------------------------------------------------------

    def action_open(self) -> None:
        """Find the words; once they are found, open the call under the cursor."""
        if not self._answered:
            self.asked = self.words.value.strip()
            self.list.cursor = 0
            self.tell("")
            if self.asked:
                self.load()
            return
        hit = self.chosen()
        if hit is not None:
            self.room.review(hit.call_id, hit.second)


def _cells(width: int) -> tuple[int, int, int]:
    """Cells for when, collector and account."""
    return (13, 16, 24) if width >= 110 else (9, 9, 14)


def _marked(snippet: str) -> Row:
    """A snippet with what stands between the marks made strong; the marks stay."""
    spans = []
    for n, part in enumerate(snippet.replace("«", "\0«").replace("»", "»\0").split("\0")):
        if part:
            spans.append(Span(part, "strong" if n % 2 else ""))
    return tuple(spans)
