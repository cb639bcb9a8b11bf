"""The calls that are up: telephony events in, transcripts and findings out, and all of it into the book."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from datetime import datetime
from functools import partial
from typing import Protocol

import structlog

from compliance.checks.listen_for import introductions
from compliance.permit import Permit
from compliance.transcription.words import Leg, Utterance
from dialer.call import CallError, CallEvent, CallState, Transition
from dialer.engine import AgentLeg, CallStatus, Engine, KnownCall, Phone, Practice, UnknownLeg
from dialer.outcome import classify
from dialer.recording import file_names
from dialer.taps import TapFrame
from workstation.desk.book import CallBook, CallEnd, Gap, OpenCall, TransitionRecord
from workstation.floor import messages as m
from workstation.floor.ears import Ears
from workstation.floor.livecall import CallFacts, LiveCall

log = structlog.get_logger(__name__)

TICK_S = 0.5
"""How often deadlines are judged and the line's truth is told."""
CONVERSATION_S = 10.0
"""An answered call this long counts as a conversation until a person says it was a machine (fail safe)."""
UNHEARD_S = 1.0
"""Audio of a leg missing for longer than this is a stretch for the recording to fill."""
KEEP_ENDED_S = 120.0
"""How long an ended call can still be watched: a screen that reconnects sees how it ended."""


class Transcriber(Protocol):
    """Live hearing (compliance.transcription.live)."""

    @property
    def behind_seconds(self) -> float:
        """How far the slowest leg is behind."""

    def open(self, call_id: str, leg: Leg, rate: int, also: Sequence[str] = ()) -> None:
        """Begin to hear a leg, at `rate` Hz; `also`: what to listen for besides on this call."""

    def feed(self, call_id: str, leg: Leg, offset_s: float, pcm: bytes) -> None:
        """Give 16-bit audio that begins at `offset_s` on the call's timeline; never blocks."""

    async def close(self, call_id: str) -> None:
        """Hear out what was fed, deliver the last words, forget the call."""


