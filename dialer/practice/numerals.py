"""English number words, as people say them on the telephone: no hyphens, no "and" inside a number."""

from __future__ import annotations

_ONES = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"),
    *("ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen"),
    "nineteen",
)
_TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_SCALES = ((10**9, "billion"), (10**6, "million"), (10**3, "thousand"), (100, "hundred"))
_IRREGULAR_ORDINALS = {
    "one": "first",
    "two": "second",
    "three": "third",
    "five": "fifth",
    "eight": "eighth",
    "nine": "ninth",
    "twelve": "twelfth",
}
LARGEST = 10**12 - 1
"""Above this a number is read digit by digit."""


def cardinal(number: int) -> str:
    """``8420`` -> "eight thousand four hundred twenty". Raises ValueError outside 0 to `LARGEST`."""
    if not 0 <= number <= LARGEST:
        raise ValueError(f"cannot say {number}: outside 0 to {LARGEST}")
    if number < 20:
        return _ONES[number]
    if number < 100:
        tens, ones = divmod(number, 10)
        return _TENS[tens] + (f" {_ONES[ones]}" if ones else "")
    for size, name in _SCALES:
        if number >= size:
            count, rest = divmod(number, size)
            return f"{cardinal(count)} {name}" + (f" {cardinal(rest)}" if rest else "")
    raise AssertionError("unreachable: every number of 100 and more has a scale")


def ordinal(number: int) -> str:
    """``27`` -> "twenty seventh". Raises ValueError outside 0 to `LARGEST`."""
    head, _, last = cardinal(number).rpartition(" ")
    if last in _IRREGULAR_ORDINALS:
        last = _IRREGULAR_ORDINALS[last]
    elif last.endswith("y"):
        last = last[:-1] + "ieth"
    else:
        last += "th"
    return f"{head} {last}".strip()


def year(number: int) -> str:
    """``2026`` -> "twenty twenty six", ``2005`` -> "two thousand five", ``1900`` -> "nineteen hundred"."""
    century, rest = divmod(number, 100)
    if not 1100 <= number <= 2999 or 2000 <= number <= 2009:
        return cardinal(number)
    if rest == 0:
        return f"{cardinal(century)} hundred"
    return f"{cardinal(century)} {'oh ' if rest < 10 else ''}{cardinal(rest)}"


def digits(text: str) -> str:
    """``"0151"`` -> "zero one five one". Anything but 0 to 9 is passed over."""
    return " ".join(_ONES[int(sign)] for sign in text if sign in "0123456789")
