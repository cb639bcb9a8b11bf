"""Reading the queue: pages, head line, search. Callability is true as of the instant asked about."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, and_, case, func, or_, select
from sqlalchemy.orm import Session

from workstation.desk.aging import days_late
from workstation.desk.money import Money
from workstation.desk.queue import Tier
from workstation.desk.views import QueueCounts, QueuePage, QueueRow
from workstation.store.facts import batches
from workstation.store.tables import (
    Attempt,
    Callback,
    CallRow,
    Lease,
    Promise,
    QueueEntry,
    SearchWord,
    User,
)

_OVERDUE_CALLBACK = timedelta(hours=12)
"""A callback missed for longer than this no longer stands in the head line."""


def _mine(user_id: int, now: datetime) -> ColumnElement[bool]:
    """Whether the entry is for this user: another's callback is not, until it opens to all."""
    return or_(
        QueueEntry.owner_id.is_(None), QueueEntry.owner_id == user_id, QueueEntry.open_to_all_at <= now
    )


def _open_now(now: datetime) -> ColumnElement[bool]:
    return and_(QueueEntry.window_from <= now, QueueEntry.window_until > now)


def callable_ids(session: Session, user_id: int, now: datetime, offset: int, limit: int) -> list[int]:
    """Return accounts callable now in work order; answered from one index."""
    return list(
        session.scalars(
            select(QueueEntry.account_id)
            .where(QueueEntry.tier < Tier.UNLISTED, _open_now(now), _mine(user_id, now))
            .order_by(QueueEntry.tier, QueueEntry.order_key, QueueEntry.account_id)
            .offset(offset)
            .limit(limit)
        )
    )


def _later_ids(session: Session, now: datetime, offset: int, limit: int) -> list[int]:
    """Those not callable now: by next eligible instant, then those waiting will not help."""
    listed = QueueEntry.tier < Tier.UNLISTED
    groups = (
        (
            (listed, QueueEntry.window_from > now),
            (QueueEntry.window_from, QueueEntry.tier, QueueEntry.order_key, QueueEntry.account_id),
        ),
        (  # windows that ended and have not been worked out again yet
            (listed, QueueEntry.window_until <= now),
            (QueueEntry.tier, QueueEntry.order_key, QueueEntry.account_id),
        ),
        (
            (listed, QueueEntry.window_from.is_(None)),
            (QueueEntry.tier, QueueEntry.order_key, QueueEntry.account_id),
        ),
    )
    found: list[int] = []
    for conditions, order in groups:
        got = session.scalars(
            select(QueueEntry.account_id)
            .where(*conditions)
            .order_by(*order)
            .offset(offset)
            .limit(limit - len(found))
        ).all()
        found.extend(got)
        if len(found) >= limit:
            break
        if not got and offset:
            offset -= session.scalars(select(func.count()).select_from(QueueEntry).where(*conditions)).one()
        else:
            offset = 0
    return found


def page(session: Session, user_id: int, now: datetime, offset: int, limit: int, *, later: bool) -> QueuePage:
    """Return one window of the queue."""
    if later:
        ids = _later_ids(session, now, offset, limit)
    else:
        ids = callable_ids(session, user_id, now, offset, limit)
    return QueuePage(offset, rows(session, ids, user_id, now))


def rows(session: Session, account_ids: Sequence[int], user_id: int, now: datetime) -> tuple[QueueRow, ...]:
    """Return the rows of these accounts, in the order given."""
    found: dict[int, QueueRow] = {}
    for batch in batches(account_ids):
        for entry, holder in session.execute(
            select(QueueEntry, User.full_name)
            .outerjoin(
                Lease,
                and_(Lease.account_id == QueueEntry.account_id, Lease.until > now, Lease.user_id != user_id),
            )
            .outerjoin(User, User.id == Lease.user_id)
            .where(QueueEntry.account_id.in_(batch))
        ):
            found[entry.account_id] = _row(entry, holder or "", now)
    return tuple(found[i] for i in account_ids if i in found)