class Switchroom:
    """Follows the calls. The engine is attached after construction, since it calls back into the room."""

    engine_error = CallError

    def __init__(
        self,
        *,
        book: CallBook,
        ears: Callable[[CallFacts], Ears],
        publish: Callable[[m.CallEvent | m.CallSnapshot], None],
        broadcast: Callable[[m.Event], None],
        on_call_over: Callable[[str], None],
        on_open: Callable[[LiveCall], None] = lambda _: None,
        clock: Callable[[], datetime],
    ) -> None:
        self._book = book
        self._make_ears = ears
        self._publish = publish
        self._broadcast = broadcast
        self._on_call_over = on_call_over
        self._on_open = on_open
        self._clock = clock
        self._book_state = "ok"
        self._rates: dict[tuple[str, Leg], int] = {}
        self._listened_to: dict[tuple[str, Leg], float] = {}
        """Second of the recording up to which a leg's audio came in."""
        self._background: set[asyncio.Task[None]] = set()
        self.calls: dict[str, LiveCall] = {}
        self.engine: Engine
        self.transcriber: Transcriber

    def attach(self, engine: Engine, transcriber: Transcriber) -> None:
        """Give the room its engine and its ears."""
        self.engine = engine
        self.transcriber = transcriber

    # -- placing -----------------------------------------------------------------------------------------

    def busy(self, collector_id: int) -> bool:
        """Whether the collector is in a call."""
        return any(c.facts.collector_id == collector_id and not c.ended.is_set() for c in self.calls.values())

    def open_call(self, facts: CallFacts) -> LiveCall:
        """Begin to keep a call whose decision is in the book."""
        call = LiveCall(
            facts, self._make_ears(facts), self._book, self._clock, self._publish, self._set_book_state
        )
        self.calls[facts.call_id] = call
        self._on_open(call)
        return call

    async def place(self, permit: Permit, facts: CallFacts, *, caller_id: str, ring_seconds: int) -> str:
        """Originate on a permit; returns what went wrong in one line, or nothing."""
        self.open_call(facts)
        agent: AgentLeg = Practice(facts.practice_leg) if facts.practice_leg else Phone(facts.agent_leg)
        try:
            await self.engine.place(
                permit, facts.call_id, facts.number, agent, caller_id=caller_id, ring_seconds=ring_seconds
            )
        except CallError as wrong:
            log.warning("originate failed", call_id=facts.call_id, error=str(wrong))
            await self.fail(facts.call_id, str(wrong))
            return str(wrong)
        return ""

    async def fail(self, call_id: str, why: str) -> None:
        """Close a call that never got to Asterisk, if telephony has not closed it already."""
        call = self.calls[call_id]
        await call.settle()
        if call.ended.is_set() or call.state.state == CallState.ENDED:
            return
        now = self._clock()
        evidence = {"error": why, "ended_by": "agent-failed"}
        self._end(
            call,
            Transition(call_id, now, CallState.RESERVED, CallEvent.AGENT_FAILED, CallState.ENDED, evidence),
        )
        await call.settle()

    # -- what the engine says ----------------------------------------------------------------------------

    def on_transition(self, step: Transition) -> None:
        """Take a transition of the call state machine (called on the event loop)."""
        call = self.calls.get(step.call_id)
        if call is None:
            log.error("a transition of a call that is not kept", call_id=step.call_id, event=str(step.event))
            return
        if step.after is CallState.ENDED:
            self._end(call, step)
            return
        call.step(_record(step), self._changed(step.call_id, step.after.value, step.at), None)

    def on_audio(self, frame: TapFrame) -> None:
        """Feed the recogniser; it never blocks."""
        key = (frame.call_id, frame.leg)
        if self._rates.get(key) != frame.rate:
            self._rates[key] = frame.rate
            call = self.calls.get(frame.call_id)
            named = introductions(call.facts.party_name) if call and frame.leg is Leg.DEBTOR else ()
            self.transcriber.open(frame.call_id, frame.leg, frame.rate, named)
        before = self._listened_to.get(key, 0.0)
        if frame.offset - before > UNHEARD_S:
            # A tap that opened late, or broke: the recording has what was said meanwhile.
            self.on_gap(frame.call_id, frame.leg, before, frame.offset)
        self._listened_to[key] = frame.offset + len(frame.pcm) / 2 / frame.rate
        self.transcriber.feed(frame.call_id, frame.leg, frame.offset, frame.pcm)

    def on_utterance(self, call_id: str, utterance: Utterance) -> None:
        """Take recognised words (called on the event loop)."""
        if call := self.calls.get(call_id):
            call.hear(utterance)

    def on_gap(self, call_id: str, leg: Leg, start: float, end: float | None) -> None:
        """Note a stretch that was not heard live, for the recording to fill."""
        if call := self.calls.get(call_id):
            call.note_gap(Gap(leg, start, end))

    def on_unknown_leg(self, leg: UnknownLeg) -> None:
        """Report a leg that had no valid decision; the engine has hung it up already."""
        log.error("a leg without a decision was hung up", channel=leg.channel, number=leg.number)
        now = self._clock()
        self._spawn(asyncio.to_thread(self._book.report_unknown_leg, leg.channel, leg.number, now))

    # -- taking over -------------------------------------------------------------------------------------

    async def take_over(self) -> int:
        """Follow every call that is still up, close those that ended unseen; returns how many are up."""
        open_calls = await asyncio.to_thread(self._book.open_calls)
        for known in open_calls:
            call = self.open_call(
                CallFacts.of(known, collector_id=known.collector_id, agent_leg=known.agent_leg)
            )
            heard = await asyncio.to_thread(self._book.utterances, known.call_id)
            found = await asyncio.to_thread(self._book.findings, known.call_id)
            call.restore(heard, found)
            call.talk_since = known.talk_started_at.timestamp() if known.talk_started_at else None
        adopted = await self.engine.adopt([_known(c) for c in open_calls])
        for known in open_calls:
            call = self.calls[known.call_id]
            status = self.engine.snapshot(known.call_id)
            # Nobody listened from the last word in the book until now; the recording did.
            until = status.position if status else None
            for leg in Leg:
                call.note_gap(Gap(leg, call.heard_until(leg), until))
                self._listened_to[known.call_id, leg] = until or 0.0
            self.show_controls(known.call_id)
        return len(adopted.followed)

    # -- telling the truth -------------------------------------------------------------------------------

    async def run(self) -> None:
        """Judge deadlines and tell everybody how the line is, until cancelled."""
        shown: m.LineState | None = None
        since = 0.0
        while True:
            await asyncio.sleep(TICK_S)
            for call_id, call in list(self.calls.items()):
                if call.ended.is_set() or call.talk_since is None:
                    continue
                status = self.engine.snapshot(call_id)
                if status is None or status.recording_started is None:
                    continue
                if call.state.recording == "off":
                    # The legs are joined a moment after the answer; from then on it is recorded.
                    call.write(
                        partial(
                            self._book.record_recording,
                            call_id,
                            file_names(call_id),
                            status.recording_started,
                        )
                    )
                    self.show_controls(call_id)
                call.tick(status.position)
            state = self.line_state()
            since += TICK_S
            if since >= 1.0 or (shown and (state.asterisk, state.book) != (shown.asterisk, shown.book)):
                self._broadcast(state)
                shown, since = state, 0.0

    def line_state(self) -> m.LineState:
        """The truth about the line, as of now."""
        behind = self.transcriber.behind_seconds
        return m.LineState(
            asterisk=self.engine.line.value,
            lag_ms=self.engine.lag_ms,
            book=self._book_state,
            recogniser="ok" if behind < 2.0 else f"behind by {behind:.0f} s",
        )

    def show_controls(self, call_id: str) -> None:
        """Show mute and recording as the engine has them now."""
        status = self.engine.snapshot(call_id)
        if (call := self.calls.get(call_id)) and status:
            call.show(self._changed(call_id, status.state.value, status.since))

    # -- inside ------------------------------------------------------------------------------------------

    def _end(self, call: LiveCall, step: Transition) -> None:
        said = classify(step.evidence)
        talk = 0.0
        if call.talk_since is not None:
            talk = max(0.0, step.at.timestamp() - call.talk_since)
        end = CallEnd(
            at=step.at,
            outcome=said.outcome.value,
            connected=said.connected,
            conversation=said.outcome.value == "answered" and talk >= CONVERSATION_S,
            talk_seconds=talk,
            evidence=dict(step.evidence),
        )
        changed = self._changed(
            call.facts.call_id, "ended", step.at, outcome=said.outcome.value, detail=said.reason
        )
        for leg in Leg:
            if talk > UNHEARD_S and (call.facts.call_id, leg) not in self._listened_to:
                call.note_gap(Gap(leg, 0.0, None))  # no tap ever opened
        call.step(_record(step), changed, end)
        self._spawn(self._hear_out(call))

    async def _hear_out(self, call: LiveCall) -> None:
        """After the end: the last words, then the judgement of the whole; later the call is forgotten."""
        call_id = call.facts.call_id
        await call.ended.wait()
        await self.transcriber.close(call_id)
        await call.settle()
        for leg in Leg:
            self._rates.pop((call_id, leg), None)
            self._listened_to.pop((call_id, leg), None)
        self._on_call_over(call_id)
        await asyncio.sleep(KEEP_ENDED_S)
        await call.close()
        self.calls.pop(call_id, None)

    def _changed(
        self, call_id: str, state: str, at: datetime, *, outcome: str = "", detail: str = ""
    ) -> Callable[[int], m.CallChanged]:
        status = None if state == "ended" else self.engine.snapshot(call_id)
        return lambda seq: m.CallChanged(
            call_id=call_id,
            seq=seq,
            state=state,
            at=at.timestamp(),
            recording=_recording(status),
            muted=bool(status and status.muted),
            outcome=outcome,
            detail=detail,
        )

    def _set_book_state(self, trouble: str) -> None:
        self._book_state = trouble or "ok"

    def _spawn(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.create_task(work)
        self._background.add(task)
        task.add_done_callback(self._background.discard)


def _record(step: Transition) -> TransitionRecord:
    return TransitionRecord(
        step.at, step.before.value, step.event.value, step.after.value, dict(step.evidence)
    )


def _recording(status: CallStatus | None) -> str:
    if status is None or status.recording_started is None:
        return "off"
    return "paused" if status.recording_paused else "on"


def _known(call: OpenCall) -> KnownCall:
    return KnownCall(
        call_id=call.call_id,
        decision_id=call.decision_id,
        number=call.number,
        state=CallState(call.state),
        recording_started=call.recording_started_at,
        talk_started=call.talk_started_at,
    )
