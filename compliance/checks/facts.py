"""Facts for the note, drawn from the talk: promises to pay, callback times, e-mail addresses read aloud.

They are offers: the collector accepts or changes them. A promise is collected over a few utterances, as
people give the amount, then the day, then correct themselves; each change gives a new Caught that stands in
place of the one before.
"""

from __future__ import annotations

import re
from collections.abc import Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from compliance.checks.dates import find_days, find_hour
from compliance.checks.finding import Caught, CaughtKind
from compliance.checks.match import Token, tokens_of, words_of
from compliance.checks.numbers import Number, read_number
from compliance.checks.wordlist import numbered, word_set
from compliance.transcription.words import Leg, Utterance

FOLLOW_SECONDS = 15.0
"""A day or a correction this long after an amount belongs to it."""

_PROMISE = re.compile(
    r"\b(?:(?:can|will|could|would|going to|able to) (?:\w+ )?"
    r"(?:pay|send|do|make|give|transfer|wire|mail|put|manage)"
    r"|let us (?:do|to|say|make it)|make (?:it|that)|how about|what about|(?:i|we) will(?! not))\b"
)
_CORRECTION = re.compile(r"\b(?:no|sorry|actually|rather|wait|make (?:it|that)|i mean)\b")
_DENIED = re.compile(r"\b(?:not|never)\b(?: \w+){0,3} $")
_PAST = re.compile(r"\b(?:paid|sent|mailed|wired|transferred)\b")
_CALLBACK = re.compile(
    r"\b(?:(?:call|ring|phone|try|reach) (?:(?:me|us|him|her)(?: (?:back|again|later))?|back|again|later)"
    r"|get back to (?:me|us))\b"
)
_METHODS = (
    ("card", re.compile(r"\b(?:credit |debit )?cards?\b")),
    ("check", re.compile(r"\b(?:checks?|cheques?)\b")),
    (
        "transfer",
        re.compile(r"\b(?:bank transfer|transfer|wire|wiring|a c h|ach|direct deposit|bank account)\b"),
    ),
    ("cash", re.compile(r"\bcash\b")),
    ("online", re.compile(r"\b(?:online|portal|payment link|website|the link)\b")),
)
_DOMAIN_ENDS = word_set("com net org co us io biz info edu gov uk")
_MAIL_STOPS = word_set("is to it at address email mail emails e my our the on send use its")
_MAIL_JOINS = {
    "dot": ".",
    "got": ".",
    "period": ".",
    "point": ".",
    "underscore": "_",
    "dash": "-",
    "hyphen": "-",
}
_PROVIDERS = word_set("gmail outlook hotmail yahoo icloud aol")
_AT_HEARD_AS = frozenset({"a", "it", "add", "and"})
"""What recognisers write for "at"; trusted only before a mail provider's name."""
_DIGITS = {w: str(n) for w, n in numbered("zero one two three four five six seven eight nine").items()}


@dataclass(slots=True)
class _LegTalk:
    promise: Caught | None = None
    promise_end: float = 0.0
    callback_at: float = -1e9
    tail: list[Token] = field(default_factory=list)