def _row(entry: QueueEntry, holder: str, now: datetime) -> QueueRow:
    start, until = entry.window_from, entry.window_until
    is_open = start is not None and until is not None and start <= now < until
    today = now.astimezone(ZoneInfo(entry.zone)).date()
    reasons = tuple(entry.reasons)
    if not is_open and entry.refusal:
        reasons = (entry.refusal, *reasons)[:2]
    return QueueRow(
        account_id=entry.account_id,
        number=entry.number,
        name=entry.name,
        due=Money(entry.due_minor, entry.currency),
        days_late=0 if entry.oldest_due is None else days_late(entry.oldest_due, today),
        callable=is_open,
        call_until=until if is_open else None,
        zone=entry.zone,
        reasons=reasons,
        retry_at=start if start is not None and start > now else None,
        leased_by=holder,
    )


# ---- the head line ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Today:
    calls: int
    right_party: int
    promises: int
    promised: tuple[Money, ...]


def counts(session: Session, user_id: int, now: datetime, day_start: datetime) -> QueueCounts:
    """Return the head line; `day_start` is the first instant of the floor's day."""
    mine = and_(_open_now(now), _mine(user_id, now))
    total, ready = session.execute(
        select(func.count(), func.sum(case((mine, 1), else_=0)))
        .select_from(QueueEntry)
        .where(QueueEntry.tier < Tier.UNLISTED)
    ).one()
    today = _today(session, user_id, day_start)
    next_callback = session.scalars(
        select(func.min(Callback.due_at)).where(
            Callback.done_at.is_(None),
            Callback.due_at > now - _OVERDUE_CALLBACK,
            or_(Callback.user_id.is_(None), Callback.user_id == user_id),
        )
    ).one()
    return QueueCounts(
        callable=ready or 0,
        later=total - (ready or 0),
        calls_today=today.calls,
        rpc_today=today.right_party,
        promises_today=today.promises,
        promised_today=today.promised,
        next_callback=next_callback,
    )


def _today(session: Session, user_id: int, day_start: datetime) -> _Today:
    calls, right_party = session.execute(
        select(func.count(), func.sum(case((Attempt.right_party.is_(True), 1), else_=0)))
        .select_from(CallRow)
        .outerjoin(Attempt, Attempt.call_id == CallRow.id)
        .where(CallRow.collector_id == user_id, CallRow.reserved_at >= day_start)
    ).one()
    sums: defaultdict[str, int] = defaultdict(int)
    promises = 0
    from workstation.store.tables import Account

    for amount, currency in session.execute(
        select(Promise.amount_minor, Account.currency)
        .join(Account, Account.id == Promise.account_id)
        .where(Promise.user_id == user_id, Promise.made_at >= day_start)
    ):
        promises += 1
        sums[currency] += amount
    return _Today(calls, right_party or 0, promises, tuple(Money(m, c) for c, m in sorted(sums.items())))


# ---- search -----------------------------------------------------------------------------------------

_MAX_WORDS = 6


def words_of(text: str) -> list[str]:
    """Return the words by which a text is found: lower case; numbers also without their marks."""
    folded = text.casefold()
    plain = "".join(c if c.isalnum() else " " for c in folded).split()
    joined = "".join(c for c in folded if c.isalnum())
    whole = [joined] if len(plain) > 1 and any(c.isdigit() for c in joined) else []
    return list(dict.fromkeys([*plain, *whole]))


def search(session: Session, text: str, limit: int) -> list[int]:
    """Return accounts that have, for every word typed, a word beginning with it; best known order first."""
    typed = "".join(c if c.isalnum() else " " for c in text.casefold()).split()[:_MAX_WORDS]
    digits = "".join(typed)
    if digits.isdigit() and len(typed) > 1:
        typed = [digits]  # a phone number typed with gaps
    if not typed:
        return []
    conditions: list[Any] = []
    for word in typed:
        match = select(SearchWord.account_id).where(
            SearchWord.word >= word, SearchWord.word < word + "\U0010ffff"
        )
        conditions.append(QueueEntry.account_id.in_(match))
    return list(
        session.scalars(
            select(QueueEntry.account_id)
            .where(*conditions)
            .order_by(QueueEntry.tier, QueueEntry.order_key, QueueEntry.account_id)
            .limit(limit)
        )
    )
