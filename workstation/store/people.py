"""Users and sign-in."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from workstation.desk.book import (
    CodeNeeded,
    InvalidEntry,
    NotAllowed,
    NotFound,
    ProofNeeded,
    SignInRefused,
)
from workstation.desk.roles import Right, Role, may
from workstation.desk.views import SignedInUser
from workstation.store import audit
from workstation.store.engine import Database
from workstation.store.prepared import Query
from workstation.store.tables import User

if TYPE_CHECKING:
    from argon2 import PasswordHasher

SHORTEST = 8
"""Characters of a password."""
WRONG_TRIES = 5
LOCK_LASTS = timedelta(minutes=15)
TICKET_LASTS = timedelta(hours=12)
"""How long a workstation may go on trying to reach its switchboard after signing in with a code."""


@cache
def _hasher() -> PasswordHasher:
    from argon2 import PasswordHasher  # 40 ms that only sign-in needs

    # OWASP's second recommendation: 19 MiB, two passes. The library's default takes half a second here.
    return PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


@cache
def _nobody() -> str:
    """A hash to check against where the name is unknown, so that timing does not tell."""
    return _hasher().hash("nobody has this password")


def create_user(
    database: Database,
    username: str,
    full_name: str,
    role: Role,
    password: str,
    now: datetime,
    *,
    extension: str = "",
) -> int:
    """Add a user and return the id. Raises InvalidEntry."""
    password_hash = hashed(password)
    with database.write() as session:
        return put_user(session, "setup", username, full_name, role, password_hash, now, extension=extension)


def hashed(password: str) -> str:
    """Return what is kept of a password. Raises InvalidEntry where it is too short. Takes tens of ms."""
    if len(password) < SHORTEST:
        raise InvalidEntry(f"the password needs at least {SHORTEST} characters")
    return _hasher().hash(password)


def put_user(
    session: Session,
    actor: str,
    username: str,
    full_name: str,
    role: Role,
    password_hash: str,
    now: datetime,
    *,
    extension: str = "",
) -> int:
    """Add a user on behalf of an actor; returns the id. Raises InvalidEntry."""
    name = username.strip().casefold()
    if not name or not name.replace(".", "").replace("-", "").isalnum():
        raise InvalidEntry(f"user name {username!r}: use letters, digits, dots and dashes")
    if session.scalars(select(User.id).where(User.username == name)).first() is not None:
        raise InvalidEntry(f"there is a user {name!r} already")
    user = User(
        username=name,
        full_name=full_name.strip() or name,
        role=role.value,
        extension=extension,
        password_hash=password_hash,
        created_at=now,
    )
    session.add(user)
    session.flush()
    audit.append(session, actor, "user created", name, {"role": role.value}, now)
    return user.id


def sign_in(database: Database, username: str, password: str, now: datetime, code: str = "") -> SignedInUser:
    """Check a password and, where the user has one, a one-time code; see Desk.

    Hashing takes tens of milliseconds, so it happens between the reading and the writing, in no transaction.
    """
    name = username.strip().casefold()
    with database.read() as session:
        user = session.scalars(select(User).where(User.username == name)).first()
    if user is not None:
        _not_locked(user, now)
    right = _verify(_nobody() if user is None else user.password_hash, password)
    if user is None:
        raise SignInRefused("wrong user name or password")
    refusal: SignInRefused = SignInRefused("wrong user name or password")
    with database.write() as session:
        fresh = session.get_one(User, user.id, with_for_update=True)
        _not_locked(fresh, now)  # others may have guessed meanwhile
        if not right or not fresh.active or fresh.password_hash != user.password_hash:
            _count_wrong(session, fresh, now)
        elif fresh.totp_secret and not code.strip():
            refusal = CodeNeeded("give the one-time code of your authenticator as well")
        elif fresh.totp_secret and not _use_code(fresh, code, now):
            _count_wrong(session, fresh, now)
            refusal = SignInRefused("wrong one-time code, or one that was used already")
        else:
            fresh.wrong_tries, fresh.locked_until, fresh.proved_at = 0, None, now
            ticket = _give_ticket(fresh, now) if fresh.totp_secret else ""
            audit.append(session, fresh.username, "signed in", fresh.username, {}, now)
            return as_view(fresh, ticket)
    raise refusal


def _use_code(user: User, code: str, now: datetime) -> bool:
    from workstation.store import otp

    step = otp.step_of(user.totp_secret, code, now, user.totp_step)
    if step is None:
        return False
    user.totp_step = step
    return True


def _give_ticket(user: User, now: datetime) -> str:
    """Let the workstation open a session at the switchboard without the code, which is used up."""
    ticket = secrets.token_urlsafe(32)
    user.ticket, user.ticket_until = _digest(ticket), now + TICKET_LASTS
    return ticket


def redeem(database: Database, ticket: str, now: datetime) -> SignedInUser:
    """Return who a ticket was given to, once. Raises SignInRefused."""
    with database.write() as session:
        user = session.scalars(
            select(User).where(User.ticket == _digest(ticket), User.ticket != "").with_for_update()
        ).first()
        if user is not None and user.active and user.ticket_until is not None and user.ticket_until > now:
            user.ticket = ""
            return as_view(user)
    raise SignInRefused("this sign-in has been used or is too old: sign in again")


def _digest(ticket: str) -> str:
    return hashlib.sha256(ticket.encode()).hexdigest()


def prove(database: Database, user_id: int, password: str, now: datetime) -> None:
    """Have a user who is signed in prove their password again. Raises SignInRefused, as ``sign_in`` does."""
    with database.read() as session:
        user = session.get(User, user_id)
    if user is None:
        raise SignInRefused("wrong user name or password")
    _not_locked(user, now)
    right = _verify(user.password_hash, password)
    with database.write() as session:
        fresh = session.get_one(User, user_id, with_for_update=True)
        if right and fresh.active:
            fresh.wrong_tries, fresh.locked_until, fresh.proved_at = 0, None, now
            audit.append(session, fresh.username, "proved", fresh.username, {}, now)
            return
        _count_wrong(session, fresh, now)
    raise SignInRefused("wrong password")


def _not_locked(user: User, now: datetime) -> None:
    if user.locked_until is not None and user.locked_until > now:
        minutes = -(-int((user.locked_until - now).total_seconds()) // 60)
        raise SignInRefused(f"too many wrong tries: try again in {minutes} min")


def _verify(password_hash: str, password: str) -> bool:
    from argon2.exceptions import InvalidHashError, VerificationError

    try:
        return _hasher().verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


def _count_wrong(session: Session, user: User, now: datetime) -> None:
    user.wrong_tries += 1
    if user.wrong_tries >= WRONG_TRIES:
        user.wrong_tries = 0
        user.locked_until = now + LOCK_LASTS
        audit.append(session, user.username, "locked out", user.username, {"tries": str(WRONG_TRIES)}, now)


def find(session: Session, username: str) -> SignedInUser:
    """Return a user by name. Raises NotFound."""
    user = session.scalars(select(User).where(User.username == username.strip().casefold())).first()
    if user is None:
        raise NotFound(f"no user {username!r} in the book")
    return as_view(user)


def as_view(user: User, ticket: str = "") -> SignedInUser:
    """Return the user as screens see it."""
    return SignedInUser(user.id, user.username, user.full_name, user.role, user.extension, user.era, ticket)


class Staff(Protocol):
    """Who acts, as the book's writers know them."""

    @property
    def id(self) -> int:
        """The user's key."""

    @property
    def username(self) -> str:
        """As the audit log names them."""

    @property
    def full_name(self) -> str:
        """As screens and letters name them."""

    @property
    def role(self) -> str:
        """A value of workstation.desk.roles.Role."""

    @property
    def active(self) -> bool:
        """Whether they still work here."""


