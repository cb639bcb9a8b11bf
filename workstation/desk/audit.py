"""Which calls a supervisor should look at first, and why. Pure.

A call's score is the harm to be expected of it: over its doubts, the sum of weight x chance, where the weight
grows with the severity of the rule and the chance says how likely a reviewer is to confirm it. The chance
begins as what the recogniser is worth (a phrase heard: its confidence; an absence on a leg heard well: 0.9;
an inconclusive one: 0.25) and moves with what reviewers said about the same rule and version::

    chance = (PRIOR x first + confirmed) / (PRIOR + confirmed + rejected)

which is the mean of a Beta distribution whose prior is worth PRIOR verdicts. Of several doubts of one rule
the likeliest counts. Calls on stage six, and those whose disposition asks for it, are always on the list.

A random share of the calls is on the list whatever they score. Who is drawn is a matter of the call's id and
the seed alone (:func:`drawn`), so that nobody who works on a call can steer it and anybody can work it out
again; because every call has the same chance, what is found among them holds for all.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from compliance.checks.finding import FindingKind, Heard, Severity

PRIOR = 4.0
"""Verdicts that the first guess about a rule is worth."""
WEIGHT: Mapping[Severity, float] = {
    Severity.CRITICAL: 8.0,
    Severity.HIGH: 4.0,
    Severity.MEDIUM: 2.0,
    Severity.INFO: 0.5,
}
MISMATCH_WEIGHT = 4.0
"""A disposition that its talk does not bear out weighs as much as a finding of high severity."""
MISSING_CHANCE = 0.9
INCONCLUSIVE_CHANCE = 0.25
CUE_CHANCE = 0.15
"""A debtor's stop word is no fault of the collector's; it is worth a look whether it was heeded."""
SHARE_PERCENT = 10.0
"""The random share of each day's calls, in percent."""
STAGE_SIX = 6
_REASONS = 2


class Why(StrEnum):
    """What puts a call on the list."""

    FOUND = "found"
    ALWAYS = "always"
    """Stage six, or a disposition that asks for a review."""
    SAMPLE = "random sample"


@dataclass(frozen=True, slots=True)
class Doubt:
    """One thing on a call that a reviewer can confirm or reject."""

    target: str
    """``finding:ID`` or ``mismatch:KIND``: what a verdict is about."""
    rule_id: str
    rule_version: str
    title: str
    severity: Severity
    kind: FindingKind | None
    """None: a mismatch between disposition and talk."""
    verdict: Heard
    confidence: float
    second: float | None = None

    @property
    def bad(self) -> bool:
        """Whether it is a fault of ours if it is true: not a cue of the debtor's, not a disclosure made."""
        return self.kind is not FindingKind.CUE and self.doubtful

    @property
    def doubtful(self) -> bool:
        """Whether there is anything to look at: a disclosure that was heard needs no reviewer."""
        return not (self.kind is FindingKind.DISCLOSURE and self.verdict is Heard.HEARD)


@dataclass(frozen=True, slots=True)
class CallFacts:
    """What the ranking knows about one call."""

    call_id: str
    at: datetime
    stage: int = 4
    doubts: tuple[Doubt, ...] = ()
    disposition: str = ""
    always: bool = False
    """Whether its disposition asks for a review."""


@dataclass(frozen=True, slots=True)
class RuleRecord:
    """What reviewers said about a rule and version so far."""

    confirmed: int = 0
    rejected: int = 0


@dataclass(frozen=True, slots=True)
class Place:
    """A call's place on the list, and what put it there."""

    call_id: str
    score: float
    why: tuple[Why, ...]
    reasons: tuple[str, ...]
    """The two strongest, or why it is there without any."""
    sampled: bool
    """Whether it belongs to the random share, whatever else puts it on the list."""


@dataclass(frozen=True, slots=True)
class Sampling:
    """The random share (see :func:`drawn`)."""

    percent: float = SHARE_PERCENT
    seed: str = ""


Records = Mapping[tuple[str, str], RuleRecord]
"""By rule id and version."""


