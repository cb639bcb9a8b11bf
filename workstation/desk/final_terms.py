"""How far the manager may go in a final-notice session, and what keeps an offer outside of that. Pure."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from workstation.desk.money import Money
from workstation.desk.plan import Due


@dataclass(frozen=True, slots=True)
class Terms:
    """How far the manager may go in a session: the settings say it (``[final]`` in ``dunline.toml``)."""

    least_share: int
    """Percent of the demand, fees that may be waived taken off, that a settlement must bring."""
    longest_months: int
    fees_waivable: bool
    """Whether finance charges may be left out of a settlement."""
    first_payment_days: int
    """The first payment of a plan comes within so many days."""
    settlement_days: int
    """A settlement is paid within so many days."""

    def least(self, demand_minor: int, fees_minor: int) -> int:
        """Return the least settlement in minor units, rounded up."""
        base = demand_minor - (fees_minor if self.fees_waivable else 0)
        return -(-base * self.least_share // 100)


def settlement_flaws(
    offer: Money, demand: Money, fees: Money, pay_by: date, today: date, terms: Terms
) -> tuple[str, ...]:
    """Say what keeps a settlement outside the session's authority; empty where it is inside."""
    least = Money(terms.least(demand.minor, fees.minor), demand.currency)
    found = []
    if offer.currency != demand.currency:
        return (f"the offer is in {offer.currency}, the account in {demand.currency}",)
    if not offer < demand:
        found.append(f"{offer} is not less than the {demand} that is asked for")
    elif offer < least:
        found.append(f"{offer} is less than {least} ({terms.least_share}%): outside the authority")
    last = today + timedelta(days=terms.settlement_days)
    if not today <= pay_by <= last:
        found.append(f"a settlement is paid by {last:%d %b %Y} at the latest")
    return tuple(found)


def plan_flaws(instalments: Sequence[Due], demand: Money, today: date, terms: Terms) -> tuple[str, ...]:
    """Say what keeps a plan outside the session's authority; empty where it is inside."""
    if not instalments:
        return ("a plan needs a first payment",)
    found = []
    total = sum(i.amount.minor for i in instalments)
    if total < demand.minor:
        found.append(f"the plan pays {Money(total, demand.currency)}, {demand} is asked for")
    first = today + timedelta(days=terms.first_payment_days)
    if instalments[0].on > first:
        found.append(f"the first payment comes by {first:%d %b %Y}: no plan without one")
    last = _months_on(today, terms.longest_months)
    if instalments[-1].on > last:
        found.append(f"the last payment is due by {last:%d %b %Y}: {terms.longest_months} months at most")
    return tuple(found)


def _months_on(day: date, months: int) -> date:
    ahead = day.month - 1 + months
    year, month = day.year + ahead // 12, ahead % 12 + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))
