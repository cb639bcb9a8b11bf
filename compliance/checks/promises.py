"""Promises to pay, as they come about in a talk: offered, asked for and agreed to, corrected, taken back.

A promise is collected over a few utterances, as people give the amount, then the day, then correct
themselves. What the collector asks or reads back counts only once the other side has said yes to it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence, Set
from dataclasses import dataclass, replace
from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from compliance.checks.amounts import read_amount, read_share
from compliance.checks.dates import Day, find_days
from compliance.checks.finding import WITHDRAWN, Caught, CaughtKind
from compliance.checks.likely import likely
from compliance.checks.match import Token, text_of
from compliance.checks.numbers import Number
from compliance.checks.said import Reply, reply_of
from compliance.checks.wordlist import word_set
from compliance.transcription.words import Leg

FOLLOW_SECONDS = 15.0
"""A day or a correction this long after an amount belongs to it."""
ANSWER_SECONDS = 10.0
"""A yes this long after the collector's question answers it."""

BARE = 0.7
"""What is left of the confidence where no verb offers: the verb may have been misheard, or never said."""

_PAY = (
    r"(?:pay|send|do|make|give|transfer|wire|mail|put|manage|get|have|settle|clear|bring|drop|paying|sending|"
    r"wiring|making)"
)
_OFFER = re.compile(
    rf"\b(?:(?:can|will|could|would|going to|able to|let me) (?:\w+ ){{0,2}}?{_PAY}\b"
    r"|let us (?:do|to|say|make it)"
    rf"|make (?:it|that)|how about|what about|(?:am|are) (?:paying|sending|wiring)|put me down"
    rf"|(?:i|we) will(?! not\b))"
)
_CORRECTION = re.compile(r"\b(?:no|sorry|actually|rather|wait|make (?:it|that)|i mean)\b")
_DENIED = re.compile(
    r"\b(?:not|never|nobody|wish|doubt|unable|no way|hardly)\b(?: (?!but\b)\w+){0,3} $"
    r"|\b(?:you|he|she|they|who) (?:said|told|say|says|think|thinks|thought)\b(?: \w+){0,3} $"
    r"|\b(?:how|why) (?:\w+ )?$"
)
_REFUSED = re.compile(r"\bnot (?:\w+ ){0,2}?(?:pay|do|send|make|manage|agree|agreed)\b")
_DENIES = re.compile(
    r"\b(?:not|never|no|nobody|wish|doubt|unable|said|says|told|who|what|how|why|invoice|invoices|if i|"
    r"would have)\b"
)
"""Words with which a sum and a day alone are no promise."""
_PAST = re.compile(
    r"(?<!get )(?<!gets )(?<!be )(?<!getting )\b(?:paid|sent|mailed|wired|transferred)\b(?! out\b)"
)
_CONDITION = re.compile(
    r"\b(?:if|once|when|as soon as|provided|assuming|as long as|so long as|depends|depending|subject to|"
    r"unless)\b"
)
_NO_CONDITION = re.compile(
    r"\b(?:if (?:that|this|it|you|i may|need be)(?: (?:is|are|will|would|can))?(?: \w+)? ?"
    r"(?:okay|ok|fine|good|works?|like|want|prefer|possible|all right|alright|mind|help|helps|easier|better)?"
    r"(?: |$)(?!send\b|give\b|take\b|drop\b|waive\b|stop\b)|(?:see|know|check|ask|wonder) if|even if"
    r"|when (?:is|are|do|does|can|should|would|will) )"
)
_WHO = re.compile(
    r"\b(?:my|our|his|her|the) (husband|wife|partner|spouse|boss|controller|accountant|bookkeeper|owner|"
    r"manager|son|daughter|mother|father|brother|sister|director|treasurer|lawyer|attorney|head office)\b"
    r"(?: \w+){0,2}? (?:will|is going to|can|would|could)\b"
)
_METHODS = (
    ("card", re.compile(r"\b(?:credit |debit )?cards?\b")),
    ("check", re.compile(r"\b(?:checks?|cheques?)\b")),
    (
        "transfer",
        re.compile(r"\b(?:bank transfer|transfer|wire|wiring|a c h|ach|direct deposit|bank account)\b"),
    ),
    ("cash", re.compile(r"\bcash\b(?! flow)")),
    ("online", re.compile(r"\b(?:online|portal|payment link|website|the link)\b")),
)
_QUESTION = re.compile(
    rf"\b(?:can|could|would|will|able to|shall|should|going to) (?:\w+ ){{0,4}}?"
    rf"(?:{_PAY}|say|put|afford|work)\b"
    r"|\blet us say\b|\bhow about\b|\bwhat about\b|\bhow much\b|\bwhat day\b|\bwhen\b"
)
_READ_BACK = re.compile(
    r"^(?:(?:okay|ok|right|great|good|perfect|thank you|thanks|alright) )*"
    r"(?:so|then|that is|confirm|to confirm|"
    r"let me|just to|i have you|i will note|i will put)\b|\bis that (?:right|correct)\b|\bhave you down\b"
    r"|\bput you down\b|\bconfirm\b"
)
_OWED = re.compile(
    r"\b(?:was|were|fell|is|are|has been|been) (?:\w+ ){0,2}?"
    r"(?:due|owed|outstanding|open|overdue|late|invoiced)\b"
    r"|\bpast due\b|\bbalance (?:is|of|was)\b|\btotal is\b"
)
_ANNOUNCED = re.compile(r"\bunderstood it\b|\bor (?:a )?plan\b")
"""A demand read back, with the choice it leaves: who says yes has understood it, and promised nothing."""
_NOT_THAT_DAY = word_set("on by this the today tomorrow")


