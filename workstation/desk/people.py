"""Users as those who manage them see them, and what they do: a Protocol that workstation.store implements."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from workstation.desk.roles import Role


@dataclass(frozen=True, slots=True)
class UserLine:
    """One user; no secret is in it."""

    user_id: int
    username: str
    full_name: str
    role: str
    extension: str
    active: bool
    locked_until: datetime | None
    """When a lock after wrong tries ends; None for none that still holds."""
    one_time_codes: bool
    proved_at: datetime | None
    """When they last proved their password."""
    created_at: datetime


class PeopleDesk(Protocol):
    """What `dunline users` does. Every act takes the right to manage users and stands in the audit log.

    ``actor`` is a user name; None is whoever holds the machine, who may add the first admin and nothing else.
    Raises NotAllowed, NotFound and InvalidEntry.
    """

    def users(self, now: datetime) -> tuple[UserLine, ...]:
        """Return everybody, by user name."""

    def add_user(
        self,
        actor: str | None,
        username: str,
        full_name: str,
        role: Role,
        password: str,
        now: datetime,
        *,
        extension: str = "",
    ) -> int:
        """Add a user; returns the id."""

    def set_role(self, actor: str, username: str, role: Role, now: datetime) -> None:
        """Change a role; their sessions end."""

    def set_details(
        self, actor: str, username: str, now: datetime, *, full_name: str | None, extension: str | None
    ) -> None:
        """Change name or extension; None leaves it."""

    def set_password(self, actor: str, username: str, password: str, now: datetime) -> None:
        """Set a password; their sessions end and a lock is lifted."""

    def unlock(self, actor: str, username: str, now: datetime) -> None:
        """Lift a lock after wrong tries."""

    def set_active(self, actor: str, username: str, active: bool, now: datetime) -> None:
        """Deactivate a user, whose sessions end, or take them back."""

    def set_codes(self, actor: str, username: str, on: bool, now: datetime) -> str:
        """Ask for one-time codes from now on, with a fresh key, or no longer.

        Returns the address an authenticator app takes (otpauth); it is shown once and kept nowhere else.
        """
