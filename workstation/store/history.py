"""What happened on an account, across all channels, newest first."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from compliance.contact import HoldKind
from workstation.desk.disposition import dispositions
from workstation.desk.hold import LABEL
from workstation.desk.money import Money
from workstation.desk.stage import stage_name
from workstation.desk.views import HistoryLine
from workstation.store import ledger_history
from workstation.store.tables import (
    Attempt,
    CallRow,
    HoldRow,
    Invoice,
    Message,
    Note,
    Payment,
    PaymentLink,
    Promise,
    StageStep,
    User,
)

HISTORY_LINES = 200
"""How far back the screen reaches; older lines are for the audit and the exports."""


def history(session: Session, account_id: int, currency: str, zone: ZoneInfo) -> tuple[HistoryLine, ...]:
    """Return the account's newest lines. Dates without a time stand at the local noon of their day."""
    lines = [
        *_calls(session, account_id),
        *_holds(session, account_id),
        *_written(session, account_id),
        *_money(session, account_id, currency, zone),
    ]
    lines.sort(key=lambda line: line.at, reverse=True)
    return tuple(lines[:HISTORY_LINES])


def _calls(session: Session, account_id: int) -> list[HistoryLine]:
    found = []
    for call, collector in session.execute(
        select(CallRow, User.full_name)
        .join(User, User.id == CallRow.collector_id)
        .where(CallRow.account_id == account_id)
        .order_by(CallRow.reserved_at.desc())
        .limit(HISTORY_LINES)
    ):
        outcome = call.outcome or call.state
        disposition = dispositions().get(call.disposition)
        if disposition is not None:
            outcome = disposition.label
        text = f"{call.party_name}: {outcome} · {collector}"
        found.append(HistoryLine(call.reserved_at, "call", text, call.id))
    elsewhere = session.execute(
        select(Attempt.at, Attempt.summary)
        .where(Attempt.account_id == account_id, Attempt.summary != "")
        .order_by(Attempt.at.desc())
        .limit(HISTORY_LINES)
    )
    found.extend(HistoryLine(at, "call", summary) for at, summary in elsewhere)
    return found


def _holds(session: Session, account_id: int) -> list[HistoryLine]:
    found = []
    for hold in session.scalars(select(HoldRow).where(HoldRow.account_id == account_id)):
        label = LABEL[HoldKind(hold.kind)]
        found.append(
            HistoryLine(
                hold.since,
                "hold",
                f"{label}{' (proposed)' if hold.proposed else ''} · {hold.source}",
                hold.call_id,
            )
        )
        if hold.lifted_at is not None:
            found.append(HistoryLine(hold.lifted_at, "hold", f"{label}: lifted, {hold.reason}"))
    return found


def _written(session: Session, account_id: int) -> list[HistoryLine]:
    notes = session.scalars(
        select(Note).where(Note.account_id == account_id).order_by(Note.at.desc()).limit(HISTORY_LINES)
    )
    messages = session.scalars(
        select(Message)
        .where(Message.account_id == account_id)
        .order_by(Message.at.desc())
        .limit(HISTORY_LINES)
    )
    steps = session.scalars(select(StageStep).where(StageStep.account_id == account_id))
    found = [HistoryLine(n.at, "note", n.text, n.call_id) for n in notes]
    for m in messages:
        way = "received" if m.inbound else m.state
        found.append(HistoryLine(m.at, "mail", f"{m.subject}{' · ' + way if way else ''}"))
    for s in steps:
        evidence = f" · {s.evidence}" if s.evidence else ""
        found.append(HistoryLine(s.at, "stage", f"{s.stage} {stage_name(s.stage)}{evidence}"))
    return found


def _money(session: Session, account_id: int, currency: str, zone: ZoneInfo) -> list[HistoryLine]:
    def noon(day: date) -> datetime:
        return datetime.combine(day, time(12), zone).astimezone(UTC)

    found = ledger_history.lines(session, account_id, currency, noon)
    for p in session.scalars(select(Promise).where(Promise.account_id == account_id)):
        due = f"{p.due.day} {p.due:%b}"
        text = f"{p.who} promised {Money(p.amount_minor, currency)} by {due}"
        found.append(HistoryLine(p.made_at, "promise", text, p.call_id))
    for pay in session.scalars(select(Payment).where(Payment.account_id == account_id)):
        how = f" by {pay.method}" if pay.method else ""
        text = f"{Money(pay.amount_minor, currency)} received{how}"
        if pay.reverses_id is not None:
            text = f"{Money(-pay.amount_minor, currency)}{how} came back: {pay.reference}"
        found.append(HistoryLine(noon(pay.received_on), "payment", text))
    found += _links(session, account_id, currency)
    for i in session.scalars(
        select(Invoice)
        .where(Invoice.account_id == account_id)
        .order_by(Invoice.issued.desc())
        .limit(HISTORY_LINES)
    ):
        text = f"{i.kind} {i.number} of {Money(i.amount_minor, currency)}, due {i.due.day} {i.due:%b}"
        found.append(HistoryLine(noon(i.issued), "invoice", text))
    return found


def _links(session: Session, account_id: int, currency: str) -> list[HistoryLine]:
    """One line for the payment links made at one instant: a mail makes one for each invoice."""
    made: dict[datetime, list[str]] = {}
    for link, number in session.execute(
        select(PaymentLink, Invoice.number)
        .join(Invoice, Invoice.id == PaymentLink.invoice_id)
        .where(PaymentLink.account_id == account_id, PaymentLink.url != "")
        .order_by(PaymentLink.created_at.desc(), PaymentLink.id)
        .limit(HISTORY_LINES)
    ):
        made.setdefault(link.created_at, []).append(
            f"{number} {Money(link.amount_minor, currency).figures()}"
        )
    return [HistoryLine(at, "link", f"payment link for {', '.join(parts)}") for at, parts in made.items()]
