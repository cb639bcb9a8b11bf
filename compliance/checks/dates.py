"""Days as they are spoken, resolved against the call's own local date."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from compliance.checks.numbers import read_number, read_ordinal
from compliance.checks.wordlist import numbered, word_set

_WEEKDAYS = numbered("monday tuesday wednesday thursday friday saturday sunday")
_MONTHS = numbered("january february march april may june july august september october november december", 1)


@dataclass(frozen=True, slots=True)
class Day:
    """A day found in words."""

    day: date
    first: int
    end: int
    """Index after its last word."""
    sure: float
    """1 where the words mean one day; less where people differ ("next Tuesday")."""


def read_day(words: Sequence[str], at: int, today: date) -> Day | None:
    """Read a day that begins at word `at`; None if none does.

    A weekday is the coming one, never today. "Next Tuesday" is the Tuesday of the next calendar week (Monday
    first), which not everybody means. A day of the month that has passed is next month's.
    """
    word = words[at]
    rest = words[at + 1 :]
    if word in ("today", "tonight"):
        return Day(today, at, at + 1, 1.0)
    if word == "tomorrow":
        return Day(today + timedelta(1), at, at + 1, 1.0)
    if _starts(words, at, "day after tomorrow"):
        return Day(today + timedelta(2), at, at + 3, 1.0)
    if word in _WEEKDAYS:
        return _weekday(words, at, today)
    if word in ("this", "next", "coming") and rest and rest[0] in _WEEKDAYS:
        if word == "next":
            monday = today - timedelta(today.weekday()) + timedelta(7)
            return Day(monday + timedelta(_WEEKDAYS[rest[0]]), at, at + 2, 0.8)
        return Day(_coming(today, _WEEKDAYS[rest[0]]), at, at + 2, 1.0)
    return (
        _part_of(words, at, today)
        or _last_weekday(words, at, today)
        or _close(words, at, today)
        or _after_span(words, at, today)
        or _span_from(words, at, today)
        or _in_month(words, at, today)
        or _nth(words, at, today)
    )


def find_days(words: Sequence[str], today: date) -> list[Day]:
    """Return every day named in the words, left to right."""
    found: list[Day] = []
    at = 0
    while at < len(words):
        day = read_day(words, at, today)
        if day is None:
            at += 1
        else:
            found.append(day)
            at = day.end
    return found


def _starts(words: Sequence[str], at: int, phrase: str) -> bool:
    wanted = phrase.split()
    return list(words[at : at + len(wanted)]) == wanted


def _coming(today: date, weekday: int) -> date:
    return today + timedelta((weekday - today.weekday() - 1) % 7 + 1)


def _weekday(words: Sequence[str], at: int, today: date) -> Day:
    """Read "friday", "friday week", "friday after next", "friday the twentieth", "friday november fifth"."""
    day = _coming(today, _WEEKDAYS[words[at]])
    rest = words[at + 1 : at + 3]
    if (rest and rest[0] == "week") or list(rest) == ["after", "next"]:
        return Day(day + timedelta(7), at, at + 1 + (1 if rest[0] == "week" else 2), 0.9)
    if rest:
        named = _nth(words, at + 1, today) or _in_month(words, at + 1, today)
        if named is not None:
            # People look the number up in a calendar; a weekday that is not its own makes it doubtful.
            fits = named.day.weekday() == _WEEKDAYS[words[at]]
            return Day(named.day, at, named.end, 1.0 if fits else 0.6)
    return Day(day, at, at + 1, 1.0)


_PARTS = {"end": 1.0, "last": 1.0, "middle": 0.8, "beginning": 0.7, "start": 0.7}
"""How sure a day is that is named as a part of a month."""


def _part_of(words: Sequence[str], at: int, today: date) -> Day | None:
    """Read "end of the month", "last day of november", "the middle of next month", "end of next week"."""
    part = words[at]
    if (
        part in ("month", "mid")
        and at + 1 < len(words)
        and words[at + 1] == ("end" if part == "month" else "month")
    ):
        part, n, following = ("end" if part == "month" else "middle"), at + 1, False
        return _day_of_month(part, today.replace(day=1), today, at, n + 1)
    n = at + 1
    if part == "last":
        n = n + 1 if words[n : n + 1] == ["day"] else len(words)
    if part not in _PARTS or list(words[n : n + 1]) != ["of"]:
        return None
    n += 1
    following = False
    if n < len(words) and words[n] in ("the", "this", "next"):
        following = words[n] == "next"
        n += 1
    if n >= len(words):
        return None
    if words[n] == "month":
        first = today.replace(day=1)
        return _day_of_month(part, _month_after(first) if following else first, today, at, n + 1)
    if words[n] in _MONTHS:
        month = _MONTHS[words[n]]
        first = date(today.year + (month < today.month), month, 1)
        return _day_of_month(part, first, today, at, n + 1)
    if words[n] == "week" and part in ("end", "beginning", "start"):
        if part == "end":
            friday = today + timedelta((4 - today.weekday()) % 7)
            return Day(friday + timedelta(7 if following else 0), at, n + 1, 0.9)
        return Day(today - timedelta(today.weekday()) + timedelta(7), at, n + 1, 0.8)
    return None


def _day_of_month(part: str, first: date, today: date, at: int, end: int) -> Day | None:
    sure = _PARTS[part]
    if part in ("end", "last"):
        return Day(_month_after(first) - timedelta(1), at, end, sure)
    day = first.replace(day=15) if part == "middle" else first
    return Day(day if day >= today else _on_day(_month_after(first), day.day), at, end, sure)


def _last_weekday(words: Sequence[str], at: int, today: date) -> Day | None:
    """Read "the last friday of the month"."""
    if words[at] != "last" or at + 1 >= len(words) or words[at + 1] not in _WEEKDAYS:
        return None
    whole = next(
        (w for w in ("of the month", "of this month", "of next month") if _starts(words, at + 2, w)), ""
    )
    if not whole:
        return None
    first = today.replace(day=1)
    for month in (_month_after(first), _month_after(_month_after(first)))[("next" in whole) :]:
        last = month - timedelta(1)
        day = last - timedelta((last.weekday() - _WEEKDAYS[words[at + 1]]) % 7)
        if day >= today:
            return Day(day, at, at + 5, 1.0)
    return None


def _close(words: Sequence[str], at: int, today: date) -> Day | None:
    """Read "close of business", "end of the day": today's, unless a day is named with it."""
    whole = next(
        (
            w
            for w in ("close of business", "end of business", "end of the day", "end of day")
            if _starts(words, at, w)
        ),
        "",
    )
    if not whole:
        return None
    end = at + len(whole.split())
    named = end + 1 if end < len(words) and words[end] in ("on", "of") else end
    day = read_day(words, named, today) if named < len(words) else None
    return Day(today, at, end, 0.9) if day is None else Day(day.day, at, day.end, day.sure)


