"""What must not be kept, under a profile and as of a date: read from the rulebook's rules of conduct."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from compliance.rulebook import Rulebook


class Kind(StrEnum):
    """What was cut out."""

    CARD = "card"
    """A primary account number, or part of one."""
    CODE = "security-code"
    EXPIRY = "expiry"
    SOCIAL = "social-security"
    BANK = "bank-account"
    """A bank account or routing number."""


CARD_KINDS = frozenset({Kind.CARD, Kind.CODE, Kind.EXPIRY})
"""What PCI DSS is about: cut out under every profile."""

_RULES = {
    "conduct/card-data": CARD_KINDS,
    "conduct/social-security": frozenset({Kind.SOCIAL}),
    "conduct/bank-account": frozenset({Kind.BANK}),
}


@dataclass(frozen=True, slots=True)
class Policy:
    """What is cut out, and what may stay of it."""

    kinds: frozenset[Kind] = CARD_KINDS
    keep_last: bool = True
    """Whether the last four digits of a card may be kept."""
    margin_s: float = 0.8
    """Seconds of audio muted before and after the words: "six four one eight" may come as "takes for one
    eight", and the six is still there to be heard."""
    versions: tuple[tuple[Kind, str], ...] = ()
    """By kind, rule and the day its value took effect."""

    def version(self, kind: Kind) -> str:
        """Rule and version under which a kind is cut out, such as ``conduct/card-data 2020-01-01``."""
        return dict(self.versions).get(kind, "")


CARDS = Policy()
"""What holds where no profile is known: card data, always."""
EVERYTHING = Policy(frozenset(Kind), keep_last=False)
"""For logs, which need none of it."""


def policy_of(book: Rulebook, profile: str, day: date) -> Policy:
    """Read a profile's policy as of a date. Raises UnknownProfileError, KeyError."""
    from compliance.contact import Level

    kinds: set[Kind] = set()
    versions: list[tuple[Kind, str]] = []
    for rule_id, of_rule in _RULES.items():
        dated = book.rules[rule_id].value_at(day)
        if dated is None or dated.repealed or book.level(profile, rule_id) is Level.OFF:
            continue
        kinds |= of_rule
        versions += [(kind, f"{rule_id} {dated.effective.isoformat()}") for kind in sorted(of_rule)]
    kinds |= CARD_KINDS  # no date and no file lets card data in
    return Policy(
        kinds=frozenset(kinds),
        keep_last=book.figure("conduct/card-data", "keep_last", day) == 4,
        margin_s=book.figure("conduct/card-data", "margin_ms", day) / 1000,
        versions=tuple(versions),
    )


__all__ = ["CARDS", "CARD_KINDS", "EVERYTHING", "Kind", "Policy", "policy_of"]
