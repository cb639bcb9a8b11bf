"""A number to use, and a place where its hours are known."""

from __future__ import annotations

import re
from dataclasses import dataclass

from compliance.rulefile import Table
from compliance.situation import Outcome, Situation

_E164 = re.compile(r"\+[1-9][0-9]{6,14}")


@dataclass(frozen=True, slots=True)
class NumberRule:
    """Refuses a call or text without a number in E.164 form."""

    @classmethod
    def parse(cls, table: Table) -> NumberRule:
        """Read an empty value: this rule has no parameter."""
        return cls()

    def evaluate(self, situation: Situation) -> Outcome:
        """Look at the number's form only; whether it is assigned is for the importer to say."""
        number = situation.facts.number
        if number is None:
            return Outcome("no number to use", None)
        if not _E164.fullmatch(number):
            return Outcome(
                "the number is not in international form (+13125550151)", None, inputs={"number": number}
            )
        return Outcome("number in international form")


@dataclass(frozen=True, slots=True)
class ZoneRule:
    """Refuses while it is not known where the person may be: unknown means no."""

    @classmethod
    def parse(cls, table: Table) -> ZoneRule:
        """Read an empty value: this rule has no parameter."""
        return cls()

    def evaluate(self, situation: Situation) -> Outcome:
        """Require at least one candidate zone, and that every one of them is a zone."""
        inputs = {
            "zones": ", ".join(situation.facts.zones),
            "places": ", ".join(situation.facts.jurisdictions),
        }
        if situation.bad_zones:
            return Outcome(f"unknown time zone {situation.bad_zones[0]!r}: correct it", None, inputs=inputs)
        if not situation.zones:
            return Outcome("time zone unknown: add a postal code or another number", None, inputs=inputs)
        return Outcome("time zone known", inputs=inputs)


@dataclass(frozen=True, slots=True)
class HoursKnownRule:
    """Refuses where no rule about hours reaches the contact: a place without rules is not a free one."""

    @classmethod
    def parse(cls, table: Table) -> HoursKnownRule:
        """Read an empty value: this rule has no parameter."""
        return cls()

    def evaluate(self, situation: Situation) -> Outcome:
        """Ask whether the gate found any binding rule about hours."""
        if situation.timed:
            return Outcome("calling hours known")
        places = ", ".join(situation.facts.jurisdictions or (situation.facts.country,))
        return Outcome(
            f"no calling hours known for {places} in this profile", None, inputs={"places": places}
        )
