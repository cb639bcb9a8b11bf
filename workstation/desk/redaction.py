"""What was cut out of a call, as the floor and the screens need to know it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from compliance.checks.finding import Finding
from compliance.transcription.words import Utterance


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of final words that were given to the book."""

    segment_id: int
    utterance: Utterance
    """As it was stored: show and judge this, not what was given."""
    changed: tuple[Utterance, ...] = ()
    """Utterances stored before that were masked now: their numbers went on in this one."""
    incident: Finding | None = None
    """What the supervisor's list says about it; None where nothing new was cut out."""


@dataclass(frozen=True, slots=True)
class Owed:
    """A call whose recordings must be silent in some stretches."""

    call_id: str
    rows: tuple[int, ...]
    """The redactions, by id."""
    spans: tuple[tuple[float, float], ...]
    """Seconds on the call's timeline, margin included."""
    files: Mapping[str, str]
    """Digests of the recordings as they were muted last, by file name; empty before that."""
