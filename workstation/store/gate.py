"""The gate as the book uses it: two functions of the compliance layer, loaded when first needed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import TYPE_CHECKING, Protocol

from compliance.contact import Check, ContactFacts, Verdict

if TYPE_CHECKING:
    from compliance.rulebook import Rulebook


class Place(Protocol):
    """Where a number and a postal code may be."""

    @property
    def zones(self) -> tuple[str, ...]:
        """Candidate IANA zones."""

    @property
    def jurisdictions(self) -> tuple[str, ...]:
        """Candidate places, ISO 3166-2."""


@dataclass(frozen=True, slots=True)
class Gate:
    """What the book asks of the compliance layer."""

    decide: Callable[[ContactFacts, datetime], Verdict]
    """Judge one intended contact as of an instant."""
    locate: Callable[[str | None, str | None, str], Place]
    """Candidate zones and places of (number, postal code, country)."""
    is_holiday: Callable[[str, date], bool]
    """Whether a date is a public holiday of a country."""


def _decide(facts: ContactFacts, at: datetime) -> Verdict:
    from compliance.gate import decide

    return decide(facts, rulebook(), at)


@cache
def rulebook() -> Rulebook:
    """Return the packaged rulebook, read at the first question."""
    from compliance.rulebook import Rulebook

    return Rulebook.load()


def _locate(number: str | None, postal_code: str | None, country: str) -> Place:
    from compliance.zones import candidate_zones

    return candidate_zones(number, postal_code, country)


def _is_holiday(country: str, day: date) -> bool:
    from compliance.hours import public_holidays

    return day in public_holidays(country, day.year)


PACKAGED = Gate(_decide, _locate, _is_holiday)
"""The gate with the packaged rulebook. Rule files and location data are read at the first question."""


def attempts_of(checks: tuple[Check, ...]) -> tuple[int, int]:
    """Return (used, cap) of the cap on a week or more that leaves least; (0, 0) where none does.

    A daily cap counts only where there is no other: it says when to call, not how often is left.
    """
    caps = [
        (int(c.inputs["days"]) < 7, int(c.inputs["limit"]) - int(c.inputs["used"]), int(c.inputs["limit"]))
        for c in checks
        if {"limit", "used", "days"} <= set(c.inputs)
    ]
    if not caps:
        return 0, 0
    _, left, cap = min(caps)
    return cap - left, cap
