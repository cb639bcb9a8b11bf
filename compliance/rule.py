"""One rule of the rulebook: its dated values, its legal source, and whom it reaches."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Protocol

from compliance.consents import ConfirmedRule, ConsentRule
from compliance.contact import ContactFacts, DebtFacts, Medium, NumberKind, PersonRole
from compliance.designations import DesignatedRule
from compliance.frequency import CapRule, GapRule, QuietRule
from compliance.holds import FlagRule, HoldRule
from compliance.notices import NoticeRule
from compliance.persons import LicenceRule, LocationOnceRule, PartyRule
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
    "flag": FlagRule.parse,
    "party": PartyRule.parse,
    "location-once": LocationOnceRule.parse,
    "number": NumberRule.parse,
    "confirmed": ConfirmedRule.parse,
    "zone": ZoneRule.parse,
    "hours-known": HoursKnownRule.parse,
    "hours": HoursRule.parse,
    "cap": CapRule.parse,
    "quiet": QuietRule.parse,
    "gap": GapRule.parse,
    "designated": DesignatedRule.parse,
    "consent": ConsentRule.parse,
    "notice": NoticeRule.parse,
    "licence": LicenceRule.parse,
}
"""What ``check`` in a rule file may say, and how the value of each is read."""

_PLACE = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,3}(-[A-Z]{1,5})?)?")

CONDUCT = "conduct"
"""``check`` of a rule that the gate does not judge."""


@dataclass(frozen=True, slots=True)
class Dated:
    """A value and the date from which it holds, until the next one."""

    effective: date
    judge: Judge | None
    """None for rules of conduct, and from the date a rule is repealed."""
    figures: Mapping[str, int] = field(default_factory=dict)
    """What a rule of conduct sets in numbers, for the code that applies it."""
    repealed: bool = False
    text: Mapping[str, object] = field(default_factory=dict)
    """The value as its file states it, for people to read."""


@dataclass(frozen=True, slots=True)
class DebtReach:
    """Which debts a rule is about. A contact is within reach when one of its debts may be."""

    medical: bool = False
    past_due_days: int | None = None
    """Only debts more than so many days past due; unknown counts as past due."""
    natural_person_up_to: tuple[int, str] | None = None
    """Only commercial debts that a natural person owes or guarantees, of at most this amount (minor units,
    currency) when they were made; an unknown amount, or one in another currency, counts as within."""
    entered_from: date | None = None
    """Only debts entered into, renewed, sold or assigned from this date on; unknown counts as later."""

    def covers(self, debt: DebtFacts, day: date) -> bool:
        """Whether a debt may be within reach on a date."""
        if self.medical and not debt.medical:
            return False
        since, least = debt.past_due_since, self.past_due_days
        if since is not None and least is not None and (day - since).days <= least:
            return False
        if self.natural_person_up_to is not None:
            most, currency = self.natural_person_up_to
            if not debt.natural_person:
                return False
            if debt.original_minor is not None and debt.currency == currency and debt.original_minor > most:
                return False
        return self.entered_from is None or debt.entered_on is None or debt.entered_on >= self.entered_from


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
    except_persons: frozenset[PersonRole] = frozenset()
    """People the rule does not protect."""
    debts: DebtReach | None = None

    def covers(self, facts: ContactFacts) -> bool:
        """Whether medium, kind of number, person and any candidate place are within reach.

        These bound a rule even where a profile adopts it: hours for calls say nothing about letters.
        """
        if self.media and facts.medium not in self.media:
            return False
        if self.number_kinds and facts.number_kind not in self.number_kinds:
            return False
        if facts.person_role in self.except_persons:
            return False
        if not self.places or facts.country in self.places:
            return True
        return any(self._may_reach(place) for place in facts.jurisdictions or (facts.country,))

    def covers_debts(self, facts: ContactFacts, day: date) -> bool:
        """Whether any debt of the contact may be within reach; one not described has the defaults."""
        if self.debts is None:
            return True
        known = {debt.debt_id: debt for debt in facts.debts}
        debts = sorted(facts.debt_ids) or sorted(known) or [0]
        return any(self.debts.covers(known.get(debt) or DebtFacts(debt), day) for debt in debts)

    def _may_reach(self, place: str) -> bool:
        """Whether somebody in `place` may be within reach; a place without a part may be any part of it."""
        return any(
            place == reached or place.startswith(f"{reached}-") or reached.startswith(f"{place}-")
            for reached in self.places
        )


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
        except_persons=frozenset(
            PersonRole(p) for p in table.choices("except_persons", [role.value for role in PersonRole])
        ),
        debts=_parse_debts(table.table("debts")) if table.has("debts") else None,
    )
    for place in sorted(reach.places):
        if not _PLACE.fullmatch(place):
            raise table.error("places", f"{place!r} is no place: write US, US-MA or US-NY-NYC")
    table.done()
    return reach


def _parse_debts(table: Table) -> DebtReach:
    up_to: tuple[int, str] | None = None
    if table.has("natural_person_up_to"):
        amount = table.table("natural_person_up_to")
        up_to = (amount.whole("minor", 1, 10**12), amount.take("currency", str))
        amount.done()
    reach = DebtReach(
        medical=table.get("medical", bool, False),
        past_due_days=table.whole("past_due_days", 0, 3660) if table.has("past_due_days") else None,
        natural_person_up_to=up_to,
        entered_from=table.take("entered_from", date) if table.has("entered_from") else None,
    )
    table.done()
    return reach


def _parse_values(table: Table, check: str) -> tuple[Dated, ...]:
    values: list[Dated] = []
    for entry in table.tables("values"):
        effective = entry.take("effective", date)
        if any(dated.effective == effective for dated in values):
            raise entry.error("effective", f"{effective.isoformat()} stands here twice")
        repealed = entry.get("repealed", bool, False)
        judge: Judge | None = None
        figures: dict[str, int] = {}
        text: dict[str, object] = {}
        if not repealed and (check != CONDUCT or entry.has("value")):
            text, value = dict(entry.take("value", dict)), entry.table("value")
            if check == CONDUCT:
                figures = {name: value.whole(name, 0, 10**9) for name in value.names()}
            else:
                judge = CHECKS[check](value)
            value.done()
        entry.done()
        values.append(Dated(effective, judge, figures, repealed, text))
    if not values:
        raise table.error("values", "missing: write [[values]] with effective = a date, and value")
    return tuple(sorted(values, key=lambda dated: dated.effective, reverse=True))
