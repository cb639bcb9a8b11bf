"""Decide, reserve and record: how long a collector's key takes in a book of 1,000,000 attempts.

A real book on disk (SQLite, WAL, synchronous FULL). Twenty collectors, each a thread of one process as in the
switchboard, call at random moments, each about once a second, far more than people can. Every call is
the whole transaction: facts loaded, gate asked, attempt, call and decision written, audit log appended and
flushed to disk. Beside it, in the same run and at the same pace, a bare sqlite3 transaction that appends one
row of the same size: the least any durable record can take. Goal: p99 at most 10 ms.

    python -m bench.authorise [accounts] [calls a collector]
"""

from __future__ import annotations

import json
import random
import sqlite3
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert

from workstation.desk.book import CallRequest
from workstation.desk.roles import Role
from workstation.store.book import SqlBook, open_book
from workstation.store.queue_build import place_unlisted
from workstation.store.tables import Account, Attempt, Contact, Debt, Invoice, Party, Phone, User

COLLECTORS = 20
ATTEMPTS = 50
GOAL_MS = 10.0
PACE_S = 1.0
NOW = datetime(2026, 11, 18, 20, tzinfo=UTC)
CHUNK = 2_000


def build(book: SqlBook, accounts: int) -> list[int]:
    """Insert accounts with fifty old attempts each, and the collectors; returns the collectors' ids."""
    for start in range(1, accounts + 1, CHUNK):
        ids = range(start, min(start + CHUNK, accounts + 1))
        with book.database.write() as session:
            session.execute(insert(Party), [_party(i) for i in ids])
            session.execute(insert(Account), [_account(i) for i in ids])
            session.execute(insert(Debt), [{"id": i, "account_id": i} for i in ids])
            session.execute(
                insert(Contact),
                [{"account_id": i, "party_id": i, "role": "accounts payable", "rank": 0} for i in ids],
            )
            session.execute(insert(Phone), [_phone(i) for i in ids])
            session.execute(insert(Invoice), [_invoice(i) for i in ids])
            session.execute(insert(Attempt), list(_attempts(ids)))
            place_unlisted(session, ids)
    with book.database.write() as session:
        users = [
            User(
                username=f"c{i}",
                full_name=f"Collector {i}",
                role=Role.COLLECTOR.value,
                password_hash="-",
                created_at=NOW,
            )
            for i in range(COLLECTORS)
        ]
        session.add_all(users)
        session.flush()
        return [user.id for user in users]


def _party(i: int) -> dict[str, Any]:
    return {"id": i, "kind": "business", "name": f"Debtor {i} Ltd", "postal_code": "60607", "created_at": NOW}


def _account(i: int) -> dict[str, Any]:
    return {
        "id": i,
        "number": f"A-{i}",
        "party_id": i,
        "profile": "b2b-first-party",
        "currency": "USD",
        "company": "Bradford Supply",
        "stage": 4,
        "stage_since": NOW.date(),
        "opened_on": NOW.date() - timedelta(days=400),
    }


def _phone(i: int) -> dict[str, Any]:
    return {
        "id": i,
        "party_id": i,
        "number": f"+1312{i % 10_000_000:07d}",
        "kind": "office",
        "zones": ["America/Chicago"],
        "jurisdictions": ["US-IL"],
    }


def _invoice(i: int) -> dict[str, Any]:
    return {
        "account_id": i,
        "debt_id": i,
        "number": f"I{i}",
        "issued": NOW.date() - timedelta(days=80),
        "due": NOW.date() - timedelta(days=50),
        "amount_minor": 100_000,
        "open_minor": 100_000,
    }


def _attempts(ids: range) -> Iterator[dict[str, Any]]:
    for i in ids:
        for n in range(ATTEMPTS):
            yield {
                "account_id": i,
                "party_id": i,
                "at": NOW - timedelta(days=8 + n * 1.8),
                "medium": "call",
                "debt_ids": [i],
                "number": f"+1312{i % 10_000_000:07d}",
                "connected": True,
                "settled": True,
            }


def at_pace(work: Callable[[int, int], None], calls: int) -> list[float]:
    """Let twenty threads do the work at random moments; return milliseconds of each."""
    took: list[float] = []
    lock = threading.Lock()

    def collector(which: int) -> None:
        dice = random.Random(which)
        for n in range(calls):
            time.sleep(dice.expovariate(1 / PACE_S))
            begun = time.perf_counter()
            work(which, n)
            spent = (time.perf_counter() - begun) * 1000
            with lock:
                took.append(spent)

    threads = [threading.Thread(target=collector, args=(i,)) for i in range(COLLECTORS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return took


def bare(path: Path, calls: int, size: int) -> list[float]:
    """The least: one durable row of the same size."""
    local = threading.local()
    with sqlite3.connect(path) as first:
        first.execute("PRAGMA journal_mode=WAL")
        first.execute("CREATE TABLE log (id INTEGER PRIMARY KEY, line TEXT)")
    line = "x" * size

    def append(_which: int, _n: int) -> None:
        if not hasattr(local, "db"):
            local.db = sqlite3.connect(path, timeout=10, isolation_level=None)
            local.db.execute("PRAGMA synchronous=FULL")
        local.db.execute("BEGIN IMMEDIATE")
        local.db.execute("INSERT INTO log (line) VALUES (?)", (line,))
        local.db.execute("COMMIT")

    return at_pace(append, calls)


def p99(values: list[float]) -> float:
    return statistics.quantiles(values, n=100)[-1]


def main() -> None:
    accounts = int(sys.argv[1]) if sys.argv[1:] else 20_000
    calls = int(sys.argv[2]) if sys.argv[2:] else 40
    with tempfile.TemporaryDirectory() as folder:
        book = open_book(Path(folder) / "book.db")
        users = build(book, accounts)
        dice = random.Random(7)
        targets = dice.sample(range(1, accounts + 1), COLLECTORS * (calls + 1))

        def call(which: int, n: int) -> None:
            i = targets[which * calls + n]
            book.authorise(CallRequest(i, i, i, users[which], "1001"), NOW + timedelta(seconds=n))

        book.authorise(CallRequest(targets[-1], targets[-1], targets[-1], users[0], "1001"), NOW)
        ours = at_pace(call, calls)
        least = bare(Path(folder) / "bare.db", calls, 6_000)
        sound = book.verify_audit().sound
        book.close()
    print(
        json.dumps(
            {
                "bench": "decide, reserve, record",
                "attempts_in_book": accounts * ATTEMPTS,
                "collectors": COLLECTORS,
                "calls": len(ours),
                "median_ms": round(statistics.median(ours), 2),
                "p99_ms": round(p99(ours), 2),
                "goal_p99_ms": GOAL_MS,
                "met": p99(ours) <= GOAL_MS,
                "bare_median_ms": round(statistics.median(least), 2),
                "bare_p99_ms": round(p99(least), 2),
                "audit_sound": sound,
            }
        )
    )


if __name__ == "__main__":
    main()
