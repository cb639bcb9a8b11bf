"""Promises to pay: whether one may be booked, and whether it was kept."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from workstation.desk.money import Money
from workstation.desk.views import DraftPromise

METHODS = ("bank transfer", "card", "check", "direct debit", "cash", "payment link")
"""How people pay here; the first is the usual one."""

ANY_DAY_METHODS = frozenset({"card", "payment link"})
"""Methods that work on a Sunday or a holiday."""

HORIZON_DAYS = 14
"""A promise further off than this is a payment plan."""

GRACE_BUSINESS_DAYS = 2
"""Business days after the due date before a promise counts as broken."""

KEPT_SHARE = 95
"""Percent of the amount that counts as kept."""

IsHoliday = Callable[[date], bool]


class PromiseState(StrEnum):
    """What has become of a promise."""

    OPEN = "open"
    KEPT = "kept"
    PARTIAL = "partial"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Receipt:
    """Money that came in, in minor units of the account's currency."""

    on: date
    amount_minor: int


def _no_holiday(_day: date) -> bool:
    return False


def flaws(
    promise: DraftPromise,
    *,
    balance: Money,
    today: date,
    is_holiday: IsHoliday = _no_holiday,
    horizon_days: int = HORIZON_DAYS,
) -> tuple[str, ...]:
    """Say what keeps a promise from being booked, one line each; empty when it is complete and sound."""
    found = []
    if promise.amount.currency != balance.currency:
        found.append(f"the amount is in {promise.amount.currency}, the account in {balance.currency}")
    elif promise.amount.minor <= 0:
        found.append("the amount must be more than nothing")
    elif balance < promise.amount:
        found.append(f"the amount {promise.amount} is more than the balance {balance}")
    if promise.due < today:
        found.append(f"the date {promise.due:%d %b %Y} is past")
    elif promise.due > today + timedelta(days=horizon_days):
        last = today + timedelta(days=horizon_days)
        found.append(f"the date is more than {horizon_days} days off: take {last:%d %b} or make a plan")
    if not promise.method.strip():
        found.append("say how it will be paid")
    elif promise.method not in ANY_DAY_METHODS:
        if promise.due.weekday() == 6:
            found.append(f"{promise.due:%d %b} is a Sunday: a {promise.method} does not move that day")
        elif is_holiday(promise.due):
            found.append(f"{promise.due:%d %b} is a holiday: a {promise.method} does not move that day")
    if not promise.who.strip():
        found.append("say who promised")
    return tuple(found)


def last_day(due: date, is_holiday: IsHoliday = _no_holiday, grace: int = GRACE_BUSINESS_DAYS) -> date:
    """Return the last day on which money still keeps the promise: the due date and the days of grace."""
    day = due
    while grace > 0:
        day += timedelta(days=1)
        if day.weekday() < 5 and not is_holiday(day):
            grace -= 1
    return day


def judge(
    amount_minor: int,
    made_on: date,
    due: date,
    receipts: Iterable[Receipt],
    today: date,
    is_holiday: IsHoliday = _no_holiday,
) -> PromiseState:
    """Decide what has become of a promise from the money received since it was made."""
    end = last_day(due, is_holiday)
    paid = sum(r.amount_minor for r in receipts if made_on <= r.on <= end)
    if paid * 100 >= amount_minor * KEPT_SHARE:
        return PromiseState.KEPT
    if today <= end:
        return PromiseState.OPEN
    return PromiseState.PARTIAL if paid > 0 else PromiseState.BROKEN
