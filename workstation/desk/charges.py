"""Finance charges: simple daily interest on the late, undisputed part, only on a recorded contractual basis.

What has accrued is a sum over the history of the open amount, so a charge is the same however often it is
assessed, and is not lost when the principal is paid before anybody assessed it. Charges bear no charges.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

YEAR_DAYS = 365
"""A rate of a year is spread over this many days, in leap years too."""


@dataclass(frozen=True, slots=True)
class Basis:
    """The contractual ground of a charge."""

    contract: str
    """Document and clause."""
    rate_bp: int
    """Simple rate a year in basis points."""
    valid_from: date
    valid_until: date | None = None
    """The last day it covers."""
    grace_days: int = 0
    """Days after the due date that are free."""
    cap_bp: int | None = None
    """The most on one invoice, in basis points of its amount."""


@dataclass(frozen=True, slots=True)
class Span:
    """Days over which the charged amount stood still; both ends included."""

    first: date
    last: date
    principal_minor: int

    @property
    def days(self) -> int:
        """How many days."""
        return (self.last - self.first).days + 1


@dataclass(frozen=True, slots=True)
class Accrued:
    """What has accrued on one invoice through a day, with the spans it was worked out from."""

    minor: int
    """Rounded down to the minor unit: in the customer's favour."""
    capped: bool
    spans: tuple[Span, ...]


def accrue(
    basis: Basis, due: date, amount_minor: int, standing: Sequence[tuple[date, int]], through: date
) -> Accrued:
    """Work out what has accrued on an invoice through the end of a day.

    ``standing`` holds (day, undisputed open amount from the end of that day on), in order of days; before the
    first nothing stood open. A payment counts from its own day: that day bears no charge on what it paid.
    """
    start = max(due + timedelta(days=1 + basis.grace_days), basis.valid_from)
    end = through if basis.valid_until is None else min(through, basis.valid_until)
    spans = []
    for index, (day, minor) in enumerate(standing):
        first = max(day, start)
        last = end if index + 1 == len(standing) else min(end, standing[index + 1][0] - timedelta(days=1))
        if minor > 0 and first <= last:
            spans.append(Span(first, last, minor))
    total = sum(s.principal_minor * s.days for s in spans) * basis.rate_bp // (10_000 * YEAR_DAYS)
    cap = None if basis.cap_bp is None else max(0, amount_minor) * basis.cap_bp // 10_000
    if cap is not None and total > cap:
        return Accrued(cap, True, tuple(spans))
    return Accrued(total, False, tuple(spans))
