"""Who was in which state, from when until when: written by the switchboard, read by the key figures."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, case, func, literal, select, update
from sqlalchemy.orm import Session

from workstation.desk.floor import SpanChange, SpanLine, Standing, Today
from workstation.store.tables import Account, Attempt, CallRow, FloorSpan, Party, Promise, User
from workstation.store.types import UtcDateTime


def change(session: Session, board: str, changes: Sequence[SpanChange]) -> None:
    """End the open span of each user and begin the next, in order."""
    for one in changes:
        session.execute(
            update(FloorSpan)
            .where(FloorSpan.board == board, FloorSpan.user_id == one.user_id, FloorSpan.ended_at.is_(None))
            .values(ended_at=_not_before(one.at), seen_at=_not_before(one.at))
        )
        if one.state:
            session.add(
                FloorSpan(
                    board=board,
                    user_id=one.user_id,
                    state=one.state,
                    reason=one.reason,
                    call_id=one.call_id,
                    began_at=one.at,
                    seen_at=one.at,
                )
            )
            session.flush()


def _not_before(at: datetime) -> ColumnElement[datetime]:
    """A span never ends before it began, even where the clock was set back."""
    then = literal(at, UtcDateTime())
    return case((FloorSpan.began_at > then, FloorSpan.began_at), else_=then)


def keep_open(session: Session, board: str, now: datetime) -> None:
    """Note that the open spans are still true."""
    session.execute(
        update(FloorSpan)
        .where(FloorSpan.board == board, FloorSpan.ended_at.is_(None), FloorSpan.seen_at < now)
        .values(seen_at=now)
    )


def close_left(session: Session, board: str) -> int:
    """End what a killed switchboard left open, at the last moment known, and mark it; returns how many."""
    left = session.scalars(
        select(FloorSpan).where(FloorSpan.board == board, FloorSpan.ended_at.is_(None)).with_for_update()
    ).all()
    for span in left:
        span.ended_at, span.cut = span.seen_at, True
    return len(left)


def lines(session: Session, start: datetime, end: datetime, zone: ZoneInfo) -> tuple[SpanLine, ...]:
    """Return the spans that began in a stretch of time, open ones up to when they were last seen."""
    return tuple(
        SpanLine(
            span.user_id,
            span.began_at.astimezone(zone).date(),
            span.state,
            span.reason,
            max(0, round(((span.ended_at or span.seen_at) - span.began_at).total_seconds() * 1000)),
        )
        for span in session.scalars(
            select(FloorSpan)
            .where(FloorSpan.began_at >= start, FloorSpan.began_at < end)
            .order_by(FloorSpan.began_at, FloorSpan.id)
        )
    )


def standings(session: Session, user_ids: Collection[int]) -> Mapping[int, Standing]:
    """Return what the switchboard must know of users, by id; those unknown are left out."""
    rows = session.execute(
        select(User.id, User.role, User.active, User.era, User.pause, User.paused_by).where(
            User.id.in_(tuple(user_ids))
        )
    )
    return {row.id: Standing(*row) for row in rows}


def wrapped(session: Session, call_ids: Collection[str]) -> frozenset[str]:
    """Return which of these calls have their disposition."""
    return frozenset(
        session.scalars(
            select(CallRow.id).where(CallRow.id.in_(tuple(call_ids)), CallRow.wrapped_at.is_not(None))
        )
    )


def today(session: Session, user_ids: Collection[int], since: datetime) -> Mapping[int, Today]:
    """Return the figures of users since an instant, by id."""
    ids = tuple(user_ids)
    found: dict[int, list[int]] = defaultdict(lambda: [0, 0, 0])
    right_party = func.sum(case((Attempt.right_party.is_(True), 1), else_=0))
    for user_id, calls, rpc in session.execute(
        select(CallRow.collector_id, func.count(), right_party)
        .outerjoin(Attempt, Attempt.call_id == CallRow.id)
        .where(CallRow.collector_id.in_(ids), CallRow.reserved_at >= since)
        .group_by(CallRow.collector_id)
    ):
        found[user_id][:2] = calls, int(rpc or 0)
    for user_id, promises in session.execute(
        select(Promise.user_id, func.count())
        .where(Promise.user_id.in_(ids), Promise.made_at >= since)
        .group_by(Promise.user_id)
    ):
        if user_id is not None:
            found[user_id][2] = promises
    return {user_id: Today(*figures) for user_id, figures in found.items()}


def account_label(session: Session, account_id: int) -> tuple[str, str]:
    """Return an account's number and name; empty where there is none."""
    row = session.execute(
        select(Account.number, Party.name)
        .join(Party, Party.id == Account.party_id)
        .where(Account.id == account_id)
    ).first()
    return ("", "") if row is None else (row.number, row.name)
