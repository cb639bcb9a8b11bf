"""What the screens read: plain frozen records that the store fills and the user interface shows.

Text in them may come from outside (names, notes): the user interface shows it as plain text, never as markup.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from compliance.contact import Check, CollectionPurpose
from workstation.desk.money import Money


@dataclass(frozen=True, slots=True)
class QueueRow:
    """One account in the work queue, with the reason it stands where it stands."""

    account_id: int
    number: str
    """The account's own number, such as A-10482."""
    name: str
    due: Money
    """Collectible and past due: not disputed, not credited."""
    days_late: int
    """Of the oldest open invoice; negative before the due date."""
    callable: bool
    call_until: datetime | None
    """UTC end of the present calling window, when callable."""
    zone: str
    """IANA zone for showing call_until and retry_at; the first candidate zone."""
    reasons: tuple[str, ...]
    """The two strongest reasons, best first (or why it is not callable)."""
    retry_at: datetime | None = None
    """When not callable: next eligible instant (UTC); None means ask a supervisor."""
    leased_by: str = ""
    """Name of another collector who holds it now; empty if free."""


@dataclass(frozen=True, slots=True)
class QueuePage:
    """A window of the queue: rows ``offset`` to ``offset + len(rows)``."""

    offset: int
    rows: tuple[QueueRow, ...]


@dataclass(frozen=True, slots=True)
class QueueCounts:
    """The head line of the queue."""

    callable: int
    later: int
    calls_today: int
    rpc_today: int
    promises_today: int
    promised_today: tuple[Money, ...]
    """One sum a currency."""
    next_callback: datetime | None


@dataclass(frozen=True, slots=True)
class PhoneView:
    """A number on the account screen, with the gate's word on it as of now."""

    phone_id: int
    party_id: int
    number: str
    """E.164."""
    kind: str
    party_name: str
    party_role: str
    callable: bool
    call_until: datetime | None
    zones: tuple[str, ...]
    checks: tuple[Check, ...]
    """Every rule's verdict; when not callable the refusals come first."""
    retry_at: datetime | None = None
    purpose: CollectionPurpose = CollectionPurpose.COLLECT
    """A call to somebody who may hear nothing of the debt is a location call (12 CFR 1006.10)."""


@dataclass(frozen=True, slots=True)
class InvoiceView:
    """One open invoice."""

    invoice_id: int
    number: str
    issued: date
    due: date
    amount: Money
    open: Money
    disputed: Money
    days_late: int


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """One dated line of what happened, newest first."""

    at: datetime
    kind: str
    """call, mail, note, promise, payment, link, dispute, invoice, hold, stage."""
    text: str
    call_id: str = ""


@dataclass(frozen=True, slots=True)
class HoldView:
    """A hold as shown on the account."""

    hold_id: int
    kind: str
    since: datetime
    proposed: bool
    source: str
    """Who or what placed it: a user's name, or the words heard and their second."""


@dataclass(frozen=True, slots=True)
class PromiseView:
    """A promise to pay."""

    promise_id: int
    amount: Money
    due: date
    method: str
    who: str
    state: str
    """open, kept, partial, broken."""


@dataclass(frozen=True, slots=True)
class AccountView:
    """Everything the cockpit shows beside the call."""

    account_id: int
    number: str
    name: str
    profile: str
    currency: str
    balance: Money
    past_due: Money
    disputed: Money
    days_late: int
    next_bucket_in: int | None
    """Days until the oldest invoice moves to the next aging bucket (1-30, 31-60, 61-90, 91-120, 120+)."""
    stage: int
    """1 notify, 2 confirm delivery, 3 remind, 4 inquire, 5 press, 6 final notice."""
    stage_name: str
    stage_since: date
    terms: str
    credit_limit: Money | None
    attempts_used: int
    """Counted attempts to the primary contact in the profile's window."""
    attempts_cap: int
    last_talk: datetime | None
    promises_kept: int
    promises_total: int
    open_promise: PromiseView | None
    callback_at: datetime | None
    zone: str
    phones: tuple[PhoneView, ...]
    invoices: tuple[InvoiceView, ...]
    holds: tuple[HoldView, ...]
    history: tuple[HistoryLine, ...]
    reasons: tuple[str, ...]
    """Why this account now: the queue's two reasons."""
    unapplied: Money | None = None
    """Money and credits received and not applied to any invoice; never taken off the balance."""


@dataclass(frozen=True, slots=True)
class SignedInUser:
    """Who sits at the workstation."""

    user_id: int
    username: str
    full_name: str
    role: str
    extension: str
    """Registered SIP phone, or empty for the practice line."""
    era: int = 0
    """Grows when every session of theirs ends: a session of an earlier era is over."""
    ticket: str = field(default="", repr=False)
    """What the workstation opens its session at the switchboard with; empty: with the password."""


@dataclass(frozen=True, slots=True)
class DraftPromise:
    """A promise offered to or entered by the collector."""

    amount: Money
    due: date
    method: str
    who: str
    second: float | None = None
    """Where in the recording it was said; None if typed."""
    confidence: float | None = None


@dataclass(frozen=True, slots=True)
class DraftFact:
    """Something heard that may go into the book with one key."""

    kind: str
    """promise, callback, dispute, consent or email."""
    text: str
    """In words, for the row."""
    second: float
    confidence: float
    words: str
    """As heard."""
    value: str = ""
    """Consent: its scope, a medium after a colon. Dispute: its reason. E-mail: the address."""
    promise: DraftPromise | None = None
    callback_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class NoteDraft:
    """The note as drafted from the call, for the collector to accept or edit."""

    text: str
    promise: DraftPromise | None
    callback_at: datetime | None
    suggested: tuple[str, ...]
    """Disposition codes that fit what telephony and transcript say, best first."""
    facts: tuple[DraftFact, ...] = ()
    """What may be accepted, in the order it was heard."""


@dataclass(frozen=True, slots=True)
class WrapUp:
    """What the collector decided at the end of a call."""

    call_id: str
    user_id: int
    disposition: str
    """A code of workstation/desk/dispositions.toml."""
    note: str
    promise: DraftPromise | None = None
    callback_at: datetime | None = None
    confirm_holds: tuple[int, ...] = ()
    """Proposed holds the collector confirms; the others stay proposed."""
    wrap_seconds: float = 0.0
    consents: tuple[DraftFact, ...] = ()
    """Consents heard that the collector accepted; they are recorded with their call, second and words."""
    email: DraftFact | None = None
    """A mail address heard that the collector accepted: it is kept with the person spoken to."""


@dataclass(frozen=True, slots=True)
class Saved:
    """What wrap-up wrote, for the message line."""

    note_id: int
    summary: str
    """One line, such as: RPC_PROMISE saved, 5,000.00 USD due Fri 27 Nov."""
    next_eligible: datetime | None
    reminder: str = ""
    """How a promise made on the call may be reminded of, as a sentence."""
