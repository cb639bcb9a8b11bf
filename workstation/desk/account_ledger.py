"""What the account's ledger view shows: one reading of everything that is owed, agreed, contested and done.

Text in these records may come from outside: the user interface shows it as plain text.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from workstation.desk.aging import Aging
from workstation.desk.customer import Customer
from workstation.desk.ledger import Line
from workstation.desk.money import Money
from workstation.desk.views import PromiseView, QueueRow


@dataclass(frozen=True, slots=True)
class ItemLines:
    """An open invoice or finance charge, with what has happened to it since it was issued."""

    number: str
    kind: str
    issued: date
    due: date
    days_late: int
    """Negative before the due date."""
    amount: Money
    open: Money
    disputed: Money
    lines: tuple[Line, ...]
    """Payments, credits and the like, oldest first; the issue itself is not among them."""


@dataclass(frozen=True, slots=True)
class PromiseLine:
    """A promise with the days that decide about it."""

    promise: PromiseView
    made_on: date
    last_day: date
    """The last day on which money still keeps it: the due date and the days of grace."""
    received: Money
    """What came in from the day it was made to its last day."""


@dataclass(frozen=True, slots=True)
class StageLine:
    """Where one open invoice stands in the stages, and on what evidence."""

    invoice: str
    stage: int
    stage_name: str
    since: date | None
    parked: str
    """Why it rests; empty while it moves."""
    done: tuple[tuple[str, date], ...]
    """Evidence there is, such as ``("sent", 2026-10-02)``, oldest first."""
    waived: tuple[str, ...]
    """Evidence it may go without."""
    missing: str
    """Evidence the present stage still needs; empty where nothing is."""


@dataclass(frozen=True, slots=True)
class Treatment:
    """How the account is treated, and why the last run did what it did."""

    segment: str
    strategy: str
    reasons: tuple[str, ...]
    last_run_on: date


@dataclass(frozen=True, slots=True)
class LedgerView:
    """Everything the ledger view shows, as of one day where the account is."""

    account_id: int
    today: date
    aging: Aging
    items: tuple[ItemLines, ...]
    """Oldest due first."""
    unapplied: Money
    """Money and credits received and not applied to any invoice."""
    promises: tuple[PromiseLine, ...]
    """Newest first."""
    stages: tuple[StageLine, ...]
    """Open invoices, the furthest stage first; empty before the stages looked at the account."""
    story: tuple[str, ...]
    """The account's way through the stages as dated sentences, oldest first."""
    treatment: Treatment | None
    customer: Customer


class Whose(StrEnum):
    """Which callbacks to list."""

    ALL = "all"
    MINE = "mine"
    POOL = "pool"


@dataclass(frozen=True, slots=True)
class CallbackRow:
    """A call that was asked for, with what the gate says of the account now."""

    callback_id: int
    due_at: datetime
    asked_by: str
    """Who asked for it; empty where nobody said."""
    owner: str
    """Whose it is; empty in the pool."""
    mine: bool
    account: QueueRow


@dataclass(frozen=True, slots=True)
class CallbackPage:
    """A window of the callbacks, due first, with the figures of the whole list."""

    total: int
    overdue: int
    rows: tuple[CallbackRow, ...]


__all__ = [
    "CallbackPage",
    "CallbackRow",
    "ItemLines",
    "LedgerView",
    "PromiseLine",
    "StageLine",
    "Treatment",
    "Whose",
]
