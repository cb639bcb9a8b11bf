"""How often: attempts per stretch of days, quiet days after a conversation, and gaps between attempts.

Dates are calendar dates where the person is; with several candidate zones the worst result counts. The
rules follow 12 CFR 1006.14(b)(2): attempts of one collector to one person about one debt are counted over all
of that person's numbers. Where a value says ``consent_days``, calls that the person agreed to are left out,
and while such a consent holds the limit stands aside (1006.14(b)(3)(i)).
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from compliance.consents import recontact, within
from compliance.contact import Medium, Message, NumberKind, PastAttempt
from compliance.hours import local_midnight
from compliance.rulefile import Table
from compliance.situation import ALWAYS, Outcome, Situation, Wait, about

_LONGEST = 366
_MEDIA = [medium.value for medium in Medium]
_KINDS = [kind.value for kind in NumberKind]
_UNLOCATED = "how often cannot be judged: time zone unknown"
_EVERY: frozenset[int] = frozenset()
"""The bucket of every debt."""


@dataclass(frozen=True, slots=True)
class Counted:
    """Which contacts a cap counts."""

    days: int
    """Consecutive days, today included."""
    media: frozenset[Medium]
    unconnected: bool
    """Whether attempts that did not connect are counted too."""
    at: frozenset[NumberKind]
    """Kinds of number whose attempts are counted; empty: all."""
    conversations: bool
    """Whether conversations are counted instead of attempts."""
    household: bool
    """Whether the attempts to the others whom the book handed in are counted too."""
    consent_days: int

    def instants(self, situation: Situation, bucket: frozenset[int]) -> list[datetime]:
        """Return when the contacts counted for a bucket of debts were, oldest first."""
        return situation.once((self, bucket), lambda: self._instants(situation, bucket))

    def _instants(self, situation: Situation, bucket: frozenset[int]) -> list[datetime]:
        if self.conversations:
            return [talk.at for talk in situation.talks if about(bucket, talk.debt_ids)]
        counted = [
            a.at
            for a in _recent(situation, bucket, self.days, self.household)
            if a.medium in self.media
            and (self.unconnected or a.connected)
            and not a.exempt
            and (not self.at or a.number_kind is None or a.number_kind in self.at)
        ]
        consented = recontact(situation, bucket, self.consent_days) if self.consent_days else []
        return [at for at in counted if within(consented, at) == ALWAYS] if consented else counted


def _recent(
    situation: Situation, bucket: frozenset[int], days: int, household: bool
) -> Sequence[PastAttempt]:
    """Return the attempts about a bucket that may lie within so many days, oldest first."""

    def work() -> list[PastAttempt]:
        # No date now within the stretch, in whatever zone, lies further back than this.
        begin = situation.at - timedelta(days=days + 2)
        attempts = situation.attempts(begin, household=household)
        return [a for a in attempts if about(bucket, a.debt_ids)] if bucket else attempts

    return situation.once(("recent", bucket, days, household), work)


@dataclass(frozen=True, slots=True)
class CapRule:
    """At most ``limit`` counted contacts within a stretch of days."""

    limit: int
    per: str
    """``debt``: to this person about one debt; ``person``: about all debts together; ``household``: so too,
    with the attempts to the others whom the book handed in."""
    counted: Counted

    @classmethod
    def parse(cls, table: Table) -> CapRule:
        """Read limit, days, per, and what has a default: media (calls), unconnected, at, conversations."""
        per = table.choice("per", ["debt", "person", "household"])
        counted = Counted(
            days=table.whole("days", 1, _LONGEST),
            media=frozenset(Medium(m) for m in table.choices("media", _MEDIA) or ("call",)),
            unconnected=table.get("unconnected", bool, False),
            at=frozenset(NumberKind(k) for k in table.choices("at", _KINDS)),
            conversations=table.get("conversations", bool, False),
            household=per == "household",
            consent_days=table.whole("consent_days", 0, _LONGEST, 0),
        )
        return cls(table.whole("limit", 1, 1000), per, counted)

    def evaluate(self, situation: Situation) -> Outcome:
        """Count the worst bucket in the worst zone."""
        if not situation.located:
            return Outcome(_UNLOCATED, None)
        days, used = self.counted.days, 0
        waits: list[Wait] = []
        for bucket in situation.buckets if self.per == "debt" else (_EVERY,):
            counted = self.counted.instants(situation, bucket)
            free_from = ALWAYS
            for where in situation.zones if counted else ():
                first_day = situation.at.astimezone(where).date() - timedelta(days=days - 1)
                used = max(used, len(counted) - bisect_left(counted, local_midnight(first_day, where)))
                if len(counted) >= self.limit:
                    # A slot is free once the limit-th newest contact has left the stretch of days.
                    leaves = counted[-self.limit].astimezone(where).date() + timedelta(days=days)
                    free_from = max(free_from, local_midnight(leaves, where))
            waits.append(_wait(situation, bucket, free_from, self.counted.consent_days))
        stretch = "today" if days == 1 else f"in {days} days"
        what = "conversations" if self.counted.conversations else "attempts"
        message = f"{used} of {self.limit} {what} used {stretch}"
        inputs = {"used": str(used), "limit": str(self.limit), "days": str(days), "per": self.per}
        return _outcome(situation, message, waits, inputs)


@dataclass(frozen=True, slots=True)
class QuietRule:
    """No contact for ``days`` consecutive days after a conversation about the debt; its own day is day 1."""

    days: int
    after: str
    """``conversation``, or ``message``: a message on a machine that says more than its limited content."""
    consent_days: int

    @classmethod
    def parse(cls, table: Table) -> QuietRule:
        """Read days, after (default: conversation) and consent_days."""
        return cls(
            table.whole("days", 1, _LONGEST),
            table.choice("after", ["conversation", "message"], "conversation"),
            table.whole("consent_days", 0, _LONGEST, 0),
        )

    def evaluate(self, situation: Situation) -> Outcome:
        """Find the newest conversation about each debt, in the zone where its wait ends last."""
        if not situation.located:
            return Outcome(_UNLOCATED, None)
        latest = ALWAYS
        waits: list[Wait] = []
        for bucket in situation.buckets:
            newest = max(self._instants(situation, bucket), default=ALWAYS)
            if newest == ALWAYS:
                continue
            ends = max(
                local_midnight(newest.astimezone(where).date() + timedelta(days=self.days), where)
                for where in situation.zones
            )
            waits.append(_wait(situation, bucket, ends, self.consent_days))
            latest = max(latest, newest)
        if latest == ALWAYS:
            return Outcome(f"no {self.after} on record")
        day = latest.astimezone(situation.zones[0]).date()
        over = all(wait.free_from <= situation.at for wait in waits)
        state = "are over" if over else "are not over"
        verb = "talked" if self.after == "conversation" else "left a message"
        message = f"{verb} {day:%a} {day.day} {day:%b}: {self.days} days {state}"
        inputs = {self.after: latest.isoformat(), "days": str(self.days)}
        return _outcome(situation, message, waits, inputs)

    def _instants(self, situation: Situation, bucket: frozenset[int]) -> list[datetime]:
        if self.after == "message":
            recent = _recent(situation, bucket, self.days, household=False)
            return [attempt.at for attempt in recent if attempt.message is Message.FULL]
        return [talk.at for talk in situation.talks if about(bucket, talk.debt_ids)]


@dataclass(frozen=True, slots=True)
class GapRule:
    """At least ``minutes`` between two attempts, connected or not."""

    minutes: int
    per: str
    """``person`` or ``number``."""
    consent_days: int

    @classmethod
    def parse(cls, table: Table) -> GapRule:
        """Read minutes, per and consent_days."""
        return cls(
            table.whole("minutes", 1, 60 * 24),
            table.choice("per", ["person", "number"]),
            table.whole("consent_days", 0, _LONGEST, 0),
        )

    def evaluate(self, situation: Situation) -> Outcome:
        """Find the newest call to the person or the number."""
        number = situation.facts.number
        begin = situation.at - timedelta(minutes=self.minutes)
        for attempt in reversed(situation.attempts(begin)):
            if attempt.medium is Medium.CALL and (self.per == "person" or attempt.number == number):
                free_from = attempt.at + timedelta(minutes=self.minutes)
                ago = max(0, int((situation.at - attempt.at).total_seconds() // 60))
                message = f"last attempt {ago} min ago: {self.minutes} min between attempts"
                inputs = {"last": attempt.at.isoformat(), "minutes": str(self.minutes), "per": self.per}
                buckets = situation.buckets if self.consent_days else [_EVERY]
                waits = [_wait(situation, bucket, free_from, self.consent_days) for bucket in buckets]
                return _outcome(situation, message, waits, inputs)
        return Outcome(f"no attempt in the last {self.minutes} min")


def _wait(situation: Situation, bucket: frozenset[int], free_from: datetime, consent_days: int) -> Wait:
    """Return the wait for one bucket, with the consent that lifts it now, if any does."""
    if not consent_days or free_from <= situation.at or not situation.located:
        return Wait(free_from)
    return Wait(free_from, within(recontact(situation, bucket, consent_days), situation.at))


def _outcome(situation: Situation, message: str, waits: list[Wait], inputs: dict[str, str]) -> Outcome:
    """Build the outcome of a limit: every bucket's wait must be over, or lifted by consent."""
    lifted = [wait.excused_until for wait in waits if wait.excused_until > situation.at]
    if not lifted:
        return Outcome(message, max(wait.free_from for wait in waits), inputs=inputs)
    inputs = {**inputs, "consent_until": min(lifted).isoformat()}
    return Outcome(f"{message}; the person agreed to be called", openings=tuple(waits), inputs=inputs)
