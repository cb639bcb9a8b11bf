"""A form: named slots, what they mean so far in words, and the work that saving them is. Pure."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from workstation.desk.book_ledger import LedgerDesk
from workstation.desk.money import Money
from workstation.desk.views import AccountView, InvoiceView, SignedInUser
from workstation.ui import entry
from workstation.ui.kit import Row, cut_row, row
from workstation.ui.room import Choice

MOST_SLOTS = 6
"""Entry fields that the panel has."""

Work = Callable[[datetime], str]
"""Saves what was entered, in a worker thread, at an instant; returns the message line's sentence, if any."""


@dataclass(frozen=True, slots=True)
class Slot:
    """One entry field."""

    name: str
    label: str
    """At most nine characters."""
    start: str = ""
    """What stands in it at first."""
    picks: tuple[Choice, ...] = ()
    """What F2 offers; the id is what is entered."""
    span: int = 1
    """Columns of the panel that the field takes: 1, or 3 for a sentence."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What a form is filled in against."""

    desk: LedgerDesk
    account: AccountView
    user: SignedInUser
    today: date
    """Where the account is."""
    who: str
    """Who is, or would be, on the other end."""
    call_id: str = ""

    @property
    def free(self) -> Money:
        """What is open and not disputed."""
        return Money(sum(free_of(i).minor for i in self.account.invoices), self.account.currency)

    def invoice(self, text: str) -> InvoiceView:
        """The open invoice meant by its number, or a unique beginning of it. Raises entry.EntryError."""
        typed = text.strip().lower()
        invoices = self.account.invoices
        exact = [i for i in invoices if i.number.lower() == typed]
        found = exact or [i for i in invoices if typed and i.number.lower().startswith(typed)]
        if len(found) == 1:
            return found[0]
        numbers = ", ".join(i.number for i in invoices[:6]) + (" …" if len(invoices) > 6 else "")
        if not invoices:
            raise entry.EntryError("invoice: nothing is open on this account")
        raise entry.EntryError(f"invoice: which one? {numbers}")

    def invoice_picks(self) -> tuple[Choice, ...]:
        """The open invoices to pick from."""
        return tuple(
            Choice(i.number, i.number, f"{free_of(i).figures()} open, due {i.due.day} {i.due:%b}")
            for i in self.account.invoices
        )


def free_of(invoice: InvoiceView) -> Money:
    """What of an invoice is open and not disputed."""
    return Money(max(0, invoice.open.minor - max(0, invoice.disputed.minor)), invoice.open.currency)


class Form(ABC):
    """One thing to enter."""

    title: str
    slots: tuple[Slot, ...]
    deep: ClassVar[bool] = False
    """Whether what it means takes more rows than usual."""

    def __init__(self) -> None:
        self.values = {slot.name: slot.start for slot in self.slots}

    @property
    def begin(self) -> str:
        """The slot to begin in: the first empty one."""
        return next((s.name for s in self.slots if not self.values[s.name]), self.slots[0].name)

    def rows(self, width: int, height: int) -> list[Row]:
        """What the slots mean so far, in words; what is wrong with them where they mean nothing."""
        try:
            rows = self.meaning(width, height)
        except entry.EntryError as wrong:
            rows = [row((f"… {wrong}", "dim"))]
        return [cut_row(line, width) for line in rows[:height]]

    @abstractmethod
    def meaning(self, width: int, height: int) -> Sequence[Row]:
        """What would be saved, in words. Raises entry.EntryError."""

    @abstractmethod
    def work(self) -> Work:
        """What saving does. Raises entry.EntryError where a slot cannot be read."""


def named(options: Sequence[str]) -> tuple[Choice, ...]:
    """Options to pick from that are entered as they are shown."""
    return tuple(Choice(name, name) for name in options)
