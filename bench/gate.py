"""What a decision costs: the whole gate over 1,000 past contacts, and loading rules and scripts.

Beside it, in the same run, a bare Python loop of 1,000 comparisons of instants: the least that looking at
the past contacts can take. Where it is not known in which state the person is, the rules of every state are
judged; that is timed too. Goals: a decision at most 1 ms, the scripts loaded in at most 60 ms.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from compliance.contact import ContactFacts, Medium, PastAttempt
from compliance.gate import decide
from compliance.rulebook import Rulebook
from scripts.catalog import Catalog


def best_ms(work: Callable[[], object], times: int) -> float:
    """The fastest of so many runs: what the work costs when nothing else disturbs it."""
    taken = []
    for _ in range(times):
        begin = time.perf_counter()
        work()
        taken.append(time.perf_counter() - begin)
    return min(taken) * 1e3


def main() -> None:
    rulebook, noon = Rulebook.load(), datetime(2026, 11, 18, 18, tzinfo=UTC)
    past = tuple(
        PastAttempt(noon - timedelta(minutes=97 * i), Medium.CALL, frozenset({i % 3}), "+13125550151", True)
        for i in range(1000)
    )
    facts = ContactFacts(
        "consumer-third-party",
        Medium.CALL,
        1,
        frozenset({1}),
        "US",
        "+13125550151",
        zones=("America/New_York", "America/Los_Angeles"),
        attempts=past,
    )
    placed = replace(facts, jurisdictions=("US-CA", "US-NY"))
    week = noon - timedelta(days=7)
    decision = best_ms(lambda: decide(placed, rulebook, noon), 200)
    anywhere = best_ms(lambda: decide(facts, rulebook, noon), 200)
    bare = best_ms(lambda: sum(1 for a in past if a.at > week and 1 in a.debt_ids), 200)
    scripts = best_ms(Catalog.load, 8)
    rules = best_ms(Rulebook.load, 5)
    print(
        json.dumps(
            {
                "bench": "gate",
                "decision_ms": round(decision, 3),
                "place_unknown_ms": round(anywhere, 3),
                "bare_loop_ms": round(bare, 3),
                "ratio": round(decision / bare, 1),
                "goal_ms": 1.0,
                "met": decision <= 1.0,
                "scripts_load_ms": round(scripts, 1),
                "rulebook_load_ms": round(rules, 1),
            }
        )
    )


if __name__ == "__main__":
    main()
