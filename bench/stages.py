"""How long the stages of a whole book take.

Builds a book with bulk inserts in a temporary file (three invoices an account, many past due, some paid),
then runs the stages for three days in a row as the nightly job does. One JSON line.

    python -m bench.stages [accounts]
"""

from __future__ import annotations

import json
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from workstation.store.book import SqlBook, open_book
from workstation.store.stages import run_stages
from workstation.store.tables import Account, Allocation, Contact, Debt, Invoice, Party, Payment, Phone

NOW = datetime(2026, 11, 18, 3, tzinfo=UTC)
CHUNK = 10_000
INVOICES = 3


def build(book: SqlBook, accounts: int) -> None:
    """Insert parties, contacts, accounts, invoices and payments; writing them is not what is measured."""
    dice = random.Random(1)
    for start in range(1, accounts + 1, CHUNK):
        ids = range(start, min(start + CHUNK, accounts + 1))
        invoices = list(_invoices(ids, dice))
        paid = [i for i in invoices if i["open_minor"] == 0]
        with book.database.write() as session:
            session.execute(insert(Party), [_party(i) for i in ids])
            session.execute(insert(Account), [_account(i) for i in ids])
            session.execute(insert(Debt), [{"id": i, "account_id": i} for i in ids])
            contacts = [{"account_id": i, "party_id": i, "role": "accounts payable"} for i in ids]
            session.execute(insert(Contact), contacts)
            session.execute(insert(Phone), [_phone(i) for i in ids])
            session.execute(insert(Invoice), invoices)
            session.execute(insert(Payment), [_payment(i) for i in paid])
            session.execute(insert(Allocation), [_allocation(i) for i in paid])


def _party(i: int) -> dict[str, Any]:
    return {
        "id": i,
        "kind": "business",
        "name": f"Debtor {i} Ltd",
        "email": f"ap{i}@example.com",
        "postal_code": "60607",
        "created_at": NOW,
    }


def _account(i: int) -> dict[str, Any]:
    return {
        "id": i,
        "number": f"A-{i}",
        "party_id": i,
        "profile": "b2b-first-party",
        "currency": "USD",
        "stage_since": NOW.date(),
        "opened_on": NOW.date() - timedelta(days=i % 900),
    }


def _phone(i: int) -> dict[str, Any]:
    return {"party_id": i, "number": f"+1312{i:07}", "kind": "office", "zones": [], "jurisdictions": []}


def _invoices(ids: range, dice: random.Random) -> Iterator[dict[str, Any]]:
    for i in ids:
        for n in range(INVOICES):
            issued = NOW.date() - timedelta(days=dice.randrange(0, 90))
            amount = int(dice.lognormvariate(11.5, 1.0))
            yield {
                "id": i * INVOICES + n,
                "account_id": i,
                "debt_id": i,
                "number": f"I-{i}-{n}",
                "issued": issued,
                "due": issued + timedelta(days=30),
                "amount_minor": amount,
                "open_minor": 0 if dice.random() < 0.3 else amount,
            }


def _payment(invoice: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": invoice["id"],
        "account_id": invoice["account_id"],
        "received_on": NOW.date(),
        "amount_minor": invoice["amount_minor"],
    }


def _allocation(invoice: dict[str, Any]) -> dict[str, Any]:
    return {
        "payment_id": invoice["id"],
        "invoice_id": invoice["id"],
        "amount_minor": invoice["amount_minor"],
    }


def measure(accounts: int) -> dict[str, Any]:
    """Build the book and run three days."""
    with tempfile.TemporaryDirectory() as folder:
        book = open_book(Path(folder) / "book.db")
        began = time.perf_counter()
        build(book, accounts)
        found: dict[str, Any] = {"accounts": accounts, "build_s": round(time.perf_counter() - began, 1)}
        for day in range(3):
            now = NOW + timedelta(days=day)
            began, cpu = time.perf_counter(), time.process_time()
            report = run_stages(book, now.date(), now)
            found[f"day_{day + 1}_s"] = round(time.perf_counter() - began, 1)
            found[f"day_{day + 1}_cpu_s"] = round(time.process_time() - cpu, 1)
            found[f"day_{day + 1}"] = dict(report.counts)
            assert report.accounts == accounts
        began = time.perf_counter()
        assert run_stages(book, now.date(), now).accounts == 0
        found["again_s"] = round(time.perf_counter() - began, 2)
        book.close()
        return found


if __name__ == "__main__":
    print(json.dumps(measure(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)))
