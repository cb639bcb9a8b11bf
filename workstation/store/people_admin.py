"""Managing users: who may sign in, as what, and how they prove who they are."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from workstation.desk.book import InvalidEntry, NotAllowed, NotFound
from workstation.desk.people import UserLine
from workstation.desk.roles import Right, Role
from workstation.store import audit, otp, people
from workstation.store.tables import User

MACHINE = "the machine"
"""Who acts in the log where nobody could be named yet."""


def every(session: Session, now: datetime) -> tuple[UserLine, ...]:
    """Return everybody, by user name."""
    return tuple(
        UserLine(
            user.id,
            user.username,
            user.full_name,
            user.role,
            user.extension,
            user.active,
            user.locked_until if user.locked_until is not None and user.locked_until > now else None,
            bool(user.totp_secret),
            user.proved_at,
            user.created_at,
        )
        for user in session.scalars(select(User).order_by(User.username))
    )


def manager(session: Session, actor: str | None) -> str:
    """Return the name of somebody who may manage users. Raises NotAllowed, NotFound."""
    if actor is None:
        raise NotAllowed("say who does it: --user NAME, an active admin")
    return people.need(session, people.find(session, actor).user_id, Right.MANAGE_USERS).username


def may_add(session: Session, actor: str | None, role: Role) -> str:
    """Return who adds a user: an admin, or the machine's holder where a book has no active admin yet."""
    if actor is None and _admins(session) == 0:
        if role is not Role.ADMIN:
            raise NotAllowed(
                "this book has no active admin: add one first (--role admin), then say --user ADMIN"
            )
        return MACHINE
    return manager(session, actor)


def set_role(session: Session, actor: str, username: str, role: Role, now: datetime) -> None:
    """Change a role; their sessions end."""
    name, user = manager(session, actor), _locked(session, username)
    if user.role == role.value:
        raise InvalidEntry(f"{user.username} is {role.value} already")
    before, user.role = user.role, role.value
    _keep_an_admin(session)
    _end_sessions(user)
    detail = {"before": before, "role": role.value}
    audit.append(session, name, "role changed", user.username, detail, now)


def set_details(
    session: Session, actor: str, username: str, full_name: str | None, extension: str | None, now: datetime
) -> None:
    """Change name or extension."""
    name, user = manager(session, actor), _locked(session, username)
    detail: dict[str, str] = {}
    if full_name is not None:
        if not full_name.strip():
            raise InvalidEntry("the name is empty")
        detail["name"], user.full_name = full_name.strip(), full_name.strip()
    if extension is not None:
        if extension and not (extension.isascii() and extension.isdigit() and 2 <= len(extension) <= 8):
            raise InvalidEntry(f"{extension!r} is not an extension: 2 to 8 digits, or nothing")
        detail["extension"], user.extension = extension, extension
    if not detail:
        raise InvalidEntry("nothing to change: give --name or --extension")
    audit.append(session, name, "user changed", user.username, detail, now)


def set_password(session: Session, actor: str, username: str, password_hash: str, now: datetime) -> None:
    """Set a password's hash; their sessions end and a lock is lifted."""
    name, user = manager(session, actor), _locked(session, username)
    user.password_hash, user.wrong_tries, user.locked_until = password_hash, 0, None
    _end_sessions(user)
    audit.append(session, name, "password set", user.username, {}, now)


def unlock(session: Session, actor: str, username: str, now: datetime) -> None:
    """Lift a lock."""
    name, user = manager(session, actor), _locked(session, username)
    if user.locked_until is None or user.locked_until <= now:
        raise InvalidEntry(f"{user.username} is not locked")
    user.wrong_tries, user.locked_until = 0, None
    audit.append(session, name, "unlocked", user.username, {}, now)


def set_active(session: Session, actor: str, username: str, active: bool, now: datetime) -> None:
    """Deactivate a user or take them back."""
    name, user = manager(session, actor), _locked(session, username)
    if user.active is active:
        raise InvalidEntry(f"{user.username} is {'active' if active else 'deactivated'} already")
    user.active = active
    _keep_an_admin(session)
    _end_sessions(user)
    audit.append(session, name, "activated" if active else "deactivated", user.username, {}, now)


def set_codes(session: Session, actor: str, username: str, on: bool, now: datetime) -> str:
    """Ask for one-time codes with a fresh key, or no longer; the key is in no log."""
    name, user = manager(session, actor), _locked(session, username)
    if not on and not user.totp_secret:
        raise InvalidEntry(f"{user.username} signs in without codes already")
    user.totp_secret, user.totp_step = otp.new_secret() if on else "", 0
    audit.append(session, name, "one-time codes on" if on else "one-time codes off", user.username, {}, now)
    return otp.uri(user.totp_secret, user.username) if on else ""


def _locked(session: Session, username: str) -> User:
    name = username.strip().casefold()
    user = session.scalars(select(User).where(User.username == name).with_for_update()).first()
    if user is None:
        raise NotFound(f"no user {username!r} in the book")
    return user


def _end_sessions(user: User) -> None:
    user.era += 1
    user.ticket = ""


def _admins(session: Session) -> int:
    rows = session.scalars(
        select(User.id).where(User.role == Role.ADMIN.value, User.active.is_(True)).with_for_update()
    )
    return len(rows.all())


def _keep_an_admin(session: Session) -> None:
    """Raise NotAllowed where the change just made would leave nobody to manage users."""
    session.flush()
    if _admins(session) == 0:
        raise NotAllowed("nobody would be left to manage users: make somebody else an admin first")
