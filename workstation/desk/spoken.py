"""Amounts, dates and numbers as a person, or a voice, says them."""

from __future__ import annotations

import re
from datetime import date, datetime

from workstation.desk.money import Money

_UNITS = {
    "USD": ("dollar", "cent"),
    "CAD": ("dollar", "cent"),
    "AUD": ("dollar", "cent"),
    "EUR": ("euro", "cent"),
    "GBP": ("pound", "penny"),
}
_PLURALS = {"penny": "pence"}


def spoken_money(amount: Money) -> str:
    """Return ``8,420 dollars`` or ``8,420 dollars and 50 cents``; unknown currencies by their code."""
    whole, _, part = amount.figures().partition(".")
    names = _UNITS.get(amount.currency)
    if names is None:
        return str(amount)
    said = f"{whole} {_many(int(whole.replace(',', '')), names[0])}"
    cents = int(part or "0")
    return f"{said} and {cents} {_many(cents, names[1])}" if cents else said


def _many(count: int, word: str) -> str:
    return word if abs(count) == 1 else _PLURALS.get(word, word + "s")


def spoken_day(day: date, *, weekday: bool = True) -> str:
    """Return ``Friday, November 27``, or ``November 27``."""
    text = f"{day:%B} {day.day}"
    return f"{day:%A}, {text}" if weekday else text


_LEGAL_FORM = re.compile(
    r",?\s+(l\.?l\.?c|l\.?l\.?p|l\.?p|inc|incorporated|corp|corporation|co|company|ltd|limited|plc|gmbh|s\.?a)\.?$",
    re.I,
)


def spoken_company(name: str) -> str:
    """Return a company's name as people say it: ``HARLOW TOOL & DIE LLC`` is ``Harlow Tool and Die``."""
    bare = _LEGAL_FORM.sub("", name.strip()) or name
    if bare.isupper() and " " in bare:  # one word in capitals is an abbreviation
        bare = bare.title()
    return bare.replace(" & ", " and ")


def greeting(local: datetime) -> str:
    """Return the greeting for that time of day, as it is where the person is."""
    if local.hour < 12:
        return "Good morning"
    return "Good afternoon" if local.hour < 18 else "Good evening"


def spoken_number(e164: str) -> str:
    """Return a number as it is read aloud: ``312-555-0199`` for North America, else as written."""
    if e164.startswith("+1") and len(e164) == 12:
        return f"{e164[2:5]}-{e164[5:8]}-{e164[8:]}"
    return e164
