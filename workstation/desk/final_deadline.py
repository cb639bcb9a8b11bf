"""The deadline of a final notice: one calendar instant, and what happens when it has passed.

The instant is a day and 17:00 where the creditor is. It is never moved: a deadline that moves by itself was
none, and one that passes without anything following was not meant.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from fractions import Fraction
from zoneinfo import ZoneInfo

CLOSES = time(17)
"""The hour at which a deadline ends, where the creditor is."""

LEAST_DAYS = 7
FURTHEST_DAYS = 45

IsHoliday = Callable[[date], bool]


class DeadlineState(StrEnum):
    """Where a deadline stands."""

    RUNNING = "running"
    PAID = "paid"
    """What was asked for is settled."""
    AGREED = "agreed"
    """A plan or a settlement was agreed since."""
    OBJECTED = "objected"
    """A dispute or a hold came in time: nothing follows until it is answered."""
    DUE = "placement due"
    """It lapsed: somebody follows through, or writes down why not."""
    DONE = "followed through"
    NOT_DONE = "not followed through"


ENDED = frozenset({DeadlineState.PAID, DeadlineState.AGREED, DeadlineState.OBJECTED})
"""Ended before it lapsed."""

LAPSED = frozenset({DeadlineState.DUE, DeadlineState.DONE, DeadlineState.NOT_DONE})


def instant(day: date, zone: ZoneInfo) -> datetime:
    """Return the UTC instant at which a deadline of that day ends."""
    return datetime.combine(day, CLOSES, zone).astimezone(UTC)


def is_business_day(day: date, is_holiday: IsHoliday) -> bool:
    """Whether a day is neither a weekend's nor a public holiday."""
    return day.weekday() < 5 and not is_holiday(day)


def acts_on(day: date, is_holiday: IsHoliday) -> date:
    """Return the day on which the consequence follows: the business day after the deadline."""
    following = day + timedelta(days=1)
    while not is_business_day(following, is_holiday):
        following += timedelta(days=1)
    return following


@dataclass(frozen=True, slots=True)
class Bounds:
    """What limits a deadline."""

    today: date
    """Where the creditor is."""
    zone: ZoneInfo
    is_holiday: IsHoliday
    validation_until: date | None = None
    """The last day of a validation period."""
    authority_until: datetime | None = None
    """The authority no longer stands from then on; None: no consequence is named."""
    least_days: int = LEAST_DAYS
    furthest_days: int = FURTHEST_DAYS


def deadline_flaws(day: date, bounds: Bounds) -> tuple[str, ...]:
    """Say what keeps a day from being the deadline, one line each; empty where it may be."""
    found = []
    first = bounds.today + timedelta(days=bounds.least_days)
    if day < first:
        found.append(f"the deadline is {bounds.least_days} days off at least: {first:%a %d %b %Y} or later")
    last = bounds.today + timedelta(days=bounds.furthest_days)
    if day > last:
        found.append(f"the deadline is {bounds.furthest_days} days off at most: by {last:%a %d %b %Y}")
    if day.weekday() >= 5:
        found.append(f"{day:%d %b} is a {day:%A}: take a business day")
    elif bounds.is_holiday(day):
        found.append(f"{day:%d %b} is a public holiday: take a business day")
    if bounds.validation_until is not None and day <= bounds.validation_until:
        found.append(f"the validation period runs until {bounds.validation_until:%d %b %Y}")
    until = bounds.authority_until
    if until is not None and datetime.combine(acts_on(day, bounds.is_holiday), CLOSES, bounds.zone) >= until:
        found.append(f"the authority ends {until:%d %b %Y}, before what would be announced")
    return tuple(found)


def valid_days(bounds: Bounds) -> Iterator[date]:
    """Return the days that may be chosen, earliest first."""
    for ahead in range(bounds.least_days, bounds.furthest_days + 1):
        day = bounds.today + timedelta(days=ahead)
        if not deadline_flaws(day, bounds):
            yield day


@dataclass(frozen=True, slots=True)
class Since:
    """What has happened on the account since the deadline was given."""

    left_minor: int
    """Still open and undisputed of the invoices that were asked for."""
    agreed: str = ""
    """The plan or settlement made since; empty where there is none that runs."""
    objection: str = ""
    """The dispute or hold that stands; empty where there is none."""


def judge_deadline(at: datetime, since: Since, now: datetime) -> tuple[DeadlineState, str]:
    """Decide where a running deadline stands now, and why. Payment wins over everything said."""
    if since.left_minor <= 0 and not since.objection:
        return DeadlineState.PAID, "nothing of what was asked for is open"
    if since.objection:
        return DeadlineState.OBJECTED, since.objection
    if since.agreed:
        return DeadlineState.AGREED, since.agreed
    if now >= at:
        return DeadlineState.DUE, "neither payment nor a plan came in time"
    return DeadlineState.RUNNING, ""


def follow_through_share(done_in_time: int, lapsed: int) -> Fraction | None:
    """Percent of lapsed deadlines that were followed through by the day named; None where none lapsed."""
    return Fraction(done_in_time * 100, lapsed) if lapsed else None
