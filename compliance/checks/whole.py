"""Judging a call from its whole transcript, as it would have been judged live, with nothing arriving late."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol

from compliance.checks.finding import Finding
from compliance.transcription.words import Leg, Utterance


class Judging(Protocol):
    """What LiveChecks does, as far as it is needed here."""

    def talk_began(self, at_s: float) -> None:
        """See LiveChecks."""

    def gap(self, leg: Leg, start: float, end: float | None) -> None:
        """See LiveChecks."""

    def hear(self, utterance: Utterance) -> Sequence[Finding]:
        """See LiveChecks."""

    def tick(self, now_s: float) -> Sequence[Finding]:
        """See LiveChecks."""

    def finish(self) -> Sequence[Finding]:
        """See LiveChecks."""


def judge_whole(
    checks: Judging,
    heard: Iterable[Utterance],
    *,
    talk: float = 0.0,
    gaps: Sequence[tuple[Leg, float, float | None]] = (),
) -> list[Finding]:
    """Hold final words against fresh checks, absences included; `talk` is when the debtor answered.

    Time passes between the utterances, so that a disclosure said after it fell due is missing first and
    heard late then, as on a live call. Only one that fell due while words were still heard can be missing.
    """
    checks.talk_began(talk)
    for leg, start, end in gaps:
        checks.gap(leg, start, end)
    order = sorted(heard, key=lambda u: u.end)
    # Nothing still to come begins before this second: what is due by then can be judged.
    quiet_until = [u.start for u in order]
    for n in range(len(order) - 2, -1, -1):
        quiet_until[n] = min(quiet_until[n], quiet_until[n + 1])
    found: list[Finding] = []
    for utterance, second in zip(order, quiet_until, strict=True):
        found += checks.tick(second)
        found += checks.hear(utterance)
    found += checks.tick(max((u.end for u in order), default=0.0))
    return [*found, *checks.finish()]
