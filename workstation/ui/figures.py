"""Times, numbers and sums as the screen writes them. Pure; every instant comes from the caller."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from workstation.desk.money import Money


@lru_cache(maxsize=256)
def zone(name: str) -> ZoneInfo | None:
    """The zone by its IANA name, or None where it is unknown."""
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def local(at: datetime, zone_name: str) -> datetime:
    """The instant in the account's zone (UTC where the zone is unknown)."""
    known = zone(zone_name)
    return at.astimezone(known) if known else at


def clock_face(at: datetime, zone_name: str, *, place: bool = False) -> str:
    """``14:07 CST``, or with `place` ``14:07 CST (Chicago)``."""
    there = local(at, zone_name)
    short = there.tzname() or "UTC"
    if short[:1] in "+-":
        short = f"UTC{short}"
    town = zone_name.rpartition("/")[2].replace("_", " ")
    return f"{there:%H:%M} {short}" + (f" ({town})" if place and town and zone(zone_name) else "")


def day(on: date) -> str:
    """``12 Nov``."""
    return f"{on.day:02d} {on:%b}"


def weekday(on: date) -> str:
    """``Fri 27 Nov``."""
    return f"{on:%a} {on.day} {on:%b}"


def moment(at: datetime, zone_name: str, now: datetime) -> str:
    """When, as short as it is clear: ``15:30`` today, ``Tue 17 08:00`` soon, else ``17 Feb 08:00``."""
    there, here = local(at, zone_name), local(now, zone_name)
    if there.date() == here.date():
        return f"{there:%H:%M}"
    if abs(there.date() - here.date()) < timedelta(days=26):
        return f"{there:%a} {there.day} {there:%H:%M}"
    return f"{there.day} {there:%b %H:%M}" if there.year == here.year else f"{there.day} {there:%b %Y}"


def next_time(at: datetime | None, zone_name: str, now: datetime) -> str:
    """When contact is next allowed, for the message line."""
    if at is None:
        return "not by waiting: ask a supervisor"
    there = local(at, zone_name)
    return f"next {there:%a} {there.day} {there:%b %H:%M} {there.tzname() or ''}".rstrip()


def length(seconds: float) -> str:
    """``03:12``, from an hour on ``1:03:12``."""
    whole = max(0, int(seconds))
    hours, rest = divmod(whole, 3600)
    return f"{hours}:{rest // 60:02d}:{rest % 60:02d}" if hours else f"{rest // 60:02d}:{rest % 60:02d}"


def phone(number: str) -> str:
    """``+1 312 555 0142`` for North America, other numbers in threes."""
    digits = number[1:]
    if not number.startswith("+") or not digits.isdigit():
        return number
    if digits.startswith("1") and len(digits) == 11:
        return f"+1 {digits[1:4]} {digits[4:7]} {digits[7:]}"
    head, tail = digits[:2], digits[2:]
    groups: list[str] = []
    while len(tail) > 4:
        groups.append(tail[:3])
        tail = tail[3:]
    return " ".join([f"+{head}", *groups, tail])


def whole(amount: Money) -> str:
    """The figures without empty cents: ``20,000``."""
    figures = amount.figures()
    return figures.removesuffix(".00")


def likelihood(score: float) -> str:
    """A score in words: 0.82 is ``likely``."""
    if score >= 0.9:
        return "almost certain"
    if score >= 0.7:
        return "likely"
    return "maybe" if score >= 0.45 else "a guess"


def days_late(days: int) -> str:
    """``41 d``, or ``in 3 d`` before the due date."""
    return f"{days} d" if days >= 0 else f"in {-days} d"
