"""What a rule looks at, and what it answers.

A rule answers with an :class:`Outcome`: from which instant on it lets contact start (or that waiting does not
help), and during which opening hours. That holds for all later instants as long as nothing new happens, which
is what makes the search for the next eligible instant exact and quick.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from operator import attrgetter
from zoneinfo import ZoneInfo

from compliance.contact import ContactFacts, PastAttempt
from compliance.hours import Opening, first_open, local_midnight, zone

_AT = attrgetter("at")

_NOWHERE = ZoneInfo("UTC")
"""Whose dates are used when no zone is known."""

ALWAYS = datetime.min.replace(tzinfo=UTC)
"""``free_from`` of a rule that does not stand in the way."""


class Situation:
    """The facts of one intended contact, prepared once for every rule."""

    def __init__(self, facts: ContactFacts, at: datetime, tail: timedelta) -> None:
        self.facts = facts
        self.at = at
        self.tail = tail
        """Taken off the end of calling hours, so that a call does not run past them."""
        self.timed = False
        """Whether a binding rule about hours reaches the contact; the gate sets it before it judges."""
        known = [(name, zone(name)) for name in facts.zones]
        self.zones: tuple[ZoneInfo, ...] = tuple(found for _, found in known if found is not None)
        self.bad_zones: tuple[str, ...] = tuple(name for name, found in known if found is None)
        self._attempts = sorted(facts.attempts, key=_AT)

    @property
    def located(self) -> bool:
        """Whether every place the person may be in has a known zone."""
        return bool(self.zones) and not self.bad_zones

    def attempts_since(self, since: datetime) -> list[PastAttempt]:
        """Return the attempts from `since` on, oldest first.

        One that lies ahead of ``at`` (another machine's clock) is among them: it counts like one just made.
        """
        return self._attempts[bisect_left(self._attempts, since, key=_AT) :]

    def day(self, at: datetime) -> date:
        """Return the latest date among the candidate zones: a new rule binds once it binds anywhere."""
        return max(
            (at.astimezone(where).date() for where in self.zones), default=at.astimezone(_NOWHERE).date()
        )

    def next_day(self, at: datetime) -> datetime:
        """Return the next instant at which :meth:`day` changes."""
        return self.day_begins(self.day(at) + timedelta(days=1))

    def day_begins(self, day: date) -> datetime:
        """Return the first instant of a date in any candidate zone."""
        return min(local_midnight(day, where) for where in self.zones or (_NOWHERE,))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one rule says: contact may start from ``free_from`` on, at instants in all openings."""

    message: str
    """One line for the person at the screen, for the instant that was asked about."""
    free_from: datetime | None = ALWAYS
    """None: not by waiting."""
    openings: tuple[Opening, ...] = ()
    inputs: Mapping[str, str] = field(default_factory=dict)

    def passes(self, at: datetime) -> bool:
        """Whether this rule lets contact start at `at`."""
        if self.free_from is None or at < self.free_from:
            return False
        return all(opening.closes(at) is not None for opening in self.openings)

    def retry_at(self, at: datetime) -> datetime | None:
        """Return the first instant not before `at` at which this rule alone lets contact start."""
        return None if self.free_from is None else first_open(self.openings, max(at, self.free_from))
