"""Finance charges: simple daily interest, worked out from the history, in the customer's favour."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workstation.desk.charges import Basis, accrue

DUE = date(2026, 3, 31)
BASIS = Basis("terms of sale, clause 7", 1_825, date(2026, 1, 1))
"""18.25 percent a year: one minor unit a day on 2,000."""


def after(days: int) -> date:
    return DUE + timedelta(days=days)


def test_a_day_late_is_a_day_charged() -> None:
    standing = [(date(2026, 3, 1), 200_000)]
    assert [accrue(BASIS, DUE, 200_000, standing, after(n)).minor for n in (0, 1, 30)] == [0, 100, 3_000]


def test_it_survives_the_payment_of_the_principal() -> None:
    standing = [(date(2026, 3, 1), 200_000), (after(11), 0)]
    found = accrue(BASIS, DUE, 200_000, standing, after(300))
    assert found.minor == 1_000
    assert [(s.first, s.last, s.days) for s in found.spans] == [(after(1), after(10), 10)]


@pytest.mark.parametrize(
    ("basis", "minor"),
    [
        (replace(BASIS, grace_days=5), 2_500),
        (replace(BASIS, cap_bp=100), 2_000),
        (replace(BASIS, valid_from=after(21)), 1_000),
        (replace(BASIS, valid_until=after(10)), 1_000),
        (replace(BASIS, valid_from=after(31)), 0),
    ],
)
def test_grace_cap_and_the_days_a_basis_covers(basis: Basis, minor: int) -> None:
    found = accrue(basis, DUE, 200_000, [(date(2026, 3, 1), 200_000)], after(30))
    assert found.minor == minor
    assert found.capped is (basis.cap_bp is not None)


@given(
    st.lists(st.tuples(st.integers(-20, 60), st.integers(0, 300_000)), max_size=5, unique_by=lambda r: r[0]),
    st.lists(st.integers(0, 80), min_size=1, max_size=5),
)
def test_it_is_the_same_however_often_it_is_assessed(
    changes: list[tuple[int, int]], assessed: list[int]
) -> None:
    standing = [(after(n), minor) for n, minor in sorted(changes)]
    charged = 0
    for n in sorted(assessed):
        accrued = accrue(BASIS, DUE, 300_000, standing, after(n)).minor
        assert accrued >= charged
        charged += accrued - charged
    assert charged == accrue(BASIS, DUE, 300_000, standing, after(max(assessed))).minor
    by_day = 0
    for n in range(1, max(assessed) + 1):
        by_day += next((minor for day, minor in reversed(standing) if day <= after(n)), 0)
    assert charged == by_day * 1_825 // 3_650_000
