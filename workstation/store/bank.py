"""Bank receipts in the book: matched with open invoices, applied as payments, or waiting for a person."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from workstation.desk.book import InvalidEntry, NotFound
from workstation.desk.intake import BankReceipt, OpenItem, WaitingReceipt
from workstation.desk.roles import Right
from workstation.store import audit, people
from workstation.store.book import SqlBook
from workstation.store.facts import batches
from workstation.store.receipts import PaymentEntry, open_invoices, payable, record_payment
from workstation.store.receipts_bulk import direct
from workstation.store.tables import Account, Invoice, Party
from workstation.store.tables.bank import BankReceiptRow

WAITING, APPLIED, DISMISSED = "waiting", "applied", "dismissed"

_METHOD = "bank transfer"
_SIGNS = " -/._#"
"""What people leave out of invoice numbers."""
_LONGEST_REFERENCE = 140


class SqlReceivables:
    """Implements Receivables on a book."""

    def __init__(self, book: SqlBook) -> None:
        self._database = book.database

    def known_receipts(self, keys: Sequence[str]) -> set[str]:
        """See Receivables."""
        known: set[str] = set()
        with self._database.read() as session:
            for part in batches(keys):
                known |= set(session.scalars(select(BankReceiptRow.key).where(BankReceiptRow.key.in_(part))))
        return known

    def open_items(
        self, *, numbers: Sequence[str] = (), amounts: Sequence[tuple[str, int]] = ()
    ) -> tuple[OpenItem, ...]:
        """See Receivables."""
        squeezed = func.lower(Invoice.number)
        for sign in _SIGNS:
            squeezed = func.replace(squeezed, sign, "")
        found: dict[int, OpenItem] = {}
        query = (
            select(Invoice, Account.number, Account.currency, Party.name)
            .join(Account, Account.id == Invoice.account_id)
            .join(Party, Party.id == Account.party_id)
            .where(Invoice.open_minor > 0)
        )
        conditions = [squeezed.in_(part) for part in batches(numbers)]
        conditions += [Invoice.open_minor.in_({minor for _, minor in part}) for part in batches(amounts)]
        wanted = set(amounts)
        with self._database.read() as session:
            for condition in conditions:
                for invoice, number, currency, name in session.execute(query.where(condition)):
                    if numbers or (currency, invoice.open_minor) in wanted:
                        found[invoice.id] = _item(invoice, number, currency, name)
        return tuple(found[i] for i in sorted(found))

    def put_receipt(
        self, receipt: BankReceipt, now: datetime, *, account_id: int | None, invoices: Sequence[str] = ()
    ) -> bool:
        """See Receivables."""
        with self._database.write() as session:
            known = session.scalars(
                select(BankReceiptRow.id).where(BankReceiptRow.key == receipt.key)
            ).first()
            if known is not None:
                return False
            row = BankReceiptRow(
                key=receipt.key,
                booked_on=receipt.booked_on,
                amount_minor=receipt.amount_minor,
                currency=receipt.currency,
                payer=receipt.payer,
                text=receipt.text,
                suggestions=[dict(s) for s in receipt.suggestions],
                state=WAITING,
                recorded_at=now,
            )
            if account_id is not None:
                _settle(session, row, account_id, invoices, None, now)
            session.add(row)
            return True

    def waiting_receipts(self) -> tuple[WaitingReceipt, ...]:
        """See Receivables."""
        with self._database.read() as session:
            return tuple(
                WaitingReceipt(row.id, _receipt(row))
                for row in session.scalars(
                    select(BankReceiptRow)
                    .where(BankReceiptRow.state == WAITING)
                    .order_by(BankReceiptRow.booked_on, BankReceiptRow.id)
                )
            )

    def settle_receipt(
        self, receipt_id: int, user_id: int, now: datetime, *, account_id: int, invoices: Sequence[str] = ()
    ) -> int:
        """See Receivables."""
        with self._database.write() as session:
            people.need(session, user_id, Right.WORK_ACCOUNTS)
            return _settle(session, _waiting(session, receipt_id), account_id, invoices, user_id, now)

    def dismiss_receipt(self, receipt_id: int, user_id: int, now: datetime, *, reason: str) -> None:
        """See Receivables."""
        if not reason.strip():
            raise InvalidEntry("say why this money pays nothing here")
        with self._database.write() as session:
            user = people.need(session, user_id, Right.ADJUST_LEDGER)
            row = _waiting(session, receipt_id)
            row.state, row.reason = DISMISSED, reason.strip()
            row.decided_by, row.decided_at = user_id, now
            detail = {"key": row.key, "reason": row.reason}
            audit.append(session, user.username, "bank receipt dismissed", str(row.id), detail, now)


def _settle(
    session: Session,
    row: BankReceiptRow,
    account_id: int,
    invoices: Sequence[str],
    user_id: int | None,
    now: datetime,
) -> int:
    currency = session.scalars(select(Account.currency).where(Account.id == account_id)).first()
    if currency is None:
        raise NotFound(f"no account {account_id} in the book")
    if currency != row.currency:
        raise InvalidEntry(f"the money is {row.currency}, and the account is kept in {currency}")
    entry = PaymentEntry(
        account_id=account_id,
        received_on=row.booked_on,
        amount_minor=row.amount_minor,
        method=_METHOD,
        reference=row.text[:_LONGEST_REFERENCE],
        key=row.key,
        directed=direct(
            map(payable, open_invoices(session, account_id).values()), row.amount_minor, invoices
        ),
    )
    recorded = record_payment(session, entry, now, user_id)
    row.state, row.payment_id = APPLIED, recorded.entry_id
    row.decided_by, row.decided_at = user_id, now
    return recorded.entry_id


def _waiting(session: Session, receipt_id: int) -> BankReceiptRow:
    row = session.scalars(
        select(BankReceiptRow).where(BankReceiptRow.id == receipt_id).with_for_update()
    ).first()
    if row is None:
        raise NotFound(f"no bank receipt {receipt_id} in the book")
    if row.state != WAITING:
        raise InvalidEntry(f"bank receipt {receipt_id} was {row.state} already")
    return row


def _item(invoice: Invoice, number: str, currency: str, name: str) -> OpenItem:
    return OpenItem(
        account_id=invoice.account_id,
        account_number=number,
        customer=name,
        currency=currency,
        invoice_id=invoice.id,
        number=invoice.number,
        due=invoice.due,
        open_minor=invoice.open_minor,
        disputed_minor=invoice.disputed_minor,
    )


def _receipt(row: BankReceiptRow) -> BankReceipt:
    return BankReceipt(
        row.key, row.booked_on, row.amount_minor, row.currency, row.payer, row.text, tuple(row.suggestions)
    )
