"""Which account is worth calling next, and why: commitments first, then value per attempt.

The model needs no training data and every part of it can be read off the row: value = chance of the right
party now x uplift of a call x what may be collected x urgency, less the cost, divided by the price of
one attempt, which rises as the cap nears (van de Geer, Wang and Bhulai 2018 for the idea of marginal value).
Pure: what it needs is in Signals; nothing here asks for the time.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from enum import IntEnum
from zoneinfo import ZoneInfo

from workstation.desk.aging import Bucket, bucket_of, next_bucket
from workstation.desk.money import Money
from workstation.desk.promise import PromiseState, last_day
from workstation.desk.reach import Reachability

CALLBACK_LEAD = timedelta(minutes=15)
"""A callback moves to the head of the queue this long before it is due."""

CALLBACK_OPENS = timedelta(minutes=30)
"""So long after it was due, a callback is anybody's."""

CALL_COST = 4.0
"""Cost of one attempt in units of the account's currency."""

UNTOUCHED_DAYS = 21
"""An account not called for so long is lifted, so that none starves."""

ROLL_DAYS = 5
"""Within so many days of the next aging bucket an account is urgent."""


class Tier(IntEnum):
    """Bands of the queue, worked strictly in this order."""

    CALLBACK_DUE = 0
    INBOUND_MISSED = 1
    PROMISE_BROKEN = 2
    PROMISE_DUE = 3
    FINAL_DEADLINE = 4
    DISPUTE_ANSWER = 5
    VALUE = 6
    PARKED = 7
    """A commitment is running: not before it falls due."""
    UNLISTED = 9
    """Nothing is due and nothing is promised."""


@dataclass(frozen=True, slots=True)
class PromiseSignal:
    """The account's latest promise that matters."""

    amount: Money
    due: date
    state: PromiseState


@dataclass(frozen=True, slots=True)
class Signals:
    """What ranking looks at for one account."""

    collectible: Money
    oldest_due: date | None
    zone: str
    reach: Reachability
    attempts_used: int
    attempts_cap: int
    promise: PromiseSignal | None = None
    promises_kept: int = 0
    promises_total: int = 0
    callback_at: datetime | None = None
    callback_by: str = ""
    last_attempt: datetime | None = None
    over_limit: bool = False
    rest_until: datetime | None = None
    """The last outcome asks to leave the account alone until then (disposition column retry_after)."""
    rest_reason: str = ""
    last_chance: date | None = None
    """The day on which a manager's last chance ends, while it runs or waits for a decision."""
    stage_call: str = ""
    """The call the stages decided on and nobody has made yet, as a reason; empty if none."""


@dataclass(frozen=True, slots=True)
class BookScale:
    """What is large in this book, in minor units; 0 where unknown."""

    largest_minor: int = 0
    cap_minor: int = 0
    """Balances above this rank as if they were this, so that a few large ones do not own the list."""


@dataclass(frozen=True, slots=True)
class Appraisal:
    """An account's place and its reasons."""

    tier: Tier
    score: float
    """Larger is sooner within the tier."""
    reasons: tuple[str, ...]
    """The two strongest, best first."""
    not_before: datetime | None = None
    """A running commitment: calling earlier would be unwise (never a legal bar)."""
    changes_at: datetime | None = None
    """When the appraisal changes by itself, as time passes."""
    parts: dict[str, float] = field(default_factory=dict)
    """The factors of the score, for explanation."""


#: What a talk adds to the chance of payment, by age: the just late often pay anyway, the oldest seldom.
_UPLIFT = {
    Bucket.CURRENT: 0.04,
    Bucket.DAYS_1_30: 0.16,
    Bucket.DAYS_31_60: 0.22,
    Bucket.DAYS_61_90: 0.21,
    Bucket.DAYS_91_120: 0.16,
    Bucket.OVER_120: 0.10,
}


def appraise(signals: Signals, now: datetime, scale: BookScale = BookScale()) -> Appraisal:
    """Rank one account as of `now` (aware UTC)."""
    zone = ZoneInfo(signals.zone)
    today = now.astimezone(zone).date()
    midnight = _midnight(today + timedelta(days=1), zone)
    score, parts = _value(signals, today, now, scale)
    commitment = _commitment(signals, today, now, zone)
    weighed = _reasons(signals, today, now, scale)
    if commitment is None:
        if signals.collectible.minor <= 0 and not signals.stage_call:
            first = signals.oldest_due
            wake = (
                _midnight(first + timedelta(days=1), zone) if first is not None and first >= today else None
            )
            return Appraisal(Tier.UNLISTED, 0.0, (), changes_at=wake, parts=parts)
        return Appraisal(Tier.VALUE, score, weighed[:2], changes_at=midnight, parts=parts)
    tier, reason, not_before, changes_at = commitment
    changes = min(c for c in (changes_at, midnight) if c is not None)
    return Appraisal(tier, score, (reason, *weighed)[:2], not_before, changes, parts)


