"""One call under review: verdicts by one key each, forms, playing, and the way to the commit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Literal

from workstation.desk.audit_figures import Judged
from workstation.desk.book import BookError
from workstation.desk.review import Sheet
from workstation.desk.scorecard import Scorecard
from workstation.floor import messages as m
from workstation.ui import entry, figures
from workstation.ui.audit import call_rows
from workstation.ui.audit.call_rows import Mark
from workstation.ui.audit.forms import AddForm, CoachForm, RejectForm, ScoreForm, card_choices
from workstation.ui.audit.ports import Auditing
from workstation.ui.forms.base import Form
from workstation.ui.room import Choice, PickList
from workstation.ui.screens.audit_view import ReviewView

_BEFORE_S, _PLAYS_S = 2.0, 12.0
"""What is played: from so long before the cursor, and so long from it on."""
LEG = "mixed"


class AuditCallScreen(ReviewView):
    """Reviewing a call; what is shown and how one moves in it is ReviewView."""

    # -- judging -----------------------------------------------------------------------------------------

    def action_confirm(self) -> None:
        """Confirm the finding under the cursor and go on to the next that is open."""
        mark = self._judgeable()
        if mark is None or mark.doubt is None:
            return
        target, title = mark.doubt.target, mark.title

        def work(auditing: Auditing, user_id: int, now: datetime) -> str:
            auditing.book.judge_finding(self.call_id, user_id, target, Judged.CONFIRMED, "", now)
            return f"Confirmed: {title}."

        self._act(work, then=self._next_open)

    def action_reject(self) -> None:
        """Ask why the finding is a false alarm."""
        mark = self._judgeable()
        if mark is not None:
            self._open_form(lambda auditing, sheet, user: RejectForm(auditing.book, sheet, mark, user))

    def action_add(self) -> None:
        """Ask what the machine missed."""
        sheet = self.sheet
        if sheet is None:
            return
        words = sheet.utterances[self.chosen].text if sheet.utterances else ""

        def form(auditing: Auditing, sheet: Sheet, user: int) -> Form:
            return AddForm(auditing.book, sheet, _rules(), self.at, words, user)

        self._open_form(form)

    def action_coach(self) -> None:
        """Ask what to tell the collector."""
        self._open_form(
            lambda auditing, sheet, user: CoachForm(
                auditing.book, user, to=sheet.collector, call_id=sheet.call_id, at=self.at
            )
        )

    def action_score(self) -> None:
        """Fill in a scorecard: where several are installed, pick it first; the one that was kept leads."""
        auditing, sheet = self.room.auditing, self.sheet
        if auditing is None or sheet is None:
            return
        self._sure = False

        def fill_in(card: Scorecard) -> None:
            self._open_form(lambda auditing, sheet, user: ScoreForm(auditing.book, sheet, card, user))

        def offer(cards: Mapping[str, Scorecard]) -> None:
            if len(cards) == 1:
                fill_in(*cards.values())
                return
            choices = card_choices(cards.values(), sheet)
            self.room.pick(PickList("SCORECARD", choices, lambda choice: fill_in(cards[choice.id])))

        self.room.book(auditing.scorecards, offer, hold=True)

    def action_pass_on(self) -> None:
        """Pass the call to the next level."""

        def work(auditing: Auditing, user_id: int, now: datetime) -> str:
            level = auditing.book.pass_review(self.call_id, user_id, now)
            return f"Passed to level {level}: another person goes on."

        self._act(work)

    def action_enter(self) -> None:
        """Save the form; without one commit the review, at the second press."""
        if self.panel.form is not None:
            self._save()
            return
        if not self._sure:
            self._sure = True
            self.tell("Enter again commits the review: nothing is added to it after that.", "notice")
            return

        def work(auditing: Auditing, user_id: int, now: datetime) -> str:
            auditing.commit_review(self.call_id, user_id, now)
            return "Committed: words, findings and recordings are bound to this review."

        self._act(work)

    def action_pack(self) -> None:
        """Write the evidence pack."""

        def work(auditing: Auditing, user_id: int, now: datetime) -> str:
            written = auditing.pack(self.call_id, user_id, now)
            self._to_browser(written, "application/zip", "download")
            return f"Evidence: {written.name} in {written.parent}"

        self._act(work)

    def action_play(self) -> None:
        """Play from two seconds before the cursor, on one's own phone; again: stop.

        Where the phone cannot be rung the browser plays it, or a program of this machine; else the message
        says where it lies.
        """
        self._sure = False
        if self.sheet is None:
            return
        if self.playing:
            self.room.ask(m.StopPlaying(), lambda _: self.tell("Stopped."))
            return
        start = self._start = max(0.0, self.at - _BEFORE_S)

        def here(refused: m.Reply) -> None:
            def work(auditing: Auditing, user_id: int, now: datetime) -> str:
                why = refused.error or "your phone cannot be rung"
                if not self.app.is_web:
                    return f"{why}; {auditing.play_here(call, LEG, start)}"
                clip = auditing.clip(call, LEG, start, start + _BEFORE_S + _PLAYS_S)
                self._to_browser(clip, "audio/wav", "browser")
                return f"{why}; it plays in another tab"

            self._act(work, kind="info")

        call = self.call_id
        self.room.ask(
            m.PlayOnPhone(call_id=call, leg=LEG, start_s=start, seconds=_BEFORE_S + _PLAYS_S),
            lambda _: self.tell(f"Your phone rings: from {figures.length(start)} on."),
            refused=here,
        )

    def _to_browser(self, file: Path, kind: str, how: Literal["browser", "download"]) -> None:
        """Hand a file to the browser this screen is in, if it is in one."""
        if self.app.is_web:
            self.app.call_from_thread(self.app.deliver_binary, file, open_method=how, mime_type=kind)

    def take(self, event: m.PhoneChanged) -> None:
        """What one's own phone does with what is played."""
        self.playing = event.state in ("ringing", "up")
        self._played = (self.room.now(), self._start) if event.state == "up" else None
        if event.state == "failed":
            self.tell(event.detail or "your phone did not play it", "refused")
        elif event.state == "over":
            self.tell("")
        self.keys_changed()

    def action_wave(self) -> None:
        """Show or hide the waveform."""
        self.waves = not self.waves
        self.repaint()

    def _judgeable(self) -> Mark | None:
        mark = self.chosen_mark()
        if mark is None:
            self.tell("There is no finding to judge.")
        elif mark.doubt is None:
            self.tell("A reviewer added this: there is nothing to confirm or reject.")
        else:
            return mark
        return None

    def _next_open(self) -> None:
        order = [*range(self.mark + 1, len(self.marks)), *range(self.mark)]
        following = next(
            (n for n in order if self.marks[n].verdict is None and (d := self.marks[n].doubt) and d.bad), None
        )
        if following is not None:
            self._jump_to(following)

    def _act(
        self,
        work: Callable[[Auditing, int, datetime], str],
        *,
        then: Callable[[], None] | None = None,
        kind: str = "good",
    ) -> None:
        """Do something in a thread, say what came of it, and read the call again."""
        auditing, user, now = self.room.auditing, self.room.user, self.room.now()
        if auditing is None or user is None or self.sheet is None:
            return
        self._sure = False

        def did(said: str) -> None:
            self.tell(said, kind)
            self._again(then)

        self.room.book(lambda: work(auditing, user.user_id, now), did, hold=True)

    def _again(self, then: Callable[[], None] | None = None) -> None:
        auditing, user, call_id, now = self.room.auditing, self.room.user, self.call_id, self.room.now()
        if auditing is None or user is None:
            return

        def shown(sheet: Sheet) -> None:
            if sheet.call_id == self.call_id:
                self.sheet, self.marks = sheet, call_rows.marks_of(sheet)
                if then is not None:
                    then()
                self.repaint()

        self.room.book(lambda: auditing.book.audit_sheet(call_id, user.user_id, now), shown, hold=True)

    # -- forms -------------------------------------------------------------------------------------------

    def _open_form(self, make: Callable[[Auditing, Sheet, int], Form]) -> None:
        auditing, user = self.room.auditing, self.room.user
        if auditing is None or user is None or self.sheet is None:
            return
        self._sure = False
        form = make(auditing, self.sheet, user.user_id)
        self.panel.open(form)
        self.add_class("-form")
        self.set_focus(self.panel.input(form.begin))
        self.tell("")
        self.keys_changed()

    def _save(self) -> None:
        form = self.panel.form
        if form is None or self.panel.saving:
            return
        try:
            work = form.work()
        except entry.EntryError as wrong:
            self.tell(str(wrong), "refused")
            return
        now = self.room.now()
        self.panel.saving = True

        def saved(said: str) -> None:
            self._close_form()
            self.tell(said, "good")
            self._again(self._next_open if isinstance(form, RejectForm) else None)

        def failed(wrong: BookError) -> None:
            self.panel.saving = False
            self.panel.repaint()
            self.tell(str(wrong), "refused")

        self.room.book(lambda: work(now), saved, failed, hold=True)

    def _close_form(self) -> None:
        self.panel.open(None)
        self.remove_class("-form")
        self.set_focus(None)
        self.call_after_refresh(self.repaint)

    def action_pick(self) -> None:
        """Offer values for the field in use."""
        form = self.panel.form
        if form is None:
            return
        slot = self.panel.focused_slot()
        picks = form.slots[slot].picks
        if picks:
            title = form.slots[slot].label.upper()
            self.room.pick(PickList(title, picks, lambda choice: self.panel.put(slot, choice.id)))
        else:
            self.tell("There is nothing to pick here: type it.")

    def action_back(self) -> None:
        """Leave the form; without one leave the call, for others to take."""
        if self.panel.form is not None:
            self._close_form()
            self.tell("")
            return
        auditing, user, call_id = self.room.auditing, self.room.user, self.call_id
        self.room.close_top()
        if auditing is not None and user is not None:
            self.room.book(lambda: auditing.book.release_review(call_id, user.user_id), lambda _: None)


def _rules() -> tuple[Choice, ...]:
    from compliance.checks.rules import load_speech_rules

    return tuple(Choice(r.id, r.title, r.severity.value, words=r.id) for r in load_speech_rules().rules)
