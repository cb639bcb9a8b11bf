"""What is contested: every dispute with its owner, its clock and the part it holds."""

from __future__ import annotations

from datetime import date

from workstation.desk.account_ledger import LedgerView
from workstation.desk.customer import DisputeLine
from workstation.desk.money import Money
from workstation.desk.views import AccountView
from workstation.ui import figures
from workstation.ui.kit import BLANK, Row, cut_row, row, spread
from workstation.ui.panes import heading
from workstation.ui.text import fit, wrap

_STATE = 12


def page(account: AccountView, ledger: LedgerView, width: int) -> list[Row]:
    """All rows of the page: open disputes, then those that ended."""
    disputes = ledger.customer.disputes
    standing = [d for d in disputes if d.resolved_on is None]
    ended = [d for d in disputes if d.resolved_on is not None]
    minor = ledger.aging.disputed_minor
    held = Money(minor, account.currency).figures() if minor else "–"
    rows: list[Row] = [heading("OPEN DISPUTES", row(("held ", "dim"), (held, "strong")), width)]
    for one in standing:
        rows += _open(one, ledger.today, width)
    if not standing:
        rows.append(row(("nothing is disputed", "dim")))
    rows += [BLANK, heading("ENDED")]
    for one in ended:
        rows += _ended(one, width)
    if not ended:
        rows.append(row(("none yet", "dim")))
    return rows


def clock(one: DisputeLine, today: date) -> tuple[str, str]:
    """The clock in words and its style: ``answer by Mon 23 Nov (in 3 d)``."""
    if one.answer_due is None:
        return "no day to answer by", "dim"
    days = (one.answer_due - today).days
    when = f"answer by {figures.weekday(one.answer_due)}"
    if one.overdue:
        return f"✗ {when}: {-days} d overdue", "strong"
    return f"{when} ({'today' if days == 0 else f'in {days} d'})", "strong" if days <= 1 else ""


def _open(one: DisputeLine, today: date, width: int) -> list[Row]:
    words, style = clock(one, today)
    rows = [
        spread(
            row((fit("! open", _STATE), "strong"), (one.invoice, "strong"), (f"  {one.reason}", "")),
            row((one.held.figures(), "strong"), (" held", "dim")),
            width,
        ),
        cut_row(
            row((" " * _STATE, ""), (words, style), (f" · owner {one.owner or 'nobody'}", "dim")),
            width,
        ),
        cut_row(
            row((" " * _STATE + f"since {figures.day(one.opened_on)} · cause {one.cause}", "dim")),
            width,
        ),
    ]
    rows += [row(" " * _STATE, line) for line in wrap(one.detail, max(8, width - _STATE))]
    return rows


def _ended(one: DisputeLine, width: int) -> list[Row]:
    on = figures.day(one.resolved_on) if one.resolved_on else ""
    rows = [
        spread(
            row((fit(f"✓ {on}", _STATE), ""), one.invoice, (f"  {one.reason} · by {one.resolution}", "dim")),
            row((one.held.figures(), "dim")),
            width,
        )
    ]
    answer = f"{one.answer}" if one.answer else f"cause {one.cause}"
    return [*rows, *(row((" " * _STATE + line, "dim")) for line in wrap(answer, max(8, width - _STATE)))]
