"""How each speech rule does, as a supervisor reads it: how often it speaks, how often it is right, by month.

Pure. Months are the floor's. What a rule found counts in the month of the call, what reviewers said of it in
the month in which they said it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, tzinfo
from enum import StrEnum
from fractions import Fraction

from workstation.desk.audit_figures import Judged, Lift, RuleFigures, Share, VerdictLine, rule_figures

MONTHS = 12
"""Months that are looked back on, the one that runs included."""


def months_back(today: date, count: int = MONTHS) -> tuple[date, ...]:
    """Return the first days of the last `count` months, the month of `today` last."""
    at = today.year * 12 + today.month - 1
    return tuple(date(n // 12, n % 12 + 1, 1) for n in range(at - count + 1, at + 1))


def begins(month: date, zone: tzinfo) -> datetime:
    """Return the instant at which a month begins in a zone."""
    return datetime.combine(month, time(), zone)


@dataclass(frozen=True, slots=True)
class RuleName:
    """What a rule is called, and what it rests on."""

    title: str
    severity: str = ""
    citation: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """Findings of a rule that need a look, on calls placed in one month."""

    rule_id: str
    month: date | None
    """None: before the months that are looked back on."""
    findings: int
    calls: int
    """Calls with one or more of them."""


@dataclass(frozen=True, slots=True)
class RuleMonth:
    """A rule in one month."""

    month: date
    calls: int
    """Calls judged in all."""
    findings: int
    precision: Share

    @property
    def per_100(self) -> Fraction | None:
        """Findings per 100 calls; None without a call."""
        return per_100(self.findings, self.calls)


@dataclass(frozen=True, slots=True)
class RuleLine:
    """One rule, all its versions together."""

    name: RuleName
    figures: RuleFigures
    judged_calls: int
    """Calls judged in all, whether the rule spoke or not."""
    missed: int
    """Faults that reviewers added, on any call: recall counts those of the random sample alone."""
    months: tuple[RuleMonth, ...]

    @property
    def rule_id(self) -> str:
        """The rule's id."""
        return self.figures.rule_id

    @property
    def per_100(self) -> Fraction | None:
        """Findings per 100 calls; None without a call."""
        return per_100(self.figures.findings, self.judged_calls)

    @property
    def judged(self) -> int:
        """Findings that a reviewer confirmed or rejected."""
        return self.figures.precision.of

    @property
    def false_alarms(self) -> int:
        """Findings that a reviewer rejected."""
        return self.figures.precision.of - self.figures.precision.hits


@dataclass(frozen=True, slots=True)
class RuleTable:
    """Every rule that found something, or should have."""

    lines: tuple[RuleLine, ...]
    months: tuple[date, ...]
    calls: int
    """Calls that were talked on and judged."""
    lift: Lift | None = None

    @property
    def judged(self) -> int:
        """Findings that a reviewer confirmed or rejected."""
        return sum(line.judged for line in self.lines)


class Order(StrEnum):
    """What the table begins with."""

    FALSE_ALARMS = "by false alarms"
    FINDINGS = "by findings"
    MISSED = "by missed"


def per_100(findings: int, calls: int) -> Fraction | None:
    """Return findings per 100 calls; None without a call."""
    return Fraction(100 * findings, calls) if calls else None


def rule_table(
    verdicts: Sequence[VerdictLine],
    found: Iterable[Found],
    calls: Mapping[date | None, int],
    names: Mapping[str, RuleName],
    months: Sequence[date],
    zone: tzinfo,
    lift: Lift | None = None,
) -> RuleTable:
    """Put the table together; `calls` is how many were judged, by month as in `Found`."""
    spoke: dict[str, dict[date | None, Found]] = defaultdict(dict)
    for one in found:
        spoke[one.rule_id][one.month] = one
    said: dict[tuple[str, date], list[VerdictLine]] = defaultdict(list)
    missed: dict[str, int] = defaultdict(int)
    for verdict in verdicts:
        said[verdict.rule_id, verdict.at.astimezone(zone).date().replace(day=1)].append(verdict)
        missed[verdict.rule_id] += verdict.judged is Judged.ADDED
    totals = {
        (rule, ""): (sum(f.findings for f in by.values()), sum(f.calls for f in by.values()))
        for rule, by in spoke.items()
    }
    whole = sum(calls.values())
    lines = []
    for figures in rule_figures((replace(v, rule_version="") for v in verdicts), totals):
        rule = figures.rule_id
        course = tuple(
            RuleMonth(
                month,
                calls.get(month, 0),
                spoke[rule][month].findings if month in spoke[rule] else 0,
                _precision(said[rule, month]),
            )
            for month in months
        )
        lines.append(RuleLine(names.get(rule, RuleName(rule)), figures, whole, missed[rule], course))
    return RuleTable(tuple(lines), tuple(months), whole, lift)


def _precision(verdicts: Iterable[VerdictLine]) -> Share:
    judged = [v.judged for v in verdicts if v.judged is not Judged.ADDED]
    return Share(judged.count(Judged.CONFIRMED), len(judged))


def ordered(lines: Iterable[RuleLine], order: Order) -> tuple[RuleLine, ...]:
    """Return the lines in an order; where it says nothing, the rule that spoke more comes first."""

    def first(line: RuleLine) -> int:
        return {Order.FALSE_ALARMS: line.false_alarms, Order.MISSED: line.missed}.get(order, 0)

    return tuple(sorted(lines, key=lambda x: (-first(x), -x.figures.findings, x.rule_id)))


# ---- the findings behind a rule ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RuleFinding:
    """One finding of a rule, or a fault of its kind that a reviewer added."""

    call_id: str
    at: datetime
    """When the call was placed."""
    collector: str
    party: str
    account: str
    second: float | None
    confidence: float
    """0 to 1; 0 where a reviewer added it."""
    verdict: str
    """What the machine says: heard, missing, inconclusive; empty where a reviewer added it."""
    words: str
    judged: Judged | None = None
    judged_by: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class RuleFindings:
    """One page of them, the newest call first."""

    rows: tuple[RuleFinding, ...]
    total: int
