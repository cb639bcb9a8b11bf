"""Numbers as they are spoken and as recognisers write them: "twelve hundred", "two thousand and five"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from compliance.checks.wordlist import numbered

_ONES = numbered(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen"
)
_TENS = {w: 10 * n for w, n in numbered("twenty thirty forty fifty sixty seventy eighty ninety", 2).items()}
SCALES = {"hundred": 100, "thousand": 1000, "grand": 1000, "million": 1_000_000, "k": 1000}
"""Words that multiply the number before them."""
_ORDINAL_ONES = numbered(
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth "
    "fifteenth sixteenth seventeenth eighteenth nineteenth",
    1,
)
_ORDINAL_TENS = {"twentieth": 20, "thirtieth": 30}
_FIGURES = re.compile(r"\$?(\d{1,3}(?:,\d{3})+|\d+)(\.\d{1,2})?(k?)$")
_ORDINAL_FIGURES = re.compile(r"(\d{1,2})(?:st|nd|rd|th)$")


@dataclass(frozen=True, slots=True)
class Number:
    """A number found in words."""

    value: Decimal
    first: int
    """Index of its first word."""
    end: int
    """Index after its last word."""
    money: bool
    """Whether dollars, cents or a scale say that it is an amount."""


def read_number(words: Sequence[str], at: int) -> Number | None:
    """Read a cardinal number that begins at word `at`; None if none does.

    "and" is let pass inside one, since speakers and recognisers put it anywhere. "A hundred" counts, "a"
    alone does not. "Twenty five hundred" is 2500.
    """
    figures = _FIGURES.match(words[at])
    if figures:
        return _read_figures(words, at, figures)
    start = at
    total, part, seen, scaled = 0, 0, False, False
    while at < len(words):
        word = words[at]
        if word in _ONES and not (
            seen and part % 100 > 0 and (part % 100 < 20 or part % 10 or _ONES[word] >= 10)
        ):
            part += _ONES[word]
        elif word in _TENS and not (seen and part % 100):
            part += _TENS[word]
        elif word in SCALES and (seen or (at > start and words[at - 1] == "a")):
            scaled = True
            if word == "hundred":
                part = (part or 1) * 100
            else:
                total, part = total + (part or 1) * SCALES[word], 0
        elif (word == "a" and not seen and at + 1 < len(words) and words[at + 1] in SCALES) or (
            word == "and" and seen and at + 1 < len(words) and words[at + 1] in {**_ONES, **_TENS}
        ):
            at += 1
            continue
        else:
            break
        seen = True
        at += 1
    if not seen:
        return None
    return with_unit(words, start, at, Decimal(total + part), scaled)


def _read_figures(words: Sequence[str], at: int, figures: re.Match[str]) -> Number | None:
    try:
        value = Decimal(figures[1].replace(",", "") + (figures[2] or ""))
    except InvalidOperation:
        return None
    end = at + 1
    marked = words[at].startswith("$") or bool(figures[2]) or "," in words[at]
    if figures[3]:
        value, marked = value * 1000, True
    elif end < len(words) and words[end] in SCALES:
        value, end, marked = value * SCALES[words[end]], end + 1, True
    return with_unit(words, at, end, value, marked)


def with_unit(words: Sequence[str], start: int, end: int, value: Decimal, money: bool) -> Number:
    """Return the number of words `start` to `end`, with a currency word after it, and cents, taken in."""
    if end < len(words) and words[end] in {"dollar", "dollars", "bucks", "pounds", "euros", "quid"}:
        end, money = end + 1, True
        more = end + 1 if end < len(words) and words[end] == "and" else end
        if more < len(words):
            cents = read_number(words, more)
            if cents is not None and cents.end < len(words) and words[cents.end] in {"cents", "cent"}:
                value, end = value + cents.value / 100, cents.end + 1
    return Number(value, start, end, money)


def read_ordinal(words: Sequence[str], at: int) -> tuple[int, int] | None:
    """Read a day of the month that begins at word `at`: its number (1 to 31) and the index after it."""
    word = words[at]
    figures = _ORDINAL_FIGURES.match(word)
    if figures:
        day = int(figures[1])
        return (day, at + 1) if 1 <= day <= 31 else None
    if word in _ORDINAL_ONES:
        return _ORDINAL_ONES[word], at + 1
    if word in _ORDINAL_TENS:
        return _ORDINAL_TENS[word], at + 1
    if word in {"twenty", "thirty"} and at + 1 < len(words):
        ones = _ORDINAL_ONES.get(words[at + 1], 0)
        if 1 <= ones <= 9 and (day := _TENS[word] + ones) <= 31:
            return day, at + 2
    return None
