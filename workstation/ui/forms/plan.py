"""An instalment plan, from a number of payments or from what is affordable; every date shown first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from workstation.desk.money import Money
from workstation.desk.plan import MOST_INSTALMENTS, Due, Every, PlanError, build
from workstation.desk.promise import METHODS
from workstation.ui import entry, figures
from workstation.ui.forms.base import Form, Slot, Standing, Work, named
from workstation.ui.kit import Row, row
from workstation.ui.text import fit

_EVERY = tuple(e.value for e in Every)
_CELL = 26
"""Cells of one instalment in the preview."""


@dataclass(frozen=True, slots=True)
class _Plan:
    instalments: tuple[Due, ...]
    every: Every
    method: str
    who: str


class PlanForm(Form):
    """A plan over all that is open and undisputed."""

    title = "INSTALMENT PLAN"
    deep = True

    def __init__(self, at: Standing) -> None:
        self._at = at
        first = at.today + timedelta(days=7)
        self.title = f"INSTALMENT PLAN · {at.free} open and undisputed"
        self.slots = (
            Slot("times", "payments"),
            Slot("each", "or each"),
            Slot("first", "first on", f"{first:%a} {first.day} {first:%b}".lower()),
            Slot("every", "every", Every.MONTH.value, named(_EVERY)),
            Slot("method", "by", METHODS[0], named(METHODS)),
            Slot("who", "agreed by", at.who),
        )
        super().__init__()

    def _read(self) -> _Plan:
        values, total = self.values, self._at.free
        if not total.minor:
            raise entry.EntryError("payments: nothing is open and undisputed, so there is nothing to pay off")
        times, each = values["times"].strip(), values["each"].strip()
        if bool(times) == bool(each):
            raise entry.EntryError("payments: write how many, or in the next field how much each time")
        if times and not (times.isascii() and times.isdigit() and 0 < int(times) <= MOST_INSTALMENTS):
            raise entry.EntryError(f"payments: {times!r} is not a number from 1 to {MOST_INSTALMENTS}")
        affordable: Money | None = None
        if each:
            affordable = entry.amount(each, total, ask="how much each time?")
        first = entry.day(values["first"], self._at.today)
        every = Every(entry.one_of(values["every"], _EVERY, "every", "how often?"))
        who = values["who"].strip()
        if not who:
            raise entry.EntryError("agreed by: say who agreed to it")
        try:
            found = build(
                total, first, every=every, count=int(times) if times else None, affordable=affordable
            )
        except PlanError as wrong:
            raise entry.EntryError(f"payments: {wrong}") from None
        method = entry.one_of(values["method"], METHODS, "by", "how will it be paid?")
        return _Plan(found, every, method, who)

    def meaning(self, width: int, height: int) -> Sequence[Row]:
        """Every date and amount, in columns."""
        plan = self._read()
        dues = plan.instalments
        last = dues[-1]
        rows = [
            row(
                (f"{len(dues)} × {dues[0].amount.figures()}", "strong"),
                ("" if last.amount == dues[0].amount else f", the last {last.amount.figures()}", ""),
                (f"  every {plan.every.value}, until ", "dim"), f"{figures.weekday(last.on)} {last.on.year}",
                (f"  by {plan.method}, {plan.who}", "dim"),
            )
        ]  # fmt: skip
        columns = max(1, width // _CELL)
        lines = max(1, height - 1)
        shown = dues if len(dues) <= columns * lines else dues[: columns * lines - 1]
        cells = [_cell(number, due) for number, due in enumerate(shown, start=1)]
        if len(shown) < len(dues):
            cells.append(row((fit(f"and {len(dues) - len(shown)} more", _CELL), "dim")))
        rows += [
            tuple(span for cell in cells[start : start + columns] for span in cell)
            for start in range(0, len(cells), columns)
        ]
        return rows

    def work(self) -> Work:
        """Save it."""
        plan, at = self._read(), self._at

        def save(now: datetime) -> str:
            at.desk.make_plan(
                at.account.account_id,
                plan.who,
                plan.method,
                plan.instalments,
                at.today,
                at.user.user_id,
                now,
                call_id=at.call_id,
            )
            first = plan.instalments[0]
            return (
                f"Plan saved: {len(plan.instalments)} payments, the first {first.amount} "
                f"on {figures.weekday(first.on)}, agreed by {plan.who}."
            )

        return save


def _cell(number: int, due: Due) -> Row:
    on = f"{due.on.day:>2} {due.on:%b %y}"
    return row(
        (f"{number:>3} ", "dim"), on, (fit(due.amount.figures(), _CELL - 15, right=True), "strong"), "  "
    )
