"""How likely the right party is reached now: Beta-Binomial per part of the day, shrunk to a prior.

Past attempts count less as they age (half after 90 days). With no history the prior speaks alone, so a new
account is ranked by what is usual for its kind of number, never by a guess of zero or one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from zoneinfo import ZoneInfo

from compliance.contact import NumberKind

PRIOR_STRENGTH = 8.0
"""How many past attempts the prior weighs as much as."""

HALF_LIFE_DAYS = 90.0


class DayPart(IntEnum):
    """Parts of the local day; the value is the hour each begins."""

    NIGHT = 0
    EARLY = 8
    LATE_MORNING = 10
    MIDDAY = 12
    AFTERNOON = 14
    EVENING = 17


def day_part(local: datetime) -> DayPart:
    """Return the part of the day of a local time."""
    hour = local.hour if local.hour < 21 else 0
    return max(p for p in DayPart if p <= hour)


#: Share of attempts that reach the right party where nothing else is known, by kind of number.
_PRIOR: dict[bool, dict[DayPart, float]] = {
    True: {  # business lines
        DayPart.NIGHT: 0.02,
        DayPart.EARLY: 0.30,
        DayPart.LATE_MORNING: 0.36,
        DayPart.MIDDAY: 0.22,
        DayPart.AFTERNOON: 0.32,
        DayPart.EVENING: 0.08,
    },
    False: {  # a person's own phones
        DayPart.NIGHT: 0.04,
        DayPart.EARLY: 0.16,
        DayPart.LATE_MORNING: 0.15,
        DayPart.MIDDAY: 0.16,
        DayPart.AFTERNOON: 0.15,
        DayPart.EVENING: 0.24,
    },
}


@dataclass(frozen=True, slots=True)
class Try:
    """A past attempt as reaching sees it."""

    at: datetime
    right_party: bool


@dataclass(frozen=True, slots=True)
class Reachability:
    """The estimate for now and for the day's best part."""

    now: float
    best: float
    best_part: DayPart
    evidence: float
    """Weight of the past attempts in this part of the day; 0 means the prior alone."""

    @property
    def best_now(self) -> bool:
        """Whether this is the best part of the day, and experience (not the prior alone) says so."""
        return self.evidence >= 1.0 and self.now >= self.best


def reachability(tries: Iterable[Try], kind: NumberKind, zone: str, now: datetime) -> Reachability:
    """Estimate the chance of a right party from past tries, for the person's local day at `now`."""
    local_zone = ZoneInfo(zone)
    hits = dict.fromkeys(DayPart, 0.0)
    weights = dict.fromkeys(DayPart, 0.0)
    for past in tries:
        weight = 0.5 ** (max(0.0, (now - past.at).total_seconds()) / 86400 / HALF_LIFE_DAYS)
        part = day_part(past.at.astimezone(local_zone))
        weights[part] += weight
        hits[part] += weight * past.right_party
    prior = _PRIOR[kind in (NumberKind.OFFICE, NumberKind.WORK)]
    estimate = {
        part: (hits[part] + PRIOR_STRENGTH * prior[part]) / (weights[part] + PRIOR_STRENGTH)
        for part in DayPart
    }
    here = day_part(now.astimezone(local_zone))
    best = max(estimate, key=lambda part: estimate[part])
    return Reachability(estimate[here], estimate[best], best, weights[here])
