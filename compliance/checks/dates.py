"""Days and hours as they are spoken, resolved against the call's own local date."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time, timedelta

from compliance.checks.numbers import read_number, read_ordinal
from compliance.checks.wordlist import numbered, word_set

_WEEKDAYS = numbered("monday tuesday wednesday thursday friday saturday sunday")
_MONTHS = numbered("january february march april may june july august september october november december", 1)
_SOUNDS_LIKE = {"to": "two", "too": "two", "for": "four", "ate": "eight", "won": "one", "tree": "three"}
"""Hours as recognisers write them after "at"."""


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
        return Day(_coming(today, _WEEKDAYS[word]), at, at + 1, 1.0)
    if word in ("this", "next", "coming") and rest and rest[0] in _WEEKDAYS:
        if word == "next":
            monday = today - timedelta(today.weekday()) + timedelta(7)
            return Day(monday + timedelta(_WEEKDAYS[rest[0]]), at, at + 2, 0.8)
        return Day(_coming(today, _WEEKDAYS[rest[0]]), at, at + 2, 1.0)
    return (
        _end_of(words, at, today)
        or _after_span(words, at, today)
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


def find_hour(words: Sequence[str]) -> tuple[time, int, int] | None:
    """Return the first hour named ("at two", "half past nine in the morning") and its word range, or None.

    Without morning or afternoon, one to six is afternoon and seven to twelve is by day, as business calls
    are.
    """
    for at, word in enumerate(words):
        if word in ("noon", "midday"):
            return time(12), at, at + 1
        if word in ("past", "after") and at and at + 1 < len(words) and words[at - 1] in ("half", "quarter"):
            hour = _hour_word(words[at + 1])
            if hour is not None:
                minute = 30 if words[at - 1] == "half" else 15
                return _by_day(hour, minute, words[at + 2 :]), at - 1, at + 2
        if word in ("at", "it", "around", "about", "after", "before") and at + 1 < len(words):
            hour = _hour_word(words[at + 1])
            if hour is None:
                continue
            end, minute = at + 2, 0
            if (
                end < len(words)
                and (m := read_number(words, end)) is not None
                and not m.money
                and m.value in range(60)
            ):
                minute, end = int(m.value), m.end
            if (
                word != "at"
                and not _is_hour_context(words[end:])
                and words[at + 1] not in ("two", "to", "too")
            ):
                continue
            return _by_day(hour, minute, words[end:]), at, end
    return None


def _is_hour_context(rest: Sequence[str]) -> bool:
    return bool(rest) and rest[0] in {"o'clock", "oclock", "am", "pm", "a.m", "p.m", "in", "a", "p"}


def _hour_word(word: str) -> int | None:
    number = read_number([_SOUNDS_LIKE.get(word, word)], 0)
    return int(number.value) if number is not None and number.value in range(1, 13) else None


def _by_day(hour: int, minute: int, rest: Sequence[str]) -> time:
    following = " ".join(rest[:5])
    if any(
        following.startswith(w) or f" {w}" in f" {following}" for w in ("pm", "p m", "afternoon", "evening")
    ):
        return time(hour % 12 + 12, minute)
    if any(f" {w}" in f" {following}" for w in ("am", "a m", "morning")):
        return time(hour % 12, minute)
    return time(hour + 12 if hour < 7 else hour, minute)


def _starts(words: Sequence[str], at: int, phrase: str) -> bool:
    wanted = phrase.split()
    return list(words[at : at + len(wanted)]) == wanted


def _coming(today: date, weekday: int) -> date:
    return today + timedelta((weekday - today.weekday() - 1) % 7 + 1)


def _end_of(words: Sequence[str], at: int, today: date) -> Day | None:
    """Read "end of the month", "end of next week"; the week ends on Friday."""
    if words[at] != "end" or at + 2 >= len(words) or words[at + 1] != "of":
        return None
    n = at + 2
    following = False
    if words[n] in ("the", "this", "next"):
        following = words[n] == "next"
        n += 1
    if n >= len(words):
        return None
    if words[n] == "month":
        first = _month_after(today.replace(day=1)) if following else today.replace(day=1)
        return Day(_month_after(first) - timedelta(1), at, n + 1, 1.0)
    if words[n] == "week":
        friday = today + timedelta((4 - today.weekday()) % 7)
        return Day(friday + timedelta(7 if following else 0), at, n + 1, 0.9)
    return None


def _after_span(words: Sequence[str], at: int, today: date) -> Day | None:
    """Read "in two weeks", "within ten days", "in a month"."""
    if words[at] not in ("in", "within") or at + 2 >= len(words):
        return None
    if words[at + 1] in ("a", "one"):
        count, n = 1, at + 2
    elif _starts(words, at + 1, "a couple of"):
        count, n = 2, at + 4
    else:
        number = read_number(words, at + 1)
        if number is None or number.money or number.value > 365:
            return None
        count, n = int(number.value), number.end
    unit = words[n] if n < len(words) else ""
    if unit in ("day", "days"):
        return Day(today + timedelta(count), at, n + 1, 1.0)
    if unit in ("week", "weeks"):
        return Day(today + timedelta(7 * count), at, n + 1, 1.0)
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
        ordinal = read_ordinal(words, at + 1)
        if ordinal is None:
            number = read_number(words, at + 1)
            if number is None or number.money or number.value not in range(1, 32):
                return None
            ordinal = (int(number.value), number.end)
        return _dated(today, month, ordinal[0], at, ordinal[1])
    ordinal = read_ordinal(words, at)
    if ordinal is not None and ordinal[1] + 1 < len(words) and words[ordinal[1]] == "of":
        month = _MONTHS.get(words[ordinal[1] + 1])
        if month is not None:
            return _dated(today, month, ordinal[0], at, ordinal[1] + 2)
    return None


def _dated(today: date, month: int, day: int, first: int, end: int) -> Day | None:
    for year in (today.year, today.year + 1):
        if day <= monthrange(year, month)[1] and (found := date(year, month, day)) >= today:
            return Day(found, first, end, 1.0)
    return None


def _nth(words: Sequence[str], at: int, today: date) -> Day | None:
    """Read "the fifteenth": only after "the", so that "a second" and "first of all" are left alone."""
    if words[at] != "the" or at + 1 >= len(words):
        return None
    ordinal = read_ordinal(words, at + 1)
    if ordinal is None:
        return None
    number, end = ordinal
    if end < len(words) and words[end] in _NOT_A_DAY:
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
