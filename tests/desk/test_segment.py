"""Segments: judged from history, with reasons."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import pytest

from workstation.desk.segment import Behaviour, PaidPart, Relationship, Segment, Size, SizeBounds, segment

TODAY = date(2026, 3, 2)


def judge(
    parts: list[PaidPart], balance: int = 0, opened: date = date(2020, 1, 1), broken: int = 0
) -> Segment:
    return segment(
        parts,
        balance_minor=balance,
        opened_on=opened,
        as_of=TODAY,
        bounds=SizeBounds(500_000, 5_000_000),
        money=f"{balance}",
        broken_promises=broken,
    )


@pytest.mark.parametrize(
    ("late", "expected"),
    [
        ([0, -3, 2, -1, -9], Behaviour.PROMPT),
        ([0, 12, 20], Behaviour.SLOW),
        ([40, 35, 60], Behaviour.LATE),
        ([40, 35], Behaviour.UNKNOWN),
        ([], Behaviour.UNKNOWN),
    ],
)
def test_behaviour_from_payments(late: list[int], expected: Behaviour) -> None:
    parts = [PaidPart(n, 1000, days) for n, days in enumerate(late)]
    assert judge(parts).behaviour is expected


def test_weights_are_amounts_and_shares_are_invoices() -> None:
    found = judge([PaidPart(1, 9000, 0), PaidPart(2, 500, 60), PaidPart(2, 500, 0), PaidPart(3, 1000, -5)])
    assert found.days_late == Fraction(500 * 60, 11_000)
    assert found.late_share == Fraction(100, 3)
    assert "1 of 3 invoices late, 2.7 days by weight" in found.reasons[1]


def test_what_is_open_and_not_yet_late_says_nothing() -> None:
    parts = [PaidPart(n, 1000, -10, open=True) for n in range(5)]
    assert judge(parts).behaviour is Behaviour.UNKNOWN
    late = [PaidPart(n, 1000, 45, open=True) for n in range(5)]
    assert judge(late).behaviour is Behaviour.LATE


def test_broken_promises_tell_more_than_payments() -> None:
    parts = [PaidPart(n, 1000, 0) for n in range(5)]
    found = judge(parts, broken=2)
    assert found.behaviour is Behaviour.LATE
    assert "late payer: 2 promises broken" in found.reasons


def test_size_and_relationship() -> None:
    assert judge([], balance=499_999).size is Size.SMALL
    assert judge([], balance=500_000).size is Size.MEDIUM
    assert judge([], balance=5_000_000).size is Size.LARGE
    assert judge([], opened=date(2026, 1, 1)).relationship is Relationship.NEW
    assert judge([]).relationship is Relationship.ESTABLISHED
    assert judge([]).name == "small-unknown-established"
