"""Who is covered by what: from debtor, purpose and collector to the profile that binds (domain rules, 2.14).

Unknown facts are taken as the stricter. The answer gives its reasons, for whoever sets a profile by hand.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

EU = frozenset({
    "AT", "BE", "BG", "CY", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GR", "HR", "HU", "IE", "IT", "LT",
    "LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK",
})  # fmt: skip
"""Member states, ISO 3166-1 alpha-2."""


class CollectorRole(StrEnum):
    """In what capacity somebody collects."""

    CREDITOR = "creditor"
    """The original creditor, in its own name."""
    CREDITOR_OTHER_NAME = "creditor-other-name"
    """The creditor, under a name that suggests somebody else collects."""
    SERVICER = "servicer"
    AGENCY = "agency"
    BUYER = "buyer"
    OUTSOURCER = "outsourcer"
    """Collects in the creditor's name, for the creditor."""


@dataclass(frozen=True, slots=True)
class Undertaking:
    """What decides who is covered."""

    country: str
    """ISO 3166-1 alpha-2 of the debtor's address."""
    debtor_natural: bool
    commercial: bool
    """The debt is not for personal, family or household purposes."""
    collector: CollectorRole
    default_at_acquisition: bool | None = None
    """Whether the debt was in default when a servicer or buyer got it."""
    guarantor_natural: bool = False
    places: tuple[str, ...] = ()
    """Candidate places, ISO 3166-2."""


@dataclass(frozen=True, slots=True)
class Reason:
    """One step of the reasoning, and what it rests on."""

    text: str
    citation: str


@dataclass(frozen=True, slots=True)
class Coverage:
    """The profile that binds, and why."""

    profile: str
    debt_collector: bool
    """Whether the Fair Debt Collection Practices Act calls the collector a debt collector."""
    reasons: tuple[Reason, ...]


def coverage(undertaking: Undertaking) -> Coverage:
    """Return the profile for a kind of collecting."""
    u = undertaking
    if u.commercial or not u.debtor_natural:
        what = "the debt is commercial" if u.commercial else "a business owes"
        reasons = [Reason(f"{what}: no consumer law binds", "15 USC 1692a(5)")]
        if (u.debtor_natural or u.guarantor_natural) and _may_be_in("US-CA", u):
            reasons.append(
                Reason(
                    "a natural person owes or guarantees it, perhaps in California: its overlay binds for "
                    "debts of at most 500,000 dollars from 1 July 2025",
                    "Cal. Civ. Code 1788.2 (SB 1286)",
                )
            )
        return Coverage("b2b-first-party", False, tuple(reasons))
    natural = Reason("a natural person owes, for personal purposes", "15 USC 1692a(5)")
    if u.country == "GB":
        return Coverage("uk-consumer", False, (natural, Reason("the debtor lives in the UK", "FCA CONC 7")))
    if u.country in EU:
        where = Reason("the debtor lives in the European Union", "Directive (EU) 2021/2167")
        return Coverage("eu-consumer", False, (natural, where))
    if u.country == "CA":
        where = Reason(
            "the debtor lives in Canada: Ontario's rules stand in for every province, for creditors too",
            "RRO 1990, Reg. 74",
        )
        return Coverage("ontario-agency", False, (natural, where))
    collector, why = _debt_collector(u)
    return Coverage(
        "consumer-third-party" if collector else "consumer-first-party", collector, (natural, why)
    )


def _debt_collector(u: Undertaking) -> tuple[bool, Reason]:
    """Whether somebody is a debt collector by 15 USC 1692a(6), and why."""
    match u.collector:
        case CollectorRole.CREDITOR:
            return False, Reason("the creditor collects in its own name", "15 USC 1692a(6)(A)")
        case CollectorRole.CREDITOR_OTHER_NAME:
            return True, Reason("the creditor uses a name that suggests a third party", "15 USC 1692a(6)")
        case CollectorRole.AGENCY:
            return True, Reason("collects regularly for others", "15 USC 1692a(6)")
        case CollectorRole.OUTSOURCER:
            return True, Reason("collects for the creditor, though in its name", "15 USC 1692a(6)")
        case CollectorRole.BUYER:
            return True, Reason(
                "buying and collecting debts is the principal purpose, also after Henson v. Santander",
                "15 USC 1692a(6)",
            )
        case _:  # a servicer
            if u.default_at_acquisition is False:
                return False, Reason("services the debt since before default", "15 USC 1692a(6)(F)(iii)")
            known = "was" if u.default_at_acquisition else "may have been"
            return True, Reason(f"the debt {known} in default when it came", "15 USC 1692a(6)(F)(iii)")


def _may_be_in(place: str, u: Undertaking) -> bool:
    country = place.partition("-")[0]
    places = u.places or (u.country,)
    return any(p in (country, place) or p.startswith(f"{place}-") for p in places)
