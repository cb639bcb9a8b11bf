"""How often: attempts per stretch of days, quiet days after a conversation, and gaps between attempts.

Dates are calendar dates where the person is; with several candidate zones the worst result counts. The
rules follow 12 CFR 1006.14(b)(2): attempts to one person about one debt are counted over all of that person's
numbers.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from compliance.contact import Medium, PastAttempt
from compliance.hours import local_midnight
from compliance.rulefile import Table
from compliance.situation import ALWAYS, Outcome, Situation

_LONGEST = 366
_MEDIA = [medium.value for medium in Medium]
_UNLOCATED = "how often cannot be judged: time zone unknown"


def _buckets(situation: Situation) -> Iterable[int | None]:
    """Return the debts to count for; None stands for every debt, where the contact names none."""
    return sorted(situation.facts.debt_ids) or (None,)


def _about(debt: int | None, debts: frozenset[int]) -> bool:
    """Whether a contact counts for the debt; one recorded without debts counts for each (it could be any)."""
    return debt is None or not debts or debt in debts


@dataclass(frozen=True, slots=True)
class CapRule:
    """At most ``limit`` counted attempts within ``days`` consecutive days, today included."""

    limit: int
    days: int
    per: str
    """``debt``: to this person about one debt; ``person``: about all debts together."""
    media: frozenset[Medium]
    """Media whose attempts are counted."""
    unconnected: bool
    """Whether attempts that did not connect are counted too."""

    @classmethod
    def parse(cls, table: Table) -> CapRule:
        """Read limit, days, per, media (default: calls) and unconnected (default: false)."""
        return cls(
            limit=table.whole("limit", 1, 1000),
            days=table.whole("days", 1, _LONGEST),
            per=table.choice("per", ["debt", "person"]),
            media=frozenset(Medium(m) for m in table.choices("media", _MEDIA) or ("call",)),
            unconnected=table.get("unconnected", bool, False),
        )

    def evaluate(self, situation: Situation) -> Outcome:
        """Count the worst bucket in the worst zone."""
        if not situation.located:
            return Outcome(_UNLOCATED, None)
        # No date now within the stretch, in whatever zone, lies further back than this.
        since = situation.at - timedelta(days=self.days + 2)
        relevant = [attempt for attempt in situation.attempts_since(since) if self._counts(attempt)]
        used = 0
        free_from = ALWAYS
        for debt in _buckets(situation) if self.per == "debt" else (None,):
            mine = [attempt.at for attempt in relevant if _about(debt, attempt.debt_ids)]
            for where in situation.zones:
                first_day = situation.at.astimezone(where).date() - timedelta(days=self.days - 1)
                used = max(used, len(mine) - bisect_left(mine, local_midnight(first_day, where)))
                if len(mine) >= self.limit:
                    # A slot is free once the limit-th newest attempt has left the stretch of days.
                    leaves = mine[-self.limit].astimezone(where).date() + timedelta(days=self.days)
                    free_from = max(free_from, local_midnight(leaves, where))
        stretch = "today" if self.days == 1 else f"in {self.days} days"
        message = f"{used} of {self.limit} attempts used {stretch}"
        return Outcome(
            message, free_from, inputs={"used": str(used), "limit": str(self.limit), "per": self.per}
        )

    def _counts(self, attempt: PastAttempt) -> bool:
        return attempt.medium in self.media and not attempt.exempt and (self.unconnected or attempt.connected)


@dataclass(frozen=True, slots=True)
class QuietRule:
    """No contact for ``days`` consecutive days after a conversation about the debt; its own day is day 1."""

    days: int

    @classmethod
    def parse(cls, table: Table) -> QuietRule:
        """Read days."""
        return cls(table.whole("days", 1, _LONGEST))

    def evaluate(self, situation: Situation) -> Outcome:
        """Find the newest conversation about any of the debts, in the zone where its wait ends last."""
        if not situation.located:
            return Outcome(_UNLOCATED, None)
        talks = [
            talk.at
            for talk in situation.facts.conversations
            if any(_about(debt, talk.debt_ids) for debt in _buckets(situation))
        ]
        if not talks:
            return Outcome("no conversation on record")
        latest = max(talks)
        free_from = max(
            local_midnight(latest.astimezone(where).date() + timedelta(days=self.days), where)
            for where in situation.zones
        )
        day: date = latest.astimezone(situation.zones[0]).date()
        over = free_from <= situation.at
        state = "are over" if over else "are not over"
        message = f"talked {day:%a} {day.day} {day:%b}: {self.days} days {state}"
        return Outcome(
            message, free_from, inputs={"conversation": latest.isoformat(), "days": str(self.days)}
        )


@dataclass(frozen=True, slots=True)
class GapRule:
    """At least ``minutes`` between two attempts, connected or not."""

    minutes: int
    per: str
    """``person`` or ``number``."""

    @classmethod
    def parse(cls, table: Table) -> GapRule:
        """Read minutes and per."""
        return cls(table.whole("minutes", 1, 60 * 24), table.choice("per", ["person", "number"]))

    def evaluate(self, situation: Situation) -> Outcome:
        """Find the newest call to the person or the number."""
        number = situation.facts.number
        since = situation.at - timedelta(minutes=self.minutes)
        for attempt in reversed(situation.attempts_since(since)):
            if attempt.medium is Medium.CALL and (self.per == "person" or attempt.number == number):
                free_from = attempt.at + timedelta(minutes=self.minutes)
                ago = max(0, int((situation.at - attempt.at).total_seconds() // 60))
                message = f"last attempt {ago} min ago: {self.minutes} min between attempts"
                inputs = {"last": attempt.at.isoformat(), "minutes": str(self.minutes), "per": self.per}
                return Outcome(message, free_from, inputs=inputs)
        return Outcome(f"no attempt in the last {self.minutes} min")
