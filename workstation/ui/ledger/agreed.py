"""What is agreed: promises with their grace, plans with every instalment, settlement offers."""

from __future__ import annotations

from workstation.desk.account_ledger import LedgerView, PromiseLine
from workstation.desk.customer import OfferLine, OfferState, PlanLine
from workstation.desk.plan import Due, PlanState
from workstation.desk.views import AccountView
from workstation.ui import figures
from workstation.ui.kit import BLANK, Row, cut_row, row, spread
from workstation.ui.panes import heading
from workstation.ui.text import fit

_PROMISE = {
    "open": ("○ open", "accent"),
    "kept": ("✓ kept", ""),
    "partial": ("! in part", "strong"),
    "broken": ("✗ broken", "strong"),
}
_PLAN = {
    PlanState.ON_TRACK: ("✓ on track", "accent"),
    PlanState.IN_GRACE: ("! in grace", "strong"),
    PlanState.BREACHED: ("✗ breached", "strong"),
    PlanState.FULFILLED: ("✓ fulfilled", ""),
    PlanState.ENDED: ("– ended", "dim"),
}
_OFFER = {
    OfferState.OPEN: ("○ open", "accent"),
    OfferState.SETTLED: ("✓ settled", ""),
    OfferState.EXPIRED: ("– expired", "dim"),
    OfferState.WITHDRAWN: ("– withdrawn", "dim"),
}
_STATE = 12
_CELL = 26
_SUM = 12


def page(account: AccountView, ledger: LedgerView, width: int) -> list[Row]:
    """All rows of the page."""
    kept = f"kept {account.promises_kept} of {account.promises_total}" if account.promises_total else ""
    rows: list[Row] = [heading("PROMISES", row((kept, "dim")), width)]
    for one in ledger.promises:
        rows += _promise(one, ledger, width)
    if not ledger.promises:
        rows.append(row(("none made", "dim")))
    rows += [BLANK, heading("INSTALMENT PLANS")]
    for plan in ledger.customer.plans:
        rows += _plan(plan, ledger, width)
    if not ledger.customer.plans:
        rows.append(row(("none made", "dim")))
    rows += [BLANK, heading("SETTLEMENT OFFERS")]
    for offer in ledger.customer.offers:
        rows += _offer(offer, width)
    if not ledger.customer.offers:
        rows.append(row(("none made", "dim")))
    return rows


def _promise(one: PromiseLine, ledger: LedgerView, width: int) -> list[Row]:
    promise = one.promise
    word, style = _PROMISE.get(promise.state, (promise.state, ""))
    in_grace = promise.state == "open" and promise.due < ledger.today
    grace = f"grace until {figures.weekday(one.last_day)}" if promise.state == "open" else ""
    said = f"{promise.who} by {promise.method}" if promise.method else promise.who
    amount = fit(promise.amount.figures(), _SUM, right=True)
    return [
        spread(
            row(
                (fit("! in grace" if in_grace else word, _STATE), "strong" if in_grace else style),
                (amount, "strong"), f"  by {figures.weekday(promise.due)}",
            ),
            row((f"{one.received.figures()} came" if one.received.minor else "nothing came", "dim")),
            width,
        ),
        cut_row(
            row(
                (" " * _STATE, ""), (f"made {figures.day(one.made_on)}", "dim"),
                (f" · {grace}" if grace else "", "strong" if in_grace else "dim"), (f" · {said}", "dim"),
            ),
            width,
        ),
    ]  # fmt: skip


def _plan(plan: PlanLine, ledger: LedgerView, width: int) -> list[Row]:
    word, style = _PLAN[plan.state]
    rows = [
        spread(
            row(
                (fit(word, _STATE), style), (fit(plan.total.figures(), _SUM, right=True), "strong"),
                f"  in {len(plan.instalments)} since {figures.day(plan.made_on)}",
            ),
            row((f"{plan.paid.figures()} came", "dim")),
            width,
        ),
        cut_row(row((" " * _STATE + f"{plan.who} by {plan.method}", "dim"), *_next(plan)), width),
    ]  # fmt: skip
    columns = max(1, (width - 2) // _CELL)
    cells = _instalments(plan, ledger)
    rows += [
        row("  ", *(span for cell in cells[start : start + columns] for span in cell))
        for start in range(0, len(cells), columns)
    ]
    return rows


def _next(plan: PlanLine) -> Row:
    if plan.breached_on is not None and plan.state is PlanState.BREACHED:
        missing = plan.missing.figures()
        return row((f" · breached {figures.day(plan.breached_on)}, {missing} missing", "strong"))
    if plan.next_due is None or plan.state in (PlanState.ENDED, PlanState.FULFILLED):
        return ()
    due = plan.next_due
    return row((f" · next {due.amount.figures()} on {figures.weekday(due.on)}", "strong"))


def _instalments(plan: PlanLine, ledger: LedgerView) -> list[Row]:
    cells = []
    needed = 0
    for due in plan.instalments:
        before, needed = needed, needed + due.amount.minor
        cells.append(_instalment(due, before, needed, plan, ledger))
    return cells


def _instalment(due: Due, before: int, needed: int, plan: PlanLine, ledger: LedgerView) -> Row:
    """One instalment: money covers the oldest first."""
    if plan.paid.minor >= needed:
        sign, style = "✓", ""
    elif due.on < ledger.today:
        sign, style = ("½", "strong") if plan.paid.minor > before else ("✗", "strong")
    elif plan.paid.minor > before:
        sign, style = "½", "strong"
    else:
        sign, style = "○", "dim"
    on = f"{due.on.day:>2} {due.on:%b %y}"
    return row((f"{sign} {on}", style), (fit(due.amount.figures(), _CELL - 13, right=True), style), "  ")


def _offer(offer: OfferLine, width: int) -> list[Row]:
    word, style = _OFFER[offer.state]
    share = offer.amount.minor * 100 // offer.balance.minor if offer.balance.minor else 0
    by = f"offered {figures.day(offer.offered_on)} by {offer.offered_by}"
    if offer.approved_by != offer.offered_by:
        by += f", approved by {offer.approved_by}"
    return [
        spread(
            row(
                (fit(word, _STATE), style), (fit(offer.amount.figures(), _SUM, right=True), "strong"),
                f"  for {offer.balance.figures()} ({share}%)",
            ),
            row((f"until {figures.weekday(offer.expires_on)}", "dim")),
            width,
        ),
        cut_row(row((" " * _STATE + by, "dim")), width),
    ]  # fmt: skip
