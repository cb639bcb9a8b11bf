"""Text taken apart into groups: digits said or written, words between them, labels, amounts, dates, masks.

A group knows where it stands in the text, so that what is found can be cut out of it. "Double four", "forty
one", "eleven hundred" and "oh" are digits; "for" and "won" are only where digits stand beside them; an
amount, a date or a time is none, whatever its figures.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from functools import cache, lru_cache
from importlib.resources import files

from compliance.checks.numbers import read_number, read_ordinal
from compliance.checks.wordlist import numbered

LONGEST_AMOUNT = 12
"""No debt has more figures than this: a longer row of them is no amount, whatever stands before it."""
LONGEST_PHONE = 15
"""Digits of an international number (ITU-T E.164)."""


class Form(Enum):
    """What a group is to a run of digits."""

    DIGITS = auto()
    HUNDREDS = auto()
    """"Eleven hundred": digits inside a number, an amount alone."""
    SOFT = auto()
    """A word recognisers write for a digit: one inside a run, a word elsewhere."""
    JOIN = auto()
    """Said between digits without ending the number."""
    OTHER = auto()
    LABEL = auto()
    DATE = auto()
    BREAK = auto()
    """An amount, a time, a telephone number, an identifier: no digits of a run, and its end."""
    MASK = auto()
    """What stands where something was cut out before."""


@dataclass(frozen=True, slots=True)
class Group:
    """One group and where it stands: `start` to `end` are character offsets."""

    form: Form
    start: int
    end: int
    digits: str = ""
    singles: int = 0
    """How many of the digits were said one by one."""
    label: str = ""
    """Of a label, which; of a mask, the kind of what was cut out."""


@dataclass(frozen=True, slots=True)
class _Lists:
    digits: dict[str, str]
    confused: dict[str, str]
    many: dict[str, int]
    inside: frozenset[str]
    money: frozenset[str]
    months: frozenset[str]
    clock: frozenset[str]
    labels: dict[str, tuple[tuple[tuple[str, ...], str], ...]]
    """By first word: phrases, longest first, and the label each stands for."""


@dataclass(frozen=True, slots=True)
class _Token:
    what: str
    text: str
    start: int
    end: int


_TEENS = {
    word: str(number)
    for word, number in numbered(
        "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen", 10
    ).items()
}
_TENS = {
    word: str(tens)
    for word, tens in numbered("twenty thirty forty fifty sixty seventy eighty ninety", 2).items()
} | {"fourty": "4"}

_TOKEN = re.compile(
    r"(?P<mask>\[(?:card|security-code|expiry|social-security|bank-account|digits)(?:…\d{4})?\])"
    r"|(?P<identifier>(?<!\w)(?=[0-9a-f-]*[a-f])"
    r"(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32,}"
    r"|(?![0-9a-f]*\d{13})[0-9a-f]{16,})(?!\w))"
    r"|(?P<date>(?<![\d-])(?:19|20)\d\d-(?:0\d|1[0-2])-[0-3]\d(?!\d)"
    r"|(?<![\d/])[0-3]?\d/[0-3]?\d/(?:19|20)?\d\d(?![\d/])"
    r"|(?<![\d.])[0-3]?\d\.[01]?\d\.(?:19|20)\d\d(?!\d))"
    r"|(?P<month>(?<![\d/])(?:0?[1-9]|1[0-2])\s?/\s?(?:20)?\d\d(?![\d/]))"
    r"|(?P<time>(?<![\d:])[0-2]?\d:[0-5]\d(?::[0-5]\d(?:\.\d+)?)?(?![\d:]))"
    r"|(?P<money>[$€£¥]\s?\d[\d,]*(?:\.\d+)?(?:[km](?!\w))?(?![\d,]|[ .-]\d{3,4}(?![\d,]|\.\d))"
    r"|(?<![\d,.])\d{1,3}(?:,\d{3})+(?:\.\d+)?(?![\d,])"
    r"|(?<![\d.])\d+\.\d\d(?![\d.])"
    r"|(?<![\d.])\d+(?:\.\d+)?\s?(?:%|usd|eur|gbp|cad|dollars?|euros?|pounds?|bucks)(?!\w))"
    r"|(?P<phone>(?<!\w)\+\d(?:[ ().-]{0,2}\d){6,18}(?!\d))"
    r"|(?P<ordinal>\d{1,2}(?:st|nd|rd|th)(?!\w))"
    r"|(?P<figures>\d+)"
    r"|(?P<word>[^\W\d_]+(?:['’][^\W\d_]+)*)"
)


@lru_cache(maxsize=8192)
def parse(text: str) -> tuple[Group, ...]:
    """Take a text apart. What an utterance says is its words joined by blanks."""
    tokens = list(_tokens(plain(text)))
    return tuple(_Parser(tokens).groups())


def plain(text: str) -> str:
    """The text in lower case with ASCII digits, every character where it was."""
    if text.isascii():
        return text.lower()
    return "".join(_plain_sign(sign) for sign in text)


def _plain_sign(sign: str) -> str:
    if sign.isdecimal():
        return str(unicodedata.decimal(sign))
    folded = unicodedata.normalize("NFKC", sign).lower()
    return folded if len(folded) == 1 else sign


def _tokens(text: str) -> Iterator[_Token]:
    for found in _TOKEN.finditer(text):
        what = found.lastgroup or ""
        start, end, said = found.start(), found.end(), found[0]
        count = sum(sign.isdigit() for sign in said)
        if (what == "money" and count > LONGEST_AMOUNT) or (
            what == "phone" and (count > LONGEST_PHONE or _cardlike(said))
        ):
            for part in re.finditer(r"\d+", said):
                yield _Token("figures", part[0], start + part.start(), start + part.end())
        else:
            yield _Token(what, said, start, end)


def _cardlike(said: str) -> bool:
    from compliance.redaction.cards import is_card

    return is_card(re.sub(r"\D", "", said))


class _Parser:
    """Reads tokens from the left; each step emits one group or more."""

    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens = tokens
        self._words = [t.text for t in tokens]
        self._lists = _lists()

    def groups(self) -> Iterator[Group]:
        at = 0
        while at < len(self._tokens):
            group, end = self._step(at)
            yield group
            at = end

    def _step(self, at: int) -> tuple[Group, int]:
        token = self._tokens[at]
        if token.what == "mask":
            return Group(Form.MASK, token.start, token.end, label=token.text[1:-1].partition("…")[0]), at + 1
        if token.what == "month":
            return Group(Form.DATE, token.start, token.end, re.sub(r"\D", "", token.text)), at + 1
        if token.what == "date":
            return Group(Form.DATE, token.start, token.end), at + 1
        if token.what not in ("word", "figures"):
            return Group(Form.BREAK, token.start, token.end), at + 1
        for step in (self._label, self._date, self._amount, self._digits):
            if (found := step(at)) is not None:
                return found
        word = token.text
        if word in self._lists.clock or word in self._lists.money:
            return self._group(Form.BREAK, at, at + 1), at + 1
        if word in self._lists.confused:
            return self._group(Form.SOFT, at, at + 1, self._lists.confused[word]), at + 1
        if word in self._lists.inside:
            return self._group(Form.JOIN, at, at + 1), at + 1
        return self._group(Form.OTHER, at, at + 1), at + 1

    def _group(self, form: Form, at: int, end: int, digits: str = "", singles: int = 0) -> Group:
        return Group(form, self._tokens[at].start, self._tokens[end - 1].end, digits, singles)

    def _label(self, at: int) -> tuple[Group, int] | None:
        for phrase, label in self._lists.labels.get(self._words[at], ()):
            end = at + len(phrase)
            if tuple(self._words[at:end]) == phrase:
                token = self._tokens[at]
                return Group(Form.LABEL, token.start, self._tokens[end - 1].end, label=label), end
        return None

    def _date(self, at: int) -> tuple[Group, int] | None:
        """A month with its day and year, the day before or after it."""
        day = self._day(at)
        month = at if day is None else self._skip(day, "of")
        if not self._is_month(month):
            return None
        end = month + 1
        year = self._year(end)
        if day is None and year is None:
            later = self._day(self._skip(end, "the"))
            end = end if later is None else later
            year = self._year(end)
        if day is None and end == month + 1 and year is None:
            return None  # "may", "march": a month alone is a word
        return self._group(Form.DATE, at, end if year is None else year), end if year is None else year

    def _is_month(self, at: int) -> bool:
        return at < len(self._words) and self._words[at] in self._lists.months

    def _skip(self, at: int, word: str) -> int:
        return at + 1 if at < len(self._words) and self._words[at] == word else at

    def _day(self, at: int) -> int | None:
        """The index after a day of the month, "fifteenth" or "fifteen" or 15."""
        if at >= len(self._words):
            return None
        ordinal = read_ordinal(self._words, at)
        if ordinal is not None:
            return ordinal[1]
        pair = self._pair(at)
        if pair is not None and 1 <= int(pair[0]) <= 31:
            return pair[1]
        return None

    def _year(self, at: int) -> int | None:
        """The index after a year: 2026, "twenty twenty six", "two thousand twenty six"."""
        if at >= len(self._words):
            return None
        if re.fullmatch(r"(?:19|20)\d\d", self._words[at]):
            return at + 1
        if self._words[at] in ("twenty", "nineteen"):
            rest = self._pair(at + 1)
            return rest[1] if rest is not None and len(rest[0]) == 2 else None
        if self._words[at : at + 2] == ["two", "thousand"]:
            rest = self._pair(self._skip(at + 2, "and"))
            return at + 2 if rest is None else rest[1]
        return None

    def _pair(self, at: int) -> tuple[str, int] | None:
        """One number under a hundred as it is said, and the index after it."""
        if at >= len(self._words):
            return None
        word = self._words[at]
        if word in _TENS:
            ones = self._lists.digits.get(self._words[at + 1], "0") if at + 1 < len(self._words) else "0"
            return (_TENS[word] + ones, at + 2) if ones != "0" else (_TENS[word] + "0", at + 1)
        if word in _TEENS:
            return _TEENS[word], at + 1
        if word in self._lists.digits:
            return self._lists.digits[word], at + 1
        return (word, at + 1) if re.fullmatch(r"\d{1,2}", word) else None

    def _amount(self, at: int) -> tuple[Group, int] | None:
        """A number with its currency, or with thousands: never digits of a run."""
        word = self._words[at]
        if not (word in _TENS or word in _TEENS or word in self._lists.digits or word[0].isdigit()):
            return None
        number = read_number(self._words, at)
        if number is None or (number.end == at + 1 and not number.money):
            return None
        said = self._words[at : number.end]
        if (word.isdigit() and len(word) > LONGEST_AMOUNT) or self._goes_on(at, number.end):
            return None
        if said[-1] in self._lists.money or {"thousand", "million", "grand", "k"} & set(said):
            return self._group(Form.BREAK, at, number.end), number.end
        if number.end < len(self._words) and self._words[number.end] in self._lists.money:
            return self._group(Form.BREAK, at, number.end + 1), number.end + 1
        if "hundred" in said:
            return self._group(Form.HUNDREDS, at, number.end, str(int(number.value))), number.end
        return None

    def _goes_on(self, at: int, end: int) -> bool:
        """Whether one digit said here is the last of several, and no amount: "one one one one dollars"."""
        digits, words = self._lists.digits, self._words
        one = words[at] in digits and set(words[at + 1 : end]) <= self._lists.money
        return one and at > 1 and words[at - 1] in digits and words[at - 2] in digits

    def _digits(self, at: int) -> tuple[Group, int] | None:
        words, lists = self._words, self._lists
        word = words[at]
        following = words[at + 1] if at + 1 < len(words) else ""
        if self._tokens[at].what == "figures":
            singles = len(word) if len(word) == 1 else 0
            return self._group(Form.DIGITS, at, at + 1, word, singles), at + 1
        if word in lists.many:
            digit = lists.digits.get(following) or lists.confused.get(following) or _TEENS.get(following)
            if digit is None and len(following) == 1 and following.isdigit():
                digit = following
            if digit is not None:
                count = lists.many[word]
                return self._group(Form.DIGITS, at, at + 2, digit * count, count), at + 2
            return None
        if word in _TENS:
            if read_ordinal(words, at) is not None:
                return self._group(Form.OTHER, at, at + 2), at + 2
            ones = lists.digits.get(following) or lists.confused.get(following, "0")
            if ones != "0" and (following in lists.digits or self._digit_follows(at + 2)):
                return self._group(Form.DIGITS, at, at + 2, _TENS[word] + ones), at + 2
            return self._group(Form.DIGITS, at, at + 1, _TENS[word] + "0"), at + 1
        if word in _TEENS:
            return self._group(Form.DIGITS, at, at + 1, _TEENS[word]), at + 1
        if word in lists.digits:
            return self._group(Form.DIGITS, at, at + 1, lists.digits[word], 1), at + 1
        return None

    def _digit_follows(self, at: int) -> bool:
        return at < len(self._words) and (
            self._words[at] in self._lists.digits or self._words[at] in _TENS or self._words[at] in _TEENS
        )


@cache
def _lists() -> _Lists:
    data = tomllib.loads(files("compliance").joinpath("redaction", "heard.toml").read_text(encoding="utf-8"))
    by_first: dict[str, list[tuple[tuple[str, ...], str]]] = {}
    for label, text in data["labels"].items():
        for line in text.split(","):
            phrase = tuple(t.text for t in _tokens(line.strip()))
            by_first.setdefault(phrase[0], []).append((phrase, label))
    return _Lists(
        digits={w: digit for digit, text in data["digits"].items() for w in text.split()},
        confused={w: digit for digit, text in data["confused"].items() for w in text.split()},
        many={w: int(n) for n, text in data["many"].items() for w in text.split()},
        inside=frozenset(data["said"]["inside"].split()),
        money=frozenset(data["said"]["money"].split()),
        months=frozenset(data["said"]["months"].split()),
        clock=frozenset(data["said"]["clock"].split()),
        labels={first: tuple(sorted(found, key=lambda f: -len(f[0]))) for first, found in by_first.items()},
    )


def may_matter(text: str) -> bool:
    """Whether a text can hold, or throw light on, anything to be cut out. Quick, and errs towards yes."""
    return not text.isascii() or _hints().search(text) is not None


def may_hold(text: str) -> bool:
    """Whether a written text can hold anything to be cut out: a label, or digits enough for a card number."""
    if not text.isascii():
        return True
    if sum(map(text.count, "0123456789")) >= LEAST_WRITTEN or _named().search(text) is not None:
        return True
    return len(_hints().findall(text)) - sum(map(text.count, "0123456789")) >= LEAST_SAID


LEAST_WRITTEN = 13
"""Digits of the shortest card number."""
LEAST_SAID = 3
"""Words of the shortest way to say one: "quadruple four" thrice, and no shorter."""


@cache
def _named() -> re.Pattern[str]:
    """Labels of what is cut out whatever its length."""
    wanted = {"card", "code", "expiry", "expires", "social", "bank"}
    firsts = sorted(w for w, found in _lists().labels.items() if any(f[1] in wanted for f in found))
    return re.compile(rf"\b(?:{'|'.join(map(re.escape, firsts))})", re.IGNORECASE)


@cache
def _hints() -> re.Pattern[str]:
    lists = _lists()
    words = sorted({*lists.digits, *_TENS, *_TEENS, *lists.many, *lists.labels})
    return re.compile(rf"\d|\[\w|\b(?:{'|'.join(map(re.escape, words))})\b", re.IGNORECASE)


__all__ = ["Form", "Group", "may_hold", "may_matter", "parse", "plain"]
