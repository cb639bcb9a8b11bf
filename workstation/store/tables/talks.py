"""What is made of a talk after it: where the disposition says another thing, and how it was spoken."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, UniqueConstraint, true
from sqlalchemy.orm import Mapped, mapped_column

from workstation.store.tables.base import Base, Id
from workstation.store.types import CleanText


class MismatchRow(Base):
    """A disposition that the talk does not bear out; at most one of a kind a call."""

    __tablename__ = "mismatches"
    __table_args__ = (UniqueConstraint("call_id", "kind"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    call_id: Mapped[str] = mapped_column(ForeignKey("calls.id"), index=True)
    at: Mapped[datetime]
    kind: Mapped[str]
    disposition: Mapped[str]
    second: Mapped[float | None]
    words: Mapped[str] = mapped_column(CleanText)
    confidence: Mapped[float]
    stands: Mapped[bool] = mapped_column(default=True, server_default=true())
    """False once the talk, heard again, no longer bears it out."""


class TalkRow(Base):
    """How a call was spoken, measured on its recordings (workstation.desk.talk)."""

    __tablename__ = "talks"

    call_id: Mapped[str] = mapped_column(ForeignKey("calls.id"), primary_key=True)
    seconds: Mapped[float]
    agent_seconds: Mapped[float]
    debtor_seconds: Mapped[float]
    overlap_seconds: Mapped[float]
    dead_air_seconds: Mapped[float]
    longest_dead_air: Mapped[float]
    longest_dead_air_at: Mapped[float]
    agent_interruptions: Mapped[int]
    debtor_interruptions: Mapped[int]
    agent_pace: Mapped[float]
    debtor_pace: Mapped[float]