def drawn(call_id: str, percent: float = SHARE_PERCENT, seed: str = "") -> bool:
    """Whether a call belongs to the random share.

    The first 64 bits of SHA-256 over seed and call id, read as a fraction of one, lie under the share: each
    call is drawn with that chance, apart from all others, so that a day's list holds the share on average. A
    call once drawn stays drawn for any larger share. Raises ValueError for a share outside 0 to 100.
    """
    if not 0 <= percent <= 100:
        raise ValueError(f"a random share of {percent:g} % is none: give 0 to 100")
    bits = hashlib.sha256(f"{seed}\0{call_id}".encode()).digest()[:8]
    return int.from_bytes(bits) * 100 < percent * 2**64


def chance(doubt: Doubt, record: RuleRecord = RuleRecord()) -> float:
    """How likely a reviewer is to confirm it, 0 to 1 (formula above); 0 where there is nothing to confirm."""
    if not doubt.doubtful:
        return 0.0
    if doubt.verdict is Heard.INCONCLUSIVE:
        first = INCONCLUSIVE_CHANCE
    elif doubt.verdict is Heard.MISSING:
        first = MISSING_CHANCE
    elif doubt.kind is FindingKind.CUE:
        first = CUE_CHANCE
    else:
        first = min(1.0, max(0.0, doubt.confidence))
    return (PRIOR * first + record.confirmed) / (PRIOR + record.confirmed + record.rejected)


def worth(doubt: Doubt, record: RuleRecord = RuleRecord()) -> float:
    """Harm to be expected of one doubt: weight of its severity x chance that it is true."""
    weight = MISMATCH_WEIGHT if doubt.kind is None else WEIGHT[doubt.severity]
    return weight * chance(doubt, record)


def score(doubts: Iterable[Doubt], records: Records | None = None) -> float:
    """Harm to be expected of a call: the sum over its rules, of each the doubt that is worth most."""
    return sum(value for value, _ in _by_rule(doubts, records or {}))


def _by_rule(doubts: Iterable[Doubt], records: Records) -> list[tuple[float, Doubt]]:
    best: dict[str, tuple[float, Doubt]] = {}
    for doubt in doubts:
        value = worth(doubt, records.get((doubt.rule_id, doubt.rule_version), RuleRecord()))
        known = best.get(doubt.rule_id)
        if value > 0 and (known is None or value > known[0]):
            best[doubt.rule_id] = value, doubt
    return sorted(best.values(), key=lambda pair: (-pair[0], pair[1].rule_id))


def place(
    call: CallFacts, records: Records | None = None, *, percent: float = SHARE_PERCENT, seed: str = ""
) -> Place | None:
    """Return a call's place on the list; None where nothing puts it there."""
    ranked = _by_rule(call.doubts, records or {}) if call.doubts else []
    sampled = drawn(call.call_id, percent, seed)
    always = call.stage >= STAGE_SIX or call.always
    if not (ranked or sampled or always):
        return None
    why: list[Why] = []
    reasons = [reason(doubt) for _, doubt in ranked[:_REASONS]]
    if ranked:
        why.append(Why.FOUND)
    if always:
        why.append(Why.ALWAYS)
        said = "stage six" if call.stage >= STAGE_SIX else f"disposition {call.disposition}"
        reasons = [*reasons, said] if len(reasons) < _REASONS else reasons
    if sampled:
        why.append(Why.SAMPLE)
        reasons = reasons or [Why.SAMPLE.value]
    return Place(call.call_id, sum(value for value, _ in ranked), tuple(why), tuple(reasons), sampled)


def reason(doubt: Doubt) -> str:
    """Say a doubt in a few words, with how sure it is."""
    if doubt.kind is None:
        return doubt.title
    if doubt.verdict is Heard.MISSING:
        return f"{doubt.title}: missing"
    if doubt.verdict is Heard.INCONCLUSIVE:
        return f"{doubt.title}: inconclusive"
    return f"{doubt.title} {doubt.confidence:.2f}"


def rank(
    calls: Iterable[CallFacts],
    records: Records | None = None,
    *,
    percent: float = SHARE_PERCENT,
    seed: str = "",
) -> Sequence[Place]:
    """Return the list: the worst first; among equals those that are always looked at, then the newest."""
    known = records or {}
    placed = [
        (found, call.at)
        for call in calls
        if (found := place(call, known, percent=percent, seed=seed)) is not None
    ]
    placed.sort(key=lambda p: p[0].call_id)
    placed.sort(key=lambda p: p[1], reverse=True)
    placed.sort(key=lambda p: (-p[0].score, Why.ALWAYS not in p[0].why))
    return [found for found, _ in placed]
