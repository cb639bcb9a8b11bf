"""What goes out in writing: the outbox with its steps, postal addresses, and payment links."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from workstation.store.tables.base import Base, Id
from workstation.store.types import CleanString, CleanText


class OutboxRow(Base):
    """One mail or letter, as it was written, from the moment it was queued.

    ``state`` is a value of workstation.desk.post.PostState. A claim (``claim_token``) stands only while the
    row is ``sending``; whoever holds it alone may hand the message over.
    """

    __tablename__ = "outbox"
    __table_args__ = (Index("ix_outbox_due", "state", "next_try_at"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    party_id: Mapped[int] = mapped_column(ForeignKey("parties.id"), index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    message_row_id: Mapped[int] = mapped_column(ForeignKey("messages.id"))
    """The line in the account's history that follows this row's state."""
    decision_id: Mapped[str] = mapped_column(ForeignKey("decisions.id"))
    """The newest decision about this message."""
    medium: Mapped[str]
    """email or letter."""
    template: Mapped[str]
    template_digest: Mapped[str]
    """SHA-256 of subject and template as they were when the message was written."""
    recipient: Mapped[str]
    """Mail address, or the lines of the postal address."""
    sender: Mapped[str] = mapped_column(default="")
    sender_name: Mapped[str] = mapped_column(default="")
    subject: Mapped[str] = mapped_column(CleanString)
    body: Mapped[str] = mapped_column(CleanText)
    html: Mapped[str] = mapped_column(CleanText, default="")
    pdf: Mapped[bytes | None] = mapped_column(LargeBinary)
    """The letter itself, or the letter attached to a mail."""
    message_id: Mapped[str] = mapped_column(unique=True)
    """The Message-ID header, without angle brackets; a letter's own reference."""
    state: Mapped[str]
    tries: Mapped[int] = mapped_column(default=0)
    queued_at: Mapped[datetime]
    next_try_at: Mapped[datetime | None]
    claim_token: Mapped[str] = mapped_column(default="")
    claimed_at: Mapped[datetime | None]
    attempt_id: Mapped[int | None] = mapped_column(ForeignKey("attempts.id"))
    """The attempt that the present or last claim reserved."""
    sent_at: Mapped[datetime | None]
    reply: Mapped[str] = mapped_column(CleanText, default="")
    """What the mail server, the report or the person said last."""


class OutboxStep(Base):
    """One step of a message, with its evidence. Append-only."""

    __tablename__ = "outbox_steps"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    outbox_id: Mapped[int] = mapped_column(ForeignKey("outbox.id"), index=True)
    at: Mapped[datetime]
    before: Mapped[str]
    after: Mapped[str]
    detail: Mapped[str] = mapped_column(CleanText, default="")


class PostalAddress(Base):
    """Where letters to a party go: the lines below the name, in the order they are printed."""

    __tablename__ = "postal_addresses"

    party_id: Mapped[int] = mapped_column(Id, ForeignKey("parties.id"), primary_key=True, autoincrement=False)
    lines: Mapped[list[str]]
    changed_at: Mapped[datetime]
    changed_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    """None: it came from a file."""


class PaymentLink(Base):
    """A way to pay one invoice, known to us and to the payer by its reference."""

    __tablename__ = "payment_links"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    reference: Mapped[str] = mapped_column(unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    invoice_id: Mapped[int] = mapped_column(ForeignKey("invoices.id"), index=True)
    amount_minor: Mapped[int]
    currency: Mapped[str]
    provider: Mapped[str]
    provider_ref: Mapped[str] = mapped_column(default="")
    """The provider's own name for the link."""
    url: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime]
    paid_at: Mapped[datetime | None]


class LinkReceipt(Base):
    """Money that came by a link; the provider's name for it makes sure that none is booked twice."""

    __tablename__ = "link_receipts"
    __table_args__ = (UniqueConstraint("link_id", "provider_payment"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    link_id: Mapped[int] = mapped_column(ForeignKey("payment_links.id"))
    provider_payment: Mapped[str]
    amount_minor: Mapped[int]
    at: Mapped[datetime]
    payment_id: Mapped[int] = mapped_column(ForeignKey("payments.id"))
