"""Working out queue entries: rank by the desk's model, callable by the gate, kept until they go stale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from compliance.contact import ContactFacts, Permitted, Refused
from workstation.desk.aging import age
from workstation.desk.disposition import dispositions
from workstation.desk.money import Money
from workstation.desk.promise import PromiseState, judge
from workstation.desk.queue import (
    CALLBACK_OPENS,
    Appraisal,
    BookScale,
    PromiseSignal,
    Signals,
    Tier,
    appraise,
)
from workstation.desk.reach import DayPart, reachability
from workstation.store.facts import batches, call_facts
from workstation.store.gate import Gate, attempts_of
from workstation.store.prepared import Change, table_of
from workstation.store.signals import AccountData, Scale, load_accounts, load_scale, local_day
from workstation.store.tables import Account, BookFigure, Invoice, QueueEntry

STALE = datetime(1970, 1, 1, tzinfo=UTC)
"""``stale_at`` of an entry that must be worked out before it is shown."""

_RECHECK = timedelta(hours=20)
"""An entry whose facts cannot change by themselves is looked at again after this."""


_MARK = Change(
    update(table_of(QueueEntry)).where(QueueEntry.account_id == bindparam("account")).values(stale_at=STALE)
)


def mark_stale(session: Session, *account_ids: int) -> None:
    """Say that what these accounts' entries rest on has changed; part of the changing transaction.

    Done before the audit line is appended, everywhere: writers then lock entries and log in one order.
    """
    for account_id in sorted(set(account_ids)):
        if _MARK.run(session, account=account_id) == 0:
            place_unlisted(session, [account_id])


def place_unlisted(session: Session, account_ids: Sequence[int]) -> None:
    """Give accounts that have none an entry that is to be worked out."""
    rows = [
        {
            "account_id": account_id,
            "tier": Tier.UNLISTED,
            "order_key": 0.0,
            "stale_at": STALE,
            "number": "",
            "name": "",
            "currency": "",
            "due_minor": 0,
            "zone": "UTC",
            "reasons": [],
        }
        for account_id in sorted(account_ids)
    ]
    _upsert(session, rows, {"stale_at"})


def any_stale(session: Session, now: datetime) -> bool:
    """Whether there is anything to work out."""
    query = select(QueueEntry.account_id).where(QueueEntry.stale_at <= now).limit(1)
    return session.execute(query).first() is not None


def stale_of(session: Session, account_ids: Sequence[int], now: datetime) -> list[int]:
    """Return which of these accounts' entries must be worked out before they are shown."""
    found: list[int] = []
    for batch in batches(account_ids):
        found += session.scalars(
            select(QueueEntry.account_id).where(QueueEntry.account_id.in_(batch), QueueEntry.stale_at <= now)
        )
    return sorted(found)


def refresh(session: Session, gate: Gate, now: datetime, limit: int) -> int:
    """Work out up to `limit` stale entries, the foremost first; returns how many. One transaction."""
    if (
        session.execute(select(QueueEntry.account_id).where(QueueEntry.stale_at <= now).limit(1)).first()
        is None
    ):
        return 0
    stale = (
        select(QueueEntry.account_id)
        .where(QueueEntry.stale_at <= now)
        .order_by(QueueEntry.tier, QueueEntry.order_key, QueueEntry.account_id)
        .limit(limit)
        # Another process may be at the same work: take what it has not taken.
        .with_for_update(skip_locked=True)
    )
    account_ids = list(session.scalars(stale))
    scale = load_scale(session)
    for batch in batches(account_ids):
        rebuild(session, gate, batch, now, scale)
    return len(account_ids)


def rebuild(
    session: Session, gate: Gate, account_ids: Sequence[int], now: datetime, scale: Scale | None = None
) -> None:
    """Work out the entries of these accounts as of `now`."""
    scale = scale or load_scale(session)
    data = load_accounts(session, account_ids, now)
    targets = [d.target for d in data.values() if d.target is not None]
    facts = call_facts(session, targets, now)
    rows = [
        entry_values(d, None if d.target is None else facts.get(d.target), gate, now, scale)
        for _, d in sorted(data.items())
    ]
    _upsert(session, rows, set(rows[0]) - {"account_id"} if rows else set())


