"""The ledger: balances and aging as of any day are the sums of their lines."""

from __future__ import annotations

import random
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workstation.desk.aging import Bucket
from workstation.desk.allocation import AllocationRefused, Payable, allocate
from workstation.desk.ledger import (
    AccountLedger,
    Explained,
    Held,
    Item,
    ItemKind,
    LedgerMismatch,
    Line,
    LineKind,
)
from workstation.desk.money import Money

START = date(2026, 7, 1)
days = st.integers(0, 120).map(lambda n: START + timedelta(days=n))

payables = st.lists(st.tuples(days, st.integers(-5_000, 90_000), st.integers(0, 90_000)), max_size=8).map(
    lambda rows: [
        Payable(n, f"I{n}", due, left, min(held, max(0, left))) for n, (due, left, held) in enumerate(rows, 1)
    ]
)


@given(payables, st.integers(0, 400_000))
def test_allocation_conserves_money_and_spares_what_is_disputed(items: list[Payable], amount: int) -> None:
    done = allocate(amount, items)
    free = {i.item_id: i.free_minor for i in items}
    assert sum(part for _, part in done.parts) + done.rest_minor == amount
    assert all(0 < part <= free[item_id] for item_id, part in done.parts)
    assert done.rest_minor == max(0, amount - sum(free.values()))
    # Oldest first: whatever is older than something paid is paid in full.
    order = [i.item_id for i in sorted(items, key=lambda i: (i.due, i.item_id)) if i.free_minor]
    paid = dict(done.parts)
    assert [i for i in order if i in paid] == order[: len(paid)]
    assert all(paid[i] == free[i] for i in order[: max(0, len(paid) - 1)])


@given(payables, st.lists(st.integers(1, 90_000), max_size=5), st.randoms(use_true_random=False))
def test_the_order_of_payments_on_one_day_does_not_matter(
    items: list[Payable], amounts: list[int], chance: random.Random
) -> None:
    def after(order: list[int]) -> tuple[dict[int, int], int]:
        left = {i.item_id: i.open_minor for i in items}
        rest = 0
        for amount in order:
            now = [Payable(i.item_id, i.number, i.due, left[i.item_id], i.disputed_minor) for i in items]
            done = allocate(amount, now)
            rest += done.rest_minor
            for item_id, part in done.parts:
                left[item_id] -= part
        return left, rest

    shuffled = list(amounts)
    chance.shuffle(shuffled)
    assert after(amounts) == after(shuffled)


def test_directions_are_followed_to_the_letter() -> None:
    items = [Payable(1, "A", START, 100), Payable(2, "B", START + timedelta(days=9), 100, 30)]
    done = allocate(150, items, {"B": 70})
    assert (done.parts, done.rest_minor) == (((2, 70),), 80)
    with pytest.raises(AllocationRefused, match="invoice B: 70 can be paid, not 71"):
        allocate(150, items, {"B": 71})
    with pytest.raises(AllocationRefused, match="cannot be negative"):
        allocate(-1, items)


@st.composite
def ledgers(draw: st.DrawFn) -> AccountLedger:
    items, lines, held = [], [], []
    for n in range(1, draw(st.integers(0, 5)) + 1):
        issued = draw(days)
        amount = draw(st.integers(-20_000, 100_000))
        due = issued + timedelta(days=draw(st.integers(0, 60)))
        items.append(Item(n, f"I{n}", ItemKind.INVOICE, issued, due, amount))
        for _ in range(draw(st.integers(0, 3))):
            on = issued + timedelta(days=draw(st.integers(0, 60)))
            lines.append(Line(on, LineKind.PAYMENT, "check", -draw(st.integers(1, 40_000)), n))
        if draw(st.booleans()):
            since = issued + timedelta(days=draw(st.integers(0, 30)))
            lasts = draw(st.none() | st.integers(0, 30))
            until = None if lasts is None else since + timedelta(days=lasts)
            held.append(Held(n, draw(st.integers(1, 50_000)), since, until))
    return AccountLedger(1, "USD", tuple(items), tuple(lines), (), tuple(held))


@given(ledgers(), days, st.randoms(use_true_random=False))
def test_a_balance_as_of_a_day_is_the_replay_up_to_it(
    ledger: AccountLedger, day: date, chance: random.Random
) -> None:
    replay = {i.item_id: i.amount_minor for i in ledger.items if i.issued <= day}
    for line in sorted(ledger.lines, key=lambda x: x.on):
        if line.on <= day:
            replay[line.item_id] += line.amount_minor
    assert ledger.balance(day).amount.minor == sum(replay.values())
    for item_id, left in replay.items():
        assert ledger.item_balance(item_id, day).amount.minor == left
    aging = ledger.aging(day)
    assert sum(b.amount.minor for b in aging.buckets.values()) == aging.figures.balance_minor
    assert aging.figures.balance_minor == sum(replay.values())
    lines = list(ledger.lines)
    chance.shuffle(lines)
    entered_otherwise = AccountLedger(1, "USD", ledger.items, tuple(lines), (), ledger.held)
    assert entered_otherwise.balance(day) == ledger.balance(day)
    assert entered_otherwise.aging(day) == aging


@given(ledgers(), days)
def test_what_is_held_is_never_more_than_what_is_open(ledger: AccountLedger, day: date) -> None:
    for _, item in ledger.open_items(day):
        assert 0 <= item.disputed_minor <= max(0, item.open_minor)


def test_a_figure_that_is_not_its_lines_cannot_be_made() -> None:
    line = Line(START, LineKind.INVOICE, "7", 100, 1)
    Explained(Money(100, "USD"), START, (line,))
    with pytest.raises(LedgerMismatch, match="says 101, its lines sum to 100"):
        Explained(Money(101, "USD"), START, (line,))


def test_aging_moves_with_the_day() -> None:
    ledger = AccountLedger(
        1,
        "USD",
        (Item(1, "7", ItemKind.INVOICE, START, START + timedelta(days=30), 1_000),),
        (Line(START + timedelta(days=80), LineKind.PAYMENT, "check", -400, 1),),
        held=(Held(1, 300, START + timedelta(days=40), START + timedelta(days=70)),),
    )
    expected = {
        0: (Bucket.CURRENT, 1_000, 0), 30: (Bucket.CURRENT, 1_000, 0), 31: (Bucket.DAYS_1_30, 1_000, 0),
        40: (Bucket.DAYS_1_30, 1_000, 300), 69: (Bucket.DAYS_31_60, 1_000, 300),
        70: (Bucket.DAYS_31_60, 1_000, 0), 80: (Bucket.DAYS_31_60, 600, 0), 91: (Bucket.DAYS_61_90, 600, 0),
    }  # fmt: skip
    for after, (bucket, left, disputed) in expected.items():
        found = ledger.aging(START + timedelta(days=after))
        assert found.buckets[bucket].amount.minor == left
        assert found.figures.disputed_minor == disputed
    assert ledger.balance(START - timedelta(days=1)).lines == ()
