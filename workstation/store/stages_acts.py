"""What people do to an invoice's stages: confirm that it arrived, waive a stage, end its way by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from workstation.desk import stages as machine
from workstation.desk.book import InvalidEntry, NotFound
from workstation.desk.money import Money
from workstation.desk.roles import Right
from workstation.desk.stage import FINAL, PLACED, WRITTEN_OFF, stage_name
from workstation.desk.stages import Event, Evidence, InvoiceCase
from workstation.store import audit, people
from workstation.store.book import SqlBook
from workstation.store.queue_build import mark_stale
from workstation.store.rows import put_rows
from workstation.store.stages_write import event_values, state_values
from workstation.store.tables import Account, Invoice, InvoiceStage
from workstation.store.tables.stages import StageEvent


def _case_of(session: Session, invoice_id: int) -> tuple[int, InvoiceCase]:
    row = session.execute(
        select(Invoice, Account.currency)
        .join(Account, Account.id == Invoice.account_id)
        .where(Invoice.id == invoice_id)
    ).one_or_none()
    if row is None:
        raise NotFound(f"no invoice {invoice_id} in the book")
    invoice, currency = row
    state = session.get(InvoiceStage, invoice_id, with_for_update=True)
    case = InvoiceCase(
        invoice.id,
        invoice.number,
        invoice.issued,
        invoice.due,
        Money(invoice.amount_minor, currency),
        invoice.open_minor,
        invoice.disputed_minor,
    )
    if state is not None:
        case = replace(
            case,
            stage=state.stage,
            since=state.since,
            parked=state.parked,
            taken_over=state.taken_over,
            facts={Evidence(k): date.fromisoformat(v) for k, v in state.facts.items()},
            waived=frozenset(Evidence(e) for e in state.waived),
        )
    return invoice.account_id, case


def _keep(
    session: Session, account_id: int, case: InvoiceCase, event: Event, actor: str, now: datetime
) -> None:
    put_rows(session, InvoiceStage, [state_values(account_id, case)], "invoice_id")
    put_rows(session, StageEvent, [event_values(account_id, event, now)])
    mark_stale(session, account_id)
    audit.append(session, actor, f"stage: {event.kind}", f"invoice {case.number}", {"text": event.text}, now)


def confirm_delivery(
    book: SqlBook, invoice_id: int, confirmed_by: str, on: date, user_id: int, now: datetime, how: str = ""
) -> None:
    """Record who confirmed, and when, that an invoice arrived. Raises NotFound, NotAllowed, InvalidEntry."""
    if not confirmed_by.strip():
        raise InvalidEntry("say who confirmed that the invoice arrived")
    with book.database.write() as session:
        user = people.need(session, user_id, Right.WORK_ACCOUNTS)
        account_id, case = _case_of(session, invoice_id)
        _must_run(case)
        case, event = machine.prove(case, Evidence.DELIVERED, on, confirmed_by.strip(), how)
        if event is not None:
            _keep(session, account_id, case, event, user.username, now)


def waive_stage(book: SqlBook, invoice_id: int, reason: str, user_id: int, on: date, now: datetime) -> None:
    """Let an invoice leave its stage without evidence. Raises NotFound, NotAllowed, InvalidEntry."""
    with book.database.write() as session:
        user = people.need(session, user_id, Right.LIFT_HOLDS)
        account_id, case = _case_of(session, invoice_id)
        _must_run(case)
        try:
            case, event = machine.waive(case, reason, user.full_name, on)
        except ValueError as error:
            raise InvalidEntry(str(error)) from None
        _keep(session, account_id, case, event, user.username, now)


def end_stages(
    book: SqlBook, invoice_id: int, ending: int, reason: str, user_id: int, on: date, now: datetime
) -> None:
    """Mark an invoice as placed (7) or written off (9). Raises NotFound, NotAllowed, InvalidEntry."""
    right = Right.ADJUST_LEDGER if ending == WRITTEN_OFF else Right.FINAL_NOTICE
    with book.database.write() as session:
        user = people.need(session, user_id, right)
        account_id, case = _case_of(session, invoice_id)
        try:
            case, event = machine.end(case, ending, reason, user.full_name, on)
        except ValueError as error:
            raise InvalidEntry(str(error)) from None
        _keep(session, account_id, case, event, user.username, now)


def place_invoice(
    session: Session, invoice_id: int, reason: str, user: people.Staff, on: date, now: datetime
) -> None:
    """Mark an invoice as placed, in the caller's transaction and by its right. Raises InvalidEntry."""
    account_id, case = _case_of(session, invoice_id)
    try:
        case, event = machine.end(case, PLACED, reason, user.full_name, on)
    except ValueError as error:
        raise InvalidEntry(str(error)) from None
    _keep(session, account_id, case, event, user.username, now)


def _must_run(case: InvoiceCase) -> None:
    if not 0 < case.stage <= FINAL:
        where = "has not entered the stages yet" if not case.stage else f"is {stage_name(case.stage)}"
        raise InvalidEntry(f"invoice {case.number} {where}")
