"""Instalment plans and settlement offers: agreed, kept, broken, ended."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from itertools import pairwise

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from workstation.desk.book import InvalidEntry, NotAllowed, NotFound
from workstation.desk.customer import OfferLine, OfferState, PlanLine
from workstation.desk.ledger import CreditKind
from workstation.desk.money import Money
from workstation.desk.plan import Due, PlanState, stand
from workstation.desk.promise import Receipt
from workstation.desk.roles import Right
from workstation.desk.settlement import authority_of, flaws
from workstation.store import audit, final_lapsed, people, receipts
from workstation.store.gate import Gate
from workstation.store.queue_build import mark_stale
from workstation.store.tables import (
    Account,
    Credit,
    CreditAllocation,
    Instalment,
    Invoice,
    Party,
    Payment,
    Plan,
    Settlement,
    User,
)


def make_plan(
    session: Session,
    gate: Gate,
    account_id: int,
    who: str,
    method: str,
    instalments: Sequence[Due],
    on: date,
    user_id: int,
    now: datetime,
    call_id: str = "",
) -> int:
    """Save a plan (built with desk.plan.build); an open one before it ends. Returns its id.

    Raises InvalidEntry, NotFound and NotAllowed.
    """
    user = people.need(session, user_id, Right.WORK_ACCOUNTS)
    account = receipts.locked(session, account_id)
    final_lapsed.need_payment(session, account_id)
    if not instalments:
        raise InvalidEntry("a plan needs at least one instalment")
    if not who.strip() or not method.strip():
        raise InvalidEntry("a plan needs who agreed to it and how it will be paid")
    if any(i.amount.currency != account.currency or i.amount.minor <= 0 for i in instalments):
        raise InvalidEntry(f"every instalment must be more than nothing, in {account.currency}")
    days = [i.on for i in instalments]
    if days[0] < on or any(b <= a for a, b in pairwise(days)):
        raise InvalidEntry("the instalments' dates must follow each other, none of them past")
    total = sum(i.amount.minor for i in instalments)
    free = collectible(session, account_id)
    if total > free:
        there = Money(free, account.currency)
        raise InvalidEntry(f"the plan pays {Money(total, account.currency)}, {there} is open and undisputed")
    for row, line in _plans(session, gate, account, on):
        if line.state in (PlanState.ON_TRACK, PlanState.IN_GRACE, PlanState.BREACHED):
            row.ended_on, row.ended_reason = on, "replaced by a new plan"
    plan = Plan(
        account_id=account_id,
        who=who.strip(),
        method=method.strip(),
        total_minor=total,
        made_on=on,
        made_at=now,
        user_id=user_id,
        call_id=call_id,
    )
    session.add(plan)
    session.flush()
    for position, due in enumerate(instalments, start=1):
        session.add(Instalment(plan_id=plan.id, position=position, due=due.on, amount_minor=due.amount.minor))
    mark_stale(session, account_id)
    detail = {"account": account.number, "total": str(Money(total, account.currency))}
    audit.append(session, user.username, "plan made", str(plan.id), detail, now)
    return plan.id


def end_plan(session: Session, plan_id: int, reason: str, on: date, user_id: int, now: datetime) -> None:
    """End a plan before it is fulfilled. Raises InvalidEntry, NotFound and NotAllowed."""
    user = people.need(session, user_id, Right.WORK_ACCOUNTS)
    plan = session.get(Plan, plan_id)
    if plan is None:
        raise NotFound(f"no plan {plan_id} in the book")
    if plan.ended_on is not None:
        raise InvalidEntry(f"this plan ended on {plan.ended_on:%d %b %Y}: {plan.ended_reason}")
    if not reason.strip():
        raise InvalidEntry("say why the plan ends")
    plan.ended_on, plan.ended_reason = on, reason.strip()
    mark_stale(session, plan.account_id)
    audit.append(session, user.username, "plan ended", str(plan_id), {"reason": plan.ended_reason}, now)


def plans(session: Session, gate: Gate, account: Account, today: date) -> tuple[PlanLine, ...]:
    """Return an account's plans, newest first, each held against the money received."""
    return tuple(line for _, line in _plans(session, gate, account, today))


def _plans(session: Session, gate: Gate, account: Account, today: date) -> list[tuple[Plan, PlanLine]]:
    rows = session.scalars(
        select(Plan).where(Plan.account_id == account.id).order_by(Plan.made_at.desc(), Plan.id.desc())
    ).all()
    if not rows:
        return []
    country = session.scalars(select(Party.country).where(Party.id == account.party_id)).one()
    received = _receipts(session, account.id)
    found = []
    for row in rows:
        instalments = tuple(
            Due(i.due, Money(i.amount_minor, account.currency))
            for i in session.scalars(
                select(Instalment).where(Instalment.plan_id == row.id).order_by(Instalment.position)
            )
        )
        standing = stand(
            instalments,
            row.made_on,
            received,
            today,
            ended_on=row.ended_on,
            is_holiday=lambda day: gate.is_holiday(country, day),
        )
        line = PlanLine(
            plan_id=row.id,
            who=row.who,
            method=row.method,
            total=Money(row.total_minor, account.currency),
            made_on=row.made_on,
            instalments=instalments,
            state=standing.state,
            paid=standing.paid,
            missing=standing.missing,
            next_due=standing.next_due,
            breached_on=standing.breached_on,
        )
        found.append((row, line))
    return found


def collectible(session: Session, account_id: int) -> int:
    """Return what is open and undisputed on an account, in minor units."""
    return sum(
        receipts.payable(i).free_minor
        for i in session.scalars(
            select(Invoice).where(Invoice.account_id == account_id, Invoice.open_minor > 0)
        )
    )


