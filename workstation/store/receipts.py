"""Money and credits: recorded, applied to invoices, reversed. Each is in the audit log in its transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from workstation.desk.allocation import Allocated, AllocationRefused, Payable, allocate
from workstation.desk.book import InvalidEntry, NotFound
from workstation.desk.ledger import CreditKind, Recorded
from workstation.desk.money import Money
from workstation.desk.roles import Right
from workstation.desk.terms import Quote, TermsError, parse_terms, quote
from workstation.store import audit, people
from workstation.store.invoices import settle_disputed
from workstation.store.queue_build import mark_stale
from workstation.store.tables import Account, Allocation, Credit, CreditAllocation, Invoice, Payment


@dataclass(frozen=True, slots=True)
class PaymentEntry:
    """Money received, in minor units of the account's currency."""

    account_id: int
    received_on: date
    amount_minor: int
    method: str = ""
    reference: str = ""
    key: str | None = None
    """What the bank or provider calls it; the same key on the account again records nothing."""
    directed: Mapping[str, int] | None = None
    """Invoice number to minor units, as the payer said; None: oldest first."""
    take_discounts: bool = False
    """Give early-payment discounts whose conditions the payment meets."""


def locked(session: Session, account_id: int) -> Account:
    """Return the account, locked against other ledger writes. Raises NotFound."""
    account = session.scalars(select(Account).where(Account.id == account_id).with_for_update()).first()
    if account is None:
        raise NotFound(f"no account {account_id} in the book")
    return account


def open_invoices(session: Session, account_id: int) -> dict[int, Invoice]:
    """Return an account's open items by id, oldest due first, locked."""
    return {
        invoice.id: invoice
        for invoice in session.scalars(
            select(Invoice)
            .where(Invoice.account_id == account_id, Invoice.open_minor != 0)
            .order_by(Invoice.due, Invoice.id)
            .with_for_update()
        )
    }


def payable(invoice: Invoice) -> Payable:
    """Return an open item as allocation sees it."""
    return Payable(
        invoice.id, invoice.number, invoice.due, invoice.open_minor, max(0, invoice.disputed_minor)
    )


def record_payment(
    session: Session, entry: PaymentEntry, now: datetime | None, user_id: int | None = None
) -> Recorded:
    """Record money received and apply it. Raises InvalidEntry, NotFound and NotAllowed."""
    if entry.amount_minor <= 0:
        raise InvalidEntry("a payment must be more than nothing")
    actor = "book" if user_id is None else people.need(session, user_id, Right.WORK_ACCOUNTS).username
    account = locked(session, entry.account_id)
    if entry.key is not None and (standing := _by_key(session, entry)) is not None:
        return _repeated(session, account, standing, entry)
    invoices = open_invoices(session, account.id)
    quotes = _quotes(account, invoices, entry) if entry.take_discounts else {}
    allocated = _allocate(
        entry.amount_minor,
        [_less_discount(payable(i), quotes, entry) for i in invoices.values()],
        entry.directed,
    )
    payment = Payment(
        account_id=account.id,
        received_on=entry.received_on,
        amount_minor=entry.amount_minor,
        method=entry.method,
        reference=entry.reference,
        key=entry.key,
        user_id=user_id,
        recorded_at=now,
    )
    session.add(payment)
    session.flush()
    discounts = []
    for item_id, part in allocated.parts:
        invoice = invoices[item_id]
        invoice.open_minor -= part
        on = max(entry.received_on, invoice.issued)
        session.add(Allocation(payment_id=payment.id, invoice_id=item_id, amount_minor=part, on=on))
        offer = quotes.get(item_id)
        if offer is not None and part == offer.pay.minor and invoice.open_minor == offer.amount.minor:
            _give(
                session, invoice, CreditKind.DISCOUNT, offer.amount.minor, on, "early payment", user_id, now
            )
            discounts.append((invoice.number, offer.amount))
    mark_stale(session, account.id)
    if now is not None:
        detail = {"account": account.number, "amount": str(Money(entry.amount_minor, account.currency))}
        audit.append(session, actor, "payment", str(payment.id), detail, now)
    return _recorded(account, payment.id, allocated, invoices, tuple(discounts))


