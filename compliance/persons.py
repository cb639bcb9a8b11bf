"""Who may be told what, and where the collector may collect."""

from __future__ import annotations

from dataclasses import dataclass

from compliance.contact import CollectionPurpose, PersonRole
from compliance.rulefile import Table
from compliance.situation import Outcome, Situation


@dataclass(frozen=True, slots=True)
class PartyRule:
    """Lets only some people hear about the debt; the others may be asked where the consumer is."""

    hear: frozenset[PersonRole]

    @classmethod
    def parse(cls, table: Table) -> PartyRule:
        """Read ``hear``, a list of roles."""
        roles = table.choices("hear", [role.value for role in PersonRole])
        if not roles:
            raise table.error("hear", "missing: list the roles that may hear about the debt")
        return cls(frozenset(PersonRole(role) for role in roles))

    def evaluate(self, situation: Situation) -> Outcome:
        """Compare role and purpose."""
        facts = situation.facts
        role = facts.person_role.value.replace("-", " ")
        inputs = {"role": facts.person_role.value, "purpose": facts.purpose.value}
        if facts.person_role in self.hear:
            return Outcome(f"may hear about the debt: {role}", inputs=inputs)
        if facts.purpose is CollectionPurpose.LOCATION:
            return Outcome(f"{role}: location only, no word of a debt", inputs=inputs)
        return Outcome(f"{role}: may not hear about the debt", None, inputs=inputs)


@dataclass(frozen=True, slots=True)
class LocationOnceRule:
    """Refuses a second location call, unless the person asked for it or the answer proved wrong."""

    @classmethod
    def parse(cls, table: Table) -> LocationOnceRule:
        """Read an empty value: this rule has no parameter."""
        return cls()

    def evaluate(self, situation: Situation) -> Outcome:
        """Look at the newest location call."""
        if situation.facts.purpose is not CollectionPurpose.LOCATION:
            return Outcome("no location call")
        asked = [talk for talk in situation.talks if talk.purpose is CollectionPurpose.LOCATION]
        if not asked:
            return Outcome("not asked yet")
        inputs = {"asked": asked[-1].at.isoformat()}
        if asked[-1].reopened:
            return Outcome("asked to call again, or the answer proved wrong", inputs=inputs)
        return Outcome("asked once already where the consumer is", None, inputs=inputs)


@dataclass(frozen=True, slots=True)
class LicenceRule:
    """Refuses where the collector holds no licence in some place the person may be in."""

    @classmethod
    def parse(cls, table: Table) -> LicenceRule:
        """Read an empty value: this rule has no parameter."""
        return cls()

    def evaluate(self, situation: Situation) -> Outcome:
        """Compare the candidate places with the licences; one for a country or state covers its parts."""
        facts = situation.facts
        if facts.licences is None:
            return Outcome("licences are not kept")
        places = facts.jurisdictions or (facts.country,)
        missing = [place for place in places if not self._held(place, facts.licences)]
        inputs = {"places": ", ".join(places)}
        if missing:
            return Outcome(f"no licence for {', '.join(missing)}", None, inputs=inputs)
        return Outcome("licensed", inputs=inputs)

    def _held(self, place: str, licences: frozenset[str]) -> bool:
        return any(place == held or place.startswith(f"{held}-") for held in licences)
