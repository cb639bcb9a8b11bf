"""What a placement pack holds: everything about one account that whoever takes it over must know."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from workstation.desk.aging import days_late
from workstation.desk.book import NotFound
from workstation.desk.money import Money
from workstation.store import final_deadlines, final_script, leave, ledger
from workstation.store.final_calls import of_session
from workstation.store.history import history
from workstation.store.tables import (
    Account,
    Contact,
    Dispute,
    FinalSession,
    HoldRow,
    Instalment,
    Invoice,
    InvoiceStage,
    Party,
    Payment,
    Phone,
    Plan,
    PostalAddress,
    Promise,
    StandingRow,
    User,
)

Cell = str | int | Money | date | datetime | None


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table of the pack."""

    name: str
    headers: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True, slots=True)
class Pack:
    """One account's papers."""

    account_id: int
    signer_id: int
    """Who signs the statement: the manager who gave the last chance, else nobody (0)."""
    sheets: tuple[Sheet, ...]
    documents: Mapping[str, Any]
    """JSON documents by file name."""


def gather(session: Session, account_id: int, now: datetime, home: ZoneInfo) -> Pack:
    """Gather the papers as of now. Raises NotFound."""
    account = session.get(Account, account_id)
    if account is None:
        raise NotFound(f"no account {account_id} in the book")
    today = now.astimezone(home).date()
    sessions = _sessions(session, account_id)
    sheets = (
        _statement(session, account, today),
        _invoices(session, account, today),
        _delivery(session, account),
        _history(session, account, home),
        _disputes(session, account),
        _contacts(session, account),
        _promises(session, account),
        _payments(session, account),
        _plans(session, account),
    )
    documents = {
        "account.json": _account(session, account),
        "authority.json": [
            {
                "action": a.action.value,
                "basis": a.legal_basis,
                "with": a.target,
                "not before": a.not_before.isoformat(),
                "expires": a.expires.isoformat(),
                "asked by": a.asked_by,
                "approved by": a.approved_by,
                "revoked": a.revoked,
            }
            for a in reversed(leave.authorities(session, account_id))
        ],
        "final-notice.json": {
            "sessions": sessions,
            "deadlines": [
                {
                    "given by": d.given_by,
                    "demand": str(d.demand),
                    "until": d.at.isoformat(),
                    "zone": d.zone,
                    "announced for": d.acts_on.isoformat(),
                    "said": d.consequence,
                    "with": d.partner,
                    "state": d.state.value,
                    "reason": d.reason,
                }
                for d in final_deadlines.rows(session, account_id=account_id)
            ],
            "steps taken": list(final_script.history(session, account_id)),
        },
    }
    signer = session.scalars(
        select(FinalSession.user_id)
        .where(FinalSession.account_id == account_id)
        .order_by(FinalSession.id.desc())
        .limit(1)
    ).first()
    return Pack(account_id, signer or 0, sheets, documents)


def _account(session: Session, account: Account) -> dict[str, Any]:
    debtor = session.get_one(Party, account.party_id)
    return {
        "number": account.number,
        "debtor": debtor.name,
        "kind": debtor.kind,
        "country": debtor.country,
        "region": debtor.region,
        "postal code": debtor.postal_code,
        "creditor": account.company,
        "currency": account.currency,
        "terms": account.terms,
        "profile": account.profile,
        "opened on": account.opened_on.isoformat(),
        "stage": account.stage,
        "holds": [
            {"kind": h.kind, "since": h.since.isoformat(), "lifted": h.lifted_at and h.lifted_at.isoformat()}
            for h in session.scalars(
                select(HoldRow).where(HoldRow.account_id == account.id).order_by(HoldRow.id)
            )
        ],
    }


def _sessions(session: Session, account_id: int) -> list[dict[str, Any]]:
    rows = session.execute(
        select(FinalSession, User.full_name)
        .join(User, User.id == FinalSession.user_id)
        .where(FinalSession.account_id == account_id)
        .order_by(FinalSession.id)
    )
    return [
        {
            "manager": who,
            "begun": row.begun_at.isoformat(),
            "ended": row.ended_at and row.ended_at.isoformat(),
            "outcome": row.outcome,
            "stopped": row.stop_reason,
            "read back": row.read_back,
            "checks": row.checks,
            "calls": list(of_session(session, row.id)),
            "confirmed in writing": row.confirmed_at and row.confirmed_at.isoformat(),
        }
        for row, who in rows
    ]


def _statement(session: Session, account: Account, today: date) -> Sheet:
    whole = ledger.load(session, account.id)
    numbers = {item.item_id: item.number for item in whole.items}
    rows: list[tuple[Cell, ...]] = []
    total = 0
    for line in whole.net(today).lines:
        total += line.amount_minor
        rows.append(
            (
                line.on,
                line.kind.value,
                line.text,
                numbers.get(line.item_id, ""),
                Money(line.amount_minor, whole.currency),
                Money(total, whole.currency),
                whole.currency,
            )
        )
    heads = ("date", "kind", "reference", "invoice", "amount", "balance", "currency")
    return Sheet("statement", heads, tuple(rows))