def measure(session: Session, today: date) -> None:
    """Work out what is large in this book as of a day, by currency, from the open invoices."""
    session.execute(delete(BookFigure))
    due = (
        select(
            Account.currency.label("currency"),
            func.sum(Invoice.open_minor - Invoice.disputed_minor).label("minor"),
        )
        .join(Account, Account.id == Invoice.account_id)
        .where(Invoice.open_minor > 0, Invoice.due < today)
        .group_by(Account.id, Account.currency)
        .subquery()
    )
    for currency, count, largest in session.execute(
        select(due.c.currency, func.count(), func.max(due.c.minor)).group_by(due.c.currency)
    ).all():
        ranked = select(due.c.minor).where(due.c.currency == currency).order_by(due.c.minor.desc())
        cap = session.scalars(ranked.offset(count // 20).limit(1)).one()
        session.execute(
            insert(BookFigure),
            [
                {"name": f"largest:{currency}", "value": int(largest)},
                {"name": f"cap:{currency}", "value": int(cap)},
            ],
        )


def place_all(session: Session) -> int:
    """Give every account without an entry one; returns how many."""
    missing = select(Account.id).where(
        ~select(QueueEntry).where(QueueEntry.account_id == Account.id).exists()
    )
    account_ids = list(session.scalars(missing))
    for batch in batches(account_ids):
        place_unlisted(session, batch)
    return len(account_ids)


# ---- one entry --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Window:
    """When an account may be called, and why not now."""

    start: datetime | None
    until: datetime | None
    refusal: str
    attempts: tuple[int, int]
    """Used and cap."""


def find_window(gate: Gate, facts: ContactFacts | None, now: datetime, start: datetime) -> Window:
    """Return the first window at or after `start`, with the refusal (if any) as of `now`."""
    if facts is None:
        return Window(None, None, "no phone number to call", (0, 0))
    verdict = gate.decide(facts, now)
    refusal = ""
    if isinstance(verdict, Refused):
        headline = verdict.reasons[0]
        refusal = f"{headline.message} · {headline.citation}"
    used = attempts_of(verdict.checks)
    if start > now:
        verdict = gate.decide(facts, start)
    if isinstance(verdict, Permitted):
        return Window(verdict.at, verdict.until, refusal, used)
    if verdict.retry_at is None:
        return Window(None, None, refusal, used)
    opened = gate.decide(facts, verdict.retry_at)
    if isinstance(opened, Refused):  # a rule changes on that very day: look again when it is nearer
        return Window(verdict.retry_at, verdict.retry_at, refusal, used)
    return Window(verdict.retry_at, opened.until, refusal, used)


def entry_values(
    data: AccountData, facts: ContactFacts | None, gate: Gate, now: datetime, scale: Scale
) -> dict[str, Any]:
    """Return one entry's columns."""
    window = find_window(gate, facts, now, now)
    appraisal, due, oldest = _appraise(data, window, gate, now, scale)
    if appraisal.not_before is not None and appraisal.not_before > now:
        window = find_window(gate, facts, now, appraisal.not_before)
    callback = data.callback
    # An entry wakes when its window closes, when its own ranking changes, and at the latest within a day.
    wakes = [now + _RECHECK]
    wakes += [w for w in (window.until, appraisal.changes_at) if w is not None and w > now]
    if data.tries and appraisal.tier <= Tier.PARKED:
        wakes.append(_next_day_part(now, data.zone))
    listed = appraisal.tier < Tier.UNLISTED
    return {
        "account_id": data.account.id,
        "tier": int(appraisal.tier),
        "order_key": -appraisal.score,
        "window_from": window.start,
        "window_until": window.until,
        "stale_at": min(wakes) if listed else appraisal.changes_at,
        "owner_id": None if callback is None else callback.user_id,
        "open_to_all_at": None if callback is None else callback.due_at + CALLBACK_OPENS,
        "number": data.account.number,
        "name": data.name,
        "currency": data.account.currency,
        "due_minor": due,
        "oldest_due": oldest,
        "zone": data.zone,
        "reasons": list(appraisal.reasons),
        "refusal": window.refusal,
    }


def appraise_account(
    data: AccountData, attempts: tuple[int, int], gate: Gate, now: datetime, scale: Scale
) -> Appraisal:
    """Rank one account as the queue would; `attempts` is (used, cap)."""
    return _appraise(data, Window(None, None, "", attempts), gate, now, scale)[0]


def _appraise(
    data: AccountData, window: Window, gate: Gate, now: datetime, scale: Scale
) -> tuple[Appraisal, int, date | None]:
    currency = data.account.currency
    today = local_day(now, data.zone)
    aging = age(data.items, today)
    states = promise_states(data, gate, now)
    settled = [s for s in states if s is not PromiseState.OPEN]
    limit = data.account.credit_limit_minor
    rest_until, rest_reason = _rest(data)
    signals = Signals(
        collectible=Money(aging.collectible_minor, currency),
        oldest_due=aging.oldest_due,
        zone=data.zone,
        reach=reachability(data.tries, data.number_kind, data.zone, now),
        attempts_used=window.attempts[0],
        attempts_cap=window.attempts[1],
        promise=_promise_signal(data, states),
        promises_kept=settled.count(PromiseState.KEPT),
        promises_total=len(settled),
        callback_at=None if data.callback is None else data.callback.due_at,
        callback_by="" if data.callback is None else data.callback.asked_by,
        last_attempt=data.tries[-1].at if data.tries else None,
        over_limit=limit is not None and aging.balance_minor > limit,
        last_chance=data.last_chance,
        stage_call=data.stage_call,
        rest_until=rest_until,
        rest_reason=rest_reason,
    )
    book = BookScale(scale.largest.get(currency, 0), scale.cap.get(currency, 0))
    return appraise(signals, now, book), aging.collectible_minor, aging.oldest_due


def promise_states(data: AccountData, gate: Gate, now: datetime) -> list[PromiseState]:
    """Return what has become of each of the account's promises as of `now`, in their order."""
    today = local_day(now, data.zone)

    def is_holiday(day: date) -> bool:
        return gate.is_holiday(data.country, day)

    return [
        judge(p.amount_minor, local_day(p.made_at, data.zone), p.due, data.receipts, today, is_holiday)
        for p in data.promises
    ]


def _promise_signal(data: AccountData, states: list[PromiseState]) -> PromiseSignal | None:
    """The latest promise, unless it was kept, or was broken and has been talked about since."""
    if not data.promises:
        return None
    promise, state = data.promises[-1], states[-1]
    if state is PromiseState.KEPT:
        return None
    talked = data.last_talk is not None and local_day(data.last_talk, data.zone) > promise.due
    if state is not PromiseState.OPEN and talked:
        return None
    return PromiseSignal(Money(promise.amount_minor, data.account.currency), promise.due, state)


def _rest(data: AccountData) -> tuple[datetime | None, str]:
    if data.last_outcome is None:
        return None, ""
    code, ended = data.last_outcome
    disposition = dispositions().get(code)
    if disposition is None or not disposition.retry_after:
        return None, ""
    local = ended.astimezone(ZoneInfo(data.zone))
    return ended + timedelta(days=disposition.retry_after), f"{disposition.label} on {local.day} {local:%b}"


def _next_day_part(now: datetime, zone: str) -> datetime:
    local = now.astimezone(ZoneInfo(zone))
    hours = [int(p) for p in DayPart if p > local.hour]
    if not hours:
        return now + _RECHECK
    return local.replace(hour=hours[0], minute=0, second=0, microsecond=0).astimezone(UTC)


def _upsert(session: Session, rows: Sequence[dict[str, Any]], columns: set[str]) -> None:
    if not rows:
        return
    make = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    statement = make(QueueEntry)
    excluded = {name: statement.excluded[name] for name in columns}
    session.execute(
        statement.on_conflict_do_update(index_elements=[QueueEntry.account_id], set_=excluded), rows
    )
