"""Finance charges: assessed from the ledger's history, each an open item of its own. No basis, no charge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from workstation.desk.book import InvalidEntry
from workstation.desk.charges import Accrued, Basis, accrue
from workstation.desk.ledger import AccountLedger, Item, ItemKind
from workstation.desk.money import Money
from workstation.desk.roles import Right
from workstation.store import audit, ledger, people, receipts
from workstation.store.queue_build import mark_stale
from workstation.store.tables import Account, ChargeBasis, FinanceCharge, Invoice


@dataclass(frozen=True, slots=True)
class Charged:
    """A finance charge as assessed."""

    account_id: int
    number: str
    """Of the charge's own open item."""
    on_invoice: str
    amount: Money
    accrued: Accrued
    """All that has accrued on the invoice under the basis; this charge is the part not yet charged."""
    contract: str


def record_basis(session: Session, account_id: int, basis: Basis, user_id: int, now: datetime) -> int:
    """Record the contractual ground for charges; returns its id. Raises InvalidEntry and NotAllowed."""
    user = people.need(session, user_id, Right.ADJUST_LEDGER)
    account = receipts.locked(session, account_id)
    if not basis.contract.strip():
        raise InvalidEntry("name the document and clause that allow the charge")
    if basis.rate_bp <= 0 or basis.grace_days < 0 or (basis.cap_bp is not None and basis.cap_bp <= 0):
        raise InvalidEntry("the rate and the cap must be more than nothing, the grace not less")
    if basis.valid_until is not None and basis.valid_until < basis.valid_from:
        raise InvalidEntry("the basis ends before it begins")
    for standing in _bases(session, account_id):
        starts_before_its_end = standing.valid_until is None or basis.valid_from <= standing.valid_until
        ends_after_its_start = basis.valid_until is None or standing.valid_from <= basis.valid_until
        if starts_before_its_end and ends_after_its_start:
            raise InvalidEntry(f"{standing.contract} covers some of these days already")
    row = ChargeBasis(
        account_id=account_id,
        contract=basis.contract.strip(),
        rate_bp=basis.rate_bp,
        grace_days=basis.grace_days,
        cap_bp=basis.cap_bp,
        valid_from=basis.valid_from,
        valid_until=basis.valid_until,
        approved_by=user_id,
        recorded_at=now,
    )
    session.add(row)
    session.flush()
    detail = {"account": account.number, "contract": row.contract, "rate_bp": str(row.rate_bp)}
    audit.append(session, user.username, "charge basis", str(row.id), detail, now)
    return row.id


def accounts_with_basis(session: Session, as_of: date) -> list[int]:
    """Return the accounts on which charges may have accrued by a day."""
    return sorted(
        session.scalars(select(ChargeBasis.account_id).where(ChargeBasis.valid_from <= as_of).distinct())
    )


def assess(session: Session, account_id: int, as_of: date, now: datetime) -> tuple[Charged, ...]:
    """Charge what has accrued on an account's late invoices through a day and was not charged yet.

    The same day again charges nothing. Money that comes in late with an earlier date may leave more charged
    than accrued: that is never charged again, and taken back only by a credit somebody decides.
    """
    account = receipts.locked(session, account_id)
    whole = ledger.load(session, account_id)
    charged: list[Charged] = []
    for row in _bases(session, account_id):
        basis = Basis(row.contract, row.rate_bp, row.valid_from, row.valid_until, row.grace_days, row.cap_bp)
        for item in whole.items:
            if item.kind is not ItemKind.INVOICE or item.due >= as_of:
                continue
            accrued = accrue(basis, item.due, item.amount_minor, _standing(whole, item), as_of)
            before, last = session.execute(
                select(
                    func.coalesce(func.sum(FinanceCharge.amount_minor), 0), func.max(FinanceCharge.last_day)
                ).where(FinanceCharge.basis_id == row.id, FinanceCharge.on_invoice_id == item.item_id)
            ).one()
            due = accrued.minor - int(before)
            if due > 0:
                first = accrued.spans[0].first if last is None else last + timedelta(days=1)
                charged.append(_charge(session, account, row, item, due, accrued, (first, as_of)))
    if charged:
        mark_stale(session, account_id)
        for line in charged:
            detail = {"account": account.number, "on": line.on_invoice, "amount": str(line.amount)}
            audit.append(session, "book", "finance charge", line.number, detail, now)
    return tuple(charged)


def _bases(session: Session, account_id: int) -> Sequence[ChargeBasis]:
    return session.scalars(
        select(ChargeBasis).where(ChargeBasis.account_id == account_id).order_by(ChargeBasis.valid_from)
    ).all()


def _standing(whole: AccountLedger, item: Item) -> list[tuple[date, int]]:
    """The undisputed open amount of an item from each day on which it changed."""
    lines = whole.item_balance(item.item_id, date.max).lines
    held = [h for h in whole.held if h.item_id == item.item_id]
    days = {line.on for line in lines} | {h.since for h in held}
    days |= {h.until for h in held if h.until is not None}
    found = []
    for day in sorted(days):
        left = sum(line.amount_minor for line in lines if line.on <= day)
        disputed = sum(h.amount_minor for h in held if h.on(day))
        found.append((day, max(0, left - max(0, disputed))))
    return found


def _charge(
    session: Session,
    account: Account,
    basis: ChargeBasis,
    item: Item,
    amount_minor: int,
    accrued: Accrued,
    days: tuple[date, date],
) -> Charged:
    late = session.get_one(Invoice, item.item_id)
    serial = session.execute(
        select(func.count()).select_from(FinanceCharge).where(FinanceCharge.on_invoice_id == item.item_id)
    ).scalar_one()
    number = f"FC-{item.number}-{serial + 1}"
    charge = Invoice(
        account_id=account.id,
        debt_id=late.debt_id,
        number=number,
        issued=days[1],
        due=days[1],
        amount_minor=amount_minor,
        open_minor=amount_minor,
        kind=ItemKind.FINANCE_CHARGE.value,
    )
    session.add(charge)
    session.flush()
    session.add(
        FinanceCharge(
            account_id=account.id,
            invoice_id=charge.id,
            on_invoice_id=item.item_id,
            basis_id=basis.id,
            first_day=days[0],
            last_day=days[1],
            amount_minor=amount_minor,
        )
    )
    session.flush()
    amount = Money(amount_minor, account.currency)
    return Charged(account.id, number, item.number, amount, accrued, basis.contract)
