"""Disputes on part of an invoice: why, whose fault, by when we answer, and how they end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from workstation.desk.promise import IsHoliday


class Cause(StrEnum):
    """Whose fault it turned out, or seems, to be: the own-fault share is a figure we answer for."""

    OURS = "ours"
    THEIRS = "theirs"
    UNKNOWN = "unknown"


class Reason(StrEnum):
    """What is disputed."""

    PRICE = "price"
    QUANTITY = "quantity"
    QUALITY = "quality"
    DELIVERY = "delivery"
    PAPERWORK = "paperwork"
    """Purchase order, reference or portal: ours to mend within a day."""
    TERMS = "terms"
    CREDIT_PENDING = "credit pending"
    ALREADY_PAID = "already paid"
    NOT_ORDERED = "not ordered"
    OTHER = "other"


class Resolution(StrEnum):
    """How a dispute ended."""

    CREDIT = "credit"
    """They were right: the part was credited."""
    PROOF = "proof"
    """We showed that it is owed."""
    WITHDRAWN = "withdrawn"
    RESTATED = "restated"
    """A later file states another part in dispute."""


@dataclass(frozen=True, slots=True)
class Habit:
    """What a reason usually means."""

    cause: Cause
    answer_days: int
    """Business days within which we answer."""


HABITS: dict[Reason, Habit] = {
    Reason.PRICE: Habit(Cause.UNKNOWN, 3),
    Reason.QUANTITY: Habit(Cause.UNKNOWN, 3),
    Reason.QUALITY: Habit(Cause.UNKNOWN, 5),
    Reason.DELIVERY: Habit(Cause.UNKNOWN, 3),
    Reason.PAPERWORK: Habit(Cause.OURS, 1),
    Reason.TERMS: Habit(Cause.UNKNOWN, 3),
    Reason.CREDIT_PENDING: Habit(Cause.OURS, 2),
    Reason.ALREADY_PAID: Habit(Cause.THEIRS, 3),
    Reason.NOT_ORDERED: Habit(Cause.UNKNOWN, 3),
    Reason.OTHER: Habit(Cause.UNKNOWN, 5),
}


def answer_due(reason: Reason, opened: date, is_holiday: IsHoliday) -> date:
    """Return the last day on which we answer, counted in business days after the opening."""
    day, left = opened, HABITS[reason].answer_days
    while left > 0:
        day += timedelta(days=1)
        if day.weekday() < 5 and not is_holiday(day):
            left -= 1
    return day
