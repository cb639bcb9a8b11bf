"""Receivables figures from raw lines: invoices, what settled them and when, money received, promises.

One currency at a time. Everything as of a day is worked out by replaying the lines up to that day.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from functools import partial

from workstation.desk import kpi
from workstation.desk.aging import Bucket, bucket_of
from workstation.desk.kpi import Figure, Part, PromiseLine, Row

DSO_MONTHS = 3
"""DSO and turnover look at so many months up to the period's end: one month alone is too jumpy."""

CASH = frozenset({"payment"})
"""Kinds of settlement that are money, as against credits and write-offs."""


@dataclass(frozen=True, slots=True)
class Settlement:
    """What lowered an invoice's open amount on a day (negative: raised it again)."""

    on: date
    minor: int
    kind: str
    """payment, credit, write-off, taken over, ..."""
    reference: str = ""


@dataclass(frozen=True, slots=True)
class InvoiceLine:
    """One invoice with everything that settled it."""

    invoice_id: int
    account_id: int
    number: str
    issued: date
    due: date
    amount_minor: int
    settlements: tuple[Settlement, ...] = ()

    def open_at(self, day: date) -> int:
        """What was open at the end of a day; nothing before it was issued."""
        if self.issued > day:
            return 0
        return self.amount_minor - sum(s.minor for s in self.settlements if s.on <= day)


@dataclass(frozen=True, slots=True)
class ReceiptLine:
    """Money that came in, whatever it was applied to."""

    payment_id: int
    account_id: int
    on: date
    minor: int
    applied: tuple[tuple[date, int], ...] = ()
    """What was applied to invoices, and from which day."""


@dataclass(frozen=True, slots=True)
class Receivables:
    """All lines of one currency."""

    currency: str
    invoices: tuple[InvoiceLine, ...]
    receipts: tuple[ReceiptLine, ...] = ()
    promises: tuple[PromiseLine, ...] = ()
    """Each with ``due`` as its last day, grace included."""


@dataclass(frozen=True, slots=True)
class Period:
    """From the first day to the last, both included."""

    first: date
    last: date
    label: str = ""

    @property
    def days(self) -> int:
        """Length in days."""
        return (self.last - self.first).days + 1

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last


def month_of(day: date) -> Period:
    """Return the calendar month a day is in."""
    first = day.replace(day=1)
    following = (first + timedelta(days=32)).replace(day=1)
    return Period(first, following - timedelta(days=1), f"{first:%b %Y}")


def months_until(as_of: date, count: int) -> tuple[Period, ...]:
    """Return `count` calendar months up to a day, oldest first; the last one ends on the day itself."""
    found = []
    month = month_of(as_of)
    last = as_of
    for _ in range(count):
        found.append(Period(month.first, last, month.label))
        last = month.first - timedelta(days=1)
        month = month_of(last)
    return tuple(reversed(found))


@dataclass(frozen=True, slots=True)
class _Sums:
    """The sums the formulas share, each with a way to its rows."""

    lines: Receivables
    cache: dict[tuple[str, date, date], int] = field(default_factory=dict)

    def receivable(self, symbol: str, day: date) -> Part:
        def rows() -> tuple[Row, ...]:
            return tuple(
                Row("invoice", i.number, i.due, minor, i.account_id)
                for i in self.lines.invoices
                if (minor := i.open_at(day))
            )

        return Part(symbol, self._once("ar", day, day, lambda i: i.open_at(day)), rows, money=True)

    def current(self, day: date) -> Part:
        def rows() -> tuple[Row, ...]:
            return tuple(
                Row("invoice", i.number, i.due, minor, i.account_id)
                for i in self.lines.invoices
                if i.due >= day and (minor := i.open_at(day))
            )

        return Part(
            "CUR_e",
            self._once("cur", day, day, lambda i: i.open_at(day) if i.due >= day else 0),
            rows,
            money=True,
        )

    def sales(self, period: Period) -> Part:
        def rows() -> tuple[Row, ...]:
            return tuple(
                Row("invoice", i.number, i.issued, i.amount_minor, i.account_id)
                for i in self.lines.invoices
                if i.issued in period
            )

        value = self._once(
            "sales", period.first, period.last, lambda i: i.amount_minor if i.issued in period else 0
        )
        return Part("S", value, rows, money=True)

    def collected(self, period: Period) -> Part:
        found = [r for r in self.lines.receipts if r.on in period]
        rows = partial(tuple, [Row("payment", str(r.payment_id), r.on, r.minor, r.account_id) for r in found])
        return Part("C", sum(r.minor for r in found), rows, money=True)

    def unapplied(self, day: date) -> Part:
        found = []
        for r in self.lines.receipts:
            if r.on <= day:
                rest = r.minor - sum(minor for on, minor in r.applied if on <= day)
                if rest:
                    found.append(Row("payment", str(r.payment_id), r.on, rest, r.account_id))
        return Part("U", sum(int(r.value) for r in found), partial(tuple, found), money=True)

    def _once(self, what: str, first: date, last: date, measure: Callable[[InvoiceLine], int]) -> int:
        key = (what, first, last)
        if key not in self.cache:
            self.cache[key] = sum(map(measure, self.lines.invoices))
        return self.cache[key]


