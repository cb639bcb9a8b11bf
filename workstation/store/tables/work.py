"""The queue, who holds what, search words, and the audit log."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Float, ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from workstation.store.tables.base import Base, Id


class QueueEntry(Base):
    """An account's place in the queue, worked out ahead so that a page is one index walk.

    The account may be called from ``window_from`` until ``window_until``; both None means not by waiting.
    From ``stale_at`` on the entry must be worked out again, whatever else it says.
    """

    __tablename__ = "queue_entries"
    __table_args__ = (
        # Covers the page and the head count: neither touches the table itself.
        Index(
            "ix_queue_work", "tier", "order_key", "account_id",
            "window_from", "window_until", "owner_id", "open_to_all_at", "stale_at",
        ),
        Index("ix_queue_later", "window_from", "tier", "order_key", "account_id"),
        Index("ix_queue_stale", "stale_at"),
    )  # fmt: skip

    account_id: Mapped[int] = mapped_column(
        Id, ForeignKey("accounts.id"), primary_key=True, autoincrement=False
    )
    tier: Mapped[int]
    """A value of workstation.desk.queue.Tier."""
    order_key: Mapped[float] = mapped_column(Float)
    """Minus the score: the smallest comes first."""
    window_from: Mapped[datetime | None]
    window_until: Mapped[datetime | None]
    stale_at: Mapped[datetime | None]
    owner_id: Mapped[int | None]
    """Whose callback it is; others see the account from ``open_to_all_at`` on."""
    open_to_all_at: Mapped[datetime | None]
    number: Mapped[str]
    name: Mapped[str]
    currency: Mapped[str]
    due_minor: Mapped[int]
    oldest_due: Mapped[date | None]
    zone: Mapped[str]
    reasons: Mapped[list[str]]
    refusal: Mapped[str] = mapped_column(default="")
    """Why it may not be called now, with its citation; empty when it may."""


class Lease(Base):
    """One collector works the account until then."""

    __tablename__ = "leases"

    account_id: Mapped[int] = mapped_column(
        Id, ForeignKey("accounts.id"), primary_key=True, autoincrement=False
    )
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    until: Mapped[datetime]


class SearchWord(Base):
    """A word by which an account is found: of names, numbers, phone digits, invoices."""

    __tablename__ = "search_words"

    word: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(Id, ForeignKey("accounts.id"), primary_key=True, index=True)


class AuditEntry(Base):
    """One line of the append-only log; ``digest`` covers the line and the digest before it."""

    __tablename__ = "audit_log"

    seq: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    actor: Mapped[str]
    action: Mapped[str]
    subject: Mapped[str]
    detail: Mapped[dict[str, str]]
    before: Mapped[str] = mapped_column(Text)
    digest: Mapped[str] = mapped_column(Text)


class AuditHead(Base):
    """The last line of the log: one row, locked by whoever appends."""

    __tablename__ = "audit_head"

    id: Mapped[int] = mapped_column(Id, primary_key=True, autoincrement=False)
    seq: Mapped[int]
    digest: Mapped[str]


class BookFigure(Base):
    """Figures about the whole book that ranking compares with, such as the largest balance."""

    __tablename__ = "book_figures"

    name: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[int]
