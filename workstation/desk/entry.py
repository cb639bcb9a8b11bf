"""What comes into the book from files: plain records, checked, with amounts in minor units."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from compliance.contact import HoldKind, NumberKind


@dataclass(frozen=True, slots=True)
class PhoneEntry:
    """A number to reach a contact by."""

    number: str
    """E.164."""
    kind: NumberKind = NumberKind.UNKNOWN


@dataclass(frozen=True, slots=True)
class ContactEntry:
    """A person to speak with about an account. An empty name means the debtor itself."""

    name: str
    role: str
    email: str = ""
    phones: tuple[PhoneEntry, ...] = ()
    address: tuple[str, ...] = ()
    """Lines of the postal address below the names; empty leaves the one in the book as it is."""


@dataclass(frozen=True, slots=True)
class AccountEntry:
    """One account with its debtor and contacts."""

    number: str
    name: str
    kind: str
    """business or natural."""
    profile: str
    currency: str
    company: str
    """The creditor in whose name the collector speaks."""
    country: str = "US"
    region: str = ""
    postal_code: str = ""
    terms: str = ""
    credit_limit_minor: int | None = None
    stage: int = 1
    stage_since: date | None = None
    contacts: tuple[ContactEntry, ...] = ()


@dataclass(frozen=True, slots=True)
class LineItem:
    """One line of an invoice, as printed."""

    description: str
    quantity: str
    """A decimal as text; it is shown, never calculated with."""
    amount_minor: int


@dataclass(frozen=True, slots=True)
class InvoiceEntry:
    """One invoice; ``open_minor`` is what is left to pay."""

    account_number: str
    number: str
    issued: date
    due: date
    amount_minor: int
    open_minor: int
    disputed_minor: int = 0
    po_number: str = ""
    currency: str = ""
    """If given, it must be the account's."""
    terms: str = ""
    """As printed on the invoice; empty means the account's."""
    lines: tuple[LineItem, ...] = ()
    """Line items, in order; empty leaves those in the book as they are."""


@dataclass(frozen=True, slots=True)
class Put:
    """What writing a batch did. ``refused`` holds (index in the batch, reason)."""

    created: int = 0
    changed: int = 0
    unchanged: int = 0
    refused: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True, slots=True)
class PastCall:
    """A call made before the book, or beside it."""

    at: datetime
    contact: str
    """The contact's name as in the account."""
    number: str
    summary: str
    connected: bool = True
    talked: bool = False
    right_party: bool = False


@dataclass(frozen=True, slots=True)
class PastMessage:
    """A mail, letter or text of the past."""

    at: datetime
    subject: str
    medium: str = "email"
    inbound: bool = False
    state: str = ""
    """sent, delivered, opened or bounced."""


@dataclass(frozen=True, slots=True)
class PastPromise:
    """A promise made before; whether it was kept follows from the payments."""

    made_at: datetime
    amount_minor: int
    due: date
    method: str
    who: str


@dataclass(frozen=True, slots=True)
class PastPayment:
    """Money already taken off the open amounts of the invoices as imported."""

    on: date
    amount_minor: int
    method: str = ""
    reference: str = ""


@dataclass(frozen=True, slots=True)
class CallbackEntry:
    """A call asked for and still to be made."""

    due_at: datetime
    contact: str
    user_id: int | None = None


@dataclass(frozen=True, slots=True)
class HoldEntry:
    """A stop on contact known from before."""

    kind: HoldKind
    contact: str
    source: str
    since: datetime
    number: str | None = None


@dataclass(frozen=True, slots=True)
class StageEntry:
    """An earlier step of the account through the stages."""

    at: datetime
    stage: int
    evidence: str = ""


@dataclass(frozen=True, slots=True)
class History:
    """What happened on an account before it came into the book."""

    calls: tuple[PastCall, ...] = ()
    messages: tuple[PastMessage, ...] = ()
    notes: tuple[tuple[datetime, str], ...] = ()
    promises: tuple[PastPromise, ...] = ()
    payments: tuple[PastPayment, ...] = ()
    callbacks: tuple[CallbackEntry, ...] = ()
    holds: tuple[HoldEntry, ...] = ()
    stages: tuple[StageEntry, ...] = ()


class Intake(Protocol):
    """The side of the book that files are read into. Every call is one committed transaction."""

    def put_accounts(self, entries: Sequence[AccountEntry], now: datetime) -> Put:
        """Create or update accounts by number; contacts and phones are added or updated, never removed."""

    def put_contacts(self, entries: Sequence[tuple[str, ContactEntry]], now: datetime) -> Put:
        """Add or update contacts of accounts that are in the book, by account number."""

    def put_invoices(self, entries: Sequence[InvoiceEntry], now: datetime) -> Put:
        """Create or update invoices by account and number."""

    def put_history(self, account_number: str, history: History, now: datetime) -> int:
        """Add what happened before; returns the account's id. Raises NotFound, for a contact too."""
