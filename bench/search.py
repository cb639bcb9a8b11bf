"""The search over what was said, in a book of 1,000,000 segments.

``python -m bench.search`` fills a SQLite book (25,000 calls of 40 segments, words as often as in speech: a
few very common, most rare), asks for common and rare words, alone and among one collector's, account's or
week's calls or those with a finding, and prints one JSON line: milliseconds p50 and p95 over all questions
(goal: p95 under 100 ms), the slowest of each kind, and the ratio to the bare FTS5 query for the same words in
the same run. ``--segments`` makes it smaller.
"""

from __future__ import annotations

import argparse
import json
import random
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import insert, text

from tests.fixtures.book import make_shop
from workstation.desk.roles import Role
from workstation.desk.talk_search import TalkSearch
from workstation.store.book import SqlBook, open_book
from workstation.store.tables import Account, CallRow, Decision, FindingRow, Party, Segment

START = datetime(2025, 1, 6, 15, tzinfo=UTC)
A_CALL = 40
COMMON = (
    "the",
    "you",
    "to",
    "i",
    "and",
    "a",
    "that",
    "is",
    "of",
    "it",
    "we",
    "for",
    "on",
    "this",
    "pay",
    "have",
    "not",
    "will",
    "your",
    "be",
    "can",
    "my",
    "me",
    "payment",
    "invoice",
)
COLLECTORS = 20
ACCOUNTS = 5000
ROUNDS = 3


def main() -> None:
    """Fill the book, ask, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--segments", type=int, default=1_000_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="dunline-bench-") as folder:
        book = open_book(Path(folder) / "book.db")
        before = time.monotonic()
        users = fill(book, options.segments)
        filled = time.monotonic() - before
        times: dict[str, list[float]] = {}
        bare: list[float] = []
        same: list[float] = []
        for _ in range(ROUNDS):
            for kind, wanted in questions(users):
                took = clocked(lambda w=wanted: book.search_talk(w))
                times.setdefault(kind, []).append(took)
                if kind in ("common word", "rare word", "two words"):
                    same.append(took)
                    bare.append(clocked(lambda w=wanted: raw(book, w.words)))
        every = [t for kind in times.values() for t in kind]
        book.close()
    print(
        json.dumps(
            {
                "bench": "search",
                "segments": options.segments,
                "fill_seconds": round(filled, 1),
                "ms_p50": round(float(np.percentile(every, 50)), 2),
                "ms_p95": round(float(np.percentile(every, 95)), 2),
                "ms_most_by_kind": {kind: round(max(found), 2) for kind, found in times.items()},
                "ratio_to_bare_fts5": round(float(np.median(np.array(same) / np.array(bare))), 2),
            }
        )
    )


def clocked(work: Any) -> float:
    """Milliseconds that `work` takes."""
    before = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - before)


def raw(book: SqlBook, words: str) -> list[Any]:
    """The shortest way to ask FTS5 itself: the newest fifty texts that hold the words."""
    asked = " AND ".join(f'"{w}"' for w in words.split())
    with book.database.read() as session:
        return list(
            session.execute(
                text(
                    "SELECT rowid, text FROM segment_words WHERE segment_words MATCH :asked "
                    "ORDER BY rowid DESC LIMIT 50"
                ),
                {"asked": f"text : ({asked})"},
            )
        )


def questions(users: list[int]) -> Iterator[tuple[str, TalkSearch]]:
    """What is asked: words from the most common to the rarest, alone and narrowed down."""
    chance = random.Random(7)
    for word in ("the", "you", "pay", "invoice"):
        yield "common word", TalkSearch(word)
    for n in (100, 3000, 19_000):
        yield "rare word", TalkSearch(f"word{n}")
    for words in ("pay invoice", "the payment", "the word3000", "you word100"):
        yield "two words", TalkSearch(words)
    for word in ("the", "pay", "word100", "word3000"):
        yield "one collector", TalkSearch(word, collector_id=chance.choice(users))
        yield "one account", TalkSearch(word, account_id=chance.randrange(1, ACCOUNTS))
        since = START + timedelta(days=chance.randrange(20, 400))
        yield "one week", TalkSearch(word, since=since, until=since + timedelta(days=7))
        yield "a common finding", TalkSearch(word, rule="disclosure.recording")
        yield "a rare finding", TalkSearch(word, rule="forbidden.arrest")
    yield "nothing", TalkSearch("never said")


def fill(book: SqlBook, segments: int) -> list[int]:
    """Make calls and their words; returns the collectors' ids."""
    shop = make_shop(book, START)
    users = [
        book.create_user(f"c{n}", f"Collector {n}", Role.COLLECTOR, "correct horse", START)
        for n in range(COLLECTORS)
    ]
    rng = np.random.default_rng(1)
    rare = [f"word{n}" for n in range(20_000)]
    vocabulary = np.array([*COMMON, *rare])
    weights = 1 / (np.arange(len(vocabulary)) + 2.7)  # Zipf-Mandelbrot, as words in speech
    weights /= weights.sum()
    calls = segments // A_CALL
    with book.database.write() as session:
        account = session.get_one(Account, shop.account)
        kept = {c.key: getattr(account, c.key) for c in Account.__mapper__.columns if c.key != "id"}
        session.execute(insert(Account), [{**kept, "number": f"Z-{n}"} for n in range(ACCOUNTS - 1)])
        party = session.get_one(Party, account.party_id).id
    step = timedelta(days=420) / calls
    for first in range(0, calls, 500):
        numbers = range(first, min(first + 500, calls))
        drawn = iter(rng.choice(vocabulary, size=len(numbers) * A_CALL * 9, p=weights))
        with book.database.write() as session:
            session.execute(insert(Decision), [_decision(n, START + n * step, party, users) for n in numbers])
            session.execute(insert(CallRow), [_call(n, START + n * step, party, users) for n in numbers])
            session.execute(
                insert(Segment),
                [
                    {
                        "call_id": f"call-{n:08}",
                        "leg": ("agent", "debtor")[i % 2],
                        "start": 4.0 * i,
                        "end": 4.0 * i + 3.5,
                        "text": " ".join(words := [str(next(drawn)) for _ in range(9)]),
                        "words": [
                            [w, 4.0 * i + k * 0.3, 4.0 * i + k * 0.3 + 0.2, 0.9] for k, w in enumerate(words)
                        ],
                        "source": "live",
                        "replaced_at": None,
                    }
                    for n in numbers
                    for i in range(A_CALL)
                ],
            )
            session.execute(insert(FindingRow), [f for n in numbers for f in _findings(n, START + n * step)])
    return users


