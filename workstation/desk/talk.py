"""How a call was spoken: who talked how long, over each other, in silence, and how fast. Pure.

Spans are (start, end) in seconds on the call's timeline, in order and apart from each other, as the voice
activity detector gives them (compliance.transcription.voiced).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

Span = tuple[float, float]

DEAD_AIR_SECONDS = 3.0
"""Neither side speaking for this long is dead air; shorter is the rhythm of a talk."""
INTERRUPTION_SECONDS = 0.5
"""Who begins while the other has spoken this long, and overlaps this long, interrupts; less is a nod."""


@dataclass(frozen=True, slots=True)
class TalkMetrics:
    """Figures of one call. All in seconds, counts, and words a minute of speech."""

    seconds: float
    """From the first voice to the last."""
    agent_seconds: float
    debtor_seconds: float
    overlap_seconds: float
    dead_air_seconds: float
    """Sum of the stretches of dead air between the first voice and the last."""
    longest_dead_air: float
    longest_dead_air_at: float
    """Second at which the longest stretch begins; 0 where there is none."""
    agent_interruptions: int
    """How often the collector broke in on the debtor."""
    debtor_interruptions: int
    agent_pace: float
    """Words a minute while speaking; 0 where nothing was heard."""
    debtor_pace: float

    @property
    def agent_share(self) -> float:
        """The collector's share of all speech, 0 to 1."""
        both = self.agent_seconds + self.debtor_seconds
        return self.agent_seconds / both if both else 0.0


def measure_talk(
    agent: Sequence[Span], debtor: Sequence[Span], *, agent_words: int = 0, debtor_words: int = 0
) -> TalkMetrics:
    """Measure a call from the voiced spans of its two legs and the number of words heard on each."""
    spoken = [_total(agent), _total(debtor)]
    voices = _union([*agent, *debtor])
    overlap = sum(spoken) - _total(voices)
    silences = [(after[0] - before[1], before[1]) for before, after in pairwise(voices)]
    dead = [(length, at) for length, at in silences if length >= DEAD_AIR_SECONDS]
    longest = max(dead, default=(0.0, 0.0))
    return TalkMetrics(
        seconds=voices[-1][1] - voices[0][0] if voices else 0.0,
        agent_seconds=spoken[0],
        debtor_seconds=spoken[1],
        overlap_seconds=max(0.0, overlap),
        dead_air_seconds=sum(length for length, _ in dead),
        longest_dead_air=longest[0],
        longest_dead_air_at=longest[1],
        agent_interruptions=_interruptions(agent, debtor),
        debtor_interruptions=_interruptions(debtor, agent),
        agent_pace=60 * agent_words / spoken[0] if spoken[0] else 0.0,
        debtor_pace=60 * debtor_words / spoken[1] if spoken[1] else 0.0,
    )


def _total(spans: Sequence[Span]) -> float:
    return sum(end - start for start, end in spans)


def _union(spans: Sequence[Span]) -> list[Span]:
    out: list[Span] = []
    for start, end in sorted(spans):
        if out and start <= out[-1][1]:
            out[-1] = (out[-1][0], max(out[-1][1], end))
        else:
            out.append((start, end))
    return out


def _interruptions(by: Sequence[Span], of: Sequence[Span]) -> int:
    return sum(
        any(
            began + INTERRUPTION_SECONDS <= start and min(end, ended) - start >= INTERRUPTION_SECONDS
            for began, ended in of
        )
        for start, end in by
    )
