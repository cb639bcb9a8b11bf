"""The cockpit: wrap-up in place, and what Enter, Esc and the digits mean in each state."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

from textual.widgets import Input, TextArea

from workstation.desk.book import BookError
from workstation.desk.disposition import Disposition
from workstation.desk.promise import METHODS
from workstation.desk.views import DraftPromise, NoteDraft, Saved
from workstation.ui import entry, figures
from workstation.ui.callview import CallView
from workstation.ui.kit import BLANK, Row, cut_row, row
from workstation.ui.room import Choice, PickList
from workstation.ui.screens.cockpit_final import CockpitFinal
from workstation.ui.text import wrap as wrapped
from workstation.ui.wrap import Stage, callback_text, promise_row

_KEEP_S = 240
"""Seconds between extensions of the lease (it lasts 15 minutes)."""

_NOT_WHILE_TYPING = frozenset(
    {"step", "scroll_talk", "digit", "search", "keypad", "dial", "ledger_page", "voicemail"}
)
_IN_WRAP_FORM = frozenset({Stage.PROMISE, Stage.CALLBACK, Stage.EDIT, Stage.NOTE})
_HOLD_KEYS = frozenset({"confirm_hold", "dismiss_hold"})
_FORMS = (Stage.PROMISE, Stage.CALLBACK)


class CockpitScreen(CockpitFinal):
    """Where a collector works an account from the first look to the saved note."""

    _save_when_ended = False
    _kept = 0

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Let entry fields have the keys they need."""
        typing = isinstance(self.focused, Input | TextArea)
        if typing and action in _NOT_WHILE_TYPING:
            return False
        if action in _HOLD_KEYS and not any(bar.asks for bar in self.bars):
            return not typing
        return not (action == "go" and self.wrap.stage is Stage.EDIT)

    def tick(self) -> None:
        """Keep the lease while the account is open."""
        super().tick()
        self._kept += 1
        user, account = self.room.user, self.account
        if self._kept >= _KEEP_S and user is not None and account is not None:
            self._kept = 0
            now = self.room.now()
            self.room.book(
                lambda: self.room.desk.keep_account(user.user_id, account.account_id, now), lambda _: None
            )

    # -- wrap-up opens -----------------------------------------------------------------------------------

    def _ended(self, call: CallView) -> None:
        self.wrap.started = self.wrap.started or call.ended_at or self.room.now()
        outcome = f" {call.outcome}" if call.outcome else ""
        if self._save_when_ended:
            self._save_when_ended = False
            self.save()
            return
        if self.wrap.stage is Stage.CLOSED:
            self.wrap.stage = Stage.CHOOSE
            self.tell(f"Call ended:{outcome}{' · ' + call.detail if call.detail else ''}")
            self.show_wrap()
        self.load_draft()

    def resume_wrap(self, call: CallView) -> None:
        """Wrap up a call that ended before this workstation was started."""
        self.call = call
        self.wrap.started = self.room.now()
        self.wrap.stage = Stage.CHOOSE
        self.tell("This call has not been wrapped up.", "notice")
        self.show_wrap()
        self.load_draft()

    def load_draft(self) -> None:
        """Have the note drafted from the call."""
        call = self.call
        if call is None:
            return
        now = self.room.now()
        self.room.book(
            lambda: self.room.desk.draft_note(call.call_id, now), self._drafted, self._not_drafted, hold=True
        )

    def _drafted(self, draft: NoteDraft) -> None:
        self.wrap.draft = draft
        self.panel.rows.repaint()
        self.keys_changed()

    def _not_drafted(self, wrong: BookError) -> None:
        self.wrap.draft = NoteDraft("", None, None, ())
        self.panel.rows.repaint()
        self.tell(f"No draft: {wrong}", "notice")

    def action_wrap(self) -> None:
        """Open wrap-up."""
        if self.form is not None:
            self.tell(f"Save the form first, or leave it: {self.room.registry.key('back')}.")
        elif self.call is None:
            self.tell("There is no call to wrap up.")
        elif self.wrap.stage is Stage.CLOSED:
            self.wrap.stage = Stage.CHOOSE
            self.show_wrap()
            self.load_draft()

    def action_promise(self) -> None:
        """Enter a promise to pay."""
        if self.form is not None:
            self.tell(f"Save the form first, or leave it: {self.room.registry.key('back')}.")
        elif self.call is None or self.account is None:
            self.tell("A promise belongs to a call; none is open.")
        elif self.wrap.stage in (Stage.CLOSED, Stage.CHOOSE, Stage.NOTE):
            self.wrap.open_promise()
            self._show_promise()

    def _show_promise(self) -> None:
        if self.account is not None and self.call is not None:
            self.wrap.prefill(self.call.promise(), self.account.past_due, self.party_name(), self._today())
        self.show_wrap()

    # -- choosing ----------------------------------------------------------------------------------------

    def choose(self, disposition: Disposition) -> None:
        """Take a disposition and go to what it needs."""
        self.wrap.choose(disposition)
        if self.wrap.stage is Stage.PROMISE:
            self._show_promise()
            return
        if self.wrap.stage is Stage.CALLBACK and self.account is not None:
            fact = self.call.callback() if self.call else None
            self.wrap.form.when = callback_text(fact, self.wrap.draft, self.account.zone)
        self.show_wrap()

    def action_digit(self, digit: str) -> None:
        """A disposition in wrap-up, a tone on the keypad, an answer otherwise."""
        if self.keypad is not None:
            self.press_digit(digit)
        elif self.wrap.stage is Stage.CHOOSE:
            if digit == "0":
                self._pick_disposition()
            elif (found := self.wrap.by_key(digit)) is not None:
                self.choose(found)
        elif self.wrap.stage is Stage.CLOSED and digit in "123456789":
            offered = self.say.offered()
            if int(digit) <= len(offered):
                self.answer(offered[int(digit) - 1].id)

    def _pick_disposition(self) -> None:
        people = {d.code: d for d in self.wrap.for_people()}
        choices = [Choice(d.code, d.label, d.key, words=d.code) for d in people.values()]
        self.room.pick(PickList("HOW DID IT END", choices, lambda choice: self.choose(people[choice.id])))

    def action_pick(self) -> None:
        """Pick from the list that belongs to the field or the state."""
        if self.form is not None:
            self.pick_slot()
        elif self.preview is not None:
            self.pick_addressee()
        elif self.wrap.stage is Stage.CHOOSE:
            self._pick_disposition()
        elif self.wrap.stage is Stage.PROMISE:
            choices = [Choice(name, name) for name in METHODS]
            self.room.pick(PickList("HOW WILL IT BE PAID", choices, self._method_picked))
        elif self.wrap.stage is Stage.CLOSED:
            self.pick_answer("THE REASON GIVEN")

    def _method_picked(self, choice: Choice) -> None:
        self.panel.read(self.wrap.form)
        self.wrap.form.method = choice.id
        self.panel.fill(self.wrap.form)
        self.set_focus(self.panel.inputs["who"])
        self._typed()

    def action_accept(self) -> None:
        """Take over what was heard and stands in front: promise, callback, dispute, consent, address."""
        if self.wrap.stage not in (Stage.CHOOSE, Stage.NOTE):
            return
        fact = self.wrap.front()
        if fact is None:
            self.tell("Nothing that was heard is left to accept.")
            return
        keys = {d.key: d for d in self.wrap.for_people()}
        if fact.promise is not None:
            self.wrap.open_promise()
            self._show_promise()
            try:
                typed = self._promise()
            except entry.EntryError as wrong:
                # The form stays open with what was heard, so that the collector can mend it.
                self.wrap.error = str(wrong)
                self.tell(str(wrong), "refused")
                return
            kept = replace(typed, second=fact.second, confidence=fact.confidence)
            self.wrap.accept_promise(kept, by_itself=keys.get("1"))
        elif fact.callback_at is not None:
            self.wrap.callback_at = fact.callback_at
            if self.wrap.disposition is None:
                self.wrap.choose(keys["5"])
        elif fact.kind == "dispute" and self.wrap.disposition is None:
            self.wrap.choose(keys["4"])
        self.wrap.accepted.append(fact)
        self.tell(f"Accepted: {fact.text}.")
        self.show_wrap()
        if fact.kind == "dispute":
            self.dispute_heard(fact)

    # -- Enter, Tab, Esc ---------------------------------------------------------------------------------

    def action_go(self) -> None:
        """Enter: save the form, queue the letter, say the line, save the note, or take the next account."""
        stage = self.wrap.stage
        if self.form is not None:
            self.accept_form()
        elif self.preview is not None:
            self.queue_letter()
        elif stage is Stage.CLOSED:
            self.say_line()
        elif stage is Stage.CHOOSE:
            if (best := self.wrap.suggested()) is not None:
                self.choose(best)
            else:
                self.tell("Choose how the call ended: 1 to 9, or 0 for more.")
        elif stage in _FORMS:
            self._accept_form()
        elif stage is Stage.NOTE:
            self.save()
        elif stage is Stage.SAVED:
            self.room.take_account(None)

    def _accept_form(self) -> None:
        self.panel.read(self.wrap.form)
        try:
            if self.wrap.stage is Stage.PROMISE:
                choices = {d.key: d for d in self.wrap.for_people()}
                self.wrap.accept_promise(self._promise(), by_itself=choices.get("1"))
            else:
                self.wrap.accept_callback(self._when())
        except entry.EntryError as wrong:
            self.wrap.error = str(wrong)
            self.panel.rows.repaint()
            self.tell(str(wrong), "refused")
            return
        self._tick_promise()
        self.tell("Promise kept for the note." if self.wrap.stage is Stage.CLOSED else "")
        self.show_wrap()

    def _tick_promise(self) -> None:
        """A promise entered in the form settles the one that was heard."""
        front = next((f for f in (self.wrap.draft.facts if self.wrap.draft else ()) if f.promise), None)
        if self.wrap.promise is not None and front is not None and front not in self.wrap.accepted:
            self.wrap.accepted.append(front)

    def _promise(self) -> DraftPromise:
        account = self.account
        if account is None:
            raise entry.EntryError("promise: no account is open")
        fact = self.call.promise() if self.call else None
        return self.wrap.read_promise(account.past_due, account.balance, self._today(), fact)

    def _when(self) -> datetime:
        zone = self.account.zone if self.account else ""
        return entry.when(self.wrap.form.when, self.room.now(), zone)

    def _today(self) -> date:
        zone = self.account.zone if self.account else ""
        return figures.local(self.room.now(), zone).date()

    async def action_edit(self) -> None:
        """Tab: the next field, or the note for editing, or out of it again."""
        if self.form is not None:
            self.set_focus(self.form_panel.beside(1))
            self.keys_changed()
        elif self.preview is not None:
            self.enter_address()
        elif self.wrap.stage in _FORMS:
            self.set_focus(self.panel.beside(self.wrap.stage, 1))
        elif self.wrap.stage is Stage.NOTE:
            editor = await self.panel.edit(self.wrap.text())
            self.wrap.stage = Stage.EDIT
            self.show_wrap()
            self.set_focus(editor)
        elif self.wrap.stage is Stage.EDIT:
            self._keep_edit()

    def _keep_edit(self) -> None:
        self.wrap.note = self.panel.edited.strip()
        self.wrap.stage = Stage.NOTE
        self.show_wrap()

    def action_field_back(self) -> None:
        """Shift+Tab: the field before."""
        if self.form is not None:
            self.set_focus(self.form_panel.beside(-1))
            self.keys_changed()
        elif self.wrap.stage in _FORMS:
            self.set_focus(self.panel.beside(self.wrap.stage, -1))

    def action_save(self) -> None:
        """Save from the form, the editor or the summary."""
        if self.form is not None:
            self.accept_form()
            return
        if self.wrap.stage is Stage.EDIT:
            self._keep_edit()
        if self.wrap.stage is Stage.NOTE:
            self.save()

    def action_back(self) -> None:
        """Esc: one step back, out of what is open."""
        key = self.room.registry.key
        if self.form is not None:
            self.close_form()
            self.tell("")
        elif self.preview is not None:
            self.show_preview(None)
            self.tell("")
        elif self.keypad is not None:
            self.action_keypad()
        elif self.ledger_open and self.wrap.stage not in _IN_WRAP_FORM:
            self.close_ledger()
        elif self.wrap.stage is Stage.SAVED:
            self._leave()
        elif self.wrap.open and self.wrap.back():
            self.tell("")
            self.show_wrap()
        elif self.wrap.stage is Stage.CHOOSE and self.call is not None and self.call.up:
            self.wrap.stage = Stage.CLOSED
            self.show_wrap()
        elif self.drop_warning():
            return
        elif self.say.leave_answer():
            self.repaint("say")
        elif self.call is not None and self.call.up:
            self.tell(f"A call is up: {key('call.hang_up')} hangs up.", "notice")
        elif self.unsaved():
            self.tell(f"The call is not wrapped up: choose 1 to 9, or {key('say.pick')} for all.", "notice")
        else:
            self._leave()

    def _leave(self) -> None:
        user, account = self.room.user, self.account
        if user is not None and account is not None:
            self.room.book(
                lambda: self.room.desk.release_account(user.user_id, account.account_id), lambda _: None
            )
        self.room.leave_cockpit()

    # -- saving ------------------------------------------------------------------------------------------

    def save(self) -> None:
        """Save note, disposition and what goes with it; a call that is still up is ended first."""
        call, user, disposition = self.call, self.room.user, self.wrap.disposition
        if call is None or user is None or disposition is None:
            return
        if disposition.requires_note and not self.wrap.text().strip():
            self.tell(
                f"{disposition.label} needs a note: {self.room.registry.key('wrap.edit')} edits.", "refused"
            )
            return
        if call.up:
            self._save_when_ended = True
            self.action_hang_up()
            return
        record = self.wrap.record(call.call_id, user.user_id, self.room.now())
        now = self.room.now()
        self.wrap.stage = Stage.SAVING
        self.show_wrap()
        self.room.book(lambda: self.room.desk.wrap_up(record, now), self._saved, self._not_saved, hold=True)

    def _saved(self, saved: Saved) -> None:
        self.wrap.stage, self.wrap.summary = Stage.SAVED, saved.summary
        self.wrap.reminder = saved.reminder
        zone = self.account.zone if self.account else ""
        again = (
            f" · {figures.next_time(saved.next_eligible, zone, self.room.now())}"
            if saved.next_eligible
            else ""
        )
        self.show_wrap()
        self.tell(f"{saved.summary}{again}", "good")
        self.reload()

    def _not_saved(self, wrong: BookError) -> None:
        self.wrap.stage = Stage.NOTE
        self.show_wrap()
        self.tell(f"Not saved: {wrong}", "refused")

    # -- painting ----------------------------------------------------------------------------------------

    def _typed(self) -> None:
        self.panel.read(self.wrap.form)
        self.wrap.error = ""
        self.panel.rows.repaint()

    def _paint_wrap(self, width: int, height: int) -> list[Row]:
        stage, wrap = self.wrap.stage, self.wrap
        zone = self.account.zone if self.account else ""
        if stage is Stage.CHOOSE:
            facts = wrap.fact_rows(width, self.room.registry.key("wrap.accept"))
            choices = [*wrap.choice_rows(width), *facts]
            return [*choices, BLANK, *wrap.note_rows(width, max(1, height - len(facts) - 3))]
        if stage in _FORMS:
            return [BLANK, self._meaning(width)]
        if stage in (Stage.NOTE, Stage.SAVING):
            hint = "saving …" if stage is Stage.SAVING else ""
            head = wrap.summary_row(width, self.room.now(), zone)
            facts = wrap.fact_rows(width, self.room.registry.key("wrap.accept"))
            room = max(1, height - len(facts) - 3)
            return [head, *facts, BLANK, *wrap.note_rows(width, room), row((hint, "faint"))]
        if stage is Stage.SAVED:
            key = self.room.registry.key("say.go")
            return [
                cut_row(row(("✓ ", "accent"), (wrap.summary, "strong")), width),
                *(row("  ", (line, "dim")) for line in wrapped(wrap.reminder, max(8, width - 2))),
                BLANK,
                row((key, "key"), (" takes the next account", "dim")),
            ]
        return []

    def _meaning(self, width: int) -> Row:
        """What the fields say so far, in words."""
        try:
            if self.wrap.stage is Stage.CALLBACK:
                at = self._when()
                zone = self.account.zone if self.account else ""
                there = figures.local(at, zone)
                return row(
                    ("call back ", "dim"),
                    (f"{figures.weekday(there)} {figures.clock_face(at, zone, place=True)}", "strong"),
                )
            promise = self._promise()
        except entry.EntryError as wrong:
            return cut_row(row((f"… {wrong}", "dim")), width)
        return promise_row(promise, self._today(), width)
