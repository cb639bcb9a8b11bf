"""Placing, confirming and lifting holds. Each is in the audit log in the same transaction."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from compliance.contact import HoldKind
from workstation.desk.book import InvalidEntry, NotFound
from workstation.desk.hold import REACH
from workstation.desk.roles import Right
from workstation.store import audit, people
from workstation.store.queue_build import mark_stale
from workstation.store.tables import Account, Contact, Debt, HoldRow


def place(
    session: Session,
    *,
    account_id: int,
    party_id: int,
    kind: HoldKind,
    now: datetime,
    source: str,
    actor: str,
    number: str | None = None,
    proposed: bool = False,
    call_id: str = "",
    confirmed_by: int | None = None,
) -> int:
    """Stop contact as far as a hold of this kind reaches; returns the hold's id.

    One that covers the same already is returned, confirmed if this one is. Raises NotFound and InvalidEntry.
    """
    account = session.get(Account, account_id)
    if account is None:
        raise NotFound(f"no account {account_id} in the book")
    reach = REACH[kind]
    if reach.this_number and number is None:
        raise InvalidEntry(f"a {kind.value} hold needs the number it is about")
    holder = account.party_id if reach.whole_debtor else party_id
    debt_id = None
    if reach.this_debt:
        debt_id = session.scalars(
            select(Debt.id).where(Debt.account_id == account_id).order_by(Debt.id)
        ).first()
    covered_number = number if reach.this_number else None
    standing = session.scalars(
        select(HoldRow).where(
            HoldRow.party_id == holder,
            HoldRow.kind == kind.value,
            HoldRow.lifted_at.is_(None),
            HoldRow.number.is_(None) if covered_number is None else HoldRow.number == covered_number,
            HoldRow.debt_id.is_(None) if debt_id is None else HoldRow.debt_id == debt_id,
        )
    ).first()
    if standing is not None:
        if standing.proposed and not proposed:
            _confirm(session, standing, confirmed_by, now, actor)
        return standing.id
    hold = HoldRow(
        account_id=account_id,
        party_id=holder,
        kind=kind.value,
        since=now,
        debt_id=debt_id,
        number=covered_number,
        medium=None if reach.medium is None else reach.medium.value,
        proposed=proposed,
        source=source,
        call_id=call_id,
        confirmed_at=None if proposed else now,
        confirmed_by=confirmed_by,
    )
    session.add(hold)
    session.flush()
    mark_stale(session, account_id, *_accounts_of(session, holder))
    action = "hold proposed" if proposed else "hold placed"
    detail = {"kind": kind.value, "account": str(account_id), "source": source, "call": call_id}
    audit.append(session, actor, action, str(hold.id), detail, now)
    return hold.id


def resolve(
    session: Session, hold_id: int, user_id: int, now: datetime, *, confirm: bool, reason: str
) -> None:
    """Confirm a proposed hold (any collector), or lift one (supervisor and above, with a reason).

    Raises NotFound, NotAllowed and InvalidEntry.
    """
    right = Right.WORK_ACCOUNTS if confirm else Right.LIFT_HOLDS
    user = people.need(session, user_id, right)
    hold = session.get(HoldRow, hold_id, with_for_update=True)
    if hold is None or hold.lifted_at is not None:
        raise NotFound(f"no standing hold {hold_id}")
    if confirm:
        _confirm(session, hold, user_id, now, user.username)
        return
    if not reason.strip():
        raise InvalidEntry("lifting a hold needs a reason: say what changed")
    hold.lifted_at = now
    hold.lifted_by = user_id
    hold.reason = reason.strip()
    mark_stale(session, hold.account_id, *_accounts_of(session, hold.party_id))
    detail = {"kind": hold.kind, "reason": hold.reason}
    audit.append(session, user.username, "hold lifted", str(hold_id), detail, now)


def _confirm(session: Session, hold: HoldRow, user_id: int | None, now: datetime, actor: str) -> None:
    if not hold.proposed:
        return
    hold.proposed = False
    hold.confirmed_at = now
    hold.confirmed_by = user_id
    mark_stale(session, hold.account_id)
    audit.append(session, actor, "hold confirmed", str(hold.id), {"kind": hold.kind}, now)


def confirm_all(
    session: Session, hold_ids: tuple[int, ...], user: people.Staff, account_id: int, now: datetime
) -> None:
    """Confirm proposed holds of an account. Raises NotFound for one that is not standing there."""
    for hold_id in hold_ids:
        hold = session.get(HoldRow, hold_id)
        if hold is None or hold.lifted_at is not None or hold.account_id != account_id:
            raise NotFound(f"no standing hold {hold_id} on this account")
        _confirm(session, hold, user.id, now, user.username)


def _accounts_of(session: Session, party_id: int) -> list[int]:
    """Every account on which the person is a contact or the debtor."""
    as_contact = session.scalars(select(Contact.account_id).where(Contact.party_id == party_id))
    as_debtor = session.scalars(select(Account.id).where(Account.party_id == party_id))
    return sorted({*as_contact, *as_debtor})
