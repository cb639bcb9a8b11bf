"""One rule of the rulebook: its dated values, its legal source, and whom it reaches."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Protocol

from compliance.contact import ContactFacts, Medium, NumberKind
from compliance.frequency import CapRule, GapRule, QuietRule
from compliance.holds import HoldRule
from compliance.places import HoursKnownRule, NumberRule, ZoneRule
from compliance.rulefile import Table
from compliance.situation import Outcome, Situation
from compliance.windows import HoursRule


class Step(StrEnum):
    """Where a rule stands in the gate's order; the first refusal in this order is the headline."""

    BANKRUPTCY = "bankruptcy"
    DISPUTE = "dispute"
    CEASE = "cease"
    ATTORNEY = "attorney"
    PERSON = "person"
    MEDIUM = "medium"
    NUMBER = "number"
    PLACE = "place"
    TIME = "time"
    FREQUENCY = "frequency"
    LOCAL = "local"
    """Caps of a state, city or country on top of the general ones."""
    AUTHORITY = "authority"
    CONDUCT = "conduct"
    """Binds what is said or recorded on the call; the gate carries its level and does not judge it."""


ORDER: dict[Step, int] = {step: place for place, step in enumerate(Step)}


class Role(StrEnum):
    """Who collects (domain rules, section 2.14)."""

    CREDITOR = "creditor"
    """The original creditor, or a servicer that got the debt before default, in its own name."""
    THIRD_PARTY = "third-party"
    """An agency, or a creditor that uses another name."""
    BUYER = "buyer"
    """Bought the debt after default."""


class Debtor(StrEnum):
    """Whose debt it is."""

    BUSINESS = "business"
    CONSUMER = "consumer"
    """A natural person, for personal, family or household purposes."""


class Judge(Protocol):
    """A rule's value with the few lines of code that apply it."""

    def evaluate(self, situation: Situation) -> Outcome:
        """Say what this rule finds."""


CHECKS: dict[str, Callable[[Table], Judge]] = {
    "hold": HoldRule.parse,
    "number": NumberRule.parse,
    "zone": ZoneRule.parse,
    "hours-known": HoursKnownRule.parse,
    "hours": HoursRule.parse,
    "cap": CapRule.parse,
    "quiet": QuietRule.parse,
    "gap": GapRule.parse,
}
"""What ``check`` in a rule file may say, and how the value of each is read."""

CONDUCT = "conduct"
"""``check`` of a rule that the gate does not judge."""


@dataclass(frozen=True, slots=True)
class Dated:
    """A value and the date from which it holds, until the next one."""

    effective: date
    judge: Judge | None
    """None for rules of conduct, and from the date a rule is repealed."""


@dataclass(frozen=True, slots=True)
class Reach:
    """Whom a rule reaches as law; empty means everyone. A profile may adopt it beyond that, as policy."""

    roles: frozenset[Role] = frozenset()
    debtors: frozenset[Debtor] = frozenset()
    profiles: frozenset[str] = frozenset()
    media: frozenset[Medium] = frozenset()
    number_kinds: frozenset[NumberKind] = frozenset()
    places: frozenset[str] = frozenset()
    """ISO 3166 codes: ``US`` reaches US-MA too."""

    def covers(self, facts: ContactFacts) -> bool:
        """Whether medium, kind of number and any candidate place are within reach.

        These bound a rule even where a profile adopts it: hours for calls say nothing about letters.
        """
        if self.media and facts.medium not in self.media:
            return False
        if self.number_kinds and facts.number_kind not in self.number_kinds:
            return False
        if not self.places or facts.country in self.places:
            return True
        return any(self._may_reach(place) for place in facts.jurisdictions or (facts.country,))

    def _may_reach(self, place: str) -> bool:
        """Whether somebody in `place` may be within reach; a country without a part may be any part of it."""
        country, _, part = place.partition("-")
        if place in self.places or country in self.places:
            return True
        return not part and any(reached.startswith(f"{country}-") for reached in self.places)


@dataclass(frozen=True, slots=True)
class Rule:
    """One legal parameter or house policy, as its file states it."""

    id: str
    """Path of the file below the rules directory, without the suffix."""
    title: str
    why: str
    unit: str
    citation: str
    verified: bool
    """Whether somebody read the primary text."""
    step: Step
    reach: Reach
    never_off: bool
    two_person: bool
    """Where a profile holds it at level supervisor, two people must agree to override it."""
    values: tuple[Dated, ...]
    """Newest first."""

    def value_at(self, day: date) -> Dated | None:
        """Return the value in force on a date; None before the first."""
        for dated in self.values:
            if dated.effective <= day:
                return dated
        return None


def parse_rule(rule_id: str, table: Table) -> Rule:
    """Read one rule file. Raises RuleFileError."""
    check = table.choice("check", [*CHECKS, CONDUCT])
    rule = Rule(
        id=rule_id,
        title=table.take("title", str),
        why=table.take("why", str),
        unit=table.take("unit", str),
        citation=table.take("citation", str),
        verified=table.take("verified", bool),
        step=Step(table.choice("step", [step.value for step in Step])),
        reach=_parse_reach(table.table("applies_to")) if table.has("applies_to") else Reach(),
        never_off=table.get("never_off", bool, False),
        two_person=table.get("two_person", bool, False),
        values=_parse_values(table, check),
    )
    if (check == CONDUCT) != (rule.step is Step.CONDUCT):
        raise table.error("step", "rules with check = 'conduct', and only they, stand at step = 'conduct'")
    table.done()
    return rule


def _parse_reach(table: Table) -> Reach:
    reach = Reach(
        roles=frozenset(Role(r) for r in table.choices("roles", [role.value for role in Role])),
        debtors=frozenset(Debtor(d) for d in table.choices("debtors", [debtor.value for debtor in Debtor])),
        profiles=frozenset(table.texts("profiles")),
        media=frozenset(Medium(m) for m in table.choices("media", [medium.value for medium in Medium])),
        number_kinds=frozenset(
            NumberKind(k) for k in table.choices("number_kinds", [kind.value for kind in NumberKind])
        ),
        places=frozenset(table.texts("places")),
    )
    table.done()
    return reach


def _parse_values(table: Table, check: str) -> tuple[Dated, ...]:
    values: list[Dated] = []
    for entry in table.tables("values"):
        effective = entry.take("effective", date)
        if any(dated.effective == effective for dated in values):
            raise entry.error("effective", f"{effective.isoformat()} stands here twice")
        judge: Judge | None = None
        if not entry.get("repealed", bool, False) and check != CONDUCT:
            value = entry.table("value")
            judge = CHECKS[check](value)
            value.done()
        entry.done()
        values.append(Dated(effective, judge))
    if not values:
        raise table.error("values", "missing: write [[values]] with effective = a date, and value")
    return tuple(sorted(values, key=lambda dated: dated.effective, reverse=True))
