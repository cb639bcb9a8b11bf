"""Taking over what happened to an account before it came into the book."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from compliance.contact import Medium
from workstation.desk.book import NotFound
from workstation.desk.entry import History
from workstation.store import holds
from workstation.store.queue_build import mark_stale
from workstation.store.tables import (
    Account,
    Attempt,
    Callback,
    Contact,
    Conversation,
    Debt,
    Message,
    Note,
    Party,
    Payment,
    Promise,
    StageStep,
)


def put_history(session: Session, account_number: str, history: History, now: datetime) -> int:
    """Add the past to an account; returns its id. Raises NotFound, also for a contact it does not have."""
    account_id = session.scalars(select(Account.id).where(Account.number == account_number)).first()
    if account_id is None:
        raise NotFound(f"no account {account_number} in the book")
    found = session.execute(
        select(Party.name, Party.id)
        .join(Contact, Contact.party_id == Party.id)
        .where(Contact.account_id == account_id)
    )
    contacts: dict[str, int] = {row.name: row.id for row in found}
    debts = list(session.scalars(select(Debt.id).where(Debt.account_id == account_id).order_by(Debt.id)))

    def person(name: str) -> int:
        if name not in contacts:
            raise NotFound(f"account {account_number} has no contact {name!r}")
        return contacts[name]

    _contacts_made(session, history, account_id, debts, person)
    _written(session, history, account_id)
    for promise in history.promises:
        session.add(
            Promise(
                account_id=account_id,
                party_id=contacts.get(promise.who),
                who=promise.who,
                amount_minor=promise.amount_minor,
                due=promise.due,
                method=promise.method,
                made_at=promise.made_at,
            )
        )
    for paid in history.payments:
        session.add(
            Payment(
                account_id=account_id,
                received_on=paid.on,
                amount_minor=paid.amount_minor,
                method=paid.method,
                reference=paid.reference,
                before_book=True,
            )
        )
    for callback in history.callbacks:
        session.add(
            Callback(
                account_id=account_id,
                party_id=person(callback.contact),
                due_at=callback.due_at,
                user_id=callback.user_id,
                asked_by=callback.contact,
                created_at=now,
            )
        )
    for hold in history.holds:
        holds.place(
            session,
            account_id=account_id,
            party_id=person(hold.contact),
            kind=hold.kind,
            now=hold.since,
            source=hold.source,
            actor="intake",
            number=hold.number,
        )
    mark_stale(session, account_id)
    return account_id


def _contacts_made(
    session: Session, history: History, account_id: int, debts: list[int], person: Callable[[str], int]
) -> None:
    for call in history.calls:
        party_id = person(call.contact)
        session.add(
            Attempt(
                account_id=account_id,
                party_id=party_id,
                at=call.at,
                medium=Medium.CALL.value,
                debt_ids=debts,
                number=call.number,
                connected=call.connected,
                settled=True,
                right_party=call.right_party,
                summary=call.summary,
            )
        )
        if call.talked:
            session.add(Conversation(account_id=account_id, party_id=party_id, at=call.at, debt_ids=debts))


def _written(session: Session, history: History, account_id: int) -> None:
    for message in history.messages:
        session.add(
            Message(
                account_id=account_id,
                at=message.at,
                medium=message.medium,
                inbound=message.inbound,
                subject=message.subject,
                state=message.state,
            )
        )
    for at, text in history.notes:
        session.add(Note(account_id=account_id, at=at, text=text))
    for step in history.stages:
        session.add(StageStep(account_id=account_id, at=step.at, stage=step.stage, evidence=step.evidence))
