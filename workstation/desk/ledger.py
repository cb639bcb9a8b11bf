"""The ledger of one account: dated lines, and balances and aging as of any day, explained by those lines.

Amounts are integer minor units of the account's one currency. A line belongs to a day, not to a moment: what
stands at the end of a day does not depend on the order in which that day's lines were entered.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cached_property

from workstation.desk.aging import Aging, Bucket, OpenItem, age, bucket_of, days_late
from workstation.desk.money import Money


class ItemKind(StrEnum):
    """What an open item is."""

    INVOICE = "invoice"
    FINANCE_CHARGE = "finance charge"


class CreditKind(StrEnum):
    """Why we ask for less."""

    CREDIT = "credit"
    DISCOUNT = "discount"
    WRITE_OFF = "write-off"


class LineKind(StrEnum):
    """What a line of the ledger records."""

    INVOICE = "invoice"
    FINANCE_CHARGE = "finance charge"
    PAYMENT = "payment"
    REVERSAL = "payment returned"
    CREDIT = "credit"
    DISCOUNT = "discount"
    WRITE_OFF = "write-off"
    ADJUSTMENT = "adjustment"
    UNAPPLIED = "unapplied"


class LedgerMismatch(Exception):
    """A figure that is not the sum of its lines: the book is damaged; the message says by how much."""


@dataclass(frozen=True, slots=True, order=True)
class Line:
    """One dated effect on what is owed. Lines have one order: day, then what they say."""

    on: date
    kind: LineKind
    text: str
    amount_minor: int
    """Positive adds to what is owed."""
    item_id: int = 0
    """The open item (invoice) it belongs to; 0 for money not yet applied to any."""


@dataclass(frozen=True, slots=True)
class Explained:
    """A figure and the lines it is the sum of. Making one that does not tie out raises LedgerMismatch."""

    amount: Money
    as_of: date
    lines: tuple[Line, ...]

    def __post_init__(self) -> None:
        total = sum(line.amount_minor for line in self.lines)
        if total != self.amount.minor:
            raise LedgerMismatch(f"the figure says {self.amount.minor}, its lines sum to {total}")


@dataclass(frozen=True, slots=True)
class Item:
    """An invoice or finance charge as issued."""

    item_id: int
    number: str
    kind: ItemKind
    issued: date
    due: date
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Held:
    """A disputed part of an item, from one day up to the day it was resolved."""

    item_id: int
    amount_minor: int
    since: date
    until: date | None = None
    """The day of resolution, no longer held; None while open."""

    def on(self, day: date) -> bool:
        """Whether the part is held at the end of a day."""
        return self.since <= day and (self.until is None or day < self.until)


@dataclass(frozen=True, slots=True)
class ExplainedAging:
    """Aging figures as of a day, with every bucket's lines."""

    figures: Aging
    buckets: Mapping[Bucket, Explained]


@dataclass(frozen=True)
class AccountLedger:
    """Everything that ever happened to what an account owes.

    ``lines`` change open items; ``funds`` are money and credits received (negative) and what was moved from
    them to items (positive): their sum is what is unapplied, and is never positive.
    """

    account_id: int
    currency: str
    items: tuple[Item, ...]
    lines: tuple[Line, ...]
    funds: tuple[Line, ...] = ()
    held: tuple[Held, ...] = ()

    @cached_property
    def _by_item(self) -> dict[int, list[Line]]:
        found: dict[int, list[Line]] = {item.item_id: [] for item in self.items}
        for item in self.items:
            kind = LineKind(item.kind.value)
            found[item.item_id].append(Line(item.issued, kind, item.number, item.amount_minor, item.item_id))
        for line in self.lines:
            found[line.item_id].append(line)
        return found

    def item_balance(self, item_id: int, day: date) -> Explained:
        """Return what is open on one item at the end of a day. Raises KeyError for an unknown item."""
        return self._explain(self._by_item[item_id], day)

    def balance(self, day: date) -> Explained:
        """Return the sum of the open items at the end of a day; unapplied money is not taken off."""
        return self._explain((line for lines in self._by_item.values() for line in lines), day)

    def unapplied(self, day: date) -> Explained:
        """Return money and credits received and not applied by the end of a day, as a negative amount."""
        return self._explain(self.funds, day)

    def net(self, day: date) -> Explained:
        """Return the balance less what is unapplied."""
        every = [line for lines in self._by_item.values() for line in lines]
        return self._explain([*every, *self.funds], day)

    def open_items(self, day: date) -> tuple[tuple[Item, OpenItem], ...]:
        """Return the items with something open at the end of a day, oldest due first."""
        found = []
        for item in sorted(self.items, key=lambda i: (i.due, i.item_id)):
            left = sum(line.amount_minor for line in self._by_item[item.item_id] if line.on <= day)
            if left:
                held = sum(h.amount_minor for h in self.held if h.item_id == item.item_id and h.on(day))
                found.append((item, OpenItem(item.due, left, max(0, min(held, left)))))
        return tuple(found)

    def aging(self, day: date) -> ExplainedAging:
        """Age the open items by due date as of the end of a day; the buckets add up to the balance."""
        standing = self.open_items(day)
        lines: dict[Bucket, list[Line]] = {bucket: [] for bucket in Bucket}
        for item, _ in standing:
            lines[bucket_of(days_late(item.due, day))] += self._by_item[item.item_id]
        figures = age([open_item for _, open_item in standing], day)
        buckets = {bucket: self._explain(found, day) for bucket, found in lines.items()}
        for bucket, explained in buckets.items():
            if explained.amount.minor != figures.by_bucket[bucket]:
                raise LedgerMismatch(f"bucket {bucket.label} does not tie out on {day}")
        return ExplainedAging(figures, buckets)

    def _explain(self, lines: Iterable[Line], day: date) -> Explained:
        kept = tuple(sorted(line for line in lines if line.on <= day))
        return Explained(Money(sum(line.amount_minor for line in kept), self.currency), day, kept)


@dataclass(frozen=True, slots=True)
class Recorded:
    """What recording money or a credit did."""

    entry_id: int
    """Of the payment or credit."""
    parts: tuple[tuple[str, Money], ...]
    """(invoice number, amount) in the order applied."""
    unapplied: Money
    """What could not be applied, or was not directed anywhere; it is kept as such."""
    discounts: tuple[tuple[str, Money], ...] = ()
    """Early-payment discounts given with it."""
    repeated: bool = False
    """Whether the same key was in the book already: nothing was written."""