def _decision(n: int, at: datetime, party: int, users: list[int]) -> dict[str, Any]:
    return {
        "id": f"decision-{n:08}", "at": at, "permitted": True, "call_id": f"call-{n:08}",
        "account_id": 1 + n % ACCOUNTS, "party_id": party, "collector_id": users[n % len(users)],
        "medium": "call", "number": "", "profile": "b2b-first-party", "rulebook": "x", "valid_until": None,
        "retry_at": None, "facts": {}, "checks": [],
    }  # fmt: skip


def _call(n: int, at: datetime, party: int, users: list[int]) -> dict[str, Any]:
    return {
        "id": f"call-{n:08}", "decision_id": f"decision-{n:08}", "account_id": 1 + n % ACCOUNTS,
        "party_id": party, "collector_id": users[n % len(users)], "number": "", "agent_leg": "1001",
        "profile": "b2b-first-party", "party_name": "x", "currency": "USD", "zone": "America/Chicago",
        "state": "ended", "reserved_at": at, "ended_at": at, "evidence": {}, "recordings": {},
    }  # fmt: skip


def _findings(n: int, at: datetime) -> list[dict[str, Any]]:
    """A disclosure on every second call; a threat of arrest on every five-hundredth."""
    rules = [
        rule for rule, every in (("disclosure.recording", 2), ("forbidden.arrest", 500)) if n % every == 0
    ]
    return [
        {
            "call_id": f"call-{n:08}", "at": at, "rule_id": rule, "rule_version": "1", "kind": "x",
            "title": "x", "severity": "high", "citation": "x", "leg": "agent", "verdict": "heard",
            "start": 1.0, "end": 2.0, "confidence": 0.9, "words": [],
        }
        for rule in rules
    ]  # fmt: skip


if __name__ == "__main__":
    main()
