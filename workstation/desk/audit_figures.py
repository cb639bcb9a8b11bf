"""What the reviews say about the rules, the ranking and the scripts. Pure; every figure shows its counts.

Shares come with Wilson's interval (Wilson 1927), at 95 %::

    (p + z^2/2n  +-  z sqrt(p(1-p)/n + z^2/4n^2)) / (1 + z^2/n),   z = 1.96

which stays inside 0 to 1 and means something for small counts and shares of none or all.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from enum import StrEnum
from math import sqrt

Z = 1.959964
"""Two-sided 95 %."""
TOP = 100
"""Of the calls reviewed, how many of the highest scores the lift looks at."""
FEW = 20
"""Calls reviewed under which a share is not worth comparing."""


class Judged(StrEnum):
    """A reviewer's word on one doubt."""

    CONFIRMED = "confirmed"
    REJECTED = "rejected"
    """A false alarm."""
    ADDED = "added"
    """The machine missed it."""


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many."""

    hits: int
    of: int

    @property
    def value(self) -> float | None:
        """0 to 1; None of none."""
        return self.hits / self.of if self.of else None

    @property
    def interval(self) -> tuple[float, float]:
        """Wilson's interval at 95 %; 0 to 1 where nothing is known."""
        return wilson(self.hits, self.of)


def wilson(hits: int, of: int) -> tuple[float, float]:
    """Return Wilson's 95 % interval of a share. Raises ValueError for counts that are none."""
    if not 0 <= hits <= of:
        raise ValueError(f"{hits} of {of} is no share")
    if not of:
        return 0.0, 1.0
    p = hits / of
    middle = p + Z * Z / (2 * of)
    reach = Z * sqrt(p * (1 - p) / of + Z * Z / (4 * of * of))
    scale = 1 + Z * Z / of
    return max(0.0, (middle - reach) / scale), min(1.0, (middle + reach) / scale)


@dataclass(frozen=True, slots=True)
class Reviewed:
    """A call whose review is done, as it stood on the list when the review began."""

    call_id: str
    score: float
    sampled: bool
    bad: bool
    """Whether a fault of ours was confirmed or added."""


@dataclass(frozen=True, slots=True)
class Lift:
    """How much more often the ranking leads to a bad call than chance does."""

    top: Share
    """Bad ones among the calls reviewed that scored highest."""
    random: Share
    """Bad ones among the random sample: what listening at random would find."""
    value: float | None
    """The one share over the other; None: not known yet."""
    low: float | None
    """Lower end of the first share over the upper end of the second: a cautious reading."""
    unknown: str = ""
    """Why it is not known yet."""


def lift(reviewed: Iterable[Reviewed], k: int) -> Lift:
    """Compare the `k` highest scores among the calls reviewed with the random sample.

    A call of the sample that scores high is in both: the sample must hold all that were drawn to stand for
    all calls. Not known where either holds fewer than FEW calls, or the sample no bad one.
    """
    calls = sorted(reviewed, key=lambda r: (-r.score, r.call_id))
    best = calls[: max(0, k)]
    sample = [r for r in calls if r.sampled]
    top = Share(sum(r.bad for r in best), len(best))
    chance = Share(sum(r.bad for r in sample), len(sample))
    for share, name in ((top, "among the highest"), (chance, "of the random sample")):
        if share.of < FEW:
            return Lift(top, chance, None, None, f"{share.of} calls {name} reviewed, {FEW} needed")
    if not chance.hits:
        return Lift(top, chance, None, None, "no bad call in the random sample yet")
    ratio = (top.hits / top.of) / (chance.hits / chance.of)
    return Lift(top, chance, ratio, top.interval[0] / chance.interval[1])


@dataclass(frozen=True, slots=True)
class VerdictLine:
    """A verdict that stands: the last one on its doubt."""

    call_id: str
    rule_id: str
    rule_version: str
    judged: Judged
    at: datetime
    sampled: bool
    """Whether the call belongs to the random sample."""
    bad: bool = True
    """False for a cue of the debtor's."""


@dataclass(frozen=True, slots=True)
class RuleFigures:
    """How a rule does in the eyes of the reviewers."""

    rule_id: str
    rule_version: str
    """Empty: of faults the machine missed no version is to blame alone."""
    precision: Share
    """Confirmed of confirmed and rejected."""
    recall: Share
    """In the random sample: confirmed of confirmed and added. It is about the rule, whatever the version."""
    findings: int
    calls: int
    """Calls with one or more of them."""


def rule_figures(
    verdicts: Iterable[VerdictLine], found: Mapping[tuple[str, str], tuple[int, int]]
) -> tuple[RuleFigures, ...]:
    """Return each rule and version with its figures; `found` is how many findings it made, on how many calls.

    Precision over all verdicts holds for the calls that were looked at, which the ranking chose; recall is
    taken from the random sample alone, since only there somebody listened without being led.
    """
    tally: dict[tuple[str, str], dict[Judged, int]] = defaultdict(lambda: dict.fromkeys(Judged, 0))
    sample: dict[str, dict[Judged, int]] = defaultdict(lambda: dict.fromkeys(Judged, 0))
    for line in verdicts:
        tally[line.rule_id, line.rule_version][line.judged] += 1
        if line.sampled:
            sample[line.rule_id][line.judged] += 1
    out = []
    for key in sorted({*tally, *found}):
        said, drawn = tally[key], sample[key[0]]
        findings, calls = found.get(key, (0, 0))
        out.append(
            RuleFigures(
                *key,
                Share(said[Judged.CONFIRMED], said[Judged.CONFIRMED] + said[Judged.REJECTED]),
                Share(drawn[Judged.CONFIRMED], drawn[Judged.CONFIRMED] + drawn[Judged.ADDED]),
                findings,
                calls,
            )
        )
    return tuple(out)


def by_month(verdicts: Iterable[VerdictLine], zone: tzinfo = UTC) -> tuple[tuple[str, str, Share], ...]:
    """Return (month as YYYY-MM in a zone, rule, precision of the verdicts given in it), in order."""
    tally: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0])
    for line in verdicts:
        if line.judged is not Judged.ADDED:
            counts = tally[f"{line.at.astimezone(zone):%Y-%m}", line.rule_id]
            counts[0] += line.judged is Judged.CONFIRMED
            counts[1] += 1
    return tuple((*key, Share(*tally[key])) for key in sorted(tally))


@dataclass(frozen=True, slots=True)
class PromiseCall:
    """A call on which a promise was booked that is due by now, and what the collector said on it."""

    lines: frozenset[str]
    """Steps of the script that were heard."""
    kept: bool


@dataclass(frozen=True, slots=True)
class LineFigures:
    """A line of the script beside the promises of the calls on which it was said, and of those where not.

    The two go together or they do not: that one brings about the other is not shown. Calls differ in more
    than a line, and who gets far enough into a talk to say the last line has a willing debtor already.
    """

    line: str
    said: Share
    """Promises kept of those due, on calls with the line."""
    unsaid: Share


def line_figures(calls: Sequence[PromiseCall]) -> tuple[LineFigures, ...]:
    """Hold each line against the promises kept, the widest difference first; see LineFigures."""
    out = []
    for line in sorted({line for call in calls for line in call.lines}):
        said = [c.kept for c in calls if line in c.lines]
        unsaid = [c.kept for c in calls if line not in c.lines]
        out.append(LineFigures(line, Share(sum(said), len(said)), Share(sum(unsaid), len(unsaid))))
    return tuple(sorted(out, key=lambda f: (-((f.said.value or 0) - (f.unsaid.value or 0)), f.line)))
