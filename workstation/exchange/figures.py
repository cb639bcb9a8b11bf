"""Dates and amounts as other programs write them: how a column is written is found from all of its values.

What no value decides is not guessed: ``DateEvidence.decide`` and ``AmountEvidence.decide`` then say both
readings, and the person importing says which is meant.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from workstation.desk.money import decimal_places


class DateOrder(StrEnum):
    """In which order a date's figures stand."""

    DAY_FIRST = "d/m/y"
    MONTH_FIRST = "m/d/y"
    ISO = "y-m-d"
    """2026-11-18 and nothing else."""


class DecimalMark(StrEnum):
    """Which sign stands before the decimals; the other one separates thousands."""

    POINT = "."
    COMMA = ","


class FigureError(ValueError):
    """A date or amount that cannot be read; the message quotes it and says what would be."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the values say. ``question`` is set where they do not decide."""

    choice: str | None
    why: str
    question: str = ""


# ---- dates ------------------------------------------------------------------------------------------

_MONTHS: Final = {
    name: month
    for month, names in enumerate(
        (
            "jan january janvier januar enero", "feb february fevrier février februar febrero",
            "mar march mars märz mrz marzo", "apr april avril abril", "may mai mayo",
            "jun june juin juni junio",
            "jul july juillet juli julio", "aug august aout août agosto",
            "sep sept september septembre septiembre", "oct october octobre okt oktober octubre",
            "nov november novembre noviembre", "dec december decembre décembre dez dezember diciembre",
        ),
        start=1,
    )
    for name in names.split()
}  # fmt: skip

_ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?Z?)?")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})")
_FIGURES = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4}|\d{2})(?: \d{1,2}:\d{2}(?::\d{2})?)?")
_DAY_WORD = re.compile(r"(\d{1,2})[-\s./]*([^\W\d_]{3,})\.?[-\s,./]*(\d{4}|\d{2})")
_WORD_DAY = re.compile(r"([^\W\d_]{3,})\.?[-\s]*(\d{1,2})(?:st|nd|rd|th)?[\s,]+(\d{4}|\d{2})")


def _year(text: str) -> int:
    return int(text) if len(text) == 4 else 2000 + int(text)


@dataclass(slots=True)
class DateEvidence:
    """What the dates of one column (or of all date columns of a file) say about their order."""

    _values: set[str] = field(default_factory=set)

    def add(self, values: Iterable[str]) -> None:
        """Take more cells in."""
        self._values.update(values)

    def decide(self, column: str) -> Verdict:
        """Return the order, or the question that only a person can answer."""
        day_first = month_first = either = ""
        for text in sorted(self._values):
            found = _FIGURES.fullmatch(text.strip())
            if found is None:
                continue
            first, second = int(found[1]), int(found[2])
            if first > 12 >= second:
                day_first = day_first or text
            elif second > 12 >= first:
                month_first = month_first or text
            elif first != second:
                either = either or text
        if day_first and month_first:
            return Verdict(
                None,
                "",
                f"{column}: {day_first!r} has the day first and {month_first!r} the month first: "
                "write the column one way, or state dates and mend the rows that are refused",
            )
        if day_first:
            return Verdict(DateOrder.DAY_FIRST, f"{day_first!r} can only have the day first")
        if month_first:
            return Verdict(DateOrder.MONTH_FIRST, f"{month_first!r} can only have the month first")
        if either:
            as_day, as_month = (read_date(either, o) for o in (DateOrder.DAY_FIRST, DateOrder.MONTH_FIRST))
            return Verdict(
                None,
                "",
                f"{column}: {either!r} is {as_day.day} {as_day:%B %Y} with the day first (d/m/y) and "
                f"{as_month.day} {as_month:%B %Y} with the month first (m/d/y); "
                "no date in the file decides it: state which",
            )
        return Verdict(DateOrder.DAY_FIRST, "no date here can be read two ways")


def read_date(text: str, order: DateOrder) -> date:
    """Read one date. Raises FigureError."""
    bare = text.strip()
    try:
        if found := _ISO.fullmatch(bare) or _COMPACT.fullmatch(bare):
            return date(int(found[1]), int(found[2]), int(found[3]))
        if order is DateOrder.ISO:
            raise FigureError(f"{bare!r} is not a date: write it as 2026-11-18")
        if found := _FIGURES.fullmatch(bare):
            first, second = int(found[1]), int(found[2])
            day, month = (first, second) if order is DateOrder.DAY_FIRST else (second, first)
            return date(_year(found[3]), month, day)
        if (found := _DAY_WORD.fullmatch(bare)) and found[2].casefold() in _MONTHS:
            return date(_year(found[3]), _MONTHS[found[2].casefold()], int(found[1]))
        if (found := _WORD_DAY.fullmatch(bare)) and found[1].casefold() in _MONTHS:
            return date(_year(found[3]), _MONTHS[found[1].casefold()], int(found[2]))
    except FigureError:
        raise
    except ValueError:
        raise FigureError(f"{bare!r} is no day of the calendar read as {order}") from None
    raise FigureError(f"{bare!r} is not a date: write it as 2026-11-18")


_NET = re.compile(r"(?:net|n)\s*/?\s*(\d{1,3})(?:\s*days?)?|(\d{1,3})\s*days?(?:\s*net)?", re.IGNORECASE)
_AT_ONCE = ("due on receipt", "due upon receipt", "cod", "immediate")


