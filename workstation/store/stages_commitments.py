"""Loading what rests an account: promises, plans and holds that stand."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from compliance.contact import HoldKind
from workstation.desk.hold import LABEL
from workstation.desk.money import Money
from workstation.desk.promise import PromiseState, Receipt, judge, last_day
from workstation.desk.stages import long_day
from workstation.store.stages_known import Bits
from workstation.store.tables import HoldRow, Instalment, Payment, Plan, Promise

PARKING = frozenset(
    {
        HoldKind.BANKRUPTCY,
        HoldKind.DISPUTE,
        HoldKind.CEASE,
        HoldKind.ATTORNEY,
        HoldKind.DECEASED,
        HoldKind.VULNERABLE,
    }
)
"""Holds that rest the whole account; those on a number or a medium only close that way."""


def commitments(
    session: Session,
    low: int,
    high: int,
    as_of: date,
    zone: ZoneInfo,
    currency: dict[int, str],
    bits: dict[int, Bits],
) -> None:
    """What rests an account: holds first, then promises and plans that run."""
    promises = session.execute(
        select(Promise.account_id, Promise.who, Promise.amount_minor, Promise.due, Promise.made_at)
        .where(Promise.account_id.between(low, high), Promise.replaced_at.is_(None))
        .order_by(Promise.id)
    ).all()
    if promises:
        receipts: dict[int, list[Receipt]] = defaultdict(list)
        for account_id, on, minor in session.execute(
            select(Payment.account_id, Payment.received_on, Payment.amount_minor).where(
                Payment.account_id.in_({p.account_id for p in promises})
                if len(promises) <= 400
                else Payment.account_id.between(low, high)
            )
        ):
            receipts[account_id].append(Receipt(on, minor))
        for p in promises:
            made = p.made_at.astimezone(zone).date()
            if made > as_of:
                continue
            state = judge(p.amount_minor, made, p.due, receipts[p.account_id], as_of)
            bit = bits[p.account_id]
            if state is PromiseState.OPEN:
                money = Money(p.amount_minor, currency[p.account_id])
                bit.parked = (
                    f"{p.who} promised {money} by {long_day(p.due)}, good until {long_day(last_day(p.due))}"
                )
            elif state is PromiseState.BROKEN:
                bit.broken += 1
    plans = session.execute(
        select(Plan.account_id, Plan.who, func.max(Instalment.due))
        .join(Instalment, Instalment.plan_id == Plan.id)
        .where(Plan.account_id.between(low, high), Plan.ended_on.is_(None), Plan.made_on <= as_of)
        .group_by(Plan.id, Plan.account_id, Plan.who)
    )
    for account_id, who, final in plans:
        if as_of <= last_day(final):
            bits[account_id].parked = f"{who} pays by instalments until {long_day(final)}"
    end_of_day = datetime.combine(as_of + timedelta(days=1), datetime.min.time(), zone)
    holds = session.execute(
        select(HoldRow.account_id, HoldRow.kind, HoldRow.since)
        .where(
            HoldRow.account_id.between(low, high),
            HoldRow.lifted_at.is_(None),
            HoldRow.since < end_of_day,
            or_(HoldRow.until.is_(None), HoldRow.until > end_of_day),
            HoldRow.kind.in_([k.value for k in PARKING]),
        )
        .order_by(HoldRow.since.desc())
    )
    for account_id, kind, since in holds:
        day = long_day(since.astimezone(zone).date())
        bits[account_id].parked = f"the debtor {LABEL[HoldKind(kind)]} since {day}"
