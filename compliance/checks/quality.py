"""How good a transcript is, and whether it is good enough to say that something was not said.

A disclosure is missing only where the leg was heard well: mean word confidence high, most of the voiced time
covered by words, and no gap where it should have been. Otherwise its absence is inconclusive.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from compliance.transcription.words import Leg, Utterance, Word

MIN_CONFIDENCE = 0.7
"""Mean word confidence from which a leg counts as well heard. Clean wideband speech has 0.9 and more."""
MIN_COVERAGE = 0.6
"""Share of voiced time that words must cover; pauses inside words and breaths keep it under 1 always."""
MIN_WORDS = 4
"""Fewer words than this say nothing about how well a leg is heard."""

Span = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Quality:
    """The measured quality of one leg's transcript."""

    words: int
    mean_confidence: float
    voiced_coverage: float | None = None
    """Share of voiced time covered by words, 0 to 1; None where it was not measured."""

    @property
    def doubt(self) -> str:
        """Why absence cannot be proved, in one line; empty where it can."""
        if self.words < MIN_WORDS:
            return f"only {self.words} words were heard on this leg"
        if self.mean_confidence < MIN_CONFIDENCE:
            return f"mean word confidence is {self.mean_confidence:.2f}, under {MIN_CONFIDENCE:.2f}"
        if self.voiced_coverage is not None and self.voiced_coverage < MIN_COVERAGE:
            return f"words cover {self.voiced_coverage:.0%} of the voiced time, under {MIN_COVERAGE:.0%}"
        return ""


def measure(
    utterances: Iterable[Utterance],
    leg: Leg,
    voiced: Sequence[Span] | None = None,
    *,
    until: float = math.inf,
) -> Quality:
    """Measure a leg's transcript from its final words and, if given, its voiced spans (seconds, in order).

    What begins at second `until` or later is left out.
    """
    words = [w for u in utterances if u.final and u.leg is leg for w in u.words if w.start < until]
    if voiced is not None:
        voiced = [(start, min(end, until)) for start, end in voiced if start < until]
    mean = sum(w.confidence for w in words) / len(words) if words else 0.0
    return Quality(len(words), mean, None if voiced is None else _coverage(words, voiced))


def _coverage(words: Sequence[Word], voiced: Sequence[Span]) -> float:
    total = sum(end - start for start, end in voiced)
    if not total:
        return 1.0
    covered = sum(max(0.0, min(w.end, end) - max(w.start, start)) for w in words for start, end in voiced)
    return min(1.0, covered / total)
