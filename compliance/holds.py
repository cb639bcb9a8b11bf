"""Holds: stops on contact that somebody placed, or that the debtor's words proposed."""

from __future__ import annotations

from dataclasses import dataclass

from compliance.contact import Hold, HoldKind, NumberKind
from compliance.rulefile import Table
from compliance.situation import Outcome, Situation

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
}


@dataclass(frozen=True, slots=True)
class HoldRule:
    """Refuses while a hold of one kind covers the intended contact."""

    kind: HoldKind

    @classmethod
    def parse(cls, table: Table) -> HoldRule:
        """Read ``hold = "cease"``."""
        return cls(HoldKind(table.choice("hold", [kind.value for kind in HoldKind])))

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
        ends = [hold.until for hold in holds if hold.until is not None]
        free_from = max(ends) if len(ends) == len(holds) else None
        return Outcome(message, free_from, inputs=inputs)

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
