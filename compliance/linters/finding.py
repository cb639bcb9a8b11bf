"""What a linter finds, and what it looks at beside the text."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from compliance.contact import ContactFacts, Level
from compliance.hours import zone
from compliance.notices import ValidationPeriod
from compliance.rulebook import Rulebook

_PERIOD = "conduct/validation-period"


@dataclass(frozen=True, slots=True)
class LintFinding:
    """One thing a text says and should not, or should say and does not."""

    rule_id: str
    citation: str
    level: Level
    """How strictly the profile holds the rule."""
    words: str
    """The words in question; empty where something is missing."""
    remedy: str
    """What to do about it, for whoever writes."""


@dataclass(frozen=True, slots=True)
class Context:
    """Whom a text is for, about what and when; rules hold as of ``at``."""

    facts: ContactFacts
    rulebook: Rulebook
    at: datetime
    first: bool = False
    """The first communication with the consumer about the debt."""
    charges_agreed: bool = False
    """The contract, or the law, sets the interest or fees that the text names."""

    @property
    def where(self) -> ZoneInfo:
        """A zone of the person; UTC where none is known."""
        return next((found for name in self.facts.zones if (found := zone(name))), ZoneInfo("UTC"))

    def holds(self, rule_id: str) -> bool:
        """Whether the profile holds a rule, it is in force, and it reaches the contact."""
        rule = self.rulebook.rules[rule_id]
        day = self.at.astimezone(self.where).date()
        return (
            self.rulebook.level(self.facts.profile, rule_id) is not Level.OFF
            and rule.value_at(day) is not None
            and rule.reach.covers(self.facts)
        )

    def finding(self, rule_id: str, words: str, remedy: str) -> LintFinding:
        """Build the finding of a rule, with its citation and level."""
        level = self.rulebook.level(self.facts.profile, rule_id)
        return LintFinding(rule_id, self.rulebook.rules[rule_id].citation, level, words, remedy)

    def in_validation_period(self) -> bool:
        """Whether a validation period of the debts runs where the person is."""
        day = self.at.astimezone(self.where).date()
        figure = self.rulebook.figure
        period = ValidationPeriod(figure(_PERIOD, "receipt_business_days", day), figure(_PERIOD, "days", day))
        return period.runs(self.facts, day)

    def time_barred(self) -> bool:
        """Whether a debt of the contact is barred by time."""
        day = self.at.astimezone(self.where).date()
        return any(
            debt.time_barred_from is not None and debt.time_barred_from <= day
            for debt in self.facts.debts
            if not self.facts.debt_ids or debt.debt_id in self.facts.debt_ids
        )

    def authorised(self, action: str) -> bool:
        """Whether an authority to name a consequence is in force for every debt of the contact."""
        at = self.at.astimezone(UTC)
        return any(
            authority.action == action
            and authority.not_before <= at < authority.expires
            and (
                not authority.debt_ids
                or (bool(self.facts.debt_ids) and self.facts.debt_ids <= authority.debt_ids)
            )
            for authority in self.facts.authorities
        )
