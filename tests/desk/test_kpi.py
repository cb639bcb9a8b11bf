"""Key figures: the worked vectors, what does not exist, and every sum from its rows."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from workstation.desk import kpi, kpi_floor, kpi_receivables
from workstation.desk.kpi import Figure, PromiseLine, rounded
from workstation.desk.kpi_definitions import DEFINITIONS
from workstation.desk.kpi_receivables import (
    InvoiceLine,
    Period,
    ReceiptLine,
    Receivables,
    Settlement,
    months_until,
)


def two(value: Fraction | None) -> str:
    assert value is not None
    return str(rounded(value, 2))


def test_days_sales_outstanding_worked_vector() -> None:
    assert two(kpi.dso(290, 370, 90)) == "70.54"
    assert two(kpi.best_possible_dso(170, 370, 90)) == "41.35"
    assert two(kpi.average_days_delinquent(290, 170, 370, 90)) == "29.19"
    found = kpi.countback_dso(290, [(150, 31), (120, 28), (100, 31)])
    assert found == kpi.Countback(Fraction(652, 10), at_least=False)


def test_effectiveness_and_turnover_worked_vectors() -> None:
    assert kpi.cei(260, 150, 290, 170) == 50
    assert str(rounded(kpi.turnover(370, 240, 290) or Fraction(0), 3)) == "1.396"
    assert two(kpi.collection_period(370, 240, 290, 90)) == "64.46"
    assert two(kpi.annual_turnover(370, 240, 290, 90)) == "5.66"


def test_floor_worked_vectors() -> None:
    assert two(kpi.occupancy(14_400, 600, 5_400, 5_400)) == "79.07"
    assert kpi.average_handle_time(14_400, 600, 5_400, 60) == 340
    assert kpi.wrap_share(5_400, 21_600) == 25


def test_without_sales_there_is_no_dso() -> None:
    assert kpi.dso(290, 0, 90) is None
    assert kpi.best_possible_dso(170, 0, 90) is None
    assert kpi.average_days_delinquent(290, 170, 0, 90) is None
    assert kpi.collection_period(0, 240, 290, 90) is None
    assert kpi.turnover(0, 0, 0) is None
    assert kpi.cei(0, 0, 0, 0) is None
    assert kpi.countback_dso(10, []) is None
    assert kpi.average_handle_time(0, 0, 0, 0) is None


def test_countback_beyond_all_history_says_at_least() -> None:
    found = kpi.countback_dso(500, [(150, 31), (120, 28)])
    assert found == kpi.Countback(Fraction(59), at_least=True)
    assert kpi.countback_dso(270, [(150, 31), (120, 28)]) == kpi.Countback(Fraction(59), at_least=False)
    assert kpi.countback_dso(-5, [(150, 31)]) == kpi.Countback(Fraction(0), at_least=False)
    assert Figure("dso-countback", Fraction(59), at_least=True).shown() == ">= 59.00"


def test_effectiveness_can_pass_a_hundred_when_credits_came() -> None:
    found = kpi.cei(100, 50, -10, 0)
    assert found is not None
    assert found > 100


def test_promises_by_count_and_by_value() -> None:
    due = date(2026, 11, 10)
    lines = [
        PromiseLine(1, 1, due, 1000, 950),  # 95 % is kept
        PromiseLine(2, 1, due, 1000, 949),
        PromiseLine(3, 1, due, 1000, 0),
        PromiseLine(4, 1, due, 1000, 5000),  # counts for no more than itself
    ]
    assert kpi.kept_by_count(lines) == 50
    assert kpi.kept_by_value(lines) == Fraction(950 + 949 + 0 + 1000, 4000) * 100
    found = {f.kpi: f for f in kpi_receivables.promise_figures(lines, Period(due, due))}
    assert found["partial-count"].value == 25
    assert found["broken-count"].value == 25
    assert found["kept-count"].shown() == "50.00 %"
    late = {
        f.kpi: f
        for f in kpi_receivables.promise_figures(lines, Period(date(2026, 12, 1), date(2026, 12, 31)))
    }
    assert late["kept-count"].shown() == "n/a"
    assert "no promise" in late["kept-count"].why


def test_weighted_days_late_counts_early_as_nothing() -> None:
    assert kpi.weighted_days_late([(100, 10), (300, -20)]) == Fraction(5, 2)
    assert kpi.weighted_days_late([]) is None


def test_rounding_is_half_up_and_exact() -> None:
    assert str(rounded(Fraction(1, 200), 2)) == "0.01"
    assert str(rounded(Fraction(-1, 200), 2)) == "-0.01"
    assert str(rounded(Fraction(1, 3), 2)) == "0.33"
    assert str(rounded(Fraction(10**20) + Fraction(1, 2), 0)) == "100000000000000000001"


def test_months_end_on_the_day_itself() -> None:
    found = months_until(date(2026, 3, 10), 3)
    assert [(p.first.isoformat(), p.last.isoformat(), p.days) for p in found] == [
        ("2026-01-01", "2026-01-31", 31),
        ("2026-02-01", "2026-02-28", 28),
        ("2026-03-01", "2026-03-10", 10),
    ]


def _book() -> Receivables:
    invoices = (
        InvoiceLine(1, 1, "I-1", date(2026, 1, 10), date(2026, 2, 9), 10_000,
            (Settlement(date(2026, 2, 19), 4_000, "payment"), Settlement(date(2026, 3, 1), 1_000, "credit"))),
        InvoiceLine(2, 1, "I-2", date(2026, 2, 1), date(2026, 3, 3), 12_000),
        InvoiceLine(3, 2, "I-3", date(2026, 3, 5), date(2026, 4, 4), 15_000),
    )  # fmt: skip
    receipts = (ReceiptLine(1, 1, date(2026, 2, 19), 4_500, ((date(2026, 2, 19), 4_000),)),)
    return Receivables("USD", invoices, receipts)


def test_a_small_book_by_hand() -> None:
    found = {
        (f.kpi, f.label): f for f in kpi_receivables.figures(_book(), months_until(date(2026, 3, 31), 1)[0])
    }
    assert found["receivables", ""].shown() == "320.00 USD"
    assert found["aging", "1-30"].value == 12_000
    assert found["aging", "31-60"].value == 5_000
    assert found["aging", "current"].value == 15_000
    assert found["unapplied", ""].value == 500
    assert found["dso", ""].value == Fraction(32_000, 37_000) * 90
    assert found["dso-countback", ""].value == 31 + 28 + Fraction(32_000 - 15_000 - 12_000, 10_000) * 31
    assert found["roll-rate", "1-30 to 31-60"].value == Fraction(5_000, 6_000) * 100
    assert found["cure-rate", "1-30"].value == Fraction(1_000, 6_000) * 100
    assert found["adbt", ""].shown() == "n/a"
    february = kpi_receivables.figures(_book(), months_until(date(2026, 2, 28), 1)[0])
    assert {f.kpi: f.value for f in february}["adbt"] == 10


def test_every_figure_has_a_definition() -> None:
    floor = kpi_floor.figures(kpi_floor.FloorLines(), Period(date(2026, 3, 1), date(2026, 3, 31)))
    receivables = kpi_receivables.figures(_book(), Period(date(2026, 3, 1), date(2026, 3, 31)))
    for figure in (*floor, *receivables):
        assert figure.definition.text
        assert figure.shown()
        if figure.value is None:
            assert figure.why, figure.kpi
    assert set(DEFINITIONS) >= {f.kpi for f in (*floor, *receivables)}


days = st.integers(0, 150).map(lambda n: date(2026, 1, 1) + timedelta(days=n))
settlement = st.builds(
    Settlement, days, st.integers(1, 5_000), st.sampled_from(["payment", "credit", "write-off"])
)


@st.composite
def books(draw: st.DrawFn) -> Receivables:
    invoices = []
    for number in range(draw(st.integers(0, 8))):
        issued = draw(days)
        due = issued + timedelta(days=draw(st.integers(0, 60)))
        settled = tuple(draw(st.lists(settlement, max_size=3)))
        invoices.append(
            InvoiceLine(number, number % 3, f"I-{number}", issued, due, draw(st.integers(1, 50_000)), settled)
        )
    return Receivables("USD", tuple(invoices))


@settings(max_examples=150, deadline=None)
@given(books(), days)
def test_parts_add_up_from_their_rows_and_values_from_their_parts(book: Receivables, as_of: date) -> None:
    found = kpi_receivables.figures(book, months_until(as_of, 1)[0])
    for figure in found:
        for part in figure.parts:
            if part.symbol != "D":
                assert sum(r.value for r in part.rows()) == part.value, (figure.kpi, part.symbol)
    named = {(f.kpi, f.label): f for f in found}
    assert sum(f.value or 0 for f in found if f.kpi == "aging") == named["receivables", ""].value
    dso, best, add = (named[k, ""].value for k in ("dso", "dso-best", "add"))
    assert (dso is None) == (best is None) == (add is None)
    if dso is not None and best is not None:
        assert add == dso - best
