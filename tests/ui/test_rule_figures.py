"""The rules' figures on screen: the table with its charts, and the way to the findings and the call."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from scripts.catalog import Catalog
from tests.fixtures.book import Demo
from tests.ui.conftest import Story, at_place
from tests.ui.test_audit import call_to_review
from workstation.auditing import AuditRoom
from workstation.desk.audit import Sampling
from workstation.desk.audit_figures import Judged, Lift, Share, VerdictLine
from workstation.desk.rule_table import Found, RuleName, RuleTable, months_back, rule_table

Snapshot = Callable[[str, str], None]


def auditing(
    demo: Demo, scripts: Catalog, size: tuple[int, int] = (132, 43), username: str = "morgan"
) -> AbstractAsyncContextManager[Story]:
    room = AuditRoom(demo.book, Path(), Path())
    return at_place(demo.book, scripts, "audit", username, size, clock=lambda: demo.now, auditing=room)


NAMES = {
    "forbidden.arrest": RuleName("Threat of arrest or jail", "critical", "15 USC 1692e(4)"),
    "forbidden.insult": RuleName("Insult [/b] of the debtor", "high", "15 USC 1692d(2)"),
    "disclosure.mini-miranda": RuleName("Mini-Miranda", "high", "12 CFR 1006.18(e)"),
    "cue.dispute": RuleName("The debtor disputes the debt", "medium", "15 USC 1692g(b)"),
    "mismatch.right-party": RuleName("wrong number, but the right party answered"),
    "forbidden.seizure": RuleName("Threat of seizing property or wages", "critical", "15 USC 1692e(4)"),
}
FOUND = {
    "forbidden.arrest": (2, 3, 1, 0, 2, 5, 4, 2, 1, 1, 2, 1),
    "forbidden.insult": (9, 8, 11, 12, 9, 10, 8, 14, 22, 25, 31, 12),
    "disclosure.mini-miranda": (40, 38, 41, 36, 30, 28, 25, 24, 20, 18, 15, 6),
    "cue.dispute": (12, 15, 11, 13, 12, 14, 15, 12, 13, 12, 14, 7),
    "mismatch.right-party": (0, 0, 0, 0, 0, 0, 1, 2, 1, 0, 1, 0),
}
JUDGED = {
    "forbidden.arrest": ((0, 0),) * 4 + ((1, 1), (4, 5), (3, 3), (2, 2), (1, 1), (1, 1), (2, 2), (1, 1)),
    "forbidden.insult": ((0, 0),) * 6 + ((3, 5), (2, 6), (3, 12), (2, 14), (3, 18), (1, 7)),
    "disclosure.mini-miranda": ((0, 0),) * 3 + ((6, 9),) * 4 + ((8, 10),) * 5,
    "cue.dispute": ((0, 0),) * 11 + ((2, 2),),
}


def a_year(today: datetime) -> RuleTable:
    """A year of a floor: a rule that got worse, one that got better, one unjudged, one that was missed."""
    months = months_back(today.date())
    verdicts = []
    for rule, course in JUDGED.items():
        for month, (right, of) in zip(months, course, strict=True):
            at = datetime(month.year, month.month, 2, 12, tzinfo=UTC)
            for n in range(of):
                judged = Judged.CONFIRMED if n < right else Judged.REJECTED
                verdicts.append(VerdictLine(f"{rule}{at}{n}", rule, "1", judged, at, n == 0))
    verdicts += [VerdictLine(f"m{n}", "forbidden.seizure", "", Judged.ADDED, today, n == 0) for n in range(2)]
    found = [
        Found(rule, month, count, count)
        for rule, course in FOUND.items()
        for month, count in zip(months, course, strict=True)
    ]
    in_all = (300, 310, 295, 320, 305, 300, 312, 330, 340, 325, 335, 150)
    calls: dict[date | None, int] = {None: 40, **dict(zip(months, in_all, strict=True))}
    lift = Lift(Share(34, 100), Share(9, 120), 34 / 9 * 1.2, 2.1)
    return rule_table(verdicts, found, calls, NAMES, months, UTC, lift)


@pytest.mark.parametrize("size", [(132, 43), (80, 24)])
async def test_the_table_and_its_charts(
    demo_book: Demo,
    scripts: Catalog,
    snapshot: Snapshot,
    monkeypatch: pytest.MonkeyPatch,
    size: tuple[int, int],
) -> None:
    table = a_year(demo_book.now)
    monkeypatch.setattr(demo_book.book, "rule_table", lambda _user, _now: table)
    async with auditing(demo_book, scripts, size) as s:
        await s.keys("f")
        snapshot(f"audit-rules-{size[0]}x{size[1]}", s.grid)
        assert "Insult [/b] of the debtor" in s.line("▸"), "most false alarms first, and text is no markup"
        assert "! " in s.line("▸"), "more often wrong than right, for certain"
        await s.keys("b")
        assert "by findings" in s.grid
        assert "Mini-Miranda" in s.line("▸")
        await s.keys("b")
        assert "Threat of seizing" in s.line("▸"), "what was missed"
        await s.keys("b", "down", "escape")
        assert "AUDIT" in s.grid.splitlines()[0]


async def test_from_a_rule_to_its_findings_to_the_second_of_the_call(
    demo_book: Demo, scripts: Catalog, snapshot: Snapshot
) -> None:
    book, now = demo_book.book, demo_book.now
    call_id = call_to_review(book, now)
    book.sampling = Sampling(0)
    morgan = book.find_user("morgan").user_id
    (number, _), *_ = book.numbered_findings(call_id)
    book.judge_finding(call_id, morgan, f"finding:{number}", Judged.REJECTED, "he denied it [/b]", now)
    book.release_review(call_id, morgan)
    for size in ((80, 24), (132, 43)):
        async with auditing(demo_book, scripts, size) as s:
            # Typed in one burst: figures, the worst rule, its findings.
            await s.keys("f", "enter")
            assert "FINDINGS" in s.grid.splitlines()[0]
            assert s.line("forbidden.arrest").endswith(" 1 finding")
            snapshot(f"audit-findings-{size[0]}x{size[1]}", s.grid)
            await s.keys("enter")
            assert "▸00:21" in s.grid, "the call opens where the words were said"
            await s.keys("escape", "escape", "escape")
            assert "AUDIT" in s.grid.splitlines()[0]


async def test_a_collector_sees_no_figures(demo_book: Demo, scripts: Catalog) -> None:
    async with auditing(demo_book, scripts, username="dana") as s:
        await s.keys("f")
        assert "may not audit calls" in s.message
        assert s.app.audit_rules.head is None


async def test_nothing_was_found_yet(demo_book: Demo, scripts: Catalog) -> None:
    async with auditing(demo_book, scripts) as s:
        await s.keys("f")
        assert "No rule has found anything yet" in s.grid
        await s.keys("enter")
        assert "No rule is chosen." in s.message
