"""Reading the ledger: every dated line of an account, from the tables that hold them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from workstation.desk.book import NotFound
from workstation.desk.ledger import AccountLedger, Held, Item, ItemKind, Line, LineKind
from workstation.store.facts import batches
from workstation.store.tables import (
    Account,
    Adjustment,
    Allocation,
    Credit,
    CreditAllocation,
    Dispute,
    Invoice,
    Payment,
)

Lines = defaultdict[int, list[Line]]


def load(session: Session, account_id: int) -> AccountLedger:
    """Return one account's ledger. Raises NotFound."""
    found = load_many(session, [account_id]).get(account_id)
    if found is None:
        raise NotFound(f"no account {account_id} in the book")
    return found


def load_many(session: Session, account_ids: Sequence[int]) -> dict[int, AccountLedger]:
    """Return the ledgers of these accounts with a fixed number of queries a batch."""
    found: dict[int, AccountLedger] = {}
    for batch in batches(account_ids):
        found.update(_load(session, batch))
    return found


def _load(session: Session, account_ids: Sequence[int]) -> dict[int, AccountLedger]:
    accounts = {
        row.id: row.currency
        for row in session.execute(select(Account.id, Account.currency).where(Account.id.in_(account_ids)))
    }
    items: defaultdict[int, list[Item]] = defaultdict(list)
    numbers: dict[int, tuple[str, date]] = {}
    for row in session.execute(
        select(
            Invoice.id,
            Invoice.account_id,
            Invoice.number,
            Invoice.kind,
            Invoice.issued,
            Invoice.due,
            Invoice.amount_minor,
        ).where(Invoice.account_id.in_(account_ids))
    ):
        numbers[row.id] = (row.number, row.issued)
        items[row.account_id].append(
            Item(row.id, row.number, ItemKind(row.kind), row.issued, row.due, row.amount_minor)
        )
    lines: Lines = defaultdict(list)
    funds: Lines = defaultdict(list)
    for row in session.execute(
        select(Adjustment.account_id, Adjustment.invoice_id, Adjustment.on, Adjustment.amount_minor)
        .add_columns(Adjustment.reason)
        .where(Adjustment.account_id.in_(account_ids))
    ):
        lines[row.account_id].append(
            Line(row.on, LineKind.ADJUSTMENT, row.reason, row.amount_minor, row.invoice_id)
        )
    _payments(session, account_ids, numbers, lines, funds)
    _credits(session, account_ids, numbers, lines, funds)
    held: defaultdict[int, list[Held]] = defaultdict(list)
    for dispute in session.execute(
        select(
            Dispute.account_id,
            Dispute.invoice_id,
            Dispute.amount_minor,
            Dispute.opened_on,
            Dispute.resolved_on,
        ).where(Dispute.account_id.in_(account_ids))
    ):
        held[dispute.account_id].append(
            Held(dispute.invoice_id, dispute.amount_minor, dispute.opened_on, dispute.resolved_on)
        )
    return {
        account_id: AccountLedger(
            account_id,
            currency,
            tuple(items[account_id]),
            tuple(lines[account_id]),
            tuple(funds[account_id]),
            tuple(held[account_id]),
        )
        for account_id, currency in accounts.items()
    }


def _payments(
    session: Session,
    account_ids: Sequence[int],
    numbers: dict[int, tuple[str, date]],
    lines: Lines,
    funds: Lines,
) -> None:
    for row in session.execute(
        select(Payment).where(Payment.account_id.in_(account_ids), Payment.before_book.is_(False))
    ).scalars():
        kind = LineKind.PAYMENT if row.reverses_id is None else LineKind.REVERSAL
        text = " ".join(part for part in (row.method, row.reference) if part)
        funds[row.account_id].append(Line(row.received_on, kind, text, -row.amount_minor))
    for part, payment in session.execute(
        select(Allocation, Payment)
        .join(Payment, Payment.id == Allocation.payment_id)
        .where(Payment.account_id.in_(account_ids))
    ):
        kind = LineKind.PAYMENT if payment.reverses_id is None else LineKind.REVERSAL
        text = " ".join(part for part in (payment.method, payment.reference) if part)
        number, issued = numbers[part.invoice_id]
        # Money may come before the invoice it is applied to; nothing is taken off what does not exist yet.
        on = max(part.on or payment.received_on, issued)
        lines[payment.account_id].append(Line(on, kind, text, -part.amount_minor, part.invoice_id))
        funds[payment.account_id].append(
            Line(on, LineKind.UNAPPLIED, f"applied to {number}", part.amount_minor)
        )


def _credits(
    session: Session,
    account_ids: Sequence[int],
    numbers: dict[int, tuple[str, date]],
    lines: Lines,
    funds: Lines,
) -> None:
    for credit in session.scalars(select(Credit).where(Credit.account_id.in_(account_ids))):
        text = credit.reason or credit.reference
        funds[credit.account_id].append(Line(credit.on, LineKind(credit.kind), text, -credit.amount_minor))
    for row, credit in session.execute(
        select(CreditAllocation, Credit)
        .join(Credit, Credit.id == CreditAllocation.credit_id)
        .where(Credit.account_id.in_(account_ids))
    ):
        number, issued = numbers[row.invoice_id]
        on = max(row.on, issued)
        text = credit.reason or credit.reference
        lines[credit.account_id].append(
            Line(on, LineKind(credit.kind), text, -row.amount_minor, row.invoice_id)
        )
        funds[credit.account_id].append(
            Line(on, LineKind.UNAPPLIED, f"applied to {number}", row.amount_minor)
        )


def tie_out(session: Session, account_ids: Sequence[int]) -> tuple[str, ...]:
    """Hold what the book says is open and disputed against its lines; one sentence per difference."""
    found: list[str] = []
    for batch in batches(account_ids):
        kept = {
            row.id: row
            for row in session.execute(
                select(Invoice.id, Invoice.number, Invoice.open_minor, Invoice.disputed_minor).where(
                    Invoice.account_id.in_(batch)
                )
            )
        }
        for ledger in _load(session, batch).values():
            standing = {item.item_id: left for item, left in ledger.open_items(date.max)}
            for item in ledger.items:
                left = standing.get(item.item_id)
                opened, disputed = (0, 0) if left is None else (left.open_minor, left.disputed_minor)
                row = kept[item.item_id]
                if (row.open_minor, row.disputed_minor) != (opened, disputed):
                    found.append(
                        f"invoice {row.number}: {row.open_minor} open ({row.disputed_minor} disputed), "
                        f"its lines say {opened} ({disputed})"
                    )
            if (unapplied := ledger.unapplied(date.max).amount.minor) > 0:
                found.append(f"account {ledger.account_id}: {unapplied} more was applied than received")
    return tuple(found)
