"""Payments by the thousand mean what they mean one by one."""

from __future__ import annotations

import random
from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.fixtures.book import WEDNESDAY, put_account
from workstation.desk.book import InvalidEntry, NotFound
from workstation.desk.entry import InvoiceEntry, Put
from workstation.desk.intake import ReceiptRow
from workstation.store.book import SqlBook
from workstation.store.intake import SqlIntake
from workstation.store.receipts import PaymentEntry, open_invoices, payable, record_payment
from workstation.store.receipts_bulk import direct
from workstation.store.tables import Allocation, Invoice, Payment, QueueEntry

DAY = WEDNESDAY.date()
ACCOUNTS, INVOICES = 4, 5


def fill(book: SqlBook, prefix: str) -> dict[str, int]:
    """Accounts with open, disputed and settled invoices and a credit note; returns ids by number."""
    dice = random.Random(5)
    ids = {}
    for n in range(ACCOUNTS):
        number = f"{prefix}-{n}"
        ids[number] = put_account(book, number, f"Debtor {number}", amount=10_000)
        entries = [
            InvoiceEntry(
                number,
                f"{n}{i}",
                DAY - timedelta(days=40),
                DAY - timedelta(days=dice.randrange(9)),
                amount := dice.choice((-3_000, 5_000, 9_000)),
                amount,
                dice.choice((0, 0, 2_000)) if amount > 0 else 0,
            )
            for i in range(INVOICES)
        ]
        book.put_invoices(entries, WEDNESDAY)
    return ids


def drawn(ids: dict[str, int], dice: random.Random) -> list[ReceiptRow]:
    rows = []
    for n in range(60):
        number = dice.choice(sorted(ids))
        tail = number.rpartition("-")[2]
        named = tuple(f"{tail}{dice.randrange(INVOICES + 1)}" for _ in range(dice.choice((0, 0, 1, 2))))
        amount = dice.choice((0, 700, 2_500, 6_000, 20_000))
        rows.append(
            ReceiptRow(
                ids[number], DAY, amount, "cheque", "ref", f"k{dice.randrange(50) if n % 3 else n}", named
            )
        )
    return [*rows, *rows[:10]]  # the same money again


def one_by_one(book: SqlBook, rows: list[ReceiptRow]) -> Put:
    created = unchanged = 0
    refused = []
    for index, row in enumerate(rows):
        try:
            with book.database.write() as session:
                items = [payable(i) for i in open_invoices(session, row.account_id).values()]
                entry = PaymentEntry(
                    row.account_id,
                    row.received_on,
                    row.amount_minor,
                    row.method,
                    row.reference,
                    row.key,
                    direct(items, row.amount_minor, row.invoices),
                )
                repeated = record_payment(session, entry, WEDNESDAY).repeated
        except InvalidEntry as error:
            refused.append((index, str(error)))
            continue
        created, unchanged = created + (not repeated), unchanged + repeated
    return Put(created, 0, unchanged, tuple(refused))


def ledger(book: SqlBook, ids: dict[str, int]) -> dict[str, object]:
    found: dict[str, object] = {}
    with book.database.read() as session:
        for number, account_id in ids.items():
            tail = number.rpartition("-")[2]
            opened = session.execute(
                select(Invoice.number, Invoice.open_minor)
                .where(Invoice.account_id == account_id)
                .order_by(Invoice.due, Invoice.id)
            ).all()
            parts = session.execute(
                select(Payment.key, Invoice.number, Allocation.amount_minor, Allocation.on)
                .join(Allocation, Allocation.payment_id == Payment.id)
                .join(Invoice, Invoice.id == Allocation.invoice_id)
                .where(Payment.account_id == account_id)
                .order_by(Payment.id, Allocation.id)
            ).all()
            # The invoice that put_account makes is named after its account.
            found[tail] = (
                [(n.replace(number, "I"), m) for n, m in opened],
                [(k, n.replace(number, "I"), m, on) for k, n, m, on in parts],
            )
    return found


@pytest.mark.parametrize("seed", range(3))
def test_a_chunk_means_what_its_rows_mean_one_after_another(book: SqlBook, seed: int) -> None:
    together, apart = fill(book, "A"), fill(book, "B")
    rows = drawn(together, random.Random(seed))
    swap = {together[n]: apart[n.replace("A-", "B-")] for n in together}
    put = SqlIntake(book).put_receipts(rows, WEDNESDAY)
    expected = one_by_one(book, [r._replace(account_id=swap[r.account_id]) for r in rows])
    assert put == expected
    assert put.created > 20
    assert put.refused
    assert put.unchanged
    assert ledger(book, together) == ledger(book, apart)
    assert book.tie_out() == ()
    assert book.verify_audit().sound
    with book.database.read() as session:
        fresh = session.scalars(select(QueueEntry.account_id).where(QueueEntry.stale_at > WEDNESDAY)).all()
        assert not fresh, "what was paid on is worked out anew"


def test_the_same_chunk_again_changes_nothing(book: SqlBook) -> None:
    ids = fill(book, "A")
    rows = [ReceiptRow(ids["A-0"], DAY, 1_000, "", "", f"k{n}", ()) for n in range(5)]
    assert SqlIntake(book).put_receipts(rows, WEDNESDAY) == Put(created=5)
    before = ledger(book, ids)
    assert SqlIntake(book).put_receipts(rows, WEDNESDAY) == Put(unchanged=5)
    assert ledger(book, ids) == before
    with pytest.raises(NotFound):
        SqlIntake(book).put_receipts([rows[0]._replace(account_id=999)], WEDNESDAY)
