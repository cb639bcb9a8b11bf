"""Promises: what may be booked, and what became of them (domain rules, section 3.3)."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from workstation.desk.money import Money
from workstation.desk.promise import PromiseState, Receipt, flaws, judge, last_day
from workstation.desk.views import DraftPromise

WEDNESDAY = date(2026, 11, 18)
THANKSGIVING = date(2026, 11, 26)
BALANCE = Money(842_000, "USD")


def promise(
    minor: int = 500_000,
    due: date = date(2026, 11, 27),
    method: str = "bank transfer",
    who: str = "Jordan Reyes",
    currency: str = "USD",
) -> DraftPromise:
    return DraftPromise(Money(minor, currency), due, method, who)


def found(draft: DraftPromise) -> str:
    lines = flaws(draft, balance=BALANCE, today=WEDNESDAY, is_holiday=lambda d: d == THANKSGIVING)
    return "; ".join(lines)


def test_a_sound_promise_has_no_flaws() -> None:
    assert found(promise()) == ""


@pytest.mark.parametrize(
    ("draft", "says"),
    [
        (promise(842_001), "more than the balance 8,420.00 USD"),
        (promise(0), "more than nothing"),
        (promise(currency="EUR"), "in EUR, the account in USD"),
        (promise(due=date(2026, 11, 17)), "is past"),
        (promise(due=date(2026, 12, 3)), "take 02 Dec or make a plan"),
        (promise(due=date(2026, 11, 22)), "Sunday"),
        (promise(due=THANKSGIVING), "holiday"),
        (promise(method=" "), "how it will be paid"),
        (promise(who=""), "who promised"),
    ],
)
def test_each_flaw_is_named(draft: DraftPromise, says: str) -> None:
    assert says in found(draft)


@pytest.mark.parametrize("minor", [1, 842_000])
def test_amounts_at_the_edge_are_sound(minor: int) -> None:
    assert found(promise(minor)) == ""


@pytest.mark.parametrize("days", [0, 14])
def test_dates_at_the_edge_are_sound(days: int) -> None:
    assert found(promise(due=WEDNESDAY + timedelta(days=days))) == ""


@pytest.mark.parametrize("due", [date(2026, 11, 22), THANKSGIVING])
def test_a_card_works_on_any_day(due: date) -> None:
    assert found(promise(due=due, method="card")) == ""


def test_grace_is_two_business_days() -> None:
    assert last_day(date(2026, 11, 17)) == date(2026, 11, 19)
    assert last_day(date(2026, 11, 20)) == date(2026, 11, 24)  # over a weekend
    assert last_day(date(2026, 11, 25), lambda d: d == THANKSGIVING) == date(2026, 11, 30)


@pytest.mark.parametrize(
    ("paid", "on", "today", "state"),
    [
        (0, 17, 19, PromiseState.OPEN),  # the last day of grace
        (0, 17, 20, PromiseState.BROKEN),
        (94_999, 17, 20, PromiseState.PARTIAL),
        (95_000, 17, 20, PromiseState.KEPT),  # 95 percent is kept
        (100_000, 19, 20, PromiseState.KEPT),
        (100_000, 20, 20, PromiseState.BROKEN),  # a day late
        (100_000, 9, 20, PromiseState.BROKEN),  # before it was made
        (100_000, 12, 13, PromiseState.KEPT),  # early
    ],
)
def test_what_becomes_of_a_promise(paid: int, on: int, today: int, state: PromiseState) -> None:
    receipts = [Receipt(date(2026, 11, on), paid)] if paid else []
    due = date(2026, 11, 17)
    assert judge(100_000, date(2026, 11, 10), due, receipts, date(2026, 11, today)) is state