def _receipts(session: Session, account_id: int) -> list[Receipt]:
    rows = session.execute(
        select(Payment.received_on, Payment.amount_minor).where(Payment.account_id == account_id)
    )
    return [Receipt(on, minor) for on, minor in rows]


# ---- settlements ------------------------------------------------------------------------------------


def offer_settlement(
    session: Session,
    account_id: int,
    amount_minor: int,
    expires_on: date,
    on: date,
    user_id: int,
    now: datetime,
    approved_by: int | None = None,
) -> int:
    """Offer to take less; returns the offer's id. The authority is that of whoever approves it.

    Raises InvalidEntry (naming the authority needed), NotFound and NotAllowed.
    """
    user = people.need(session, user_id, Right.WORK_ACCOUNTS)
    approver: people.Staff | None = user if approved_by is None else session.get(User, approved_by)
    if approver is None or not approver.active:
        raise NotAllowed("whoever approves must be an active user")
    account = receipts.locked(session, account_id)
    final_lapsed.need_payment(session, account_id)
    balance = Money(collectible(session, account_id), account.currency)
    offer = Money(amount_minor, account.currency)
    found = flaws(balance, offer, on, expires_on, authority_of(approver.role))
    if found:
        raise InvalidEntry("settlement: " + "; ".join(found))
    for row in session.scalars(
        select(Settlement).where(
            Settlement.account_id == account_id,
            Settlement.settled_on.is_(None),
            Settlement.withdrawn_on.is_(None),
            Settlement.expires_on >= on,
        )
    ):
        row.withdrawn_on = on  # a new offer takes the place of the one before
    settlement = Settlement(
        account_id=account_id,
        balance_minor=balance.minor,
        amount_minor=amount_minor,
        offered_on=on,
        expires_on=expires_on,
        offered_by=user_id,
        approved_by=approver.id,
    )
    session.add(settlement)
    session.flush()
    detail = {"account": account.number, "amount": str(offer), "approved by": approver.username}
    audit.append(session, user.username, "settlement offered", str(settlement.id), detail, now)
    return settlement.id


def close_settlement(session: Session, settlement_id: int, on: date, user_id: int, now: datetime) -> Money:
    """Write off the rest of a settlement that was paid in time; returns what was written off.

    The approval given with the offer covers the write-off: it is booked in the approver's name. Raises
    InvalidEntry where too little came in time, and NotFound.
    """
    user = people.need(session, user_id, Right.WORK_ACCOUNTS)
    offer = session.get(Settlement, settlement_id)
    if offer is None:
        raise NotFound(f"no settlement offer {settlement_id} in the book")
    account = receipts.locked(session, offer.account_id)
    session.refresh(offer)
    if offer.settled_on is not None or offer.withdrawn_on is not None:
        raise InvalidEntry("this offer is closed already")
    paid = sum(
        r.amount_minor
        for r in _receipts(session, account.id)
        if offer.offered_on <= r.on <= min(on, offer.expires_on)
    )
    if paid < offer.amount_minor:
        short = Money(offer.amount_minor - paid, account.currency)
        raise InvalidEntry(f"{short} of the settlement did not come in by {offer.expires_on:%d %b %Y}")
    rest = offer.balance_minor - paid
    offer.settled_on = on
    if rest > 0:
        offer.credit_id = _forgive(session, account, offer, rest, on, now)
    mark_stale(session, account.id)
    written = Money(max(0, rest), account.currency)
    detail = {"account": account.number, "written off": str(written)}
    audit.append(session, user.username, "settlement closed", str(settlement_id), detail, now)
    return written


def _forgive(
    session: Session, account: Account, offer: Settlement, rest: int, on: date, now: datetime
) -> int:
    """Write off what the offer covered; invoices issued after it are not touched."""
    credit = Credit(
        account_id=account.id,
        on=on,
        kind=CreditKind.WRITE_OFF.value,
        amount_minor=0,
        reason=f"settlement of {offer.offered_on:%d %b %Y}",
        user_id=offer.approved_by,
        recorded_at=now,
    )
    session.add(credit)
    session.flush()
    for invoice in receipts.open_invoices(session, account.id).values():
        part = min(rest, receipts.payable(invoice).free_minor)
        if part > 0 and invoice.issued <= offer.offered_on:
            invoice.open_minor -= part
            credit.amount_minor += part
            rest -= part
            session.add(
                CreditAllocation(credit_id=credit.id, invoice_id=invoice.id, on=on, amount_minor=part)
            )
    return credit.id


def offers(session: Session, account: Account, today: date) -> tuple[OfferLine, ...]:
    """Return an account's settlement offers, newest first."""
    made, approved = aliased(User), aliased(User)
    rows = session.execute(
        select(Settlement, made.full_name, approved.full_name)
        .join(made, made.id == Settlement.offered_by)
        .join(approved, approved.id == Settlement.approved_by)
        .where(Settlement.account_id == account.id)
        .order_by(Settlement.offered_on.desc(), Settlement.id.desc())
    )
    return tuple(
        OfferLine(
            offer_id=row.id,
            balance=Money(row.balance_minor, account.currency),
            amount=Money(row.amount_minor, account.currency),
            offered_on=row.offered_on,
            expires_on=row.expires_on,
            offered_by=by,
            approved_by=approver,
            state=_state(row, today),
        )
        for row, by, approver in rows
    )


def _state(row: Settlement, today: date) -> OfferState:
    if row.settled_on is not None:
        return OfferState.SETTLED
    if row.withdrawn_on is not None:
        return OfferState.WITHDRAWN
    return OfferState.EXPIRED if row.expires_on < today else OfferState.OPEN
