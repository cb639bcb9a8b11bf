"""The accounts at the final notice, as the manager works through them.

Looking at every condition of an account costs tens of milliseconds, too much for all of a large book. The
order needs less: who may be ready is found by what every ready account has, and only those few are looked at
whole; rows are made a page at a time.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from itertools import chain

from sqlalchemy import Row, func, select
from sqlalchemy.orm import Session

from workstation.desk.aging import days_late
from workstation.desk.final_deadline import DeadlineState
from workstation.desk.final_notice import (
    PERSONAL,
    RECONCILED_FOR,
    WAIVER_LASTS,
    CheckId,
    NoticeCheck,
    NoticeFacts,
    blocked_by,
    evaluate,
)
from workstation.desk.final_views import FinalOrder, FinalRow
from workstation.desk.money import Money
from workstation.desk.stage import FINAL
from workstation.store import final_deadlines
from workstation.store.facts import batches
from workstation.store.final_facts import load, waivers
from workstation.store.final_notices import Place, open_session
from workstation.store.signals import AccountData, load_accounts
from workstation.store.tables import (
    Account,
    AuthorityRow,
    Dispute,
    FinalReconciliation,
    FinalWaiver,
    Invoice,
    Party,
    User,
)

_WAITING = (DeadlineState.RUNNING, DeadlineState.DUE)


def order(session: Session, place: Place, user_id: int, now: datetime) -> FinalOrder:
    """Return who is at the final notice: lapsed deadlines, ready, running, blocked; the largest first."""
    demands = _demands(session, place.today(now))
    waiting = {row.account_id: row.state for row in final_deadlines.rows(session, _WAITING)}
    hopeful = [i for i in _may_be_ready(session, now) if i not in waiting]
    ready = {i for i, _, missing in _looked_at(session, place, user_id, now, hopeful) if not missing}
    lapsed: list[int] = []
    running: list[int] = []
    blocked: list[int] = []
    for account_id in demands:
        if account_id in waiting:
            (lapsed if waiting[account_id] is DeadlineState.DUE else running).append(account_id)
        elif account_id not in ready:
            blocked.append(account_id)
    groups = (lapsed, ready, running, blocked)
    ranked = (sorted(group, key=lambda i: (-demands[i], i)) for group in groups)
    return FinalOrder(tuple(chain.from_iterable(ranked)), *(len(group) for group in groups))


def _demands(session: Session, today: date) -> dict[int, int]:
    """What is overdue and undisputed on each account at the final notice, in minor units."""
    rows = session.execute(
        select(Account.id, func.coalesce(func.sum(Invoice.open_minor - Invoice.disputed_minor), 0))
        .outerjoin(
            Invoice,
            (Invoice.account_id == Account.id)
            & (Invoice.due < today)
            & (Invoice.open_minor > Invoice.disputed_minor),
        )
        .where(Account.stage == FINAL)
        .group_by(Account.id)
    )
    return {account_id: int(minor) for account_id, minor in rows}


def _may_be_ready(session: Session, now: datetime) -> list[int]:
    """Accounts with what no ready one lacks: an authority in force, no dispute, a balance gone through."""
    authorised = select(AuthorityRow.account_id).where(
        AuthorityRow.approved_by.is_not(None),
        AuthorityRow.revoked_at.is_(None),
        AuthorityRow.not_before <= now,
        AuthorityRow.expires > now,
    )
    reconciled = select(FinalReconciliation.account_id).where(FinalReconciliation.at > now - RECONCILED_FOR)
    waived = select(FinalWaiver.account_id).where(
        FinalWaiver.check_id == CheckId.RECONCILED.value,
        FinalWaiver.session_id.is_(None),
        FinalWaiver.at > now - WAIVER_LASTS,
    )
    disputed = select(Dispute.account_id).where(Dispute.resolved_on.is_(None))
    return list(
        session.scalars(
            select(Account.id).where(
                Account.stage == FINAL,
                Account.id.in_(authorised),
                Account.id.in_(reconciled.union(waived)),
                Account.id.not_in(disputed),
            )
        )
    )


_Looked = tuple[int, NoticeFacts, tuple[NoticeCheck, ...]]


def _looked_at(
    session: Session, place: Place, user_id: int, now: datetime, account_ids: Sequence[int]
) -> list[_Looked]:
    """Look at every condition of these accounts: each with its facts and what of the account is missing."""
    loaded: dict[int, AccountData] = {}
    for some in batches(account_ids):
        loaded |= load_accounts(session, list(some), now)
    found = []
    for account_id in account_ids:
        facts = load(session, place.gate, account_id, user_id, now, place.home, loaded.get(account_id))
        missing = blocked_by(evaluate(facts, waivers(session, account_id)))
        found.append((account_id, facts, tuple(c for c in missing if c.id not in PERSONAL)))
    return found


def rows(
    session: Session, place: Place, user_id: int, now: datetime, account_ids: Sequence[int]
) -> tuple[FinalRow, ...]:
    """Return these accounts as rows of the list, in this order. Raises NotFound."""
    waiting = {row.account_id: row for row in final_deadlines.rows(session, _WAITING)}
    names: dict[int, Row[int, str, str]] = {}
    for some in batches(account_ids):
        named = select(Account.id, Account.number, Party.name).join(Party, Party.id == Account.party_id)
        names |= {row.id: row for row in session.execute(named.where(Account.id.in_(some)))}
    found = []
    for account_id, facts, missing in _looked_at(session, place, user_id, now, account_ids):
        running = open_session(session, account_id)
        oldest = min((i.due for i in facts.invoices), default=facts.today)
        found.append(
            FinalRow(
                account_id=account_id,
                number=names[account_id].number,
                name=names[account_id].name,
                demand=Money(facts.demand_minor, facts.currency),
                days_late=max(0, days_late(oldest, facts.today)),
                blocked=missing,
                deadline=waiting.get(account_id),
                in_session="" if running is None else session.get_one(User, running.user_id).full_name,
            )
        )
    return tuple(found)
