"""Key figures tie out: every one recomputed here from the raw lines of random books."""

from __future__ import annotations

import shutil
import tempfile
from datetime import date, timedelta
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from tests.fixtures.book import WEDNESDAY, Demo
from workstation import reports
from workstation.desk.entry import AccountEntry, InvoiceEntry
from workstation.store.book import SqlBook, open_book
from workstation.store.tables import Account, Allocation, Invoice, Payment

DAY = WEDNESDAY.date()

invoice = st.tuples(st.integers(0, 120), st.integers(0, 60), st.integers(1, 90_000), st.integers(0, 1))
payment = st.tuples(st.integers(0, 60), st.integers(1, 120_000), st.integers(0, 1))


def fill(
    book: SqlBook, invoices: list[tuple[int, int, int, int]], payments: list[tuple[int, int, int]]
) -> None:
    for n, currency in enumerate(("USD", "EUR")):
        entry = AccountEntry(f"A-{n}", f"Debtor {n}", "business", "b2b-first-party", currency, "Bradford")
        book.put_accounts([entry], WEDNESDAY)
    for n, (age, terms, amount, account) in enumerate(invoices):
        issued = DAY - timedelta(days=age)
        due = issued + timedelta(days=terms)
        book.put_invoices([InvoiceEntry(f"A-{account}", f"I-{n}", issued, due, amount, amount)], WEDNESDAY)
    for age, amount, account in sorted(payments, reverse=True):
        book.add_payment(book.find_account(f"A-{account}"), DAY - timedelta(days=age), amount)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(invoice, max_size=7), st.lists(payment, max_size=5))
def test_figures_tie_out_on_random_books(
    sqlite_template: Path, invoices: list[tuple[int, int, int, int]], payments: list[tuple[int, int, int]]
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "book.db"
        shutil.copy(sqlite_template, path)
        book = open_book(path)
        try:
            fill(book, invoices, payments)
            for currency in ("USD", "EUR"):
                _check(book, currency)
        finally:
            book.close()


def _check(book: SqlBook, currency: str) -> None:
    """Recompute from the tables by another way."""
    with book.database.read() as session:
        bills = session.execute(
            select(Invoice.id, Invoice.issued, Invoice.due, Invoice.amount_minor)
            .join(Account, Account.id == Invoice.account_id)
            .where(Account.currency == currency)
        ).all()
        paid = session.execute(
            select(Allocation.invoice_id, Allocation.on, Payment.received_on, Allocation.amount_minor)
            .join(Payment, Payment.id == Allocation.payment_id)
            .join(Account, Account.id == Payment.account_id)
            .where(Account.currency == currency)
        ).all()
        money = session.execute(
            select(Payment.received_on, Payment.amount_minor)
            .join(Account, Account.id == Payment.account_id)
            .where(Account.currency == currency)
        ).all()
    sections = {s.name: s for s in reports.kpi_sections(book, DAY, 1)}
    if currency not in sections:
        assert not bills
        assert not money
        return
    found = {(row[0].kpi, row[0].label): row[0] for row in sections[currency].rows if row[0] is not None}

    def left(day: date) -> dict[int, int]:
        return {
            b.id: b.amount_minor
            - sum(p.amount_minor for p in paid if p.invoice_id == b.id and (p.on or p.received_on) <= day)
            for b in bills
            if b.issued <= day
        }

    due = {b.id: b.due for b in bills}
    end = left(DAY)
    first = date(DAY.year, DAY.month - 2, 1)
    days = (DAY - first).days + 1
    sales = sum(b.amount_minor for b in bills if first <= b.issued <= DAY)
    receivable = sum(end.values())
    current = sum(v for k, v in end.items() if due[k] >= DAY)
    assert found["receivables", ""].value == receivable
    assert found["dso", ""].value == (Fraction(receivable * days, sales) if sales else None)
    assert found["dso-best", ""].value == (Fraction(current * days, sales) if sales else None)
    assert found["add", ""].value == (Fraction((receivable - current) * days, sales) if sales else None)
    month = DAY.replace(day=1)
    opening = sum(left(month - timedelta(days=1)).values())
    month_sales = sum(b.amount_minor for b in bills if month <= b.issued <= DAY)
    below = opening + month_sales - current
    assert found["cei", ""].value == (
        Fraction(100 * (opening + month_sales - receivable), below) if below else None
    )
    late = [
        (p.amount_minor, max(0, ((p.on or p.received_on) - due[p.invoice_id]).days))
        for p in paid
        if month <= (p.on or p.received_on) <= DAY
    ]
    total = sum(a for a, _ in late)
    assert found["adbt", ""].value == (Fraction(sum(a * d for a, d in late), total) if total else None)
    assert found["collected", ""].value == sum(m for on, m in money if month <= on)
    assert found["unapplied", ""].value == sum(m for _, m in money) - sum(p.amount_minor for p in paid)
    for label, low, high in (("1-30", 1, 30), ("31-60", 31, 60), ("61-90", 61, 90), ("91-120", 91, 120)):
        inside = sum(v for k, v in end.items() if low <= (DAY - due[k]).days <= high)
        assert found["aging", label].value == inside


def test_the_report_in_all_its_forms(demo_book: Demo) -> None:
    text = reports.render_kpis(demo_book.book, DAY, 3)
    assert "DSO, countback" in text
    assert "█" in text
    assert max(map(len, text.splitlines())) <= 100
    page = reports.render_kpis(demo_book.book, DAY, 3, "html")
    assert page.count("<table>") == 2
    assert "<script" not in page
    assert "12 CFR" in page, "definitions come with it"
    sheet = reports.render_kpis(demo_book.book, DAY, 2, "csv").splitlines()
    assert sheet[0].startswith("as of,section,figure")
    assert not [cell for line in sheet for cell in line.split(",") if cell[:1] in "=+@" and cell]
    assert '"kpi": "cei"' in reports.render_kpis(demo_book.book, DAY, 1, "json")
    with pytest.raises(ValueError, match="no report form"):
        reports.render_kpis(demo_book.book, DAY, 1, "pdf")  # type: ignore[arg-type]  # the mistake under test
    with pytest.raises(ValueError, match="at least one month"):
        reports.render_kpis(demo_book.book, DAY, 0)


def test_a_figure_explains_itself_by_its_rows(demo_book: Demo) -> None:
    said = reports.explain(reports.kpi_sections(demo_book.book, DAY, 1), "receivables", limit=3)
    assert "Open invoice amounts" in said
    assert "and " in said.splitlines()[-1]


def test_bars_are_exact_to_an_eighth() -> None:
    assert reports.bar(Fraction(1), 4) == "████"
    assert reports.bar(Fraction(1, 32), 4) == "▏"
    assert reports.bar(Fraction(-1), 4) == ""
