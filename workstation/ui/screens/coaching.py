"""Coaching: what reviewers wrote about one's calls, and one's answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import ClassVar

from textual.app import ComposeResult

from workstation.desk.book import BookError
from workstation.desk.review import CoachingNote
from workstation.ui import entry, figures
from workstation.ui.audit.forms import AnswerForm
from workstation.ui.form_panel import FormPanel
from workstation.ui.kit import PAGE, Row, cut_row, row
from workstation.ui.room import Room
from workstation.ui.screens.base import KeyHint
from workstation.ui.screens.listing import Listing, ListScreen
from workstation.ui.text import fit, wrap


class CoachingScreen(ListScreen[int]):
    """Threads about calls; Enter reads a message whole and answers it. The figure above is what is unread."""

    NAME: ClassVar[str] = "coaching"
    TITLE_TEXT: ClassVar[str] = "COACHING"
    REFRESH_S: ClassVar[int] = 60

    def __init__(self, room: Room) -> None:
        super().__init__(room)
        self.panel = FormPanel()

    def compose(self) -> ComposeResult:
        """The list, and the panel in which one answers."""
        for widget in super().compose():
            if widget is self.message_line:
                yield self.panel
            yield widget

    def reader(self, user_id: int) -> Callable[[int | None, Sequence[int]], Listing[int]]:
        """All of them: a person has few."""
        auditing = self.room.auditing

        def read(_known: int | None, _pages: Sequence[int]) -> Listing[int]:
            notes = auditing.book.coaching_of(user_id) if auditing is not None else ()
            pages = {n: notes[n * PAGE : (n + 1) * PAGE] for n in range(len(notes) // PAGE + 1)}
            return Listing(sum(note.unread for note in notes), len(notes), pages)

        return read

    # -- drawing -----------------------------------------------------------------------------------------

    def head_rows(self, width: int) -> list[Row]:
        """How many are unread."""
        if self.head is None:
            return [row(("…", "faint"))]
        if not self.head:
            return [row((" nothing unread", "dim"))]
        return [row((f" ! {self.head}", "strong"), (" unread", "dim"))]

    def title_row(self, width: int) -> Row:
        """The columns."""
        return cut_row(
            row(
                (f"   {fit('when', 13)} {fit('from', 16)} {fit('call with', 16)} {fit('at', 6)} said", "dim")
            ),
            width,
        )

    def item_row(self, index: int, item: object, width: int, chosen: bool) -> Row:
        """One message; answers stand a little to the right."""
        if not isinstance(item, CoachingNote):
            return super().item_row(index, item, width, chosen)
        mark, sign = "▸" if chosen else " ", "!" if item.unread else " "
        at = figures.length(item.second) if item.second is not None else ""
        lead = "" if item.id == item.thread else "  ↳ "
        when = figures.moment(item.at, self.room.home_zone, self.room.now())
        return cut_row(
            row(
                (f"{mark}{sign} ", "accent"),
                (fit(when, 13) + " ", "dim"),
                (fit(item.author, 16) + " ", "strong" if item.unread else ""),
                (fit(item.party, 16) + " ", "dim"),
                (fit(at, 6) + " ", "dim"),
                (f"{lead}{item.text}", "strong" if item.unread else ""),
            ),
            width,
        )

    def detail_rows(self, width: int) -> list[Row]:
        """The chosen message in full."""
        note = self.chosen()
        if note is None:
            return [row((" Nobody wrote about your calls.", "dim"))] if self.head is not None else []
        return [row((f" {line}", "")) for line in wrap(note.text, max(8, width - 2))[:2]]

    def hints(self) -> Iterable[KeyHint]:
        """The keys that matter now."""
        if self.panel.form is not None:
            return [KeyHint("coaching.answer", "send"), KeyHint("back", "leave"), KeyHint("help")]
        return [
            KeyHint("coaching.answer", off=not self.list.count),
            KeyHint("coaching.refresh"),
            KeyHint("places"),
            KeyHint("palette"),
            KeyHint("help"),
            KeyHint("quit"),
        ]

    def chosen(self) -> CoachingNote | None:
        """The message under the cursor."""
        item = self.list.item(self.list.cursor)
        return item if isinstance(item, CoachingNote) else None

    def load(self, *, hold: bool = True) -> None:
        """Not while something is being written: the row it answers stays under it."""
        if self.panel.form is None:
            super().load(hold=hold)

    # -- actions -----------------------------------------------------------------------------------------

    def action_open(self) -> None:
        """Read the message and answer it; with the answer open, send it."""
        note, auditing, user, now = self.chosen(), self.room.auditing, self.room.user, self.room.now()
        if auditing is None or user is None:
            return
        if self.panel.form is not None:
            self._send()
        elif note is not None:
            self.panel.open(AnswerForm(auditing.book, user.user_id, note))
            self.set_focus(self.panel.input("text"))
            self.room.book(lambda: auditing.book.see_coaching(note.thread, user.user_id, now), lambda _: None)
        self.keys_changed()

    def _send(self) -> None:
        form, now = self.panel.form, self.room.now()
        if form is None or self.panel.saving:
            return
        try:
            work = form.work()
        except entry.EntryError as wrong:
            self.tell(str(wrong), "refused")
            return
        self.panel.saving = True

        def sent(said: str) -> None:
            self._close()
            self.tell(said, "good")

        def failed(wrong: BookError) -> None:
            self.panel.saving = False
            self.tell(str(wrong), "refused")

        self.room.book(lambda: work(now), sent, failed, hold=True)

    def _close(self) -> None:
        self.panel.open(None)
        self.set_focus(self.list)
        self.load()

    def action_move(self, by: int) -> None:
        """Move the cursor, but not away from what is being answered."""
        if self.panel.form is None:
            super().action_move(by)

    def action_back(self) -> None:
        """Leave the answer; without one the place."""
        if self.panel.form is not None:
            self._close()
        else:
            super().action_back()
