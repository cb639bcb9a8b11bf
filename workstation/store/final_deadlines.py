"""The clock of the last chances that were given, and what follows when one has lapsed.

Each deadline is judged in a transaction of its own that looks at its state first: the clock may be killed at
any moment and run again, and nothing happens twice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from compliance.contact import HoldKind
from workstation.desk.book import InvalidEntry, NotFound
from workstation.desk.final_deadline import DeadlineState, Since, judge_deadline
from workstation.desk.final_notice import NEEDS_PARTNER, stop_reason
from workstation.desk.final_views import DeadlineRow
from workstation.desk.money import Money
from workstation.desk.roles import Right
from workstation.desk.stage import FINAL, PLACED
from workstation.desk.standing import Consequence
from workstation.store import audit, holds, leave, people
from workstation.store.engine import Database
from workstation.store.final_facts import left_of, need_fresh, open_disputes, standing_holds
from workstation.store.people import Staff
from workstation.store.queue_build import mark_stale
from workstation.store.stages_acts import place_invoice
from workstation.store.tables import (
    Account,
    FinalDeadline,
    InvoiceStage,
    Party,
    Plan,
    Settlement,
    User,
)


def tick(database: Database, now: datetime, progress: Callable[[int], None] | None = None) -> Counter[str]:
    """Judge every deadline that runs, each in its own transaction; returns how many changed, by new state."""
    counts: Counter[str] = Counter()
    with database.read() as session:
        running = session.scalars(
            select(FinalDeadline.id)
            .where(FinalDeadline.state == DeadlineState.RUNNING.value)
            .order_by(FinalDeadline.at, FinalDeadline.id)
        ).all()
    for deadline_id in running:
        with database.write() as session:
            state = _judge(session, deadline_id, now)
        if state is not None:
            counts[state.value] += 1
            if progress is not None:
                progress(counts.total())
    return counts


def _judge(session: Session, deadline_id: int, now: datetime) -> DeadlineState | None:
    row = session.get(FinalDeadline, deadline_id, with_for_update=True)
    if row is None or row.state != DeadlineState.RUNNING.value:
        return None
    state, why = judge_deadline(row.at, since(session, row, now), now)
    if state is DeadlineState.RUNNING:
        return None
    row.state, row.state_at, row.reason = state.value, now, why
    mark_stale(session, row.account_id)
    detail = {"account": str(row.account_id), "day": row.day.isoformat(), "reason": why}
    audit.append(session, "deadline clock", f"deadline: {state.value}", str(row.id), detail, now)
    return state


def since(session: Session, row: FinalDeadline, now: datetime) -> Since:
    """Return what has happened on the account since a deadline was given."""
    zone = ZoneInfo(row.zone)
    account = session.get_one(Account, row.account_id)
    objection = stop_reason(
        standing_holds(session, row.account_id, zone),
        open_disputes(session, row.account_id),
        account.currency,
    )
    return Since(
        left_of(session, row.invoice_ids), _agreed(session, row, account.currency, now, zone), objection
    )


def _agreed(session: Session, row: FinalDeadline, currency: str, now: datetime, zone: ZoneInfo) -> str:
    plan = session.scalars(
        select(Plan)
        .where(Plan.account_id == row.account_id, Plan.made_at >= row.given_at, Plan.ended_on.is_(None))
        .order_by(Plan.id.desc())
        .limit(1)
    ).first()
    if plan is not None:
        return f"a plan over {Money(plan.total_minor, currency)} was agreed on {plan.made_on:%d %b %Y}"
    offer = session.scalars(
        select(Settlement)
        .where(
            Settlement.account_id == row.account_id,
            Settlement.offered_on >= row.given_at.astimezone(zone).date(),
            Settlement.withdrawn_on.is_(None),
            Settlement.expires_on >= now.astimezone(zone).date(),
        )
        .order_by(Settlement.id.desc())
        .limit(1)
    ).first()
    if offer is None:
        return ""
    return f"a settlement of {Money(offer.amount_minor, currency)} was agreed on {offer.offered_on:%d %b %Y}"


def current(session: Session, account_id: int) -> FinalDeadline | None:
    """Return the deadline that runs on an account, or lapsed and waits for a decision."""
    return session.scalars(
        select(FinalDeadline)
        .where(
            FinalDeadline.account_id == account_id,
            FinalDeadline.state.in_((DeadlineState.RUNNING.value, DeadlineState.DUE.value)),
        )
        .order_by(FinalDeadline.id.desc())
        .limit(1)
    ).first()


# ---- following through ----------------------------------------------------------------------------------


def follow_through(session: Session, deadline_id: int, user_id: int, now: datetime) -> None:
    """Do what was announced. A placement ends the invoices' way and stops our contact with the account.

    Raises NotFound, NotAllowed and InvalidEntry.
    """
    user = need_fresh(session, user_id, now)
    row = _due(session, deadline_id)
    today = now.astimezone(ZoneInfo(row.zone)).date()
    refuse_following(session, row, today, now)
    action = Consequence(row.action)
    if action in NEEDS_PARTNER:
        _place(session, row, user, today, now)
    _decide(session, row, DeadlineState.DONE, "", user, today, now)


def check_following(session: Session, deadline_id: int, user_id: int, now: datetime) -> FinalDeadline:
    """Return a deadline that this user may follow through now. Raises as `follow_through` does."""
    need_fresh(session, user_id, now)
    row = _due(session, deadline_id)
    refuse_following(session, row, now.astimezone(ZoneInfo(row.zone)).date(), now)
    return row


def refuse_following(session: Session, row: FinalDeadline, today: date, now: datetime) -> None:
    """Refuse to do what was announced where it is not the day, or no longer right. Raises InvalidEntry."""
    if today < row.acts_on:
        raise InvalidEntry(f"it was announced for {row.acts_on:%a %d %b %Y}: not before")
    found = since(session, row, now)
    if found.objection:
        raise InvalidEntry(f"{found.objection}: answer it first, or write down why nothing follows")
    if found.left_minor <= 0:
        raise InvalidEntry("nothing of what was asked for is open any more: write down why nothing follows")
    if found.agreed:
        raise InvalidEntry(f"{found.agreed}: write down why nothing follows")
    standing = [a for a in leave.authorities(session, row.account_id) if a.authority_id == row.authority_id]
    if not standing or not standing[0].stands(now):
        raise InvalidEntry("the authority no longer stands: write down why nothing follows")


def let_lapse(session: Session, deadline_id: int, reason: str, user_id: int, now: datetime) -> None:
    """Write down why what was announced is not done. Raises NotFound, NotAllowed and InvalidEntry."""
    user = people.need(session, user_id, Right.FINAL_NOTICE)
    if not reason.strip():
        raise InvalidEntry(
            "say why it is not followed through: without a reason it stands as never having been intended"
        )
    row = _due(session, deadline_id)
    today = now.astimezone(ZoneInfo(row.zone)).date()
    _decide(session, row, DeadlineState.NOT_DONE, reason.strip(), user, today, now)


def _due(session: Session, deadline_id: int) -> FinalDeadline:
    row = session.get(FinalDeadline, deadline_id, with_for_update=True)
    if row is None:
        raise NotFound(f"no deadline {deadline_id} in the book")
    if row.state != DeadlineState.DUE.value:
        raise InvalidEntry(f"this deadline is {row.state}: there is nothing to follow through")
    return row


def _place(session: Session, row: FinalDeadline, user: Staff, today: date, now: datetime) -> None:
    reason = f"last chance until {row.day:%d %b %Y} lapsed; placed with {row.partner}"
    for invoice_id in session.scalars(
        select(InvoiceStage.invoice_id)
        .where(InvoiceStage.account_id == row.account_id, InvoiceStage.stage == FINAL)
        .order_by(InvoiceStage.invoice_id)
    ).all():
        place_invoice(session, invoice_id, reason, user, today, now)
    account = session.get_one(Account, row.account_id)
    account.stage, account.stage_since = PLACED, today
    holds.place(
        session,
        account_id=row.account_id,
        party_id=account.party_id,
        kind=HoldKind.PLACED,
        now=now,
        source=reason,
        actor=user.username,
        confirmed_by=user.id,
    )


def _decide(
    session: Session,
    row: FinalDeadline,
    state: DeadlineState,
    reason: str,
    user: Staff,
    today: date,
    now: datetime,
) -> None:
    row.state, row.state_at = state.value, now
    row.decided_by, row.decided_on = user.id, today
    if reason:
        row.reason = reason
    mark_stale(session, row.account_id)
    detail = {
        "account": str(row.account_id),
        "day": row.day.isoformat(),
        "announced for": row.acts_on.isoformat(),
        "reason": reason,
    }
    audit.append(session, user.username, f"deadline: {state.value}", str(row.id), detail, now)


# ---- reading --------------------------------------------------------------------------------------------


def rows(
    session: Session, states: Sequence[DeadlineState] = (), account_id: int | None = None
) -> tuple[DeadlineRow, ...]:
    """Return deadlines, the nearest first: all, or those in some states, or of one account."""
    given, decided = aliased(User), aliased(User)
    query = (
        select(
            FinalDeadline, Account.number, Account.currency, Party.name, given.full_name, decided.full_name
        )
        .join(Account, Account.id == FinalDeadline.account_id)
        .join(Party, Party.id == Account.party_id)
        .join(given, given.id == FinalDeadline.given_by)
        .outerjoin(decided, decided.id == FinalDeadline.decided_by)
        .order_by(FinalDeadline.at, FinalDeadline.id)
    )
    if states:
        query = query.where(FinalDeadline.state.in_([s.value for s in states]))
    if account_id is not None:
        query = query.where(FinalDeadline.account_id == account_id)
    return tuple(
        DeadlineRow(
            deadline_id=row.id,
            account_id=row.account_id,
            number=number,
            name=name,
            demand=Money(row.demand_minor, currency),
            day=row.day,
            at=row.at,
            zone=row.zone,
            acts_on=row.acts_on,
            action=row.action,
            partner=row.partner,
            consequence=row.consequence,
            state=DeadlineState(row.state),
            state_at=row.state_at,
            reason=row.reason,
            given_by=by,
            decided_by=decided_by or "",
            decided_on=row.decided_on,
        )
        for row, number, currency, name, by, decided_by in session.execute(query)
    )
