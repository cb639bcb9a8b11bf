"""What large files and bank statements need of the book: lean rows, whole chunks, one transaction each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple, Protocol

from workstation.desk.entry import AccountEntry, ContactEntry, Put


class AccountKey(NamedTuple):
    """An account as rows refer to it."""

    account_id: int
    debt_id: int
    currency: str


class ItemRow(NamedTuple):
    """One invoice or credit note, checked; a tuple because a file holds a million."""

    account_id: int
    debt_id: int
    number: str
    issued: date
    due: date
    amount_minor: int
    open_minor: int
    disputed_minor: int
    po_number: str
    terms: str


class ReceiptRow(NamedTuple):
    """Money received, and for which invoices if that was said."""

    account_id: int
    received_on: date
    amount_minor: int
    method: str
    reference: str
    key: str
    """The same key twice on one account is the same money."""
    invoices: tuple[str, ...]
    """Numbers it is directed to, in order; what is left goes to the oldest."""


@dataclass(frozen=True, slots=True)
class OpenItem:
    """An open invoice as bank receipts are matched with it."""

    account_id: int
    account_number: str
    customer: str
    currency: str
    invoice_id: int
    number: str
    due: date
    open_minor: int
    disputed_minor: int = 0


@dataclass(frozen=True, slots=True)
class BankReceipt:
    """Money on a bank statement as the book keeps it until it is known whose it is."""

    key: str
    """Bank account and the bank's own reference: the same key twice is the same money."""
    booked_on: date
    amount_minor: int
    currency: str
    payer: str
    text: str
    suggestions: tuple[Mapping[str, str], ...] = ()
    """What matching thought of it, best first: account, invoices, score, reason."""


@dataclass(frozen=True, slots=True)
class WaitingReceipt:
    """A receipt that waits for a person."""

    receipt_id: int
    receipt: BankReceipt


class BulkIntake(Protocol):
    """The side of the book that large files are read into. Every ``put`` is one committed transaction."""

    def account_keys(self, numbers: Sequence[str]) -> dict[str, AccountKey]:
        """Return those of the accounts that are in the book, by number."""

    def account_names(self, names: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """Return the numbers of the accounts whose debtor has exactly that name (case aside)."""

    def put_accounts(self, entries: Sequence[AccountEntry], now: datetime) -> Put:
        """See Intake."""

    def put_contacts(self, entries: Sequence[tuple[str, ContactEntry]], now: datetime) -> Put:
        """See Intake."""

    def put_items(self, rows: Sequence[ItemRow], now: datetime) -> Put:
        """Create or update invoices by account and number; no two rows of one call name the same."""

    def put_receipts(self, rows: Sequence[ReceiptRow], now: datetime) -> Put:
        """Record payments; those whose key is known on their account change nothing."""


class Receivables(Protocol):
    """The side of the book that bank statements are matched with."""

    def known_receipts(self, keys: Sequence[str]) -> set[str]:
        """Return which bank references the book has seen, settled or waiting."""

    def open_items(
        self, *, numbers: Sequence[str] = (), amounts: Sequence[tuple[str, int]] = ()
    ) -> tuple[OpenItem, ...]:
        """Return open invoices with one of these numbers, or of one of these open amounts.

        Numbers are compared by letters and digits only, case aside; amounts are (currency, minor units).
        """

    def put_receipt(
        self, receipt: BankReceipt, now: datetime, *, account_id: int | None, invoices: Sequence[str] = ()
    ) -> bool:
        """Keep a bank receipt: as a payment of an account, or waiting (None). False: it was known."""

    def waiting_receipts(self) -> tuple[WaitingReceipt, ...]:
        """Return what waits for a person, oldest first."""

    def settle_receipt(
        self, receipt_id: int, user_id: int, now: datetime, *, account_id: int, invoices: Sequence[str] = ()
    ) -> int:
        """A person says whose it is; returns the payment's id. Raises NotFound, NotAllowed, InvalidEntry."""

    def dismiss_receipt(self, receipt_id: int, user_id: int, now: datetime, *, reason: str) -> None:
        """A person says that it pays nothing here. Raises NotFound, NotAllowed, InvalidEntry."""