_STAFF = Query(
    select(User.id, User.username, User.full_name, User.role, User.active).where(User.id == bindparam("id"))
)


FRESH = timedelta(minutes=15)
"""How long a proof by password is fresh enough for what must not happen at a terminal left alone."""

_PROVED = Query(select(User.proved_at).where(User.id == bindparam("id")))


def need_fresh(
    session: Session, user_id: int, right: Right, now: datetime, within: timedelta = FRESH
) -> Staff:
    """Return the user, who has the right and proved their password not long ago.

    Raises NotAllowed, and its subclass ProofNeeded where the password must be asked for again: a screen that
    gets ProofNeeded asks for it (``prove``) and tries once more.
    """
    staff = need(session, user_id, right)
    row: Any = _PROVED.first(session, id=user_id)
    if row is None or row.proved_at is None or not timedelta(0) <= now - row.proved_at <= within:
        minutes = int(within.total_seconds() // 60)
        raise ProofNeeded(f"give your password again: it was not given in the last {minutes} min")
    return staff


def need(session: Session, user_id: int, right: Right) -> Staff:
    """Return the user. Raises NotAllowed where the role lacks the right or the user is not active."""
    user: Any = _STAFF.first(session, id=user_id)
    if user is None or not user.active:
        raise NotAllowed("you are not signed in as an active user")
    if not may(user.role, right):
        raise NotAllowed(f"a {user.role} may not {right.value}")
    staff: Staff = user
    return staff


def staff(session: Session, user_id: int) -> Staff:
    """Return the user, whatever their rights. Raises NotAllowed where they are not active."""
    user: Any = _STAFF.first(session, id=user_id)
    if user is None or not user.active:
        raise NotAllowed("you are not signed in as an active user")
    found: Staff = user
    return found
