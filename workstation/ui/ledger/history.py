"""The whole history across all channels, newest first, nothing cut."""

from __future__ import annotations

from workstation.desk.account_ledger import LedgerView
from workstation.desk.views import AccountView
from workstation.ui import figures
from workstation.ui.kit import Row, row
from workstation.ui.panes import heading
from workstation.ui.text import fit, wrap

_KIND = 9


def page(account: AccountView, ledger: LedgerView, width: int) -> list[Row]:
    """All rows of the page; a year stands before its first line."""
    rows: list[Row] = [heading("HISTORY", row((f"{len(account.history)} lines, all channels", "dim")), width)]
    year = figures.local(account.history[0].at, account.zone).year if account.history else 0
    for line in account.history:
        on = figures.local(line.at, account.zone)
        if on.year != year:
            year = on.year
            rows.append(row((str(year), "head")))
        # What has a day and no hour stands at noon.
        hour = "     " if (on.hour, on.minute, on.second) == (12, 0, 0) else f"{on:%H:%M}"
        lead = f"{figures.day(on)} {hour}  "
        texts = wrap(line.text, max(8, width - len(lead) - _KIND)) or [""]
        rows += [
            row(
                (lead if i == 0 else " " * len(lead), "dim"),
                (fit(line.kind, _KIND) if i == 0 else " " * _KIND, "dim"),
                text,
            )
            for i, text in enumerate(texts)
        ]
    if not account.history:
        rows.append(row(("nothing yet", "dim")))
    return rows
