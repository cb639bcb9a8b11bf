"""How long the supervisor's list takes over many calls.

Builds a book with bulk inserts in a temporary file: calls with a finding on two of three, a mismatch on one
of ten; then ranks them all and reads the first page, as the screen does. Beside it a raw loop that only
reads the same rows, so that the ratio says what ranking costs on any machine. Medians of five; CPU seconds.
One JSON line.

    python -m bench.audit [calls]
"""

from __future__ import annotations

import json
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert, select

from workstation.desk.audit import rank
from workstation.desk.roles import Role
from workstation.store import review_read
from workstation.store.book import SqlBook, open_book
from workstation.store.tables import Account, CallRow, Decision, FindingRow, MismatchRow, Party

NOW = datetime(2026, 11, 18, 20, tzinfo=UTC)
CHUNK = 10_000
RULES = (
    ("forbidden.arrest", "forbidden", "critical", "heard"),
    ("disclosure.mini-miranda", "disclosure", "high", "missing"),
    ("disclosure.identity", "disclosure", "medium", "inconclusive"),
    ("cue.dispute", "cue", "high", "heard"),
)


def build(book: SqlBook, calls: int) -> int:
    """Insert calls with their findings; writing them is not what is measured. Returns the supervisor's id."""
    dice = random.Random(1)
    user = book.create_user("morgan", "Morgan", Role.SUPERVISOR, "correct horse", NOW)
    with book.database.write() as session:
        session.execute(insert(Party), [{"id": 1, "kind": "business", "name": "Debtor", "created_at": NOW}])
        session.execute(
            insert(Account),
            [
                {
                    "id": 1,
                    "number": "A-1",
                    "party_id": 1,
                    "profile": "b2b-first-party",
                    "currency": "USD",
                    "stage": 4,
                    "stage_since": NOW.date(),
                    "opened_on": NOW.date(),
                }
            ],
        )
    for start in range(0, calls, CHUNK):
        ids = [f"{n:016x}" for n in range(start, min(start + CHUNK, calls))]
        with book.database.write() as session:
            session.execute(insert(Decision), [_decision(i, user) for i in ids])
            session.execute(insert(CallRow), [_call(i, user, dice) for i in ids])
            session.execute(insert(FindingRow), [_finding(i, dice) for i in ids if dice.random() < 2 / 3])
            session.execute(insert(MismatchRow), [_mismatch(i, dice) for i in ids if dice.random() < 0.1])
    return user


def _decision(call_id: str, user: int) -> dict[str, Any]:
    return {
        "id": call_id,
        "at": NOW,
        "permitted": True,
        "call_id": call_id,
        "account_id": 1,
        "party_id": 1,
        "collector_id": user,
        "medium": "call",
        "profile": "b2b-first-party",
        "rulebook": "",
        "facts": {},
        "checks": [],
    }


def _call(call_id: str, user: int, dice: random.Random) -> dict[str, Any]:
    return {
        "id": call_id,
        "decision_id": call_id,
        "account_id": 1,
        "party_id": 1,
        "collector_id": user,
        "number": "+13125550101",
        "agent_leg": "practice",
        "profile": "b2b-first-party",
        "party_name": "Jordan Reyes",
        "currency": "USD",
        "zone": "America/Chicago",
        "state": "ended",
        "reserved_at": NOW - timedelta(minutes=dice.randrange(43_200)),
        "ended_at": NOW,
        "talk_seconds": 90.0,
        "judged": True,
        "evidence": {},
        "recordings": {},
        "disposition": "RPC_REFUSED",
    }


def _finding(call_id: str, dice: random.Random) -> dict[str, Any]:
    rule, kind, severity, verdict = dice.choice(RULES)
    return {
        "call_id": call_id,
        "at": NOW,
        "rule_id": rule,
        "rule_version": "1",
        "kind": kind,
        "title": rule,
        "severity": severity,
        "citation": "",
        "leg": "agent",
        "verdict": verdict,
        "start": 1.0,
        "end": 2.0,
        "confidence": dice.random(),
        "words": [],
    }


def _mismatch(call_id: str, dice: random.Random) -> dict[str, Any]:
    return {
        "call_id": call_id,
        "at": NOW,
        "kind": "DISPUTE",
        "disposition": "RPC_REFUSED",
        "words": "",
        "confidence": dice.random(),
    }


def cpu(work: Callable[[], Any]) -> float:
    """Median CPU seconds of five runs."""
    taken = []
    for _ in range(5):
        began = time.process_time()
        work()
        taken.append(time.process_time() - began)
    return statistics.median(taken)


def main(calls: int) -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as folder:
        book = open_book(Path(folder) / "book.db")
        user = build(book, calls)

        def rows() -> int:
            with book.database.read() as session:
                found = session.execute(select(CallRow.id, CallRow.reserved_at, CallRow.disposition))
                findings = session.execute(
                    select(FindingRow.call_id, FindingRow.rule_id, FindingRow.severity, FindingRow.confidence)
                )
                return sum(1 for _ in found) + sum(1 for _ in findings)

        def ranked() -> int:
            with book.database.read() as session:
                return len(rank(review_read.facts(session)))

        raw, ranking = cpu(rows), cpu(ranked)
        page = cpu(lambda: book.audit_list(user, NOW))
        print(
            json.dumps(
                {
                    "calls": calls,
                    "listed": book.audit_list(user, NOW).total,
                    "raw_loop_cpu_s": round(raw, 3),
                    "ranked_cpu_s": round(ranking, 3),
                    "page_cpu_s": round(page, 3),
                    "ratio": round(page / raw, 1),
                }
            )
        )
        book.close()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 50_000)
