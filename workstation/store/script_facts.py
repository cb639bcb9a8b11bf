"""The merge fields of scripts/vocabulary.toml for one account, person and collector."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from workstation.desk.aging import age, days_late
from workstation.desk.book import NotFound
from workstation.desk.money import Money
from workstation.desk.promise import PromiseState
from workstation.desk.spoken import greeting, spoken_company, spoken_day, spoken_money, spoken_number
from workstation.store.gate import Gate
from workstation.store.queue_build import promise_states
from workstation.store.signals import AccountData, load_accounts, local_day
from workstation.store.tables import Invoice, Party, User

FINAL_FIELDS = (
    "steps_taken",
    "settlement_least",
    "settlement_by",
    "plan_months",
    "first_payment_by",
    "deadline",
    "deadline_written",
    "demand",
    "partner",
    "consequence_day",
    "consequence",
    "consequence_written",
    "agreed_written",
)
"""Fields that only a final-notice session fills (workstation.store.final_script)."""


def script_facts(
    session: Session,
    gate: Gate,
    account_id: int,
    party_id: int,
    user_id: int,
    now: datetime,
    callback_number: str,
    invoice_ids: Sequence[int] = (),
    data: AccountData | None = None,
) -> Mapping[str, str]:
    """Return every field of the vocabulary; what there is nothing to say about is the empty text.

    With `invoice_ids` the oldest invoice is the oldest of these. `data` is the account's as of now, where the
    caller has loaded it. Raises NotFound.
    """
    data = data or load_accounts(session, [account_id], now).get(account_id)
    party, user = session.get(Party, party_id), session.get(User, user_id)
    if data is None or party is None or user is None:
        raise NotFound(f"no account {account_id}, person {party_id} or user {user_id} in the book")
    local = now.astimezone(ZoneInfo(data.zone))
    debtor = session.get_one(Party, data.account.party_id)
    aging = age(data.items, local.date())
    due = Money(aging.collectible_minor, data.account.currency)
    oldest = _oldest_invoice(session, data, invoice_ids)
    return {
        "collector_name": user.full_name,
        "company": data.account.company,
        "company_voicemail": data.account.company,
        "debtor_company": spoken_company(debtor.name) if debtor.kind == "business" else "",
        "consumer_name": debtor.name if debtor.kind == "natural" else "",
        "contact_name": party.name,
        "contact_first_name": party.name.split(" ")[0] if party.kind == "natural" else "",
        "profile": data.account.profile,
        "stage": str(data.account.stage),
        "account_number": data.account.number,
        "greeting": greeting(local),
        "today": spoken_day(local.date()),
        "amount_due": str(due),
        "amount_due_spoken": spoken_money(due),
        **_oldest(oldest, data, now),
        "open_invoices_count": str(sum(1 for item in data.items if item.open_minor > 0)),
        "terms": data.account.terms,
        "last_talk_date": "" if data.last_talk is None else spoken_day(local_day(data.last_talk, data.zone)),
        **_broken_promise(data, gate, now),
        "promise_amount": "",
        "promise_date": "",
        "promise_method": "",
        "callback_number": spoken_number(callback_number),
        **_written(oldest, data, gate, now),
        **dict.fromkeys(FINAL_FIELDS, ""),
    }


def _oldest(invoice: Invoice | None, data: AccountData, now: datetime) -> dict[str, str]:
    if invoice is None:
        fields = (
            "oldest_invoice",
            "oldest_invoice_amount",
            "oldest_invoice_amount_spoken",
            "oldest_due_date",
        )
        return {**dict.fromkeys(fields, ""), "days_late": "0"}
    amount = Money(invoice.open_minor, data.account.currency)
    return {
        "oldest_invoice": invoice.number,
        "oldest_invoice_amount": str(amount),
        "oldest_invoice_amount_spoken": spoken_money(amount),
        "oldest_due_date": spoken_day(invoice.due, weekday=False),
        "days_late": str(max(0, days_late(invoice.due, local_day(now, data.zone)))),
    }


def _written(oldest: Invoice | None, data: AccountData, gate: Gate, now: datetime) -> dict[str, str]:
    """The written forms that mails and letters use; the sender of a letter fills in the last two."""
    currency = data.account.currency
    standing = None
    for promise, state in zip(data.promises, promise_states(data, gate, now), strict=True):
        if state is PromiseState.OPEN:
            standing = promise
    total = Money(sum(item.open_minor for item in data.items), currency)
    return {
        "today_written": written_day(local_day(now, data.zone)),
        "oldest_due_date_written": "" if oldest is None else written_day(oldest.due),
        "oldest_invoice_issued_written": "" if oldest is None else written_day(oldest.issued),
        "last_talk_date_written": (
            "" if data.last_talk is None else written_day(local_day(data.last_talk, data.zone))
        ),
        "total_open": str(total),
        "open_promise_amount": "" if standing is None else str(Money(standing.amount_minor, currency)),
        "open_promise_date": "" if standing is None else written_day(standing.due),
        "open_promise_method": "" if standing is None else standing.method,
        "reply_by": "",
        "opt_out_address": "",
    }


def _oldest_invoice(session: Session, data: AccountData, among: Sequence[int]) -> Invoice | None:
    query = select(Invoice).where(Invoice.account_id == data.account.id, Invoice.open_minor > 0)
    if among:
        query = query.where(Invoice.id.in_(among))
    return session.scalars(query.order_by(Invoice.due, Invoice.id).limit(1)).first()


def written_day(day: date) -> str:
    """Return ``October 8, 2026``."""
    return f"{day:%B} {day.day}, {day.year}"


def _broken_promise(data: AccountData, gate: Gate, now: datetime) -> dict[str, str]:
    unkept = (PromiseState.BROKEN, PromiseState.PARTIAL)
    for promise, state in reversed(list(zip(data.promises, promise_states(data, gate, now), strict=True))):
        if state in unkept:
            amount = Money(promise.amount_minor, data.account.currency)
            return {
                "last_promise_amount": spoken_money(amount),
                "last_promise_date": spoken_day(promise.due),
            }
    return {"last_promise_amount": "", "last_promise_date": ""}
