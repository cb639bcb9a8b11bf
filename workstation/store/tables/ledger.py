"""What changes an account's receivables besides invoices and payments, and what was agreed about them."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from workstation.store.tables.base import Base, Id
from workstation.store.types import CleanString, CleanText


class InvoiceLine(Base):
    """One line item of an invoice."""

    __tablename__ = "invoice_lines"
    __table_args__ = (UniqueConstraint("invoice_id", "position"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    invoice_id: Mapped[int] = mapped_column(ForeignKey("invoices.id"))
    position: Mapped[int]
    description: Mapped[str] = mapped_column(CleanString)
    quantity: Mapped[str] = mapped_column(default="1")
    """A decimal as text, as printed; it is never calculated with."""
    amount_minor: Mapped[int]


class Adjustment(Base):
    """A change of an invoice's open amount that no payment or credit in this book explains.

    Written when an imported file says so: what was settled before the invoice came here, or since.
    """

    __tablename__ = "adjustments"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    invoice_id: Mapped[int] = mapped_column(ForeignKey("invoices.id"), index=True)
    on: Mapped[date]
    amount_minor: Mapped[int]
    """Effect on what is open: negative lowers it."""
    reason: Mapped[str] = mapped_column(CleanString, default="")


class Credit(Base):
    """A credit, write-off or early-payment discount we gave."""

    __tablename__ = "credits"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    on: Mapped[date]
    kind: Mapped[str]
    """A value of workstation.desk.ledger.CreditKind."""
    amount_minor: Mapped[int]
    reason: Mapped[str] = mapped_column(CleanString, default="")
    reference: Mapped[str] = mapped_column(default="")
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    recorded_at: Mapped[datetime | None]


class CreditAllocation(Base):
    """Which part of a credit went to which invoice, and when."""

    __tablename__ = "credit_allocations"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    credit_id: Mapped[int] = mapped_column(ForeignKey("credits.id"), index=True)
    invoice_id: Mapped[int] = mapped_column(ForeignKey("invoices.id"), index=True)
    on: Mapped[date]
    amount_minor: Mapped[int]


class Dispute(Base):
    """A dispute on part of an invoice: who looks into it, until when, and how it ended."""

    __tablename__ = "disputes"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    invoice_id: Mapped[int] = mapped_column(ForeignKey("invoices.id"), index=True)
    amount_minor: Mapped[int]
    """The part held: no payment goes there, no charge runs on it."""
    reason: Mapped[str] = mapped_column(CleanString)
    """A value of workstation.desk.dispute.Reason."""
    cause: Mapped[str] = mapped_column(CleanString)
    """A value of workstation.desk.dispute.Cause."""
    detail: Mapped[str] = mapped_column(CleanText, default="")
    opened_on: Mapped[date]
    opened_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    """None: an imported file said so."""
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"), index=True)
    answer_due: Mapped[date | None]
    resolved_on: Mapped[date | None]
    resolved_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    resolution: Mapped[str] = mapped_column(CleanString, default="")
    """A value of workstation.desk.dispute.Resolution; empty while open."""
    answer: Mapped[str] = mapped_column(CleanText, default="")
    credit_id: Mapped[int | None] = mapped_column(ForeignKey("credits.id"))


class ChargeBasis(Base):
    """The contractual ground for finance charges on an account. Without one none is ever charged."""

    __tablename__ = "charge_bases"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    contract: Mapped[str]
    """Which document and clause, such as: terms of sale 2025, clause 7, signed 3 Feb 2025."""
    rate_bp: Mapped[int]
    """Simple rate a year in basis points: 1800 is 18 percent."""
    grace_days: Mapped[int] = mapped_column(default=0)
    cap_bp: Mapped[int | None]
    """The most that may be charged on an invoice, in basis points of its amount."""
    valid_from: Mapped[date]
    valid_until: Mapped[date | None]
    """The last day it covers."""
    approved_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    recorded_at: Mapped[datetime]


class FinanceCharge(Base):
    """A finance charge: an open item of its own, with the invoice, basis and days it rests on."""

    __tablename__ = "finance_charges"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    invoice_id: Mapped[int] = mapped_column(ForeignKey("invoices.id"), unique=True)
    """The charge's own open item."""
    on_invoice_id: Mapped[int] = mapped_column(ForeignKey("invoices.id"), index=True)
    """The late invoice it is charged on."""
    basis_id: Mapped[int] = mapped_column(ForeignKey("charge_bases.id"))
    first_day: Mapped[date]
    last_day: Mapped[date]
    amount_minor: Mapped[int]


class Settlement(Base):
    """An offer to take less than is owed, who made it and who approved it."""

    __tablename__ = "settlements"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    balance_minor: Mapped[int]
    """What was collectible when it was offered."""
    amount_minor: Mapped[int]
    offered_on: Mapped[date]
    expires_on: Mapped[date]
    """The last day on which payment settles."""
    offered_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    approved_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    withdrawn_on: Mapped[date | None]
    settled_on: Mapped[date | None]
    credit_id: Mapped[int | None] = mapped_column(ForeignKey("credits.id"))
    """The write-off of the rest, once paid."""


class Plan(Base):
    """An instalment plan."""

    __tablename__ = "plans"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    who: Mapped[str] = mapped_column(CleanString)
    method: Mapped[str]
    total_minor: Mapped[int]
    made_on: Mapped[date]
    made_at: Mapped[datetime]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    call_id: Mapped[str] = mapped_column(default="")
    ended_on: Mapped[date | None]
    """When it was ended before it was fulfilled."""
    ended_reason: Mapped[str] = mapped_column(CleanString, default="")


class Instalment(Base):
    """One payment of a plan."""

    __tablename__ = "instalments"
    __table_args__ = (UniqueConstraint("plan_id", "position"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey("plans.id"))
    position: Mapped[int]
    due: Mapped[date]
    amount_minor: Mapped[int]


class AccountLink(Base):
    """How one account stands to another: its parent, its guarantor."""

    __tablename__ = "account_links"
    __table_args__ = (UniqueConstraint("account_id", "other_id", "relation"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    other_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    relation: Mapped[str]
    """What the other is to this one: a value of workstation.desk.customer.Relation."""