def figures(lines: Receivables, period: Period) -> tuple[Figure, ...]:
    """Work out every receivables figure of a period, as of its last day."""
    sums = _Sums(lines)
    first_month = months_until(period.last, DSO_MONTHS)[0]
    window = Period(first_month.first, period.last)
    ar_b, ar_e = (
        sums.receivable("AR_b", period.first - timedelta(days=1)),
        sums.receivable("AR_e", period.last),
    )
    ar_w = sums.receivable("AR_b", window.first - timedelta(days=1))
    cur_e, s, s_w = sums.current(period.last), sums.sales(period), sums.sales(window)
    d_w = Part("D", window.days)
    no_sales = "no credit sales in the three months"
    money = partial(Figure, currency=lines.currency)
    turn = (s_w, ar_w, ar_e)
    counts = (s_w.value, ar_w.value, ar_e.value)
    return (
        money("receivables", Fraction(ar_e.value), (ar_e,)),
        *_aging(lines, period.last),
        _figure("current-share", kpi.percent(cur_e.value, ar_e.value), (cur_e, ar_e), "nothing is open"),
        money("sales", Fraction(s.value), (s,)),
        money("collected", Fraction((c := sums.collected(period)).value), (c,)),
        money("unapplied", Fraction((u := sums.unapplied(period.last)).value), (u,)),
        _figure("dso", kpi.dso(ar_e.value, s_w.value, window.days), (ar_e, s_w, d_w), no_sales),
        _countback(lines, sums, ar_e, period.last),
        _figure(
            "dso-best",
            kpi.best_possible_dso(cur_e.value, s_w.value, window.days),
            (cur_e, s_w, d_w),
            no_sales,
        ),
        _figure(
            "add",
            kpi.average_days_delinquent(ar_e.value, cur_e.value, s_w.value, window.days),
            (ar_e, cur_e, s_w, d_w),
            no_sales,
        ),
        _figure("turnover", kpi.turnover(*counts), turn, "no receivables in the three months"),
        _figure(
            "turnover-annual",
            kpi.annual_turnover(*counts, window.days),
            (*turn, d_w),
            "no receivables in the three months",
        ),
        _figure("collection-period", kpi.collection_period(*counts, window.days), (*turn, d_w), no_sales),
        _figure(
            "cei",
            kpi.cei(ar_b.value, s.value, ar_e.value, cur_e.value),
            (ar_b, s, ar_e, cur_e),
            "nothing could have been collected",
        ),
        _late(lines, period),
        *_rolls(lines, period),
        _liquidation(lines, period),
        *promise_figures(lines.promises, period),
    )


def _figure(name: str, value: Fraction | None, parts: tuple[Part, ...], otherwise: str) -> Figure:
    return Figure(name, value, parts, why="" if value is not None else otherwise)


def _countback(lines: Receivables, sums: _Sums, ar_e: Part, as_of: date) -> Figure:
    if not lines.invoices:
        return Figure("dso-countback", None, (ar_e,), why="no sales are known")
    oldest = min(i.issued for i in lines.invoices)
    count = (as_of.year - oldest.year) * 12 + as_of.month - oldest.month + 1
    months = tuple(reversed(months_until(as_of, max(1, count))))
    parts = [sums.sales(m) for m in months]
    found = kpi.countback_dso(ar_e.value, [(p.value, m.days) for p, m in zip(parts, months, strict=True)])
    if found is None:
        return Figure("dso-countback", None, (ar_e,), why="no sales are known")
    return Figure("dso-countback", found.days, (ar_e, *parts), at_least=found.at_least)


def _aging(lines: Receivables, day: date) -> Iterable[Figure]:
    by_bucket: dict[Bucket, list[Row]] = {b: [] for b in Bucket}
    for invoice in lines.invoices:
        minor = invoice.open_at(day)
        if minor:
            bucket = bucket_of((day - invoice.due).days)
            by_bucket[bucket].append(Row("invoice", invoice.number, invoice.due, minor, invoice.account_id))
    for bucket, rows in by_bucket.items():
        total = sum(int(r.value) for r in rows)
        part = Part("open", total, partial(tuple, rows), money=True)
        yield Figure("aging", Fraction(total), (part,), currency=lines.currency, label=bucket.label)


