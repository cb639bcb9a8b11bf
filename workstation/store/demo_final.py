"""For the demonstration: a few accounts that have gone through the five stages."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from workstation.desk.book import InvalidEntry
from workstation.desk.dispute import Reason
from workstation.desk.standing import Consequence
from workstation.store.book import SqlBook
from workstation.store.final_notices import reconcile
from workstation.store.queue_build import mark_stale
from workstation.store.tables import (
    Account,
    Contact,
    Conversation,
    Debt,
    Dispute,
    HoldRow,
    Invoice,
    InvoiceStage,
    Promise,
)
from workstation.store.tables.stages import StageEvent

PARTNER = "Northgate Recoveries"
BASIS = "terms of sale 2025, clause 9"

_STEPS = (
    (70, "sent", "was sent"),
    (68, "delivered", "was confirmed as received by {who}"),
    (30, "reminded", "was the subject of a reminder by e-mail"),
    (12, "talked", "was talked about with {who}"),
    (10, "pressed", "was pressed for in a conversation"),
)
"""Days ago, evidence, and what is read aloud."""


def walk_through(
    session: Session, account_id: int, who: str, now: datetime, *, delivered: bool = True
) -> None:
    """Let an account's open invoices have gone through the stages, with the evidence of each."""
    today = now.date()
    account = session.get_one(Account, account_id)
    account.stage, account.stage_since = 6, today - timedelta(days=1)
    for invoice in session.scalars(
        select(Invoice).where(Invoice.account_id == account_id, Invoice.open_minor > 0).order_by(Invoice.id)
    ).all():
        steps = [s for s in _STEPS if delivered or s[1] != "delivered"]
        session.add(
            InvoiceStage(
                invoice_id=invoice.id,
                account_id=account_id,
                stage=6,
                since=today - timedelta(days=1),
                parked="",
                taken_over=False,
                facts={kind: (today - timedelta(days=ago)).isoformat() for ago, kind, _ in steps},
                waived=[],
            )
        )
        for ago, kind, text in steps:
            session.add(
                StageEvent(
                    account_id=account_id,
                    invoice_id=invoice.id,
                    on=today - timedelta(days=ago),
                    stage=5,
                    kind="evidence",
                    text=f"Invoice {invoice.number} {text.format(who=who)}.",
                    evidence=kind,
                    recorded_at=now,
                )
            )
    debts = list(session.scalars(select(Debt.id).where(Debt.account_id == account_id)))
    party = session.scalars(
        select(Contact.party_id)
        .where(Contact.account_id == account_id)
        .order_by(Contact.rank, Contact.id)
        .limit(1)
    ).one()
    session.add(
        Conversation(account_id=account_id, party_id=party, at=now - timedelta(days=10), debt_ids=debts)
    )
    mark_stale(session, account_id)


def seed_final_notices(book: SqlBook, now: datetime, *, ready: int = 3) -> tuple[int, ...]:
    """Bring some late accounts of the demonstration to the final notice; returns their ids.

    The first `ready` are in order; of the next two one is disputed and of one delivery is not proven.
    """
    manager, supervisor = book.find_user("kei").user_id, book.find_user("morgan").user_id
    chosen = _late_accounts(book, now, ready + 2)
    for place, account_id in enumerate(chosen):
        view = book.account(account_id, now)
        who = view.phones[0].party_name if view.phones else view.name
        with book.database.write() as session:
            walk_through(session, account_id, who, now, delivered=place != ready + 1)
            reconcile(session, account_id, supervisor, now)
        asked = book.ask_authority(
            account_id,
            Consequence.PLACEMENT,
            BASIS,
            now + timedelta(days=45),
            supervisor,
            now,
            target=PARTNER,
        )
        book.approve_authority(asked, manager, now)
        if place == ready:
            number = view.invoices[0].number
            try:
                book.open_dispute(account_id, number, None, Reason.PRICE, now.date(), supervisor, now)
            except InvalidEntry:  # all of it is disputed already
                continue
    return chosen


def _late_accounts(book: SqlBook, now: datetime, count: int) -> tuple[int, ...]:
    """Accounts at stage 5 with nothing promised, held or disputed, that may be called now; the largest."""
    with book.database.read() as session:
        taken = select(Promise.account_id).union(select(HoldRow.account_id), select(Dispute.account_id))
        found = session.scalars(
            select(Account.id)
            .join(Invoice, Invoice.account_id == Account.id)
            .where(Account.stage == 5, Account.id.not_in(taken), Invoice.open_minor > 0)
            .group_by(Account.id)
            .order_by(Account.id)
        ).all()
    callable_now = [i for i in found if any(p.callable for p in book.account(i, now).phones)]
    return tuple(callable_now[:count])
