"""One call while it is up: what was said is stored, judged and shown, in that order.

Everything that happens on a call passes through one queue and is handled one thing at a time, so that a
word is in the book before it is on a screen and a stop word's hold is committed before anybody is told.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from typing import TypeVar
from zoneinfo import ZoneInfo

import structlog
from msgspec import structs

from compliance.checks.finding import Caught, Finding
from compliance.contact import CollectionPurpose
from compliance.transcription.words import Leg, Utterance
from workstation.desk.book import (
    Authorised,
    BookUnavailable,
    CallBook,
    CallEnd,
    Gap,
    OpenCall,
    TransitionRecord,
)
from workstation.floor import messages as m
from workstation.floor.callevents import CallEvents, lamps_out
from workstation.floor.ears import Ears
from workstation.floor.livemask import LiveMask

log = structlog.get_logger(__name__)

T = TypeVar("T")
_BOOK_RETRY_S = 0.5


@dataclass(slots=True)
class CallFacts:
    """What stays the same during a call."""

    call_id: str
    account_id: int
    party_id: int
    collector_id: int
    collector_name: str
    number: str
    agent_leg: str
    profile: str
    party_name: str
    currency: str
    zone: str
    stage: int
    authorities: frozenset[str] = frozenset()
    """Consequences that may be named."""
    purpose: CollectionPurpose = CollectionPurpose.COLLECT

    @classmethod
    def of(cls, call: Authorised | OpenCall, *, collector_id: int, agent_leg: str) -> CallFacts:
        """Take them from the book's record."""
        return cls(
            call_id=call.call_id,
            account_id=call.account_id,
            party_id=call.party_id,
            collector_id=collector_id,
            collector_name=call.collector_name,
            number=call.number,
            agent_leg=agent_leg,
            profile=call.profile,
            party_name=call.party_name,
            currency=call.currency,
            zone=call.zone,
            stage=call.stage,
            authorities=call.authorities,
            purpose=call.purpose,
        )

    @property
    def tz(self) -> tzinfo:
        """The debtor's zone."""
        return ZoneInfo(self.zone)

    @property
    def practice_leg(self) -> str:
        """The practice leg's uuid; empty on a real phone."""
        kind, _, uuid = self.agent_leg.partition(":")
        return uuid if kind == "practice" else ""


