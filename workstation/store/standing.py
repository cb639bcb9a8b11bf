"""Standing facts about people: recording and ending them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from compliance.contact import (
    Consent,
    ConsentScope,
    Designation,
    Notice,
)
from workstation.desk.book import InvalidEntry, NotFound
from workstation.desk.roles import Right
from workstation.desk.standing import RECONTACT_LASTS, Heard, Standing, StandingKind, StandingView
from workstation.store import audit, people
from workstation.store.queue_build import mark_stale
from workstation.store.standing_facts import KINDS, fact_of
from workstation.store.tables import Account, Contact, Debt, Party, StandingRow


def record(
    session: Session,
    account_id: int,
    party_id: int,
    fact: Standing,
    user_id: int,
    now: datetime,
    *,
    source: str,
    heard: Heard | None = None,
) -> int:
    """Record a standing fact; returns its id. Raises NotFound, NotAllowed and InvalidEntry.

    A consent without debts is about the debts of the account; consent to be called again ends after seven
    days at the latest, the day it was given being the first.
    """
    user = people.need(session, user_id, Right.WORK_ACCOUNTS)
    _check_person(session, account_id, party_id)
    debts = frozenset(session.scalars(select(Debt.id).where(Debt.account_id == account_id)))
    fact = _completed(fact, debts)
    _check_fact(fact, now)
    kind = KINDS[type(fact)]
    row = StandingRow(
        party_id=party_id,
        account_id=account_id,
        kind=kind.value,
        since=_since(fact),
        until=_until(fact),
        detail=msgspec.to_builtins(fact),
        source=source,
        call_id=heard.call_id if heard else "",
        second=heard.second if heard else None,
        words=heard.words if heard else "",
        recorded_by=user.id,
    )
    session.add(row)
    session.flush()
    mark_stale(session, *_accounts_of(session, party_id))
    detail = {"account": str(account_id), "party": str(party_id), "source": source, "call": row.call_id}
    audit.append(session, user.username, f"{kind.value} recorded", str(row.id), detail, now)
    return row.id


def end(session: Session, standing_id: int, user_id: int, now: datetime, reason: str) -> None:
    """End a standing fact: a consent withdrawn, a time no longer inconvenient, a flag cleared.

    Anybody who works accounts may take a withdrawal; clearing what protects the person is for those who may
    lift holds. Raises NotFound, NotAllowed and InvalidEntry.
    """
    row = session.get(StandingRow, standing_id, with_for_update=True)
    if row is None or row.ended_at is not None:
        raise NotFound(f"nothing stands with the number {standing_id}")
    protects = row.kind != StandingKind.CONSENT
    user = people.need(session, user_id, Right.LIFT_HOLDS if protects else Right.WORK_ACCOUNTS)
    if row.kind == StandingKind.NOTICE:
        raise InvalidEntry("a notice that was sent cannot be ended")
    if not reason.strip():
        raise InvalidEntry("ending it needs a reason: say what was said, or what changed")
    row.ended_at = now
    row.ended_by = user.id
    row.ended_reason = reason.strip()
    mark_stale(session, *_accounts_of(session, row.party_id))
    detail = {"party": str(row.party_id), "reason": row.ended_reason}
    audit.append(session, user.username, f"{row.kind} ended", str(row.id), detail, now)


def of_account(session: Session, account_id: int) -> tuple[StandingView, ...]:
    """Return what stands or stood about the people of an account, newest first."""
    persons = _persons_of(session, account_id)
    return tuple(
        StandingView(
            standing_id=row.id,
            party_id=row.party_id,
            party_name=name,
            kind=StandingKind(row.kind),
            fact=fact_of(row),
            since=row.since,
            ended_at=row.ended_at,
            source=row.source,
            heard=Heard(row.call_id, row.second, row.words) if row.call_id else None,
        )
        for row, name in session.execute(
            select(StandingRow, Party.name)
            .join(Party, Party.id == StandingRow.party_id)
            .where(StandingRow.party_id.in_(persons))
            .order_by(StandingRow.since.desc(), StandingRow.id.desc())
        )
    )


# ---- inside ---------------------------------------------------------------------------------------------


def _completed(fact: Standing, debts: frozenset[int]) -> Standing:
    if isinstance(fact, Consent):
        if fact.scope is ConsentScope.RECONTACT:
            last = fact.given_at + RECONTACT_LASTS
            fact = replace(fact, ends=min(fact.ends or last, last))
        return fact if fact.debt_ids else replace(fact, debt_ids=debts)
    if isinstance(fact, Notice) and not fact.debt_ids:
        return replace(fact, debt_ids=debts)
    return fact


def _check_fact(fact: Standing, now: datetime) -> None:
    slack = now + timedelta(minutes=1)
    if isinstance(fact, Consent):
        if fact.given_at > slack:
            raise InvalidEntry("consent: it cannot have been given in the future")
        if fact.ends is not None and fact.ends <= fact.given_at:
            raise InvalidEntry("consent: it must end after it was given")
    elif isinstance(fact, Designation):
        if not fact.weekdays or not fact.weekdays <= frozenset(range(7)):
            raise InvalidEntry("inconvenient times: name days from Monday to Sunday")
        if fact.begins == time.min and fact.ends is None and fact.number is None and len(fact.weekdays) == 7:
            raise InvalidEntry("every hour of every day: place a hold instead")
    elif isinstance(fact, Notice) and fact.received_on is not None and fact.received_on < fact.sent_on:
        raise InvalidEntry("notice: it cannot have arrived before it was sent")


def _since(fact: Standing) -> datetime:
    if isinstance(fact, Consent):
        return fact.given_at
    if isinstance(fact, Notice):
        return _midnight(fact.sent_on)
    return fact.since


def _until(fact: Standing) -> datetime | None:
    if isinstance(fact, Consent):
        return fact.ends
    return None if isinstance(fact, Notice) else fact.until


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, UTC)


def _check_person(session: Session, account_id: int, party_id: int) -> None:
    if party_id not in _persons_of(session, account_id):
        raise NotFound(f"person {party_id} is not a contact of account {account_id}")


def _persons_of(session: Session, account_id: int) -> set[int]:
    account = session.get(Account, account_id)
    if account is None:
        raise NotFound(f"no account {account_id} in the book")
    contacts = session.scalars(select(Contact.party_id).where(Contact.account_id == account_id))
    return {account.party_id, *contacts}


def _accounts_of(session: Session, party_id: int) -> list[int]:
    as_contact = session.scalars(select(Contact.account_id).where(Contact.party_id == party_id))
    as_debtor = session.scalars(select(Account.id).where(Account.party_id == party_id))
    return sorted({*as_contact, *as_debtor})
