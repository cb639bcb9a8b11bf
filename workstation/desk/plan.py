"""Instalment plans: building one that sums exactly, and whether it is being kept."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from workstation.desk.money import Money
from workstation.desk.promise import GRACE_BUSINESS_DAYS, IsHoliday, Receipt, last_day

MOST_INSTALMENTS = 60
"""A plan with more payments than this is not made."""


class PlanError(ValueError):
    """A plan that cannot be built; the message says what to change."""


class Every(StrEnum):
    """How often an instalment is due."""

    WEEK = "week"
    FORTNIGHT = "two weeks"
    MONTH = "month"


@dataclass(frozen=True, slots=True)
class Due:
    """One instalment."""

    on: date
    amount: Money


class PlanState(StrEnum):
    """How a plan stands on a day."""

    ON_TRACK = "on track"
    IN_GRACE = "in grace"
    """An instalment is late, within the days of grace."""
    BREACHED = "breached"
    FULFILLED = "fulfilled"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Standing:
    """How a plan stands, and on what."""

    state: PlanState
    paid: Money
    """Received since it was made, up to its total."""
    missing: Money
    """Due by the day and not received."""
    next_due: Due | None
    """The first instalment not covered, with what is missing of it."""
    breached_on: date | None = None
    """The first day after the grace of the instalment that was missed."""


def build(
    total: Money,
    first_on: date,
    *,
    every: Every = Every.MONTH,
    count: int | None = None,
    affordable: Money | None = None,
    first_payment: Money | None = None,
) -> tuple[Due, ...]:
    """Divide a total into instalments that sum exactly; the last carries the rest.

    Give either ``count`` (with the first payment, if any) or what is ``affordable`` each time. A separate
    ``first_payment`` is due on ``first_on``; the others follow. Raises PlanError and MoneyError.
    """
    if total.minor <= 0:
        raise PlanError("there is nothing to pay off")
    if (count is None) == (affordable is None):
        raise PlanError("give either the number of instalments or an affordable amount")
    amounts: list[int] = []
    left = total
    if first_payment is not None:
        if first_payment.minor <= 0 or not first_payment < total:
            raise PlanError(f"the first payment must be more than nothing and less than {total}")
        amounts.append(first_payment.minor)
        left = total - first_payment
    if affordable is not None:
        amounts += _by_amount(left, affordable, room=MOST_INSTALMENTS - len(amounts))
    elif count is not None:
        amounts += _by_count(left, count - len(amounts))
    if len(amounts) > MOST_INSTALMENTS:
        raise PlanError(f"{len(amounts)} instalments are more than {MOST_INSTALMENTS}")
    return tuple(Due(_day(first_on, every, n), Money(a, total.currency)) for n, a in enumerate(amounts))


def _by_count(left: Money, count: int) -> list[int]:
    if count < 1:
        raise PlanError("a plan needs at least one instalment, besides the first payment")
    if count > MOST_INSTALMENTS:
        raise PlanError(f"{count} instalments are more than {MOST_INSTALMENTS}")
    each = left.minor // count
    if each == 0:
        raise PlanError(f"{left} cannot be divided into {count} instalments")
    return [each] * (count - 1) + [left.minor - each * (count - 1)]


def _by_amount(left: Money, affordable: Money, room: int) -> list[int]:
    if affordable.minor <= 0 or affordable.currency != left.currency:
        raise PlanError(f"the affordable amount must be more than nothing, in {left.currency}")
    full, rest = divmod(left.minor, affordable.minor)
    if full + (rest > 0) > room:
        least = Money(-(-left.minor // room), left.currency)
        raise PlanError(
            f"{affordable} each time takes more than {room} instalments: at least {least} is needed"
        )
    return [affordable.minor] * full + ([rest] if rest else [])


def _day(first: date, every: Every, index: int) -> date:
    """The anchor's day of the month is kept: 31 Jan, 28 Feb, 31 Mar."""
    if every is Every.MONTH:
        months = first.month - 1 + index
        year, month = first.year + months // 12, months % 12 + 1
        return date(year, month, min(first.day, monthrange(year, month)[1]))
    return first + timedelta(days=(7 if every is Every.WEEK else 14) * index)


def _no_holiday(_day: date) -> bool:
    return False


def stand(
    instalments: Sequence[Due],
    made_on: date,
    receipts: Iterable[Receipt],
    today: date,
    *,
    ended_on: date | None = None,
    is_holiday: IsHoliday = _no_holiday,
    grace: int = GRACE_BUSINESS_DAYS,
) -> Standing:
    """Hold a plan against the money received since it was made; money covers the oldest instalment first.

    A plan once breached stays breached until all is paid, even if the missed instalment comes later: somebody
    has to agree to go on.
    """
    currency = instalments[0].amount.currency
    total = sum(i.amount.minor for i in instalments)
    received = sorted(
        (r for r in receipts if made_on <= r.on <= (today if ended_on is None else min(today, ended_on))),
        key=lambda r: r.on,
    )
    paid = sum(r.amount_minor for r in received)
    needed = 0
    breached_on: date | None = None
    next_due: Due | None = None
    late = False
    for instalment in instalments:
        needed += instalment.amount.minor
        end = last_day(instalment.on, is_holiday, grace)
        by_then = sum(r.amount_minor for r in received if r.on <= end)
        if today > end and by_then < needed and breached_on is None:
            breached_on = end + timedelta(days=1)
        if paid < needed and next_due is None:
            missing = min(instalment.amount.minor, needed - paid)
            next_due = Due(instalment.on, Money(missing, currency))
            late = instalment.on < today
    due_by_now = sum(i.amount.minor for i in instalments if i.on <= today)
    missing_now = Money(max(0, due_by_now - paid), currency)
    covered = Money(max(0, min(paid, total)), currency)
    if paid >= total:
        state = PlanState.FULFILLED
    elif ended_on is not None and ended_on <= today:
        state = PlanState.ENDED
    elif breached_on is not None:
        state = PlanState.BREACHED
    else:
        state = PlanState.IN_GRACE if late else PlanState.ON_TRACK
    return Standing(state, covered, missing_now, next_due, breached_on)
