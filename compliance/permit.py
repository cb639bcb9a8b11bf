"""The permit: the one thing that lets the dialer originate a call.

A permit can be made only by :func:`mint`, from a ``Permitted`` verdict and the id of the decision record that
was committed for it. The dialer's engine refuses anything else, so no path reaches Originate without a gate
decision that is already in the book (design: a decision before every contact).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from compliance.contact import Permitted

DECISION_VALID_FOR = timedelta(seconds=60)
"""A decision older than this must be taken again (domain rules, section 2.15)."""

_MINT = object()


class PermitError(Exception):
    """A permit was forged, or is used outside its time or for another number."""


@dataclass(frozen=True, slots=True)
class Permit:
    """Leave to place one call to one number, once, within a minute of the decision."""

    decision_id: str
    number: str
    expires: datetime
    _token: object

    def __post_init__(self) -> None:
        if self._token is not _MINT:
            raise PermitError("a permit comes from compliance.permit.mint, from a Permitted verdict, only")

    def check(self, number: str, now: datetime) -> None:
        """Raise PermitError unless this permit covers `number` at `now` (aware UTC)."""
        if self._token is not _MINT:
            raise PermitError("this permit was not minted by the gate")
        if number != self.number:
            raise PermitError(f"the permit {self.decision_id} is for another number")
        if now >= self.expires:
            raise PermitError(f"the permit {self.decision_id} expired at {self.expires.isoformat()}")


def mint(verdict: Permitted, decision_id: str, number: str) -> Permit:
    """Make the permit for a committed decision; it expires with the verdict or after 60 seconds."""
    if not isinstance(verdict, Permitted):
        raise PermitError("only a Permitted verdict can be turned into a permit")
    return Permit(decision_id, number, min(verdict.until, verdict.at + DECISION_VALID_FOR), _MINT)
