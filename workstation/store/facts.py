"""Facts for the gate, loaded for many intended contacts at once and by the same code for one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.orm import Session

from compliance.contact import (
    ContactFacts,
    Hold,
    HoldKind,
    Medium,
    NumberKind,
    PastAttempt,
    PastConversation,
)
from workstation.store.gate import Gate
from workstation.store.tables import Account, Attempt, Conversation, Debt, HoldRow, Party, Phone

LOOK_BACK = timedelta(days=101)
"""How far back contacts are loaded: longer than the longest window any rule looks at."""

_BATCH = 400
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Target:
    """One intended call: this person, at this phone, about this account."""

    account_id: int
    party_id: int
    phone_id: int


def batches(items: Sequence[T]) -> Iterable[Sequence[T]]:
    """Cut a sequence into pieces that every database takes as one IN list."""
    for start in range(0, len(items), _BATCH):
        yield items[start : start + _BATCH]


def call_facts(session: Session, targets: Sequence[Target], now: datetime) -> dict[Target, ContactFacts]:
    """Load what the gate looks at for each intended call; targets that are not in the book are left out."""
    found: dict[Target, ContactFacts] = {}
    for batch in batches(targets):
        found.update(_load(session, batch, now))
    return found


def _load(session: Session, targets: Sequence[Target], now: datetime) -> dict[Target, ContactFacts]:
    account_ids = {t.account_id for t in targets}
    phone_ids = {t.phone_id for t in targets}
    accounts = {
        row.id: row
        for row in session.execute(
            select(Account.id, Account.party_id, Account.profile, Party.country)
            .join(Party, Party.id == Account.party_id)
            .where(Account.id.in_(account_ids))
        )
    }
    phones = {
        row.id: row
        for row in session.execute(
            select(
                Phone.id, Phone.number, Phone.kind, Phone.zones, Phone.jurisdictions, Phone.suppressed,
                Phone.party_id, Party.country,
            )
            .join(Party, Party.id == Phone.party_id)
            .where(Phone.id.in_(phone_ids))
        )
    }  # fmt: skip
    debts: defaultdict[int, set[int]] = defaultdict(set)
    for debt_id, account_id in session.execute(
        select(Debt.id, Debt.account_id).where(Debt.account_id.in_(account_ids))
    ):
        debts[account_id].add(debt_id)
    persons = {t.party_id for t in targets}
    attempts = _attempts(session, persons, now)
    talks = _conversations(session, persons, now)
    holds = _holds(session, persons | {row.party_id for row in accounts.values()}, now)
    found = {}
    for target in targets:
        account, phone = accounts.get(target.account_id), phones.get(target.phone_id)
        if account is None or phone is None or phone.party_id != target.party_id:
            continue
        held = [*holds[target.party_id]]
        if account.party_id != target.party_id:
            held += holds[account.party_id]
        if phone.suppressed:
            held.append(Hold(HoldKind.WRONG_NUMBER, now, number=phone.number))
        found[target] = ContactFacts(
            profile=account.profile,
            medium=Medium.CALL,
            person_id=target.party_id,
            debt_ids=frozenset(debts[target.account_id]),
            country=phone.country or account.country,
            number=phone.number,
            number_kind=NumberKind(phone.kind),
            zones=tuple(phone.zones),
            jurisdictions=tuple(phone.jurisdictions),
            attempts=tuple(attempts[target.party_id]),
            conversations=tuple(talks[target.party_id]),
            holds=tuple(held),
        )
    return found


def written_facts(
    session: Session, gate: Gate, account_id: int, party_id: int, medium: Medium, now: datetime
) -> ContactFacts | None:
    """Load what the gate looks at for one mail or letter; None where account or person is not in the book.

    Where the person may be follows from the postal code and from every number of theirs that is in use.
    """
    account, party = session.get(Account, account_id), session.get(Party, party_id)
    if account is None or party is None:
        return None
    place = gate.locate(None, party.postal_code or None, party.country)
    zones, places = dict.fromkeys(place.zones), dict.fromkeys(place.jurisdictions)
    if party.region:
        places[party.region] = None
    for phone in session.scalars(
        select(Phone)
        .where(Phone.party_id == party_id, Phone.suppressed.is_(False))
        .order_by(Phone.rank, Phone.id)
    ):
        zones.update(dict.fromkeys(phone.zones))
        places.update(dict.fromkeys(phone.jurisdictions))
    debts = session.scalars(select(Debt.id).where(Debt.account_id == account_id))
    holders = {party_id, account.party_id}
    holds = _holds(session, holders, now)
    return ContactFacts(
        profile=account.profile,
        medium=medium,
        person_id=party_id,
        debt_ids=frozenset(debts),
        country=party.country,
        zones=tuple(zones),
        jurisdictions=tuple(places),
        attempts=tuple(_attempts(session, {party_id}, now)[party_id]),
        conversations=tuple(_conversations(session, {party_id}, now)[party_id]),
        holds=tuple(hold for holder in sorted(holders) for hold in holds[holder]),
    )


def _attempts(session: Session, persons: set[int], now: datetime) -> defaultdict[int, list[PastAttempt]]:
    found: defaultdict[int, list[PastAttempt]] = defaultdict(list)
    for row in session.execute(
        select(
            Attempt.party_id, Attempt.at, Attempt.medium, Attempt.debt_ids, Attempt.number,
            Attempt.connected, Attempt.exempt,
        ).where(Attempt.party_id.in_(persons), Attempt.at >= now - LOOK_BACK)
    ):  # fmt: skip
        found[row.party_id].append(
            PastAttempt(
                at=row.at,
                medium=Medium(row.medium),
                debt_ids=frozenset(row.debt_ids),
                number=row.number,
                connected=row.connected,
                exempt=row.exempt,
            )
        )
    return found


def _conversations(
    session: Session, persons: set[int], now: datetime
) -> defaultdict[int, list[PastConversation]]:
    found: defaultdict[int, list[PastConversation]] = defaultdict(list)
    for row in session.execute(
        select(Conversation.party_id, Conversation.at, Conversation.debt_ids).where(
            Conversation.party_id.in_(persons), Conversation.at >= now - LOOK_BACK
        )
    ):
        found[row.party_id].append(PastConversation(row.at, frozenset(row.debt_ids)))
    return found


def _holds(session: Session, parties: set[int], now: datetime) -> defaultdict[int, list[Hold]]:
    found: defaultdict[int, list[Hold]] = defaultdict(list)
    for row in session.scalars(
        select(HoldRow).where(HoldRow.party_id.in_(parties), HoldRow.lifted_at.is_(None)).order_by(HoldRow.id)
    ):
        if row.until is not None and row.until <= now:
            continue
        found[row.party_id].append(
            Hold(
                kind=HoldKind(row.kind),
                since=row.since,
                until=row.until,
                debt_id=row.debt_id,
                number=row.number,
                medium=None if row.medium is None else Medium(row.medium),
                proposed=row.proposed,
            )
        )
    return found
