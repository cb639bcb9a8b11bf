"""What is owed, what was paid, what was promised, and what stands in the way."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from workstation.store.tables.base import Base, Id
from workstation.store.types import CleanString, CleanText


class Account(Base):
    """What one customer owes us, as one relation."""

    __tablename__ = "accounts"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    number: Mapped[str] = mapped_column(unique=True)
    party_id: Mapped[int] = mapped_column(ForeignKey("parties.id"), index=True)
    """The debtor."""
    profile: Mapped[str]
    currency: Mapped[str]
    """ISO 4217; an account has one."""
    company: Mapped[str] = mapped_column(default="")
    """The creditor in whose name the collector speaks."""
    terms: Mapped[str] = mapped_column(default="")
    credit_limit_minor: Mapped[int | None]
    stage: Mapped[int] = mapped_column(default=1)
    stage_since: Mapped[date]
    opened_on: Mapped[date]


class Debt(Base):
    """One obligation, the unit that call frequency is counted by. A trade account is one running debt."""

    __tablename__ = "debts"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    label: Mapped[str] = mapped_column(default="")
    original_minor: Mapped[int | None]
    """The amount first owed; None: not known, and the rules take the stricter reading."""
    entered_on: Mapped[date | None]
    """When the contract was made, renewed, sold or assigned last."""
    natural_person: Mapped[bool] = mapped_column(default=False, server_default=false())
    """A natural person owes or guarantees it, although its purpose is commercial."""
    medical: Mapped[bool] = mapped_column(default=False, server_default=false())
    loan_account: Mapped[str] = mapped_column(default="", server_default="")
    """Student loans serviced under one account number are one debt (12 CFR 1006.14(b)(4))."""
    default_at_acquisition: Mapped[bool | None]
    charged_off_on: Mapped[date | None]
    time_barred_from: Mapped[date | None]
    """The first day on which suing is barred."""


class Invoice(Base):
    """One invoice. ``open_minor`` is left after payments and credits; ``disputed_minor`` is part of that."""

    __tablename__ = "invoices"
    __table_args__ = (UniqueConstraint("account_id", "number"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    debt_id: Mapped[int] = mapped_column(ForeignKey("debts.id"))
    number: Mapped[str]
    issued: Mapped[date]
    due: Mapped[date]
    amount_minor: Mapped[int]
    open_minor: Mapped[int]
    disputed_minor: Mapped[int] = mapped_column(default=0)
    po_number: Mapped[str] = mapped_column(default="")
    kind: Mapped[str] = mapped_column(default="invoice", server_default="invoice")
    """A value of workstation.desk.ledger.ItemKind."""
    terms: Mapped[str] = mapped_column(default="", server_default="")
    """As printed on it; empty means the account's."""
    stated_open_minor: Mapped[int | None]
    """What the last file said was open: the same said again is no news, whatever happened here since."""
    stated_disputed_minor: Mapped[int | None]


class Payment(Base):
    """Money received."""

    __tablename__ = "payments"
    __table_args__ = (Index("ix_payments_key", "account_id", "key", unique=True),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    received_on: Mapped[date]
    amount_minor: Mapped[int]
    method: Mapped[str] = mapped_column(default="")
    reference: Mapped[str] = mapped_column(default="")
    before_book: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Taken off the invoices before they came here: it speaks for promises, and has nothing to allocate."""
    key: Mapped[str | None]
    """What the bank or the payment provider calls it; the same key twice is the same money."""
    reverses_id: Mapped[int | None] = mapped_column(ForeignKey("payments.id"))
    """The payment that came back; amount and allocations are then negative."""
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    recorded_at: Mapped[datetime | None]


class Allocation(Base):
    """Which part of a payment went to which invoice."""

    __tablename__ = "allocations"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    payment_id: Mapped[int] = mapped_column(ForeignKey("payments.id"), index=True)
    invoice_id: Mapped[int] = mapped_column(ForeignKey("invoices.id"), index=True)
    amount_minor: Mapped[int]
    on: Mapped[date | None]
    """None: the day the money was received."""


class Promise(Base):
    """A promise to pay, with where in the recording it was said."""

    __tablename__ = "promises"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    party_id: Mapped[int | None] = mapped_column(ForeignKey("parties.id"))
    who: Mapped[str] = mapped_column(CleanString)
    amount_minor: Mapped[int]
    due: Mapped[date]
    method: Mapped[str] = mapped_column(CleanString)
    made_at: Mapped[datetime]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    call_id: Mapped[str] = mapped_column(default="")
    second: Mapped[float | None]
    confidence: Mapped[float | None]
    replaced_at: Mapped[datetime | None]
    """When a later promise took its place while it was still open."""


class HoldRow(Base):
    """A stop on contact, proposed or confirmed, and who lifted it."""

    __tablename__ = "holds"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    party_id: Mapped[int] = mapped_column(ForeignKey("parties.id"), index=True)
    """Whom it protects: the contact, or the debtor where every contact is meant."""
    kind: Mapped[str]
    since: Mapped[datetime]
    until: Mapped[datetime | None]
    debt_id: Mapped[int | None] = mapped_column(ForeignKey("debts.id"))
    number: Mapped[str | None]
    medium: Mapped[str | None]
    proposed: Mapped[bool] = mapped_column(default=False)
    source: Mapped[str] = mapped_column(CleanString)
    call_id: Mapped[str] = mapped_column(default="")
    confirmed_at: Mapped[datetime | None]
    confirmed_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    lifted_at: Mapped[datetime | None]
    lifted_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    reason: Mapped[str] = mapped_column(CleanString, default="")


class Callback(Base):
    """A call that was asked for."""

    __tablename__ = "callbacks"
    __table_args__ = (Index("ix_callbacks_open", "done_at", "due_at"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    party_id: Mapped[int | None] = mapped_column(ForeignKey("parties.id"))
    due_at: Mapped[datetime]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    """Whose it is; None means anybody's."""
    asked_by: Mapped[str] = mapped_column(CleanString, default="")
    created_at: Mapped[datetime]
    done_at: Mapped[datetime | None]


class Note(Base):
    """A note on the account. Notes are appended, never changed."""

    __tablename__ = "notes"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    call_id: Mapped[str] = mapped_column(default="")
    user_id: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime]
    text: Mapped[str] = mapped_column(CleanText)
    author_role: Mapped[str] = mapped_column(default="", server_default="")
    """In which role it was written: collections, sales, finance; empty for collections."""


class Message(Base):
    """A mail, letter or text sent or received."""

    __tablename__ = "messages"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    party_id: Mapped[int | None] = mapped_column(ForeignKey("parties.id"))
    at: Mapped[datetime]
    medium: Mapped[str]
    inbound: Mapped[bool] = mapped_column(default=False)
    subject: Mapped[str] = mapped_column(CleanString)
    state: Mapped[str] = mapped_column(default="")
    """sent, delivered, opened, bounced."""


class StageStep(Base):
    """An account's move from one stage to another, with its evidence."""

    __tablename__ = "stage_steps"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    at: Mapped[datetime]
    stage: Mapped[int]
    evidence: Mapped[str] = mapped_column(CleanText, default="")
