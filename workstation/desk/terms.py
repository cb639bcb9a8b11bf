"""Payment terms as people write them, such as ``2/10 net 30``: due dates and discount windows."""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from workstation.desk.money import Money


class TermsError(ValueError):
    """Terms that cannot be read; the message shows them and what is understood."""


@dataclass(frozen=True, slots=True)
class Discount:
    """An early-payment discount."""

    share_bp: int
    """Basis points of the invoice: 200 is 2 percent."""
    days: int


@dataclass(frozen=True, slots=True)
class Terms:
    """Terms of payment. Days count from the invoice date, or from the end of its month (``eom``)."""

    net_days: int | None
    """None where the terms name none, as in 1/15 EOM: the due date is then the one on the invoice."""
    discount: Discount | None = None
    eom: bool = False

    def due(self, issued: date) -> date | None:
        """Return the due date of an invoice; None where the terms do not say."""
        return None if self.net_days is None else self._base(issued) + timedelta(days=self.net_days)

    def discount_until(self, issued: date) -> date | None:
        """Return the last day on which the discount may be taken; None without a discount."""
        return None if self.discount is None else self._base(issued) + timedelta(days=self.discount.days)

    def _base(self, issued: date) -> date:
        return issued.replace(day=monthrange(issued.year, issued.month)[1]) if self.eom else issued


@dataclass(frozen=True, slots=True)
class Quote:
    """An early-payment discount as offered on one invoice."""

    number: str
    amount: Money
    """What may be taken off."""
    pay: Money
    """What settles the invoice if it comes in time."""
    until: date
    """The last day."""
    days_left: int


_DISCOUNT = re.compile(r"^(\d{1,2}(?:[.,]\d{1,2})?)%?(?:/|in )(\d{1,3})(?: days?)?")
_NET = re.compile(r"^(?:net|n/|n)? ?(\d{1,3}) ?(?:days?)?(?: net)?$")
_NET_FIRST = re.compile(r"^(n(?:et)?[ /]?\d{1,3}(?: days?)?(?: eom)?) (\d{1,2}(?:\.\d{1,2})?/\d{1,3})$")
_AT_ONCE = {
    "due on receipt",
    "on receipt",
    "due upon receipt",
    "cod",
    "cash on delivery",
    "immediate",
    "cash",
}


def parse_terms(text: str) -> Terms:
    """Read terms of payment. Raises TermsError; nothing is guessed.

    Understood: ``2/10 net 30``, ``2/10, n/30``, ``2% 10 net 30``, ``1.5/15 net 45``, ``net 45``, ``30 days``,
    ``n/30``, ``net 30 EOM``, ``1/15 EOM``, ``2/10 EOM net 30``, ``net 30 · 2/10``, ``due on receipt``,
    ``COD``.
    """
    plain = re.sub(r" ?[,·;] ", " ", " ".join(text.casefold().replace(",", ", ").split())).strip(" .")
    plain = re.sub(r"\bend of month\b", "eom", plain)
    plain = re.sub(r"^(\d{1,2}(?:\.\d{1,2})?) ?% (?=\d)", r"\1/", plain)
    plain = re.sub(r"\s*/\s*", "/", plain)
    if plain in _AT_ONCE:
        return Terms(0)
    plain = re.sub(
        r"^(n(?:et)?[ /]?\d{1,3}(?: days?)?(?: eom)?) (\d{1,2}(?:\.\d{1,2})?/\d{1,3})$", r"\2 \1", plain
    )
    words = plain.split()
    eom = "eom" in words
    rest = " ".join(w for w in words if w != "eom")
    discount = None
    found = _DISCOUNT.match(rest)
    if found is not None:
        share = Decimal(found[1].replace(",", ".")) * 100
        discount = Discount(int(share), int(found[2]))
        rest = rest[found.end() :].strip()
    if not rest and (discount is not None):
        if not eom:
            raise _unreadable(text)
        return Terms(None, discount, eom=True)
    net = _NET.match(rest)
    if net is None:
        raise _unreadable(text)
    days = int(net[1])
    if discount is not None and (discount.days > days or discount.share_bp == 0):
        raise TermsError(f"terms {text!r}: the discount must be something and end before the net days")
    return Terms(days, discount, eom=eom)


def quote(terms: Terms, number: str, issued: date, amount: Money, on: date) -> Quote | None:
    """Return the discount open on an invoice on a day; None where there is none (any more).

    The discount is rounded half up to the minor unit.
    """
    until = terms.discount_until(issued)
    if terms.discount is None or until is None or on > until or on < issued or amount.minor <= 0:
        return None
    off = (amount.minor * terms.discount.share_bp + 5_000) // 10_000
    if off == 0:
        return None
    off_money = Money(off, amount.currency)
    return Quote(number, off_money, amount - off_money, until, (until - on).days)


def _unreadable(text: str) -> TermsError:
    return TermsError(f"terms {text!r} cannot be read: write them like 2/10 net 30, net 45 or 1/15 EOM")
