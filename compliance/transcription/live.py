"""Hearing calls as they happen, without holding up the event loop.

Frames arrive on the loop and are queued per leg; a few worker threads take the legs in turn and feed the
recognisers; what they hear comes back on the loop. A leg that falls too far behind skips to the present and
reports the skipped stretch as a gap, to be transcribed from the recording afterwards: nothing is dropped in
silence.
"""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import structlog

from compliance.transcription.engine import BYTES_PER_SAMPLE, EngineError, Recogniser, SpeechEngine
from compliance.transcription.loudness import Loudness
from compliance.transcription.voice import own_voice
from compliance.transcription.words import Leg, Source, Utterance

OnUtterance = Callable[[str, Utterance], None]
"""Called on the loop with the call's id; partials and finals, in order within a leg."""
OnGap = Callable[[str, Leg, float, float | None], None]
"""Called on the loop with a stretch not heard live (seconds on the leg's timeline; None: to its end)."""

BATCH_SECONDS = 0.1
"""A leg is worked on once this much audio waits: frame by frame would cost more calls than it is worth."""
TURN_SECONDS = 0.5
"""The most one leg is worked on before the next has its turn."""
IDLE_SECONDS = 1.0
"""A leg fed nothing for this long (held, paused for a card) gives up the words it was waiting to end."""

log = structlog.get_logger(__name__)


@dataclass(eq=False, slots=True)
class _LegState:
    call_id: str
    leg: Leg
    rate: int
    also: tuple[str, ...] = ()
    lock: threading.Lock = field(default_factory=threading.Lock)
    pending: deque[tuple[float, bytes]] = field(default_factory=deque)
    """Offset and PCM of what waits; guarded by `lock`."""
    waiting: float = 0.0
    """Seconds that wait; guarded by `lock`."""
    scheduled: bool = False
    """In the ready queue or being worked on; guarded by `lock`. One worker at a time has a leg."""
    flush: bool = False
    """End the utterance once the pending audio is heard; guarded by `lock`."""
    closing: asyncio.Future[None] | None = None
    fed_at: float = 0.0
    """time.monotonic() of the last frame."""
    heard_to: float = 0.0
    """Second up to which final words were delivered."""
    unfinished: bool = False
    """Audio was given since the last flush."""
    deaf: bool = False
    """The recogniser failed: the rest of the leg is a gap already reported."""
    recogniser: Recogniser | None = None
    loudness: Loudness | None = None
    """Of the agent's leg: nobody is told how loud the other side is."""


