"""Calls that were asked for and not made yet: whose they are, when they are due, what the gate says now."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select
from sqlalchemy.orm import Session

from workstation.desk.account_ledger import CallbackPage, CallbackRow, Whose
from workstation.desk.queue import CALLBACK_OPENS
from workstation.store import queue_read
from workstation.store.tables import Callback, User


def accounts_of(
    session: Session, user_id: int, now: datetime, offset: int, limit: int, whose: Whose
) -> list[int]:
    """Return the accounts of one window of the list."""
    return sorted({account_id for _, account_id in _window(session, user_id, now, offset, limit, whose)})


def page(
    session: Session, user_id: int, now: datetime, offset: int, limit: int, whose: Whose
) -> CallbackPage:
    """Return one window of the list, due first, with the figures of the whole."""
    total, overdue = session.execute(
        select(func.count(), func.sum(case((Callback.due_at < now, 1), else_=0)))
        .select_from(Callback)
        .where(_for(user_id, now, whose))
    ).one()
    window = _window(session, user_id, now, offset, limit, whose)
    accounts = {
        row.account_id: row for row in queue_read.rows(session, sorted({a for _, a in window}), user_id, now)
    }
    rows = session.execute(
        select(Callback, User.full_name)
        .outerjoin(User, User.id == Callback.user_id)
        .where(Callback.id.in_([callback_id for callback_id, _ in window]))
        .order_by(Callback.due_at, Callback.id)
    )
    return CallbackPage(
        total=total,
        overdue=overdue or 0,
        rows=tuple(
            CallbackRow(
                callback_id=callback.id,
                due_at=callback.due_at,
                asked_by=callback.asked_by,
                owner=owner or "",
                mine=callback.user_id == user_id,
                account=accounts[callback.account_id],
            )
            for callback, owner in rows
            if callback.account_id in accounts
        ),
    )


def _window(
    session: Session, user_id: int, now: datetime, offset: int, limit: int, whose: Whose
) -> list[tuple[int, int]]:
    query: Select[int, int] = (
        select(Callback.id, Callback.account_id)
        .where(_for(user_id, now, whose))
        .order_by(Callback.due_at, Callback.id)
        .offset(offset)
        .limit(limit)
    )
    return [(callback_id, account_id) for callback_id, account_id in session.execute(query)]


def _for(user_id: int, now: datetime, whose: Whose) -> ColumnElement[bool]:
    mine = Callback.user_id == user_id
    pool = or_(
        Callback.user_id.is_(None),
        and_(Callback.user_id != user_id, Callback.due_at <= now - CALLBACK_OPENS),
    )
    chosen = {Whose.MINE: mine, Whose.POOL: pool, Whose.ALL: or_(mine, pool)}[whose]
    return and_(Callback.done_at.is_(None), chosen)
