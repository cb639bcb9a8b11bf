"""Aging by due date."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workstation.desk.aging import Bucket, OpenItem, age, bucket_of, next_bucket

TODAY = date(2026, 11, 18)


@pytest.mark.parametrize(
    ("late", "label"),
    [
        (-5, "current"), (0, "current"), (1, "1-30"), (30, "1-30"), (31, "31-60"), (60, "31-60"),
        (61, "61-90"), (90, "61-90"), (91, "91-120"), (120, "91-120"), (121, "120+"), (4000, "120+"),
    ],
)  # fmt: skip
def test_buckets_at_their_edges(late: int, label: str) -> None:
    assert bucket_of(late).label == label


def test_the_next_bucket_and_its_day() -> None:
    assert next_bucket(56) == (Bucket.DAYS_61_90, 5)
    assert next_bucket(60) == (Bucket.DAYS_61_90, 1)
    assert next_bucket(0) == (Bucket.DAYS_1_30, 1)
    assert next_bucket(121) is None


def test_an_account_is_summed_by_its_lines() -> None:
    found = age(
        [
            OpenItem(TODAY - timedelta(days=41), 320_000, disputed_minor=20_000),
            OpenItem(TODAY - timedelta(days=1), 522_000),
            OpenItem(TODAY, 10_000),
            OpenItem(TODAY + timedelta(days=9), 388_000),
            OpenItem(TODAY - timedelta(days=300), 0),
        ],
        TODAY,
    )
    assert found.balance_minor == 1_240_000
    assert found.past_due_minor == 842_000
    assert found.disputed_minor == 20_000
    assert found.collectible_minor == 822_000
    assert found.days_late == 41
    assert found.by_bucket[Bucket.CURRENT] == 398_000
    assert found.by_bucket[Bucket.DAYS_1_30] == 522_000


def test_a_credit_lowers_what_can_be_asked_for_and_is_never_late() -> None:
    found = age(
        [OpenItem(TODAY - timedelta(days=9), 5_000), OpenItem(TODAY - timedelta(days=90), -4_000)], TODAY
    )
    assert (found.balance_minor, found.past_due_minor, found.collectible_minor) == (1_000, 5_000, 1_000)
    assert found.days_late == 9


def test_nothing_open_is_nothing_late() -> None:
    found = age([], TODAY)
    assert (found.balance_minor, found.days_late, found.oldest_due) == (0, 0, None)


items = st.lists(
    st.builds(
        OpenItem,
        st.dates(date(2026, 1, 1), date(2027, 1, 1)),
        st.integers(-(10**7), 10**9),
        st.just(0),
    )
)


@given(items)
def test_the_buckets_add_up_to_the_balance(lines: list[OpenItem]) -> None:
    found = age(lines, TODAY)
    assert sum(found.by_bucket.values()) == found.balance_minor
    assert 0 <= found.collectible_minor <= max(0, found.past_due_minor)
