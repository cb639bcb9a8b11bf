"""How fast a book of a million accounts opens its queue.

Builds a book with bulk inserts in a temporary file, then measures the first page, a deep page, the head line
and the first page of those not callable, as the screen asks for them, beside a bare ``SELECT ... LIMIT``
through sqlite3 on the same file in the same run. One JSON line.

    python -m bench.queue [accounts]
"""

from __future__ import annotations

import json
import random
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from workstation.desk.roles import Role
from workstation.store.book import SqlBook, open_book
from workstation.store.tables import Account, Party, QueueEntry

NOW = datetime(2026, 11, 18, 20, tzinfo=UTC)
ZONES = ("America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles")
CHUNK = 20_000
PAGE = 50


def build(book: SqlBook, accounts: int) -> None:
    """Insert parties, accounts and their queue entries; the write path is not what is measured here."""
    dice = random.Random(1)
    for start in range(1, accounts + 1, CHUNK):
        ids = range(start, min(start + CHUNK, accounts + 1))
        with book.database.write() as session:
            session.execute(insert(Party), list(_parties(ids)))
            session.execute(insert(Account), list(_accounts(ids)))
            session.execute(insert(QueueEntry), list(_entries(ids, dice)))


def _parties(ids: range) -> Iterator[dict[str, Any]]:
    for i in ids:
        yield {"id": i, "kind": "business", "name": f"Debtor {i} Ltd", "created_at": NOW}


def _accounts(ids: range) -> Iterator[dict[str, Any]]:
    for i in ids:
        yield {
            "id": i,
            "number": f"A-{i}",
            "party_id": i,
            "profile": "b2b-first-party",
            "currency": "USD",
            "stage_since": NOW.date(),
            "opened_on": NOW.date(),
        }


def _entries(ids: range, dice: random.Random) -> Iterator[dict[str, Any]]:
    for i in ids:
        due = int(dice.lognormvariate(11.5, 1.0))
        zone = dice.randrange(4)
        opens = NOW if dice.random() < 0.8 else NOW + timedelta(hours=dice.randrange(1, 90))
        held = dice.random() < 0.03
        yield {
            "account_id": i,
            "tier": dice.choices((2, 3, 6, 7), (1, 1, 94, 4))[0],
            "order_key": -due * dice.random(),
            "window_from": None if held else opens,
            "window_until": None if held else opens + timedelta(hours=1 + zone),
            "stale_at": NOW + timedelta(hours=1 + zone),
            "number": f"A-{i}",
            "name": f"Debtor {i} Ltd",
            "currency": "USD",
            "due_minor": due,
            "oldest_due": NOW.date() - timedelta(days=dice.randrange(1, 150)),
            "zone": ZONES[zone],
            "reasons": ["bucket 61-90 in 4 days", "never called"],
            "refusal": "" if opens == NOW and not held else "1 of 1 attempts used today · House policy",
        }


def median_ms(work: Callable[[], Any], times: int = 7) -> float:
    """Median wall time in milliseconds."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        taken.append((time.perf_counter() - began) * 1000)
    return statistics.median(taken)


def measure(accounts: int) -> dict[str, float]:
    """Build the book and measure it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "book.db"
        book = open_book(path)
        user = book.create_user("dana", "Dana", Role.COLLECTOR, "benchmark only", NOW)
        began = time.perf_counter()
        build(book, accounts)
        built = time.perf_counter() - began
        book.close()
        opening = time.perf_counter()
        book = open_book(path)
        first = book.queue_page(user, NOW, 0, PAGE)
        cold = (time.perf_counter() - opening) * 1000
        assert len(first.rows) == PAGE
        raw = sqlite3.connect(path)
        bare = "SELECT * FROM queue_entries ORDER BY tier, order_key, account_id LIMIT 50"
        found = {
            "accounts": accounts,
            "build_s": round(built, 1),
            "open_and_first_page_ms": round(cold, 1),
            "first_page_ms": round(median_ms(lambda: book.queue_page(user, NOW, 0, PAGE)), 2),
            "deep_page_ms": round(median_ms(lambda: book.queue_page(user, NOW, accounts // 2, PAGE)), 2),
            "counts_ms": round(median_ms(lambda: book.queue_counts(user, NOW)), 2),
            "later_page_ms": round(median_ms(lambda: book.queue_page(user, NOW, 0, PAGE, later=True)), 2),
            "bare_select_ms": round(median_ms(lambda: raw.execute(bare).fetchall()), 3),
        }
        found["first_page_over_bare"] = round(found["first_page_ms"] / found["bare_select_ms"], 1)
        raw.close()
        book.close()
        return found


if __name__ == "__main__":
    print(json.dumps(measure(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)))
