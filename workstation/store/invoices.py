"""Invoices as files state them: created in bulk, restated with the line that explains the change."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import delete, func, insert, select
from sqlalchemy.orm import Session

from workstation.desk.dispute import Cause, Reason, Resolution
from workstation.desk.entry import InvoiceEntry, Put
from workstation.desk.ledger import ItemKind
from workstation.store.facts import batches
from workstation.store.queue_build import mark_stale
from workstation.store.search_words import index_words
from workstation.store.tables import Account, Adjustment, Debt, Dispute, Invoice, InvoiceLine

OPENING = "settled before it came into the book"
RESTATED = "restated by an imported file"


@dataclass(slots=True)
class _Batch:
    new: dict[tuple[int, str], InvoiceEntry] = field(default_factory=dict)
    debts: dict[int, int] = field(default_factory=dict)
    touched: set[int] = field(default_factory=set)


def put_invoices(session: Session, entries: Sequence[InvoiceEntry], now: datetime) -> Put:
    """Create or restate invoices by account and number.

    What a file states twice is no news: an open amount counts as changed only against what was last stated,
    so that an old file does not undo the payments recorded since. A changed one leaves an adjustment line.
    """
    created = changed = unchanged = 0
    refused: list[tuple[int, str]] = []
    batch = _Batch()
    accounts = _accounts(session, sorted({e.account_number for e in entries}))
    known = _known(session, entries, accounts)
    for index, entry in enumerate(entries):
        account = accounts.get(entry.account_number)
        if account is None:
            refused.append(
                (index, f"account {entry.account_number} is not in the book: import accounts first")
            )
            continue
        account_id, currency, debt_id = account
        if entry.currency and entry.currency != currency:
            refused.append(
                (index, f"account {entry.account_number} is kept in {currency}, not {entry.currency}")
            )
            continue
        key = (account_id, entry.number)
        standing = known.get(key)
        if standing is None:
            if key not in batch.new:
                created += 1
            batch.new[key] = entry  # of two rows in one file the later one holds
            batch.debts[account_id] = debt_id
        elif standing.kind != ItemKind.INVOICE.value:
            refused.append((index, f"{entry.number} is a finance charge of this book, not an invoice"))
            continue
        elif _restate(session, standing, entry, now.date()):
            changed += 1
        else:
            unchanged += 1
            continue
        batch.touched.add(account_id)
    _create(session, batch, now.date())
    session.flush()
    mark_stale(session, *sorted(batch.touched))
    return Put(created, changed, unchanged, tuple(refused))


def _accounts(session: Session, numbers: Sequence[str]) -> dict[str, tuple[int, str, int]]:
    found: dict[str, tuple[int, str, int]] = {}
    for part in batches(numbers):
        for row in session.execute(
            select(Account.number, Account.id, Account.currency, func.min(Debt.id).label("debt_id"))
            .join(Debt, Debt.account_id == Account.id)
            .where(Account.number.in_(part))
            .group_by(Account.id, Account.number, Account.currency)
        ):
            found[row.number] = (row.id, row.currency, row.debt_id)
    return found


def _known(
    session: Session, entries: Sequence[InvoiceEntry], accounts: dict[str, tuple[int, str, int]]
) -> dict[tuple[int, str], Invoice]:
    known: dict[tuple[int, str], Invoice] = {}
    for part in batches([e for e in entries if e.account_number in accounts]):
        ids = {accounts[e.account_number][0] for e in part}
        numbers = {e.number for e in part}
        for invoice in session.scalars(
            select(Invoice).where(Invoice.account_id.in_(ids), Invoice.number.in_(numbers))
        ):
            known[(invoice.account_id, invoice.number)] = invoice
    return known


def _create(session: Session, batch: _Batch, today: date) -> None:
    if not batch.new:
        return
    session.execute(
        insert(Invoice),
        [
            {
                "account_id": account_id,
                "debt_id": batch.debts[account_id],
                "number": entry.number,
                "issued": entry.issued,
                "due": entry.due,
                "amount_minor": entry.amount_minor,
                "open_minor": entry.open_minor,
                "disputed_minor": entry.disputed_minor,
                "po_number": entry.po_number,
                "kind": ItemKind.INVOICE.value,
                "terms": entry.terms,
                "stated_open_minor": entry.open_minor,
                "stated_disputed_minor": entry.disputed_minor,
            }
            for (account_id, _), entry in batch.new.items()
        ],
    )
    index_words(session, ((account_id, number) for account_id, number in batch.new))
    telling = {
        key: entry
        for key, entry in batch.new.items()
        if entry.open_minor != entry.amount_minor or entry.disputed_minor or entry.lines
    }
    for (account_id, number), invoice_id in _ids(session, telling).items():
        entry = telling[(account_id, number)]
        if entry.open_minor != entry.amount_minor:
            session.add(
                Adjustment(
                    account_id=account_id,
                    invoice_id=invoice_id,
                    on=max(entry.issued, today),
                    amount_minor=entry.open_minor - entry.amount_minor,
                    reason=OPENING,
                )
            )
        if entry.disputed_minor:
            session.add(_stated_dispute(account_id, invoice_id, entry.disputed_minor, today))
        _put_lines(session, invoice_id, entry)


def _ids(session: Session, keys: Iterable[tuple[int, str]]) -> dict[tuple[int, str], int]:
    wanted = set(keys)
    found: dict[tuple[int, str], int] = {}
    for part in batches(sorted(wanted)):
        for row in session.execute(
            select(Invoice.id, Invoice.account_id, Invoice.number).where(
                Invoice.account_id.in_({a for a, _ in part}), Invoice.number.in_({n for _, n in part})
            )
        ):
            if (row.account_id, row.number) in wanted:
                found[(row.account_id, row.number)] = row.id
    return found


def _restate(session: Session, invoice: Invoice, entry: InvoiceEntry, today: date) -> bool:
    """Bring an invoice to what a file states now; returns whether that was news."""
    changed = False
    facts: dict[str, Any] = {"issued": entry.issued, "due": entry.due, "po_number": entry.po_number}
    if entry.terms:
        facts["terms"] = entry.terms
    for name, value in facts.items():
        if getattr(invoice, name) != value:
            setattr(invoice, name, value)
            changed = True
    last_open = invoice.open_minor if invoice.stated_open_minor is None else invoice.stated_open_minor
    if entry.amount_minor != invoice.amount_minor or entry.open_minor != last_open:
        unexplained = (entry.open_minor - invoice.open_minor) - (entry.amount_minor - invoice.amount_minor)
        if unexplained:
            session.add(
                Adjustment(
                    account_id=invoice.account_id,
                    invoice_id=invoice.id,
                    on=max(entry.issued, today),
                    amount_minor=unexplained,
                    reason=RESTATED,
                )
            )
        invoice.amount_minor, invoice.open_minor = entry.amount_minor, entry.open_minor
        invoice.stated_open_minor = entry.open_minor
        changed = True
    last_held = (
        invoice.disputed_minor if invoice.stated_disputed_minor is None else invoice.stated_disputed_minor
    )
    if entry.disputed_minor != last_held:
        _restate_disputes(session, invoice, entry.disputed_minor, today)
        changed = True
    if changed:
        settle_disputed(session, invoice)
    return _put_lines(session, invoice.id, entry) or changed


def _restate_disputes(session: Session, invoice: Invoice, stated_minor: int, today: date) -> None:
    ours = 0
    for dispute in open_disputes(session, invoice.id):
        if dispute.opened_by is None:
            dispute.resolved_on, dispute.resolution = today, Resolution.RESTATED.value
        else:
            ours += dispute.amount_minor
    if stated_minor > ours:
        session.add(_stated_dispute(invoice.account_id, invoice.id, stated_minor - ours, today))
    invoice.stated_disputed_minor = stated_minor
    session.flush()


def _stated_dispute(account_id: int, invoice_id: int, amount_minor: int, today: date) -> Dispute:
    return Dispute(
        account_id=account_id,
        invoice_id=invoice_id,
        amount_minor=amount_minor,
        reason=Reason.OTHER.value,
        cause=Cause.UNKNOWN.value,
        detail="stated by an imported file",
        opened_on=today,
    )


def open_disputes(session: Session, invoice_id: int) -> list[Dispute]:
    """Return an invoice's open disputes, oldest first."""
    return list(
        session.scalars(
            select(Dispute)
            .where(Dispute.invoice_id == invoice_id, Dispute.resolved_on.is_(None))
            .order_by(Dispute.opened_on, Dispute.id)
        )
    )


def settle_disputed(session: Session, invoice: Invoice) -> None:
    """Bring ``disputed_minor`` to what the open disputes hold, never more than what is open."""
    session.flush()
    held = sum(d.amount_minor for d in open_disputes(session, invoice.id))
    invoice.disputed_minor = max(0, min(held, invoice.open_minor))


def _put_lines(session: Session, invoice_id: int, entry: InvoiceEntry) -> bool:
    if not entry.lines:
        return False
    wanted = [(line.description, line.quantity, line.amount_minor) for line in entry.lines]
    present = [
        (row.description, row.quantity, row.amount_minor)
        for row in session.scalars(
            select(InvoiceLine).where(InvoiceLine.invoice_id == invoice_id).order_by(InvoiceLine.position)
        )
    ]
    if wanted == present:
        return False
    session.execute(delete(InvoiceLine).where(InvoiceLine.invoice_id == invoice_id))
    for position, (description, quantity, amount) in enumerate(wanted, start=1):
        session.add(
            InvoiceLine(
                invoice_id=invoice_id,
                position=position,
                description=description,
                quantity=quantity,
                amount_minor=amount,
            )
        )
    return True