class LiveCall:
    """Keeps one call's state for those who watch it, and its order of events."""

    def __init__(
        self,
        facts: CallFacts,
        ears: Ears,
        book: CallBook,
        clock: Callable[[], datetime],
        publish: Callable[[m.CallEvent], None],
        on_book_trouble: Callable[[str], None],
    ) -> None:
        self.facts = facts
        self._ears = ears
        self._mask = LiveMask(ears.policy)
        self._book = book
        self._clock = clock
        self._publish = publish
        self._on_book_trouble = on_book_trouble
        self._work: asyncio.Queue[Callable[[], Awaitable[None]]] = asyncio.Queue()
        self._events = CallEvents(facts.call_id)
        self._next_index = {Leg.AGENT: 0, Leg.DEBTOR: 0}
        self._heard: list[m.Heard] = []
        self._partial: dict[str, m.Heard] = {}
        self._findings: list[m.FindingRaised] = []
        self._excuses: dict[str, m.ExcuseHeard] = {}
        self._caught: list[m.FactCaught] = []
        self._lamps: tuple[m.LampOut, ...] = ()
        self._taken_over_by = ""
        self.talk_since: float | None = None
        self.state = m.CallChanged(call_id=facts.call_id, seq=0, state="reserved", at=clock().timestamp())
        self.ended = asyncio.Event()
        """Set when the end is in the book."""
        self._task = asyncio.create_task(self._run(), name=f"call-{facts.call_id}")

    # -- what arrives ------------------------------------------------------------------------------------

    def step(
        self, record: TransitionRecord, changed: Callable[[int], m.CallChanged], end: CallEnd | None
    ) -> None:
        """Store a transition (and the end, if it is one), then show it."""

        async def work() -> None:
            await self._commit(lambda: self._book.record_transition(self.facts.call_id, record))
            if end is not None:
                await self._commit(lambda: self._book.end_call(self.facts.call_id, end))
            self.show(changed)
            if end is not None:
                self.ended.set()

        self._work.put_nowait(work)

    def show(self, changed: Callable[[int], m.CallChanged]) -> None:
        """Show a change of state that needs no record."""
        self.state = changed(self._events.next())
        if self.state.state == "talking" and self.talk_since is None:
            self.talk_since = self.state.at
            self._ears.checks.talk_began(0.0)  # the timeline begins when the legs are joined
        self._publish(self.state)
        self._show_lamps()

    def hear(self, utterance: Utterance) -> None:
        """Show a partial at once; store, show and judge final words."""
        index = self._next_index[utterance.leg]
        if not utterance.final:
            heard = self._events.heard(self._mask.partial(utterance), index)
            self._partial[heard.leg] = heard
            self._publish(heard)
            return
        self._next_index[utterance.leg] += 1
        self._mask.heard(index, utterance)

        async def work() -> None:
            kept = await self._commit(
                lambda: self._book.add_utterance(self.facts.call_id, utterance, self._clock())
            )
            said = kept.utterance  # from here on nobody has the words as they were spoken
            self._mask.heard(index, said)
            heard = self._events.heard(said, index)
            self._heard.append(heard)
            self._partial.pop(heard.leg, None)
            self._publish(heard)
            if kept.changed:
                self._mask_earlier(kept.changed)
            if kept.incident is not None:
                self._show_finding(kept.incident, hold="")
            for finding in self._ears.checks.hear(said):
                await self._raise(finding)
            self._show_lamps()
            if said.leg is Leg.DEBTOR:
                await self._offer_excuses(said)
            for caught in self._ears.facts(said):
                await self._catch(replace(caught, text=self._mask.clean(caught.text)))

        self._work.put_nowait(work)

    def taken_over(self, extension: str, by: str, write: Callable[[], object]) -> None:
        """Store that a supervisor's phone is the agent's leg now, then show it."""
        self.facts.agent_leg = extension

        async def work() -> None:
            await self._commit(write)
            self._taken_over_by = by
            self._publish(m.TakenOver(call_id=self.facts.call_id, seq=self._events.next(), by=by))

        self._work.put_nowait(work)

    def tick(self, now_s: float) -> None:
        """Judge what falls due by this second of the call."""

        async def work() -> None:
            for finding in self._ears.checks.tick(now_s):
                await self._raise(finding)
            self._show_lamps()

        self._work.put_nowait(work)

    def note_gap(self, gap: Gap) -> None:
        """Note a stretch nobody heard live; the recording fills it after the call."""
        self._ears.checks.gap(gap.leg, gap.start, gap.end)
        self.write(lambda: self._book.record_gap(self.facts.call_id, gap))

    def write(self, write: Callable[[], object]) -> None:
        """Write something else about this call to the book, in its turn."""

        async def work() -> None:
            await self._commit(write)

        self._work.put_nowait(work)

    def heard_until(self, leg: Leg) -> float:
        """The second up to which a leg's final words are known."""
        return max((h.end for h in self._heard if h.leg == leg.value), default=0.0)

    async def settle(self) -> None:
        """Wait until everything that has arrived is stored and shown."""
        await self._work.join()

    async def close(self) -> None:
        """Stop; what has arrived is stored first."""
        await self.settle()
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task

    # -- taking over after a restart ---------------------------------------------------------------------

    def restore(self, utterances: Sequence[Utterance], findings: Sequence[Finding]) -> None:
        """Take up what is in the book already: nothing is stored or published again."""
        for utterance in utterances:
            self._heard.append(self._events.heard(utterance, self._next_index[utterance.leg]))
            self._next_index[utterance.leg] += 1
            self._ears.checks.hear(utterance)
            if utterance.leg is Leg.DEBTOR:
                for match in self._ears.excuses(utterance):
                    self._excuses.setdefault(match.excuse_id, self._events.excuse(match, utterance.start))
        self._findings = [self._events.finding(f, hold="") for f in findings]
        self._lamps = lamps_out(self._ears.checks.lamps())

    def snapshot(self) -> m.CallSnapshot:
        """Everything a screen needs to show this call."""
        return m.CallSnapshot(
            call_id=self.facts.call_id,
            seq=self._events.seq,
            account_id=self.facts.account_id,
            party_id=self.facts.party_id,
            number=self.facts.number,
            collector_id=self.facts.collector_id,
            state=self.state,
            practice=bool(self.facts.practice_leg),
            talk_since=self.talk_since,
            heard=(*self._heard, *self._partial.values()),
            findings=tuple(self._findings),
            lamps=self._lamps,
            excuses=tuple(sorted(self._excuses.values(), key=lambda e: -e.score)),
            caught=tuple(self._caught),
            taken_over_by=self._taken_over_by,
        )

    # -- inside ------------------------------------------------------------------------------------------

    async def _run(self) -> None:
        while True:
            work = await self._work.get()
            try:
                await work()
            except Exception:
                # One event that cannot be handled must not silence the rest of the call.
                log.exception("an event of a call could not be handled", call_id=self.facts.call_id)
            finally:
                self._work.task_done()

    async def _commit(self, write: Callable[[], T]) -> T:
        """Write to the book, again and again if it fails: what was said is not dropped."""
        while True:
            try:
                result = await asyncio.to_thread(write)
            except BookUnavailable as wrong:
                log.error("the book cannot be written", call_id=self.facts.call_id, error=str(wrong))
                self._on_book_trouble("cannot be written: words are kept and tried again")
            else:
                self._on_book_trouble("")
                return result
            await asyncio.sleep(_BOOK_RETRY_S)

    async def _raise(self, finding: Finding) -> None:
        now = self._clock()
        hold_id = await self._commit(lambda: self._book.add_finding(self.facts.call_id, finding, now))
        self._show_finding(finding, hold=finding.hold.value if finding.hold and hold_id is not None else "")

    def _show_finding(self, finding: Finding, *, hold: str) -> None:
        raised = self._events.finding(finding, hold=hold)
        self._findings.append(raised)
        self._publish(raised)

    def _mask_earlier(self, changed: Sequence[Utterance]) -> None:
        """Let screens draw again what they have shown and may show no longer, and all that quotes it."""
        places = {(h.leg, h.start): n for n, h in enumerate(self._heard)}
        redrawn = []
        for utterance in changed:
            place = places.get((utterance.leg.value, utterance.start))
            if place is not None:
                shown = self._heard[place]
                words = [(w.text, w.start, w.end) for w in shown.words]
                self._mask.masked(shown.index, words, utterance)
                self._heard[place] = self._events.heard(utterance, shown.index)
                redrawn.append(self._heard[place])
        clean = self._mask.clean
        self._findings = [structs.replace(x, text=clean(x.text)) for x in self._findings]
        self._caught = [structs.replace(x, text=clean(x.text), value=clean(x.value)) for x in self._caught]
        self._excuses = {k: structs.replace(x, text=clean(x.text)) for k, x in self._excuses.items()}
        self._publish(
            m.Redrawn(
                call_id=self.facts.call_id,
                seq=self._events.next(),
                heard=tuple(redrawn),
                findings=tuple(self._findings),
                excuses=tuple(self._excuses.values()),
                caught=tuple(self._caught),
            )
        )

    async def _offer_excuses(self, utterance: Utterance) -> None:
        for match in self._ears.excuses(utterance):
            known = self._excuses.get(match.excuse_id)
            if known and known.score >= match.score:
                continue
            excuse = self._events.excuse(replace(match, text=self._mask.clean(match.text)), utterance.start)
            await self._commit(
                lambda e=excuse: self._book.add_excuse(  # type: ignore[misc]  # a bound default, not a parameter
                    self.facts.call_id, e.excuse_id, e.score, e.second, e.text
                )
            )
            self._excuses[match.excuse_id] = excuse
            self._publish(excuse)

    async def _catch(self, caught: Caught) -> None:
        await self._commit(lambda: self._book.add_caught(self.facts.call_id, caught))
        fact = self._events.caught(caught)
        self._caught.append(fact)
        self._publish(fact)

    def _show_lamps(self) -> None:
        lamps = lamps_out(self._ears.checks.lamps())
        if lamps != self._lamps:
            self._lamps = lamps
            self._publish(m.LampsChanged(call_id=self.facts.call_id, seq=self._events.next(), lamps=lamps))
