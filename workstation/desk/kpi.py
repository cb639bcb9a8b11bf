"""Key figures: the formulas, exact. Money in integer minor units, ratios as Fraction; None where undefined.

Each formula is a function of plain numbers, so that it can be checked by hand against a textbook. Where the
numbers come from, line by line, is in kpi_receivables and kpi_floor; what each figure means in words is in
kpi_definitions.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from workstation.desk.kpi_definitions import DEFINITIONS, Definition, Unit
from workstation.desk.money import Money

Number = int | Fraction

KEPT_SHARE = Fraction(95, 100)
"""A promise is kept when at least this share of it came by its last day (due date and grace)."""


# ---- receivables ------------------------------------------------------------------------------------


def ratio(above: Number, below: Number) -> Fraction | None:
    """Divide exactly; None where there is nothing to divide by."""
    if not below:
        return None
    if isinstance(above, int) and isinstance(below, int):
        return Fraction(above, below)
    return Fraction(above) / Fraction(below)


def percent(above: Number, below: Number) -> Fraction | None:
    """Divide exactly, times 100."""
    found = ratio(above, below)
    return None if found is None else found * 100


def dso(ar_end: Number, sales: Number, days: int) -> Fraction | None:
    """Days sales outstanding: AR at the end / credit sales of the period x days of the period."""
    share = ratio(ar_end, sales)
    return None if share is None else share * days


def best_possible_dso(current_end: Number, sales: Number, days: int) -> Fraction | None:
    """What DSO would be if everything due had been paid: the part not yet due / sales x days."""
    return dso(current_end, sales, days)


def average_days_delinquent(ar_end: Number, current_end: Number, sales: Number, days: int) -> Fraction | None:
    """DSO less best possible DSO."""
    whole, best = dso(ar_end, sales, days), best_possible_dso(current_end, sales, days)
    return None if whole is None or best is None else whole - best


@dataclass(frozen=True, slots=True)
class Countback:
    """Days of sales that the receivables stand for."""

    days: Fraction
    at_least: bool
    """True where receivables exceed all known sales: then it is at least so many days."""


def countback_dso(ar_end: Number, months: Iterable[tuple[Number, int]]) -> Countback | None:
    """Take each month's sales off the receivables, newest month first, counting its days.

    `months` gives (sales, days). Receivables of nothing (or a credit) are 0 days; no month at all is None.
    """
    left, days, any_month = Fraction(ar_end), Fraction(0), False
    for sales, length in months:
        any_month = True
        if left <= 0:
            break
        if left < sales:
            return Countback(days + left / Fraction(sales) * length, at_least=False)
        left -= sales
        days += length
    return Countback(days, at_least=left > 0) if any_month else None


def turnover(sales: Number, ar_begin: Number, ar_end: Number) -> Fraction | None:
    """How often receivables turn over in the period: sales / average receivables."""
    return ratio(sales, Fraction(ar_begin + ar_end) / 2)


def annual_turnover(sales: Number, ar_begin: Number, ar_end: Number, days: int) -> Fraction | None:
    """Turnover as if the period were a year of 365 days."""
    once = turnover(sales, ar_begin, ar_end)
    return None if once is None or not days else once * Fraction(365, days)


def collection_period(sales: Number, ar_begin: Number, ar_end: Number, days: int) -> Fraction | None:
    """Days that one turn takes: days of the period / turnover."""
    once = turnover(sales, ar_begin, ar_end)
    return Fraction(days) / once if once else None


def cei(ar_begin: Number, sales: Number, ar_end: Number, current_end: Number) -> Fraction | None:
    """Collection effectiveness in percent: what was collected of what could have been."""
    return percent(ar_begin + sales - ar_end, ar_begin + sales - current_end)


def weighted_days_late(parts: Iterable[tuple[int, int]]) -> Fraction | None:
    """Average days beyond terms, weighted by amount; `parts` gives (amount, days late), early counts as 0."""
    total = late = 0
    for amount, days in parts:
        total += amount
        late += amount * max(0, days)
    return ratio(late, total)


# ---- promises ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class PromiseLine:
    """A promise that fell due: what was promised, and what came by its last day."""

    promise_id: int
    account_id: int
    due: date
    promised_minor: int
    paid_minor: int
    rewritten: bool = False
    """A later promise took its place."""

    @property
    def kept(self) -> bool:
        """Whether at least KEPT_SHARE of it came in time."""
        return Fraction(self.paid_minor) >= KEPT_SHARE * self.promised_minor

    @property
    def partial(self) -> bool:
        """Something came, and not enough."""
        return not self.kept and self.paid_minor > 0


def kept_by_count(promises: Sequence[PromiseLine]) -> Fraction | None:
    """Percent of promises due that were kept."""
    return percent(sum(p.kept for p in promises), len(promises))


def kept_by_value(promises: Sequence[PromiseLine]) -> Fraction | None:
    """Percent of the money promised that came: no promise counts for more than itself."""
    return percent(
        sum(min(p.paid_minor, p.promised_minor) for p in promises), sum(p.promised_minor for p in promises)
    )


# ---- the floor --------------------------------------------------------------------------------------


def average_handle_time(talk: Number, hold: Number, wrap: Number, handled: int) -> Fraction | None:
    """Seconds a handled call takes: (talk + hold + wrap) / handled."""
    return ratio(Fraction(talk) + hold + wrap, handled)


def occupancy(talk: Number, hold: Number, wrap: Number, available: Number) -> Fraction | None:
    """Percent of the time ready for work that was spent on calls; pauses are in neither."""
    busy = Fraction(talk) + hold + wrap
    return percent(busy, busy + available)


def wrap_share(wrap: Number, staffed: Number) -> Fraction | None:
    """Percent of the staffed time spent on wrap-up."""
    return percent(wrap, staffed)


# ---- a figure with what stands behind it ------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Row:
    """One raw line behind a figure."""

    kind: str
    """invoice, payment, promise, attempt, call, ..."""
    reference: str
    on: date | None
    value: Number
    """What the line adds to its part."""
    account_id: int = 0
    """Whose line it is; 0 where it is of no account, or not known."""


def _no_rows() -> tuple[Row, ...]:
    return ()


@dataclass(frozen=True, slots=True)
class Part:
    """A number of a formula, by its symbol; the rows add up to it where it is a sum."""

    symbol: str
    value: Number
    rows: Callable[[], tuple[Row, ...]] = field(default=_no_rows, compare=False, repr=False)
    """The lines, made when asked for: a book may hold a million."""
    money: bool = False
    """Whether value and rows are minor units of the figure's currency."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One key figure with its parts. ``value`` None means it does not exist here, and ``why`` says why."""

    kpi: str
    value: Fraction | None
    parts: tuple[Part, ...] = ()
    currency: str = ""
    """Of a figure in money; empty for shares, days and counts."""
    label: str = ""
    """Tells figures of one definition apart, such as ``31-60``."""
    at_least: bool = False
    why: str = ""

    @property
    def definition(self) -> Definition:
        """What it means and how it is worked out."""
        return DEFINITIONS[self.kpi]

    @property
    def title(self) -> str:
        """The definition's title, with the label that tells it from its like."""
        return f"{self.definition.title} {self.label}".strip()

    def shown(self) -> str:
        """The value as people read it, rounded half up: ``70.54``, ``79.07 %``, ``>= 90.0``, ``n/a``."""
        if self.value is None:
            return "n/a"
        unit = self.definition.unit
        if unit is Unit.MONEY:
            return str(Money(int(self.value), self.currency))
        places = 0 if unit is Unit.COUNT else 2
        text = f"{rounded(self.value, places):,}" + (" %" if unit is Unit.PERCENT else "")
        return f">= {text}" if self.at_least else text


def rounded(value: Fraction, places: int) -> Decimal:
    """Round half up, away from zero, exactly."""
    scaled = value * 10**places
    whole = (abs(scaled.numerator) * 2 + scaled.denominator) // (2 * scaled.denominator)
    digits = Decimal(whole if scaled >= 0 else -whole)
    return digits.scaleb(-places).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
