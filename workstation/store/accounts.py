"""The account screen: everything about one account as of an instant."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from compliance.contact import CheckVerdict, HoldKind, Permitted, Refused
from workstation.desk.aging import age, days_late, next_bucket
from workstation.desk.book import NotFound
from workstation.desk.hold import LABEL
from workstation.desk.money import Money
from workstation.desk.promise import PromiseState
from workstation.desk.stage import stage_name
from workstation.desk.views import AccountView, HoldView, InvoiceView, PhoneView, PromiseView
from workstation.store import leave, ledger
from workstation.store.facts import Target, call_facts
from workstation.store.gate import Gate, attempts_of
from workstation.store.history import history
from workstation.store.queue_build import appraise_account, promise_states
from workstation.store.signals import AccountData, load_accounts, load_scale, local_day
from workstation.store.tables import Account, Contact, HoldRow, Invoice, Party, Phone, Promise


def view(session: Session, gate: Gate, account_id: int, now: datetime) -> AccountView:
    """Return the account as of `now`. Raises NotFound."""
    data = load_accounts(session, [account_id], now).get(account_id)
    if data is None:
        raise NotFound(f"no account {account_id} in the book")
    account, currency = data.account, data.account.currency
    today = local_day(now, data.zone)
    aging = age(data.items, today)
    phones, attempts = _phones(session, gate, data, now)
    states = promise_states(data, gate, now)
    settled = [s for s in states if s is not PromiseState.OPEN]
    rolling = next_bucket(aging.days_late) if aging.days_late > 0 else None
    appraisal = appraise_account(data, attempts, gate, now, load_scale(session))
    limit = account.credit_limit_minor
    return AccountView(
        account_id=account.id,
        number=account.number,
        name=data.name,
        profile=account.profile,
        currency=currency,
        balance=Money(aging.balance_minor, currency),
        past_due=Money(aging.past_due_minor, currency),
        disputed=Money(aging.disputed_minor, currency),
        days_late=aging.days_late,
        next_bucket_in=None if rolling is None else rolling[1],
        stage=account.stage,
        stage_name=stage_name(account.stage),
        stage_since=account.stage_since,
        terms=account.terms,
        credit_limit=None if limit is None else Money(limit, currency),
        attempts_used=attempts[0],
        attempts_cap=attempts[1],
        last_talk=data.last_talk,
        promises_kept=settled.count(PromiseState.KEPT),
        promises_total=len(settled),
        open_promise=_open_promise(data, states),
        callback_at=None if data.callback is None else data.callback.due_at,
        zone=data.zone,
        phones=phones,
        invoices=_invoices(session, data, now),
        holds=_holds(session, data, now),
        history=history(session, account_id, currency, ZoneInfo(data.zone)),
        reasons=appraisal.reasons,
        unapplied=-ledger.load(session, account_id).unapplied(date.max).amount,
    )


def find(session: Session, number: str) -> int:
    """Return an account's id by its number. Raises NotFound."""
    account_id = session.scalars(select(Account.id).where(Account.number == number)).first()
    if account_id is None:
        raise NotFound(f"no account {number!r} in the book")
    return account_id


def _phones(
    session: Session, gate: Gate, data: AccountData, now: datetime
) -> tuple[tuple[PhoneView, ...], tuple[int, int]]:
    """Return the numbers with the gate's word on each, and attempts (used, cap) to the primary contact."""
    found = session.execute(
        select(Phone, Party.name, Contact.role)
        .join(Party, Party.id == Phone.party_id)
        .join(Contact, Contact.party_id == Party.id)
        .where(Contact.account_id == data.account.id, Phone.suppressed.is_(False))
        .order_by(Contact.rank, Contact.id, Phone.rank, Phone.id)
    ).all()
    targets = [Target(data.account.id, phone.party_id, phone.id) for phone, _, _ in found]
    facts = call_facts(session, targets, now)
    views = []
    attempts = (0, 0)
    for target, (phone, name, role) in zip(targets, found, strict=True):
        verdict = gate.decide(facts[target], now)
        if target == data.target:
            attempts = attempts_of(verdict.checks)
        if isinstance(verdict, Refused) and verdict.overridable:
            verdict = leave.overridden(session, data.account.id, phone.party_id, phone.number, verdict)
        permitted = isinstance(verdict, Permitted)
        views.append(
            PhoneView(
                phone_id=phone.id,
                party_id=phone.party_id,
                number=phone.number,
                kind=phone.kind,
                party_name=name,
                party_role=role,
                callable=permitted,
                call_until=verdict.until if isinstance(verdict, Permitted) else None,
                zones=tuple(phone.zones),
                checks=tuple(sorted(verdict.checks, key=lambda c: c.verdict is not CheckVerdict.REFUSE)),
                retry_at=None if isinstance(verdict, Permitted) else verdict.retry_at,
                purpose=facts[target].purpose,
            )
        )
    return tuple(views), attempts


def _invoices(session: Session, data: AccountData, now: datetime) -> tuple[InvoiceView, ...]:
    currency = data.account.currency
    today = local_day(now, data.zone)
    return tuple(
        InvoiceView(
            invoice_id=row.id,
            number=row.number,
            issued=row.issued,
            due=row.due,
            amount=Money(row.amount_minor, currency),
            open=Money(row.open_minor, currency),
            disputed=Money(row.disputed_minor, currency),
            days_late=days_late(row.due, today),
        )
        for row in session.scalars(
            select(Invoice)
            .where(Invoice.account_id == data.account.id, Invoice.open_minor != 0)
            .order_by(Invoice.due, Invoice.id)
        )
    )


def _holds(session: Session, data: AccountData, now: datetime) -> tuple[HoldView, ...]:
    contacts = select(Contact.party_id).where(Contact.account_id == data.account.id)
    return tuple(
        HoldView(
            hold_id=row.id,
            kind=LABEL[HoldKind(row.kind)],
            since=row.since,
            proposed=row.proposed,
            source=row.source,
        )
        for row in session.scalars(
            select(HoldRow)
            .where(
                HoldRow.party_id.in_(contacts) | (HoldRow.party_id == data.account.party_id),
                HoldRow.lifted_at.is_(None),
            )
            .order_by(HoldRow.since.desc(), HoldRow.id.desc())
        )
        if row.until is None or row.until > now
    )


def _open_promise(data: AccountData, states: list[PromiseState]) -> PromiseView | None:
    for promise, state in reversed(list(zip(data.promises, states, strict=True))):
        if state is PromiseState.OPEN:
            return promise_view(promise, state, data.account.currency)
    return None


def promise_view(promise: Promise, state: PromiseState, currency: str) -> PromiseView:
    """Return a promise as screens see it."""
    return PromiseView(
        promise_id=promise.id,
        amount=Money(promise.amount_minor, currency),
        due=promise.due,
        method=promise.method,
        who=promise.who,
        state=state.value,
    )