@dataclass(frozen=True, slots=True)
class _Said:
    """What an utterance says about paying."""

    tokens: Sequence[Token]
    text: str
    amount: int | None
    day: Day | None
    method: str
    spots: tuple[int, ...]

    def caught(self, leg: Leg) -> Caught:
        used = [self.tokens[i].word.confidence for i in self.spots] or [
            t.word.confidence for t in self.tokens
        ]
        sure = sum(used) / len(used) * (self.day.sure if self.day is not None else 1.0)
        who = _WHO.search(self.text)
        return Caught(
            kind=CaughtKind.PROMISE,
            leg=leg,
            at=self.tokens[min(self.spots, default=0)].word.start,
            text=text_of(self.tokens),
            confidence=round(sure, 3),
            amount_minor=self.amount,
            day=None if self.day is None else self.day.day,
            method=self.method,
            conditional=conditional(self.text),
            who=who[1] if who else "",
        )


class Promises:
    """The promise of one call as it stands. Feed it both legs' final words in order."""

    def __init__(
        self, today: date, *, exponent: int = 2, owed: Callable[[], int | None] = lambda: None
    ) -> None:
        """`owed` returns what is asked for, in minor units: for "half" and "the full balance"."""
        self._today = today
        self._exponent = exponent
        self._owed = owed
        self._standing: Caught | None = None
        self._standing_end = 0.0
        self._asked: Caught | None = None
        self._asked_end = 0.0

    def collector(self, tokens: Sequence[Token]) -> None:
        """Note what the collector asks or reads back: it counts once it is agreed to."""
        text = " ".join(t.text for t in tokens)
        if _OWED.search(text) or _PAST.search(text) or _ANNOUNCED.search(text):
            return
        said = self._said(tokens, text, None)
        standing = self._open(tokens[0].word.start)
        if said.amount is None and said.day is None:
            return
        reads = _READ_BACK.search(text) is not None or standing is not None
        complete = (said.amount is not None or standing is not None) and said.day is not None
        if _QUESTION.search(text) or (reads and complete):
            self._asked = replace(said.caught(Leg.AGENT), conditional=False)
            self._asked_end = tokens[-1].word.end

    def debtor(self, tokens: Sequence[Token]) -> Caught | None:
        """Return the promise as it stands now, where these words make or change it; else None."""
        words = [t.text for t in tokens]
        text = " ".join(words)
        start = tokens[0].word.start
        standing = self._open(start)
        asked = self._asked if start <= self._asked_end + ANSWER_SECONDS else None
        reply = reply_of(words)
        own = self._own(tokens, text, asked or standing)
        now = self._settled(tokens, text, standing, asked, reply, own)
        if reply is not None or own is not None:
            self._asked = None
        if now is None or now == self._standing:
            return None
        self._standing = None if now.value == WITHDRAWN else now
        self._standing_end = tokens[-1].word.end
        return now

    # ---- inside ----------------------------------------------------------------------------------------

    def _settled(
        self,
        tokens: Sequence[Token],
        text: str,
        standing: Caught | None,
        asked: Caught | None,
        reply: Reply | None,
        own: Caught | None,
    ) -> Caught | None:
        """Return the promise after the debtor's words; None where they leave it as it is."""
        if asked is not None and reply is Reply.YES:
            agreed = asked if standing is None else _merge(standing, asked)
            if own is not None:
                return _merge(agreed, own)
            sure = min(agreed.confidence, max(t.word.confidence for t in tokens))
            if agreed.amount_minor is None:
                return None
            said = f"{agreed.text} … {text_of(tokens)}"
            return replace(agreed, text=said, confidence=round(sure, 3), confirmed=True)
        if own is not None:
            base = asked if standing is None else standing
            merged = own if base is None else _merge(base, own)
            return merged if merged.amount_minor is not None else None
        if standing is None:
            return None
        if reply is Reply.NO and asked is None and re.search(r"\bnot (?:\w+ ){0,3}?(?:pay|do|send)\b", text):
            return replace(
                standing, value=WITHDRAWN, at=tokens[0].word.start, text=text_of(tokens), confirmed=False
            )
        if conditional(text) and not standing.conditional:
            return replace(standing, conditional=True, text=f"{standing.text} … {text_of(tokens)}")
        return None

    def _own(self, tokens: Sequence[Token], text: str, base: Caught | None) -> Caught | None:
        """Return what the debtor's words themselves offer, perhaps in part, or None."""
        if _PAST.search(text):
            return None
        offered = _offer(text) is not None
        if not offered and (base is None or _REFUSED.search(text)):
            return self._bare(tokens, text) if base is None else None
        said = self._said(tokens, text, base)
        if said.amount is None and (base is None or (said.day is None and not said.method)):
            return None
        return said.caught(Leg.DEBTOR)

    def _bare(self, tokens: Sequence[Token], text: str) -> Caught | None:
        """Return a sum and a day said together with no verb that offers them: it may have been misheard."""
        if _DENIES.search(text) or _OWED.search(text):
            return None
        said = self._said(tokens, text, None)
        if said.amount is None or said.day is None:
            return None
        fact = said.caught(Leg.DEBTOR)
        return replace(fact, confidence=round(fact.confidence * BARE, 3))

    def _open(self, start: float) -> Caught | None:
        return self._standing if start <= self._standing_end + FOLLOW_SECONDS else None

    def _said(self, tokens: Sequence[Token], text: str, base: Caught | None) -> _Said:
        words = likely(tokens)
        corrected = _CORRECTION.search(text) is not None
        every = find_days(words, self._today)
        days = [d for d in every if not _denied_day(words, d.first)]
        dated = frozenset(i for d in every for i in range(d.first, d.end))
        before = base.amount_minor if base is not None else None
        amount = self._amount(words, dated, corrected, before or 0)
        day = (days[-1] if corrected else days[0]) if days else None
        if day is None and amount is not None and list(words[amount[2] : amount[2] + 2])[:1] == ["now"]:
            day = Day(self._today, amount[2], amount[2] + 1, 0.9)
        method = next((name for name, pattern in _METHODS if pattern.search(text)), "")
        spots = tuple(
            i
            for first, end in (
                (amount[1], amount[2]) if amount else (0, 0),
                (day.first, day.end) if day else (0, 0),
            )
            for i in range(first, end)
        )
        return _Said(tokens, text, amount[0] if amount else None, day, method, spots)

    def _amount(
        self, words: Sequence[str], dated: Set[int], corrected: bool, before: int
    ) -> tuple[int, int, int] | None:
        """The amount meant, in minor units, and its words: a sum before a share; corrected, the last."""
        number = _sum(words, dated, corrected, before // 10**self._exponent)
        if number is not None:
            return self._minor(number.value), number.first, number.end
        shares = [share for at in range(len(words)) if (share := read_share(words, at)) is not None]
        owed = self._owed() if shares else None
        if owed is None:
            return None
        share = shares[-1] if corrected else shares[0]
        part = int((owed * share.part).to_integral_value(ROUND_HALF_UP))
        return (part, share.first, share.end) if part else None

    def _minor(self, value: Decimal) -> int:
        return int((value * Decimal(10) ** self._exponent).to_integral_value())


def conditional(text: str) -> bool:
    """Whether the words make what they promise hang on something else."""
    return any(
        not _NO_CONDITION.match(text, found.start()) and not _NO_CONDITION.search(text[: found.end()][-12:])
        for found in _CONDITION.finditer(text)
    )


def _offer(text: str) -> re.Match[str] | None:
    """Find an offer that is not denied ("I can not pay") and nobody else's words ("you said I could")."""
    for found in _OFFER.finditer(text):
        if not _DENIED.search(text[: found.start()]) and " not" not in found[0]:
            return found
    return None


def _denied_day(words: Sequence[str], first: int) -> bool:
    """Whether a day is named to be ruled out: "not on friday"."""
    at = first
    while at and words[at - 1] in _NOT_THAT_DAY:
        at -= 1
    return at > 0 and words[at - 1] == "not"


def _sum(words: Sequence[str], dated: Set[int], corrected: bool, before: int) -> Number | None:
    """The sum meant: money before bare numbers; the last where the speaker corrects, else the first.

    Words whose index is in `dated` belong to a date: "september twenty nine" is no sum.
    `before` is the sum already offered: "five thousand" and then "make that four" is four thousand.
    """
    numbers: list[Number] = []
    at = 0
    while at < len(words):
        until = min((i for i in dated if i > at), default=len(words))
        number = None if at in dated else read_amount(words[:until], at)
        if number is None:
            at += 1
        else:
            if number.value >= 1 and not _is_name(words, at) and not _counts_time(words, number.end):
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


def _is_name(words: Sequence[str], at: int) -> bool:
    """Whether a number names something: an hour, a chapter, an invoice."""
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
        conditional=new.conditional or old.conditional,
        who=new.who or old.who,
    )
