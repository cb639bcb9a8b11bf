"""The portfolio: key figures cut by stage, segment or collector, and the accounts behind each. Pure.

The figures are those of kpi_receivables and kpi_floor on the lines of a group of accounts; nothing is worked
out here that is not worked out there.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from fractions import Fraction
from typing import Protocol

from workstation.desk import kpi_receivables
from workstation.desk.kpi import Figure
from workstation.desk.kpi_floor import DeadlineLine, follow_through
from workstation.desk.kpi_receivables import Period, Receivables, months_until
from workstation.desk.money import Money
from workstation.desk.stage import stage_name

MONTHS = 6
"""Calendar months side by side, the last up to the day itself."""

SHOWN = (
    "receivables",
    "collected",
    "current-share",
    "dso",
    "dso-best",
    "add",
    "dso-countback",
    "cei",
    "adbt",
    "roll-rate",
    "cure-rate",
    "promises-due",
    "kept-count",
    "kept-value",
    "broken-count",
    "follow-through",
)
"""Figures of the list, in order; the aging has a picture of its own and is in the list too."""


class Cut(StrEnum):
    """By what accounts are grouped."""

    ALL = "all"
    STAGE = "stage"
    SEGMENT = "segment"
    COLLECTOR = "collector"


@dataclass(frozen=True, slots=True)
class AccountTraits:
    """What an account is grouped by."""

    account_id: int
    number: str
    name: str
    currency: str
    stage: int
    segment: str
    """Empty before the stages first looked at it."""
    collector: str
    """Who called it last; empty if nobody has."""

    def key(self, cut: Cut) -> str:
        """The group it is in."""
        match cut:
            case Cut.STAGE:
                return f"{self.stage} {stage_name(self.stage)}"
            case Cut.SEGMENT:
                return self.segment or "not yet known"
            case Cut.COLLECTOR:
                return self.collector or "nobody yet"
            case Cut.ALL:
                return "all accounts"


@dataclass(frozen=True, slots=True)
class Lines:
    """All raw lines of a book as of a day."""

    as_of: date
    receivables: tuple[Receivables, ...]
    """One a currency."""
    deadlines: tuple[DeadlineLine, ...]
    accounts: Mapping[int, AccountTraits]


@dataclass(frozen=True, slots=True)
class Group:
    """A group of accounts of one currency."""

    key: str
    accounts: int
    open: Money


@dataclass(frozen=True, slots=True)
class FigureRow:
    """One figure over the months."""

    kpi: str
    title: str
    months: tuple[Figure | None, ...]
    """Oldest first; None where it does not occur."""

    @property
    def last(self) -> Figure | None:
        """Of the month that runs."""
        return self.months[-1]


@dataclass(frozen=True, slots=True)
class Portfolio:
    """A group's figures, ready to be drawn."""

    as_of: date
    currency: str
    currencies: tuple[str, ...]
    cut: Cut
    groups: tuple[Group, ...]
    """Of the cut, the largest first."""
    group: str
    periods: tuple[Period, ...]
    aging: tuple[Figure, ...]
    """As of the day, one a bucket."""
    rows: tuple[FigureRow, ...]


@dataclass(frozen=True, slots=True)
class Behind:
    """An account behind a figure."""

    account_id: int
    number: str
    name: str
    stage: int
    value: Fraction
    """What its lines add to the figure."""
    shown: str
    lines: int


def portfolio(lines: Lines, currency: str = "", cut: Cut = Cut.ALL, group: str = "") -> Portfolio:
    """Work out the figures of one group: of all where none is named, of the first where it has gone."""
    currencies = tuple(r.currency for r in lines.receivables)
    chosen = currency if currency in currencies else (currencies[0] if currencies else "")
    whole = next((r for r in lines.receivables if r.currency == chosen), Receivables(chosen, ()))
    groups = _groups(lines, whole, cut)
    keys = [g.key for g in groups]
    key = group if group in keys else (keys[0] if keys else "")
    ids = {a for a, t in lines.accounts.items() if t.currency == chosen and t.key(cut) == key}
    mine = whole if cut is Cut.ALL else _only(whole, ids)
    deadlines = [d for d in lines.deadlines if d.account_id in ids]
    periods = months_until(lines.as_of, MONTHS)
    columns = [(*kpi_receivables.figures(mine, p), follow_through(deadlines, p)) for p in periods]
    by_key = [{(f.kpi, f.label): f for f in column} for column in columns]
    aging = tuple(f for f in columns[-1] if f.kpi == "aging")
    return Portfolio(
        lines.as_of, chosen, currencies, cut, groups, key, periods, aging, tuple(_rows(columns, by_key))
    )


def _rows(
    columns: Sequence[Sequence[Figure]], by_key: Sequence[Mapping[tuple[str, str], Figure]]
) -> Sequence[FigureRow]:
    titles: dict[tuple[str, str], str] = {}
    for column in columns:
        for figure in column:
            titles.setdefault((figure.kpi, figure.label), figure.title)
    return [
        FigureRow(kpi, titles[kpi, label], tuple(column.get((kpi, label)) for column in by_key))
        for wanted in (SHOWN[0], "aging", *SHOWN[1:])
        for kpi, label in titles
        if kpi == wanted
    ]


def _only(whole: Receivables, ids: set[int]) -> Receivables:
    return replace(
        whole,
        invoices=tuple(i for i in whole.invoices if i.account_id in ids),
        receipts=tuple(r for r in whole.receipts if r.account_id in ids),
        promises=tuple(p for p in whole.promises if p.account_id in ids),
    )


def _groups(lines: Lines, whole: Receivables, cut: Cut) -> tuple[Group, ...]:
    left: dict[int, int] = defaultdict(int)
    for invoice in whole.invoices:
        left[invoice.account_id] += invoice.open_at(lines.as_of)
    sums: dict[str, int] = defaultdict(int)
    counts: dict[str, int] = defaultdict(int)
    for account_id, traits in lines.accounts.items():
        if traits.currency == whole.currency:
            key = traits.key(cut)
            sums[key] += left.get(account_id, 0)
            counts[key] += 1
    order = sorted(sums, key=lambda key: (key if cut is Cut.STAGE else "", -sums[key], key))
    return tuple(Group(key, counts[key], Money(sums[key], whole.currency)) for key in order)


def behind(lines: Lines, figure: Figure, currency: str) -> tuple[Behind, ...]:
    """Return the accounts behind a figure: what each adds to the figure's first part, the largest first."""
    if not figure.parts:
        return ()
    part = figure.parts[0]
    sums: dict[int, Fraction] = defaultdict(Fraction)
    counts: dict[int, int] = defaultdict(int)
    for row in part.rows():
        if row.account_id:
            sums[row.account_id] += Fraction(row.value)
            counts[row.account_id] += 1
    found = [
        Behind(
            account_id,
            traits.number,
            traits.name,
            traits.stage,
            total,
            str(Money(int(total), currency)) if part.money else f"{int(total):,}",
            counts[account_id],
        )
        for account_id, total in sums.items()
        if (traits := lines.accounts.get(account_id)) is not None
    ]
    return tuple(sorted(found, key=lambda b: (-abs(b.value), b.number)))


class Portfolios(Protocol):
    """What the portfolio screen reads. Thread-safe; reading a large book takes seconds."""

    def lines(self, user_id: int, now: datetime, /, progress: Callable[[str], None] | None = None) -> Lines:
        """Read every line as of today. Raises NotAllowed."""
