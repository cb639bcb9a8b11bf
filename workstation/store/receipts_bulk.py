"""Many payments at once: the same rules as one by one, in few statements for a whole chunk."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, Final, cast

from sqlalchemy import (
    BigInteger,
    String,
    Table,
    TableClause,
    bindparam,
    column,
    select,
    table,
    text,
    update,
)
from sqlalchemy.orm import InstrumentedAttribute, Session

from workstation.desk.allocation import Payable, allocate
from workstation.desk.book import NotFound
from workstation.desk.entry import Put
from workstation.desk.intake import ReceiptRow
from workstation.desk.money import Money
from workstation.store import audit
from workstation.store.facts import batches
from workstation.store.queue_build import STALE, place_unlisted
from workstation.store.rows import put_rows
from workstation.store.tables import Account, Allocation, Invoice, Payment, QueueEntry

_STAGE: Final = """
    CREATE TEMPORARY TABLE IF NOT EXISTS staged_names (account_id BIGINT NOT NULL, name VARCHAR NOT NULL)
"""


def direct(items: Iterable[Payable], amount_minor: int, invoices: Sequence[str]) -> dict[str, int] | None:
    """Return which part goes to which of the invoices named, in that order; None where none is.

    Each takes no more than is open and undisputed, and what is left stays unapplied: nobody asked for it to
    go elsewhere.
    """
    if not invoices:
        return None
    free = {item.number: item.free_minor for item in items}
    directed: dict[str, int] = {}
    left = amount_minor
    for number in invoices:
        part = min(left, free.get(number, 0))
        if part > 0 and number not in directed:
            directed[number] = part
            left -= part
    return directed


def put_receipts(session: Session, rows: Sequence[ReceiptRow], now: datetime) -> Put:
    """Record payments in the order given, directed to the invoices named or to the oldest first.

    A key that its account has is the same money: it changes nothing, and with another amount it is refused.
    Raises NotFound for an account that is not in the book.
    """
    accounts = _accounts(session, sorted({row.account_id for row in rows}))
    known = _by_key(session, ((row.account_id, row.key) for row in rows), Payment.amount_minor)
    taken: list[tuple[ReceiptRow, tuple[tuple[int, int], ...]]] = []
    unchanged = 0
    refused: list[tuple[int, str]] = []
    shelf = _Shelf(session, [row for row in rows if (row.account_id, row.key) not in known])
    for index, row in enumerate(rows):
        place = (row.account_id, row.key)
        before = known.get(place)
        if row.amount_minor <= 0:
            refused.append((index, "a payment must be more than nothing"))
        elif before is None:
            known[place] = row.amount_minor
            taken.append((row, shelf.pay(row)))
        elif before != row.amount_minor:
            had = Money(before, accounts[row.account_id].currency)
            refused.append((index, f"payment {row.key!r} is in the book already, with {had}"))
        else:
            unchanged += 1
    if taken:
        _write(session, taken, shelf, accounts, now)
    return Put(len(taken), 0, unchanged, tuple(refused))


@dataclass(frozen=True, slots=True)
class _Owner:
    number: str
    currency: str


class _Shelf:
    """The open items of some accounts, locked, as they become less with each payment."""

    def __init__(self, session: Session, rows: Sequence[ReceiptRow]) -> None:
        self._items: defaultdict[int, dict[int, Payable]] = defaultdict(dict)
        self.issued: dict[int, date] = {}
        self.left: dict[int, int] = {}
        """Open amount of every item that was paid on."""
        query = select(
            Invoice.account_id, Invoice.id, Invoice.number, Invoice.due, Invoice.open_minor,
            Invoice.disputed_minor, Invoice.issued,
        ).order_by(Invoice.account_id, Invoice.due, Invoice.id).with_for_update(of=Invoice)  # fmt: skip
        # Money without direction may go to any open item; for the rest the items named are enough.
        whole = sorted({row.account_id for row in rows if not row.invoices})
        for part in batches(whole):
            self._take(session, query.where(Invoice.account_id.in_(part), Invoice.open_minor != 0))
        named = {(row.account_id, number) for row in rows for number in row.invoices}
        named = {pair for pair in named if pair[0] not in self._items}
        if named:
            staged = _stage(session, sorted(named))
            on = (Invoice.account_id == staged.c.account_id) & (Invoice.number == staged.c.name)
            self._take(session, query.join(staged, on).where(Invoice.open_minor != 0))

    def _take(self, session: Session, query: Any) -> None:
        for account_id, item_id, number, due, open_minor, disputed, issued in session.execute(query):
            item = Payable(item_id, number, due, open_minor, max(0, disputed))
            self._items[account_id][item_id] = item
            self.issued[item_id] = issued

    def pay(self, row: ReceiptRow) -> tuple[tuple[int, int], ...]:
        """Take a payment off its account's items; returns (item id, minor units) for each part."""
        items = self._items[row.account_id]
        directed = direct(items.values(), row.amount_minor, row.invoices)
        parts = allocate(row.amount_minor, tuple(items.values()), directed).parts
        for item_id, part in parts:
            item = items[item_id]
            self.left[item_id] = item.open_minor - part
            items[item_id] = replace(item, open_minor=item.open_minor - part)
        return parts


