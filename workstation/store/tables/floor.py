"""What the floor did: who was in which state, from when until when."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from workstation.store.tables.base import Base, Id


class FloorSpan(Base):
    """One stretch in which somebody was in one state, as the switchboard saw it."""

    __tablename__ = "floor_spans"
    __table_args__ = (
        Index("ix_floor_spans_user_began", "user_id", "began_at"),
        Index("ix_floor_spans_began", "began_at"),
        Index("ix_floor_spans_open", "ended_at"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    board: Mapped[str]
    """The switchboard that saw it: several may share a book."""
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    state: Mapped[str]
    """A value of workstation.desk.floor.FloorState."""
    reason: Mapped[str] = mapped_column(default="")
    """Of a pause: a code of workstation/desk/pauses.toml."""
    call_id: Mapped[str] = mapped_column(default="")
    began_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    """None: it is still going on."""
    seen_at: Mapped[datetime]
    """The last moment at which the switchboard knew it to be true."""
    cut: Mapped[bool] = mapped_column(default=False)
    """Its end was not seen: the switchboard was gone, and ``ended_at`` is the last moment known."""
