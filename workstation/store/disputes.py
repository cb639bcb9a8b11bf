"""Disputes on part of an invoice: opened with an owner and a clock, resolved by credit or by proof."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from workstation.desk.book import InvalidEntry, NotFound
from workstation.desk.customer import DisputeLine
from workstation.desk.dispute import HABITS, Cause, Reason, Resolution, answer_due
from workstation.desk.money import Money
from workstation.desk.roles import Right
from workstation.store import audit, people, receipts
from workstation.store.gate import Gate
from workstation.store.invoices import settle_disputed
from workstation.store.queue_build import mark_stale
from workstation.store.tables import Account, Dispute, Invoice, Party, User


def open_dispute(
    session: Session,
    gate: Gate,
    account_id: int,
    invoice_number: str,
    amount_minor: int | None,
    reason: Reason,
    on: date,
    user_id: int,
    now: datetime,
    *,
    detail: str = "",
    cause: Cause | None = None,
    owner_id: int | None = None,
) -> int:
    """Hold part of an invoice (all that is open if no amount is given); returns the dispute's id.

    The owner is who opened it unless somebody else is named; the clock is the reason's. Raises InvalidEntry,
    NotFound and NotAllowed.
    """
    user = people.need(session, user_id, Right.WORK_ACCOUNTS)
    if owner_id is not None and (owner := session.get(User, owner_id)) is not None and not owner.active:
        raise InvalidEntry("the owner is no longer active: name another")
    if owner_id is not None and session.get(User, owner_id) is None:
        raise NotFound(f"no user {owner_id} in the book")
    account = receipts.locked(session, account_id)
    invoice = session.scalars(
        select(Invoice)
        .where(Invoice.account_id == account_id, Invoice.number == invoice_number)
        .with_for_update()
    ).first()
    if invoice is None:
        raise NotFound(f"account {account.number} has no invoice {invoice_number!r}")
    free = invoice.open_minor - invoice.disputed_minor
    amount = free if amount_minor is None else amount_minor
    if amount <= 0 or amount > free:
        left = Money(max(0, free), account.currency)
        raise InvalidEntry(f"invoice {invoice_number}: {left} is open and not disputed yet")
    country = session.scalars(select(Party.country).where(Party.id == account.party_id)).one()
    dispute = Dispute(
        account_id=account_id,
        invoice_id=invoice.id,
        amount_minor=amount,
        reason=reason.value,
        cause=(cause or HABITS[reason].cause).value,
        detail=detail.strip(),
        opened_on=on,
        opened_by=user_id,
        owner_id=owner_id or user_id,
        answer_due=answer_due(reason, on, lambda day: gate.is_holiday(country, day)),
    )
    session.add(dispute)
    settle_disputed(session, invoice)
    mark_stale(session, account_id)
    detail_line = {
        "account": account.number,
        "invoice": invoice_number,
        "amount": str(Money(amount, account.currency)),
        "reason": reason.value,
    }
    audit.append(session, user.username, "dispute opened", str(dispute.id), detail_line, now)
    return dispute.id


def resolve_dispute(
    session: Session,
    dispute_id: int,
    resolution: Resolution,
    answer: str,
    on: date,
    user_id: int,
    now: datetime,
    *,
    credit_minor: int | None = None,
    cause: Cause | None = None,
) -> int | None:
    """End a dispute; the part is free again. Returns the credit's id where it was credited.

    A credit is for the whole part unless ``credit_minor`` says less, and needs the right to adjust the
    ledger. Proof needs an answer that says what proves it. Raises InvalidEntry, NotFound and NotAllowed.
    """
    right = Right.ADJUST_LEDGER if resolution is Resolution.CREDIT else Right.WORK_ACCOUNTS
    user = people.need(session, user_id, right)
    dispute = session.get(Dispute, dispute_id)
    if dispute is None:
        raise NotFound(f"no dispute {dispute_id} in the book")
    if resolution is Resolution.RESTATED:
        raise InvalidEntry("a dispute ends by credit, by proof, or because it is withdrawn")
    account = receipts.locked(session, dispute.account_id)
    session.refresh(dispute)
    if dispute.resolved_on is not None:
        raise InvalidEntry(f"this dispute ended on {dispute.resolved_on:%d %b %Y} ({dispute.resolution})")
    if on < dispute.opened_on:
        raise InvalidEntry(f"the day is before the dispute's ({dispute.opened_on:%d %b %Y})")
    if not answer.strip():
        raise InvalidEntry("say how it was resolved: what proves it, or what the credit is for")
    invoice = session.scalars(select(Invoice).where(Invoice.id == dispute.invoice_id).with_for_update()).one()
    credit_id = None
    if resolution is Resolution.CREDIT:
        amount = dispute.amount_minor if credit_minor is None else credit_minor
        if not 0 < amount <= min(dispute.amount_minor, invoice.open_minor):
            most = Money(min(dispute.amount_minor, invoice.open_minor), account.currency)
            raise InvalidEntry(f"the credit must be more than nothing and at most {most}")
        credit_id = receipts.credit_invoice(session, invoice, amount, on, answer.strip(), user_id, now)
    elif credit_minor is not None:
        raise InvalidEntry(f"a dispute ended by {resolution.value} has no credit")
    dispute.resolved_on, dispute.resolved_by = on, user_id
    dispute.resolution, dispute.answer, dispute.credit_id = resolution.value, answer.strip(), credit_id
    if cause is not None:
        dispute.cause = cause.value
    settle_disputed(session, invoice)
    mark_stale(session, account.id)
    detail = {"account": account.number, "invoice": invoice.number, "resolution": resolution.value}
    audit.append(session, user.username, "dispute resolved", str(dispute_id), detail, now)
    return credit_id


def of_account(session: Session, account: Account, today: date) -> tuple[DisputeLine, ...]:
    """Return an account's disputes, open ones first, then the newest."""
    owner = aliased(User)
    rows = session.execute(
        select(Dispute, Invoice.number, owner.full_name)
        .join(Invoice, Invoice.id == Dispute.invoice_id)
        .outerjoin(owner, owner.id == Dispute.owner_id)
        .where(Dispute.account_id == account.id)
        .order_by(Dispute.opened_on.desc(), Dispute.id.desc())
    )
    lines = [
        DisputeLine(
            dispute_id=row.id,
            invoice=number,
            held=Money(row.amount_minor, account.currency),
            reason=row.reason,
            cause=row.cause,
            detail=row.detail,
            opened_on=row.opened_on,
            owner=name or "",
            answer_due=row.answer_due,
            overdue=row.resolved_on is None and row.answer_due is not None and row.answer_due < today,
            resolved_on=row.resolved_on,
            resolution=row.resolution,
            answer=row.answer,
        )
        for row, number, name in rows
    ]
    return tuple(sorted(lines, key=lambda line: line.resolved_on is not None))
