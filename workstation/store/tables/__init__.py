"""The tables of the book, by room."""

from __future__ import annotations

from workstation.store.tables.accounts import (
    Account,
    Allocation,
    Callback,
    Debt,
    HoldRow,
    Invoice,
    Message,
    Note,
    Payment,
    Promise,
    StageStep,
)
from workstation.store.tables.base import Base
from workstation.store.tables.calls import (
    Attempt,
    CallRow,
    CallStep,
    CaughtRow,
    Conversation,
    Decision,
    ExcuseHeard,
    FindingRow,
    GapRow,
    Segment,
)
from workstation.store.tables.people import Contact, Party, Phone, User
from workstation.store.tables.work import AuditEntry, AuditHead, BookFigure, Lease, QueueEntry, SearchWord

__all__ = [
    "Account",
    "Allocation",
    "Attempt",
    "AuditEntry",
    "AuditHead",
    "Base",
    "BookFigure",
    "CallRow",
    "CallStep",
    "Callback",
    "CaughtRow",
    "Contact",
    "Conversation",
    "Debt",
    "Decision",
    "ExcuseHeard",
    "FindingRow",
    "GapRow",
    "HoldRow",
    "Invoice",
    "Lease",
    "Message",
    "Note",
    "Party",
    "Payment",
    "Phone",
    "Promise",
    "QueueEntry",
    "SearchWord",
    "Segment",
    "StageStep",
    "User",
]
