"""The cockpit's call: from dialing to hanging up, and its script; and the switchboard's events."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from time import monotonic

from scripts.errors import ScriptError
from workstation.desk.views import AccountView, PhoneView
from workstation.floor import messages as m
from workstation.ui import figures, panes
from workstation.ui.callview import CallView
from workstation.ui.room import Choice, PickList
from workstation.ui.screens.cockpit_holds import CockpitHolds
from workstation.ui.screens.cockpit_view import Bar

OFFER_GUARD_S = 0.4
"""Enter this soon after the line in front changed by itself is taken as meant for the line before."""


class CockpitCall(CockpitHolds):
    """What the keys of the call do, and what its events change."""

    _placing = False
    _end_when_placed = False
    _offer_changed = 0.0

    # -- the switchboard's events ------------------------------------------------------------------------

    def take(self, event: m.CallEvent | m.CallSnapshot) -> None:
        """Take in an event of the call on screen."""
        call = self.call
        if call is None or not call.apply(event):
            return
        if isinstance(event, m.CallSnapshot):
            self._entered(call)
        elif isinstance(event, m.CallChanged):
            self._call_changed(call)
        elif isinstance(event, m.Heard):
            self.repaint("conversation")
        elif isinstance(event, m.FindingRaised):
            self._finding(event)
        elif isinstance(event, m.LampsChanged):
            self.repaint("heard", "lamps")
        elif isinstance(event, m.ExcuseHeard):
            self._excuse_heard(call)
        elif isinstance(event, m.FactCaught):
            self.repaint("caught", "brief")
            self.keys_changed()
        elif isinstance(event, m.Redrawn):
            self._redrawn(call)

    def enter_call(self, call: CallView) -> None:
        """Show a call that is up already (after signing in again, or a take-over)."""
        self.call = call
        self.talk.clear()
        self._entered(call)

    def gone(self, call_id: str, why: str) -> None:
        """The switchboard knows the call no more: it ended while nobody here could hear of it."""
        call = self.call
        if call is not None and call.call_id == call_id and call.up:
            call.state, call.ended_at, call.detail = "ended", self.room.now(), why
            self._call_changed(call)

    def _entered(self, call: CallView) -> None:
        self.bars = [Bar(f, monotonic()) for f in call.findings if f.hold]
        self._excuse_heard(call)
        if self.bars:
            self.reload()
        self._call_changed(call)
        self.repaint_all()

    def _call_changed(self, call: CallView) -> None:
        if call.state == "talking" and self.message.startswith("Calling "):
            self.tell("")
        if not call.up:
            self.keypad = None
            self._ended(call)
        self.status_line.repaint()
        self.repaint("conversation", "heard", "lamps")
        self.keys_changed()

    @abstractmethod
    def _ended(self, call: CallView) -> None:
        """The call is over: wrap-up begins."""

    def _finding(self, found: m.FindingRaised) -> None:
        self.repaint("conversation", "heard", "lamps")
        if found.hold:
            self.bars.append(Bar(found, monotonic()))
            self.reload()
        elif found.kind == "forbidden" and found.verdict == "heard":
            self.bars.append(Bar(found, monotonic()))
        elif found.kind == "incident":
            self._incident(found)
        self._bar.repaint()

    def _incident(self, found: m.FindingRaised) -> None:
        """Card data was heard: say so at once, and which key keeps the rest of it out."""
        key = self.room.registry.key("call.card")
        self.tell(f"{found.advice.capitalize()}; press {key} before the customer reads on.", "refused")

    def _redrawn(self, call: CallView) -> None:
        """Something shown was masked: draw again whatever may quote it."""
        fresh = {(f.rule_id, f.start): f for f in call.findings}
        for bar in self.bars:
            bar.finding = fresh.get((bar.finding.rule_id, bar.finding.start), bar.finding)
        self.repaint("conversation", "heard", "caught", "brief", "say")
        self._bar.repaint()

    def _excuse_heard(self, call: CallView) -> None:
        best = call.best_excuse()
        if best is not None and self.say.heard(best.excuse_id, best.score):
            self._offer_changed = monotonic()
        self.repaint("say", "caught")

    # -- dialing -----------------------------------------------------------------------------------------

    def action_dial(self) -> None:
        """Call; a refusal says why, by which rule, and until when."""
        account = self.account
        if account is None:
            return
        if self._placing or (self.call is not None and self.call.up):
            self.tell("A call is up already.")
        elif self.unsaved():
            self.tell(f"Wrap up the last call first: {self.room.registry.key('wrap.open')}.", "notice")
        elif self.room.client_state != "up":
            self.tell("LINE DOWN: no call can be placed until the switchboard is back.", "refused")
        elif not account.phones:
            self.tell("CALL NOT PERMITTED: no number on file.", "refused")
        else:
            now = self.room.now()
            open_now = [
                p for p in account.phones if p.callable or (p.retry_at is not None and p.retry_at <= now)
            ]
            if not open_now:
                self.tell(panes.refusal(self.phone or account.phones[0], account.zone, now), "refused")
            elif len(open_now) == 1:
                self.dial(open_now[0])
            else:
                self._ask_number(account, now)

    def _ask_number(self, account: AccountView, now: datetime) -> None:
        by_id = {str(p.phone_id): p for p in account.phones}
        choices = []
        for phone in sorted(account.phones, key=lambda p: (not p.callable, p is not self.phone)):
            label, gate = panes.compact_phone(phone, account.zone, now)
            choices.append(Choice(str(phone.phone_id), label, gate))

        def chosen(choice: Choice) -> None:
            phone = by_id[choice.id]
            if phone.callable:
                self.dial(phone)
            else:
                self.tell(panes.refusal(phone, account.zone, now), "refused")

        self.room.pick(PickList("CALL WHICH NUMBER", choices, chosen))

    def dial(self, phone: PhoneView) -> None:
        """Ask the switchboard to call a number."""
        account = self.account
        if account is None:
            return
        self.phone = phone
        self.wrap.reset()
        self.show_wrap()
        self._placing = True
        self.tell(f"Asking leave to call {figures.phone(phone.number)} …")
        if self.location != self.say.location:
            self.say.load(account.profile, account.stage, location=self.location)
        self.repaint_all()
        command = m.PlaceCall(account_id=account.account_id, party_id=phone.party_id, phone_id=phone.phone_id)
        self.room.ask(
            command,
            lambda answer: self._placed(answer, account, phone),
            lambda answer: self._placed(answer, account, phone),
        )

    def _placed(self, answer: m.Reply | m.SignedIn, account: AccountView, phone: PhoneView) -> None:
        self._placing = False
        if (
            not isinstance(answer, m.Reply)
            or self.account is None
            or self.account.account_id != account.account_id
        ):
            return
        if not answer.ok:
            self._end_when_placed = False
            self.tell(self._why_refused(answer, account), "refused")
            self.reload()
            return
        user = self.room.user
        self.call = CallView(
            answer.call_id,
            account.account_id,
            phone.party_id,
            phone.number,
            practice=not (user and user.extension),
        )
        self.talk.clear()
        self.say.restart()
        self.bars.clear()
        self.tell(f"Calling {self.party_name()} on {figures.phone(phone.number)}.")
        self.room.watch_call(answer.call_id)
        if phone.party_id != account.phones[0].party_id:
            self.refresh_script()  # the script speaks to whoever is called
        self._call_changed(self.call)
        self.repaint_all()
        if self._end_when_placed:
            self.action_hang_up()

    def _why_refused(self, answer: m.Reply, account: AccountView) -> str:
        if not answer.refused:
            return answer.error or "The switchboard did not place the call."
        first = answer.refused[0]
        more = f" (and {len(answer.refused) - 1} more)" if len(answer.refused) > 1 else ""
        retry = datetime.fromtimestamp(answer.retry_at, UTC) if answer.retry_at is not None else None
        when = figures.next_time(retry, account.zone, self.room.now())
        return f"CALL NOT PERMITTED: {first.message} · {first.citation}{more} · {when}"

    # -- during the call ---------------------------------------------------------------------------------

    def _up(self) -> CallView | None:
        if self.call is not None and self.call.up:
            return self.call
        self.tell(f"No call is up: {self.room.registry.key('call.dial')} calls.")
        return None

    def _talking(self) -> CallView | None:
        call = self._up()
        if call is not None and not call.talking:
            self.tell("Nobody has answered yet.")
            return None
        return call

    def action_hang_up(self) -> None:
        """End the call."""
        if self._placing:
            self._end_when_placed = True
            self.tell("Hanging up as soon as the switchboard answers.")
            return
        self._end_when_placed = False
        if (call := self._up()) is not None:
            self.room.ask(m.HangUp(call_id=call.call_id))
            self.tell("Hanging up …")

    def action_hold(self) -> None:
        """Hold, or take back."""
        if (call := self._talking()) is not None:
            self.room.ask(m.Hold(call_id=call.call_id, on=call.state != "held"))

    def action_mute(self) -> None:
        """Mute the microphone, or unmute it."""
        if (call := self._talking()) is not None:
            self.room.ask(m.Mute(call_id=call.call_id, on=not call.muted))

    def action_card(self) -> None:
        """Stop recording and listening for card data, or take both up again."""
        if (call := self._talking()) is not None:
            pausing = call.recording != "paused"
            self.room.ask(
                m.PauseForCard(call_id=call.call_id, on=pausing), lambda _: self._card_said(pausing)
            )

    def _card_said(self, pausing: bool) -> None:
        key = self.room.registry.key("call.card")
        if pausing:
            self.tell(f"Recording and listening are paused; {key} takes them up again.", "notice")
        else:
            self.tell("Recording and listening again.")

    def action_keypad(self) -> None:
        """Open the keypad, or close it."""
        if self.keypad is not None:
            self.keypad = None
            self.keys_changed()
        elif self._talking() is not None:
            self.keypad = ""
            self.tell("Keypad: every digit is sent as it is typed.")
            self.keys_changed()

    def press_digit(self, digit: str) -> None:
        """Send one digit; while card data is given it is not shown."""
        call = self.call
        if call is None or self.keypad is None:
            return
        self.room.ask(m.SendDigits(call_id=call.call_id, digits=digit))
        self.keypad = (self.keypad + ("•" if call.recording == "paused" else digit))[-16:]
        self.keys_changed()

    def action_voicemail(self) -> None:
        """Leave the voicemail: what it says is shown to be read out, and spoken on the practice line."""
        call, account, user = self._talking(), self.account, self.room.user
        if call is None or account is None or user is None:
            return
        account_id, party, now = account.account_id, self._party_id(account), self.room.now()
        if self.location:
            self.tell("In a location call no message is left (12 CFR 1006.10): hang up instead.", "refused")
            return

        def leave(facts: Mapping[str, str]) -> None:
            if self.call is not call or not call.talking:
                return
            try:
                text = self.room.scripts.voicemail(account.profile, facts)
            except ScriptError as wrong:
                self.tell(f"No voicemail: {wrong}", "refused")
                return
            self.say.read_out(text)
            self.repaint("say")
            self.room.ask(m.PlayVoicemail(call_id=call.call_id))
            hang_up = self.room.registry.key("call.hang_up")
            how = "it is being spoken" if call.practice else "read it word for word, nothing more"
            self.tell(f"Voicemail: {how}; then {hang_up} hangs up.")

        self.room.book(lambda: self.room.desk.script_facts(account_id, party, user.user_id, now), leave)

    # -- script ------------------------------------------------------------------------------------------

    def say_line(self) -> None:
        """Say the line in front: spoken on the practice line, ticked off on a real phone."""
        call = self._talking()
        line = self.say.line()
        if call is None or line is None:
            return
        if monotonic() - self._offer_changed < OFFER_GUARD_S:
            self.tell("The line just changed: press Enter again to say it.", "notice")
            self._offer_changed = 0.0
            return
        if call.practice and line.kind != "voicemail":
            self.room.ask(m.Say(call_id=call.call_id, text=line.text))
        self.say.done()
        self.tell("")
        self.repaint("say")

    def action_step(self, by: int) -> None:
        """Go along the script."""
        self.say.move(by)
        self.repaint("say")

    def action_scroll_talk(self, way: int) -> None:
        """Show earlier or later talk; 0 follows the newest."""
        page = max(1, self._panes["conversation"].size.height - 2)
        self.talk.back = 0 if way == 0 else max(0, self.talk.back + way * page)
        self.repaint("conversation")

    def action_search(self) -> None:
        """Search all answers by what the other side said."""

        def ask(text: str, bring: Callable[[Sequence[Choice]], None]) -> None:
            bring([Choice(a.id, a.title) for a in self.say.search(text)])

        self.room.pick(
            PickList(
                "SEARCH ALL ANSWERS   in the other side's words",
                [Choice(a.id, a.title) for a in self.say.answers],
                lambda choice: self.answer(choice.id),
                ask,
                empty="no such answer",
            )
        )

    def pick_answer(self, title: str) -> None:
        """Choose what the other side gave as the reason."""
        heard = {e.excuse_id: e.score for e in self.call.excuses} if self.call else {}
        ordered = sorted(self.say.answers, key=lambda a: -heard.get(a.id, 0.0))
        choices = [
            Choice(
                a.id, a.title, f"{heard[a.id]:.0%} {figures.likelihood(heard[a.id])}" if a.id in heard else ""
            )
            for a in ordered
        ]
        self.room.pick(
            PickList(title, choices, lambda choice: self.answer(choice.id), empty="no such answer")
        )

    def answer(self, excuse_id: str) -> None:
        """Put an answer in front."""
        self.say.choose(excuse_id)
        self.repaint("say")
