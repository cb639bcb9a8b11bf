"""Managing users, on SqlBook."""

from __future__ import annotations

from datetime import datetime

from workstation.desk.people import UserLine
from workstation.desk.roles import Role
from workstation.store import people, people_admin
from workstation.store.engine import Database


class PeopleBook:
    """A part of SqlBook (workstation.desk.people.PeopleDesk). Every write is committed when it returns."""

    database: Database

    def users(self, now: datetime) -> tuple[UserLine, ...]:
        """See PeopleDesk."""
        with self.database.read() as session:
            return people_admin.every(session, now)

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
        """See PeopleDesk."""
        password_hash = people.hashed(password)
        with self.database.write() as session:
            by = people_admin.may_add(session, actor, role)
            return people.put_user(
                session, by, username, full_name, role, password_hash, now, extension=extension
            )

    def set_role(self, actor: str, username: str, role: Role, now: datetime) -> None:
        """See PeopleDesk."""
        with self.database.write() as session:
            people_admin.set_role(session, actor, username, role, now)

    def set_details(
        self, actor: str, username: str, now: datetime, *, full_name: str | None, extension: str | None
    ) -> None:
        """See PeopleDesk."""
        with self.database.write() as session:
            people_admin.set_details(session, actor, username, full_name, extension, now)

    def set_password(self, actor: str, username: str, password: str, now: datetime) -> None:
        """See PeopleDesk."""
        password_hash = people.hashed(password)
        with self.database.write() as session:
            people_admin.set_password(session, actor, username, password_hash, now)

    def unlock(self, actor: str, username: str, now: datetime) -> None:
        """See PeopleDesk."""
        with self.database.write() as session:
            people_admin.unlock(session, actor, username, now)

    def set_active(self, actor: str, username: str, active: bool, now: datetime) -> None:
        """See PeopleDesk."""
        with self.database.write() as session:
            people_admin.set_active(session, actor, username, active, now)

    def set_codes(self, actor: str, username: str, on: bool, now: datetime) -> str:
        """See PeopleDesk."""
        with self.database.write() as session:
            return people_admin.set_codes(session, actor, username, on, now)
