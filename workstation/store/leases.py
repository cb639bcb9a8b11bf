"""Leases: one collector works an account at a time; a lease ends by itself after a quarter of an hour."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import bindparam, delete, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from workstation.desk.book import LeaseHeld, NotFound
from workstation.desk.roles import Right
from workstation.store import people
from workstation.store.engine import Database
from workstation.store.prepared import NOW, Query
from workstation.store.queue_read import callable_ids
from workstation.store.tables import Account, Lease, User

LEASE_LASTS = timedelta(minutes=15)

_HOLDER = Query(
    select(User.full_name)
    .join(Lease, Lease.user_id == User.id)
    .where(Lease.account_id == bindparam("account"), Lease.user_id != bindparam("other"), Lease.until > NOW)
)
_LOOK_AHEAD = 50
"""Candidates looked at in one go: more than collectors who take an account in the same instant."""


def grab(session: Session, user_id: int, account_id: int, now: datetime) -> bool:
    """Lease the account unless another holds it now. Atomic on both databases."""
    make = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    statement = make(Lease).values(account_id=account_id, user_id=user_id, until=now + LEASE_LASTS)
    taken = session.execute(
        statement.on_conflict_do_update(
            index_elements=[Lease.account_id],
            set_={"user_id": user_id, "until": now + LEASE_LASTS},
            where=or_(Lease.until <= now, Lease.user_id == user_id),
        ).returning(Lease.account_id)
    )
    return taken.first() is not None


def take(database: Database, user_id: int, now: datetime, account_id: int | None) -> int | None:
    """Lease that account, or the next callable one that nobody holds; the user's other lease is given back.

    Raises LeaseHeld, NotAllowed and NotFound. Each try is a transaction of its own that waits for one row at
    most, and giving back is another: collectors who swap accounts can never wait for each other in a ring.
    """
    with database.read() as session:
        people.need(session, user_id, Right.WORK_ACCOUNTS)
        if account_id is not None and session.get(Account, account_id) is None:
            raise NotFound(f"no account {account_id} in the book")
    if account_id is not None:
        with database.write() as session:
            if not grab(session, user_id, account_id, now):
                raise LeaseHeld(f"{holder(session, account_id, now)} works this account now")
    else:
        account_id = _take_next(database, user_id, now)
    if account_id is not None:
        with database.write() as session:
            session.execute(delete(Lease).where(Lease.user_id == user_id, Lease.account_id != account_id))
    return account_id


def _take_next(database: Database, user_id: int, now: datetime) -> int | None:
    offset = 0
    while True:
        with database.read() as session:
            ids = callable_ids(session, user_id, now, offset, _LOOK_AHEAD)
            held = {
                lease.account_id: lease.user_id
                for lease in session.scalars(
                    select(Lease).where(Lease.account_id.in_(ids), Lease.until > now)
                )
            }
        if not ids:
            return None
        free = [i for i in ids if held.get(i, user_id) == user_id]
        # The account at hand comes last: "next" means another one where there is one.
        for candidate in sorted(free, key=lambda i: i in held):
            with database.write() as session:
                if grab(session, user_id, candidate, now):
                    return candidate
        offset += len(ids)


def keep(session: Session, user_id: int, account_id: int, now: datetime) -> None:
    """Extend the lease. Raises LeaseHeld where another has it by now."""
    if not grab(session, user_id, account_id, now):
        raise LeaseHeld(f"{holder(session, account_id, now)} works this account now")


def release(session: Session, user_id: int, account_id: int) -> None:
    """Give the account back; nothing happens where it is not the user's."""
    session.execute(delete(Lease).where(Lease.account_id == account_id, Lease.user_id == user_id))


def check_free(session: Session, user_id: int, account_id: int, now: datetime) -> None:
    """Raise LeaseHeld where another collector holds the account."""
    name = holder(session, account_id, now, other_than=user_id)
    if name:
        raise LeaseHeld(f"{name} works this account now")


def holder(session: Session, account_id: int, now: datetime, other_than: int | None = None) -> str:
    """Return the name of who holds the account; empty if nobody."""
    row = _HOLDER.first(session, account=account_id, other=other_than or 0, now=now)
    return row.full_name if row else ""
