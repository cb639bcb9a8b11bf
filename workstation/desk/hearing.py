"""Hearing a call again after it ended: what the pass needs of the book, and what it puts there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from compliance.checks.finding import Finding
from compliance.transcription.words import Leg, Utterance
from workstation.desk.book import Gap, OpenCall

REPLACED = "replaced"
"""What became of a leg whose words the pass replaced; any other word says why it did not."""


@dataclass(frozen=True, slots=True)
class LegAgain:
    """One leg heard again."""

    words: tuple[Utterance, ...]
    seconds: float
    """How much there was to hear: words first heard later than this stay as they are."""


@dataclass(frozen=True, slots=True)
class HeardAgain:
    """What hearing a call again came to; put into the book whole or not at all."""

    engine: str
    legs: Mapping[Leg, LegAgain]
    kept: Mapping[Leg, str]
    """Legs whose words stay as they were first heard, each with the reason."""
    added: Sequence[Finding]
    """Findings that the words first heard did not give."""
    superseded: Sequence[int]
    """Ids of findings that the better words do not bear out."""
    cpu_seconds: float


class AgainBook(Protocol):
    """What the pass after the call does with the book."""

    def calls_to_hear_again(self) -> tuple[str, ...]:
        """Return ended, judged, recorded calls that were not heard again, newest first.

        Not those that took the process with them again and again (see ``begin_hearing``).
        """

    def begin_hearing(self, call_id: str) -> int:
        """Count a try, so that a call that kills its hearer is given up in the end; returns the count."""

    def unbegin_hearing(self, call_id: str) -> None:
        """Take the try back: the hearer was stopped, the call is not to blame."""

    def hear_again(self, call_id: str, heard: HeardAgain, now: datetime) -> bool:
        """Replace words and findings in one transaction; False where another process was quicker.

        Words and findings first heard are kept and marked; holds they proposed stay as they are, and a new
        finding that names a hold proposes it. Raises NotFound.
        """

    def call(self, call_id: str) -> OpenCall:
        """Return a call's facts. Raises NotFound."""

    def utterances(self, call_id: str) -> tuple[Utterance, ...]:
        """Return the words that stand, in order of time."""

    def numbered_findings(self, call_id: str) -> tuple[tuple[int, Finding], ...]:
        """Return the findings that stand, with their ids."""

    def cut_out(self, call_id: str) -> tuple[Gap, ...]:
        """Return the stretches that were cut out of a call: the words around them stay as they were heard."""

    def unheard(self, call_id: str) -> tuple[Gap, ...]:
        """Return the stretches nobody could hear."""
