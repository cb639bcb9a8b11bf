"""Holds: stops on contact that somebody placed, or that the debtor's words proposed; and flags of the person.

Each names the purposes and the people it leaves open: after a cease the notices of 12 CFR 1006.6(c)(2), with
an attorney the attorney.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from compliance.consents import reply, standing
from compliance.contact import (
    CollectionPurpose,
    ConsentScope,
    ContactFacts,
    FlagKind,
    Hold,
    HoldKind,
    NumberKind,
    PersonRole,
)
from compliance.rulefile import Table
from compliance.situation import ALWAYS, Outcome, Situation

_WORDS: dict[HoldKind, str] = {
    HoldKind.BANKRUPTCY: "bankruptcy: no collection contact, pass to legal",
    HoldKind.DISPUTE: "dispute open: answer it before any further ask",
    HoldKind.CEASE: "asked in writing to cease contact",
    HoldKind.ATTORNEY: "has an attorney: contact the attorney only",
    HoldKind.DECEASED: "reported deceased",
    HoldKind.VULNERABLE: "vulnerable: contact only as a supervisor directs",
    HoldKind.OPT_OUT: "asked not to be contacted this way",
    HoldKind.WRONG_NUMBER: "wrong number",
    HoldKind.WORK_FORBIDDEN: "may not be called at work",
    HoldKind.PLACED: "placed with an agency: they alone collect it",
}


_FLAGS: dict[FlagKind, str] = {
    FlagKind.MINOR: "a minor: contact a parent or guardian only",
    FlagKind.SERVICEMEMBER: "on active duty: legal decides how to go on",
    FlagKind.BREATHING_SPACE: "breathing space: no contact about the debt until it ends",
}


@dataclass(frozen=True, slots=True)
class _Open:
    """Whom and what a stop leaves open."""

    purposes: frozenset[CollectionPurpose]
    persons: frozenset[PersonRole]

    @classmethod
    def parse(cls, table: Table) -> _Open:
        purposes = table.choices("except_purposes", [purpose.value for purpose in CollectionPurpose])
        persons = table.choices("except_persons", [role.value for role in PersonRole])
        return cls(frozenset(map(CollectionPurpose, purposes)), frozenset(map(PersonRole, persons)))

    def to(self, facts: ContactFacts) -> bool:
        return facts.purpose in self.purposes or facts.person_role in self.persons


@dataclass(frozen=True, slots=True)
class HoldRule:
    """Refuses while a hold of one kind covers the intended contact."""

    kind: HoldKind
    open: _Open
    reply_minutes: int
    """How long the one reply to a contact that the person began may take."""
    consent: ConsentScope | None
    """A consent that lifts it."""

    @classmethod
    def parse(cls, table: Table) -> HoldRule:
        """Read hold, and what may be left out: except_purposes, except_persons, reply_minutes, consent."""
        consent = table.choice("consent", [s.value for s in ConsentScope]) if table.has("consent") else None
        return cls(
            HoldKind(table.choice("hold", [kind.value for kind in HoldKind])),
            _Open.parse(table),
            table.whole("reply_minutes", 0, 60 * 24 * 7, 0),
            None if consent is None else ConsentScope(consent),
        )

    def evaluate(self, situation: Situation) -> Outcome:
        """Find the holds of this kind that cover the contact; the last to end decides."""
        at = situation.at
        holds = [
            hold
            for hold in situation.facts.holds
            if hold.kind is self.kind
            and self._covers(hold, situation)
            and (hold.until is None or at < hold.until)
        ]
        if not holds:
            return Outcome(f"no hold: {self.kind.value}")
        holds.sort(key=lambda hold: (hold.proposed, hold.since))
        first = holds[0]
        state = "proposed, not yet decided" if first.proposed else "confirmed"
        message = f"{_WORDS[self.kind]} ({state}, {first.since.date().isoformat()})"
        inputs = {"holds": str(len(holds)), "since": first.since.isoformat(), "state": state}
        if self.open.to(situation.facts):
            return Outcome(f"{message}; open to this person or purpose", inputs=inputs)
        ends = [hold.until for hold in holds if hold.until is not None]
        free_from = max(ends) if len(ends) == len(holds) else None
        excused = reply(situation, self.reply_minutes)
        if self.consent is not None:
            excused = max(excused, standing(situation, self.consent))
        if excused > at:
            message = f"{message}; lifted by consent, or for one reply"
        return Outcome(message, free_from, inputs=inputs, excused_until=excused)

    def _covers(self, hold: Hold, situation: Situation) -> bool:
        facts = situation.facts
        if hold.debt_id is not None and facts.debt_ids and hold.debt_id not in facts.debt_ids:
            return False
        if hold.medium is not None and hold.medium is not facts.medium:
            return False
        if hold.number is not None:
            return hold.number == facts.number
        # Without a number, a work hold covers every place of work and nothing else (12 CFR 1006.6(b)(3)).
        return self.kind is not HoldKind.WORK_FORBIDDEN or facts.number_kind is NumberKind.WORK


@dataclass(frozen=True, slots=True)
class FlagRule:
    """Refuses while a flag of one kind stands."""

    kind: FlagKind
    open: _Open

    @classmethod
    def parse(cls, table: Table) -> FlagRule:
        """Read flag, except_purposes and except_persons."""
        return cls(FlagKind(table.choice("flag", [kind.value for kind in FlagKind])), _Open.parse(table))

    def evaluate(self, situation: Situation) -> Outcome:
        """Find the flags of this kind; the last to end decides."""
        flags = [
            flag
            for flag in situation.facts.flags
            if flag.kind is self.kind and (flag.until is None or situation.at < flag.until)
        ]
        if not flags:
            return Outcome(f"not flagged: {self.kind.value}")
        inputs = {"since": min(flag.since for flag in flags).isoformat()}
        if self.open.to(situation.facts):
            return Outcome(f"{_FLAGS[self.kind]}; open to this person or purpose", inputs=inputs)
        free_from: datetime | None = ALWAYS
        for flag in flags:
            free_from = None if free_from is None or flag.until is None else max(free_from, flag.until)
        return Outcome(_FLAGS[self.kind], free_from, inputs=inputs)
