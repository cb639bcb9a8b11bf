"""What the person agreed to or began: consents, and the one reply to a contact that they started.

A consent given in a contact that was not allowed is worth nothing (12 CFR 1006.6(b)(4)(i)). One that lifts
the limits on how often must have been given to this collector and lasts seven days at most, its own day being
day 1; less if its scope ends, if it is withdrawn, or at the next conversation (1006.14(b)(3)(i)).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from compliance.contact import CollectionPurpose, Consent, ConsentScope, Medium
from compliance.rulefile import Table
from compliance.situation import ALWAYS, FOREVER, Outcome, Situation, about

Stretch = tuple[datetime, datetime]
"""(from, until), until exclusive."""

_ELECTRONIC = frozenset({Medium.TEXT, Medium.EMAIL})


def recontact(situation: Situation, bucket: frozenset[int], days: int) -> list[Stretch]:
    """Return when the person's consent lifts the limits on how often, for a bucket of debts."""
    return situation.once(("recontact", bucket, days), lambda: _recontact(situation, bucket, days))


def _recontact(situation: Situation, bucket: frozenset[int], days: int) -> list[Stretch]:
    stretches: list[Stretch] = []
    for consent in situation.facts.consents:
        if consent.scope is not ConsentScope.RECONTACT or not consent.direct or consent.barred:
            continue
        if consent.debt_ids and not (bucket and bucket <= consent.debt_ids):
            continue
        if not _reaches(consent, situation):
            continue
        # In the zone where the last day ends first.
        end = min(
            situation.day_begins(consent.given_at.astimezone(where).date() + timedelta(days=days))
            for where in situation.zones
        )
        end = min(end, consent.ends or FOREVER, consent.withdrawn_at or FOREVER)
        for talk in situation.talks:
            if talk.at > consent.given_at and about(bucket, talk.debt_ids):
                # The call that led to the conversation was still made with consent.
                end = min(end, talk.at + timedelta.resolution)
        if consent.given_at < end:
            stretches.append((consent.given_at, end))
    return stretches


def within(stretches: list[Stretch], at: datetime) -> datetime:
    """Return the end of the stretches that hold `at`; ALWAYS where none does."""
    return max((until for begin, until in stretches if begin <= at < until), default=ALWAYS)


def standing(situation: Situation, scope: ConsentScope) -> datetime:
    """Return until when a consent of this scope holds; ALWAYS where none does."""
    ends = ALWAYS
    for consent in situation.facts.consents:
        if consent.scope is scope and not consent.barred and _reaches(consent, situation):
            end = min(consent.ends or FOREVER, consent.withdrawn_at or FOREVER)
            if consent.given_at <= situation.at < end and _every_debt(consent, situation):
                ends = max(ends, end)
    return ends


def reply(situation: Situation, minutes: int) -> datetime:
    """Return until when the one reply may go out to a contact the person began; ALWAYS where none may.

    One reply, in the same medium, and then the restriction is back (comments 6(b)(1)-2, 14(h)).
    """
    facts = situation.facts
    if not minutes or facts.purpose is not CollectionPurpose.RESPOND:
        return ALWAYS
    began = [contact.at for contact in facts.person_contacts if contact.medium is facts.medium]
    if not began:
        return ALWAYS
    latest = max(began)
    for attempt in situation.attempts(latest):
        if attempt.medium is facts.medium and attempt.connected:
            return ALWAYS
    return latest + timedelta(minutes=minutes)


def _reaches(consent: Consent, situation: Situation) -> bool:
    facts = situation.facts
    return (consent.number is None or consent.number == facts.number) and (
        consent.medium is None or consent.medium is facts.medium
    )


def _every_debt(consent: Consent, situation: Situation) -> bool:
    debts = situation.facts.debt_ids
    return not consent.debt_ids or (bool(debts) and debts <= consent.debt_ids)


@dataclass(frozen=True, slots=True)
class ConsentRule:
    """Refuses without the person's consent to this kind of contact."""

    scope: ConsentScope
    asks: int
    """Electronic messages that may go out without it, to ask for it."""

    @classmethod
    def parse(cls, table: Table) -> ConsentRule:
        """Read scope and asks (default: none)."""
        scope = ConsentScope(table.choice("scope", [scope.value for scope in ConsentScope]))
        return cls(scope, table.whole("asks", 0, 10, 0))

    def evaluate(self, situation: Situation) -> Outcome:
        """Look for a consent that stands, else whether asking is still open."""
        facts = situation.facts
        if self.scope is ConsentScope.RECORDED_VOICE and not facts.recorded_voice:
            return Outcome("a person speaks, no recording")
        sent = sum(1 for attempt in situation.attempts() if attempt.medium in _ELECTRONIC)
        free_from = ALWAYS if sent < self.asks else None
        until = standing(situation, self.scope)
        if until > situation.at:
            return Outcome(f"consent given: {self.scope.value}", free_from, excused_until=until)
        if not self.asks:
            return Outcome(f"no consent: {self.scope.value}", None)
        inputs = {"asked": str(sent), "asks": str(self.asks)}
        if free_from is None:
            return Outcome("no consent, and asked already", None, inputs=inputs)
        return Outcome("no consent yet: ask for it, and for nothing else", inputs=inputs)


@dataclass(frozen=True, slots=True)
class ConfirmedRule:
    """Refuses a number that was not confirmed lately: it may have been given to somebody else since."""

    days: int

    @classmethod
    def parse(cls, table: Table) -> ConfirmedRule:
        """Read days."""
        return cls(table.whole("days", 1, 366))

    def evaluate(self, situation: Situation) -> Outcome:
        """Count whole days from the confirmation."""
        confirmed = situation.facts.number_confirmed_at
        if confirmed is None:
            return Outcome("number never confirmed: check whether it was reassigned", None)
        until = confirmed + timedelta(days=self.days)
        state = "holds" if situation.at < until else "is too old: check whether the number was reassigned"
        message = f"number confirmed {confirmed.date().isoformat()}: {state}"
        return Outcome(message, None, inputs={"confirmed": confirmed.isoformat()}, excused_until=until)
