"""People and how to reach them; and the people who work here."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from workstation.store.tables.base import Base, Id


class Party(Base):
    """A business or a natural person. The row is locked while a contact with the person is decided."""

    __tablename__ = "parties"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    kind: Mapped[str]
    """business or natural."""
    name: Mapped[str]
    country: Mapped[str] = mapped_column(default="US")
    """ISO 3166-1 alpha-2."""
    region: Mapped[str] = mapped_column(default="")
    """ISO 3166-2 such as US-IL; empty if unknown."""
    postal_code: Mapped[str] = mapped_column(default="")
    email: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]


class Phone(Base):
    """A number of a party, with every zone and place it may be in."""

    __tablename__ = "phones"
    __table_args__ = (UniqueConstraint("party_id", "number"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    party_id: Mapped[int] = mapped_column(ForeignKey("parties.id"))
    number: Mapped[str] = mapped_column(index=True)
    """E.164."""
    kind: Mapped[str]
    """A value of compliance.contact.NumberKind."""
    zones: Mapped[list[str]]
    jurisdictions: Mapped[list[str]]
    consent: Mapped[str] = mapped_column(default="")
    """Scope of the consent given for this number, in words; empty if none."""
    consent_at: Mapped[datetime | None]
    suppressed: Mapped[bool] = mapped_column(default=False)
    """Wrong or dead: never offered again; kept because attempts quote it."""
    rank: Mapped[int] = mapped_column(default=0)
    """The lowest is offered first."""


class Contact(Base):
    """A person one may speak with about an account, and in which role."""

    __tablename__ = "contacts"
    __table_args__ = (UniqueConstraint("account_id", "party_id"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"))
    party_id: Mapped[int] = mapped_column(ForeignKey("parties.id"), index=True)
    role: Mapped[str]
    rank: Mapped[int] = mapped_column(default=0)
    """0 is the primary contact."""


class User(Base):
    """Somebody who signs in."""

    __tablename__ = "users"

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    username: Mapped[str] = mapped_column(unique=True)
    """Lower case."""
    full_name: Mapped[str]
    role: Mapped[str]
    """A value of workstation.desk.roles.Role."""
    extension: Mapped[str] = mapped_column(default="")
    password_hash: Mapped[str]
    """argon2id."""
    wrong_tries: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None]
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]
    proved_at: Mapped[datetime | None]
    """When they last proved who they are by their password (and code, where one is asked for)."""
    era: Mapped[int] = mapped_column(default=0, server_default="0")
    """Grows when every session of theirs ends: new role, new password, signed out, deactivated."""
    totp_secret: Mapped[str] = mapped_column(default="", server_default="")
    """Base32 (RFC 4648) of the key that makes one-time codes; empty: none is asked for."""
    totp_step: Mapped[int] = mapped_column(default=0, server_default="0")
    """The newest time step (RFC 6238) whose code was used: it and older ones are refused."""
    ticket: Mapped[str] = mapped_column(default="", server_default="")
    """SHA-256 of the ticket with which a workstation that signed in opens its session at the switchboard."""
    ticket_until: Mapped[datetime | None]
    pause: Mapped[str] = mapped_column(default="", server_default="")
    """The pause they are on: a code of workstation/desk/pauses.toml, or a supervisor's words; empty: none."""
    paused_by: Mapped[str] = mapped_column(default="", server_default="")
    """User name of the supervisor who paused them; empty: they did themselves."""