class LiveTranscriber:
    """Hears the legs of many calls at once. Make it, and call its methods, on the event loop's thread."""

    def __init__(
        self,
        engine: SpeechEngine,
        on_utterance: OnUtterance,
        on_gap: OnGap,
        *,
        workers: int = 2,
        behind_limit: float = 8.0,
    ) -> None:
        """`behind_limit` is how many seconds of audio may wait on a leg before it skips to the present."""
        self._engine = engine
        self._on_utterance = on_utterance
        self._on_gap = on_gap
        self._behind_limit = behind_limit
        self._loop = asyncio.get_running_loop()
        self._legs: dict[tuple[str, Leg], _LegState] = {}
        self._ready: queue.SimpleQueue[_LegState | None] = queue.SimpleQueue()
        self._threads = [
            threading.Thread(target=self._work, name=f"hearing-{n}", daemon=True) for n in range(workers)
        ]
        for thread in self._threads:
            thread.start()
        self._sweeper: asyncio.TimerHandle | None = None

    @property
    def behind_seconds(self) -> float:
        """How much audio waits on the leg that is furthest behind."""
        return max((state.waiting for state in self._legs.values()), default=0.0)

    def open(self, call_id: str, leg: Leg, rate: int, also: Sequence[str] = ()) -> None:
        """Begin hearing a leg at `rate` Hz (8000 or 16000). Opening an open leg again changes nothing.

        `also`: what a second listening listens for besides on this call (`SpeechEngine.open_leg`).
        """
        self._legs.setdefault((call_id, leg), _LegState(call_id, leg, rate, tuple(also)))
        if self._sweeper is None:
            self._sweeper = self._loop.call_later(IDLE_SECONDS / 2, self._sweep)

    def feed(self, call_id: str, leg: Leg, offset_s: float, pcm: bytes) -> None:
        """Queue mono 16-bit PCM that starts at `offset_s` on the leg's timeline; returns at once.

        Frames of a leg that is not open are ignored: a tap may outlive its call by a frame.
        """
        state = self._legs.get((call_id, leg))
        if state is None or state.deaf or state.closing is not None:
            return
        seconds = len(pcm) / BYTES_PER_SAMPLE / state.rate
        skipped = None
        with state.lock:
            if state.waiting + seconds > self._behind_limit and state.pending:
                skipped = (state.pending[0][0], offset_s)
                state.pending.clear()
                state.waiting = 0.0
            state.pending.append((offset_s, pcm))
            state.waiting += seconds
            state.fed_at = time.monotonic()
            state.unfinished = True
            due = state.waiting >= BATCH_SECONDS and not state.scheduled
            state.scheduled = state.scheduled or due
        if due:
            self._ready.put(state)
        if skipped is not None:
            log.warning("hearing_behind", call_id=call_id, leg=leg, start=skipped[0], end=skipped[1])
            self._on_gap(call_id, leg, *skipped)

    def flush(self, call_id: str) -> None:
        """End the utterances of a call's legs now, as when it is paused; they may be fed again."""
        for state in self._of(call_id):
            self._ask_flush(state)

    async def close(self, call_id: str) -> None:
        """Hear what still waits, deliver the final words, and forget the call's legs.

        When this returns every utterance of the call has been delivered.
        """
        closing = []
        for state in self._of(call_id):
            with state.lock:
                first = state.closing is None
                future = state.closing = state.closing or self._loop.create_future()
            if first:
                self._ask_flush(state)
            closing.append(future)
        if closing:
            await asyncio.gather(*closing)
        for leg in Leg:
            self._legs.pop((call_id, leg), None)

    async def stop(self) -> None:
        """Close every call and end the workers."""
        for call_id in {key[0] for key in self._legs}:
            await self.close(call_id)
        if self._sweeper is not None:
            self._sweeper.cancel()
            self._sweeper = None
        for _ in self._threads:
            self._ready.put(None)
        for thread in self._threads:
            await asyncio.to_thread(thread.join)

    def _of(self, call_id: str) -> list[_LegState]:
        return [state for key, state in self._legs.items() if key[0] == call_id]

    def _ask_flush(self, state: _LegState) -> None:
        with state.lock:
            state.flush = True
            due = not state.scheduled
            state.scheduled = True
        if due:
            self._ready.put(state)

    def _sweep(self) -> None:
        """Flush legs whose audio stopped, and hear a last frame or two that never filled a batch."""
        now = time.monotonic()
        for state in self._legs.values():
            if state.unfinished and not state.deaf and now - state.fed_at > IDLE_SECONDS:
                self._ask_flush(state)
        self._sweeper = self._loop.call_later(IDLE_SECONDS / 2, self._sweep) if self._legs else None

    # ---- in the worker threads -------------------------------------------------------------------------

    def _work(self) -> None:
        while (state := self._ready.get()) is not None:
            try:
                self._turn(state)
            except Exception:
                # One leg's failure must not take the thread, and with it every other call's hearing.
                log.exception("hearing_failed", call_id=state.call_id, leg=state.leg)
                self._give_up(state)

    def _turn(self, state: _LegState) -> None:
        """Hear up to TURN_SECONDS of one leg, then put it back if more waits."""
        with state.lock:
            batch = self._take(state)
            last = not state.pending
            flush = state.flush and last
            closed = state.closing if flush else None
            if flush:
                state.flush = False
                state.unfinished = False
        if not state.deaf:
            if state.recogniser is None:
                state.recogniser = self._engine.open_leg(state.leg, state.rate, also=state.also)
                state.loudness = Loudness(state.rate) if state.leg is Leg.AGENT else None
            for offset, pcm in batch:
                if state.loudness is not None:
                    state.loudness.feed(pcm)
                self._deliver(state, state.recogniser.feed(pcm, offset))
            if flush:
                self._deliver(state, state.recogniser.finish())
        with state.lock:
            again = state.flush or state.waiting >= BATCH_SECONDS
            state.scheduled = again
        if again:
            self._ready.put(state)
        if closed is not None:
            self._post(_resolve, closed)

    def _take(self, state: _LegState) -> list[tuple[float, bytes]]:
        """Take a turn's audio off the queue (lock held), frames that follow on joined into one."""
        batch: list[tuple[float, bytes]] = []
        run_start, run, run_end, taken = 0.0, bytearray(), 0.0, 0.0
        while state.pending and taken < TURN_SECONDS:
            offset, pcm = state.pending.popleft()
            seconds = len(pcm) / BYTES_PER_SAMPLE / state.rate
            if run and abs(offset - run_end) > 0.001:
                batch.append((run_start, bytes(run)))
                run.clear()
            if not run:
                run_start = run_end = offset
            run += pcm
            run_end += seconds
            taken += seconds
        if run:
            batch.append((run_start, bytes(run)))
        state.waiting = max(0.0, state.waiting - taken) if state.pending else 0.0
        return batch

    def _deliver(self, state: _LegState, heard: list[Utterance]) -> None:
        for utterance in heard:
            if utterance.final:
                state.heard_to = utterance.end
                if state.loudness is not None:
                    utterance = replace(utterance, level=state.loudness.take())
            self._post(self._on_utterance, state.call_id, utterance)

    def _give_up(self, state: _LegState) -> None:
        """Stop hearing a leg whose recogniser failed; from the last final words on, it is a gap."""
        with state.lock:
            state.pending.clear()
            state.waiting = 0.0
            state.deaf = True
            state.scheduled = False
            closed = state.closing
        self._post(self._on_gap, state.call_id, state.leg, state.heard_to, None)
        if closed is not None:
            self._post(_resolve, closed)

    def _post(self, fn: Callable[..., None], *args: object) -> None:
        try:
            self._loop.call_soon_threadsafe(fn, *args)
        except RuntimeError:  # the loop is closed: the process is ending
            log.warning("hearing_undelivered")


