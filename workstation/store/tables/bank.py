"""Money on bank statements, and what became of it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from workstation.store.tables.base import Base, Id
from workstation.store.types import CleanString, CleanText


class BankReceiptRow(Base):
    """Money that arrived at the bank: applied to an account, waiting for a person, or dismissed by one."""

    __tablename__ = "bank_receipts"
    __table_args__ = (Index("ix_bank_receipts_waiting", "state", "booked_on"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    """Bank account and the bank's own reference."""
    booked_on: Mapped[date]
    amount_minor: Mapped[int]
    currency: Mapped[str]
    payer: Mapped[str] = mapped_column(CleanString, default="")
    text: Mapped[str] = mapped_column(CleanText, default="")
    suggestions: Mapped[list[Any]]
    """What matching found, best first: account, customer, invoices, score, reason."""
    state: Mapped[str]
    """waiting, applied or dismissed."""
    payment_id: Mapped[int | None] = mapped_column(ForeignKey("payments.id"))
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    """None where matching was sure by itself."""
    decided_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(CleanString, default="")
    recorded_at: Mapped[datetime]