def due_by_terms(issued: date, terms: str) -> date | None:
    """Return the due date that plain terms such as ``net 30`` give, or None for terms that need a person."""
    bare = terms.strip().casefold()
    if bare in _AT_ONCE:
        return issued
    found = _NET.search(bare)
    if found is None or "eom" in bare or "month" in bare:
        return None
    return issued + timedelta(days=int(found[1] or found[2]))


# ---- amounts ----------------------------------------------------------------------------------------

_SHAPE = str.maketrans("0123456789", "9999999999")
_SIGNS: Final = {
    "$": frozenset({"USD", "CAD", "AUD", "NZD", "SGD", "HKD", "MXN"}),
    "€": frozenset({"EUR"}),
    "£": frozenset({"GBP"}),
    "¥": frozenset({"JPY", "CNY"}),
}
_SPACES = re.compile(r"[\s'’]")
_CODE = re.compile(r"^([A-Za-z]{3})(?=[-(\d$€£¥])|(?<=[\d)-])([A-Za-z]{3})$")


def _core(text: str) -> str:
    """An amount without what says nothing about its decimal mark."""
    return _SPACES.sub("", text).strip("-+()$€£¥ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")


@dataclass(slots=True)
class AmountEvidence:
    """What the amounts of a file say about their decimal mark; values are kept by shape, so few are kept."""

    _shapes: dict[str, str] = field(default_factory=dict)

    def add(self, values: Iterable[str]) -> None:
        """Take more cells in."""
        shapes = self._shapes
        for text in values:
            shape = text.translate(_SHAPE)
            if shape not in shapes:
                shapes[shape] = text

    def decide(self, column: str) -> Verdict:
        """Return the decimal mark, or the question that only a person can answer."""
        seen: dict[str, str] = {}
        for text in self._shapes.values():
            kind = _mark_of(_core(text))
            if kind:
                seen.setdefault(kind, text.strip())
        if "." in seen and "," in seen:
            return Verdict(
                None,
                "",
                f"{column}: {seen['.']!r} has a decimal point and {seen[',']!r} a decimal comma: write the "
                "column one way, or state decimal and mend the rows that are refused",
            )
        for mark in DecimalMark:
            if mark.value in seen:
                return Verdict(mark, f"{seen[mark.value]!r} can only have {mark.value!r} before its decimals")
        if "?" in seen:
            text = seen["?"]
            sign = "," if "," in text else "."
            whole, parts = _core(text).replace(sign, ""), _core(text).replace(sign, ".")
            return Verdict(
                None,
                "",
                f"{column}: {text!r} is {whole} if {sign!r} separates thousands and {parts} if it stands "
                "before the decimals; no amount in the file decides it: state decimal, '.' or ','",
            )
        return Verdict(DecimalMark.POINT, "no amount here can be read two ways")


def _mark_of(core: str) -> str:
    """``.`` or ``,`` where the amount can only be read so, ``?`` where two ways, empty if it says nothing."""
    points, commas = core.count("."), core.count(",")
    if points and commas:
        return "." if core.rfind(".") > core.rfind(",") else ","
    if not points and not commas:
        return ""
    sign, other = (".", ",") if points else (",", ".")
    if points + commas > 1:
        return other  # only thousands are separated more than once
    head, _, tail = core.partition(sign)
    return "?" if len(tail) == 3 and 1 <= len(head) <= 3 and head != "0" else sign


def read_amount(text: str, mark: DecimalMark, currency: str) -> int:
    """Read an amount into minor units; minus, trailing minus, parentheses and CR mean less than nothing.

    Raises FigureError: not an amount, of another currency, or with more decimals than the currency has.
    """
    places = decimal_places(currency)
    head, _dot, tail = text.partition(mark)
    if head.isdecimal() and head.isascii() and len(tail) == places and (tail.isdecimal() and tail.isascii()):
        return int(head + tail)
    return _read_slowly(text, mark, currency, places)


def _read_slowly(text: str, mark: DecimalMark, currency: str, places: int) -> int:
    wrong = FigureError(f"{text.strip()!r} is not an amount with {mark.value!r} before its decimals")
    bare = _SPACES.sub("", text)
    negative = False
    if bare[-2:].upper() in ("CR", "DR"):
        negative, bare = bare[-2:].upper() == "CR", bare[:-2]
    if named := _CODE.search(bare):
        code = (named[1] or named[2]).upper()
        if code != currency:
            raise FigureError(f"{text.strip()!r} is in {code}, and {currency} is expected")
        bare = bare[: named.start()] + bare[named.end() :]
    if bare.startswith("(") and bare.endswith(")"):
        negative, bare = not negative, bare[1:-1]
    for sign, currencies in _SIGNS.items():
        if sign in bare:
            if currency not in currencies:
                raise FigureError(f"{text.strip()!r} has {sign!r}, and {currency} is expected")
            bare = bare.replace(sign, "", 1)
    if bare.startswith(("-", "+")):
        negative, bare = negative ^ (bare[0] == "-"), bare[1:]
    elif bare.endswith("-"):
        negative, bare = not negative, bare[:-1]
    head, _dot, tail = bare.partition(mark)
    thousands = "," if mark is DecimalMark.POINT else "."
    groups = head.split(thousands)
    if len(groups) > 1 and (not 1 <= len(groups[0]) <= 3 or any(len(g) != 3 for g in groups[1:])):
        raise wrong
    whole = "".join(groups)
    if not (whole + tail).isdecimal() or not (whole + tail).isascii():
        raise wrong
    if len(tail.rstrip("0")) > places:
        raise FigureError(
            f"{text.strip()!r} has more than {places} decimal places, and {currency} has {places}"
        )
    minor = int((whole or "0") + tail.rstrip("0").ljust(places, "0"))
    return -minor if negative else minor
