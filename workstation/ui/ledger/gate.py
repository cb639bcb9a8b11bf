"""May we call: each number with every rule's verdict, what it looked at, and the next eligible minute."""

from __future__ import annotations

from compliance.contact import Check, CheckVerdict, Level
from workstation.desk.account_ledger import LedgerView
from workstation.desk.views import AccountView, PhoneView
from workstation.ui import figures
from workstation.ui.kit import BLANK, Row, cut_row, row, spread
from workstation.ui.text import wrap

_MARKS = {
    CheckVerdict.REFUSE: ("✗", "strong"),
    CheckVerdict.WARN: ("!", "strong"),
    CheckVerdict.PASS: ("✓", "accent"),
}
_NEVER = frozenset({"level", "verified"})


def page(account: AccountView, ledger: LedgerView, width: int) -> list[Row]:
    """All rows of the page: a block a number, refusals first, what passed in short."""
    rows: list[Row] = []
    for phone in account.phones:
        rows += [*_phone(phone, account, width), BLANK]
    return rows or [row(("no number on file", "dim"))]


def _phone(phone: PhoneView, account: AccountView, width: int) -> list[Row]:
    zone = phone.zones[0] if phone.zones else account.zone
    if phone.callable and phone.call_until is not None:
        said = row(("✓ ", "accent"), f"until {figures.clock_face(phone.call_until, zone)}")
    else:
        said = row(("✗ not now", "strong"))
    rows = [
        spread(row((figures.phone(phone.number), "strong"), (f"  {phone.party_name}", "")), said, width),
    ]
    if not phone.callable:
        rows += _next(phone, zone, width)
    passed = []
    for check in phone.checks:
        if check.verdict is CheckVerdict.PASS:
            passed.append(check)
        else:
            rows += _spoke(check, width)
    rows += [cut_row(row(("✓ ", "accent"), (f"{c.message} · {c.citation}", "dim")), width) for c in passed]
    return rows


def _next(phone: PhoneView, zone: str, width: int) -> list[Row]:
    if phone.retry_at is None:
        when = "not by waiting: somebody must decide"
    else:
        there = figures.local(phone.retry_at, zone)
        when = f"{figures.weekday(there)} {figures.clock_face(phone.retry_at, zone, place=True)}"
    return [cut_row(row(("next eligible ", "dim"), (when, "strong")), width)]


def _spoke(check: Check, width: int) -> list[Row]:
    mark, style = _MARKS[check.verdict]
    lines = wrap(check.message, max(8, width - 2))
    rows = [row((f"{mark} ", style), (lines[0] if lines else "", style))]
    rows += [row("  ", (line, style)) for line in lines[1:]]
    level = " · a supervisor may override it" if check.level is Level.SUPERVISOR else ""
    two = " (two people)" if level and check.two_person else ""
    rows.append(cut_row(row("  ", (f"{check.citation}{level}{two}", "dim")), width))
    looked = ", ".join(f"{k.replace('_', ' ')} {v}" for k, v in check.inputs.items() if k not in _NEVER)
    if looked:
        rows += [row("  ", (line, "faint")) for line in wrap(looked, max(8, width - 2))[:3]]
    return rows
