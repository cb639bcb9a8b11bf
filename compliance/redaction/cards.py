"""What makes a row of digits a card number (ISO/IEC 7812), or a routing number (ABA)."""

from __future__ import annotations

_ISSUERS: tuple[tuple[int, int, frozenset[int]], ...] = (
    (4, 4, frozenset({13, 16, 19})),  # Visa
    (51, 55, frozenset({16})),  # Mastercard
    (2221, 2720, frozenset({16})),
    (34, 34, frozenset({15})),  # American Express
    (37, 37, frozenset({15})),
    (300, 305, frozenset({14, 16})),  # Diners Club
    (36, 36, frozenset(range(14, 20))),
    (38, 39, frozenset(range(14, 20))),
    (6011, 6011, frozenset(range(16, 20))),  # Discover
    (644, 659, frozenset(range(16, 20))),
    (3528, 3589, frozenset(range(16, 20))),  # JCB
    (2131, 2131, frozenset({15})),
    (1800, 1800, frozenset({15})),
    (62, 62, frozenset(range(16, 20))),  # UnionPay
    (81, 81, frozenset(range(16, 20))),
    (50, 50, frozenset(range(13, 20))),  # Maestro, RuPay, ELO and other domestic schemes
    (56, 61, frozenset(range(13, 20))),
    (63, 64, frozenset(range(13, 20))),
    (66, 69, frozenset(range(13, 20))),
    (9792, 9792, frozenset({16})),  # Troy
)
"""Lowest and highest prefix of an issuer, and how long its numbers are."""


def luhn(digits: str) -> bool:
    """Whether the last digit is the check digit of those before it (ISO/IEC 7812-1, annex B)."""
    if not digits:
        return False
    plain = sum(map(int, digits[-1::-2]))
    return (plain + sum(map(_DOUBLED.__getitem__, digits[-2::-2]))) % 10 == 0


_DOUBLED = dict(zip("0123456789", (0, 2, 4, 6, 8, 1, 3, 5, 7, 9), strict=True))
"""A digit doubled, the digits of the result added."""


def issued(digits: str) -> bool:
    """Whether an issuer gives out numbers that begin like this and are so long."""
    return any(
        low <= int(digits[: len(str(low))]) <= high and len(digits) in lengths
        for low, high, lengths in _ISSUERS
        if len(digits) >= len(str(low))
    )


def is_card(digits: str) -> bool:
    """Whether this may be a card's number: 13 to 19 digits, an issuer's range, a right check digit."""
    return 13 <= len(digits) <= 19 and luhn(digits) and issued(digits)


def is_routing(digits: str) -> bool:
    """Whether this is an ABA routing number: nine digits whose weighted sum (3, 7, 1) ends in 0."""
    return (
        len(digits) == 9
        and digits != "000000000"
        and sum(int(d) * w for d, w in zip(digits, (3, 7, 1) * 3, strict=True)) % 10 == 0
    )
