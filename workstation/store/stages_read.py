"""What people read of the stages: an account's way so far, and the calls still to be made."""

from __future__ import annotations

from datetime import date

from sqlalchemy import func, select

from workstation.desk import stages as machine
from workstation.desk.book import NotFound
from workstation.desk.stage import FINAL
from workstation.desk.stages import Event
from workstation.desk.treatment import Channel
from workstation.store.book import SqlBook
from workstation.store.tables import Invoice
from workstation.store.tables.stages import InvoiceStage, StageAction, StageEvent


def stage_history(book: SqlBook, account_id: int) -> tuple[str, ...]:
    """Return the account's whole way through the stages as dated sentences, fit to be read aloud."""
    with book.database.read() as session:
        rows = session.execute(
            select(StageEvent)
            .where(StageEvent.account_id == account_id)
            .order_by(StageEvent.on, StageEvent.id)
        ).scalars()
        return machine.read_aloud(
            Event(r.on, machine.EventKind(r.kind), r.invoice_id, r.stage, r.text, r.who, r.evidence)
            for r in rows
        )


def invoice_id(book: SqlBook, account_id: int, number: str) -> int:
    """Return an invoice's id by its number. Raises NotFound."""
    with book.database.read() as session:
        found = session.scalars(
            select(Invoice.id).where(Invoice.account_id == account_id, Invoice.number == number)
        ).first()
    if found is None:
        raise NotFound(f"the account has no invoice {number!r}")
    return found


def open_calls(book: SqlBook, limit: int = 200) -> tuple[tuple[int, str, date, str], ...]:
    """Return calls decided on and still to be made: (account id, step, since, reason), oldest first."""
    with book.database.read() as session:
        rows = session.execute(
            select(StageAction.account_id, StageAction.step, StageAction.on, StageAction.reason)
            .where(StageAction.state == "planned", StageAction.channel == Channel.CALL.value)
            .order_by(StageAction.on, StageAction.id)
            .limit(limit)
        )
        return tuple((r.account_id, r.step, r.on, r.reason) for r in rows)


def stage_tally(book: SqlBook) -> dict[int, int]:
    """Return how many invoices are on their way at each stage, 1 to 6."""
    with book.database.read() as session:
        rows = session.execute(
            select(InvoiceStage.stage, func.count())
            .where(InvoiceStage.stage <= FINAL)
            .group_by(InvoiceStage.stage)
        )
        return {row.stage: row[1] for row in rows}


def refused_messages(book: SqlBook) -> tuple[tuple[str, int], ...]:
    """Return why messages that runs decided on were refused, and how often; the most frequent first."""
    with book.database.read() as session:
        rows = session.execute(
            select(StageAction.detail, func.count())
            .where(StageAction.state == "refused")
            .group_by(StageAction.detail)
            .order_by(func.count().desc(), StageAction.detail)
        )
        return tuple((row.detail, row[1]) for row in rows)
