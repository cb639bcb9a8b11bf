"""Aging by due date: which bucket an invoice is in, and when it moves to the next."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import IntEnum


class Bucket(IntEnum):
    """Aging buckets in order; the value is the bucket's first day late."""

    CURRENT = 0
    DAYS_1_30 = 1
    DAYS_31_60 = 31
    DAYS_61_90 = 61
    DAYS_91_120 = 91
    OVER_120 = 121

    @property
    def label(self) -> str:
        """As people write it: current, 1-30, ... 120+."""
        return _LABELS[self]


_LABELS = {
    Bucket.CURRENT: "current",
    Bucket.DAYS_1_30: "1-30",
    Bucket.DAYS_31_60: "31-60",
    Bucket.DAYS_61_90: "61-90",
    Bucket.DAYS_91_120: "91-120",
    Bucket.OVER_120: "120+",
}


def days_late(due: date, on: date) -> int:
    """Days past the due date; negative before it, 0 on it."""
    return (on - due).days


def bucket_of(late: int) -> Bucket:
    """Return the bucket of something that many days late."""
    return max((b for b in Bucket if b <= late), default=Bucket.CURRENT)


def next_bucket(late: int) -> tuple[Bucket, int] | None:
    """Return the bucket that comes next and in how many days; None in the last one."""
    later = [b for b in Bucket if b > late]
    return (later[0], later[0] - late) if later else None


@dataclass(frozen=True, slots=True)
class OpenItem:
    """An invoice as aging sees it; amounts in minor units of the account's currency."""

    due: date
    open_minor: int
    disputed_minor: int = 0


@dataclass(frozen=True, slots=True)
class Aging:
    """An account's open items as of a day; amounts in minor units."""

    balance_minor: int
    past_due_minor: int
    """Past due, with what is disputed."""
    collectible_minor: int
    """Past due and not disputed: what a call can ask for."""
    disputed_minor: int
    oldest_due: date | None
    """Of the open items; None when there are none."""
    days_late: int
    """Of the oldest open item; negative before its due date, 0 when nothing is open."""
    by_bucket: dict[Bucket, int]


def age(items: Iterable[OpenItem], on: date) -> Aging:
    """Sum open items into aging figures as of a day. Credits (negative open) lower the balance only."""
    balance = past_due = disputed = collectible = 0
    oldest: date | None = None
    by_bucket = dict.fromkeys(Bucket, 0)
    for item in items:
        if item.open_minor == 0:
            continue
        balance += item.open_minor
        disputed += item.disputed_minor
        late = days_late(item.due, on)
        by_bucket[bucket_of(late)] += item.open_minor
        if item.open_minor > 0:
            oldest = item.due if oldest is None else min(oldest, item.due)
            if late > 0:
                past_due += item.open_minor
                collectible += item.open_minor - item.disputed_minor
    return Aging(
        balance_minor=balance,
        past_due_minor=past_due,
        collectible_minor=max(0, min(collectible, balance - disputed)),
        disputed_minor=disputed,
        oldest_due=oldest,
        days_late=0 if oldest is None else days_late(oldest, on),
        by_bucket=by_bucket,
    )
