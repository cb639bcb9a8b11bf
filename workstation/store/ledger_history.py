"""Credits, disputes, plans and settlements as lines of the account's history."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from workstation.desk.money import Money
from workstation.desk.views import HistoryLine
from workstation.store.tables import Credit, Dispute, Invoice, Plan, Settlement


def lines(
    session: Session, account_id: int, currency: str, noon: Callable[[date], datetime]
) -> list[HistoryLine]:
    """Return the lines; ``noon`` gives dates without a time their instant."""

    def money(minor: int) -> Money:
        return Money(minor, currency)

    found = []
    for credit in session.scalars(select(Credit).where(Credit.account_id == account_id)):
        why = f": {credit.reason}" if credit.reason else ""
        text = f"{credit.kind} of {money(credit.amount_minor)}{why}"
        found.append(HistoryLine(noon(credit.on), "payment", text))
    for dispute, number in session.execute(
        select(Dispute, Invoice.number)
        .join(Invoice, Invoice.id == Dispute.invoice_id)
        .where(Dispute.account_id == account_id)
    ):
        about = f"{money(dispute.amount_minor)} of invoice {number}"
        detail = f": {dispute.detail}" if dispute.detail else ""
        found.append(
            HistoryLine(noon(dispute.opened_on), "dispute", f"disputes {about}, {dispute.reason}{detail}")
        )
        if dispute.resolved_on is not None:
            answer = f": {dispute.answer}" if dispute.answer else ""
            text = f"dispute on {about} ended by {dispute.resolution}{answer}"
            found.append(HistoryLine(noon(dispute.resolved_on), "dispute", text))
    for plan in session.scalars(select(Plan).where(Plan.account_id == account_id)):
        text = f"{plan.who} agreed to pay {money(plan.total_minor)} in instalments"
        found.append(HistoryLine(plan.made_at, "promise", text, plan.call_id))
        if plan.ended_on is not None:
            found.append(HistoryLine(noon(plan.ended_on), "promise", f"plan ended: {plan.ended_reason}"))
    for offer in session.scalars(select(Settlement).where(Settlement.account_id == account_id)):
        until = f"{offer.expires_on.day} {offer.expires_on:%b}"
        text = f"settlement of {money(offer.amount_minor)} offered until {until}"
        found.append(HistoryLine(noon(offer.offered_on), "promise", text))
        if offer.settled_on is not None:
            found.append(HistoryLine(noon(offer.settled_on), "promise", "settlement paid and closed"))
    return found
