"""What a recogniser heard: words with times and confidence, one leg at a time."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Leg(StrEnum):
    """Which side of the call. Each leg has its own audio, so who spoke is never guessed."""

    AGENT = "agent"
    DEBTOR = "debtor"


class Source(StrEnum):
    """Where words come from."""

    LIVE = "live"
    RECORDING = "recording"
    """Transcribed from the recording afterwards, because it could not be heard live."""
    THOROUGH = "thorough"
    """Transcribed from the recording after the call, in place of words heard in haste."""


@dataclass(frozen=True, slots=True)
class Word:
    """One recognised word; times in seconds from the start of the leg's timeline."""

    text: str
    start: float
    end: float
    confidence: float
    """0 to 1, as the engine gives it; 0 for partial results, which have none."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One way to read an utterance's sound; the engine gives its words no confidences."""

    words: tuple[Word, ...]
    behind: float
    """How much less likely than the best reading the engine found it (log likelihood); 0 for the best."""


@dataclass(frozen=True, slots=True)
class Utterance:
    """A stretch of speech on one leg. Partial results carry text and no word times."""

    leg: Leg
    start: float
    end: float
    text: str
    words: tuple[Word, ...]
    final: bool
    source: Source = Source.LIVE
    second: tuple[Word, ...] = ()
    """What a second, narrower listening made of this leg's talk since the last final words; for proposals."""

    readings: tuple[Reading, ...] = ()
    """How else it might be read, nearest first; only after a call, and only where it was asked for."""

    level: float | None = None
    """How loud its louder half was, dB to full scale (RMS); None where that was not measured."""

    @property
    def confidence(self) -> float:
        """Mean word confidence, 0 where there are no words."""
        return sum(w.confidence for w in self.words) / len(self.words) if self.words else 0.0
