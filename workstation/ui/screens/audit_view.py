"""What a call under review shows: both sides' words, findings beside them, waveform; and moving in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import Container

from compliance.transcription.words import Leg
from workstation.desk.book import BookError
from workstation.desk.review import Sheet, State
from workstation.ui.audit import call_rows
from workstation.ui.audit.call_rows import Mark
from workstation.ui.audit.ports import Auditing
from workstation.ui.form_panel import FormPanel
from workstation.ui.kit import Canvas, Row, row
from workstation.ui.room import Room
from workstation.ui.screens.base import KeyHint, WorkScreen
from workstation.ui.status import Status

_COLUMNS = 480
"""Stretches the waveform is measured in; the strip takes the loudest of those under a cell."""


class ReviewView(WorkScreen):
    """The showing half of the review: made once, `show` sets another call."""

    NAME: ClassVar[str] = "audit-call"

    def __init__(self, room: Room) -> None:
        super().__init__(room)
        self.call_id = ""
        self.sheet: Sheet | None = None
        self.marks: tuple[Mark, ...] = ()
        self.mark = 0
        self.chosen = 0
        """Index of the utterance the cursor is on."""
        self.at = 0.0
        """Second the cursor is at."""
        self.peaks: Mapping[Leg, Sequence[float]] = {}
        self.length = 0.0
        self.waves = True
        self._sure = False
        """Enter was pressed once: the next commits."""
        self._second: float | None = None
        self.playing = False
        """Whether one's own phone rings or plays."""
        self._played: tuple[datetime, float] | None = None
        """Since when it plays, and from which second: the cursor follows what is heard."""
        self._start = 0.0
        self.head = Canvas(lambda w, h: call_rows.head_rows(self.sheet, w), name="review-head")
        self.wave = Canvas(self._paint_wave, name="review-wave")
        self.talk = Canvas(
            lambda w, h: call_rows.talk_rows(self.sheet, self.chosen, w, h), name="review-talk"
        )
        self.findings = Canvas(
            lambda w, h: call_rows.finding_rows(self.sheet, self.marks, self.mark, w, h),
            name="review-findings",
        )
        self.panel = FormPanel()

    def compose(self) -> ComposeResult:
        """Lay out the screen."""
        yield self.status_line
        yield Canvas(lambda w, h: [row(("─" * w, "faint"))], classes="rule")
        yield self.head
        yield self.wave
        with Container(id="review-body"):
            yield self.talk
            yield self.findings
        yield self.panel
        yield Canvas(lambda w, h: [row(("─" * w, "faint"))], classes="rule")
        yield self.message_line
        yield self.keys_line

    def status(self) -> Status:
        """The line without a call."""
        room = self.room
        return Status("AUDIT", room.user, room.now(), room.client_state, room.line)

    # -- showing a call ----------------------------------------------------------------------------------

    def show(self, call_id: str, second: float | None = None) -> None:
        """Show another call, from `second` on; it is read when the screen is."""
        self.call_id, self.sheet, self.marks, self._second = call_id, None, (), second
        self.mark = self.chosen = 0
        self.at, self.length, self.peaks, self._played = 0.0, 0.0, {}, None
        self._sure = False
        self.panel.open(None)
        self.tell("")

    def on_screen_resume(self) -> None:
        """Read the call whenever it is shown; keys typed meanwhile wait for it."""
        if self.panel.form is None:
            self.set_focus(None)
            if self.sheet is None:
                self.load()
        self.repaint()

    def load(self) -> None:
        """Take the call for review where that is possible, and read it."""
        auditing, user, call_id, now = self.room.auditing, self.room.user, self.call_id, self.room.now()
        if auditing is None or user is None or not call_id:
            return

        def read() -> tuple[Sheet, str, float]:
            refused = ""
            try:
                auditing.book.take_review(call_id, user.user_id, now)
            except BookError as wrong:
                refused = str(wrong)
            return auditing.book.audit_sheet(call_id, user.user_id, now), refused, auditing.length(call_id)

        def shown(found: tuple[Sheet, str, float]) -> None:
            sheet, refused, length = found
            if sheet.call_id != self.call_id:
                return
            first = self.sheet is None
            self.sheet, self.marks = sheet, call_rows.marks_of(sheet)
            self.mark = min(self.mark, max(0, len(self.marks) - 1))
            last = sheet.utterances[-1].end if sheet.utterances else sheet.seconds
            self.length = length or max(last, sheet.seconds)
            if first:
                if refused:
                    self.tell(f"Read only: {refused}.", "notice")
                if self._second is not None:
                    self._go(self._second)
                elif self.marks:
                    self._jump_to(0)
                self._measure(auditing, call_id)
            self.repaint()

        self.room.book(read, shown, hold=True)

    def _measure(self, auditing: Auditing, call_id: str) -> None:
        def drawn(peaks: Mapping[Leg, Sequence[float]]) -> None:
            if call_id == self.call_id:
                self.peaks = peaks
                self.repaint()

        self.room.book(lambda: auditing.waveform(call_id, _COLUMNS), drawn)

    def repaint(self) -> None:
        """Draw everything that may have changed."""
        self.wave.display = self.waves
        for canvas in (self.head, self.wave, self.talk, self.findings):
            canvas.repaint()
        self.keys_changed()

    def _paint_wave(self, width: int, height: int) -> list[Row]:
        return call_rows.wave_rows(self.sheet, self.peaks, self.marks, self.length, self.at, width, height)

    def tick(self) -> None:
        """The cursor follows what one's phone plays."""
        super().tick()
        if self._played is not None and self.sheet is not None:
            began, start = self._played
            self._go(min(start + (self.room.now() - began).total_seconds(), self.length))
            self.wave.repaint()
            self.talk.repaint()

    def hints(self) -> Iterable[KeyHint]:
        """The keys that matter now."""
        if self.panel.form is not None:
            return [
                KeyHint("review.commit", "save"),
                KeyHint("review.pick"),
                KeyHint("back", "leave"),
                KeyHint("help"),
            ]
        mark = self.chosen_mark()
        judged = mark is None or mark.doubt is None
        done = self.sheet is not None and self.sheet.standing.state is State.COMMITTED
        return [
            KeyHint("review.next", off=not self.marks),
            KeyHint("review.confirm", off=judged or done),
            KeyHint("review.reject", off=judged or done),
            KeyHint("review.add", off=done),
            KeyHint("review.play", "stop" if self.playing else ""),
            KeyHint("review.score", off=done),
            KeyHint("review.coach"),
            KeyHint("review.pass", off=done),
            KeyHint("review.commit", off=done),
            KeyHint("review.wave"),
            KeyHint("review.pack"),
            KeyHint("help"),
        ]

    def chosen_mark(self) -> Mark | None:
        """The finding under the cursor."""
        return self.marks[self.mark] if self.marks else None

    # -- moving ------------------------------------------------------------------------------------------

    def _go(self, second: float) -> None:
        if self.sheet is not None:
            self.at = second
            self.chosen = call_rows.utterance_at(self.sheet, second)

    def _jump_to(self, index: int) -> None:
        self.mark = index
        second = self.marks[index].second
        if second is not None:
            self._go(second)

    def action_jump(self, by: int) -> None:
        """Go to another finding; after the last comes the first."""
        self._sure = False
        if not self.marks:
            self.tell("There is no finding on this call.")
            return
        self._jump_to((self.mark + by) % len(self.marks))
        self.tell("")
        self.repaint()

    def action_move(self, by: int) -> None:
        """Go to other words."""
        self._sure = False
        if self.sheet is None or not self.sheet.utterances:
            return
        self.chosen = max(0, min(self.chosen + by, len(self.sheet.utterances) - 1))
        self.at = self.sheet.utterances[self.chosen].start
        self.repaint()

    def action_page(self, by: int) -> None:
        """Go some words on."""
        self.action_move(by * 8)

    def action_ends(self, way: int) -> None:
        """Go to the beginning or the end, of the call or of the field in use."""
        if self.panel.form is not None:
            field = self.panel.inputs[self.panel.focused_slot()]
            field.cursor_position = 0 if way < 0 else len(field.value)
            return
        if self.sheet is not None:
            self.action_move(way * len(self.sheet.utterances))

    def action_field(self, by: int) -> None:
        """Go to another field of the form."""
        if self.panel.form is not None:
            self.set_focus(self.panel.beside(by))
