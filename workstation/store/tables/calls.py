"""Decisions, attempts, calls, and what was heard."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

from sqlalchemy import ForeignKey, Index, Text, false
from sqlalchemy.orm import Mapped, mapped_column

from workstation.store.tables.base import Base, Id
from workstation.store.types import CleanText


class Decision(Base):
    """What the gate said about one intended contact. Append-only; its digest stands in the audit log."""

    __tablename__ = "decisions"

    id: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime]
    permitted: Mapped[bool]
    call_id: Mapped[str] = mapped_column(default="")
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    party_id: Mapped[int] = mapped_column(ForeignKey("parties.id"))
    collector_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    medium: Mapped[str]
    number: Mapped[str] = mapped_column(default="")
    profile: Mapped[str]
    rulebook: Mapped[str]
    valid_until: Mapped[datetime | None]
    retry_at: Mapped[datetime | None]
    facts: Mapped[dict[str, Any]]
    """Debts, candidate zones and jurisdictions, and how many past contacts were looked at."""
    checks: Mapped[list[Any]]
    """Every rule's verdict with citation and inputs."""


class Attempt(Base):
    """An act to start contact. A reserved slot counts until telephony evidence settles it."""

    __tablename__ = "attempts"
    __table_args__ = (Index("ix_attempts_party_at", "party_id", "at"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    call_id: Mapped[str] = mapped_column(default="", index=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    party_id: Mapped[int] = mapped_column(ForeignKey("parties.id"))
    at: Mapped[datetime]
    medium: Mapped[str]
    debt_ids: Mapped[list[int]]
    number: Mapped[str | None]
    connected: Mapped[bool] = mapped_column(default=True)
    settled: Mapped[bool] = mapped_column(default=False)
    exempt: Mapped[bool] = mapped_column(default=False)
    number_kind: Mapped[str] = mapped_column(default="", server_default="")
    """A value of compliance.contact.NumberKind as it was then; empty: not kept."""
    message: Mapped[str] = mapped_column(default="none", server_default="none")
    """A value of compliance.contact.Message: what was left on an answering machine."""
    right_party: Mapped[bool] = mapped_column(default=False)
    summary: Mapped[str] = mapped_column(CleanText, default="")
    """What came of it, for a contact made outside the book; calls of the book have a row of their own."""


class Conversation(Base):
    """Live two-way talk about debts; starts the cool-down."""

    __tablename__ = "conversations"
    __table_args__ = (Index("ix_conversations_party_at", "party_id", "at"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    call_id: Mapped[str] = mapped_column(default="", index=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    party_id: Mapped[int] = mapped_column(ForeignKey("parties.id"))
    at: Mapped[datetime]
    debt_ids: Mapped[list[int]]
    purpose: Mapped[str] = mapped_column(default="collect", server_default="collect")
    """A value of compliance.contact.CollectionPurpose."""


class CallRow(Base):
    """One call, from its reservation to its wrap-up."""

    __tablename__ = "calls"
    __table_args__ = (
        Index("ix_calls_open", "ended_at"),
        Index("ix_calls_unjudged", "judged", "ended_at"),
        Index("ix_calls_collector", "collector_id", "reserved_at"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    decision_id: Mapped[str] = mapped_column(ForeignKey("decisions.id"), unique=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    party_id: Mapped[int] = mapped_column(ForeignKey("parties.id"))
    phone_id: Mapped[int | None] = mapped_column(ForeignKey("phones.id"))
    collector_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    number: Mapped[str]
    agent_leg: Mapped[str]
    profile: Mapped[str]
    party_name: Mapped[str]
    currency: Mapped[str]
    zone: Mapped[str]
    state: Mapped[str]
    reserved_at: Mapped[datetime]
    recording_started_at: Mapped[datetime | None]
    talk_started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    outcome: Mapped[str] = mapped_column(default="")
    conversation: Mapped[bool] = mapped_column(default=False)
    talk_seconds: Mapped[float] = mapped_column(default=0.0)
    evidence: Mapped[dict[str, str]]
    recordings: Mapped[dict[str, str]]
    disposition: Mapped[str] = mapped_column(default="")
    wrapped_at: Mapped[datetime | None]
    wrap_seconds: Mapped[float] = mapped_column(default=0.0)
    judged: Mapped[bool] = mapped_column(default=False)
    """Whether the whole transcript has been held against the rules."""


class CallStep(Base):
    """One step of the call state machine with its raw evidence."""

    __tablename__ = "call_steps"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    call_id: Mapped[str] = mapped_column(ForeignKey("calls.id"), index=True)
    at: Mapped[datetime]
    before: Mapped[str]
    event: Mapped[str]
    after: Mapped[str]
    evidence: Mapped[dict[str, str]]


class Segment(Base):
    """Final words of one leg; ``words`` is a list of [text, start, end, confidence].

    Migration 0011 keeps an index over the words: FTS5 with triggers on SQLite, GIN on PostgreSQL.
    """

    __tablename__ = "segments"
    __table_args__ = (Index("ix_segments_call_start", "call_id", "start"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    call_id: Mapped[str] = mapped_column(ForeignKey("calls.id"))
    leg: Mapped[str]
    start: Mapped[float]
    end: Mapped[float]
    text: Mapped[str] = mapped_column(Text)
    words: Mapped[list[Any]]
    source: Mapped[str]
    replaced_at: Mapped[datetime | None]
    """When the thorough pass put better words in their place; they are kept, and no longer shown."""


class HearingRow(Base):
    """That a call was heard again after it ended. No row, or no ``at``: it is still to be done."""

    __tablename__ = "hearings"

    call_id: Mapped[str] = mapped_column(ForeignKey("calls.id"), primary_key=True)
    tries: Mapped[int]
    """How often it was begun."""
    at: Mapped[datetime | None]
    engine: Mapped[str]
    legs: Mapped[dict[str, str]]
    """What became of each leg: ``replaced``, ``kept``, or why it could not be heard."""
    cpu_seconds: Mapped[float]


class FindingRow(Base):
    """A rule's result on one call, with the words it rests on."""

    __tablename__ = "findings"
    __table_args__ = (Index("ix_findings_rule", "rule_id", "call_id"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    call_id: Mapped[str] = mapped_column(ForeignKey("calls.id"), index=True)
    at: Mapped[datetime]
    rule_id: Mapped[str]
    rule_version: Mapped[str]
    kind: Mapped[str]
    title: Mapped[str]
    severity: Mapped[str]
    citation: Mapped[str]
    leg: Mapped[str]
    verdict: Mapped[str]
    start: Mapped[float]
    end: Mapped[float]
    confidence: Mapped[float]
    words: Mapped[list[Any]]
    reason: Mapped[str] = mapped_column(default="")
    hold: Mapped[str | None]
    advice: Mapped[str] = mapped_column(default="")
    hold_id: Mapped[int | None] = mapped_column(ForeignKey("holds.id"))
    superseded_at: Mapped[datetime | None]
    """When the thorough pass did not bear it out. The row stays, and so does a hold it proposed."""


class CaughtRow(Base):
    """A fact drawn from the talk."""

    __tablename__ = "caught"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    call_id: Mapped[str] = mapped_column(ForeignKey("calls.id"), index=True)
    kind: Mapped[str]
    leg: Mapped[str]
    second: Mapped[float]
    text: Mapped[str] = mapped_column(CleanText)
    confidence: Mapped[float]
    amount_minor: Mapped[int | None]
    day: Mapped[date | None]
    method: Mapped[str] = mapped_column(default="")
    time_of_day: Mapped[time | None]
    value: Mapped[str] = mapped_column(CleanText, default="")
    """What the words come to (compliance.checks.finding.Caught)."""
    conditional: Mapped[bool] = mapped_column(default=False, server_default=false())
    confirmed: Mapped[bool] = mapped_column(default=False, server_default=false())
    who: Mapped[str] = mapped_column(default="", server_default="")


class ExcuseHeard(Base):
    """An excuse recognised in the debtor's words."""

    __tablename__ = "excuses_heard"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    call_id: Mapped[str] = mapped_column(ForeignKey("calls.id"), index=True)
    excuse_id: Mapped[str]
    score: Mapped[float]
    second: Mapped[float]
    text: Mapped[str] = mapped_column(CleanText)


class GapRow(Base):
    """A stretch that was not heard live."""

    __tablename__ = "gaps"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    call_id: Mapped[str] = mapped_column(ForeignKey("calls.id"), index=True)
    leg: Mapped[str]
    start: Mapped[float]
    end: Mapped[float | None]
    filled: Mapped[bool] = mapped_column(default=False, index=True)
    unheard: Mapped[bool] = mapped_column(default=False)
    """True where the recording could not be heard either: absence there proves nothing."""


class RedactionRow(Base):
    """A stretch of a call that was cut out: what it was and where, never what it said."""

    __tablename__ = "redactions"
    __table_args__ = (
        Index("ix_redactions_call", "call_id", "start"),
        Index("ix_redactions_owed", "muted_at"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    call_id: Mapped[str] = mapped_column(ForeignKey("calls.id"))
    leg: Mapped[str]
    start: Mapped[float]
    end: Mapped[float]
    """Seconds on the call's timeline, as the words stood; the audio is muted with a margin."""
    kind: Mapped[str]
    """A value of compliance.redaction.policy.Kind."""
    last_four: Mapped[str] = mapped_column(default="")
    rule: Mapped[str]
    """Rule and version it was cut out under."""
    at: Mapped[datetime]
    files: Mapped[dict[str, str]]
    """SHA-256 of each of the call's recordings once it was muted, by file name."""
    muted_at: Mapped[datetime | None]
    """None: the audio is owed its muting."""
