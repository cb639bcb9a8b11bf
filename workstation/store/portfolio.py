"""The raw lines of the portfolio: receivables, lapsed deadlines, and how accounts group."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from workstation.desk.kpi_receivables import months_until
from workstation.desk.portfolio import MONTHS, AccountTraits, Lines
from workstation.desk.roles import Right
from workstation.store import figures, people
from workstation.store.book import SqlBook
from workstation.store.tables import Account, CallRow, Party, User
from workstation.store.tables.stages import AccountTreatment


class PortfolioDesk:
    """Implements Portfolios on a book."""

    def __init__(self, book: SqlBook) -> None:
        self._book = book

    def lines(self, user_id: int, now: datetime, /, progress: Callable[[str], None] | None = None) -> Lines:
        """See Portfolios."""
        say = progress or (lambda _: None)
        as_of = now.astimezone(self._book.home_zone).date()
        with self._book.database.read() as session:
            people.need(session, user_id, Right.SEE_PORTFOLIO)
            say("accounts")
            accounts = _accounts(session)
            deadlines = figures.lapsed_deadlines(session, months_until(as_of, MONTHS)[0].first, as_of)
        say("invoices and payments")
        return Lines(as_of, figures.load_receivables(self._book, as_of), deadlines, accounts)


def _accounts(session: Session) -> dict[int, AccountTraits]:
    callers = _callers(session)
    treatment = aliased(AccountTreatment)
    rows = session.execute(
        select(Account.id, Account.number, Party.name, Account.currency, Account.stage, treatment.segment)
        .join(Party, Party.id == Account.party_id)
        .outerjoin(treatment, treatment.account_id == Account.id)
    )
    return {
        row.id: AccountTraits(
            row.id,
            row.number,
            row.name,
            row.currency,
            row.stage,
            row.segment or "",
            callers.get(row.id, ""),
        )
        for row in rows
    }


def _callers(session: Session) -> dict[int, str]:
    """Who called each account last."""
    rows = session.execute(
        select(CallRow.account_id, User.full_name)
        .join(User, User.id == CallRow.collector_id)
        .order_by(CallRow.reserved_at)
    )
    return {row.account_id: row.full_name for row in rows}  # the last one stays
