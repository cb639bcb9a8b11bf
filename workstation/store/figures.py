"""The raw lines behind the key figures, read from the book: receivables by currency, and the floor."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from workstation.desk.disposition import dispositions
from workstation.desk.final_deadline import LAPSED, DeadlineState
from workstation.desk.kpi import PromiseLine
from workstation.desk.kpi_floor import AttemptLine, CallLine, DeadlineLine, DisclosureLine, FloorLines
from workstation.desk.kpi_receivables import InvoiceLine, ReceiptLine, Receivables, Settlement
from workstation.desk.promise import last_day
from workstation.store import floor_spans
from workstation.store.book import SqlBook
from workstation.store.tables import (
    Account,
    Adjustment,
    Allocation,
    Attempt,
    CallRow,
    CallStep,
    Conversation,
    Credit,
    CreditAllocation,
    Decision,
    FinalDeadline,
    FindingRow,
    Invoice,
    Payment,
    Promise,
)


def load_receivables(book: SqlBook, as_of: date) -> tuple[Receivables, ...]:
    """Return every line up to a day, by currency in alphabetical order."""
    with book.database.read() as session:
        settled = _settlements(session)
        receipts = _receipts(session, as_of)
        promises = _promises(session, book.home_zone, as_of)
        invoices: dict[str, list[InvoiceLine]] = defaultdict(list)
        for row in session.execute(
            select(
                Invoice.id,
                Invoice.account_id,
                Invoice.number,
                Invoice.issued,
                Invoice.due,
                Invoice.amount_minor,
                Invoice.open_minor,
                Account.currency,
            )
            .join(Account, Account.id == Invoice.account_id)
            .where(Invoice.issued <= as_of)
            .order_by(Invoice.id)
        ):
            lines = settled.get(row.id, [])
            # What no line explains was settled before the invoice came into this book.
            rest = row.amount_minor - row.open_minor - sum(s.minor for s in lines)
            if rest:
                lines = [Settlement(row.issued, rest, "taken over"), *lines]
            invoices[row.currency].append(
                InvoiceLine(
                    row.id, row.account_id, row.number, row.issued, row.due, row.amount_minor, tuple(lines)
                )
            )
    currencies = sorted({*invoices, *receipts, *promises})
    return tuple(
        Receivables(c, tuple(invoices[c]), tuple(receipts.get(c, ())), tuple(promises.get(c, ())))
        for c in currencies
    )


def _settlements(session: Session) -> dict[int, list[Settlement]]:
    """Every line that lowered (or raised) an invoice's open amount, with its day."""
    found: dict[int, list[Settlement]] = defaultdict(list)
    for invoice_id, on, received, minor, payment_id in session.execute(
        select(
            Allocation.invoice_id,
            Allocation.on,
            Payment.received_on,
            Allocation.amount_minor,
            Allocation.payment_id,
        ).join(Payment, Payment.id == Allocation.payment_id)
    ):
        found[invoice_id].append(Settlement(on or received, minor, "payment", str(payment_id)))
    for invoice_id, on, minor, kind, credit_id in session.execute(
        select(
            CreditAllocation.invoice_id,
            CreditAllocation.on,
            CreditAllocation.amount_minor,
            Credit.kind,
            Credit.id,
        ).join(Credit, Credit.id == CreditAllocation.credit_id)
    ):
        found[invoice_id].append(Settlement(on, minor, kind, str(credit_id)))
    for invoice_id, on, minor, adjustment_id in session.execute(
        select(Adjustment.invoice_id, Adjustment.on, Adjustment.amount_minor, Adjustment.id)
    ):
        found[invoice_id].append(Settlement(on, -minor, "adjustment", str(adjustment_id)))
    return found


