"""After a call: what was not heard live is transcribed from the recording, then all is judged once more.

What is left to do is read from the book, not kept in memory: whoever dies, the next run finds it there.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Protocol

import structlog

from compliance.audio import AudioError
from compliance.checks.finding import Finding
from compliance.transcription.words import Leg, Utterance
from dialer.recording import RecordingError, file_names, read, settle
from workstation.desk.book import BookError, CallBook, Gap, OpenCall
from workstation.floor.muting import mute_call

log = structlog.get_logger(__name__)

MARGIN_S = 1.5
"""Audio heard before and after a gap, so that words cut at its edges are heard whole (and none twice)."""
IDLE_S = 5.0
"""How often to look for work nobody announced: calls left over from before a crash."""


class Ear(Protocol):
    """Transcribes a stretch of a recording (compliance.transcription)."""

    def transcribe(
        self, pcm: bytes, rate: int, leg: Leg, start: float, within: tuple[float, float]
    ) -> Sequence[Utterance]:
        """Return final words whose middle lies `within`; `start` is the audio's second on the timeline."""


class AfterCall:
    """Works through ended calls, one at a time, off the event loop."""

    def __init__(
        self,
        *,
        book: CallBook,
        ear: Ear,
        judge: Callable[[OpenCall, Sequence[Utterance], Sequence[Gap]], Sequence[Finding]],
        recordings: Path,
        clock: Callable[[], datetime],
        measure: Callable[[str], None] = lambda _call_id: None,
    ) -> None:
        self._book = book
        self._ear = ear
        self._judge = judge
        self._recordings = recordings
        self._clock = clock
        self._measure = measure
        self._wake = asyncio.Event()

    def wake(self, _call_id: str = "") -> None:
        """A call is over: look now."""
        self._wake.set()

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            try:
                await asyncio.to_thread(self.work)
            except BookError as wrong:
                log.warning("work after the call waits for the book", error=str(wrong))
            self._wake.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), IDLE_S)

    def work(self) -> int:
        """Fill every open gap and judge every whole call; returns how many calls were judged."""
        covered: dict[tuple[str, Leg], float] = {}
        for call_id, gap in self._book.gaps():
            # A switchboard that died twice noted stretches that overlap; each second is heard once.
            from_s = max(gap.start, covered.get((call_id, gap.leg), 0.0))
            covered[call_id, gap.leg] = math.inf if gap.end is None else max(from_s, gap.end)
            file = self._recordings / file_names(call_id)[gap.leg.value]
            heard: Sequence[Utterance] | None = ()
            try:
                settle(file)
                start = max(0.0, from_s - MARGIN_S)
                end = math.inf if gap.end is None else gap.end
                if from_s < end:
                    pcm, rate = read(file, start, None if gap.end is None else end + MARGIN_S)
                    heard = self._ear.transcribe(pcm, rate, gap.leg, start, (from_s, end))
            except (RecordingError, OSError) as wrong:
                # No recording, no words: nothing said there can be called missing.
                heard = None
                log.warning("a gap cannot be filled", call_id=call_id, leg=gap.leg.value, error=str(wrong))
            self._book.fill_gap(call_id, gap, heard, self._clock())
        self._mute_owed()
        judged = 0
        for call_id in self._book.calls_to_judge():
            self._judge_whole(call_id)
            judged += 1
        return judged

    def _mute_owed(self) -> None:
        for owing in self._book.redactions_owed():
            try:
                files = mute_call(self._recordings, owing)
            except (AudioError, RecordingError, OSError) as wrong:
                # It stays owed: `dunline redact --verify` names it until it is done.
                log.error("a recording is owed its muting", call_id=owing.call_id, error=str(wrong))
                continue
            self._book.redaction_paid(owing, files, self._clock())

    def _judge_whole(self, call_id: str) -> None:
        known = {_same(f) for f in self._book.findings(call_id)}
        call = self._book.call(call_id)
        unheard = self._book.unheard(call_id)
        for finding in self._judge(call, self._book.utterances(call_id), unheard):
            if _same(finding) not in known:
                self._book.add_finding(call_id, finding, self._clock())
        try:
            self._measure(call_id)
        except (RecordingError, OSError) as wrong:
            log.warning("how a call was spoken cannot be measured", call_id=call_id, error=str(wrong))
        self._book.mark_judged(call_id)


def _same(finding: Finding) -> tuple[str, str, int]:
    """Two findings of one rule about the same second are one finding."""
    return finding.rule_id, finding.verdict.value, round(finding.start)
