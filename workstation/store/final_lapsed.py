"""What a lapsed last chance forbids: agreeing anything new without a payment."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from workstation.desk.book import InvalidEntry
from workstation.desk.final_deadline import DeadlineState
from workstation.store.tables import FinalDeadline, Payment


def need_payment(session: Session, account_id: int) -> None:
    """Refuse to agree anything new after a last chance has lapsed, unless a payment has come since.

    Raises InvalidEntry.
    """
    row = session.scalars(
        select(FinalDeadline)
        .where(FinalDeadline.account_id == account_id, FinalDeadline.state == DeadlineState.DUE.value)
        .order_by(FinalDeadline.id.desc())
        .limit(1)
    ).first()
    if row is None:
        return
    given = row.given_at.astimezone(ZoneInfo(row.zone)).date()
    paid = session.scalar(
        select(func.coalesce(func.sum(Payment.amount_minor), 0)).where(
            Payment.account_id == account_id, Payment.received_on >= given
        )
    )
    if not paid or int(paid) <= 0:
        raise InvalidEntry(
            f"the last chance until {row.day:%d %b %Y} has lapsed: nothing new is agreed without a payment"
        )
