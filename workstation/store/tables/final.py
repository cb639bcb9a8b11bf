"""The manager's last chance: what was in order, what was said, until when, and what followed."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, false
from sqlalchemy.orm import Mapped, mapped_column

from workstation.store.tables.base import Base, Id
from workstation.store.types import CleanText


class FinalWaiver(Base):
    """A condition somebody goes without, in writing; used up by the session that ends with an outcome."""

    __tablename__ = "final_waivers"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    check_id: Mapped[str]
    """A value of workstation.desk.final_notice.CheckId."""
    reason: Mapped[str] = mapped_column(CleanText)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    at: Mapped[datetime]
    session_id: Mapped[int | None] = mapped_column(ForeignKey("final_sessions.id"))


class FinalReconciliation(Base):
    """Somebody went through an account's payments and credits, and this was the balance."""

    __tablename__ = "final_reconciliations"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    at: Mapped[datetime]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    balance_minor: Mapped[int]


class FinalSession(Base):
    """One manager's session on one account, from its checks to its outcome."""

    __tablename__ = "final_sessions"
    __table_args__ = (Index("ix_final_sessions_account", "account_id", "ended_at"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    begun_at: Mapped[datetime]
    checks: Mapped[list[Any]]
    """Every condition as it stood: id, title, state, what was found."""
    authority_id: Mapped[int] = mapped_column(ForeignKey("consequence_authorities.id"))
    demand_minor: Mapped[int]
    """Overdue and undisputed when it began."""
    stopped_at: Mapped[datetime | None]
    """When a dispute or a stop word ended it."""
    stop_reason: Mapped[str] = mapped_column(CleanText, default="")
    ended_at: Mapped[datetime | None]
    outcome: Mapped[str] = mapped_column(default="")
    """A value of workstation.desk.final_notice.Outcome."""
    read_back: Mapped[bool] = mapped_column(default=False, server_default=false())
    note: Mapped[str] = mapped_column(CleanText, default="")
    plan_id: Mapped[int | None] = mapped_column(ForeignKey("plans.id"))
    settlement_id: Mapped[int | None] = mapped_column(ForeignKey("settlements.id"))
    confirmed_at: Mapped[datetime | None]
    """When the written confirmation went into the outbox."""


class FinalCall(Base):
    """A call that was made in a session: which stage it was of, whatever the account does later."""

    __tablename__ = "final_calls"

    call_id: Mapped[str] = mapped_column(ForeignKey("calls.id"), primary_key=True)
    session_id: Mapped[int] = mapped_column(ForeignKey("final_sessions.id"), index=True)
    stage: Mapped[int]


class FinalDeadline(Base):
    """The last chance that was given. Its day is never changed; only what became of it is written."""

    __tablename__ = "final_deadlines"
    __table_args__ = (Index("ix_final_deadlines_state", "state", "at"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    session_id: Mapped[int] = mapped_column(ForeignKey("final_sessions.id"), unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    given_by: Mapped[int] = mapped_column(ForeignKey("users.id"))
    given_at: Mapped[datetime]
    day: Mapped[date]
    at: Mapped[datetime]
    """17:00 of the day where the creditor is."""
    zone: Mapped[str]
    acts_on: Mapped[date]
    """The day on which the consequence was said to follow."""
    authority_id: Mapped[int] = mapped_column(ForeignKey("consequence_authorities.id"))
    action: Mapped[str]
    partner: Mapped[str]
    consequence: Mapped[str] = mapped_column(CleanText)
    """What was said, word for word."""
    demand_minor: Mapped[int]
    invoice_ids: Mapped[list[int]]
    state: Mapped[str]
    """A value of workstation.desk.final_deadline.DeadlineState."""
    state_at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(CleanText, default="")
    decided_by: Mapped[int | None] = mapped_column(ForeignKey("users.id"))
    decided_on: Mapped[date | None]
    """The day it was followed through, or written down why not."""