def _commitment(
    signals: Signals, today: date, now: datetime, zone: ZoneInfo
) -> tuple[Tier, str, datetime | None, datetime | None] | None:
    """Return (tier, reason, not before, changes at) of the strongest commitment, if there is one."""
    promise = signals.promise
    callback = signals.callback_at
    if signals.last_chance is not None:
        return _last_chance(signals.last_chance, today, zone)
    if callback is not None:
        local = callback.astimezone(zone)
        day = "" if local.date() == today else f"{local:%a} "
        asked = f" · asked by {signals.callback_by}" if signals.callback_by else ""
        reason = f"callback due {day}{local:%H:%M}{asked}"
        opens = callback - CALLBACK_LEAD
        if now >= opens:
            return Tier.CALLBACK_DUE, reason, None, None
        return Tier.PARKED, reason, opens, opens
    if promise is None:
        return _rest(signals, now)
    if promise.state in (PromiseState.BROKEN, PromiseState.PARTIAL):
        kind = "broken" if promise.state is PromiseState.BROKEN else "kept in part only"
        reason = f"promise of {promise.amount.figures()} {kind} {_day(promise.due, today)}"
        return Tier.PROMISE_BROKEN, reason, None, None
    if promise.state is PromiseState.OPEN:
        reason = f"promise of {promise.amount.figures()} due {_day(promise.due, today)}"
        if promise.due <= today:
            return Tier.PROMISE_DUE, reason, None, _midnight(last_day(promise.due) + timedelta(days=1), zone)
        opens = _midnight(promise.due, zone)
        return Tier.PARKED, reason, opens, opens
    return _rest(signals, now)


def _last_chance(
    day: date, today: date, zone: ZoneInfo
) -> tuple[Tier, str, datetime | None, datetime | None]:
    """While a last chance runs nobody asks; on its day it comes forward; afterwards a manager decides."""
    if day == today:
        return Tier.FINAL_DEADLINE, "last chance ends today 17:00", None, None
    if day < today:
        opens = _midnight(today + timedelta(days=1), zone)
        return Tier.PARKED, f"last chance lapsed {_day(day, today)}: a manager decides", opens, opens
    opens = _midnight(day, zone)
    return Tier.PARKED, f"last chance runs until {_day(day, today)} 17:00", opens, opens


def _rest(signals: Signals, now: datetime) -> tuple[Tier, str, datetime | None, datetime | None] | None:
    if signals.rest_until is None or signals.rest_until <= now or signals.collectible.minor <= 0:
        return None
    return Tier.PARKED, signals.rest_reason, signals.rest_until, signals.rest_until


def _value(signals: Signals, today: date, now: datetime, scale: BookScale) -> tuple[float, dict[str, float]]:
    """Expected value of a call now, per price of an attempt, in units of the account's currency."""
    late = 0 if signals.oldest_due is None else (today - signals.oldest_due).days
    kept = (signals.promises_kept + 2.0) / (signals.promises_total + 3.0)
    uplift = _UPLIFT[bucket_of(late)] * (0.6 + 0.6 * kept)
    minor = signals.collectible.minor
    if scale.cap_minor:
        minor = min(minor, scale.cap_minor)
    collectible = minor / 100
    rolling = next_bucket(late)
    urgency = 1.0
    if late > 0 and rolling is not None and rolling[1] <= ROLL_DAYS:
        urgency += 0.25
    if signals.over_limit:
        urgency += 0.1
    if signals.last_attempt is None or (now - signals.last_attempt).days >= UNTOUCHED_DAYS:
        urgency += 0.15
    if signals.stage_call:
        urgency += 0.5
    price = 1.0 + 0.5 * signals.attempts_used
    value = signals.reach.now * uplift * collectible * urgency - CALL_COST
    parts = {
        "right party": signals.reach.now,
        "uplift": uplift,
        "collectible": collectible,
        "urgency": urgency,
        "price": price,
    }
    # A call that costs more than it brings must not gain by a high price.
    return (value / price if value > 0 else value * price), parts


def _reasons(signals: Signals, today: date, now: datetime, scale: BookScale) -> tuple[str, ...]:
    """What speaks for the account apart from commitments, strongest first."""
    found: list[tuple[float, str]] = []
    late = 0 if signals.oldest_due is None else (today - signals.oldest_due).days
    rolling = next_bucket(late)
    if late > 0 and rolling is not None and rolling[1] <= ROLL_DAYS:
        days = "tomorrow" if rolling[1] == 1 else f"in {rolling[1]} days"
        found.append((0.8, f"bucket {rolling[0].label} {days}"))
    if scale.largest_minor and signals.collectible.minor >= scale.largest_minor:
        found.append((0.9, "largest of today"))
    elif scale.cap_minor and signals.collectible.minor >= scale.cap_minor:
        found.append((0.55, "one of the largest"))
    if signals.stage_call:
        found.append((0.85, signals.stage_call))
    if signals.reach.best_now:
        found.append((0.7, "best hour now"))
    if signals.last_attempt is None:
        found.append((0.6, "never called"))
    elif (idle := (now - signals.last_attempt).days) >= UNTOUCHED_DAYS:
        found.append((0.5, f"not called for {idle} days"))
    if signals.over_limit:
        found.append((0.45, "over its credit limit"))
    if signals.promises_total >= 2 and signals.promises_kept * 4 >= signals.promises_total * 3:
        found.append((0.4, f"kept {signals.promises_kept} of {signals.promises_total} promises"))
    left = signals.attempts_cap - signals.attempts_used
    if signals.attempts_used and left > 0:
        found.append((0.2, f"{left} of {signals.attempts_cap} attempts left"))
    if late > 0:
        found.append((0.3, f"{late} {'day' if late == 1 else 'days'} late"))
    return tuple(text for _, text in sorted(found, key=lambda r: -r[0]))


def _day(day: date, today: date) -> str:
    """Return a near day by its weekday, a farther one by its date."""
    if day == today:
        return "today"
    return f"{day:%a}" if abs((day - today).days) < 7 else f"{day.day} {day:%b}"


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    """Return the first instant of a local day as UTC."""
    return datetime.combine(day, time(), zone).astimezone(ZoneInfo("UTC"))
