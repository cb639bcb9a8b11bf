"""The accounts at the final notice, as the manager works through them."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from workstation.desk.aging import days_late
from workstation.desk.final_deadline import DeadlineState
from workstation.desk.final_notice import PERSONAL, blocked_by, evaluate
from workstation.desk.final_views import FinalRow
from workstation.desk.money import Money
from workstation.desk.stage import FINAL
from workstation.store import final_deadlines
from workstation.store.final_facts import load, waivers
from workstation.store.final_notices import Place, open_session
from workstation.store.signals import load_accounts
from workstation.store.tables import Account, Party, User


def rows(session: Session, place: Place, user_id: int, now: datetime, limit: int) -> tuple[FinalRow, ...]:
    """Return accounts at the final notice: lapsed deadlines, then ready by demand, running, blocked."""
    accounts = session.execute(
        select(Account.id, Account.number, Account.currency, Party.name)
        .join(Party, Party.id == Account.party_id)
        .where(Account.stage == FINAL)
        .order_by(Account.stage_since, Account.id)
        .limit(limit)
    ).all()
    waiting = {
        row.account_id: row
        for row in final_deadlines.rows(session, (DeadlineState.RUNNING, DeadlineState.DUE))
    }
    loaded = load_accounts(session, [account.id for account in accounts], now)
    found = []
    for account in accounts:
        facts = load(session, place.gate, account.id, user_id, now, place.home, loaded[account.id])
        missing = blocked_by(evaluate(facts, waivers(session, account.id)))
        running = open_session(session, account.id)
        oldest = min((i.due for i in facts.invoices), default=facts.today)
        found.append(
            FinalRow(
                account_id=account.id,
                number=account.number,
                name=account.name,
                demand=Money(facts.demand_minor, account.currency),
                days_late=max(0, days_late(oldest, facts.today)),
                blocked=tuple(c for c in missing if c.id not in PERSONAL),
                deadline=waiting.get(account.id),
                in_session="" if running is None else session.get_one(User, running.user_id).full_name,
            )
        )
    return tuple(sorted(found, key=_order))


def _order(row: FinalRow) -> tuple[int, int, int]:
    if row.deadline is not None and row.deadline.state is DeadlineState.DUE:
        group = 0
    elif row.deadline is not None:
        group = 2
    else:
        group = 3 if row.blocked else 1
    return group, -row.demand.minor, row.account_id
