"""Sums of money as people say them: "eight four twenty", "five grand", "two and a half thousand", "half now".

`numbers` reads numbers that are spelt in full; what is here exists in speech only: figures read in pairs or
one by one, halves of scales, and shares of what is owed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from compliance.checks.numbers import SCALES, Number, read_number, with_unit
from compliance.checks.wordlist import word_set

_SOUNDS_LIKE = {"to": "two", "too": "two", "for": "four", "won": "one", "ate": "eight"}
"""What recognisers write for a number; trusted only right before a scale ("for hundred")."""
_NOUGHT = frozenset({"oh", "o", "zero"})
_LONGEST = 6
"""Digits of a sum read out in pairs or one by one; longer runs are numbers of something."""
_WHOLES = (
    "everything", "all of it", "the whole thing", "the lot", "in full", "it all", "the whole amount",
    "the full amount", "the whole balance", "the full balance", "the entire balance", "the entire amount",
    "full payment", "the total", "the full sum", "whole amount", "full balance", "full amount",
)  # fmt: skip
_SHARES = {"half": Decimal("0.5"), "quarter": Decimal("0.25"), "third": Decimal(1) / 3}
_NOT_A_SHARE = word_set("past a an hour day dozen year price")
"""After "half" these name a time or a count."""


@dataclass(frozen=True, slots=True)
class Share:
    """A part of what is owed, named as such."""

    part: Decimal
    """1 is all of it."""
    first: int
    end: int


def read_amount(words: Sequence[str], at: int) -> Number | None:
    """Read a sum that begins at word `at`; None if none does. Units are those of the words (dollars)."""
    if words[at] in _SOUNDS_LIKE and at + 1 < len(words) and words[at + 1] in SCALES:
        said = [*words[:at], _SOUNDS_LIKE[words[at]], *words[at + 1 :]]
        return read_amount(said, at)
    return _of_scale(words, at) or _halved(words, at) or _read_out(words, at) or read_number(words, at)


def read_share(words: Sequence[str], at: int) -> Share | None:
    """Read a share of what is owed at word `at`: "half", "a quarter of it", "the full balance"."""
    for phrase in _WHOLES:
        size = len(phrase.split())
        if " ".join(words[at : at + size]) == phrase:
            return Share(Decimal(1), at, at + size)
    before, after = words[at - 1] if at else "", words[at + 1] if at + 1 < len(words) else ""
    if words[at] == "half" and before != "a" and after not in _NOT_A_SHARE:
        return Share(_SHARES["half"], at, at + 1)
    if words[at] in _SHARES and before == "a" and after == "of":
        return Share(_SHARES[words[at]], at, at + 1)
    return None


def _of_scale(words: Sequence[str], at: int) -> Number | None:
    """Read "a couple of hundred", "half a grand"."""
    rest = list(words[at : at + 4])
    if rest[:2] == ["a", "couple"]:
        rest, used = rest[2:], 2
        if rest[:1] == ["of"]:
            rest, used = rest[1:], 3
        if rest and rest[0] in SCALES:
            return with_unit(words, at, at + used + 1, Decimal(2 * SCALES[rest[0]]), True)
    if rest[:2] == ["half", "a"] and len(rest) > 2 and rest[2] in SCALES:
        return with_unit(words, at, at + 3, Decimal(SCALES[rest[2]]) / 2, True)
    return None


def _halved(words: Sequence[str], at: int) -> Number | None:
    """Read "two and a half thousand"."""
    number = read_number(words, at)
    if number is None or number.money or list(words[number.end : number.end + 3]) != ["and", "a", "half"]:
        return None
    scale = number.end + 3
    if scale >= len(words) or words[scale] not in SCALES:
        return None
    value = (number.value + Decimal("0.5")) * SCALES[words[scale]]
    return with_unit(words, at, scale + 1, value, True)


def _read_out(words: Sequence[str], at: int) -> Number | None:
    """Read a sum said figure by figure or in pairs: "eight four twenty", "three oh five", "seven fifty"."""
    first = read_number(words, at)
    if first is None or first.money or first.value != int(first.value) or not 1 <= first.value < 100:
        return None
    digits, end = str(int(first.value)), first.end
    while end < len(words) and len(digits) < _LONGEST:
        if words[end] in _NOUGHT:
            digits, end = digits + "0", end + 1
            continue
        group = read_number(words, end)
        if group is None or group.money or not 1 <= group.value < 100 or group.end > end + 2:
            break
        digits, end = digits + str(int(group.value)), group.end
    if end == first.end or len(digits) < 3:
        return None
    if end < len(words) and words[end] in SCALES:
        return None
    return replace(with_unit(words, at, end, Decimal(digits), False), first=at)
