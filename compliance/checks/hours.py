"""Hours of the day as they are spoken: "at two", "half past nine in the morning", "in an hour"."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import time, timedelta

from compliance.checks.numbers import read_number
from compliance.checks.wordlist import word_set

_SOUNDS_LIKE = {"to": "two", "too": "two", "for": "four", "ate": "eight", "won": "one", "tree": "three"}
"""Hours as recognisers write them after "at"."""
_BEFORE_AN_HOUR = word_set("at it around about after before by until till")
_COUNTED = word_set(
    "day days week weeks month months hour hours minute minutes invoices percent people of more"
)
"""After a number these say that it is no hour."""
_PARTS = {"morning": time(10), "afternoon": time(14), "evening": time(18)}
"""An hour to offer where only the part of the day was said."""


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
                return _by_day(hour, minute, words, at - 1, at + 2), at - 1, at + 2
        if word in _BEFORE_AN_HOUR and at + 1 < len(words):
            hour = _hour_word(words[at + 1])
            if hour is None:
                continue
            minute, end = _minutes(words, at + 2)
            if end < len(words) and words[end] in _COUNTED:
                continue
            doubtful = word == "it" or words[at + 1] in ("won", "for", "to", "too", "ate")
            plain = word == "at" or (word == "it" and words[at + 1] in ("two", "to", "too"))
            if doubtful and not plain and not _is_hour_context(words[end:]):
                continue
            return _by_day(hour, minute, words, at, end), at, end
        if (hour := _hour_word(word)) is not None and word not in _SOUNDS_LIKE:
            minute, end = _minutes(words, at + 1)
            if end < len(words) and words[end] in ("am", "pm", "o'clock", "oclock"):
                return _by_day(hour, minute, words, at, end), at, end + 1
    return None


def find_part(words: Sequence[str]) -> time | None:
    """Return an hour to offer for "in the afternoon", "tomorrow morning"; None where no part is named."""
    return next((_PARTS[word] for word in words if word in _PARTS), None)


def find_delay(words: Sequence[str]) -> timedelta | None:
    """Return how long from now: "in an hour", "in twenty minutes", "in half an hour"; None where none is."""
    for at, word in enumerate(words):
        if word not in ("in", "within", "about"):
            continue
        rest = list(words[at + 1 : at + 6])
        if rest[:1] == ["about"]:
            rest = rest[1:]
        if rest[:3] == ["half", "an", "hour"] or rest[:3] == ["a", "half", "hour"]:
            return timedelta(minutes=30)
        if rest[:2] == ["an", "hour"] or rest[:2] == ["one", "hour"]:
            return timedelta(minutes=90 if rest[2:5] == ["and", "a", "half"] else 60)
        if rest[:3] == ["a", "couple", "of"] and rest[3:4] == ["hours"]:
            return timedelta(hours=2)
        number = read_number(rest, 0) if rest else None
        if number is None or number.money or number.end >= len(rest) or not 0 < number.value <= 240:
            continue
        if rest[number.end] in ("hour", "hours") and number.value <= 12:
            return timedelta(hours=int(number.value))
        if rest[number.end] in ("minute", "minutes"):
            return timedelta(minutes=int(number.value))
    return None


def _minutes(words: Sequence[str], at: int) -> tuple[int, int]:
    """Read the minutes that follow an hour: them, and the index after them."""
    if at < len(words) and (m := read_number(words, at)) is not None and not m.money and m.value in range(60):
        return int(m.value), m.end
    return 0, at


def _is_hour_context(rest: Sequence[str]) -> bool:
    return bool(rest) and rest[0] in {"o'clock", "oclock", "am", "pm", "a.m", "p.m", "in", "a", "p"}


def _hour_word(word: str) -> int | None:
    number = read_number([_SOUNDS_LIKE.get(word, word)], 0)
    return int(number.value) if number is not None and number.value in range(1, 13) else None


def _by_day(hour: int, minute: int, words: Sequence[str], first: int, end: int) -> time:
    around = f" {' '.join(words[max(0, first - 3) : first])} | {' '.join(words[end : end + 5])} "
    if any(f" {w} " in around for w in ("pm", "p m", "p.m", "afternoon", "evening", "tonight")):
        return time(hour % 12 + 12, minute)
    if any(f" {w} " in around for w in ("am", "a m", "a.m", "morning")):
        return time(hour % 12, minute)
    return time(hour + 12 if hour < 7 else hour, minute)
