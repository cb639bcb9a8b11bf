"""What a mail or letter is written from: the merge fields, the open invoices, and where it goes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from workstation.desk.aging import days_late
from workstation.desk.book import NotFound
from workstation.desk.money import Money
from workstation.desk.post import LetterFacts, LetterLine
from workstation.store.gate import Gate
from workstation.store.script_facts import script_facts
from workstation.store.signals import load_accounts
from workstation.store.tables import Account, Invoice, Party, PostalAddress


def letter_facts(
    session: Session,
    gate: Gate,
    account_id: int,
    party_id: int,
    user_id: int,
    now: datetime,
    callback_number: str,
    invoice_ids: Sequence[int] = (),
    *,
    overdue_only: bool = False,
) -> LetterFacts:
    """Return everything a message to one person about one account is written from. Raises NotFound.

    With `invoice_ids` the list and the oldest invoice are of these alone, with `overdue_only` of what is
    overdue and not disputed in whole, if anything is; sums stay the account's.
    """
    account, party = session.get(Account, account_id), session.get(Party, party_id)
    if account is None or party is None:
        raise NotFound(f"no account {account_id} or person {party_id} in the book")
    debtor = session.get_one(Party, account.party_id)
    data = load_accounts(session, [account_id], now)[account_id]
    today = now.astimezone(ZoneInfo(data.zone)).date()
    if overdue_only:
        invoice_ids = _overdue(session, account_id, today) or invoice_ids
    query = select(Invoice).where(Invoice.account_id == account_id, Invoice.open_minor > 0)
    if invoice_ids:
        query = query.where(Invoice.id.in_(invoice_ids))
    invoices = session.scalars(query.order_by(Invoice.due, Invoice.id))
    return LetterFacts(
        account_id=account_id,
        party_id=party_id,
        account_number=account.number,
        profile=account.profile,
        stage=account.stage,
        company=account.company,
        fields=script_facts(
            session, gate, account_id, party_id, user_id, now, callback_number, invoice_ids, data
        ),
        lines=tuple(
            LetterLine(
                invoice_id=invoice.id,
                number=invoice.number,
                issued=invoice.issued,
                due=invoice.due,
                amount=Money(invoice.amount_minor, account.currency),
                open=Money(invoice.open_minor, account.currency),
                disputed=Money(invoice.disputed_minor, account.currency),
                days_late=days_late(invoice.due, today),
                po_number=invoice.po_number,
            )
            for invoice in invoices
        ),
        recipient=party.name,
        debtor=debtor.name,
        email=party.email,
        address=_address(session, party, debtor),
        today=today,
    )


def _overdue(session: Session, account_id: int, today: date) -> tuple[int, ...]:
    return tuple(
        session.scalars(
            select(Invoice.id)
            .where(
                Invoice.account_id == account_id,
                Invoice.due < today,
                Invoice.open_minor > 0,
                Invoice.open_minor > Invoice.disputed_minor,
            )
            .order_by(Invoice.due, Invoice.id)
        )
    )


def _address(session: Session, party: Party, debtor: Party) -> tuple[str, ...]:
    """Return the person's own address, else the debtor's; empty where neither is known."""
    for owner in (party, debtor):
        row = session.get(PostalAddress, owner.id)
        if row is not None:
            return tuple(row.lines)
    return ()
