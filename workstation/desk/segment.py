"""Segments: which kind of payer an account is, from its payment history, with the reasons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction

from workstation.desk.kpi import percent, rounded, weighted_days_late

ENOUGH_INVOICES = 3
"""With fewer settled or late invoices nothing can be said about payment behaviour."""

PROMPT_LATE_SHARE = 20
"""Percent of invoices late up to which a payer is prompt."""

PROMPT_DAYS = 5
LATE_DAYS = 30
"""Weighted days late: up to the first prompt, beyond the second late, between them slow."""

NEW_DAYS = 180
"""An account younger than this is new."""


class Size(StrEnum):
    """By the open balance against the book's, or against fixed bounds."""

    SMALL = "small"
    MEDIUM = "medium"
    LARGE = "large"


class Behaviour(StrEnum):
    """How they pay."""

    PROMPT = "prompt"
    SLOW = "slow"
    LATE = "late"
    UNKNOWN = "unknown"


class Relationship(StrEnum):
    """How long we know them."""

    NEW = "new"
    ESTABLISHED = "established"


@dataclass(frozen=True, slots=True)
class SizeBounds:
    """From these amounts (minor units of the currency) an account is medium, and large."""

    medium_minor: int = 500_000
    large_minor: int = 5_000_000


@dataclass(frozen=True, slots=True)
class PaidPart:
    """A part of an invoice: paid so many days after the due date, or open and so late by now."""

    invoice_id: int
    minor: int
    days_late: int
    """Negative: early, or not yet due."""
    open: bool = False


@dataclass(frozen=True, slots=True)
class Segment:
    """The segment with its reasons and figures."""

    size: Size
    behaviour: Behaviour
    relationship: Relationship
    reasons: tuple[str, ...]
    late_share: Fraction | None
    """Percent of judged invoices that were late."""
    days_late: Fraction | None
    """Weighted by amount, early as 0."""

    @property
    def name(self) -> str:
        """As one word for lists: ``large-late-established``."""
        return f"{self.size}-{self.behaviour}-{self.relationship}"


def segment(
    parts: Sequence[PaidPart],
    *,
    balance_minor: int,
    opened_on: date,
    as_of: date,
    bounds: SizeBounds,
    money: str,
    broken_promises: int = 0,
) -> Segment:
    """Judge an account. `money` is the balance as people read it, for the reasons."""
    reasons = []
    size = Size.SMALL
    if balance_minor >= bounds.large_minor:
        size = Size.LARGE
    elif balance_minor >= bounds.medium_minor:
        size = Size.MEDIUM
    reasons.append(f"{size}: {money} open")
    judged = [p for p in parts if not p.open or p.days_late > 0]
    invoices = {p.invoice_id for p in judged}
    late = {p.invoice_id for p in judged if p.days_late > 0}
    share = percent(len(late), len(invoices))
    weighted = weighted_days_late([(p.minor, p.days_late) for p in judged])
    if len(invoices) < ENOUGH_INVOICES or share is None or weighted is None:
        behaviour = Behaviour.UNKNOWN
        reasons.append(f"unknown payer: {len(invoices)} of {ENOUGH_INVOICES} invoices needed to judge")
    else:
        if weighted > LATE_DAYS:
            behaviour = Behaviour.LATE
        elif weighted <= PROMPT_DAYS and share <= PROMPT_LATE_SHARE:
            behaviour = Behaviour.PROMPT
        else:
            behaviour = Behaviour.SLOW
        reasons.append(
            f"{behaviour} payer: {len(late)} of {len(invoices)} invoices late, "
            f"{rounded(weighted, 1)} days by weight"
        )
    if broken_promises >= 2 and behaviour is not Behaviour.LATE:
        behaviour = Behaviour.LATE
        reasons.append(f"late payer: {broken_promises} promises broken")
    age = (as_of - opened_on).days
    relationship = Relationship.NEW if age < NEW_DAYS else Relationship.ESTABLISHED
    reasons.append(f"{relationship}: customer for {age} days")
    return Segment(size, behaviour, relationship, tuple(reasons), share, weighted)