_SPANS = {"day": 1, "days": 1, "week": 7, "weeks": 7, "fortnight": 14}
"""Spans of days."""


def _span_from(words: Sequence[str], at: int, today: date) -> Day | None:
    """Read "a week from friday", "ten days from now", "two weeks from today", "a week on monday"."""
    counted = _count(words, at)
    if counted is None:
        return None
    count, n = counted
    days = _SPANS.get(words[n], 0) * count if n < len(words) else 0
    if not days or n + 2 >= len(words) or words[n + 1] not in ("from", "on", "after"):
        return None
    if words[n + 2] == "now":
        return Day(today + timedelta(days), at, n + 3, 1.0)
    base = read_day(words, n + 2, today)
    return None if base is None else Day(base.day + timedelta(days), at, base.end, base.sure * 0.95)


def _count(words: Sequence[str], at: int) -> tuple[int, int] | None:
    """Read how many, and the index after it: "a", "a couple of", "ten"."""
    if at >= len(words):
        return None
    if _starts(words, at, "a couple of"):
        return 2, at + 3
    if _starts(words, at, "a couple"):
        return 2, at + 2
    if words[at] in ("a", "one"):
        return 1, at + 1
    number = read_number(words, at)
    if number is None or number.money or number.value > 365:
        return None
    return int(number.value), number.end


