"""Instalment plans sum exactly, and say how they stand; settlement offers and disputes keep their bounds."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workstation.desk.dispute import HABITS, Reason, answer_due
from workstation.desk.money import Money
from workstation.desk.plan import Every, PlanError, PlanState, build, stand
from workstation.desk.promise import Receipt
from workstation.desk.roles import Role
from workstation.desk.settlement import AUTHORITY, authority_of, flaws

FIRST = date(2026, 1, 31)
MADE = date(2026, 1, 20)


def usd(minor: int) -> Money:
    return Money(minor, "USD")


@given(st.integers(1, 10**7), st.integers(1, 60), st.none() | st.integers(1, 10**7))
def test_a_plan_by_number_sums_exactly(total: int, count: int, first: int | None) -> None:
    try:
        found = build(usd(total), FIRST, count=count, first_payment=None if first is None else usd(first))
    except PlanError:
        rest = total - (first or 0)
        assert (first is not None and first >= total) or count - (first is not None) not in range(1, rest + 1)
        return
    assert sum(d.amount.minor for d in found) == total
    assert len(found) == count
    assert all(d.amount.minor > 0 for d in found)
    middle = {d.amount.minor for d in found[(first is not None) : -1]}
    assert len(middle) <= 1
    assert not middle or found[-1].amount.minor - middle.pop() in range(count)


@given(st.integers(1, 10**6), st.integers(1, 10**6))
def test_a_plan_by_what_is_affordable_never_asks_for_more(total: int, affordable: int) -> None:
    try:
        found = build(usd(total), FIRST, affordable=usd(affordable), every=Every.WEEK)
    except PlanError:
        assert affordable * 60 < total
        return
    assert sum(d.amount.minor for d in found) == total
    assert all(0 < d.amount.minor <= affordable for d in found)
    assert {(b.on - a.on).days for a, b in pairwise(found)} <= {7}


def test_months_keep_their_day_and_clamp_to_their_end() -> None:
    found = build(usd(100_000), FIRST, count=3, first_payment=usd(40_000))
    assert [(d.on, d.amount.minor) for d in found] == [
        (FIRST, 40_000), (date(2026, 2, 28), 30_000), (date(2026, 3, 31), 30_000),
    ]  # fmt: skip
    assert build(usd(9), FIRST, count=2, every=Every.FORTNIGHT)[1].on == FIRST + timedelta(days=14)


def test_a_plan_needs_exactly_one_measure() -> None:
    with pytest.raises(PlanError, match="either"):
        build(usd(100), FIRST)
    with pytest.raises(PlanError, match="either"):
        build(usd(100), FIRST, count=2, affordable=usd(50))
    with pytest.raises(PlanError, match="nothing to pay"):
        build(usd(0), FIRST, count=2)
    with pytest.raises(PlanError, match="affordable amount must be"):
        build(usd(100), FIRST, affordable=Money(50, "EUR"))


@pytest.mark.parametrize(
    ("today", "paid", "state", "missing"),
    [
        (date(2026, 1, 31), [], PlanState.ON_TRACK, 50_000),
        (date(2026, 2, 1), [], PlanState.IN_GRACE, 50_000),
        (date(2026, 2, 3), [], PlanState.IN_GRACE, 50_000),  # Saturday, then two business days
        (date(2026, 2, 4), [], PlanState.BREACHED, 50_000),
        (date(2026, 2, 4), [(date(2026, 1, 19), 50_000)], PlanState.BREACHED, 50_000),  # before it was made
        (date(2026, 2, 4), [(date(2026, 2, 3), 50_000)], PlanState.ON_TRACK, 0),
        (date(2026, 2, 9), [(date(2026, 2, 4), 50_000)], PlanState.BREACHED, 0),  # late stays late
        (date(2026, 2, 4), [(MADE, 50_000), (date(2026, 2, 2), -50_000)], PlanState.BREACHED, 50_000),
        (date(2026, 2, 4), [(MADE, 100_000)], PlanState.FULFILLED, 0),
    ],
)
def test_how_a_plan_stands(today: date, paid: list[tuple[date, int]], state: PlanState, missing: int) -> None:
    instalments = build(usd(100_000), FIRST, count=2)
    found = stand(instalments, MADE, [Receipt(on, minor) for on, minor in paid], today)
    assert (found.state, found.missing.minor) == (state, missing)
    assert (found.breached_on == date(2026, 2, 4)) is (state is PlanState.BREACHED)


def test_a_part_of_an_instalment_is_what_is_due_next() -> None:
    found = stand(build(usd(100_000), FIRST, count=2), MADE, [Receipt(MADE, 70_000)], FIRST)
    assert found.next_due is not None
    assert (found.next_due.on, found.next_due.amount.minor) == (date(2026, 2, 28), 30_000)
    ended = stand(build(usd(100_000), FIRST, count=2), MADE, [], date(2026, 2, 9), ended_on=date(2026, 2, 8))
    assert ended.state is PlanState.ENDED


TODAY = date(2026, 11, 18)


@pytest.mark.parametrize(
    ("role", "minor", "days", "says"),
    [
        ("collector", 95_000, 7, ""),
        ("collector", 94_999, 7, "less than 95%"),
        ("collector", 95_000, 8, "may stand 7 days"),
        ("manager", 50_000, 45, ""),
        ("manager", 49_999, 45, r"less than 50%"),
        ("supervisor", 100_000, 5, "not less than"),
        ("supervisor", 0, 5, "more than nothing"),
        ("supervisor", 80_000, -1, "is past"),
        ("admin", 99_000, 1, "may not settle"),
        ("nobody", 99_000, 1, "may not settle"),
    ],
)
def test_a_settlement_stays_within_its_authority(role: str, minor: int, days: int, says: str) -> None:
    found = flaws(usd(100_000), usd(minor), TODAY, TODAY + timedelta(days=days), authority_of(role))
    assert (says in "; ".join(found)) if says else found == ()


def test_a_higher_role_may_do_more() -> None:
    ladder = [AUTHORITY[r] for r in (Role.COLLECTOR, Role.SENIOR, Role.SUPERVISOR, Role.MANAGER)]
    shares = [a.least_share for a in ladder]
    assert shares == sorted(shares, reverse=True)
    assert [a.longest_days for a in ladder] == sorted(a.longest_days for a in ladder)


def test_every_dispute_has_a_clock_in_business_days() -> None:
    friday = date(2026, 11, 20)
    holiday = date(2026, 11, 23)
    assert answer_due(Reason.PAPERWORK, friday, lambda _: False) == holiday
    assert answer_due(Reason.PAPERWORK, friday, lambda d: d == holiday) == date(2026, 11, 24)
    assert set(HABITS) == set(Reason)