def _invoices(session: Session, account: Account, today: date) -> Sheet:
    rows = session.scalars(
        select(Invoice).where(Invoice.account_id == account.id).order_by(Invoice.due, Invoice.id)
    )
    heads = (
        "invoice", "kind", "issued", "due", "days late", "amount", "open", "disputed", "currency",
        "order number",
    )  # fmt: skip
    return Sheet(
        "invoices",
        heads,
        tuple(
            (
                i.number,
                i.kind,
                i.issued,
                i.due,
                max(0, days_late(i.due, today)) if i.open_minor > 0 else 0,
                Money(i.amount_minor, account.currency),
                Money(i.open_minor, account.currency),
                Money(i.disputed_minor, account.currency),
                account.currency,
                i.po_number,
            )
            for i in rows
        ),
    )


def _delivery(session: Session, account: Account) -> Sheet:
    rows = session.execute(
        select(Invoice.number, InvoiceStage.facts, InvoiceStage.waived)
        .join(InvoiceStage, InvoiceStage.invoice_id == Invoice.id)
        .where(InvoiceStage.account_id == account.id)
        .order_by(Invoice.due, Invoice.id)
    )
    kinds = ("sent", "delivered", "reminded", "talked", "pressed")
    return Sheet(
        "proof-of-delivery",
        ("invoice", *kinds, "waived in writing"),
        tuple(
            (number, *(facts.get(kind, "") for kind in kinds), ", ".join(waived))
            for number, facts, waived in rows
        ),
    )


def _history(session: Session, account: Account, home: ZoneInfo) -> Sheet:
    lines = reversed(history(session, account.id, account.currency, home))
    return Sheet("history", ("at", "kind", "what"), tuple((x.at, x.kind, x.text) for x in lines))


def _disputes(session: Session, account: Account) -> Sheet:
    rows = session.execute(
        select(Dispute, Invoice.number)
        .join(Invoice, Invoice.id == Dispute.invoice_id)
        .where(Dispute.account_id == account.id)
        .order_by(Dispute.id)
    )
    heads = ("invoice", "amount", "currency", "reason", "said", "opened", "resolved", "how", "answer")
    return Sheet(
        "disputes",
        heads,
        tuple(
            (
                number,
                Money(d.amount_minor, account.currency),
                account.currency,
                d.reason,
                d.detail,
                d.opened_on,
                d.resolved_on,
                d.resolution,
                d.answer,
            )
            for d, number in rows
        ),
    )


def _contacts(session: Session, account: Account) -> Sheet:
    rows: list[tuple[Cell, ...]] = []
    for contact, party in session.execute(
        select(Contact, Party)
        .join(Party, Party.id == Contact.party_id)
        .where(Contact.account_id == account.id)
        .order_by(Contact.rank, Contact.id)
    ):
        address = session.get(PostalAddress, party.id)
        lines = "" if address is None else ", ".join(address.lines)
        stands = session.scalars(
            select(StandingRow.kind)
            .where(StandingRow.party_id == party.id, StandingRow.ended_at.is_(None))
            .order_by(StandingRow.id)
        )
        facts = ", ".join(dict.fromkeys(stands))
        phones = session.scalars(
            select(Phone).where(Phone.party_id == party.id).order_by(Phone.rank, Phone.id)
        ).all()
        either: list[Phone | None] = [*phones] or [None]
        for phone in either:
            number = "" if phone is None else phone.number
            kind = "" if phone is None else phone.kind
            state = "not to be used" if phone is not None and phone.suppressed else ""
            rows.append((party.name, contact.role, number, kind, state, party.email, lines, facts))
    heads = ("name", "role", "number", "number kind", "number state", "mail", "address", "recorded facts")
    return Sheet("contacts", heads, tuple(rows))


def _promises(session: Session, account: Account) -> Sheet:
    rows = session.scalars(select(Promise).where(Promise.account_id == account.id).order_by(Promise.id))
    return Sheet(
        "promises",
        ("made at", "who", "amount", "currency", "due", "method", "replaced at"),
        tuple(
            (
                p.made_at,
                p.who,
                Money(p.amount_minor, account.currency),
                account.currency,
                p.due,
                p.method,
                p.replaced_at,
            )
            for p in rows
        ),
    )


def _payments(session: Session, account: Account) -> Sheet:
    rows = session.scalars(
        select(Payment).where(Payment.account_id == account.id).order_by(Payment.received_on, Payment.id)
    )
    return Sheet(
        "payments",
        ("received", "amount", "currency", "method", "reference"),
        tuple(
            (p.received_on, Money(p.amount_minor, account.currency), account.currency, p.method, p.reference)
            for p in rows
        ),
    )


def _plans(session: Session, account: Account) -> Sheet:
    rows = session.execute(
        select(Plan, Instalment)
        .join(Instalment, Instalment.plan_id == Plan.id)
        .where(Plan.account_id == account.id)
        .order_by(Plan.id, Instalment.position)
    )
    return Sheet(
        "plans",
        ("made", "who", "method", "due", "amount", "currency", "ended", "why"),
        tuple(
            (
                p.made_on,
                p.who,
                p.method,
                i.due,
                Money(i.amount_minor, account.currency),
                account.currency,
                p.ended_on,
                p.ended_reason,
            )
            for p, i in rows
        ),
    )
