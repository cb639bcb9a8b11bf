"""Terms of payment: what people write, when it is due, and what paying early is worth."""

from __future__ import annotations

from datetime import date

import pytest

from workstation.desk.money import Money
from workstation.desk.terms import Discount, Terms, TermsError, parse_terms, quote

ISSUED = date(2026, 2, 10)


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("2/10 net 30", Terms(30, Discount(200, 10))),
        ("2/10, n/30", Terms(30, Discount(200, 10))),
        ("net 30 · 2/10", Terms(30, Discount(200, 10))),
        ("net 30 EOM, 2/10", Terms(30, Discount(200, 10), eom=True)),
        ("2% 10 net 30", Terms(30, Discount(200, 10))),
        ("2%/10 Net 30 days", Terms(30, Discount(200, 10))),
        ("1.5/15 net 45", Terms(45, Discount(150, 15))),
        ("2/10 net 30 EOM", Terms(30, Discount(200, 10), eom=True)),
        ("1/15 EOM", Terms(None, Discount(100, 15), eom=True)),
        ("net 45", Terms(45)),
        ("Net 30.", Terms(30)),
        ("N/60", Terms(60)),
        ("30 days", Terms(30)),
        ("30 days net", Terms(30)),
        ("net 30 end of month", Terms(30, eom=True)),
        ("Due on receipt", Terms(0)),
        ("COD", Terms(0)),
    ],
)
def test_terms_are_read(text: str, terms: Terms) -> None:
    assert parse_terms(text) == terms


@pytest.mark.parametrize(
    "text", ["", "soon", "2/10", "net", "2/40 net 30", "0/10 net 30", "net 30 or so", "2/10 net"]
)
def test_what_is_unclear_is_refused(text: str) -> None:
    with pytest.raises(TermsError, match="terms"):
        parse_terms(text)


def test_days_count_from_the_invoice_or_from_the_end_of_its_month() -> None:
    plain, eom = parse_terms("2/10 net 30"), parse_terms("2/10 EOM net 30")
    assert (plain.discount_until(ISSUED), plain.due(ISSUED)) == (date(2026, 2, 20), date(2026, 3, 12))
    assert (eom.discount_until(ISSUED), eom.due(ISSUED)) == (date(2026, 3, 10), date(2026, 3, 30))
    assert parse_terms("1/15 EOM").due(ISSUED) is None
    assert parse_terms("net 30").discount_until(ISSUED) is None


@pytest.mark.parametrize(
    ("day", "left"),
    [(date(2026, 2, 9), None), (ISSUED, 10), (date(2026, 2, 20), 0), (date(2026, 2, 21), None)],
)
def test_the_window_is_shown_to_the_day(day: date, left: int | None) -> None:
    found = quote(parse_terms("2/10 net 30"), "7", ISSUED, Money(100_025, "USD"), day)
    assert (None if found is None else found.days_left) == left
    if found is not None:
        assert (found.amount.minor, found.pay.minor) == (2_001, 98_024)  # 2000.5 is rounded up