def _receipts(session: Session, as_of: date) -> dict[str, list[ReceiptLine]]:
    applied: dict[int, list[tuple[date, int]]] = defaultdict(list)
    for payment_id, on, received, minor in session.execute(
        select(Allocation.payment_id, Allocation.on, Payment.received_on, Allocation.amount_minor).join(
            Payment, Payment.id == Allocation.payment_id
        )
    ):
        applied[payment_id].append((on or received, minor))
    found: dict[str, list[ReceiptLine]] = defaultdict(list)
    for payment_id, account_id, on, minor, currency in session.execute(
        select(Payment.id, Payment.account_id, Payment.received_on, Payment.amount_minor, Account.currency)
        .join(Account, Account.id == Payment.account_id)
        .where(Payment.received_on <= as_of)
        .order_by(Payment.id)
    ):
        found[currency].append(
            ReceiptLine(payment_id, account_id, on, minor, tuple(applied.get(payment_id, ())))
        )
    return found


def _promises(session: Session, zone: ZoneInfo, as_of: date) -> dict[str, list[PromiseLine]]:
    receipts: dict[int, list[tuple[date, int]]] = defaultdict(list)
    for account_id, on, minor in session.execute(
        select(Payment.account_id, Payment.received_on, Payment.amount_minor)
    ):
        receipts[account_id].append((on, minor))
    found: dict[str, list[PromiseLine]] = defaultdict(list)
    for promise, currency in session.execute(
        select(Promise, Account.currency).join(Account, Account.id == Promise.account_id).order_by(Promise.id)
    ):
        made, end = promise.made_at.astimezone(zone).date(), last_day(promise.due)
        if made > as_of:
            continue
        paid = sum(minor for on, minor in receipts[promise.account_id] if made <= on <= min(end, as_of))
        found[currency].append(
            PromiseLine(
                promise.id,
                promise.account_id,
                end,
                promise.amount_minor,
                paid,
                rewritten=promise.replaced_at is not None,
            )
        )
    return found


# ---- the floor --------------------------------------------------------------------------------------


def load_floor(book: SqlBook, first: date, as_of: date) -> FloorLines:
    """Return the floor's lines from one day to another (both included), in the floor's own days."""
    zone = book.home_zone
    start = datetime.combine(first, datetime.min.time(), zone)
    end = datetime.combine(as_of + timedelta(days=1), datetime.min.time(), zone)
    with book.database.read() as session:
        calls = session.scalars(
            select(CallRow)
            .where(CallRow.reserved_at >= start, CallRow.reserved_at < end)
            .order_by(CallRow.id)
        ).all()
        held = _held_ms(session, start, end)
        return FloorLines(
            attempts=_attempts(session, start, end, zone, calls),
            calls=tuple(
                CallLine(
                    c.id,
                    c.reserved_at.astimezone(zone).date(),
                    max(0, round(c.talk_seconds * 1000) - held.get(c.id, 0)),
                    held.get(c.id, 0),
                    round(c.wrap_seconds * 1000),
                )
                for c in calls
                if c.conversation or c.talk_seconds > 0
            ),
            promises_made=tuple(
                (str(promise_id), at.astimezone(zone).date())
                for promise_id, at in session.execute(
                    select(Promise.id, Promise.made_at).where(Promise.made_at >= start, Promise.made_at < end)
                )
            ),
            **_conduct(session, start, end, zone),
            spans=floor_spans.lines(session, start, end, zone),
            deadlines=lapsed_deadlines(session, first, as_of),
            refusals=tuple(
                (row.id, row.at.astimezone(zone).date(), _headline(row.checks))
                for row in session.execute(
                    select(Decision.id, Decision.at, Decision.checks).where(
                        Decision.permitted.is_(False), Decision.at >= start, Decision.at < end
                    )
                )
            ),
            collected=tuple(
                (currency, str(payment_id), on, minor)
                for payment_id, on, minor, currency in session.execute(
                    select(Payment.id, Payment.received_on, Payment.amount_minor, Account.currency)
                    .join(Account, Account.id == Payment.account_id)
                    .where(Payment.received_on >= first, Payment.received_on <= as_of)
                )
            ),
        )