def _resolve(future: asyncio.Future[None]) -> None:
    if not future.done():
        future.set_result(None)


def transcribe(
    engine: SpeechEngine,
    pcm: bytes,
    rate: int,
    leg: Leg,
    start: float = 0.0,
    *,
    within: tuple[float, float] | None = None,
    source: Source = Source.RECORDING,
) -> list[Utterance]:
    """Hear a stretch of a recording that starts at second `start` of the timeline. Blocks: use a thread.

    `within` keeps only words whose middle lies in it: give a margin of audio around a gap and the gap as
    `within`, so that words cut at its edges are heard whole and none twice. Raises EngineError.
    """
    recogniser = engine.open_leg(leg, rate, source=source, partials=False, voice=own_voice(pcm, rate))
    heard: list[Utterance] = []
    step = rate * BYTES_PER_SAMPLE // 5
    for at in range(0, len(pcm), step):
        heard += recogniser.feed(pcm[at : at + step], start + at / BYTES_PER_SAMPLE / rate)
    heard += recogniser.finish()
    finals = [u for u in heard if u.final]
    return finals if within is None else [cut for u in finals if (cut := _cut(u, *within)) is not None]


def _cut(utterance: Utterance, start: float, end: float) -> Utterance | None:
    words = tuple(w for w in utterance.words if start <= (w.start + w.end) / 2 < end)
    if not words:
        return None
    text = " ".join(w.text for w in words)
    return Utterance(utterance.leg, words[0].start, words[-1].end, text, words, True, utterance.source)


__all__ = ["EngineError", "LiveTranscriber", "OnGap", "OnUtterance", "transcribe"]