def apply_unapplied(session: Session, account_id: int, on: date) -> tuple[tuple[str, Money], ...]:
    """Apply money and credits not yet applied to what is open, oldest first; returns what went where."""
    account = locked(session, account_id)
    applied: list[tuple[str, Money]] = []
    used = select(func.coalesce(func.sum(Allocation.amount_minor), 0)).where(
        Allocation.payment_id == Payment.id
    )
    reversed_ids = select(Payment.reverses_id).where(Payment.reverses_id.is_not(None))
    payments = session.execute(
        select(Payment.id, Payment.received_on, Payment.amount_minor - used.scalar_subquery())
        .where(
            Payment.account_id == account_id,
            Payment.before_book.is_(False),
            Payment.reverses_id.is_(None),
            Payment.id.not_in(reversed_ids),
            Payment.received_on <= on,
        )
        .order_by(Payment.received_on, Payment.id)
    )
    for payment_id, received_on, rest in payments.all():
        for invoice, part in _spread(session, account_id, rest):
            day = max(on, received_on, invoice.issued)
            session.add(Allocation(payment_id=payment_id, invoice_id=invoice.id, amount_minor=part, on=day))
            applied.append((invoice.number, Money(part, account.currency)))
    spent = select(func.coalesce(func.sum(CreditAllocation.amount_minor), 0)).where(
        CreditAllocation.credit_id == Credit.id
    )
    credits_given = session.execute(
        select(Credit.id, Credit.on, Credit.amount_minor - spent.scalar_subquery())
        .where(Credit.account_id == account_id, Credit.on <= on)
        .order_by(Credit.on, Credit.id)
    )
    for credit_id, given_on, rest in credits_given.all():
        for invoice, part in _spread(session, account_id, rest):
            day = max(on, given_on, invoice.issued)
            session.add(
                CreditAllocation(credit_id=credit_id, invoice_id=invoice.id, amount_minor=part, on=day)
            )
            applied.append((invoice.number, Money(part, account.currency)))
    if applied:
        mark_stale(session, account_id)
    return tuple(applied)


def reverse_payment(
    session: Session, payment_id: int, on: date, reason: str, user_id: int, now: datetime
) -> int:
    """Take back a payment that did not stand (returned cheque, chargeback); returns the reversal's id.

    What it had paid is open again. Discounts given with it stand until somebody takes them back.
    """
    user = people.need(session, user_id, Right.ADJUST_LEDGER)
    payment = session.get(Payment, payment_id)
    if payment is None:
        raise NotFound(f"no payment {payment_id} in the book")
    account = locked(session, payment.account_id)
    taken = session.scalars(select(Payment.id).where(Payment.reverses_id == payment_id)).first()
    if taken is not None or payment.reverses_id is not None or payment.before_book:
        raise InvalidEntry("this payment was reversed already, or is not one of this book's")
    if on < payment.received_on:
        raise InvalidEntry(f"the day is before the payment's ({payment.received_on:%d %b %Y})")
    if not reason.strip():
        raise InvalidEntry("say why the payment is taken back")
    reversal = Payment(
        account_id=account.id,
        received_on=on,
        amount_minor=-payment.amount_minor,
        method=payment.method,
        reference=reason.strip(),
        reverses_id=payment_id,
        user_id=user_id,
        recorded_at=now,
    )
    session.add(reversal)
    session.flush()
    for row in session.scalars(select(Allocation).where(Allocation.payment_id == payment_id)).all():
        invoice = session.scalars(select(Invoice).where(Invoice.id == row.invoice_id).with_for_update()).one()
        invoice.open_minor += row.amount_minor
        day = max(on, row.on or payment.received_on)
        session.add(
            Allocation(
                payment_id=reversal.id, invoice_id=row.invoice_id, amount_minor=-row.amount_minor, on=day
            )
        )
        settle_disputed(session, invoice)
    mark_stale(session, account.id)
    detail = {"account": account.number, "payment": str(payment_id), "reason": reason.strip()}
    audit.append(session, user.username, "payment reversed", str(reversal.id), detail, now)
    return reversal.id


def record_credit(
    session: Session,
    account_id: int,
    on: date,
    amount_minor: int,
    *,
    kind: CreditKind,
    reason: str,
    reference: str,
    directed: Mapping[str, int] | None,
    user_id: int,
    now: datetime,
) -> Recorded:
    """Record a credit or write-off. A write-off must find all of its amount open and undisputed."""
    user = people.need(session, user_id, Right.ADJUST_LEDGER)
    if amount_minor <= 0:
        raise InvalidEntry(f"a {kind.value} must be more than nothing")
    if not reason.strip():
        raise InvalidEntry(f"a {kind.value} needs a reason")
    account = locked(session, account_id)
    invoices = open_invoices(session, account_id)
    allocated = _allocate(amount_minor, [payable(i) for i in invoices.values()], directed)
    if kind is not CreditKind.CREDIT and allocated.rest_minor:
        found = Money(amount_minor - allocated.rest_minor, account.currency)
        raise InvalidEntry(f"only {found} is open and undisputed there: write off no more")
    credit = Credit(
        account_id=account_id,
        on=on,
        kind=kind.value,
        amount_minor=amount_minor,
        reason=reason.strip(),
        reference=reference,
        user_id=user_id,
        recorded_at=now,
    )
    session.add(credit)
    session.flush()
    for item_id, part in allocated.parts:
        invoice = invoices[item_id]
        invoice.open_minor -= part
        day = max(on, invoice.issued)
        session.add(CreditAllocation(credit_id=credit.id, invoice_id=item_id, on=day, amount_minor=part))
    mark_stale(session, account_id)
    detail = {
        "account": account.number,
        "amount": str(Money(amount_minor, account.currency)),
        "reason": reason.strip(),
    }
    audit.append(session, user.username, kind.value, str(credit.id), detail, now)
    return _recorded(account, credit.id, allocated, invoices, ())


