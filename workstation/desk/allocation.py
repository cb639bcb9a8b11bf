"""Which invoices a sum of money goes to: as directed, else the oldest first; never to a disputed part.

12 CFR 1006.30(c) and 15 USC 1692h: a payment is applied as the consumer directs, and never to a debt the
consumer disputes. We do the same for businesses.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date


class AllocationRefused(ValueError):
    """The money cannot go where it is directed; the message names the invoice and what could go there."""


@dataclass(frozen=True, slots=True)
class Payable:
    """An open item as money sees it; minor units."""

    item_id: int
    number: str
    due: date
    open_minor: int
    disputed_minor: int = 0

    @property
    def free_minor(self) -> int:
        """What may be paid off: open and not disputed. A credit note takes no money."""
        return max(0, self.open_minor - self.disputed_minor)


@dataclass(frozen=True, slots=True)
class Allocated:
    """What goes to which item, in order, and what is left over."""

    parts: tuple[tuple[int, int], ...]
    """(item id, minor units), each more than nothing."""
    rest_minor: int


def allocate(
    amount_minor: int, items: Sequence[Payable], directed: Mapping[str, int] | None = None
) -> Allocated:
    """Divide a sum over open items.

    Without direction the oldest due date comes first (then the lower id). With ``directed`` (invoice number
    to minor units) exactly those parts are paid and the rest stays unapplied: nobody asked for it to go
    elsewhere. Raises AllocationRefused.
    """
    if amount_minor < 0:
        raise AllocationRefused("a sum to allocate cannot be negative")
    if directed is not None:
        return _as_directed(amount_minor, items, directed)
    left = amount_minor
    parts = []
    for item in sorted(items, key=lambda i: (i.due, i.item_id)):
        part = min(left, item.free_minor)
        if part > 0:
            parts.append((item.item_id, part))
            left -= part
    return Allocated(tuple(parts), left)


def _as_directed(amount_minor: int, items: Sequence[Payable], directed: Mapping[str, int]) -> Allocated:
    by_number = {item.number: item for item in items}
    left = amount_minor
    parts = []
    for number, part in directed.items():
        item = by_number.get(number)
        if item is None:
            raise AllocationRefused(f"no open invoice {number!r} on this account")
        if part <= 0:
            raise AllocationRefused(f"invoice {number}: the part must be more than nothing")
        if part > item.free_minor:
            held = f" ({item.disputed_minor} more is disputed)" if item.disputed_minor else ""
            raise AllocationRefused(f"invoice {number}: {item.free_minor} can be paid, not {part}{held}")
        parts.append((item.item_id, part))
        left -= part
    if left < 0:
        raise AllocationRefused(
            f"the parts directed come to {amount_minor - left}, the sum is {amount_minor}"
        )
    return Allocated(tuple(parts), left)
