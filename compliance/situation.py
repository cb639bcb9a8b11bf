"""What a rule looks at, and what it answers.

A rule answers with an :class:`Outcome`: from which instant on it lets contact start (or that waiting does not
help), during which windows, and until when it stands aside. That holds for all later instants as long as
nothing new happens, which is what makes the search for the next eligible instant exact and quick.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from operator import attrgetter
from typing import TypeVar
from zoneinfo import ZoneInfo

from compliance.contact import ContactFacts, PastAttempt, PastConversation
from compliance.hours import SEARCH, Window, first_open, local_midnight, zone

_AT = attrgetter("at")
T = TypeVar("T")

_NOWHERE = ZoneInfo("UTC")
"""Whose dates are used when no zone is known."""

ALWAYS = datetime.min.replace(tzinfo=UTC)
"""``free_from`` of a rule that does not stand in the way."""

FOREVER = datetime.max.replace(tzinfo=UTC)
"""``excused_until`` of a rule that stands aside until something new happens."""


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
        self.talks: list[PastConversation] = sorted(
            (talk for talk in facts.conversations if talk.collector == facts.collector), key=_AT
        )
        self.buckets = self._buckets()
        """The debts to count for, loans of one account as one; an empty set stands for every debt."""
        self._found: dict[Hashable, object] = {}

    @property
    def located(self) -> bool:
        """Whether every place the person may be in has a known zone."""
        return bool(self.zones) and not self.bad_zones

    def attempts(self, since: datetime = ALWAYS, *, household: bool = False) -> list[PastAttempt]:
        """Return this collector's attempts from an instant on, oldest first.

        Those to the person, or with `household` also those to others that the book handed in. One that lies
        ahead of ``at`` (another machine's clock) is among them: it counts like one just made.
        """
        collector, person = self.facts.collector, self.facts.person_id
        return [
            attempt
            for attempt in self._attempts[bisect_left(self._attempts, since, key=_AT) :]
            if attempt.collector == collector
            and (household or attempt.person_id is None or attempt.person_id == person)
        ]

    def _buckets(self) -> list[frozenset[int]]:
        loans = {debt.debt_id: debt.loan_account for debt in self.facts.debts if debt.loan_account}
        grouped: dict[Hashable, set[int]] = {}
        for debt in sorted(self.facts.debt_ids):
            grouped.setdefault(loans.get(debt, debt), {debt}).add(debt)
        for debt, account in loans.items():
            if account in grouped:
                grouped[account].add(debt)
        return [frozenset(debts) for debts in grouped.values()] or [frozenset()]

    def once(self, key: Hashable, work: Callable[[], T]) -> T:
        """Return what `work` returned for this key in this situation; rules that ask the same share it."""
        if key not in self._found:
            self._found[key] = work()
        return self._found[key]  # type: ignore[return-value]  # a key always stands for the same work

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

    def day_begins_everywhere(self, day: date) -> datetime:
        """Return the first instant at which a date has begun in every candidate zone."""
        return max(local_midnight(day, where) for where in self.zones or (_NOWHERE,))


def about(bucket: frozenset[int], debts: frozenset[int]) -> bool:
    """Whether a contact counts for a bucket; one recorded without debts counts for each: it could be any."""
    return not bucket or not debts or not bucket.isdisjoint(debts)


@dataclass(frozen=True, slots=True)
class Wait:
    """A wait until ``free_from`` that counts from ``excused_until`` on only."""

    free_from: datetime
    excused_until: datetime = ALWAYS

    def closes(self, at: datetime) -> datetime | None:
        """Return until when contact may start; None if it may not at `at`."""
        if at >= self.free_from or self.free_from <= self.excused_until:
            return FOREVER
        return self.excused_until if at < self.excused_until else None

    def opens(self, at: datetime) -> datetime:
        """Return the first instant not before `at` at which contact may start."""
        return at if at < self.excused_until else max(at, self.free_from)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one rule says: contact may start from ``free_from`` on, at instants in all windows."""

    message: str
    """One line for the person at the screen, for the instant that was asked about."""
    free_from: datetime | None = ALWAYS
    """None: not by waiting."""
    openings: tuple[Window, ...] = ()
    inputs: Mapping[str, str] = field(default_factory=dict)
    excused_until: datetime = ALWAYS
    """Before this instant the rule lets contact start whatever else it says: consent, one reply."""

    def passes(self, at: datetime) -> bool:
        """Whether this rule lets contact start at `at`."""
        if at < self.excused_until:
            return True
        if self.free_from is None or at < self.free_from:
            return False
        return all(opening.closes(at) is not None for opening in self.openings)

    def retry_at(self, at: datetime) -> datetime | None:
        """Return the first instant not before `at` at which this rule alone lets contact start."""
        if at < self.excused_until:
            return at
        return None if self.free_from is None else first_open(self.openings, max(at, self.free_from))

    def closes(self, at: datetime) -> datetime:
        """Return until when this rule lets contact start from `at` on; FOREVER if it stays so."""
        moment = max(at, self.excused_until)
        while moment < FOREVER and self.passes(moment):
            ends = [found for o in self.openings if (found := o.closes(moment)) is not None]
            moment = min(ends, default=FOREVER)
        return moment


def first_pass(outcomes: Iterable[Outcome], at: datetime) -> datetime | None:
    """Return the first instant not before `at` at which every rule lets contact start; None within 400 days.

    Each step jumps to the latest of the rules' next instants. No joint instant lies below it, so the first
    one found is the earliest.
    """
    # Rules that ask the same share their answer; those that stand in no way are left out.
    rules = [o for o in {id(o): o for o in outcomes}.values() if o.openings or o.free_from != ALWAYS]
    moment, last = at, at + SEARCH
    for outcome in rules:
        # Waits longer than the search looks ahead are not closed hours: look ahead from their end.
        if at >= outcome.excused_until and outcome.free_from is not None:
            last = max(last, outcome.free_from + SEARCH)
    while moment < last:
        latest = moment
        for outcome in rules:
            found = outcome.retry_at(moment)
            if found is None:
                return None
            latest = max(latest, found)
        if latest == moment:
            return moment
        moment = latest
    return None
