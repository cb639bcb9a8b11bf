"""What stands about a person or a debt beside holds: consents, inconvenient times, notices, leave given."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from workstation.store.tables.base import Base, Id
from workstation.store.types import CleanString, CleanText


class StandingRow(Base):
    """One standing fact. Facts are appended and ended, never changed."""

    __tablename__ = "standing"
    __table_args__ = (Index("ix_standing_party", "party_id", "ended_at"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    party_id: Mapped[int] = mapped_column(ForeignKey("parties.id"))
    account_id: Mapped[int | None] = mapped_column(ForeignKey("accounts.id"))
    """Whose debts it is about; None: every debt of the person."""
    kind: Mapped[str]
    """A value of workstation.desk.standing.StandingKind."""
    since: Mapped[datetime]
    until: Mapped[datetime | None]
    """By itself over from then on."""
    ended_at: Mapped[datetime | None]
    """Withdrawn, taken back or cleared."""
    detail: Mapped[dict[str, Any]]
    """The rest of the fact, by kind (workstation.store.standing)."""
    source: Mapped[str] = mapped_column(CleanString)
    """How it came to us: call, letter, email, in person, system."""
    call_id: Mapped[str] = mapped_column(default="")
    second: Mapped[float | None]
    """Where in the recording it was said."""
    words: Mapped[str] = mapped_column(CleanText, default="")
    recorded_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    ended_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    ended_reason: Mapped[str] = mapped_column(CleanText, default="")


class AuthorityRow(Base):
    """Leave to name one consequence: asked for, and approved by two people."""

    __tablename__ = "consequence_authorities"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    action: Mapped[str]
    """A value of workstation.desk.standing.Consequence."""
    legal_basis: Mapped[str] = mapped_column(CleanText)
    target: Mapped[str] = mapped_column(default="")
    """With whom: the agency or law firm; empty where nobody else is needed."""
    not_before: Mapped[datetime]
    expires: Mapped[datetime]
    asked_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    asked_at: Mapped[datetime]
    approved_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    approved_at: Mapped[datetime | None]
    revoked_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    revoked_at: Mapped[datetime | None]
    reason: Mapped[str] = mapped_column(CleanText, default="")
    """Why it was revoked or declined."""


class OverrideRow(Base):
    """Leave to contact once although rules at level supervisor refuse."""

    __tablename__ = "overrides"
    __table_args__ = (Index("ix_overrides_waiting", "account_id", "decision_id"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    party_id: Mapped[int] = mapped_column(ForeignKey("parties.id"))
    number: Mapped[str]
    rules: Mapped[list[str]]
    """Ids of the rules that refused when it was asked for: it covers these and no others."""
    two_person: Mapped[bool]
    reason: Mapped[str] = mapped_column(CleanText)
    asked_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    asked_at: Mapped[datetime]
    approved_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    approved_at: Mapped[datetime | None]
    seconded_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    seconded_at: Mapped[datetime | None]
    valid_until: Mapped[datetime | None]
    """Set when it is approved."""
    declined_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    declined_at: Mapped[datetime | None]
    decision_id: Mapped[str] = mapped_column(default="")
    """The decision that used it: one override, one contact."""