def lapsed_deadlines(session: Session, first: date, as_of: date) -> tuple[DeadlineLine, ...]:
    """Return the last chances that lapsed from one day to another (both included)."""
    rows = session.execute(
        select(
            FinalDeadline.id,
            FinalDeadline.account_id,
            FinalDeadline.day,
            FinalDeadline.acts_on,
            FinalDeadline.state,
            FinalDeadline.decided_on,
        )
        .where(
            FinalDeadline.state.in_([state.value for state in LAPSED]),
            FinalDeadline.day >= first,
            FinalDeadline.day <= as_of,
        )
        .order_by(FinalDeadline.id)
    )
    return tuple(
        DeadlineLine(
            str(row.id),
            row.account_id,
            row.day,
            row.state == DeadlineState.DONE.value
            and row.decided_on is not None
            and row.decided_on <= row.acts_on,
        )
        for row in rows
    )


def _attempts(
    session: Session, start: datetime, end: datetime, zone: ZoneInfo, calls: Sequence[CallRow]
) -> tuple[AttemptLine, ...]:
    by_call = {c.id: c for c in calls}
    talks = {
        (account_id, party_id, at)
        for account_id, party_id, at in session.execute(
            select(Conversation.account_id, Conversation.party_id, Conversation.at).where(
                Conversation.at >= start, Conversation.at < end
            )
        )
    }
    found = []
    for attempt, currency in session.execute(
        select(Attempt, Account.currency)
        .join(Account, Account.id == Attempt.account_id)
        .where(Attempt.medium == "call", Attempt.at >= start, Attempt.at < end)
        .order_by(Attempt.id)
    ):
        call = by_call.get(attempt.call_id) if attempt.call_id else None
        disposition = None if call is None else dispositions().get(call.disposition)
        talked = (attempt.account_id, attempt.party_id, attempt.at) in talks
        found.append(
            AttemptLine(
                attempt.call_id or f"attempt {attempt.id}",
                attempt.account_id,
                attempt.at.astimezone(zone).date(),
                currency,
                connected=attempt.connected,
                talked=talked or (call is not None and call.conversation),
                right_party=attempt.right_party or (disposition is not None and disposition.is_rpc),
            )
        )
    return tuple(found)


def _held_ms(session: Session, start: datetime, end: datetime) -> dict[str, int]:
    """Milliseconds each call spent on hold, from its steps."""
    steps: dict[str, list[tuple[datetime, str]]] = defaultdict(list)
    held_calls = select(CallStep.call_id).where(
        CallStep.after == "held", CallStep.at >= start, CallStep.at < end
    )
    for call_id, at, after in session.execute(
        select(CallStep.call_id, CallStep.at, CallStep.after)
        .where(CallStep.call_id.in_(held_calls))
        .order_by(CallStep.id)
    ):
        steps[call_id].append((at, after))
    millisecond = timedelta(milliseconds=1)
    return {
        call_id: sum(max(0, (b[0] - a[0]) // millisecond) for a, b in pairwise(found) if a[1] == "held")
        for call_id, found in steps.items()
    }


def _conduct(session: Session, start: datetime, end: datetime, zone: ZoneInfo) -> dict[str, Any]:
    disclosures, forbidden = [], []
    for row in session.execute(
        select(FindingRow.id, FindingRow.at, FindingRow.kind, FindingRow.verdict)
        .where(FindingRow.at >= start, FindingRow.at < end, FindingRow.kind.in_(("disclosure", "forbidden")))
        .where(FindingRow.superseded_at.is_(None))
        .order_by(FindingRow.id)
    ):
        on = row.at.astimezone(zone).date()
        if row.kind == "disclosure":
            disclosures.append(DisclosureLine(str(row.id), on, row.verdict))
        elif row.verdict == "heard":
            forbidden.append((str(row.id), on))
    return {"disclosures": tuple(disclosures), "forbidden": tuple(forbidden)}


def _headline(checks: Sequence[Any]) -> str:
    """The first rule that refused."""
    for check in checks:
        if isinstance(check, dict) and check.get("verdict") == "refuse":
            return str(check.get("rule", "unknown"))
    return "unknown"
