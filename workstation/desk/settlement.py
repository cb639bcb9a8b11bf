"""Settlement offers: less than is owed, within an authority, until a day, approved by somebody who may."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from workstation.desk.money import Money
from workstation.desk.roles import Role


@dataclass(frozen=True, slots=True)
class Authority:
    """How far somebody may go."""

    least_share: int
    """Percent of what is collectible that an offer must bring at least."""
    longest_days: int
    """Days an offer may stand."""


AUTHORITY: Mapping[Role, Authority] = {
    Role.COLLECTOR: Authority(95, 7),
    Role.SENIOR: Authority(85, 14),
    Role.SUPERVISOR: Authority(70, 30),
    Role.MANAGER: Authority(50, 45),
}
"""What each role may offer, and approve. A role that is not here may do neither."""


def authority_of(role: str, table: Mapping[Role, Authority] = AUTHORITY) -> Authority | None:
    """Return a role's authority; None where it has none."""
    try:
        return table.get(Role(role))
    except ValueError:
        return None


def flaws(
    collectible: Money, offer: Money, today: date, expires: date, authority: Authority | None
) -> tuple[str, ...]:
    """Say what keeps an offer from being made under an authority, one line each; empty when it may be."""
    if authority is None:
        return ("this role may not settle: ask a manager",)
    found = []
    if offer.currency != collectible.currency:
        return (f"the offer is in {offer.currency}, the account in {collectible.currency}",)
    if offer.minor <= 0:
        found.append("the amount must be more than nothing")
    elif not offer < collectible:
        found.append(f"{offer} is not less than the {collectible} that is collectible")
    elif offer.minor * 100 < collectible.minor * authority.least_share:
        least = Money(-(-collectible.minor * authority.least_share // 100), collectible.currency)
        found.append(
            f"{offer} is less than {authority.least_share}% ({least}): a higher authority must approve"
        )
    if expires < today:
        found.append(f"the last day {expires:%d %b %Y} is past")
    elif expires > today + timedelta(days=authority.longest_days):
        found.append(f"an offer may stand {authority.longest_days} days: a higher authority must approve")
    return tuple(found)
