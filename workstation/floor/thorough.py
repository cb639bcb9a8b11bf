"""The thorough pass: ended calls heard again from their recordings, one at a time, as the machine has room.

It runs in a process of its own (``dunline hear-again``), the least urgent on the machine, so that neither its
work nor its death touches a live leg. What is left to do is read from the book. A call is put into the book
in one transaction: until then it is as it was first heard, and whoever dies before begins the call anew.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import structlog

from compliance.checks.finding import Finding, FindingKind
from compliance.transcription.words import Leg, Utterance
from dialer.recording import RecordingError, file_names, read, settle
from workstation.desk.book import Gap, OpenCall
from workstation.desk.hearing import AgainBook, HeardAgain, LegAgain

log = structlog.get_logger(__name__)

SAME_S = 3.0
"""Findings of one rule this close are about the same words: the two passes time them a little apart."""
_JUDGED = frozenset({FindingKind.DISCLOSURE, FindingKind.FORBIDDEN, FindingKind.CUE})
"""Kinds that rest on words alone: only these can be borne out, or not, by hearing again."""

Hear = Callable[[bytes, int, Leg], Sequence[Utterance]]
"""PCM, its rate in Hz and the leg to final words of source ``thorough``. Raises HearingError."""


class HearingError(Exception):
    """The engine failed on a leg: its words stay as they were first heard."""


class ThoroughPass:
    """Hears calls again. Blocks: it has a process to itself."""

    def __init__(
        self,
        *,
        book: AgainBook,
        hear: Hear,
        engine: str,
        judge: Callable[[OpenCall, Sequence[Utterance], Sequence[Gap]], Sequence[Finding]],
        recordings: Path,
        clock: Callable[[], datetime],
        legs: Collection[Leg] = tuple(Leg),
    ) -> None:
        """`engine` names what hears, for the record; `legs` are those it hears better than was heard live."""
        self._book = book
        self._hear = hear
        self._engine = engine
        self._judge = judge
        self._recordings = recordings
        self._clock = clock
        self._legs = tuple(legs)

    def work(self, most: int | None = None) -> int:
        """Hear again what is left, newest call first, `most` calls at most; returns how many were done."""
        done = 0
        for call_id in self._book.calls_to_hear_again()[:most]:
            self.one(call_id)
            done += 1
        return done

    def one(self, call_id: str) -> None:
        """Hear one call again and put the result into the book."""
        before = time.process_time()
        self._book.begin_hearing(call_id)
        try:
            legs, kept = self._listen(call_id)
            heard = self._result(call_id, legs, kept, time.process_time() - before)
        except (KeyboardInterrupt, SystemExit):
            self._book.unbegin_hearing(call_id)
            raise
        if self._book.hear_again(call_id, heard, self._clock()):
            log.info(
                "call heard again",
                call_id=call_id,
                added=len(heard.added),
                superseded=len(heard.superseded),
                cpu_seconds=round(heard.cpu_seconds, 1),
            )

    def _listen(self, call_id: str) -> tuple[dict[Leg, LegAgain], dict[Leg, str]]:
        legs: dict[Leg, LegAgain] = {}
        kept = {leg: "heard as well live" for leg in Leg if leg not in self._legs}
        for leg in self._legs:
            file = self._recordings / file_names(call_id)[leg.value]
            try:
                settle(file)
                pcm, rate = read(file)
                legs[leg] = LegAgain(tuple(self._hear(pcm, rate, leg)), len(pcm) / 2 / rate)
            except (RecordingError, HearingError, OSError) as wrong:
                kept[leg] = str(wrong)
                log.warning("a leg cannot be heard again", call_id=call_id, leg=leg.value, error=str(wrong))
        return legs, kept

    def _result(
        self, call_id: str, legs: dict[Leg, LegAgain], kept: dict[Leg, str], cpu_seconds: float
    ) -> HeardAgain:
        if not legs:
            return HeardAgain(self._engine, {}, kept, (), (), cpu_seconds)
        cuts = self._book.cut_out(call_id)
        standing = [
            u
            for u in self._book.utterances(call_id)
            if u.leg not in legs
            or u.start + u.end >= 2 * legs[u.leg].seconds
            or any(c.leg is u.leg and c.start < u.end and (c.end or 0.0) > u.start for c in cuts)
        ]
        legs = {leg: replace(again, words=beside(again.words, standing)) for leg, again in legs.items()}
        words = sorted(
            [*standing, *(u for again in legs.values() for u in again.words)], key=lambda u: u.start
        )
        found = self._judge(self._book.call(call_id), words, self._book.unheard(call_id))
        before = self._book.numbered_findings(call_id)
        return HeardAgain(
            self._engine,
            legs,
            kept,
            added=tuple(new for new in found if not any(same(new, old) for _, old in before)),
            superseded=tuple(
                number
                for number, old in before
                if old.kind in _JUDGED and old.leg in legs and not any(same(new, old) for new in found)
            ),
            cpu_seconds=cpu_seconds,
        )


def beside(words: Sequence[Utterance], standing: Sequence[Utterance]) -> tuple[Utterance, ...]:
    """Leave out words that fall into utterances of their leg that stay: what was cut out and around it."""
    left = []
    for utterance in words:
        kept = tuple(
            w
            for w in utterance.words
            if not any(s.leg is utterance.leg and s.start <= (w.start + w.end) / 2 <= s.end for s in standing)
        )
        if kept == utterance.words:
            left.append(utterance)
        elif kept:
            text = " ".join(w.text for w in kept)
            left.append(replace(utterance, start=kept[0].start, end=kept[-1].end, text=text, words=kept))
    return tuple(left)


def same(one: Finding, other: Finding) -> bool:
    """Whether two findings, of words heard twice, say the same.

    A disclosure is judged once a call; anything else may be said twice, so the second counts too.
    """
    if (one.rule_id, one.verdict) != (other.rule_id, other.verdict):
        return False
    return one.kind is FindingKind.DISCLOSURE or abs(one.start - other.start) < SAME_S