class FactFinder:
    """Finds facts in one call's final utterances. Pure: the same words give the same facts."""

    def __init__(self, today: date, *, exponent: int = 2) -> None:
        """`today`: the debtor's local date; `exponent`: the currency's decimal places (ISO 4217)."""
        self._today = today
        self._exponent = exponent
        self._legs = {leg: _LegTalk() for leg in Leg}

    def hear(self, utterance: Utterance) -> list[Caught]:
        """Return the facts that final words bring, or change; a partial brings none."""
        if not utterance.final or not utterance.words:
            return []
        tokens = tokens_of(utterance.words)
        if not tokens:
            return []
        talk = self._legs[utterance.leg]
        found = self._emails(utterance.leg, tokens)
        callback = self._callback(utterance.leg, tokens)
        if callback is not None:
            return [*found, callback]
        promise = self._promise(utterance.leg, talk, tokens)
        return [*found, promise] if promise is not None else found

    # ---- promises --------------------------------------------------------------------------------------

    def _promise(self, leg: Leg, talk: _LegTalk, tokens: Sequence[Token]) -> Caught | None:
        words = [t.text for t in tokens]
        text = " ".join(words)
        start = tokens[0].word.start
        open_promise = talk.promise if start <= talk.promise_end + FOLLOW_SECONDS else None
        offer = _offer(text)
        if _PAST.search(text) or (offer is None and open_promise is None):
            return None
        corrected = _CORRECTION.search(text) is not None
        before = open_promise.amount_minor if open_promise is not None else None
        days = find_days(words, self._today)
        dated = frozenset(i for day in days for i in range(day.first, day.end))
        amount = _amount(words, dated, corrected, (before or 0) // 10**self._exponent)
        day = (days[-1] if corrected else days[0]) if days else None
        method = next((name for name, pattern in _METHODS if pattern.search(text)), "")
        if amount is None and (open_promise is None or (day is None and not method)):
            return None
        spots = [i for part in (amount, day) if part is not None for i in range(part.first, part.end)]
        used = [tokens[i].word.confidence for i in spots] or [t.word.confidence for t in tokens]
        confidence = sum(used) / len(used) * (day.sure if day is not None else 1.0)
        caught = Caught(
            kind=CaughtKind.PROMISE,
            leg=leg,
            at=tokens[min(spots, default=0)].word.start,
            text=_text(tokens),
            confidence=round(confidence, 3),
            amount_minor=None if amount is None else self._minor(amount.value),
            day=None if day is None else day.day,
            method=method,
        )
        if open_promise is not None:
            caught = _merge(open_promise, caught)
        if caught == talk.promise:
            return None
        talk.promise, talk.promise_end = caught, tokens[-1].word.end
        return caught

    def _minor(self, value: Decimal) -> int:
        return int((value * Decimal(10) ** self._exponent).to_integral_value())

    # ---- callbacks -------------------------------------------------------------------------------------

    def _callback(self, leg: Leg, tokens: Sequence[Token]) -> Caught | None:
        words = [t.text for t in tokens]
        text = " ".join(words)
        asked = _CALLBACK.search(text)
        if (
            asked is None
            or _DENIED.search(text[: asked.start()])
            or "stop" in words[: len(text[: asked.start()].split())]
        ):
            return None
        days = find_days(words, self._today)
        hour = find_hour(words[len(text[: asked.end()].split()) :])
        if not days and hour is None:
            return None
        confidence = sum(t.word.confidence for t in tokens) / len(tokens) * (days[0].sure if days else 1.0)
        return Caught(
            kind=CaughtKind.CALLBACK,
            leg=leg,
            at=tokens[len(text[: asked.start()].split())].word.start,
            text=_text(tokens),
            confidence=round(confidence, 3),
            day=days[0].day if days else None,
            time_of_day=None if hour is None else hour[0],
        )

    # ---- e-mail ----------------------------------------------------------------------------------------

    def _emails(self, leg: Leg, tokens: Sequence[Token]) -> list[Caught]:
        words = [t.text for t in tokens]
        out: list[Caught] = []
        for at in range(1, len(words) - 2):
            sign = words[at] == "at" or (words[at] in _AT_HEARD_AS and words[at + 1] in _PROVIDERS)
            if not sign or words[at - 1] in _MAIL_STOPS or words[at + 1] in _MAIL_STOPS:
                continue
            domain = _domain(words, at + 1)
            if domain is None:
                continue
            host, end = domain
            first, local = _local(words, at)
            if not local:
                continue
            spelt = tokens[first:end]
            confidence = sum(t.word.confidence for t in spelt) / len(spelt)
            # Letters are lost easily in speech: an address heard is always for a person to check.
            value = f"{local}@{host}"
            out.append(
                Caught(
                    CaughtKind.EMAIL,
                    leg,
                    spelt[0].word.start,
                    _text(spelt),
                    round(confidence * 0.8, 3),
                    value=value,
                )
            )
        return out


def _offer(text: str) -> re.Match[str] | None:
    """Find a promise verb that is not denied ("I can not pay")."""
    for found in _PROMISE.finditer(text):
        if not _DENIED.search(text[: found.start()]) and " not" not in found[0]:
            return found
    return None


def _amount(words: Sequence[str], dated: Set[int], corrected: bool, before: int) -> Number | None:
    """The amount meant: money before bare numbers; the last where the speaker corrects, else the first.

    Words whose index is in `dated` belong to a date: "september twenty nine" is no sum.
    `before` is the amount already offered: "five thousand" and then "make that four" is four thousand.
    """
    numbers: list[Number] = []
    at = 0
    while at < len(words):
        number = None if at in dated or _is_day_number(words, at) else read_number(words, at)
        if number is None:
            at += 1
        else:
            if number.value >= 1 and not _counts_time(words, number.end):
                numbers.append(number)
            at = number.end
    money = [n for n in numbers if n.money] or [n for n in numbers if n.value >= 20]
    if corrected and numbers and not numbers[-1].money and numbers[-1].value < 20:
        bare = numbers[-1]
        said = int(money[0].value) if money else before
        scale = next((s for s in (1000, 100) if said >= s), 0)
        if scale and (not money or bare.first > money[0].first):
            return Number(bare.value * scale, bare.first, bare.end, True)
    if not money:
        return None
    return money[-1] if corrected else money[0]


def _is_day_number(words: Sequence[str], at: int) -> bool:
    return at > 0 and (words[at - 1] in {"at", "number", "chapter", "invoice", "invoices"})


_COUNTED = word_set(
    "day days week weeks month months hours minutes o'clock oclock am pm percent invoices first second third "
    "fourth fifth sixth seventh eighth ninth"
)
"""After a number these say that it is no amount."""


def _counts_time(words: Sequence[str], end: int) -> bool:
    return end < len(words) and words[end] in _COUNTED


def _merge(old: Caught, new: Caught) -> Caught:
    return replace(
        new,
        at=old.at,
        text=f"{old.text} … {new.text}",
        confidence=min(old.confidence, new.confidence),
        amount_minor=new.amount_minor if new.amount_minor is not None else old.amount_minor,
        day=new.day or old.day,
        method=new.method or old.method,
    )


def _text(tokens: Sequence[Token]) -> str:
    return " ".join(w.text for w in words_of(tokens))


def _local(words: Sequence[str], at: int) -> tuple[int, str]:
    """Read the part before "at" backwards: names, letters, digits, up to a word that cannot belong to it."""
    first, joined = at, ""
    plain = 0
    while first > 0 and at - first < 8:
        word = words[first - 1]
        if word in _MAIL_STOPS:
            break
        if word in _MAIL_JOINS:
            plain = 0
            joined = _MAIL_JOINS[word] + joined
        else:
            plain += 1
            if plain > 2 and len(word) > 1:
                break
            joined = _DIGITS.get(word, word) + joined
        first -= 1
    return first, joined.strip("._-")


def _domain(words: Sequence[str], at: int) -> tuple[str, int] | None:
    """Read a domain that begins at word `at`: host name, and the index after it."""
    host = ""
    for n in range(at, min(at + 8, len(words))):
        word = words[n]
        if word in _MAIL_JOINS and n + 1 < len(words) and host:
            if _MAIL_JOINS[word] == "." and words[n + 1] in _DOMAIN_ENDS:
                host, end = f"{host}.{words[n + 1]}", n + 2
                while end + 1 < len(words) and words[end] == "dot" and words[end + 1] in _DOMAIN_ENDS:
                    host, end = f"{host}.{words[end + 1]}", end + 2
                return host, end
            host += _MAIL_JOINS[word]
        else:
            host += _DIGITS.get(word, word)
    return None


__all__ = ["FactFinder"]
