"""What a stage run knows of one account, and what is gathered for it on the way."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime

from workstation.desk.segment import PaidPart
from workstation.desk.stages import InvoiceCase
from workstation.desk.stages_plan import AccountCase


@dataclass(frozen=True, slots=True)
class Outcome:
    """What has become of a message that a run decided on, or of a call."""

    action_id: int
    stage: int
    channel: str
    on: date
    """The day it was sent; of a call the day it was decided on."""
    before: str
    now: str
    """States of the action: as recorded, and as the message or the talk says."""
    invoice_ids: tuple[int, ...]


@dataclass(slots=True)
class Known:
    """One account as loaded, with what the writer compares against."""

    case: AccountCase
    stage: int
    """The account's own, before the run."""
    fresh: bool
    """Whether it has no treatment row yet."""
    states: dict[int, InvoiceCase] = field(default_factory=dict)
    """Invoice cases as they stand in the book."""
    outcomes: tuple[Outcome, ...] = ()
    """Actions whose state has changed since the last run."""


@dataclass(slots=True)
class Bits:
    """What is gathered for one account on the way."""

    invoices: list[InvoiceCase] = field(default_factory=list)
    paid: list[PaidPart] = field(default_factory=list)
    contacts: set[date] = field(default_factory=set)
    forms: list[datetime] = field(default_factory=list)
    done: dict[tuple[int, str], date] = field(default_factory=dict)
    open_call: str = ""
    outcomes: list[Outcome] = field(default_factory=list)
    balance: int = 0
    parked: str = ""
    broken: int = 0
    talked_at: datetime | None = None
    attempts: int = 0
    numbers: int = 0
    email: bool = False
    address: bool = False
    phone: bool = False
    evidence: str = ""
