"""The stages: where each invoice stands, what happened to it, what is to be done, and the nightly runs."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from workstation.store.tables.base import Base, Id
from workstation.store.types import CleanString, CleanText


class InvoiceStage(Base):
    """Where an invoice stands in the stages. What happened is in StageEvent."""

    __tablename__ = "invoice_stages"

    invoice_id: Mapped[int] = mapped_column(
        Id, ForeignKey("invoices.id"), primary_key=True, autoincrement=False
    )
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    stage: Mapped[int]
    since: Mapped[date]
    parked: Mapped[str] = mapped_column(default="")
    """Why it rests; empty while it moves."""
    taken_over: Mapped[bool] = mapped_column(default=False)
    facts: Mapped[dict[str, str]]
    """The newest day (ISO 8601) of each piece of evidence."""
    waived: Mapped[list[str]]
    """Evidence that it may go without; the reasons are events."""


class StageEvent(Base):
    """One dated sentence of an invoice's history. Append-only."""

    __tablename__ = "stage_events"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    invoice_id: Mapped[int] = mapped_column(ForeignKey("invoices.id"))
    on: Mapped[date]
    stage: Mapped[int]
    kind: Mapped[str]
    text: Mapped[str] = mapped_column(CleanText)
    who: Mapped[str] = mapped_column(default="")
    evidence: Mapped[str] = mapped_column(CleanString, default="")
    recorded_at: Mapped[datetime]


class StageAction(Base):
    """One contact that a run decided on.

    ``state``: planned (a call: still to be made; a message: to be queued), queued, sent, bounced, failed,
    refused, done (a call that was talked on).
    """

    __tablename__ = "stage_actions"
    __table_args__ = (
        Index("ix_stage_actions_account", "account_id", "on"),
        Index("ix_stage_actions_state", "state", "channel"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    on: Mapped[date]
    step: Mapped[str]
    stage: Mapped[int]
    channel: Mapped[str]
    template: Mapped[str]
    tone: Mapped[str]
    form: Mapped[bool]
    invoice_ids: Mapped[list[int]]
    reason: Mapped[str] = mapped_column(CleanText)
    state: Mapped[str]
    detail: Mapped[str] = mapped_column(CleanText, default="")
    """Why it was refused, or what came back."""
    message_id: Mapped[int | None] = mapped_column(ForeignKey("messages.id"))
    planned_at: Mapped[datetime]


class AccountTreatment(Base):
    """How an account is treated, and when the stages last looked at it."""

    __tablename__ = "account_treatments"

    account_id: Mapped[int] = mapped_column(
        Id, ForeignKey("accounts.id"), primary_key=True, autoincrement=False
    )
    segment: Mapped[str]
    strategy: Mapped[str]
    segment_reasons: Mapped[list[str]]
    reasons: Mapped[list[str]]
    """Why the last run did what it did, or did nothing."""
    last_run_on: Mapped[date]


class StageRun(Base):
    """One nightly run."""

    __tablename__ = "stage_runs"

    on: Mapped[date] = mapped_column(primary_key=True)
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    counts: Mapped[dict[str, str]]


class StrategyVersion(Base):
    """A strategy as a manager wrote it, from a day on. Versions are appended, never changed."""

    __tablename__ = "strategy_versions"
    __table_args__ = (Index("ix_strategy_versions_strategy", "strategy_id", "effective_on"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    strategy_id: Mapped[str]
    effective_on: Mapped[date]
    text: Mapped[str] = mapped_column(Text)
    """The whole file, as it was validated."""
    reason: Mapped[str] = mapped_column(CleanText)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    saved_at: Mapped[datetime]
