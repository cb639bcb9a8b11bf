"""Reviews of calls: steps, verdicts, coaching (append-only), who has a call open; script lines heard."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from workstation.store.tables.base import Base, Id
from workstation.store.types import CleanText


class ReviewStep(Base):
    """One step of a review. Append-only; its digest stands in the audit log."""

    __tablename__ = "review_steps"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    call_id: Mapped[str] = mapped_column(ForeignKey("calls.id"), index=True)
    at: Mapped[datetime]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    level: Mapped[int]
    act: Mapped[str]
    """A value of workstation.desk.review.Act."""
    detail: Mapped[dict[str, Any]]
    """Taken: the call's place on the list. Scored: card and answers. Committed: what it is bound to."""


class ReviewVerdict(Base):
    """A reviewer's word on one doubt. Append-only; the last on a doubt stands. Its digest is in the log."""

    __tablename__ = "review_verdicts"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    call_id: Mapped[str] = mapped_column(ForeignKey("calls.id"), index=True)
    at: Mapped[datetime]
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    level: Mapped[int]
    target: Mapped[str]
    """``finding:ID`` or ``mismatch:KIND``; empty for a fault the machine missed."""
    judged: Mapped[str]
    """A value of workstation.desk.audit_figures.Judged."""
    rule_id: Mapped[str]
    rule_version: Mapped[str]
    reason: Mapped[str] = mapped_column(CleanText)
    leg: Mapped[str]
    second: Mapped[float | None]
    words: Mapped[str] = mapped_column(CleanText)
    sampled: Mapped[bool]
    """Whether the call belonged to the random share when it was taken."""
    bad: Mapped[bool]
    """False for a cue of the debtor's: true or not, it is no fault of ours."""


class ReviewLock(Base):
    """Who has a call open for review, until when. A row is a state, not evidence: it changes and goes."""

    __tablename__ = "review_locks"

    call_id: Mapped[str] = mapped_column(ForeignKey("calls.id"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    until: Mapped[datetime]


class CoachingRow(Base):
    """One message between reviewer and collector about a call. Append-only."""

    __tablename__ = "coaching"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    thread: Mapped[int] = mapped_column(index=True)
    """Id of the message the thread began with; 0 on that one."""
    call_id: Mapped[str] = mapped_column(ForeignKey("calls.id"), index=True)
    at: Mapped[datetime]
    author_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    to_id: Mapped[int] = mapped_column(ForeignKey("users.id"), index=True)
    second: Mapped[float | None]
    text: Mapped[str] = mapped_column(CleanText)


class CoachingSeen(Base):
    """That a message was seen by whom it was to. Append-only."""

    __tablename__ = "coaching_seen"

    message_id: Mapped[int] = mapped_column(
        Id, ForeignKey("coaching.id"), primary_key=True, autoincrement=False
    )
    at: Mapped[datetime]


class LineSaid(Base):
    """A line of the script that was heard on the collector's leg."""

    __tablename__ = "lines_said"

    call_id: Mapped[str] = mapped_column(ForeignKey("calls.id"), primary_key=True)
    line: Mapped[str] = mapped_column(primary_key=True)
    """Id of the script's step."""
    second: Mapped[float]
    share: Mapped[float]
    """How much of the line was heard, 0 to 1."""
