"""A book of the first release comes into the ledger with every figure explained."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from sqlalchemy import text

from workstation.store.book import open_book
from workstation.store.engine import Database
from workstation.store.schema import upgrade

_OLD = (
    "INSERT INTO parties (id, kind, name, country, region, postal_code, email, created_at)"
    " VALUES (1, 'business', 'Old Co', 'US', '', '', '', 0)",
    "INSERT INTO accounts (id, number, party_id, profile, currency, company, terms, stage, stage_since,"
    " opened_on)"
    " VALUES (1, 'A-1', 1, 'b2b-first-party', 'USD', '', '', 1, '2026-06-01', '2026-06-01')",
    "INSERT INTO debts (id, account_id, label) VALUES (1, 1, '')",
    "INSERT INTO invoices (id, account_id, debt_id, number, issued, due, amount_minor, open_minor,"
    " disputed_minor, po_number) VALUES"
    " (1, 1, 1, 'whole', '2026-05-01', '2026-05-31', 1000, 1000, 0, ''),"
    " (2, 1, 1, 'part', '2026-05-01', '2026-05-31', 1000, 400, 100, ''),"
    " (3, 1, 1, 'paid here', '2026-05-01', '2026-05-31', 1000, 700, 0, '')",
    "INSERT INTO payments (id, account_id, received_on, amount_minor, method, reference) VALUES"
    " (1, 1, '2026-04-01', 5000, 'check', 'long ago'), (2, 1, '2026-06-05', 300, 'check', 'here')",
    "INSERT INTO allocations (payment_id, invoice_id, amount_minor) VALUES (2, 3, 300)",
)


def test_a_released_book_ties_out_after_the_upgrade(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    database = Database(f"sqlite:///{path}")
    with database.connect_for_schema() as connection:
        upgrade(connection, "0001")
        for statement in _OLD:
            connection.execute(text(statement))
    database.close()
    book = open_book(path)
    try:
        assert book.tie_out() == ()
        june = date(2026, 6, 30)
        assert book.balance_as_of(1, june).amount.minor == 2_100
        assert book.balance_as_of(1, date(2026, 6, 4)).amount.minor == 2_400
        assert book.balance_as_of(1, date(2026, 5, 15)).amount.minor == 3_000
        assert book.unapplied_as_of(1, june).amount.minor == 0
        [dispute] = book.customer(1, june).disputes
        assert (dispute.invoice, dispute.held.minor) == ("part", 100)
    finally:
        book.close()
