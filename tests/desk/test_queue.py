"""Ranking: commitments first, then value, each row with its reasons."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compliance.contact import NumberKind
from workstation.desk.money import Money
from workstation.desk.promise import PromiseState
from workstation.desk.queue import BookScale, PromiseSignal, Signals, Tier, appraise
from workstation.desk.reach import DayPart, Reachability, Try, day_part, reachability

CHICAGO = "America/Chicago"
NOW = datetime(2026, 11, 18, 20, tzinfo=UTC)  # Wednesday 14:00 in Chicago
TODAY = date(2026, 11, 18)
EVEN = Reachability(0.3, 0.36, DayPart.LATE_MORNING, 0.0)


def signals(**changes: object) -> Signals:
    plain = Signals(
        collectible=Money(842_000, "USD"),
        oldest_due=TODAY - timedelta(days=41),
        zone=CHICAGO,
        reach=EVEN,
        attempts_used=0,
        attempts_cap=3,
        last_attempt=NOW - timedelta(days=9),
    )
    return replace(plain, **changes)  # type: ignore[arg-type]  # the tests name real fields


def promise(state: PromiseState, due: date = TODAY - timedelta(days=5)) -> PromiseSignal:
    return PromiseSignal(Money(120_000, "USD"), due, state)


def test_the_order_of_commitments() -> None:
    tiers = [
        appraise(signals(callback_at=NOW), NOW).tier,
        appraise(signals(promise=promise(PromiseState.BROKEN)), NOW).tier,
        appraise(signals(promise=promise(PromiseState.OPEN, TODAY)), NOW).tier,
        appraise(signals(), NOW).tier,
        appraise(signals(promise=promise(PromiseState.OPEN, TODAY + timedelta(days=2))), NOW).tier,
        appraise(signals(collectible=Money(0, "USD")), NOW).tier,
    ]
    assert tiers == [
        Tier.CALLBACK_DUE, Tier.PROMISE_BROKEN, Tier.PROMISE_DUE, Tier.VALUE, Tier.PARKED, Tier.UNLISTED,
    ]  # fmt: skip


def test_a_broken_promise_says_how_much_and_when() -> None:
    assert appraise(signals(promise=promise(PromiseState.BROKEN)), NOW).reasons[0] == (
        "promise of 1,200.00 broken Fri"
    )
    old = promise(PromiseState.BROKEN, TODAY - timedelta(days=20))
    assert appraise(signals(promise=old), NOW).reasons[0] == "promise of 1,200.00 broken 29 Oct"


def test_a_callback_waits_until_a_quarter_of_an_hour_before() -> None:
    due = datetime(2026, 11, 18, 21, 10, tzinfo=UTC)
    waiting = signals(callback_at=due, callback_by="M. Osei")
    before = appraise(waiting, due - timedelta(minutes=15, seconds=1))
    assert before.tier is Tier.PARKED
    assert before.not_before == due - timedelta(minutes=15)
    assert before.reasons[0] == "callback due 15:10 · asked by M. Osei"
    assert appraise(waiting, due - timedelta(minutes=15)).tier is Tier.CALLBACK_DUE


def test_a_promise_parks_the_account_until_its_local_day() -> None:
    found = appraise(signals(promise=promise(PromiseState.OPEN, date(2026, 11, 20))), NOW)
    assert found.not_before == datetime(2026, 11, 20, 6, tzinfo=UTC)  # midnight in Chicago
    assert found.reasons[0] == "promise of 1,200.00 due Fri"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"oldest_due": TODAY - timedelta(days=57)}, "bucket 61-90 in 4 days"),
        ({"oldest_due": TODAY - timedelta(days=60)}, "bucket 61-90 tomorrow"),
        ({"last_attempt": None}, "never called"),
        ({"last_attempt": NOW - timedelta(days=30)}, "not called for 30 days"),
        ({"over_limit": True}, "over its credit limit"),
        ({"reach": Reachability(0.5, 0.5, DayPart.AFTERNOON, 3.0)}, "best hour now"),
        ({"attempts_used": 1}, "2 of 3 attempts left"),
        ({"promises_kept": 3, "promises_total": 4}, "kept 3 of 4 promises"),
    ],
)
def test_the_reason_is_printed(changes: dict[str, object], reason: str) -> None:
    assert reason in appraise(signals(**changes), NOW).reasons


def test_the_largest_is_named() -> None:
    assert appraise(signals(), NOW, BookScale(842_000, 500_000)).reasons[0] == "largest of today"
    assert appraise(signals(), NOW, BookScale(900_000, 842_000)).reasons[0] == "one of the largest"


def test_each_used_attempt_makes_the_next_dearer() -> None:
    scores = [appraise(signals(attempts_used=used), NOW).score for used in range(3)]
    assert scores[0] > scores[1] > scores[2] > 0


def test_a_dear_attempt_never_makes_a_worthless_call_better() -> None:
    small = [appraise(signals(collectible=Money(500, "USD"), attempts_used=u), NOW).score for u in range(3)]
    assert 0 > small[0] > small[1] > small[2]


def test_a_few_large_balances_do_not_own_the_list() -> None:
    scale = BookScale(10**9, 1_000_000)
    huge = appraise(signals(collectible=Money(10**9, "USD")), NOW, scale)
    large = appraise(signals(collectible=Money(1_000_000, "USD")), NOW, scale)
    assert huge.score == large.score


@given(st.integers(1, 10**8), st.integers(1, 10**8), st.integers(1, 200), st.integers(0, 2))
def test_more_to_collect_never_ranks_lower(one: int, other: int, late: int, used: int) -> None:
    small, big = sorted((one, other))
    due = TODAY - timedelta(days=late)
    low = appraise(signals(collectible=Money(small, "USD"), oldest_due=due, attempts_used=used), NOW)
    high = appraise(signals(collectible=Money(big, "USD"), oldest_due=due, attempts_used=used), NOW)
    assert high.score >= low.score


def test_an_account_not_yet_due_wakes_the_day_after_its_due_date() -> None:
    found = appraise(signals(collectible=Money(0, "USD"), oldest_due=TODAY), NOW)
    assert found.tier is Tier.UNLISTED
    assert found.changes_at == datetime(2026, 11, 19, 6, tzinfo=UTC)


def test_an_outcome_that_asks_for_rest_parks_the_account() -> None:
    until = NOW + timedelta(days=3)
    found = appraise(signals(rest_until=until, rest_reason="says paid on 18 Nov"), NOW)
    assert (found.tier, found.not_before, found.reasons[0]) == (Tier.PARKED, until, "says paid on 18 Nov")
    assert appraise(signals(rest_until=until), until).tier is Tier.VALUE


# ---- who is reached when ----


def test_parts_of_the_day() -> None:
    def at(hour: int) -> DayPart:
        return day_part(datetime(2026, 11, 18, hour, tzinfo=UTC))

    assert [at(h) for h in (7, 8, 10, 12, 14, 17, 20, 21)] == [
        DayPart.NIGHT, DayPart.EARLY, DayPart.LATE_MORNING, DayPart.MIDDAY, DayPart.AFTERNOON,
        DayPart.EVENING, DayPart.EVENING, DayPart.NIGHT,
    ]  # fmt: skip


def test_without_history_the_prior_speaks() -> None:
    found = reachability([], NumberKind.OFFICE, CHICAGO, NOW)
    assert found.now == pytest.approx(0.32)
    assert found.best_part is DayPart.LATE_MORNING
    assert not found.best_now


def test_experience_moves_the_estimate_toward_what_happened() -> None:
    afternoon = [Try(NOW - timedelta(days=d), True) for d in (7, 14, 21, 28)]
    found = reachability(afternoon, NumberKind.OFFICE, CHICAGO, NOW)
    assert 0.32 < found.now < 1.0
    assert found.best_now
    vain = [Try(NOW - timedelta(days=d), False) for d in (7, 14, 21, 28)]
    assert reachability(vain, NumberKind.OFFICE, CHICAGO, NOW).now < 0.32


def test_old_experience_counts_half_after_ninety_days() -> None:
    now = reachability([Try(NOW, True)], NumberKind.OFFICE, CHICAGO, NOW)
    then = reachability([Try(NOW - timedelta(days=90), True)], NumberKind.OFFICE, CHICAGO, NOW)
    assert now.evidence == pytest.approx(1.0)
    assert then.evidence == pytest.approx(0.5)
    assert now.now > then.now > 0.32


def test_the_hour_is_the_persons_own() -> None:
    past = [Try(datetime(2026, 11, 17, 16, tzinfo=UTC), True)]  # 10:00 in Chicago, 08:00 in Los Angeles
    assert (
        reachability(past, NumberKind.OFFICE, CHICAGO, datetime(2026, 11, 18, 17, tzinfo=UTC)).evidence > 0.9
    )
    assert reachability(past, NumberKind.OFFICE, "America/Los_Angeles", NOW).evidence == 0.0
