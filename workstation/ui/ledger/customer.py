"""The customer in the round: people and their roles, related accounts, notes of every department."""

from __future__ import annotations

from workstation.desk.account_ledger import LedgerView
from workstation.desk.views import AccountView
from workstation.ui import figures
from workstation.ui.kit import BLANK, Row, row, spread
from workstation.ui.panes import heading
from workstation.ui.text import fit, wrap


def page(account: AccountView, ledger: LedgerView, width: int) -> list[Row]:
    """All rows of the page."""
    customer = ledger.customer
    rows: list[Row] = [heading("CONTACTS", row((str(len(customer.contacts)), "dim")), width)]
    for person in customer.contacts:
        rows.append(spread(row((person.name, "strong")), row((person.role, "dim")), width))
        reach = [figures.phone(number) for number in person.phones]
        reach += [person.email] if person.email else []
        rows += [
            row(("  " + text, "dim")) for text in wrap(" · ".join(reach) or "no number, no mail", width - 2)
        ]
    if not customer.contacts:
        rows.append(row(("nobody is known", "dim")))
    rows += [BLANK, heading("RELATED ACCOUNTS")]
    for other in customer.related:
        number = f"  #{other.number.lstrip('#')}"
        left = row((fit(other.relation.value, 11), "dim"), other.name, (number, "dim"))
        rows.append(spread(left, row((str(other.balance), "strong")), width))
    if not customer.related:
        rows.append(row(("none", "dim")))
    rows += [BLANK, heading("NOTES", row(("collections, sales and finance", "dim")), width)]
    for note in customer.notes:
        on = figures.day(figures.local(note.at, account.zone))
        rows.append(row((f"{on}  ", "dim"), (fit(note.role, 12), ""), (note.author, "dim")))
        rows += [row("  " + text) for text in wrap(note.text, max(8, width - 2))]
    if not customer.notes:
        rows.append(row(("none written", "dim")))
    return rows