def _after_span(words: Sequence[str], at: int, today: date) -> Day | None:
    """Read "in two weeks", "within ten days", "in a month", "in the next ten days"."""
    if words[at] not in ("in", "within"):
        return None
    counted = _count(words, at + 3 if _starts(words, at + 1, "the next") else at + 1)
    if counted is None:
        return None
    count, n = counted
    unit = words[n] if n < len(words) else ""
    if unit in _SPANS:
        return Day(today + timedelta(_SPANS[unit] * count), at, n + 1, 1.0)
    if unit in ("month", "months"):
        target = today.replace(day=1)
        for _ in range(count):
            target = _month_after(target)
        return Day(_on_day(target, today.day), at, n + 1, 0.9)
    return None


def _in_month(words: Sequence[str], at: int, today: date) -> Day | None:
    """Read "december first", "the fifth of december"."""
    month = _MONTHS.get(words[at])
    if month is not None and at + 1 < len(words):
        n = at + 2 if words[at + 1] == "the" and at + 2 < len(words) else at + 1
        ordinal = read_ordinal(words, n)
        if ordinal is None:
            number = read_number(words, n)
            if number is None or number.money or number.value not in range(1, 32):
                return None
            ordinal = (int(number.value), number.end)
        return _dated(today, month, ordinal[0], at, ordinal[1])
    ordinal = read_ordinal(words, at)
    if ordinal is not None and ordinal[1] + 1 < len(words) and words[ordinal[1]] == "of":
        month = _MONTHS.get(words[ordinal[1] + 1])
        if month is not None:
            return _dated(today, month, ordinal[0], at, ordinal[1] + 2)
        if _starts(words, ordinal[1] + 1, "next month"):
            return Day(_on_day(_month_after(today.replace(day=1)), ordinal[0]), at, ordinal[1] + 3, 1.0)
    return None


def _dated(today: date, month: int, day: int, first: int, end: int) -> Day | None:
    for year in (today.year, today.year + 1):
        if day <= monthrange(year, month)[1] and (found := date(year, month, day)) >= today:
            return Day(found, first, end, 1.0)
    return None


def _nth(words: Sequence[str], at: int, today: date) -> Day | None:
    """Read "the fifteenth", "on fifteenth": so that "a second" and "first of all" are left alone."""
    if words[at] == "the" and at + 1 < len(words):
        ordinal = read_ordinal(words, at + 1)
    elif at and words[at - 1] in ("on", "by"):
        ordinal = read_ordinal(words, at)
    else:
        return None
    if ordinal is None:
        return None
    number, end = ordinal
    if _starts(words, end, "of the month") or _starts(words, end, "of this month"):
        end += 3
    elif _starts(words, end, "of next month"):
        return Day(_on_day(_month_after(today.replace(day=1)), number), at, end + 3, 1.0)
    elif end + 1 < len(words) and words[end] == "of" and words[end + 1] in _MONTHS:
        return _dated(today, _MONTHS[words[end + 1]], number, at, end + 2)
    elif end < len(words) and words[end] in _NOT_A_DAY:
        return None
    month = today.replace(day=1)
    for _ in range(3):
        if number <= monthrange(month.year, month.month)[1] and (found := month.replace(day=number)) >= today:
            return Day(found, at, end, 0.95)
        month = _month_after(month)
    return None


_NOT_A_DAY = word_set(
    "time invoice invoices payment payments one half week thing call person bill quarter notice reminder "
    "of part"
)


def _month_after(first: date) -> date:
    return (first.replace(day=28) + timedelta(4)).replace(day=1)


def _on_day(first: date, day: int) -> date:
    return first.replace(day=min(day, monthrange(first.year, first.month)[1]))
