"""The customer in the round: contacts, notes of every role, related accounts, credit, arrangements."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from workstation.desk.book import InvalidEntry, NotFound
from workstation.desk.customer import (
    AuthorRole,
    ContactLine,
    CreditUse,
    Customer,
    NoteLine,
    Related,
    Relation,
)
from workstation.desk.ledger import AccountLedger
from workstation.desk.money import Money
from workstation.desk.terms import TermsError, parse_terms
from workstation.store import arrangements, disputes, ledger, receipts
from workstation.store.gate import Gate
from workstation.store.tables import Account, AccountLink, Contact, Note, Party, Phone, User


def view(session: Session, gate: Gate, account_id: int, today: date) -> Customer:
    """Return everything known about the customer as of a day. Raises NotFound."""
    account = session.get(Account, account_id)
    if account is None:
        raise NotFound(f"no account {account_id} in the book")
    whole = ledger.load(session, account_id)
    return Customer(
        account_id=account_id,
        terms=account.terms,
        terms_understood=_understood(account.terms),
        credit=_credit_use(account, whole, today),
        unapplied=whole.unapplied(today),
        contacts=_contacts(session, account_id),
        notes=_notes(session, account_id),
        related=_related(session, account_id, today),
        disputes=disputes.of_account(session, account, today),
        plans=arrangements.plans(session, gate, account, today),
        offers=arrangements.offers(session, account, today),
        discounts=receipts.discount_quotes(session, account, today),
    )


def add_note(
    session: Session, account_id: int, text: str, role: AuthorRole, user_id: int, now: datetime
) -> int:
    """Add a note written in a role; returns its id. Raises InvalidEntry and NotFound."""
    if not text.strip():
        raise InvalidEntry("the note is empty")
    if session.get(Account, account_id) is None:
        raise NotFound(f"no account {account_id} in the book")
    user = session.get(User, user_id)
    if user is None or not user.active:
        raise NotFound(f"no active user {user_id}")
    note = Note(account_id=account_id, user_id=user_id, at=now, text=text.strip(), author_role=role.value)
    session.add(note)
    session.flush()
    return note.id


def link(session: Session, account_id: int, other_id: int, relation: Relation) -> None:
    """Say what another account is to this one; the other side is recorded too. Raises InvalidEntry."""
    if account_id == other_id:
        raise InvalidEntry("an account is not related to itself")
    for given in (account_id, other_id):
        if session.get(Account, given) is None:
            raise NotFound(f"no account {given} in the book")
    for one, two, what in ((account_id, other_id, relation), (other_id, account_id, relation.inverse)):
        present = session.scalars(
            select(AccountLink.id).where(
                AccountLink.account_id == one,
                AccountLink.other_id == two,
                AccountLink.relation == what.value,
            )
        ).first()
        if present is None:
            session.add(AccountLink(account_id=one, other_id=two, relation=what.value))


def _understood(terms: str) -> bool:
    try:
        parse_terms(terms)
    except TermsError:
        return False
    return True


def _credit_use(account: Account, whole: AccountLedger, today: date) -> CreditUse:
    used = whole.net(today).amount
    if account.credit_limit_minor is None:
        return CreditUse(None, used, None, over=False)
    limit = Money(account.credit_limit_minor, account.currency)
    left = Money(max(0, limit.minor - max(0, used.minor)), account.currency)
    return CreditUse(limit, used, left, over=limit < used)


def _contacts(session: Session, account_id: int) -> tuple[ContactLine, ...]:
    rows = session.execute(
        select(Contact.party_id, Party.name, Contact.role, Party.email)
        .join(Party, Party.id == Contact.party_id)
        .where(Contact.account_id == account_id)
        .order_by(Contact.rank, Contact.id)
    ).all()
    phones: dict[int, list[str]] = {row.party_id: [] for row in rows}
    for phone in session.execute(
        select(Phone.party_id, Phone.number)
        .where(Phone.party_id.in_(phones), Phone.suppressed.is_(False))
        .order_by(Phone.rank, Phone.id)
    ):
        phones[phone.party_id].append(phone.number)
    return tuple(
        ContactLine(row.party_id, row.name, row.role, row.email, tuple(phones[row.party_id])) for row in rows
    )


def _notes(session: Session, account_id: int) -> tuple[NoteLine, ...]:
    rows = session.execute(
        select(Note.at, Note.author_role, User.full_name, Note.text)
        .outerjoin(User, User.id == Note.user_id)
        .where(Note.account_id == account_id)
        .order_by(Note.at.desc(), Note.id.desc())
        .limit(200)
    ).all()
    return tuple(
        NoteLine(r.at, r.author_role or AuthorRole.COLLECTIONS.value, r.full_name or "", r.text) for r in rows
    )


def _related(session: Session, account_id: int, today: date) -> tuple[Related, ...]:
    rows = session.execute(
        select(AccountLink.other_id, AccountLink.relation, Account.number, Party.name)
        .join(Account, Account.id == AccountLink.other_id)
        .join(Party, Party.id == Account.party_id)
        .where(AccountLink.account_id == account_id)
        .order_by(AccountLink.relation, Account.number)
    ).all()
    ledgers = ledger.load_many(session, sorted({r.other_id for r in rows}))
    return tuple(
        Related(r.other_id, r.number, r.name, Relation(r.relation), ledgers[r.other_id].balance(today).amount)
        for r in rows
    )
