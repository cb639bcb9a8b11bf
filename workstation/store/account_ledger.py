"""The account's ledger view: one reading of everything that is owed, agreed, contested and done."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from workstation.desk import stages as machine
from workstation.desk.account_ledger import ItemLines, LedgerView, PromiseLine, StageLine, Treatment
from workstation.desk.aging import age, days_late
from workstation.desk.book import NotFound
from workstation.desk.ledger import AccountLedger
from workstation.desk.money import Money
from workstation.desk.promise import last_day
from workstation.desk.stage import stage_name
from workstation.desk.stages import NEEDED, Event, EventKind, Evidence, InvoiceCase
from workstation.store import customer, ledger
from workstation.store.accounts import promise_view
from workstation.store.gate import Gate
from workstation.store.queue_build import promise_states
from workstation.store.signals import AccountData, load_accounts, local_day
from workstation.store.tables import Invoice
from workstation.store.tables.stages import AccountTreatment, InvoiceStage, StageEvent


def view(session: Session, gate: Gate, account_id: int, now: datetime) -> LedgerView:
    """Return the view as of the account's day at `now`. Raises NotFound."""
    data = load_accounts(session, [account_id], now).get(account_id)
    if data is None:
        raise NotFound(f"no account {account_id} in the book")
    today = local_day(now, data.zone)
    around = customer.view(session, gate, account_id, today)
    return LedgerView(
        account_id=account_id,
        today=today,
        aging=age(data.items, today),
        items=_items(ledger.load(session, account_id), today),
        unapplied=-around.unapplied.amount,
        promises=_promises(data, gate, now),
        stages=_stages(session, account_id),
        story=_story(session, account_id),
        treatment=_treatment(session, account_id),
        customer=around,
    )


def _items(whole: AccountLedger, today: date) -> tuple[ItemLines, ...]:
    found = []
    for item, left in whole.open_items(today):
        lines = whole.item_balance(item.item_id, today).lines
        found.append(
            ItemLines(
                number=item.number,
                kind=item.kind.value,
                issued=item.issued,
                due=item.due,
                days_late=days_late(item.due, today),
                amount=Money(item.amount_minor, whole.currency),
                open=Money(left.open_minor, whole.currency),
                disputed=Money(left.disputed_minor, whole.currency),
                lines=tuple(line for line in lines if line.kind.value != item.kind.value),
            )
        )
    return tuple(found)


def _promises(data: AccountData, gate: Gate, now: datetime) -> tuple[PromiseLine, ...]:
    currency = data.account.currency
    found = []
    for promise, state in zip(data.promises, promise_states(data, gate, now), strict=True):
        made_on = local_day(promise.made_at, data.zone)
        last = last_day(promise.due, lambda day: gate.is_holiday(data.country, day))
        received = sum(r.amount_minor for r in data.receipts if made_on <= r.on <= last)
        found.append(
            PromiseLine(promise_view(promise, state, currency), made_on, last, Money(received, currency))
        )
    return tuple(reversed(found))


def _stages(session: Session, account_id: int) -> tuple[StageLine, ...]:
    rows = session.execute(
        select(InvoiceStage, Invoice)
        .join(Invoice, Invoice.id == InvoiceStage.invoice_id)
        .where(InvoiceStage.account_id == account_id, Invoice.open_minor > 0)
        .order_by(InvoiceStage.stage.desc(), Invoice.due, Invoice.id)
    )
    return tuple(_stage(state, invoice) for state, invoice in rows)


def _stage(state: InvoiceStage, invoice: Invoice) -> StageLine:
    facts = _facts(state.facts)
    case = InvoiceCase(
        invoice_id=invoice.id,
        number=invoice.number,
        issued=invoice.issued,
        due=invoice.due,
        amount=Money(invoice.amount_minor, ""),
        open_minor=invoice.open_minor,
        stage=state.stage,
        since=state.since,
        facts=facts,
        waived=frozenset(Evidence(e) for e in state.waived),
    )
    needed = NEEDED.get(state.stage)
    return StageLine(
        invoice=invoice.number,
        stage=state.stage,
        stage_name=stage_name(state.stage) if state.stage else "not begun",
        since=state.since,
        parked=state.parked,
        done=tuple((e.value, on) for e, on in sorted(facts.items(), key=lambda pair: pair[1])),
        waived=tuple(sorted(state.waived)),
        missing="" if needed is None or case.has(needed) else needed.value,
    )


def _facts(kept: Mapping[str, str]) -> dict[Evidence, date]:
    return {Evidence(name): date.fromisoformat(on) for name, on in kept.items()}


def _story(session: Session, account_id: int) -> tuple[str, ...]:
    rows = session.scalars(
        select(StageEvent).where(StageEvent.account_id == account_id).order_by(StageEvent.on, StageEvent.id)
    )
    return machine.read_aloud(
        Event(r.on, EventKind(r.kind), r.invoice_id, r.stage, r.text, r.who, r.evidence) for r in rows
    )


def _treatment(session: Session, account_id: int) -> Treatment | None:
    row = session.get(AccountTreatment, account_id)
    if row is None:
        return None
    return Treatment(row.segment, row.strategy, tuple(row.reasons), row.last_run_on)
