"""Money: integer minor units with a currency. No floats; two currencies are never added."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

#: ISO 4217 currencies whose minor unit is not a hundredth.
_EXPONENT = {
    "JPY": 0,
    "KRW": 0,
    "CLP": 0,
    "VND": 0,
    "ISK": 0,
    "BHD": 3,
    "KWD": 3,
    "OMR": 3,
    "TND": 3,
    "JOD": 3,
}


def decimal_places(currency: str) -> int:
    """How many decimal places an ISO 4217 currency has."""
    return _EXPONENT.get(currency, 2)


class MoneyError(ValueError):
    """An amount that cannot be read, or two currencies in one sum."""


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """An amount, such as ``Money(842000, "USD")`` for 8,420.00 USD."""

    minor: int
    currency: str

    def __add__(self, other: Money) -> Money:
        return Money(self.minor + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.minor - self._same(other), self.currency)

    def __neg__(self) -> Money:
        return Money(-self.minor, self.currency)

    def __lt__(self, other: Money) -> bool:
        return self.minor < self._same(other)

    def __le__(self, other: Money) -> bool:
        return self.minor <= self._same(other)

    def _same(self, other: Money) -> int:
        if other.currency != self.currency:
            raise MoneyError(f"{self.currency} and {other.currency} cannot be taken together")
        return other.minor

    def __str__(self) -> str:
        return f"{self.figures()} {self.currency}"

    def figures(self) -> str:
        """The amount without its currency: ``8,420.00``."""
        places = decimal_places(self.currency)
        whole, rest = divmod(abs(self.minor), 10**places)
        sign = "-" if self.minor < 0 else ""
        return f"{sign}{whole:,}.{rest:0{places}}" if places else f"{sign}{whole:,}"


def parse_money(text: str, currency: str) -> Money:
    """Read ``8,420.00`` or ``8420`` exactly; refuse more places than the currency has, and anything else.

    Raises MoneyError naming the text. A comma is a thousands mark only where it stands before three digits.
    """
    places = decimal_places(currency)
    bare = text.strip().replace(" ", "")
    head, dot, tail = bare.partition(".")
    groups = head.lstrip("-").split(",")
    if len(groups) > 1 and (not 1 <= len(groups[0]) <= 3 or any(len(g) != 3 for g in groups[1:])):
        raise MoneyError(f"{text!r} is not an amount: write 8420.00 or 8,420.00")
    plain = head.replace(",", "") + dot + tail
    if (
        not plain.lstrip("-").replace(".", "", 1).isascii()
        or not plain.lstrip("-").replace(".", "", 1).isdigit()
    ):
        raise MoneyError(f"{text!r} is not an amount: write 8420.00 or 8,420.00")
    try:
        value = Decimal(plain).scaleb(places)
    except InvalidOperation:
        raise MoneyError(f"{text!r} is not an amount") from None
    if value != value.to_integral_value():
        raise MoneyError(f"{text!r} has more than {places} decimal places, and {currency} has {places}")
    return Money(int(value), currency)
