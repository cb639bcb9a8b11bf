"""Writing accounts, contacts, invoices and payments: what importers and the ledger screens call."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from workstation.desk.book import InvalidEntry
from workstation.desk.entry import AccountEntry, ContactEntry, InvoiceEntry, Put
from workstation.store.facts import batches
from workstation.store.gate import Gate
from workstation.store.queue_build import mark_stale
from workstation.store.queue_read import words_of
from workstation.store.tables import (
    Account,
    Allocation,
    Contact,
    Debt,
    Invoice,
    Party,
    Payment,
    Phone,
    SearchWord,
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
        _index_words(session, account.id, [entry.number, entry.name, *_contact_words(entry)])
        mark_stale(session, account.id)
    return Put(created, changed, unchanged, tuple(refused))


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
    return changed


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


def put_invoices(session: Session, entries: Sequence[InvoiceEntry], now: datetime) -> Put:
    """Create or update invoices by account and number."""
    accounts: dict[str, tuple[int, str, int]] = {}
    for batch in batches(sorted({e.account_number for e in entries})):
        for row in session.execute(
            select(Account.number, Account.id, Account.currency, Debt.id.label("debt_id"))
            .join(Debt, Debt.account_id == Account.id)
            .where(Account.number.in_(batch))
            .order_by(Debt.id.desc())
        ):
            accounts[row.number] = (row.id, row.currency, row.debt_id)
    known: dict[tuple[int, str], Invoice] = {}
    for numbers in batches(sorted({i for i, _, _ in accounts.values()})):
        for invoice in session.scalars(select(Invoice).where(Invoice.account_id.in_(numbers))):
            known[(invoice.account_id, invoice.number)] = invoice
    created = changed = unchanged = 0
    refused: list[tuple[int, str]] = []
    touched: set[int] = set()
    for index, entry in enumerate(entries):
        account = accounts.get(entry.account_number)
        if account is None:
            refused.append(
                (index, f"account {entry.account_number} is not in the book: import accounts first")
            )
            continue
        account_id, currency, debt_id = account
        if entry.currency and entry.currency != currency:
            refused.append(
                (index, f"account {entry.account_number} is kept in {currency}, not {entry.currency}")
            )
            continue
        values = {
            "issued": entry.issued,
            "due": entry.due,
            "amount_minor": entry.amount_minor,
            "open_minor": entry.open_minor,
            "disputed_minor": entry.disputed_minor,
            "po_number": entry.po_number,
        }
        standing = known.get((account_id, entry.number))
        if standing is None:
            known[(account_id, entry.number)] = invoice = Invoice(
                account_id=account_id, debt_id=debt_id, number=entry.number, **values
            )
            session.add(invoice)
            _index_words(session, account_id, [entry.number])
            created += 1
        elif _assign(standing, **values):
            changed += 1
        else:
            unchanged += 1
            continue
        touched.add(account_id)
    session.flush()
    mark_stale(session, *sorted(touched))
    return Put(created, changed, unchanged, tuple(refused))


def add_payment(
    session: Session, account_id: int, received_on: date, amount_minor: int, method: str, reference: str
) -> int:
    """Record money received, allocated to the oldest invoices first, never to a disputed part.

    What cannot be allocated stays on the payment as unapplied cash. Raises InvalidEntry for an amount that is
    not more than nothing.
    """
    if amount_minor <= 0:
        raise InvalidEntry("a payment must be more than nothing")
    payment = Payment(
        account_id=account_id,
        received_on=received_on,
        amount_minor=amount_minor,
        method=method,
        reference=reference,
    )
    session.add(payment)
    session.flush()
    left = amount_minor
    for invoice in session.scalars(
        select(Invoice)
        .where(Invoice.account_id == account_id, Invoice.open_minor > 0)
        .order_by(Invoice.due, Invoice.id)
        .with_for_update()
    ):
        part = min(left, invoice.open_minor - invoice.disputed_minor)
        if part > 0:
            invoice.open_minor -= part
            left -= part
            session.add(Allocation(payment_id=payment.id, invoice_id=invoice.id, amount_minor=part))
    mark_stale(session, account_id)
    return payment.id


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


def _index_words(session: Session, account_id: int, texts: Sequence[str]) -> None:
    words = sorted({word for text in texts for word in words_of(text)})
    if not words:
        return
    make = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
    session.execute(
        make(SearchWord).on_conflict_do_nothing(), [{"word": w, "account_id": account_id} for w in words]
    )