def credit_invoice(
    session: Session, invoice: Invoice, amount_minor: int, on: date, reason: str, user_id: int, now: datetime
) -> int:
    """Credit one invoice whatever is disputed on it; returns the credit's id. The caller has locked it."""
    return _give(session, invoice, CreditKind.CREDIT, amount_minor, on, reason, user_id, now)


def discount_quotes(session: Session, account: Account, on: date) -> tuple[Quote, ...]:
    """Return the early-payment discounts open on a day, the one that closes first in front."""
    invoices = {
        i.id: i
        for i in session.scalars(
            select(Invoice).where(Invoice.account_id == account.id, Invoice.open_minor > 0)
        )
    }
    entry = PaymentEntry(account.id, on, 0)
    return tuple(sorted(_quotes(account, invoices, entry).values(), key=lambda q: (q.until, q.number)))


def _quotes(account: Account, invoices: Mapping[int, Invoice], entry: PaymentEntry) -> dict[int, Quote]:
    found = {}
    for invoice in invoices.values():
        # A discount is for an invoice paid whole and in time: none after a part payment or with a dispute.
        if invoice.open_minor != invoice.amount_minor or invoice.disputed_minor or invoice.kind != "invoice":
            continue
        try:
            terms = parse_terms(invoice.terms or account.terms)
        except TermsError:
            continue  # terms in words of their own carry no discount we could work out
        amount = Money(invoice.amount_minor, account.currency)
        offer = quote(terms, invoice.number, invoice.issued, amount, entry.received_on)
        if offer is not None:
            found[invoice.id] = offer
    return found


def _less_discount(item: Payable, quotes: Mapping[int, Quote], entry: PaymentEntry) -> Payable:
    offer = quotes.get(item.item_id)
    if offer is None or (entry.directed is not None and entry.directed.get(item.number) != offer.pay.minor):
        return item
    return replace(item, open_minor=offer.pay.minor)


def _allocate(amount: int, items: Sequence[Payable], directed: Mapping[str, int] | None) -> Allocated:
    try:
        return allocate(amount, items, directed)
    except AllocationRefused as error:
        raise InvalidEntry(str(error)) from error


def _give(
    session: Session,
    invoice: Invoice,
    kind: CreditKind,
    amount_minor: int,
    on: date,
    reason: str,
    user_id: int | None,
    now: datetime | None,
) -> int:
    credit = Credit(
        account_id=invoice.account_id,
        on=on,
        kind=kind.value,
        amount_minor=amount_minor,
        reason=reason,
        user_id=user_id,
        recorded_at=now,
    )
    session.add(credit)
    session.flush()
    session.add(
        CreditAllocation(credit_id=credit.id, invoice_id=invoice.id, on=on, amount_minor=amount_minor)
    )
    invoice.open_minor -= amount_minor
    return credit.id


def _spread(session: Session, account_id: int, rest: int) -> list[tuple[Invoice, int]]:
    """Take a rest off the open items, oldest first."""
    if rest <= 0:
        return []
    invoices = open_invoices(session, account_id)
    allocated = allocate(rest, [payable(i) for i in invoices.values()])
    for item_id, part in allocated.parts:
        invoices[item_id].open_minor -= part
    session.flush()
    return [(invoices[item_id], part) for item_id, part in allocated.parts]


def _by_key(session: Session, entry: PaymentEntry) -> Payment | None:
    return session.scalars(
        select(Payment).where(Payment.account_id == entry.account_id, Payment.key == entry.key)
    ).first()


def _repeated(session: Session, account: Account, payment: Payment, entry: PaymentEntry) -> Recorded:
    if payment.amount_minor != entry.amount_minor:
        had = Money(payment.amount_minor, account.currency)
        raise InvalidEntry(f"payment {entry.key!r} is in the book already, with {had}")
    rows = session.execute(
        select(Invoice.number, Allocation.amount_minor)
        .join(Invoice, Invoice.id == Allocation.invoice_id)
        .where(Allocation.payment_id == payment.id)
        .order_by(Allocation.id)
    )
    parts = tuple((number, Money(minor, account.currency)) for number, minor in rows)
    rest = payment.amount_minor - sum(p.minor for _, p in parts)
    return Recorded(payment.id, parts, Money(rest, account.currency), repeated=True)


def _recorded(
    account: Account,
    entry_id: int,
    allocated: Allocated,
    invoices: Mapping[int, Invoice],
    discounts: tuple[tuple[str, Money], ...],
) -> Recorded:
    parts = tuple((invoices[i].number, Money(part, account.currency)) for i, part in allocated.parts)
    return Recorded(entry_id, parts, Money(allocated.rest_minor, account.currency), discounts)
