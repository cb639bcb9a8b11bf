"""The ledger's pages as one pane: which is open, how far it is scrolled, the strip that names them."""

from __future__ import annotations

from collections.abc import Callable

from workstation.desk.account_ledger import LedgerView
from workstation.desk.views import AccountView
from workstation.ui.kit import Row, Span, row, row_width, spread
from workstation.ui.ledger import agreed, contested, customer, gate, history, owed, way
from workstation.ui.text import fit

Page = Callable[[AccountView, LedgerView, int], list[Row]]

PAGES: tuple[tuple[str, Page], ...] = (
    ("owed", owed.page),
    ("agreed", agreed.page),
    ("disputes", contested.page),
    ("stage", way.page),
    ("customer", customer.page),
    ("history", history.page),
    ("gate", gate.page),
)


_SHORT = {"customer": "people", "disputes": "disp."}
"""Names on the narrowest strip."""


class LedgerPages:
    """Lays out the open page; what was laid out once is kept as long as nothing changes."""

    def __init__(self) -> None:
        self.at = 0
        """Index of the open page."""
        self.top = 0
        """Rows scrolled away at the top."""
        self._laid: tuple[AccountView, LedgerView, tuple[int, int], list[Row]] | None = None
        self._room = 1

    def reset(self) -> None:
        """Begin at the first page, for another account."""
        self.at, self.top, self._laid = 0, 0, None

    def turn(self, by: int) -> None:
        """Go to another page; after the last comes the first."""
        self.open((self.at + by) % len(PAGES))

    def open(self, page: int) -> None:
        """Go to a page, at its beginning."""
        self.at, self.top = page, 0

    def scroll(self, pages: float) -> None:
        """Scroll by so many screens; rows where it is less than one."""
        step = round(pages * max(1, self._room - 1)) if abs(pages) >= 1 else (1 if pages > 0 else -1)
        self.top = max(0, self.top + step)

    def end(self) -> None:
        """Scroll to the end."""
        self.top = 1_000_000

    def rows(
        self, account: AccountView | None, ledger: LedgerView | None, width: int, height: int
    ) -> list[Row]:
        """The strip of pages, and the rows of the open one that fit."""
        strip = self._strip(account, ledger, width)
        if account is None or ledger is None:
            return [strip, row(), row(("reading the ledger …", "faint"))]
        laid = self._lay(account, ledger, width)
        self._room = max(1, height - 2)
        if len(laid) <= self._room:
            self.top = 0
            return [strip, row(), *laid]
        self._room -= 1
        self.top = max(0, min(self.top, len(laid) - self._room))
        below = len(laid) - self.top - self._room
        more = row((f"↑ {self.top} above" if self.top else "", "dim"))
        less = row((f"↓ {below} more · PgDn" if below else "end", "dim"))
        shown = laid[self.top : self.top + self._room]
        return [strip, row(), *shown, spread(more, less, width)]

    def _lay(self, account: AccountView, ledger: LedgerView, width: int) -> list[Row]:
        known, place = self._laid, (self.at, width)
        if known is not None and known[0] is account and known[1] is ledger and known[2] == place:
            return known[3]
        rows = PAGES[self.at][1](account, ledger, width)
        self._laid = (account, ledger, place, rows)
        return rows

    def _strip(self, account: AccountView | None, ledger: LedgerView | None, width: int) -> Row:
        counts = _counts(ledger) if ledger is not None and width >= 64 else {}
        spans: list[Span] = []
        for index, (name, _) in enumerate(PAGES):
            here = index == self.at
            shown = _SHORT.get(name, name) if width < 48 else name
            count = fit(f" {counts[name] or ''}", 3) if name in counts else ""
            spans += [
                Span("▸" if here else ("" if width < 48 else " "), "accent"),
                Span(shown.upper() if here else shown, "strong" if here else "dim", f"ledger_to({index})"),
                Span(count, "accent" if here else "dim"),
                Span("" if index == len(PAGES) - 1 else " "),
            ]
        line = tuple(spans)
        arrows = row(("← →", "key"))
        return spread(line, arrows, width) if row_width(line) + 4 < width else line


def _counts(ledger: LedgerView) -> dict[str, int]:
    customer = ledger.customer
    agreed_now = sum(p.promise.state == "open" for p in ledger.promises)
    agreed_now += sum(p.state.value in ("on track", "in grace", "breached") for p in customer.plans)
    agreed_now += sum(o.state.value == "open" for o in customer.offers)
    return {
        "owed": len(ledger.items),
        "agreed": agreed_now,
        "disputes": sum(d.resolved_on is None for d in customer.disputes),
    }
