"""Loading what a stage run looks at: many accounts with a fixed number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from workstation.desk.money import Money
from workstation.desk.segment import PaidPart, Segment, SizeBounds, segment
from workstation.desk.stage import FINAL
from workstation.desk.stages import Evidence, InvoiceCase
from workstation.desk.stages_plan import AccountCase
from workstation.store.stages_commitments import commitments
from workstation.store.stages_contacts import actions, contacts, ways
from workstation.store.stages_known import Bits, Known
from workstation.store.tables import Account, Allocation, Credit, CreditAllocation, Invoice, Party, Payment
from workstation.store.tables.stages import AccountTreatment, InvoiceStage


def next_ids(session: Session, as_of: date, after: int, limit: int) -> list[int]:
    """Return the next accounts, by id, that this day's run has not looked at."""
    query = (
        select(Account.id)
        .outerjoin(AccountTreatment, AccountTreatment.account_id == Account.id)
        .where(
            Account.id > after,
            or_(AccountTreatment.last_run_on.is_(None), AccountTreatment.last_run_on < as_of),
        )
        .order_by(Account.id)
        .limit(limit)
    )
    return list(session.scalars(query))


def load(
    session: Session, ids: Sequence[int], as_of: date, zone: ZoneInfo, bounds: SizeBounds
) -> list[Known]:
    """Load these accounts (ascending ids) as of a day in the floor's zone."""
    if not ids:
        return []
    low, high = ids[0], ids[-1]
    bits: dict[int, Bits] = defaultdict(Bits)
    accounts = session.execute(
        select(
            Account.id,
            Account.number,
            Account.profile,
            Account.currency,
            Account.stage,
            Account.opened_on,
            Party.name,
            Party.email,
            AccountTreatment.account_id.label("treated"),
        )
        .join(Party, Party.id == Account.party_id)
        .outerjoin(AccountTreatment, AccountTreatment.account_id == Account.id)
        .where(Account.id.between(low, high))
    ).all()
    currency = {row.id: row.currency for row in accounts}
    _invoices(session, low, high, as_of, currency, bits)
    _payment_parts(session, low, high, as_of, bits)
    commitments(session, low, high, as_of, zone, currency, bits)
    contacts(session, low, high, as_of, zone, bits)
    actions(session, low, high, as_of, zone, bits)
    ways(session, low, high, bits)
    wanted = set(ids)
    return [_known(row, bits[row.id], as_of, zone, bounds) for row in accounts if row.id in wanted]


def _known(row: Any, bit: Bits, as_of: date, zone: ZoneInfo, bounds: SizeBounds) -> Known:
    found: Segment = segment(
        bit.paid,
        balance_minor=bit.balance,
        opened_on=row.opened_on,
        as_of=as_of,
        bounds=bounds,
        money=str(Money(bit.balance, row.currency)),
        broken_promises=bit.broken,
    )
    talked = bit.talked_at
    case = AccountCase(
        account_id=row.id,
        number=row.number,
        name=row.name,
        profile=row.profile,
        currency=row.currency,
        segment=found,
        invoices=tuple(bit.invoices),
        done=bit.done,
        parked_by=bit.parked,
        contacts=tuple(sorted(bit.contacts)),
        talked_on=None if talked is None else talked.astimezone(zone).date(),
        forms_since_talk=sum(talked is None or at > talked for at in bit.forms),
        open_call=bit.open_call,
        attempts=bit.attempts,
        attempted_numbers=bit.numbers,
        has_email=bit.email or bool(row.email),
        has_address=bit.address,
        has_phone=bit.phone,
        first_run=row.treated is None,
        stage_before=min(row.stage, FINAL),
        stage_evidence=bit.evidence,
    )
    states = {i.invoice_id: i for i in bit.invoices}
    return Known(case, row.stage, row.treated is None, states, tuple(bit.outcomes))


def _invoices(
    session: Session, low: int, high: int, as_of: date, currency: dict[int, str], bits: dict[int, Bits]
) -> None:
    running = or_(InvoiceStage.stage.is_(None), InvoiceStage.stage <= FINAL)
    query = (
        select(
            Invoice.id,
            Invoice.account_id,
            Invoice.number,
            Invoice.issued,
            Invoice.due,
            Invoice.amount_minor,
            Invoice.open_minor,
            Invoice.disputed_minor,
            InvoiceStage.stage,
            InvoiceStage.since,
            InvoiceStage.parked,
            InvoiceStage.taken_over,
            InvoiceStage.facts,
            InvoiceStage.waived,
        )
        .outerjoin(InvoiceStage, InvoiceStage.invoice_id == Invoice.id)
        .where(
            Invoice.account_id.between(low, high),
            Invoice.issued <= as_of,
            or_(Invoice.open_minor > 0, InvoiceStage.stage.is_not(None)),
            running,
        )
        .order_by(Invoice.id)
    )
    for (
        invoice_id, account_id, number, issued, due, amount, left, disputed,
        stage, since, parked, taken_over, facts, waived,
    ) in session.execute(query):  # fmt: skip
        bit = bits[account_id]
        if left > 0:
            bit.balance += left
            bit.paid.append(PaidPart(invoice_id, left, (as_of - due).days, open=True))
        bit.invoices.append(
            InvoiceCase(
                invoice_id,
                number,
                issued,
                due,
                Money(amount, currency[account_id]),
                left,
                disputed,
                stage or 0,
                since,
                parked or "",
                bool(taken_over),
                _facts(facts) if facts else _NOTHING,
                frozenset(map(Evidence, waived)) if waived else _NONE,
            )
        )


_NOTHING: Mapping[Evidence, date] = MappingProxyType({})
_NONE: frozenset[Evidence] = frozenset()


def _facts(kept: Mapping[str, str]) -> dict[Evidence, date]:
    return {Evidence(k): date.fromisoformat(v) for k, v in kept.items()}


def _payment_parts(session: Session, low: int, high: int, as_of: date, bits: dict[int, Bits]) -> None:
    parts = (
        select(
            Invoice.account_id,
            Invoice.id,
            Invoice.due,
            Payment.received_on,
            func.sum(Allocation.amount_minor),
        )
        .join(Allocation, Allocation.invoice_id == Invoice.id)
        .join(Payment, Payment.id == Allocation.payment_id)
        .where(Invoice.account_id.between(low, high), Payment.received_on <= as_of)
        .group_by(Invoice.account_id, Invoice.id, Invoice.due, Payment.received_on)
    )
    for account_id, invoice_id, due, paid_on, minor in session.execute(parts):
        if minor > 0:
            bits[account_id].paid.append(PaidPart(invoice_id, int(minor), (paid_on - due).days))
    written_off = set(
        session.scalars(
            select(CreditAllocation.invoice_id)
            .join(Credit, Credit.id == CreditAllocation.credit_id)
            .where(Credit.account_id.between(low, high), Credit.kind == "write-off")
        )
    )
    if written_off:
        for bit in bits.values():
            bit.invoices = [
                replace(i, written_off=True) if i.invoice_id in written_off else i for i in bit.invoices
            ]
