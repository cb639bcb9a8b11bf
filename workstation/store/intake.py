"""Reading large files into the book: invoices go in set by set, through a staging table of the transaction.

What is new is inserted as a whole; what is there and stated otherwise goes through ``invoices.put_invoices``
row by row, so that a restatement means the same however it came.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import Connection, func, select, text, update
from sqlalchemy.orm import Session

from workstation.desk.dispute import Cause, Reason
from workstation.desk.entry import AccountEntry, ContactEntry, InvoiceEntry, Put
from workstation.desk.intake import AccountKey, ItemRow, ReceiptRow
from workstation.desk.ledger import ItemKind
from workstation.store import invoices, receipts_bulk
from workstation.store.book import SqlBook
from workstation.store.facts import batches
from workstation.store.queue_build import STALE, place_unlisted
from workstation.store.queue_read import words_of
from workstation.store.tables import Account, Debt, Party, QueueEntry

_STAGE: Final = """
    CREATE TEMPORARY TABLE IF NOT EXISTS staged_items (
        position INTEGER PRIMARY KEY, account_id BIGINT NOT NULL, debt_id BIGINT NOT NULL,
        number VARCHAR NOT NULL, issued DATE NOT NULL, due DATE NOT NULL, amount_minor BIGINT NOT NULL,
        open_minor BIGINT NOT NULL, disputed_minor BIGINT NOT NULL, po_number VARCHAR NOT NULL,
        terms VARCHAR NOT NULL
    )
"""

_STANDING: Final = """
    SELECT s.position, i.kind, i.issued, i.due, i.amount_minor,
           coalesce(i.stated_open_minor, i.open_minor), coalesce(i.stated_disputed_minor, i.disputed_minor),
           i.po_number, i.terms
    FROM staged_items s JOIN invoices i ON i.account_id = s.account_id AND i.number = s.number
"""

_CREATE: Final = """
    INSERT INTO invoices (account_id, debt_id, number, issued, due, amount_minor, open_minor, disputed_minor,
                          po_number, kind, terms, stated_open_minor, stated_disputed_minor)
    SELECT account_id, debt_id, number, issued, due, amount_minor, open_minor, disputed_minor, po_number,
           '{kind}', terms, open_minor, disputed_minor
    FROM staged_items ORDER BY position
"""

_EXPLAIN: Final = """
    INSERT INTO adjustments (account_id, invoice_id, "on", amount_minor, reason)
    SELECT i.account_id, i.id, CASE WHEN s.issued > :today THEN s.issued ELSE :today END,
           s.open_minor - s.amount_minor, :reason
    FROM staged_items s JOIN invoices i ON i.account_id = s.account_id AND i.number = s.number
    WHERE s.open_minor <> s.amount_minor
"""

_HOLD: Final = """
    INSERT INTO disputes (account_id, invoice_id, amount_minor, reason, cause, detail, opened_on,
                          resolution, answer)
    SELECT i.account_id, i.id, s.disputed_minor, :reason, :cause, 'stated by an imported file', :today, '', ''
    FROM staged_items s JOIN invoices i ON i.account_id = s.account_id AND i.number = s.number
    WHERE s.disputed_minor > 0
