"""Writing accounts with their debtors, contacts and phones: what importers call."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from workstation.desk.entry import AccountEntry, ContactEntry, Put
from workstation.store.facts import batches
from workstation.store.gate import Gate
from workstation.store.queue_build import mark_stale
from workstation.store.search_words import index_words
from workstation.store.tables import (
    Account,
    Contact,
    Debt,
    Party,
    Phone,
    PostalAddress,
)


def put_accounts(session: Session, gate: Gate, entries: Sequence[AccountEntry], now: datetime) -> Put:
    """Create or update accounts by number; contacts and phones are added or updated, never removed."""
    known: dict[str, Account] = {}
    for batch in batches([e.number for e in entries]):
        known.update((a.number, a) for a in session.scalars(select(Account).where(Account.number.in_(batch))))
    created = changed = unchanged = 0
    refused: list[tuple[int, str]] = []
    for index, entry in enumerate(entries):
        account = known.get(entry.number)
        if account is not None and account.currency != entry.currency:
            refused.append(
                (index, f"account {entry.number} is kept in {account.currency}, not {entry.currency}")
            )
            continue
        if account is None:
            account = known[entry.number] = _new_account(session, entry, now)
            _put_contacts(session, gate, account, entry, now)
            created += 1
        elif _update_account(session, account, entry) | _put_contacts(session, gate, account, entry, now):
            changed += 1
        else:
            unchanged += 1
            continue
        texts = [entry.number, entry.name, *_contact_words(entry)]
        index_words(session, ((account.id, text) for text in texts))
        mark_stale(session, account.id)
    return Put(created, changed, unchanged, tuple(refused))


def put_contacts(
    session: Session, gate: Gate, entries: Sequence[tuple[str, ContactEntry]], now: datetime
) -> Put:
    """Add or update contacts of accounts that are there; what else the book knows of them stays as it is."""
    known: dict[str, tuple[Account, Party]] = {}
    for batch in batches(sorted({number for number, _ in entries})):
        for account, party in session.execute(
            select(Account, Party).join(Party, Party.id == Account.party_id).where(Account.number.in_(batch))
        ):
            known[account.number] = account, party
    changed = unchanged = 0
    refused: list[tuple[int, str]] = []
    for index, (number, wanted) in enumerate(entries):
        found = known.get(number)
        if found is None:
            refused.append((index, f"account {number!r} is not in the book: import accounts first"))
            continue
        account, debtor = found
        entry = AccountEntry(
            number,
            debtor.name,
            debtor.kind,
            account.profile,
            account.currency,
            account.company,
            country=debtor.country,
            region=debtor.region,
            postal_code=debtor.postal_code,
            contacts=(wanted,),
        )
        if _put_contacts(session, gate, account, entry, now):
            changed += 1
            index_words(session, ((account.id, text) for text in _contact_words(entry)))
            mark_stale(session, account.id)
        else:
            unchanged += 1
    return Put(0, changed, unchanged, tuple(refused))


def _new_account(session: Session, entry: AccountEntry, now: datetime) -> Account:
    debtor = Party(
        kind=entry.kind,
        name=entry.name,
        country=entry.country,
        region=entry.region,
        postal_code=entry.postal_code,
        created_at=now,
    )
    session.add(debtor)
    session.flush()
    account = Account(
        number=entry.number,
        party_id=debtor.id,
        profile=entry.profile,
        currency=entry.currency,
        company=entry.company,
        terms=entry.terms,
        credit_limit_minor=entry.credit_limit_minor,
        stage=entry.stage,
        stage_since=entry.stage_since or now.date(),
        opened_on=now.date(),
    )
    session.add(account)
    session.flush()
    session.add(Debt(account_id=account.id, label="trade account" if entry.kind == "business" else "account"))
    session.flush()
    return account


def _update_account(session: Session, account: Account, entry: AccountEntry) -> bool:
    debtor = session.get_one(Party, account.party_id)
    changed = _assign(
        debtor, name=entry.name, country=entry.country, region=entry.region, postal_code=entry.postal_code
    )
    changed |= _assign(
        account, profile=entry.profile, terms=entry.terms, credit_limit_minor=entry.credit_limit_minor
    )
    if entry.company:
        changed |= _assign(account, company=entry.company)
    return changed


def _assign(row: Any, **values: Any) -> bool:
    changed = False
    for name, value in values.items():
        if getattr(row, name) != value:
            setattr(row, name, value)
            changed = True
    return changed


def _put_contacts(session: Session, gate: Gate, account: Account, entry: AccountEntry, now: datetime) -> bool:
    present = {
        party.name: (contact, party)
        for contact, party in session.execute(
            select(Contact, Party)
            .join(Party, Party.id == Contact.party_id)
            .where(Contact.account_id == account.id)
        )
    }
    changed = False
    for rank, wanted in enumerate(entry.contacts, start=len(present)):
        name = wanted.name or entry.name
        if name in present:
            contact, party = present[name]
            changed |= _assign(contact, role=wanted.role)
            if wanted.email:
                changed |= _assign(party, email=wanted.email)
        else:
            party = _new_contact(session, account, entry, wanted, rank, now)
            present[name] = (
                session.scalars(select(Contact).where(Contact.party_id == party.id)).one(),
                party,
            )
            changed = True
        changed |= _put_phones(session, gate, party, entry, wanted)
        if wanted.address:
            changed |= _put_address(session, party, wanted.address, now)
    return changed


def _put_address(session: Session, party: Party, lines: Sequence[str], now: datetime) -> bool:
    row = session.get(PostalAddress, party.id)
    if row is None:
        session.add(PostalAddress(party_id=party.id, lines=list(lines), changed_at=now, changed_by=None))
        return True
    if row.lines == list(lines):
        return False
    row.lines, row.changed_at, row.changed_by = list(lines), now, None
    return True


def _new_contact(
    session: Session, account: Account, entry: AccountEntry, wanted: ContactEntry, rank: int, now: datetime
) -> Party:
    if not wanted.name or wanted.name == entry.name:
        party = session.get_one(Party, account.party_id)  # the debtor answers in person
        party.email = wanted.email
    else:
        party = Party(
            kind="natural",
            name=wanted.name,
            country=entry.country,
            region=entry.region,
            postal_code=entry.postal_code,
            email=wanted.email,
            created_at=now,
        )
        session.add(party)
        session.flush()
    session.add(Contact(account_id=account.id, party_id=party.id, role=wanted.role, rank=rank))
    session.flush()
    return party


def _put_phones(
    session: Session, gate: Gate, party: Party, entry: AccountEntry, wanted: ContactEntry
) -> bool:
    present = {p.number: p for p in session.scalars(select(Phone).where(Phone.party_id == party.id))}
    changed = False
    for rank, given in enumerate(wanted.phones, start=len(present)):
        place = gate.locate(given.number, entry.postal_code or None, entry.country)
        places = set(place.jurisdictions) | ({entry.region} if entry.region else set())
        values = {
            "kind": given.kind.value,
            "zones": list(place.zones),
            "jurisdictions": sorted(places),
        }
        phone = present.get(given.number)
        if phone is None:
            session.add(Phone(party_id=party.id, number=given.number, rank=rank, **values))
            changed = True
        else:
            changed |= _assign(phone, **values)
    session.flush()
    return changed


def _contact_words(entry: AccountEntry) -> list[str]:
    words = []
    for contact in entry.contacts:
        words.append(contact.name)
        for phone in contact.phones:
            digits = phone.number.lstrip("+")
            words.append(digits)
            if digits.startswith("1") and len(digits) == 11:
                words.append(digits[1:])
    return words
