"""One account worked from queue to saved note without a terminal, and everything that happened printed.

The collector here is a script: it takes its turn as a person would (it listens for the debtor's pause) and
says what the workstation's scripts offer for this account. Everything else is the product as on a floor.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

from rapidfuzz.distance import Levenshtein

from dialer.practice.client import LegGone, PracticeLine, Spoken, TurnOutcome
from dialer.practice.process import PracticeProcess
from scripts.catalog import Catalog
from workstation import bootstrap
from workstation.clock import Clock
from workstation.config import Settings
from workstation.desk.money import Money
from workstation.desk.views import AccountView, PhoneView, WrapUp
from workstation.floor import messages as m
from workstation.floor.client import Client
from workstation.plant import Plant

AGENT_WER_LIMIT = 0.12
"""The most the agent's own words may be misheard on the wideband leg."""
_TURN_S = 25.0
_CALL_S = 150.0

Write = Callable[[str], object]


def words_of(text: str) -> list[str]:
    """Lower-case words, hyphens and punctuation gone; e-mail is one word, as recognisers write it."""
    return re.sub(r"[^a-z0-9' ]+", " ", text.lower()).replace("e mail", "email").split()


def word_error_rate(said: Sequence[str], heard: Sequence[str]) -> float:
    """Edits (insert, delete, replace) over the number of words said."""
    return Levenshtein.distance(said, heard) / max(1, len(said))


@dataclass(slots=True)
class _Call:
    """What has been seen of the call so far."""

    states: list[m.CallChanged] = field(default_factory=list)
    heard: list[m.Heard] = field(default_factory=list)
    findings: list[m.FindingRaised] = field(default_factory=list)
    lamps: tuple[m.LampOut, ...] = ()
    excuses: list[m.ExcuseHeard] = field(default_factory=list)
    caught: list[m.FactCaught] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def state(self) -> str:
        return self.states[-1].state if self.states else "reserved"

    def take(self, event: m.Event) -> None:
        match event:
            case m.CallSnapshot():
                self.states.append(event.state)
                self.lamps = event.lamps
            case m.CallChanged():
                self.states.append(event)
            case m.Heard(final=True):
                self.heard.append(event)
            case m.FindingRaised():
                self.findings.append(event)
            case m.LampsChanged():
                self.lamps = event.lamps
            case m.ExcuseHeard():
                self.excuses.append(event)
            case m.FactCaught():
                self.caught.append(event)
        self.changed.set()

    async def until(self, done: Callable[[], bool], seconds: float) -> bool:
        """Wait for something to be true; whether it became so."""
        try:
            async with asyncio.timeout(seconds):
                while not done():
                    self.changed.clear()
                    await self.changed.wait()
        except TimeoutError:
            return done()
        return True


