"""From script text to the words a voice says: amounts, dates, times and references spelt out.

What comes out is both what the synthesiser is given and what is compared with the recogniser's words, so that
"8,420.00 USD" and "eight thousand four hundred twenty dollars" do not count as an error. The text may come
from anywhere (a name from the book, a line typed by a collector): it is only ever read as words. Signs that
mean something to a synthesiser, such as phoneme brackets or tags, become spaces.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from decimal import Decimal

from dialer.practice.numerals import cardinal, digits, ordinal, year

MAX_CHARACTERS = 600
"""About 45 seconds of speech. Nobody listens longer, and a longer line would hold up every other voice."""


class CannotSay(ValueError):
    """The text cannot be spoken. The message says why and what to do."""


_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_MONTH_NUMBER = {name.lower(): n for n, name in enumerate(_MONTHS, 1)}
_MONTH_NUMBER |= {name[:3].lower(): n for n, name in enumerate(_MONTHS, 1)} | {"sept": 9}
_MONTH = "(?P<month>" + "|".join(sorted(_MONTH_NUMBER, key=len, reverse=True)) + ")"

_UNITS = {
    "USD": ("dollar", "dollars", "cent", "cents"),
    "CAD": ("Canadian dollar", "Canadian dollars", "cent", "cents"),
    "EUR": ("euro", "euros", "cent", "cents"),
    "GBP": ("pound", "pounds", "penny", "pence"),
}
_SIGNS = {"$": "USD", "€": "EUR", "£": "GBP"}
_AMOUNT = r"(?P<amount>(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d{1,2})?)"
_CODES = "|".join(_UNITS)

_WORDS_FOR = {
    "&": " and ",
    "@": " at ",
    "%": " percent ",
    "+": " plus ",
    "=": " equals ",
    "…": ".",
}
_SHORT_WORDS = frozenset(
    {
        *("ALL", "AM", "AN", "AND", "ANY", "ARE", "AS", "AT", "BE", "BUT", "BY", "CAN", "DAY", "DO", "DUE"),
        *("FOR", "GO", "HAS", "HE", "IF", "IN", "IS", "IT", "ITS", "ME", "MY", "NET", "NEW", "NO", "NOT"),
        *("NOW", "OF", "OFF", "ON", "ONE", "OR", "OUR", "OUT", "OWE", "PAY", "SHE", "SO", "THE", "TO", "UP"),
        *("US", "WAS", "WE", "WHO", "YES", "YOU"),
    }
)
"""Words that stay words when somebody shouts them."""
_PRONOUNCEABLE = re.compile(r"(?=.*[AEIOUY]).{4,}|[^AEIOU][AEIOUY][A-Z]|INC|CO")
"""Capitals that are read as a word: HARLOW, DIE; others (LLC, IBM) are spelt."""
_SPELT = frozenset({"CEO", "COO", "VAT"})
_SHORT_FORMS = {"inv": "invoice", "po": "purchase order"}


def words_to_say(text: str) -> str:
    """The words for `text`, with the punctuation that gives speech its pauses and nothing else.

    Raises CannotSay where the text is longer than `MAX_CHARACTERS` or holds no word at all.
    """
    if len(text) > MAX_CHARACTERS:
        raise CannotSay(
            f"the line has {len(text)} characters and {MAX_CHARACTERS} can be spoken at once: split it up"
        )
    said = _plain(text)
    for pattern, replace in _RULES:
        said = pattern.sub(replace, said)
    for sign, word in _WORDS_FOR.items():
        said = said.replace(sign, word)
    said = _NOT_SPEECH.sub(" ", said)
    said = re.sub(r"\s+([.,?!])", r"\1", said)
    said = re.sub(r"([.,?!])[.,?!]+", r"\1", said)
    said = " ".join(said.split()).lstrip(".,?! ")
    if not re.search(r"[A-Za-z]", said):
        raise CannotSay(f"nothing in {text[:40]!r} can be spoken: write words or numbers")
    if len(said) > 3 * MAX_CHARACTERS:
        raise CannotSay(f"the line has {len(said)} characters once its numbers are spelt out: split it up")
    return said


def in_breaths(text: str) -> list[str]:
    """Split a text between its sentences, so that each part can be spoken; a text that can be is one part.

    A sentence longer than `MAX_CHARACTERS` is left whole: `words_to_say` says what is wrong with it.
    """
    parts: list[str] = []
    for sentence in re.split(r"(?<=[.?!])\s+", text.strip()):
        if parts and len(parts[-1]) + 1 + len(sentence) <= MAX_CHARACTERS:
            parts[-1] += f" {sentence}"
        else:
            parts.append(sentence)
    return parts


def _plain(text: str) -> str:
    """Latin letters, digits and ASCII signs: accents folded, typographic quotes and dashes made plain."""
    text = text.translate({0x2018: "'", 0x2019: "'", 0x2013: "-", 0x2014: ", ", 0x2212: "-"})
    text = text.replace("€", "\ue000").replace("£", "\ue001")
    folded = unicodedata.normalize("NFKD", text)
    kept = "".join(
        sign if sign.isascii() or sign in "\ue000\ue001" else ("" if unicodedata.combining(sign) else " ")
        for sign in folded
    )
    kept = "".join(sign if sign.isprintable() or sign in "\ue000\ue001" else " " for sign in kept)
    return kept.replace("\ue000", "€").replace("\ue001", "£")


def _money(match: re.Match[str]) -> str:
    code = match.groupdict().get("code") or _SIGNS[match["sign"]]
    one, many, small_one, small_many = _UNITS[code]
    value = Decimal(match["amount"].replace(",", ""))
    whole, cents = int(value), int(value * 100) % 100
    if whole > 10**12 - 1:
        return f"{digits(str(whole))} {many}"
    parts = []
    if whole or not cents:
        parts.append(f"{cardinal(whole)} {one if whole == 1 else many}")
    if cents:
        parts.append(f"{cardinal(cents)} {small_one if cents == 1 else small_many}")
    return " and ".join(parts)


def _date(match: re.Match[str]) -> str:
    found = match.groupdict()
    month = found["month"]
    number = int(month) if month.isdigit() else _MONTH_NUMBER[month.lower()]
    day = int(found["day"])
    if not (1 <= number <= 12 and 1 <= day <= 31):
        return match[0]
    said = f"{_MONTHS[number - 1]} {ordinal(day)}"
    return f"{said}, {year(int(found['year']))}" if found.get("year") else said


def _time(match: re.Match[str]) -> str:
    hour, minute = int(match["hour"]), int(match["minute"])
    if hour > 23 or minute > 59:
        return match[0]
    half = (match["half"] or "").lower().replace(".", "")
    if not half and hour > 12:
        hour, half = hour - 12, "pm"
    said = cardinal(hour or 12)
    if minute:
        said += f" {'oh ' if minute < 10 else ''}{cardinal(minute)}"
    elif not half:
        said += " o'clock"
    return f"{said} {' '.join(half)}".strip()


def _reference(match: re.Match[str]) -> str:
    letters, rest = match["letters"], match["rest"]
    known = _SHORT_FORMS.get(letters.lower())
    spelt = " ".join(digits(sign) if sign.isdigit() else sign.upper() for sign in rest if sign.isalnum())
    return f"{known or ' '.join(letters.upper())} {spelt}"


def _number(match: re.Match[str]) -> str:
    text = match[0].replace(",", "")
    whole, _, fraction = text.partition(".")
    if len(whole) > 12 or (len(whole) > 1 and whole.startswith("0")):
        said = digits(whole)
    else:
        said = cardinal(int(whole))
    # Spaces, because the number may touch letters ("9s").
    return f" {said} point {digits(fraction)} " if fraction else f" {said} "


def _capitals(match: re.Match[str]) -> str:
    word = match[0]
    if word in _SHORT_WORDS:
        return word.lower()
    if word in _SPELT or not _PRONOUNCEABLE.match(word):
        return " ".join(word)
    return word.capitalize()


_NOT_SPEECH = re.compile(r"[^A-Za-z.,?! ']")
_RULES: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
    (re.compile(rf"(?P<sign>[$€£]) ?{_AMOUNT}(?: ?(?P<code>{_CODES})\b)?"), _money),
    (re.compile(rf"\b{_AMOUNT} ?(?P<code>{_CODES})\b"), _money),
    (re.compile(rf"\b(?P<code>{_CODES}) ?{_AMOUNT}\b"), _money),
    (re.compile(r"\b(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})\b"), _date),
    (re.compile(r"\b(?P<month>\d{1,2})/(?P<day>\d{1,2})/(?P<year>\d{4})\b"), _date),
    (
        re.compile(
            rf"\b(?P<day>\d{{1,2}})(?:st|nd|rd|th)? (?:of )?{_MONTH}\b(?:,? (?P<year>\d{{4}})\b)?", re.I
        ),
        _date,
    ),
    (
        re.compile(rf"\b{_MONTH}\b\.? (?P<day>\d{{1,2}})(?:st|nd|rd|th)?\b(?:,? (?P<year>\d{{4}})\b)?", re.I),
        _date,
    ),
    (re.compile(r"\b(?P<hour>\d{1,2}):(?P<minute>\d{2})(?: ?(?P<half>[ap]\.?m\b\.?))?", re.I), _time),
    (
        re.compile(r"\b(?P<number>\d{1,2})(?: ?)(?P<half>[ap])\.?m\b\.?", re.I),
        lambda m: f"{m['number']} {m['half']} m",
    ),
    # Telephone numbers and anything else too long to be a quantity: digit by digit.
    (re.compile(r"\+?\(?\d{3}\)?[- .]\d{3}[- .]\d{4}\b|\+\d{7,15}\b|\b\d{7,}\b"), lambda m: digits(m[0])),
    (
        re.compile(
            r"\b(?:invoice )?(?P<letters>inv|po)(?:[-#. ]|no)*(?P<rest>\d[\dA-Z]*(?:[-/]\d+)*)\b", re.I
        ),
        _reference,
    ),
    (re.compile(r"\b(?P<letters>[A-Z]{1,5})[-#]?(?P<rest>\d[\dA-Z]*(?:[-/]\d+)*)\b(?![.,]\d)"), _reference),
    (re.compile(r"#(?P<rest>\d+)\b"), lambda m: f"number {digits(m['rest'])}"),
    (re.compile(r"\b(\d{1,9})(?:st|nd|rd|th)\b", re.I), lambda m: ordinal(int(m[1]))),
    (re.compile(r"(?:\d{1,3}(?:,\d{3})+(?!\d)|\d+)(?:\.\d+)?"), _number),
    (re.compile(r"\b[A-Z]{2,}\b"), _capitals),
)
