"""Facts for the gate, loaded for many intended contacts at once and by the same code for one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from compliance.contact import (
    CollectionPurpose,
    ContactFacts,
    DebtFacts,
    Hold,
    HoldKind,
    Medium,
    Message,
    NumberKind,
    PastAttempt,
    PastConversation,
    PersonRole,
)
from workstation.desk.standing import person_role
from workstation.store import leave, standing_facts
from workstation.store.gate import Gate
from workstation.store.prepared import IDS, SINCE, Query, table_of
from workstation.store.tables import (
    Account,
    Attempt,
    Contact,
    Conversation,
    Debt,
    HoldRow,
    Invoice,
    Party,
    Phone,
)

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


# The statements are built once and run on the connection: a call is decided while the collector waits, and
# building them anew costs more than running them.
_ACCOUNTS = Query(
    select(Account.id, Account.party_id, Account.profile, Account.currency, Party.country, Party.kind)
    .join(Party, Party.id == Account.party_id)
    .where(Account.id.in_(IDS))
)
_PHONES = Query(
    select(
        Phone.id, Phone.number, Phone.kind, Phone.zones, Phone.jurisdictions, Phone.suppressed,
        Phone.party_id, Party.country,
    )
    .join(Party, Party.id == Phone.party_id)
    .where(Phone.id.in_(IDS))
)  # fmt: skip
_OLDEST_DUE = Query(
    select(Invoice.debt_id, func.min(Invoice.due).label("oldest"))
    .where(Invoice.account_id.in_(IDS), Invoice.open_minor > 0)
    .group_by(Invoice.debt_id)
)
_DEBTS = Query(select(table_of(Debt)).where(Debt.account_id.in_(IDS)).order_by(Debt.id))
_ROLES = Query(select(Contact.account_id, Contact.party_id, Contact.role).where(Contact.account_id.in_(IDS)))
_ATTEMPTS = Query(
    select(
        Attempt.party_id, Attempt.at, Attempt.medium, Attempt.debt_ids, Attempt.number,
        Attempt.connected, Attempt.exempt, Attempt.number_kind, Attempt.message,
    ).where(Attempt.party_id.in_(IDS), Attempt.at >= SINCE)
)  # fmt: skip
_CONVERSATIONS = Query(
    select(
        Conversation.party_id, Conversation.at, Conversation.debt_ids, Conversation.purpose
    ).where(Conversation.party_id.in_(IDS), Conversation.at >= SINCE)
)  # fmt: skip
_HOLDS = Query(
    select(table_of(HoldRow))
    .where(HoldRow.party_id.in_(IDS), HoldRow.lifted_at.is_(None))
    .order_by(HoldRow.id)
)


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
    accounts = {row.id: row for row in _ACCOUNTS.rows(session, ids=list(account_ids))}
    phones = {row.id: row for row in _PHONES.rows(session, ids=list(phone_ids))}
    debts = _debts(session, {account.id: account.currency for account in accounts.values()})
    persons = {t.party_id for t in targets}
    attempts = _attempts(session, persons, now)
    talks = _conversations(session, persons, now)
    holds = _holds(session, persons | {row.party_id for row in accounts.values()}, now)
    stands = standing_facts.load(session, persons, now - LOOK_BACK)
    begun = standing_facts.contacts_begun(session, account_ids, now - LOOK_BACK)
    given = leave.authorities_at(session, account_ids, now)
    roles = _roles(session, account_ids)
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
        role = person_role(
            roles.get((target.account_id, target.party_id), ""),
            is_debtor=target.party_id == account.party_id,
            business=account.kind == "business",
        )
        stands_about = stands[target.party_id]
        found[target] = ContactFacts(
            profile=account.profile,
            medium=Medium.CALL,
            person_id=target.party_id,
            debt_ids=frozenset(debt.debt_id for debt in debts[target.account_id]),
            country=phone.country or account.country,
            number=phone.number,
            number_kind=NumberKind(phone.kind),
            zones=tuple(phone.zones),
            jurisdictions=tuple(phone.jurisdictions),
            attempts=tuple(attempts[target.party_id]),
            conversations=tuple(talks[target.party_id]),
            holds=tuple(held),
            flags=tuple(stands_about.flags),
            person_role=role,
            purpose=purpose_for(role),
            consents=tuple(stands_about.consents),
            designations=tuple(stands_about.designations),
            person_contacts=tuple(begun[target.party_id]),
            notices=tuple(stands_about.notices),
            debts=tuple(debts[target.account_id]),
            authorities=given.get(target.account_id, ()),
        )
    return found


def purpose_for(role: PersonRole) -> CollectionPurpose:
    """Return what a contact with somebody in this role is for: others may only help to find the consumer."""
    others = (PersonRole.THIRD_PARTY, PersonRole.EMPLOYER)
    return CollectionPurpose.LOCATION if role in others else CollectionPurpose.COLLECT


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
    debts = _debts(session, {account_id: account.currency})[account_id]
    holders = {party_id, account.party_id}
    holds = _holds(session, holders, now)
    debtor = session.get_one(Party, account.party_id)
    role = person_role(
        _roles(session, {account_id}).get((account_id, party_id), ""),
        is_debtor=party_id == account.party_id,
        business=debtor.kind == "business",
    )
    stands = standing_facts.load(session, {party_id}, now - LOOK_BACK)[party_id]
    return ContactFacts(
        profile=account.profile,
        medium=medium,
        person_id=party_id,
        debt_ids=frozenset(debt.debt_id for debt in debts),
        country=party.country,
        zones=tuple(zones),
        jurisdictions=tuple(places),
        attempts=tuple(_attempts(session, {party_id}, now)[party_id]),
        conversations=tuple(_conversations(session, {party_id}, now)[party_id]),
        holds=tuple(hold for holder in sorted(holders) for hold in holds[holder]),
        flags=tuple(stands.flags),
        person_role=role,
        consents=tuple(stands.consents),
        designations=tuple(stands.designations),
        person_contacts=tuple(
            standing_facts.contacts_begun(session, {account_id}, now - LOOK_BACK)[party_id]
        ),
        notices=tuple(stands.notices),
        debts=tuple(debts),
        authorities=leave.authorities_at(session, {account_id}, now).get(account_id, ()),
    )


def _debts(session: Session, currencies: dict[int, str]) -> defaultdict[int, list[DebtFacts]]:
    """Load the debts of accounts (id to currency) as the rules see them."""
    late = {row.debt_id: row.oldest for row in _OLDEST_DUE.rows(session, ids=list(currencies))}
    found: defaultdict[int, list[DebtFacts]] = defaultdict(list)
    for row in _DEBTS.rows(session, ids=list(currencies)):
        due = late.get(row.id)
        found[row.account_id].append(
            DebtFacts(
                debt_id=row.id,
                past_due_since=None if due is None else due + timedelta(days=1),
                original_minor=row.original_minor,
                currency=currencies[row.account_id],
                entered_on=row.entered_on,
                natural_person=row.natural_person,
                medical=row.medical,
                loan_account=row.loan_account,
                default_at_acquisition=row.default_at_acquisition,
                charged_off_on=row.charged_off_on,
                time_barred_from=row.time_barred_from,
            )
        )
    return found


def _roles(session: Session, account_ids: set[int]) -> dict[tuple[int, int], str]:
    """Load what is written beside each contact, by account and person."""
    rows = _ROLES.rows(session, ids=list(account_ids))
    return {(row.account_id, row.party_id): row.role for row in rows}


def _attempts(session: Session, persons: set[int], now: datetime) -> defaultdict[int, list[PastAttempt]]:
    found: defaultdict[int, list[PastAttempt]] = defaultdict(list)
    for row in _ATTEMPTS.rows(session, ids=list(persons), since=now - LOOK_BACK):
        found[row.party_id].append(
            PastAttempt(
                at=row.at,
                medium=Medium(row.medium),
                debt_ids=frozenset(row.debt_ids),
                number=row.number,
                connected=row.connected,
                exempt=row.exempt,
                number_kind=NumberKind(row.number_kind) if row.number_kind else None,
                message=Message(row.message),
            )
        )
    return found


def _conversations(
    session: Session, persons: set[int], now: datetime
) -> defaultdict[int, list[PastConversation]]:
    found: defaultdict[int, list[PastConversation]] = defaultdict(list)
    for row in _CONVERSATIONS.rows(session, ids=list(persons), since=now - LOOK_BACK):
        purpose = CollectionPurpose(row.purpose)
        found[row.party_id].append(PastConversation(row.at, frozenset(row.debt_ids), purpose=purpose))
    return found


def _holds(session: Session, parties: set[int], now: datetime) -> defaultdict[int, list[Hold]]:
    found: defaultdict[int, list[Hold]] = defaultdict(list)
    for row in _HOLDS.rows(session, ids=list(parties)):
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