"""


class SqlIntake:
    """Implements BulkIntake on a book."""

    def __init__(self, book: SqlBook) -> None:
        self._book = book
        self._database = book.database

    def account_keys(self, numbers: Sequence[str]) -> dict[str, AccountKey]:
        """See BulkIntake."""
        found: dict[str, AccountKey] = {}
        with self._database.read() as session:
            for part in batches(numbers):
                for row in session.execute(
                    select(Account.number, Account.id, func.min(Debt.id).label("debt_id"), Account.currency)
                    .join(Debt, Debt.account_id == Account.id)
                    .where(Account.number.in_(part))
                    .group_by(Account.id, Account.number, Account.currency)
                ):
                    found[row.number] = AccountKey(row.id, row.debt_id, row.currency)
        return found

    def account_names(self, names: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """See BulkIntake."""
        wanted = {name.casefold(): name for name in names}
        found: dict[str, list[str]] = {}
        with self._database.read() as session:
            # SQLite folds ASCII only, so names are folded here; a file names its customers once.
            for number, name in session.execute(
                select(Account.number, Party.name)
                .join(Party, Party.id == Account.party_id)
                .order_by(Account.id)
            ):
                given = wanted.get(name.casefold())
                if given is not None:
                    found.setdefault(given, []).append(number)
        return {name: tuple(numbers) for name, numbers in found.items()}

    def put_accounts(self, entries: Sequence[AccountEntry], now: datetime) -> Put:
        """See BulkIntake."""
        return self._book.put_accounts(entries, now)

    def put_contacts(self, entries: Sequence[tuple[str, ContactEntry]], now: datetime) -> Put:
        """See BulkIntake."""
        return self._book.put_contacts(entries, now)

    def put_items(self, rows: Sequence[ItemRow], now: datetime) -> Put:
        """See BulkIntake."""
        if not rows:
            return Put()
        with self._database.write() as session:
            return _put_items(session, rows, now)

    def put_receipts(self, rows: Sequence[ReceiptRow], now: datetime) -> Put:
        """See BulkIntake."""
        with self._database.write() as session:
            return receipts_bulk.put_receipts(session, rows, now)


def _put_items(session: Session, rows: Sequence[ItemRow], now: datetime) -> Put:
    connection = session.connection()
    _stage(connection, rows)
    same, other = _standing(connection, rows)
    if same or other:
        _unstage(connection, [*same, *other])
    created = len(rows) - len(same) - len(other)
    if created:
        _create(session, now.date())
        standing = {*same, *other}
        _index(connection, [row for i, row in enumerate(rows) if i not in standing] if standing else rows)
        _mark_stale(session)
    restated = _restate(session, [rows[i] for i in other], now)
    refused = tuple((other[i], reason) for i, reason in restated.refused)
    return Put(created, restated.changed, len(same) + restated.unchanged, refused)


def _stage(connection: Connection, rows: Sequence[ItemRow]) -> None:
    sqlite = connection.dialect.name == "sqlite"
    connection.execute(text(_STAGE))
    connection.execute(text("DELETE FROM staged_items"))
    marks = ", ".join(["?" if sqlite else "%s"] * 11)
    values: list[tuple[Any, ...]]
    if sqlite:  # the driver's own date adapter is deprecated, and slower
        days: dict[date, str] = {}
        for row in rows:
            days.setdefault(row[3], row[3].isoformat())
            days.setdefault(row[4], row[4].isoformat())
        values = [(i, *row[:3], days[row[3]], days[row[4]], *row[5:]) for i, row in enumerate(rows)]
    else:
        values = [(i, *row) for i, row in enumerate(rows)]
    connection.exec_driver_sql(f"INSERT INTO staged_items VALUES ({marks})", values)  # noqa: S608 - marks only


def _standing(connection: Connection, rows: Sequence[ItemRow]) -> tuple[list[int], list[int]]:
    """Return the positions of those in the book as stated, and of those there otherwise."""
    same: list[int] = []
    other: list[int] = []
    for position, kind, issued, due, amount, left, held, po_number, terms in connection.execute(
        text(_STANDING)
    ):
        row = rows[position]
        stated = (row.issued, row.due, row.amount_minor, row.open_minor, row.disputed_minor, row.po_number)
        book = (_day(issued), _day(due), amount, left, held, po_number)
        as_stated = kind == ItemKind.INVOICE and stated == book and row.terms in ("", terms)
        (same if as_stated else other).append(position)
    return same, sorted(other)


def _day(value: str | date) -> date:
    return date.fromisoformat(value) if isinstance(value, str) else value


def _unstage(connection: Connection, positions: Sequence[int]) -> None:
    connection.execute(
        text("DELETE FROM staged_items WHERE position = :position"), [{"position": p} for p in positions]
    )


def _create(session: Session, today: date) -> None:
    session.execute(text(_CREATE.format(kind=ItemKind.INVOICE.value)))
    day = {"today": today.isoformat() if session.get_bind().dialect.name == "sqlite" else today}
    session.execute(text(_EXPLAIN), {**day, "reason": invoices.OPENING})
    session.execute(text(_HOLD), {**day, "reason": Reason.OTHER.value, "cause": Cause.UNKNOWN.value})


def _index(connection: Connection, rows: Sequence[ItemRow]) -> None:
    pairs: list[tuple[str, int]] = []
    for row in rows:
        number = row.number
        if number.isalnum():
            pairs.append((number.casefold(), row.account_id))
        else:
            pairs += [(word, row.account_id) for word in words_of(number)]
    pairs.sort()  # into the index in its own order
    mark = "?" if connection.dialect.name == "sqlite" else "%s"
    connection.exec_driver_sql(
        f"INSERT INTO search_words (word, account_id) VALUES ({mark}, {mark}) ON CONFLICT DO NOTHING",  # noqa: S608
        pairs,
    )


def _mark_stale(session: Session) -> None:
    """What ``queue_build.mark_stale`` does, for all staged accounts at once."""
    staged = text("SELECT account_id FROM staged_items").columns(account_id=Account.id.type).subquery()
    touched = select(staged.c.account_id).distinct()
    session.execute(
        update(QueueEntry)
        .where(QueueEntry.account_id.in_(touched), QueueEntry.stale_at.is_distinct_from(STALE))
        .values(stale_at=STALE)
        .execution_options(synchronize_session=False)
    )
    missing = touched.where(~select(QueueEntry).where(QueueEntry.account_id == staged.c.account_id).exists())
    place_unlisted(session, list(session.scalars(missing)))


def _restate(session: Session, rows: Sequence[ItemRow], now: datetime) -> Put:
    if not rows:
        return Put()
    numbers: dict[int, str] = {}
    for part in batches(sorted({row.account_id for row in rows})):
        found = session.execute(select(Account.id, Account.number).where(Account.id.in_(part)))
        numbers.update((account_id, number) for account_id, number in found)
    entries = [
        InvoiceEntry(
            account_number=numbers[row.account_id],
            number=row.number,
            issued=row.issued,
            due=row.due,
            amount_minor=row.amount_minor,
            open_minor=row.open_minor,
            disputed_minor=row.disputed_minor,
            po_number=row.po_number,
            terms=row.terms,
        )
        for row in rows
    ]
    return invoices.put_invoices(session, entries, now)