def _accounts(session: Session, account_ids: Sequence[int]) -> dict[int, _Owner]:
    found: dict[int, _Owner] = {}
    for part in batches(account_ids):
        query = select(Account.id, Account.number, Account.currency).where(Account.id.in_(part))
        for account_id, number, currency in session.execute(query.order_by(Account.id).with_for_update()):
            found[account_id] = _Owner(number, currency)
    for account_id in account_ids:
        if account_id not in found:
            raise NotFound(f"no account {account_id} in the book")
    return found


def _by_key(
    session: Session, places: Iterable[tuple[int, str]], what: InstrumentedAttribute[int]
) -> dict[tuple[int, str], int]:
    """Return a column of the payments that the book has by account and key."""
    staged = _stage(session, sorted(set(places)))
    found = session.execute(
        select(Payment.account_id, Payment.key, what).join(
            staged, (Payment.account_id == staged.c.account_id) & (Payment.key == staged.c.name)
        )
    )
    return {(account_id, str(key)): value for account_id, key, value in found}


def _stage(session: Session, pairs: Sequence[tuple[int, str]]) -> TableClause:
    """Put (account, name) pairs into a table of this transaction, to join with."""
    connection = session.connection()
    connection.execute(text(_STAGE))
    connection.execute(text("DELETE FROM staged_names"))
    mark = "?" if connection.dialect.name == "sqlite" else "%s"
    connection.exec_driver_sql(f"INSERT INTO staged_names VALUES ({mark}, {mark})", list(pairs))  # noqa: S608
    return table("staged_names", column("account_id", BigInteger), column("name", String))


def _mark_stale(session: Session, account_ids: Sequence[int]) -> None:
    """What ``queue_build.mark_stale`` does, for many accounts, locked in the same order."""
    for part in batches(account_ids):
        listed = session.scalars(
            select(QueueEntry.account_id)
            .where(QueueEntry.account_id.in_(part))
            .order_by(QueueEntry.account_id)
            .with_for_update()
        ).all()
        session.execute(
            update(QueueEntry)
            .where(QueueEntry.account_id.in_(listed))
            .values(stale_at=STALE)
            .execution_options(synchronize_session=False)
        )
        missing = sorted(set(part) - set(listed))
        if missing:
            place_unlisted(session, missing)


def _write(
    session: Session,
    taken: Sequence[tuple[ReceiptRow, tuple[tuple[int, int], ...]]],
    shelf: _Shelf,
    accounts: dict[int, _Owner],
    now: datetime,
) -> None:
    put_rows(
        session,
        Payment,
        [
            {
                "account_id": row.account_id,
                "received_on": row.received_on,
                "amount_minor": row.amount_minor,
                "method": row.method,
                "reference": row.reference,
                "key": row.key,
                "before_book": False,
                "recorded_at": now,
            }
            for row, _ in taken
        ],
    )
    found = _by_key(session, [(row.account_id, row.key) for row, _ in taken], Payment.id)
    ids = [found[row.account_id, row.key] for row, _ in taken]
    put_rows(
        session,
        Allocation,
        [
            {
                "payment_id": payment_id,
                "invoice_id": item_id,
                "amount_minor": part,
                "on": max(row.received_on, shelf.issued[item_id]),
            }
            for payment_id, (row, parts) in zip(ids, taken, strict=True)
            for item_id, part in parts
        ],
    )
    if shelf.left:
        session.connection().execute(
            update(cast(Table, Invoice.__table__))
            .where(Invoice.id == bindparam("item"))
            .values(open_minor=bindparam("left")),
            [{"item": item_id, "left": left} for item_id, left in sorted(shelf.left.items())],
        )
    _mark_stale(session, sorted({row.account_id for row, _ in taken}))
    lines = []
    for payment_id, (row, _) in zip(ids, taken, strict=True):
        owner = accounts[row.account_id]
        detail = {"account": owner.number, "amount": str(Money(row.amount_minor, owner.currency))}
        lines.append((str(payment_id), detail))
    audit.append_many(session, "book", "payment", lines, now)