class _Collector:
    """The scripted collector: sign in, take the next account, call, talk, wrap up."""

    def __init__(self, settings: Settings, clock: Clock, credentials: m.SignIn, write: Write) -> None:
        self._settings = settings
        self._clock = clock
        self._credentials = credentials
        self._write = write
        self._failed: list[str] = []

    async def work(self) -> int:
        plant = await asyncio.to_thread(Plant.start, self._settings, lambda *_: None)
        assert plant.practice is not None
        self._recordings = plant.asterisk.recordings
        self._book = await asyncio.to_thread(bootstrap.open_book, self._settings)
        self._catalog = await asyncio.to_thread(Catalog.load)
        client = bootstrap.client(self._settings)
        await client.connect()
        try:
            async with await _practice(plant.practice) as practice:
                signed_in = await client.ask(self._credentials)
                if not isinstance(signed_in, m.SignedIn):
                    self._say(f"✗ sign in: {signed_in.error}")
                    return 1
                await self._account(client, practice, signed_in)
        finally:
            await client.close()
            self._book.close()
        self._say("")
        for line in self._failed:
            self._say(f"✗ {line}")
        self._say("✗ not everything happened" if self._failed else "✓ everything happened")
        return 1 if self._failed else 0

    def _say(self, line: str = "") -> None:
        self._write(line + "\n")

    def _head(self, title: str) -> None:
        self._say(f"\n── {title} " + "─" * max(0, 96 - len(title)))

    def _must(self, happened: bool, what: str) -> bool:
        if not happened:
            self._failed.append(what)
        return happened

    async def _account(self, client: Client, practice: PracticeLine, me: m.SignedIn) -> None:
        book, now = self._book, self._clock()
        self._head("QUEUE")
        page = book.queue_page(me.user_id, now, 0, 5)
        for row in page.rows:
            self._say(f"   {row.name:<28} {row.due!s:>16}  {row.days_late:>3} d  {' · '.join(row.reasons)}")
        account_id = book.take_account(me.user_id, now)
        if not self._must(account_id is not None, "an account was handed over") or account_id is None:
            return
        view = book.account(account_id, now)
        phone = next((p for p in view.phones if p.callable), view.phones[0])
        self._head(f"DECISION  {view.name} · {phone.party_name} · {phone.number}")
        for check in phone.checks:
            self._say(f"   {check.verdict.value:<7} {check.message:<70} {check.citation}")
        await self._call(client, practice, me, view, phone)

    async def _call(
        self, client: Client, practice: PracticeLine, me: m.SignedIn, view: AccountView, phone: PhoneView
    ) -> None:
        placed = await client.ask(
            m.PlaceCall(account_id=view.account_id, party_id=phone.party_id, phone_id=phone.phone_id)
        )
        if not self._must(isinstance(placed, m.Reply) and placed.ok, f"the call was placed: {placed}"):
            return
        assert isinstance(placed, m.Reply)
        call_id, call = placed.call_id, _Call()
        client.on_event(lambda e: call.take(e) if getattr(e, "call_id", "") == call_id else None)
        await client.ask(m.Watch(call_id=call_id))
        leg = self._book.call(call_id).agent_leg.partition(":")[2]
        talk = asyncio.create_task(self._talk(client, practice, me, view, phone, call_id, leg, call))
        ended = await call.until(lambda: call.state == "ended", _CALL_S)
        talk.cancel()
        if not self._must(ended, f"the call ended within {_CALL_S:.0f} s"):
            await client.ask(m.HangUp(call_id=call_id))
        await asyncio.gather(talk, return_exceptions=True)
        await self._until_judged(call_id)
        self._states(call)
        self._transcripts(
            call_id, await practice.spoken(leg), await practice.spoken(number=phone.number.lstrip("+"))
        )
        self._findings(call_id, call)
        self._wrap_up(call_id, me, phone)

    async def _talk(
        self,
        client: Client,
        practice: PracticeLine,
        me: m.SignedIn,
        view: AccountView,
        phone: PhoneView,
        call_id: str,
        leg: str,
        call: _Call,
    ) -> None:
        """Speak when it is our turn: the script's steps, the answer to the excuse heard, the read-back."""
        fields = dict(self._book.script_facts(view.account_id, phone.party_id, me.user_id, self._clock()))

        async def say(text: str) -> bool:
            answer = await client.ask(m.Say(call_id=call_id, text=text))
            await practice.wait_said(leg)
            return isinstance(answer, m.Reply) and answer.ok

        async def listen() -> bool:
            return await practice.wait_turn(leg, _TURN_S) is TurnOutcome.TURN

        await call.until(lambda: call.state == "talking", 45.0)
        answered: set[str] = set()
        steps = [s.id for s in self._catalog.talk(view.profile)]
        try:
            for step in steps:
                if not await listen():
                    return
                # A moment for the last words of the turn to be recognised, as a person takes a breath.
                await call.until(lambda: any(e.excuse_id not in answered for e in call.excuses), 0.6)
                for excuse in [e for e in call.excuses if e.excuse_id not in answered][:1]:
                    answered.add(excuse.excuse_id)
                    text = self._catalog.render_excuse(excuse.excuse_id, fields)
                    await say(text.reply)
                    if not await listen():
                        return
                    await call.until(lambda: bool(call.caught), 0.6)
                fields.update(_promised(call, view))
                await say(self._catalog.render_step(step, fields))
        except LegGone:
            return

    async def _until_judged(self, call_id: str) -> None:
        """Wait until the last words are in and the whole has been judged."""
        for _ in range(100):
            waiting = await asyncio.to_thread(self._book.calls_to_judge)
            gaps = await asyncio.to_thread(self._book.gaps)
            if call_id not in waiting and call_id not in {g[0] for g in gaps}:
                return
            await asyncio.sleep(0.1)

    # -- what is printed ---------------------------------------------------------------------------------

    def _states(self, call: _Call) -> None:
        self._head("CALL")
        start = call.states[0].at
        for state in call.states:
            rest = f"{state.outcome}: {state.detail}" if state.state == "ended" else f"rec {state.recording}"
            self._say(f"   {state.at - start:7.2f} s  {state.state:<14} {rest}")
        self._must(any(s.state == "talking" for s in call.states), "the debtor answered")

    def _transcripts(self, call_id: str, agent: Sequence[Spoken], debtor: Sequence[Spoken]) -> None:
        stored = self._book.utterances(call_id)
        for leg, said in (("agent", agent), ("debtor", debtor)):
            heard = [u for u in stored if u.leg.value == leg]
            spoken = [w for line in said if line.whole for w in words_of(line.text)]
            rate = word_error_rate(spoken, [w for u in heard for w in words_of(u.text)])
            self._head(f"{leg.upper()}  spoken beside heard, word error rate {rate:.1%}")
            for line in said:
                self._say(
                    f"   said   {line.start or 0:6.1f} s  {line.text}{'' if line.whole else '  (cut off)'}"
                )
            for u in heard:
                self._say(f"   heard  {u.start:6.1f} s  {u.text}  ({u.confidence:.2f})")
            self._must(bool(heard), f"words of the {leg} were heard")
            if leg == "agent":
                self._must(
                    rate <= AGENT_WER_LIMIT, f"agent word error rate {rate:.1%}, over {AGENT_WER_LIMIT:.0%}"
                )

    def _findings(self, call_id: str, call: _Call) -> None:
        self._head("FINDINGS")
        stored = self._book.findings(call_id)
        for f in stored:
            words = " ".join(w.text for w in f.words)
            self._say(
                f"   {f.verdict.value:<12} {f.title:<34} {f.start:6.1f} s  {f.confidence:.2f}  {words!r}"
            )
        for x in call.excuses:
            self._say(f"   excuse       {x.title:<34} {x.second:6.1f} s  {x.score:.2f}  {x.text!r}")
        for fact in call.caught:
            what = f"{fact.kind} {fact.amount_minor or ''} {fact.day} {fact.method}".strip()
            self._say(
                f"   caught       {what:<34} {fact.second:6.1f} s  {fact.confidence:.2f}  {fact.text!r}"
            )
        heard = {f.rule_id for f in stored if f.verdict.value == "heard"}
        for rule in ("disclosure.recording", "disclosure.identity"):
            self._must(rule in heard, f"the disclosure {rule} was heard")
        self._must(bool(call.excuses), "the debtor's excuse was recognised")
        self._must(any(c.kind == "promise" for c in call.caught), "the promise was caught")

    def _wrap_up(self, call_id: str, me: m.SignedIn, phone: PhoneView) -> None:
        now = self._clock()
        draft = self._book.draft_note(call_id, now)
        self._head("WRAP-UP")
        code = draft.suggested[0] if draft.suggested else ""
        self._say(f"   suggested   {', '.join(draft.suggested)}")
        if not self._must(bool(code), "a disposition was suggested"):
            return
        saved = self._book.wrap_up(
            WrapUp(
                call_id=call_id,
                user_id=me.user_id,
                disposition=code,
                note=draft.text,
                promise=draft.promise,
                callback_at=draft.callback_at,
                wrap_seconds=1.0,
            ),
            now,
        )
        self._say(f"   saved       {saved.summary}")
        self._say(f"   note        {draft.text}")
        self._must(saved.note_id > 0, "the note was saved")
        self._must(draft.promise is not None, "the promise was in the draft")
        self._head("RECORDINGS")
        for file in sorted(self._recordings.glob(f"{call_id}*")):
            self._say(f"   {file}  {file.stat().st_size / 1e6:.1f} MB")
        self._must(any(self._recordings.glob(f"{call_id}*")), "the call was recorded")
        verified = self._book.verify_audit()
        self._must(verified.sound, "the audit log verifies")


async def _practice(process: PracticeProcess) -> PracticeLine:
    return await PracticeLine.connect(process.host, process.control_port)


def _promised(call: _Call, view: AccountView) -> Mapping[str, str]:
    """The promise heard last, as the read-back says it."""
    for fact in reversed(call.caught):
        if fact.kind == "promise" and fact.amount_minor and fact.day:
            day = date.fromisoformat(fact.day)
            amount = Money(fact.amount_minor, view.currency)
            return {
                "promise_amount": str(amount),
                "promise_date": f"{day:%A}, {day:%B} {day.day}",
                "promise_method": fact.method,
            }
    return {}


async def work_one_account(settings: Settings, clock: Clock, credentials: m.SignIn, write: Write) -> int:
    """Work the first account of the queue; returns 0 only if every part of it happened."""
    return await _Collector(settings, clock, credentials, write).work()


__all__ = ["AGENT_WER_LIMIT", "word_error_rate", "words_of", "work_one_account"]
