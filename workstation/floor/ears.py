"""What a live call is judged with: checks, the excuses and facts in an utterance, what may not be shown."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from compliance.checks.finding import Caught, Finding, Lamp
from compliance.redaction.policy import CARDS, Policy
from compliance.transcription.words import Leg, Utterance


class Checks(Protocol):
    """The live checks of one call (compliance.checks.live)."""

    def talk_began(self, at_s: float) -> None:
        """Deadlines run from here."""

    def voiced(self, leg: Leg, spans: Sequence[tuple[float, float]]) -> None:
        """See LiveChecks."""

    def gap(self, leg: Leg, start: float, end: float | None) -> None:
        """Take it that a stretch was not heard: absence there proves nothing."""

    def hear(self, utterance: Utterance) -> list[Finding]:
        """Judge an utterance."""

    def tick(self, now_s: float) -> list[Finding]:
        """Judge what has fallen due by this second of the call."""

    def lamps(self) -> tuple[Lamp, ...]:
        """Return the disclosures' states."""

    def finish(self) -> list[Finding]:
        """Judge what is still open when the call is over."""


@dataclass(frozen=True, slots=True)
class ExcuseMatch:
    """An excuse recognised in the debtor's words."""

    excuse_id: str
    title: str
    score: float
    text: str


@dataclass(frozen=True, slots=True)
class Ears:
    """Put together by bootstrap from compliance and scripts."""

    checks: Checks
    excuses: Callable[[Utterance], Sequence[ExcuseMatch]]
    """What the debtor said to excuses, best first."""
    facts: Callable[[Utterance], Sequence[Caught]]
    """Promise, callback and e-mail candidates in an utterance."""
    policy: Policy = CARDS
    """What may not be shown."""
