"""What a collector types for a sum, a day or an hour, read the way it is said. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

from workstation.desk.money import Money, MoneyError, parse_money
from workstation.ui import figures

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_FULL_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_FULL_MONTHS = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
_DAY_HINT = "write fri, 27 nov, +3 or 2026-11-27"
_TIME_HINT = "write 14:30, 2pm, +2h, or a day and a time such as tue 9:15"


class EntryError(ValueError):
    """What was typed cannot be read; the text names it and shows how to write it."""


def amount(text: str, owed: Money, *, ask: str = "how much was promised?") -> Money:
    """Read a sum in the currency of `owed`: ``5000``, ``5,000.00``, ``5k``, ``all``. Raises EntryError."""
    bare = text.strip().lower().removesuffix(owed.currency.lower()).strip().lstrip("$€£").strip()
    if not bare:
        raise EntryError(f"amount: {ask} write 5000 or all")
    if bare == "all":
        return owed
    if bare == "half":
        return Money((owed.minor + 1) // 2, owed.currency)
    if bare.endswith("k") and bare[:-1].isdigit():
        bare = bare[:-1] + "000"
    try:
        sum_ = parse_money(bare, owed.currency)
    except MoneyError as wrong:
        raise EntryError(f"amount: {wrong}") from None
    if sum_.minor <= 0:
        raise EntryError("amount: must be more than nothing")
    return sum_


def day(text: str, today: date) -> date:
    """Read a day, always today or later: ``fri``, ``27 nov``, ``+3``, ``27``, ISO 8601. Raises EntryError.

    A weekday is the next one after today: ``fri`` typed on a Friday is a week from now.
    """
    bare = re.sub(r"\s+", " ", text.strip().lower())
    if not bare:
        raise EntryError(f"day: when? {_DAY_HINT}")
    found = _relative(bare, today) or _named(bare, today)
    if found is None:
        raise EntryError(f"day: {text.strip()!r} is not a day; {_DAY_HINT}")
    if found < today:
        raise EntryError(f"day: {figures.weekday(found)} {found.year} has passed")
    return found


def past_day(text: str, today: date) -> date:
    """Read a day that is today or before: ``today``, ``yesterday``, ``-3``, ``12 nov``, ISO 8601.

    A day without a year is the last one with that name. Raises EntryError.
    """
    bare = re.sub(r"\s+", " ", text.strip().lower()) or "today"
    hint = "write today, yesterday, -3, 12 nov or 2026-11-12"
    if bare == "yesterday":
        return today - timedelta(days=1)
    if match := re.fullmatch(r"-(\d{1,3})( ?(d|days?))?", bare):
        return today - timedelta(days=int(match[1]))
    found = today if bare == "today" else _named(bare, today)
    if found is None:
        raise EntryError(f"day: {text.strip()!r} is not a day; {hint}")
    if found > today and not re.search(r"\d{4}", bare):
        found = _date(found.year - 1, found.month, found.day) or found
    if found > today:
        raise EntryError(f"day: {figures.weekday(found)} {found.year} is still to come; {hint}")
    return found


def one_of(text: str, options: Sequence[str], label: str, ask: str) -> str:
    """The option meant by a beginning or a part of its name. Raises EntryError, naming them all."""
    typed = text.strip().lower()
    starting = [name for name in options if name.startswith(typed)]
    within = starting or [name for name in options if typed in name]
    if not typed or not within:
        raise EntryError(f"{label}: {ask} {', '.join(options)}")
    return within[0]


def _relative(bare: str, today: date) -> date | None:
    if bare == "today":
        return today
    if bare in ("tomorrow", "tom"):
        return today + timedelta(days=1)
    if match := re.fullmatch(r"\+(\d{1,3})( ?(d|days?|w|weeks?))?", bare):
        weeks = (match[3] or "d").startswith("w")
        return today + timedelta(days=int(match[1]) * (7 if weeks else 1))
    name = bare.removeprefix("next ").strip()
    for index, (short, full) in enumerate(zip(_DAYS, _FULL_DAYS, strict=True)):
        if name in (short, full) or (len(name) > 3 and full.startswith(name)):
            ahead = (index - today.weekday() - 1) % 7 + 1
            return today + timedelta(days=ahead)
    return None


def _named(bare: str, today: date) -> date | None:
    first, _, rest = bare.partition(" ")
    if rest and first.rstrip(",") in (*_DAYS, *_FULL_DAYS):
        bare = rest
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", bare):
        return _date(int(bare[:4]), int(bare[5:7]), int(bare[8:]))
    if match := re.fullmatch(r"(\d{1,2})(?:st|nd|rd|th)?", bare):
        return _next_of(int(match[1]), today)
    if match := re.fullmatch(r"(\d{1,2})(?:st|nd|rd|th)?[ .-]*([a-z]+)\.?(?:[ ,.-]+(\d{4}))?", bare):
        number, name, year = match[1], match[2], match[3]
    elif match := re.fullmatch(r"([a-z]+)\.?[ -]*(\d{1,2})(?:st|nd|rd|th)?(?:[ ,.-]+(\d{4}))?", bare):
        name, number, year = match[1], match[2], match[3]
    else:
        return None
    month = _month(name)
    if month is None:
        return None
    if year:
        return _date(int(year), month, int(number))
    this = _date(today.year, month, int(number))
    if this is None or this < today:
        return _date(today.year + 1, month, int(number)) or this
    return this


def _month(name: str) -> int | None:
    for index, (short, full) in enumerate(zip(_MONTHS, _FULL_MONTHS, strict=True), 1):
        if name == short or (len(name) >= 3 and full.startswith(name)):
            return index
    return None


def _next_of(number: int, today: date) -> date | None:
    year, month = today.year, today.month
    for _ in range(13):
        found = _date(year, month, number)
        if found is not None and found >= today:
            return found
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    return None


@lru_cache(maxsize=64)
def _date(year: int, month: int, number: int) -> date | None:
    try:
        return date(year, month, number)
    except ValueError:
        return None


def when(text: str, now: datetime, zone_name: str) -> datetime:
    """Read a time to call back, in the account's zone, as aware UTC. Raises EntryError.

    ``14:30`` is today or, once past, tomorrow; ``+2h`` counts from now; ``tue 9:15`` names the day.
    """
    bare = re.sub(r"\s+", " ", text.strip().lower()).replace(" at ", " ")
    if not bare:
        raise EntryError(f"callback: when? {_TIME_HINT}")
    if match := re.fullmatch(r"\+(\d{1,3}) ?(h|hours?|m|min)", bare):
        count = int(match[1])
        return (now + (timedelta(hours=count) if match[2][0] == "h" else timedelta(minutes=count))).replace(
            second=0, microsecond=0
        )
    head, _, tail = bare.rpartition(" ")
    if tail in ("am", "pm") and head:
        head, _, hour = head.rpartition(" ")
        tail = hour + tail
    clock = _hour(tail)
    here = figures.local(now, zone_name)
    if clock is None:
        raise EntryError(f"callback: {text.strip()!r} is not a time; {_TIME_HINT}")
    if head:
        try:
            on = day(head, here.date())
        except EntryError as wrong:
            raise EntryError(str(wrong).replace("day:", "callback:", 1)) from None
    else:
        on = here.date() if clock > here.time().replace(tzinfo=None) else here.date() + timedelta(days=1)
    at = datetime.combine(on, clock, tzinfo=here.tzinfo).astimezone(UTC)
    if at <= now:
        raise EntryError(f"callback: {figures.moment(at, zone_name, now)} has passed")
    return at


def _hour(text: str) -> time | None:
    match = re.fullmatch(r"(\d{1,2})(?:[:.](\d{2}))?(am|pm|a|p)?", text)
    if not match or (match[2] is None and match[3] is None):
        return None
    hour, minute, half = int(match[1]), int(match[2] or 0), (match[3] or "")[:1]
    if half:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half == "p" else 0)
    return time(hour, minute) if hour < 24 and minute < 60 else None
