"""The table of rules: what counts in which month, and what an order puts first."""

from __future__ import annotations

from datetime import UTC, date, datetime
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest

from workstation.desk.audit_figures import Judged, Share, VerdictLine
from workstation.desk.rule_table import Found, Order, RuleName, months_back, ordered, rule_table

CHICAGO = ZoneInfo("America/Chicago")
OCTOBER, NOVEMBER = date(2026, 10, 1), date(2026, 11, 1)
#: In Chicago still the last of October.
NIGHT = datetime(2026, 11, 1, 4, 30, tzinfo=UTC)
NOON = datetime(2026, 11, 18, 18, tzinfo=UTC)


def said(
    rule: str, judged: Judged, at: datetime = NOON, *, version: str = "1", sampled: bool = False
) -> VerdictLine:
    return VerdictLine(f"{rule}{at}", rule, version, judged, at, sampled)


@pytest.mark.parametrize(
    ("today", "months"),
    [
        (date(2026, 11, 27), (date(2026, 9, 1), date(2026, 10, 1), date(2026, 11, 1))),
        (date(2026, 1, 31), (date(2025, 11, 1), date(2025, 12, 1), date(2026, 1, 1))),
    ],
)
def test_months_go_over_the_turn_of_the_year(today: date, months: tuple[date, ...]) -> None:
    assert months_back(today, 3) == months


def test_versions_are_one_rule_and_months_are_the_floor_s() -> None:
    table = rule_table(
        [
            said("a", Judged.CONFIRMED, NIGHT, version="1", sampled=True),
            said("a", Judged.REJECTED, version="2"),
            said("a", Judged.ADDED, version="", sampled=True),
            said("b", Judged.ADDED, version=""),
        ],
        [Found("a", None, 4, 3), Found("a", OCTOBER, 2, 2), Found("a", NOVEMBER, 1, 1)],
        {None: 50, OCTOBER: 20, NOVEMBER: 0},
        {"a": RuleName("Rule A", "high", "12 CFR 1006")},
        (OCTOBER, NOVEMBER),
        CHICAGO,
    )
    assert (table.calls, table.judged) == (70, 2)
    a, b = table.lines
    assert (a.name.title, a.figures.findings, a.figures.calls, a.judged_calls) == ("Rule A", 7, 6, 70)
    assert a.per_100 == Fraction(10)
    assert (a.figures.precision, a.figures.recall, a.false_alarms, a.missed) == (
        Share(1, 2),
        Share(1, 2),
        1,
        1,
    )
    assert [m.precision for m in a.months] == [Share(1, 1), Share(0, 1)]
    assert [m.per_100 for m in a.months] == [Fraction(10), None], "no call, no rate"
    assert (b.name.title, b.per_100, b.missed) == ("b", Fraction(0), 1), "what no rule is installed for"


def test_orders() -> None:
    verdicts = [
        *(said("wrong", Judged.REJECTED, NOON.replace(hour=h)) for h in range(3)),
        said("deaf", Judged.ADDED),
    ]
    found = [Found("wrong", NOVEMBER, 5, 5), Found("loud", NOVEMBER, 90, 60), Found("quiet", NOVEMBER, 1, 1)]
    table = rule_table(verdicts, found, {NOVEMBER: 100}, {}, (NOVEMBER,), UTC)
    first = {order: [line.rule_id for line in ordered(table.lines, order)] for order in Order}
    assert first == {
        Order.FALSE_ALARMS: ["wrong", "loud", "quiet", "deaf"],
        Order.FINDINGS: ["loud", "wrong", "quiet", "deaf"],
        Order.MISSED: ["deaf", "loud", "wrong", "quiet"],
    }