def _late(lines: Receivables, period: Period) -> Figure:
    weighted: list[tuple[int, int]] = []
    late_rows, rows = [], []
    for invoice in lines.invoices:
        for s in invoice.settlements:
            if s.kind in CASH and s.on in period:
                late = (s.on - invoice.due).days
                weighted.append((s.minor, late))
                rows.append(Row("settlement", invoice.number, s.on, s.minor, invoice.account_id))
                late_rows.append(
                    Row("settlement", invoice.number, s.on, s.minor * max(0, late), invoice.account_id)
                )
    parts = (
        Part("amount x days late", sum(int(r.value) for r in late_rows), partial(tuple, late_rows)),
        Part("amount", sum(int(r.value) for r in rows), partial(tuple, rows), money=True),
    )
    return _figure("adbt", kpi.weighted_days_late(weighted), parts, "nothing was paid in the period")


def _rolls(lines: Receivables, period: Period) -> Iterable[Figure]:
    before = period.first - timedelta(days=1)
    order = list(Bucket)
    start: dict[Bucket, list[Row]] = {b: [] for b in order}
    rolled: dict[Bucket, list[Row]] = {b: [] for b in order}
    cured: dict[Bucket, list[Row]] = {b: [] for b in order}
    for invoice in lines.invoices:
        opened = invoice.open_at(before)
        if opened <= 0:
            continue
        bucket = bucket_of((before - invoice.due).days)
        left = invoice.open_at(period.last)
        start[bucket].append(Row("invoice", invoice.number, invoice.due, opened, invoice.account_id))
        if left > 0 and bucket_of((period.last - invoice.due).days) > bucket:
            rolled[bucket].append(Row("invoice", invoice.number, invoice.due, left, invoice.account_id))
        if left < opened:
            cured[bucket].append(
                Row("invoice", invoice.number, invoice.due, opened - max(0, left), invoice.account_id)
            )
    for position, bucket in enumerate(order):
        opening = _summed("open at start", start[bucket])
        otherwise = "nothing was in the bucket at the start"
        if position + 1 < len(order):
            part = _summed("rolled", rolled[bucket])
            label = f"{bucket.label} to {order[position + 1].label}"
            share = kpi.percent(part.value, opening.value)
            yield Figure(
                "roll-rate", share, (part, opening), label=label, why="" if share is not None else otherwise
            )
        part = _summed("settled", cured[bucket])
        share = kpi.percent(part.value, opening.value)
        yield Figure(
            "cure-rate",
            share,
            (part, opening),
            label=bucket.label,
            why="" if share is not None else otherwise,
        )


def _summed(symbol: str, rows: Sequence[Row]) -> Part:
    return Part(symbol, sum(int(r.value) for r in rows), partial(tuple, rows), money=True)


def _liquidation(lines: Receivables, period: Period) -> Figure:
    placed, paid = [], []
    for invoice in lines.invoices:
        if invoice.issued in period:
            placed.append(
                Row("invoice", invoice.number, invoice.issued, invoice.amount_minor, invoice.account_id)
            )
            paid += [
                Row("settlement", invoice.number, s.on, s.minor, invoice.account_id)
                for s in invoice.settlements
                if s.kind in CASH and s.on <= period.last
            ]
    parts = (_summed("paid", paid), _summed("invoiced", placed))
    value = kpi.percent(parts[0].value, parts[1].value)
    return _figure("liquidation", value, parts, "nothing was invoiced in the period")


def promise_figures(promises: Sequence[PromiseLine], period: Period) -> tuple[Figure, ...]:
    """Work out what became of the promises whose last day fell in the period."""
    all_due = [p for p in promises if p.due in period]
    due = [p for p in all_due if not p.rewritten]
    kept = [p for p in due if p.kept]
    in_part = [p for p in due if p.partial]
    broken = [p for p in due if not p.kept and not p.partial]
    rewritten = [p for p in all_due if p.rewritten]

    def counted(symbol: str, found: Sequence[PromiseLine]) -> Part:
        rows = tuple(Row("promise", str(p.promise_id), p.due, 1, p.account_id) for p in found)
        return Part(symbol, len(found), lambda: rows)

    def share(name: str, symbol: str, some: Sequence[PromiseLine], of: Sequence[PromiseLine]) -> Figure:
        parts = (counted(symbol, some), counted("due", of))
        return _figure(name, kpi.percent(len(some), len(of)), parts, "no promise fell due in the period")

    paid = _summed(
        "paid",
        [
            Row("promise", str(p.promise_id), p.due, min(p.paid_minor, p.promised_minor), p.account_id)
            for p in due
        ],
    )
    promised = _summed(
        "promised", [Row("promise", str(p.promise_id), p.due, p.promised_minor, p.account_id) for p in due]
    )
    return (
        Figure("promises-due", Fraction(len(due)), (counted("due", due),)),
        share("kept-count", "kept", kept, due),
        _figure("kept-value", kpi.kept_by_value(due), (paid, promised), "no promise fell due in the period"),
        share("partial-count", "partly paid", in_part, due),
        share("broken-count", "broken", broken, due),
        share("rewritten-count", "replaced", rewritten, all_due),
    )
